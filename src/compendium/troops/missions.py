"""Past missions: how often, in combat or not, and how large."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from compendium import evidence
from compendium.memory import remembered
from compendium.troops.rows import rows

# Earlier rows are of men in another state's army before this one existed.
STATE_FOUNDED = dt.date(1948, 9, 9)
PREDATES_STATE = ("China-civil-war",)
DAYS_A_DECADE = 3652.5
# The Cold War's customers were gone after it.
COLD_WAR_OVER = dt.date(1990, 1, 1)
LEVEL = 0.9

# A suffix that names a role, not another war. Some roles are counted inside the contingent,
# others came on top of it (their notes say so, or name other men).
INSIDE = {
    "Vietnam-air-war-pilots": "Vietnam-air-war",
    "Egypt-Yom-Kippur-War-pilots": "Egypt-Yom-Kippur-War",
    "Uganda-bush-war-detained": "Uganda-bush-war",
    "Iran-Iraq-War-Faw": "Iran-Iraq-War",
}
ON_TOP = {
    "Angola-civil-war-advisers": "Angola-civil-war",
    "Syria-civil-war-pilots": "Syria-civil-war",
    "Iran-Iraq-War-tank-instructors": "Iran-Iraq-War",
}
# An earlier stage of a mission, not a second count of it: instructors before a surge.
EARLIER_STAGE = ("troops-uganda-1983",)
# The only mission of thousands. One press article and one web compilation, which contradict
# each other and an American count of the Cubans they are said to have replaced.
CONTESTED = "Angola-civil-war"
# A coder's reading of the notes: men who fought, after Vietnamese, Egyptian and Wilson Center
# papers; and men said to have fought, by press or one party. Instructors are neither.
FOUGHT = ("Vietnam-air-war", "Egypt-Yom-Kippur-War")
SAID_TO_FIGHT = (
    "Angola-FNLA-via-Zaire",
    "Angola-civil-war",
    "Grenada-invasion",
    "Libya-Chad",
    "Syria-civil-war",
    "Uganda-bush-war",
)
COLUMNS = [
    "mission", "start", "end", "low", "high", "size", "bound", "credibility", "combat", "contested", "rows",
]  # fmt: skip


@remembered
def mission_rows(as_of) -> pd.DataFrame:
    """Every row on men or units abroad, the one that predates the state included."""
    return rows(as_of, ["overseas_deployment", "overseas_deployment_units"])


def war(item: str) -> str:
    """Country and war of an item, its role taken off."""
    return (INSIDE | ON_TOP).get(item, item)


@remembered
def missions(as_of, merge_gap_days: int) -> pd.DataFrame:
    """Rows merged to missions.

    Parameters
    ----------
    as_of : date or str
    merge_gap_days : int
        Longest gap between two rows of one mission.

    Returns
    -------
    pandas.DataFrame
        A row a mission: `mission`, `start`, `end`, `low` and `high` of its size in persons
        (missing where only units are named), `size` (their geometric mean), `bound`, the
        qualifier where a single figure stands for its size, `credibility` of its best row,
        `combat` in {"fought", "said to", "no"}, `contested`, `rows`.

    Notes
    -----
    The rule. Rows of one country and one war are one mission as long as no gap between their
    periods is longer than `merge_gap_days`. Its size runs from the lowest to the highest
    figure for the whole contingent at its height; a figure for part of it, or for an earlier
    stage, is not used where a whole one exists (so a defector's 800 pilots do not enlarge a
    contingent of 200 to 400). Roles that came on top are added at both ends, except in
    Angola, where the larger count may hold them.
    Men in the Chinese civil war are left out: the state did not exist yet.
    """
    found = mission_rows(as_of)
    found = found[~found["item"].isin(PREDATES_STATE)]
    found = found.assign(war=found["item"].map(war)).sort_values(["war", "period_start", "obs_id"])
    records = []
    for name, own in found.groupby("war", sort=True):
        reached = own["period_end"].cummax().shift()
        split = (own["period_start"] - reached).dt.days.gt(merge_gap_days)
        for _, part in own.groupby(split.cumsum().to_numpy(), sort=True):
            records.append(_mission(str(name), part))
    table = pd.DataFrame(records, columns=COLUMNS)
    return table.sort_values(["start", "mission"], ignore_index=True)


def _mission(name: str, own: pd.DataFrame) -> dict:
    counted = own[own["unit"] == "persons"]
    counted = counted[~evidence.reports_of(counted, EARLIER_STAGE) | (len(counted) == 1)]
    whole = counted[counted["item"] == name]
    added = counted[counted["item"].isin(ON_TOP)]
    if whole.empty:
        whole, added = counted, counted.iloc[:0]
    low, high = (whole["low"].min(), whole["high"].max()) if len(whole) else (np.nan, np.nan)
    if name == CONTESTED and len(added):
        # Two wholes conflict: men on top of the smaller one can only fill the gap to the larger.
        high = max(high, low + added["high"].sum())
    elif len(added):
        low, high = low + added["low"].sum(), high + added["high"].sum()
    combat = "fought" if name in FOUGHT else "said to" if name in SAID_TO_FIGHT else "no"
    return {
        "mission": name,
        "start": own["period_start"].min(),
        "end": own["period_end"].max(),
        "low": float(low),
        "high": float(high),
        "size": float(np.sqrt(low * high)),
        "bound": whole["qualifier"].iloc[0] if len(whole) == 1 and low == high else "",
        "credibility": int((whole if len(whole) else own)["credibility"].min()),
        "combat": combat,
        "contested": name == CONTESTED,
        "rows": tuple(own["obs_id"]),
    }


@dataclass(frozen=True)
class Rate:
    """Missions a decade with its interval.

    Attributes
    ----------
    missions : int
    decades : float
    rate, low, high : float
        Missions a decade.
    """

    missions: int
    decades: float
    rate: float
    low: float
    high: float


def rate(
    count: int,
    as_of,
    since: dt.date = STATE_FOUNDED,
    *,
    dispersion: float = 1.0,
    level: float = LEVEL,
) -> Rate:
    """Missions a decade since a day.

    Parameters
    ----------
    count : int
        Missions begun since then.
    as_of : date or str
    since : datetime.date
        Default the day the state was founded.
    dispersion : float
        Variance of the counts over their mean; 1 if they come as Poisson, more if they cluster.
    level : float

    Notes
    -----
    With a dispersion of 1 the interval is Garwood's exact one for a Poisson count [1]_. Where
    missions cluster, the count is worth only ``count / dispersion`` independent events, and
    the interval is that of so many (quasi-Poisson [2]_). Missions that left no trace in the
    sources are missing, so the rate is a floor.

    References
    ----------
    .. [1] F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936).
    .. [2] P. McCullagh and J. A. Nelder, "Generalized Linear Models" (1989), section 6.2.3.
    """
    decades = (pd.Timestamp(as_of) - pd.Timestamp(since)).days / DAYS_A_DECADE
    tail = (1 - level) / 2
    worth = count / dispersion
    low = stats.chi2.ppf(tail, 2 * worth) / 2 * dispersion if count else 0.0
    high = stats.chi2.ppf(1 - tail, 2 * worth + 2) / 2 * dispersion
    return Rate(count, decades, count / decades, float(low) / decades, float(high) / decades)


@dataclass(frozen=True)
class Clustering:
    """Whether missions come evenly, by full calendar decades.

    Attributes
    ----------
    counts : tuple of int
        Missions begun in each full decade.
    statistic : float
        Sum of squared deviations from the mean, over the mean.
    p_value : float
        Chance of as large a statistic if the counts came as Poisson.
    """

    counts: tuple[int, ...]
    statistic: float
    p_value: float

    @property
    def freedom(self) -> int:
        """Degrees of freedom."""
        return len(self.counts) - 1

    @property
    def dispersion(self) -> float:
        """Statistic over its degrees of freedom; never below 1, which is an even pace."""
        return max(1.0, self.statistic / self.freedom)


def clustering(table: pd.DataFrame, as_of) -> Clustering | None:
    """Test of an even pace over the full decades since the state was founded [1]_.

    References
    ----------
    .. [1] R. A. Fisher, "Statistical Methods for Research Workers" (1925), section 16: the
       index of dispersion.
    """
    counts = tuple(begun(table, full_decades(as_of), 10))
    mean = sum(counts) / len(counts)
    if not mean:
        return None
    statistic = sum((k - mean) ** 2 for k in counts) / mean
    return Clustering(counts, statistic, float(stats.chi2.sf(statistic, len(counts) - 1)))


def full_decades(as_of) -> range:
    """First years of the calendar decades that lie whole between the founding and `as_of`."""
    first = -(-(STATE_FOUNDED.year + 1) // 10) * 10
    return range(first, (pd.Timestamp(as_of) + pd.Timedelta(days=1)).year // 10 * 10, 10)


def full_years(as_of) -> range:
    """Calendar years that lie whole between the founding and `as_of`."""
    return range(STATE_FOUNDED.year + 1, (pd.Timestamp(as_of) + pd.Timedelta(days=1)).year)


def begun(table: pd.DataFrame, starts: Iterable[int], years: int) -> list[int]:
    """Missions begun in each span of so many years, named by its first one."""
    year = pd.to_datetime(table["start"]).dt.year
    return [int(year.between(start, start + years - 1).sum()) for start in starts]


@dataclass(frozen=True)
class Chance:
    """Chance of at least one new mission in a span, learnt from the spans that were.

    Attributes
    ----------
    spans, hit : int
        Full spans since the state was founded, and those in which a mission began.
    share, low, high : float
        Share of spans hit, and its exact interval.
    """

    spans: int
    hit: int
    share: float
    low: float
    high: float


def chance(table: pd.DataFrame, starts: range, years: int) -> Chance:
    """Share of full spans in which at least one mission began.

    Notes
    -----
    Spans are taken as alike and the missions within one may cluster as they like: one is
    enough. That the next span is like the past ones remains an assumption.
    """
    counts = begun(table, starts, years)
    hit = sum(count > 0 for count in counts)
    return Chance(len(counts), hit, hit / len(counts), *share_interval(hit, len(counts)))


def negative_binomial_chance(found: Clustering) -> float:
    """Chance of at least one mission in a decade if rates differ from decade to decade.

    Notes
    -----
    A negative binomial distribution with the mean and the variance of the decades seen; where
    the variance does not exceed the mean, the Poisson distribution.
    """
    mean, variance = np.mean(found.counts), np.var(found.counts, ddof=1)
    if variance <= mean:
        return float(-np.expm1(-mean))
    size = mean**2 / (variance - mean)
    return float(1 - (size / (size + mean)) ** size)


def share_interval(count: int, total: int, level: float = LEVEL) -> tuple[float, float]:
    """Clopper and Pearson's exact interval of a share."""
    found = stats.binomtest(count, total).proportion_ci(level, method="exact")
    return float(found.low), float(found.high)


def by_decade(table: pd.DataFrame, as_of) -> pd.DataFrame:
    """Missions begun in each decade since the state was founded: `decade`, `missions`."""
    first = STATE_FOUNDED.year // 10 * 10
    last = pd.Timestamp(as_of).year // 10 * 10
    decades = range(first, last + 1, 10)
    return pd.DataFrame(
        {"decade": [f"{d}s" for d in decades], "missions": begun(table, decades, 10)}
    )


@dataclass(frozen=True)
class Fit:
    """Log-normal distribution of mission sizes.

    Attributes
    ----------
    sizes : ndarray, shape (n,)
        Sizes fitted, persons, sorted.
    mu, sigma : float
        Mean and standard deviation (n - 1) of the logarithm.
    mu_interval, sigma_interval : tuple of float
        Student's t and chi-squared intervals of probability `LEVEL`.
    """

    sizes: np.ndarray
    mu: float
    sigma: float
    mu_interval: tuple[float, float]
    sigma_interval: tuple[float, float]

    @property
    def n(self) -> int:
        """Number of missions fitted."""
        return len(self.sizes)


def fit(sizes: Iterable[float], level: float = LEVEL) -> Fit | None:
    """Log-normal fit with exact intervals of its parameters; None for fewer than three sizes."""
    sizes = np.sort(np.asarray(list(sizes), float))
    sizes = sizes[np.isfinite(sizes)]
    n = len(sizes)
    if n < 3:
        return None
    logs = np.log(sizes)
    mu, sigma = float(logs.mean()), float(logs.std(ddof=1))
    half = float(stats.t.ppf((1 + level) / 2, n - 1)) * sigma / np.sqrt(n)
    tail = (1 - level) / 2
    low, high = (sigma * np.sqrt((n - 1) / stats.chi2.ppf(q, n - 1)) for q in (1 - tail, tail))
    return Fit(sizes, mu, sigma, (mu - half, mu + half), (float(low), float(high)))


@dataclass(frozen=True)
class Tail:
    """Share of missions larger than a size under a `Fit`.

    Attributes
    ----------
    share : float
        With the fitted parameters taken as true.
    low, high : float
        Exact interval of `share`.
    predictive : float
        With the uncertainty of the parameters averaged over.
    """

    share: float
    low: float
    high: float
    predictive: float


def tail(found: Fit, size: float, level: float = LEVEL) -> Tail:
    """Where a size lies in the tail of the fitted distribution.

    Notes
    -----
    The distance of the size from the mean, in standard deviations, times the root of n has a
    noncentral t distribution; solving for its noncentrality gives the exact interval [1]_.
    The predictive share is Student's t with n - 1 degrees of freedom.

    References
    ----------
    .. [1] G. J. Hahn and W. Q. Meeker, "Statistical Intervals" (1991), section 4.5.
    """
    n = found.n
    distance = (np.log(size) - found.mu) / found.sigma
    statistic, root = distance * np.sqrt(n), np.sqrt(n)

    # Four standard errors hold any usual interval, and keep clear of noncentralities at
    # which scipy's distribution function gives no number.
    reach = 4 * np.sqrt(1 / n + distance**2 / (2 * n))

    def true_distance(probability: float) -> float:
        return optimize.brentq(
            lambda z: stats.nct.cdf(statistic, n - 1, z * root) - probability,
            distance - reach,
            distance + reach,
        )

    low, high = (float(stats.norm.sf(true_distance(q))) for q in ((1 - level) / 2, (1 + level) / 2))
    predictive = stats.t.sf(distance / np.sqrt(1 + 1 / n), n - 1)
    return Tail(float(stats.norm.sf(distance)), low, high, float(predictive))
