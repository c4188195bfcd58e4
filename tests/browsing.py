"""The browser that tests open pages in: the one that prints the book."""

import pytest

from compendium import printing
from compendium.errors import CompendiumError


def chromium() -> str | None:
    """Chromium of this machine, if there is one."""
    try:
        return printing.find_browser()
    except CompendiumError:
        return None


# Skips, and says how not to, where there is nothing to open pages with.
needs_browser = pytest.mark.skipif(
    chromium() is None,
    reason="no Chromium here: `apt-get install chromium`, or name one in CHROMIUM, and run again",
)
