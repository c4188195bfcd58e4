"""The catalogue: what a vintage shows, what conflicts, what rests on what."""

import csv
import io

import pandas as pd
import pytest

from compendium import catalogue, datapackage, evidence
from compendium.catalogue import Catalogue
from compendium.values import Value

EARLY, STUDY, LATE = "2024-02-01", "2024-10-28", "2026-10-31"


def rows(*records):
    """Rows as `evidence.load` returns them, from (id, low, high, value, qualifier, start, end)."""
    columns = ["obs_id", "low", "high", "value", "qualifier", "period_start", "period_end"]
    frame = pd.DataFrame(records, columns=columns)
    for column in ("period_start", "period_end"):
        frame[column] = pd.to_datetime(frame[column])
    return frame.assign(indicator="containers", item="all", unit="containers")


NAN = float("nan")


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        ((NAN, NAN, 13_000, "exact"), (NAN, NAN, 20_000, "exact"), True),
        ((NAN, NAN, 13_000, "exact"), (NAN, NAN, 13_000, "exact"), False),
        ((NAN, NAN, 13_000, "at_least"), (NAN, NAN, 20_000, "exact"), False),  # a floor below
        ((NAN, NAN, 13_000, "up_to"), (NAN, NAN, 20_000, "at_least"), True),
        ((10_000, 15_000, NAN, "exact"), (NAN, NAN, 15_000, "exact"), False),
        ((10_000, 15_000, NAN, "exact"), (15_001, 16_000, NAN, "exact"), True),
        ((NAN, NAN, 10_000, "approx"), (NAN, NAN, 10_090, "exact"), False),  # rounded
        ((NAN, NAN, 10_000, "approx"), (NAN, NAN, 10_110, "exact"), True),
    ],
)
def test_a_conflict_is_ranges_that_do_not_meet(one, other, conflict):
    day = ("2024-10-01", "2024-10-01")
    found = catalogue.conflicting(rows(("a", *one, *day), ("b", *other, *day)))
    assert found == ({"a": ("b",), "b": ("a",)} if conflict else {})


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        (("2024-10-01", "2024-10-01"), ("2024-10-16", "2024-10-16"), True),
        (("2024-10-01", "2024-10-01"), ("2024-10-17", "2024-10-17"), False),
        (("2023-01-01", "2023-12-31"), ("2022-01-01", "2023-12-31"), False),  # other spans
        (("2023-01-01", "2023-12-31"), ("2023-12-31", "2023-12-31"), True),  # span and stock
    ],
)
def test_only_figures_about_the_same_day_conflict(one, other, conflict):
    found = catalogue.conflicting(
        rows(("a", NAN, NAN, 1.0, "exact", *one), ("b", NAN, NAN, 2.0, "exact", *other))
    )
    assert bool(found) == conflict


def test_endings_of_items_and_other_units():
    table = rows(
        ("a", NAN, NAN, 1.0, "exact", "2024-10-01", "2024-10-01"),
        ("b", NAN, NAN, 2.0, "exact", "2024-10-01", "2024-10-01"),
        ("c", NAN, NAN, 3.0, "exact", "2024-10-01", "2024-10-01"),
    )
    table.loc[1, "item"] = "all_alt"
    table.loc[2, "unit"] = "tonnes"
    assert catalogue.conflicting(table) == {"a": ("b",), "b": ("a",)}
    assert catalogue.conflicting(table.assign(unit="events")) == {}


def test_known_conflicts_of_the_notes_are_found():
    conflicts = Catalogue(LATE, {}).conflicts
    assert "strat-unga-us-text-2025-02-alt" in conflicts["strat-unga-us-text-2025-02-for"]
    assert "oil-2020m08-ru-tw" in conflicts["oil-2020m08-ru"]


@pytest.mark.parametrize("day", [EARLY, STUDY, LATE])
@pytest.mark.parametrize("table", datapackage.table_names())
def test_a_table_to_download_is_the_file_cut_to_the_vintage(table, day):
    cut = Catalogue(day, {})
    text = list(csv.DictReader(io.StringIO(cut.csv(table))))
    whole = list(csv.DictReader((evidence.paths.RAW / f"{table}.csv").open(encoding="utf-8")))
    if not cut.complete:
        whole = [row | ({"note": ""} if "note" in row else {}) for row in whole]
    assert [row for row in whole if row in text] == text
    if day == LATE:
        # A source that nothing cites is not shown.
        cited = {r["source_id"] for t in evidence.OBSERVATION_TABLES for r in read(t)}
        cited |= {r["source_id"] for r in read("claims")}
        kept = [r for r in whole if table != "sources" or r["source_id"] in cited]
        assert text == kept
    if table in evidence.OBSERVATION_TABLES:
        known = evidence.load(table, day, implied=True, repeats=True)
        assert [row["obs_id"] for row in text] == list(known["obs_id"])
        running = {row["source_id"] for row in read("releases")}
        assert all(row["stated_on"] <= day for row in text if row["source_id"] not in running)


def read(table):
    return list(csv.DictReader((evidence.paths.RAW / f"{table}.csv").open(encoding="utf-8")))


def test_no_statement_of_the_study_before_the_study():
    assert Catalogue(EARLY, {}).text("claims") == []
    assert len(Catalogue(STUDY, {}).text("claims")) == 24


def test_what_rests_on_a_row():
    values = [
        Value("arms_trade.b", 1, rows=("x", "y")),
        Value("arms_trade.a", 1, rows=("x",)),
    ]
    used = Catalogue(STUDY, {value.id: value for value in values}).used_by
    assert used == {"x": ("arms_trade.a", "arms_trade.b"), "y": ("arms_trade.b",)}


def test_grades_cross_tabulated_by_hand():
    cut = Catalogue(STUDY, {})
    table = cut.grades()
    assert table.to_numpy().sum() == len(cut.rows)
    same = sum(
        table.loc[letter, number] for letter, number in zip("ABCDE", range(1, 6), strict=True)
    )
    assert cut.diagonal() == pytest.approx(same / len(cut.rows))
