"""Lines of progress for whoever waits."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import TextIO


def reporter(stream: TextIO = sys.stderr) -> Callable[[str], None]:
    """Progress for a reader: a terminal sees passing lines (ending in ``...``), a log does not."""
    passing = False

    def report(text: str) -> None:
        nonlocal passing
        if stream.isatty():
            clear = "\r\033[K" if passing else ""
            passing = text.endswith("...")
            width = shutil.get_terminal_size().columns - 1  # a wrapped line cannot be taken back
            stream.write(clear + (text[:width] if passing else f"{text}\n"))
        elif not text.endswith("..."):
            stream.write(f"{text}\n")
        stream.flush()

    return report
