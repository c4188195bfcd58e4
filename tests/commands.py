"""The commands as a user runs them: each in a fork of one process that has the libraries loaded.

A command says what is wrong within a second, and loading the libraries takes several: so they are
loaded once, by a process that works in one copy of the checkout.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LONGEST = 60  # seconds that a command may take to refuse something

SERVER = """
import json, os, runpy, signal, sys, warnings
sys.path.insert(0, "scripts")
from compendium import build, models, prose, scenarios, sweep, bibliography, claims, citation
from compendium import book, chapters, datapackage, drawings, kernels, values, vintages
from compendium.exercises import cells
import tqdm

def run(script, *arguments):
    sys.argv = [script, *arguments]
    runpy.run_path(script, run_name="__main__")

for line in sys.stdin:
    command, out, err, seconds = json.loads(line)
    child = os.fork()
    if not child:
        os.setsid()
        for number, file in ((0, os.devnull), (1, out), (2, err)):
            os.dup2(os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), number)
        sys.stdin = open(0)
        signal.alarm(seconds)
        code = 0
        try:
            run(*command)
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
        except BaseException:
            import traceback
            traceback.print_exc()
            code = 70
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(code or 0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    out: str
    err: str


class Commands:
    """Scripts of a copy of the checkout, run one after the other."""

    def __init__(self, root: Path):
        self.root = root
        environment = {
            **os.environ,
            "PYTHONPATH": str(root / "src"),
            "COMPENDIUM_ROOT": str(root),
            "PYTHONWARNINGS": "ignore",
        }
        self.server = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            cwd=root,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, script: str, *arguments: str) -> Done:
        """Run ``scripts/<script>`` with arguments; one that does not end is killed."""
        out, err = self.root.parent / "out", self.root.parent / "err"
        asked = [[f"scripts/{script}", *arguments], str(out), str(err), LONGEST]
        self.server.stdin.write(json.dumps(asked) + "\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        return Done(code, out.read_text("utf-8", "replace"), err.read_text("utf-8", "replace"))

    def end(self) -> None:
        """Let the process end."""
        self.server.communicate()
