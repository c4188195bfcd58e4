"""What the exercises of the chapter on troops expect."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from compendium import troops
from compendium.exercises.answers import PERCENT, Interval, Names, Number
from compendium.exercises.intervals import exact

LARGE = 1000  # men
LEVEL = 0.9
PRIOR = (1.0, 1.0)  # missions, decades


def sent_in_all(chosen, result: troops.Result) -> Names:
    """Rows that count men sent in total, not men there at one time."""
    rows = result.frames["statements"]
    sent = {r.obs_id for r in rows.itertuples() if r.indicator == "troops_sent_cumulative"}
    return Names(
        sent,
        "rows",
        set(rows["obs_id"]),
        {
            "these are all the statements; some of them count who is there on a day": set(
                rows["obs_id"]
            ),
            "these count who is there on a day; asked are the totals, which never fall": set(
                rows["obs_id"]
            )
            - sent,
        },
    )


def contested_missions(chosen, result: troops.Result) -> Number | None:
    """Percent by which the geometric mean size falls without contested missions."""
    past = result.frames["missions"].dropna(subset="size")
    firm = past[~past["contested"].astype(bool)]
    if not len(firm):
        return None

    def fall(mean) -> float:
        return 100 * (1 - mean(firm["size"]) / mean(past["size"]))

    return Number(
        fall(lambda sizes: math.exp(sum(map(math.log, sizes)) / len(sizes))),
        PERCENT,
        mistakes={
            "this compares the ordinary means, which the largest missions rule; asked are the geometric ones": fall(
                np.mean
            ),
            "this compares the medians; asked are the geometric means": fall(np.median),
        },
    )


def large_missions(chosen, result: troops.Result) -> Interval | None:
    """Exact interval of the share of missions of a thousand men or more, percent."""
    past = result.frames["missions"]
    sizes = past["size"].dropna()
    if not len(sizes):
        return None
    hits, cases = int((sizes >= LARGE).sum()), len(sizes)
    share = hits / cases
    half = stats.norm.ppf((1 + LEVEL) / 2) * math.sqrt(share * (1 - share) / cases)
    low, high = exact(hits, cases)
    return Interval(
        100 * low,
        100 * high,
        PERCENT,
        mistakes={
            "this is the interval from the normal distribution, which fails for so few cases": (
                100 * (share - half),
                100 * (share + half),
            ),
            "this is the interval at 95 percent": tuple(
                100 * end for end in exact(hits, cases, 0.95)
            ),
            "missions whose size nobody stated are among your cases; nothing is known of their size": tuple(
                100 * end for end in exact(hits, len(past))
            ),
        },
    )


def prior_rate(chosen, result: troops.Result) -> Interval:
    """Interval of the missions a decade under a gamma prior."""
    counts = list(result.frames["decades"]["missions"])
    shape, decades = PRIOR[0] + sum(counts), PRIOR[1] + len(counts)
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    return Interval(
        *stats.gamma.ppf(tails, shape, scale=1 / decades),
        "missions a decade",
        mistakes={
            "the prior has no part in it": tuple(
                stats.gamma.ppf(tails, sum(counts), scale=1 / len(counts))
            ),
            "the prior's mission is in, its decade is not": tuple(
                stats.gamma.ppf(tails, shape, scale=1 / len(counts))
            ),
            "this is the interval of all missions together; divide by the decades": tuple(
                stats.gamma.ppf(tails, shape)
            ),
            "this is where the number of the next decade lies, not the rate": tuple(
                stats.poisson.ppf(tails, shape / decades)
            ),
        },
    )
