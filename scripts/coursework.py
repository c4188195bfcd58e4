"""Make the notebooks of a course from a chapter, or grade a filled copy of one."""

import argparse
import sys
from pathlib import Path

from compendium import commands, coursework, scenarios

LONGEST = 86_400  # seconds; a day


def seconds(text: str) -> int:
    """A time limit; the client of notebooks takes no part of a second, and 0 for no limit."""
    if not (text.isdecimal() and len(text) <= len(str(LONGEST)) and 1 <= int(text) <= LONGEST):
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: whole seconds from 1 to {LONGEST:,}")
    return int(text)


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
        type=seconds,
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
