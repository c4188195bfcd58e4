"""Notebook processes that start at once, as copies of a process with the libraries imported.

Starting a kernel and importing the libraries takes longer than most of what a notebook does.
`WarmProvisioner` plugs into Jupyter's own extension point (entry point group
``jupyter_client.kernel_provisioners``) and forks each kernel from the fork server of
`multiprocessing`, which has `PRELOAD` imported. The kernel is ipykernel itself, so a notebook
gives the same outputs either way; it is a process of its own, so nothing leaks from one
notebook into the next.

No module of the project is preloaded: each kernel imports what it needs of it, and so tells
truly what that was (see `compendium.reads`). A sweep, which keeps no run for later builds, has
the models run beforehand too (`compendium.rehearsal`).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import types
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import LocalProvisioner
from nbclient.exceptions import DeadKernelError

from compendium import inheritance, reads
from compendium.errors import CompendiumError, UsageError, nearest

KINDS = ("warm", "fresh")
PROVISIONER = "compendium-warm"  # as in the entry points of pyproject.toml
AS_OF = "COMPENDIUM_REHEARSE"  # environment variable: the vintage for which models are run before
INTERRUPT = {signal.SIGINT}
LONGEST = 70  # bytes: the address of a socket has 108 on Linux, 104 on a Mac
LARGEST = 50  # million characters that a cell may write; all cells of a chapter write about four
POLL = 0.01  # seconds between looks at a kernel that is starting or ending

# What a kernel imports as it starts, what chapters import, and what they come to import while
# they draw. Not the inline backend of
# Matplotlib, which looks for its shell when it is imported: figures would vanish.
PRELOAD = (
    "encodings.idna",
    "IPython.core.completerlib",
    "IPython.core.logger",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.pyplot",
    "numpy.random",
    "pandas",
    "pandas.io.formats.html",
    "pandas.io.formats.string",
    "pandera.pandas",
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.PpmImagePlugin",
    "psutil",
    "pydantic",
    "pymcdm.methods",
    "pymcdm.weights",
    "SALib.analyze.sobol",
    "SALib.sample.sobol",
    "scipy.stats",
    "sqlite3",
    "statsmodels.api",
    "tornado.platform.asyncio",
    "tornado.queues",
    "xmlrpc.server",
    "yaml",
)

# One thread a process: small fits are quicker, their timing even, their sums the same on every
# machine. Read before NumPy is imported.
THREADS = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
EARLY = {
    **THREADS,
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # no warning of a debugger that nobody uses
    # ipykernel's own choice, made before Matplotlib is imported.
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}

# Python's search path in a process that has run nothing yet: in the fork server, which imports
# this module before any other, and by inheritance in its forks.
_SEARCH_PATH = list(sys.path)
_starting = threading.Lock()


def available() -> bool:
    """Whether this process may fork kernels from a server.

    Not on Windows, nor in a daemon, nor where Python was told to drop assertions or to treat
    warnings in its own way: the server would be told so too. Nor where the folder of temporary
    files has too long a name for the socket in it.
    """
    methods = multiprocessing.get_all_start_methods()
    told = sys.flags.optimize or sys.flags.dev_mode or sys.warnoptions
    return (
        "forkserver" in methods
        and room()
        and not told
        and not multiprocessing.current_process().daemon
    )


def room() -> bool:
    """Whether sockets can be files in the folder of temporary files."""
    return os.name == "posix" and len(os.fsencode(tempfile.gettempdir())) <= LONGEST


def address() -> str:
    """How the names of the sockets of a kernel begin.

    Jupyter would talk to it over TCP: it looks for free ports and leaves them, for the kernel to
    take. Where much starts at once something else may be quicker, and the kernel dies.
    """
    return os.path.join(tempfile.gettempdir(), f"kernel-{uuid.uuid4().hex[:12]}")


def choose(kind: str) -> str:
    """The kind of kernel to use when `kind` is asked for.

    Raises
    ------
    UsageError
        No kind of that name.
    """
    if kind not in KINDS:
        raise UsageError(
            f"no kind of kernel {kind!r}{nearest(kind, KINDS)}; allowed: {', '.join(KINDS)}"
        )
    return kind if available() else "fresh"


def start_server(rehearse: str | None = None) -> None:
    """Start importing the libraries, in the background; before any change of folder.

    Parameters
    ----------
    rehearse : str, optional
        Vintage for which to run the models as well; heard if nothing was started before.
    """
    context = multiprocessing.get_context("forkserver")
    more, variables = ([reads.REHEARSAL], {AS_OF: rehearse}) if rehearse else ([], {})
    context.set_forkserver_preload([__name__, *PRELOAD, *more])
    with _starting, environment({**inheritance.variables(), **EARLY, **variables}, alone=True):
        from multiprocessing import forkserver

        with left_alone():
            forkserver.ensure_running()


@contextlib.contextmanager
def left_alone() -> Iterator[None]:
    """Have Ctrl-C not reach the processes that are started in here.

    It goes to every process of the terminal; those that only serve this one end with it, and
    would tell where they were at.
    """
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # which would take the signal up again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def processes(count: int) -> ProcessPoolExecutor:
    """Processes to compute in, with the libraries imported where kernels can be warm.

    Never plain forks: a child would share the state of libraries that hold threads.
    """
    kind = "forkserver" if available() else "spawn"
    if available():
        start_server()
    return ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context(kind), initializer=_belong
    )


def _belong() -> None:
    """Have a process of a pool end with the one it computes for, and leave Ctrl-C to that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def end(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool at once, with what they are at and what has not begun."""
    for process in list((pool._processes or {}).values()):  # as `kill_workers` of Python 3.14 does
        process.kill()
    pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def environment(wanted: Mapping[str, str], *, alone: bool = False) -> Iterator[None]:
    """Set environment variables for a process started within, and put the old ones back.

    Parameters
    ----------
    wanted : mapping
    alone : bool
        Take all others away.
    """
    others = [name for name in os.environ if name not in wanted] if alone else []
    before = {name: os.environ.get(name) for name in (*wanted, *others)}
    for name in others:
        del os.environ[name]
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class Client(AsyncKernelClient):
    """Jupyter's own, but for one thing: it does not listen for another 0.2 s to a ready kernel.

    What might still come belongs to no cell, and is passed over when cells are run.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers."""
        channel = self.iopub_channel
        get, heard = channel.get_msg, []

        async def get_msg(timeout: float) -> dict:
            message = await get(timeout=POLL if heard else timeout)
            heard.append(message)
            return message

        channel.get_msg = get_msg
        try:
            await super().wait_for_ready(timeout)
        finally:
            channel.get_msg = get


class Group:
    """Kernels that are stopped together.

    Parameters
    ----------
    kind : {"warm", "fresh"}
        Forked from the process with the libraries imported, where the system can; or started
        from nothing.
    """

    def __init__(self, kind: str = "warm"):
        self.kind = choose(kind)
        self._alive: set[AsyncKernelManager] = set()
        self._lock, self._stopped = threading.Lock(), False

    def manager(self, variables: Mapping[str, str], folder: Path) -> type[AsyncKernelManager]:
        """Class of the manager of a kernel, as nbclient wants it.

        Parameters
        ----------
        variables : mapping
            Environment variables of the kernel on top of ours.
        folder : Path
            Its working folder. Ours stays as it is, so that kernels may run side by side.
        """
        group, specification = self, specifications()[self.kind]

        class Manager(AsyncKernelManager):
            kernel_spec = specification
            client_factory = Client

            async def start_kernel(self, **options: object) -> None:
                with group._lock:
                    if group._stopped:
                        raise RuntimeError("the kernels were stopped")
                    group._alive.add(self)
                if room():
                    self.transport, self.ip = "ipc", address()
                env = {**inheritance.variables(), **THREADS, **variables}
                await super().start_kernel(**options, env=env, cwd=str(folder))
                if group._stopped:
                    kill(self)

            async def _async_finish_shutdown(self, waittime=None, pollinterval=POLL, restart=False):
                await super()._async_finish_shutdown(waittime, pollinterval, restart)

            async def cleanup_resources(self, restart: bool = False) -> None:
                await super().cleanup_resources(restart=restart)
                group._alive.discard(self)

        return Manager

    def stop(self) -> None:
        """Kill the kernels and all they started; no other can be started in the group."""
        with self._lock:
            self._stopped = True
            alive = list(self._alive)
        for manager in alive:
            kill(manager)


def kill(manager: AsyncKernelManager) -> None:
    """Kill a kernel and all it started."""
    pid = getattr(manager.provisioner, "pid", None)
    if pid and manager.provisioner.has_process:
        # A kernel leads a group of its own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


class FloodError(CompendiumError):
    """A cell wrote more than `LARGEST`."""


class Bounded:
    """Part of a notebook client: it ends a cell that writes without end.

    All that a cell writes is held in memory, and would be part of the notebook and of its page.
    """

    writing, written, flooded = -1, 0, False  # cell, how much it has written, whether too much

    def output(self, outs, msg, display_id, cell_index):
        """Take an output of a cell, and none after the one that is too much."""
        if cell_index != self.writing:
            self.writing, self.written = cell_index, 0
        content = msg["content"]
        texts = (content.get("text", ""), *content.get("data", {}).values())
        self.written += sum(len(str(text)) for text in texts)
        if self.written <= LARGEST * 1e6:
            return super().output(outs, msg, display_id, cell_index)
        if not self.flooded:
            self.flooded = True
            kill(self.km)
        return None

    def require_bounded(self, error: BaseException) -> None:
        """Raise `FloodError` in place of an error that came of the end of the kernel."""
        if self.flooded and isinstance(error, DeadKernelError):
            raise FloodError(f"wrote more than {LARGEST} million characters") from None


@cache
def specifications() -> dict[str, KernelSpec]:
    """How to start each kind of kernel, on the Python that runs this."""
    from ipykernel.kernelspec import get_kernel_dict

    fresh, warm = get_kernel_dict(), get_kernel_dict()
    warm["metadata"] = {"kernel_provisioner": {"provisioner_name": PROVISIONER}}
    fresh["metadata"] = {}
    return {"fresh": KernelSpec(**fresh), "warm": KernelSpec(**warm)}


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel as a fork of the server; in all else Jupyter's own provisioner."""

    async def launch_kernel(self, cmd: list[str], **options: object) -> dict:
        """Fork a kernel; `cmd` is what would start one from nothing."""
        start_server()
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        folder = str(options.get("cwd") or os.getcwd())
        context = multiprocessing.get_context("forkserver")
        # As bytes: the server is always on UTF-8, and this process may be on something else.
        told = [os.fsencode(text) for text in arguments]
        own = {os.fsencode(name): os.fsencode(text) for name, text in options["env"].items()}
        process = context.Process(target=serve, args=(told, own, os.fsencode(folder)))
        with _starting, _no_script():
            process.start()
        self.process = _Forked(process)
        # Its own, as soon as it runs. Asked for now it might still be that of the server.
        self.pid = self.pgid = process.pid
        self.cwd = folder
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the process; looked at more often than ten times a second."""
        while await self.poll() is None:
            await asyncio.sleep(POLL)
        self.process = None
        return 0


class _Forked:
    """A process of `multiprocessing`, spoken to like one of `subprocess`."""

    stdin = stdout = stderr = None

    def __init__(self, process):
        self.process, self.pid = process, process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self) -> int | None:
        self.process.join()
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@contextlib.contextmanager
def _no_script() -> Iterator[None]:
    """Hide the running script, which `multiprocessing` would import into the new process."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


def serve(arguments: list[bytes], variables: Mapping[bytes, bytes], folder: bytes) -> None:
    """Be a kernel, as ``python -m ipykernel_launcher`` would be in a process of its own."""
    gc.freeze()  # else the collector would walk through the libraries, and copy their memory
    os.setsid()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPT)  # see `left_alone`
    threading.Thread(target=_die_with_parent, daemon=True).start()
    os.environ.clear()
    os.environ.update({os.fsdecode(name): os.fsdecode(text) for name, text in variables.items()})
    os.chdir(folder)
    sys.path[:] = [place for place in _SEARCH_PATH if place]
    arguments = [os.fsdecode(text) for text in arguments]
    sys.argv[:] = ["ipykernel_launcher.py", *arguments]

    import numpy as np
    from ipykernel.kernelapp import IPKernelApp

    np.random.seed()  # noqa: NPY002 - else every fork would draw the same "random" numbers
    IPKernelApp.launch_instance([*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])


def _die_with_parent() -> None:
    """End this process, and all it started, when the one that asked for it is gone."""
    multiprocessing.parent_process().join()
    os.killpg(0, signal.SIGKILL)
