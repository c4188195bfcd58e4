"""Files that people write, of which what is not sound is refused, and files that we keep for later.

What is no plain file, or no sound text or YAML, is refused with its place. What we kept is taken
for nothing if it is not whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
import time
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from compendium import paths
from compendium.errors import Fault, FaultsError, shorten

MOST = 2**28  # bytes of a file; the largest table is a thousandth of it
MOST_YAML = 2**20
# What git leaves where two versions of a file meet; a page would be published with both.
MERGING = re.compile(r"^(<{7}|>{7}) .*$", re.MULTILINE)
MERGED = (
    "holds a merge that was not finished",
    "one of the two versions, without the lines of <, = and >",
)
# Marks that show a text in another order than it is read in, by us or by Python.
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
DEEPEST = 40  # levels of a YAML file
KEY_TAGS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")


def read_bytes(file: Path, most: int = MOST) -> bytes:
    """Content of a file; `FaultsError` where it is missing, no plain file, unreadable or vast."""
    try:
        # Looked at before it is opened: a pipe would be waited for, a device has no end.
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            kind = "folder" if stat.S_ISDIR(found.st_mode) else "pipe or a device"
            _refuse(file, f"cannot be read: it is a {kind}", "a file")
        if found.st_size > most:
            _refuse(file, f"is larger than {most:,} bytes", "a smaller file", f"{found.st_size:,}")
        return file.read_bytes()
    except FileNotFoundError:
        if file.is_symlink():
            _refuse(file, "is a link to a file that is not there", "a file", f"{file.readlink()}")
        _refuse(file, "is missing", "a file of that name")
    except OSError as error:
        _refuse(file, f"cannot be read: {error.strerror}", "a file that may be read")


def read_text(file: Path, most: int = MOST) -> str:
    """The same as text, which must be UTF-8."""
    data = read_bytes(file, most)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"not readable as UTF-8 at byte {error.start} (counted from 0)"
        _refuse(file, problem, "save the file as UTF-8", line=line)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        _refuse(file, "holds a NUL byte, which no text has", "UTF-8 text", line=line)
    if marks := MERGING.search(text):
        line = text.count("\n", 0, marks.start()) + 1
        _refuse(file, *MERGED, marks[0].strip(), line)
    if mark := TURNING.search(text):
        line = text.count("\n", 0, mark.start()) + 1
        problem = f"holds U+{ord(mark[0]):04X} ({unicodedata.name(mark[0])}), which no reader sees"
        _refuse(file, problem, "characters that can be seen", line=line)
    return text


def _refuse(
    file: Path, problem: str, allowed: str, value: str | None = None, line: int | None = None
) -> None:
    fault = Fault(paths.relative(file), problem, line, value=value, allowed=allowed)
    raise FaultsError([fault]) from None


def require_folders(*folders: Path) -> None:
    """Raise where something else stands in the place of a folder that is to be made."""
    for folder in folders:
        for place in (folder, *folder.parents):
            if os.path.lexists(place) and not place.is_dir():
                _refuse(place, "is no folder", "a folder, or nothing: take it away and run again")


# --- Written whole ----------------------------------------------------------------------------


NEW = ".new-"  # how a file begins that is not whole yet
ABANDONED = 3600  # seconds after which nobody is still writing it


def put(file: Path, content: str | bytes, *, lasting: bool = True) -> None:
    """Write a file aside and rename it: what bears its name is whole.

    Parameters
    ----------
    file : Path
    content : str or bytes
    lasting : bool
        Also after a power cut; not needed where the content is checked when it is read.
    """
    aside = file.with_name(f"{NEW}{file.name}-{os.getpid()}")
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    try:
        with aside.open("wb") as out:
            out.write(data)
            if lasting:
                out.flush()
                os.fsync(out.fileno())
        aside.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise


def clear(place: Path) -> None:
    """Remove a folder with all that is in it, if there is one; OSError where that cannot be."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(place)


def clear_abandoned(folder: Path) -> None:
    """Remove files that a process which was killed had begun to `put` into a folder."""
    for file in folder.glob(f"{NEW}*"):
        with contextlib.suppress(OSError):
            if file.stat().st_mtime < time.time() - ABANDONED:
                file.unlink()


def clear_older(file: Path) -> None:
    """Remove what `file` comes in place of: files whose names differ in the digest at the end alone."""
    name = _without_digest(file)
    for other in file.parent.glob(f"{name}-*{file.suffix}"):
        if other != file and _without_digest(other) == name:
            other.unlink(missing_ok=True)


def _without_digest(file: Path) -> str:
    return file.stem.rpartition("-")[0]


def keep(file: Path, text: str) -> None:
    """Write a text with its digest, for `kept`."""
    put(file, f"{_digest(text)}\n{text}", lasting=False)


def kept(file: Path) -> str | None:
    """A text that `keep` wrote, or None where there is none, or one that was damaged."""
    try:
        digest, _, text = file.read_text("utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return text if _digest(text) == digest else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- YAML --------------------------------------------------------------------------------------


class Loader(yaml.SafeLoader):
    """Leaves days as text: YAML's own reading breaks off at one that does not exist.

    It takes no aliases: a few of them, each of several others, stand for more than any memory
    holds, and one of itself has no end.
    """

    depth = 0

    def compose_node(self, parent, index):
        """Compose a node, unless it is an alias or too deep."""
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            problem = "an alias (*) stands for something else; write it out"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        if self.depth == DEEPEST:
            problem = f"more than {DEEPEST} levels"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_yaml_int(self, node):
        """Whole number in digits alone: to YAML 010 is 8 and 1:30 is 90, which nobody means."""
        if not re.fullmatch(r"[-+]?(0|[1-9][0-9]{0,18})", node.value):
            problem = f"the number {shorten(node.value)} is not written in digits alone"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return int(node.value)

    def construct_yaml_float(self, node):
        """Number with a point, and neither colons nor underscores."""
        if set(node.value) & {":", "_"}:
            problem = f"the number {shorten(node.value)} is not written in digits alone"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_yaml_float(node)


Loader.add_constructor("tag:yaml.org,2002:timestamp", Loader.construct_yaml_str)
Loader.add_constructor("tag:yaml.org,2002:int", Loader.construct_yaml_int)
Loader.add_constructor("tag:yaml.org,2002:float", Loader.construct_yaml_float)
# The tables of parameters and papermill write None; YAML's own word is null.
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"None"), ["N"])


def read_yaml(
    file: Path, keys: Iterable[str] = (), loader: type = Loader
) -> tuple[dict[str, Any], dict[tuple, int]]:
    """Content of a YAML file and the line of each key, refusing what hides an error.

    Parameters
    ----------
    file : Path
    keys : iterable of str
        Keys that it may have, for the message where it has none at all.
    loader : type
        Class that reads; by default days stay text.

    Raises
    ------
    FaultsError
        No file, no UTF-8, no YAML, an alias, a tag of code, a key given twice, or no keys at all.
    """
    label = paths.relative(file)
    text = read_text(file, MOST_YAML)
    try:
        root = yaml.compose(text, loader)
        content = loader(text).get_single_data()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = " ".join(f"not valid YAML: {getattr(error, 'problem', error)}".split())
        remedy = "key: value, two spaces for each level, quotes around text with : # [ or {"
        line = mark.line + 1 if mark else None
        raise FaultsError([Fault(label, problem, line, allowed=remedy)]) from None
    if not isinstance(content, dict):
        allowed = ", ".join(keys) or "key: value"
        raise FaultsError([Fault(label, "not a list of keys", 1, allowed=allowed)])
    lines: dict[tuple, int] = {}
    faults = list(_walk(root, (), lines, label))
    if faults:
        raise FaultsError(faults)
    return content, lines


def _walk(node, path: tuple, lines: dict, label: str) -> Iterator[Fault]:
    if isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _walk(value, (*path, number), lines, label)
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.tag not in KEY_TAGS:
            remedy = "a name, such as those of the parameters"
            shown = key.value if isinstance(key, yaml.ScalarNode) else "a list"
            yield Fault(label, "key is not text", line, shown, allowed=remedy)
            continue
        place = (*path, key.value)
        if place in lines:
            remedy = f"once; it stands already in line {lines[place]}"
            yield Fault(label, "key given twice", line, key.value, None, remedy)
        lines[place] = line
        yield from _walk(value, place, lines, label)
