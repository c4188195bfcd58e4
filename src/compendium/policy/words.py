"""Sentences that follow from the parameters and frames, so that none of them makes them false."""

from __future__ import annotations

from compendium.parameters import Recommendations
from compendium.policy import ranking


def opening(p: Recommendations) -> str:
    """How the weights behind the answer were found."""
    drawn = [weight is None for weight in ranking.given_weights(p)]
    if not any(drawn):
        return "With the weights that were given"
    if not all(drawn):
        return "With the weights that were given, and the others divided at random"
    if p.concentration == 1:
        return "When every division of the weights counts alike"
    more, less = ("nearly equal", "uneven")[:: 1 if p.concentration > 1 else -1]
    return f"When {more} weights count for more than {less} ones"


def not_added(flows: int) -> str:
    """Why the flows are not added up; nothing where there is one alone."""
    if flows < 2:
        return ""
    return (
        f"The {('two', 'three')[flows - 2]} are not added up: their errors are not known to be"
        " independent, and one lever may drive a flow into another."
    )
