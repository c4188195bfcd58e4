"""Evidence as it was known on a given day.

One row is one figure as one issuer stated it. `load` returns the rows of a table that were
known by `as_of`, each statement once, and says of every row how its day was found.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

import numpy as np
import pandas as pd

from compendium import datapackage, paths
from compendium.datapackage import OBSERVATION_TABLES, last_day
from compendium.errors import CompendiumError, nearest
from compendium.reads import quiet, recorded

# Two reports are one statement when all of these agree. `period_start` is left out because
# carriers of one statement often differ on when the window opened.
STATEMENT = [
    "indicator",
    "base_item",
    "period_end",
    "value",
    "low",
    "high",
    "unit",
    "issuer",
    "stated_on",
]
SECOND_SOURCE = "_second_source"
ALTERNATIVE = "_alt"
QUALIFIERS = {
    "exact": "",
    "approx": "about ",
    "at_least": "at least ",
    "more_than": "more than ",
    "up_to": "up to ",
    "less_than": "less than ",
    "implied": "implied ",
}


# What MyST would read as more than a letter. A role in a name would run, a formula be typeset.
MARKUP = re.compile(r"[\\`*_{}\[\]<>$|~^&#]")


def literal(text: object) -> str:
    """Text of a table for a sentence in MyST, which then prints it letter for letter."""
    return MARKUP.sub(r"\\\g<0>", " ".join(str(text).split()))


def joined(parts: Iterable[str]) -> str:
    """Parts of a sentence in a row, as they are: one, two and three."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


_left_out: ContextVar[frozenset[str]] = ContextVar("left_out", default=frozenset())


def left_out() -> frozenset[str]:
    """Names of the rows that `load` leaves out now."""
    return _left_out.get()


@contextmanager
def without(*ids: str) -> Iterator[None]:
    """Have `load` leave out rows by their names, as if nobody had made these statements.

    A second report of a statement does not stand in for it. Nothing is written down as read:
    whoever asks what a row does to a result has read the rows for that result.
    """
    token = _left_out.set(frozenset(ids))
    try:
        with quiet():
            yield
    finally:
        _left_out.reset(token)


@recorded
def load(
    table: str,
    as_of: str | dt.date,
    *,
    implied: bool = False,
    repeats: bool = False,
    **filters: object,
) -> pd.DataFrame:
    """Return the rows of an observation table that were known by a day.

    Parameters
    ----------
    table : {"arms", "troops", "trade", "meetings", "strategy"}
        Name of the table under ``data/raw``.
    as_of : str or datetime.date
        Vintage, as an ISO date. No row that became known later is returned.
    implied : bool
        Also return rows that are arithmetic on other rows. They must not be fitted
        together with the rows they come from.
    repeats : bool
        Also return second and later reports of a statement. By default only the
        best-graded report is kept and the others are named in `repeated_by`; rows that are
        asked for by `obs_id` are all returned, so that none is lost to a better report.
    **filters
        Column name and the value, or collection of values, it must have.

    Returns
    -------
    pandas.DataFrame
        The columns of the table and

        known_on : datetime64
            First day on which the row counts as known.
        dated_by : {"stated", "published", "period", "lag"}
            Where `known_on` comes from: the statement's own day; the day its carrier was
            published; the end of the period it covers (neither day was visible); that end
            plus the publication lag declared in ``releases.csv``. Without a visible day a row
            is never known before the end of the year that the id of its source names.
        undated : bool
            No day of statement or publication was visible.
        revised : bool
            A running statistic at hand only in a later release than the one first known.
        alternative : bool
            Repeats or contradicts another row of the same thing; never summed with it.
        repeated_by : tuple of str
            obs_ids of other reports of the same statement.

        The index counts from 0 in the order of the table.

    Raises
    ------
    CompendiumError
        Unknown table, date or filter column.

    Notes
    -----
    The vintage is cut before repeats are merged, so that a row known later cannot change
    what an earlier vintage returns.
    """
    if table not in OBSERVATION_TABLES:
        raise CompendiumError(
            f"no observation table {table!r}{nearest(table, OBSERVATION_TABLES)}; "
            f"allowed: {', '.join(OBSERVATION_TABLES)}"
        )
    wanted = tuple((column, _frozen(value)) for column, value in filters.items())
    repeats = repeats or "obs_id" in filters
    found = _loaded(table, stamps(table), parse_day(as_of), implied, repeats, wanted)
    if left_out():
        found = found[~found["obs_id"].isin(left_out())].reset_index(drop=True)
    return found.copy(deep=False)  # pandas copies on write: what a caller changes is its own


@lru_cache(maxsize=512)
def _loaded(table, stamps_, day, implied, repeats, filters) -> pd.DataFrame:
    # Models ask for the same few rows again and again, under every choice they try.
    rows = _vintage(table, stamps_, day, implied)
    if not repeats:
        rows = rows[~rows["is_repeat"]]
    return select(rows.drop(columns="is_repeat"), dict(filters)).reset_index(drop=True)


def _frozen(value: object) -> object:
    """A filter as something that can be a key: collections as tuples."""
    many = isinstance(value, Collection) and not isinstance(value, str)
    return tuple(value) if many else value


def named(ids: Collection[str], as_of: str | dt.date) -> pd.DataFrame:
    """Return rows by their names, of any table, which `table` then says, if known by a day.

    Arithmetic on other rows and repeated reports are among them. Asking by name, and not for
    all rows to choose from, lets a build tell which rows a chapter rests on.
    """
    wanted = sorted(set(ids))
    found = [
        load(table, as_of, implied=True, obs_id=wanted).assign(table=table)
        for table in OBSERVATION_TABLES
    ]
    return pd.concat(found, ignore_index=True)


def reports_of(rows: pd.DataFrame, ids: Collection[str]) -> pd.Series:
    """Whether each row is a named one, or another report of the statement that one makes."""
    wanted = set(ids)
    others = rows["repeated_by"].map(lambda found: not wanted.isdisjoint(found))
    return rows["obs_id"].isin(wanted) | others.astype(bool)


@recorded
def complete(as_of: str | dt.date) -> bool:
    """Whether a vintage knows all that the compilers knew when they wrote their notes.

    The day on which the tables were compiled decides, and not the newest row: a row added or
    taken out later must not show or hide the notes of an earlier vintage.
    """
    return parse_day(as_of) >= compiled()


def compiled() -> pd.Timestamp:
    """Day on which the tables were compiled, by the description of the data."""
    return pd.Timestamp(datapackage.read_descriptor()["compendium:compiled"])


@recorded
def claims(chapter: str | None, as_of: str | dt.date) -> pd.DataFrame:
    """Return the study's statements on a chapter, or all; none before the study was published."""
    day = parse_day(as_of)
    published = datapackage.read_table("sources").set_index("source_id")["published"]
    rows = datapackage.read_table("claims")
    rows = rows[rows["source_id"].map(published).map(last_day) <= day]
    return rows if chapter is None else rows[rows["chapter"] == chapter]


@recorded
def sources(ids: Collection[str]) -> pd.DataFrame:
    """Return the named sources by `source_id`, in the order of the names."""
    known = datapackage.read_table("sources").set_index("source_id", drop=False)
    return known.loc[list(dict.fromkeys(ids))]


def select(rows: pd.DataFrame, filters: dict[str, object]) -> pd.DataFrame:
    """Rows whose columns have the wanted values; a filter is a value or a collection."""
    for column, wanted in filters.items():
        if column not in rows.columns:
            raise CompendiumError(
                f"no column {column!r} to filter on{nearest(column, rows.columns)}; "
                f"allowed: {', '.join(rows.columns)}"
            )
        many = isinstance(wanted, Collection) and not isinstance(wanted, str)
        rows = rows[rows[column].isin(list(wanted) if many else [wanted])]
    return rows


def parse_day(as_of: str | dt.date) -> pd.Timestamp:
    """Day of a vintage; refuse anything that is not a plain ISO date."""
    try:
        # pandas.Timestamp and datetime are dates too, and so is pandas' missing one.
        text = f"{as_of:%Y-%m-%d}" if isinstance(as_of, dt.date) else as_of
        day = pd.Timestamp(dt.date.fromisoformat(text))
    except (TypeError, ValueError):
        day = None
    if day is None or str(day.date()) != text:
        raise CompendiumError(f"as_of must be an ISO date such as 2024-10-28, found {as_of!r}")
    return day


def stamps(table: str) -> tuple:
    """Time and size of the files a vintage is made of: cached rows live as long as these."""
    files = [paths.RAW / f"{name}.csv" for name in (table, "sources", "releases")]
    return tuple((f.stat().st_mtime_ns, f.stat().st_size) for f in files)


@lru_cache(maxsize=16)
def _dated(table: str, stamps: tuple) -> pd.DataFrame:
    return date_rows(datapackage.read_table(table))


@lru_cache(maxsize=64)
def _vintage(table: str, stamps: tuple, day: pd.Timestamp, implied: bool) -> pd.DataFrame:
    rows = _dated(table, stamps)
    rows = rows[rows["known_on"] <= day]
    if not implied:
        rows = rows[rows["qualifier"] != "implied"]
    return mark_repeats(rows).drop(columns="base_item")


def date_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Add `known_on`, `dated_by`, `undated` and `revised` to the rows of a table."""
    sources = datapackage.read_table("sources").set_index("source_id")
    published = rows["source_id"].map(sources["published"].map(last_day))
    lags = publication_lags(rows)
    released = rows["period_end"] + pd.to_timedelta(lags["lag_days"], unit="D")

    undated = rows["stated_on"].isna() & published.isna()
    always = lags["rows"].eq("every")
    lagged = released.notna() & (always | undated)
    # A row is known at the latest on the day of the release it was read in.
    day = rows["stated_on"].fillna(published)
    lagged &= ~(day <= released)

    # A plan reaches into the future; the row was known when the tables were compiled.
    last = compiled()
    known_on = day.fillna(rows["period_end"].clip(upper=last)).where(~lagged, released)
    # Where no day was visible, the id of the source still names the year it appeared in. By
    # the end of that year it was known for sure; before, it may not have been.
    year = rows["source_id"].str.extract(r"((?:19|20)\d\d)", expand=False)
    ends = pd.to_datetime(year + "-12-31", format="%Y-%m-%d")
    ends = ends.where(undated & ~lagged).clip(upper=last)
    known_on = known_on.clip(lower=ends.fillna(known_on))
    dated_by = np.select(
        [lagged, rows["stated_on"].notna(), published.notna()],
        ["lag", "stated", "published"],
        default="period",
    )
    return rows.assign(
        known_on=known_on,
        dated_by=dated_by,
        undated=undated,
        revised=lagged & always,
    )


def publication_lags(rows: pd.DataFrame) -> pd.DataFrame:
    """`lag_days` and `rows` of the release each row belongs to (missing where none).

    Where several issuers match, the longest name counts.
    """
    found = pd.DataFrame({"lag_days": np.nan, "rows": ""}, index=rows.index)
    releases = datapackage.read_table("releases")
    for release in releases.sort_values("issuer", key=lambda names: names.str.len()).itertuples():
        if release.source_id:
            mine = rows["source_id"].eq(release.source_id)
        else:
            mine = rows["issuer"].str.startswith(release.issuer)
        if release.indicator:
            mine &= rows["indicator"].eq(release.indicator)
        found.loc[mine, "lag_days"] = release.lag_days
        found.loc[mine, "rows"] = release.rows
    return found


def mark_repeats(rows: pd.DataFrame) -> pd.DataFrame:
    """Add `is_repeat`, `repeated_by`, `alternative` and `base_item`.

    The best-graded report of a statement stands for all. Events are never merged: two
    meetings of one day are two meetings. Undated rows are never merged either, because
    nothing shows that they report the same statement.
    """
    second = rows["item"].str.endswith(SECOND_SOURCE)
    base_item = rows["item"].str.removesuffix(SECOND_SOURCE)
    rows = rows.assign(base_item=base_item, alternative=base_item.str.endswith(ALTERNATIVE))

    mergeable = rows["stated_on"].notna() & rows["unit"].ne("events")
    grade = rows["reliability"] + rows["credibility"].astype(str)
    order = rows.assign(second=second, grade=grade).sort_values(["second", "grade"], kind="stable")
    statement = order.groupby(STATEMENT, dropna=False, sort=False).ngroup()
    first = order.groupby(statement.to_numpy(), sort=False)["obs_id"].transform("first")
    first = first.where(mergeable, order["obs_id"]).reindex(rows.index)

    # A row that its own table calls a second source repeats the thing, whoever said it.
    has_base = second & pd.MultiIndex.from_frame(rows[["indicator", "base_item"]]).isin(
        pd.MultiIndex.from_frame(rows.loc[~second, ["indicator", "base_item"]])
    )
    is_repeat = first.ne(rows["obs_id"]) | has_base

    others = rows["obs_id"].groupby(first).agg(tuple)
    repeated_by = [tuple(o for o in others.get(obs, ()) if o != obs) for obs in rows["obs_id"]]
    return rows.assign(is_repeat=is_repeat, repeated_by=repeated_by)


@recorded
def dated(table: str) -> pd.DataFrame:
    """Every row of a table with the day it was known; for all else see `load`."""
    return _dated(table, stamps(table))


@recorded
def earliest(table: str, **filters: object) -> pd.Timestamp | None:
    """First day on which any matching row, implied ones included, is known."""
    rows = select(_dated(table, stamps(table)), filters)
    return None if rows.empty else rows["known_on"].min()


def ends(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with both ends: those stated, else the figure, else the only end there is."""
    low, high = rows["low"].fillna(rows["value"]), rows["high"].fillna(rows["value"])
    return rows.assign(low=low.fillna(high), high=high.fillna(low))


def middle(rows: pd.DataFrame) -> pd.Series:
    """Figure of each row, else the middle of its ends, else the only end there is."""
    filled = ends(rows)
    return rows["value"].fillna((filled["low"] + filled["high"]) / 2)


def told_on(rows: pd.DataFrame) -> pd.Series:
    """Day on which each figure was stated, or to which it runs where no day of stating is known.

    The day from which a row counts as known is none on which anything happened.
    """
    return rows["stated_on"].fillna(rows["period_end"])


def measured_text(row) -> str:
    """Figure of a row as stated, with its unit: one event, two events; a vote has its code behind."""
    stated, unit = figure_text(row), row.unit.replace("_", " ")
    if unit == "vote code":
        return f"{unit} {stated}"
    if stated.split()[-1] == "1":
        first, *rest = unit.split()
        one = f"{first[:-3]}y" if first.endswith("ies") else first.removesuffix("s")
        unit = " ".join((one, *rest))
    return f"{stated} {unit}"


def figure_text(row) -> str:
    """Figure of a row as stated: qualifier, value, range."""

    def number(amount: float) -> str:
        return f"{amount:.0f}" if row.unit == "year" else f"{amount:,.10g}"

    if pd.notna(row.low) and pd.notna(row.high) and row.low != row.high:
        span = f"{number(row.low)} to {number(row.high)}"
        stated = span if pd.isna(row.value) else f"{number(row.value)} ({span})"
    else:
        stated = number(
            row.value if pd.notna(row.value) else row.low if pd.notna(row.low) else row.high
        )
    return QUALIFIERS[row.qualifier] + stated
