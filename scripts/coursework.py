"""Make the notebooks of a course from a chapter, or grade a filled copy of one."""

import argparse
import sys
from pathlib import Path

from compendium import commands, coursework, scenarios


def main() -> int:
    """Write or grade."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--chapter", metavar="NAME", help="chapter to take the exercises from")
    what.add_argument("--grade", metavar="NOTEBOOK", help="filled copy to run and grade")
    parser.add_argument(
        "--scenario",
        default="replication",
        metavar="NAME",
        help="parameters to ask under: a file of scenarios/ without its ending (default: replication)",
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=coursework.TIMEOUT,
        metavar="SECONDS",
        help="what a cell may take when graded (default: %(default)s)",
    )
    options = parser.parse_args()
    if options.grade is not None:
        print(coursework.grade(Path(options.grade), options.timeout))
    else:
        chapter = coursework.require_chapter(options.chapter)
        coursework.write(chapter, scenarios.read(options.scenario).chapters[chapter])
    return 0


if __name__ == "__main__":
    sys.exit(commands.run(main))
