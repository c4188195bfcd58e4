"""Time the compendium against the tools it stands on, in one run, and tell which targets are met.

Everything runs in a temporary copy of the checkout; its own ``_build`` is not touched.
Both sides of a row are timed in turn, who comes first alternating, and medians are compared:
a machine busy with other things slows both.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import nbformat.v4 as nb
import yaml

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
CHAPTERS = (
    "arms_trade", "troop_plausibility", "trade_trends", "kremlin_strategy", "recommendations",
    "replication",
)  # fmt: skip
SEEDED = CHAPTERS[:-1]
THREADS = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
PACKAGES = ("jupyter-book", "Sphinx", "papermill", "ipykernel", "numpy", "pandas", "distributed")
LIGHT = """\
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import display
display(pd.DataFrame({"x": np.arange(10), "y": np.arange(10) ** 2}))
plt.plot(np.arange(10), np.arange(10) ** 2);"""

# Runs in a process of its own: kernels are warm after the first, untimed run.
WARM = """\
import shutil, sys, tempfile, time
from pathlib import Path
import papermill
from compendium import chapters, drawings, kernels, scenarios

def ours(folder):
    if name == "light":
        papermill.execute_notebook(
            file, folder / "out.ipynb", engine_name=chapters.ENGINE, progress_bar=False,
            kernel_name="python3", kernel_manager_class=group.manager({}, folder))
    else:
        shutil.rmtree(drawings.folder(), ignore_errors=True)  # neither side keeps any
        chapters.execute(name, scenario.chapters[name], folder, group=group)

def stock(folder):
    papermill.execute_notebook(
        file, folder / "out.ipynb", kernel_name="python3", progress_bar=False, cwd=file.parent)

if __name__ == "__main__":
    name, file, repeats = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    kernels.start_server()
    group, scenario = kernels.Group("warm"), scenarios.read("replication")
    for turn in range(repeats + 1):
        for side in (ours, stock) if turn % 2 else (stock, ours):
            with tempfile.TemporaryDirectory() as folder:
                begin = time.perf_counter()
                side(Path(folder))
                if turn:
                    print(side.__name__, time.perf_counter() - begin, flush=True)
    group.stop()
"""

# The same cells in one process that has imported what warm kernels have.
CELLS = """\
import contextlib, importlib, io, json, sys, time
from compendium.kernels import PRELOAD
for module in PRELOAD:
    importlib.import_module(module)
cells = [c for c in json.load(open(sys.argv[1]))["cells"] if c["cell_type"] == "code"]
code = [compile("".join(c["source"]), "cell", "exec") for c in cells]
names = {"__name__": "__main__"}
begin = time.perf_counter()
with contextlib.redirect_stdout(io.StringIO()):
    for one in code:
        exec(one, names)
print("cells", time.perf_counter() - begin)
"""

# The arithmetic of `arms.value.value_parts` written out in NumPy, on the same points.
DRAWS = """\
import sys, time
import numpy as np
from scipy.stats import qmc
from compendium import scenarios
from compendium.arms import value
given = value.inputs(scenarios.read("replication").chapters["arms_trade"])
N, SEED = 2**20, 1

def ours():
    return value.draw(given, N, SEED)["total"]

def stock():
    u = qmc.Sobol(12, scramble=True, rng=np.random.default_rng(SEED)).random(N)
    def pick(u, v, ranges):
        low, high = np.array([r.low for r in ranges]), np.array([r.high for r in ranges])
        order = np.lexsort((high, low))
        i = order[np.minimum((u * len(order)).astype(int), len(order) - 1)]
        return low[i] + v * (high[i] - low[i])
    def between(u, r):
        return r.low + u * (r.high - r.low)
    quantity, rockets = pick(u[:, 0], u[:, 1], given.quantities), 0.0
    usable = 1 - between(u[:, 11], given.unusable)
    if given.in_containers:
        boxes = quantity * between(u[:, 3], given.rocket_share)
        rounds = (quantity - boxes) * between(u[:, 2], given.loading)
        rockets = boxes * between(u[:, 4], given.rocket_loading)
        rockets = rockets * between(u[:, 5], given.rocket_price) * usable / 1e6
    else:
        rounds = quantity
    (price,), missile = given.shell_prices, given.missile_price
    low, high = np.log(price.low), np.log(price.high)
    shells = rounds * np.exp(low + u[:, 7] * (high - low)) * usable / 1e6
    count = pick(u[:, 8], u[:, 9], given.missile_counts) if given.missile_counts else 0.0
    low, high = np.log(missile.low), np.log(missile.high)
    return shells + rockets + count * np.exp(low + u[:, 10] * (high - low))

if not np.array_equal(ours(), stock()):
    raise SystemExit("the arithmetic in bare NumPy gives other numbers: mend benchmarks/bench.py")
for turn in range(int(sys.argv[1])):
    for side in (ours, stock) if turn % 2 else (stock, ours):
        begin = time.perf_counter()
        side()
        print(side.__name__, time.perf_counter() - begin, flush=True)
"""


@dataclass
class Row:
    """A line of the table: medians in seconds, their ratio, and whether it is good enough."""

    what: str
    ours: float
    stock: float
    ratio: float
    target: str
    met: bool
    repeats: int
    note: str = ""

    def cells(self) -> list[str]:
        """The line as text."""
        texts = [f"{self.ours:.2f}", f"{self.stock:.2f}", f"{self.ratio:.2f}", self.target]
        return [self.what, *texts, "met" if self.met else "MISSED", str(self.repeats), self.note]


HEAD = ["what", "ours (s)", "other (s)", "ratio", "target", "", "repeats", "other is; remarks"]


class Bench:
    """The rows, over one copy of the checkout."""

    def __init__(self, folder: Path, repeats: int, sample: int):
        self.folder, self.repeats, self.sample = folder, repeats, sample
        self.copy, self.plain = folder / "copy", folder / "plain"
        copy_checkout(self.copy)
        path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]])
        own = {"PYTHONPATH": str(self.copy / "src"), "COMPENDIUM_ROOT": str(self.copy)}
        self.environment = {**os.environ, **THREADS, **own, "PATH": path}
        self.edits = 0
        self.sampled: list[float] = []  # seconds of stock papermill for the sample of cases

    def run(self, *command: object, **variables: str) -> str:
        """Run Python in the copy and return what it prints; the end of its errors if it fails."""
        done = subprocess.run(
            [sys.executable, *map(str, command)], cwd=self.copy, text=True, capture_output=True,
            env={**self.environment, **variables}, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{command[:3]} failed:\n{(done.stdout + done.stderr)[-3000:]}")
        return done.stdout

    def time(self, *command: object) -> float:
        """Seconds that a Python command takes."""
        begin = time.perf_counter()
        self.run(*command)
        return time.perf_counter() - begin

    def in_turn(self, ours: Callable, stock: Callable) -> tuple[float, float]:
        """Median seconds of two sides, timed in turn."""
        sides: tuple = ([], [])
        for turn in range(self.repeats):
            for side in (0, 1) if turn % 2 == 0 else (1, 0):
                sides[side].append((ours, stock)[side]())
        return statistics.median(sides[0]), statistics.median(sides[1])

    def make_book(self) -> float:
        """What `make book` runs once the environment is there."""
        return self.time("scripts/build_book.py")

    def jupyter_book(self, *options: str) -> float:
        """Jupyter Book executing and rendering the same chapters."""
        main = "from jupyter_book.cli.main import main; main()"
        return self.time("-c", main, "build", ".", "--path-output", self.plain, "-q", *options)

    def book(self) -> Row:
        """Build everything from nothing."""

        def ours():
            shutil.rmtree(self.copy / "_build", ignore_errors=True)
            return self.make_book()

        def stock():
            shutil.rmtree(self.plain, ignore_errors=True)
            return self.jupyter_book()

        return self.at_most("clean book", *self.in_turn(ours, stock), 0.40, "jupyter-book build")

    def unchanged(self) -> Row:
        """Build again with nothing changed."""
        self.make_book(), self.jupyter_book()
        times = self.in_turn(self.make_book, self.jupyter_book)
        return self.at_most("nothing changed", *times, 0.25, "jupyter-book build, again")

    def evidence(self) -> Row:
        """Build again after a change to the note of one row that a chapter reads."""
        self.make_book(), self.jupyter_book()
        file = self.copy / "data" / "raw" / "arms.csv"
        head, first, rest = file.read_text("utf-8").split("\n", 2)
        if not head.endswith("note"):
            raise SystemExit("the last column of arms.csv is no longer the note: mend bench.py")

        def ours():
            self.edits += 1
            edited = (
                f'{first[:-1]} ({self.edits})"'
                if first.endswith('"')
                else f"{first} ({self.edits})"
            )
            file.write_text("\n".join([head, edited, rest]), "utf-8")
            return self.make_book()

        times = self.in_turn(ours, lambda: self.jupyter_book("--all"))
        return self.at_most("one evidence row changed", *times, 0.30, "jupyter-book build --all")

    def warm(self, name: str, file: Path) -> tuple[float, float]:
        """Median seconds of a notebook in a warm kernel and with stock papermill."""
        script = self.folder / "warm.py"
        script.write_text(WARM)
        return medians(self.run(script, name, file, self.repeats))

    def light(self) -> Row:
        """Imports, a table, a figure."""
        file = self.folder / "light.ipynb"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        book = nb.new_notebook(metadata={"kernelspec": kernel})
        book.cells = [nb.new_code_cell(LIGHT)]
        file.write_text(nb.writes(book), "utf-8")
        return self.at_most("light notebook, warm", *self.warm("light", file), 0.25, "papermill")

    def chapter(self) -> Row:
        """The arms chapter."""
        file = self.copy / "chapters" / "arms_trade.ipynb"
        ours, stock = self.warm("arms_trade", file)
        cells = statistics.median(
            float(self.run("-c", CELLS, file).split()[-1]) for _ in range(self.repeats)
        )
        row = self.at_most("arms_trade, warm", ours, stock, 0.45, "papermill")
        over = ours - cells
        row.target += ", <= 0.8 s above its cells"
        row.met &= over <= 0.8
        row.note += f"; {over:.2f} s above the cells in one warm process ({cells:.2f} s)"
        return row

    def draws(self) -> Row:
        """The model at 2**20 draws."""
        times = medians(self.run("-c", DRAWS, self.repeats))
        note = "the same arithmetic and points in bare NumPy; results equal"
        return self.at_most("2^20 draws of the arms model", *times, 1.5, note)

    def sweep(self, mode: str, count: int) -> float:
        """Seconds of a sweep of `count` cases, each with seeds of its own, on two workers."""
        cases = {f"c{i}": {c: {"seed": 1000 + i} for c in SEEDED} for i in range(count)}
        plan = {"title": "Seeds", "reason": "Benchmark.", "cases": cases}
        file, output = self.folder / "plan.yml", self.folder / "sweep"
        file.write_text(yaml.safe_dump(plan), "utf-8")
        shutil.rmtree(output, ignore_errors=True)
        return self.time("scripts/sweep.py", file, f"--{mode}", "--workers", 2, "--output", output)

    def papermill(self, count: int) -> float:
        """Seconds of stock papermill for `count` cases, two processes at a time.

        What one row has measured another takes over, since it lasts for minutes.
        """

        def case(number: int) -> None:
            folder = self.folder / f"case{number}"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for chapter in CHAPTERS:
                seed = ("-p", "seed", 1000 + number) if chapter in SEEDED else ()
                self.run(
                    "-m", "papermill", f"chapters/{chapter}.ipynb", folder / f"{chapter}.ipynb",
                    "--cwd", "chapters", "-k", "python3", "--no-progress-bar", *seed,
                    COMPENDIUM_OUTPUT=str(folder),
                )  # fmt: skip

        begin = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(case, range(count)))
        seconds = time.perf_counter() - begin
        self.sampled.append(seconds)
        return seconds

    def notebooks(self) -> Row:
        """20 cases x all chapters, notebooks kept."""
        ours, stock = self.in_turn(
            lambda: self.sweep("notebooks", self.sample),
            lambda: self.papermill(self.sample),
        )
        note = f"papermill, 2 processes; both timed at {self.sample} cases"
        return self.at_least("sweep, notebooks, throughput", ours, stock, 2.5, note)

    def thousand(self) -> Row:
        """1,000 cases, values only."""
        measured = iter(list(self.sampled))
        ours, stock = self.in_turn(
            lambda: self.sweep("values", 1000),
            lambda: (next(measured, None) or self.papermill(self.sample)) * 1000 / self.sample,
        )
        note = f"papermill, 2 processes, from {self.sample} cases"
        note += ", as measured for the row on notebooks" if self.sampled else ""
        return self.at_least("sweep of 1,000, values, throughput", ours, stock, 20, note)

    def linear(self) -> Row:
        """Time a case of a values sweep, at 100 and at 10."""
        times = {count: [] for count in (1, 10, 100)}
        for turn in range(self.repeats):
            for count in times if turn % 2 == 0 else reversed(times):
                times[count].append(self.sweep("values", count))
        one, ten, hundred = (statistics.median(t) / n for n, t in times.items())
        note = f"s a case at 100 and at 10 cases; {one:.2f} at 1, start of the cluster included"
        return self.at_most("cost a case of a values sweep", hundred, ten, 1.1, note)

    def at_most(self, what: str, ours: float, stock: float, limit: float, note: str) -> Row:
        """Row with a ratio of times that must not be larger than `limit`."""
        ratio = ours / stock
        met = ratio <= limit
        return Row(what, ours, stock, ratio, f"<= {limit:.2f}", met, self.repeats, note)

    def at_least(self, what: str, ours: float, stock: float, limit: float, note: str) -> Row:
        """Row with a ratio of throughputs that must not be smaller than `limit`."""
        ratio = stock / ours
        met = ratio >= limit
        return Row(what, ours, stock, ratio, f">= {limit:.1f}", met, self.repeats, note)


ROWS = (
    "draws", "light", "chapter", "book", "unchanged", "evidence", "notebooks", "linear", "thousand",
)  # fmt: skip

SLOW = ("evidence", "book")
LONG = ("linear", "notebooks", "thousand")


def medians(printed: str) -> tuple[float, float]:
    """Median of the times a script printed, ours and the other's."""
    times: dict[str, list[float]] = {"ours": [], "stock": []}
    for side, seconds in (
        line.split() for line in printed.splitlines() if line[:5] in ("ours ", "stock")
    ):
        times[side].append(float(seconds))
    return statistics.median(times["ours"]), statistics.median(times["stock"])


def copy_checkout(target: Path) -> None:
    """Copy the files git knows of, as they are now."""
    listed = subprocess.run(
        [shutil.which("git") or "git", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)


def processor() -> str:
    """Name of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration, IndexError):
        return platform.processor() or "unknown processor"


def report(rows: dict[str, Row], command: str) -> str:
    """The results as a page: table, machine, versions, command."""
    lines = [HEAD, ["---"] * len(HEAD), *(row.cells() for row in rows.values())]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    missing = ", ".join(name for name in ROWS if name not in rows)
    missing = f"Not measured in this run: {missing}.\n\n" if missing else ""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"# Benchmarks\n\nWritten by `{command}`.\n\n{table}\n\n"
        f"{missing}"
        f"Medians, both sides timed in turn in one run; only ratios carry over to other machines.\n"
        f"Load when the run ended: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n\n"
        f"Machine: {processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}.\nVersions: {versions}.\n"
    )


def main() -> int:
    """Measure, print the table, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="times a side is timed (default 5)")
    parser.add_argument("--only", nargs="+", choices=ROWS, default=ROWS, metavar="ROW",
                        help=f"rows to measure, of {', '.join(ROWS)}")  # fmt: skip
    parser.add_argument("--sample", type=int, default=20, help="cases of the slow sweeps")
    parser.add_argument("--output", type=Path, default=RESULTS, help="file to write")
    parser.add_argument("--slow-repeats", type=int, help=f"the same for {', '.join(SLOW)}")
    parser.add_argument("--long-repeats", type=int, help=f"the same for {', '.join(LONG)}")
    options = parser.parse_args()
    if options.repeats < 1 or options.sample < 1:
        parser.error("--repeats and --sample: at least 1")
    rows = {}
    with tempfile.TemporaryDirectory(prefix="compendium-bench-") as folder:
        bench = Bench(Path(folder), options.repeats, options.sample)
        for name in options.only:
            own = {**dict.fromkeys(SLOW, options.slow_repeats),
                   **dict.fromkeys(LONG, options.long_repeats)}  # fmt: skip
            bench.repeats = own.get(name) or options.repeats
            rows[name] = getattr(bench, name)()
            print("  ".join(rows[name].cells()), flush=True)
            options.output.write_text(
                report(rows, " ".join(["benchmarks/bench.py", *sys.argv[1:]])), "utf-8"
            )
    print(options.output.read_text("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
