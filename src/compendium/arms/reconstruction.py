"""Which sourced quantity-price pairs reach the bounds the study published."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

import pandas as pd

from compendium import evidence
from compendium.arms.shipments import missiles, shells
from compendium.arms.value import missile_price_rows, price_rows

STUDY_LOW, STUDY_HIGH = "arms-fnf24-low", "arms-fnf24-high"


def study_bounds(as_of) -> pd.DataFrame:
    """The study's two bounds, USD million, lower first; empty before it was published."""
    rows = evidence.load("arms", as_of, repeats=True, indicator="arms_value_total")
    rows = rows[rows["obs_id"].isin([STUDY_LOW, STUDY_HIGH])]
    return rows.sort_values("value", ignore_index=True)


class Grid(NamedTuple):
    """Sourced factors to combine: figures without their uncertainty."""

    rounds: tuple[float, ...]
    prices: tuple[float, ...]
    missiles: tuple[float, ...]
    missile_prices: tuple[float, ...]


def figures(rows: pd.DataFrame) -> tuple[float, ...]:
    """Distinct figures of some rows (value, low and high), sorted."""
    found = pd.concat([rows["value"], rows["low"], rows["high"]]).dropna()
    return tuple(sorted(found.unique()))


def grid(as_of) -> Grid:
    """Every quantity, price and missile figure known by `as_of`; no missiles is allowed."""
    prices = pd.concat(price_rows(as_of).values())
    counts = missiles(as_of)
    return Grid(
        figures(shells(as_of)),
        figures(prices),
        (0.0, *figures(counts)),
        figures(missile_price_rows(as_of)),
    )


def combinations(g: Grid) -> pd.DataFrame:
    """Value of every combination of the grid, USD million; no missiles have no price."""
    records = list(product(g.rounds, g.prices, g.missiles, g.missile_prices))
    frame = pd.DataFrame(records, columns=["rounds", "price", "missiles", "missile_price"])
    frame.loc[frame["missiles"] == 0, "missile_price"] = 0.0
    frame = frame.drop_duplicates(ignore_index=True)
    frame["value"] = (
        frame["rounds"] * frame["price"] / 1e6 + frame["missiles"] * frame["missile_price"]
    )
    return frame


def matches(g: Grid, low: float, high: float, tolerance: float) -> dict[str, pd.DataFrame]:
    """Combinations that reach the published bounds within a tolerance.

    Parameters
    ----------
    g : Grid
    low, high : float
        Published bounds, USD million.
    tolerance : float
        Largest relative error.

    Returns
    -------
    dict of pandas.DataFrame
        `low`, `high`: combinations that reach that bound. `both`: pairs of them with the same
        rounds and the same missiles, prices not falling from low to high; with `error_low`,
        `error_high` and `worst` (the larger error), best first.
    """
    every = combinations(g)
    every["error_low"] = every["value"] / low - 1
    every["error_high"] = every["value"] / high - 1
    at_low = every[every["error_low"].abs() <= tolerance].drop(columns="error_high")
    at_high = every[every["error_high"].abs() <= tolerance].drop(columns="error_low")
    both = at_low.merge(at_high, on=["rounds", "missiles"], suffixes=("_low", "_high"))
    both = both[
        (both["price_low"] <= both["price_high"])
        & (both["missile_price_low"] <= both["missile_price_high"])
    ]
    both["worst"] = both[["error_low", "error_high"]].abs().max(axis=1)
    return {
        "low": at_low.reset_index(drop=True),
        "high": at_high.reset_index(drop=True),
        "both": both.sort_values(["worst", "rounds", "missiles"], ignore_index=True),
    }


def pairs(combined: pd.DataFrame) -> int:
    """Number of distinct quantity-price pairs."""
    return len(combined[["rounds", "price"]].drop_duplicates())


def needed_prices(rounds: Iterable[float], low: float, high: float) -> pd.DataFrame:
    """Price of a round that each quantity needs to reach the bounds without any missile."""
    frame = pd.DataFrame({"rounds": list(rounds)})
    return frame.assign(
        price_low=low * 1e6 / frame["rounds"], price_high=high * 1e6 / frame["rounds"]
    )
