"""Where things are; every other module asks here."""

from __future__ import annotations

import os
from pathlib import Path


def find_root() -> Path:
    """Top of the checkout: `COMPENDIUM_ROOT`, else the folder above `src/`."""
    return Path(os.environ.get("COMPENDIUM_ROOT") or Path(__file__).parents[2]).resolve()


ROOT = find_root()
CHAPTERS = ROOT / "chapters"
SCENARIOS = ROOT / "scenarios"
DATA = ROOT / "data"
RAW = DATA / "raw"
DATAPACKAGE = DATA / "datapackage.json"
BUILD = ROOT / "_build"
RESULTS = ROOT / "results"


def relative(path: Path | str) -> str:
    """Path as the reader of a message knows it: from the top of the checkout."""
    path = Path(path).absolute()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def scenario_names() -> list[str]:
    """Names of the scenarios at hand."""
    return sorted(file.stem for file in SCENARIOS.glob("*.yml"))
