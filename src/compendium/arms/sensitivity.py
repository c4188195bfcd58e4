"""What drives the value: Sobol indices and a tornado of inputs, and rows left out one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from SALib.analyze import sobol as sobol_analyze
from SALib.sample import sobol as sobol_sample

from compendium import evidence
from compendium import uncertainty as un
from compendium.arms.value import (
    CHUNK,
    DIMENSIONS,
    GROUPS,
    Inputs,
    Range,
    draw,
    inputs,
    known_bases,
    total,
)
from compendium.errors import CompendiumError
from compendium.memory import remembered
from compendium.parameters import ArmsTrade


def active_groups(given: Inputs) -> dict[str, tuple[int, ...]]:
    """Groups of inputs that can move the value at all under these inputs."""

    def width(ranges: Sequence[Range]) -> bool:
        return len(set(r[:2] for r in ranges)) > 1 or any(r.high > r.low for r in ranges)

    moving = {
        "quantity": width(given.quantities),
        "loading": given.in_containers and width([given.loading]),
        "rockets in the mix": given.in_containers and width([given.rocket_share]),
        "shell price": width(given.shell_prices),
        "missiles": width(given.missile_counts)
        or (bool(given.missile_counts) and width([given.missile_price])),
        "unusable share": width([given.unusable]),
    }
    return {name: GROUPS[name] for name, moves in moving.items() if moves}


def sobol_indices(
    given: Inputs | Sequence[Inputs], samples: int, seed: int, level: float = 0.9
) -> pd.DataFrame:
    """First-order and total Sobol indices of the value, by group of inputs.

    Parameters
    ----------
    given : Inputs or sequence of Inputs
        Several are equally likely cases that differ in how a shell is priced; which of them
        holds belongs to the shell price.
    samples : int
        Base samples; the model is evaluated ``samples * (groups + 2)`` times.
    seed : int
    level : float
        Probability of the bootstrap intervals.

    Returns
    -------
    pandas.DataFrame
        `input`, `first`, `first_conf`, `total`, `total_conf` (half-widths), largest first.
        Empty when no input can move the value.

    Notes
    -----
    Saltelli's scheme with the estimators of [1]_, as in SALib [2]_.

    References
    ----------
    .. [1] A. Saltelli et al., "Variance based sensitivity analysis of model output",
       Computer Physics Communications 181 (2010).
    .. [2] J. Herman and W. Usher, "SALib", Journal of Open Source Software 2 (2017).
    """
    cases = [given] if isinstance(given, Inputs) else list(given)
    moving = [active_groups(case) for case in cases]
    if len(cases) > 1:
        moving.append({"shell price": GROUPS["shell price"]})
    groups = {name: columns for name, columns in GROUPS.items() if any(name in m for m in moving)}
    columns = [c for members in groups.values() for c in members]

    def value(points: NDArray[np.float64]) -> NDArray[np.float64]:
        u = np.full((len(points), DIMENSIONS), 0.5)
        u[:, columns] = points
        return total_across(u, cases)

    # An input that could move a value does not move one that is nought.
    if not groups or not np.ptp(value(un.uniforms(samples, len(columns), seed))):
        return pd.DataFrame(columns=["input", "first", "first_conf", "total", "total_conf"])
    if len(groups) == 1:  # SALib asks for two; one alone carries all of the variance
        whole = {"input": list(groups), "first": 1.0, "first_conf": 0.0}
        return pd.DataFrame({**whole, "total": 1.0, "total_conf": 0.0})
    labels = [name for name, members in groups.items() for _ in members]
    problem = {
        "num_vars": len(columns),
        "names": [f"u{c}" for c in columns],
        "bounds": [[0, 1]] * len(columns),
        "groups": labels,
    }
    sample = sobol_sample.sample(problem, samples, calc_second_order=False, seed=seed)
    found = sobol_analyze.analyze(
        problem,
        value(sample),
        calc_second_order=False,
        num_resamples=200,
        conf_level=level,
        seed=seed,
    )
    frame = pd.DataFrame(
        {
            "input": list(groups),
            "first": found["S1"],
            "first_conf": found["S1_conf"],
            "total": found["ST"],
            "total_conf": found["ST_conf"],
        }
    )
    return frame.sort_values("total", ascending=False, ignore_index=True)


@remembered
def across_bases(p: ArmsTrade) -> list[Inputs]:
    """Inputs under every usable price basis, cheapest first; a hand-set price is ignored.

    Each basis brings its own price of a rocket and its own rule for unusable rounds, so that
    a price that is already discounted for age is not discounted again.
    """
    free = p.model_copy(update={"shell_price": None})
    cases = [inputs(free, basis) for basis in known_bases(p)]
    return sorted(cases, key=lambda given: given.shell_prices[0][:2])


def total_across(u: NDArray[np.float64], cases: Sequence[Inputs]) -> NDArray[np.float64]:
    """Value where the first column of the shell price picks one of several cases."""
    if len(cases) == 1:
        return total(u, cases[0])
    column = GROUPS["shell price"][0]
    pick = np.minimum((u[:, column] * len(cases)).astype(int), len(cases) - 1)
    found = np.empty(len(u))
    for number, given in enumerate(cases):
        found[pick == number] = total(u[pick == number], given)
    return found


def tornado(p: ArmsTrade, bases: pd.DataFrame) -> pd.DataFrame:
    """Median of the value when one input is held at an end of its range.

    The other inputs stay uncertain, so that the bars start from the median of the model.

    Parameters
    ----------
    p : ArmsTrade
    bases : pandas.DataFrame
        Output of `by_basis`; the switch of the price basis is one more bar.

    Returns
    -------
    pandas.DataFrame
        `input`, `low`, `high` (USD million), `at_low`, `at_high` (what the input then is),
        widest bar first.
    """
    given = inputs(p)
    u = un.uniforms(min(p.draws, CHUNK), DIMENSIONS, p.seed)
    records = []
    for name, columns in active_groups(given).items():
        ends = []
        for end in (0.0, np.nextafter(1.0, 0.0)):
            held = u.copy()
            held[:, columns] = end
            ends.append(float(np.median(total(held, given))))
        records.append(bar(name, ends, *ends_of(name, given)))
    if p.shell_price is None and len(bases) > 1:
        order = bases.sort_values("median")
        records.append(
            bar(
                "price basis",
                [order["median"].iloc[0], order["median"].iloc[-1]],
                order["basis"].iloc[0].replace("_", " "),
                order["basis"].iloc[-1].replace("_", " "),
            )
        )
    frame = pd.DataFrame(records, columns=["input", "low", "high", "at_low", "at_high"])
    width = (frame["high"] - frame["low"]).rename("width")
    return frame.loc[width.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def bar(name: str, ends: Sequence[float], at_low: str, at_high: str) -> dict:
    """One bar of the tornado, turned so that low is the smaller value."""
    if ends[0] > ends[1]:
        ends, at_low, at_high = ends[::-1], at_high, at_low
    return {"input": name, "low": ends[0], "high": ends[1], "at_low": at_low, "at_high": at_high}


def ends_of(name: str, given: Inputs) -> tuple[str, str]:
    """What an input is at both ends, in words."""

    def ends(ranges: Sequence[Range], form: str) -> tuple[str, str]:
        lows = min(r.low for r in ranges)
        highs = max(r.high for r in ranges)
        return form.format(lows), form.format(highs)

    if name == "quantity":
        return ends(given.quantities, "{:,.0f}")
    if name == "loading":
        return ends([given.loading], "{:,.0f} a container")
    if name == "rockets in the mix":
        return ends([given.rocket_share], "{:.0%} of containers")
    if name == "shell price":
        return ends(given.shell_prices, "{:,.0f} USD")
    if name == "missiles":
        few, many = ends(given.missile_counts, "{:,.0f}")
        cheap, dear = ends([given.missile_price], "{:g} million")
        return f"{few} at {cheap}", f"{many} at {dear}"
    return ends([given.unusable], "{:.0%}")


def leave_one_out(p: ArmsTrade, given: Inputs) -> pd.DataFrame:
    """Median of the value with each row it draws from left out, the others as they are.

    The whole model is asked anew, so that an issuer's older count, or one that the newest had
    put out of date, stands in for a count that is left out.

    Parameters
    ----------
    p : ArmsTrade
    given : Inputs
        Inputs with every row in place.

    Returns
    -------
    pandas.DataFrame
        `obs_id`, `used_for`, `figure`, `unit`, `issuer`, `known_on`, `grade`, `median` without
        the row (USD million; missing where nothing is left to draw from) and `change` from the
        median with it, as a share (missing too where it moves away from nought); what moves it
        most first.
    """
    whole = float(np.median(draw(given, p.draws, p.seed)["total"]))
    rows = evidence.named(given.rows, p.as_of).set_index("obs_id")
    records = []
    for row in rows.loc[list(given.rows)].itertuples():
        with evidence.without(row.Index):
            try:
                median = float(np.median(draw(inputs(p), p.draws, p.seed)["total"]))
            except CompendiumError:  # it was the only row of its kind
                median = np.nan
        records.append(
            {
                "obs_id": row.Index,
                "used_for": used_for(row.Index, given),
                "figure": evidence.figure_text(row),
                "unit": row.unit.replace("_", " "),
                "issuer": row.issuer,
                "known_on": row.known_on,
                "grade": f"{row.reliability}{row.credibility}",
                "median": median,
                "change": median / whole - 1 if whole else 0.0 if median == 0 else np.nan,
            }
        )
    columns = ["obs_id", "used_for", "figure", "unit", "issuer", "known_on", "grade", "median"]
    found = pd.DataFrame(records, columns=[*columns, "change"])
    size = found["change"].abs().fillna(np.inf)
    order = size.sort_values(ascending=False, kind="stable").index
    return found.loc[order].reset_index(drop=True)


def used_for(row: str, given: Inputs) -> str:
    """What the model draws from a row, in words."""
    uses = {
        "containers" if given.in_containers else "rounds": given.quantities,
        "loading": [given.loading],
        "rockets in the mix": [given.rocket_share, given.rocket_loading, given.rocket_price],
        "price of a shell": given.shell_prices,
        "missiles": given.missile_counts,
        "cost of a missile": [given.missile_price],
        "unusable share": [given.unusable],
    }
    return ", ".join(name for name, ranges in uses.items() if any(row in r.rows for r in ranges))
