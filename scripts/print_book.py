"""Print the built book of a scenario to one PDF."""

import argparse
import sys

from compendium import commands, printing, progress, scenarios


def main() -> int:
    """Print one scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--scenario",
        default="replication",
        metavar="NAME",
        help="a scenario whose book is built (default: replication)",
    )
    parser.add_argument("--code", action="store_true", help="print the code of the chapters too")
    options = parser.parse_args()
    scenario = scenarios.read(options.scenario)
    printing.print_book(scenario.name, progress.reporter(), code=options.code)
    return 0


if __name__ == "__main__":
    sys.exit(commands.run(main, kept="the last print is as it was"))
