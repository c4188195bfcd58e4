"""What the exercises of the chapter on recommendations expect."""

from __future__ import annotations

import numpy as np

from compendium import policy
from compendium.exercises.answers import PERCENT, Names, Number, Numbers

DRAWS = 40_000


def beaten(chosen, result: policy.Result) -> Names:
    """Options that another matches on every criterion and beats on one."""
    table = _table(result)
    worse = {
        one
        for one in table.index
        for other in table.index
        if (table.loc[other] >= table.loc[one]).all() and (table.loc[other] > table.loc[one]).any()
    }
    strictly = {
        one
        for one in table.index
        for other in table.index
        if (table.loc[other] > table.loc[one]).all()
    }
    return Names(
        worse,
        "options",
        set(table.index),
        {
            "these are the options that beat another; asked are the beaten ones": set(
                result.frames["dominated"]["better"]
            ),
            "you ask for more on every criterion; as much on all and more on one is enough": strictly,
        },
    )


def equal_weights(chosen, result: policy.Result) -> Numbers:
    """Score of each option where every criterion weighs the same."""
    table = _table(result)
    return Numbers(
        {
            option: sum(row) / len(row)
            for option, row in zip(table.index, table.to_numpy().tolist(), strict=True)
        },
        "points, from the lowest score to the highest",
        0.004,
        {
            "the scores are added up; with weights that sum to one they are averaged": table.sum(
                axis=1
            ).to_dict(),
            "these are the medians; a criterion that stands out has no part in them": table.median(
                axis=1
            ).to_dict(),
        },
    )


def first_places(chosen, result: policy.Result) -> Number:
    """Percent of evenly drawn weights under which the first option of the chapter comes first."""
    table, ranked = _table(result), result.frames["ranked"].set_index("option")
    leader = result.leader
    random = np.random.default_rng(chosen.seed + 1)
    width = table.shape[1]
    even = random.exponential(size=(DRAWS, width))
    plain = random.uniform(size=(DRAWS, width))
    return Number(
        _share(table, leader, even),
        PERCENT,
        0.04,
        {
            "this is the chapter's share, in which the scores are drawn too": 100
            * float(ranked.loc[leader, "first"]),
            "numbers drawn evenly and then divided by their sum crowd around equal weights; draw from a Dirichlet distribution": _share(
                table, leader, plain
            ),
        },
    )


def _table(result: policy.Result):
    return result.frames["scores"].pivot(index="option", columns="criterion", values="score")


def _share(table, leader: str, weights: np.ndarray) -> float:
    points = weights @ table.to_numpy().T
    return float(100 * (points.argmax(axis=1) == list(table.index).index(leader)).mean())
