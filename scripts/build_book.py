"""Check the evidence, run the chapters of a scenario and render its book."""

import argparse
import sys

from compendium import build, commands, progress


def main() -> int:
    """Build one scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--scenario",
        default="replication",
        metavar="NAME",
        help="a file of scenarios/ without its ending (default: replication)",
    )
    parser.add_argument(
        "--kernel",
        default="warm",
        choices=("warm", "fresh"),
        help="warm: notebooks run in copies of a process with the libraries imported (default); "
        "fresh: each in a process started from nothing",
    )
    parser.add_argument(
        "--explain", action="store_true", help="say for each chapter what has changed"
    )
    parser.add_argument(
        "--no-solutions",
        action="store_true",
        help="leave the solutions of the exercises out of the book",
    )
    parser.add_argument("--verbose", action="store_true", help="show what Jupyter Book prints")
    options = parser.parse_args()
    build.build(
        options.scenario,
        progress.reporter(),
        options.verbose,
        kernel=options.kernel,
        explain=options.explain,
        solutions=not options.no_solutions,
    )
    return 0


if __name__ == "__main__":
    sys.exit(commands.run(main, kept="the last book is as it was"))
