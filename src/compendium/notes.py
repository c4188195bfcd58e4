"""What models read in the note of a row."""

from __future__ import annotations

import re

import pandas as pd

SIZE = r"\b[nN] ?= ?"  # how the size of a poll begins
# A whole number, with or without commas between thousands, and no more digits after it.
COUNT = r"(\d{1,3}(?:,\d{3})+|\d+)(?![.,]?\d| \d)"
SMALLEST_POLL = 30
DOUBTFUL = 4  # grade of information from which it is
GRADED = {DOUBTFUL: "graded doubtful", 5: "graded improbable"}
# What a note says of a day that is not known for certain, or of words that can be read otherwise.
DOUBT = r"[^;,]*\b(?:approximate|could also mean)\b[^;,]*"

# What a note says where its compilers set the day from which a count runs.
SINCE_UNSTATED = r"\b[Pp]eriod not stated\b|\bwindow unclear\b"


def keys(note: str) -> dict[str, str]:
    """Keys and values at the head of a note: ``dir=...; place=...; ...``."""
    return {k: v.strip() for k, v in re.findall(r"(\w+)=([^;]+)", note)}


def asked(note: str) -> float | None:
    """Number of people asked that a note states, as ``n=1,001``; None where it is none of a poll."""
    begins = re.search(SIZE, note)
    number = begins and re.match(COUNT, note[begins.end() :])
    size = float(number[1].replace(",", "")) if number else 0.0
    return size if size >= SMALLEST_POLL else None


def doubts(note: str) -> str:
    """What a note doubts of the day or the wording of its row; empty where it doubts neither."""
    return "; ".join(part.strip() for part in re.findall(DOUBT, note))


def first_days(rows: pd.DataFrame) -> pd.Series:
    """Day from which the figure of each row runs; missing where its note says it is not stated."""
    return rows["period_start"].mask(rows["note"].str.contains(SINCE_UNSTATED))


def doubted(rows: pd.DataFrame) -> pd.Series:
    """What is in doubt of each row, by its note or by its grade; empty where nothing is."""
    found = [
        "; ".join(filter(None, (doubts(row.note), GRADED.get(row.credibility))))
        for row in rows.itertuples()
    ]
    return pd.Series(found, rows.index, dtype=object)
