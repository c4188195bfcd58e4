"""Runs of chapters, kept for as long as nothing that they rest on has changed.

A run rests on the code of its cells (not on comments, prose or tags), its parameters, the code
of the project's modules that it loaded, the lock file, Python, and on what it was told when it
asked for evidence or for values of other chapters (`compendium.reads`). All of that stands in
the manifest of the run, by name, so that a build can say which of it has changed.

Entries stand in ``_build/cache/<chapter>/``, one folder each: the manifest, the executed
notebook, the values. Each is made aside and renamed, and is believed only if its checksums hold.
Beside them stand the drawings that runs share (`compendium.drawings`).
"""

from __future__ import annotations

import ast
import contextlib
import csv
import hashlib
import io
import json
import os
import platform
import shutil
import sys
import threading
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

# Their `recorded` functions must be known before a question can be asked again.
from compendium import (  # noqa: F401 - see above
    commands,
    evidence,
    files,
    packages,
    paths,
    reads,
    upstream,
)
from compendium.errors import CompendiumError
from compendium.packages import LOCK

FORMAT = "compendium-run/2"
LIMIT = 500 * 2**20  # bytes that all entries may take; the ones not used for longest go first
TAGS = ("parameters", "raises-exception", "skip-execution")  # those that steer a run
MOST = 3  # names told of things that have changed

# Python 3.11 counts the depth of all syntax trees in one place: of two threads that parse, one
# now and then ends with "AST constructor recursion depth mismatch".
_parsing = threading.Lock()

MANIFEST, NOTEBOOK, VALUES = "manifest.json", "notebook.ipynb", "values.json"


@dataclass(frozen=True)
class Entry:
    """A kept run.

    Attributes
    ----------
    manifest : dict
    notebook, values : str
        The executed notebook, and the file of values as the chapter published it.
    """

    manifest: Mapping[str, object]
    notebook: str
    values: str


def folder() -> Path:
    """Where runs are kept."""
    return paths.BUILD / "cache"


# --- What a run rests on -----------------------------------------------------------------------


def asked(chapter: str, parameters: Mapping[str, object], cells: Iterable) -> dict:
    """What is known of a run beforehand.

    Parameters
    ----------
    chapter : str
    parameters : mapping
        Plain scalars.
    cells : iterable of notebook cells
        The whole source notebook.
    """
    return {
        "format": FORMAT,
        "chapter": chapter,
        "parameters": dict(parameters),
        "cells": [[cell.id, digest_of_cell(cell)] for cell in cells if cell.cell_type == "code"],
        "python": f"{sys.version} on {platform.machine()}",
        "lock": _digest_if_there(paths.ROOT / LOCK),
        "packages": packages.state(),
    }


def digest_of_cell(cell) -> str:
    """Digest of a cell's code and of the tags that steer a run; comments do not count."""
    tags = [tag for tag in TAGS if tag in cell.metadata.get("tags", ())]
    # What an expected error prints quotes the code, comments and all.
    code = cell.source if "raises-exception" in tags else _without_comments(cell.source)
    return _digest([code, tags])


def _without_comments(source: str) -> object:
    """Tokens of Python code; not its syntax tree, which has lost a final semicolon."""
    dropped = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):  # magics of IPython
        return source
    return [[token.type, token.string] for token in tokens if token.type not in dropped]


def manifest_of(asked: Mapping[str, object], record: Path) -> dict:
    """Manifest of a finished run from what was known beforehand and its record of reads.

    ``untold`` names what keeps the run from being used again; it is empty for most.
    """
    found: dict = {"modules": {}, "calls": [], "rows": {}, "files": {}, "untold": []}
    try:
        lines = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    except (OSError, ValueError):
        lines = []
    for kind, *what in lines:
        if kind == "module":
            found["modules"][what[0]] = digests_of_module(paths.ROOT / what[0])
        elif kind == "call":
            found["calls"].append(what)
        elif kind == "rows":
            found["rows"].setdefault(what[0], []).extend(what[1])
        elif kind == "file":
            found["files"][what[0]] = what[1]
        else:
            found["untold"].append(what[0])
    if not found["modules"]:
        found["untold"].append("its reads were not recorded")
    found["rows"] = {
        table: {id: now.get(id, "") for id in ids}
        for table, ids in found["rows"].items()
        if (now := rows_now(table))
    }
    found["modules"] = dict(sorted(found["modules"].items()))  # loaded in any order
    return {**asked, **found}


def renewed(manifest: Mapping, asked: Mapping) -> dict:
    """Manifest of a kept run as it would be now: comments and names of cells may be others."""
    modules = {name: digests_of_module(paths.ROOT / name) for name in manifest["modules"]}
    return {**manifest, **asked, "modules": modules}


def digests_of_module(file: Path) -> list[str]:
    """Digest of a module as it is, and of its code without comments."""
    text = file.read_text("utf-8") if file.suffix == ".py" else file.read_bytes().hex()
    return [_digest(text), _digest_of_code(text)]


@lru_cache(maxsize=512)
def _digest_of_code(text: str) -> str:
    try:
        with _parsing:
            tree = ast.parse(text)
        return _digest(ast.dump(tree))
    except SyntaxError:
        return _digest(text)


def rows_now(table: str) -> Mapping[str, str]:
    """Digest of each row of a table as it stands in the file, by its first cell."""
    file = paths.RAW / f"{table}.csv"
    try:
        stat = file.stat()
    except OSError:
        return {}
    return _rows(file, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=32)
def _rows(file: Path, changed: int, size: int) -> Mapping[str, str]:
    with file.open(newline="", encoding="utf-8") as lines:
        return {row[0]: _digest(row) for row in csv.reader(lines) if row}


def snapshot() -> dict[str, tuple[int, int]]:
    """Time and size of all that a run may read: if they differ after it, it is not kept."""
    places = [paths.ROOT / "src", paths.DATA, paths.CHAPTERS]
    # Not what editors and Python leave beside the files that they read.
    shown = (file for place in places for file in place.rglob("[!.]*"))
    read = [file for file in shown if "__pycache__" not in file.parts]
    found = {}
    for file in [*read, paths.ROOT / LOCK]:
        if file.is_file():
            stat = file.stat()
            found[str(file)] = (stat.st_mtime_ns, stat.st_size)
    return found


# --- What has changed --------------------------------------------------------------------------


def changes(manifest: Mapping, asked: Mapping, build: Path) -> Iterator[str]:
    """What a run rests on and that is no longer the same, by name.

    Parameters
    ----------
    manifest : mapping
        Of the run.
    asked : mapping
        What is known of the run that is wanted; see `asked`.
    build : Path
        Folder of the running build: chapters that come before this one have published there.
    """
    if manifest["python"] != asked["python"]:
        yield f"Python: {asked['python'].split()[0]} in place of {manifest['python'].split()[0]}"
    if manifest["lock"] != asked["lock"]:
        yield LOCK
    yield from packages.differences(manifest["packages"], asked["packages"])
    for name in {**manifest["parameters"], **asked["parameters"]}:
        was, now = (side["parameters"].get(name) for side in (manifest, asked))
        if was != now:
            yield f"parameter {name}: {now} in place of {was}"
    yield from _changed_cells(manifest["cells"], asked["cells"])
    for name, digests in manifest["modules"].items():
        if not _same_module(paths.ROOT / name, digests):
            yield f"module {name}"
    for name, was in manifest["files"].items():
        if _digest_if_there(paths.ROOT / name) != was:
            yield f"file {name}"
    told: set[str] = set()
    for name, arguments, was in manifest["calls"]:
        if name.startswith("upstream."):
            now = _answer(name, arguments, folder=build)
        else:
            now = _remembered(name, json.dumps(arguments), _stamps())
        if now != was:
            fresh = [text for text in _named(name, arguments, manifest) if text not in told]
            told.update(fresh)
            yield from fresh
    yield from manifest["untold"]


def _changed_cells(was: list, now: list) -> Iterator[str]:
    if [digest for _, digest in was] == [digest for _, digest in now]:
        return
    old, new = dict(was), dict(now)
    names = [name for name in new if old.get(name) != new[name]]
    names += [name for name in old if name not in new]
    yield from (f"cell {name}" for name in names)
    if not names:
        yield "order of the cells"


def _same_module(file: Path, digests: list[str]) -> bool:
    try:
        text = file.read_text("utf-8") if file.suffix == ".py" else file.read_bytes().hex()
    except (OSError, UnicodeDecodeError):
        return False
    return _digest(text) == digests[0] or _digest_of_code(text) == digests[1]


def _named(name: str, arguments: Mapping, manifest: Mapping) -> Iterator[str]:
    """What has changed in the answer to a question: rows, where they can be named."""
    if name.startswith("upstream."):
        yield f"values of {arguments['chapter']}"
        return
    try:
        result = reads.again(name, arguments)
        tables = reads.rows_of(name, arguments, result)
    except (CompendiumError, KeyError, TypeError):
        tables = {}
    found = False
    for table, ids in tables.items():
        known, now = manifest["rows"].get(table, {}), rows_now(table)
        for id in dict.fromkeys([*known, *ids]):
            if known.get(id) != now.get(id):
                found = True
                word = "" if id in known and id in now else " (new)" if id in now else " (gone)"
                yield f"row {id} of data/raw/{table}.csv{word}"
    if not found:
        table = arguments.get("table") or arguments.get("name")
        yield f"data/raw/{table}.csv" if table else f"answer of {name}"


def _answer(name: str, arguments: Mapping, **more: object) -> str:
    try:
        return reads.digest(reads.again(name, arguments, **more))
    except (CompendiumError, KeyError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


@lru_cache(maxsize=4096)
def _remembered(name: str, arguments: str, stamps: tuple) -> str:
    return _answer(name, json.loads(arguments))


def _stamps() -> tuple:
    tables = [*sorted(paths.RAW.glob("*.csv")), paths.DATAPACKAGE]
    return tuple((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in tables)


# --- Entries -----------------------------------------------------------------------------------


def find(asked: Mapping, build: Path) -> Entry | None:
    """The kept run that would come out again; see `changes` for the parameters.

    Entries that are damaged or not ours are removed.
    """
    places = list((folder() / asked["chapter"]).glob(f"{_key(asked)}-*"))
    for place in sorted(places, key=_used, reverse=True):
        entry = read(place)
        if entry is None:
            shutil.rmtree(place, ignore_errors=True)
        elif next(changes(entry.manifest, asked, build), None) is None:
            os.utime(place)
            return entry
    return None


def read(place: Path) -> Entry | None:
    """Entry in a folder; None if it is not whole."""
    try:
        manifest = json.loads((place / MANIFEST).read_text("utf-8"))
        checksum = manifest.pop("checksum")
        notebook, values = ((place / name).read_text("utf-8") for name in (NOTEBOOK, VALUES))
        whole = _digest([manifest, notebook, values]) == checksum
        ours = manifest["format"] == FORMAT and manifest["chapter"] == place.parent.name
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Entry(manifest, notebook, values) if whole and ours else None


def store(manifest: Mapping, notebook: Path, values: Path) -> None:
    """Keep a run, unless its manifest says that it cannot be used again."""
    if manifest["untold"]:
        return
    texts = [notebook.read_text("utf-8"), values.read_text("utf-8") if values.exists() else ""]
    place = folder() / manifest["chapter"] / f"{_key(manifest)}-{_digest(manifest)[:16]}"
    content = {**manifest, "checksum": _digest([manifest, *texts])}
    texts.append(json.dumps(content, ensure_ascii=False, indent=1))
    # Another build may be quicker; a full disk loses the time that keeping would have saved.
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with commands.workshop(place.parent, files.NEW) as aside:
            made = aside / place.name
            made.mkdir()
            for name, text in zip((NOTEBOOK, VALUES, MANIFEST), texts, strict=True):
                (made / name).write_text(text, "utf-8")
            shutil.rmtree(place, ignore_errors=True)
            made.rename(place)
        prune()


def prune() -> None:
    """Remove what was not used for longest until the rest is within `LIMIT`."""
    places = sorted(folder().glob("*/*"), key=_used, reverse=True)
    total = 0
    for place in places:
        parts = place.glob("*") if place.is_dir() else [place]
        total += sum(file.stat().st_size for file in parts if file.exists())
        old = _used(place) < _used(places[0]) - files.ABANDONED
        abandoned = place.name.startswith(files.NEW) and old
        if total > LIMIT or abandoned:
            if place.is_dir():
                shutil.rmtree(place, ignore_errors=True)
            else:
                place.unlink(missing_ok=True)


def _used(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except OSError:
        return 0.0


def _key(asked: Mapping) -> str:
    """Name for all that is known of a run beforehand."""
    cells = [digest for _, digest in asked["cells"]]
    known = [
        asked[key] for key in ("format", "chapter", "parameters", "python", "lock", "packages")
    ]
    return _digest([*known, cells])[:16]


def explain(previous: Path, asked: Mapping, build: Path) -> list[str]:
    """Why a chapter is run again, compared with its run in the previous build."""
    try:
        manifest = json.loads(previous.read_text("utf-8"))
        found = list(dict.fromkeys(changes(manifest, asked, build)))
    except (OSError, ValueError, KeyError, TypeError):
        return ["no earlier run to compare with"]
    return [*found[:MOST], *([f"and {len(found) - MOST} more"] if len(found) > MOST else [])]


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _digest_if_there(file: Path) -> str:
    return reads.digest_file(file) if file.is_file() else "missing"
