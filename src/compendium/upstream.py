"""Numbers of other chapters: those of the running build, or else of a run with the defaults."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from compendium import memory, models, parameters, values
from compendium.errors import CompendiumError, nearest
from compendium.reads import recorded
from compendium.register import CHAPTERS
from compendium.values import Value

# Chapters that draw on the values of others, which are run before them.
NEEDS = {name: chapter.needs for name, chapter in CHAPTERS.items() if chapter.needs}

BUILD, DEFAULTS = "this build", "a run with the default parameters"

# Values found so far by a run of several chapters without notebooks.
_given: ContextVar[Mapping[str, Value] | None] = ContextVar("given", default=None)


@contextmanager
def using(found: Mapping[str, Value]) -> Iterator[None]:
    """Take these values for those of the running build, and none from files."""
    token = _given.set(found)
    try:
        yield
    finally:
        _given.reset(token)


def values_of(chapter: str, as_of: str | dt.date) -> dict[str, Value]:
    """Values of another chapter by id, without saying where they were found; see `find`."""
    return find(chapter, as_of)[0]


def find(chapter: str, as_of: str | dt.date) -> tuple[dict[str, Value], str]:
    """Values of another chapter by id, and where they come from.

    Parameters
    ----------
    chapter : str
        One that has a model, for example ``arms_trade``.
    as_of : date or str
        Vintage that the values must have.

    Returns
    -------
    dict of str to Value
    {"this build", "a run with the default parameters"}
        The first where the running build has published the chapter's values at that vintage:
        then a changed parameter there is felt here. Otherwise the model of the chapter is run.

    Raises
    ------
    CompendiumError
        A chapter that has no model to run.
    """
    if chapter not in models.MODELS:
        raise CompendiumError(
            f"no chapter {chapter!r} to take values from{nearest(chapter, models.MODELS)}; "
            f"allowed: {', '.join(models.MODELS)}"
        )
    found = published(chapter, str(as_of))
    if found is not None:
        return found, BUILD
    return dict(_run(chapter, str(as_of))), DEFAULTS


def value(found: Mapping[str, Value], id: str) -> Value | None:
    """One value of another chapter, or None where the vintage cannot know it.

    Parameters
    ----------
    found : mapping of str to Value
        What `find` gave.
    id : str

    Raises
    ------
    CompendiumError
        The chapter states no such value at its default vintage either: the name is wrong, or
        was changed there. An earlier vintage does not ask: what became known later would
        decide whether it can be built.
    """
    if id in found:
        return found[id]
    chapter = id.partition(".")[0]
    day = str(parameters.model(chapter).model_fields["as_of"].default)
    vintage = found.get(f"{chapter}.as_of")
    if vintage is not None and vintage.value < day:
        return None
    stated = dict(_run(chapter, day))
    if id not in stated:
        raise CompendiumError(
            f"{chapter} states no value {id!r}, which another chapter draws on; "
            f"give it back its name, or change the name where it is used{nearest(id, stated)}"
        )
    return None


@recorded
def published(chapter: str, as_of: str, folder: Path | None = None) -> dict[str, Value] | None:
    """Values that a chapter has published in the running build; None at another vintage."""
    memory.passing()
    given = _given.get()
    found = _read(chapter, folder or values.output_folder()) if given is None else given
    own = {id: value for id, value in found.items() if value.chapter == chapter}
    vintage = own.get(f"{chapter}.as_of")
    return own if vintage is not None and vintage.value == as_of else None


def _read(chapter: str, folder: Path) -> dict[str, Value]:
    file = folder / "values" / f"{chapter}.json"
    try:
        records = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {id: values.from_record(id, record) for id, record in records.items()}


@lru_cache(maxsize=16)
def _run(chapter: str, as_of: str) -> tuple[tuple[str, Value], ...]:
    result = models.run(chapter, parameters.validate(chapter, {"as_of": as_of}))
    return tuple((value.id, value) for value in result.values)
