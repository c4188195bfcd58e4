"""Values: what may be stated, how it is printed, and how it is kept."""

import json
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compendium import arms, parameters, scenarios, values
from compendium.errors import CompendiumError
from compendium.values import Value

TOTAL = Value(
    "arms_trade.value_total",
    3021.4,
    1250.2,
    6904.8,
    "USD_million",
    decimals=0,
    label="Value of all deliveries",
    level=0.9,
    rows=("row-1", "row-2"),
)


@pytest.fixture
def output(tmp_path, monkeypatch):
    """Folder that chapters of this test publish to."""
    monkeypatch.setenv("COMPENDIUM_OUTPUT", str(tmp_path))
    monkeypatch.setattr(values, "_published", {})
    return tmp_path


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"id": "total"}, "the id must read chapter.name"),
        ({"id": "Arms.total"}, "in lower case"),
        ({"id": "arms..total"}, "the id must"),
        ({"id": "arms.total "}, "the id must"),
        ({"id": "arms.a-b"}, "the id must"),
        ({"id": ".total"}, "the id must"),
        ({"unit": "USD_milion"}, "unknown unit 'USD_milion'; did you mean 'USD_million'?"),
        ({"kind": "guess"}, "kind must be one of evidence, estimate"),
        ({"value": "3"}, "the unit 'USD_million' does not fit the value '3'"),
        ({"unit": "text"}, "does not fit the value 1"),
        ({"unit": "date"}, "does not fit the value 1"),
        ({"low": 0}, "both ends of the interval or neither"),
        ({"high": 2}, "both ends of the interval or neither"),
        ({"low": 2, "high": 3}, "1 lies outside its interval 2 to 3"),
        ({"low": -1, "high": 0.5}, "1 lies outside its interval"),
        ({"low": 2, "high": 0}, "outside"),
        ({"value": math.nan}, "not a finite number"),
        ({"value": math.inf}, "not a finite number"),
        ({"low": -math.inf, "high": 3}, "not a finite number"),
        ({"low": 0, "high": math.nan}, "not a finite number"),
        ({"value": None}, "not a plain number"),
        ({"value": True}, "not a plain number"),
        ({"value": np.int64(1)}, "not a plain number"),
        ({"low": "0", "high": "3"}, "not a plain number"),
        ({"value": "A", "unit": "text", "low": 0, "high": 1}, "a text has no interval"),
        ({"level": 0}, "the level must lie between 0 and 1"),
        ({"level": 1}, "the level must lie between 0 and 1"),
        ({"level": 90}, "found 90"),
    ],
)
def test_a_bad_value_is_refused_with_its_id(given, words):
    given = {"id": "arms.total", "value": 1, "unit": "USD_million", **given}
    with pytest.raises(CompendiumError) as caught:
        Value(**given)
    assert str(caught.value).startswith(f"value {given['id']!r}: ")
    assert words in str(caught.value)


def test_an_interval_may_be_a_point():
    assert Value("a.b", 1, 1, 1).text("interval") == "1 to 1"


# --- Printing --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        (1234567.891, 0, "1,234,568"),
        (1234567.891, 2, "1,234,567.89"),
        (1234567.891, -3, "1,235,000"),
        (-1234.5, 0, "-1,234"),
        (-1234.56, 1, "-1,234.6"),
        (-0.4, 0, "0"),
        (-0.04, 1, "0.0"),
        (-4, -1, "0"),
        (0.0, 2, "0.00"),
        (7, 0, "7"),
        (999.96, 1, "1,000.0"),
    ],
)
def test_rounding(amount, decimals, text):
    assert Value("a.b", amount, decimals=decimals).text("number") == text


@given(st.floats(-1e12, 1e12), st.integers(-6, 6))
def test_a_printed_number_reads_back_within_half_a_digit(amount, decimals):
    text = Value("a.b", amount, decimals=decimals).number()
    assert abs(float(text.replace(",", "")) - amount) <= 0.5000001 * 10.0**-decimals + 1e-3
    assert not text.startswith("-") or float(text.replace(",", "")) < 0


def test_each_form():
    assert TOTAL.text() == TOTAL.text("value") == "3,021 million USD"
    assert TOTAL.text("number") == "3,021"
    assert TOTAL.text("interval") == "1,250 to 6,905 million USD"
    assert TOTAL.text("full") == "3,021 million USD (90 % interval 1,250 to 6,905)"
    seen = Value("a.b", -0.5, -2.5, 0.2, "percent", decimals=1)
    assert seen.text("full") == "-0.5 percent (range -2.5 to 0.2)"
    assert seen.text("interval") == "-2.5 to 0.2 percent"
    assert Value("a.b", "2024-10-28", unit="date").text() == "2024-10-28"
    assert Value("a.b", "None at all", unit="text").text("number") == "None at all"


@pytest.mark.parametrize("form", ["sum", "", "Value", None])
def test_an_unknown_form_is_refused(form):
    with pytest.raises(CompendiumError, match="unknown form .*; allowed: value, number, interval"):
        TOTAL.text(form)


@pytest.mark.parametrize("form", ["interval", "full"])
def test_without_interval_none_is_printed(form):
    with pytest.raises(CompendiumError, match="'a.b' has no interval"):
        Value("a.b", 1).text(form)


@pytest.mark.parametrize("unit", values.UNITS)
def test_every_unit_prints_its_number(unit):
    amount = "word" if unit in ("text", "date") else 12
    assert str(amount) in Value("a.b", amount, unit=unit).text()


def test_the_table_shows_what_is_printed():
    row = values.frame([TOTAL, Value("a.b", 2)]).iloc[0]
    assert row["Interval"] == "1,250 to 6,905 million USD"
    assert (row["Value"], row["Level"], row["Rows"]) == ("3,021 million USD", "90%", 2)


# --- Keeping ---------------------------------------------------------------------------------


def test_what_is_published_is_read_back_equal(output):
    text = Value("arms_trade.as_of", "2024-10-28", unit="date", kind="evidence")
    values.publish_all([TOTAL, text])
    published = values.publish("trade_trends.rows", 7, unit="count", rows=iter(["r"]), decimals=0)
    assert published.rows == ("r",)
    assert {f.name for f in (output / "values").iterdir()} == {"arms_trade.json", "trade_trends.json"}  # fmt: skip
    expected = {v.id: v for v in (TOTAL, text, published)}
    assert values.read(output / "values.json") == expected
    content = json.loads((output / "values.json").read_text("utf-8"))
    assert content["format"] == values.FORMAT
    assert content["values"][TOTAL.id]["chapter"] == "arms_trade"
    own = json.loads((output / "values" / "arms_trade.json").read_text("utf-8"))
    assert list(own) == sorted([TOTAL.id, text.id])


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)


@given(st.lists(numbers, min_size=3, max_size=3), st.text(max_size=9))
def test_any_number_survives_the_file_to_the_last_bit(three, label):
    low, value, high = sorted(three)
    stated = Value("a.b", value, low, high, label=label)
    record = json.loads(json.dumps(values.record(stated), ensure_ascii=False))
    assert values.from_record("a.b", record) == stated


def test_a_value_stated_again_is_replaced(output):
    values.publish("a.b", 1)
    values.publish("a.b", 2)
    assert values.read(output / "values.json")["a.b"].value == 2


def test_chapters_of_two_processes_are_joined(output):
    code = "import sys; from compendium import values; values.publish(sys.argv[1], 1)"
    runs = [subprocess.Popen([sys.executable, "-c", code, id]) for id in ("one.a", "two.a")]
    assert [run.wait(60) for run in runs] == [0, 0]
    found = values.collect(output, scenario="replication", as_of="2024-10-28")
    assert set(found) == {"one.a", "two.a"}
    assert values.read(output / "values.json") == found
    content = json.loads((output / "values.json").read_text("utf-8"))
    assert (content["scenario"], content["as_of"]) == ("replication", "2024-10-28")
    assert not list(output.rglob("*.tmp"))


def test_without_a_build_values_go_to_a_folder_of_their_own(monkeypatch):
    monkeypatch.delenv("COMPENDIUM_OUTPUT", raising=False)
    assert values.output_folder().parts[-2:] == ("_build", "interactive")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "values.json is missing: no chapter has published a value yet; run `make book`"),
        ("{", "not a file of format compendium-values/1"),
        ("[]", "not a file of format"),
        ('{"format": "compendium-values/2", "values": {}}', "not a file of format"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, content, words):
    file = tmp_path / "values.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CompendiumError, match="values.json") as caught:
        values.read(file)
    assert words in str(caught.value)


def test_a_missing_id_is_refused_with_the_nearest_one():
    known = {TOTAL.id: TOTAL}
    assert values.lookup(known, TOTAL.id) is TOTAL
    with pytest.raises(CompendiumError, match="did you mean 'arms_trade.value_total'"):
        values.lookup(known, "arms_trade.value_totl")
    with pytest.raises(CompendiumError, match="no value 'x' was published$"):
        values.lookup(known, "x")


@pytest.mark.parametrize("name", ["replication", "hindsight"])
def test_every_number_of_the_arms_chapter_can_be_kept_and_printed(output, name):
    chosen = scenarios.read(name).chapters["arms_trade"]
    few = parameters.ArmsTrade(as_of=chosen.as_of, draws=64, sobol_samples=64)
    stated = arms.run(few).values
    assert len({value.id for value in stated}) == len(stated)
    assert {value.unit for value in stated} <= set(values.UNITS)
    assert all(value.label for value in stated)
    values.publish_all(stated)
    assert values.read(output / "values.json") == {value.id: value for value in stated}


def test_one_id_is_stated_once(tmp_path, monkeypatch):
    monkeypatch.setenv("COMPENDIUM_OUTPUT", str(tmp_path))
    twice = [values.Value("a.b", 1.0), values.Value("a.b", 2.0)]
    with pytest.raises(CompendiumError, match="stated twice: a.b"):
        values.publish_all(twice)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("in USD_billion", "3.0214 billion USD"),
        ("number in USD_billion", "3.0214"),
        ("interval in USD_billion", "1.2502 to 6.9048 billion USD"),
        ("in USD_million", "3,021 million USD"),
    ],
)
def test_a_value_can_be_told_in_another_unit_of_the_same_thing(form, text):
    value = replace(TOTAL, decimals=1) if "billion" in form else TOTAL
    assert value.text(form) == text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("in rounds", "is in USD_million and cannot be told in rounds; allowed: USD_million, USD"),
        ("in USD_bilion", "unknown unit 'USD_bilion'; did you mean 'USD_billion'"),
        ("sum in USD_billion", "unknown form 'sum'"),
    ],
)
def test_a_clash_of_units_is_refused(form, words):
    with pytest.raises(CompendiumError) as caught:
        TOTAL.text(form)
    assert words in str(caught.value)
