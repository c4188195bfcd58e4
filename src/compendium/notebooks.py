"""Notebooks as they are stored: what is none, or has no one place for parameters, is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import nbformat

from compendium import files, paths
from compendium.errors import Fault, FaultsError, shorten

FORMAT = 4
TAG = "parameters"  # of the cell behind which papermill puts the parameters of a run
INJECTED = "injected-parameters"  # and of the cell that it puts there
LANGUAGE = "python"  # of the kernel that every chapter is run in
SAVED = f"a notebook as Jupyter saves it, of format {FORMAT}"


def read(file: Path, *, named: bool = False) -> nbformat.NotebookNode:
    """A notebook; `FaultsError` where the file cannot be read or is none.

    nbformat itself only logs what is wrong with the cells.

    Parameters
    ----------
    file : Path
    named : bool
        Each cell must have an id.
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
    try:
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        refuse(f"it holds half a character, \\u{ord(error.object[error.start]):04x}")
    version = content.get("nbformat") if isinstance(content, dict) else None
    if version is None:
        refuse("it has another form")
    if version != FORMAT:
        refuse(f"its format is {version}")
    for part, kind in (("cells", list), ("metadata", dict)):
        if not isinstance(content.get(part), kind):
            refuse(f"it has no {part}")
    # nbformat would give one of two, or one without, another at random, and no two runs would be the same.
    of_cells = [cell.get("id") for cell in content["cells"] if isinstance(cell, dict)]
    if named and None in of_cells:
        refuse(f"cell {of_cells.index(None) + 1} has no id")
    ids = [id for id in of_cells if id is not None]
    if twice := next((id for id in ids if ids.count(id) > 1), None):
        refuse(f"two cells have the id {twice!r}")
    try:
        found = nbformat.reads(text, as_version=FORMAT, capture_validation_error=invalid)
    except (ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError) as error:
        refuse(error)
    except AssertionError:
        refuse("its format has no such minor version")
    if invalid:
        refuse(invalid["ValidationError"])
    return found


def chapter(name: str) -> nbformat.NotebookNode:
    """The notebook of a chapter, in which one cell, of code, is tagged for the parameters.

    Of two the second would undo what papermill puts behind the first, whatever its type. Without
    one papermill would put it first of all, and with a cell of an earlier run in that one's place.
    """
    file = paths.CHAPTERS / f"{name}.ipynb"
    found = read(file, named=True)
    if [cell.cell_type for _, cell in _tagged(found, TAG)] != ["code"]:
        problem = f"does not have one code cell tagged {TAG!r}"
        _refuse_cells(
            file, problem, found, TAG, "one, with the defaults of the chapter's parameters"
        )
    language = found.metadata.get("kernelspec", {}).get("language", LANGUAGE)
    if language != LANGUAGE:
        fault = Fault(
            paths.relative(file), "is of another language", None, "kernelspec", language, LANGUAGE
        )
        raise FaultsError([fault])
    if _tagged(found, INJECTED):
        problem = f"holds parameters of an earlier run, tagged {INJECTED!r}"
        _refuse_cells(file, problem, found, INJECTED, "no such cell; remove it")
    return found


def _tagged(notebook: nbformat.NotebookNode, tag: str) -> list[tuple[int, nbformat.NotebookNode]]:
    """Cells with a tag and their numbers, counted from 1."""
    cells = enumerate(notebook.cells, 1)
    return [(number, cell) for number, cell in cells if tag in cell.metadata.get("tags", ())]


def _refuse_cells(
    file: Path, problem: str, notebook: nbformat.NotebookNode, tag: str, allowed: str
) -> None:
    shown = [f"cell {number} ({cell.cell_type})" for number, cell in _tagged(notebook, tag)]
    value = ", ".join(shown) or "none"
    raise FaultsError([Fault(paths.relative(file), problem, None, None, value, allowed)])


def check(names: Iterable[str]) -> list[Fault]:
    """Every fault of the notebooks of these chapters."""
    faults: list[Fault] = []
    for name in names:
        try:
            chapter(name)
        except FaultsError as error:
            faults += error.faults
    return faults
