"""What others published, and the follow-up study as a test of the price rule."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from compendium import evidence
from compendium.arms.reconstruction import STUDY_HIGH, STUDY_LOW
from compendium.arms.shipments import short
from compendium.memory import remembered

INSS_ROUNDS = ["arms-price-inss-152q", "arms-price-inss-122q"]
INSS_MISSILES = ["arms-price-inss-kn23", "arms-price-inss-kn24", "arms-srbm-kida"]
KIDA_BOXES = ["arms-cont-2025-04-kida", "arms-conv-2024-10-152"]  # containers x loading
ESTIMATE_COLUMNS = [
    "estimate",
    "value_musd",
    "missiles_musd",
    "rounds",
    "quantity_of",
    "usd_per_round",
    "includes",
    "grades",
    "rows",
]
# What the value of a row adds up, by its item; whatever is not rounds raises the quotient.
INCLUDES = {
    "all_arms": "all arms",
    "artillery_shells": "shells alone",
    "munitions_and_arms": "shells, missiles, guns and other arms",
    "arms_troops_goods": "arms, troops and goods, expected missiles among them",
}


@remembered
def other_estimates(as_of) -> pd.DataFrame:
    """Implied USD a round of the published estimates, by the quantity each is divided by.

    Returns
    -------
    pandas.DataFrame
        `estimate`, `value_musd`, `missiles_musd` taken off first (missing where the number
        of missiles in it is not told), `rounds` and where they come from, `usd_per_round`,
        what the value `includes`, the `grades` of value and quantity, `rows`. Only estimates
        known by `as_of`.

    Notes
    -----
    Where the value includes more than rounds and nothing is taken off, the quotient is an
    upper limit of the price of a round.
    """
    rows = evidence.ends(evidence.load("arms", as_of, implied=True, repeats=True))
    rows = rows.set_index("obs_id")

    def figure(obs_id: str) -> float:
        row = rows.loc[obs_id]
        return float(row["value"] if pd.notna(row["value"]) else row["high"])

    def grade(obs_id: str) -> str:
        return f"{rows.loc[obs_id, 'reliability']}{rows.loc[obs_id, 'credibility']}"

    # name, row of the value, rows of the quantity, how these combine to rounds
    cases = [
        ("INSS, 2023 only", "arms-inss-value-2023", INSS_ROUNDS, sum),
        ("Bloomberg", "arms-val-2024-bloomberg", ["arms-sh-2024-02-mnd152"], sum),
        ("Study, lower bound", STUDY_LOW, ["arms-sh-2024-07-mnd"], sum),
        ("Study, upper bound", STUDY_HIGH, ["arms-sh-2024-07-mnd"], sum),
        ("Study, lower bound", STUDY_LOW, ["arms-sh-2024-10-dia"], sum),
        ("Study, upper bound", STUDY_HIGH, ["arms-sh-2024-10-dia"], sum),
        ("KIDA", "arms-val-kida-mun-usd", KIDA_BOXES, math.prod),
        ("KIDA", "arms-val-kida-mun-usd", ["arms-sh-2025-04-kida"], sum),
        ("KRIS", "arms-val-kris", ["arms-sh-2025-07-dia"], sum),
    ]
    records = []
    for name, value_id, quantity_ids, combine in cases:
        off_ids = INSS_MISSILES if value_id == "arms-inss-value-2023" else []
        used = [value_id, *quantity_ids, *off_ids]
        if not set(used) <= set(rows.index):
            continue
        off = math.nan
        if off_ids:  # its missiles at the middle of KIDA's unit cost
            *counts, price = off_ids
            off = sum(map(figure, counts)) * rows.loc[price, ["low", "high"]].mean()
        count, item = combine(map(figure, quantity_ids)), rows.loc[value_id, "item"]
        if not count:  # nothing to divide by
            continue
        records.append(
            {
                "estimate": name,
                "value_musd": figure(value_id),
                "missiles_musd": off,
                "rounds": count,
                "quantity_of": short(rows.loc[quantity_ids[0], "issuer"]),
                "usd_per_round": (figure(value_id) - (off if off_ids else 0)) * 1e6 / count,
                "includes": INCLUDES.get(item, item.replace("_", " ")),
                "grades": f"{grade(value_id)}, {' and '.join(map(grade, quantity_ids))}",
                "rows": tuple(used),
            }
        )
    return pd.DataFrame(records, columns=ESTIMATE_COLUMNS)


# Rows of the follow-up study.
FOLLOW_UP = {
    "published": "arms-fnf25-range",
    "shells": "arms-fnf25-shells",
    "mortar": "arms-fnf25-mortar",
    "rockets": "arms-fnf25-mrl",
    "troops": "arms-fnf25-troops",
    "missiles": "arms-fnf25-srbm",
}
# The reconstruction whose rule is tested, as row and column of each figure: the simplest one,
# with the prices that analysts gave as round figures.
CASE = {
    "rounds": ("arms-sh-2024-07-mnd", "value"),
    "missiles": ("arms-mis-2024-09", "value"),
    "price_low": ("arms-price-152-kei-dprk", "low"),
    "price_high": ("arms-price-152-ru-bain", "high"),
    "missile_price_low": ("arms-srbm-rand", "low"),
    "missile_price_high": ("arms-srbm-kida", "high"),
}
# What the reconstruction never had and the check adds; the follow-up states the most missiles
# only, so the fewest are another issuer's count.
ADDED_ROWS = (
    "arms-price-82-2022",
    "arms-price-82-2024",
    "fx-usdeur-2024-06-28",
    "arms-price-grad-2022",
    "arms-mis-2025-01",
    "troops-pay-nis-2024",
    "arms-fnf24-troop-perperson",
)
RULE_ROWS = (*(CASE[name][0] for name in CASE if "price" in name), *ADDED_ROWS)


def figures_of(ids: Iterable[str], as_of) -> pd.DataFrame | None:
    """Rows by name with both ends, `value` in the middle of a range; None unless all are known."""
    wanted = set(ids)
    rows = evidence.named(wanted, as_of)
    rows = evidence.ends(rows).assign(value=evidence.middle(rows)).set_index("obs_id")
    return rows if wanted == set(rows.index) else None


@remembered
def case(as_of) -> dict[str, float]:
    """Figures of the reconstruction whose rule is tested; empty before all were known."""
    rows = figures_of((obs_id for obs_id, _ in CASE.values()), as_of)
    if rows is None:
        return {}
    return {name: float(rows.loc[obs_id, column]) for name, (obs_id, column) in CASE.items()}


@remembered
def follow_up_check(as_of) -> pd.DataFrame:
    """The prices of one reconstruction applied to the quantities of the 2025 follow-up.

    Returns
    -------
    pandas.DataFrame
        A row a bound (`low`, `high`): value by part in USD million, their `sum`, the
        `published` bound, the relative `error`. Empty unless all rows behind it were known.

    Notes
    -----
    From the reconstruction (`CASE`): shells at 300 and 1,000 USD, missiles at 2 and 5
    million. Added (`ADDED_ROWS`): Grad rockets at 900 USD, mortar rounds at 70 and 450 euros,
    troops paid for a year, and 148 missiles at the low end; guns at nothing for lack of a
    price. Euros become dollars at the European Central Bank's rate of 28 June 2024, the
    working day before the euro prices were printed. A row that is a range counts with its low
    end at the low bound and with its high end at the high one.
    """
    # What is tested is one combination near the study's bounds, so all of it must be known too.
    tested = (STUDY_LOW, STUDY_HIGH, *(obs_id for obs_id, _ in CASE.values()))
    rows = figures_of((*FOLLOW_UP.values(), *tested, *ADDED_ROWS), as_of)
    if rows is None:
        return pd.DataFrame()
    usd_per_eur = rows.loc["fx-usdeur-2024-06-28", "value"]
    rule = {
        "low": {
            "shell": rows.loc[CASE["price_low"]],
            "mortar": rows.loc["arms-price-82-2022", "low"],
            "missile": rows.loc[CASE["missile_price_low"]],
            "missiles": rows.loc["arms-mis-2025-01", "low"],
            "pay": rows.loc["troops-pay-nis-2024", "low"],
        },
        "high": {
            "shell": rows.loc[CASE["price_high"]],
            "mortar": rows.loc["arms-price-82-2024", "high"],
            "missile": rows.loc[CASE["missile_price_high"]],
            "missiles": rows.loc["arms-fnf25-srbm", "high"],
            "pay": rows.loc["arms-fnf24-troop-perperson", "high"],
        },
    }
    records = []
    for bound, price in rule.items():
        parts = {
            "shells": rows.loc[FOLLOW_UP["shells"], bound] * price["shell"] / 1e6,
            "mortar": rows.loc[FOLLOW_UP["mortar"], bound] * price["mortar"] * usd_per_eur / 1e6,
            "rockets": rows.loc[FOLLOW_UP["rockets"], bound]
            * rows.loc["arms-price-grad-2022", bound]
            / 1e6,
            "missiles": price["missiles"] * price["missile"],
            "troops": rows.loc[FOLLOW_UP["troops"], bound] * price["pay"] * 12 / 1e6,
        }
        added = sum(parts.values())
        published = rows.loc[FOLLOW_UP["published"], bound]
        records.append(
            {"bound": bound}
            | parts
            | {"sum": added, "published": published, "error": added / published - 1}
        )
    return pd.DataFrame(records)
