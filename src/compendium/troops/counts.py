"""Dated counts of troops, as each issuer stated them; only the sums listed here are made."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium import notes
from compendium.memory import remembered
from compendium.parameters import TroopPlausibility
from compendium.troops.rows import UKRAINE, credible, rows

# Items of `troops_present` that are not a part of another count of the same day by item alone.
# Those outside `FRONT` are of all Russia; men at the front may be a part of all there.
FRONT = ("Kursk", "Kursk_and_Belgorod")
WHOLE = ("Russia", *FRONT)
# Men "moving in stages": any part of them may have arrived on the day of the count.
IN_STAGES = ("troops-add-2025-11-04-nis-builders",)
# Sums of parts one issuer stated for one time: name, rows, whether builders are among them.
SUMS = (
    ("field and training", ("troops-present-2025-07-hur2", "troops-train-2025-07-hur"), False),
    (
        "border and sappers",
        ("troops-present-2025-11-04-nis-combat", "troops-present-2025-11-04-nis-eng"),
        False,
    ),
    (
        "border, sappers and builders",
        (
            "troops-present-2025-11-04-nis-combat",
            "troops-present-2025-11-04-nis-eng",
            "troops-add-2025-11-04-nis-builders",
        ),
        True,
    ),
)
TOTAL_SENT_ITEMS = ("total", "first_wave", "combat_troops")
# Men sent in total under each rule of who is a soldier.
SENT_SUMS = (
    ("two waves, MSMT", ("troops-sent-2025-05-29-msmt-a", "troops-sent-2025-05-29-msmt-b"), False),
    ("combat troops only", ("troops-sent-2025-04-30-nis",), False),
    (
        "combat troops and sappers",
        ("troops-sent-2025-04-30-nis", "troops-present-2025-11-04-nis-eng"),
        False,
    ),
    (
        "combat troops, sappers and builders",
        (
            "troops-sent-2025-04-30-nis",
            "troops-present-2025-11-04-nis-eng",
            "troops-add-2025-11-04-nis-builders",
        ),
        True,
    ),
)
CASUALTY_ITEMS = ("killed_and_wounded", "killed_wounded_missing_captured")
DAYS_A_MONTH = 365.25 / 12


@remembered
def statements(as_of, *, repeats: bool = False) -> pd.DataFrame:
    """Every row on troops sent, present, added, planned or returned; second reports if asked."""
    return rows(
        as_of,
        [
            "troops_sent_cumulative",
            "troops_present",
            "troops_additional",
            "troops_planned",
            "troops_returned",
        ],
        repeats=repeats,
    )


def of_sum(qualifiers: pd.Series) -> str:
    """How a sum is stated: a floor among its parts makes it a floor, else it is "about"."""
    return "at_least" if qualifiers.isin(["more_than", "at_least"]).any() else "approx"


def summed(as_of, sums) -> pd.DataFrame:
    """Sums of parts as if they were rows, with `obs_id` the parts joined by a plus sign.

    Parts that were still arriving (`IN_STAGES`) count in full at the upper end and not at all
    at the lower one.
    """
    found = statements(as_of, repeats=True).set_index("obs_id")
    records = []
    for name, parts, builders in sums:
        if not set(parts) <= set(found.index):
            continue
        own = found.loc[list(parts)]
        last = own.iloc[-1]
        records.append(
            {
                "obs_id": " + ".join(parts),
                "item": name,
                "period_end": own["period_end"].max(),
                "known_on": own["known_on"].max(),
                "low": float(own.loc[~own.index.isin(IN_STAGES), "low"].sum()),
                "high": float(own["high"].sum()),
                "qualifier": of_sum(own["qualifier"]),
                "issuer": last["issuer"],
                "issuer_short": last["issuer_short"],
                "side": last["side"],
                "reliability": own["reliability"].max(),
                "credibility": int(own["credibility"].max()),
                "builders": builders,
                "parts": tuple(parts),
                "note": "; ".join(own["note"]),
            }
        )
    return pd.DataFrame(
        records,
        columns=[
            "obs_id", "item", "period_end", "known_on", "low", "high", "qualifier", "issuer",
            "issuer_short", "side", "reliability", "credibility", "builders", "parts", "note",
        ],
    )  # fmt: skip


EVERYBODY, SOLDIERS, AT_FRONT = "all in Russia", "all but builders", "men at the front"
# What these items count, where the axis of a figure says something else.
SCOPES = {
    "combat_troops": "combat troops only",
    "combat troops and sappers": "without builders",
    "killed_wounded_missing_captured": "missing and captured with them",
}


def scoped(found: pd.DataFrame) -> pd.DataFrame:
    """Counts with `scope`, what they count where that is not all, and `doubt`, else empty.

    What is doubted of a part is doubted of the sum.
    """
    scope = found["item"].map(SCOPES).fillna("")
    if "concept" in found:
        scope = found["concept"].where(found["concept"] != EVERYBODY, "")
    return found.assign(scope=scope.astype(object), doubt=notes.doubted(found))


@remembered
def present(as_of) -> pd.DataFrame:
    """Counts of the presence at one time, and the sums of `SUMS`; conflicts stay.

    `concept` tells what a count is of: `EVERYBODY`, `SOLDIERS` (sums that leave builders out)
    or `AT_FRONT`, which is a floor of all there.
    """
    found = rows(as_of, "troops_present", WHOLE)
    found = found.assign(builders=False, parts=[(row,) for row in found["obs_id"]])
    found = joined(found, summed(as_of, SUMS))
    without = [name for name, _, builders in SUMS if not builders]
    concept = found["item"].map(dict.fromkeys(FRONT, AT_FRONT) | dict.fromkeys(without, SOLDIERS))
    return found.assign(concept=concept.fillna(EVERYBODY).astype(object))


@remembered
def sent(as_of) -> pd.DataFrame:
    """Counts of men sent in total up to a day, and the sums of `SENT_SUMS`."""
    found = rows(as_of, "troops_sent_cumulative", TOTAL_SENT_ITEMS)
    found = found.assign(builders=False, parts=[(row,) for row in found["obs_id"]])
    sums = summed(as_of, [s for s in SENT_SUMS if len(s[1]) > 1])
    return joined(found, sums)


def joined(found: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    """Rows and sums together, by date."""
    if sums.empty:
        return found
    both = pd.concat([found, sums], ignore_index=True)
    return both.sort_values(["period_end", "obs_id"], ignore_index=True)


@remembered
def casualties(as_of) -> pd.DataFrame:
    """Killed and wounded since the start, cumulative, by issuer.

    Counts of a week, of mixed units and of one regiment are left out. Where one issuer gives
    killed and wounded for one day but no total, their sum stands as a row.
    """
    total = rows(as_of, "casualties_total", CASUALTY_ITEMS)
    total = total.assign(parts=[(row,) for row in total["obs_id"]])
    pairs = casualty_pairs(as_of)
    pairs = pairs[pairs["total_stated"].eq(False)] if len(pairs) else pairs
    if pairs.empty:
        return total
    return joined(total, pd.DataFrame([pair.row for pair in pairs.itertuples()]))


@remembered
def casualty_pairs(as_of) -> pd.DataFrame:
    """Killed beside the total of the same issuer for the same day.

    Returns
    -------
    pandas.DataFrame
        `issuer_short`, `side`, `period_end`, `killed`, `total`, `share`, `credibility`,
        `total_stated` (False where it is killed plus wounded), `rows`, and `row` (the sum as a
        row, or None).
    """
    columns = [
        "issuer_short", "side", "period_end", "killed", "total", "share", "credibility",
        "total_stated", "rows", "row",
    ]  # fmt: skip
    killed = rows(as_of, "casualties_killed", ["total"])
    wounded = rows(as_of, "casualties_wounded", ["total"]).set_index(["issuer", "period_end"])
    total = rows(as_of, "casualties_total", CASUALTY_ITEMS).set_index(["issuer", "period_end"])
    records = []
    for row in killed.itertuples():
        key = (row.issuer, row.period_end)
        if key in total.index:
            other = total.loc[[key]].iloc[0]
            amount, stated, as_row = float(other["low"]), True, None
        elif key in wounded.index:
            other = wounded.loc[[key]].iloc[0]
            amount, stated = float(row.low + other["low"]), False
            as_row = {
                "obs_id": f"{row.obs_id} + {other['obs_id']}",
                "indicator": "casualties_total",
                "item": "killed plus wounded",
                "period_start": row.period_start,
                "period_end": row.period_end,
                "known_on": max(row.known_on, other["known_on"]),
                "low": amount,
                "high": amount,
                "qualifier": of_sum(pd.Series([row.qualifier, other["qualifier"]])),
                "issuer": row.issuer,
                "issuer_short": row.issuer_short,
                "side": row.side,
                "reliability": row.reliability,
                "credibility": int(max(row.credibility, other["credibility"])),
                "parts": (row.obs_id, other["obs_id"]),
                "note": f"{row.note}; {other['note']}",
            }
        else:
            continue
        if not 0 < amount >= row.low:  # nobody hurt, or more dead than hurt: no share of dead
            continue
        records.append(
            (row.issuer_short, row.side, row.period_end, float(row.low), amount,
             float(row.low) / amount, int(max(row.credibility, other["credibility"])), stated,
             (row.obs_id, other["obs_id"]), as_row)
        )  # fmt: skip
    return pd.DataFrame(records, columns=columns)


@remembered
def killed(as_of) -> pd.DataFrame:
    """Killed since the start, cumulative, by issuer."""
    found = rows(as_of, "casualties_killed", ["total"])
    return found.assign(parts=[(row,) for row in found["obs_id"]])


@remembered
def best_path(p: TroopPlausibility) -> pd.DataFrame:
    """One count a month, the best graded and then the newest: a path to add up, not an average.

    Returns
    -------
    pandas.DataFrame
        `day`, `persons`, `obs_id`; starts with nobody on the day of the first sailing. Counts
        of a part ("up to", Kursk alone while others trained) are passed over where a whole
        one exists in the month. Empty before the first count.
    """
    first = first_sailing(p.as_of)
    found = credible(present(p.as_of), p.worst_credibility)
    found = found[~found["qualifier"].isin(["up_to", "less_than"])]
    if not p.count_builders:
        found = found[~found["builders"].astype(bool)]
    if first is None or found.empty:
        return pd.DataFrame(columns=["day", "persons", "obs_id"])
    # Within a month: grade first, then the larger whole, then the newer.
    found = found.assign(
        month=found["period_end"].dt.to_period("M"),
        grade=found["reliability"] + found["credibility"].astype(str),
        persons=(found["low"] + found["high"]) / 2,
    ).sort_values(["month", "grade", "persons", "period_end"], ascending=[True, True, False, False])
    best = found.groupby("month", sort=True).head(1)
    path = pd.DataFrame(
        {"day": best["period_end"], "persons": best["persons"], "obs_id": best["obs_id"]}
    )
    start = pd.DataFrame({"day": [first], "persons": [0.0], "obs_id": [""]})
    return pd.concat([start, path], ignore_index=True)


@remembered
def first_sailing(as_of) -> pd.Timestamp | None:
    """First day of the period in which the first men were shipped, if known."""
    found = rows(as_of, "troops_sent_cumulative", ["first_wave", "total"])
    found = found[found["issuer_short"] == "ROK NIS"]
    return None if found.empty else found.sort_values("known_on")["period_start"].iloc[0]


def soldier_months(path: pd.DataFrame, until=None) -> float:
    """Soldier-months under a path of counts joined by straight lines.

    Parameters
    ----------
    path : pandas.DataFrame
        Output of `best_path`.
    until : date, optional
        Carry the last count on to this day; by default stop at it.
    """
    if len(path) < 2:
        return 0.0
    days = (path["day"] - path["day"].iloc[0]).dt.days.to_numpy(float)
    persons = path["persons"].to_numpy(float)
    if until is not None:
        end = float((pd.Timestamp(until) - path["day"].iloc[0]).days)
        days, persons = np.append(days, max(end, days[-1])), np.append(persons, persons[-1])
    return float(np.trapezoid(persons, days)) / DAYS_A_MONTH


BUILD_UP_DAYS = 60  # counts later than this after the first sailing say nothing of the pace


@remembered
def paces(p: TroopPlausibility) -> pd.DataFrame:
    """Men a day that dated counts of the build-up imply, first day included.

    A count of those present or sent divided by the days since the first sailing: a floor, for
    ships may have stood idle.

    Returns
    -------
    pandas.DataFrame
        `obs_id`, `issuer_short`, `body`, `side`, `day`, `persons`, `days`, `per_day`, `drawn` (a party
        to the war is shown and not drawn from).
    """
    columns = [
        "obs_id", "issuer_short", "body", "side", "day", "persons", "days", "per_day", "drawn",
    ]  # fmt: skip
    first = first_sailing(p.as_of)
    if first is None:
        return pd.DataFrame(columns=columns)
    counts = pd.concat(
        [
            rows(p.as_of, "troops_sent_cumulative", ["first_wave", "total"]),
            rows(p.as_of, "troops_present", WHOLE),
        ]
    )
    age = (counts["period_end"] - first).dt.days + 1
    counts = credible(counts[(age > 0) & (age <= BUILD_UP_DAYS)], p.worst_credibility)
    counts = counts[~counts["qualifier"].isin(["up_to", "less_than"])]
    days = (counts["period_end"] - first).dt.days + 1
    found = pd.DataFrame(
        {
            "obs_id": counts["obs_id"],
            "issuer_short": counts["issuer_short"],
            "body": counts["body"],
            "side": counts["side"],
            "day": counts["period_end"],
            "persons": counts["low"],
            "days": days,
            "per_day": counts["low"] / days,
            "drawn": counts["side"].ne(UKRAINE),
        }
    )
    return found.sort_values(["day", "obs_id"], ignore_index=True)
