"""Votes in the General Assembly: who votes like whom, and how texts on Ukraine fared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium import evidence
from compendium.memory import remembered
from compendium.strategy import intervals

PAIRS = {
    "KOR-USA": "South Korea and the United States",
    "JPN-USA": "Japan and the United States",
    "RUS-PRK": "Russia and North Korea",
    "RUS-CHN": "Russia and China",
    "RUS-KOR": "Russia and South Korea",
    "RUS-JPN": "Russia and Japan",
}
TEXTS = {
    "crimea-2014": "Crimea is Ukraine's",
    "aggression-2022-03": "against the invasion",
    "humanitarian-2022-03": "on the humanitarian results",
    "hrc-suspension-2022-04": "Russia out of the Human Rights Council",
    "annexation-2022-10": "against the annexations",
    "reparations-2022-11": "on reparations",
    "peace-2023-02": "for a just peace",
    "ukraine-text-2025-02": "Ukraine's own text",
    "us-text-2025-02": "the United States' text",
    "peace-2026-02": "for a lasting peace",
}
# The texts that ask for withdrawal or peace on Ukraine's terms; the others ask for other things.
COMPARABLE = ("aggression-2022-03", "annexation-2022-10", "peace-2023-02",
              "ukraine-text-2025-02", "peace-2026-02")  # fmt: skip
CODES = {1: "for", 2: "abstained", 3: "against"}
SHARE_BASE = 2021  # last year before the war; calm for both pairs


@remembered
def shares(as_of) -> pd.DataFrame:
    """Share of roll calls in which two states voted alike.

    Returns
    -------
    pandas.DataFrame
        `pair`, `year`, `share`, `n` (roll calls both took part in, missing where the note
        states none), `low90`, `high90` (missing with `n`), `row`.

    Notes
    -----
    The roll calls of a year are all there were; the interval says how far a share would
    scatter if they stood for others of their kind.
    """
    rows = evidence.load("strategy", as_of, indicator="unga_identical_vote_share", implied=True)
    rows = rows.assign(value=evidence.middle(rows))
    n = rows["note"].map(intervals.sample_size).astype(float)
    ends = [
        intervals.wilson(v, k) if pd.notna(k) else (np.nan, np.nan)
        for v, k in zip(rows["value"], n, strict=True)
    ]
    return pd.DataFrame(
        {
            "pair": rows["item"],
            "year": rows["period_end"].dt.year,
            "share": rows["value"],
            "n": n,
            "low90": [low for low, _ in ends],
            "high90": [high for _, high in ends],
            "row": rows["obs_id"],
        }
    ).sort_values(["pair", "year"], ignore_index=True)


def change(table: pd.DataFrame, pair: str) -> dict | None:
    """Change of a pair's share from 2021 to its newest year, with interval; None if not both."""
    own = table[table["pair"] == pair].set_index("year")
    if SHARE_BASE not in own.index or own.index.max() <= SHARE_BASE:
        return None
    first, last = own.loc[SHARE_BASE], own.loc[own.index.max()]
    low, high = (np.nan, np.nan)
    if pd.notna(first["n"]) and pd.notna(last["n"]):
        low, high = intervals.difference(first["share"], first["n"], last["share"], last["n"])
    return {
        "year": int(own.index.max()), "change": last["share"] - first["share"],
        "low": low, "high": high, "rows": (first["row"], last["row"]),
    }  # fmt: skip


def best_graded(rows: pd.DataFrame) -> pd.DataFrame:
    """Of several reports of one vote or tally the best-graded one, the first among equals."""
    order = rows.sort_values(["credibility", "reliability"], kind="stable")
    return order.drop_duplicates(["indicator", "item"])


@remembered
def tallies(as_of) -> pd.DataFrame:
    """Votes for, against and abstaining on each text, best-graded row first.

    Returns
    -------
    pandas.DataFrame
        `text`, `label`, `day`, `for`, `against`, `abstain`, `share_for` of the votes cast,
        `comparable`, `rows`. Conflicting tallies are in the table of conflicts.
    """
    names = [f"unga_votes_{side}" for side in ("for", "against", "abstain")]
    rows = evidence.load("strategy", as_of, indicator=names)
    rows = best_graded(rows[rows["item"].isin(TEXTS)])
    rows = rows.assign(value=evidence.middle(rows))
    records = []
    for text, own in rows.groupby("item"):
        votes = own.set_index("indicator")["value"]
        if len(votes) == len(names):
            counts = [int(votes[name]) for name in names]
            if not sum(counts):  # no vote, no share
                continue
            records.append((text, TEXTS[text], own["period_end"].iloc[0], *counts,
                            counts[0] / sum(counts), text in COMPARABLE,
                            tuple(own["obs_id"])))  # fmt: skip
    columns = ["text", "label", "day", "for", "against", "abstain", "share_for", "comparable",
               "rows"]  # fmt: skip
    return pd.DataFrame(records, columns=columns).sort_values("day", ignore_index=True)


@remembered
def country_votes(as_of) -> pd.DataFrame:
    """Votes of single states on the texts, by the best-graded row: `text`, `day`, a column a state."""
    rows = evidence.load("strategy", as_of, indicator="unga_country_vote")
    rows = best_graded(rows)
    if rows.empty:
        return pd.DataFrame(columns=["text", "day"])
    parts = rows["item"].str.split(":", expand=True)
    rows = rows.assign(text=parts[0], state=parts[1], vote=rows["value"].astype(int).map(CODES))
    table = rows.pivot(index="text", columns="state", values="vote").fillna("no row")
    day = rows.groupby("text")["period_end"].first()
    table.insert(0, "day", day)
    return table.sort_values("day").rename(index=TEXTS).reset_index()


@remembered
def ideal_points(as_of) -> pd.DataFrame:
    """Estimated places of states on the main line of conflict: `state`, `session`, bounds, `row`."""
    rows = evidence.load("strategy", as_of, indicator="unga_ideal_point")
    return pd.DataFrame(
        {
            "state": rows["item"],
            "session": rows["period_start"].dt.year,
            "value": evidence.middle(rows),
            "low": rows["low"],
            "high": rows["high"],
            "row": rows["obs_id"],
        }
    ).sort_values(["session", "value"], ignore_index=True)
