"""Known vulnerabilities of the packages of the lock, as uv's own auditor finds them in OSV (osv.dev).

That needs a network. Where nothing could be asked, nothing is known, which is told apart from a
clean answer and from a vulnerable package.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from compendium import packages, paths

CLEAN, VULNERABLE, UNKNOWN = 0, 1, 3  # 2 is that of a command that was wrong
AUDIT = ("audit", "--no-build", "--preview-features", "audit-command")
ASKED = re.compile(r"^(?:Found .*vulnerabilit|No known vulnerabilit)", re.M | re.I)


@dataclass(frozen=True)
class Answer:
    """What came of asking.

    Attributes
    ----------
    code : int
        `CLEAN`, `VULNERABLE` or `UNKNOWN`.
    text : str
        In words, with what the auditor said.
    """

    code: int
    text: str


def ask(service: str = "", root: Path = paths.ROOT) -> Answer:
    """Ask for all versions that the lock pins, those of other systems and Pythons included.

    Parameters
    ----------
    service : str, optional
        Address of another service that speaks as OSV does.
    root : Path
        Checkout.
    """
    # The auditor reads a project: one that asks for exactly the pins.
    lines = packages.lock(root).splitlines()
    pins = [line.rstrip(" \\") for line in lines if re.match(r"[\w.-]+==", line)]
    project = (
        '[project]\nname = "audited"\nversion = "0"\nrequires-python = ">=3.11"\n'
        f"dependencies = {json.dumps(pins)}\n"
    )
    command = [sys.executable, "-m", "uv", *AUDIT]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyproject.toml").write_text(project, "utf-8")
        command += ["--service-url", service] if service else []
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    said = "\n".join(filter(None, (done.stdout.strip(), done.stderr.strip())))
    if done.returncode == 0 and ASKED.search(said):
        return Answer(CLEAN, f"no vulnerability is known of the {len(pins)} pins of the lock")
    if done.returncode == 1 and ASKED.search(said):
        return Answer(VULNERABLE, f"{said}\n\nrequirements.lock pins a package with a known "
                      "vulnerability; raise its version: `make lock`")  # fmt: skip
    return Answer(UNKNOWN, f"{said}\n\nnothing could be asked, so nothing is known; this needs a "
                  "network with the package index and the database of vulnerabilities")  # fmt: skip
