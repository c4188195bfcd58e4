"""Build from a clean copy, put what came out into results/, and say what moved."""

import argparse
import sys

from compendium import commands, progress
from compendium.errors import CompendiumError
from compendium.verification import trial


def main() -> int:
    """Certify."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--release", default="", metavar="VERSION", help="record the numbers as those of a release"
    )
    release = parser.parse_args().release
    try:
        print(*trial.certify(progress.reporter(), release), sep="\n")
    except CompendiumError as error:
        print(f"{error}\nresults/ is as it was", file=sys.stderr)
        return error.exit_code
    print("Read what moved before you commit results/.")
    return 0


if __name__ == "__main__":
    sys.exit(commands.run(main, kept="results/ is as it was"))
