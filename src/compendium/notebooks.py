"""Notebooks as they are stored: what is none, or has no one place for parameters, is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import nbformat

from compendium import files, paths
from compendium.errors import Fault, FaultsError, shorten

FORMAT = 4
TAG = "parameters"  # of the cell before which papermill puts the parameters of a run
SAVED = f"a notebook as Jupyter saves it, of format {FORMAT}"


def read(file: Path) -> nbformat.NotebookNode:
    """A notebook; `FaultsError` where the file cannot be read or is none.

    nbformat itself only logs what is wrong with the cells.
    """
    label, text, invalid = paths.relative(file), files.read_text(file), {}

    def refuse(problem: object, line: int | None = None) -> None:
        found = shorten(str(problem).partition("\n")[0], 120)
        fault = Fault(label, f"is not a notebook: {found}", line, allowed=SAVED)
        raise FaultsError([fault]) from None

    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        refuse(f"no JSON, {error.msg}", error.lineno)
    except (ValueError, RecursionError) as error:
        refuse(f"no JSON, {error}")
    version = content.get("nbformat") if isinstance(content, dict) else None
    if version is None:
        refuse("it has another form")
    if version != FORMAT:
        refuse(f"its format is {version}")
    for part, kind in (("cells", list), ("metadata", dict)):
        if not isinstance(content.get(part), kind):
            refuse(f"it has no {part}")
    # nbformat would give one of them another at random, and no two runs would be the same.
    ids = [cell["id"] for cell in content["cells"] if isinstance(cell, dict) and "id" in cell]
    if twice := next((id for id in ids if ids.count(id) > 1), None):
        refuse(f"two cells have the id {twice!r}")
    try:
        found = nbformat.reads(text, as_version=FORMAT, capture_validation_error=invalid)
    except (ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError) as error:
        refuse(error)
    if invalid:
        refuse(invalid["ValidationError"])
    return found


def chapter(name: str) -> nbformat.NotebookNode:
    """The notebook of a chapter, which has one code cell of parameters.

    Without one papermill would put them first, and of two the second would undo them.
    """
    file = paths.CHAPTERS / f"{name}.ipynb"
    found = read(file)
    numbers = [
        number
        for number, cell in enumerate(found.cells, 1)
        if cell.cell_type == "code" and TAG in cell.metadata.get("tags", ())
    ]
    if len(numbers) != 1:
        problem = f"{len(numbers) or 'no'} code cells are tagged {TAG!r}"
        shown = f"cells {', '.join(map(str, numbers))}" if numbers else None
        remedy = "one, with the defaults of the chapter's parameters"
        raise FaultsError([Fault(paths.relative(file), problem, None, None, shown, remedy)])
    return found


def check(names: Iterable[str]) -> list[Fault]:
    """Every fault of the notebooks of these chapters."""
    faults: list[Fault] = []
    for name in names:
        try:
            chapter(name)
        except FaultsError as error:
            faults += error.faults
    return faults
