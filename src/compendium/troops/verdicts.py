"""The study's claims on troops, each with a verdict by a written rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from compendium import evidence
from compendium import uncertainty as un
from compendium.claims import NOT_REPRODUCED, NOT_TESTABLE, OVERTAKEN, REPRODUCED, require_unit
from compendium.claims import OTHER_READING as ANOTHER
from compendium.parameters import TroopPlausibility
from compendium.troops import missions, money
from compendium.troops.projection import Projection
from compendium.troops.rows import rows

CHAPTER = "troop_plausibility"
# Missions of the two precedents the study names.
NAMED = ("Syria-civil-war", "Angola-civil-war", "Angola-FNLA-via-Zaire")
# A chance the directive on words of likelihood still calls unlikely.
UNLIKELY = un.band("unlikely")[1] / 100


class Verdict(NamedTuple):
    """A claim's verdict, the rule that gave it in words, and the rows it rests on."""

    claim: str
    verdict: str
    rule: str
    rows: tuple[str, ...]


def verdicts(
    p: TroopPlausibility,
    frames: Mapping[str, pd.DataFrame],
    prices: money.Prices | None,
    projection: Projection | None,
    u: Mapping,
) -> pd.DataFrame:
    """Verdict on each claim of the study on troops; none before the study was published.

    Returns
    -------
    pandas.DataFrame
        `claim`, `verdict` in `claims.VERDICTS`, `rule`, `rows`.
    """
    claims = evidence.claims(CHAPTER, p.as_of).set_index("claim_id")
    judged = {
        "troops-revenue": lambda claim: revenue(p, claim, prices, u),
        "troops-plausible": lambda _: plausible(p, frames["missions"]),
        "troops-cap": lambda claim: cap(claim, frames["ceiling"], projection),
    }
    found = [Verdict(name, *judged.get(name, no_rule)(claim)) for name, claim in claims.iterrows()]
    return pd.DataFrame(found, columns=Verdict._fields)


def no_rule(_):
    """Verdict on a claim that no rule of this module tests."""
    return NOT_TESTABLE, "no rule tests it", ()


def revenue(p: TroopPlausibility, claim, prices: money.Prices | None, u: Mapping):
    """Verdict on the income: whether the model's first year falls into the sum the study names.

    Notes
    -----
    ``reproduced`` if the 90 % interval of a first year's income lies within the claim's bounds
    at both sizes behind the study's range; ``reproduced with another reading`` if at one of
    them only, or if the pay comes in goods; ``not reproduced`` if at neither; ``not testable``
    where no pay is known.
    """
    require_unit(claim, "USD_million")
    if prices is None:
        return NOT_TESTABLE, "no row on pay was known", ()
    inside = []
    for men in money.STUDY_HEADS:
        low, high = un.interval(money.revenue(prices, u, men * money.MONTHS, men, 0.0), 0.9)
        inside.append(claim["low"] <= low and high <= claim["high"])
    ids = prices.all_rows
    if not any(inside):
        return NOT_REPRODUCED, "a first year's income lies outside the sum at either size", ids
    if not all(inside):
        return ANOTHER, "a first year's income lies within the sum at one of the two sizes", ids
    if p.payment == "in_kind":
        return ANOTHER, "the sum is met at both sizes, but as goods and not as money", ids
    return REPRODUCED, "a first year's income lies within the sum at both sizes", ids


def plausible(p: TroopPlausibility, past: pd.DataFrame):
    """Verdict on "plausible, given Syria and Angola".

    Notes
    -----
    ``overtaken`` once a party to the deployment has acknowledged it: it is then a fact. Before,
    missions must have begun in more than half of the decades: ``reproduced`` if the rows on
    the precedents named are good enough to be drawn from, ``reproduced with another reading``
    if other missions have to carry the judgement; else ``not reproduced``.
    """
    said = rows(p.as_of, "deployment_acknowledged")
    if len(said):
        return OVERTAKEN, "the deployment has been acknowledged", tuple(said["obs_id"])
    if past.empty:
        return NOT_TESTABLE, "no past mission was known", ()
    ids = tuple(sorted({row for used in past["rows"] for row in used}))
    if missions.chance(past, missions.full_decades(p.as_of), 10).share <= 0.5:
        return NOT_REPRODUCED, "missions began in half of the decades or fewer", ids
    named = past[past["mission"].isin(NAMED)]
    if (named["credibility"] <= p.worst_credibility).any():
        return REPRODUCED, "missions are frequent, and a precedent named is well attested", ids
    why = "missions are frequent, but the precedents named are too weakly attested to carry that"
    return ANOTHER, why, ids


def cap(claim, ceiling: pd.DataFrame, projection: Projection | None):
    """Verdict on the ceiling, under both readings.

    Notes
    -----
    A reading holds if no count has passed or may have passed the ceiling and the model's
    chance of passing it within twelve months is one that the directive calls unlikely at
    most. ``reproduced`` if both hold, ``reproduced with another reading`` if one does, ``not
    reproduced`` if none; ``not testable`` without counts.
    """
    if ceiling.empty or projection is None:
        return NOT_TESTABLE, "no count was known", ()
    last = projection.above[projection.above["months"] == projection.above["months"].max()]
    chances = last.set_index("quantity")["probability"]
    in_total = ceiling["reading"].str.startswith("in total")
    holds = {
        name: bool((own["passed"] == "no").all() and chances[quantity] <= UNLIKELY)
        for name, quantity, own in (
            ("at one time", "present", ceiling[~in_total]),
            ("in total", "sent", ceiling[in_total]),
        )
    }
    ids = tuple(dict.fromkeys(row for used in ceiling["rows"] for row in used))
    held = [name for name, ok in holds.items() if ok]
    if len(held) == len(holds):
        return (
            REPRODUCED,
            "no count has passed it and the model seldom does, at one time or in total",
            ids,
        )
    if held:
        failed = next(name for name in holds if name not in held)
        return ANOTHER, f"it holds {held[0]} and may be passed {failed}", ids
    return NOT_REPRODUCED, "it may be passed at one time and in total", ids
