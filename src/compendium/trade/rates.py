"""Pace of visits before and after a month: models, exact ratio, and when it broke."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import optimize, special, stats

from compendium.parameters import MIN_MONTHS, TradeTrends
from compendium.trade import meetings, series

# Gamma prior of a rate in the search for the break: one visit in one month. It is weak
# against any stretch of months and keeps stretches without a visit finite.
RATE_SHAPE, RATE_MONTHS = 1.0, 1.0
LEAST_DISPERSION, MOST_DISPERSION = 1e-6, 50.0
# Old paces to set the new one against.
BASELINES = {
    "chosen": "from the chosen month, by the chosen border rule",
    "since_1990": "since 1990, poorly searched before 2014",
    "since_2014": "since 2014, closed border included",
    "open_2014_2019": "2014 to 2019, open border",
    "year_2019": "2019 alone",
}


def months(p: TradeTrends, table: pd.DataFrame) -> pd.DataFrame:
    """Monthly counts of the model: `meetings.monthly` with `count`, `after` and `closed`.

    Months of the closed border are marked, and left out where the parameter says so.
    """
    found = meetings.monthly(table, p.rate_from, meetings.last_day(p))
    breaks = pd.Timestamp(f"{p.break_month}-01")
    shut = found["month"].dt.year.isin(series.closed_years(p.as_of)) & (found["month"] < breaks)
    # Freight came back before people did: no visit is possible until the break either.
    reopened = found["month"].dt.year.gt(2022) & (found["month"] < breaks)
    found = found.assign(
        count=found[p.count_rule],
        after=(found["month"] >= breaks).astype(int),
        closed=shut | reopened,
    )
    if p.border_months == "leave_out":
        found = found[~found["closed"]]
    return found.reset_index(drop=True)


@dataclass(frozen=True)
class Fit:
    """Rate before and after the break.

    Attributes
    ----------
    model : {"Poisson", "negative binomial"}
    before, after : float
        Visits a month.
    ratio, low, high : float
        After over before, with its 90 % interval (Wald).
    dispersion : float
        Variance over mean is 1 + dispersion * mean; zero for Poisson.
    loglik : float
    """

    model: str
    before: float
    after: float
    ratio: float
    low: float
    high: float
    dispersion: float
    loglik: float


def design(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts, design matrix (constant, after) and exposure of the monthly counts."""
    x = sm.add_constant(table["after"].to_numpy(float), has_constant="add")
    return table["count"].to_numpy(float), x, table["exposure"].to_numpy(float)


def fit(table: pd.DataFrame, model: str = "Poisson") -> Fit | None:
    """Log-linear model of the monthly count with a step at the break.

    Parameters
    ----------
    table : pandas.DataFrame
        Output of `months`.
    model : {"Poisson", "negative binomial"}

    Returns
    -------
    Fit or None
        None where either side has no visit: the ratio is then not finite.

    Notes
    -----
    Generalised linear model with the logarithm of the exposure as offset (statsmodels). The
    dispersion of the negative binomial is the one of highest likelihood, found by search
    along the profile; where it goes to its lower bound the model is the Poisson one.
    """
    if (table.groupby("after")["count"].sum().reindex([0, 1]).fillna(0) == 0).any():
        return None
    dispersion = 0.0
    if model == "negative binomial":
        search = optimize.minimize_scalar(
            lambda log: -_glm(table, np.exp(log)).llf,
            bounds=(np.log(LEAST_DISPERSION), np.log(MOST_DISPERSION)),
            method="bounded",
        )
        dispersion = float(np.exp(search.x))
    result = _glm(table, dispersion)
    level, step = result.params
    low, high = result.conf_int(alpha=0.1)[1]
    return Fit(model, float(np.exp(level)), float(np.exp(level + step)), float(np.exp(step)),
               float(np.exp(low)), float(np.exp(high)), dispersion, float(result.llf))  # fmt: skip


def _glm(table: pd.DataFrame, dispersion: float):
    y, x, exposure = design(table)
    family = (
        sm.families.NegativeBinomial(alpha=dispersion) if dispersion > 0 else sm.families.Poisson()
    )
    return sm.GLM(y, x, family=family, exposure=exposure).fit()


def exact_ratio(
    after: int, exposure_after: float, before: int, exposure_before: float, level: float = 0.9
) -> tuple[float, float, float, float]:
    """Ratio of two Poisson rates with its exact interval.

    Parameters
    ----------
    after, before : int
        Counts.
    exposure_after, exposure_before : float
        Months.
    level : float

    Returns
    -------
    ratio, low, high : float
        The ratio is infinite, and so is `high`, where `before` is zero.
    p : float
        One-sided p-value of no increase.

    Notes
    -----
    Given the sum of the counts, the later one is binomial with a probability that depends
    on the ratio only; its Clopper-Pearson interval gives that of the ratio [1]_.

    References
    ----------
    .. [1] J. Przyborowski and H. Wilenski, "Homogeneity of results in testing samples from
       Poisson series", Biometrika 31 (1940).
    """
    total, scale = after + before, exposure_before / exposure_after
    if total == 0:
        return np.nan, 0.0, np.inf, 1.0
    tail = (1 - level) / 2
    low = stats.beta.ppf(tail, after, before + 1) if after else 0.0
    high = stats.beta.ppf(1 - tail, after + 1, before) if before else 1.0
    ratio = after / before * scale if before else np.inf
    upper = high / (1 - high) * scale if high < 1 else np.inf
    share = exposure_after / (exposure_after + exposure_before)
    p = float(stats.binomtest(after, total, share, alternative="greater").pvalue)
    return float(ratio), float(low / (1 - low) * scale), float(upper), p


def ratios(p: TradeTrends, table: pd.DataFrame) -> pd.DataFrame:
    """New pace over the old one, for both counting rules and several old paces.

    `baseline`, `label`, `rule`, `before`, `months_before`, `after`, `months_after`, `ratio`,
    `low`, `high`, `p`.
    """
    every = meetings.monthly(table, "1990-01", meetings.last_day(p))
    breaks = pd.Timestamp(f"{p.break_month}-01")
    after = every[every["month"] >= breaks]
    before = every[every["month"] < breaks]
    year = before["month"].dt.year
    chosen = months(p, table)
    parts = {
        "chosen": chosen[chosen["after"] == 0],
        "since_1990": before,
        "since_2014": before[year >= 2014],
        "open_2014_2019": before[year.between(2014, 2019)],
        "year_2019": before[year == 2019],
    }
    records = []
    for name, own in parts.items():
        for rule in meetings.RULES:
            counts = int(after[rule].sum()), int(own[rule].sum())
            spans = float(after["exposure"].sum()), float(own["exposure"].sum())
            if spans[1] > 0:
                found = exact_ratio(counts[0], spans[0], counts[1], spans[1])
                records.append((name, BASELINES[name], rule, counts[1], spans[1],
                                counts[0], spans[0], *found))  # fmt: skip
    columns = ["baseline", "label", "rule", "before", "months_before", "after", "months_after",
               "ratio", "low", "high", "p"]  # fmt: skip
    return pd.DataFrame(records, columns=columns)


def break_search(table: pd.DataFrame) -> pd.DataFrame:
    """Probability that the pace changed at the start of each month.

    Parameters
    ----------
    table : pandas.DataFrame
        Monthly counts: `month`, `count`, `exposure`.

    Returns
    -------
    pandas.DataFrame
        `month` and `probability`, which sums to one over the candidates.

    Notes
    -----
    One change is supposed, every month equally likely beforehand; the two rates have Gamma
    priors and are integrated out [1]_. It answers when, not whether: with no change at all
    some month would still be the likeliest.

    References
    ----------
    .. [1] A. E. Raftery and V. E. Akman, "Bayesian analysis of a Poisson process with a
       change-point", Biometrika 73 (1986).
    """
    counts, spans = table["count"].to_numpy(float), table["exposure"].to_numpy(float)
    places = np.arange(MIN_MONTHS, len(table) - MIN_MONTHS + 1)
    if len(places) == 0:
        return pd.DataFrame({"month": table["month"].iloc[:0], "probability": []})
    total_counts, total_spans = counts.cumsum(), spans.cumsum()
    first = _evidence(total_counts[places - 1], total_spans[places - 1])
    second = _evidence(
        total_counts[-1] - total_counts[places - 1], total_spans[-1] - total_spans[places - 1]
    )
    logs = first + second
    probability = np.exp(logs - special.logsumexp(logs))
    return pd.DataFrame({"month": table["month"].to_numpy()[places], "probability": probability})


def _evidence(count: np.ndarray, span: np.ndarray) -> np.ndarray:
    # Log of the integral of rate**count * exp(-rate * span) under the Gamma prior, up to
    # factors that are the same for every split.
    shape = RATE_SHAPE + count
    return special.gammaln(shape) - shape * np.log(RATE_MONTHS + span)


def credible_months(search: pd.DataFrame, level: float = 0.9) -> pd.DataFrame:
    """Smallest set of months that holds at least `level` of the probability, by date."""
    order = search.sort_values("probability", ascending=False)
    held = order["probability"].cumsum().shift(fill_value=0) < level
    return order[held].sort_values("month", ignore_index=True)
