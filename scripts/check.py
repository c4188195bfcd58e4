"""Check citation, bibliography, tables, scenarios and prose, and report every fault at once."""

import argparse
import sys
from pathlib import Path

from compendium import (
    bibliography,
    citation,
    claims,
    commands,
    datapackage,
    models,
    paths,
    prose,
    scenarios,
)
from compendium.errors import FaultsError


def main() -> int:
    """Check what a build rests on and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--raw",
        type=Path,
        default=paths.RAW,
        metavar="DIR",
        help="folder of the tables (default: data/raw)",
    )
    raw = parser.parse_args().raw
    citation.read(paths.ROOT / citation.NAME)
    bibliography.works(paths.ROOT / bibliography.FILE)
    faults = scenarios.check()
    try:
        tables = datapackage.require_valid(raw)
    except FaultsError as error:
        faults = [*error.faults, *faults]
    if faults:
        raise FaultsError(faults)
    found = models.every_value(scenarios.names())
    texts = list(prose.passages())
    faults = claims.faults(found) + prose.audit(texts, found, prose.allowed())
    if faults:
        raise FaultsError(faults)
    print(f"data: {len(tables)} tables, {sum(map(len, tables.values())):,} rows, no faults")
    print(f"scenarios: {', '.join(scenarios.names())}, no faults")
    print(f"prose: {len(texts):,} texts against {len(found):,} values, no faults")
    return 0


if __name__ == "__main__":
    sys.exit(commands.run(main))
