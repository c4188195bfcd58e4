"""Show the headline values as they would have been stated at the end of every month."""

import argparse
import sys

from compendium import paths, vintages
from compendium.errors import CompendiumError


def main() -> int:
    """Compute what is missing and render the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--scenario",
        default="hindsight",
        metavar="NAME",
        help="scenario whose vintage is the last (default: hindsight)",
    )
    try:
        page = vintages.build(parser.parse_args().scenario)
    except CompendiumError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"done: {paths.relative(page)}")
    return 0


if __name__ == "__main__":  # also keeps the processes it starts from starting more
    sys.exit(main())
