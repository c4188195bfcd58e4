#!/usr/bin/env python3
"""Make the environment in .venv, or bring it up to date; do nothing when it is.

Runs on the Python of the machine, with the standard library alone.
Every package is installed from requirements.lock, which names the hash of each, and as a wheel:
to build one would fetch tools that no hash pins, and run them.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
STAMP = VENV / "ready"
PINNED = {
    "pip": ("--require-hashes", "--only-binary", ":all:"),
    "uv": ("--require-hashes", "--no-build"),
}
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def main() -> int:
    """Bring the environment up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pip", action="store_true", help="install with pip alone, without uv")
    options = parser.parse_args()
    if sys.version_info < (3, 11):
        print(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}", file=sys.stderr)
        return 1
    if problem := obstacle():
        print(problem, file=sys.stderr)
        return 1
    wanted = fingerprint()
    with alone():
        return bring(wanted, options.pip)


def obstacle() -> str:
    """What is not as a checkout has it, and what to do; empty where nothing is in the way."""
    for file in (LOCK, PROJECT):
        if not file.is_file():
            return f"{file.name} is missing or no file; `git checkout {file.name}` brings it back"
    if os.path.lexists(VENV) and not VENV.is_dir():
        return f"{VENV.name} is no folder, and the environment is made there; move it away"
    return ""


@contextlib.contextmanager
def alone():
    """Let one process at a time make the environment; the system frees the lock of a dead one."""
    place = os.open(ROOT, os.O_RDONLY)
    try:
        with contextlib.suppress(ImportError, OSError):  # not Unix, or a disk without locks
            import fcntl

            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"another process makes {VENV.name}; waiting for it ...", file=sys.stderr)
                fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def bring(wanted: str, pip: bool) -> int:
    """Make or update the environment, if it must be."""
    if STAMP.exists() and STAMP.read_text() == wanted:
        STAMP.touch()  # tells make that it is newer than the lock
        return 0
    print(f"Making the environment in {VENV.name} (some minutes) ...", file=sys.stderr)
    try:
        install(with_uv=not pip)
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd))
        print(f"the environment could not be made: {command}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the environment is made from nothing next time", file=sys.stderr)
        return 130
    STAMP.write_text(wanted)
    return 0


def fingerprint() -> str:
    """What the environment depends on: lock, project file, Python, place of the checkout."""
    digest = hashlib.sha256()
    for part in (LOCK.read_bytes(), PROJECT.read_bytes()):
        digest.update(part)
    digest.update(f"{sys.version}|{VENV}".encode())
    return digest.hexdigest()


def install(with_uv: bool) -> None:
    """Install what the lock names, and the project itself as a link to this checkout."""
    # Without its stamp it was broken off: some package may be there by half, pip itself too.
    if not STAMP.exists() or not usable():
        venv.create(VENV, with_pip=True, clear=True)
    STAMP.unlink(missing_ok=True)
    # uv settings of the user would change what is installed, or where.
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("UV_PYTHON", "VIRTUAL"))
    }
    environment["UV_COMPILE_BYTECODE"] = "1"  # without it every notebook starts 4 s later
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, env=environment, cwd=ROOT)

    if with_uv:
        with tempfile.TemporaryDirectory() as folder:
            own = Path(folder, "uv.lock.txt")
            own.write_text(stanza("uv"))
            run(*pip, *PINNED["pip"], "--no-deps", "-r", own)
        uv = [PYTHON, "-m", "uv", "pip"]
        run(*uv, "sync", "--quiet", *PINNED["uv"], "--python", PYTHON, LOCK)
        run(
            *uv,
            "install",
            "--quiet",
            "--python",
            PYTHON,
            "--no-deps",
            "--no-build-isolation",
            "-e",
            ".",
        )
    else:
        run(*pip, *PINNED["pip"], "-r", LOCK)
        run(*pip, "--no-deps", "--no-build-isolation", "-e", ".")


def usable() -> bool:
    """Whether .venv is there, whole, in its place, and of the Python that runs this."""
    test = "import sys, pip; print(sys.version, sys.prefix)"
    try:
        found = subprocess.run([PYTHON, "-c", test], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return found.stdout.strip() == f"{sys.version} {VENV}"


def stanza(package: str) -> str:
    """The lines of the lock that pin one package."""
    match = re.search(rf"^{package}==.*?(?=^\S)", LOCK.read_text() + "\nend", re.M | re.S)
    if match is None:
        raise SystemExit(f"requirements.lock does not name {package}; run `make lock`")
    return match[0]


if __name__ == "__main__":
    sys.exit(main())
