"""Say which numbers have moved since the results were certified, and why."""

import argparse
import sys

from compendium import commands, estimates


def main() -> int:
    """Compare."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(*estimates.lines(estimates.moved()), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(commands.run(main))
