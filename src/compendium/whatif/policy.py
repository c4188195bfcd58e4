"""Panel of the recommendations: weights of the criteria, and how much of each score's range."""

from __future__ import annotations

import numpy as np
from scipy import stats

from compendium import uncertainty as un
from compendium.parameters import Recommendations
from compendium.policy import Result, ranking, scores
from compendium.whatif import Panel, Shown, formula, number, points, quoted, uniform
from compendium.whatif.pictures import bars

DRAWS = 512  # points of more dimensions than in other chapters


def panel(p: Recommendations, result: Result) -> Panel:
    """Panel of the share of draws in which each option comes first."""
    table = result.frames["scores"]
    options = list(table["option"].drop_duplicates())
    criteria = list(table["criterion"].drop_duplicates())
    titles = scores.options().set_index("option")["title"]
    stated = {value.id.partition(".")[2]: value for value in result.values}
    draws = min(p.draws, DRAWS)
    weights = [f"weight_{name}" for name in criteria]
    words = scores.criteria().set_index("criterion")["title"]
    return Panel(
        chapter="recommendations",
        name="panel-recommendations",
        parameters=p,
        controls=[
            *(
                number(p, weight, words[name], "weight", 0, 1, 0.01, at=0.17,
                       remark="'drawn at random'")
                for weight, name in zip(weights, criteria, strict=True)
            ),
            number(p, "noise", "Part of each score's range used", "share", 0, 1, 0.05),
        ],
        shown=[
            Shown(stated[f"first_{name}"], f"Comes first: {scores.small(titles[name])}",
                  f"data('first')[{k}].percent")
            for k, name in enumerate(options)
        ],
        fixed={"draws": draws, "method_draws": min(p.method_draws, draws)},
        alt="Bars: share of draws in which each option comes first.",
        caption="Share of draws of weights and scores in which each option comes first;"
        " the thin mark is this build.",
        data=data(p, table, options, weights, draws, stated),
        signals=signals(weights),
        problem="every_weight ? (left < 1 ? '' : 'All weights are zero: nothing is weighed.')"
        " : left < 0 ? 'The weights set by hand sum to more than 1.' : ''",
        **bars([titles[name] for name in options], "share of draws in first place, percent"),
    )  # fmt: skip


def signals(weights: list[str]) -> list[dict]:
    """What is left for the weights that are drawn."""
    given = " + ".join(f"({weight}_by_hand ? {weight} : 0)" for weight in weights)
    every = " && ".join(f"{weight}_by_hand" for weight in weights)
    return [
        {"name": "every_weight", "update": every},
        {"name": "left", "update": f"1 - ({given})"},
    ]


def data(p, table, options, weights, draws, stated) -> list[dict]:
    """Weights and scores of each draw by the arithmetic of `ranking`, and who comes first."""
    count = len(weights)
    u = un.uniforms(draws, count + len(options) * count, p.seed)
    gamma = stats.gamma.ppf(np.clip(u[:, :count], 1e-12, 1 - 1e-12), p.concentration)
    gamma = np.maximum(gamma, 1e-300)
    (cube,) = points(u, range(count, u.shape[1]))
    # Weights are drawn once; only how they share what is left depends on the setting.
    cube["transform"] += [
        formula(f"g{k}", f"{quoted([float(g) for g in gamma[:, k]])}[datum.i]")
        for k in range(count)
    ]
    cells = list(zip(table["low"], table["score"], table["high"], table["basis"], strict=True))
    cube["transform"] += [
        formula(f"s{k}", whole_range(f"datum.u{count + k}", *cell)) for k, cell in enumerate(cells)
    ]
    open_ = " + ".join(f"({w}_by_hand ? 0 : datum.g{k})" for k, w in enumerate(weights))
    steps = [formula("drawn", open_)]
    for k, weight in enumerate(weights):
        # Where all are given only their proportions count: 1 - left is their sum.
        share = f"every_weight ? {weight} / (1 - left) : {weight}"
        steps.append(
            formula(f"w{k}", f"{weight}_by_hand ? ({share}) : left * datum.g{k} / datum.drawn")
        )
    for row in range(len(options)):
        terms = []
        for k in range(count):
            place = row * count + k
            _, mode, _, basis = cells[place]
            noise = 1 if basis == "no evidence" else "noise"
            terms.append(f"datum.w{k} * ({mode} + {noise} * (datum.s{place} - {mode}))")
        steps.append(formula(f"o{row}", " + ".join(terms)))
    every = [f"datum.o{row}" for row in range(len(options))]
    steps.append(formula("most", f"max({', '.join(every)}) - {ranking.TIE}"))
    steps.append(formula("level", " + ".join(f"({o} >= datum.most ? 1 : 0)" for o in every)))
    steps += [
        formula(f"f{row}", f"{o} >= datum.most ? 100 / datum.level : 0")
        for row, o in enumerate(every)
    ]
    names = [f"f{row}" for row in range(len(options))]
    mean = {"type": "aggregate", "fields": names, "ops": ["mean"] * len(names), "as": names}
    built = [stated[f"first_{name}"].value for name in options]
    return [
        cube,
        {"name": "draws", "source": "points", "transform": [*steps, mean]},
        {
            "name": "first",
            "source": "draws",
            "transform": [
                {"type": "fold", "fields": names, "as": ["key", "percent"]},
                {"type": "window", "ops": ["row_number"], "as": ["row"]},
                formula("built", f"{quoted(built)}[datum.row - 1]"),
            ],
        },
    ]


def whole_range(u: str, low: float, mode: float, high: float, basis: str) -> str:
    """Expression of a score drawn from the whole of its range: `uncertainty.triangular`."""
    if basis == "no evidence":
        return uniform(u, quoted([scores.LOW, scores.HIGH]))
    if low == high:
        return quoted(low)
    split = (mode - low) / (high - low)
    left = f"{low} + sqrt({u} * {(high - low) * (mode - low)})"
    right = f"{high} - sqrt((1 - {u}) * {(high - low) * (high - mode)})"
    return f"{u} < {split} ? {left} : {right}"
