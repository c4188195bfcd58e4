"""Headline values month by month, their steps, and scores of frozen projections."""

import datetime as dt

import pandas as pd
import pytest

from compendium import figures, models, parameters, paths, values, vintages
from compendium.errors import CompendiumError
from compendium.headlines import HEADLINES
from compendium.values import Value

ID = "arms_trade.value_total"


class Result:
    """What a model returns, as far as it is read here."""

    def __init__(self, *found):
        self.values = found


@pytest.fixture
def counted(tmp_path, monkeypatch):
    """A model whose value is the month of its vintage; the days it was run for."""
    runs = []

    def run(chapter, chosen):
        runs.append(chosen.as_of)
        month = float(chosen.as_of.month)
        return Result(
            Value(ID, month, month - 0.5, month + 0.5, rows=(f"row-{chosen.as_of.month}",)),
            Value("arms_trade.other", 1.0),
        )

    monkeypatch.setattr(paths, "BUILD", tmp_path)
    monkeypatch.setattr(models, "MODELS", {"arms_trade": "none"})
    monkeypatch.setattr(models, "run", run)
    return runs


def test_months_end_with_the_vintage():
    days = vintages.month_ends("2023-11-15")
    assert [str(day) for day in days] == ["2023-08-31", "2023-09-30", "2023-10-31", "2023-11-15"]
    assert str(vintages.month_ends("2024-02-29")[-2]) == "2024-01-31"
    with pytest.raises(CompendiumError, match="as_of must be an ISO date"):
        vintages.month_ends("2024-02-30")


def test_headline_values_of_every_month_and_nothing_before_the_first_row(counted):
    table = vintages.track("2024-02-10", workers=1)
    assert [str(day.date()) for day in table["day"]] == [
        "2023-11-30", "2023-12-31", "2024-01-31", "2024-02-10",
    ]  # fmt: skip
    assert set(table["id"]) == {ID}
    assert list(table["value"]) == [11, 12, 1, 2]
    assert min(counted) >= parameters.FIRST_DAY


def test_a_vintage_is_computed_once(counted):
    vintages.track("2024-02-10", workers=1)
    count = len(counted)
    vintages.track("2024-03-31", workers=1)
    # The day of the first vintage was no month's end; February and March are new.
    assert counted[count:] == [dt.date(2024, 2, 29), dt.date(2024, 3, 31)]


def test_a_vintage_is_computed_again_where_what_it_knew_or_the_code_has_changed(
    counted, monkeypatch
):
    vintages.track("2024-02-10", workers=1)
    count = len(counted)
    known = vintages.known_fingerprint
    monkeypatch.setattr(
        vintages, "known_fingerprint", lambda day: known(day) + "x" * (day.year == 2024)
    )
    vintages.track("2024-02-10", workers=1)
    assert counted[count:] == [dt.date(2024, 1, 31), dt.date(2024, 2, 10)]
    count = len(counted)
    monkeypatch.setattr(models, "code_fingerprint", lambda: "other")
    vintages.track("2024-02-10", workers=1)
    assert len(counted) - count == 4


def test_what_is_known_later_does_not_change_a_vintages_key(monkeypatch):
    day = dt.date(2024, 2, 29)
    before = vintages.known_fingerprint(day)
    load = vintages.evidence.load

    def with_one_more(table, as_of, **filters):
        rows = load(table, as_of, **filters)
        if as_of > dt.date(2024, 6, 1):
            rows = pd.concat([rows, rows.tail(1).assign(obs_id="new")])
        return rows

    vintages._known.cache_clear()
    monkeypatch.setattr(vintages.evidence, "load", with_one_more)
    assert vintages.known_fingerprint(day) == before
    later = vintages.known_fingerprint(dt.date(2025, 1, 31))
    monkeypatch.undo()
    vintages._known.cache_clear()
    assert vintages.known_fingerprint(dt.date(2025, 1, 31)) != later


def test_steps_name_the_rows_that_came_and_left(counted):
    steps = vintages.changes(vintages.track("2024-02-10", workers=1))
    # 11 to 12 is 9 percent, 12 to 1 and 1 to 2 are more.
    assert len(steps) == 3
    first = steps.iloc[0]
    assert (first["came"], first["left"]) == (("row-12",), ("row-11",))
    assert vintages.changes(vintages.track("2024-02-10", workers=1), 0.5)[
        "day"
    ].dt.month.tolist() == [1, 2]


def test_lean_parameters_do_not_touch_a_headline(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    day = dt.date(2024, 10, 28)
    for chapter, lean in vintages.LEAN.items():
        file = vintages.compute(chapter, day)
        full = {v.id: v for v in models.run(chapter, parameters.model(chapter)()).values}
        found = values.read(file)
        assert found and set(found) <= set(HEADLINES) and lean
        assert {id: full[id] for id in found} == found


def test_interval_scores_by_hand():
    check = pd.DataFrame(
        {
            "quantity": ["inside", "below", "above"],
            "median": [10.0, 10.0, 10.0],
            "low90": [5.0, 5.0, 5.0],
            "high90": [15.0, 15.0, 15.0],
            "later": [10.0, 4.0, 20.0],
        }
    )
    table = vintages.scores([check, check.head(0)])
    assert table["inside"].tolist() == [True, False, False]
    # Width 10; a miss by 1 costs 20, by 5 costs 100; each over the later figure.
    assert table["score"].tolist() == pytest.approx([10 / 10, 30 / 4, 110 / 20])
    assert vintages.scores([]).empty


def test_what_others_stated_stands_on_the_day_it_became_known():
    table = vintages.others(ID, "2024-10-28")
    assert len(table) and (table["day"] <= "2024-10-28").all()
    study = table[table["row"] == "arms-fnf24-high"]
    assert study["value"].tolist() == [5.5]  # billion, as the headline value
    assert vintages.others("trade_trends.return", "2024-10-28").empty
    assert vintages.others(ID, "2023-11-02")["row"].isin(table["row"]).all()


def test_few_scores_are_not_boasted_of():
    table = pd.DataFrame({"inside": [True, True, False]})
    text = vintages.coverage_text(table)
    assert text.startswith("2 of 3 later figures lie inside")
    # Clopper-Pearson: roots of the binomial tails at 5 percent, 0.135 and 0.983.
    assert "from 14% to 98%" in text and "cannot show that the intervals are right" in text
    assert vintages.coverage_text(table.head(0)) == "No frozen projection is due yet."


def test_only_what_is_due_is_scored():
    assert vintages.study_checks("2024-10-28") == []
    found = vintages.scores(vintages.study_checks("2026-10-31"))
    assert len(found) >= 10 and found["later"].notna().all()
    assert found["quantity"].is_unique


def test_a_track_says_what_it_shows():
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2024-01-31", "2024-02-29"]),
            "value": [1.0, 2.0],
            "low": [0.5, 1.5],
            "high": [1.5, 2.5],
            "text": ["1 x", "2 x"],
        }
    )
    stated = pd.DataFrame(
        {"day": frame["day"], "value": [3.0, 4.0], "issuer": ["A", "B"], "row": ["r-1", "r-2"]}
    )
    drawing = figures.track(frame, stated, "Value", "{} x")
    assert "stepping from 1 x on 2024-01-31 to 2 x on 2024-02-29" in drawing.alt
    assert "Crosses mark 2 figures by others from 3 to 4" in drawing.alt
    assert drawing.table["By"].tolist().count("this compendium") == 2 and len(drawing.table) == 4
    alone = figures.track(frame, stated.head(0), "Value", "{} x")
    assert "Crosses" not in alone.alt and len(alone.table) == 2
