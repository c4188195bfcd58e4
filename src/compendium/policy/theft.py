"""Stolen crypto assets: what a year came to, and what a further year may come to."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from compendium import evidence, values
from compendium.arms.shipments import short
from compendium.memory import remembered
from compendium.parameters import Recommendations

UNIT = "USD_million"
# Counts of single cases, first estimates that the issuer revised, repeats and contradictions.
LEFT_OUT = r"_two_incidents|first_estimate|_alt|_second_source"


@remembered
def counts(as_of) -> pd.DataFrame:
    """Counts of a whole year's theft.

    `year`, `issuer`, `value` (USD million), `qualifier`, `period_end`, `obs_id`. Of one issuer's counts of a year the newest stands, whoever relayed it; for a range stands
    its middle.
    """
    scale = values.scale(UNIT)
    rows = evidence.load("strategy", as_of, indicator="crypto_theft_dprk", unit=list(scale))
    days = (rows["period_end"] - rows["period_start"]).dt.days + 1
    rows = rows[days.between(350, 366) & ~rows["item"].str.contains(LEFT_OUT)]
    rows = rows.assign(
        year=rows["period_end"].dt.year,
        issuer=rows["issuer"].map(short),
        value=evidence.middle(rows) * rows["unit"].map(scale),
    )
    rows = rows.sort_values(["year", "known_on"], kind="stable")
    newest = rows.groupby(["year", "issuer"], sort=True).tail(1)
    columns = ["year", "issuer", "value", "qualifier", "period_end", "obs_id"]
    return newest[columns].reset_index(drop=True)


@remembered
def yearly(p: Recommendations) -> pd.DataFrame:
    """Counts of the newest years that a further year is learnt from (`theft_window`).

    A year without theft has no logarithm and nothing is learnt from it.
    """
    table = counts(p.as_of)
    table = table[table["value"] > 0]
    years = sorted(table["year"].unique())[-p.theft_window :]
    return table[table["year"].isin(years)].reset_index(drop=True)


def predict(p: Recommendations, table: pd.DataFrame, u) -> NDArray[np.float64]:
    """Quantile function of the theft of a further year, USD million.

    Notes
    -----
    Years are taken as alike: the logarithm is normal with unknown mean and spread. The mean is
    learnt from the years known, the spread also from the expectation `theft_spread`, worth
    `theft_years` years. The prediction is then Student's t with `theft_years` + n - 1 degrees
    of freedom (A. Gelman et al., "Bayesian Data Analysis", 3rd ed. 2013, section 3.3, with a
    flat prior on the mean). Where issuers count a year differently they are not averaged: each
    way of taking one issuer's word a year gets an equal part of `u`.
    """
    counted = [own["value"].to_numpy() for _, own in table.groupby("year")]
    cases = list(itertools.product(*counted))
    u = np.asarray(u, float) * len(cases)
    place = np.minimum(u.astype(int), len(cases) - 1)
    found = np.empty(np.shape(u))
    for number, case in enumerate(cases):
        own = place == number
        found[own] = _further(p, np.log(case), (u - place)[own])
    return found


def _further(p: Recommendations, logs: NDArray[np.float64], u) -> NDArray[np.float64]:
    """Quantile function of a further year, learnt from the logarithms of known years."""
    freedom = p.theft_years + len(logs) - 1
    squares = p.theft_years * p.theft_spread**2 + ((logs - logs.mean()) ** 2).sum()
    scale = np.sqrt(squares / freedom * (1 + 1 / len(logs)))
    inside = np.clip(np.asarray(u, float), 1e-9, 1 - 1e-9)
    return np.exp(logs.mean() + scale * stats.t.ppf(inside, freedom))
