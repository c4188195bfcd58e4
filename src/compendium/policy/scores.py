"""Scores of the options: which version of each judgement a vintage may use."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium import datapackage, evidence
from compendium.memory import remembered

LOW, HIGH = 1.0, 5.0  # the scale: 1 is poor, 5 is good
BASELINE = "nothing"


def options() -> pd.DataFrame:
    """Options in the order of their table: `option`, `title`, `short`, `claim_id`, ..."""
    return datapackage.read_table("policy_options").reset_index(drop=True)


def criteria() -> pd.DataFrame:
    """Criteria in the order of their table: `criterion`, `title`, `question`, ..."""
    return datapackage.read_table("policy_criteria").reset_index(drop=True)


@remembered
def cited_rows(as_of) -> pd.DataFrame:
    """Rows of evidence that any score cites and that were known by a day, by obs_id."""
    cells = datapackage.read_table("policy_scores")["rows"]
    cited = {row for cell in cells for row in cell.split()}
    return evidence.named(cited, as_of).set_index("obs_id", drop=False)


@remembered
def versions(as_of) -> pd.DataFrame:
    """Versions of the scores that a vintage may use, oldest evidence first.

    Returns
    -------
    pandas.DataFrame
        The columns of ``policy_scores.csv`` with `rows` as a tuple, and `rests_on`, the day on
        which the newest of its rows became known (missing where it cites none).
    """
    known = cited_rows(as_of)["known_on"].to_dict()
    table = datapackage.read_table("policy_scores")
    table["rows"] = [tuple(cell.split()) for cell in table["rows"]]
    table = table[[all(row in known for row in rows) for rows in table["rows"]]]
    newest = [max((known[row] for row in rows), default=pd.NaT) for rows in table["rows"]]
    table = table.assign(rests_on=pd.to_datetime(pd.Series(newest, table.index)))
    return table.sort_values("rests_on", kind="stable", na_position="first", ignore_index=True)


@remembered
def in_use(as_of) -> pd.DataFrame:
    """One score for each option and criterion, in the order of their tables.

    Returns
    -------
    pandas.DataFrame
        `option`, `criterion`, `score`, `low`, `high`, `rows`, `reason`, `score_id`, `basis`
        ("rows", "no row" or "no evidence"), `rests_on`.

    Notes
    -----
    A version is used only if every row it cites was known. Of several, the one that rests on
    the newest row counts. Where none is left the score is spread over the whole scale.
    """
    table = versions(as_of)
    newest = table.groupby(["option", "criterion"]).tail(1)
    grid = pd.MultiIndex.from_product(
        [options()["option"], criteria()["criterion"]], names=["option", "criterion"]
    )
    found = newest.set_index(["option", "criterion"]).reindex(grid).reset_index()
    missing = found["score_id"].isna()
    cites = found["rows"].map(lambda rows: isinstance(rows, tuple) and len(rows) > 0)
    found["basis"] = np.select([missing, cites], ["no evidence", "rows"], default="no row")
    found["rows"] = [rows if isinstance(rows, tuple) else () for rows in found["rows"]]
    whole = {"score": (LOW + HIGH) / 2, "low": LOW, "high": HIGH}
    empty = {"score_id": "", "kind": "", "reason": "No row known by this day bears on it."}
    return found.fillna({**whole, **empty})


@remembered
def unused(as_of) -> pd.DataFrame:
    """Versions that a vintage knows and does not use: `score_id`, `option`, `criterion`, `why`.

    Versions that rest on rows known later are no part of it, as if they had not been written.
    Of versions with equally new rows the one that stands later in the table is used.
    """
    every = datapackage.read_table("policy_scores")
    used = in_use(as_of).set_index(["option", "criterion"])["score_id"]
    day = versions(as_of).set_index("score_id")["rests_on"].fillna(pd.Timestamp("1900"))
    rest = every[every["score_id"].isin(day.index) & ~every["score_id"].isin(used)]
    why = []
    for row in rest.itertuples():
        other = used[row.option, row.criterion]
        newer = day[other] > day[row.score_id]
        why.append(f"{other} {'rests on newer rows' if newer else 'stands later in the table'}")
    return rest[["score_id", "option", "criterion"]].assign(why=why).reset_index(drop=True)


def matrix(table: pd.DataFrame, column: str = "score") -> np.ndarray:
    """Scores of `in_use` as an array, options by criteria."""
    shape = (table["option"].nunique(), table["criterion"].nunique())
    return table[column].to_numpy(float).reshape(shape)


def small(title: str) -> str:
    """Title for the middle of a sentence: names in it keep their capitals."""
    return title[:1].lower() + title[1:]
