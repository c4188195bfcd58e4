"""Designations by issuer and date, and what theft, trade and visits did meanwhile."""

from __future__ import annotations

import pandas as pd

from compendium.listings import plain
from compendium.memory import remembered
from compendium.parameters import TradeTrends
from compendium.policy import theft
from compendium.trade import meetings, series

SHOWN_FROM = 2019
OPEN_BORDER = 2019  # last year before Pyongyang closed the border, which emptied most series


def by_issuer(table: pd.DataFrame) -> pd.DataFrame:
    """Sums: `by`, `actions` (days with a listing), `designations`, `first`, `last`, `rows`."""
    found = table.groupby("by").agg(
        actions=("day", "nunique"),
        designations=("value", "sum"),
        first=("day", "min"),
        last=("day", "max"),
        rows=("obs_id", tuple),
    )
    found = found.reset_index().sort_values(["designations", "by"], ascending=[False, True])
    return found.astype({"designations": int}).reset_index(drop=True)


def actions(table: pd.DataFrame) -> pd.DataFrame:
    """One row a day and issuer: `day`, `by`, `size`."""
    return table.groupby(["day", "by"], as_index=False)["value"].sum().rename(
        columns={"value": "size"}
    )  # fmt: skip


@remembered
def aligned(as_of) -> dict[str, pd.DataFrame]:
    """Series for one time axis: each with `day`, `value`, `group`, `row`.

    Theft is set at the last day that its count covers, trade at the end of its year, visits at
    the start of their month, designations as a running sum, one figure a day. Theft and trade
    also have `qualifier`, and trade `kind`, the kind of its source.
    """
    own = theft.counts(as_of)
    stolen = pd.DataFrame(
        {"day": own["period_end"], "value": own["value"], "group": own["issuer"],
         "qualifier": own["qualifier"], "row": own["obs_id"]}
    )  # fmt: skip
    p = TradeTrends(as_of=str(as_of))
    totals = series.totals(p)
    totals = totals[totals["preferred"]]
    china = series.china(as_of)
    china = china[(china["qualifier"] != "implied") & (china["concept"] == "customs")]
    trade = pd.concat(
        [
            pd.DataFrame({"day": _year_end(own["year"]), "value": own["value"], "group": group,
                          "kind": own[kind], "qualifier": own["qualifier"], "row": own["obs_id"]})
            for own, group, kind in (
                (totals, "Russia", "kind"), (china, "China, customs", "concept"),
            )
        ]
    )  # fmt: skip
    visits = meetings.events(p)
    month = visits["start"].dt.to_period("M")
    last = min(pd.Timestamp(as_of), meetings.last_day(p)).to_period("M")
    every = pd.period_range(f"{SHOWN_FROM}-01", last, freq="M")
    counted = month.value_counts().reindex(every, fill_value=0)
    held = pd.DataFrame(
        {"day": every.to_timestamp(), "value": counted.to_numpy(float), "group": "visits",
         "row": ""}
    )  # fmt: skip
    listed = plain(as_of).groupby("day")["value"].sum().cumsum()
    total = pd.DataFrame(
        {"day": listed.index, "value": listed.to_numpy(), "group": "designations", "row": ""}
    )
    found = {"theft": stolen, "trade": trade, "visits": held, "listed": total}
    start = pd.Timestamp(SHOWN_FROM, 1, 1)
    return {n: own[own["day"] >= start].reset_index(drop=True) for n, own in found.items()}


def since(series_: dict[str, pd.DataFrame], begin: pd.Timestamp | None) -> pd.DataFrame:
    """Each series before the first designation and now.

    Returns
    -------
    pandas.DataFrame
        `series`, `before`, `before_when`, `after`, `after_when`, `moved`, and `open_border`:
        the figure of `OPEN_BORDER` (missing where there is none).

    Notes
    -----
    Yearly series: the last year that ended before, and the newest. Issuers count theft
    differently, so each is held against itself. Visits: a month on average
    in the twelve months before, and in the newest twelve. The years just before are those of
    the closed border, so a rise from them is partly its opening; `open_border` is the fairer
    yardstick.
    """
    columns = ["series", "before", "before_when", "after", "after_when", "open_border", "moved"]
    records = []
    if begin is None:
        return pd.DataFrame(columns=columns)
    for name, label in (("theft", "crypto theft by {}"), ("trade", "trade with {}")):
        for group, part in series_[name].groupby("group"):
            old, new = part[part["day"] < begin], part[part["day"] >= begin]
            if len(old) and len(new):
                a, b = old.sort_values("day").iloc[-1], new.sort_values("day").iloc[-1]
                records.append((label.format(group), a["value"], f"{a['day']:%Y}", b["value"], f"{b['day']:%Y}",
                                _of_open_border(part)))  # fmt: skip
    visits = series_["visits"]
    old, new = visits[visits["day"] < begin].tail(12), visits[visits["day"] >= begin].tail(12)
    if len(old) == 12 and len(new):
        records.append(
            ("visits a month", old["value"].mean(), "12 months before",
             new["value"].mean(), f"newest {len(new)} months", _of_open_border(visits))
        )  # fmt: skip
    moved = ["rose" if b > a else "fell" if b < a else "stayed" for _, a, _, b, *_ in records]
    return pd.DataFrame([(*r, m) for r, m in zip(records, moved, strict=True)], columns=columns)


def _of_open_border(part: pd.DataFrame) -> float:
    """Mean of a series over the figures of the last year with an open border."""
    return float(part.loc[part["day"].dt.year == OPEN_BORDER, "value"].mean())


def _year_end(years: pd.Series) -> pd.Series:
    return pd.to_datetime(years.astype(str) + "-12-31")
