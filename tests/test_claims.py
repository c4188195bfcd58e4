"""The rule that turns probabilities into a verdict, branch by branch."""

import math
from pathlib import Path

import pandas as pd
import pytest

from compendium import claims, evidence, parameters, replication
from compendium.claims import VERDICTS, verdict
from compendium.errors import CompendiumError
from compendium.values import Value


@pytest.mark.parametrize(
    ("chosen", "readings", "later", "word"),
    [
        (None, {}, None, "not testable"),
        (None, {"a": None}, None, "not testable"),
        (0.5, {}, None, "reproduced"),
        (0.9, {"a": 0.0}, 0.5, "reproduced"),
        (0.9, {"a": 0.9}, 0.49, "overtaken"),
        (0.2, {"a": 0.9}, 0.1, "reproduced with another reading"),  # it never held as chosen
        (0.2, {"a": 0.1, "b": 0.5}, None, "reproduced with another reading"),
        (None, {"a": 0.7}, None, "reproduced with another reading"),
        (0.49, {"a": 0.49, "b": None}, None, "not reproduced"),
        (0.2, {}, 0.9, "not reproduced"),  # later evidence does not make an old basis sound
        (None, {}, 0.1, "not reproduced"),
        (1.0, {"a": 1.0}, 1.0, "reproduced"),  # certainty is a probability too
        (0.0, {"a": 0.0}, 0.0, "not reproduced"),
    ],
)
def test_every_branch(chosen, readings, later, word):
    assert verdict(chosen, readings, later) == word
    assert word in VERDICTS


@pytest.mark.parametrize("wrong", [math.nan, -0.1, 1.1, 97])
def test_what_is_no_probability_is_refused_by_name(wrong):
    for arguments in ((wrong, {}, None), (None, {"west": wrong}, None), (0.5, {}, wrong)):
        with pytest.raises(CompendiumError, match="not a probability from 0 to 1"):
            verdict(*arguments)
    with pytest.raises(CompendiumError, match="west"):
        verdict(None, {"west": wrong}, None)


# --- the summary of the replication chapter --------------------------------------------------


def stated(*rows):
    """Statements as `evidence.claims` returns them, from (claim, chapter)."""
    table = pd.DataFrame(rows, columns=["claim_id", "chapter"])
    return table.assign(statement="s", kind="fact", low=float("nan"), high=float("nan"), unit="")


def word(id, text):
    return {id: Value(id, text, unit="text")}


@pytest.mark.parametrize(
    ("then", "now", "verdict", "own"),
    [
        ("supported", None, "reproduced", "supported"),
        ("supported, one side only", None, "reproduced with another reading", "supported, one side only"),
        ("mixed", None, "reproduced with another reading", "mixed"),
        ("contradicted", None, "not reproduced", "contradicted"),
        ("not identified", None, "not testable", "not identified"),
        ("supported", "mixed", "reproduced with another reading", "mixed"),
        ("supported", "contradicted", "overtaken", "contradicted"),
        ("mixed", "contradicted", "overtaken", "contradicted"),
        ("contradicted", "contradicted", "not reproduced", "contradicted"),
        ("reproduced", "overtaken", "overtaken", ""),
        ("not reproduced", None, "not reproduced", ""),
        (None, None, "not testable", ""),
        ("nonsense", None, "not testable", ""),
    ],
)  # fmt: skip
def test_words_of_the_chapters_become_verdicts(then, now, verdict, own):
    id = "kremlin_strategy.verdict_some_claim"
    before = word(id, then) if then else {}
    after = word(id, now) if now else None
    table = claims.summary(stated(("some-claim", "kremlin_strategy")), before, after)
    assert table.loc[0, ["verdict", "own"]].tolist() == [verdict, own]


def test_each_statement_shows_the_value_that_says_most_about_it():
    known = {
        "arms_trade.value_total": Value(
            "arms_trade.value_total", 3.0, 1.0, 5.0, "USD_billion", level=0.9
        ),
        **word("arms_trade.verdict_arms_value_upper", "reproduced"),
    }
    table = claims.summary(stated(("arms-value-upper", "arms_trade")), known, {})
    row = table.iloc[0]
    assert row["then"] == "3 billion USD (90 % interval 1 to 5)"
    assert row["now"] == "cannot be said"
    assert row["id"] == "arms_trade.value_total"


def test_every_statement_of_the_study_has_a_value_and_a_verdict_or_is_advice():
    result = replication.run(parameters.validate("replication", {"as_of": "2024-10-28"}))
    table = result.frames["summary"]
    assert len(table) == 24
    assert set(table.loc[table["kind"] == "recommendation", "verdict"]) == {"not testable"}
    assert (table["then"] != "cannot be said").all() and (table["now"] == "").all()
    known = {v.id: v.value for v in result.values}
    assert known["replication.claims"] == 24
    assert sum(known[f"replication.{w.replace(' ', '_')}"] for w in VERDICTS) == 24
    assert result.frames["counts"].to_numpy().sum() == 24
    visible = set()
    for name in evidence.OBSERVATION_TABLES:
        visible |= set(evidence.load(name, "2024-10-28", implied=True, repeats=True)["obs_id"])
    assert all(set(value.rows) <= visible for value in result.values)


def test_before_the_study_there_is_nothing_to_replicate():
    result = replication.run(parameters.validate("replication", {"as_of": "2024-02-01"}))
    assert result.frames["summary"].empty and result.frames["counts"].empty


@pytest.mark.long
def test_a_later_build_shows_both_days():
    result = replication.run(parameters.validate("replication", {"as_of": "2026-10-31"}))
    table = result.frames["summary"].set_index("claim")
    assert table.loc["troops-cap", "then"] != table.loc["troops-cap", "now"]
    assert table.loc["troops-plausible", "verdict"] == "overtaken"


def test_a_statement_that_points_at_nothing_is_told_with_its_place():
    known = set(claims.RESULTS.values())
    assert claims.faults(known) == []
    (fault,) = claims.faults(known - {"trade_trends.return"})
    line = Path(claims.__file__).read_text("utf-8").splitlines()[fault.line - 1]
    assert '"trade-return": "trade_trends.return"' in line
    assert "points at a value that no chapter states" in str(fault)


def test_a_statement_that_the_study_never_made_is_told(monkeypatch):
    table = pd.DataFrame({"claim_id": [claim for claim in claims.RESULTS if claim != "troops-cap"]})
    monkeypatch.setattr(claims.datapackage, "read_table", lambda name: table)
    (fault,) = claims.faults(set(claims.RESULTS.values()))
    line = Path(claims.__file__).read_text("utf-8").splitlines()[fault.line - 1]
    assert '"troops-cap": ' in line and "no such statement of the study" in str(fault)


def test_verdict_and_probabilities_become_values():
    outcome = claims.Tested("a-b", "s", "f", 0.25, {"west": 0.5}, 0.75, ("row-1",))
    bare = claims.Tested("c", "s", "f", None)
    found = {v.id: (v.value, v.rows) for v in claims.values_of("x", [outcome, bare])}
    assert found == {
        "x.verdict_a_b": ("reproduced with another reading", ("row-1",)),
        "x.holds_a_b": (25.0, ("row-1",)),
        "x.later_a_b": (75.0, ("row-1",)),
        "x.verdict_c": ("not testable", ()),
    }


def test_a_label_says_what_answers_with_yes_or_no():
    outcome = claims.Tested("a-b", "s", "f", 1.0, how="yes or no, by the list")
    label = {v.id: v.label for v in claims.values_of("x", [outcome])}["x.holds_a_b"]
    assert label.endswith("under the chosen parameters: yes or no, by the list")


@pytest.mark.parametrize(
    ("comparator", "low", "high", "text"),
    [("between", 5.5, 6, "5.5 to 6 USD billion"), ("equal", 1200, 1200, "1,200 USD billion"),
     ("at_most", math.nan, 3, "at most 3 USD billion"), ("more_than", 0, math.nan, "more than 0 USD billion"),
     ("less_than", math.nan, 3, "less than 3 USD billion"), ("interpretation", math.nan, math.nan, "")],
)  # fmt: skip
def test_the_figure_of_a_statement(comparator, low, high, text):
    claim = {"comparator": comparator, "low": low, "high": high, "unit": "USD_billion"}
    assert claims.figure(claim) == text
