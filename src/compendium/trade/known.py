"""Rows of a vintage, with one guard more than the date of the row itself."""

from __future__ import annotations

import pandas as pd

from compendium import evidence


def known(table: str, as_of, **details) -> pd.DataFrame:
    """Rows known by `as_of`; parameters as for `evidence.load`.

    Notes
    -----
    Where neither a day of statement nor one of publication was visible, a row counts as known
    from the end of its period. The identifier of its carrier names the year the carrier
    appeared in, and nothing can have been read in it before that year began.
    """
    rows = evidence.load(table, as_of, **details)
    return rows[carrier_begins(rows) <= evidence.parse_day(as_of)].reset_index(drop=True)


def carrier_begins(rows: pd.DataFrame) -> pd.Series:
    """First day on which the carrier of a row can have existed."""
    year = rows["source_id"].str.extract(r"((?:19|20)\d\d)", expand=False)
    named = pd.to_datetime(year, format="%Y")
    return named.where(rows["dated_by"] == "period").fillna(rows["known_on"])


def covers_year(rows: pd.DataFrame) -> pd.Series:
    """Whether a row covers one calendar year, from first to last day."""
    start, end = rows["period_start"], rows["period_end"]
    first = start.dt.strftime("%m-%d") == "01-01"
    return first & (end.dt.strftime("%m-%d") == "12-31") & (start.dt.year == end.dt.year)
