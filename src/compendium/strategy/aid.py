"""Aid to Ukraine by month round two events, against every other month as a placebo."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from compendium import datapackage, evidence
from compendium.errors import CompendiumError
from compendium.memory import remembered
from compendium.parameters import KremlinStrategy
from compendium.strategy import intervals

SOURCE = "kiel2026ust"
FIRST_MONTH = "2022-02"  # the month of the invasion
TARGETS = ("South_Korea", "Japan")
CONTROLS = ("Australia", "Canada", "New_Zealand", "Taiwan")
DONORS = (*TARGETS, *CONTROLS)
MEASURES = ("allocated", "committed")
MILLIONS = {"EUR_billion": 1000.0, "EUR_million": 1.0}
EVENTS = {
    "treaty": ("strategy", "strat-treaty-signed", "treaty"),
    "troops": ("troops", "troops-sent-2024-10-18-nis", "troop news"),
}
GOVERNMENT_CHANGE = "strat-rok-lee-elected"


class Event(NamedTuple):
    """An event with the row its day comes from."""

    name: str
    label: str
    month: pd.Period
    row: str


def display(donor: str) -> str:
    """Name of a donor as it is read."""
    return donor.replace("_", " ")


def panel_title(series: str) -> str:
    """Name of a series of months: that of a donor, or of the donors that it adds up."""
    if series != "controls":
        return display(series)
    return f"Controls added up: {evidence.joined(map(display, CONTROLS))}"


def last_month(as_of) -> pd.Period:
    """Last month a vintage can see whole: the lag of the release back from the day.

    The file at hand was published once; no month past it is seen by any vintage.

    Raises
    ------
    CompendiumError
        The table of releases does not state the lag.
    """
    released = datapackage.last_day(evidence.sources([SOURCE]).at[SOURCE, "published"])
    releases = datapackage.read_table("releases")
    lags = releases.loc[releases["source_id"] == SOURCE, "lag_days"]
    if lags.empty:
        raise CompendiumError(
            f"data/raw/releases.csv: no row of {SOURCE}, by whose lag the months that a vintage "
            f"sees are told from those without aid; allowed: a row with source_id {SOURCE}"
        )
    day = min(evidence.parse_day(as_of), released)
    seen = day - pd.Timedelta(days=int(lags.iloc[0]))
    return (seen + pd.Timedelta(days=1)).to_period("M") - 1


@remembered
def rows(as_of, measure: str) -> pd.DataFrame:
    """The monthly rows of all donors, with `donor`, `month` and `value` in million euros."""
    found = evidence.load("strategy", as_of, indicator=f"ukraine_aid_{measure}", source_id=SOURCE)
    found = found[found["item"].isin([f"{donor}_month" for donor in DONORS])]
    if odd := sorted(set(found["unit"]) - set(MILLIONS)):
        row = found[found["unit"].isin(odd)].iloc[0]
        raise CompendiumError(
            f"data/raw/strategy.csv: {row['obs_id']}: unit {row['unit']!r} of aid is not added to "
            f"others; allowed: {', '.join(MILLIONS)}"
        )
    return found.assign(
        donor=found["item"].str.removesuffix("_month"),
        month=found["period_end"].dt.to_period("M"),
        value=evidence.middle(found) * found["unit"].map(MILLIONS),
    )


@remembered
def monthly(as_of, measure: str) -> pd.DataFrame:
    """Aid by month in million euros: a row a month, a column a donor and `controls`.

    Notes
    -----
    A month without a row is zero, because the tables leave zeros out. Months not yet
    released by the vintage are absent and not zero.
    """
    months = pd.period_range(FIRST_MONTH, last_month(as_of), freq="M")
    own = rows(as_of, measure)
    table = own.pivot_table(index="month", columns="donor", values="value", aggfunc="sum")
    table = table.reindex(index=months, columns=list(DONORS)).fillna(0.0)
    return table.assign(controls=table[list(CONTROLS)].sum(axis=1))


@remembered
def events(p: KremlinStrategy) -> list[Event]:
    """The events known by the vintage, moved by `event_shift_months`."""
    found = []
    for name, (table, row, label) in EVENTS.items():
        own = evidence.load(table, p.as_of, obs_id=row)
        if len(own):
            month = own["period_end"].iloc[0].to_period("M") + p.event_shift_months
            found.append(Event(name, label, month, row))
    return found


def windows(p: KremlinStrategy, months: pd.PeriodIndex) -> list[tuple[pd.Period, slice, slice]]:
    """Every month with full windows, and the places before and after it."""
    found = []
    for place, month in enumerate(months):
        start = place + (p.event_month == "leave_out")
        if place >= p.window_months and start + p.window_months <= len(months):
            found.append(
                (
                    month,
                    slice(place - p.window_months, place),
                    slice(start, start + p.window_months),
                )
            )
    return found


def change(before: float, after: float, ratio: bool) -> float:
    """Ratio of two means, or their difference."""
    return after / before if ratio else after - before


def placebo_share(real: float, placebos) -> tuple[float, float]:
    """Share of months, the real one among them, with a change as low, and as high.

    Notes
    -----
    Randomisation inference [1]_: the event could have fallen on any month, each as likely.
    The smallest share that can come out is one over the number of placebos and one more.
    Neighbouring windows share most of their months, so the shares are coarser than the count
    of placebos suggests.

    References
    ----------
    .. [1] R. A. Fisher, "The Design of Experiments" (1935), chapter 2; for events in time
       A. Abadie, A. Diamond and J. Hainmueller, Journal of the American Statistical
       Association 105 (2010), section 4.
    """
    every = np.array([*placebos, real], float)
    slack = 1e-9 * max(1.0, abs(real))
    return float((every <= real + slack).mean()), float((every >= real - slack).mean())


def placebos(p: KremlinStrategy, series: pd.Series, controls: pd.Series | None = None):
    """Change at every month with full windows.

    Parameters
    ----------
    p : KremlinStrategy
    series : pandas.Series
        Aid of a donor by month.
    controls : pandas.Series, optional
        Aid of the controls; the change of the donor is then taken relative to theirs.

    Returns
    -------
    pandas.DataFrame
        `month`, `before`, `after` (means a month), `change`.
    kind : {"ratio", "difference"}
        A ratio where every window before has aid; one rule for all months, so that they rank.
        Relative to controls the ratios are divided, or the differences subtracted.
    """
    spans, own = windows(p, series.index), series.to_numpy()
    table = pd.DataFrame(
        [(m, own[b].mean(), own[a].mean()) for m, b, a in spans],
        columns=["month", "before", "after"],
    )
    ratio = bool((table["before"] > 0).all())
    if controls is not None:
        aid_of_controls = controls.to_numpy()
        other = [(aid_of_controls[b].mean(), aid_of_controls[a].mean()) for _, b, a in spans]
        ratio = ratio and all(b > 0 and a > 0 for b, a in other)
        base = [change(b, a, ratio) for b, a in other]
    found = [change(b, a, ratio) for b, a in zip(table["before"], table["after"], strict=True)]
    if controls is not None:
        found = [x / y if ratio else x - y for x, y in zip(found, base, strict=True)]
    return table.assign(change=found), "ratio" if ratio else "difference"


@remembered
def effects(p: KremlinStrategy) -> pd.DataFrame:
    """Change at each event for each donor, alone and relative to the controls.

    Returns
    -------
    pandas.DataFrame
        `event`, `donor`, `relative`, `measure`, `month`, `full` (whether both windows are),
        `before`, `after`, `kind`, `change`, `as_low`, `as_high` (placebo shares), `placebos`,
        `smallest` share reachable, `power` (whether an end of all aid would have been as rare
        as `placebo_share`; without it the test can find no fall), `confounded` (the window
        after holds the change of government), `rows`.
    """
    table, own = monthly(p.as_of, p.measure), rows(p.as_of, p.measure)
    turn = evidence.load("strategy", p.as_of, obs_id=GOVERNMENT_CHANGE)
    turned = turn["period_end"].iloc[0].to_period("M") if len(turn) else None
    records = []
    for event in events(p):
        for donor in (*DONORS, "controls"):
            for relative in (False, True) if donor in TARGETS else (False,):
                found, kind = placebos(p, table[donor], table["controls"] if relative else None)
                here = found[found["month"] == event.month]
                record = {
                    "event": event.name, "donor": donor, "relative": relative,
                    "measure": p.measure, "month": event.month, "full": len(here) == 1,
                    "kind": kind, "rows": (event.row,),
                }  # fmt: skip
                if len(here):
                    rest = found.drop(here.index)["change"]
                    low, high = placebo_share(here["change"].iloc[0], rest)
                    # What the change would have been with nothing given afterwards.
                    least = (
                        0.0 if kind == "ratio" else float((here["change"] - here["after"]).iloc[0])
                    )
                    first = event.month - p.window_months
                    last = event.month + p.window_months - int(p.event_month == "after")
                    mine = own["donor"].isin(CONTROLS if donor == "controls" else [donor])
                    span = own["month"].between(first, last)
                    record |= {
                        "before": float(here["before"].iloc[0]),
                        "after": float(here["after"].iloc[0]),
                        "change": float(here["change"].iloc[0]),
                        "as_low": low, "as_high": high, "placebos": len(rest),
                        "smallest": 1 / (len(rest) + 1),
                        "power": placebo_share(least, rest)[0] <= p.placebo_share,
                        "confounded": donor == "South_Korea"
                        and turned is not None and event.month <= turned <= last,
                        "rows": (event.row, *own.loc[mine & span, "obs_id"]),
                    }  # fmt: skip
                records.append(record)
    columns = ["event", "donor", "relative", "measure", "month", "full", "before", "after",
               "kind", "change", "as_low", "as_high", "placebos", "smallest", "power",
               "confounded", "rows"]  # fmt: skip
    return pd.DataFrame(records, columns=columns)


@remembered
def largest(as_of, measure: str) -> pd.DataFrame:
    """How much of each donor's aid lies in its largest month: `donor`, `share`, `month`, `row`."""
    table, own = monthly(as_of, measure), rows(as_of, measure)
    records = []
    for donor in DONORS:
        total = table[donor].sum()
        mine = own[(own["donor"] == donor) & (own["month"] >= pd.Period(FIRST_MONTH, "M"))]
        if total > 0:
            top = mine.loc[mine["value"].idxmax()]
            records.append((donor, top["value"] / total, str(top["month"]), total,
                            top["obs_id"]))  # fmt: skip
    return pd.DataFrame(records, columns=["donor", "share", "month", "total", "row"])


POLLS = (
    "poll_rok_aid_ukraine", "poll_rok_weapons_ukraine", "poll_rok_observers_ukraine",
    "poll_rok_own_nuclear_weapons", "poll_rok_tactical_nuclear_redeployment",
    "poll_rok_elite_nuclear_weapons", "poll_rok_doubt_us_deterrence",
    "poll_rok_denuclearisation_impossible",
)  # fmt: skip
QUESTIONS = {
    "poll_rok_aid_ukraine": "support for Ukraine, three options: weapons, non-military only, none",
    "poll_rok_weapons_ukraine": "weapons for Ukraine, two options: for or against",
    "poll_rok_observers_ukraine": "observers to Ukraine, for or against",
    "poll_rok_own_nuclear_weapons": "nuclear arms of our own",
    "poll_rok_tactical_nuclear_redeployment": "return of American tactical nuclear arms",
    "poll_rok_elite_nuclear_weapons": "nuclear arms of our own, asked of experts",
    "poll_rok_doubt_us_deterrence": "whether the United States would come to help",
    "poll_rok_denuclearisation_impossible": "whether the North will ever disarm",
}


@remembered
def polls(as_of) -> pd.DataFrame:
    """Polls with their question and, where the size of the sample is known, an interval.

    Returns
    -------
    pandas.DataFrame
        The rows and `question`, `answer`, `n` (missing where no row of the same poll states
        it), `low90`, `high90` in percent.

    Notes
    -----
    The interval counts chance alone, as if everybody had been drawn at random and answered.
    A row without a size takes that of another answer to the same question of the same days.
    """
    found = evidence.load("strategy", as_of, indicator=list(POLLS))
    found = found.assign(
        value=evidence.middle(found),
        question=found["indicator"].map(QUESTIONS),
        answer=found["item"].str.replace("_", " "),
        n=found["note"].map(intervals.sample_size).astype(float),
    )
    # The share of an age group is not a share of the whole sample.
    group = found["item"].str.startswith("age_")
    same = [found["indicator"], found["period_start"], found["period_end"]]
    found["n"] = found["n"].fillna(found.groupby(same)["n"].transform("max")).where(~group)
    ends = [
        intervals.wilson(v / 100, n) if pd.notna(n) else (np.nan, np.nan)
        for v, n in zip(found["value"], found["n"], strict=True)
    ]
    found["low90"] = [100 * low for low, _ in ends]
    found["high90"] = [100 * high for _, high in ends]
    order = {name: place for place, name in enumerate(POLLS)}
    return found.assign(order=found["indicator"].map(order)).sort_values(
        ["order", "period_end", "item"], ignore_index=True
    )
