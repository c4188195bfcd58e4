"""Trade and pace of visits past the vintage, frozen so that they can be scored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from compendium import evidence
from compendium import uncertainty as un
from compendium.parameters import TradeTrends
from compendium.trade import levels, meetings, rates

HORIZONS = (6, 12)
WINDOW = 6  # months over which visits are averaged


def trade(
    p: TradeTrends,
    found: levels.Readings | None,
    horizons: Sequence[int] = HORIZONS,
) -> pd.DataFrame:
    """Official two-way trade of the current year, and of the twelve months to later days.

    Returns
    -------
    pandas.DataFrame
        `months` past `as_of` (0 is the calendar year of the vintage), `end` of the twelve
        months, and the columns of `uncertainty.summary` in USD million. Empty where no level
        with open borders was known.

    Notes
    -----
    It starts from the chosen reading, mixed with a later report of the same year where there
    is one (`levels.Readings.blended`). From the end of that year the logarithm walks without
    drift; how far in a year is learnt from earlier years (`levels.step`). What is projected
    is the figure officials would state, not what crosses the border.
    """
    columns = ["months", "end", *un.summary([1.0])]
    if found is None:
        return pd.DataFrame(columns=columns)
    day = evidence.parse_day(p.as_of)
    start = pd.Timestamp(found.year, 12, 31)
    u = un.uniforms(p.draws, 2, p.seed + 1)[:, 0]
    ends = {0: pd.Timestamp(day.year, 12, 31)}
    ends |= {m: day + pd.DateOffset(months=m) for m in horizons}
    records = []
    for months, end in ends.items():
        years = (end - start).days / 365.25
        drawn = found.blended * levels.walk(p, u, years)
        records.append({"months": months, "end": end} | un.summary(drawn))
    return pd.DataFrame(records, columns=columns)


def pace(p: TradeTrends, table: pd.DataFrame, horizons: Sequence[int] = HORIZONS) -> pd.DataFrame:
    """Listed visits a month, averaged over the half-year that ends at each horizon.

    Returns
    -------
    pandas.DataFrame
        `months` past `as_of` and the columns of `uncertainty.summary`. Empty where no visit
        since the break was known.

    Notes
    -----
    The rate since the break has a Gamma posterior from its count and months (Jeffreys
    prior). From the last day covered its logarithm walks with `rate_step` a half-year, and the
    count of the half-year is negative binomial with the fitted dispersion of the months. It is
    the number a list of this kind would hold, not the number of visits.
    """
    columns = ["months", *un.summary([1.0])]
    own = rates.months(p, table)
    after = own[own["after"] == 1]
    count, exposure = int(after["count"].sum()), float(after["exposure"].sum())
    if count == 0:
        return pd.DataFrame(columns=columns)
    fitted = rates.fit(own, "negative binomial")
    dispersion = fitted.dispersion if fitted else 0.0
    random = np.random.default_rng(p.seed + 2)
    rate = random.gamma(count + 0.5, 1 / exposure, p.draws)
    step = random.standard_normal(p.draws) * p.rate_step
    since = evidence.parse_day(p.as_of) - meetings.last_day(p)
    behind = since.days / meetings.MONTH_DAYS
    records = []
    for months in horizons:
        # The middle of the half-year stands for all of it.
        ahead = (behind + months - WINDOW / 2) / WINDOW
        later = rate * np.exp(step * np.sqrt(max(ahead, 0.0)))
        shape = 1 / max(dispersion, rates.LEAST_DISPERSION)
        monthly = random.gamma(shape, later[:, None] / shape, (p.draws, WINDOW))
        drawn = random.poisson(monthly).mean(axis=1)
        records.append({"months": months} | un.summary(drawn))
    return pd.DataFrame(records, columns=columns)
