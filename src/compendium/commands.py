"""How every command ends: with a message and a number, and without leaving anything behind.

A command that is killed outright cannot tidy up. What it started ends with it (`TIED`, `tied`),
and what it left in its folder for passing files the next command removes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from compendium import paths
from compendium.errors import CompendiumError, of_system, remedy

SCRATCH = "compendium-"  # how folders for passing files begin
# Longer, and the address of the server of kernels or that of Chromium, files in that folder,
# would be cut off.
LONGEST = 43
# Git sets these for its hooks; they would have it answer for another checkout than ours.
OF_ANOTHER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
              "GIT_PREFIX", "GIT_NAMESPACE")  # fmt: skip
TIE = "COMPENDIUM_TIED"  # environment variable: end when the standard input does
# First line of a Python process that shall end with the one that started it.
TIED = (
    "import os, threading; threading.Thread("
    "target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()"
)


def run(main: Callable[[], int], kept: str = "run the same command again") -> int:
    """Run a command and return the number to exit with.

    Parameters
    ----------
    main : callable
        Returns that number where nothing goes wrong.
    kept : str
        What is as it was when the command is broken off, or what to do.
    """
    if sys.getfilesystemencoding() != "utf-8" and os.environ.get("PYTHONUTF8") != "1":
        # Else a path with other letters means one thing here and another in what we start.
        told = {**os.environ, "PYTHONUTF8": "1"}  # once, also where an option says otherwise
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], told)  # noqa: S606 - itself
    signal.signal(signal.SIGTERM, _end)
    # What is drawn or dated in this process is as in those it starts; see `inheritance`.
    os.environ |= {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
    time.tzset()
    for name in OF_ANOTHER:
        os.environ.pop(name, None)
    if os.environ.pop(TIE, None):
        threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        with scratch():
            code = main()
        sys.stdout.flush()
        return code
    except CompendiumError as error:
        lead = "\n" if sys.stderr.isatty() else ""  # leave the line of the progress
        print(f"{lead}{error}{remedy(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"\nstopped; {kept}", file=sys.stderr)
        return 130
    except OSError as error:
        if isinstance(error, BrokenPipeError) and _unread():
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 141
        told = of_system(error)
        if told is None:
            raise
        print(f"{told}{_room() if 'full' in told else ''}\n{kept}", file=sys.stderr)
        return 1


def _unread() -> bool:
    """Whether nobody reads what we say any more, as after `make book | head`."""
    watched = select.poll()
    for stream in (1, 2):
        watched.register(stream, 0)
    return any(event & select.POLLERR for _, event in watched.poll(0))


def _end(*_: object) -> None:
    """Leave by way of an exception, so that no process of a notebook stays behind."""
    raise SystemExit(143)


def _end_with_input() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def tied(command: list[str], **options: object) -> Iterator[subprocess.Popen]:
    """Start a process whose standard input ends when this one does, even by being killed."""
    its, ours = os.pipe()
    try:
        process = subprocess.Popen(command, stdin=its, **options)
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(its)
    try:
        yield process
    finally:
        os.close(ours)


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Have all passing files, of this process and those it starts, in one folder that goes.

    Libraries leave such files when they are killed: profiles of browsers, sockets, addresses
    of kernels, half-made copies. Folders of commands that are dead are removed.
    """
    place = tempfile.gettempdir()
    if Path(place).name.startswith(SCRATCH) or len(place) > LONGEST:  # another command has one
        yield
        return
    with contextlib.ExitStack() as held:
        folder = held.enter_context(workshop(Path(place), SCRATCH))
        runtime = folder / "jupyter"
        runtime.mkdir(mode=0o700)
        os.environ["TMPDIR"], os.environ["JUPYTER_RUNTIME_DIR"] = str(folder), str(runtime)
        tempfile.tempdir = str(folder)
        try:
            yield
        finally:
            tempfile.tempdir = os.environ["TMPDIR"] = place
            if util := sys.modules.get("multiprocessing.util"):
                # It removes a folder of its own in there at the very end, and trips if that is gone.
                util.Finalize(None, held.pop_all().close, exitpriority=-200)


@contextlib.contextmanager
def workshop(parent: Path, prefix: str) -> Iterator[Path]:
    """A folder to make something in, removed at the end, with those that dead processes left.

    The folder is locked for as long as its process lives, hence one that is not is nobody's.
    """
    for other in parent.glob(f"{prefix}*"):
        if other.is_dir() and not other.is_symlink():
            with contextlib.suppress(OSError), _locked(other):
                shutil.rmtree(other, ignore_errors=True)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        with contextlib.ExitStack() as held:
            with contextlib.suppress(OSError):  # no locks here, or taken for abandoned just now
                held.enter_context(_locked(folder))
            if not folder.is_dir():
                continue
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            return


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; OSError where another process has it, or there are no locks."""
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(place)


def _room() -> str:
    """How much is free where commands write, for whom the disk is full."""
    places = {"_build": paths.BUILD, "passing files": Path(tempfile.gettempdir())}
    told = []
    for name, place in places.items():
        while not place.is_dir():
            place = place.parent
        told.append(f"{shutil.disk_usage(place).free / 1e6:,.0f} MB for {name}")
    return f"\nfree: {', '.join(told)}"
