"""One process at a time for what is made in a place; a dead one holds nobody up.

The lock is one of the system's own on an open file, which goes when its process does, however
that ends. The file beside the place says which process it is, and stays.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from compendium import paths

# Some network file systems know no locks: there two processes must be kept apart by hand.
UNKNOWN = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF)


def _warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def alone(
    place: Path, report: Callable[[str], None] = _warn, *, file: Path | None = None
) -> Iterator[bool]:
    """Have a place to oneself; yields whether another process had to be waited for.

    Parameters
    ----------
    place : Path
        File or folder that is made anew.
    report : callable
        Takes a line that says which process is waited for.
    file : Path, optional
        The lock; by default a hidden file beside the place.
    """
    file = file or Path(place).with_name(f".{Path(place).name}.lock")
    waited = False
    while True:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a+", encoding="utf-8") as lock:
            if not take(lock):
                waited = True
                report(
                    f"{paths.relative(place)}: {holder(lock)} is at work there; "
                    "waiting until it has ended (Ctrl-C gives up)"
                )
                fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_at(lock, file):  # removed meanwhile, and another process may have a new one
                continue
            _say(lock, f"{os.getpid()}\n")
            try:
                yield waited
            finally:
                _say(lock, "")
            return


def take(lock: int | object) -> bool:
    """Lock an open file without waiting; False where another process has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in UNKNOWN:
            raise
    return True


def holder(lock) -> str:
    """Who has a lock, in words."""
    lock.seek(0)
    return f"process {number}" if (number := lock.read().strip()) else "another process"


def _is_at(lock, file: Path) -> bool:
    """Whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(lock.fileno()), file.stat())
    except FileNotFoundError:
        return False


def _say(lock, text: str) -> None:
    """Leave a text as the whole content of a file; a full disk keeps it from saying more."""
    with contextlib.suppress(OSError):
        lock.seek(0)
        lock.truncate()
        lock.write(text)
        lock.flush()
