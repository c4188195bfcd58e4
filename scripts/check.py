"""Check the evidence tables against data/datapackage.json and report every fault at once."""

import argparse
import sys
from pathlib import Path

from compendium import datapackage, paths
from compendium.errors import CompendiumError


def main() -> int:
    """Check the tables and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--raw",
        type=Path,
        default=paths.RAW,
        metavar="DIR",
        help="folder of the tables (default: data/raw)",
    )
    try:
        tables = datapackage.require_valid(parser.parse_args().raw)
    except CompendiumError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"data: {len(tables)} tables, {sum(map(len, tables.values())):,} rows, no faults")
    return 0


if __name__ == "__main__":
    sys.exit(main())
