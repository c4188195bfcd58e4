"""What the exercises of the chapter on strategy expect."""

from __future__ import annotations

import math

from scipy import stats

from compendium import strategy
from compendium.exercises.answers import PERCENT, Interval, Number, Numbers

PRIOR = (10.0, 10.0)  # votes in which the two agreed, and did not
LEVEL = 0.9


def scored_alike(chosen, result: strategy.Result) -> Number:
    """Rows that are scored alike for every explanation."""
    names = list(result.frames["totals"]["hypothesis"])
    rows = result.frames["evidence"]
    alike = sum(len(set(scores)) == 1 for scores in rows[names].astype(str).to_numpy().tolist())
    return Number(
        alike,
        "rows",
        0,
        {
            "these are all rows; asked are those that cannot tell the explanations apart": len(
                rows
            ),
            "these are the rows whose scores differ; asked are the others": len(rows) - alike,
            "rows are among them whose scores differ, though none of them stands against an explanation": int(
                (rows["diagnosticity"] == 0).sum()
            ),
        },
    )


def equal_weights(chosen, result: strategy.Result) -> Numbers:
    """What stands against each explanation if every row weighs the same."""
    names = list(result.frames["totals"]["hypothesis"])
    schemes = result.frames["schemes"].set_index("scheme")
    rows = result.frames["evidence"]
    totals = result.frames["totals"].set_index("hypothesis")["total"]
    return Numbers(
        {name: float(schemes.loc["equal", name]) for name in names},
        "points",
        mistakes={
            "these are the points weighted by grade, as the chapter has them": {
                name: float(totals[name]) for name in names
            },
            "a strong contradiction (II) counts twice a plain one (I)": {
                name: float(rows[name].isin(["I", "II"]).sum()) for name in names
            },
            "what fits is counted; asked is what does not": {
                name: float((rows[name] == "C").sum() + 2 * (rows[name] == "CC").sum())
                for name in names
            },
        },
    )


def votes_prior(chosen, result: strategy.Result) -> Interval | None:
    """Interval of the newest share of agreeing votes under a prior, percent."""
    shares = result.frames["shares"].dropna(subset=["share", "n"])
    if not len(shares):
        return None
    newest = max(shares.itertuples(), key=lambda row: (row.year, row.pair))
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    agreed, cases = newest.share * newest.n, newest.n

    def posterior(yes: float, no: float) -> tuple[float, float]:
        return tuple(100 * stats.beta.ppf(tails, agreed + yes, cases - agreed + no))

    half = stats.norm.ppf(tails[1]) * math.sqrt(newest.share * (1 - newest.share) / cases)
    return Interval(
        *posterior(*PRIOR),
        PERCENT,
        mistakes={
            "the prior has no part in it": posterior(1, 1),
            "this is the interval of the table, which has no prior": (
                100 * newest.low90,
                100 * newest.high90,
            ),
            "this is the interval from the normal distribution, without the prior": (
                100 * (newest.share - half),
                100 * (newest.share + half),
            ),
            "the prior is worth twenty votes in all, ten on each side": posterior(20, 20),
        },
    )
