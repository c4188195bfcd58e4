"""The certified results in ``results/``: what the books state, and what that rests on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from compendium import book, commands, paths
from compendium.errors import CompendiumError
from compendium.verification import editions
from compendium.verification.editions import Edition

SCENARIOS = ("replication", "hindsight")  # other scenarios are experiments
FORMAT = "compendium-results/1"
INPUTS, LOG = "inputs.json", "estimates.csv"
STATE = ("files", "parts", "parameters", "packages")  # see `inputs.take`


def inputs() -> dict:
    """What the certified results rest on; see `inputs.take`.

    Raises
    ------
    CompendiumError
        Nothing is certified yet, or the file is of another form.
    """
    file = paths.RESULTS / INPUTS
    if not os.path.lexists(file):
        raise CompendiumError(
            f"{paths.relative(file)} is missing: nothing is certified yet; run `make certify`"
        )
    try:
        found = json.loads(editions.text_of(file))
    except (ValueError, RecursionError):
        found = None
    if (
        not isinstance(found, dict)
        or found.get("format") != FORMAT
        or not all(isinstance(found.get(part), dict) for part in STATE)
    ):
        raise CompendiumError(
            f"{paths.relative(file)}: not a file of format {FORMAT}; {editions.REMEDY}"
        )
    return found


def edition(scenario: str) -> Edition:
    """What the book of a scenario is certified to state."""
    return editions.read(paths.RESULTS / scenario)


def write(found: Mapping[str, Edition], state: Mapping, log: str) -> None:
    """Put new results in the place of the old ones, whole or not at all.

    Parameters
    ----------
    found : mapping of str to Edition
        By scenario.
    state : mapping
        What they rest on; see `inputs.take`.
    log : str
        The records of the releases; empty before the first.
    """
    paths.RESULTS.parent.mkdir(parents=True, exist_ok=True)
    # Beside the results, hence on their file system, so that the two can change places.
    with commands.workshop(paths.RESULTS.parent, ".results-") as folder:
        aside = Path(folder, "results")
        if paths.RESULTS.exists():
            shutil.copytree(
                paths.RESULTS, aside, ignore=shutil.ignore_patterns(*found, INPUTS, LOG)
            )
        for scenario, own in found.items():
            editions.write(own, aside / scenario)
        text = json.dumps({"format": FORMAT, **state}, indent=0, ensure_ascii=False)
        (aside / INPUTS).write_text(text + "\n", "utf-8")
        if log:
            (aside / LOG).write_text(log, "utf-8")
        book.publish(aside, paths.RESULTS)
