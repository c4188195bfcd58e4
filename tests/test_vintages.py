"""Headline values month by month, their steps, and scores of frozen projections."""

import csv
import datetime as dt
import multiprocessing
import re
import shutil
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pandas as pd
import pytest

from compendium import evidence, figures, models, parameters, paths, vintages
from compendium.catalogue import Catalogue
from compendium.errors import CompendiumError
from compendium.policy import designations
from compendium.register import HEADLINES
from compendium.values import Value

ID = "arms_trade.value_total"


@pytest.fixture
def counted(tmp_path, monkeypatch):
    """A model whose value is the month of its vintage; the days it was run for."""
    runs = []

    def headlines(chapter, chosen):
        runs.append(chosen.as_of)
        month = float(chosen.as_of.month)
        return [Value(ID, month, month - 0.5, month + 0.5, rows=(f"row-{chosen.as_of.month}",))]

    monkeypatch.setattr(paths, "BUILD", tmp_path)
    monkeypatch.setattr(vintages, "TRACKED", ["arms_trade"])
    monkeypatch.setattr(models, "headlines", headlines)
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


def test_vintages_no_longer_wanted_are_given_up_at_once(counted, monkeypatch):
    """Each would take ten minutes; no process stays behind."""
    before = {process.pid for process in multiprocessing.active_children()}

    def own():
        return {process.pid for process in multiprocessing.active_children()} - before

    monkeypatch.setattr(parameters, "FIRST_DAY", 0)
    monkeypatch.setattr(vintages, "month_ends", lambda as_of: [600] * 5)
    monkeypatch.setattr(vintages, "_file", lambda day: paths.BUILD / "none")
    monkeypatch.setattr(vintages, "compute", time.sleep)
    stop = threading.Event()
    with ThreadPoolExecutor(1) as side:
        tracked = side.submit(vintages.track, "2024-02-10", 2, stop)
        try:
            end = time.monotonic() + 60
            while len(own()) < 2 and time.monotonic() < end:
                time.sleep(0.01)
            assert len(own()) == 2 and not tracked.done()
        finally:
            stop.set()
        with pytest.raises(CancelledError):
            tracked.result(timeout=10)
    assert own() == set()
    with pytest.raises(CancelledError):  # nor are they begun in this process
        vintages.track("2024-02-10", 1, stop)
    assert counted == []


def test_a_vintage_that_fails_is_told(counted, monkeypatch):
    monkeypatch.setattr(parameters, "FIRST_DAY", -1)
    monkeypatch.setattr(vintages, "month_ends", lambda as_of: [-0.5, 600])
    monkeypatch.setattr(vintages, "_file", lambda day: paths.BUILD / "none")
    monkeypatch.setattr(vintages, "compute", time.sleep)
    with pytest.raises(ValueError, match="non-negative"):
        vintages.track("2024-02-10", 2)


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """A copy of the tables, and a way to append a row that differs from the last in some cells."""
    raw = tmp_path / "raw"
    shutil.copytree(paths.RAW, raw)
    monkeypatch.setattr(paths, "RAW", raw)

    def append(table, row_id, **cells):
        file = raw / f"{table}.csv"
        with file.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        row = next(row for row in rows if row_id in row.values()) | cells
        with file.open("a", newline="", encoding="utf-8") as lines:
            csv.DictWriter(lines, row, lineterminator="\n").writerow(row)

    return append


DAYS = [dt.date(2024, 2, 29), dt.date(2024, 12, 31), dt.date(2025, 1, 31)]


def test_a_new_row_changes_the_key_from_the_day_it_was_known(tables):
    before = [vintages.known_fingerprint(day) for day in DAYS]
    tables("arms", "arms-sh-2024-10-dia", obs_id="arms-new", stated_on="2025-01-15")
    after = [vintages.known_fingerprint(day) for day in DAYS]
    assert after[:2] == before[:2] and after[2] != before[2]


def test_a_new_judgement_changes_the_key_once_its_rows_are_known(tables):
    before = [vintages.known_fingerprint(day) for day in DAYS]
    newest = evidence.load("strategy", "2025-01-31").sort_values("known_on").iloc[-1]
    assert newest["known_on"] > pd.Timestamp("2024-12-31")
    with (paths.RAW / "hypotheses.csv").open(newline="", encoding="utf-8") as lines:
        first = next(csv.DictReader(lines))
    tables("hypotheses", first["obs_id"], obs_id=newest["obs_id"])
    after = [vintages.known_fingerprint(day) for day in DAYS]
    assert after[:2] == before[:2] and after[2] != before[2]


def test_a_new_row_shows_up_in_catalogue_track_and_scores(tables, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    day = "2025-12-31"

    def seen():
        rows = Catalogue(day, {}).rows
        track = vintages.track(day, workers=1)
        own = track[(track["id"] == ID) & (track["day"] == pd.Timestamp(day))].iloc[0]
        return len(rows), own["high"], vintages.scores(vintages.study_checks(day))

    monkeypatch.setattr(vintages, "month_ends", lambda as_of: [dt.date.fromisoformat(as_of)])
    count, high, scored = seen()
    tables("arms", "arms-sh-2025-07-dia", obs_id="arms-new", stated_on="2025-10-15",
           period_end="2025-10-15", value="22000000")  # fmt: skip
    # One more listing of vessels or persons falls into the year after the study.
    tables("strategy", listed_row(), obs_id="strat-new")
    after_count, after_high, after_scored = seen()
    assert after_count == count + 2
    assert after_high > high
    assert not after_scored["later"].equals(scored["later"])


def listed_row():
    """A designation within the year after the study."""
    listed = designations.plain("2025-12-31")
    return listed[listed["day"].between("2024-11-01", "2025-04-01")]["obs_id"].iloc[0]


def test_steps_name_the_rows_that_came_and_left(counted):
    steps = vintages.changes(vintages.track("2024-02-10", workers=1))
    # 11 to 12 is 9 percent, 12 to 1 and 1 to 2 are more.
    assert len(steps) == 3
    first = steps.iloc[0]
    assert (first["came"], first["left"]) == (("row-12",), ("row-11",))
    assert vintages.changes(vintages.track("2024-02-10", workers=1), 0.5)[
        "day"
    ].dt.month.tolist() == [1, 2]


def test_a_ratio_steps_by_a_part_of_itself():
    tracked = pd.DataFrame(
        {"id": vintages.RATIOS[0], "label": "A", "day": [0, 1, 2], "value": [1.0, 1.6, 1.62],
         "unit": "percent", "short": ["1", "1.6", "1.62"], "rows": [()] * 3}
    )  # fmt: skip
    assert vintages.changes(tracked)["day"].tolist() == [1]
    assert vintages.changes(tracked.assign(id="a.chance"))["day"].tolist() == []


@pytest.mark.parametrize(
    ("unit", "stated", "told"),
    [
        ("percent", (10.0, 14.0, 19.0), [2]),  # 4 points, then 5
        ("share", (0.5, 0.54, 0.6), [2]),
        ("USD_million", (100.0, 96.0, 101.0), [2]),  # 4 percent down, 5.2 percent up
        ("USD_million", (-100.0, -106.0, -106.0), [1]),
        ("count", (0.0, 1.0, 1.0), [1]),
    ],
)
def test_a_step_is_told_from_five_hundredths_on(unit, stated, told):
    tracked = pd.DataFrame(
        {"id": "a.b", "label": "A", "day": [0, 1, 2], "value": stated, "unit": unit,
         "short": [str(v) for v in stated], "rows": [("a",), ("a", "b"), ("b",)]}
    )  # fmt: skip
    steps = vintages.changes(tracked)
    assert steps["day"].tolist() == told
    assert steps["after"].tolist() == [str(stated[place]) for place in told]
    came = {1: ("b",), 2: ()}
    assert steps["came"].tolist() == [came[place] for place in told]


@pytest.mark.parametrize("chapter", vintages.TRACKED)
@pytest.mark.parametrize("day", ["2023-12-31", "2024-10-28", "2026-06-30"])
def test_headlines_alone_are_bit_for_bit_those_of_the_full_run(chapter, day):
    chosen = parameters.validate(chapter, {"as_of": day})
    whole = {v.id: v for v in models.run(chapter, chosen).values if v.id in HEADLINES}
    alone = {v.id: v for v in models.headlines(chapter, chosen)}
    assert alone == whole  # floats compared exactly, with labels, rows and rounding
    assert whole or (chapter, day) == ("troop_plausibility", "2023-12-31")


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
    assert study["low"].tolist() == study["high"].tolist() == [5.5]  # billion, as the headline
    assert study["text"].tolist() == ["up to 5.5"]
    assert study["qualifier"].tolist() == ["up_to"]
    assert vintages.others("trade_trends.return", "2024-10-28").empty
    assert vintages.others(ID, "2023-11-02")["row"].isin(table["row"]).all()


def test_others_stated_the_same_thing_and_ranges_have_no_middle():
    late = "2026-10-31"
    arms = vintages.others(ID, late).set_index("row")
    items = evidence.named(arms.index, late).set_index("obs_id")["item"]
    assert set(items) == {"all_arms", "munitions_and_arms"}  # no troops, not shells alone
    whole = arms.loc["arms-fnf24-range"]
    assert (whole["low"], whole["high"], whole["text"]) == (1.7, 5.5, "about 1.7 to 5.5")
    men = vintages.others("troop_plausibility.present_now", late)
    assert set(evidence.named(men["row"], late)["item"]) == {"Russia"}


def test_scores_have_units_and_no_powers_of_ten():
    late = "2026-10-31"
    shown = vintages._scores_shown(vintages.scores(vintages.study_checks(late)))
    assert not shown.map(lambda cell: "e+" in str(cell)).any(axis=None)
    assert "22,327" in list(shown["90 % high"])
    for name in shown["Projected"]:
        assert re.search("million (USD|EUR)|persons|visits|designations", name), name


def test_a_settled_forecast_shows_the_grades_of_its_rows():
    late = "2026-10-31"
    shown = vintages._forecasts_shown(vintages.forecasts(late), late).set_index("Forecast")
    grades = shown["Grades of these rows"]
    assert grades["trade of 2024 reaches the level of 2016"] == "D4"
    assert grades.str.fullmatch(r"[A-F][1-6](, [A-F][1-6])*").all()


def test_few_scores_are_not_boasted_of():
    scored = pd.DataFrame({"inside": [True, True, False]})
    settled = pd.DataFrame({"brier": [0.01, 0.25]})
    table = dict(vintages.summary(scored, settled).to_numpy())
    assert table["Projected figures that are due"] == "3"
    assert table["Inside their 90 % intervals"] == "2"
    # Clopper-Pearson: roots of the binomial tails at 5 percent, 0.135 and 0.983.
    assert "14% to 98%" in table.values()
    assert table["Their mean Brier score"] == "0.13"
    none = vintages.summary(scored.head(0), settled.head(0))
    assert none["Figure"].tolist() == ["0", "0"]


def test_yes_no_forecasts_are_scored_by_hand():
    assert vintages.forecasts("2024-10-28").empty
    found = vintages.forecasts("2026-10-31")
    assert len(found) >= 4 and found["chance"].between(0, 1).all()
    for row in found.itertuples():
        assert row.brier == pytest.approx((1 - row.chance if row.came else row.chance) ** 2)
    assert all(found["rows"].map(len))


def test_a_page_is_drawn_once_and_shows_nothing_later(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    found = vintages.parts("2023-12-15", workers=1)
    assert set(found) == set(vintages.PARTS) and found["tracks"]
    assert found["scores"] == [] and found["forecasts"] == []
    for content in found["tracks"]:
        cells = [str(cell) for row in content["rows"] for cell in row]
        days = [cell for cell in cells if re.fullmatch(r"\d{4}-\d\d-\d\d", cell)]
        assert days and max(days) <= "2023-12-15"
    by_id = dict(list(vintages.track("2023-12-15", workers=1).groupby("id", sort=False)))
    ends = [
        f"{vintages.HEADLINES[id]}: from {own['text'].iloc[0]} by {own['day'].iloc[0].date()} "
        f"to {own['text'].iloc[-1]} by {own['day'].iloc[-1].date()}."
        for id, own in by_id.items()
        if len(own) > 1
    ]
    told = [content["caption"] for content in found["tracks"] if content["kind"] == "figure"]
    assert told == ends and all(own["day"].is_monotonic_increasing for own in by_id.values())
    monkeypatch.setattr(vintages, "compute", None)
    monkeypatch.setattr(figures, "track", None)
    assert vintages.parts("2023-12-15") == found


def test_a_page_is_kept_under_what_was_known_until_that_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    folder, asked = tmp_path / "vintages", []
    folder.mkdir()
    monkeypatch.setattr(vintages, "track", lambda day, *_: asked.append(str(day)))
    monkeypatch.setattr(vintages, "_parts", lambda *_: {"tracks": [{"kind": "table"}]})
    first = vintages.parts("2023-12-15")
    (file,) = folder.iterdir()
    assert re.fullmatch(r"page-2023-12-15-[0-9a-f]+\.json", file.name)
    assert first == vintages.parts(dt.date(2023, 12, 15)) and len(asked) == 1
    file.rename(file.with_name("page-2023-12-15-0.json"))  # of other rows
    assert vintages.parts("2023-12-15") == first and len(asked) == 2
    assert list(folder.iterdir()) == [file]


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
        {
            "day": frame["day"],
            "low": [3.0, 3.5],
            "high": [3.0, 4.0],
            "text": ["3", "about 3.5 to 4"],
            "issuer": ["A", "B"],
            "row": ["r-1", "r-2"],
        }
    )
    drawing = figures.track(frame, stated, "Value", "{} x")
    assert "stepping from 1 x on 2024-01-31 to 2 x on 2024-02-29" in drawing.alt
    assert "Crosses and bars mark 2 figures by others from 3 to 4" in drawing.alt
    assert {"3 x", "about 3.5 to 4 x"} <= set(drawing.table["Stated"])
    assert drawing.table["By"].tolist().count("this compendium") == 2 and len(drawing.table) == 4
    bounds = figures.track(frame, stated.assign(qualifier=["more_than", "approx"]), "Value", "{} x")
    assert "from 3 to 4. Of them 1 is a bound." in bounds.alt
    assert [n.xyann[1] for n in bounds.figure.axes[0].texts if n.arrowprops] == [15]
    alone = figures.track(frame, stated.head(0), "Value", "{} x")
    assert "Crosses" not in alone.alt and len(alone.table) == 2
    assert alone.alt.endswith("A band shows its interval, at the end from 1.5 to 2.5.")
    bare = figures.track(frame.assign(low=None, high=None), stated.head(0), "Value", "{} x")
    assert "band" not in bare.alt
