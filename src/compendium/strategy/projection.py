"""Aid past the vintage, frozen so that later evidence can score it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compendium import uncertainty as un
from compendium.parameters import KremlinStrategy
from compendium.strategy import aid

HORIZONS = (6, 12)
STUDY_DAY = KremlinStrategy.model_fields["as_of"].default
LEAST = 12  # months below which nothing is projected


def sums(past: pd.Series, months: int, p: KremlinStrategy) -> NDArray[np.float64]:
    """Drawn sums of so many months to come, if months to come are like those seen.

    Each month is drawn from those seen and those already drawn in the same future (a Polya urn),
    which is the posterior predictive of the Bayesian bootstrap [1]_: that the months seen are few
    widens the sums.

    Parameters
    ----------
    past : pandas.Series
        Aid by month.
    months : int
    p : KremlinStrategy
        Draws and seed.

    Returns
    -------
    ndarray, shape (bootstrap_draws,)

    References
    ----------
    .. [1] D. B. Rubin, "The Bayesian Bootstrap", The Annals of Statistics 9 (1981).
    """
    seen = past.to_numpy(float)
    u = un.uniforms(p.bootstrap_draws, months, p.seed)
    urn = np.concatenate([np.broadcast_to(seen, (len(u), len(seen))), np.empty_like(u)], axis=1)
    for month in range(months):
        filled = len(seen) + month
        place = np.minimum((u[:, month] * filled).astype(int), filled - 1)
        urn[:, filled] = np.take_along_axis(urn, place[:, None], axis=1)[:, 0]
    return urn[:, len(seen) :].sum(axis=1)


def project(p: KremlinStrategy) -> pd.DataFrame:
    """Aid of Seoul and Tokyo in the months after the last one the vintage sees.

    Returns
    -------
    pandas.DataFrame
        `donor`, `months`, `start`, `end` (periods), the columns of `uncertainty.summary` in
        million euros, `seen` (months drawn from), `last` (aid of the newest months of that
        number), `lower` (chance that those to come bring less). Empty where too little is known.

    Notes
    -----
    Months to come are drawn from those seen, all alike and each on its own; see `sums`. Aid of
    neighbouring months hardly hangs together, so no more is lost by that than trend and news:
    it is meant as a plain yardstick and not as a forecast to act on. No month drawn is larger
    than the largest seen, so that the upper end lies low where single months are very large.
    How often the intervals hold the truth is in ``tests/test_calibration.py``.
    """
    table = aid.monthly(p.as_of, p.measure)
    records = []
    for donor in aid.TARGETS:
        for months in HORIZONS:
            if len(table) < LEAST:
                continue
            drawn = sums(table[donor], months, p)
            newest = float(table[donor].iloc[-months:].sum())
            records.append(
                {"donor": donor, "months": months, "start": table.index[-1] + 1,
                 "end": table.index[-1] + months, **un.summary(drawn), "seen": len(table),
                 "last": newest, "lower": float(np.mean(drawn < newest))}
            )  # fmt: skip
    columns = ["donor", "months", "start", "end", *un.summary([1.0]), "seen", "last", "lower"]
    return pd.DataFrame(records, columns=columns)


def check(p: KremlinStrategy) -> pd.DataFrame:
    """Projections of the day of the study against what came.

    Returns
    -------
    pandas.DataFrame
        `donor`, `months`, `span`, `median`, `low90`, `high90`, `later`, `inside` (yes or no),
        `place` (share of the drawn sums that are no larger), `rows`. Empty where the
        months are not released yet.
    """
    columns = ["donor", "months", "span", "median", "low90", "high90", "later", "inside",
               "place", "rows"]  # fmt: skip
    if p.as_of <= STUDY_DAY:
        return pd.DataFrame(columns=columns)
    then = p.model_copy(update={"as_of": STUDY_DAY})
    past = aid.monthly(STUDY_DAY, p.measure)
    table, own = aid.monthly(p.as_of, p.measure), aid.rows(p.as_of, p.measure)
    records = []
    for row in project(then).itertuples():
        if row.end > table.index[-1]:
            continue
        later = float(table.loc[row.start : row.end, row.donor].sum())
        drawn = sums(past[row.donor], row.months, then)
        used = own[(own["donor"] == row.donor) & own["month"].between(row.start, row.end)]
        records.append(
            (row.donor, row.months, f"{row.start} to {row.end}", row.median, row.low90, row.high90,
             later, "yes" if row.low90 <= later <= row.high90 else "no",
             float(np.mean(drawn <= later)), tuple(used["obs_id"]))
        )  # fmt: skip
    return pd.DataFrame(records, columns=columns)


def yes_no(p: KremlinStrategy) -> pd.DataFrame:
    """Chances of less aid given on the day of the study, and whether less came.

    Returns
    -------
    pandas.DataFrame
        `forecast`, `chance` (0 to 1), `came` (bool), `rows`. Empty until months are released.
    """
    due = check(p)
    then = project(p.model_copy(update={"as_of": STUDY_DAY})).set_index(["donor", "months"])
    records = []
    for row in due.itertuples():
        given = then.loc[(row.donor, row.months)]
        label = f"less aid of {aid.display(row.donor)} in {row.span} than in the {row.months} months before"
        records.append((label, float(given["lower"]), bool(row.later < given["last"]), row.rows))
    return pd.DataFrame(records, columns=["forecast", "chance", "came", "rows"])
