"""Remove what was built, unless a command is at work there.

Runs on the Python of the machine, with the standard library alone: it must not need an
environment, nor room on a full disk.
"""

import argparse
import contextlib
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from compendium import errors, locks, paths  # noqa: E402 - found by the line above


def main() -> int:
    """Remove the folder of builds."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    try:
        with contextlib.ExitStack() as held:
            for file in sorted(paths.BUILD.rglob(".*lock")):
                lock = held.enter_context(file.open("a+", encoding="utf-8"))
                if not locks.take(lock):
                    print(
                        f"{paths.relative(file.parent)}: {locks.holder(lock)} is at work there; "
                        "nothing was removed, wait until it has ended or end it, then run "
                        "`make clean` again",
                        file=sys.stderr,
                    )
                    return 1
            remove(paths.BUILD)
    except OSError as error:
        told = errors.of_system(error)
        if told is None:
            raise
        print(told, file=sys.stderr)
        return 1
    return 0


def remove(place: Path) -> None:
    """Remove a folder with all that is in it; of a link, the link alone."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    elif os.path.lexists(place):
        place.unlink()


if __name__ == "__main__":
    sys.exit(main())
