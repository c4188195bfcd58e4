"""What a lever could take from Pyongyang in a year, for the flows that can be counted.

Not a forecast: the shares are assumptions. The table says what each would be worth if it came.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from compendium import evidence, upstream
from compendium import uncertainty as un
from compendium.parameters import Recommendations
from compendium.policy import theft
from compendium.values import Value

FLOWS = {
    "containers": "munitions sent by container",
    "barrels": "oil over the cap",
    "crypto": "stolen crypto",
}
ENDS = ("low", "middle", "high")


@dataclass(frozen=True)
class Flow:
    """A flow that can be counted.

    Attributes
    ----------
    name : str
    yearly : ndarray
        USD million a year, one entry a draw.
    rows : tuple of str
    basis : str
        How it was made a yearly figure.
    """

    name: str
    yearly: NDArray[np.float64]
    rows: tuple[str, ...]
    basis: str


def from_interval(u, value: Value) -> NDArray[np.float64]:
    """Quantile function of a two-piece log-normal with the value's median and interval.

    Parameters
    ----------
    u : array
        Uniform numbers.
    value : Value
        With low above zero and a level; a value without interval is a point.

    Notes
    -----
    Each half of the logarithm is normal with its own spread (K. F. Wallis, "The two-piece
    normal, binormal, or double Gaussian distribution", Statistical Science 29 (2014) 106-112,
    in the form that keeps the median), so that median and both ends are met exactly.
    """
    u = np.asarray(u, float)
    if value.low is None or not 0 < value.low <= value.high:
        return np.full_like(u, value.value)
    z = stats.norm.ppf(u)
    reach = stats.norm.ppf((1 + (value.level or 0.9)) / 2)
    below = np.log(value.value / value.low) / reach
    above = np.log(value.high / value.value) / reach
    return value.value * np.exp(z * np.where(z < 0, below, above))


def containers(arms: dict[str, Value], u) -> Flow | None:
    """Worth of what was shipped a year, each count over the years that it ran."""
    yearly = upstream.value(arms, "arms_trade.value_yearly")
    if yearly is None:
        return None
    ends = [
        upstream.value(arms, f"arms_trade.count_years_{end}") for end in ("shortest", "longest")
    ]
    basis = "worth of all deliveries over " + " to ".join(f"{e.value:.1f}" for e in ends)
    return Flow("containers", from_interval(u, yearly), yearly.rows, f"{basis} years of counting")


def barrels(p: Recommendations, trade: dict[str, Value], u, v, w) -> Flow | None:
    """Barrels over the yearly cap, at a price that is a parameter.

    Notes
    -----
    The estimate stands for the range it is stated as, else for the one that its word gives ("more
    than" is not undercut and has a fifth of slack). An estimate for part of a year stands for
    anything between itself (nothing more came) and its pace kept up for the whole year.
    """
    estimate = upstream.value(trade, "trade_trends.barrels_estimated")
    cap = upstream.value(trade, "trade_trends.cap")
    if estimate is None or cap is None:
        return None
    row = evidence.ends(evidence.named(estimate.rows, p.as_of)).iloc[0]
    days = (row["period_end"] - row["period_start"]).days + 1
    ends = (row["low"], row["high"])
    if ends[0] == ends[1]:
        ends = un.stated_range(estimate.value, row["qualifier"])
    counted = un.uniform(w, *ends)
    yearly = un.uniform(u, counted, counted * max(1.0, 365 / days))
    price = un.uniform(v, p.barrel_price_low, p.barrel_price_high)
    stated = evidence.figure_text(row)
    basis = f"{stated} barrels in {days} days; cap {cap.value:,.0f} a year"
    over = np.maximum(yearly - cap.value, 0) * price / 1e6
    return Flow("barrels", over, (*estimate.rows, *cap.rows), basis)


def crypto(p: Recommendations, u) -> Flow | None:
    """Theft of a further year, as projected."""
    table = theft.yearly(p)
    if table.empty:
        return None
    years = table["year"].unique()
    span = f"{years.min()} to {years.max()}" if len(years) > 1 else f"{years[0]}"
    basis = f"a further year, learnt from the counts of {span}"
    return Flow("crypto", theft.predict(p, table, u), tuple(table["obs_id"]), basis)


def uniforms(p: Recommendations) -> NDArray[np.float64]:
    """Uniform numbers: one row for containers, three for barrels, one for crypto."""
    return un.uniforms(p.draws, 5, p.seed + 1).T


def flows(p: Recommendations) -> tuple[list[Flow], dict[str, str]]:
    """The flows known by `as_of`, and for each chapter drawn on where its values were found."""
    arms, arms_from = upstream.find("arms_trade", p.as_of)
    trade, trade_from = upstream.find("trade_trends", p.as_of)
    u = uniforms(p)
    found = [
        containers(arms, u[0]),
        barrels(p, trade, u[1], u[2], u[3]),
        crypto(p, u[4]),
    ]
    origin = {"arms_trade": arms_from, "trade_trends": trade_from}
    return [flow for flow in found if flow is not None], origin


def taken(p: Recommendations, found: list[Flow]) -> pd.DataFrame:
    """USD million a year that each share of each flow comes to.

    Returns
    -------
    pandas.DataFrame
        `flow`, `case` ("untouched", "low", "middle", "high", "drawn"), `share` (missing for
        "drawn": there it is triangular between low, middle and high), the columns of
        `uncertainty.summary`, `rows`, `basis`.
    """
    records = []
    u = un.uniforms(p.draws, len(FLOWS), p.seed + 2).T
    for flow in found:
        place = list(FLOWS).index(flow.name)
        ends = [getattr(p, f"{flow.name}_{end}") for end in ENDS]
        drawn = un.triangular(u[place], *ends)
        cases = [("untouched", 1.0, flow.yearly)]
        cases += [(end, s, s * flow.yearly) for end, s in zip(ENDS, ends, strict=True)]
        cases.append(("drawn", np.nan, drawn * flow.yearly))
        for case, share, amount in cases:
            records.append(
                {"flow": flow.name, "case": case, "share": share, **un.summary(amount),
                 "rows": flow.rows, "basis": flow.basis}
            )  # fmt: skip
    columns = ["flow", "case", "share", "median", "low50", "high50", "low90", "high90", "rows",
               "basis"]  # fmt: skip
    return pd.DataFrame(records, columns=columns)


def equal_shares(p: Recommendations, table: pd.DataFrame) -> pd.DataFrame:
    """Share of each flow that takes as much, at the medians, as the middle share of crypto.

    Returns
    -------
    pandas.DataFrame
        `flow`, `share`; a share above one means that the whole flow would not suffice.
    """
    whole = table[table["case"] == "untouched"].set_index("flow")["median"]
    if "crypto" not in whole.index:
        return pd.DataFrame(columns=["flow", "share"])
    goal = p.crypto_middle * whole["crypto"]
    rest = whole.drop("crypto")
    rest = rest[rest > 0]
    return pd.DataFrame({"flow": rest.index, "share": goal / rest.to_numpy()})
