"""Recommendations: options scored by judgement, ranked under every weighting, and counted.

The scores are judgements, kept as data with a reason and rows each. What the chapter adds is
not the scores but how far the order depends on them, on the weights and on the method.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from compendium.parameters import Recommendations
from compendium.policy import (
    advice,
    check,
    designations,
    flows,
    methods,
    projection,
    ranking,
    scores,
)
from compendium.policy.statements import cited, first_statement, statements, taken_statements
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
    series : dict of pandas.DataFrame
        Theft, trade, visits and listings for one time axis.
    origin : dict of str to str
        Where the values of other chapters were found.
    leader : str
        Option with the largest first-place share.
    """

    values: tuple[Value, ...]
    frames: dict[str, pd.DataFrame]
    series: dict[str, pd.DataFrame]
    origin: dict[str, str]
    leader: str


def run(p: Recommendations) -> Result:
    """The whole chapter from its parameters; the notebook only shows what this returns."""
    table = scores.in_use(p.as_of)
    drawn = ranking.draw(p, table)
    ranked = ranking.summary(drawn, table)
    leader = ranked.loc[ranked["first"].idxmax(), "option"]
    places = methods.side_by_side(p, table)
    found, origin = flows.flows(p)
    taken = flows.taken(p, found)
    listed = designations.plain(p.as_of)
    series = designations.aligned(p.as_of)
    stolen, theft_rows = projection.stolen(p)
    frames = {
        "scores": table,
        "unused": scores.unused(p.as_of),
        "ranked": ranked,
        "places": places,
        "agreement": methods.agreement(places),
        "reversals": methods.reversals(p, table),
        "first_by_method": methods.first_shares(p, drawn, table),
        "tipping": ranking.tipping(table, ranking.centre(ranking.given_weights(p))),
        "dominated": advice.dominated(table),
        "taken": taken,
        "equal": flows.equal_shares(p, taken),
        "designations": listed,
        "by_issuer": designations.by_issuer(listed),
        "since": designations.since(series, listed["day"].min() if len(listed) else None),
        "advice": advice.advice(p, table, ranked, places),
        "blanks": check.blanks(p, table),
        "drivers": check.drivers(p, table, drawn, leader),
        "then_and_now": check.then_and_now(p, ranked),
        "changes": check.changes(p),
        "projections": check.projections(p),
        "stolen": stolen,
        "listings": projection.listings(p),
    }
    published = statements(p, frames, leader, theft_rows)
    return Result(tuple(published), frames, series, origin, leader)


def headlines(p: Recommendations) -> list[Value]:
    """The headline values as `run` states them, without what they do not depend on."""
    table = scores.in_use(p.as_of)
    ranked = ranking.summary(ranking.draw(p, table), table).set_index("option")
    titles = scores.options().set_index("option")["title"]
    stolen = flows.crypto(p, flows.uniforms(p)[4])
    return [
        *(
            first_statement(name, row, titles[name], cited(table))
            for name, row in ranked.iterrows()
        ),
        *taken_statements(flows.taken(p, [] if stolen is None else [stolen])),
    ]
