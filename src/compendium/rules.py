"""Rules on several cells of one row of a table: figures and their units, days, claims, scores.

What a unit or an indicator can have is listed in `data/datapackage.json`; `datapackage` runs the
rules over whole tables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from compendium import notes

# How a claim compares: which of its figures stand; another kind of claim has none.
COMPARED = {
    "equal": ("low", "high"), "between": ("low", "high"), "at_most": ("high",),
    "less_than": ("high",), "more_than": ("low",),
}  # fmt: skip
NO_ROW = "Judgement only, no row: "  # how the reason of a score without rows begins


@dataclass(frozen=True)
class Rule:
    """A rule on several cells of one row, for every table that has all its `columns`."""

    columns: tuple[str, ...]
    problem: str
    allowed: str
    holds: Callable[[pd.DataFrame], pd.Series]


def of_rows(descriptor: dict) -> list[Rule]:
    """Rules for the rows of every table, from what the descriptor lists."""
    signed = descriptor["compendium:units_below_zero"]
    positive = descriptor["compendium:above_zero"]
    whole = descriptor["compendium:whole"]
    past = descriptor["compendium:past"]
    least = {name: ends["minimum"] for name, ends in descriptor["compendium:limits"].items()}
    most = {name: ends["maximum"] for name, ends in descriptor["compendium:limits"].items()}
    codes = descriptor["compendium:codes"]
    today = pd.Timestamp.now("UTC").tz_localize(None)
    figures = ["value", "low", "high"]

    def not_below_zero(figure: str) -> Rule:
        allowed = f"zero or more; only {' and '.join(signed)} may lie below"
        return Rule(
            (figure, "unit"),
            "is below zero",
            allowed,
            lambda t: ~(t[figure] < 0) | t["unit"].isin(signed),
        )

    # Models divide by these, and take their logarithms.
    def above_zero(figure: str) -> Rule:
        return Rule(
            (figure, "unit", "indicator"),
            "is zero, which such a figure cannot be",
            "more than zero for what stands under compendium:above_zero in data/datapackage.json",
            lambda t: (
                ~(t[figure] == 0)
                | ~(t["unit"].isin(positive["units"]) | t["indicator"].isin(positive["indicators"]))
            ),
        )

    # A point that sets thousands apart would be read as one of a fraction.
    def is_whole(figure: str) -> Rule:
        return Rule(
            (figure, "unit"),
            "is not whole",
            "a whole number of what is counted (compendium:whole in data/datapackage.json), "
            "without any sign between thousands",
            lambda t: (t[figure] % 1 == 0) | t[figure].isna() | ~t["unit"].isin(whole),
        )

    # Percent among shares, or a part that is more than all there is.
    def within_limits(figure: str) -> Rule:
        def holds(t: pd.DataFrame) -> pd.Series:
            beyond = pd.Series(False, t.index)
            for names in (t["unit"], t["indicator"]):
                beyond |= t[figure] < names.map(least)
                beyond |= t[figure] > names.map(most)
            return ~beyond

        return Rule(
            (figure, "unit", "indicator"),
            "is a part below nothing or above the whole",
            "what stands under compendium:limits in data/datapackage.json",
            holds,
        )

    def coded(unit: str, words: dict[str, str]) -> Rule:
        return Rule(
            (*figures, "unit"),
            f"is no code as {unit} has them",
            "value " + ", ".join(f"{code} ({word})" for code, word in words.items())
            + "; neither low nor high",
            lambda t: (t["unit"] != unit)
            | (t["value"].isin([int(code) for code in words]) & t[["low", "high"]].isna().all(axis=1)),
        )  # fmt: skip

    return [
        *map(not_below_zero, figures),
        *map(above_zero, figures),
        *map(is_whole, figures),
        *map(within_limits, figures),
        *(coded(unit, words) for unit, words in codes.items()),
        Rule(
            ("low", "high"), "low is above high", "high or less", lambda t: ~(t["low"] > t["high"])
        ),
        Rule(
            ("value", "low"),
            "value is below low",
            "low or more",
            lambda t: ~(t["value"] < t["low"]),
        ),
        Rule(
            ("value", "high"),
            "value is above high",
            "high or less",
            lambda t: ~(t["value"] > t["high"]),
        ),
        Rule(
            tuple(figures),
            "the row states no figure",
            "at least one of value, low and high",
            lambda t: t[figures].notna().any(axis=1),
        ),
        Rule(
            ("period_start", "period_end"),
            "the period ends before it starts",
            "period_end on the same day or later",
            lambda t: ~(t["period_start"] > t["period_end"]),
        ),
        # A year mistaken in one of the two would move the count in every series.
        Rule(
            ("period_end", "stated_on", "indicator"),
            "is later than the figure was stated, which counts what has been",
            "stated_on or earlier for what stands under compendium:past in data/datapackage.json",
            lambda t: ~(t["period_end"] > t["stated_on"]) | ~t["indicator"].isin(past),
        ),
        Rule(
            ("stated_on",),
            "lies in the future",
            f"{today:%Y-%m-%d} (today, UTC) or earlier",
            lambda t: ~(t["stated_on"] > today),
        ),
        Rule(
            ("published",),
            "is not a date that exists",
            "YYYY-MM-DD, YYYY-MM, YYYY or nothing",
            lambda t: (t["published"] == "") | first_day(t["published"]).notna(),
        ),
        # A slip in the year would keep the rows of the source out of every vintage.
        Rule(
            ("published",),
            "lies in the future",
            f"{today:%Y-%m-%d} (today, UTC) or earlier",
            lambda t: ~(first_day(t["published"]) > today),
        ),
        Rule(
            ("source_id", "issuer", "release_id"),
            "source_id and issuer are both filled or both empty",
            "exactly one of the two",
            lambda t: (t["source_id"] == "") != (t["issuer"] == ""),
        ),
        Rule(
            ("score", "low"),
            "score is below low",
            "low or more",
            lambda t: ~(t["score"] < t["low"]),
        ),
        Rule(
            ("score", "high"),
            "score is above high",
            "high or less",
            lambda t: ~(t["score"] > t["high"]),
        ),
        # Models make the interval of a poll from it.
        Rule(
            ("note", "indicator"),
            "begins to state how many were asked in a form that is not read",
            f"n= and a whole number, {notes.SMALLEST_POLL} or more, as 1,001 or 1001",
            lambda t: (
                ~(t["indicator"].str.startswith("poll_") & t["note"].str.contains(notes.SIZE))
                | t["note"].map(notes.asked).notna()
            ),
        ),
        Rule(
            ("comparator", "low", "high"),
            "the figures are not those that such a claim has",
            "low and high with equal and between, high with at_most and less_than, low with "
            "more_than, none with the others",
            lambda t: _stand(t, "low") & _stand(t, "high"),
        ),
        Rule(
            ("reason", "rows"),
            "cites no row and does not say so, or rows and says there are none",
            f"rows, or a reason that begins with {NO_ROW!r}",
            lambda t: (t["rows"] != "") != t["reason"].str.startswith(NO_ROW),
        ),
    ]


def _stand(claims: pd.DataFrame, figure: str) -> pd.Series:
    """Whether a figure stands where the claim compares with it, and nowhere else."""
    compared = claims["comparator"].map(lambda word: figure in COMPARED.get(word, ()))
    return claims[figure].notna() == compared


def first_day(published: pd.Series) -> pd.Series:
    """First day that dates such as 2024, 2024-06 or 2024-06-17 can mean; missing for no date."""
    day = (published + "-01-01").str[:10]
    return pd.to_datetime(day, format="%Y-%m-%d", errors="coerce")
