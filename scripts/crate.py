"""Pack a built book with its data, code and runs as an RO-Crate, in a folder and as a zip."""

import argparse
import sys

from compendium import commands, crate, paths, scenarios


def main() -> int:
    """Pack one scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--scenario",
        default="replication",
        metavar="NAME",
        help="a scenario whose book is built (default: replication)",
    )
    scenario = scenarios.read(parser.parse_args().scenario)
    folder = crate.pack(scenario.name)
    print(f"packed: {paths.relative(folder)}, {paths.relative(folder.parent / crate.ARCHIVE)}")
    return 0


if __name__ == "__main__":
    sys.exit(commands.run(main, kept="the last crate is as it was"))
