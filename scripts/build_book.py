"""Check the evidence, run the chapters of a scenario and render its book."""

import argparse
import sys

from compendium import build, chapters
from compendium.errors import CompendiumError


def main() -> int:
    """Build one scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--scenario",
        default="replication",
        metavar="NAME",
        help="a file of scenarios/ without its ending (default: replication)",
    )
    parser.add_argument("--verbose", action="store_true", help="show what Jupyter Book prints")
    options = parser.parse_args()
    try:
        build.build(options.scenario, chapters.reporter(), options.verbose)
    except CompendiumError as error:
        lead = "\n" if sys.stderr.isatty() else ""  # leave the line of the progress
        print(f"{lead}{error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
