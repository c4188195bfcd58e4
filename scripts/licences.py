"""Write docs/LICENCES.md anew: the licences of the packages of the lock and of what the book bundles."""

import argparse
import sys

from compendium import licences, paths
from compendium.errors import CompendiumError


def main() -> int:
    """Write the table, or say that it is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if the file is stale"
    )
    options = parser.parse_args()
    file = paths.ROOT / licences.FILE
    try:
        text = licences.table()
    except CompendiumError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if file.exists() and file.read_text("utf-8") == text:
        return 0
    if options.check:
        print(f"{licences.FILE} is stale; run `make licences`", file=sys.stderr)
        return 1
    file.write_text(text, "utf-8")
    print(f"written: {licences.FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
