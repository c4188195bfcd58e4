"""Set scenarios side by side on one page."""

import argparse
import sys

from compendium import commands, comparison, paths


def main() -> int:
    """Compare scenarios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", help="names; the first is compared with")
    page = comparison.compare(parser.parse_args().scenarios)
    print(f"done: {paths.relative(page)}")
    return 0


if __name__ == "__main__":
    sys.exit(commands.run(main))
