"""Aid past the vintage, frozen so that later evidence can score it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium import uncertainty as un
from compendium.parameters import KremlinStrategy
from compendium.strategy import aid

HORIZONS = (6, 12)
STUDY_DAY = KremlinStrategy.model_fields["as_of"].default
LEAST = 6  # windows of a length below which nothing is projected


def sums(series: pd.Series, months: int) -> pd.Series:
    """Aid in every run of so many months, named by its last month."""
    return series.rolling(months).sum().dropna()


def project(p: KremlinStrategy) -> pd.DataFrame:
    """Aid of Seoul and Tokyo in the months after the last one the vintage sees.

    Returns
    -------
    pandas.DataFrame
        `donor`, `months`, `start`, `end` (periods), the columns of `uncertainty.summary` in
        million euros, `windows`, `last` (the newest run of that length), `lower` (chance that
        the next run brings less than the newest). Empty where too little is known.

    Notes
    -----
    The next run is drawn from the runs of the same length so far, all alike. Runs overlap, so
    they are far fewer than their number suggests: a year's run is new once a year. The method
    knows no trend and no news; it is meant as a plain yardstick and not as a forecast to
    act on. No drawn run can lie past what was seen. On simulated months that are all alike, as
    many as the day of the study saw, the 90 % interval held the next half-year in about 62 % and
    the next year in about 47 % (``tests/test_calibration.py``). `lower` is the share of runs
    below the newest, drawn towards one half by as much as the number of runs that do not
    overlap allows (Jeffreys prior), so that a handful of years never makes a chance of nought.
    """
    table = aid.monthly(p.as_of, p.measure)
    records = []
    for donor in aid.TARGETS:
        for months in HORIZONS:
            past = sums(table[donor], months)
            if len(past) < LEAST:
                continue
            newest = float(past.iloc[-1])
            apart = len(table) // months
            lower = float(((past < newest).mean() * apart + 0.5) / (apart + 1))
            records.append(
                {"donor": donor, "months": months, "start": table.index[-1] + 1,
                 "end": table.index[-1] + months, **un.summary(past), "windows": len(past),
                 "last": newest, "lower": lower}
            )  # fmt: skip
    columns = ["donor", "months", "start", "end", *un.summary([1.0]), "windows", "last", "lower"]
    return pd.DataFrame(records, columns=columns)


def check(p: KremlinStrategy) -> pd.DataFrame:
    """Projections of the day of the study against what came.

    Returns
    -------
    pandas.DataFrame
        `donor`, `months`, `span`, `median`, `low90`, `high90`, `later`, `inside` (yes or no),
        `place` (share of the runs drawn from that are no larger), `rows`. Empty where the
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
        runs = sums(past[row.donor], row.months)
        used = own[(own["donor"] == row.donor) & own["month"].between(row.start, row.end)]
        records.append(
            (row.donor, row.months, f"{row.start} to {row.end}", row.median, row.low90, row.high90,
             later, "yes" if row.low90 <= later <= row.high90 else "no",
             float(np.mean(runs <= later)), tuple(used["obs_id"]))
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
