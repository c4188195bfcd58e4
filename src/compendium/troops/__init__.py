"""Troops: would the North send people, how many, at what loss, for what money.

Stock (men there at one time) and flow (men sent in total) are kept apart throughout. Counts
contradict each other and are not averaged: for each contingent a draw takes one body's word.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from compendium.parameters import TroopPlausibility
from compendium.troops import (
    caps,
    checks,
    conflicts,
    counts,
    holdout,
    missions,
    money,
    projection,
    stock,
    verdicts,
)
from compendium.troops import rows as reading
from compendium.troops.projection import Projection
from compendium.troops.statements import income_statement, now_statements, statements
from compendium.troops.stock import Paths
from compendium.values import Value

__all__ = ["SIZES", "Result", "headlines", "run"]

# Sizes asked about, no evidence: about what Seoul first announced, and the ceiling of the study.
SIZES = (12_000, 20_000)  # persons
DRIVERS = (
    "whose word on arrivals",
    "size of the contingents",
    "later casualty rate",
    "dead among casualties",
    "wounded sent home",
    "later rotation",
    "rotated men replaced",
    "announced men who come",
    "rate of new contingents",
    "end of the mission",
)


@dataclass(frozen=True)
class Result:
    """Everything the chapter shows.

    Attributes
    ----------
    values : tuple of Value
        The numbers the chapter states.
    frames : dict of pandas.DataFrame
        Tables by name; an empty one means that `as_of` could not know it.
    fits : dict of missions.Fit
        Log-normal fits of mission sizes: "with" and "without" the contested rows.
    paths : Paths or None
        Simulated months; None before the first dated count.
    prices : money.Prices or None
        Ranges of the money model; None before the first pay row.
    projection : Projection or None
    """

    values: tuple[Value, ...]
    frames: dict[str, pd.DataFrame]
    fits: dict[str, missions.Fit]
    paths: Paths | None
    prices: money.Prices | None
    projection: Projection | None


def run(p: TroopPlausibility) -> Result:
    """The whole chapter from its parameters; the notebook only shows what this returns."""
    u = stock.draw_inputs(p)
    paths = stock.simulate(p, u)
    prices = money.prices(p)
    cap = checks.study_cap(p.as_of)
    past = missions.missions(p.as_of, p.merge_gap_days)
    fits = {
        "with": missions.fit(past["size"]),
        "without": missions.fit(past.loc[~past["contested"], "size"]),
    }
    fits = {name: found for name, found in fits.items() if found is not None}
    known_caps = caps.caps(p)
    frozen = projection.project(p, paths, prices, u, cap)
    frames = {
        "missions": past,
        "mission_rows": missions.mission_rows(p.as_of),
        "decades": missions.by_decade(past, p.as_of),
        "tails": tails(fits),
        "caps": known_caps,
        "binding": caps.binding(known_caps),
        "comparators": caps.comparators(p.as_of),
        "turnover": caps.turnover(p.as_of),
        "paces": counts.paces(p),
        "statements": counts.statements(p.as_of),
        "contingents": stock.contingents(p),
        "present": counts.present(p.as_of),
        "sent": counts.sent(p.as_of),
        "casualties": counts.casualties(p.as_of),
        "killed": counts.killed(p.as_of),
        "killed_shares": stock.killed_shares(p),
        "rates": stock.comparator_rates(p.as_of),
        "best_path": counts.best_path(p),
        "heads": money.per_head(p),
        "ways": money.hypotheses(p),
        "takes": money.takes(p.as_of),
        "ceiling": checks.ceiling(p),
        "totals": checks.sent_totals(p.as_of),
        "forecasts": checks.forecasts(p),
        "losses": checks.losses_a_day(p.as_of),
        "conflicts": conflicts.table(p.as_of, conflicts.CONFLICTS),
        "check": holdout.study_check(p),
        "holdout": holdout.holdout(p),
        **simulated(p, paths, prices, u),
    }
    frames["verdicts"] = verdicts.verdicts(p, frames, prices, frozen, u)
    published = statements(p, frames, fits, paths, prices, frozen, u)
    return Result(tuple(published), frames, fits, paths, prices, frozen)


def headlines(p: TroopPlausibility) -> list[Value]:
    """The headline values as `run` states them, without what they do not depend on."""
    u = stock.draw_inputs(p)
    paths = stock.simulate(p, u)
    if paths is None:
        return []
    found = now_statements(p, paths)
    prices = money.prices(p)
    if prices is not None:
        gross = projection.income(prices, u, paths, paths.days[0], pd.Timestamp(p.as_of))
        found.append(income_statement(gross, prices, paths))
    return found


def tails(fits: dict[str, missions.Fit]) -> pd.DataFrame:
    """Where `SIZES` lie in the fitted distributions.

    Returns
    -------
    pandas.DataFrame
        `fit`, `size`, and of `missions.Tail`: `share`, `low`, `high`, `predictive`.
    """
    records = []
    for name, found in fits.items():
        for size in SIZES:
            place = missions.tail(found, size)
            records.append((name, size, place.share, place.low, place.high, place.predictive))
    return pd.DataFrame(records, columns=["fit", "size", "share", "low", "high", "predictive"])


def simulated(p: TroopPlausibility, paths, prices, u) -> dict[str, pd.DataFrame]:
    """Tables that need simulated paths; empty ones before the first dated count."""
    names = ("present", "sent", "casualties", "killed")
    if paths is None:
        empty = {f"band_{name}": pd.DataFrame() for name in names}
        return empty | {"coverage": pd.DataFrame(), "drivers": pd.DataFrame()}
    last = pd.Timestamp(p.as_of) + pd.DateOffset(months=stock.HORIZON)
    covered = [
        stock.coverage(stock.score(paths, found, name)).assign(quantity=name)
        for name, found in (
            ("present", counts.present(p.as_of)),
            ("casualties", counts.casualties(p.as_of)),
            ("killed", counts.killed(p.as_of)),
        )
        if len(found)
    ]
    small = p.model_copy(update={"draws": min(p.draws, 1024)})
    bars = projection.drivers(
        small,
        stock.draw_inputs(small),
        lambda found, _: found.at("present", last),
        DRIVERS,
    )
    return {f"band_{name}": stock.bands(paths, name) for name in names} | {
        "coverage": pd.concat(covered, ignore_index=True) if covered else pd.DataFrame(),
        "drivers": bars,
    }


def history(as_of, *indicators: str) -> pd.DataFrame:
    """Rows of some indicators for an evidence table, second reports included."""
    return reading.rows(as_of, list(indicators), repeats=True)


def money_elsewhere(as_of) -> pd.DataFrame:
    """Rows of the arms table that put a sum on troops, alone or with arms."""
    found = reading.rows(
        as_of, ["troop_revenue_annual", "support_value_total"], table="arms", repeats=True
    )
    both = reading.rows(as_of, "arms_value_total", ["arms_and_troops"], table="arms", repeats=True)
    return pd.concat([found, both], ignore_index=True)
