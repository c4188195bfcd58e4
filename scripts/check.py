"""Check citation, bibliography, tables, scenarios and prose, and report every fault at once."""

import argparse
import sys
from pathlib import Path

from compendium import (
    bibliography,
    book,
    citation,
    claims,
    commands,
    datapackage,
    models,
    notebooks,
    parameters,
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
    book.configuration(paths.ROOT / "_config.yml")
    present = [name for name in parameters.CHAPTERS if (paths.CHAPTERS / f"{name}.ipynb").exists()]
    faults = scenarios.check() + notebooks.check(present)
    try:
        tables = datapackage.require_valid(raw)
    except FaultsError as error:
        faults = [*error.faults, *faults]
    if faults:
        raise FaultsError(faults)
    # The quick before the long: the values take a minute.
    texts, permitted = list(prose.passages()), prose.allowed()
    found = models.every_value(scenarios.names())
    faults = claims.faults(found) + prose.audit(texts, found, permitted)
    if faults:
        raise FaultsError(faults)
    print(f"data: {len(tables)} tables, {sum(map(len, tables.values())):,} rows, no faults")
    print(f"scenarios: {', '.join(scenarios.names())}, no faults")
    print(f"prose: {len(texts):,} texts against {len(found):,} values, no faults")
    return 0


if __name__ == "__main__":
    sys.exit(commands.run(main))
