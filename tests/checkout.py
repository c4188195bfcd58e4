"""A copy of the checkout in which a test may build and break things."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from compendium import paths

PARTS = (
    "_config.yml",
    "CITATION.cff",
    "LICENSE-CONTENT",
    "references.bib",
    "_toc.yml",
    "requirements.lock",
    "index.md",
    "assets",
    "chapters",
    "data",
    "scenarios",
    "scripts",
    "src",
)
WATCH = paths.ROOT / "tests" / "watch"
HOSTS = "hosts.txt"  # beside a copy: the foreign hosts its programs turned to
FEW = {"draws": 256, "sobol_samples": 64}  # the arithmetic is tested elsewhere
QUICK = """\
title: Quick
reason: Few draws, for the tests.
as_of: {as_of}
chapters:
  arms_trade: {{draws: 256, sobol_samples: 64}}
  troop_plausibility: {{draws: 256}}
  trade_trends: {{draws: 256, bootstrap_draws: 100}}
"""


class Copy:
    """A copy of what a build needs, in a folder whose name has a space and an accent."""

    def __init__(self, folder: Path, whole: Path | None = None):
        self.root = folder / "côpy of it"
        if whole is not None:
            shutil.copytree(whole, self.root)
            return
        self.root.mkdir()
        for part in PARTS:
            source, target = paths.ROOT / part, self.root / part
            shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)

    def scenario(self, name: str, as_of: str) -> None:
        (self.root / "scenarios" / f"{name}.yml").write_text(QUICK.format(as_of=as_of))

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess:
        return self.python(str(self.root / "scripts" / script), *arguments)

    def python(self, *arguments: str) -> subprocess.CompletedProcess:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(self.root / "src"), str(WATCH)]),
            "COMPENDIUM_ROOT": str(self.root),
            "COMPENDIUM_WATCH": str(self.root.parent / HOSTS),
        }
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            env=environment,
            cwd=self.root,
            check=False,
        )

    def build(self, name: str) -> Path:
        done = self.run("build_book.py", "--scenario", name)
        assert done.returncode == 0, done.stderr
        return self.root / "_build" / name

    def replace(self, file: str, row: str, old: str, new: str) -> None:
        """Change one cell of the row that begins with `row`."""
        path = self.root / file
        lines = path.read_text("utf-8").splitlines(keepends=True)
        hits = [i for i, line in enumerate(lines) if line.startswith(f"{row},")]
        assert len(hits) == 1 and old in lines[hits[0]]
        lines[hits[0]] = lines[hits[0]].replace(old, new, 1)
        path.write_text("".join(lines), "utf-8")
