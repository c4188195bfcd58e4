"""Ask which packages of the lock have a known vulnerability.

Exits with 0 if none is known, with 1 if one is, and with 3 if nothing could be asked.
"""

import argparse
import sys

from compendium import audit, commands


def main() -> int:
    """Ask, and say what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--service",
        default="",
        metavar="ADDRESS",
        help="ask here instead; it must speak as OSV does",
    )
    answer = audit.ask(parser.parse_args().service)
    print(answer.text, file=sys.stderr if answer.code else sys.stdout)
    return answer.code


if __name__ == "__main__":
    sys.exit(commands.run(main))
