"""What the exercises of the chapter on trade expect."""

from __future__ import annotations

import math

import pandas as pd
from scipy import stats

from compendium import trade
from compendium.exercises.answers import PERCENT, Interval, Number, Numbers
from compendium.exercises.intervals import exact

LEVEL = 0.9


def known_late(chosen, result: trade.Result) -> Number:
    """Yearly totals that became known more than a year after their period ended."""
    totals = result.frames["totals"]
    late = [
        r.obs_id for r in totals.itertuples() if r.known_on > r.period_end + pd.Timedelta(days=365)
    ]
    return Number(
        len(late),
        "rows",
        0,
        {
            "these are all the rows that were known at all": len(totals),
            "these became known within the year; asked are the others": len(totals) - len(late),
            "you went by the day of the statement, which many rows lack; `known_on` is filled for all": int(
                (totals["stated_on"] - totals["period_end"] > pd.Timedelta(days=365)).sum()
            ),
        },
    )


def index(chosen, result: trade.Result) -> Numbers | None:
    """Newest total as an index, for each base."""
    totals, bases = result.frames["totals"].dropna(subset="value"), result.frames["bases"]
    if not len(totals) or not len(bases) or min(totals["value"].min(), bases["level"].min()) <= 0:
        return None
    order = sorted(totals.itertuples(), key=lambda r: (r.period_end, r.known_on, r.obs_id))
    newest = order[-1].value
    levels = dict(zip(bases["base"], bases["level"], strict=True))
    return Numbers(
        {base: 100 * newest / level for base, level in levels.items()},
        "index points, the base being a hundred",
        mistakes={
            "the base is divided by the newest total; it is the other way round": {
                b: 100 * v / newest for b, v in levels.items()
            },
            "this is the change against the base; the index itself is asked": {
                b: 100 * (newest / v - 1) for b, v in levels.items()
            },
        },
    )


def one_year_out(chosen, result: trade.Result) -> Interval | None:
    """Lowest and highest mean share of the first half, a year left out in turn."""
    shares = list(result.frames["shares"]["share"])
    if len(shares) < 3:
        return None
    means = [100 * (sum(shares) - share) / (len(shares) - 1) for share in shares]
    single = [100 * share for share in shares]
    return Interval(
        min(means),
        max(means),
        PERCENT,
        mistakes={
            "these are the lowest and the highest single share; asked are means with one year left out": (
                min(single),
                max(single),
            ),
            "you divided by the number of all years, though one is left out": tuple(
                end * (len(shares) - 1) / len(shares) for end in (min(means), max(means))
            ),
        },
    )


def two_rates(chosen, result: trade.Result) -> Interval | None:
    """Exact interval of the new pace of visits over the old."""
    months = result.frames["months"]
    after = months["after"].astype(bool)
    counts = [int(months.loc[rows, "count"].sum()) for rows in (~after, after)]
    spans = [float(months.loc[rows, "exposure"].sum()) for rows in (~after, after)]
    if min(spans) == 0 or min(counts) == 0:
        return None

    def ratio(level: float, span: float) -> tuple[float, float]:
        low, high = exact(counts[1], sum(counts), level)
        return low / (1 - low) * span, high / (1 - high) * span

    span, middle = spans[0] / spans[1], counts[1] / counts[0] * spans[0] / spans[1]
    half = stats.norm.ppf((1 + LEVEL) / 2) * math.sqrt(1 / counts[0] + 1 / counts[1])
    return Interval(
        *ratio(LEVEL, span),
        "times the old pace",
        mistakes={
            "the counts are compared, but not over equal times: divide each by its months": ratio(
                LEVEL, 1.0
            ),
            "this is the interval at 95 percent": ratio(0.95, span),
            "this takes the logarithm's error as normal; asked is the exact interval": (
                middle * math.exp(-half),
                middle * math.exp(half),
            ),
            "this is the interval of the share of visits that came after; turn it into a ratio of paces": exact(
                counts[1], sum(counts)
            ),
        },
    )
