"""Verdicts on the study's statements: five words and the rule that picks one."""

from __future__ import annotations

import math
from collections.abc import Mapping

from compendium.errors import CompendiumError

REPRODUCED = "reproduced"
OTHER_READING = "reproduced with another reading"
NOT_REPRODUCED = "not reproduced"
NOT_TESTABLE = "not testable"
OVERTAKEN = "overtaken"
VERDICTS = (REPRODUCED, OTHER_READING, NOT_REPRODUCED, NOT_TESTABLE, OVERTAKEN)

HOLDS = 0.5  # a statement holds if this is at least as probable as not


def verdict(chosen: float | None, readings: Mapping[str, float], later: float | None) -> str:
    """Verdict on a statement from the probability that it holds.

    Parameters
    ----------
    chosen : float or None
        Probability under the chosen parameters and what was known when it was made; None
        where it cannot be said.
    readings : mapping of str to float
        The same under other readings, by their name; None where nothing can be said.
    later : float or None
        Probability with the evidence that became known later.

    Returns
    -------
    str
        One of `VERDICTS`, by the first rule that fits:

        1. No probability at all: not testable.
        2. It held under the chosen parameters and later evidence speaks against it: overtaken.
        3. It holds under the chosen parameters: reproduced.
        4. It holds under another reading: reproduced with another reading.
        5. Otherwise: not reproduced.

    Raises
    ------
    CompendiumError
        A probability is not a number from 0 to 1.
    """
    given = [("chosen", chosen), *readings.items(), ("later", later)]
    known = [(name, p) for name, p in given if p is not None]
    for name, p in known:
        if math.isnan(p) or not 0 <= p <= 1:
            raise CompendiumError(f"verdict, {name}: {p} is not a probability from 0 to 1")
    if not known:
        return NOT_TESTABLE
    held = chosen is not None and chosen >= HOLDS
    if held and later is not None and later < HOLDS:
        return OVERTAKEN
    if held:
        return REPRODUCED
    if any(p >= HOLDS for p in readings.values() if p is not None):
        return OTHER_READING
    return NOT_REPRODUCED
