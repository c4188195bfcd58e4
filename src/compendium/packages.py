"""Which packages are installed, and which the lock names: results rest on them as on the code.

Of the standard library alone, and told by the names of folders, so that asking costs next to
nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from compendium import paths

LOCK = "requirements.lock"
PINNED = re.compile(r"^([\w.-]+)==", re.M)


def installed() -> dict[str, str]:
    """Version of each package that Python finds; of two of a name the one it finds first."""
    found: dict[str, str] = {}
    for place in map(Path, sys.path):
        for folder in sorted(place.glob("*.dist-info")) if place.is_dir() else ():
            name, _, version = folder.stem.partition("-")
            found.setdefault(plain(name), version)
    return found


def state() -> dict[str, str]:
    """Installed version of each package that the lock names; others change no result."""
    here, lock = installed(), paths.ROOT / LOCK
    text = lock.read_text("utf-8", "replace") if lock.is_file() else ""
    return {name: here[name] for name in map(plain, PINNED.findall(text)) if name in here}


def lock(root: Path = paths.ROOT) -> str:
    """Text of the lock.

    Raises
    ------
    FaultsError
        It is missing, damaged, or pins nothing, of which all could be said.
    """
    from compendium import files
    from compendium.errors import Fault, FaultsError

    text = files.read_text(root / LOCK)
    if not PINNED.search(text):
        allowed = f"what `make lock` writes; `git checkout {LOCK}` brings it back"
        raise FaultsError([Fault(LOCK, "pins no package", 1, allowed=allowed)])
    return text


def differences(was: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs between two states, a line each."""
    return [
        f"package {name}: {now.get(name, 'none')} in place of {was.get(name, 'none')}"
        for name in sorted({**was, **now})
        if was.get(name) != now.get(name)
    ]


def plain(name: str) -> str:
    """Name of a package as the index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()
