"""Designations that may be added up: no total, package, repeat or part of another row."""

from __future__ import annotations

import pandas as pd

from compendium import evidence
from compendium.memory import remembered

# Items that repeat, contradict or contain others, or whose targets are listed for something
# else: wider packages against Russia, cyber cases, Russian halves of joint lists.
NEVER_ADDED = r"_alt|_second_source|package_|cyber_|russian_|total"


@remembered
def plain(as_of) -> pd.DataFrame:
    """Designations tied to the two states' cooperation, oldest first; a lower bound.

    Returns
    -------
    pandas.DataFrame
        Rows of `evidence.load` with `by` (the issuer's short name), `what` and `day`.
    """
    rows = evidence.load("strategy", as_of, indicator="sanctions_designations")
    # Of a range or a floor the low end is sure, and the sum is a lower bound.
    rows = rows.assign(value=rows["value"].fillna(rows["low"]))
    rows = rows[~rows["item"].str.contains(NEVER_ADDED) & rows["value"].notna()]
    if rows.empty:  # without a name there is nothing to split
        return rows.assign(by=rows["item"], what=rows["item"], day=rows["period_end"])
    names = rows["item"].str.split(":", expand=True).reindex(columns=[0, 1])
    rows = rows.assign(by=names[0].str.replace("_", " "), what=names[1], day=rows["period_end"])
    return rows.sort_values(["day", "by", "what"], ignore_index=True)
