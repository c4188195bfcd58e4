"""What numbers rest on, digest by digest: files and their parts, parameters, packages.

The parts of a file are what a reader can name: a row of a table by its id, a definition of a
module, a cell of a notebook.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from compendium import chapters, packages, paths, scenarios, stamps
from compendium.packages import LOCK

PINNED = re.compile(r"^(?=\w)([^\\\n]*==[^\\\n]*)", re.M)
# What another state of makes a result another result; of all else, what it moves is judged.
BINDING = ("row", "table", "parameter", "package")


@dataclass(frozen=True)
class Change:
    """Something that numbers rest on and that is not as it was.

    Parameters
    ----------
    kind : {"row", "table", "parameter", "package", "code", "page", "file"}
    file : str
        Path from the top of the checkout.
    part : str
        Row, definition, cell, parameter (``scenario: chapter.name``) or package; empty for the
        file as a whole.
    what : {"changed", "added", "removed"}
    was, now : str
        The two states where they can be told in a word.
    """

    kind: str
    file: str
    part: str
    what: str
    was: str = ""
    now: str = ""

    def __str__(self) -> str:
        place = f"{self.file}: {self.kind} {self.part}" if self.part else self.file
        states = f": {self.was or 'nothing'} -> {self.now or 'nothing'}"
        return f"{place} {self.what}" + (states if self.was or self.now else "")


def take(names: tuple[str, ...]) -> dict:
    """State of all that the books of these scenarios are made of.

    Returns
    -------
    dict
        `files`: digest of each; `parts`: digest of each part by file; `parameters` by scenario
        and chapter; `packages`: locked version of each.
    """
    found = sorted({path for name in names for path in stamps.made_of(paths.ROOT, name)})
    files, parts = {}, {}
    for path in found:
        content = (paths.ROOT / path).read_bytes()
        files[path] = _digest(content)
        if own := dict(_numbered(parts_of(path, content))):
            parts[path] = own
    return {
        "files": files,
        "parts": parts,
        "parameters": {name: parameters_of(name) for name in names},
        "packages": locked(packages.lock(paths.ROOT)),
    }


def parameters_of(name: str) -> dict[str, dict]:
    """Parameters of every chapter of a scenario."""
    return {chapter: chapters.plain(own) for chapter, own in scenarios.read(name).chapters.items()}


def parts_of(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Name and digest of each part of a file; none where it has no parts to name."""
    cut: Callable | None = {".csv": _rows, ".py": _definitions, ".ipynb": _cells}.get(
        Path(path).suffix
    )
    if cut is not None:
        try:
            yield from ((name, _digest(text.encode())) for name, text in cut(content.decode()))
        except (ValueError, SyntaxError, KeyError):  # a damaged file is told as a whole
            return


def _rows(text: str) -> Iterator[tuple[str, str]]:
    rows = csv.reader(text.splitlines(keepends=True))
    yield from ((row[0], "\0".join(row)) for row in rows if row)


def _definitions(text: str) -> Iterator[tuple[str, str]]:
    lines = text.splitlines()
    for node in ast.parse(text).body:
        targets = getattr(node, "targets", None) or [getattr(node, "target", node)]
        name = getattr(targets[0], "name", None) or getattr(targets[0], "id", "other lines")
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        yield name, "\n".join(lines[first - 1 : node.end_lineno])


def _cells(text: str) -> Iterator[tuple[str, str]]:
    for cell in json.loads(text)["cells"]:
        yield cell["id"], json.dumps([cell["source"], cell["metadata"]], sort_keys=True)


def _numbered(parts: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Parts with a number behind a name that came before."""
    times: dict[str, int] = {}
    for name, digest in parts:
        times[name] = times.get(name, 0) + 1
        yield (name if times[name] == 1 else f"{name} ({times[name]})"), digest


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


# ----------------------------------------------------------------------------- packages


def locked(text: str) -> dict[str, str]:
    """Version of each package that a lock names for this machine."""
    found = [Requirement(line.strip()) for line in PINNED.findall(text)]
    return {
        r.name: str(r.specifier).removeprefix("==")
        for r in found
        if r.marker is None or r.marker.evaluate()
    }


def here() -> list[Change]:
    """Packages of this environment that are not installed as the lock has them."""
    named = locked(packages.lock(paths.ROOT)) if (paths.ROOT / LOCK).is_file() else {}
    return departures(named, packages.installed())


def departures(lock: Mapping[str, str], here: Mapping[str, str]) -> list[Change]:
    """Packages that are not installed as the lock has them."""
    return [
        Change("package", "installed", name, "changed", f"{version} (locked)",
               here.get(packages.plain(name), "not installed"))
        for name, version in lock.items()
        if here.get(packages.plain(name)) != version
    ]  # fmt: skip


# -------------------------------------------------------------------------- differences


def changes(then: Mapping, now: Mapping) -> list[Change]:
    """What differs between two states, by name."""
    found = []
    for file, what in _differ(then["files"], now["files"]):
        before, after = (state["parts"].get(file, {}) for state in (then, now))
        own = [Change(_kind(file), file, part, how) for part, how in _differ(before, after)]
        named = own if before and after else []
        if file != LOCK and not file.startswith("scenarios/"):
            whole = "table" if _kind(file) == "row" else _kind(file)
            found += named or [Change(whole, file, "", what)]
    for name, chapter, parameter, was, value in _moved_parameters(then, now):
        place = f"{name}: {chapter}.{parameter}"
        found.append(Change("parameter", f"scenarios/{name}.yml", place, "changed", was, value))
    for name, what in _differ(then["packages"], now["packages"]):
        was, version = (state["packages"].get(name, "") for state in (then, now))
        found.append(Change("package", LOCK, name, what, was, version))
    told = {change.file for change in found}
    for file, what in _differ(then["files"], now["files"]):
        # Title, reason or a comment: nothing that a number rests on.
        if file not in told and (file == LOCK or file.startswith("scenarios/")):
            found.append(Change("file", file, "", what))
    return found


def _differ(then: Mapping, now: Mapping) -> Iterator[tuple[str, str]]:
    for name in {**then, **now}:
        if then.get(name) != now.get(name):
            yield name, "added" if name not in then else "removed" if name not in now else "changed"


def _moved_parameters(then: Mapping, now: Mapping) -> Iterator[tuple[str, str, str, str, str]]:
    for name, chosen in now["parameters"].items():
        for chapter, own in chosen.items():
            before = then["parameters"].get(name, {}).get(chapter, {})
            for parameter in {**before, **own}:
                was, value = (json.dumps(side.get(parameter)) for side in (before, own))
                if was != value:
                    yield name, chapter, parameter, was, value


def _kind(file: str) -> str:
    if file.startswith("data/"):
        return "row" if file.endswith(".csv") else "table"
    if file.endswith(".py"):
        return "code"
    return "page" if file.endswith((".ipynb", ".md")) else "file"
