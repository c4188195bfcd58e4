"""Run the chapters of a scenario through papermill."""

from __future__ import annotations

import datetime as dt
import functools
import json
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.log import logger

from compendium import cache, drawings, kernels, notebooks, parameters, paths, reads, upstream
from compendium.errors import CompendiumError, FaultsError
from compendium.scenarios import Scenario

TIMEOUT = 600  # seconds a cell may take before it counts as endless
ENGINE = "compendium"
LANGUAGE = "python"  # told to papermill, because a notebook need not say it


class Client(kernels.Bounded, PapermillNotebookClient):
    """papermill's own client, but for a cell that writes without end."""


class Engine(NBClientEngine):
    """papermill's own engine, but for two things.

    It saves no notebook before papermill itself does: saving twice a cell takes longer than many
    a cell. What papermill does not save is a notebook that ended in another way than by an error
    in a cell. And its client is `Client`.
    """

    @classmethod
    def execute_managed_notebook(
        cls, nb_man, kernel_name, *, execution_timeout, start_timeout=60, input_path="", **options
    ) -> None:
        """Execute the cells."""
        target, nb_man.output_path = nb_man.output_path, None
        client = Client(
            nb_man, kernel_name=kernel_name, log=logger, timeout=execution_timeout,
            startup_timeout=start_timeout, **options,
        )  # fmt: skip
        try:
            client.execute()
        except BaseException as error:
            nb_man.output_path = target
            client.require_bounded(error)
            raise


papermill_engines.register(ENGINE, Engine)


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


def run_all(
    scenario: Scenario,
    folder: Path,
    report: Callable[[str], None] = print,
    *,
    kernel: str = "warm",
    previous: Path | None = None,
    idle: Callable[[], object] | None = None,
) -> None:
    """Run every chapter of a scenario into ``folder/notebooks`` and ``folder/values``.

    As many side by side as there are cores, each after the chapters whose values it draws on.

    Parameters
    ----------
    scenario : Scenario
        Its parameters are already validated: nothing runs on a bad one.
    folder : Path
        Folder of the build; what chapters publish goes there too.
    report : callable
        Takes a line of progress; one that ends in ``...`` is soon followed by a newer one.
    kernel : {"warm", "fresh"}
        See `kernels.Group`.
    previous : Path, optional
        Folder of an earlier build; given, the report says for each chapter what has changed.
    idle : callable, optional
        Called when a core has no chapter to run.

    Raises
    ------
    ChapterError
        The first cell that failed. The other chapters are then stopped.
    """
    group, begin = kernels.Group(kernel), time.monotonic()
    waiting, running, steps = list(scenario.chapters), {}, {}
    if faults := notebooks.check(waiting):  # told before any chapter is run
        raise FaultsError(faults)

    def say(text: str) -> None:
        report(f"[{time.monotonic() - begin:5.1f} s] {text}")

    def step(chapter: str, text: str) -> None:
        steps[chapter] = text
        now = ", ".join(f"{name} ({steps[name]})" for name in list(steps))
        say(f"{done}/{len(scenario.chapters)} done; {now} ...")

    def work(chapter: str) -> str:
        given, started = scenario.chapters[chapter], time.monotonic()
        reasons = why(chapter, given, folder, previous) if previous else []
        told = functools.partial(step, chapter)
        if not run(chapter, given, folder, told, group):
            return "unchanged"
        seconds = f"run in {time.monotonic() - started:.1f} s"
        return f"{seconds}; changed: {', '.join(reasons)}" if reasons else seconds

    done = 0
    with ThreadPoolExecutor(cores()) as pool:
        try:
            while waiting or running:
                open_ = {*waiting, *running.values()}
                ready = [c for c in waiting if not open_.intersection(upstream.NEEDS.get(c, ()))]
                ready.sort(key=_dependants, reverse=True)
                for chapter in ready[: cores() - len(running)]:
                    waiting.remove(chapter)
                    running[pool.submit(work, chapter)] = chapter
                if idle and len(running) < cores():
                    idle()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    chapter = running.pop(future)
                    outcome = future.result()
                    done += 1
                    steps.pop(chapter, None)
                    say(f"{done}/{len(scenario.chapters)} {chapter}: {outcome}")
        finally:
            group.stop()  # nothing is alive here, unless a chapter failed or we are told to end


def _dependants(chapter: str) -> int:
    """Number of chapters that wait for one."""
    return sum(chapter in needs for needs in upstream.NEEDS.values())


def cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    chapter: str,
    given: parameters.Parameters,
    folder: Path,
    report: Callable[[str], None] = lambda text: None,
    group: kernels.Group | None = None,
) -> bool:
    """Put the executed notebook and the values of a chapter into `folder`; tell whether it ran.

    A kept run is taken where nothing has changed that it rests on (`compendium.cache`), with
    the text of the source notebook as it is now. For the parameters see `execute`.
    """
    asked = cache.asked(chapter, plain(given), notebooks.chapter(chapter).cells)
    kept = cache.find(asked, folder)
    if kept is not None:
        restore(chapter, given, folder, kept, asked)
        return False
    before = cache.snapshot()
    notebook = execute(chapter, given, folder, report, group)
    if cache.snapshot() == before:
        manifest = json.loads((folder / "runs" / f"{chapter}.json").read_text("utf-8"))
        cache.store(manifest, notebook, folder / "values" / f"{chapter}.json")
    return True


def why(chapter: str, given: parameters.Parameters, folder: Path, previous: Path) -> list[str]:
    """What has changed for a chapter since an earlier build, by name."""
    asked = cache.asked(chapter, plain(given), notebooks.chapter(chapter).cells)
    return cache.explain(previous / "runs" / f"{chapter}.json", asked, folder)


def restore(
    chapter: str,
    given: parameters.Parameters,
    folder: Path,
    kept: cache.Entry,
    asked: Mapping[str, object],
) -> Path:
    """Write the notebook as executing it would have, with the outputs of a kept run."""
    target = folder / "notebooks" / f"{chapter}.ipynb"
    for file in (target, folder / "values" / "x", folder / "runs" / "x"):
        file.parent.mkdir(parents=True, exist_ok=True)
    papermill.execute_notebook(
        notebook_path(chapter), target, parameters=plain(given), prepare_only=True,
        kernel_name="python3", language=LANGUAGE, progress_bar=False,
    )  # fmt: skip
    notebook, old = nbformat.read(target, as_version=4), nbformat.reads(kept.notebook, as_version=4)
    code = [[c for c in book.cells if c.cell_type == "code"] for book in (notebook, old)]
    for cell, executed in zip(*code, strict=True):
        cell.outputs, cell.execution_count = executed.outputs, executed.execution_count
    notebook.metadata["language_info"] = old.metadata["language_info"]
    nbformat.write(tidy(notebook), target)
    if kept.values:
        (folder / "values" / f"{chapter}.json").write_text(kept.values, "utf-8")
    manifest = cache.renewed(kept.manifest, asked)
    (folder / "runs" / f"{chapter}.json").write_text(json.dumps(manifest), "utf-8")
    return target


def execute(
    chapter: str,
    given: parameters.Parameters,
    folder: Path,
    report: Callable[[str], None] = lambda text: None,
    group: kernels.Group | None = None,
) -> Path:
    """Execute one chapter and return the path of the executed notebook.

    The tables must have been found sound before (`datapackage.require_valid`). What it read
    stands afterwards in its manifest, ``folder/runs/<chapter>.json``. Nothing of
    this process is changed, so chapters may be executed in threads side by side.

    Parameters
    ----------
    chapter : str
    given : Parameters
        Validated parameters of the chapter.
    folder : Path
        Folder of the build.
    report : callable
        Takes the number of each cell as it starts.
    group : kernels.Group, optional
        Kernels to start one of; by default warm, in a group of its own.

    Raises
    ------
    ChapterError
        A cell failed, ran longer than `TIMEOUT` or wrote more than `kernels.LARGEST`; the notebook up to it is kept.
    """
    target, runs = folder / "notebooks" / f"{chapter}.ipynb", folder / "runs"
    for place in (target.parent, runs):
        place.mkdir(parents=True, exist_ok=True)
    source = notebooks.chapter(chapter)
    code = sum(c.cell_type == "code" for c in source.cells) + 1  # papermill adds the parameters
    started: dict[int, str] = {}  # source of each code cell by its place in the executed notebook
    injected: list[int] = []
    group = group or kernels.Group()
    record = runs / f"{chapter}.reads"
    variables = {
        "COMPENDIUM_OUTPUT": str(folder.absolute()),
        "COMPENDIUM_ROOT": str(paths.ROOT),
        parameters.CHECKED: "1",
        reads.FILE: str(record.absolute()),
        drawings.FOLDER: str(drawings.folder()),
    }

    def on_cell_start(cell, cell_index) -> None:
        if cell.cell_type == "code":
            started[cell_index] = cell.source
            report(f"cell {len(started)} of {code}")
        if "injected-parameters" in cell.metadata.get("tags", []):
            injected.append(cell_index)

    try:
        papermill.execute_notebook(
            notebook_path(chapter),
            target,
            parameters=plain(given),
            engine_name=ENGINE,
            progress_bar=False,
            log_output=False,
            execution_timeout=TIMEOUT,
            kernel_name="python3",
            language=LANGUAGE,
            kernel_manager_class=group.manager(variables, paths.CHAPTERS),
            on_cell_start=on_cell_start,
            extra_arguments=[
                "--log-level=CRITICAL",  # its own warnings are not for readers
                f"--InteractiveShellApp.extra_extensions={reads.__name__}",
            ],
        )
    except PapermillExecutionError as error:
        place, text = error.cell_index, f"{error.ename}: {error.evalue}"
    except CellTimeoutError:
        place, text = max(started, default=0), f"ran longer than {TIMEOUT} s"
    except kernels.FloodError as error:
        place, text = max(started, default=0), str(error)
    except DeadKernelError:
        place, text = max(started, default=0), "the process of the notebook died"
    else:
        notebook = nbformat.read(target, as_version=4)
        place, text = _exit(notebook), "SystemExit: the cells after it were not run"
        if place is None:
            nbformat.write(tidy(notebook), target)
            asked = cache.asked(chapter, plain(given), source.cells)
            manifest = cache.manifest_of(asked, record)
            _refuse_undeclared(chapter, manifest)
            (runs / f"{chapter}.json").write_text(json.dumps(manifest), "utf-8")
            record.unlink(missing_ok=True)
            return target
    # Counted from one, and without the cell that papermill injected.
    number = place + 1 - sum(other < place for other in injected)
    line = started.get(place, "").strip().partition("\n")[0]
    raise ChapterError(chapter, number, line, text, target)


def _refuse_undeclared(chapter: str, manifest: dict) -> None:
    """Raise if a chapter drew on another that need not have been run before it."""
    drawn = {
        asked["chapter"] for name, asked, _ in manifest["calls"] if name.startswith("upstream")
    }
    if undeclared := sorted(drawn - {*upstream.NEEDS.get(chapter, ())}):
        raise CompendiumError(
            f"chapters/{chapter}.ipynb draws on values of {', '.join(undeclared)}, which may run "
            f"after it; name them in `needs` of {chapter!r} in src/compendium/register.py"
        )


def _exit(notebook: nbformat.NotebookNode) -> int | None:
    """Place of the cell that left the process: papermill takes a plain exit for success."""
    cells = enumerate(notebook.cells)
    outputs = ((place, output) for place, cell in cells for output in cell.get("outputs", ()))
    return next((place for place, output in outputs if output.output_type == "error"), None)


def plain(given: parameters.Parameters) -> dict[str, Any]:
    """Parameters as plain scalars, the way the parameters cell holds them."""
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in given.model_dump().items()
    }


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Remove from an executed notebook what differs from run to run: times, paths, ids.

    papermill gives the cell it injects a random id and no tag to fold it by.
    """
    notebook.metadata.pop("papermill", None)
    notebook.metadata.get("language_info", {}).pop("version", None)
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = f"injected-{number}"
            cell.metadata["tags"] = ["injected-parameters", "remove-cell"]
    return notebook
