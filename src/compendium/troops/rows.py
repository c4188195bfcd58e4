"""Rows of the troops table as the chapter reads them: bounds filled, camps named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from compendium import evidence
from compendium import uncertainty as un
from compendium.memory import remembered

UKRAINE = "Ukraine"
CAMPS = {
    "South Korea": ("ROK", "Yonhap", "JoongAng", "Wi ", "Shin ", "Yoo "),
    "United States": ("US ", "White House"),
    UKRAINE: ("HUR", "Zelensky", "Ukraine", "UNN"),
    "Other states": (
        "MSMT",
        "UK MoD",
        "Western officials",
        "Kremlin",
        "DPRK",
        "Russia (",
        "Russian general staff",
    ),
}
PRESS = "Press and researchers"

# Offices that speak for one body, by how their names begin: a later word of one replaces an
# earlier word of another. Services that count for themselves (NIS and JCS, HUR) stay apart.
BODIES = {
    "US government": ("US State", "US DoD", "White House"),
    "Ukraine's government": ("Zelensky", "Ukraine"),
}


def camp(issuer: str) -> str:
    """Camp an issuer speaks for; everybody who is no government counts as press or research."""
    for name, prefixes in CAMPS.items():
        if issuer.startswith(prefixes):
            return name
    return PRESS


def short(issuer: str) -> str:
    """Issuer without the person or carrier it spoke through."""
    return issuer.partition(" (")[0]


def body(issuer: str) -> str:
    """Body an issuer speaks for: one of `BODIES`, else the issuer without person or carrier."""
    for name, prefixes in BODIES.items():
        if issuer.startswith(prefixes):
            return name
    return short(issuer)


@remembered
def rows(
    as_of,
    indicator: str | Sequence[str],
    items: Sequence[str] | None = None,
    *,
    table: str = "troops",
    repeats: bool = False,
) -> pd.DataFrame:
    """Rows of an indicator, codings of words included, ready to be drawn from and shown.

    Parameters
    ----------
    as_of : date or str
    indicator : str or sequence of str
    items : sequence of str, optional
        Only these items.
    table : str
        Observation table.
    repeats : bool
        Also second reports of a statement.

    Returns
    -------
    pandas.DataFrame
        Rows of `evidence.load` with `low` and `high` filled (`evidence.ends`), `issuer_short`,
        `body` and `side` (the camp); sorted by period_end, then day known, then from the worst
        graded to the best.

    Notes
    -----
    Rows marked implied are kept: here they are a coder's reading of words such as "several
    hundred" or an issuer's own sum, not arithmetic on other rows of the table.
    """
    filters = {"indicator": indicator} | ({"item": list(items)} if items else {})
    found = evidence.load(table, as_of, implied=True, repeats=repeats, **filters)
    found = evidence.ends(found).astype({"low": float, "high": float})
    found = found.assign(
        issuer_short=found["issuer"].map(short).astype(object),
        body=found["issuer"].map(body).astype(object),
        side=found["issuer"].map(camp).astype(object),
    )
    return found.sort_values(
        ["period_end", "known_on", "credibility", "reliability", "obs_id"],
        ascending=[True, True, False, False, False],
        ignore_index=True,
    )


def credible(found: pd.DataFrame, worst_credibility: int) -> pd.DataFrame:
    """Rows graded well enough to be drawn from."""
    return found[found["credibility"] <= worst_credibility].reset_index(drop=True)


def slack(row) -> tuple[float, float]:
    """Range a statement stands for: its own bounds, else its figure with the slack of its words."""
    if row.low != row.high:
        return float(row.low), float(row.high)
    return un.stated_range(row.low, row.qualifier)


def figure(found: pd.DataFrame, obs_id: str) -> float | None:
    """Value of one row (the middle of its range where it has no value), or None if unknown."""
    own = found[found["obs_id"] == obs_id]
    if own.empty:
        return None
    row = own.iloc[0]
    return float(row["value"]) if pd.notna(row["value"]) else float(row["low"] + row["high"]) / 2


def word_weights(sides: Sequence[str], ukraine_weight: float) -> NDArray[np.float64]:
    """Probability with which each statement is taken at its word.

    Parameters
    ----------
    sides : sequence of str
        Camp of each statement.
    ukraine_weight : float
        Probability of a Ukrainian source where others speak too.

    Returns
    -------
    ndarray, shape (len(sides),)
        Sums to 1: Ukraine has its weight, the other camps share the rest evenly, the
        statements of one camp share that camp's weight evenly.
    """
    sides = list(sides)
    others = sorted(set(sides) - {UKRAINE})
    if not others:
        of_camp = {UKRAINE: 1.0}
    else:
        mine = ukraine_weight if UKRAINE in sides else 0.0
        of_camp = {UKRAINE: mine} | {name: (1 - mine) / len(others) for name in others}
    return np.array([of_camp[side] / sides.count(side) for side in sides])


def pick(u: ArrayLike, weights: ArrayLike, order: ArrayLike) -> NDArray[np.int64]:
    """Index of the statement each draw takes; statements are ordered so that it rises with `u`."""
    order = np.argsort(np.asarray(order), kind="stable")
    edges = np.cumsum(np.asarray(weights, float)[order])
    edges[-1] = 1.0
    return order[np.minimum(np.searchsorted(edges, np.asarray(u), side="right"), len(order) - 1)]


def between(u: ArrayLike, bounds: tuple[float, float]) -> NDArray[np.float64]:
    """Uniform draws in a closed range; a point where both ends are equal."""
    return un.uniform(u, *bounds)
