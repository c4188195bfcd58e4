"""Numbers of other chapters: those of the running build, or else of a run with the defaults."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from functools import lru_cache

from compendium import arms, parameters, trade, troops, values
from compendium.errors import CompendiumError, nearest
from compendium.values import Value

MODELS: dict[str, Callable] = {
    "arms_trade": arms.run,
    "troop_plausibility": troops.run,
    "trade_trends": trade.run,
}
BUILD, DEFAULTS = "this build", "a run with the default parameters"


def values_of(chapter: str, as_of: str | dt.date) -> dict[str, Value]:
    """Values of another chapter by id, without saying where they were found; see `find`."""
    return find(chapter, as_of)[0]


def find(chapter: str, as_of: str | dt.date) -> tuple[dict[str, Value], str]:
    """Values of another chapter by id, and where they come from.

    Parameters
    ----------
    chapter : {"arms_trade", "troop_plausibility", "trade_trends"}
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
    if chapter not in MODELS:
        raise CompendiumError(
            f"no chapter {chapter!r} to take values from{nearest(chapter, MODELS)}; "
            f"allowed: {', '.join(MODELS)}"
        )
    found = _published(chapter, str(as_of))
    if found is not None:
        return found, BUILD
    return dict(_run(chapter, str(as_of))), DEFAULTS


def _published(chapter: str, as_of: str) -> dict[str, Value] | None:
    file = values.output_folder() / "values" / f"{chapter}.json"
    try:
        records = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    if records.get(f"{chapter}.as_of", {}).get("value") != as_of:
        return None
    return {id: values.from_record(id, record) for id, record in records.items()}


@lru_cache(maxsize=16)
def _run(chapter: str, as_of: str) -> tuple[tuple[str, Value], ...]:
    result = MODELS[chapter](parameters.validate(chapter, {"as_of": as_of}))
    return tuple((value.id, value) for value in result.values)
