"""Vintages: what was known by a day, each statement once, and nothing from the future."""

import csv
import datetime as dt
import shutil

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from compendium import datapackage, evidence, paths
from compendium.errors import CompendiumError

ROW = {
    "indicator": "shells_delivered",
    "item": "152mm",
    "period_start": "2023-08-01",
    "period_end": "2024-01-31",
    "value": "1000",
    "unit": "rounds",
    "qualifier": "approx",
    "issuer": "ROK MND",
    "stated_on": "2024-02-10",
    "source_id": "paper",
    "reliability": "B",
    "credibility": "3",
}
SOURCE = {"source_id": "paper", "published": "2024-02-12"}
EVER = "2027-12-31"


def write(file, records, columns=None):
    columns = columns or list(dict.fromkeys(key for record in records for key in record))
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


def columns(table):
    (found,) = [t for t in datapackage.read_descriptor()["resources"] if t["name"] == table]
    return [field["name"] for field in found["schema"]["fields"]]


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """Folder of made-up tables that `evidence` reads, one row of arms unless told otherwise."""
    monkeypatch.setattr(paths, "RAW", tmp_path)

    def tables(*rows, sources=(), releases=()):
        named = [ROW | {"obs_id": f"row-{n}"} | row for n, row in enumerate(rows, 1)]
        write(tmp_path / "arms.csv", named, columns("arms"))
        write(tmp_path / "sources.csv", [SOURCE, *sources], columns("sources"))
        filler = {"release_id": "none", "issuer": "Nobody", "rows": "every", "lag_days": "1"}
        write(tmp_path / "releases.csv", [filler, *releases], columns("releases"))

    return tables


def ids(as_of=EVER, **options):
    return list(evidence.load("arms", as_of, **options)["obs_id"])


def known(**options):
    """Day, way of dating and flags of the only row."""
    (row,) = evidence.load("arms", EVER, **options).itertuples()
    return str(row.known_on.date()), row.dated_by, row.undated, row.revised


# --- When a row becomes known ----------------------------------------------------------------


def test_the_day_of_the_statement_counts_before_that_of_its_carrier(raw):
    raw({})
    assert known() == ("2024-02-10", "stated", False, False)
    assert ids("2024-02-09") == []
    assert ids("2024-02-10") == ["row-1"]


@pytest.mark.parametrize(
    ("published", "day"),
    [
        ("2024-02-12", "2024-02-12"),
        ("2024-02", "2024-02-29"),
        ("2023-02", "2023-02-28"),
        ("2024", "2024-12-31"),
    ],
)
def test_a_publication_counts_from_the_last_day_it_can_mean(raw, published, day):
    raw({"stated_on": "", "source_id": "other"}, sources=[{"source_id": "other", "published": published}])  # fmt: skip
    assert known() == (day, "published", False, False)


def test_a_row_without_any_day_counts_from_the_end_of_its_period_and_is_flagged(raw):
    raw({"stated_on": "", "source_id": "other"}, sources=[{"source_id": "other"}])
    assert known() == ("2024-01-31", "period", True, False)


def test_a_statistic_counts_from_the_end_of_its_period_plus_the_lag(raw):
    raw({"stated_on": ""}, releases=[{"source_id": "paper", "rows": "every", "lag_days": "10"}])
    assert known() == ("2024-02-10", "lag", False, True)


def test_a_statistic_is_never_known_later_than_it_was_stated(raw):
    late = {"source_id": "paper", "rows": "every", "lag_days": "400"}
    raw({}, releases=[late])
    assert known() == ("2024-02-10", "stated", False, False)
    raw({"stated_on": ""}, releases=[late])
    assert known() == ("2024-02-12", "published", False, False)


def test_a_lag_for_undated_rows_leaves_dated_ones_alone(raw):
    bank = {"issuer": "Bank", "rows": "undated", "lag_days": "90"}
    undated = {"source_id": "other", "stated_on": "", "issuer": "Bank of K", "item": "152mm_two"}
    raw(undated, {"issuer": "Bank of K"}, sources=[{"source_id": "other"}], releases=[bank])
    rows = evidence.load("arms", EVER)
    assert list(rows["dated_by"]) == ["lag", "stated"]
    assert str(rows["known_on"][0].date()) == "2024-04-30"
    assert list(rows["undated"]) == [True, False]
    assert not rows["revised"].any()


def test_a_lag_may_be_meant_for_one_indicator(raw):
    share = {"source_id": "paper", "indicator": "share", "rows": "every", "lag_days": "3"}
    raw({"indicator": "share"}, {"indicator": "count"}, releases=[share])
    assert list(evidence.load("arms", EVER)["dated_by"]) == ["lag", "stated"]


@pytest.mark.parametrize("turn", [1, -1])
def test_the_longest_name_of_an_issuer_counts(raw, turn):
    releases = [
        {"issuer": "Bank", "rows": "every", "lag_days": "1"},
        {"issuer": "Bank (via Office)", "rows": "every", "lag_days": "5"},
    ]
    raw({"issuer": "Bank (via Office), corrected"}, {"issuer": "Bank"}, releases=releases[::turn])
    days = evidence.load("arms", EVER)["known_on"].dt.strftime("%m-%d")
    assert list(days) == ["02-05", "02-01"]


def test_a_changed_table_is_read_again(raw):
    raw({})
    assert ids() == ["row-1"]
    raw({}, {"value": "2000"})
    assert ids() == ["row-1", "row-2"]


def test_a_caller_cannot_change_what_the_next_one_gets(raw):
    raw({})
    rows = evidence.load("arms", EVER)
    rows["value"] = 0.0
    assert list(evidence.load("arms", EVER)["value"]) == [1000.0]


# --- Each statement once ---------------------------------------------------------------------


def test_reports_of_one_statement_count_once_and_the_best_graded_stands(raw):
    raw({}, {"reliability": "A", "period_start": "2023-09-01"}, {"reliability": "C"})
    (row,) = evidence.load("arms", EVER).itertuples()
    assert row.obs_id == "row-2"
    assert row.repeated_by == ("row-1", "row-3")
    assert ids(repeats=True) == ["row-1", "row-2", "row-3"]


@pytest.mark.parametrize(
    "change",
    [
        {"value": "1001"},
        {"low": "900"},
        {"issuer": "ROK NIS"},
        {"stated_on": "2024-02-11"},
        {"unit": "containers"},
        {"period_end": "2024-01-30"},
    ],
)
def test_another_figure_issuer_or_day_is_another_statement(raw, change):
    raw({}, change)
    assert ids() == ["row-1", "row-2"]


def test_events_are_never_merged(raw):
    raw({"unit": "events"}, {"unit": "events"})
    rows = evidence.load("arms", EVER)
    assert list(rows["obs_id"]) == ["row-1", "row-2"]
    assert list(rows["repeated_by"]) == [(), ()]


def test_undated_rows_are_never_merged(raw):
    raw({"stated_on": ""}, {"stated_on": ""})
    assert ids() == ["row-1", "row-2"]


def test_a_second_source_is_left_out_only_where_its_base_is_known(raw):
    second = {"item": "152mm_second_source", "issuer": "Reuters", "stated_on": "2024-02-01"}
    raw({}, second, {"item": "122mm_second_source"})
    assert ids("2024-02-09") == ["row-2"]
    assert ids() == ["row-1", "row-3"]
    assert ids(repeats=True) == ["row-1", "row-2", "row-3"]


def test_a_second_source_never_stands_for_its_better_base(raw):
    raw({"reliability": "F"}, {"item": "152mm_second_source", "reliability": "A"})
    (row,) = evidence.load("arms", EVER).itertuples()
    assert (row.obs_id, row.repeated_by) == ("row-1", ("row-2",))


def test_an_alternative_stays_and_is_flagged(raw):
    raw({}, {"item": "152mm_alt"})
    assert list(evidence.load("arms", EVER)["alternative"]) == [False, True]


def test_implied_rows_come_only_when_asked_for(raw):
    raw({}, {"qualifier": "implied", "value": "7"})
    assert ids() == ["row-1"]
    assert ids(implied=True) == ["row-1", "row-2"]


def test_a_report_not_yet_known_is_not_named(raw):
    every = {"source_id": "paper", "rows": "every", "lag_days": "5"}  # known on 2024-02-05
    raw({}, {"source_id": "other"}, sources=[{"source_id": "other"}], releases=[every])
    assert list(evidence.load("arms", "2024-02-09")["repeated_by"]) == [()]
    assert list(evidence.load("arms", "2024-02-10")["repeated_by"]) == [("row-2",)]


# --- Asking ----------------------------------------------------------------------------------


def test_filters_take_a_value_or_several(raw):
    raw({"item": "a"}, {"item": "b"}, {"item": "c", "issuer": "NIS"})
    assert ids(item="b") == ["row-2"]
    assert ids(item=["a", "c"]) == ["row-1", "row-3"]
    assert ids(item={"a", "c"}, issuer="NIS") == ["row-3"]
    assert ids(item=()) == []
    assert list(evidence.load("arms", EVER, item="c").index) == [0]


@pytest.mark.parametrize(
    ("table", "as_of", "filters", "words"),
    [
        ("arm", EVER, {}, "did you mean 'arms'"),
        ("sources", EVER, {}, "allowed: arms, troops, trade, meetings, strategy"),
        ("arms", EVER, {"issuers": "x"}, "no column 'issuers' to filter on; did you mean 'issuer'"),
        ("arms", "2024-2-1", {}, "ISO date such as 2024-10-28, found '2024-2-1'"),
        ("arms", "2024-02-30", {}, "found '2024-02-30'"),
        ("arms", "20240201", {}, "found '20240201'"),
        ("arms", "2024-W05-4", {}, "found '2024-W05-4'"),
        ("arms", 2024, {}, "found 2024"),
        ("arms", None, {}, "found None"),
        ("arms", pd.NaT, {}, "found NaT"),
    ],
)
def test_what_cannot_be_asked_is_refused(raw, table, as_of, filters, words):
    raw({})
    with pytest.raises(CompendiumError) as caught:
        evidence.load(table, as_of, **filters)
    assert words in str(caught.value)


def test_a_day_may_come_as_text_date_or_time():
    days = ["2024-10-28", dt.date(2024, 10, 28), dt.datetime(2024, 10, 28, 9), pd.Timestamp("2024-10-28 23:59")]  # fmt: skip
    assert {evidence.parse_day(day) for day in days} == {pd.Timestamp("2024-10-28")}


def test_the_study_says_nothing_before_it_appeared():
    assert evidence.claims(None, "2024-10-27").empty
    every = evidence.claims(None, "2024-10-28")
    assert len(every) == len(datapackage.read_table("claims"))
    own = evidence.claims("arms_trade", "2024-10-28")
    assert set(own["chapter"]) == {"arms_trade"}


def test_the_first_day_of_anything_counts_implied_rows(raw):
    raw({}, {"qualifier": "implied", "stated_on": "2024-02-01"}, {"item": "x"})
    assert evidence.earliest("arms", item="152mm") == pd.Timestamp("2024-02-01")
    assert evidence.earliest("arms", item="y") is None


# --- The real tables: no row from the future, ever -------------------------------------------

tables = st.sampled_from(evidence.OBSERVATION_TABLES)
days = st.dates(dt.date(1985, 1, 1), dt.date(2027, 12, 31))
switches = st.booleans()


@settings(max_examples=50, deadline=None)
@given(tables, days, switches, switches)
def test_no_row_is_known_later_than_the_vintage(table, day, implied, repeats):
    rows = evidence.load(table, day, implied=implied, repeats=repeats)
    assert not (rows["known_on"] > pd.Timestamp(day)).any()
    stated = rows["stated_on"].dropna()
    assert not (rows["known_on"] > stated.reindex(rows.index)).any()


@settings(max_examples=40, deadline=None)
@given(tables, days, days)
def test_a_row_once_known_stays_known(table, one, other):
    early, late = sorted([one, other])
    before, after = (
        set(evidence.load(table, day, implied=True, repeats=True)["obs_id"])
        for day in (early, late)
    )
    assert before <= after


@settings(max_examples=30, deadline=None)
@given(tables, days)
def test_each_statement_is_kept_once_and_none_is_lost(table, day):
    kept = evidence.load(table, day, implied=True)
    every = evidence.load(table, day, implied=True, repeats=True)
    named = set(kept["obs_id"]).union(*kept["repeated_by"])
    lost = every[~every["obs_id"].isin(named)]
    assert set(kept["obs_id"]) <= set(every["obs_id"])
    assert lost["item"].str.endswith(evidence.SECOND_SOURCE).all()


def from_the_future(records, day, later, draw):
    """Rows with those known after `day` left out, altered and added to.

    What is added is as troublesome as can be: copies of early rows, better graded, a base to
    every second source, said a day later or carried by a paper not yet out.
    """
    out = []
    for record in records:
        if record["obs_id"] not in later:
            out.append(record)
        elif draw.random() < 0.5:
            out.append({**record, "value": "12345", "low": "", "high": "", "item": "changed"})
    tomorrow = str(day + dt.timedelta(days=1))
    for number, record in enumerate(draw.sample(records, min(20, len(records)))):
        added = {**record, "obs_id": f"later-{number}", "reliability": "A", "credibility": "1"}
        added["item"] = added["item"].removesuffix(evidence.SECOND_SOURCE)
        if number % 2:
            added |= {"stated_on": tomorrow, "period_end": tomorrow, "source_id": "later"}
        else:
            added |= {"stated_on": "", "source_id": "later"}
        out.insert(draw.randrange(len(out) + 1), added)
    return out


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(table=tables, day=days, implied=switches, repeats=switches, draw=st.randoms())
def test_what_becomes_known_later_changes_nothing_known_now(
    tmp_path, table, day, implied, repeats, draw
):
    before = evidence.load(table, day, implied=implied, repeats=repeats)
    every = evidence.load(table, "9999-12-31", implied=True, repeats=True)
    visible = every["known_on"] <= pd.Timestamp(day)
    later = set(every.loc[~visible, "obs_id"])
    read = {}
    for name in (table, "sources"):
        with (paths.RAW / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
            read[name] = list(csv.DictReader(stream))
    new = {"source_id": "later", "published": str(day + dt.timedelta(days=1))}
    folder = tmp_path / "raw"
    folder.mkdir(exist_ok=True)
    shutil.copyfile(paths.RAW / "releases.csv", folder / "releases.csv")
    write(folder / "sources.csv", [*read["sources"], new], columns("sources"))
    write(folder / f"{table}.csv", from_the_future(read[table], day, later, draw), columns(table))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "RAW", folder)
        patch.setattr(evidence, "stamps", lambda table: (object(),))  # no cached row is reused
        after = evidence.load(table, day, implied=implied, repeats=repeats)
    assert_frame_equal(before, after, check_exact=True)


def test_hindsight_holds_every_row():
    assert evidence.complete("2026-10-31")
    assert not evidence.complete("2024-10-28")


def test_what_a_caller_changes_is_its_own():
    first = evidence.load("arms", "2024-10-28", indicator=["unit_price"])
    untouched = first.copy()
    first.loc[0, "value"] = -1.0
    first["note"] = "changed"
    first.iloc[1:, 0] = "changed"
    again = evidence.load("arms", "2024-10-28", indicator=["unit_price"])
    pd.testing.assert_frame_equal(again, untouched)
