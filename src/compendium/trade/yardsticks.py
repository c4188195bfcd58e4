"""Bank of Korea figures: growth by vintage, levels by concept, and the rate to the dollar."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium import evidence, notes
from compendium.arms.economy import yardsticks as sizes
from compendium.arms.reconstruction import study_bounds
from compendium.memory import remembered

LEVELS = {
    "gdp_real_level": "real GDP",
    "gdp_nominal": "nominal GDP",
    "gni_nominal": "nominal GNI",
    "gnp_nominal": "nominal GNP",
}

NEWEST = "newest vintage"

__all__ = ["growth", "implied_rates", "levels", "revisions", "sizes", "trade_over_arms"]


@remembered
def growth(as_of) -> pd.DataFrame:
    """Growth rows with `year` and `place` among the known vintages of a year.

    The newest vintage of a year is the last that is not graded doubtful (`notes.DOUBTFUL`): a misprint is no
    revision. What is graded so stands apart.
    """
    rows = evidence.load("trade", as_of, indicator="gdp_growth_real")
    rows = rows.assign(value=evidence.middle(rows), year=rows["period_start"].dt.year)
    rows = rows.sort_values(["year", "known_on", "obs_id"], ignore_index=True)
    good = rows["credibility"] < notes.DOUBTFUL
    newest = good & ~rows[good].duplicated("year", keep="last").reindex(rows.index, fill_value=True)
    place = np.select([newest, good], [NEWEST, "earlier vintage"], "graded doubtful")
    return rows.assign(place=pd.Series(place, rows.index, dtype=object))


def revisions(rows: pd.DataFrame) -> pd.DataFrame:
    """Years with more than one vintage: `year`, `first`, `last`, `change`, `rows`."""
    records = []
    for year, own in rows.groupby("year"):
        if len(own) > 1:
            first, last = own["value"].iloc[0], own["value"].iloc[-1]
            records.append((int(year), first, last, last - first, tuple(own["obs_id"])))
    return pd.DataFrame(records, columns=["year", "first", "last", "change", "rows"])


@remembered
def levels(as_of) -> pd.DataFrame:
    """Every level of output, by year and concept, in won and in dollars as stated."""
    rows = evidence.load("trade", as_of, indicator=list(LEVELS))
    rows = rows.assign(year=rows["period_start"].dt.year, concept=rows["indicator"].map(LEVELS))
    return rows.sort_values(["year", "concept", "unit", "obs_id"], ignore_index=True)


@remembered
def implied_rates(as_of) -> pd.DataFrame:
    """Won per dollar that each stated dollar level implies, beside the yearly average.

    Returns
    -------
    pandas.DataFrame
        `year`, `concept`, `trillion_won`, `billion_usd`, `stated_by`, `implied`, `average`
        (missing where no row has it), `rows`. The study's figure is compared with real
        output of 2023, the only known level it fits.
    """
    table = levels(as_of)
    table = table.assign(value=evidence.middle(table))  # the levels are shown as stated
    average = evidence.load("trade", as_of, indicator="fx_rate", item="KRW_USD")
    average = average.assign(value=evidence.middle(average), year=average["period_start"].dt.year)
    average = average.groupby("year")["value"].first()
    won = table[table["unit"] == "KRW_trillion"]
    dollars = table[table["unit"] == "USD_billion"]
    study = evidence.load("trade", as_of, indicator="economic_output_total")
    study = study.assign(
        value=evidence.middle(study),
        year=study["period_start"].dt.year,
        concept=LEVELS["gdp_real_level"],
    )
    records = []
    for row in pd.concat([dollars, study]).itertuples():
        own = won[(won["year"] == row.year) & (won["concept"] == row.concept)]
        if own.empty:
            continue
        # The newest rebased level is of another base year; the first one is what was quoted.
        first = own.sort_values("known_on").iloc[0]
        records.append(
            {
                "year": row.year,
                "concept": row.concept,
                "trillion_won": first["value"],
                "billion_usd": row.value,
                "stated_by": row.issuer,
                "implied": first["value"] * 1000 / row.value,
                "average": average.get(row.year),
                "rows": (first["obs_id"], row.obs_id),
            }
        )
    columns = ["year", "concept", "trillion_won", "billion_usd", "stated_by", "implied",
               "average", "rows"]  # fmt: skip
    return pd.DataFrame(records, columns=columns)


def trade_over_arms(as_of, official: float) -> pd.DataFrame:
    """Official trade of a year over the study's bounds for the arms, in percent."""
    bounds = study_bounds(as_of)
    return bounds.assign(percent=official / bounds["value"] * 100)[["obs_id", "value", "percent"]]
