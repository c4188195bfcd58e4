"""Verdicts on the study's statements: five words and the rule that picks one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from compendium.errors import CompendiumError
from compendium.values import Value

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


@dataclass(frozen=True)
class Tested:
    """A statement, how probable it is, and on which rows that rests.

    Attributes
    ----------
    claim_id, statement, figure : str
    chosen : float or None
        Probability under the chosen parameters and what was known on the day of the study.
    readings : dict of str to float
        The same under other readings.
    later : float or None
        Probability with what is known by `as_of`, where that is later.
    rows : tuple of str
    """

    claim_id: str
    statement: str
    figure: str
    chosen: float | None
    readings: dict[str, float] = field(default_factory=dict)
    later: float | None = None
    rows: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """Word for the outcome, by the rule of `verdict`."""
        return verdict(self.chosen, self.readings, self.later)


def figure(claim: pd.Series) -> str:
    """Figure of a statement with its unit; empty where it has none."""
    ends = [end for end in dict.fromkeys((claim["low"], claim["high"])) if pd.notna(end)]
    return (
        f"{' to '.join(f'{end:,.10g}' for end in ends)} {claim['unit'].replace('_', ' ')}"
        if ends
        else ""
    )


def values_of(chapter: str, outcomes: Iterable[Tested]) -> list[Value]:
    """Verdict on each statement as a value, with the probabilities behind it.

    ``chapter.verdict_claim``, ``chapter.holds_claim`` (chosen parameters, what was known on
    the day of the study) and ``chapter.later_claim`` (with later evidence), hyphens turned
    into underscores.
    """
    found = []
    for outcome in outcomes:
        name = outcome.claim_id.replace("-", "_")
        details = {"kind": "score", "rows": outcome.rows}
        found.append(
            Value(f"{chapter}.verdict_{name}", outcome.verdict, unit="text",
                  label=f"Verdict on {outcome.claim_id}", **details)
        )  # fmt: skip
        for kind, probability, label in (
            ("holds", outcome.chosen, "under the chosen parameters"),
            ("later", outcome.later, "with later evidence"),
        ):
            if probability is not None:
                found.append(
                    Value(f"{chapter}.{kind}_{name}", probability * 100, unit="percent",
                          label=f"Probability that {outcome.claim_id} holds, {label}", **details)
                )  # fmt: skip
    return found
