"""Figures that contradict each other, side by side, with what can be said about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import pandas as pd

from compendium import evidence
from compendium.memory import remembered


class Conflict(NamedTuple):
    """Rows that cannot all be right, or do not mean the same.

    `further` are sentences on rows that may become known later than the conflict: each with the
    rows it speaks of, and said once all of them are known.
    """

    topic: str
    rows: tuple[str, ...]
    reading: str
    further: tuple[tuple[tuple[str, ...], str], ...] = ()

    def read(self, known: Collection[str]) -> str:
        """The reading and the further sentences whose rows are all known."""
        more = (sentence for rows, sentence in self.further if set(rows) <= set(known))
        return " ".join((self.reading, *more))


@remembered
def table(as_of, conflicts: Iterable[Conflict]) -> pd.DataFrame:
    """Conflicts of which all that is known by `as_of` can be shown.

    Parameters
    ----------
    as_of : str or datetime.date
    conflicts : iterable of Conflict

    Returns
    -------
    pandas.DataFrame
        `topic`, `figures` (issuer, figure and row of each), `reading`, `rows`. A conflict
        appears once its first row and another are known, or the row, where it is one row
        against its own note.
    """
    conflicts = list(conflicts)
    cited = {row for conflict in conflicts for row in conflict.rows}
    rows = evidence.named(cited, as_of).set_index("obs_id", drop=False)
    records = []
    for conflict in conflicts:
        own = rows.loc[[row for row in conflict.rows if row in rows.index]]
        first_known = conflict.rows[0] in rows.index
        if first_known and len(own) >= min(2, len(conflict.rows)):
            stated = "; ".join(stated_by(row) for row in own.itertuples())
            ids = tuple(own["obs_id"])
            records.append((conflict.topic, stated, conflict.read(ids), ids))
    return pd.DataFrame(records, columns=["topic", "figures", "reading", "rows"])


def stated_by(row) -> str:
    """Issuer, figure and row; for a meeting its days, for another event what and when."""
    if row.unit == "events" and row.indicator == "high_level_meeting":
        days = f"{row.period_start.date()} to {row.period_end.date()}"
        return f"{row.issuer}: {days} ({row.obs_id})"
    if row.unit == "events" and row.value == 1:
        what = row.item.replace("_", " ")
        return f"{row.issuer}: {what}, {row.period_end.date()} ({row.obs_id})"
    return f"{row.issuer}: {evidence.measured_text(row)} ({row.obs_id})"
