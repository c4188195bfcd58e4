"""Headline values as they would have been stated at the end of every month."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
from scipy import stats

from compendium import (
    book,
    datapackage,
    evidence,
    exhibits,
    figures,
    models,
    parameters,
    paths,
    scenarios,
    values,
)
from compendium.headlines import HEADLINES

FIRST_MONTH = "2023-08"  # first month with evidence on the arms
TRACKED = {id.partition(".")[0] for id in HEADLINES}
# What the headline values do not depend on may be computed coarsely here.
LEAN = {
    "arms_trade": {"sobol_samples": 64},
    "trade_trends": {"bootstrap_draws": 100},
}


def month_ends(as_of: str | dt.date) -> list[dt.date]:
    """Last days of the months from `FIRST_MONTH` on, and the day of the vintage itself."""
    day = evidence.parse_day(as_of)
    months = pd.period_range(FIRST_MONTH, day.to_period("M"), freq="M")
    ends = [month.end_time.date() for month in months]
    return [*(end for end in ends if end < day.date()), day.date()]


def track(as_of: str | dt.date, workers: int | None = None) -> pd.DataFrame:
    """Headline values at the end of every month up to a vintage, with default parameters.

    Parameters
    ----------
    as_of : str or datetime.date
        Last vintage; nothing known later enters.
    workers : int, optional
        Processes; default the number of cores.

    Returns
    -------
    pandas.DataFrame
        `day`, `id`, `label`, `value`, `low`, `high` (missing where there is no interval),
        `unit`, `text`, `rows` (tuple). Vintages that cannot state a value have no row.

    Notes
    -----
    A vintage is computed once and kept under ``_build/vintages`` for as long as the code and
    the rows known by its day are the same.
    """
    tasks = [
        (chapter, day)
        for day in month_ends(as_of)
        for chapter in models.MODELS
        if chapter in TRACKED and day >= parameters.FIRST_DAY
    ]
    missing = [task for task in tasks if not _file(*task).exists()]
    if missing:
        count = min(workers or os.cpu_count() or 1, len(missing))
        if count == 1:
            for task in missing:
                compute(*task)
        else:
            # spawn: a forked child would share the state of libraries that hold threads.
            with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
                list(pool.map(compute, *zip(*missing, strict=True)))
    records = []
    for chapter, day in tasks:
        for value in values.read(_file(chapter, day)).values():
            records.append(
                (pd.Timestamp(day), value.id, HEADLINES[value.id], value.value, value.low,
                 value.high, value.unit, value.text("full" if value.low is not None else "value"),
                 value.rows)
            )  # fmt: skip
    columns = ["day", "id", "label", "value", "low", "high", "unit", "text", "rows"]
    frame = pd.DataFrame(records, columns=columns)
    order = list(HEADLINES)
    return frame.sort_values(["id", "day"], key=lambda c: c.map(order.index) if c.name == "id" else c,
                             kind="stable", ignore_index=True)  # fmt: skip


def compute(chapter: str, day: dt.date) -> Path:
    """Compute the headline values of one chapter at one vintage and keep them."""
    chosen = parameters.validate(chapter, {"as_of": day, **LEAN.get(chapter, {})})
    found = {v.id: v for v in models.run(chapter, chosen).values if v.id in HEADLINES}
    file = _file(chapter, day)
    file.parent.mkdir(parents=True, exist_ok=True)
    values.write(file, found, as_of=str(day))
    return file


def _file(chapter: str, day: dt.date) -> Path:
    key = hashlib.sha256(f"{models.code_fingerprint()}{known_fingerprint(day)}".encode())
    return paths.BUILD / "vintages" / chapter / f"{day}-{key.hexdigest()[:12]}.json"


def known_fingerprint(day: dt.date) -> str:
    """Digest of all that is known by a day."""
    stamps = tuple(evidence.stamps(table) for table in evidence.OBSERVATION_TABLES)
    return _known(day, stamps)


@lru_cache(maxsize=256)
def _known(day: dt.date, stamps: tuple) -> str:
    digest = hashlib.sha256()
    for table in evidence.OBSERVATION_TABLES:
        rows = evidence.load(table, day, implied=True, repeats=True)
        digest.update(rows.to_csv(index=False).encode())
    digest.update(evidence.claims(None, day).to_csv(index=False).encode())
    for table in datapackage.table_names():
        if datapackage.row_columns(table):
            digest.update((paths.RAW / f"{table}.csv").read_bytes())
    return digest.hexdigest()


def changes(tracked: pd.DataFrame, least: float = 0.05) -> pd.DataFrame:
    """Steps of the headline values from one vintage to the next.

    Parameters
    ----------
    tracked : pandas.DataFrame
        Output of `track`.
    least : float
        Smallest relative step that is told; parts of a whole count in points over a hundred.

    Returns
    -------
    pandas.DataFrame
        `day`, `id`, `label`, `before`, `after` (text), `came`, `left`: rows that the value
        rests on now and did not before, and the other way round.
    """
    records = []
    for id, own in tracked.groupby("id", sort=False):
        for before, after in zip(own.itertuples(), own.iloc[1:].itertuples(), strict=False):
            scale = 100 if after.unit == "percent" else 1 if after.unit == "share" else None
            step = abs(after.value - before.value) / (scale or max(abs(before.value), 1e-9))
            if step >= least:
                came = tuple(r for r in after.rows if r not in before.rows)
                left = tuple(r for r in before.rows if r not in after.rows)
                records.append((after.day, id, after.label, before.text, after.text, came, left))
    columns = ["day", "id", "label", "before", "after", "came", "left"]
    return pd.DataFrame(records, columns=columns)


def scores(checks: Iterable[pd.DataFrame], level: float = 0.9) -> pd.DataFrame:
    """Interval scores of frozen projections against what became known.

    Parameters
    ----------
    checks : iterable of pandas.DataFrame
        `quantity`, `median`, `low90`, `high90`, `later`.
    level : float
        Probability of the intervals.

    Returns
    -------
    pandas.DataFrame
        The rows of all, with `inside` (bool) and `score`: width of the interval plus a
        penalty of 2 / (1 - level) times the distance by which it missed [1]_, over the later
        figure, so that quantities compare; smaller is better.

    References
    ----------
    .. [1] T. Gneiting and A. E. Raftery, "Strictly proper scoring rules, prediction, and
       estimation", Journal of the American Statistical Association 102 (2007), section 6.2.
    """
    frames = [frame for frame in checks if len(frame)]
    columns = ["quantity", "median", "low90", "high90", "later"]
    if not frames:
        return pd.DataFrame(columns=[*columns, "inside", "score"])
    table = pd.concat([frame[columns] for frame in frames], ignore_index=True)
    missed = (table["low90"] - table["later"]).clip(lower=0) + (
        table["later"] - table["high90"]
    ).clip(lower=0)
    width = table["high90"] - table["low90"] + 2 / (1 - level) * missed
    return table.assign(inside=missed == 0, score=width / table["later"].abs().clip(lower=1e-9))


# --------------------------------------------------------------------------------- page

# What others stated of the same thing, to stand beside the track: table, filters, factor.
OTHERS = {
    "arms_trade.value_total": ("arms", {"indicator": "arms_value_total"}, 0.001),
    "troop_plausibility.present_now": ("troops", {"indicator": "troops_present"}, 1.0),
    "troop_plausibility.casualties_now": (
        "troops",
        {"indicator": "casualties_total", "item": "killed_and_wounded"},
        1.0,
    ),
}
# Chapters' own scores of what the day of the study would have projected, by frame.
CHECKS = {
    "trade_trends": "check",
    "troop_plausibility": "check",
    "kremlin_strategy": "check",
    "recommendations": "projections",
}
MOST_ROWS = 6


def others(id: str, as_of: str | dt.date) -> pd.DataFrame:
    """What others stated of a headline value by a vintage: `day`, `value`, `issuer`, `row`."""
    columns = ["day", "value", "issuer", "row"]
    if id not in OTHERS:
        return pd.DataFrame(columns=columns)
    table, filters, factor = OTHERS[id]
    rows = evidence.load(table, as_of, **filters)
    rows = rows[rows["period_end"] >= pd.Timestamp(FIRST_MONTH)]
    middle = rows[["low", "high"]].mean(axis=1)
    return pd.DataFrame(
        {
            "day": rows["known_on"],
            "value": rows["value"].fillna(middle) * factor,
            "issuer": rows["issuer"],
            "row": rows["obs_id"],
        }
    ).dropna(subset=["value"])


def study_checks(as_of: str | dt.date) -> list[pd.DataFrame]:
    """Scores that the chapters give to the projections of the day of the study.

    Each with `quantity`, `median`, `low90`, `high90`, `later`; only those already due.
    """
    found = []
    for chapter, name in CHECKS.items():
        table = models.run(chapter, parameters.validate(chapter, {"as_of": str(as_of)})).frames[
            name
        ]
        if "donor" in table:
            label = table["donor"].str.replace("_", " ") + ", aid of " + table["span"]
            table = table.assign(quantity=label)
        if len(table) and "later" in table:  # nothing is due in a vintage of the study's day
            found.append(table.dropna(subset=["later"]))
    return found


def coverage_text(table: pd.DataFrame, level: float = 0.9) -> str:
    """How many projections held, and what so few can say."""
    n, inside = len(table), int(table["inside"].sum())
    if n == 0:
        return "No frozen projection is due yet."
    span = stats.binomtest(inside, n).proportion_ci(level, "exact")
    return (
        f"{inside} of {n} later figures lie inside their 90 % intervals. "
        f"Were they independent, that would fit a coverage from {span.low:.0%} to {span.high:.0%} "
        f"(exact 90 % interval). They are not: several are about one quantity at two horizons, so "
        f"{n} figures are fewer pieces of evidence than {n}. "
        "So few cannot show that the intervals are right; they can only show that they are wrong."
    )


def build(name: str) -> Path:
    """Render the page of the vintages up to the one of a scenario; return it.

    The models run with default parameters; of the scenario only its vintage is used.
    """
    as_of = scenarios.read(name).as_of
    tracked = track(as_of)
    steps = changes(tracked)
    scored = scores(study_checks(as_of))
    source = "The models of the chapters with default parameters, run at the end of every month."
    parts: list[tuple[str, dict | None]] = [
        (
            "# Estimates over time: what would have been said, month by month\n\n"
            "Each headline value is computed again at the end of every month, from what was known by then and with today's code.\n"
            f"The last vintage is {as_of}.\n"
            "Where others stated the same thing, their figures stand beside it on the day they became known.",
            None,
        )
    ]
    for number, (id, own) in enumerate(tracked.groupby("id", sort=False), 1):
        stated = others(id, as_of)
        drawing = figures.track(own, stated, HEADLINES[id], values.UNITS[own["unit"].iloc[0]])
        parts.append(
            (
                f"## {HEADLINES[id]}",
                exhibits.figure_bundle(
                    drawing, f"fig-track-{number}",
                    f"`{id}`, from {own['text'].iloc[0]} at the end of "
                    f"{own['day'].iloc[0]:%B %Y} to {own['text'].iloc[-1]}.",
                    source,
                ),
            )
        )  # fmt: skip
    shown = steps.assign(
        day=steps["day"].dt.date.astype(str),
        came=steps["came"].map(_some),
        left=steps["left"].map(_some),
    ).drop(columns="id")
    shown.columns = ["Vintage", "Value", "Before", "After", "Rows that came", "Rows that left"]
    parts.append(
        (
            "## What moved them, and when\n\n"
            "A step is told where a value moves by a twentieth or more from one vintage to the next.\n"
            "Beside it stand the rows that it rests on now and did not before, and those it rests on no longer.",
            exhibits.table_bundle(shown, "tab-steps", "Steps of the headline values.", source),
        )
    )
    table = scored.assign(
        **{c: scored[c].map("{:,.4g}".format) for c in ("median", "low90", "high90", "later")},
        inside=scored["inside"].map({True: "yes", False: "no"}),
        score=scored["score"].map("{:,.2f}".format),
    ).rename(
        columns={"quantity": "Projected", "median": "Median", "low90": "90 % low",
                 "high90": "90 % high", "later": "Later figure", "inside": "Inside",
                 "score": "Interval score over the figure"}
    )  # fmt: skip
    parts.append(
        (
            "## Frozen projections, scored\n\n"
            "The chapters project from the day of the study with what was known then; later figures only score.\n"
            f"{coverage_text(scored)}\n"
            "The score is the width of the interval plus a penalty for missing it, over the figure: smaller is better.",
            exhibits.table_bundle(table, "tab-scores", "Every projection that is due.", source)
            if len(table)
            else None,
        )
    )
    known = models.values_in(name)
    target = paths.BUILD / "vintages" / "pages" / name
    banner = f"Estimates over time, to {as_of}."
    return book.render_page(book.cells(parts), known, as_of, target, banner=banner)


def _some(rows: tuple[str, ...]) -> str:
    more = f" and {len(rows) - MOST_ROWS} more" if len(rows) > MOST_ROWS else ""
    return ", ".join(rows[:MOST_ROWS]) + more
