"""From evidence to book: check, run, render, and only then put in place."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from compendium import book, chapters, datapackage, paths, prose, scenarios, values, vintages


def build(name: str, report: Callable[[str], None] = print, verbose: bool = False) -> Path:
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

    Raises
    ------
    CompendiumError
        Bad evidence or scenario (before anything is run), a failing cell, or a page that
        cannot be rendered.
    """
    begin = time.monotonic()
    datapackage.require_valid()
    scenario = scenarios.read(name)
    aside, target = paths.BUILD / f"{name}.building", paths.BUILD / name
    shutil.rmtree(aside, ignore_errors=True)
    chapters.run_all(scenario, aside, report)
    values.collect(aside, scenario=name, as_of=str(scenario.as_of))
    prose.require_fitting(aside / "notebooks", values.read(aside / "values.json"))
    if vintages.PAGE in book.pages(paths.ROOT):
        report(f"[{time.monotonic() - begin:5.1f} s] estimates over time")
        vintages.parts(scenario.as_of)
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
    book.publish(aside, target)
    page = target / "html" / "index.html"
    report(f"[{time.monotonic() - begin:5.1f} s] done: {paths.relative(page)}")
    return page
