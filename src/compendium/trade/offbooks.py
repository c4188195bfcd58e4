"""What the official trade leaves out: petroleum, food, rail, workers, travellers."""

from __future__ import annotations

import pandas as pd

from compendium import evidence
from compendium.parameters import TradeTrends
from compendium.trade.levels import Level

# Items of `petroleum_deliveries` that are about Russia, and how they came about.
PETROLEUM = {
    "russia_reported_1718": "reported by Russia",
    "russia_estimated": "estimated, by sea",
    "russia_estimated_rail": "estimated, by rail",
}
OTHER = {
    "food": ["food_shipments"],
    "rail": ["rail_traffic"],
    "workers": ["dprk_workers_russia"],
    "travellers": [
        "travel_dprk_to_russia",
        "travel_russians_to_dprk",
        "travel_both_directions",
    ],
    "goods": ["commodity_flow"],
}


def petroleum(as_of) -> pd.DataFrame:
    """Barrels of refined petroleum from Russia, with the yearly cap: one row a statement.

    A range has its middle as `value`; `low` and `high` are filled for all.
    """
    rows = evidence.load(
        "trade", as_of, indicator=["petroleum_deliveries", "petroleum_cap"], unit="barrels"
    )
    cap = yearly_cap(as_of)
    in_force = rows["obs_id"].eq("" if cap is None else cap["obs_id"])
    rows = rows[in_force | rows["item"].isin(list(PETROLEUM))]
    group = rows["item"].map(PETROLEUM).fillna("cap for all suppliers")
    rows = evidence.ends(rows.assign(group=group, value=evidence.middle(rows)))
    return rows.sort_values(["period_start", "period_end"], ignore_index=True)


def yearly_cap(as_of) -> pd.Series | None:
    """Row of the cap that is in force: the newest one that runs for a year."""
    rows = evidence.load("trade", as_of, indicator="petroleum_cap", item="refined_petroleum")
    rows = rows[(rows["period_end"] - rows["period_start"]).dt.days > 300]
    rows = rows.assign(value=evidence.middle(rows))
    return None if rows.empty else rows.sort_values("known_on").iloc[-1]


def estimates(as_of) -> pd.DataFrame:
    """Estimates by sea that no Russian report covers, largest first."""
    rows = petroleum(as_of)
    rows = rows[rows["group"] == "estimated, by sea"]
    return rows.sort_values(["value", "obs_id"], ascending=[False, True], ignore_index=True)


def newest_report(rows: pd.DataFrame) -> pd.Series | None:
    """What Russia reported last, of `petroleum`; of those that end together the longest."""
    rows = rows[rows["group"] == "reported by Russia"]
    order = rows.sort_values(["period_end", "period_start"], ascending=[True, False])
    return None if order.empty else order.iloc[-1]


def crossing(p: TradeTrends, official: Level) -> pd.DataFrame:
    """Price of a barrel above which a quantity is worth more than the official trade.

    Parameters
    ----------
    p : TradeTrends
    official : Level
        Official trade of a year.

    Returns
    -------
    pandas.DataFrame
        `quantity` in words, `barrels`, `usd_per_barrel`, `rows`. No price of a barrel was
        collected; the table turns the question round.
    """
    records = [("a round amount", p.barrels_reference, ())]
    cap = yearly_cap(p.as_of)
    if cap is not None:
        records.append(("the yearly cap for all suppliers", float(cap["value"]), (cap["obs_id"],)))
    for row in petroleum(p.as_of).itertuples():
        if row.group.startswith("estimated"):
            label = f"{row.issuer}, {row.period_start:%B %Y} to {row.period_end:%B %Y}"
            records.append((f"{label}, {row.group.split(', ')[1]}", row.value, (row.obs_id,)))
    found = pd.DataFrame(records, columns=["quantity", "barrels", "rows"])
    return found.assign(
        usd_per_barrel=official.amount * 1e6 / found["barrels"],
        rows=[(*official.rows, *own) for own in found["rows"]],
    )


def others(as_of) -> dict[str, pd.DataFrame]:
    """Rows on food, rail, workers, travellers and goods, newest last."""
    return {
        name: evidence.load("trade", as_of, indicator=indicators)
        .sort_values(["period_end", "obs_id"])
        .reset_index(drop=True)
        for name, indicators in OTHER.items()
    }
