"""Clean copies of the checkout, built from nothing, measured, and held against each other."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from compendium import commands, paths
from compendium.errors import CompendiumError
from compendium.kernels import THREADS

# Where Git cannot say what belongs to a checkout: what is made in it.
MADE = (".git", ".venv", "_build", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis",
        "verify-report", "*.egg-info")  # fmt: skip
# Of a build, what differs from run to run, and why; all else must be the same bytes.
VOLATILE = {
    "stamp.json": "times at which the files of the copy were written",
    "runs/*.json": "whether Matplotlib looked for the fonts of the machine in a notebook's process",
}
STEP = 0.5  # seconds between two looks at the memory


@dataclass(frozen=True)
class Run:
    """A build of one scenario in one copy.

    Attributes
    ----------
    copy, scenario, kernel : str
    seconds : float
    memory : int
        Greatest memory of all processes together, in bytes; 0 where it cannot be measured.
    disk : int
        Bytes that the build takes.
    """

    copy: str
    scenario: str
    kernel: str
    seconds: float
    memory: int
    disk: int


def copy_checkout(target: Path) -> None:
    """Copy all that belongs to the checkout: what Git tracks, and new files it does not ignore."""
    ask = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        told = subprocess.run(ask, cwd=paths.ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):  # not from Git: a downloaded archive
        made = shutil.ignore_patterns(*MADE)

        def left_out(folder: str, names: list[str]) -> set[str]:
            # The folder for passing files may lie in the checkout: no copy of the copy.
            own = (target, *target.parents)
            return {*made(folder, names), *(n for n in names if Path(folder, n) in own)}

        shutil.copytree(paths.ROOT, target, ignore=left_out)
        return
    for name in filter(None, told.decode().split("\0")):
        source = paths.ROOT / name
        if source.is_file():  # not one that is removed and still tracked
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / name)


def build(root: Path, scenario: str, kernel: str, variables: Mapping[str, str]) -> Run:
    """Build a scenario in a copy, with the environment that runs this.

    Parameters
    ----------
    root : Path
        The copy.
    scenario : str
    kernel : {"warm", "fresh"}
    variables : mapping
        Variables of the environment to set on top.

    Raises
    ------
    CompendiumError
        The build failed; the message ends with what it said.
    """
    command = [sys.executable, str(root / "scripts" / "build_book.py")]
    command += ["--scenario", scenario, "--kernel", kernel]
    own = {"PYTHONPATH": str(root / "src"), "COMPENDIUM_ROOT": str(root)}
    begin, log = time.monotonic(), root.parent / f"{root.name}-{scenario}.log"
    with log.open("w") as stream:
        given = {**os.environ, **THREADS, **own, **variables, commands.TIE: "1"}
        with commands.tied(
            command, cwd=root, env=given, stdout=stream, stderr=subprocess.STDOUT
        ) as process:
            try:
                peak = _wait(process)
            except BaseException:
                process.terminate()  # it ends the processes of its notebooks
                process.wait()
                raise
    if process.returncode:
        said = log.read_text("utf-8", "replace").strip().replace(f"{root}{os.sep}", "")
        raise CompendiumError(f"scenario {scenario} could not be built:\n{said}")
    disk = sum(f.stat().st_size for f in (root / "_build" / scenario).rglob("*") if f.is_file())
    return Run(root.name, scenario, kernel, time.monotonic() - begin, peak, disk)


def _wait(process: subprocess.Popen) -> int:
    """Wait for a process; return the greatest memory of it and all it started."""
    peak, ended = 0, threading.Event()

    def look() -> None:
        nonlocal peak
        while not ended.wait(STEP):
            peak = max(peak, sum(map(_memory, _family(process.pid))))

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        process.wait()
    finally:
        ended.set()
        watch.join()
    return peak


def _family(first: int) -> list[int]:
    """A process and all that descend from it, as Linux tells; elsewhere none."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        children.setdefault(int(after[1]), []).append(int(stat.parent.name))
    found = [first] if children else []
    for process in found:
        found += children.get(process, [])
    return found


def _memory(process: int) -> int:
    """Memory of a process; what it shares with others counts for its part."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def compared(one: Path, other: Path) -> tuple[int, list[str]]:
    """How many files two builds have, and those that are not the same bytes in both."""
    first, second = _digests(one), _digests(other)
    return len(first), sorted(n for n in {**first, **second} if first.get(n) != second.get(n))


def _digests(build: Path) -> dict[str, str]:
    names = (file.relative_to(build).as_posix() for file in build.rglob("*") if file.is_file())
    return {
        name: hashlib.sha256((build / name).read_bytes()).hexdigest()
        for name in names
        if not any(fnmatch(name, pattern) for pattern in VOLATILE)
    }
