"""Set scenarios side by side on one page."""

import argparse
import sys

from compendium import comparison, paths
from compendium.errors import CompendiumError


def main() -> int:
    """Compare scenarios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", help="names; the first is compared with")
    try:
        page = comparison.compare(parser.parse_args().scenarios)
    except CompendiumError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"done: {paths.relative(page)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
