"""Run many scenarios: every chapter of every case of a plan, on this machine or on a cluster."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from compendium import commands, paths, sweep


def main() -> int:
    """Run a sweep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path, help="a YAML file such as those in scenarios/sweeps/")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--values", action="store_true", help="only the numbers (the default)")
    kind.add_argument("--notebooks", action="store_true", help="execute and keep the notebooks too")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="dask scheduler, tcp://host:port")
    parser.add_argument("--workers", type=int, help="processes on this machine; default one a core")
    parser.add_argument("--output", type=Path, help="folder; default _build/sweeps/<plan>")
    parser.add_argument(
        "--chapters", nargs="+", default=[], metavar="NAME", help="only these, and what they need"
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="ID", help="values to write")
    options = parser.parse_args()
    if options.workers is not None and options.workers < 1:
        parser.error("--workers: at least 1")
    # Where no terminal reads along, a line a minute is enough.
    slow = {} if sys.stderr.isatty() else {"mininterval": 60.0, "ascii": True}
    bar = None

    def report(done: int, failed: int, every: int) -> None:
        nonlocal bar
        if bar is None:  # what is kept from before is no measure of speed
            bar = tqdm(total=every, initial=done, unit="task", smoothing=0.1, **slow)
        if failed:
            bar.set_postfix(failed=failed, refresh=False)
        bar.update(done + failed - bar.n)

    try:
        outcome = sweep.run(
            options.plan,
            "notebooks" if options.notebooks else "values",
            scheduler=options.scheduler,
            workers=options.workers,
            folder=options.output,
            wanted=options.chapters,
            only=options.only,
            report=report,
        )
    finally:
        if bar is not None:
            bar.close()
    print(
        f"{len(outcome.whole)} of {outcome.cases} cases whole; {outcome.tasks} distinct tasks, "
        f"{outcome.kept} of them kept from before; tables in {paths.relative(outcome.folder)}"
    )
    if outcome.failed:
        words = sorted(set(outcome.failed.values()))
        print(f"{len(outcome.failed)} tasks failed, see failures.csv:", file=sys.stderr)
        print(*(f"  {text}" for text in words[:5]), sep="\n", file=sys.stderr)
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    sys.exit(
        commands.run(
            main, kept="what has been computed is kept; the same command goes on from there"
        )
    )
