"""Which sourced quantity-price pairs reach the bounds the study published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from compendium import evidence
from compendium.arms.shipments import missiles, shells
from compendium.arms.value import missile_price_rows, shown_prices
from compendium.memory import remembered

STUDY_LOW, STUDY_HIGH = "arms-fnf24-low", "arms-fnf24-high"


@remembered
def study_bounds(as_of) -> pd.DataFrame:
    """The study's two bounds, USD million, lower first; empty unless both are known."""
    rows = evidence.load("arms", as_of, repeats=True, indicator="arms_value_total")
    rows = rows[rows["obs_id"].isin([STUDY_LOW, STUDY_HIGH])]
    rows = rows if len(rows) == 2 else rows.iloc[:0]
    return rows.assign(value=evidence.middle(rows)).sort_values("value", ignore_index=True)


class Grid(NamedTuple):
    """Sourced factors to combine: figures without their uncertainty.

    `sources` holds, for each of the four factors, the obs_ids behind each of its figures.
    """

    rounds: tuple[float, ...]
    prices: tuple[float, ...]
    missiles: tuple[float, ...]
    missile_prices: tuple[float, ...]
    sources: Mapping[str, Mapping[float, tuple[str, ...]]] = MappingProxyType({})

    @property
    def rows(self) -> tuple[str, ...]:
        """obs_ids behind all figures of the grid, each once, sorted."""
        return tuple(
            sorted(
                {
                    row
                    for figures in self.sources.values()
                    for ids in figures.values()
                    for row in ids
                }
            )
        )

    def rows_of(self, combination: Mapping[str, float]) -> tuple[str, ...]:
        """obs_ids behind one row of `matches`, whose columns may end in `_low` and `_high`."""
        found = set()
        for name, amount in combination.items():
            factor = str(name).removesuffix("_low").removesuffix("_high")
            found.update(self.sources.get(factor, {}).get(amount, ()))
        return tuple(sorted(found))


def figures(rows: pd.DataFrame) -> dict[float, tuple[str, ...]]:
    """Distinct figures of some rows (value, low and high), sorted, and the rows they stand in."""
    long = rows.melt("obs_id", ["value", "low", "high"], value_name="figure").dropna(
        subset="figure"
    )
    found = long.groupby("figure")["obs_id"].agg(lambda ids: tuple(sorted(set(ids))))
    return {float(figure): ids for figure, ids in found.items()}


@remembered
def grid(as_of, worst_credibility: int = 6, worst_factor_credibility: int = 6) -> Grid:
    """Every quantity, price and missile figure known by `as_of`; no missiles is allowed.

    Parameters
    ----------
    as_of : date or str
    worst_credibility, worst_factor_credibility : int
        Counts, and prices, with a worse credibility grade are left out.
    """

    def usable(rows: pd.DataFrame, worst: int) -> pd.DataFrame:
        return rows[rows["credibility"] <= worst]

    counts, factors = worst_credibility, worst_factor_credibility
    sources = {
        "rounds": figures(usable(shells(as_of), counts)),
        "price": figures(usable(shown_prices(as_of), factors)),
        "missiles": figures(usable(missiles(as_of), counts)),
        "missile_price": figures(usable(missile_price_rows(as_of), factors)),
    }
    return Grid(
        tuple(sources["rounds"]),
        tuple(sources["price"]),
        (0.0, *sources["missiles"]),
        tuple(sources["missile_price"]),
        sources,
    )


def combinations(g: Grid) -> pd.DataFrame:
    """Value of every combination of the grid, USD million; no missiles have no price."""
    # Without a known missile price only the combinations without missiles are left.
    missile_prices = g.missile_prices or (0.0,)
    missiles = g.missiles if g.missile_prices else (0.0,)
    records = list(product(g.rounds, g.prices, missiles, missile_prices))
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
        `error_high` and `worst` (the larger error), best first. `low_only`, `high_only`:
        combinations that reach that bound and are part of no such pair.
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
        "low_only": without(at_low, both, "low"),
        "high_only": without(at_high, both, "high"),
    }


def without(reached: pd.DataFrame, both: pd.DataFrame, end: str) -> pd.DataFrame:
    """Combinations at one bound that are not part of a pair reaching both bounds."""
    factors = ["rounds", "price", "missiles", "missile_price"]
    paired = both.rename(columns={f"price_{end}": "price", f"missile_price_{end}": "missile_price"})
    inside = pd.MultiIndex.from_frame(reached[factors]).isin(
        pd.MultiIndex.from_frame(paired[factors])
    )
    return reached[~inside].reset_index(drop=True)


def pairs(combined: pd.DataFrame, price: str = "price") -> set[tuple[float, float]]:
    """Distinct quantity-price pairs; `price` names the column of the price."""
    return set(zip(combined["rounds"], combined[price], strict=True))


def needed_prices(rounds: Iterable[float], low: float, high: float) -> pd.DataFrame:
    """Price of a round that each quantity needs to reach the bounds without any missile."""
    frame = pd.DataFrame({"rounds": list(rounds)})
    return frame.assign(
        price_low=low * 1e6 / frame["rounds"], price_high=high * 1e6 / frame["rounds"]
    )
