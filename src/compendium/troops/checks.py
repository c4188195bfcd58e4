"""The study's ceiling and other people's forecasts, against what was counted by `as_of`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium import evidence
from compendium.parameters import TroopPlausibility
from compendium.troops.counts import SENT_SUMS, present, sent, statements
from compendium.troops.rows import figure, rows

STUDY_CAP = "troops-study-cap-2024"


def study_cap(as_of) -> float | None:
    """The study's ceiling, if it was known."""
    found = evidence.load("troops", as_of, obs_id=[STUDY_CAP])
    return None if found.empty else float(found["value"].iloc[0])


def highest_present(p: TroopPlausibility) -> pd.Series | None:
    """Largest count at one time, sums of parts included; builders if they count."""
    found = present(p.as_of)
    if not p.count_builders:
        found = found[~found["builders"].astype(bool)]
    return None if found.empty else found.loc[found["high"].idxmax()]


def sent_totals(as_of) -> pd.DataFrame:
    """Men sent in total under each rule of who is a soldier.

    Returns
    -------
    pandas.DataFrame
        `rule`, `persons`, `day` of the newest part, `builders`, `rows`. Before Seoul's total
        was known, the largest count of men sent or present stands alone, as a floor.
    """
    known = statements(as_of).set_index("obs_id")
    records = []
    for rule, parts, builders in SENT_SUMS:
        if set(parts) <= set(known.index):
            own = known.loc[list(parts)]
            records.append(
                (rule, float(own["high"].sum()), own["period_end"].max(), builders, parts)
            )
    if not any(rule == "combat troops only" for rule, *_ in records):
        both = pd.concat([sent(as_of), present(as_of)], ignore_index=True)
        if len(both):
            top = both.loc[both["high"].idxmax()]
            records.append(
                ("largest count of men sent or present", float(top["high"]), top["period_end"],
                 False, tuple(top["parts"]))
            )  # fmt: skip
    return pd.DataFrame(records, columns=["rule", "persons", "day", "builders", "rows"])


def ceiling(p: TroopPlausibility) -> pd.DataFrame:
    """The ceiling of the study, scored at one time and in total.

    Returns
    -------
    pandas.DataFrame
        `reading`, `persons`, `day`, `margin` (persons below the ceiling), `passed`, `brier`,
        `rows`. Empty until the study and a count are known.

    Notes
    -----
    The study gives no date by which its judgement may be scored, so a "held" is a "held so
    far". The Brier score is the square of `exceed_probability` less the outcome: 0 is best.
    """
    columns = ["reading", "persons", "day", "margin", "passed", "brier", "rows"]
    cap, top = study_cap(p.as_of), highest_present(p)
    if cap is None or top is None:
        return pd.DataFrame(columns=columns)
    records = [("at one time", float(top["high"]), top["period_end"], tuple(top["parts"]))]
    totals = sent_totals(p.as_of)
    records += [(f"in total, {r.rule}", r.persons, r.day, r.rows) for r in totals.itertuples()]
    return pd.DataFrame(
        [
            (name, persons, day, cap - persons, persons > cap,
             (p.exceed_probability - float(persons > cap)) ** 2, (*ids, STUDY_CAP))
            for name, persons, day, ids in records
        ],
        columns=columns,
    )  # fmt: skip


# What arrived, step by step, by the best graded counts: the whole autumn, the second wave, the
# sappers, the builders.
STEPS = (
    "troops-present-2024-11-04-us",
    "troops-add-2025-03-31-nis",
    "troops-present-2025-09-02-nis",
    "troops-add-2025-11-04-nis-builders",
)
STEP_OF = {"sappers": STEPS[2], "construction_troops": STEPS[3]}
GRACE = pd.Timedelta(days=31)  # a count comes weeks after the men
NO_FORECAST = ("first_unit_to_Kursk",)  # where men were to go, not how many


def forecast_rows(as_of) -> pd.DataFrame:
    """Plans, expectations and claims of what could come."""
    found = rows(as_of, ["troops_planned", "troops_upper_claim"])
    return found[~found["item"].isin(NO_FORECAST)].reset_index(drop=True)


def forecasts(p: TroopPlausibility) -> pd.DataFrame:
    """Forecasts whose day has come, against what was counted.

    Returns
    -------
    pandas.DataFrame
        `issuer`, `side`, `stated`, `due`, `kind`, `low`, `high`, `came`, `verdict` in {"close",
        "too high", "too low", "open"}, `rows`.

    Notes
    -----
    A total is set against all that had come by its day, an addition against what came after it
    was said, a presence against the largest count. Counts up to `GRACE` late are allowed.
    """
    known = statements(p.as_of)
    steps = [
        (row, known.loc[known["obs_id"] == row, "period_end"].iloc[0], figure(known, row))
        for row in STEPS
        if row in set(known["obs_id"])
    ]
    there = present(p.as_of)
    records = []
    for row in forecast_rows(p.as_of).itertuples():
        kind, came = _came(row, steps, there)
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


def _came(row, steps: list[tuple], there: pd.DataFrame) -> tuple[str, float]:
    due = row.period_end + GRACE
    if row.item == "at_one_time":
        during = there[there["period_end"] <= due]
        return "present at one time", float(during["high"].max()) if len(during) else 0.0
    if row.item == "total":
        return "total", sum(men for _, day, men in steps if day <= due)
    start = row.stated_on if pd.notna(row.stated_on) else row.period_start
    wanted = STEP_OF.get(row.item)
    return "additional", sum(
        men
        for obs_id, day, men in steps
        if start < day <= due and (wanted is None or obs_id == wanted)
    )


def exhaustion(as_of) -> tuple[pd.Timestamp, tuple[str, ...]] | None:
    """Day on which ISW's daily losses would have used up the whole contingent.

    The rate is counted from the first day of its period; the contingent is the Pentagon's.
    """
    lost = rows(as_of, "casualties_rate")
    men = figure(rows(as_of, "troops_sent_cumulative"), "troops-sent-2024-12-30-us")
    if lost.empty or men is None:
        return None
    row = lost.iloc[-1]
    day = row["period_start"] + pd.Timedelta(days=round(men / float(row["value"])))
    return day, (row["obs_id"], "troops-sent-2024-12-30-us")


def losses_a_day(as_of) -> pd.DataFrame:
    """Russia's losses a day by Kyiv's count: `month`, `per_day`, `rows`; months only."""
    found = rows(as_of, "russia_casualties")
    records = []
    for row in found.itertuples():
        days = (row.period_end - row.period_start).days + 1
        if days > 31:
            continue
        daily = float(row.value) if row.unit == "persons_per_day" else float(row.value) / days
        records.append((row.period_end.strftime("%B %Y"), daily, (row.obs_id,)))
    return pd.DataFrame(records, columns=["month", "per_day", "rows"])
