"""What the tie costs or brings Russia: China, quality of the arms, technology handed over."""

from __future__ import annotations

import pandas as pd

from compendium import evidence
from compendium.memory import remembered
from compendium.strategy import camps

CHINA = ("china_dprk_trade", "china_dprk_trade_change", "china_dprk_visit", "china_dprk_signal")
QUALITY = (
    "dud_or_unusable_share", "missile_failure_share", "usable_share", "missile_accuracy", "missile_debris_examined", "missiles_fired",
    "quality_claim", "dprk_share_of_shells_fired", "needs_refurbishment_share",
)  # fmt: skip
CREDIBILITY = {
    1: "1, confirmed", 2: "2, probably true", 3: "3, possibly true", 4: "4, doubtful",
    5: "5, improbable", 6: "6, cannot be judged",
}  # fmt: skip
# Reports that speak of no transfer, by what they do speak of.
NO_TRANSFER = {
    "strat-tech-paparo-wish": "sought",
    "strat-tech-paparo-air": "agreed",
    "strat-tech-paparo-air-alt": "perhaps",
}


@remembered
def china_trade(as_of) -> pd.DataFrame:
    """China's trade with North Korea in full years: `year`, `value`, `group`, `line`, `row`."""
    rows = evidence.load("strategy", as_of, indicator="china_dprk_trade", unit="USD_million")
    whole = (rows["period_end"] - rows["period_start"]).dt.days > 360
    own = rows[whole].sort_values(["credibility", "reliability"]).drop_duplicates("period_end")
    return pd.DataFrame(
        {
            "year": own["period_end"].dt.year,
            "value": evidence.middle(own),
            "group": "China's customs",
            "line": "customs",
            "row": own["obs_id"],
        }
    ).sort_values("year", ignore_index=True)


@remembered
def china_changes(as_of) -> pd.DataFrame:
    """Stated changes on the year before, by the end of their period."""
    rows = evidence.load("strategy", as_of, indicator="china_dprk_trade_change")
    rows = rows.assign(value=evidence.middle(rows))
    return rows.sort_values(["period_end", "known_on"], ignore_index=True)


@remembered
def quality(as_of) -> pd.DataFrame:
    """Rows on quality from both tables, with `camp`; second carriers of a statement left out."""
    rows = camps.distinct(("strategy", "arms"), as_of, list(QUALITY))
    # One table files failed missiles under unusable arms: the same statement counts once.
    missile = rows["indicator"].eq("dud_or_unusable_share") & rows["item"].str.startswith("KN")
    rows["indicator"] = rows["indicator"].mask(missile, "missile_failure_share")
    rows = rows.assign(moved=missile).sort_values("moved", kind="stable")
    failed = rows["indicator"].eq("missile_failure_share")
    rows = rows[~(failed & rows.duplicated(["indicator", "value", "issuer"]))]
    return rows.drop(columns="moved").sort_values(["known_on", "obs_id"], ignore_index=True)


def camp_share(rows: pd.DataFrame, camp: str = camps.UKRAINE) -> float:
    """Share of rows whose issuer stands in a camp."""
    return float((rows["camp"] == camp).mean()) if len(rows) else 0.0


@remembered
def technology(as_of) -> pd.DataFrame:
    """Reports of technology given in return, as a timeline graded by credibility.

    `what` says so where a report speaks of less than a transfer (`NO_TRANSFER`).
    """
    rows = evidence.load("strategy", as_of, indicator="technology_transfer_reported")
    what = [
        item + (f" ({NO_TRANSFER[row]})" if row in NO_TRANSFER else "")
        for row, item in zip(rows["obs_id"], rows["item"].str.replace("_", " "), strict=True)
    ]
    return rows.assign(
        camp=rows["issuer"].map(camps.camp),
        what=pd.Series(what, rows.index, dtype=object),
        day=evidence.told_on(rows),
        group=rows["credibility"].astype(int).map(CREDIBILITY),
    ).sort_values(["day", "obs_id"], ignore_index=True)
