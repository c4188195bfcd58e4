"""Run the chapters of a scenario through papermill."""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from compendium import parameters, paths
from compendium.errors import CompendiumError
from compendium.scenarios import Scenario

TIMEOUT = 600  # seconds a cell may take before it counts as endless

# Read by every notebook process before numpy: one thread a process makes the timing of small
# fits even and their sums the same on every machine.
THREADS = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}


class ChapterError(CompendiumError):
    """A cell of a chapter failed.

    Attributes
    ----------
    chapter : str
    cell : int
        Number of the cell in the chapter's notebook, counted from 1 over all cells.
    line : str
        First line of its source.
    error : str
        Error as the cell raised it.
    notebook : Path
        Where the partial notebook is kept.
    """

    def __init__(self, chapter: str, cell: int, line: str, error: str, notebook: Path):
        self.chapter, self.cell, self.line = chapter, cell, line
        self.error, self.notebook = error, notebook
        super().__init__(
            f"chapters/{chapter}.ipynb, cell {cell}: {error}\n"
            f"  the cell begins: {line}\n"
            f"  partial notebook: {paths.relative(notebook)}"
        )


def notebook_path(chapter: str) -> Path:
    """Source notebook of a chapter."""
    return paths.CHAPTERS / f"{chapter}.ipynb"


def run_all(scenario: Scenario, folder: Path, report: Callable[[str], None] = print) -> None:
    """Execute every chapter of a scenario into ``folder/notebooks`` and ``folder/values``.

    Parameters
    ----------
    scenario : Scenario
        Its parameters are already validated: nothing runs on a bad one.
    folder : Path
        Folder of the build; what chapters publish goes there too.
    report : callable
        Takes one line of progress.

    Raises
    ------
    ChapterError
        The first cell that failed.
    """
    begin = time.monotonic()
    chapters = list(scenario.chapters)
    for number, chapter in enumerate(chapters, 1):
        execute(
            chapter,
            scenario.chapters[chapter],
            folder,
            lambda text, c=chapter, n=number: report(
                f"[{time.monotonic() - begin:5.1f} s] {n}/{len(chapters)} {c}: {text}"
            ),
        )


def execute(
    chapter: str,
    given: parameters.Parameters,
    folder: Path,
    report: Callable[[str], None] = lambda text: None,
) -> Path:
    """Execute one chapter and return the path of the executed notebook.

    Raises
    ------
    ChapterError
        A cell failed or ran longer than `TIMEOUT`; the notebook up to it is kept.
    """
    target = folder / "notebooks" / f"{chapter}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    cells = _read(notebook_path(chapter)).cells
    code = sum(c.cell_type == "code" for c in cells) + 1  # papermill adds the parameters
    started: dict[int, str] = {}  # source of each code cell by its place in the executed notebook
    injected: list[int] = []

    def on_cell_start(cell, cell_index) -> None:
        if cell.cell_type == "code":
            started[cell_index] = cell.source
            report(f"cell {len(started)} of {code}")
        if "injected-parameters" in cell.metadata.get("tags", []):
            injected.append(cell_index)

    environment = {
        **THREADS,
        "COMPENDIUM_OUTPUT": str(folder),
        "COMPENDIUM_ROOT": str(paths.ROOT),
        "PYTHONHASHSEED": "0",
    }
    with _environment(environment):
        try:
            papermill.execute_notebook(
                notebook_path(chapter),
                target,
                parameters=plain(given),
                cwd=str(paths.CHAPTERS),
                progress_bar=False,
                log_output=False,
                execution_timeout=TIMEOUT,
                kernel_name="python3",
                on_cell_start=on_cell_start,
                extra_arguments=["--log-level=CRITICAL"],  # its own warnings are not for readers
            )
        except PapermillExecutionError as error:
            place, text = error.cell_index, f"{error.ename}: {error.evalue}"
        except CellTimeoutError:
            place, text = max(started, default=0), f"ran longer than {TIMEOUT} s"
        except DeadKernelError:
            place, text = max(started, default=0), "the process of the notebook died"
        else:
            place, text = _exit(target), "SystemExit: the cells after it were not run"
            if place is None:
                tidy(target)
                return target
    # Counted from one, and without the cell that papermill injected.
    number = place + 1 - sum(other < place for other in injected)
    line = started.get(place, "").strip().partition("\n")[0]
    raise ChapterError(chapter, number, line, text, target)


def _read(file: Path) -> nbformat.NotebookNode:
    try:
        return nbformat.read(file, as_version=4)
    except FileNotFoundError:
        raise CompendiumError(f"{paths.relative(file)} is missing") from None
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        problem = str(error).partition("\n")[0]
        raise CompendiumError(f"{paths.relative(file)} is not a notebook: {problem}") from None


def _exit(file: Path) -> int | None:
    """Place of the cell that left the process: papermill takes a plain exit for success."""
    cells = enumerate(nbformat.read(file, as_version=4).cells)
    outputs = ((place, output) for place, cell in cells for output in cell.get("outputs", ()))
    return next((place for place, output in outputs if output.output_type == "error"), None)


def plain(given: parameters.Parameters) -> dict[str, Any]:
    """Parameters as plain scalars, the way the parameters cell holds them."""
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in given.model_dump().items()
    }


def tidy(file: Path) -> None:
    """Remove from an executed notebook what differs from run to run: times, paths, ids.

    papermill gives the cell it injects a random id and no tag to fold it by.
    """
    notebook = nbformat.read(file, as_version=4)
    notebook.metadata.pop("papermill", None)
    notebook.metadata.get("language_info", {}).pop("version", None)
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = f"injected-{number}"
            cell.metadata["tags"] = ["injected-parameters", "remove-cell"]
    nbformat.write(notebook, file)


@contextmanager
def _environment(wanted: Mapping[str, str]):
    """Set environment variables that the kernel inherits, and put the old ones back."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def reporter(stream: TextIO = sys.stderr) -> Callable[[str], None]:
    """Progress that rewrites one line of a terminal; elsewhere a line for each step.

    A log is read afterwards: there, only the first cell of a chapter is worth a line.
    """
    before = ""

    def report(text: str) -> None:
        nonlocal before
        step = text.partition("]")[2].partition(": cell")[0]
        if stream.isatty():
            stream.write(("\r\033[K" if step == before else "\n" if before else "") + text)
        elif step != before:
            stream.write(f"{text.partition(': cell')[0]}\n")
        before = step
        stream.flush()

    return report
