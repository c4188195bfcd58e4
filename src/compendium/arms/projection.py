"""The monthly flow after the day of the study, frozen so that it can be scored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import pandas as pd
from scipy import stats

from compendium import uncertainty as un
from compendium.arms.shipments import containers, first_shipment
from compendium.arms.value import latest, shell_loading
from compendium.parameters import ArmsTrade

DAYS_A_MONTH = 365.25 / 12
# A flow is read off two statements at least this far apart. Over shorter spans the difference
# of two cumulative counts is mostly their correction: in two months of 2024 one service's
# count rose by half.
MIN_INTERVAL_DAYS = 120
HALF_YEAR = 6.0  # months
FLOW_COLUMNS = [
    "issuer_short",
    "start",
    "end",
    "containers_per_month",
    "kind",
    "obs_id",
    "from_obs_id",
]
REVISION_COLUMNS = [
    "issuer_short",
    "day",
    "value",
    "obs_id",
    "day_later",
    "value_later",
    "obs_id_later",
]
# Weak prior on how much the flow changes in half a year: a doubling or a halving, worth two
# observations. It keeps the interval finite where only one or two changes are known.
PRIOR_STEP = math.log(2)
PRIOR_WEIGHT = 2


@dataclass(frozen=True)
class Projection:
    """Monthly flow now and later.

    Attributes
    ----------
    flows, revisions : pandas.DataFrame
        Output of `successive_flows`.
    opens : pandas.Timestamp or None
        Day before which no window is taken to open.
    opens_rows : tuple of str
        obs_ids that day comes from.
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
    revisions: pd.DataFrame
    opens: pd.Timestamp | None
    opens_rows: tuple[str, ...]
    step: float
    changes: int
    frame: pd.DataFrame
    rows: tuple[str, ...]


def successive_flows(
    statements: pd.DataFrame, opens: pd.Timestamp | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Containers a month that each issuer's statements imply, and the counts it took back.

    Parameters
    ----------
    statements : pandas.DataFrame
        Output of `containers`.
    opens : pandas.Timestamp, optional
        Day of the first shipment; a window opens no earlier.

    Returns
    -------
    flows : pandas.DataFrame
        `issuer_short`, `start`, `end`, `containers_per_month`, `kind` in {"difference",
        "window average"}, `obs_id` and `from_obs_id` (empty for an average), by issuer and
        time.
    revisions : pandas.DataFrame
        Counts that a later one of the same issuer does not exceed: `issuer_short`, `day`,
        `value`, `obs_id`, and the same of the later one with the ending `_later`.

    Notes
    -----
    Each issuer is followed back from its newest statement. The flow up to a statement is its
    difference to the newest earlier one that lies `MIN_INTERVAL_DAYS` or more before it, and
    the rest follows from there. Where there is no earlier one, the flow is the average since
    the window of the statement opened. A count that a later one does not exceed was revised:
    the later one stands, and no difference to the earlier one is taken.
    """
    records, revised = [], []
    for issuer, own in statements.groupby("issuer_short", sort=True):
        own = own.dropna(subset="value").drop_duplicates("period_end", keep="last")
        rows = list(own.itertuples())
        standing, chain = [], []
        for row in rows[::-1]:  # from the newest back
            if standing and row.value >= standing[-1].value:
                later = standing[-1]
                revised.append((issuer, row.period_end, row.value, row.obs_id,
                                later.period_end, later.value, later.obs_id))  # fmt: skip
                continue
            standing.append(row)
        for row in standing:
            if not chain or (chain[-1].period_end - row.period_end).days >= MIN_INTERVAL_DAYS:
                chain.append(row)
        own_records = []
        for row, before in zip_longest(chain, chain[1:]):
            if before is None:
                start, amount, kind, source = row.period_start, row.value, "window average", ""
                if opens is not None:
                    start = max(start, opens)
            else:
                start, amount = before.period_end, row.value - before.value
                kind, source = "difference", before.obs_id
            days = (row.period_end - start).days
            if days >= MIN_INTERVAL_DAYS:
                flow = amount / (days / DAYS_A_MONTH)
                own_records.append((issuer, start, row.period_end, flow, kind, row.obs_id, source))
        records += own_records[::-1]
    flows = pd.DataFrame(records, columns=FLOW_COLUMNS)
    return flows, pd.DataFrame(revised[::-1], columns=REVISION_COLUMNS)


def flow_changes(flows: pd.DataFrame) -> pd.Series:
    """Change of the logarithm of an issuer's flow, scaled to half a year.

    A random walk's change grows with the root of time, and each flow is an average over an
    interval. The averages of a walk over two intervals, one after the other, differ by the
    variance of a third of the two lengths together, and of what lies between them. A flow of
    nought, which only the first of an issuer can be, has no logarithm and tells no change.
    """
    flows = flows[flows["containers_per_month"] > 0]
    length, same = months_of(flows), flows["issuer_short"].eq(flows["issuer_short"].shift())
    between = (flows["start"] - flows["end"].shift()).dt.days[same] / DAYS_A_MONTH
    months = ((length + length.shift()) / 3)[same] + between
    return np.log(flows["containers_per_month"]).diff()[same] / np.sqrt(months / HALF_YEAR)


def months_of(flows: pd.DataFrame) -> pd.Series:
    """Length of the interval of each flow."""
    return (flows["end"] - flows["start"]).dt.days / DAYS_A_MONTH


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
    issuer, every issuer with a current statement equally likely, times the 152 mm loading:
    every container is read as 152 mm, whatever the share of rockets. Its logarithm follows a
    random walk without drift. The newest flow is an average over an interval, from which the
    walk at the end of the interval differs by the variance of a third of its length; from there
    the walk goes on. Its step has an inverse chi-squared posterior from `PRIOR_STEP`,
    `PRIOR_WEIGHT` and the observed changes, which makes the change Student's t [1]_.

    How often the interval holds the truth on simulated walks is in
    ``tests/test_calibration.py``. Errors of the counts come on top.

    References
    ----------
    .. [1] A. Gelman et al., "Bayesian Data Analysis", 3rd ed. (2013), section 2.6.
    """
    statements = containers(p.as_of)
    statements = statements[statements["credibility"] <= p.worst_credibility]
    first = first_shipment(p.as_of)
    opens = None if first.empty else first["period_start"].iloc[0]
    flows, revisions = successive_flows(statements, opens)
    loading = shell_loading(p)
    if flows.empty or loading is None:
        return None
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
    since = (pd.Timestamp(p.as_of) - newest["end"]).dt.days / DAYS_A_MONTH
    age = (since + months_of(newest) / 3).to_numpy()[pick]
    walk = stats.t.ppf(u[:, 2], df=freedom) * step
    records = [
        {"months": months} | un.summary(rounds * np.exp(walk * np.sqrt((age + months) / HALF_YEAR)))
        for months in horizons
    ]
    used = {*flows["obs_id"], *flows["from_obs_id"], *first["obs_id"], *loading.rows} - {""}
    return Projection(
        flows,
        revisions,
        opens,
        tuple(first["obs_id"]),
        step,
        len(change),
        pd.DataFrame(records),
        tuple(sorted(used)),
    )
