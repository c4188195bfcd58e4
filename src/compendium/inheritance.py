"""What a process that makes something for readers inherits from us: nothing of the user's own.

Time zone, language, size of a terminal, and the settings that someone keeps for Python, IPython,
Matplotlib or Docutils would show in outputs, figures and pages. They are left out by name, so
that what else a machine needs (proxies, paths, libraries) stays as it is.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path

# Beginnings of names of variables.
LEFT_OUT = (
    "PYTHON", "IPYTHON", "LC_", "LANG", "TZ", "COLUMNS", "LINES", "MATPLOTLIBRC", "MPLBACKEND",
    "DOCUTILSCONFIG", "SOURCE_DATE_EPOCH",
)  # fmt: skip
# Where Python finds things and leaves things changes nothing of what it does.
KEPT = ("PYTHONPATH", "PYTHONHOME", "PYTHONNOUSERSITE", "PYTHONDONTWRITEBYTECODE",
        "PYTHONPYCACHEPREFIX")  # fmt: skip
# The seed: the order of a set is the same in each run. Docutils reads the files that are named
# here; where none is named it would read the user's own.
ALWAYS = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC",
          "DOCUTILSCONFIG": ""}  # fmt: skip

# Two threads that begin at once would make two folders, and the first would go with its owner
# while a process reads its settings there: it would then read the user's.
_making = threading.Lock()


def variables(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables of the environment for a process, from those of this one."""
    own = {name: text for name, text in given.items() if not _is_left_out(name)}
    with _making:
        folder = Path(_folder().name)
    folder.mkdir(exist_ok=True)  # what tidies up may have been here since
    (folder / "matplotlibrc").touch()
    own |= ALWAYS | {"IPYTHONDIR": str(folder), "MATPLOTLIBRC": str(folder / "matplotlibrc")}
    # Where nothing can be kept at home, libraries complain into the outputs.
    if not os.access(os.path.expanduser("~"), os.W_OK):
        own["HOME"] = str(folder)
    return own


def _is_left_out(name: str) -> bool:
    return name.startswith(LEFT_OUT) and name not in KEPT


@cache
def _folder() -> tempfile.TemporaryDirectory:
    """Folder with settings that set nothing; removed when this process ends."""
    # Not named as the folders that `commands` removes where no process holds them.
    return tempfile.TemporaryDirectory(prefix="inheritance-")
