"""A reading of figures that contradict each other speaks of no row that is not known yet."""

import pandas as pd

from compendium import conflicts, evidence
from compendium.datapackage import OBSERVATION_TABLES
from compendium.strategy.conflicts import CONFLICTS
from compendium.trade.conflicts import MEETINGS, TRADE

WHOLE = (*TRADE, *MEETINGS, *CONFLICTS)  # whose reading speaks of all rows but those it waits for


def test_a_reading_waits_for_the_rows_it_speaks_of(monkeypatch):
    dated = pd.concat([evidence.dated(table) for table in OBSERVATION_TABLES])

    def named(ids, as_of):  # as in `evidence`, without what takes time on many days
        return dated[dated["obs_id"].isin(ids) & (dated["known_on"] <= as_of)]

    monkeypatch.setattr(evidence, "named", named)
    known_on = dated.set_index("obs_id")["known_on"]
    for conflict in WHOLE:
        awaited = {row for rows, _ in conflict.further for row in rows}
        days = sorted(day for day in known_on[list(conflict.rows)].unique() if day.year >= 2024)
        shown = [conflicts.table(day, (conflict,)) for day in [*days, pd.Timestamp.max]]
        for own in (rows for table in shown for rows in table["rows"]):
            assert set(conflict.rows) - set(own) <= awaited, conflict.topic
        assert len(shown[-1]) == 1
