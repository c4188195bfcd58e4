"""Kremlin strategy: what conduct shows of motives, claim by claim and against rival explanations.

Verdicts come from a written rule on readings of rows, not from the author's hand; the scores
of rows against explanations are judgement, kept as data.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from compendium.parameters import KremlinStrategy
from compendium.strategy import (
    aid,
    conflicts,
    costs,
    dates,
    hypotheses,
    projection,
    sensitivity,
    verdicts,
    votes,
)
from compendium.strategy.statements import hypothesis_statements, statements
from compendium.values import Value

__all__ = ["Result", "headlines", "run"]


@dataclass(frozen=True)
class Result:
    """Everything the chapter shows.

    Attributes
    ----------
    values : tuple of Value
        The numbers the chapter states.
    frames : dict of pandas.DataFrame
        Tables by name; an empty one means that `as_of` could not know it.
    readings : tuple of verdicts.Reading
        What each indicator says on each claim.
    """

    values: tuple[Value, ...]
    frames: dict[str, pd.DataFrame]
    readings: tuple[verdicts.Reading, ...]


def run(p: KremlinStrategy) -> Result:
    """The whole chapter from its parameters; the notebook only shows what this returns."""
    readings = verdicts.readings(p)
    shares = votes.shares(p.as_of)
    frames = {
        "aid": aid.monthly(p.as_of, p.measure),
        "effects": aid.effects(p),
        "grid": sensitivity.grid(p),
        "largest": aid.largest(p.as_of, p.measure),
        "polls": aid.polls(p.as_of),
        "timeline": dates.timeline(p.as_of),
        "shares": shares,
        "tallies": votes.tallies(p.as_of),
        "country_votes": votes.country_votes(p.as_of),
        "ideal_points": votes.ideal_points(p.as_of),
        "china_trade": costs.china_trade(p.as_of),
        "china_changes": costs.china_changes(p.as_of),
        "quality": costs.quality(p.as_of),
        "technology": costs.technology(p.as_of),
        "readings": pd.DataFrame(readings, columns=verdicts.Reading._fields),
        "verdicts": verdicts.table(p, readings),
        **_explanations(p),
        "moved": sensitivity.moved(p),
        "projected": projection.project(p),
        "check": projection.check(p),
        "conflicts": conflicts.table(p.as_of, conflicts.CONFLICTS),
    }
    return Result(tuple(statements(p, frames, readings)), frames, tuple(readings))


def headlines(p: KremlinStrategy) -> list[Value]:
    """The headline values as `run` states them, without what they do not depend on."""
    return hypothesis_statements(p, _explanations(p))


def _explanations(p: KremlinStrategy) -> dict[str, pd.DataFrame]:
    scores = hypotheses.table(p.as_of)
    points = hypotheses.against(hypotheses.matrix(scores), hypotheses.weights(scores, p.weighting))
    return {
        "scores": scores,
        "totals": hypotheses.totals(points),
        "evidence": hypotheses.rows(scores, p),
        "schemes": hypotheses.schemes(scores),
        "pairs": hypotheses.drop_two(points),
        "bootstrap": hypotheses.bootstrap(points, p.bootstrap_draws, p.seed),
    }
