"""Parameters of the chapters: type, unit, range and reason of each; refusals in plain words."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import os
from collections.abc import Iterable, Mapping, MutableMapping
from types import ModuleType
from typing import Annotated, Any, Literal, NamedTuple, Self, get_args

import annotated_types
import pandas as pd
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from compendium import datapackage, register
from compendium.errors import CompendiumError, Fault, FaultsError, nearest

FIRST_DAY = dt.date(2023, 11, 2)
LAST_DAY = dt.date(2030, 12, 31)
MIN_MONTHS = 3  # of visits on either side of a break of the pace


def parameter(
    default: Any, unit: str, reason: str, *, ge=None, le=None, unset: str = "from the rows"
) -> Any:
    """Field of a parameter model: default, unit, reason, closed range, and what None means."""
    extra = {"unit": unit, "unset": unset}
    return Field(default, ge=ge, le=le, description=reason, json_schema_extra=extra)


def _to_date(value: object) -> object:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        day = dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        day = None
    if day is None or str(day) != value:  # the weeks and bare digits of ISO 8601 are refused too
        raise ValueError("not an ISO date such as 2024-10-28")
    return day


def _power_of_two(value: int) -> int:
    if value & (value - 1):
        raise ValueError("not a power of two such as 16384")
    return value


def _month(value: str) -> str:
    try:
        parsed = dt.date.fromisoformat(f"{value}-01")
    except ValueError:
        raise ValueError("not a month such as 2023-07") from None
    if not 1990 <= parsed.year <= LAST_DAY.year:
        raise ValueError(f"not a month from 1990-01 to {LAST_DAY:%Y-%m}")
    return value


Day = Annotated[dt.date, BeforeValidator(_to_date)]
Month = Annotated[str, AfterValidator(_month)]
PowerOfTwo = Annotated[int, AfterValidator(_power_of_two)]

PriceBasis = Literal["discounted_cost", "russian_cost", "iran_contract", "market", "western"]
QuantityBasis = Literal["stated_rounds", "containers"]
H1Reading = Literal["half_year", "full_year", "drop"]
Yardstick = Literal[
    "press_page", "gni_nominal", "gdp_nominal", "gdp_real", "gdp_real_rebased", "gdp_real_2022"
]


class Parameters(BaseModel):
    """What every chapter has."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    as_of: Day = parameter(
        dt.date(2024, 10, 28),
        "date",
        "Vintage: only what was known by this day is used; the default is the day of the study.",
        ge=FIRST_DAY,
        le=LAST_DAY,
    )


class Misfit(NamedTuple):
    """A parameter that is well in itself and does not fit another one.

    Attributes
    ----------
    name : str
        The parameter to change.
    problem : str
        What is wrong, in words that follow "parameter NAME: ".
    allowed : str
        What would fit.
    """

    name: str
    problem: str
    allowed: str


class MisfitsError(ValueError):
    """What a model validator raises: every parameter that does not fit the others.

    Attributes
    ----------
    misfits : tuple of Misfit
    """

    def __init__(self, misfits: Iterable[Misfit]):
        self.misfits = tuple(misfits)
        super().__init__("; ".join(f"{m.name}: {m.problem}" for m in self.misfits))


def refuse(*found: Iterable[Misfit]) -> None:
    """Raise all misfits at once, if there are any; the last line of a model validator."""
    misfits = [misfit for some in found for misfit in some]
    if misfits:
        raise MisfitsError(misfits)


def rising(given: Parameters, *names: str, strictly: bool = False) -> list[Misfit]:
    """Neighbours among these parameters that do not rise.

    Parameters
    ----------
    given : Parameters
    *names : str
        Parameters of one kind (numbers, dates, or months as texts), lowest first; one that
        is None has no place in the order and is passed over.
    strictly : bool
        Whether two equal neighbours are a fault too.

    Returns
    -------
    list of Misfit
        One a pair. Of the two, the one that is not at its default is named: it is the one
        that somebody has set.
    """
    fields = type(given).model_fields
    names = tuple(name for name in names if getattr(given, name) is not None)
    sign = " < " if strictly else " <= "
    found = []
    for lower, upper in zip(names, names[1:], strict=False):
        below, above = getattr(given, lower), getattr(given, upper)
        if below < above or (below == above and not strictly):
            continue
        set_by_hand = getattr(given, upper) != fields[upper].default
        untouched = getattr(given, lower) == fields[lower].default
        name, side, other = (
            (upper, "below", lower) if set_by_hand and untouched else (lower, "above", upper)
        )
        if below == above:
            side = "equal to"
        problem = f"{side} {other} ({getattr(given, other)})"
        found.append(Misfit(name, problem, sign.join(names)))
    return found


class ArmsTrade(Parameters):
    """Parameters of the arms-trade chapter."""

    quantity_basis: QuantityBasis = parameter(
        "stated_rounds",
        "choice",
        "Rounds as issuers state them, or their container counts times a loading.",
    )
    max_age_days: int = parameter(
        240,
        "days",
        "Statements this much older than the newest one no longer count as current totals.",
        ge=30,
        le=1500,
    )
    worst_credibility: int = parameter(
        3,
        "grade",
        "Counts with a worse credibility grade are shown but not drawn from.",
        ge=1,
        le=6,
    )
    worst_factor_credibility: int = parameter(
        3,
        "grade",
        "Prices, loadings and shares with a worse credibility grade are shown but neither drawn from nor combined.",
        ge=1,
        le=6,
    )
    loading: float | None = parameter(
        None,
        "rounds_per_container",
        "152 mm rounds a container; None draws between the lowest and highest known loading.",
        ge=50,
        le=700,
    )
    rocket_share: float | None = parameter(
        None,
        "share",
        "Share of containers with 122 mm rockets; None draws from 0 to what known quantities by calibre imply, or to 1.",
        ge=0,
        le=1,
    )
    price_basis: PriceBasis = parameter(
        "discounted_cost",
        "choice",
        "What a 152 mm round is priced by; the default is what analysts assume this buyer pays this seller.",
    )
    shell_price: float | None = parameter(
        None,
        "USD_per_round",
        "Price of a 152 mm round set by hand; None draws between the rows of the basis.",
        ge=10,
        le=20_000,
    )
    missiles: int | None = parameter(
        None,
        "missiles",
        "Ballistic missiles delivered; None draws between the issuers' latest counts.",
        ge=0,
        le=2_000,
    )
    missile_price: float | None = parameter(
        None,
        "USD_million_per_missile",
        "Price of a missile set by hand; None draws between the known unit costs.",
        ge=0.1,
        le=50,
    )
    discount_unusable: Literal["auto", "always", "never"] = parameter(
        "auto",
        "choice",
        "Whether unusable rounds are worth nothing; auto skips the basis already discounted.",
    )
    unusable_share: float | None = parameter(
        None,
        "share",
        "Unusable share of rounds set by hand; None draws up to the highest known share.",
        ge=0,
        le=1,
    )
    yardstick: Yardstick | None = parameter(
        None,
        "choice",
        "Size of the economy the headline share is taken of; None takes the first known of the list.",
    )
    tolerance: float = parameter(
        0.03,
        "share",
        "How close a figure must come to a published one to count as a match.",
        ge=0.001,
        le=0.25,
    )
    significant_share: float = parameter(
        5.0,
        "percent_per_year",
        "What a year of deliveries must be worth, of a year's output, to raise the economy significantly; a choice, no threshold was published.",
        ge=0.1,
        le=100,
    )
    draws: PowerOfTwo = parameter(
        16_384, "draws", "Monte Carlo draws; a power of two keeps them even.", ge=1, le=2**22
    )
    sobol_samples: PowerOfTwo = parameter(
        1_024, "samples", "Base samples of the sensitivity indices.", ge=64, le=2**16
    )
    seed: int = parameter(
        20241028, "number", "Seed of every random draw in the chapter.", ge=0, le=2**32 - 1
    )


class TroopPlausibility(Parameters):
    """Parameters of the chapter on troops."""

    worst_credibility: int = parameter(
        3,
        "grade",
        "Statements with a worse credibility grade are shown but not drawn from.",
        ge=1,
        le=6,
    )
    ukraine_weight: float = parameter(
        0.2,
        "share",
        "Share of the draws that take a Ukrainian source's word where others speak too: a party to the war, graded below Seoul and Washington.",
        ge=0,
        le=1,
    )
    count_builders: bool = parameter(
        True,
        "choice",
        "Whether builders in uniform count as troops; civilian workers never do.",
    )
    merge_gap_days: int = parameter(
        365,
        "days",
        "Past rows of one country and war are one mission if no longer gap lies between them.",
        ge=0,
        le=3650,
    )
    xi_share_low: float = parameter(
        0.15,
        "share",
        "Share of XI Corps given away, cautious: a brigade or two of ten.",
        ge=0,
        le=1,
    )
    xi_share_middle: float = parameter(
        0.25,
        "share",
        "Share of XI Corps given away, middle: a quarter of the best corps.",
        ge=0,
        le=1,
    )
    xi_share_high: float = parameter(
        0.5, "share", "Share of XI Corps given away, bold: the corps halved.", ge=0, le=1
    )
    sof_share_low: float = parameter(
        0.05, "share", "Share of all special forces, cautious; a choice, not data.", ge=0, le=1
    )
    sof_share_middle: float = parameter(
        0.08, "share", "Share of all special forces, middle; a choice, not data.", ge=0, le=1
    )
    sof_share_high: float = parameter(
        0.15, "share", "Share of all special forces, bold; a choice, not data.", ge=0, le=1
    )
    army_share_low: float = parameter(
        0.007,
        "share",
        "Share of the active army, cautious: about the most it had abroad in the Cold War.",
        ge=0,
        le=1,
    )
    army_share_middle: float = parameter(
        0.015, "share", "Share of the active army, middle: twice the Cold War record.", ge=0, le=1
    )
    army_share_high: float = parameter(
        0.07,
        "share",
        "Share of the active army, bold: what South Korea sent to Vietnam.",
        ge=0,
        le=1,
    )
    lift_per_day: float | None = parameter(
        None,
        "persons_per_day",
        "Men moved a day; None draws between the paces that dated counts imply.",
        ge=10,
        le=5000,
    )
    lift_window_days: int = parameter(
        90, "days", "Time allowed for a build-up when lift is read as a cap.", ge=7, le=730
    )
    tolerated_escapes_low: int = parameter(
        20,
        "persons_per_year",
        "Escapes a year the regime would bear, cautious: as many as reached Seoul from Russia around 2022.",
        ge=1,
        le=100_000,
    )
    tolerated_escapes_middle: int = parameter(
        200,
        "persons_per_year",
        "The same, middle: about what reaches Seoul from everywhere in a year since the pandemic.",
        ge=1,
        le=100_000,
    )
    tolerated_escapes_high: int = parameter(
        1_000,
        "persons_per_year",
        "The same, bold: about what reached Seoul in a year before the pandemic.",
        ge=1,
        le=100_000,
    )
    plan_realised: float = parameter(
        0.5,
        "share",
        "Least part of an announced contingent that comes in time; drawn evenly from here to all of it.",
        ge=0,
        le=1,
    )
    killed_share: float | None = parameter(
        None,
        "share",
        "Dead among casualties; None draws between the shares that pairs of counts imply.",
        ge=0,
        le=1,
    )
    wounded_home_low: float = parameter(
        0.25,
        "share",
        "Wounded sent home for good, low end: most return to duty.",
        ge=0,
        le=1,
    )
    wounded_home_high: float = parameter(
        0.75,
        "share",
        "Wounded sent home for good, high end: only the lightly wounded stay.",
        ge=0,
        le=1,
    )
    casualty_rate: float | None = parameter(
        None,
        "share_per_month",
        "Killed and wounded a month as a share of those present, after the last count; None draws from the rows.",
        ge=0,
        le=1,
    )
    guarding: Literal["quiet", "as_before"] = parameter(
        "quiet",
        "choice",
        "Losses from the day a count has the men guard a border: at most a quiet war's, or as before.",
    )
    rotation_rate_high: float = parameter(
        0.083,
        "share_per_month",
        "Most men sent home a month on rotation after the vintage: tours of a year, as South Korea's in Vietnam. The least is none.",
        ge=0,
        le=1,
    )
    replaced_low: float = parameter(
        0.5,
        "share",
        "Least share of men rotated home who are replaced; drawn evenly from here to all.",
        ge=0,
        le=1,
    )
    new_waves_a_year: float = parameter(
        1.0, "per_year", "Further contingents a year, expected before any is seen.", ge=0, le=12
    )
    new_waves_weight_months: int = parameter(
        12, "months", "Months of observation that expectation is worth.", ge=1, le=120
    )
    end_a_year: float = parameter(
        0.1,
        "share_per_year",
        "Chance a year that the mission ends: Cuba's in Angola and South Korea's in Vietnam lasted 8 to 16 years.",
        ge=0,
        le=1,
    )
    men: int = parameter(
        12_000,
        "persons",
        "Size of a force whose first year is priced; the default is about what Seoul first announced.",
        ge=0,
        le=200_000,
    )
    monthly_pay: float | None = parameter(
        None,
        "USD_per_person_month",
        "Pay of a soldier a month; None draws between the known rows.",
        ge=0,
        le=20_000,
    )
    bonus: float | None = parameter(
        None,
        "USD_per_person",
        "One-time sum at entry; None draws from nothing to the highest known bonus.",
        ge=0,
        le=100_000,
    )
    death_payment: float | None = parameter(
        None,
        "USD_per_person",
        "Paid for a dead soldier; None draws from nothing to the highest known row that is graded well enough.",
        ge=0,
        le=500_000,
    )
    state_take: float | None = parameter(
        None,
        "share",
        "Part of all that is paid (pay, bonus, death payment) the state keeps; None draws between the known rows, which are about pay.",
        ge=0,
        le=1,
    )
    payment: Literal["cash", "in_kind"] = parameter(
        "cash",
        "choice",
        "Whether pay comes as money or as goods; goods go to the state whole and bring no money.",
    )
    federal_bonus_usd: float = parameter(
        4_600.0,
        "USD_per_person",
        "Russia's federal signing bonus in dollars: the row is in roubles, its note converts it.",
        ge=1_000,
        le=20_000,
    )
    exceed_probability: float = parameter(
        0.15,
        "share",
        "How probable the study's words make a passing of its ceiling; unlikely, with three reasons, is read as 10 to 20 percent.",
        ge=0.01,
        le=0.5,
    )
    forecast_tolerance: float = parameter(
        0.2,
        "share",
        "How far a forecast may lie from what came and still count as close.",
        ge=0,
        le=1,
    )
    draws: PowerOfTwo = parameter(
        4_096, "draws", "Monte Carlo draws; a power of two keeps them even.", ge=1, le=2**18
    )
    seed: int = parameter(
        20241028, "number", "Seed of every random draw in the chapter.", ge=0, le=2**32 - 1
    )

    @model_validator(mode="after")
    def _ranges_rise(self) -> Self:
        thirds = ("low", "middle", "high")
        families = [
            [f"{stem}_{third}" for third in thirds]
            for stem in ("xi_share", "sof_share", "army_share", "tolerated_escapes")
        ]
        families.append(["wounded_home_low", "wounded_home_high"])
        refuse(*(rising(self, *family) for family in families))
        return self


class TradeTrends(Parameters):
    """Parameters of the chapter on trade and meetings."""

    h1_reading: H1Reading = parameter(
        "half_year",
        "choice",
        "What the study's figure for the first half of 2024 is taken for: what it says, the full year, or nothing.",
    )
    share_rows: Literal["all", "observed"] = parameter(
        "all",
        "choice",
        "Half-year shares used: all, or only years in which no part had to be derived.",
    )
    base: Literal["year_2016", "mean_2012_2016", "mean_2011_2016"] = parameter(
        "year_2016",
        "choice",
        "What 'the level before the 2017 sanctions' means; the study names no base.",
    )
    worst_credibility: int = parameter(
        3,
        "grade",
        "Figures with a worse credibility grade are shown but never preferred.",
        ge=2,
        le=6,
    )
    worst_reliability: Literal["B", "C", "D", "E", "F"] = parameter(
        "C", "choice", "Figures from a less reliable source are shown but never preferred."
    )
    statement_error: float = parameter(
        0.03,
        "share",
        "How far a stated total may be off either way; well-graded figures of one year from 2012 to 2020 differ by less, later remarks have no check.",
        ge=0,
        le=0.5,
    )
    growth_carry: float = parameter(
        5 / 12,
        "share",
        "Part of the growth stated for January to May that holds for the year; 5/12 if the other months repeat.",
        ge=0,
        le=1,
    )
    reported_weight: float = parameter(
        0.5,
        "share",
        "Weight of a total of 2024 reported later against the chosen reading; neither has a second source.",
        ge=0,
        le=1,
    )
    closed_years: Literal["leave_out", "include"] = parameter(
        "leave_out",
        "choice",
        "Whether the walk of the projection learns from the years of the closed border.",
    )
    changes_from: int = parameter(
        2004,
        "year",
        "First year whose change the walk learns from; before it issuers differ by up to a factor of two.",
        ge=1990,
        le=2016,
    )
    barrels_reference: float = parameter(
        1_000_000.0,
        "barrels",
        "Round amount of petroleum the official trade is set against: twice the yearly cap.",
        ge=1_000,
        le=10_000_000,
    )
    count_rule: Literal["broad", "strict"] = parameter(
        "broad",
        "choice",
        "Meetings counted in model and projection: every row, or vice-minister and above for certain.",
    )
    break_month: Month = parameter(
        "2023-07", "month", "First month of the new pace; the study says July 2023."
    )
    rate_from: Month = parameter(
        "2014-01",
        "month",
        "First month of the old pace; earlier years were not searched one by one.",
    )
    border_months: Literal["leave_out", "include"] = parameter(
        "leave_out",
        "choice",
        "Whether the years of the closed border, with no visit at all, count as the old pace.",
    )
    covered_until: Day = parameter(
        dt.date(2025, 12, 31),
        "date",
        "Last day the list of visits was searched for; later months are not covered, not empty.",
        ge=FIRST_DAY,
        le=LAST_DAY,
    )
    recall_window: Literal["pooled", "year_2019", "months_2024"] = parameter(
        "pooled",
        "choice",
        "Which official count the share of visits on the list is learnt from.",
    )
    rate_step: float = parameter(
        0.35,
        "log_ratio",
        "Standard deviation of the change of the monthly pace in half a year; 0.35 is a factor of 1.4.",
        ge=0,
        le=2,
    )
    bootstrap_draws: int = parameter(
        10_000, "draws", "Resamples of the half-year shares.", ge=100, le=1_000_000
    )
    draws: PowerOfTwo = parameter(
        16_384, "draws", "Monte Carlo draws; a power of two keeps them even.", ge=1, le=2**22
    )
    seed: int = parameter(
        20241028, "number", "Seed of every random draw in the chapter.", ge=0, le=2**32 - 1
    )

    @model_validator(mode="after")
    def _break_has_months_on_both_sides(self) -> Self:
        covered = min(self.as_of, self.covered_until)
        late = []
        if f"{self.break_month}-01" > str(covered):
            problem = f"after the last day the list of visits covers ({covered})"
            late.append(Misfit("break_month", problem, f"{covered:%Y-%m} or earlier"))
        first, new = (pd.Period(month, "M") for month in (self.rate_from, self.break_month))
        if (new - first).n < MIN_MONTHS:
            problem = f"fewer than {MIN_MONTHS} months before break_month ({self.break_month})"
            late.append(Misfit("rate_from", problem, f"{new - MIN_MONTHS} or earlier"))
        refuse(late)
        return self


class KremlinStrategy(Parameters):
    """Parameters of the chapter on the Kremlin's strategy."""

    measure: Literal["allocated", "committed"] = parameter(
        "allocated",
        "choice",
        "Aid as set aside for certain, or as promised; promises are announced earlier and are lumpier.",
    )
    window_months: int = parameter(
        12,
        "months",
        "Months compared before and after an event; a year evens out budgets.",
        ge=3,
        le=24,
    )
    event: Literal["treaty", "troops"] = parameter(
        "treaty",
        "choice",
        "Event the verdict on aid rests on; the chapter shows both.",
    )
    event_month: Literal["leave_out", "after"] = parameter(
        "leave_out",
        "choice",
        "Whether the month of the event counts as after it; it lies partly before.",
    )
    event_shift_months: int = parameter(
        0,
        "months",
        "Months by which both events are moved from the days of their rows: news before or after.",
        ge=-12,
        le=12,
    )
    placebo_share: float = parameter(
        0.1,
        "share",
        "A fall counts as a fall if no more than this share of months shows one as large.",
        ge=0.01,
        le=0.5,
    )
    worst_credibility: int = parameter(
        3,
        "grade",
        "Rows with a worse credibility grade are shown but decide no reading.",
        ge=1,
        le=6,
    )
    need_share: float = parameter(
        25.0,
        "percent",
        "Share of Russian shells from North Korea from which the need counts as large; a quarter is a choice.",
        ge=1,
        le=100,
    )
    poor_share: float = parameter(
        25.0,
        "percent",
        "Share of bad rounds or failed missiles from which quality counts as poor; a quarter is a choice.",
        ge=1,
        le=100,
    )
    votes_change: int = parameter(
        10,
        "states",
        "Change in votes for a text on Ukraine that counts; about one state in twenty.",
        ge=1,
        le=100,
    )
    weighting: Literal["admiralty", "equal", "reliability", "credibility"] = parameter(
        "admiralty",
        "choice",
        "Weight of an evidence row: by both parts of its grade, by one of them, or all alike.",
    )
    bootstrap_draws: int = parameter(
        4_000, "draws", "Resamples of evidence rows and of months.", ge=100, le=200_000
    )
    seed: int = parameter(
        20241028, "number", "Seed of every random draw in the chapter.", ge=0, le=2**32 - 1
    )


class Recommendations(Parameters):
    """Parameters of the chapter on recommendations.

    Weights that are given are shares of the whole; the rest is divided at random among those
    that are not. Where all are given only their proportions count.
    """

    weight_size: float | None = parameter(
        None,
        "share",
        "Weight of the criterion 'Size of what is touched'; None draws it at random.",
        ge=0,
        le=1,
        unset="at random",
    )
    weight_works: float | None = parameter(
        None,
        "share",
        "Weight of the criterion 'Sign that the lever works'; None draws it at random.",
        ge=0,
        le=1,
        unset="at random",
    )
    weight_reach: float | None = parameter(
        None,
        "share",
        "Weight of the criterion 'Within EU power, and quick'; None draws it at random.",
        ge=0,
        le=1,
        unset="at random",
    )
    weight_robust: float | None = parameter(
        None,
        "share",
        "Weight of the criterion 'Stands without Moscow and Beijing'; None draws it at random.",
        ge=0,
        le=1,
        unset="at random",
    )
    weight_side: float | None = parameter(
        None,
        "share",
        "Weight of the criterion 'Small side effects'; None draws it at random.",
        ge=0,
        le=1,
        unset="at random",
    )
    weight_evidence: float | None = parameter(
        None,
        "share",
        "Weight of the criterion 'Quality of the evidence'; None draws it at random.",
        ge=0,
        le=1,
        unset="at random",
    )
    concentration: float = parameter(
        1.0,
        "ratio",
        "Concentration of the random weights: 1 makes every division equally probable, more keeps them near equal.",
        ge=0.1,
        le=100,
    )
    noise: float = parameter(
        1.0,
        "share",
        "How much of the range low to high of a score is used: 0 takes the scores as they stand, 1 the whole range.",
        ge=0,
        le=1,
    )
    compromise: float = parameter(
        0.5,
        "share",
        "VIKOR's weight of the sum of shortfalls against the worst single one; its authors use one half.",
        ge=0,
        le=1,
    )
    draws: PowerOfTwo = parameter(
        16_384,
        "draws",
        "Draws of weights and scores; a power of two keeps them even.",
        ge=1,
        le=2**18,
    )
    method_draws: PowerOfTwo = parameter(
        512,
        "draws",
        "Of these, the first so many are also ranked by the other methods, which go draw by draw.",
        ge=1,
        le=2**14,
    )
    containers_low: float = parameter(
        0.005,
        "share",
        "Containers stopped, cautious: no row shows one stopped, and the way is short and in Russian hands.",
        ge=0,
        le=1,
    )
    containers_middle: float = parameter(
        0.02, "share", "The same, middle: now and then a ship is turned back.", ge=0, le=1
    )
    containers_high: float = parameter(
        0.1, "share", "The same, bold: insurers and ports outside Russia help.", ge=0, le=1
    )
    barrels_low: float = parameter(
        0.05,
        "share",
        "Barrels over the cap stopped, cautious: the tankers are North Korea's own and the port is Russian.",
        ge=0,
        le=1,
    )
    barrels_middle: float = parameter(
        0.15, "share", "The same, middle: some tankers lose service and repair.", ge=0, le=1
    )
    barrels_high: float = parameter(
        0.4, "share", "The same, bold: Russia holds back part to avoid exposure.", ge=0, le=1
    )
    crypto_low: float = parameter(
        0.02,
        "share",
        "Stolen crypto frozen or won back, cautious: no row holds a rate, most is laundered within weeks.",
        ge=0,
        le=1,
    )
    crypto_middle: float = parameter(
        0.1, "share", "The same, middle: exchanges freeze what reaches them.", ge=0, le=1
    )
    crypto_high: float = parameter(
        0.3, "share", "The same, bold: issuers of coins and brokers act too.", ge=0, le=1
    )
    barrel_price_low: float = parameter(
        60.0,
        "USD_per_barrel",
        "Worth of a barrel of refined oil to Pyongyang, low end: no row holds a price; about crude at a discount.",
        ge=1,
        le=500,
    )
    barrel_price_high: float = parameter(
        120.0,
        "USD_per_barrel",
        "The same, high end: refined oil at world prices with freight; drawn evenly between the two.",
        ge=1,
        le=500,
    )
    theft_spread: float = parameter(
        0.6,
        "log_ratio",
        "Spread of the logarithm of a year's theft expected before any year is seen; 0.6 is a factor of 1.8.",
        ge=0.05,
        le=2,
    )
    theft_years: float = parameter(
        4.0, "years", "Years of observation that expectation is worth.", ge=1, le=40
    )
    theft_window: int = parameter(
        3,
        "years",
        "Newest years with a count that a further year is learnt from; older ones may tell of another time.",
        ge=1,
        le=20,
    )
    sure_share: float = parameter(
        0.8,
        "share",
        "Share of draws in which an option must beat doing nothing new for moderate confidence.",
        ge=0.5,
        le=1,
    )
    seed: int = parameter(
        20241028, "number", "Seed of every random draw in the chapter.", ge=0, le=2**32 - 1
    )

    @model_validator(mode="after")
    def _together(self) -> Self:
        weights = {name: w for name, w in self if name.startswith("weight_")}
        given = {name: w for name, w in weights.items() if w is not None}
        total, misfits = sum(given.values()), []
        if len(given) == len(weights) and total == 0:
            problem = "zero like every other weight, so nothing is weighed"
            misfits.append(Misfit(next(iter(given)), problem, "more than zero for one of the six"))
        if len(given) < len(weights) and total > 1:
            problem = f"one of weights that sum to {total:g}, which leaves nothing for the others"
            remedy = "all six, or a sum of 1 or less"
            misfits.append(Misfit(max(given, key=given.get), problem, remedy))
        families = [
            *([f"{flow}_{end}" for end in ("low", "middle", "high")]
              for flow in ("containers", "barrels", "crypto")),
            ["barrel_price_low", "barrel_price_high"],
        ]  # fmt: skip
        refuse(misfits, *(rising(self, *family) for family in families))
        return self


class Replication(Parameters):
    """Parameters of the chapter that re-tests the study's claims."""


CHAPTERS: dict[str, type[Parameters]] = {
    name: globals()[chapter.parameters] for name, chapter in register.CHAPTERS.items()
}


def model(chapter: str) -> type[Parameters]:
    """Parameter model of a chapter."""
    if chapter not in CHAPTERS:
        raise CompendiumError(
            f"no chapter {chapter!r}{nearest(chapter, CHAPTERS)}; allowed: {', '.join(CHAPTERS)}"
        )
    return CHAPTERS[chapter]


def validate(
    chapter: str, given: Mapping[str, Any], lines: Mapping[str, int] | None = None, file: str = ""
) -> Parameters:
    """Parameters of a chapter, or every fault in them at once.

    Whether parameters fit each other is asked once each of them is well in itself.

    Parameters
    ----------
    chapter : str
        Name of the chapter.
    given : mapping
        Parameters by name; the rest take their defaults.
    lines : mapping, optional
        Line of `file` on which each parameter stands.
    file : str
        Where the parameters come from; default the notebook of the chapter.

    Raises
    ------
    FaultsError
        Unknown name, wrong type, value out of range, or values that do not fit each other.
    """
    wanted = model(chapter)
    try:
        return wanted(**given)
    except ValidationError as error:
        faults = [f for problem in error.errors() for f in _faults(wanted, chapter, given, problem)]
    place = file or f"chapters/{chapter}.ipynb"
    raise FaultsError(
        Fault(place, line=(lines or {}).get(name), **fault) for name, fault in faults
    ) from None


def _faults(
    wanted: type[Parameters], chapter: str, given: Mapping[str, Any], problem: dict
) -> list[tuple[str, dict]]:
    """Faults of one of pydantic's errors: of a field, or of the model as a whole."""
    if problem["loc"]:
        return [_fault(wanted, chapter, problem)]
    error = problem.get("ctx", {}).get("error")
    if not isinstance(error, MisfitsError):
        # A model validator that names no parameter: the chapter is all that can be named.
        return [("", {"column": chapter, "problem": _plain(problem)})]
    return [
        (
            misfit.name,
            {
                "column": f"{chapter}, parameter {misfit.name}",
                "problem": misfit.problem,
                "value": str(given.get(misfit.name, wanted.model_fields[misfit.name].default)),
                "allowed": misfit.allowed,
            },
        )
        for misfit in error.misfits
    ]


def _fault(wanted: type[Parameters], chapter: str, problem: dict) -> tuple[str, dict]:
    known = wanted.model_fields
    name = str(problem["loc"][0])
    column = f"{chapter}, parameter {name}"
    if problem["type"] == "extra_forbidden":
        return name, {
            "column": column,
            "problem": f"unknown parameter{nearest(name, known)}",
            "allowed": ", ".join(known),
        }
    choices = allowed(wanted, name)
    hint = nearest(str(problem["input"]), choices.split(", "))
    return name, {
        "column": column,
        "problem": _plain(problem),
        "value": str(problem["input"]),
        "allowed": choices + (hint if problem["type"] == "literal_error" else ""),
    }


def _plain(problem: dict) -> str:
    kind = problem["type"]
    if isinstance(problem["input"], float) and not math.isfinite(problem["input"]):
        return "not a finite number"
    if kind == "value_error":
        return str(problem["ctx"]["error"])
    if kind.startswith(("greater", "less")):
        return "out of range"
    if kind == "literal_error":
        return "not one of the choices"
    if kind == "finite_number":
        return "not a finite number"
    return "wrong type"


def allowed(wanted: type[Parameters], name: str) -> str:
    """Type and range of a parameter in words, for example ``number from 0 to 1 (share)``."""
    field = wanted.model_fields[name]
    kinds = list(get_args(field.annotation) or (field.annotation,))
    choices = [c for k in kinds for c in (get_args(k) or (k,)) if isinstance(c, str)]
    if choices:
        return ", ".join(choices) + (", or None" if type(None) in kinds else "")
    words = {
        int: "whole number",
        float: "number",
        dt.date: "ISO date",
        bool: "true or false",
        str: f"ISO month such as 2023-07, from 1990-01 to {LAST_DAY:%Y-%m}",
    }
    text = next(words[k] for k in kinds if k in words)
    low = next((m.ge for m in field.metadata if isinstance(m, annotated_types.Ge)), None)
    high = next((m.le for m in field.metadata if isinstance(m, annotated_types.Le)), None)
    if low is not None:
        plain = isinstance(low, dt.date) or field.json_schema_extra["unit"] == "year"
        text += f" from {low} to {high}" if plain else f" from {low:,} to {high:,}"
    if int in kinds and any(isinstance(m, AfterValidator) for m in field.metadata):
        text += ", a power of two"
    unit = field.json_schema_extra["unit"]
    if unit not in ("choice", "date", "month", "number"):
        text += f" ({unit})"
    return text + (", or None" if type(None) in kinds else "")


# Names that IPython itself puts into a notebook.
_IPYTHON = {"In", "Out", "get_ipython", "exit", "quit", "open"}


# Where a notebook remembers which names it had when its parameters were first checked.
CHECKED = "COMPENDIUM_CHECKED"  # environment variable: the tables were found sound
_SEEN = "_names_at_first_check"


def from_notebook(chapter: str, namespace: MutableMapping[str, Any]) -> Parameters:
    """Validate what the parameters cell, and any cell injected after it, has set.

    Call it in the cell after the parameters with ``globals()``: a plain papermill run then
    refuses a misspelt name, which papermill itself only logs.

    Raises
    ------
    FaultsError
        A parameter is not allowed, or a table of ``data/raw`` is at fault: a notebook run on
        its own says the same as ``make check``.

    Notes
    -----
    Run again in the same session, the notebook's own variables are there too. Those are
    passed over, unless one is spelt so like a parameter (``draw``) that it must be meant for
    it; a name that only shares some letters (``prices``) is not.
    """
    known = model(chapter).model_fields
    names = {
        name
        for name, value in namespace.items()
        if not name.startswith("_")
        and name not in _IPYTHON
        and not isinstance(value, (ModuleType, type))
        and not callable(value)
    }
    seen = namespace.setdefault(_SEEN, names)
    given = {
        name: namespace[name]
        for name in sorted(names)
        if name in seen or name in known or difflib.get_close_matches(name, known, 1, 0.85)
    }
    chosen = validate(chapter, given)
    # A build has checked the tables before; here each row would count as one the chapter read.
    if CHECKED not in os.environ:
        datapackage.require_valid()
    return chosen


def text(value: object) -> str:
    """Value of a parameter for a reader: a fraction to six digits, a whole number as one."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.15g}" if value.is_integer() else f"{value:.6g}"


def table(parameters: Parameters) -> pd.DataFrame:
    """Readable table of the parameters: name, value, unit, allowed, reason, changed.

    What was changed says so in words and names its default.
    """
    kind = type(parameters)
    records = []
    for name, field in kind.model_fields.items():
        value, extra = getattr(parameters, name), field.json_schema_extra
        shown, default = (extra["unset"] if v is None else text(v) for v in (value, field.default))
        records.append(
            {
                "parameter": name,
                "value": shown,
                "unit": extra["unit"].replace("_", " "),
                # The unit has a column of its own.
                "allowed": allowed(kind, name).replace(f" ({extra['unit']})", ""),
                "reason": field.description,
                "changed": f"yes, from {default.removeprefix('from ')}"
                if value != field.default
                else "",
            }
        )
    return pd.DataFrame(records)


def defaults(chapter: str, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Plain scalars of a chapter's defaults, as the parameters cell holds them."""
    return {
        name: str(field.default) if isinstance(field.default, dt.date) else field.default
        for name, field in model(chapter).model_fields.items()
        if names is None or name in names
    }
