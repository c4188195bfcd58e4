"""The study's ceiling and other people's forecasts, against what was counted by `as_of`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium import evidence
from compendium.memory import remembered
from compendium.parameters import TroopPlausibility
from compendium.troops.counts import IN_STAGES, SENT_SUMS, present, sent, statements
from compendium.troops.rows import figure, rows

STUDY_CAP = "troops-study-cap-2024"


@remembered
def study_cap(as_of) -> float | None:
    """The study's ceiling, if it was known."""
    found = evidence.load("troops", as_of, obs_id=[STUDY_CAP])
    return None if found.empty else float(found["value"].iloc[0])


@remembered
def highest_present(p: TroopPlausibility) -> pd.Series | None:
    """Largest count at one time, sums of parts included; builders if they count."""
    found = present(p.as_of)
    if not p.count_builders:
        found = found[~found["builders"].astype(bool)]
    return None if found.empty else found.loc[found["high"].idxmax()]


@remembered
def sent_totals(as_of) -> pd.DataFrame:
    """Men sent in total under each rule of who is a soldier.

    Returns
    -------
    pandas.DataFrame
        `rule`, `low` and `persons` (without and with all men still moving in stages), `day` of
        the newest part, `builders`, `rows`. Before Seoul's total
        was known, the largest count of men sent or present stands alone, as a floor; after it,
        a count beside it that is larger than every sum.
    """
    known = statements(as_of, repeats=True).set_index("obs_id")
    records = []
    for rule, parts, builders in SENT_SUMS:
        if set(parts) <= set(known.index):
            own = known.loc[list(parts)]
            come = own.loc[~own.index.isin(IN_STAGES), "low"]
            records.append(
                (rule, float(come.sum()), float(own["high"].sum()), own["period_end"].max(),
                 builders, parts)
            )  # fmt: skip
    counted, name = sent(as_of), "largest count of men sent"
    if not any(rule == "combat troops only" for rule, *_ in records):
        counted = pd.concat([counted, present(as_of)], ignore_index=True)
        name = "largest count of men sent or present"
    else:
        counted = counted[counted["low"] > max(low for _, low, *_ in records)]
    if len(counted):
        top = counted.loc[counted["high"].idxmax()]
        records.append(
            (name, float(top["low"]), float(top["high"]), top["period_end"], False,
             tuple(top["parts"]))
        )  # fmt: skip
    columns = ["rule", "low", "persons", "day", "builders", "rows"]
    return pd.DataFrame(records, columns=columns)


@remembered
def ceiling(p: TroopPlausibility) -> pd.DataFrame:
    """The ceiling of the study, scored at one time and in total.

    Returns
    -------
    pandas.DataFrame
        `reading`, `low` and `persons` (without and with all men still moving in stages), `day`,
        `margin` (persons below the ceiling), `passed` in {"no", "yes", "open"}, `builders`
        (persons, where it is open because of them; else 0), `verdict` in words, `brier_low`,
        `brier_high`, `rows`. Empty until the study and a count are known.

    Notes
    -----
    The study gives no date by which its judgement may be scored, so a "held" is a "held so
    far". The Brier score is the square of `exceed_probability` less the outcome: 0 is best.
    Where the outcome is open, it is a range.
    """
    columns = [
        "reading", "low", "persons", "day", "margin", "passed", "builders", "verdict",
        "brier_low", "brier_high", "rows",
    ]  # fmt: skip
    cap, top = study_cap(p.as_of), highest_present(p)
    if cap is None or top is None:
        return pd.DataFrame(columns=columns)
    found = [("at one time", top["low"], top["high"], top["period_end"], tuple(top["parts"]))]
    totals = sent_totals(p.as_of)
    found += [(f"in total, {r.rule}", r.low, r.persons, r.day, r.rows) for r in totals.itertuples()]
    known, records = statements(p.as_of, repeats=True), []
    for name, low, high, day, ids in found:
        passed = "yes" if low > cap else "open" if high > cap else "no"
        moving = sum(figure(known, row) for row in ids if row in IN_STAGES)
        # Open because of them, and not because an issuer gives a range.
        builders = moving if passed == "open" and low + moving >= high else 0.0
        verdict = {
            "yes": "passed",
            "no": "not passed so far",
            "open": f"passed if more than {cap - low:,.0f} builders came"
            if builders
            else f"open, as the count runs from {low:,.0f} to {high:,.0f}",
        }[passed]
        outcomes = {"yes": (1.0,), "no": (0.0,), "open": (0.0, 1.0)}[passed]
        scores = [(p.exceed_probability - outcome) ** 2 for outcome in outcomes]
        records.append(
            (name, float(low), float(high), day, cap - float(high), passed, builders, verdict,
             min(scores), max(scores), (*ids, STUDY_CAP))
        )  # fmt: skip
    return pd.DataFrame(records, columns=columns)


# What had arrived of the first wave, count by count, and what came after it: the second wave,
# the sappers, the builders. The best graded counts of each day.
FIRST_STEPS = (
    "troops-sent-2024-10-18-nis",
    "troops-sent-2024-10-23-nis",
    "troops-present-2024-10-28-us",
    "troops-present-2024-11-04-us",
)
LATER_STEPS = (
    "troops-add-2025-03-31-nis",
    "troops-present-2025-09-02-nis",
    "troops-add-2025-11-04-nis-builders",
)
# Other reports of men that a step counts already. Whether a further count is of further men is
# a judgement, so until it stands here or among the steps it is named beside the result.
SAME_MEN = (
    "troops-add-2025-01-02-press",
    "troops-add-2025-02-24-ua",
    "troops-add-2025-03-27-jcs",
    "troops-sent-2025-05-29-msmt-b",
    "troops-add-2025-08-hur",
)
STEP_OF = {"sappers": LATER_STEPS[1], "construction_troops": LATER_STEPS[2]}
GRACE = pd.Timedelta(days=31)  # a count comes weeks after the men
NO_FORECAST = ("first_unit_to_Kursk",)  # where men were to go, not how many


@remembered
def forecast_rows(as_of) -> pd.DataFrame:
    """Plans, expectations and claims of what could come."""
    found = rows(as_of, ["troops_planned", "troops_upper_claim"])
    return found[~found["item"].isin(NO_FORECAST)].reset_index(drop=True)


@remembered
def forecasts(p: TroopPlausibility) -> pd.DataFrame:
    """Forecasts whose day has come, against what was counted.

    Returns
    -------
    pandas.DataFrame
        `issuer`, `side`, `stated`, `due`, `kind`, `low`, `high`, `came`, `verdict` in {"close",
        "too high", "too low", "open"}, `rows`.

    Notes
    -----
    A total is set against all that had come by its day or the largest count of men sent, an addition against what was counted
    to have come after it was said, a presence against the largest count. Men still moving in
    stages are taken as come, in the forecast's favour. Counts up to `GRACE` late are allowed.
    Counts of additional men that `unjudged` names are set against no forecast.
    """
    steps = arrivals(p.as_of)
    there, total = present(p.as_of), sent(p.as_of)
    records = []
    for row in forecast_rows(p.as_of).itertuples():
        kind, came = _came(row, steps, there, total)
        if row.period_end > pd.Timestamp(p.as_of):
            verdict, came = "open", np.nan
        elif row.low > came * (1 + p.forecast_tolerance):
            verdict = "too high"
        elif row.high < came * (1 - p.forecast_tolerance):
            verdict = "too low"
        else:
            verdict = "close"
        stated = row.stated_on if pd.notna(row.stated_on) else row.period_start
        records.append(
            (row.issuer, row.side, stated, row.period_end, kind, row.low, row.high, came, verdict,
             (row.obs_id,))
        )  # fmt: skip
    columns = [
        "issuer", "side", "stated", "due", "kind", "low", "high", "came", "verdict", "rows",
    ]  # fmt: skip
    table = pd.DataFrame(records, columns=columns)
    return table.sort_values(["stated", "issuer", "high"], ignore_index=True)


def arrivals(as_of) -> list[tuple[str, pd.Timestamp, float]]:
    """Row, day and men newly counted, in steps: the first wave by its counts, then the rest.

    Notes
    -----
    A count of the first wave adds what it has above the counts before it, so that men there
    already are not counted again as having come after it.
    """
    known = statements(as_of, repeats=True)
    days = known.set_index("obs_id")["period_end"]
    steps, so_far = [], 0.0
    for row in FIRST_STEPS:
        if row in days.index:
            persons = figure(known, row)
            steps.append((row, days[row], max(persons - so_far, 0.0)))
            so_far = max(persons, so_far)
    steps += [(row, days[row], figure(known, row)) for row in LATER_STEPS if row in days.index]
    return steps


def unjudged(as_of) -> tuple[str, ...]:
    """Counts of additional men that are no step, and not judged to be of the men of a step."""
    found = rows(as_of, "troops_additional")
    return tuple(found.loc[~evidence.reports_of(found, (*LATER_STEPS, *SAME_MEN)), "obs_id"])


def _came(row, steps: list[tuple], there: pd.DataFrame, total: pd.DataFrame) -> tuple[str, float]:
    due = row.period_end + GRACE
    if row.item == "at_one_time":
        during = there[there["period_end"] <= due]
        return "present at one time", float(during["high"].max()) if len(during) else 0.0
    if row.item == "total":
        counted = total.loc[total["period_end"] <= due, "high"]
        return "total", max([sum(men for _, day, men in steps if day <= due), *counted])
    start = row.stated_on if pd.notna(row.stated_on) else row.period_start
    wanted = STEP_OF.get(row.item)
    return "additional", sum(
        men
        for obs_id, day, men in steps
        if start < day <= due and (wanted is None or obs_id == wanted)
    )


@remembered
def exhaustion(as_of) -> tuple[pd.Timestamp, tuple[str, ...]] | None:
    """Day on which ISW's daily losses would have used up the whole contingent.

    The rate is counted from the first day of its period; the contingent is the Pentagon's.
    """
    lost = rows(as_of, "casualties_rate")
    men = figure(rows(as_of, "troops_sent_cumulative", repeats=True), "troops-sent-2024-12-30-us")
    if lost.empty or men is None:
        return None
    row = lost.iloc[-1]
    daily = figure(lost, row["obs_id"])
    if not daily:  # nobody is lost, and nothing used up
        return None
    day = row["period_start"] + pd.Timedelta(days=round(men / daily))
    return day, (row["obs_id"], "troops-sent-2024-12-30-us")


@remembered
def losses_a_day(as_of) -> pd.DataFrame:
    """Russia's losses a day by Kyiv's count: `month`, `per_day`, `rows`; months only."""
    found = rows(as_of, "russia_casualties")
    records = []
    for row in found.itertuples():
        days = (row.period_end - row.period_start).days + 1
        if days > 31:
            continue
        lost = figure(found, row.obs_id)
        daily = lost if row.unit == "persons_per_day" else lost / days
        records.append((row.period_end.strftime("%B %Y"), daily, (row.obs_id,)))
    return pd.DataFrame(records, columns=["month", "per_day", "rows"])
