"""What the chapter expects after its vintage, frozen so that it can be scored; and what drives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from compendium import uncertainty as un
from compendium.parameters import TroopPlausibility
from compendium.troops import money, stock
from compendium.troops.stock import Paths

HORIZONS = (0, 6, 12)  # months past the vintage
# Inputs moved together in the table of drivers.
GAPS = tuple(name for name in stock.INPUTS if name.startswith("gap before new contingent"))
NEW_SIZES = tuple(name for name in stock.INPUTS if name.startswith("size of new contingent"))
HELD = (0.05, 0.95)  # where an input is held: the ends of its central 90 %


@dataclass(frozen=True)
class Projection:
    """Frozen statements about the time after `as_of`.

    Attributes
    ----------
    frame : pandas.DataFrame
        `quantity` in {"present", "sent", "casualties", "killed", "revenue"}, `months`, `day`
        and the quantiles of `uncertainty.summary`; revenue in USD million from `as_of` on.
    above : pandas.DataFrame
        `quantity`, `months`, `cap`, `probability` of lying above the study's ceiling.
    rows : tuple of str
    """

    frame: pd.DataFrame
    above: pd.DataFrame
    rows: tuple[str, ...]


def project(
    p: TroopPlausibility,
    paths: Paths | None,
    prices: money.Prices | None,
    u: Mapping,
    cap: float | None,
) -> Projection | None:
    """Frozen projection from simulated paths; None where there are none."""
    if paths is None:
        return None
    records, above = [], []
    start = pd.Timestamp(p.as_of)
    for months in HORIZONS:
        day = start + pd.DateOffset(months=months)
        for name in ("present", "sent", "casualties", "killed"):
            amounts = paths.at(name, day)
            records.append({"quantity": name, "months": months, "day": day} | un.summary(amounts))
            if cap is not None and name in ("present", "sent"):
                above.append((name, months, cap, float(np.mean(amounts > cap))))
        if prices is not None and months:
            gross = income(prices, u, paths, start, day)
            records.append(
                {"quantity": "revenue", "months": months, "day": day} | un.summary(gross)
            )
    used = tuple(sorted({*paths.rows, *(prices.all_rows if prices is not None else ())}))
    columns = ["quantity", "months", "cap", "probability"]
    return Projection(pd.DataFrame(records), pd.DataFrame(above, columns=columns), used)


def income(prices: money.Prices, u: Mapping, paths: Paths, first, last) -> np.ndarray:
    """Gross income between two days of the grid, USD million, one entry a draw."""
    return money.revenue(
        prices,
        u,
        paths.soldier_months(first, last),
        paths.at("sent", last) - paths.at("sent", first),
        paths.at("killed", last) - paths.at("killed", first),
    )


def drivers(
    p: TroopPlausibility,
    u: Mapping,
    measure: Callable[[Paths, Mapping], np.ndarray],
    inputs: Sequence[str],
) -> pd.DataFrame:
    """Median of a measure with one input held low or high, the others uncertain.

    Returns
    -------
    pandas.DataFrame
        `input`, `low`, `high`, `at_low`, `at_high` as `figures.tornado` draws them, widest first.
    """
    groups = {name: (name,) for name in inputs}
    groups["time to new contingents"] = GAPS
    groups["size of new contingents"] = NEW_SIZES
    # All cases are simulated at once, one block of draws each: the rows are then read once.
    cases = [stock.hold(u, names, end) for names in groups.values() for end in HELD]
    stacked = {name: np.concatenate([case[name] for case in cases]) for name in u}
    amounts = measure(stock.simulate(p, stacked), stacked).reshape(len(cases), -1)
    medians = np.median(amounts, axis=1).reshape(-1, len(HELD))
    records = []
    for label, ends in zip(groups, medians.tolist(), strict=True):
        words = ["held low", "held high"]
        if ends[0] > ends[1]:
            ends, words = ends[::-1], words[::-1]
        if ends[1] - ends[0] > 1e-9:
            records.append((label, *ends, *words))
    found = pd.DataFrame(records, columns=["input", "low", "high", "at_low", "at_high"])
    width = found["high"] - found["low"]
    order = width.sort_values(ascending=False, kind="stable").index
    return found.loc[order].reset_index(drop=True)
