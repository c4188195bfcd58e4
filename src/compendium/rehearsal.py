"""The models, run once in the process that the kernels of a sweep are copies of.

Cases of a sweep have most of their parameters in common. What rests on those alone is then
remembered in every kernel (`compendium.memory`), and the project is imported. A run that began
so cannot tell what it read, and is not kept for later builds (`compendium.reads`).
"""

from __future__ import annotations

import contextlib
import os

from compendium import (  # noqa: F401 - what chapters import
    drawings,
    exhibits,
    figures,
    kernels,
    maps,
    models,
    parameters,
    whatif,
)


def rehearse(as_of: str) -> None:
    """Run every model at its defaults."""
    chosen = {chapter: parameters.validate(chapter, {"as_of": as_of}) for chapter in models.MODELS}
    with contextlib.suppress(Exception):  # what fails here fails in its notebook, and is told
        models.values_of(chosen)


if day := os.environ.get(kernels.AS_OF):
    rehearse(day)
