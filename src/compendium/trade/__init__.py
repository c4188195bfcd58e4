"""Trade trends: what the books show, what they omit, and how often the two sides met.

Figures of one year that differ stay side by side; one is preferred by a written rule. The
study's figure for the first half of 2024 can be read in three ways, and each is carried through.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd

from compendium import claims, evidence
from compendium.claims import Tested
from compendium.parameters import TradeTrends
from compendium.trade import (
    check,
    conflicts,
    halfyear,
    levels,
    meetings,
    offbooks,
    projection,
    rates,
    series,
    verdicts,
    yardsticks,
)
from compendium.trade.statements import (
    pace_statement,
    ratio_statements,
    statements,
    year_statements,
)
from compendium.values import Value

__all__ = ["Result", "headlines", "run"]

# The three decades the study speaks of, where its statement is not known yet.
NORM_YEARS = (1993, 2022)


@dataclass(frozen=True)
class Result:
    """Everything the chapter shows.

    Attributes
    ----------
    values : tuple of Value
        The numbers the chapter states.
    frames : dict of pandas.DataFrame
        Tables by name; an empty one means that `as_of` could not know it.
    readings : levels.Readings or None
        Trade of the year in question under each reading; None where nothing could be said.
    official : levels.Level or None
        Official trade of the newest year with open borders and a figure graded well enough.
    tested : list of Tested
        The study's statements with their verdicts.
    """

    values: tuple[Value, ...]
    frames: dict[str, pd.DataFrame]
    readings: levels.Readings | None
    official: levels.Level | None
    tested: list[Tested]


def run(p: TradeTrends) -> Result:
    """The whole chapter from its parameters; the notebook only shows what this returns."""
    totals = series.totals(p)
    shares = halfyear.shares(p)
    half = halfyear.stated_half(p.as_of)
    enough = half is not None and len(shares) > 1
    bases = levels.bases(p)
    found = levels.readings(p)
    official = levels.newest_level(p)
    events = meetings.events(p)
    growth = yardsticks.growth(p.as_of)
    every_month = rates.months(p.model_copy(update={"border_months": "include"}), events)
    open_months = rates.months(p.model_copy(update={"border_months": "leave_out"}), events)
    frames = {
        "totals": totals,
        "china": series.china(p.as_of),
        "shares": halfyear.annualise(half["value"], shares) if enough else shares,
        "methods": halfyear.methods(half["value"], shares, p) if enough else pd.DataFrame(),
        "coincidence": halfyear.coincidence(p.as_of),
        "bases": bases,
        "chances": levels.chances(found, bases),
        "before_after": levels.before_after(p, totals),
        "tests": levels.tests(p, totals),
        "petroleum": offbooks.petroleum(p.as_of),
        "crossing": offbooks.crossing(p, official) if official else pd.DataFrame(),
        **{f"other_{name}": rows for name, rows in offbooks.others(p.as_of).items()},
        "growth": growth,
        "revisions": yardsticks.revisions(growth),
        "levels": yardsticks.levels(p.as_of),
        "rates": yardsticks.implied_rates(p.as_of),
        "sizes": yardsticks.sizes(p.as_of),
        "arms": yardsticks.trade_over_arms(p.as_of, official.amount if official else 0.0),
        "events": events,
        "spans": spans(p),
        "norm": meetings.yearly(events, *norm_years(p)),
        "yearly": meetings.yearly(events, 1990, meetings.last_day(p).year),
        "overlaps": meetings.overlaps(p, events),
        "months": rates.months(p, events),
        "fits": fits(p, events),
        "ratios": rates.ratios(p, events),
        "break_include": rates.break_search(every_month),
        "break_leave_out": rates.break_search(open_months),
        "projected_trade": projection.trade(p, found),
        "projected_pace": projection.pace(p, events),
        "check": check.check(p),
        "drivers": check.drivers(p),
        "conflicts": conflicts.table(p.as_of),
        "conflicts_meetings": conflicts.table(p.as_of, conflicts.MEETINGS),
    }
    tested = verdicts.tested(p, check.STUDY_DAY)
    published = [
        *statements(p, frames, found, official),
        *claims.values_of("trade_trends", tested),
    ]
    return Result(tuple(published), frames, found, official, tested)


def headlines(p: TradeTrends) -> list[Value]:
    """The headline values as `run` states them, without what they do not depend on."""
    bases, found = levels.bases(p), levels.readings(p)
    stated = []
    if found is not None and len(bases):
        stated += year_statements(found, bases.set_index("base").loc[p.base])
    events, known = meetings.events(p), spans(p)
    for span in known[known["name"] == "pace"].itertuples():
        if span.start <= span.end:
            inside = meetings.counts_between(events, span.start, span.end)
            stated += [pace_statement(rule, own, span.months) for rule, own in inside.items()]
    return [*stated, *ratio_statements(rates.ratios(p, events), tuple(events["obs_id"]))]


def spans(p: TradeTrends) -> pd.DataFrame:
    """Spans over which visits are counted: `name`, `start`, `end`, `months`.

    They are those of the study's statements once known; before, they start with the month of
    the break and with the year of the vintage, and end with what the list covers.
    """
    end = meetings.last_day(p)
    stated = meetings.claims(p.as_of)
    pace = (pd.Timestamp(f"{p.break_month}-01"), end)
    year = (pd.Timestamp(end.year, 1, 1), end)
    if "pace" in stated:
        pace = (stated["pace"]["period_start"], min(end, stated["pace"]["period_end"]))
    if "year_2024" in stated:
        year = (stated["year_2024"]["period_start"], min(end, stated["year_2024"]["period_end"]))
    named = {"pace": pace, "year": year}
    return pd.DataFrame(
        [(name, *span, meetings.months_between(*span)) for name, span in named.items()],
        columns=["name", "start", "end", "months"],
    )


def norm_years(p: TradeTrends) -> tuple[int, int]:
    """First and last calendar year of the three decades of the study's statement."""
    stated = evidence.claims("trade_trends", p.as_of).set_index("claim_id")
    if "meetings-norm" not in stated.index:
        return NORM_YEARS
    span = stated.loc["meetings-norm"]
    return span["period_start"].year, span["period_end"].year


def fits(p: TradeTrends, events: pd.DataFrame) -> pd.DataFrame:
    """Poisson and negative-binomial fit of the monthly counts, a row each."""
    table = rates.months(p, events)
    found = [rates.fit(table, model) for model in ("Poisson", "negative binomial")]
    records = [asdict(f) | {"name": f.model.lower().replace(" ", "_")} for f in found if f]
    columns = ["name", *rates.Fit.__dataclass_fields__]
    return pd.DataFrame(records, columns=columns)
