"""Headline values as they would have been stated at the end of every month."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Iterable
from concurrent.futures import FIRST_EXCEPTION, CancelledError, wait
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from threading import Event

import numpy as np
import pandas as pd

from compendium import datapackage, evidence, exhibits, files, models, parameters, paths, values
from compendium.register import HEADLINES

POLL = 0.1  # seconds between looks at whether the vintages are still wanted
FIRST_MONTH = "2023-08"  # first month with evidence on the arms
CHANCES = {"percent": 100, "share": 1}  # units of chances, and what is certain in each
# Headline percentages that are no chances: they move by parts of themselves, like amounts.
RATIOS = ("arms_trade.share",)
TRACKED = [
    chapter for chapter in models.MODELS if any(id.startswith(f"{chapter}.") for id in HEADLINES)
]


def month_ends(as_of: str | dt.date) -> list[dt.date]:
    """Last days of the months from `FIRST_MONTH` on, and the day of the vintage itself."""
    day = evidence.parse_day(as_of)
    months = pd.period_range(FIRST_MONTH, day.to_period("M"), freq="M")
    ends = [month.end_time.date() for month in months]
    return [*(end for end in ends if end < day.date()), day.date()]


def track(
    as_of: str | dt.date, workers: int | None = None, stop: Event | None = None
) -> pd.DataFrame:
    """Headline values at the end of every month up to a vintage, with default parameters.

    Parameters
    ----------
    as_of : str or datetime.date
        Last vintage; nothing known later enters.
    workers : int, optional
        Processes; default the number of cores.
    stop : threading.Event, optional
        Set when the vintages are no longer wanted; those under way are then given up.

    Returns
    -------
    pandas.DataFrame
        `day`, `id`, `label`, `value`, `low`, `high` (missing where there is no interval),
        `unit`, `text` (with its interval), `short`, `rows` (tuple). Vintages that cannot state a value have no row.

    Raises
    ------
    concurrent.futures.CancelledError
        `stop` was set.

    Notes
    -----
    A vintage is computed once and kept under ``_build/vintages`` for as long as the code and
    the rows known by its day are the same.
    """
    days = [day for day in month_ends(as_of) if day >= parameters.FIRST_DAY]
    missing = [day for day in days if values.kept(_file(day)) is None]
    if missing:
        count = min(workers or os.cpu_count() or 1, len(missing))
        if count == 1:
            for day in missing:
                _wanted(stop)
                compute(day)
        else:
            _compute_all(missing, count, stop)
    records = []
    for day in days:
        for value in values.read(_file(day)).values():
            records.append(
                (pd.Timestamp(day), value.id, HEADLINES[value.id], value.value, value.low,
                 value.high, value.unit, value.text("full" if value.low is not None else "value"),
                 value.text(), value.rows)
            )  # fmt: skip
    columns = ["day", "id", "label", "value", "low", "high", "unit", "text", "short", "rows"]
    frame = pd.DataFrame(records, columns=columns)
    order = list(HEADLINES)
    return frame.sort_values(["id", "day"], key=lambda c: c.map(order.index) if c.name == "id" else c,
                             kind="stable", ignore_index=True)  # fmt: skip


def _compute_all(days: list[dt.date], count: int, stop: Event | None) -> None:
    from compendium import kernels  # not where a page only shows what was computed

    with kernels.processes(count) as pool:
        begun = [pool.submit(compute, day) for day in days]
        try:
            while (state := wait(begun, POLL, FIRST_EXCEPTION)).not_done:
                _wanted(stop)
                for future in state.done:
                    future.result()  # raises what its vintage raised
        except BaseException:
            kernels.end(pool)
            raise
        for future in begun:
            future.result()


def _wanted(stop: Event | None) -> None:
    if stop is not None and stop.is_set():
        raise CancelledError


def compute(day: dt.date) -> Path:
    """Compute the headline values of one vintage and keep them in place of older ones."""
    found = {
        value.id: value
        for chapter in TRACKED
        for value in models.headlines(chapter, parameters.validate(chapter, {"as_of": day}))
    }
    file = _file(day)
    file.parent.mkdir(parents=True, exist_ok=True)
    files.clear_older(file)
    files.clear_abandoned(file.parent)
    values.write(file, found, as_of=str(day))
    return file


def _file(day: dt.date) -> Path:
    key = hashlib.sha256(f"{models.code_fingerprint()}{known_fingerprint(day)}".encode())
    return paths.BUILD / "vintages" / f"{day}-{key.hexdigest()[:12]}.json"


def known_fingerprint(day: dt.date) -> str:
    """Digest of all that is known by a day."""
    digest = hashlib.sha256()
    known: set[str] = set()
    for table in evidence.OBSERVATION_TABLES:
        ids, known_on, digests = _digests(table, evidence.stamps(table))
        inside = known_on <= np.datetime64(day)
        digest.update(digests[inside].tobytes())
        known.update(ids[inside])
    digest.update(evidence.claims(None, day).to_csv(index=False).encode())
    for table in datapackage.table_names():
        if table not in (*evidence.OBSERVATION_TABLES, "sources", "releases", "claims"):
            # A judgement counts from the day on which every row it names is known.
            for text, named in _judgements(table, (paths.RAW / f"{table}.csv").stat().st_mtime_ns):
                if named <= known:
                    digest.update(text.encode())
    return digest.hexdigest()


@lru_cache(maxsize=16)
def _digests(table: str, stamps: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each row its name, the day it was known, and a digest of all its cells."""
    rows = evidence.dated(table)
    return (
        rows["obs_id"].to_numpy(object),
        rows["known_on"].to_numpy("datetime64[D]"),
        pd.util.hash_pandas_object(rows.astype(str), index=False).to_numpy(),
    )


@lru_cache(maxsize=32)
def _judgements(table: str, changed: int) -> list[tuple[str, set[str]]]:
    """Rows of a table that holds no observations, as text, with the rows of evidence each names."""
    listed = datapackage.row_columns(table)
    with (paths.RAW / f"{table}.csv").open(newline="", encoding="utf-8") as lines:
        return [
            (repr(row), {name for column in listed for name in row[column].split()})
            for row in csv.DictReader(lines)
        ]


def changes(tracked: pd.DataFrame, least: float = 0.05) -> pd.DataFrame:
    """Steps of the headline values from one vintage to the next.

    Parameters
    ----------
    tracked : pandas.DataFrame
        Output of `track`.
    least : float
        Smallest step that is told: a part of the value before, and of chances so many points
        over a hundred.

    Returns
    -------
    pandas.DataFrame
        `day`, `id`, `label`, `before`, `after` (text), `came`, `left`: rows that the value
        rests on now and did not before, and the other way round.
    """
    records = []
    for id, own in tracked.groupby("id", sort=False):
        for before, after in zip(own.itertuples(), own.iloc[1:].itertuples(), strict=False):
            chance = id not in RATIOS and after.unit in CHANCES
            scale = CHANCES[after.unit] if chance else None
            step = abs(after.value - before.value) / (scale or max(abs(before.value), 1e-9))
            if step >= least:
                came = tuple(r for r in after.rows if r not in before.rows)
                left = tuple(r for r in before.rows if r not in after.rows)
                records.append((after.day, id, after.label, before.short, after.short, came, left))
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

# What others stated of the same thing, to stand beside the track: table, filters, factor. Sums
# that hold more or less (arms and troops, shells alone, men at the front alone) are left out.
OTHERS = {
    "arms_trade.value_total": (
        "arms",
        {
            "indicator": "arms_value_total",
            "item": ["all_arms", "munitions_and_arms"],
            "unit": "USD_million",
        },
        0.001,
    ),
    "troop_plausibility.present_now": (
        "troops",
        {"indicator": "troops_present", "item": "Russia", "unit": "persons"},
        1.0,
    ),
    "troop_plausibility.casualties_now": (
        "troops",
        {"indicator": "casualties_total", "item": "killed_and_wounded", "unit": "persons"},
        1.0,
    ),
}
# Chapters' own scores of what the day of the study would have projected. Functions by name:
# showing a page that is at hand needs no model.
CHECKS = {
    "trade_trends": "trade.check.check",
    "troop_plausibility": "troops.holdout.study_check",
    "kremlin_strategy": "strategy.projection.check",
    "recommendations": "policy.check.projections",
}
YES_NO = {"trade_trends": "trade.check.yes_no", "kremlin_strategy": "strategy.projection.yes_no"}
MOST_ROWS = 6


def others(id: str, as_of: str | dt.date) -> pd.DataFrame:
    """What others stated of a headline value by a vintage.

    Returns
    -------
    pandas.DataFrame
        `day` on which it became known; `low`, `high`, the ends of a range and one figure twice
        where it is none; `qualifier`; `text`, the figure as stated with its words; `issuer`,
        `row`.
    """
    columns = ["day", "low", "high", "qualifier", "text", "issuer", "row"]
    if id not in OTHERS:
        return pd.DataFrame(columns=columns)
    table, filters, factor = OTHERS[id]
    rows = evidence.load(table, as_of, **filters)
    rows = rows[rows["period_end"] >= pd.Timestamp(FIRST_MONTH)]
    amounts = ["value", "low", "high"]
    rows = rows.assign(**(rows[amounts].astype(float) * factor))
    ends = evidence.ends(rows)
    return pd.DataFrame(
        {
            "day": rows["known_on"],
            "low": rows["value"].fillna(ends["low"]),
            "high": rows["value"].fillna(ends["high"]),
            "qualifier": rows["qualifier"],
            "text": [evidence.figure_text(row) for row in rows.itertuples()],
            "issuer": rows["issuer"],
            "row": rows["obs_id"],
        },
        columns=columns,
    ).dropna(subset=["low", "high"])


def ask(name: str, chapter: str, as_of: str | dt.date) -> pd.DataFrame:
    """What a function of a chapter's model says of a vintage, with default parameters."""
    module, _, function = name.rpartition(".")
    given = parameters.validate(chapter, {"as_of": str(as_of)})
    return getattr(import_module(f"compendium.{module}"), function)(given)


def study_checks(as_of: str | dt.date) -> list[pd.DataFrame]:
    """Scores that the chapters give to the projections of the day of the study.

    Each with `quantity`, `median`, `low90`, `high90`, `later`; only those already due.
    """
    found = []
    for chapter, name in CHECKS.items():
        table = ask(name, chapter, as_of)
        if table.empty:
            continue
        if "donor" in table:
            donor = table["donor"].str.replace("_", " ")
            label = donor + ", aid of " + table["span"] + ", million EUR"
            table = table.assign(quantity=label)
        if "counted" in table:
            day = table["day"].dt.date.astype(str)
            label = "troops, " + table["quantity"] + ", persons, near " + day
            table = table.assign(quantity=label, later=table[["low", "high"]].mean(axis=1))
        found.append(table.dropna(subset=["later"]))
    return found


def forecasts(as_of: str | dt.date) -> pd.DataFrame:
    """Yes/no forecasts of the day of the study that later rows settle.

    Returns
    -------
    pandas.DataFrame
        `forecast`, `chance` (0 to 1), `came` (bool), `rows`, and the Brier score of each [1]_:
        squared distance of the chance from one if it came and from nought if not. Saying one
        half every time scores 0.25.

    References
    ----------
    .. [1] G. W. Brier, "Verification of forecasts expressed in terms of probability",
       Monthly Weather Review 78 (1950).
    """
    tables = [ask(name, chapter, as_of) for chapter, name in YES_NO.items()]
    tables = [table for table in tables if len(table)]
    columns = ["forecast", "chance", "came", "rows"]
    found = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    missed = found["chance"].astype(float) - found["came"].astype(float)
    return found.assign(brier=missed**2)


def summary(scored: pd.DataFrame, settled: pd.DataFrame, level: float = 0.9) -> pd.DataFrame:
    """How many projections are due, how many held, and what coverage so few would fit.

    Returns
    -------
    pandas.DataFrame
        `Measure`, `Figure`, as text.
    """
    records = [("Projected figures that are due", f"{len(scored)}")]
    if len(scored):
        inside = int(scored["inside"].sum())
        from scipy import stats

        span = stats.binomtest(inside, len(scored)).proportion_ci(level, "exact")
        records += [
            ("Inside their 90 % intervals", f"{inside}"),
            ("Coverage that would fit, were they independent (exact 90 % interval)",
             f"{span.low:.0%} to {span.high:.0%}"),
        ]  # fmt: skip
    records.append(("Yes/no forecasts that are settled", f"{len(settled)}"))
    if len(settled):
        records += [
            ("Their mean Brier score", f"{settled['brier'].mean():.2f}"),
            ("Brier score of saying one half every time", "0.25"),
        ]
    return pd.DataFrame(records, columns=["Measure", "Figure"])


PAGE = Path("chapters", "estimates_over_time.md")
PARTS = ("tracks", "changes", "summary", "scores", "forecasts")
SOURCE = "The models of the chapters with default parameters, run at the end of every month."


def parts(
    as_of: str | dt.date, workers: int | None = None, stop: Event | None = None
) -> dict[str, list[dict]]:
    """Exhibits of the page on estimates over time, by part (`PARTS`); arguments as of `track`.

    The models run with default parameters; of a scenario only its vintage is used. Kept under
    ``_build/vintages`` for as long as code and known rows are the same.
    """
    day = evidence.parse_day(as_of).date()
    file = paths.BUILD / "vintages" / f"page-{_file(day).name}"
    text = files.kept(file)
    if text is None:
        text = json.dumps(_parts(as_of, track(as_of, workers, stop), stop))
        files.clear_older(file)
        files.keep(file, text)
    return json.loads(text)


def _parts(
    as_of: str | dt.date, tracked: pd.DataFrame, stop: Event | None
) -> dict[str, list[dict]]:
    from compendium import figures

    found: dict[str, list[dict]] = {part: [] for part in PARTS}
    tracks = {id: own for id, own in tracked.groupby("id", sort=False)}
    single = [own.iloc[0] for own in tracks.values() if len(own) == 1]  # nothing to draw yet
    for id, own in tracks.items():
        if len(own) == 1:
            continue
        _wanted(stop)
        drawing = figures.track(
            own, others(id, as_of), HEADLINES[id], values.UNITS[own["unit"].iloc[0]]
        )
        caption = (
            f"{HEADLINES[id]}: from {own['text'].iloc[0]} by {own['day'].iloc[0].date()} "
            f"to {own['text'].iloc[-1]} by {own['day'].iloc[-1].date()}."
        )
        found["tracks"].append(
            exhibits.figure_bundle(drawing, f"fig-track-{re.sub('[._]', '-', id)}", caption, SOURCE)
        )
    if single:
        table = pd.DataFrame(
            {"Value": [row.label for row in single],
             "Vintage": [str(row.day.date()) for row in single],
             "Stated": [row.text for row in single]}
        )  # fmt: skip
        caption = "Headline values that no earlier vintage could state."
        found["tracks"].append(exhibits.table_bundle(table, "tab-single", caption, SOURCE))
    _wanted(stop)
    steps = changes(tracked)
    steps = steps.assign(
        day=steps["day"].dt.date.astype(str),
        came=steps["came"].map(_some),
        left=steps["left"].map(_some),
    ).drop(columns="id")
    steps.columns = ["Vintage", "Value", "Before", "After", "Rows that came", "Rows that left"]
    scored, settled = scores(study_checks(as_of)), forecasts(as_of)
    tables = {
        "changes": (steps, "Steps of the headline values."),
        "summary": (summary(scored, settled), "How many there are, and how they did."),
        "scores": (_scores_shown(scored), "Every projected figure that is due."),
        "forecasts": (_forecasts_shown(settled, as_of), "Every yes/no forecast that is settled."),
    }
    for part, (table, caption) in tables.items():
        if len(table):
            found[part].append(exhibits.table_bundle(table, f"tab-{part}", caption, SOURCE))
    return {part: [bundle[exhibits.MIME] for bundle in own] for part, own in found.items()}


def _amount(amount: float) -> str:
    """Four digits, or all before the point; never a power of ten."""
    return f"{amount:,.0f}" if abs(amount) >= 1000 else f"{amount:.4g}"


def _scores_shown(scored: pd.DataFrame) -> pd.DataFrame:
    return scored.assign(
        **{c: scored[c].map(_amount) for c in ("median", "low90", "high90", "later")},
        inside=scored["inside"].map({True: "yes", False: "no"}),
        score=scored["score"].map("{:,.2f}".format),
    ).rename(
        columns={"quantity": "Projected", "median": "Median", "low90": "90 % low",
                 "high90": "90 % high", "later": "Later figure", "inside": "Inside",
                 "score": "Interval score over the figure"}
    )  # fmt: skip


def _forecasts_shown(settled: pd.DataFrame, as_of: str | dt.date) -> pd.DataFrame:
    cited = evidence.named({row for rows in settled["rows"] for row in rows}, as_of)
    grades = cited.set_index("obs_id")
    grades = grades["reliability"] + grades["credibility"].astype(str)
    return pd.DataFrame(
        {
            "Forecast": settled["forecast"],
            "Chance given": settled["chance"].map("{:.0%}".format),
            "It came": settled["came"].map({True: "yes", False: "no"}),
            "Brier score": settled["brier"].map("{:.2f}".format),
            "Settled by": settled["rows"].map(_some),
            "Grades of these rows": [
                ", ".join(sorted(set(grades[list(rows)]))) for rows in settled["rows"]
            ],
        }
    )


def _some(rows: tuple[str, ...]) -> str:
    more = f" and {len(rows) - MOST_ROWS} more" if len(rows) > MOST_ROWS else ""
    return ", ".join(rows[:MOST_ROWS]) + more
