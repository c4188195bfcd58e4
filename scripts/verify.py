"""Build twice from clean copies, and hold the books against each other and against results/."""

import argparse
import sys
from pathlib import Path

from compendium import commands, paths, progress
from compendium.verification import trial


def main() -> int:
    """Verify, and exit with 1 where anything did not come out as certified."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--report",
        type=Path,
        default=paths.ROOT / "verify-report",
        metavar="DIR",
        help="folder of the report (default: verify-report)",
    )
    folder = parser.parse_args().report
    return 0 if trial.verify(progress.reporter(), folder) else 1


if __name__ == "__main__":
    sys.exit(commands.run(main, kept="the last report is as it was"))
