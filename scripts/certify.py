"""Build from a clean copy, put what came out into results/, and say what moved."""

import argparse
import sys

from compendium import progress
from compendium.errors import CompendiumError
from compendium.verification import builds, trial


def main() -> int:
    """Certify."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--release", default="", metavar="VERSION", help="record the numbers as those of a release"
    )
    release = parser.parse_args().release
    builds.leave_when_ended()
    try:
        print(*trial.certify(progress.reporter(), release), sep="\n")
    except CompendiumError as error:
        print(f"{error}\nresults/ is as it was", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nstopped; results/ is as it was", file=sys.stderr)
        return 130
    print("Read what moved before you commit results/.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
