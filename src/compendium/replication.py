"""The study's statements re-tested: what came of each, from the values of the other chapters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from compendium import claims, evidence, upstream
from compendium.parameters import Replication
from compendium.values import Value

STUDY_DAY = Replication.model_fields["as_of"].default
CHAPTERS = upstream.NEEDS["replication"]


@dataclass(frozen=True)
class Result:
    """Everything the chapter shows.

    Attributes
    ----------
    values : tuple of Value
        The numbers the chapter states.
    frames : dict of pandas.DataFrame
        `summary` (see `claims.summary`) and `counts`: verdicts by chapter.
    then, now : mapping of str to Value
        Values of the other chapters at the vintage of the study and of this build.
    origin : str
        Where the values of this build were found, for the reader.
    """

    values: tuple[Value, ...]
    frames: dict[str, pd.DataFrame]
    then: Mapping[str, Value]
    now: Mapping[str, Value]
    origin: str


def run(p: Replication) -> Result:
    """The whole chapter from its parameters; it reads values, never another chapter's rows."""
    found = {chapter: upstream.find(chapter, p.as_of) for chapter in CHAPTERS}
    now = {id: value for own, _ in found.values() for id, value in own.items()}
    later = p.as_of > STUDY_DAY
    then = now
    if later:
        then = {
            id: value
            for chapter in CHAPTERS
            for id, value in upstream.values_of(chapter, STUDY_DAY).items()
        }
    stated = evidence.claims(None, p.as_of)
    table = claims.summary(stated, then, now if later else None)
    counts = (
        pd.crosstab(table["chapter"], table["verdict"])
        .reindex(index=[c for c in CHAPTERS if c in set(table["chapter"])])
        .reindex(columns=claims.VERDICTS, fill_value=0)
    )
    published = [
        Value("replication.as_of", str(p.as_of), unit="date", label="Vintage of the chapter",
              kind="evidence"),
        Value("replication.study_day", str(STUDY_DAY), unit="date", label="Day of the study",
              kind="evidence"),
        Value("replication.claims", len(stated), unit="count",
              label="Statements of the study in data/raw/claims.csv", kind="evidence"),
        *(
            Value(f"replication.{word.replace(' ', '_')}", int((table["verdict"] == word).sum()),
                  unit="count", label=f"Statements found {word}", kind="score", rows=rows(table, now, word))
            for word in claims.VERDICTS
        ),
    ]  # fmt: skip
    origins = {origin for _, origin in found.values()}
    return Result(
        tuple(published),
        {"summary": table, "counts": counts},
        then,
        now,
        " and ".join(sorted(origins)),
    )


def rows(table: pd.DataFrame, known: Mapping[str, Value], word: str) -> tuple[str, ...]:
    """Rows behind the values of the statements with this verdict."""
    ids = table.loc[table["verdict"] == word, "id"]
    used = [row for id in ids if id in known for row in known[id].rows]
    return tuple(dict.fromkeys(used))
