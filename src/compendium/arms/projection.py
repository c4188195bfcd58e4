"""The monthly flow after the day of the study, frozen so that it can be scored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from compendium import uncertainty as un
from compendium.arms.shipments import containers, conversions
from compendium.arms.value import container_inputs, latest
from compendium.parameters import ArmsTrade

DAYS_A_MONTH = 365.25 / 12
# A flow is read off two statements at least this far apart. Over shorter spans the difference
# of two cumulative counts is mostly their correction: in two months of 2024 one service's
# count rose by half.
MIN_INTERVAL_DAYS = 120
HALF_YEAR = 6.0  # months
# Weak prior on how much the flow changes in half a year: a doubling or a halving, worth two
# observations. It keeps the interval finite where only one or two changes are known.
PRIOR_STEP = math.log(2)
PRIOR_WEIGHT = 2


@dataclass(frozen=True)
class Projection:
    """Monthly flow now and later.

    Attributes
    ----------
    flows : pandas.DataFrame
        Output of `successive_flows`.
    step : float
        Scale of the change of the logarithm of the flow in half a year.
    changes : int
        Number of observed changes behind `step`.
    frame : pandas.DataFrame
        `months` past `as_of` and the quantiles of the flow, in thousand 152 mm rounds a month.
    rows : tuple of str
        obs_ids used.
    """

    flows: pd.DataFrame
    step: float
    changes: int
    frame: pd.DataFrame
    rows: tuple[str, ...]


def successive_flows(statements: pd.DataFrame) -> pd.DataFrame:
    """Containers a month between successive statements of one issuer.

    Parameters
    ----------
    statements : pandas.DataFrame
        Output of `containers`.

    Returns
    -------
    pandas.DataFrame
        `issuer_short`, `start`, `end`, `containers_per_month`, `obs_id` of the later statement.
        The first flow of an issuer starts with the window of its first statement.
    """
    records = []
    for issuer, own in statements.groupby("issuer_short", sort=True):
        since, before = own["period_start"].iloc[0], 0.0
        for row in own.dropna(subset="value").itertuples():
            days = (row.period_end - since).days
            if days < MIN_INTERVAL_DAYS or row.value <= before:
                continue
            flow = (row.value - before) / (days / DAYS_A_MONTH)
            records.append((issuer, since, row.period_end, flow, row.obs_id))
            since, before = row.period_end, row.value
    columns = ["issuer_short", "start", "end", "containers_per_month", "obs_id"]
    return pd.DataFrame(records, columns=columns)


def flow_changes(flows: pd.DataFrame) -> pd.Series:
    """Change of the logarithm of an issuer's flow, scaled to half a year.

    A random walk's change grows with the square root of time, so each change is divided by
    the root of the half-years between the middles of its two intervals.
    """
    middle = flows["start"] + (flows["end"] - flows["start"]) / 2
    same = flows["issuer_short"].eq(flows["issuer_short"].shift())
    half_years = middle.diff().dt.days[same] / DAYS_A_MONTH / HALF_YEAR
    return np.log(flows["containers_per_month"]).diff()[same] / np.sqrt(half_years)


def project(p: ArmsTrade, horizons: Sequence[int] = (0, 6, 12)) -> Projection | None:
    """Frozen projection of the monthly flow past `as_of`.

    Parameters
    ----------
    p : ArmsTrade
    horizons : sequence of int
        Months past `as_of`.

    Returns
    -------
    Projection or None
        None when no flow or no loading was known.

    Notes
    -----
    No trend is fitted; there are too few points for one. The flow is the newest flow of one
    issuer, every issuer with a current statement equally likely, times a loading. From the
    end of that issuer's interval it follows a random walk of the logarithm without drift.
    The step of the walk has an inverse chi-squared posterior from `PRIOR_STEP`,
    `PRIOR_WEIGHT` and the observed changes, which makes the change Student's t [1]_.

    References
    ----------
    .. [1] A. Gelman et al., "Bayesian Data Analysis", 3rd ed. (2013), section 2.6.
    """
    statements = containers(p.as_of)
    statements = statements[statements["credibility"] <= p.worst_credibility]
    flows = successive_flows(statements)
    as_containers = p.model_copy(update={"quantity_basis": "containers"})
    if flows.empty or conversions(p.as_of).empty:
        return None
    *_, loading = container_inputs(as_containers, p.price_basis)
    current = {r.label for r in latest(statements, p.max_age_days, p.worst_credibility)}
    newest = flows[flows["issuer_short"].isin(current)].groupby("issuer_short").last()
    if newest.empty:
        return None

    change = flow_changes(flows)
    freedom = PRIOR_WEIGHT + len(change)
    step = math.sqrt((PRIOR_WEIGHT * PRIOR_STEP**2 + float((change**2).sum())) / freedom)

    u = un.uniforms(p.draws, 3, p.seed)
    pick = np.minimum((u[:, 0] * len(newest)).astype(int), len(newest) - 1)
    flow = newest["containers_per_month"].to_numpy()[pick]
    rounds = flow * un.uniform(u[:, 1], *loading[:2]) / 1000
    age = ((pd.Timestamp(p.as_of) - newest["end"]).dt.days / DAYS_A_MONTH).to_numpy()[pick]
    walk = stats.t.ppf(u[:, 2], df=freedom) * step
    records = [
        {"months": months} | un.summary(rounds * np.exp(walk * np.sqrt((age + months) / HALF_YEAR)))
        for months in horizons
    ]
    rows = tuple(sorted({*flows["obs_id"], *loading.rows}))
    return Projection(flows, step, len(change), pd.DataFrame(records), rows)
