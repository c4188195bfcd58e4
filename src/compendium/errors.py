"""What is wrong, where, what is allowed, what to do: errors as data."""

from __future__ import annotations

import difflib
import errno
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


class CompendiumError(Exception):
    """Something the user can mend; scripts print its text and exit with `exit_code`."""

    exit_code = 1


class UsageError(CompendiumError):
    """The command itself was called in a way it does not know."""

    exit_code = 2


@dataclass(frozen=True)
class Fault:
    """One fault in a file, in one line of plain words.

    Parameters
    ----------
    file : str
        Path from the top of the checkout.
    problem : str
        What is wrong.
    line : int, optional
        Line of the file, counted from 1 (the heading of a table is line 1).
    column : str, optional
        Column of the table, key of the scenario, or parameter.
    value : str, optional
        The offending value as it stands in the file.
    allowed : str, optional
        What would be accepted, or what to do.
    """

    file: str
    problem: str
    line: int | None = None
    column: str | None = None
    value: str | None = None
    allowed: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = [place] if self.column is None else [place, shorten(self.column, 120)]
        text = ": ".join(parts) + f": {self.problem}"
        if self.value is not None:
            text += f", found {shorten(self.value)!r}"
        if self.allowed is not None:
            text += f"; allowed: {self.allowed}"
        return text


LONGEST = 200  # characters of a name for which a like one is looked for
SHOWN = 200  # faults that a message lists; a table of another kind has one in every cell


class FaultsError(CompendiumError):
    """Every fault found, reported at once.

    Attributes
    ----------
    faults : tuple of Fault
    """

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(faults)
        lines = "\n".join(str(fault) for fault in self.faults[:SHOWN])
        count = len(self.faults)
        if count > SHOWN:
            lines += f"\n... and {count - SHOWN:,} more"
        super().__init__(
            f"{lines}\n{count} fault{'s' if count != 1 else ''} found; nothing was built."
        )


def shorten(value: object, width: int = 60) -> str:
    """Text of `value`, cut to `width` characters and printable, so that a message stays one line."""
    text = str(value)[: 10 * width]
    if not text.isprintable():
        text = " ".join(text.split())  # line breaks and tabs
        text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return text if len(text) <= width else text[: width - 3] + "..."


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint ``; did you mean 'x'?`` or an empty text."""
    match = difflib.get_close_matches(name[:LONGEST], list(known), n=1)
    return f"; did you mean {match[0]!r}?" if match else ""


# --- Told by the system ------------------------------------------------------------------------

ELSEWHERE = "or work in a copy of the checkout that may be written"
# What is wrong and what to do, by the system's number of the error.
SYSTEM = {
    errno.ENOSPC: ("the disk is full", "free some space (`make clean` removes all that was built, "
                   "TMPDIR names the folder of passing files), then run the same command again"),
    errno.EDQUOT: ("the disk is full: your quota is used up", "remove files of yours (`make clean` "
                   "removes all that was built), then run the same command again"),
    errno.EFBIG: ("a file grows larger than this process may write",
                  "raise the limit (`ulimit -f unlimited`), then run the same command again"),
    errno.EROFS: ("the file system is read-only", f"make it writable, {ELSEWHERE}"),
    errno.EACCES: ("no permission", f"give yourself the right to write there, {ELSEWHERE}"),
    errno.EPERM: ("not permitted", f"give yourself the right to write there, {ELSEWHERE}"),
    errno.ENOTDIR: ("a file stands where a folder is needed", "move it away or remove it"),
    errno.EISDIR: ("a folder stands where a file is needed", "move it away or remove it"),
    errno.EEXIST: ("something stands where a folder is needed", "move it away or remove it"),
    errno.EIO: ("the disk cannot be read or written", "look at the disk; keep a copy elsewhere"),
}  # fmt: skip


def of_system(error: OSError) -> str | None:
    """An error of the system in plain words; None for one that is no matter of the user."""
    from compendium import paths  # this module is in kernels beforehand, and no other may be

    number = error.errno
    if number is None:  # of a whole folder copied: one error a file, in words
        number = next((n for n in _numbers(str(error)) if n in SYSTEM), None)
    places = [name for name in (error.filename, error.filename2) if isinstance(name, (str, Path))]
    place = f"{paths.relative(places[0])}: " if places else ""
    if number == errno.ENOENT and places and _is_ours(Path(places[0]).absolute()):
        return f"{place}is missing; `git checkout {place[:-2]}` brings it back"
    if number not in SYSTEM:
        return None
    problem, advice = SYSTEM[number]
    return f"{place}{problem} ({os.strerror(number)}); {advice}"


def _is_ours(file: Path) -> bool:
    """Whether a file is of the checkout, which a program of it need not be at fault to miss."""
    from compendium import paths

    return file.is_relative_to(paths.ROOT) and not file.is_relative_to(paths.BUILD)


def remedy(text: str) -> str:
    """A line that says what to do about an error of the system that a text tells; else empty."""
    known = [SYSTEM[number] for number in _numbers(text) if number in SYSTEM]
    return f"\n{known[0][0]}: {known[0][1]}" if known else ""


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\[Errno (\d+)\]", text)]
