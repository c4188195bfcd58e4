"""Back to the level before 2017? Bases, readings, probabilities, and an exact test."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from compendium import evidence
from compendium import uncertainty as un
from compendium.memory import remembered
from compendium.parameters import TradeTrends
from compendium.trade import halfyear, series

BASES = {
    "year_2016": (2016, 2016),
    "mean_2012_2016": (2012, 2016),
    "mean_2011_2016": (2011, 2016),
}
BASE_LABELS = {
    "year_2016": "the level of 2016",
    "mean_2012_2016": "the mean level of 2012 to 2016",
    "mean_2011_2016": "the mean level of 2011 to 2016",
}
READINGS = {
    "half_year": "first half of 2024",
    "full_year": "all of 2024",
    "drop": "left out",
}
SANCTIONS_YEAR = 2017
FIRST_TESTED = 2011  # year from which totals enter the test of the step
# Days a part of a year must cover before it is scaled up to the year.
MIN_PART_DAYS = 180
# Weak prior on the change of yearly trade: a doubling or a halving, worth two observations.
PRIOR_STEP = math.log(2)
PRIOR_WEIGHT = 2


@dataclass(frozen=True)
class Level:
    """The newest well-graded level of trade.

    Attributes
    ----------
    year : int
    amount : float
        USD million a year.
    seen : float
        Part of the year the figure covers; below 1 the amount is scaled up by its days.
    rows : tuple of str
    """

    year: int
    amount: float
    seen: float
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Readings:
    """Trade of one year under each reading of the study's half-year figure.

    Attributes
    ----------
    year : int
        The year that is meant: 2024 once the figure is known, else the year of the vintage.
    chosen : {"half_year", "full_year", "drop"}
        The reading carried through; `drop` where the figure was not known.
    alone : dict of ndarray
        Draws in USD million by reading, before any later report is weighed in.
    reported : pandas.Series or None
        Row of a total of that year reported later.
    blended : ndarray
        Draws of the chosen reading with the reported total at its weight. Where the two do
        not overlap this has two peaks: its median may lie where no draw does.
    rows : tuple of str
    """

    year: int
    chosen: str
    alone: dict[str, NDArray[np.float64]]
    reported: pd.Series | None
    blended: NDArray[np.float64]
    rows: tuple[str, ...]


@remembered
def bases(p: TradeTrends) -> pd.DataFrame:
    """The levels before 2017: `base`, `label`, `level` in USD million, `years`, `rows`.

    A mean is taken over the years that have a preferred figure; all of them here.
    """
    totals = series.totals(p)
    chosen = totals[totals["preferred"]]
    records = []
    for name, (first, last) in BASES.items():
        own = chosen[chosen["year"].between(first, last)]
        if len(own) and own["value"].mean() > 0:  # nothing is reached by anything
            records.append(
                {
                    "base": name,
                    "label": BASE_LABELS[name],
                    "level": float(own["value"].mean()),
                    "years": len(own),
                    "rows": tuple(own["obs_id"]),
                }
            )
    return pd.DataFrame(records, columns=["base", "label", "level", "years", "rows"])


@remembered
def newest_level(p: TradeTrends) -> Level | None:
    """Newest preferred total, or a later part of a year scaled up by its days.

    None where the newest is of a year in which the border was shut: such a level says
    nothing about an open one.
    """
    totals = series.totals(p)
    best = series.preferred(totals)
    if best.empty:
        return None
    year = int(best.index.max())
    row = totals.loc[totals["preferred"] & (totals["year"] == year), "obs_id"].iloc[0]
    level = Level(year, float(best[year]), 1.0, (row,))

    parts = later_parts(p, year)
    if len(parts):
        newest = parts.sort_values(["period_end", "known_on"], kind="stable").iloc[-1]
        in_year = 366 if newest["period_start"].is_leap_year else 365
        seen = int(newest["days"]) / in_year
        amount = float(newest["value"]) / seen
        level = Level(int(newest["period_start"].year), amount, seen, (newest["obs_id"],))
    return None if level.year in series.closed_years(p.as_of) else level


@remembered
def later_parts(p: TradeTrends, year: int) -> pd.DataFrame:
    """Totals of parts of years after `year`, each from its first of January, best first."""
    parts = evidence.load("trade", p.as_of, indicator="trade_turnover", item=series.RUSSIA)
    parts = parts.assign(
        value=evidence.middle(parts),
        kind=series.kind(parts, series.customs_silent_from(p.as_of)),
        days=(parts["period_end"] - parts["period_start"]).dt.days + 1,
    )
    begins = parts["period_start"].dt.strftime("%m-%d") == "01-01"
    late = parts["period_start"].dt.year > year
    fit = parts["unit"].eq("USD_million") & begins & late & (parts["days"] >= MIN_PART_DAYS)
    return series.ranked(parts[fit & ~parts["period_end"].dt.strftime("%m-%d").eq("12-31")], p)


@remembered
def step(p: TradeTrends) -> tuple[float, int, int]:
    """Scale of the change of log trade in a year, its degrees of freedom, changes observed.

    Inverse chi-squared posterior of the variance of a walk without drift [1]_.

    References
    ----------
    .. [1] A. Gelman et al., "Bayesian Data Analysis", 3rd ed. (2013), section 2.6.
    """
    change = series.yearly_changes(p, series.totals(p))
    freedom = PRIOR_WEIGHT + len(change)
    squares = PRIOR_WEIGHT * PRIOR_STEP**2 + float((change**2).sum())
    return math.sqrt(squares / freedom), freedom, len(change)


def walk(p: TradeTrends, u: ArrayLike, years: float) -> NDArray[np.float64]:
    """Factor by which trade has changed after `years`, one a draw: Student's t in the log."""
    scale, freedom, _ = step(p)
    steps = _steps(np.asarray(u, float).tobytes(), freedom)
    return np.exp(steps * scale * math.sqrt(max(years, 0.0)))


@lru_cache(maxsize=4)  # every reading and horizon takes the same steps
def _steps(u: bytes, freedom: int) -> NDArray[np.float64]:
    return stats.t.ppf(np.frombuffer(u), df=freedom)


@remembered
def reported_total(as_of, year: int) -> pd.Series | None:
    """Total of `year` as reported by anyone but the study, at any grade; the best one."""
    rows = evidence.load(
        "trade", as_of, indicator="trade_turnover", item=series.RUSSIA, unit="USD_million"
    )
    rows = rows[halfyear.spans(rows, halfyear.YEAR) & (rows["period_start"].dt.year == year)]
    rows = rows[~rows["issuer"].str.startswith("FNF")]
    rows = rows.assign(value=evidence.middle(rows))
    order = rows.sort_values(["credibility", "reliability", "known_on"], kind="stable")
    return None if order.empty else order.iloc[0]


def readings(p: TradeTrends) -> Readings | None:
    """Trade of the year in question under each reading.

    Returns
    -------
    Readings or None
        None where neither the study's figure nor a level with open borders was known.

    Notes
    -----
    half_year
        The figure over the predicted share of one further year.
    full_year
        The figure, off by at most `statement_error`.
    drop
        The newest other level, off by at most `statement_error`, raised by the part of the
        stated growth that carries over, times the walk over the time it does not cover.
    """
    u = un.uniforms(p.draws, 5, p.seed)
    half = halfyear.stated_half(p.as_of)
    level = newest_level(p)
    year = evidence.parse_day(p.as_of).year if half is None else half["period_start"].year
    alone: dict[str, NDArray[np.float64]] = {}
    rows: dict[str, tuple[str, ...]] = {}
    if half is not None:
        table = halfyear.shares(p)
        if len(table) > 1:
            share = halfyear.predictive_share(table["share"], u[:, 0])
            alone["half_year"] = float(half["value"]) / share
            rows["half_year"] = (half["obs_id"], *(r for own in table["rows"] for r in own))
        slack = un.uniform(u[:, 1], 1 - p.statement_error, 1 + p.statement_error)
        alone["full_year"] = float(half["value"]) * slack
        rows["full_year"] = (half["obs_id"],)
    if level is not None and level.year <= year:
        growth = halfyear.coincidence(p.as_of)
        factor, used = 1.0, level.rows
        if len(growth) and level.year == 2023 and year == 2024:
            factor = 1 + growth["growth"].iloc[0] / 100 * p.growth_carry
            used = (*used, growth["rows"].iloc[0][1])
        ahead = year - level.year + 1 - level.seen
        slack = un.uniform(u[:, 1], 1 - p.statement_error, 1 + p.statement_error)
        alone["drop"] = level.amount * factor * slack * walk(p, u[:, 2], ahead)
        rows["drop"] = used
    if not alone:
        return None
    chosen = p.h1_reading if p.h1_reading in alone else "drop"
    if chosen not in alone:
        return None
    reported = reported_total(p.as_of, year) if half is not None else None
    blended, based_on = alone[chosen], rows[chosen]
    if reported is not None:
        told = float(reported["value"]) * un.uniform(
            u[:, 3], 1 - p.statement_error, 1 + p.statement_error
        )
        blended = np.where(u[:, 4] < p.reported_weight, told, blended)
        based_on = (*based_on, reported["obs_id"])
    return Readings(year, chosen, alone, reported, blended, tuple(dict.fromkeys(based_on)))


def chances(found: Readings | None, table: pd.DataFrame) -> pd.DataFrame:
    """Probability that the year reaches each base, by reading.

    Returns
    -------
    pandas.DataFrame
        `reading`, `base`, `level`, `probability`, `median`, `ratio` (median over the base);
        reading `blended` is the chosen one with the later report weighed in (a mixture of two
        peaks, so without a median), and `reported` that report alone.
    """
    columns = ["reading", "base", "level", "probability", "median", "ratio"]
    if found is None:
        return pd.DataFrame(columns=columns)
    cases = dict(found.alone)
    if found.reported is not None:
        cases["reported"] = np.array([float(found.reported["value"])])
        cases["blended"] = found.blended
    records = []
    for name, draws in cases.items():
        median = math.nan if name == "blended" else float(np.median(draws))
        for base in table.itertuples():
            reached = float(np.mean(draws >= base.level))
            records.append((name, base.base, base.level, reached, median, median / base.level))
    return pd.DataFrame(records, columns=columns)


def years_reaching(amount: float, shares: pd.DataFrame, level: float) -> tuple[int, int]:
    """How many of the observed years' shares would lift `amount` to `level`, of how many."""
    return int((amount / shares["share"] >= level).sum()), len(shares)


@dataclass(frozen=True)
class Permutation:
    """Exact permutation test of a difference of means.

    Attributes
    ----------
    difference : float
        Mean of the first group less that of the second.
    as_far, splits : int
        Splits with a difference at least as large, and all splits.
    """

    difference: float
    as_far: int
    splits: int

    @property
    def p(self) -> float:
        """One-sided p-value."""
        return self.as_far / self.splits


def permutation(before: Sequence[float], after: Sequence[float]) -> Permutation:
    """Every way to split the pooled values into groups of these sizes.

    Notes
    -----
    The p-value is the share of splits whose first group exceeds the second by at least as
    much as the real one does [1]_. It is one-sided and supposes that the years could be
    exchanged, which neighbouring years of trade cannot.

    References
    ----------
    .. [1] P. Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 3rd ed.
       (2005), chapter 3.
    """
    pooled = np.array([*before, *after], float)
    n, size = len(pooled), len(before)
    real = float(np.mean(before) - np.mean(after))
    total = pooled.sum()
    sums = np.array([pooled[list(c)].sum() for c in combinations(range(n), size)])
    differences = sums / size - (total - sums) / (n - size)
    return Permutation(real, int((differences >= real - 1e-9).sum()), len(sums))


def before_after(p: TradeTrends, totals: pd.DataFrame) -> pd.DataFrame:
    """Preferred totals on both sides of 2017, which counts to neither.

    `year`, `value`, `side` (before from 2011, after), `closed`, `obs_id`.
    """
    own = totals[totals["preferred"] & (totals["year"] >= FIRST_TESTED)]
    own = own[own["year"] != SANCTIONS_YEAR]
    side = np.where(own["year"] < SANCTIONS_YEAR, "before", "after")
    shut = own["year"].isin(series.closed_years(p.as_of))
    return own.assign(side=side, closed=shut)[["year", "value", "side", "closed", "obs_id"]]


def tests(p: TradeTrends, totals: pd.DataFrame) -> pd.DataFrame:
    """The permutation test with and without the years of the closed border, and with 2024.

    `case`, `before`, `after` (numbers of years), `difference`, `as_far`, `splits`, `p`.
    """
    years = before_after(p, totals)
    before = years.loc[years["side"] == "before", "value"]
    after = years[years["side"] == "after"]
    cases = {
        "all years after": after["value"],
        "open border only": after.loc[~after["closed"], "value"],
    }
    reported = reported_total(p.as_of, 2024)
    if reported is not None and 2024 not in after["year"].to_numpy():
        cases["with the reported total of 2024"] = [*after["value"], float(reported["value"])]
    records = []
    for name, values in cases.items():
        if len(before) and len(values):
            test = permutation(list(before), list(values))
            records.append((name, len(before), len(values), test.difference,
                            test.as_far, test.splits, test.p))  # fmt: skip
    columns = ["case", "before", "after", "difference", "as_far", "splits", "p"]
    return pd.DataFrame(records, columns=columns)
