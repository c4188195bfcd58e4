"""Earlier vintages of the model against what became known after them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from compendium import uncertainty as un
from compendium.parameters import TroopPlausibility
from compendium.troops import stock
from compendium.troops.counts import EVERYBODY, casualties, killed, present, sent
from compendium.troops.rows import credible

STUDY_DAY = TroopPlausibility.model_fields["as_of"].default
HORIZONS = (6, 12)  # months past the day of the study
# How far a count may lie from the day it is held against; counts are months apart.
NEAR = pd.Timedelta(days=60)
# The day of the study and the ends of the quarters after it.
VINTAGES = (STUDY_DAY, *(d.date() for d in pd.date_range("2024-12-31", "2030-12-31", freq="QE")))
DRAWS = 1024  # enough for a 90 % interval; several vintages are simulated


def study_check(p: TroopPlausibility) -> pd.DataFrame:
    """The projection of the day of the study beside the counts that came.

    Returns
    -------
    pandas.DataFrame
        `quantity`, `months`, `day`, `median`, `low90`, `high90` (the frozen projection), `low`,
        `high`, `counted` (its day), `issuer`, `inside` in {"yes", "partly", "no"}, `rows`.
        Empty where nothing later is known.

    Notes
    -----
    The projection is made again with the parameters of this build and the rows known on the
    day of the study; later rows only score it. Of the counts good enough to be drawn from,
    the nearest to the day within `NEAR` is taken, and of several the largest. It is compared
    with the interval in hundreds of men, as both are stated.
    """
    columns = [
        "quantity", "months", "day", "median", "low90", "high90", "low", "high", "counted",
        "issuer", "inside", "rows",
    ]  # fmt: skip
    if p.as_of <= STUDY_DAY:
        return pd.DataFrame(columns=columns)
    paths = stock.simulate(p.model_copy(update={"as_of": STUDY_DAY}))
    if paths is None:
        return pd.DataFrame(columns=columns)
    records = []
    for name, found in later_counts(p, STUDY_DAY):
        for months in HORIZONS:
            day = pd.Timestamp(STUDY_DAY) + pd.DateOffset(months=months)
            away = (found["period_end"] - day).abs()
            near = found.assign(away=away)[away <= NEAR]
            if near.empty:
                continue
            row = near.sort_values(["away", "high"], ascending=[True, False]).iloc[0]
            s = un.summary(paths.at(name, day))
            low, high, low90, high90 = map(
                stock.in_hundreds, (row["low"], row["high"], s["low90"], s["high90"])
            )
            meets = low <= high90 and high >= low90
            within = low90 <= low and high <= high90
            records.append(
                (name, months, day, s["median"], s["low90"], s["high90"], float(row["low"]),
                 float(row["high"]), row["period_end"], row["issuer"],
                 "yes" if within else "partly" if meets else "no", tuple(row["parts"]))
            )  # fmt: skip
    return pd.DataFrame(records, columns=columns)


def later_counts(
    p: TroopPlausibility, vintage, soldiers: bool = False
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Counts of days after a vintage that became known after it, by quantity.

    Parameters
    ----------
    p : TroopPlausibility
    vintage : date
    soldiers : bool
        Also counts of those present that leave builders or men behind the front out.
    """
    start = pd.Timestamp(vintage)
    there, total = present(p.as_of), sent(p.as_of)
    if not soldiers:
        there = there[there["concept"] == EVERYBODY]
    if not p.count_builders:
        there, total = (f[~f["builders"].astype(bool)] for f in (there, total))
    for name, found in (
        ("present", there),
        ("sent", total),
        ("casualties", casualties(p.as_of)),
        ("killed", killed(p.as_of)),
    ):
        found = credible(found, p.worst_credibility)
        yield name, found[(found["period_end"] > start) & (found["known_on"] > start)]


def holdout(p: TroopPlausibility) -> pd.DataFrame:
    """Share of later counts inside the projection of each earlier vintage.

    Returns
    -------
    pandas.DataFrame
        `vintage`, `quantity`, `counts`, `inside`, `rows`; counts of the twelve months after the
        vintage, each held against the projection for its own day. A count is scored by every
        vintage before it, so the rows of this table are no independent trials.
    """
    records = []
    for vintage in VINTAGES:
        if vintage >= p.as_of:
            break
        paths = stock.simulate(p.model_copy(update={"as_of": vintage, "draws": DRAWS}))
        if paths is None:
            continue
        until = pd.Timestamp(vintage) + pd.DateOffset(months=stock.HORIZON)
        for name, found in later_counts(p, vintage, soldiers=True):
            found = found[found["period_end"] <= until]
            if name == "sent" or found.empty:  # totals only repeat the contingents
                continue
            inside = stock.score(paths, found, name)["inside"]
            ids = tuple(dict.fromkeys(row for parts in found["parts"] for row in parts))
            records.append((str(vintage), name, len(found), int(inside.sum()), ids))
    return pd.DataFrame(records, columns=["vintage", "quantity", "counts", "inside", "rows"])
