"""Parameters: refusals that say what to do, defaults, and the notebook cell that holds them."""

import ast
import csv
import datetime as dt
import json
import math
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import model_validator

from compendium import parameters, paths
from compendium.errors import CompendiumError, FaultsError

CHAPTERS = list(parameters.CHAPTERS)
FIELDS = [
    (chapter, name) for chapter in CHAPTERS for name in parameters.model(chapter).model_fields
]


def refusals(chapter="arms_trade", **given):
    """Text of each fault in these parameters."""
    with pytest.raises(FaultsError) as caught:
        parameters.validate(chapter, given)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("draws", True, ["wrong type, found 'True'", "whole number from 1 to 4,194,304"]),
        ("draws", 1024.0, ["wrong type, found '1024.0'", "a power of two (draws)"]),
        ("draws", "1024", ["wrong type, found '1024'"]),
        ("draws", 1000, ["not a power of two such as 16384, found '1000'"]),
        ("draws", 0, ["out of range, found '0'"]),
        ("draws", None, ["wrong type, found 'None'"]),
        ("seed", -1, ["out of range, found '-1'", "from 0 to 4,294,967,295"]),
        ("shell_price", "false", ["wrong type, found 'false'", "number from 10 to 20,000"]),
        ("shell_price", False, ["wrong type, found 'False'", "(USD_per_round), or None"]),
        ("shell_price", float("nan"), ["found 'nan'"]),
        ("shell_price", float("inf"), ["not a finite number, found 'inf'"]),
        ("shell_price", float("-inf"), ["not a finite number, found '-inf'"]),
        ("shell_price", 9.99, ["out of range, found '9.99'"]),
        ("rocket_share", 1.01, ["out of range, found '1.01'", "from 0 to 1 (share)"]),
        ("price_basis", "markt", ["not one of the choices, found 'markt'", "iran_contract, market"]),
        ("price_basis", None, ["not one of the choices, found 'None'"]),
        ("yardstick", "gdp", ["found 'gdp'", "gdp_real_2022, or None"]),
        ("as_of", "28.10.2024", ["not an ISO date such as 2024-10-28, found '28.10.2024'"]),
        ("as_of", "2024-10", ["not an ISO date"]),
        ("as_of", "2024-02-30", ["not an ISO date"]),
        ("as_of", "20241028", ["not an ISO date"]),
        ("as_of", "2024-W44-1", ["not an ISO date"]),
        ("as_of", 20241028, ["not an ISO date"]),
        ("as_of", dt.datetime(2024, 10, 28), ["not an ISO date"]),
        ("as_of", "2023-11-01", ["out of range", "ISO date from 2023-11-02 to 2030-12-31"]),
        ("as_of", "2031-01-01", ["out of range, found '2031-01-01'"]),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_with_place_value_and_what_is_allowed(name, value, words):
    (text,) = refusals(**{name: value})
    assert text.startswith(f"chapters/arms_trade.ipynb: arms_trade, parameter {name}: ")
    assert "; allowed: " in text
    for word in words:
        assert word in text


def test_an_unknown_name_is_refused_with_the_nearest_one():
    (text,) = refusals(price_bases="market")
    assert "parameter price_bases: unknown parameter; did you mean 'price_basis'?" in text
    assert text.endswith(", ".join(parameters.ArmsTrade.model_fields))
    (text,) = refusals("replication", draws=4)
    assert text.endswith("replication, parameter draws: unknown parameter; allowed: as_of")


def test_all_faults_come_at_once():
    texts = refusals(draws=3, sed=1, shell_price="x", as_of="today")
    named = {text.partition("parameter ")[2].partition(":")[0] for text in texts}
    assert named == {"draws", "sed", "shell_price", "as_of"}


def test_an_unknown_chapter_is_refused_with_the_nearest_one():
    with pytest.raises(CompendiumError, match="no chapter 'arms'; allowed: arms_trade, troop"):
        parameters.model("arms")
    with pytest.raises(CompendiumError, match="did you mean 'trade_trends'"):
        parameters.validate("trade_trend", {})


def test_faults_name_the_file_and_line_they_come_from():
    with pytest.raises(FaultsError) as caught:
        parameters.validate("arms_trade", {"draws": 3}, {"draws": 7}, "scenarios/mine.yml")
    assert str(caught.value.faults[0]).startswith("scenarios/mine.yml:7: arms_trade, parameter dr")


@given(st.integers(0, 22))
def test_every_power_of_two_in_range_is_taken(exponent):
    assert parameters.validate("arms_trade", {"draws": 2**exponent}).draws == 2**exponent


@given(st.integers(2, 2**22).filter(lambda n: n.bit_count() > 1))
def test_no_other_number_is(number):
    assert refusals(draws=number)


@given(st.floats(10, 20_000))
def test_a_price_in_range_is_kept_to_the_last_bit(price):
    assert parameters.validate("arms_trade", {"shell_price": price}).shell_price == price


def test_whole_numbers_are_numbers_and_edges_are_inside():
    chosen = parameters.validate("arms_trade", {"shell_price": 10, "as_of": "2030-12-31"})
    assert (chosen.shell_price, chosen.as_of) == (10, dt.date(2030, 12, 31))


# --- Parameters that must fit each other -----------------------------------------------------


class Spans(parameters.Parameters):
    """A chapter whose parameters must rise."""

    first: parameters.Month = parameters.parameter("2014-01", "month", "First month of all.")
    breaks: parameters.Month = parameters.parameter("2023-07", "month", "First month after it.")
    low: float | None = parameters.parameter(None, "share", "Low end, or none at all.")
    high: float = parameters.parameter(0.5, "share", "High end of the very same.")

    @model_validator(mode="after")
    def _fit(self):
        parameters.refuse(
            parameters.rising(self, "first", "breaks", strictly=True),
            parameters.rising(self, "low", "high"),
        )
        if self.high > 10:
            raise ValueError("no such chapter can be")
        return self


@pytest.fixture
def spans(monkeypatch):
    monkeypatch.setitem(parameters.CHAPTERS, "spans", Spans)


def test_the_first_and_the_last_month_are_taken_and_those_beyond_refused(spans):
    last = parameters.LAST_DAY.year
    parameters.validate("spans", {"first": "1990-01", "breaks": f"{last}-12"})
    for name, month in (("first", "1989-12"), ("breaks", f"{last + 1}-01")):
        (text,) = refusals("spans", **{name: month})
        assert "not a month from 1990-01 to" in text


def test_what_does_not_fit_is_told_like_any_other_fault(spans):
    assert refusals("spans", breaks="2013-01") == [
        "chapters/spans.ipynb: spans, parameter breaks: below first (2014-01), found '2013-01'; "
        "allowed: first < breaks"
    ]
    (text,) = refusals("spans", first="2023-07")
    assert "parameter first: equal to breaks (2023-07), found '2023-07'" in text
    both = refusals("spans", first="2024-01", low=0.6)
    assert ["parameter first: above" in both[0], "parameter low: above" in both[1]] == [True, True]


def test_none_has_no_place_in_the_order(spans):
    assert parameters.validate("spans", {"high": 0.0}).low is None


def test_a_fault_of_no_parameter_names_the_chapter(spans):
    (text,) = refusals("spans", high=11.0)
    assert text == "chapters/spans.ipynb: spans: no such chapter can be"


def test_a_bad_value_comes_before_what_does_not_fit(spans):
    (text,) = refusals("spans", first="2024-01", low="x")
    assert "parameter low: wrong type" in text


# --- Limits ----------------------------------------------------------------------------------

# Written down a second time: what a scenario may ask for is widened or narrowed knowingly.
with Path(__file__).with_name("limits.csv").open(newline="", encoding="utf-8") as table:
    written = [row for row in csv.DictReader(table) if row["chapter"] in parameters.CHAPTERS]
LIMITS = {(row["chapter"], row["parameter"]): row for row in written}


def out_of_range(chapter, name, value):
    try:
        parameters.validate(chapter, {name: value})
    except FaultsError as error:
        place = f"{chapter}, parameter {name}"
        return any((f.column, f.problem) == (place, "out of range") for f in error.faults)
    return False


@pytest.mark.parametrize(("chapter", "name"), LIMITS)
def test_limits_are_inside_and_the_next_number_is_not(chapter, name):
    row, field = LIMITS[chapter, name], parameters.model(chapter).model_fields[name]
    whole = int in (field.annotation, *getattr(field.annotation, "__args__", ()))
    for end, side in (("from", -1), ("to", 1)):
        if row[end]:
            limit = int(row[end]) if whole else float(row[end])
            outside = limit + side if whole else math.nextafter(limit, side * math.inf)
            if whole and any("power" in str(m) for m in field.metadata) and side > 0:
                outside = 2 * limit
            assert not out_of_range(chapter, name, limit), end
            assert out_of_range(chapter, name, outside), end


def test_every_limit_of_these_chapters_is_written_down():
    """Of a chapter that a fork adds, its own test says what may be asked for."""
    ends, chapters = {"ge": "from", "le": "to"}, {chapter for chapter, _ in LIMITS}
    for chapter, name in ((c, n) for c, n in FIELDS if c in chapters):
        field = parameters.model(chapter).model_fields[name]
        limits = {ends[e] for m in field.metadata for e in ends if getattr(m, e, None) is not None}
        row = LIMITS.get((chapter, name), {"from": "", "to": ""})
        if field.annotation is not dt.date:  # the range of days has a test above
            told = f"{chapter}.{name}: write its limits into tests/limits.csv"
            assert limits == {end for end in ("from", "to") if row[end]}, told


# --- Every field of every chapter ------------------------------------------------------------


@pytest.mark.parametrize(("chapter", "name"), FIELDS)
def test_a_parameter_has_unit_reason_and_a_default_in_its_range(chapter, name):
    field = parameters.model(chapter).model_fields[name]
    assert field.json_schema_extra["unit"]
    assert len(field.description.split()) > 3
    assert field.description.endswith(".")
    given = parameters.defaults(chapter, [name])
    assert list(given) == [name]
    assert getattr(parameters.validate(chapter, given), name) == field.default
    assert parameters.allowed(parameters.model(chapter), name)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_table_has_a_row_for_each_parameter(chapter):
    names = list(parameters.model(chapter).model_fields)
    table = parameters.table(parameters.validate(chapter, {"as_of": "2025-06-30"}))
    assert list(table["parameter"]) == names
    said = {"as_of": "yes, from 2024-10-28"}
    assert list(table["changed"]) == [said.get(name, "") for name in names]
    assert table["value"][0] == "2025-06-30"
    assert (table[["value", "unit", "allowed", "reason"]] != "").all(axis=None)


def test_numbers_are_shown_as_a_reader_writes_them():
    table = parameters.table(parameters.validate("trade_trends", {"growth_carry": 0.5}))
    table = table.set_index("parameter")
    assert table.loc["growth_carry", ["value", "changed"]].tolist() == ["0.5", "yes, from 0.416667"]
    assert table.loc["barrels_reference", "value"] == "1000000"
    assert table.loc["changes_from", "allowed"] == "whole number from 1990 to 2016"
    assert table.loc["seed", "value"] == "20241028"
    assert "4,294,967,295" in table.loc["seed", "allowed"]


def notebook(chapter):
    return json.loads((paths.CHAPTERS / f"{chapter}.ipynb").read_text("utf-8"))


def code_cells(chapter):
    return [cell for cell in notebook(chapter)["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_cell_of_the_notebook_holds_the_defaults_as_plain_scalars(chapter):
    (cell,) = [c for c in code_cells(chapter) if "parameters" in c["metadata"].get("tags", ())]
    body = ast.parse("".join(cell["source"])).body
    given = {node.targets[0].id: ast.literal_eval(node.value) for node in body}
    assert given == parameters.defaults(chapter)
    assert list(given) == list(parameters.model(chapter).model_fields)


# --- In the notebook -------------------------------------------------------------------------


def namespace(**names):
    """What a notebook holds when its second cell runs."""
    return {"__name__": "__main__", "In": [], "Out": {}, "json": json, "FIELD": dict, "f": len, "_i": ""} | {  # fmt: skip
        **parameters.defaults("arms_trade"), **names
    }  # fmt: skip


def test_what_the_cells_set_is_taken():
    chosen = parameters.from_notebook("arms_trade", namespace(draws=4, as_of="2025-06-30"))
    assert (chosen.draws, chosen.as_of) == (4, dt.date(2025, 6, 30))


@pytest.mark.parametrize("name", ["dras", "something_else"])
def test_an_unknown_injected_name_is_refused(name):
    with pytest.raises(FaultsError, match=f"parameter {name}: unknown parameter"):
        parameters.from_notebook("arms_trade", namespace(**{name: 4}))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_cell_may_run_again_after_the_whole_notebook(chapter):
    held = {"In": [], **parameters.defaults(chapter)}
    parameters.from_notebook(chapter, held)
    sources = ["".join(cell["source"]) for cell in code_cells(chapter)]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    own = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    assert "chosen" in own
    held |= dict.fromkeys(own - set(parameters.model(chapter).model_fields), 1)
    chosen = parameters.from_notebook(chapter, held | {"as_of": "2025-06-30"})
    assert chosen.as_of == dt.date(2025, 6, 30)


@pytest.mark.parametrize("name", ["draw", "shell_prize", "missles", "asof"])
def test_a_name_almost_right_is_refused_when_run_again(name):
    held = namespace()
    parameters.from_notebook("arms_trade", held)
    held[name] = 4
    with pytest.raises(FaultsError, match=f"parameter {name}: unknown parameter; did you mean"):
        parameters.from_notebook("arms_trade", held)


def test_a_name_refused_once_is_refused_again():
    held = namespace(something_else=1)
    for _ in range(2):
        with pytest.raises(FaultsError, match="something_else"):
            parameters.from_notebook("arms_trade", held)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"price_basis": "westren"}, "did you mean 'western'?"),
        ({"shell_price": float("nan")}, "shell_price: not a finite number, found 'nan'"),
        ({"shell_price": float("inf")}, "shell_price: not a finite number, found 'inf'"),
    ],
)
def test_a_slip_of_the_pen_is_told_with_what_was_meant(given, words):
    with pytest.raises(FaultsError) as caught:
        parameters.validate("arms_trade", given)
    assert words in str(caught.value)


def test_a_notebook_run_on_its_own_refuses_a_table_at_fault(tmp_path, monkeypatch):
    raw = shutil.copytree(paths.RAW, tmp_path / "raw")
    table = raw / "hypotheses.csv"
    text = table.read_text("utf-8")
    assert text.count(",strat-unga-agree-rus-prk-2021,") == 4
    table.write_text(text.replace(",strat-unga-agree-rus-prk-2021,", ",strut,", 1), "utf-8")
    monkeypatch.setattr(paths, "RAW", raw)
    with pytest.raises(FaultsError, match=r"hypotheses\.csv:2: obs_id"):
        parameters.from_notebook("kremlin_strategy", {})
