"""Write codecheck.yml and docs/REPLICATION.md anew from what the compendium consists of."""

import argparse
import sys

from compendium import (
    chapters,
    commands,
    datapackage,
    description,
    paths,
    progress,
    scenarios,
    vintages,
)


def main() -> int:
    """Run the chapters, or take their kept runs, and write what has changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a file is stale"
    )
    options = parser.parse_args()
    datapackage.require_valid()
    scenario = scenarios.read(description.SCENARIO)
    paths.BUILD.mkdir(exist_ok=True)
    with commands.workshop(paths.BUILD, ".describe-") as folder:
        chapters.run_all(scenario, folder, progress.reporter())
        found = description.texts(folder, vintages.parts(scenario.as_of))
    if options.check:
        stale = description.stale(found)
        for file in stale:
            print(f"{file} is stale; run `make describe`", file=sys.stderr)
        return bool(stale)
    for file in description.write(found):
        print(f"written: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(commands.run(main))
