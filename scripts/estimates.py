"""Record the numbers of a release, or say what has moved since the last one."""

import argparse
import sys

from compendium import estimates
from compendium.errors import CompendiumError


def _text(value: float, low: float, high: float) -> str:
    """A number with its interval, if any; nothing in a table is no number."""
    if value != value or value is None:
        return "none"
    ends = low is not None and low == low
    return f"{value:,.6g}" + (f" ({low:,.6g} to {high:,.6g})" if ends else "")


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
        before = _text(row.before, row.before_low, row.before_high)
        ends = f"{before} -> {_text(row.after, row.after_low, row.after_high)}"
        print(f"{row.scenario}: {row.id}: {ends}: {row.why}")
    count = f"{len(moved)} number{' has' if len(moved) == 1 else 's have'}"
    last = estimates.read().iloc[-1]
    print(f"{count} moved since release {last['release']} of {last['date']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
