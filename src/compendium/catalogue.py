"""The evidence of a vintage as a reader looks it up: rows, sources, conflicts, what rests on what."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from compendium import datapackage, evidence, paths
from compendium.values import Value

NUMBER = re.compile(datapackage.WRITTEN["number"])
# Stocks of one thing stated for days no further apart than this are about the same day.
SAME_DAYS = pd.Timedelta(days=15)
ROUNDED = 0.01  # how far a figure stated as approximate may be off by rounding alone


@dataclass(frozen=True)
class Catalogue:
    """The rows that a vintage holds, and the values of a build.

    Parameters
    ----------
    as_of : str or datetime.date
        Vintage; nothing known later is in any of the attributes.
    values : mapping of str to Value
        The published values of the build by id.
    """

    as_of: str | dt.date
    values: Mapping[str, Value]

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Every row of the five observation tables, by `obs_id`; `table` says of which.

        Arithmetic on other rows and repeated reports are among them.
        """
        frames = [
            evidence.load(table, self.as_of, implied=True, repeats=True).assign(table=table)
            for table in evidence.OBSERVATION_TABLES
        ]
        return pd.concat(frames, ignore_index=True).set_index("obs_id", drop=False)

    @cached_property
    def facts(self) -> dict[str, dict]:
        """Cells of every row as they are read, by `obs_id`, in the order of `rows`."""
        return {row.obs_id: _facts(row) for row in self.rows.itertuples()}

    @cached_property
    def standing(self) -> dict[str, tuple]:
        """What rows are sorted by to have those graded best and known first, by `obs_id`."""
        order = self.rows[["credibility", "reliability", "known_on"]]
        return dict(zip(order.index, order.itertuples(index=False, name=None), strict=True))

    @cached_property
    def sources(self) -> pd.DataFrame:
        """Sources that a visible row or statement was read in, by `source_id`."""
        sources = datapackage.read_table("sources").set_index("source_id", drop=False)
        claims = evidence.claims(None, self.as_of)
        return sources[sources.index.isin([*self.rows["source_id"], *claims["source_id"]])]

    @cached_property
    def source_records(self) -> dict[str, dict]:
        """The same as plain records, by `source_id`."""
        return self.sources.to_dict("index")

    @cached_property
    def used_by(self) -> dict[str, tuple[str, ...]]:
        """Ids of the values that rest on a row, by `obs_id`."""
        found: dict[str, list[str]] = {}
        for value in self.values.values():
            for row in value.rows:
                found.setdefault(row, []).append(value.id)
        return {row: tuple(sorted(ids)) for row, ids in found.items()}

    @cached_property
    def conflicts(self) -> dict[str, tuple[str, ...]]:
        """Rows that state another figure for the same thing, by `obs_id`; see `conflicting`."""
        return conflicting(self.rows)

    @cached_property
    def complete(self) -> bool:
        """Whether the vintage holds every row, so that the compilers' notes may be shown."""
        return evidence.complete(self.as_of)

    def left_out(self, table: str) -> int:
        """Number of rows of a table that became known after the vintage."""
        return len(datapackage.read_table(table)) - int((self.rows["table"] == table).sum())

    def grades(self) -> pd.DataFrame:
        """Rows by reliability of the source (index) and credibility of the information."""
        return pd.crosstab(self.rows["reliability"], self.rows["credibility"]).reindex(
            index=list("ABCDEF"), columns=range(1, 7), fill_value=0
        )

    def diagonal(self) -> float:
        """Share of the rows whose two grades have the same rank: A1, B2, C3, D4, E5."""
        table = self.grades().to_numpy()
        return float(np.trace(table[:5, :5]) / max(table.sum(), 1))

    def csv(self, table: str) -> str:
        """A table as it stands in ``data/raw``, cut to the vintage; see `text`."""
        return as_csv(datapackage.columns(table), self.text(table))

    def cited(self, chapter: str) -> set[str]:
        """Rows of the vintage that the values of a chapter rest on."""
        mine = (value for value in self.values.values() if value.chapter == chapter)
        return {row for value in mine for row in value.rows if row in self.facts}

    def cited_csv(self, chapter: str) -> str:
        """The rows that the values of a chapter rest on, as they stand in their tables."""
        rows = self.cited(chapter)
        tables = evidence.OBSERVATION_TABLES
        found = [
            {"table": table, **row}
            for table in tables
            for row in self.text(table)
            if row["obs_id"] in rows
        ]
        names = dict.fromkeys(name for table in tables for name in datapackage.columns(table))
        return as_csv(["table", *names], found)

    def sources_of(self, chapter: str) -> list[dict]:
        """Sources of the rows that the values of a chapter rest on, by author or publisher."""
        ids = {self.facts[row]["source"] for row in self.cited(chapter)}
        found = [self.source_records[id] for id in ids]
        return sorted(
            found, key=lambda s: ((s["author"] or s["publisher"]).casefold(), s["source_id"])
        )

    def text(self, table: str) -> list[dict[str, str]]:
        """Rows of any table, letter for letter as in the file, that the vintage may show.

        A row that names rows of evidence is shown if all of them are known. Where the vintage
        is not complete the compilers' notes are blank, because they were written with all the
        evidence at hand.
        """
        with (paths.RAW / f"{table}.csv").open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        shown = self._shown(table)
        rows = [row for row in rows if shown(row)]
        if not self.complete:
            rows = [row | {"note": ""} if "note" in row else row for row in rows]
        return rows

    def _shown(self, table: str):
        """Test of whether a row of a file may be shown."""
        if table in evidence.OBSERVATION_TABLES:
            return lambda row: row["obs_id"] in self.rows.index
        if table == "sources":
            return lambda row: row["source_id"] in self.sources.index
        if table == "claims":
            known = set(evidence.claims(None, self.as_of)["claim_id"])
            return lambda row: row["claim_id"] in known
        listed = datapackage.row_columns(table)
        return lambda row: all(
            name in self.rows.index for column in listed for name in row[column].split()
        )


def as_csv(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Rows as CSV that is safe to open: no cell of text begins like a formula.

    A spreadsheet would run what begins with ``=``, ``+``, ``-`` or ``@``, so such a text gets an
    apostrophe before it; a number stays one.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _safe(cell) for name, cell in row.items()})
    return text.getvalue()


def _safe(cell: str) -> str:
    cell = cell.replace("\r", " ")  # which some readers take for the end of a row
    formula = re.match(rf"\s*{datapackage.FORMULA}|\t", cell)
    return f"'{cell}" if cell and formula and not NUMBER.fullmatch(cell) else cell


def _facts(row) -> dict:
    start, end = row.period_start.date(), row.period_end.date()
    return {
        "table": row.table,
        "id": row.obs_id,
        "of": f"{row.indicator}: {row.item}".replace("_", " "),
        "period": (str(end), "") if start == end else (str(start), str(end)),
        "figure": evidence.measured_text(row),
        "issuer": row.issuer,
        "known_on": str(row.known_on.date()),
        "dated_by": row.dated_by,
        "grade": f"{row.reliability}{row.credibility}",
        "source": row.source_id,
        "locator": row.locator,
        "note": row.note,
    }


def conflicting(rows: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Rows that state another figure for the same thing about the same day.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `evidence.load`, any tables, with `obs_id` as a column.

    Returns
    -------
    dict of str to tuple of str
        obs_ids of the conflicting rows by obs_id; rows without any are left out.

    Notes
    -----
    The same thing: indicator, unit, and item but for the endings that mark a second or a
    contradicting report. The same day: ends of the period no more than `SAME_DAYS` apart, and
    for a figure over a span also its starts. A conflict: the stated ranges do not overlap, where
    a lone figure is a range of no width, an approximate one reaches `ROUNDED` to either side,
    and floors and ceilings are open on their side.
    """
    item = (
        rows["item"].str.removesuffix(evidence.SECOND_SOURCE).str.removesuffix(evidence.ALTERNATIVE)
    )
    slack = rows["value"].abs() * ROUNDED * rows["qualifier"].eq("approx")
    low = rows["low"].fillna(rows["value"] - slack).fillna(-np.inf)
    high = rows["high"].fillna(rows["value"] + slack).fillna(np.inf)
    frame = rows.assign(
        base=item,
        low=low.where(~rows["qualifier"].isin(["up_to", "less_than"]), -np.inf),
        high=high.where(~rows["qualifier"].isin(["at_least", "more_than"]), np.inf),
    )
    frame = frame[frame["unit"] != "events"]
    found: dict[str, tuple[str, ...]] = {}
    for _, group in frame.groupby(["indicator", "base", "unit"], sort=False):
        if len(group) < 2:
            continue
        ends = group["period_end"].to_numpy()
        starts = group["period_start"].to_numpy()
        span = ends > starts
        near = np.abs(ends[:, None] - ends) <= SAME_DAYS
        near &= (np.abs(starts[:, None] - starts) <= SAME_DAYS) | ~(span[:, None] & span)
        lows, highs = group["low"].to_numpy(), group["high"].to_numpy()
        apart = (lows[:, None] > highs) | (highs[:, None] < lows)
        ids = group["obs_id"].to_numpy()
        for place, others in enumerate(near & apart):
            if others.any():
                found[ids[place]] = tuple(ids[others])
    return found
