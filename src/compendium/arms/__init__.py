"""Arms trade: what was shipped, what it was worth, what that does not tell.

Quantities come as statements of issuers that contradict each other; they are not averaged.
Each draw of the value model takes one issuer's word, so that disagreement stays in the
interval.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compendium.arms.economy import shares, yardsticks
from compendium.arms.estimates import follow_up_check, other_estimates
from compendium.arms.projection import Projection, project
from compendium.arms.reconstruction import Grid, grid, matches, needed_prices, study_bounds
from compendium.arms.sensitivity import across_bases, leave_one_out, sobol_indices, tornado
from compendium.arms.shipments import (
    containers,
    conversions,
    guns,
    mass_check,
    missiles,
    rockets,
    route,
    shells,
)
from compendium.arms.statements import (
    inside_statements,
    projection_statements,
    share_statements,
    statements,
    total_statement,
)
from compendium.arms.value import (
    Inputs,
    by_basis,
    by_issuer,
    draw,
    draw_yearly,
    hump_makers,
    inputs,
    shown_prices,
)
from compendium.arms.verdicts import tested
from compendium.claims import Tested
from compendium.parameters import ArmsTrade
from compendium.uncertainty import summary
from compendium.values import Value

__all__ = ["Result", "headlines", "leave_one_out", "needed_prices", "run"]


@dataclass(frozen=True)
class Result:
    """Everything the chapter shows.

    Attributes
    ----------
    values : tuple of Value
        The numbers the chapter states.
    inputs : Inputs
        Ranges the value model drew from.
    draws : ndarray
        Value of all deliveries, USD million, one entry a draw.
    yearly : ndarray
        Value of the deliveries a year, USD million; empty where no count ran long enough.
    frames : dict of pandas.DataFrame
        Tables by name; an empty one means that `as_of` could not know it.
    projection : Projection or None
    across : list of Inputs
        Ranges under every usable price basis.
    grid : Grid or None
        Sourced figures of the day of the study; None before it was published.
    humps : list of list of str
        Issuers whose own median lies in each hump of the draws, lower hump first.
    tested : list of Tested
        The study's statements with their verdicts.
    """

    values: tuple[Value, ...]
    inputs: Inputs
    draws: NDArray[np.float64]
    yearly: NDArray[np.float64]
    frames: dict[str, pd.DataFrame]
    projection: Projection | None
    across: list[Inputs]
    grid: Grid | None
    humps: list[list[str]]
    tested: list[Tested]


def run(p: ArmsTrade) -> Result:
    """The whole chapter from its parameters; the notebook only shows what this returns."""
    given = inputs(p)
    parts = draw(given, p.draws, p.seed)
    bases = by_basis(p)
    study = study_bounds(p.as_of)
    # The author could combine only what was public on the day of the study.
    study_day = study["stated_on"].iloc[0].date() if len(study) else None
    limits = (p.worst_credibility, p.worst_factor_credibility)
    sourced = grid(study_day, *limits) if study_day else None
    found = matches(sourced, *study["value"], p.tolerance) if sourced else {}
    outcomes = tested(p, study_day) if study_day else []
    projection = project(p)
    across = across_bases(p)
    issuers = by_issuer(p, given)
    humps = hump_makers(issuers, parts["total"])
    frames = {
        "containers": containers(p.as_of),
        "route": route(p.as_of),
        "shells": shells(p.as_of),
        "rockets": rockets(p.as_of),
        "missiles": missiles(p.as_of),
        "guns": guns(p.as_of),
        "conversions": conversions(p.as_of),
        "masses": mass_check(p.as_of, float(conversions(p.as_of)["high"].max())),
        "prices": shown_prices(p.as_of),
        "bases": bases,
        "issuers": issuers,
        "study": study,
        **{f"reach_{name}": frame for name, frame in found.items()},
        "shares": shares(summary(parts["total"]), yardsticks(p.as_of)),
        "sobol": sobol_indices(given, p.sobol_samples, p.seed),
        "sobol_across": sobol_indices(across, p.sobol_samples, p.seed),
        "tornado": tornado(p, bases),
        "estimates": other_estimates(p.as_of),
        "follow_up": follow_up_check(p.as_of),
    }
    yearly = draw_yearly(given, p.draws, p.seed)
    found = Result(
        (), given, parts["total"], yearly, frames, projection, across, sourced, humps, outcomes
    )
    return replace(found, values=tuple(statements(p, found)))


def headlines(p: ArmsTrade) -> list[Value]:
    """The headline values as `run` states them, without what they do not depend on."""
    given = inputs(p)
    total = draw(given, p.draws, p.seed)["total"]
    s = summary(total)
    return [
        total_statement(p, s, given),
        *inside_statements(study_bounds(p.as_of), total, given),
        *share_statements(p, shares(s, yardsticks(p.as_of)), given),
        *projection_statements(project(p)),
    ]
