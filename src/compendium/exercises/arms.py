"""What the exercises of the chapter on arms expect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium import arms, evidence
from compendium.arms.value import draw
from compendium.exercises.answers import Interval, Names, Number

INDICATORS = ("containers_shipped_cumulative", "shells_shipped_cumulative")
RAISE = 1.1


def weak_sources(chosen, result: arms.Result) -> Names:
    """Rows behind the quantity whose source is graded worse than B."""
    used = [row for issuer in result.inputs.quantities for row in issuer.rows]
    rows = evidence.named(used, chosen.as_of)
    credible = rows.loc[rows["credibility"] > 2, "obs_id"]
    return Names(
        [row.obs_id for row in rows.itertuples() if row.reliability in "CDEF"],
        "rows",
        set(_counts(result)["obs_id"]),
        {
            "you went by the number of the grade, which is for the information; the letter is for the source": list(
                credible
            ),
            "these are all the rows the quantity rests on; pick those with a weak source": used,
        },
    )


def repeats(chosen, result: arms.Result) -> Number:
    """Reports of containers and rounds that only repeat a statement."""
    kept = evidence.load("arms", chosen.as_of, indicator=list(INDICATORS))
    repeated = {row for others in kept["repeated_by"] for row in others}
    reports = len(kept) + len(repeated)
    return Number(
        len(repeated),
        "reports",
        0,
        {
            "this is how many reports there are in all; asked is how many add nothing": reports,
            "this is how many statements there are; asked is how many reports come on top": len(
                kept
            ),
        },
    )


def dearer_shells(chosen, result: arms.Result) -> Number | None:
    """Percent by which the median rises where a shell costs a tenth more; of nought, none."""
    parts = draw(result.inputs, chosen.draws, chosen.seed)
    before = np.median(parts["total"])
    if before == 0:
        return None
    after = np.median(parts["total"] + (RAISE - 1) * parts["shells"])
    return Number(
        float(100 * (after / before - 1)),
        "percent",
        mistakes={
            "that would hold if shells were all that was sent; what else is in the sum, and does its price move?": 100
            * (RAISE - 1),
            "this is the new median; asked is by how many percent it is above the old one": after,
            "this is the ratio of the two medians; asked is the rise": after / before,
            "this is the rise in million USD; asked is a percentage of the old median": after
            - before,
        },
    )


def mixture(chosen, result: arms.Result) -> Interval:
    """Central 90 % interval of the quantity, every issuer equally likely."""
    ranges = np.array([(r.low, r.high) for r in result.inputs.quantities])
    low, high = _quantile(ranges, 0.05), _quantile(ranges, 0.95)
    means = ranges.mean(axis=0)
    return Interval(
        low,
        high,
        "containers" if result.inputs.in_containers else "rounds",
        0.03,
        {
            "these are the ends of all the ranges; a tenth of the probability lies outside the interval asked for": (
                ranges.min(),
                ranges.max(),
            ),
            "you averaged the issuers; each draw believes one of them": tuple(means),
            "this holds four fifths of the probability: a twentieth is to be cut off at each end, not a tenth": (
                _quantile(ranges, 0.1),
                _quantile(ranges, 0.9),
            ),
            "this holds half of the probability; asked is the wider interval": (
                _quantile(ranges, 0.25),
                _quantile(ranges, 0.75),
            ),
        },
    )


def graded_mean(chosen, result: arms.Result) -> Number:
    """Mean of the issuers' medians, weighted by the grade of their source."""
    letters = _counts(result).set_index("obs_id")["reliability"]
    issuers = result.frames["issuers"]
    weights = [0.5 ** "ABCDEF".index(letters[rows[0]]) for rows in issuers["rows"]]
    medians = issuers["median"]
    return Number(
        sum(w * m for w, m in zip(weights, medians, strict=True)) / sum(weights),
        "million USD",
        0.002,
        {
            "this is the plain mean: the weights have no part in it": medians.mean(),
            "the weighted values are added up but not divided by the sum of the weights": sum(
                w * m for w, m in zip(weights, medians, strict=True)
            ),
            "you divided by the number of issuers instead of the sum of the weights": sum(
                w * m for w, m in zip(weights, medians, strict=True)
            )
            / len(weights),
            "this is the median of the whole mixture, where every issuer weighs the same": float(
                np.median(result.draws)
            ),
        },
    )


def _counts(result: arms.Result) -> pd.DataFrame:
    return pd.concat([result.frames["containers"], result.frames["shells"]])


def _quantile(ranges: np.ndarray, share: float) -> float:
    """Quantile of an equal mixture of uniform ranges, by halving."""
    low, high = ranges.min(), ranges.max()
    for _ in range(60):
        middle = (low + high) / 2
        below = [
            float(middle >= b) if a == b else min(max((middle - a) / (b - a), 0), 1)
            for a, b in ranges
        ]
        low, high = (middle, high) if np.mean(below) < share else (low, middle)
    return float(high)
