"""Write docs/LICENCES.md anew: the licences of the packages of the lock and of what the book bundles."""

import argparse
import sys

from compendium import commands, files, licences, paths


def main() -> int:
    """Write the table, or say that it is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if the file is stale"
    )
    options = parser.parse_args()
    file, text = paths.ROOT / licences.FILE, licences.table()
    if file.exists() and file.read_bytes() == text.encode():
        return 0
    if options.check:
        print(f"{licences.FILE} is stale; run `make licences`", file=sys.stderr)
        return 1
    files.put(file, text)
    print(f"written: {licences.FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(commands.run(main))
