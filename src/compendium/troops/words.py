"""Sentences that follow from rows and frames, so that no vintage, parameter or row makes them false."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from scipy import stats

from compendium import evidence
from compendium.values import Value

CHAPTER = "troop_plausibility"
LAST_OF_COLD_WAR = "1980s"
SMALL = 5  # percent: chance of a statistic below which an even pace is held to be ruled out
SCENARIOS = {"low": "cautious", "middle": "middle", "high": "bold"}
LIMITS = {"lift": "transport", "escapes": "flight"}
# By the number of the study's two sizes at which its sum is met.
SIZES_MET = ("at neither size", "at one of the two sizes only", "at either size")


def fullest(table: pd.DataFrame) -> list[str]:
    """The decades in which most missions began."""
    return list(table.loc[table["missions"] == table["missions"].max(), "decade"])


def clustering(table: pd.DataFrame, chance: Value) -> str:
    """Whether missions come evenly, by the chance of so large an index of dispersion."""
    says = (
        "The missions do not come evenly"
        if chance.value < SMALL
        else "An even pace is not ruled out"
    )
    text = (
        f"{says}: by full decades, their variance is {{value}}`troop_plausibility.dispersion` times their mean.\n"
        "The index of dispersion is {value}`troop_plausibility.dispersion_statistic` on {value}`troop_plausibility.dispersion_freedom` degrees of freedom;"
        " an even pace would give as much in {value}`troop_plausibility.dispersion_p` of cases.\n"
    )
    if chance.value >= SMALL:
        return text + "The intervals of the rates are widened by that variance all the same.\n"
    if fullest(table) == [LAST_OF_COLD_WAR]:
        text += "The cluster is that of the last decade of the Cold War, whose customers are gone, so no constant rate is assumed"
    else:
        text += "So no constant rate is assumed"
    return f"{text} and the intervals of the rates are widened by it.\n"


def decades(table: pd.DataFrame) -> str:
    """Into which decade the missions fall, for a caption."""
    begun = table.set_index("decade")["missions"]
    if fullest(table) != [LAST_OF_COLD_WAR]:
        return "Missions begun by decade: no more fall into the last decade of the Cold War than into another."
    if begun.max() * 2 > begun.sum():
        return "Missions begun by decade: most fall into the last decade of the Cold War."
    return "Missions begun by decade: more fall into the last decade of the Cold War than into any other."


def limits(binding: pd.DataFrame, caps: pd.DataFrame) -> str:
    """Whether transport or flight is what limits the number, and in which scenario.

    `caps` has the limits that rows were known for; nothing is said of another.
    """
    own = binding[binding["cap"].isin(LIMITS)]
    if own.empty:
        known = [word for cap, word in LIMITS.items() if cap in set(caps["cap"])]
        if len(known) == len(LIMITS):
            return "Neither transport nor flight is what limits the number."
        told = [f"{word.capitalize()} is not what limits the number." for word in known]
        told += [
            f"No row known by then sets a limit by {word}."
            for word in LIMITS.values()
            if word not in known
        ]
        return " ".join(told)
    said = "; ".join(
        f"in the {SCENARIOS[row.scenario]} scenario {LIMITS[row.cap]} limits the number"
        for row in own.itertuples()
    )
    return said[0].upper() + said[1:] + "."


def band_width(inside: int, counts: int, level: float) -> str:
    """Whether so few counts inside a band of probability `level` show it to be too narrow.

    Yes where a band of the right width would hold so few or fewer in less than `SMALL` percent
    of cases, were the counts independent. A new line, or nothing where enough are inside.
    """
    if inside >= counts * level:
        return ""
    says = (
        "**The band is too narrow.**"
        if stats.binom.cdf(inside, counts, level) * 100 < SMALL
        else "So few counts do not show whether the band is too narrow."
    )
    return (
        f"\n{says} A draw takes one word with the slack of its wording;"
        " that all words of a camp may be wrong together is not in it."
    )


def ways(table: pd.DataFrame, head: float) -> str:
    """How many of the ways lead to the study's price a head exactly."""
    exact = int((table["total"].round(2) == round(head, 2)).sum())
    if exact == 2:
        return "Two ways lead to that price exactly."
    if exact == len(table):
        return "One way leads to that price exactly."
    return (
        "Two ways have been tried, and one leads to that price exactly."
        if exact
        else "No way that has been tried leads to that price exactly."
    )


def ways_caption(table: pd.DataFrame, head: float) -> str:
    """The same for the caption of their table."""
    if (table["total"].round(2) == round(head, 2)).sum() == 2:
        return "Two exact ways to the same sum a head; neither is proved."
    return "Ways tried to reach the study's sum a head, exact or not; none is proved."


def unjudged(left: Value) -> str:
    """Which counts of additional men no forecast is set against."""
    return (
        "Set against no forecast, as it is not judged whether they are of further men than those"
        f" counted before: {evidence.joined(left.rows)}."
    )


def put(what: str, ids: tuple[str, ...]) -> str:
    """Whether rows or a parameter set a price, for the start of a sentence."""
    return f"Known rows put {what}" if ids else f"A parameter puts {what}"


def sizes_met(as_of, first_years: Iterable[Value]) -> int:
    """At how many of the study's two sizes a first year's income lies within the sum it names."""
    claim = evidence.claims(CHAPTER, as_of).set_index("claim_id").loc["troops-revenue"]
    return sum(claim["low"] <= year.low and year.high <= claim["high"] for year in first_years)


def order_of_magnitude(as_of, first_years: Iterable[Value]) -> str:
    """Whether the order of magnitude of the study's sum holds."""
    met = sizes_met(as_of, first_years)
    where = "at any size that was discussed" if met == 2 else SIZES_MET[met]
    return f"So the order of magnitude of the study holds {where}."


def dead_as_projected(projected: Value, counted: Value) -> str:
    """Whether as many died as the upper tenth of the projected interval has, or more."""
    if counted.value < projected.high - (projected.high - projected.low) / 10:
        return ""
    where = "above" if counted.value > projected.high else "close to"
    return (
        f"The dead were {where} the upper end: {{value}}`troop_plausibility.check_killed_12 interval` projected,"
        " {value}`troop_plausibility.check_killed_12_counted` counted.\n"
    )
