"""From evidence to book: check, run, render, and only then put in place."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import Event

from compendium import files, paths, stamps
from compendium.errors import CompendiumError

MOST = 3  # names told of files that have changed


def build(
    name: str,
    report: Callable[[str], None] = print,
    verbose: bool = False,
    *,
    kernel: str = "warm",
    explain: bool = False,
    solutions: bool = True,
) -> Path:
    """Build the book of a scenario into ``_build/<name>`` and return its first page.

    Everything is made aside in ``_build/<name>.building`` and changes places with the
    previous build at the end. A failure leaves the previous build as it was, and what was
    made so far, the partial notebook included, in the folder aside.

    Parameters
    ----------
    name : str
        Name of a scenario.
    report : callable
        Takes a line of progress.
    verbose : bool
        Show what Jupyter Book prints.
    kernel : {"warm", "fresh"}
        How the processes of the notebooks start; the book is the same.
    explain : bool
        Tell for each chapter what has changed since the last build.
    solutions : bool
        Leave the solutions of the exercises in; no chapter is run again without them.

    Raises
    ------
    CompendiumError
        Bad evidence or scenario (before anything is run), a failing cell, a page that
        cannot be rendered, or a file that changed while the book was made of it.
    """
    if name not in paths.scenario_names():  # before any path is made of it
        from compendium import scenarios

        scenarios.read(name)  # says which there are
    page = paths.BUILD / name / "html" / "index.html"
    if stamps.current(name, solutions):
        return _unchanged(page, report, explain)

    from compendium import locks  # not where there is nothing to do

    with locks.alone(paths.BUILD / name, report) as waited:
        if waited and stamps.current(name, solutions):
            return _unchanged(page, report, explain)
        return _build(name, report, verbose, kernel, explain, solutions)


def _unchanged(page: Path, report: Callable[[str], None], explain: bool) -> Path:
    for run in sorted((page.parents[1] / "runs").glob("*.json")) if explain else ():
        report(f"{run.stem}: unchanged")
    report(f"unchanged: {paths.relative(page)}")
    return page


def _build(
    name: str,
    report: Callable[[str], None],
    verbose: bool,
    kernel: str,
    explain: bool,
    solutions: bool,
) -> Path:
    begin, stamp = time.monotonic(), stamps.take(name, solutions)
    aside, target = paths.BUILD / f"{name}.building", paths.BUILD / name
    page = target / "html" / "index.html"
    from compendium import kernels

    if kernels.choose(kernel) == "warm":
        kernels.start_server()  # imports the libraries while we import them too
    from compendium import (
        bibliography,
        book,
        chapters,
        citation,
        datapackage,
        drawings,
        prose,
        scenarios,
        values,
        vintages,
    )
    from compendium.exercises import cells
    from compendium.verification import inputs

    for change in inputs.here():
        report(f"not as locked: {change}; `make verify` will fail for it")
    # What is told now is not told after minutes of running.
    files.require_folders(paths.BUILD, aside, target)
    datapackage.require_valid()
    citation.read(paths.ROOT / citation.NAME)
    bibliography.works(paths.ROOT / bibliography.FILE)
    prose.allowed()
    book.configuration(paths.ROOT / "_config.yml")
    scenario = scenarios.read(name)
    book.restore(target)
    files.clear(aside)
    previous, stop = target if explain else None, Event()
    keeping = kernels.environment({drawings.FOLDER: str(drawings.folder())})
    with keeping, ThreadPoolExecutor(1) as side:
        # Begun when a core has no chapter to run, and no more than once.
        estimates = cache(lambda: side.submit(vintages.parts, scenario.as_of, stop=stop))
        wanted = vintages.PAGE in book.pages(paths.ROOT)
        try:
            chapters.run_all(
                scenario, aside, report, kernel=kernel, previous=previous,
                idle=estimates if wanted else None,
            )  # fmt: skip
            values.collect(aside, scenario=name, as_of=str(scenario.as_of))
            prose.require_fitting(aside / "notebooks", values.read(aside / "values.json"))
            if not solutions:
                cells.drop_solutions(aside / "notebooks")
            if wanted:
                report(f"[{time.monotonic() - begin:5.1f} s] estimates over time")
                estimates().result()
        finally:
            stop.set()  # a failure is told at once, whatever was begun beside it
    report(f"[{time.monotonic() - begin:5.1f} s] rendering")
    book.render(
        name,
        aside / "notebooks",
        aside / "values.json",
        aside / "html",
        title=scenario.title,
        as_of=scenario.as_of,
        verbose=verbose,
    )
    _require_unchanged(stamp, name)
    stamps.write(stamp, aside)
    book.publish(aside, target)
    size = book.size(target / "html")
    report(f"[{time.monotonic() - begin:5.1f} s] done: {paths.relative(page)} ({size})")
    return page


def _require_unchanged(stamp: dict, name: str) -> None:
    """Raise where chapters and pages may have been made of two states of a file."""
    found = list(stamps.changed(stamp, name))
    if found:
        more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
        raise CompendiumError(
            f"{', '.join(found[:MOST])}{more}: changed while the book was made of it; "
            "nothing was put in place, run the same command again"
        )
