"""Whether a book is up to date, told by the files it was made of and the files it consists of.

Of the standard library alone, so that asking costs next to nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from compendium import packages, paths
from compendium.errors import Fault, FaultsError

FORMAT = "compendium-stamp/2"
NAME = "stamp.json"
# What a book is made of, beside its own scenario; what is missing is left out.
PLACES = (
    "src", "data", "chapters", "assets", "_config.yml", "_toc.yml", "references.bib",
    "requirements.lock", "scripts/build_book.py", "CITATION.cff", "LICENSE-CONTENT",
)  # fmt: skip
# A file changed so shortly before it was looked at may change again within one tick of its clock.
TICK = 2_000_000_000  # nanoseconds


def take(scenario: str, solutions: bool = True) -> dict:
    """What the book of a scenario is made of, as it is now: size, times and digest of each file.

    Also whether it holds the solutions of the exercises.
    """
    root = paths.ROOT
    files = {path: [*_look(root / path), _digest(root / path)] for path in made_of(root, scenario)}
    stamp = {"format": FORMAT, "python": sys.version, "taken": time.time_ns(), "inputs": files}
    stamp |= {"packages": packages.state(), "solutions": solutions}
    return stamp | {"origin": origin(root)}


def origin(root: Path) -> list[str]:
    """What a book says of its checkout: the remote its buttons lead to, the commit to cite."""
    from compendium import repository

    found = repository.read(root)
    return [found.url, found.branch, found.commit]


def write(stamp: dict, build: Path) -> None:
    """Leave the stamp in a finished build; `stamp` was taken before the build began."""
    files = {path: [*_look(build / path), _digest(build / path)] for path in _files(build)}
    (build / NAME).write_text(json.dumps({**stamp, "files": files}), "utf-8")


def read(build: Path) -> dict | None:
    """The stamp of a build of which each file is as it was left; None of any other."""
    try:
        stamp = json.loads((build / NAME).read_text("utf-8"))
        if stamp["format"] != FORMAT:
            return None
        whole = all(_same(build / path, was) for path, was in stamp["files"].items())
        return stamp if whole else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def current(scenario: str, solutions: bool = True) -> bool:
    """Whether a build is whole, and made of the files as they are now."""
    root, stamp = paths.ROOT, read(paths.BUILD / scenario)
    if stamp is None:
        return False
    try:
        if stamp["python"] != sys.version or stamp["packages"] != packages.state():
            return False
        if stamp["solutions"] != solutions or stamp["origin"] != origin(root):
            return False
        return next(changed(stamp, scenario), None) is None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def changed(stamp: dict, scenario: str) -> Iterator[str]:
    """Files a book is made of that came, went or are no longer as the stamp has them."""
    root, inputs, settled = paths.ROOT, stamp["inputs"], stamp["taken"] - TICK
    yield from sorted(set(made_of(root, scenario)) ^ set(inputs))
    for path, was in inputs.items():
        if (root / path).exists() and not _same(root / path, was, settled):
            yield path


def made_of(root: Path, scenario: str) -> Iterator[str]:
    """Files that the book of a scenario is made of, as paths from the top of the checkout."""
    pages = sorted(root.glob("*.md"))
    named = [root / place for place in (*PLACES, f"scenarios/{scenario}.yml")]
    for place in [*named, *pages]:
        yield from files_at(root, place.relative_to(root).as_posix())


def files_at(root: Path, place: str) -> Iterator[str]:
    """A file of the checkout, or all files of a folder; nothing where there is neither.

    `FaultsError` where a folder holds what is no file: a pipe, a link to nowhere or to a folder.
    """
    if (root / place).is_dir():
        yield from (f"{place}/{file}" for file in _files(root / place))
    elif (root / place).exists():
        yield place


def _files(folder: Path) -> Iterator[str]:
    """Files of a folder, as paths from it; not what Python and editors leave there."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__" and name[0] != "."]
        for name in folders:
            _refuse_link(Path(place, name))
        for name in names:
            if name != NAME and not name.startswith("."):
                _require_file(Path(place, name))
                yield Path(place, name).relative_to(folder).as_posix()


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():  # followed, it might have no end
        problem = "is a link to a folder, in which no change would be seen"
        remedy = "the folder itself; move it here"
        raise FaultsError(
            [Fault(paths.relative(folder), problem, value=f"{folder.readlink()}", allowed=remedy)]
        )


def _require_file(file: Path) -> None:
    if not file.is_file():
        from compendium import files

        files.read_bytes(file)  # says what it is


def _same(file: Path, was: list, settled: float = math.inf) -> bool:
    """Whether a file is what it was; read again where its times do not tell."""
    *look, digest = was
    return (_look(file) == look and max(look[1:]) < settled) or _digest(file) == digest


def _look(file: Path) -> list[int]:
    """Size and times; the second time cannot be set back, as tools that copy do with the first."""
    stat = file.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]


def _digest(file: Path) -> str:
    if not file.is_file():  # a pipe would be waited for; what reads it will say so
        return ""
    return hashlib.sha256(file.read_bytes()).hexdigest()
