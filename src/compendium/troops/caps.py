"""How many could be sent: caps by scenario, and what others sent of what they had."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium.errors import CompendiumError
from compendium.memory import remembered
from compendium.parameters import TroopPlausibility
from compendium.troops.counts import paces
from compendium.troops.rows import figure, rows

SCENARIOS = ("low", "middle", "high")
NAMES = {
    "xi": "share of XI Corps",
    "sof": "share of all special forces",
    "army": "share of the active army",
    "lift": "lift within the build-up",
    "escapes": "escapes the regime would bear",
}
# Strengths older than this no longer describe the force of the 2020s.
RECENT_FROM = pd.Timestamp("2010-01-01")
# Workers who lived in Russia under guard are the nearest thing to soldiers there. Their number
# in the year of the escape count is in no row, so the usual yearly intake stands for it.
ESCAPE_ROWS = ("troops-escape-russia-2022", "troops-workers-visas-normal")
TIMES_A_YEAR = {"persons_per_year": 1, "persons_per_month": 12}
CAP_COLUMNS = ["cap", "label", *SCENARIOS, "rows"]


def shares(p: TroopPlausibility, name: str) -> tuple[float, float, float]:
    """Low, middle and high parameter of a cap; the parameters themselves refuse a wrong order."""
    stem = "tolerated_escapes" if name == "escapes" else f"{name}_share"
    return tuple(getattr(p, f"{stem}_{scenario}") for scenario in SCENARIOS)


@remembered
def strengths(as_of, item: str) -> pd.DataFrame:
    """Strengths of one force stated since 2010; older ones are history."""
    found = rows(as_of, "force_size", [item])
    return found[found["period_end"] >= RECENT_FROM].reset_index(drop=True)


@remembered
def caps(p: TroopPlausibility) -> pd.DataFrame:
    """Caps on the men present at one time, by scenario.

    Returns
    -------
    pandas.DataFrame
        A row a cap: `cap`, `label`, `low`, `middle`, `high` in persons, `rows`. A cap whose
        rows were not known by `as_of` is left out.

    Notes
    -----
    XI Corps: the lowest, the middle and the highest of its stated strengths times the share.
    Special forces and army: the same with the newest stated strength alone. Lift: slowest,
    middle and fastest pace times the days of the build-up. Escapes: what the regime would
    bear over the rate at which workers left Russia for Seoul, at the fastest, middle and
    slowest rate the rows allow.
    """
    records = []

    def add(name: str, amounts, found: pd.DataFrame | list[str]) -> None:
        ids = tuple(found) if isinstance(found, list) else tuple(found["obs_id"])
        records.append((name, NAMES[name], *(float(a) for a in amounts), ids))

    for name, force in (
        ("xi", strengths(p.as_of, "XI_Corps")),
        ("sof", strengths(p.as_of, "KPA_special_operations").tail(1)),
        ("army", strengths(p.as_of, "KPA_active").tail(1)),
    ):
        if len(force):
            low, high = force["low"].min(), force["high"].max()
            sizes = np.array([low, (low + high) / 2, high])
            add(name, sizes * shares(p, name), force)
    pace = paces(p)
    pace = pace[pace["drawn"].astype(bool)]
    if p.lift_per_day is not None or len(pace):
        low, high = (
            (p.lift_per_day, p.lift_per_day)
            if p.lift_per_day is not None
            else (pace["per_day"].min(), pace["per_day"].max())
        )
        add(
            "lift",
            np.array([low, (low + high) / 2, high]) * p.lift_window_days,
            list(pace["obs_id"]),
        )
    rates = escape_rates(p.as_of)
    if rates is not None and min(rates):  # where nobody flees, flight is no limit
        add("escapes", np.array(shares(p, "escapes")) / np.array(rates[::-1]), list(ESCAPE_ROWS))
    return pd.DataFrame(records, columns=CAP_COLUMNS)


@remembered
def escape_rates(as_of) -> tuple[float, float, float] | None:
    """Lowest, middle and highest yearly share of workers in Russia who reached Seoul."""
    escapes = rows(as_of, "worker_escapes", repeats=True)
    workers = rows(as_of, "overseas_workers", repeats=True)
    count = figure(escapes, ESCAPE_ROWS[0])
    base = workers[workers["obs_id"] == ESCAPE_ROWS[1]]
    if count is None or base.empty:
        return None
    count *= _times_a_year(escapes, ESCAPE_ROWS[0])
    intake = base[["low", "high"]].iloc[0] * _times_a_year(workers, ESCAPE_ROWS[1])
    low, high = intake.tolist()
    return count / high, count / ((low + high) / 2), count / low


def _times_a_year(found: pd.DataFrame, obs_id: str) -> int:
    unit = found.set_index("obs_id").at[obs_id, "unit"]
    if unit not in TIMES_A_YEAR:
        raise CompendiumError(
            f"data/raw/troops.csv: {obs_id}: unit {unit!r} is no yearly number of workers; "
            f"allowed: {', '.join(TIMES_A_YEAR)}; state the row in one of these"
        )
    return TIMES_A_YEAR[unit]


def binding(table: pd.DataFrame) -> pd.DataFrame:
    """Smallest cap of each scenario: `scenario`, `cap`, `label`, `persons`, `rows`."""
    records = []
    for scenario in SCENARIOS if len(table) else ():
        row = table.loc[table[scenario].idxmin()]
        records.append((scenario, row["cap"], row["label"], float(row[scenario]), row["rows"]))
    return pd.DataFrame(records, columns=["scenario", "cap", "label", "persons", "rows"])


# Share of the force: numerator and denominators by row. Where the force is of another year, the
# nearest that was found, the name says so.
COMPARATORS = {
    "Cuba, all abroad, 1985": (
        "troops-cuba-abroad-1985",
        ("troops-cuba-army-1985", "troops-cuba-navy-1985", "troops-cuba-air-1985"),
    ),
    "Cuba in Africa, 1978, US officials": ("troops-cuba-africa-1978", ("troops-cuba-total-1978",)),
    "Cuba in Africa, 1978, CIA": ("troops-cuba-africa-1978-cia", ("troops-cuba-total-1978",)),
    "South Korea in Vietnam, 1968, of the force of 1956": (
        "troops-rok-vietnam-1968",
        ("troops-rok-force-1956",),
    ),
    "North Korea, more than so many abroad, 1986, of the force of 1993": (
        "troops-advisers-1986",
        ("troops-kpa-active-1993",),
    ),
}
STATED_SHARES = {"Zimbabwe in Congo, 2000, as stated": "troops-zim-drc-share-2000"}
TURNOVER = {
    "Cuba in Angola": ("troops-cuba-angola-cum", "troops-cuba-angola-peak"),
    "South Korea in Vietnam, Korea Times": (
        "troops-rok-vietnam-total-312",
        "troops-rok-vietnam-1968",
    ),
    "South Korea in Vietnam, conference paper": (
        "troops-rok-vietnam-total-320",
        "troops-rok-vietnam-1968",
    ),
}


@remembered
def comparator_rows(as_of) -> pd.DataFrame:
    """Rows on other paid or political expeditions, second reports included: they are named."""
    return rows(
        as_of,
        [
            "comparator_deployed",
            "comparator_deployed_cumulative",
            "comparator_deployment_share",
            "comparator_force_size",
            "comparator_casualties",
            "comparator_pay",
            "comparator_revenue",
            "overseas_advisers_total",
            "force_size",
        ],
        repeats=True,
    )


@remembered
def comparators(as_of) -> pd.DataFrame:
    """Men abroad as a share of the force, by expedition.

    Returns
    -------
    pandas.DataFrame
        `case`, `abroad`, `force` (missing where the share itself is stated), `percent`, `rows`.
    """
    found = comparator_rows(as_of)
    known = set(found["obs_id"])
    records = []
    for name, (abroad, parts) in COMPARATORS.items():
        if {abroad, *parts} <= known:
            men, force = figure(found, abroad), sum(figure(found, part) for part in parts)
            records.append((name, men, force, men / force * 100, (abroad, *parts)))
    for name, row in STATED_SHARES.items():
        if row in known:
            records.append((name, np.nan, np.nan, figure(found, row), (row,)))
    return pd.DataFrame(records, columns=["case", "abroad", "force", "percent", "rows"])


@remembered
def turnover(as_of) -> pd.DataFrame:
    """Men who passed through, over the peak at one time: `case`, `flow`, `stock`, `ratio`, `rows`."""
    found = comparator_rows(as_of)
    known = set(found["obs_id"])
    records = [
        (name, figure(found, flow), figure(found, stock), figure(found, flow) / figure(found, stock),
         (flow, stock))
        for name, (flow, stock) in TURNOVER.items()
        if {flow, stock} <= known
    ]  # fmt: skip
    return pd.DataFrame(records, columns=["case", "flow", "stock", "ratio", "rows"])


def of_active_army(as_of, persons: float) -> tuple[float, float, float, tuple[str, ...]] | None:
    """A number of men as percent of the active army: newest white paper, lowest, highest, rows.

    The South Korean ministry's count is preferred because its source says how it counts; the
    others give the range.
    """
    force = strengths(as_of, "KPA_active")
    if force.empty:
        return None
    official = force[force["issuer"].str.startswith("ROK MND")]
    chosen = (official if len(official) else force).iloc[-1]
    percent = persons / force["low"] * 100
    return (
        persons / float(chosen["low"]) * 100,
        float(percent.min()),
        float(percent.max()),
        tuple(force["obs_id"]),
    )
