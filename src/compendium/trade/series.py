"""Yearly trade of Russia and of China with North Korea: all figures, and the preferred ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium import evidence
from compendium.memory import remembered
from compendium.parameters import TradeTrends

RUSSIA, CHINA = "russia_dprk", "china_dprk"

# What kind of source an issuer is; the first match counts.
ISSUERS = {
    "FNF": "study",
    "Russian Federal Customs Service": "customs",
    "Russian customs": "customs",
    "KOTRA": "KOTRA",
    "ITC Trade Map": "mirror",
    "Kremlin": "ministry",
    "Russian Association": "ministry",
    "Russian Embassy": "ministry",
    "Russian economy ministry": "ministry",
    "Russian government": "ministry",
    "ROK Ministry": "ministry",
}
# In the order in which they are preferred at equal grade. The study is what is tested here,
# so its own figures are never preferred.
KINDS = {
    "customs": "Russian customs",
    "KOTRA": "KOTRA (partners' statistics)",
    "mirror": "ITC (mirror statistics)",
    "ministry": "ministry or embassy",
    "remark": "official remark, no statistics",
    "literature": "literature or press",
    "study": "the study",
}
# Issuers are compared in the years from here on, by figures of this credibility or better.
SPREAD_FROM = 2012
WELL_GRADED = 2
CUSTOMS, KOTRA = "customs", "KOTRA's count"
CONCEPTS = {
    "China customs": CUSTOMS,
    "China Ministry of Commerce": CUSTOMS,
    "KDI from China customs": CUSTOMS,
    "KOTRA": KOTRA,
}


@remembered
def customs_silent_from(as_of) -> int | None:
    """Year in which Russia stopped publishing customs data; None if not known yet."""
    rows = evidence.load(
        "trade", as_of, indicator="policy_event", item="russian_customs_data_suspended"
    )
    return None if rows.empty else int(rows["period_start"].dt.year.min())


def kind(rows: pd.DataFrame, silent_from: int | None) -> pd.Series:
    """Kind of source of each row, a key of `KINDS`.

    What officials say of a year for which no customs statistics exist is a remark.
    """
    found = pd.Series("literature", index=rows.index)
    for issuer, name in reversed(ISSUERS.items()):
        found = found.where(~rows["issuer"].str.startswith(issuer), name)
    if silent_from is not None:
        late = rows["period_end"].dt.year >= silent_from
        found = found.where(~(late & found.isin(["ministry", "literature"])), "remark")
    return found


@remembered
def totals(p: TradeTrends) -> pd.DataFrame:
    """Every figure for the two-way trade of a calendar year with Russia.

    Returns
    -------
    pandas.DataFrame
        Rows of the table with `year`, `kind`, `bound` (an upper bound only) and `preferred`
        (the one figure of its year that calculations use), by year. A range has its middle as
        `value`.

    Notes
    -----
    The rule. Fit to be preferred is a figure that is no arithmetic on other rows, no bound,
    not the study's own, and not graded worse than `worst_credibility` and
    `worst_reliability`. Among those of a year the better credibility comes first, then
    figures stated exactly, then the order of `KINDS`, then the more reliable source, then the
    one known first.
    """
    rows = evidence.load(
        "trade", p.as_of, implied=True, indicator="trade_turnover", unit="USD_million"
    )
    rows = rows[rows["item"].isin([RUSSIA, f"{RUSSIA}_upper_bound"]) & covers_year(rows)]
    rows = rows.assign(
        value=evidence.middle(rows),
        year=rows["period_start"].dt.year,
        kind=kind(rows, customs_silent_from(p.as_of)),
        bound=rows["item"].str.endswith("upper_bound"),
    )
    chosen = ranked(rows[~rows["bound"] & (rows["qualifier"] != "implied")], p)
    chosen = chosen.drop_duplicates("year")
    rows = rows.assign(preferred=rows["obs_id"].isin(chosen["obs_id"]))
    return rows.sort_values(["year", "preferred", "obs_id"], ascending=[True, False, True],
                            ignore_index=True)  # fmt: skip


def ranked(rows: pd.DataFrame, p: TradeTrends) -> pd.DataFrame:
    """Rows fit to be preferred, best first; see `totals` for the rule."""
    fit = (
        (rows["credibility"] <= p.worst_credibility)
        & (rows["reliability"] <= p.worst_reliability)
        & (rows["kind"] != "study")
        & ~rows["alternative"]
    )
    rows = rows[fit]
    order = rows.assign(
        loose=rows["qualifier"] != "exact",
        place=rows["kind"].map(list(KINDS).index),
    )
    return order.sort_values(
        ["credibility", "loose", "place", "reliability", "known_on", "obs_id"]
    ).drop(columns=["loose", "place"])


def preferred(rows: pd.DataFrame) -> pd.Series:
    """Preferred total by year, USD million."""
    return rows[rows["preferred"]].set_index("year")["value"]


def gaps(rows: pd.DataFrame) -> list[int]:
    """Years between the first and the last preferred one that have no preferred figure."""
    years = preferred(rows).index
    return [y for y in range(years.min(), years.max() + 1) if y not in years] if len(years) else []


@remembered
def china(as_of) -> pd.DataFrame:
    """Every figure for China's yearly trade, with its `concept`.

    Customs count what crosses the border by declaration; KOTRA adds an estimate for crude
    oil, in later years at least. The two are never joined. An issuer whose concept is not stated stands alone.
    """
    rows = evidence.load("trade", as_of, implied=True, indicator="trade_turnover", item=CHINA)
    rows = rows[covers_year(rows)]
    concept = pd.Series("concept not stated", index=rows.index)
    for issuer, name in CONCEPTS.items():
        concept = concept.where(~rows["issuer"].str.startswith(issuer), name)
    rows = rows.assign(
        value=evidence.middle(rows), year=rows["period_start"].dt.year, concept=concept
    )
    return rows.sort_values(["concept", "year", "qualifier"], ignore_index=True)


def of_others(rows: pd.DataFrame) -> pd.DataFrame:
    """Figures that others than the study state, bounds and arithmetic left out."""
    return rows[(rows["qualifier"] != "implied") & ~rows["bound"] & (rows["kind"] != "study")]


def stated_since(rows: pd.DataFrame, first: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Figures of others than the study for years from `first` on: well graded ones, and the rest."""
    own = of_others(rows)
    own = own[own["year"] >= first]
    good = own["credibility"] <= WELL_GRADED
    return own[good], own[~good]


def issuer_spread(rows: pd.DataFrame, first: int = SPREAD_FROM) -> pd.Series:
    """Relative spread of the well-graded figures of a year that has more than one kind.

    The largest over the smallest figure, less one, for years from `first` on in which that is
    above nought.
    """
    good, _ = stated_since(rows, first)
    by_kind = good.groupby("year")["kind"].nunique()
    good = good[good["year"].isin(by_kind[by_kind > 1].index)]
    by_year = good.groupby("year")["value"]
    smallest = by_year.min()
    return (by_year.max() / smallest - 1)[smallest > 0]  # nought has no multiple


def off_the_well_graded(rows: pd.DataFrame, first: int = SPREAD_FROM) -> pd.Series:
    """How far each worse graded figure lies off the well-graded one of its year it is furthest from."""
    good, rest = stated_since(rows, first)
    ends = good.groupby("year")["value"].agg(["min", "max"]).reindex(rest["year"])
    amount = rest["value"].to_numpy()
    known = (ends["min"] > 0) & (amount > 0)
    ends, amount = ends[known], amount[known]
    return np.maximum(amount / ends["min"], ends["max"] / amount) - 1


@remembered
def closed_years(as_of) -> list[int]:
    """Years in which the border with Russia was shut for freight, from the dated events."""
    events = border_events(as_of)
    if not {"dprk_border_closed", "russia_rail_freight_resumed"} <= set(events.index):
        return []
    shut, opened = events["dprk_border_closed"], events["russia_rail_freight_resumed"]
    return list(range(shut.year, opened.year + 1))


def border_closed(as_of) -> pd.Timestamp | None:
    """Day on which the border was shut; None where that was not known."""
    return border_events(as_of).get("dprk_border_closed")


def border_events(as_of) -> pd.Series:
    """First day of each dated event by its item; others may report an event as well."""
    rows = evidence.load("trade", as_of, indicator="policy_event")
    return rows.groupby("item")["period_start"].min()


def yearly_changes(p: TradeTrends, rows: pd.DataFrame) -> pd.Series:
    """Change of the logarithm of the preferred total between neighbouring years.

    A year at nought has no logarithm and tells no change.
    """
    level = preferred(rows)
    level = np.log(level[level > 0])
    level = level[level.index >= p.changes_from]
    change = level.diff()[level.index.to_series().diff() == 1]
    if p.closed_years == "leave_out":
        shut = closed_years(p.as_of)
        change = change[~change.index.isin(shut) & ~(change.index - 1).isin(shut)]
    return change


def covers_year(rows: pd.DataFrame) -> pd.Series:
    """Whether a row covers one calendar year, from first to last day."""
    start, end = rows["period_start"], rows["period_end"]
    first = start.dt.strftime("%m-%d") == "01-01"
    return first & (end.dt.strftime("%m-%d") == "12-31") & (start.dt.year == end.dt.year)
