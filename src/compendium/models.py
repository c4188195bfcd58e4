"""The model of each chapter, by name: what a notebook calls and a run without notebooks too."""

from __future__ import annotations

import hashlib
import platform
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path

from compendium import files, packages, parameters, paths, scenarios, stamps, values
from compendium.errors import CompendiumError, shorten
from compendium.register import CHAPTERS, HEADLINES
from compendium.values import Value

MODELS = {name: chapter.module for name, chapter in CHAPTERS.items()}


def run(chapter: str, chosen: parameters.Parameters):
    """Result of a chapter's model; its ``values`` are what the chapter publishes."""
    with _said_of_rows(chapter):
        return import_module(MODELS[chapter]).run(chosen)


def headlines(chapter: str, chosen: parameters.Parameters) -> list[Value]:
    """Headline values of a chapter, bit for bit those of `run`, at a fraction of its cost."""
    with _said_of_rows(chapter):
        found = import_module(MODELS[chapter]).headlines(chosen)
    return [value for value in found if value.id in HEADLINES]


@contextmanager
def _said_of_rows(chapter: str) -> Iterator[None]:
    """Say in plain words that a model does not work on the tables; they may hold other rows.

    Every rule on single rows is checked before; that a row which a model names is gone, or
    states its figure in a form it does not take, shows only where the model asks for it.
    """
    try:
        yield
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        here = str(Path(__file__).parent)
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename.startswith(here)]
        place = f"{paths.relative(Path(own[-1].filename))}:{own[-1].lineno}"
        raise CompendiumError(
            f"{place}: the model of {chapter} does not work on the tables as they are "
            f"({type(error).__name__}: {shorten(str(error))}); a row that it names is gone or "
            "states its figure in another form: see what changed in data/raw, or change the model"
        ) from error


def values_of(chosen: Mapping[str, parameters.Parameters]) -> dict[str, Value]:
    """Values of every chapter that has a model, from parameters by chapter."""
    from compendium import upstream  # which runs models itself

    found: dict[str, Value] = {}
    with upstream.using(found):  # a chapter may draw on those before it
        for chapter in MODELS:
            if chapter in chosen:
                found |= {value.id: value for value in run(chapter, chosen[chapter]).values}
    return found


def every_value(names: Iterable[str]) -> dict[str, list[Value]]:
    """Values by id, one for each scenario that states it."""
    found: dict[str, list[Value]] = {}
    for name in names:
        for id, value in values_in(name).items():
            found.setdefault(id, []).append(value)
    return found


def values_in(name: str) -> dict[str, Value]:
    """Values of a scenario, from the models alone.

    Kept under ``_build/check`` for as long as code, tables, scenarios and lock are the same.
    """
    file = paths.BUILD / "check" / f"{name}-{fingerprint()}.json"
    kept = values.kept(file)
    if kept is not None:
        return kept
    found = values_of(scenarios.read(name).chapters)
    file.parent.mkdir(parents=True, exist_ok=True)
    files.clear_older(file)
    files.clear_abandoned(file.parent)
    values.write(file, found)
    return values.read(file)


def fingerprint() -> str:
    """Digest of all that the values of a scenario depend on."""
    return digest_of(paths.ROOT / "src", paths.DATA, paths.SCENARIOS)


@cache
def code_fingerprint() -> str:
    """Digest of the code and of the libraries it runs on."""
    return digest_of(paths.ROOT / "src")


def digest_of(*places: Path) -> str:
    """Digest of files, and of all files in folders, by their names and contents.

    Also of Python and of the packages that the lock names, as they are installed.
    """
    files = sorted(
        file
        for place in places
        for file in stamps.files_at(paths.ROOT, place.relative_to(paths.ROOT).as_posix())
    )
    digest = hashlib.sha256(f"{platform.python_version()} {packages.state()}".encode())
    for file in files:
        digest.update(f"{file}\0".encode())
        digest.update((paths.ROOT / file).read_bytes())
    return digest.hexdigest()[:16]
