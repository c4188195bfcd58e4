"""The strategy model against arithmetic done by hand and against other implementations."""

import csv
import datetime as dt
import itertools
import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from compendium import datapackage, evidence, figures, parameters, paths, strategy
from compendium.errors import FaultsError
from compendium.parameters import KremlinStrategy
from compendium.strategy import (
    aid,
    camps,
    conflicts,
    costs,
    hypotheses,
    intervals,
    projection,
    sensitivity,
    verdicts,
    votes,
    words,
)
from compendium.strategy.verdicts import Reading

STUDY_DAY, HINDSIGHT, EARLY, FIRST = "2024-10-28", "2026-10-31", "2024-02-01", "2023-11-02"


def few(**changes) -> KremlinStrategy:
    """Parameters with few draws: the tests are about arithmetic, not about noise."""
    return KremlinStrategy(**{"bootstrap_draws": 200, **changes})


@pytest.fixture(scope="module")
def study():
    return strategy.run(few(as_of=STUDY_DAY))


@pytest.fixture(scope="module")
def hindsight():
    return strategy.run(few(as_of=HINDSIGHT))


def value(result, name):
    return next(v for v in result.values if v.id == f"kremlin_strategy.{name}")


def names(result):
    return {v.id.removeprefix("kremlin_strategy.") for v in result.values}


# --- intervals and camps ---------------------------------------------------------------------


@pytest.mark.parametrize(("hits", "n"), [(130, 1001), (0, 20), (20, 20), (44, 88)])
def test_wilson_is_that_of_statsmodels(hits, n):
    expected = proportion_confint(hits, n, alpha=0.1, method="wilson")
    assert intervals.wilson(hits / n, n) == pytest.approx(expected)
    low, high = intervals.wilson(hits / n, n)
    assert low <= hits / n <= high  # to the last digit, at the ends too


def test_difference_is_newcombes():
    expected = confint_proportions_2indep(50, 88, 39, 78, method="newcomb", alpha=0.1)
    found = intervals.difference(39 / 78, 78, 50 / 88, 88)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("note", "n"),
    [
        ("n=1,001; same wording as June 2022", 1001),
        ("asked by telephone, N = 1,001", 1001),
        ("n=1001.", 1001),
        ("n=400, weighted", 400),
        ("n=0", None),
        ("n=,", None),
        ("n=1 001", None),
        ("n=1.001", None),
        ("n=10,01", None),
        ("n=29", None),
        ("79 votes in which both took part; x", 79),
        ("0 votes in which both took part", None),
        ("1,201 votes in which both took part", None),  # not 201
        ("week bounds are mine", None),
    ],
)
def test_sample_size_of_a_note(note, n):
    assert intervals.sample_size(note) == n


@pytest.mark.parametrize(
    ("issuer", "camp"),
    [
        ("Ukraine HUR (Skibitskyi)", camps.UKRAINE),
        ("HUR (Skibitskyi)", camps.UKRAINE),
        ("US officials (NYT)", camps.UKRAINE),
        ("President Putin", camps.RUSSIA),
        ("DPRK Foreign Ministry", camps.RUSSIA),
        ("China Customs", camps.CHINA),
        ("UN General Assembly", camps.NEITHER),
        ("Gallup Korea", camps.NEITHER),
        ("Politico Europe", camps.NEITHER),
        ("Kiel Institute", camps.NEITHER),
        ("Yoo Yong-weon (ROK lawmaker)", camps.UKRAINE),
        ("FSB border service", camps.RUSSIA),
    ],
)
def test_camp_of_an_issuer(issuer, camp):
    assert camps.camp(issuer) == camp


def test_a_statement_in_two_tables_counts_once():
    rows = camps.distinct(
        ("arms", "strategy"), HINDSIGHT, "north_korean_share_of_russian_ammunition"
    )
    times = rows[rows["issuer"].str.contains("The Times")]
    assert len(times) == 1
    warnings = camps.distinct(("strategy",), HINDSIGHT, "russian_warning_to_rok")
    assert len(warnings) == 2  # two days, two warnings; carriers left out


# --- aid by month ----------------------------------------------------------------------------


@pytest.mark.parametrize("measure", aid.MEASURES)
@pytest.mark.parametrize(("donor", "short"), [("South_Korea", "kor"), ("Japan", "jpn")])
def test_months_add_up_to_the_implied_cumulative_row(measure, donor, short):
    rows = evidence.load("strategy", HINDSIGHT, implied=True).set_index("obs_id")
    name = "total" if measure == "allocated" else "commitments"
    stated = rows.at[f"strat-kiel-{short}-all-{name}", "value"]
    table = aid.monthly(HINDSIGHT, measure)
    assert table[donor].sum() / 1000 == pytest.approx(stated, abs=1e-4)
    for year in (2022, 2023, 2024, 2025, 2026):
        own = table.loc[table.index.year == year, donor].sum() / 1000
        row = rows.at[f"strat-kiel-{short}-{year}-{name}", "value"]
        assert own == pytest.approx(row, abs=1e-4)


def test_the_notes_sums_round_the_treaty():
    korea = aid.monthly(HINDSIGHT, "allocated")["South_Korea"] / 1000
    assert korea["2023-06":"2024-05"].sum() == pytest.approx(0.185, abs=0.0006)
    assert korea["2024-06":"2025-05"].sum() == pytest.approx(0.223, abs=0.0006)
    assert korea["2025-06":"2026-04"].sum() == pytest.approx(0.021, abs=0.0006)


@pytest.mark.parametrize(
    ("day", "month"),
    [
        (FIRST, "2023-06"),
        (EARLY, "2023-09"),
        ("2024-02-04", "2023-10"),  # 31 October and 96 days
        (STUDY_DAY, "2024-06"),
        ("2026-08-03", "2026-03"),
        ("2026-08-04", "2026-04"),
        ("2030-12-31", "2026-04"),  # the file at hand ends there
    ],
)
def test_a_vintage_sees_months_up_to_the_lag(day, month):
    assert str(aid.last_month(day)) == month
    rows = aid.rows(day, "allocated")
    assert rows["month"].max() <= pd.Period(month, "M")


def test_months_without_a_row_are_zero_and_controls_are_summed():
    table = aid.monthly(HINDSIGHT, "allocated")
    assert table.notna().all().all()
    assert table.at[pd.Period("2022-03", "M"), "South_Korea"] > 0
    assert table.at[pd.Period("2023-11", "M"), "South_Korea"] == 0
    assert (table["controls"] == table[list(aid.CONTROLS)].sum(axis=1)).all()


def test_the_largest_month_has_its_share_of_however_little(monkeypatch):
    """Of 0.4 and 0.2 million euros the larger is two thirds; of nothing there is no month."""
    months = pd.period_range(aid.FIRST_MONTH, periods=2, freq="M")
    table = pd.DataFrame(0.0, months, list(aid.DONORS)).assign(Japan=[0.2, 0.4])
    own = pd.DataFrame(
        {"donor": "Japan", "month": months, "value": [0.2, 0.4], "obs_id": ["small", "large"]}
    )
    monkeypatch.setattr(aid, "monthly", lambda *_: table)
    monkeypatch.setattr(aid, "rows", lambda *_: own)
    (found,) = aid.largest.__wrapped__(STUDY_DAY, "allocated").to_dict("records")
    assert found.pop("share") == pytest.approx(2 / 3)
    assert found.pop("total") == pytest.approx(0.6)
    assert found == {"donor": "Japan", "month": str(months[1]), "row": "large"}


def made_up(values, first="2022-01"):
    return pd.Series(values, pd.period_range(first, periods=len(values), freq="M"), dtype=float)


def test_windows_by_hand():
    months = pd.period_range("2022-01", periods=8, freq="M")
    found = aid.windows(few(window_months=3), months)
    assert [str(m) for m, *_ in found] == ["2022-04", "2022-05"]
    assert [(b, a) for _, b, a in found][0] == (slice(0, 3), slice(4, 7))
    after = aid.windows(few(window_months=3, event_month="after"), months)
    assert [str(m) for m, *_ in after] == ["2022-04", "2022-05", "2022-06"]
    assert after[0][2] == slice(3, 6)


def test_placebo_changes_and_ranks_by_hand():
    series = made_up([1, 1, 1, 9, 2, 2, 2, 4])
    found, kind = aid.placebos(few(window_months=3), series)
    assert kind == "ratio"
    # before April: 1 1 1, after: 2 2 2; before May: 1 1 9, after: 2 2 4
    assert list(found["change"]) == pytest.approx([2.0, (8 / 3) / (11 / 3)])
    assert aid.placebo_share(2.0, [8 / 11]) == (1.0, 0.5)
    assert aid.placebo_share(8 / 11, [2.0]) == (0.5, 1.0)
    assert aid.placebo_share(1.0, [1.0, 0.5, 2.0]) == (0.75, 0.75)  # ties count on both sides


def test_a_window_without_aid_makes_all_changes_differences():
    series = made_up([0, 0, 0, 9, 3, 3, 3, 3])
    found, kind = aid.placebos(few(window_months=3), series)
    assert kind == "difference"
    assert list(found["change"]) == pytest.approx([3.0, 0.0])


def test_relative_to_controls_divides_the_ratios():
    series, other = made_up([1, 1, 1, 9, 2, 2, 2, 4]), made_up([1, 1, 1, 1, 4, 4, 4, 4])
    found, kind = aid.placebos(few(window_months=3), series, other)
    assert kind == "ratio"
    assert found["change"].iloc[0] == pytest.approx(2.0 / 4.0)


def test_events_take_their_day_from_rows_and_can_be_moved():
    found = aid.events(few(as_of=HINDSIGHT))
    assert [(e.name, str(e.month)) for e in found] == [("treaty", "2024-06"), ("troops", "2024-10")]
    moved = aid.events(few(as_of=HINDSIGHT, event_shift_months=-3))
    assert [str(e.month) for e in moved] == ["2024-03", "2024-07"]
    assert aid.events(few(as_of=EARLY)) == []


def test_without_full_windows_no_number_is_given(study):
    assert not study.frames["effects"]["full"].any()
    assert study.frames["effects"]["change"].isna().all()
    assert not any(name.startswith("treaty_") for name in names(study))
    label = [r for r in study.readings if r.indicator == "aid of South Korea"]
    assert [r.reading for r in label] == ["no rows"]


def test_the_treaty_in_hindsight(hindsight):
    found = hindsight.frames["effects"].set_index(["event", "donor", "relative"])
    row = found.loc[("treaty", "South_Korea", False)]
    korea = aid.monthly(HINDSIGHT, "allocated")["South_Korea"]
    assert row["before"] == pytest.approx(korea["2023-06":"2024-05"].mean())
    assert row["after"] == pytest.approx(korea["2024-07":"2025-06"].mean())
    assert row["placebos"] == 51 - 24 - 1
    assert row["smallest"] == pytest.approx(1 / 27)
    assert row["confounded"]
    assert not found.loc[("treaty", "Japan", False), "confounded"]
    assert value(hindsight, "treaty_south_korea_change").value == pytest.approx(row["change"])


def test_polls_borrow_a_size_only_from_the_same_question_and_days(hindsight):
    found = hindsight.frames["polls"].set_index("obs_id")
    assert found.at["strat-poll-2022-06-none", "n"] == 1000
    assert found.at["strat-poll-2024-11-dont-know", "n"] == 1011
    assert np.isnan(found.at["strat-poll-2024-11-1829-favour", "n"])
    assert np.isnan(found.at["strat-poll-2024-11-obs-favour", "n"])
    expected = proportion_confint(130.13, 1001, alpha=0.1, method="wilson")
    row = found.loc["strat-poll-2024-10-weapons"]
    assert (row["low90"] / 100, row["high90"] / 100) == pytest.approx(expected)


# --- votes and costs -------------------------------------------------------------------------


def test_shares_have_an_interval_only_with_a_number_of_roll_calls(hindsight):
    found = hindsight.frames["shares"].set_index("row")
    row = found.loc["strat-unga-agree-rus-prk-2023"]
    assert row["n"] == 79
    assert (row["low90"], row["high90"]) == pytest.approx(intervals.wilson(0.8354, 79))
    assert found["n"].notna().all()


def test_tallies_take_the_better_graded_row(hindsight):
    found = hindsight.frames["tallies"].set_index("text")
    assert found.loc["reparations-2022-11", ["for", "against", "abstain"]].tolist() == [94, 14, 73]
    assert found.loc["us-text-2025-02", "for"] == 93
    assert found.loc["ukraine-text-2025-02", ["for", "against", "abstain"]].tolist() == [93, 18, 65]


def test_country_votes_and_ideal_points(hindsight, study):
    found = hindsight.frames["country_votes"].set_index("text")
    assert found.at[votes.TEXTS["ukraine-text-2025-02"], "USA"] == "against"
    assert found.at[votes.TEXTS["peace-2026-02"], "USA"] == "abstained"
    assert set(hindsight.frames["ideal_points"]["session"]) == {2021, 2024}
    assert set(study.frames["ideal_points"]["session"]) == {2021}


def test_quality_counts_a_statement_once_and_comes_from_one_side(hindsight):
    found = hindsight.frames["quality"]
    assert costs.camp_share(found) == 1.0
    rows = set(found["obs_id"])
    assert not rows & {"strat-qual-skib-kbs", "arms-mis-2024-05-fail", "strat-qual-kn23-acc-2"}
    assert found["indicator"].eq("dud_or_unusable_share").sum() == 1
    assert found["indicator"].eq("missile_failure_share").sum() == 1


def test_technology_is_a_timeline(hindsight):
    found = hindsight.frames["technology"]
    assert found["day"].is_monotonic_increasing
    assert value(hindsight, "technology_good").value == (found["credibility"] <= 2).sum()


# --- the rule of the verdicts ----------------------------------------------------------------


def reading(kind, *sides, confounded=False, two_way=True):
    sides = sides or (camps.NEITHER,)
    return Reading("c", "i", "", kind, "", ("r",), sides, confounded, two_way)


U, R, N = camps.UKRAINE, camps.RUSSIA, camps.NEITHER


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([], "not testable with this data"),
        ([reading("no rows")], "not testable with this data"),
        ([reading("unclear"), reading("no rows")], "not identified"),
        ([reading("for", N, confounded=True)], "not identified"),
        ([reading("against", N, confounded=True), reading("unclear")], "not identified"),
        ([reading("for", U), reading("against", N)], "mixed"),
        ([reading("for", U), reading("against", N, confounded=True)], "supported, one side only"),
        ([reading("against", U), reading("unclear")], "contradicted"),
        ([reading("for", U), reading("for", U)], "supported, one side only"),
        ([reading("for", R)], "supported, one side only"),
        ([reading("for", U), reading("for", R)], "supported"),
        ([reading("for", U, N)], "supported"),
        ([reading("for", N), reading("no rows")], "supported"),
        ([reading("for", camps.CHINA)], "supported"),  # no side of the war
        ([reading("for", N, two_way=False)], "not identified"),
        ([reading("for", N), reading("against", N, two_way=False)], "supported"),
        ([reading("against", U), reading("for", N, two_way=False)], "contradicted"),
        ([reading("unclear"), reading("for", U, two_way=False)], "not identified"),
    ],
)
def test_verdict_rule(readings, expected):
    assert verdicts.verdict(readings) == expected
    assert verdicts.verdict(reversed(readings)) == expected
    assert expected in verdicts.VERDICTS


@pytest.mark.parametrize(
    ("readings", "grades", "expected"),
    [
        ([reading("for", U)], [1], "low"),
        ([reading("for", U), reading("for", U)], [1, 1], "low"),
        ([reading("for", U), reading("against", N)], [1, 1], "low"),
        ([reading("for", U), reading("for", N)], [1, 2], "high"),
        ([reading("for", U), reading("for", N, two_way=False)], [1, 2], "low"),
        ([reading("for", U), reading("for", N)], [1, 3], "moderate"),
        ([reading("against", N), reading("against", N)], [1, 1], "moderate"),
    ],
)
def test_confidence_rule(readings, grades, expected):
    assert verdicts.confidence(readings, grades) == expected


@pytest.mark.parametrize(("vote", "reading"), [(1, "against"), (2, "for"), (3, "for")])
def test_washingtons_vote_is_read_from_its_row(monkeypatch, vote, reading):
    p, rows_of = few(as_of="2026-10-31"), verdicts._rows

    def rows(p, tables, indicator, items=None):
        found = rows_of(p, tables, indicator, items)
        return found.assign(value=float(vote)) if indicator == "unga_country_vote" else found

    monkeypatch.setattr(verdicts, "_rows", rows)
    found = {r.indicator: r for r in verdicts._unity(p)}["vote of February 2025"]
    assert found.reading == reading and found.rows and found.confounded


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (EARLY, {"strategy-ammunition": "not identified", "limit-china": "not identified",
                 "limit-reputation": "not testable with this data"}),
        (STUDY_DAY, {"strategy-ammunition": "supported, one side only",
                     "strategy-unity": "not identified", "strategy-pressure": "not identified",
                     "limit-quality": "supported, one side only", "limit-china": "supported",
                     "limit-reputation": "not testable with this data"}),
        (HINDSIGHT, {"strategy-ammunition": "supported", "strategy-unity": "not identified",
                     "strategy-pressure": "not identified", "limit-quality": "mixed",
                     "limit-china": "supported", "limit-reputation": "not identified"}),
    ],
)  # fmt: skip
def test_verdicts_of_vintages(day, expected):
    found = verdicts.table(few(as_of=day)).set_index("claim")["verdict"]
    assert list(found.index) == list(verdicts.CLAIMS)
    assert {claim: found[claim] for claim in expected} == expected
    assert found["limit-unpredictable"] == "not testable with this data"


def test_a_one_way_indicator_never_reads_both_ways():
    seen = {}
    for day in ("2023-12-15", EARLY, STUDY_DAY, "2025-06-30", HINDSIGHT):
        for r in verdicts.readings(few(as_of=day)):
            if not r.two_way:
                seen.setdefault(r.indicator, set()).add(r.reading)
    assert seen
    assert all(not {"for", "against"} <= found for found in seen.values())


def test_beijings_vote_is_read_from_its_row(tmp_path, monkeypatch):
    def own(day):
        found = verdicts.readings(few(as_of=day), ["limit-china"])
        return next(r for r in found if r.indicator.startswith("Beijing's vote"))

    assert (own(STUDY_DAY).reading, own(STUDY_DAY).text) == ("for", "Beijing abstained on it")
    assert own(EARLY).reading == "no rows"
    shutil.copytree(paths.RAW, tmp_path / "raw")
    table = tmp_path / "raw" / "strategy.csv"
    row = "panel-2024-03:CHN,2024-03-28,2024-03-28,"
    assert f"{row}2," in table.read_text("utf-8")
    table.write_text(table.read_text("utf-8").replace(f"{row}2,", f"{row}3,"), "utf-8")
    monkeypatch.setattr(paths, "RAW", tmp_path / "raw")
    assert (own(STUDY_DAY).reading, own(STUDY_DAY).text) == ("against", "Beijing voted against it")


def test_power_says_whether_an_end_of_all_aid_would_stand_out():
    months = pd.period_range("2023-01", "2024-12", freq="M")
    p = few(window_months=6)
    steady = pd.Series(np.linspace(100, 120, len(months)), months)
    found, kind = aid.placebos(p, steady)
    assert kind == "ratio"
    assert aid.placebo_share(0.0, found["change"].iloc[1:])[0] == 1 / len(found)
    # One gift in two years: most windows hold nothing, so nothing after nothing is usual.
    lumpy = steady * 0 + [100.0 if m == months[3] else 0.0 for m in months]
    found, kind = aid.placebos(p, lumpy)
    assert kind == "difference"
    after_nothing = found["after"] == 0
    least = found["change"] - found["after"]
    assert aid.placebo_share(least[after_nothing].iloc[-1], found["change"].iloc[:-1])[0] > 0.5
    full = aid.effects(few(as_of=HINDSIGHT, measure="committed"))
    full = full[full["full"].astype(bool) & (full["donor"] == "South_Korea") & ~full["relative"]]
    assert not full["power"].astype(bool).any()
    usual = aid.effects(few(as_of=HINDSIGHT))
    usual = usual[usual["full"].astype(bool) & (usual["donor"] == "Japan") & ~usual["relative"]]
    assert usual["power"].astype(bool).all()


def test_a_parameter_reaches_no_other_claim():
    p = few(as_of=HINDSIGHT)
    base = verdicts.readings(p)
    for name, claims in sensitivity.REACH.items():
        moved = verdicts.readings(p.model_copy(update={name: sensitivity.MOVES[name][0]}))
        moved += verdicts.readings(p.model_copy(update={name: sensitivity.MOVES[name][1]}))
        others = [(r.indicator, r.reading) for r in moved if r.claim not in claims]
        assert set(others) <= {(r.indicator, r.reading) for r in base}, name


def test_claims_are_those_of_the_table():
    assert set(evidence.claims("kremlin_strategy", HINDSIGHT)["claim_id"]) == set(verdicts.CLAIMS)


def test_thresholds_move_readings(hindsight):
    strict = verdicts.readings(few(as_of=HINDSIGHT, poor_share=60.0))
    own = {r.indicator: r.reading for r in strict if r.claim == "limit-quality"}
    assert own["unusable rounds"] == "against"
    moved = hindsight.frames["moved"]
    assert set(moved["parameter"]) == set(sensitivity.MOVES)
    assert (moved.loc[moved["parameter"] == "poor_share", "claim"] == "limit-quality").any()


def test_a_verdict_that_moves_tells_the_reading_that_moved_it(hindsight, study):
    for result in (hindsight, study):
        moved = result.frames["moved"]
        told = moved["readings"] != ""
        assert told[moved["from_verdict"] != moved["to_verdict"]].all()
    own = hindsight.frames["moved"].query("parameter == 'event_month' and to == 'after'")
    assert own["readings"].tolist() == ["aid of South Korea: against (confounded) to against"]


# --- sentences -------------------------------------------------------------------------------


def test_answers_to_one_question_are_told_by_how_they_moved(study):
    polls = study.frames["polls"]
    assert words.asked_again(polls) == (
        "One question on support for Ukraine was asked again in the same words.\n"
        "The answer 'weapons' moved by {value}`kremlin_strategy.poll_change full`, not beyond"
        " chance; 'no aid' rose beyond chance; 'non military only' fell beyond chance.\n"
        "So reluctance to send weapons was there before and stayed, and reluctance to give any aid"
        " grew.\n"
    )
    later = polls["period_end"].dt.year == 2024
    fewer = polls.assign(value=polls["value"].mask(later & (polls["item"] == "weapons"), 5.0))
    assert "full`, beyond chance;" in words.asked_again(fewer)
    assert "stayed" not in words.asked_again(fewer)
    same = polls.assign(value=polls["value"].mask(later & (polls["item"] == "no_aid"), 7.0))
    assert "'no aid' did not move beyond chance" in words.asked_again(same)
    assert "any aid grew" not in words.asked_again(same)


def test_votes_without_a_change_are_told_with_whose_they_are(hindsight):
    readings = [r for r in hindsight.readings if r.claim == "strategy-unity"]
    assert words.votes_with_washington(readings).startswith(
        "the votes of Seoul and Tokyo with Washington show"
    )
    clear = [r._replace(reading="for") if "Seoul" in r.indicator else r for r in readings]
    assert words.votes_with_washington(clear).startswith("the votes of Tokyo with Washington show")
    assert words.votes_with_washington([]) == ""


def test_a_caption_names_the_kinds_of_rows_on_china_that_are_there(study):
    rows = pd.DataFrame({"indicator": ["unsc_vote", "china_dprk_signal", "unsc_vote"]})
    assert words.china_rows(rows) == "China: signals and the vote on the sanctions panel."
    every = pd.DataFrame({"indicator": list(words.CHINA)})
    assert "visits, signals and the vote" in words.china_rows(every)


def test_verdicts_that_change_are_named_once(study):
    text = words.turned(study.frames["moved"])
    ammunition, quality = (verdicts.CLAIMS[c] for c in ("strategy-ammunition", "limit-quality"))
    assert f"read with it: {ammunition}; {quality}.\nThe others hang" in text
    still = study.frames["moved"].assign(to_verdict=study.frames["moved"]["from_verdict"])
    assert words.turned(still).startswith("No verdict changes")


# --- analysis of competing hypotheses --------------------------------------------------------


def toy(rows, grades=None):
    """Scores of made-up rows: obs_id and a letter code for each explanation."""
    records = []
    for obs, codes in rows.items():
        grade = (grades or {}).get(obs, ("A", 1))
        for name, code in zip(hypotheses.NAMES, codes.split(), strict=True):
            records.append((obs, name, code, *grade))
    columns = ["obs_id", "hypothesis", "consistency", "reliability", "credibility"]
    return pd.DataFrame(records, columns=columns).assign(period_end=pd.Timestamp("2024-01-01"))


TOY = {
    "r1": "CC CC CC CC",  # fits all: tells nothing
    "r2": "C I N II",
    "r3": "I C C N",
    "r4": "N I C C",
}


def test_inconsistency_by_hand():
    scores = toy(TOY, {"r2": ("B", 2), "r3": ("A", 2), "r4": ("C", 3)})
    wide = hypotheses.matrix(scores)
    weight = hypotheses.weights(scores, "admiralty")
    assert list(weight) == pytest.approx([1.0, 0.64, 0.8, 0.36])
    points = hypotheses.against(wide, weight)
    # ammunition: r3; coercion: r2 and r4; technology: none; alignment: twice r2
    assert dict(points.sum()) == pytest.approx(
        {"ammunition": 0.8, "coercion": 1.0, "technology": 0.0, "alignment": 1.28}
    )
    assert hypotheses.order_text(hypotheses.order(points)) == (
        "technology < ammunition < coercion < alignment"
    )
    assert list(hypotheses.diagnosticity(points)) == pytest.approx([0, 1.28, 0.8, 0.36])


def test_equal_weights_and_ties():
    scores = toy(TOY)
    points = hypotheses.against(hypotheses.matrix(scores), hypotheses.weights(scores, "equal"))
    found = hypotheses.totals(points).set_index("hypothesis")["rank"]
    assert dict(found) == {"technology": 1, "ammunition": 2, "coercion": 3, "alignment": 3}


def test_drop_one_by_hand():
    rows = {"a": "I N C C", "b": "I C C N", "c": "C I II II"}
    points = hypotheses.against(
        hypotheses.matrix(toy(rows)), hypotheses.weights(toy(rows), "equal")
    )
    assert hypotheses.order(points)[0] == ("coercion",)  # 2, 1, 2, 2
    found = hypotheses.drop_one(points).set_index("obs_id")
    # without c: 2, 0, 0, 0; without a: 1, 1, 2, 2
    assert found.at["c", "first_changes"] and found.at["a", "first_changes"]
    assert hypotheses.order(points.drop("a"))[0] == ("ammunition", "coercion")


@pytest.mark.parametrize("weighting", hypotheses.WEIGHTINGS)
def test_what_fits_and_what_says_nothing_count_alike(weighting):
    """A neutral score never helps or hurts: the order rests on what does not fit."""
    scores = hypotheses.table(HINDSIGHT)
    neutral = scores.assign(consistency=scores["consistency"].replace({"CC": "N", "C": "N"}))
    weight = hypotheses.weights(scores, weighting)
    found, other = (hypotheses.against(hypotheses.matrix(s), weight) for s in (scores, neutral))
    assert hypotheses.order(found) == hypotheses.order(other)
    empty = toy({"x": "N N N N"}).assign(obs_id="strat-x")
    more = pd.concat([scores, empty], ignore_index=True)
    longer = hypotheses.against(hypotheses.matrix(more), hypotheses.weights(more, weighting))
    assert hypotheses.order(found) == hypotheses.order(longer)


def test_drop_two_against_every_pair(study):
    scores = study.frames["scores"]
    points = hypotheses.against(hypotheses.matrix(scores), hypotheses.weights(scores, "admiralty"))
    whole = hypotheses.order(points)[0]
    expected = {
        frozenset(pair): " = ".join(without)
        for pair in itertools.combinations(points.index, 2)
        if (without := hypotheses.order(points.drop(list(pair)))[0]) != whole
    }
    found = hypotheses.drop_two(points)
    assert expected
    assert {frozenset((r.one, r.other)): r.first for r in found.itertuples()} == expected


def test_a_lead_by_silence_is_lost_when_neutral_scores_are_left_out():
    rows = {"a": "C I N C", "b": "C C N I", "c": "I C I C", "d": "C II N C"}
    scores = toy(rows)
    found = hypotheses.schemes(scores).set_index("scheme")
    assert found.at["equal", "order"].startswith("alignment = ammunition = technology")
    assert found.at["neutral scores left out", "technology"] == 1.0  # one score, and it is against
    assert found.at["neutral scores left out", "order"].endswith("technology")


def test_rows_before_the_war_can_be_left_out():
    scores = toy({"old": "N II N II", "new": "I C N C"})
    scores.loc[scores["obs_id"] == "old", "period_end"] = pd.Timestamp("2022-02-23")
    found = hypotheses.schemes(scores).set_index("scheme")
    name = "rows before the war left out"
    assert found.at[name, "ammunition"] == 1 and found.at[name, "alignment"] == 0
    assert found.at["equal", "alignment"] == 2


def test_hindsights_lead_does_not_rest_on_neutral_scores_and_the_studys_does(study, hindsight):
    assert value(hindsight, "leading").value == value(hindsight, "leading_rate").value
    assert value(study, "leading").value != value(study, "leading_rate").value


def test_nothing_diagnostic_is_said():
    points = hypotheses.against(
        hypotheses.matrix(toy({"a": "I I I I", "b": "C N CC C"})),
        pd.Series(1.0, ["a", "b"]),
    )
    assert (hypotheses.diagnosticity(points) == 0).all()
    assert hypotheses.order(points) == (tuple(sorted(hypotheses.NAMES)),)
    assert list(hypotheses.first_shares(points, 50, 1)) == pytest.approx([0.25] * 4)


def test_first_shares_against_every_resample():
    rows = {"a": "I N C C", "b": "I C C N", "c": "C I II II"}
    points = hypotheses.against(
        hypotheses.matrix(toy(rows)), hypotheses.weights(toy(rows), "equal")
    )
    table = points.to_numpy()
    firsts = []
    for i in range(3):
        for j in range(3):
            for k in range(3):
                sums = table[[i, j, k]].sum(axis=0)
                first = sums == sums.min()
                firsts.append(first / first.sum())
    found = hypotheses.first_shares(points, 40_000, 3)
    assert found == pytest.approx(np.mean(firsts, axis=0), abs=0.01)


def test_every_row_is_scored_for_every_explanation_and_spans_the_tables(hindsight):
    scores = hindsight.frames["scores"]
    assert scores["obs_id"].nunique() >= 20
    assert len(scores) == len(hypotheses.NAMES) * scores["obs_id"].nunique()
    assert set(scores["table"]) == set(evidence.OBSERVATION_TABLES)
    assert scores["reason"].str.endswith(".").all()
    against = scores[scores["consistency"].isin(["I", "II"])]
    assert (against.groupby("hypothesis").size() >= 4).all()  # something inconvenient for each


@pytest.fixture
def raw(tmp_path, monkeypatch):
    folder = shutil.copytree(paths.RAW, tmp_path / "raw")
    monkeypatch.setattr(paths, "RAW", folder)
    return folder


def edit(file, change):
    rows = list(csv.reader(file.open(newline="", encoding="utf-8")))
    rows = change(rows)
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerows(rows)


def test_a_score_of_an_unknown_row_is_refused_with_its_line(raw):
    def change(rows):
        rows[6][2] = "strat-treaty-singed"
        return rows

    edit(raw / "hypotheses.csv", change)
    faults = [str(f) for f in datapackage.check(raw)]
    assert len(faults) == 1
    assert "hypotheses.csv:7" in faults[0]
    assert "obs_id" in faults[0] and "strat-treaty-singed" in faults[0]


def test_a_wrong_letter_is_refused_with_its_line(raw):
    def change(rows):
        rows[3][3] = "III"
        return rows

    edit(raw / "hypotheses.csv", change)
    (fault,) = [str(f) for f in datapackage.check(raw)]
    assert "hypotheses.csv:4" in fault and "CC, C, N, I, II" in fault


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[:1] + rows[2:], ["hypotheses.csv:2", "not scored", "ammunition"]),
        (
            lambda rows: [*rows, ["again", *rows[1][1:]]],
            [f"hypotheses.csv:{2 + 44 * 4}", "scored twice"],
        ),
    ],
)
def test_missing_and_double_scores_are_refused_with_their_line(raw, change, words):
    edit(raw / "hypotheses.csv", change)
    with pytest.raises(FaultsError) as refusal:
        hypotheses.table(HINDSIGHT)
    assert all(word in str(refusal.value) for word in words)


# --- projection and check --------------------------------------------------------------------


def test_projection_is_drawn_from_months_with_weights_that_are_not_known():
    """Against the other form of the Bayesian bootstrap: weights first, then months."""
    p = few(as_of=STUDY_DAY, bootstrap_draws=8192)
    korea = aid.monthly(STUDY_DAY, "allocated")["South_Korea"].to_numpy()
    rng = np.random.default_rng(1)
    weights = rng.dirichlet(np.ones(len(korea)), 20_000)
    sums = np.array([rng.choice(korea, 12, p=own).sum() for own in weights])
    found = projection.project(p).set_index(["donor", "months"]).loc[("South_Korea", 12)]
    assert found["seen"] == len(korea) == 29
    assert found["last"] == pytest.approx(korea[-12:].sum())
    for name, share in {"median": 0.5, "low90": 0.05, "high90": 0.95}.items():
        assert np.mean(sums <= found[name]) == pytest.approx(share, abs=0.02)
    assert found["lower"] == pytest.approx(np.mean(sums < korea[-12:].sum()), abs=0.02)
    assert (str(found["start"]), str(found["end"])) == ("2024-07", "2025-06")


def test_sums_of_an_urn_have_the_mean_and_variance_that_are_known():
    # Three months of 0, 3 and 6 have mean 3 and variance 6; any two draws share a quarter of it.
    drawn = projection.sums(pd.Series([0.0, 3.0, 6.0]), 2, few(bootstrap_draws=2**14))
    assert drawn.mean() == pytest.approx(2 * 3, rel=0.01)
    assert drawn.var() == pytest.approx(2 * 6 + 2 * 6 / 4, rel=0.02)
    # The month of 0 first (one ball of three), then it or its copy (two balls of four).
    assert np.mean(drawn == 0) == pytest.approx(1 / 3 * 2 / 4, abs=0.005)


@pytest.mark.parametrize(("months", "rows"), [(11, 0), (12, 4)])
def test_less_than_a_year_of_months_is_not_projected(months, rows, monkeypatch):
    seen = aid.monthly(STUDY_DAY, "allocated").head(months)
    monkeypatch.setattr(aid, "monthly", lambda *_: seen)
    assert len(projection.project(few(as_of=STUDY_DAY))) == rows


def test_check_scores_the_day_of_the_study(hindsight, study):
    assert study.frames["check"].empty
    found = hindsight.frames["check"].set_index(["donor", "months"])
    korea = aid.monthly(HINDSIGHT, "allocated")["South_Korea"]
    assert found.at[("South_Korea", 12), "later"] == pytest.approx(korea["2024-07":"2025-06"].sum())
    row = found.loc[("South_Korea", 12)]
    assert row["inside"] == ("yes" if row["low90"] <= row["later"] <= row["high90"] else "no")
    assert 0 < row["place"] < 1
    assert found.at[("Japan", 12), "inside"] == "yes"
    halfway = projection.check(few(as_of="2025-05-01"))
    assert list(halfway["months"]) == [6, 6]


def test_projections_are_published(study):
    v = value(study, "aid_south_korea_12_months")
    assert (v.kind, v.unit) == ("projection", "EUR_million")
    assert v.low <= v.value <= v.high


# --- vintages --------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [FIRST, EARLY, "2024-07-01", STUDY_DAY, "2025-06-30", HINDSIGHT])
def test_every_number_rests_on_rows_known_by_then(day):
    result = strategy.run(few(as_of=day))
    visible = set()
    for table in evidence.OBSERVATION_TABLES:
        visible |= set(evidence.load(table, day, implied=True, repeats=True)["obs_id"])
    assert {v.id: set(v.rows) - visible for v in result.values if set(v.rows) - visible} == {}
    for frame in result.frames.values():
        for column in ("row", "obs_id"):
            if column in frame:
                assert set(frame[column]) <= visible
    assert {row for r in result.readings for row in r.rows} <= visible


@given(st.dates(dt.date(2023, 11, 2), dt.date(2026, 10, 31)))
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.long
def test_rows_known_later_never_change_an_earlier_value(tmp_path_factory, day):
    p = few(as_of=day)
    full = strategy.run(p)
    raw = shutil.copytree(paths.RAW, tmp_path_factory.mktemp("raw") / "raw")
    for table in evidence.OBSERVATION_TABLES:
        seen = set(evidence.load(table, day, implied=True, repeats=True)["obs_id"])
        edit(
            raw / f"{table}.csv",
            lambda rows, seen=seen: [rows[0], *(r for r in rows if r[0] in seen)],
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "RAW", raw)
        cut = strategy.run(p)
    assert cut.values == full.values
    assert cut.readings == full.readings


def test_the_latest_vintage_runs():
    assert (
        strategy.run(few(as_of="2030-12-31", bootstrap_draws=100)).frames["effects"]["full"].all()
    )


# --- refusals, switches, conflicts, figures --------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"measure": "pledged"}, ["measure", "not one of the choices", "allocated, committed"]),
        ({"window_months": 2}, ["window_months", "out of range", "from 3 to 24"]),
        ({"weighting": "heuer"}, ["weighting", "admiralty"]),
        ({"placebo_share": 0.0}, ["placebo_share", "out of range"]),
        ({"window": 12}, ["unknown parameter", "window_months"]),
    ],
)
def test_bad_parameters_are_refused_in_plain_words(given_, words):
    with pytest.raises(FaultsError) as refusal:
        parameters.validate("kremlin_strategy", given_)
    assert all(word in str(refusal.value) for word in words)


@pytest.mark.parametrize(
    "changes",
    [
        {"measure": "committed", "window_months": 6},
        {"event": "troops", "event_month": "after"},
        {"window_months": 24},
        {"weighting": "equal", "worst_credibility": 1},
        {"event_shift_months": 12},
    ],
)
def test_every_switch_gives_a_whole_chapter(changes):
    result = strategy.run(few(as_of=HINDSIGHT, **changes))
    assert {"leading", "verdict_strategy_pressure", "aid_japan_6_months"} <= names(result)


def test_every_conflict_points_at_rows_and_shows_in_hindsight(hindsight):
    found = hindsight.frames["conflicts"].set_index("topic")
    known = set()
    for table in evidence.OBSERVATION_TABLES:
        known |= set(evidence.load(table, HINDSIGHT, implied=True, repeats=True)["obs_id"])
    for conflict in conflicts.CONFLICTS:
        assert set(conflict.rows) <= known, conflict.topic
        assert found.at[conflict.topic, "rows"] == conflict.rows
    days = found.at["Day the treaty was signed", "figures"]
    assert "signature, 2024-06-19" in days and "signature, 2024-06-18" in days


def test_months_round_events_tells_its_data():
    frame = pd.DataFrame({"X": [0.0, 2.0, 4.0]}, pd.period_range("2024-01", periods=3, freq="M"))
    month = pd.Period("2024-02", "M")
    drawing = figures.months_round_events(
        frame, {"news": month}, "things", [("X", "before", month - 1, month - 1, 1.5)]
    )
    assert "X: 2 of 3 months above zero, highest 4.0 in 2024-03" in drawing.alt
    assert "A line marks the news in 2024-02. X, before: mean 1.5." in drawing.alt
    assert list(drawing.table["X"]) == ["0.0", "2.0", "4.0"]


def test_placebos_drawing_tells_where_the_event_lies():
    frame = pd.DataFrame(
        {"month": pd.period_range("2024-01", periods=3, freq="M"), "change": [0.5, 1.0, 2.0]}
    )
    drawing = figures.placebos({"X": frame}, {"news": pd.Period("2024-02", "M")}, "ratio", 1)
    assert "X, news: 1.00, above 1 of 2 other months" in drawing.alt
    assert list(drawing.table["Event"]) == ["", "news", ""]
    # An event without full windows is not drawn, and not named either.
    events = {"news": pd.Period("2024-02", "M"), "later": pd.Period("2025-02", "M")}
    drawing = figures.placebos({"X": frame}, events, "ratio", 1)
    assert [text.get_text() for text in drawing.figure.legends[0].get_texts()] == ["news"]


def test_the_caption_of_placebos_says_where_the_marked_months_lie(hindsight):
    effects = hindsight.frames["effects"]
    own = effects[effects["full"] & effects["donor"].isin(aid.TARGETS)]
    assert words.among_placebos(own).endswith("the marked ones lie among the others.")
    lowest = own.assign(as_low=own["smallest"]).iloc[:1]
    assert words.among_placebos(lowest).endswith(
        "a marked one is the lowest or the highest of its line for South Korea (treaty)."
    )


def test_a_wish_is_told_as_one_among_reports_of_technology(hindsight):
    what = hindsight.frames["technology"].set_index("obs_id")["what"]
    assert what["strat-tech-paparo-wish"] == "reentry vehicle and submarine (sought)"
    assert what["strat-tech-paparo-air"].endswith("(agreed)")
    assert what["strat-tech-msmt-pantsir"] == "Pantsir"
    assert set(costs.NO_TRANSFER) <= set(what.index)
    assert costs.technology("2022-03-01").empty


def test_the_panel_of_controls_says_whose_aid_it_adds_up():
    assert aid.panel_title("South_Korea") == "South Korea"
    title = aid.panel_title("controls")
    assert all(aid.display(donor) in title for donor in aid.CONTROLS)


def test_listings_in_the_timeline_count_nobody_twice(hindsight):
    lane = hindsight.frames["timeline"].query("lane == 'Sanctions'").set_index("day")["event"]
    # Nine, seven and three of one list, which other rows state as 19 and split otherwise.
    assert "US: 19 listed" in set(lane[["2024-12-16"]])
    # A joint list with its Russian half; a package of which five are for this.
    assert lane["2024-12-17"] == "ROK: 26 listed"
    assert "UK: 5 listed" in set(lane[["2025-02-24"]])
    main = hindsight.frames["timeline"].query("lane == 'Sanctions' and main")["event"]
    assert list(main) == ["US: 1 listed", "ROK: 26 listed"]


def test_timeline_tells_its_data():
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2024-01-01", "2024-05-01"]),
            "label": ["first", "second"],
            "group": ["2, good", "4, bad"],
            "Row": ["a", "b"],
        }
    )
    drawing = figures.timeline(frame, "credibility")
    assert "1 of credibility 2, good; 1 of credibility 4, bad" in drawing.alt
    assert list(drawing.table["Row"]) == ["a", "b"]
