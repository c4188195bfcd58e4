"""What a notebook read while it ran: rows of evidence, values of other chapters, files, modules.

Loaded into each kernel as an IPython extension. Functions that hand out evidence are marked
`recorded`: each call is written down with a digest of what it returned, so that a later build
can ask again and compare. What is read in any other way is caught by an audit hook: a file of
the checkout counts with its whole content, and what cannot be followed at all (another program,
a listed folder) makes the run one that is never reused.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import hashlib
import inspect
import json
import os
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

REHEARSAL = "compendium.rehearsal"  # loaded where models were run before a kernel began
FILE = "COMPENDIUM_READS"  # environment variable: the file to write to

PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")
FOLDERS = ("os.listdir", "os.scandir")
CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.symlink", "os.link")
COMPILED = "__pycache__"  # where Python keeps modules; all else of the checkout stays as it is

_functions: dict[str, Callable] = {}
_quiet = threading.local()
_recording = None


def recorded(function: Callable) -> Callable:
    """Have the calls of a function that hands out evidence written down.

    What it reads itself is told by what it returns and is not written down again.
    """
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        if _recording is None or is_quiet():
            return function(*args, **kwargs)
        with quiet():
            result = function(*args, **kwargs)
            asked = dict(signature.bind(*args, **kwargs).arguments)
            asked |= asked.pop("filters", {})  # `**filters` holds arguments by their own names
            _recording.call(name, asked, result)
        return result

    _functions[name] = function
    return call


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Write nothing down: what is read here is the project's own book-keeping."""
    _quiet.depth = getattr(_quiet, "depth", 0) + 1
    try:
        yield
    finally:
        _quiet.depth -= 1


def is_quiet() -> bool:
    """Whether what is read now is not written down."""
    return getattr(_quiet, "depth", 0) > 0


class Recording:
    """Writes down what is read, a line of JSON each.

    Parameters
    ----------
    file : Path
        File to write to; begun anew.
    root : Path
        The checkout; files elsewhere are not looked at.
    output : Path
        Folder of the running build.
    """

    def __init__(self, file: Path, root: Path, output: Path):
        self.root, self.output = os.path.realpath(root), os.path.realpath(output)
        self.apart = [os.path.join(self.root, name) for name in (".venv", ".git")]
        self.seen: set[object] = set()
        self.known: set[str] = set()  # names of modules looked at
        self.lines = file.open("w", encoding="utf-8")

    def write(self, kind: str, *what: object) -> None:
        """Write a line, once."""
        line = json.dumps([kind, *what], ensure_ascii=False)
        if line not in self.seen:
            self.seen.add(line)
            self.lines.write(line + "\n")
            self.lines.flush()

    def call(self, name: str, arguments: Mapping[str, object], result: object) -> None:
        """Write down a call of a `recorded` function."""
        try:
            asked = plain(arguments)
        except TypeError:
            self.write("untold", f"{name} was called with {sorted(arguments)} that cannot be told")
            return
        key = (name, json.dumps(asked, sort_keys=True))
        if key not in self.seen:
            self.seen.add(key)
            self.write("call", name, asked, digest(result))
            for table, ids in rows_of(name, asked, result).items():
                fresh = [id for id in ids if (table, id) not in self.seen]
                self.seen.update((table, id) for id in fresh)
                if fresh:
                    self.write("rows", table, fresh)

    def audit(self, event: str, arguments: tuple) -> None:
        """Note what was read without one of the `recorded` functions."""
        if getattr(_quiet, "depth", 0) or event not in WATCHED:
            return
        with quiet():
            if event in CHANGES:
                self.refuse(arguments[:2])
            elif event == "open" and _changes(arguments):
                self.refuse(arguments[:1])
            if event in PROGRAMS:
                self.write("untold", f"starts another program ({event})")
            elif isinstance(arguments[0], (str, bytes, os.PathLike)):
                place = os.path.realpath(os.fsdecode(arguments[0]))
                if event == "open" and not _writes(arguments):
                    self.opened(place)
                elif event in FOLDERS and _below(place, os.path.join(self.root, "data")):
                    self.write("untold", f"lists a folder: {self.relative(place)}")

    def refuse(self, named: tuple) -> None:
        """Raise where a file of the checkout would be changed; the cell then fails."""
        for name in named:
            if not isinstance(name, (str, bytes, os.PathLike)):
                continue
            folder, last = os.path.split(os.path.abspath(os.fsdecode(name)))
            # A link itself would be removed, what it leads to would be written.
            for place in (os.path.join(os.path.realpath(folder), last), os.path.realpath(name)):
                place = os.fsdecode(place)
                own = _below(place, self.root) and not _below(place, self.output)
                if own and COMPILED not in place.split(os.sep):
                    raise PermissionError(
                        f"a chapter may not change {self.relative(place)}; "
                        "allowed: files in the folder that COMPENDIUM_OUTPUT names"
                    )

    def opened(self, place: str) -> None:
        """Note that a file was opened for reading."""
        if _below(place, self.output):
            told = os.path.relpath(place, self.output)
            self.write("untold", f"reads {told} of the build past compendium.upstream")
        elif (
            _below(place, self.root)
            and not any(_below(place, folder) for folder in self.apart)
            and not place.endswith((".py", ".pyc"))
            and os.path.isfile(place)
        ):
            self.write("file", self.relative(place), digest_file(place))

    def relative(self, place: str) -> str:
        """Path from the top of the checkout, or as it is for what lies elsewhere."""
        path = Path(place)
        return (path.relative_to(self.root) if path.is_relative_to(self.root) else path).as_posix()

    def modules(self, *_: object) -> None:
        """Write down the modules of the project, and of the checkout, that are loaded by now."""
        with quiet():
            for name in [*sys.modules.keys() - self.known]:  # a look at each takes its time
                self.known.add(name)
                place = getattr(sys.modules.get(name), "__file__", None)
                if not isinstance(place, str) or name in UNRELATED:
                    continue
                place = os.path.realpath(place)
                apart = any(_below(place, folder) for folder in self.apart)
                own = name.partition(".")[0] == "compendium"  # wherever it is installed
                if own or (_below(place, self.root) and not apart):
                    self.write("module", self.relative(place))


WATCHED = frozenset(("open", *PROGRAMS, *FOLDERS, *CHANGES))
# There in a forked kernel only; give no number.
UNRELATED = ("compendium.kernels", "compendium.inheritance")


def load_ipython_extension(shell) -> None:
    """Start to record in a kernel; see `FILE`."""
    global _recording
    if _recording is not None or not os.environ.get(FILE):
        return
    with quiet():
        output, root = os.environ["COMPENDIUM_OUTPUT"], os.environ["COMPENDIUM_ROOT"]
        _recording = Recording(Path(os.environ[FILE]), Path(root), Path(output))
    if REHEARSAL in sys.modules:
        _recording.write("untold", "rests on what was worked out before it began")
    sys.addaudithook(_recording.audit)
    shell.events.register("post_run_cell", _recording.modules)


def _below(place: str, folder: str) -> bool:
    return place == folder or place.startswith(folder + os.sep)


def _changes(arguments: tuple) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR))


def _writes(arguments: tuple) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return not ("r" in mode or "+" in mode)
    return bool(isinstance(flags, int) and flags & os.O_WRONLY)


# --- Digests -----------------------------------------------------------------------------------


def again(name: str, asked: Mapping[str, object], **more: object) -> object:
    """Ask once more what was asked; KeyError if no `recorded` function has that name."""
    asked = dict(asked)
    return _functions[name](**asked, **more)


def plain(content: object) -> object:
    """Arguments as JSON can hold them; TypeError where it cannot."""
    if isinstance(content, Mapping):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, dt.date):
        return f"{content:%Y-%m-%d}"
    if content is None or isinstance(content, (str, bool, int, float)):
        return content
    if isinstance(content, (set, frozenset)):
        return sorted(plain(value) for value in content)
    if isinstance(content, Collection) or hasattr(content, "tolist"):
        return [plain(value) for value in content]
    raise TypeError(f"{type(content).__name__} cannot be told")


def digest(content: object) -> str:
    """Digest of what a `recorded` function returns: a frame, values by id, or a plain thing."""
    import pandas as pd  # not where nothing was read

    if isinstance(content, pd.DataFrame):
        rows = pd.util.hash_pandas_object(content, categorize=False).to_numpy()
        text = "\n".join([*content.columns, *map(str, content.dtypes)])
        return _digest(text.encode(), rows.tobytes())
    if isinstance(content, Mapping):
        content = [[str(key), repr(value)] for key, value in content.items()]
    return _digest(repr(content).encode())


def _digest(*parts: bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()[:32]


def digest_file(file: str | Path) -> str:
    """Digest of a file as it is."""
    with quiet():
        return _digest(Path(file).read_bytes())


def rows_of(name: str, asked: Mapping[str, object], result: object) -> dict[str, list[str]]:
    """Names of the rows in a result by table, to tell later which of them has changed."""
    table = asked.get("table") or asked.get("name") or name.rpartition(".")[2]
    columns = getattr(result, "columns", ())
    own = [column for column in columns if str(column).endswith("_id")]
    found = {str(table): list(result[own[0]])} if own else {}
    if "source_id" in columns and table != "sources":
        named = dict.fromkeys(result["source_id"])
        found["sources"] = [id for id in named if id]  # arithmetic on rows has no source
    return found
