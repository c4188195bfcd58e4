"""Say which numbers have moved since the results were certified, and why."""

import argparse
import sys

from compendium import estimates
from compendium.errors import CompendiumError


def main() -> int:
    """Compare."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    try:
        print(*estimates.lines(estimates.moved()), sep="\n")
    except CompendiumError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
