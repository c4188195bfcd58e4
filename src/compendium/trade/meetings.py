"""Visits and meetings: the list, how many a year and a month, and what the list misses."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from compendium import evidence, notes
from compendium.memory import remembered
from compendium.parameters import TradeTrends
from compendium.trade import series

DIRECTIONS = {
    "RU>KP": "Russia to North Korea",
    "KP>RU": "North Korea to Russia",
    "third_country": "third country",
}
TOP_RANKS = (
    "head_of_state",
    "head_of_parliament",
    "foreign_minister",
    "defence_minister",
    "security_council",
    "intelligence_chief",
)
MINISTERS = ("deputy_prime_minister", "minister", "prosecutor_general", "special_envoy")
RULES = ("broad", "strict")
CLAIMS = {
    "year_2024": "study_2024",
    "pace": "study_since_jul2023",
    "norm": "study_past_three_decades",
}
MONTH_DAYS = 365.25 / 12
WINDOWS = {"year_2019": 2019, "months_2024": 2024}


def events(p: TradeTrends) -> pd.DataFrame:
    """Visits known by `as_of`, one a row.

    Returns
    -------
    pandas.DataFrame
        Rows of the table with `start`, `year`, `direction`, `place`, `strict` (vice-minister
        or above for certain), `rank_group` and `loose` (the day is not exact).
    """
    rows = evidence.load("meetings", p.as_of, indicator="high_level_meeting")
    keys = rows["note"].map(notes.keys)
    item = rows["item"]
    group = np.select(
        [item.isin(TOP_RANKS), item.isin(MINISTERS), item.eq("deputy_minister")],
        ["top", "minister", "deputy minister"],
        default="other",
    )
    rows = rows.assign(
        start=rows["period_start"],
        year=rows["period_start"].dt.year,
        direction=keys.map(lambda k: DIRECTIONS.get(k.get("dir"), "not stated")),
        place=keys.map(lambda k: k.get("place", "not stated")),
        strict=keys.map(lambda k: k.get("vice_minister_plus") == "yes").astype(bool),
        rank_group=group,
        loose=rows["qualifier"] == "approx",
    )
    return rows.sort_values(["start", "obs_id"], ignore_index=True)


def by_rule(table: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Visits that a counting rule takes: every one, or the strict ones."""
    return table[table["strict"]] if rule == "strict" else table


def last_day(p: TradeTrends) -> pd.Timestamp:
    """Last day the list covers: of the vintage, or of the search if that ended sooner."""
    return min(evidence.parse_day(p.as_of), pd.Timestamp(p.covered_until))


def monthly(table: pd.DataFrame, first: str, end: pd.Timestamp) -> pd.DataFrame:
    """Visits by the month in which they start.

    Parameters
    ----------
    table : pandas.DataFrame
        Output of `events`.
    first : str
        First month, such as ``2023-07``.
    end : pandas.Timestamp
        Last day covered.

    Returns
    -------
    pandas.DataFrame
        `month` (first day), `broad`, `strict`, `exposure`: the part of the month that is
        covered, one but for the last.
    """
    months = pd.period_range(first, end.to_period("M"), freq="M")
    inside = table[(table["start"] >= months[0].start_time) & (table["start"] <= end)]
    starts = inside["start"].dt.to_period("M")
    counts = {
        rule: starts[by_rule(inside, rule).index].value_counts().reindex(months, fill_value=0)
        for rule in RULES
    }
    exposure = np.ones(len(months))
    exposure[-1] = end.day / end.days_in_month
    return pd.DataFrame(
        {
            "month": months.start_time,
            "broad": counts["broad"].to_numpy(),
            "strict": counts["strict"].to_numpy(),
            "exposure": exposure,
        }
    )


def yearly(table: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Visits a year: `year`, `broad`, `strict`, `top` ranks, for every year of the span."""
    years = range(first, last + 1)
    columns = {
        "broad": table,
        "strict": by_rule(table, "strict"),
        "top": table[table["rank_group"] == "top"],
    }
    counts = {name: own["year"].value_counts() for name, own in columns.items()}
    return pd.DataFrame(
        {"year": list(years)}
        | {name: [int(c.get(y, 0)) for y in years] for name, c in counts.items()}
    )


@remembered
def claims(as_of) -> dict[str, pd.Series]:
    """The study's statements on meetings by name, as far as known."""
    rows = evidence.load("strategy", as_of, item=list(CLAIMS.values()))
    rows = rows.assign(value=evidence.middle(rows)).drop_duplicates("item").set_index("item")
    return {name: rows.loc[item] for name, item in CLAIMS.items() if item in rows.index}


def counts_between(table: pd.DataFrame, start, end) -> dict[str, pd.DataFrame]:
    """Visits that start in the closed span, by rule."""
    inside = table[(table["start"] >= pd.Timestamp(start)) & (table["start"] <= pd.Timestamp(end))]
    return {rule: by_rule(inside, rule) for rule in RULES}


def months_between(start: pd.Timestamp, end: pd.Timestamp) -> int:
    """Whole months the closed span comes to, rounded."""
    return max(1, round(((end - start).days + 1) / MONTH_DAYS))


@remembered
def official_counts(as_of) -> pd.DataFrame:
    """The Unification Ministry's counts of visits at vice-minister's rank and above.

    A count told as a range or a bound is its middle or the end that is told.
    """
    rows = evidence.load("strategy", as_of, indicator="high_level_meetings_count")
    rows = rows[rows["item"] == "vice_minister_plus"]
    return rows.assign(
        value=evidence.middle(rows),
        year=rows["period_start"].dt.year,
        whole=series.covers_year(rows),
    ).reset_index(drop=True)


def overlaps(
    p: TradeTrends, table: pd.DataFrame, until: pd.Timestamp | None = None
) -> pd.DataFrame:
    """The list against the ministry's counts: of each year the one that covers most of it.

    Parameters
    ----------
    p : TradeTrends
    table : pandas.DataFrame
        Output of `events`.
    until : pandas.Timestamp, optional
        Day after which no count may end.

    Returns
    -------
    pandas.DataFrame
        `window` (a key of `WINDOWS`), `listed` (strict), `official`, `start`, `end`, `rows`.

    Notes
    -----
    That every listed visit is among the ministry's could not be checked. If some are not,
    the list misses more than this says. Counts that do not start with their year are left out.
    """
    counts = official_counts(p.as_of)
    start, end = counts["period_start"], counts["period_end"]
    counts = counts[(start.dt.day_of_year == 1) & (start.dt.year == end.dt.year)]
    if until is not None:
        counts = counts[counts["period_end"] <= until]
    # Of two counts to the same day the newer one stands, of two carriers the first.
    counts = counts.sort_values(["period_end", "known_on"], ascending=False, kind="stable")
    records = []
    for row in counts.itertuples():
        window = next((name for name, year in WINDOWS.items() if year == row.year), None)
        if window is None:  # a count of another year, by which no list is corrected
            continue
        own = counts_between(table, row.period_start, row.period_end)["strict"]
        records.append((window, min(len(own), int(row.value)), int(row.value),
                        row.period_start, row.period_end, (row.obs_id, *own["obs_id"])))  # fmt: skip
    columns = ["window", "listed", "official", "start", "end", "rows"]
    found = pd.DataFrame(records, columns=columns)
    return found.drop_duplicates("window").sort_values("window", ignore_index=True)


def recall_prior(p: TradeTrends, table: pd.DataFrame) -> tuple[float, float] | None:
    """Beta parameters of the share of visits that the strict list holds; None if unknown.

    A flat prior updated by the overlaps of the chosen window: listed visits are successes,
    the ministry's others failures.
    """
    found = overlaps(p, table)
    if p.recall_window != "pooled":
        found = found[found["window"] == p.recall_window]
    if found.empty:
        return None
    listed, official = int(found["listed"].sum()), int(found["official"].sum())
    return 1.0 + listed, 1.0 + official - listed


def recall_draws(prior: tuple[float, float], draws: int, seed: int) -> NDArray[np.float64]:
    """Draws of the share of visits that are listed, shape (draws,)."""
    return np.random.default_rng(seed).beta(*prior, draws)


def corrected(listed: int, recall: NDArray[np.float64], seed: int) -> NDArray[np.int64]:
    """Draws of the true number of visits when `listed` of them are on the list.

    Parameters
    ----------
    listed : int
    recall : ndarray, shape (draws,)
        Share of visits listed, one a draw.
    seed : int

    Returns
    -------
    ndarray of int, shape (draws,)

    Notes
    -----
    With every number equally likely beforehand and each visit listed with probability r, the
    number missed given the number listed is negative binomial with listed + 1 and r [1]_.

    References
    ----------
    .. [1] A. E. Raftery, "Inference for the binomial N parameter", Biometrika 75 (1988).
    """
    return listed + np.random.default_rng(seed).negative_binomial(listed + 1, recall)


def poisson_interval(count: int, exposure: float, level: float = 0.9) -> tuple[float, float]:
    """Exact interval of a rate (Garwood).

    References
    ----------
    .. [1] F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936).
    """
    tail = (1 - level) / 2
    low = stats.gamma.ppf(tail, count) if count else 0.0
    return float(low) / exposure, float(stats.gamma.ppf(1 - tail, count + 1)) / exposure
