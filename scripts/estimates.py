"""Record the numbers of a release, or say what has moved since the last one."""

import argparse
import sys

from compendium import estimates
from compendium.errors import CompendiumError


def main() -> int:
    """Record or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", metavar="RELEASE", help="version to record, such as 0.2.0")
    release = parser.parse_args().record
    try:
        if release is not None:
            print(f"recorded {estimates.record(release):,} numbers of release {release}")
            return 0
        moved = estimates.moved()
    except CompendiumError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for row in moved.itertuples():
        ends = " -> ".join(
            "none" if end != end else f"{end:,.6g}" for end in (row.before, row.after)
        )
        print(f"{row.scenario}: {row.id}: {ends}: {row.why}")
    count = f"{len(moved)} number{' has' if len(moved) == 1 else 's have'}"
    last = estimates.read().iloc[-1]
    print(f"{count} moved since release {last['release']} of {last['date']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
