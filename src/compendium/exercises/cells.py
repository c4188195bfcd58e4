"""Exercises as they stand in a notebook: found, counted, and parted from their solutions.

An exercise is five cells: one of text with ``{exercise}``, whose title ends with level and
minutes and which holds a ``{dropdown} Hint``; one with ``{solution-start}`` and the words of
the solution; its code, which sets ``answer`` and ends with ``check("label", answer)``; and one
with ``{solution-end}``. All code draws on the set-up cell alone, so that exercises can be
worked without the rest of the chapter.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat

from compendium import notebooks
from compendium.errors import CompendiumError

LEVELS = ("reading", "varying", "modelling")
TEXT = re.compile(
    r"(`{3,})\{exercise\} (?P<title>.+); (?P<level>\w+), (?P<minutes>\d+) minutes\n"
    r":label: (?P<label>[\w-]+)\n(?P<body>.*?)\n\1\s*",
    re.S,
)
HINT = re.compile(r":::\{dropdown\} Hint\n(.*?)\n:::\s*", re.S)
CHECK = "exercises-check"  # id of the cell that the answers build on
START, END = "```{solution-start}", "```{solution-end}"


@dataclass(frozen=True)
class Exercise:
    """One exercise of a chapter.

    Attributes
    ----------
    label, title, level : str
    minutes : int
    text, hint : str
        MyST.
    solution : tuple of NotebookNode
        From ``{solution-start}`` to ``{solution-end}``.
    """

    label: str
    title: str
    level: str
    minutes: int
    text: str
    hint: str
    solution: tuple[nbformat.NotebookNode, ...]

    @property
    def words(self) -> str:
        """Words of the solution."""
        return self.solution[0].source.partition("```\n\n")[2].strip()

    @property
    def code(self) -> str:
        """Code of the solution, without its check."""
        lines = "\n".join(c.source for c in self.solution if c.cell_type == "code").splitlines()
        return "\n".join(line for line in lines if not line.startswith("check(")).strip()


def exercises(notebook: nbformat.NotebookNode, name: str = "the notebook") -> list[Exercise]:
    """Exercises of a chapter, in its order.

    Raises
    ------
    CompendiumError
        One has another form; the message names its cell.
    """
    found, cells = [], notebook.cells
    for place, cell in enumerate(cells):
        if cell.cell_type != "markdown" or "{exercise}" not in cell.source:
            continue
        where = f"{name}, cell {place + 1}"
        match = TEXT.fullmatch(cell.source)
        if match is None or match["level"] not in LEVELS:
            raise CompendiumError(
                f"{where}: an exercise has another form; allowed: a cell with "
                "```{exercise} Title; level, N minutes, :label:, text and hint alone, level one of "
                + ", ".join(LEVELS)
            )
        hint = HINT.search(match["body"])
        if hint is None:
            raise CompendiumError(
                f"{where}: exercise {match['label']!r} has no hint; allowed: :::{{dropdown}} Hint"
            )
        end = next((n for n in range(place + 1, len(cells)) if _is(cells[n], END)), None)
        solution = tuple(cells[place + 1 : end + 1]) if end else ()
        if not solution or not solution[0].source.startswith(f"{START} {match['label']}\n"):
            raise CompendiumError(
                f"{where}: exercise {match['label']!r} is not followed by its solution, "
                f"from {START} {match['label']} to {END}"
            )
        text = HINT.sub("", match["body"]).strip()
        found.append(
            Exercise(
                match["label"], match["title"], match["level"], int(match["minutes"]),
                text, hint[1].strip(), solution,
            )
        )  # fmt: skip
    return found


def of_chapter(chapter: str) -> list[Exercise]:
    """Exercises of a chapter's stored notebook."""
    return exercises(stored(chapter), f"chapters/{chapter}.ipynb")


def stored(chapter: str) -> nbformat.NotebookNode:
    """Notebook of a chapter as it is stored."""
    return notebooks.chapter(chapter)


def stated(notebook: nbformat.NotebookNode, name: str) -> tuple[str, ...]:
    """Texts that the box of a chapter was given by a name: `objectives` or `prerequisites`."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and "exhibits.summary(" in cell.source:
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.keyword) and node.arg == name:
                    value = ast.literal_eval(node.value)
                    return (value,) if isinstance(value, str) else tuple(value)
    return ()


def minutes(cells: Iterable[Mapping]) -> list[int]:
    """Minutes of each exercise among the cells of a notebook, as JSON or as nodes."""
    texts = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return [int(match["minutes"]) for text in texts if (match := TEXT.fullmatch(text))]


def without_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Copy of a notebook without the cells from each ``{solution-start}`` to its end."""
    kept, inside = [], False
    for cell in notebook.cells:
        inside = inside or _is(cell, START)
        if not inside:
            kept.append(cell)
        inside = inside and not _is(cell, END)
    left = copy.copy(notebook)
    left.cells = kept
    return left


def drop_solutions(folder: Path) -> None:
    """Take the solutions out of every executed notebook of a folder."""
    for file in sorted(folder.glob("*.ipynb")):
        nbformat.write(without_solutions(nbformat.read(file, as_version=4)), file)


def _is(cell: nbformat.NotebookNode, fence: str) -> bool:
    return cell.cell_type == "markdown" and cell.source.startswith(fence)
