"""Exhibits: one output with a form for the book and one for any other reader."""

import base64
import io
import json
import re

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from matplotlib.figure import Figure

from compendium import datapackage, evidence, exhibits, figures, parameters, rendering
from compendium.errors import CompendiumError
from compendium.values import Value

HOSTILE = '<script>alert(1)</script> <img src=x onerror="a()"> {value}`x.y` *not* [a](javascript:b)'
MONTHS = Value("arms_trade.months", 14, 12, 16, unit="count")
KNOWN = {MONTHS.id: MONTHS}


@pytest.fixture
def shown(monkeypatch):
    """Outputs shown, as a notebook would store them."""
    outputs = []

    def display(bundle, raw):
        assert raw
        outputs.append(json.loads(json.dumps(bundle)))

    monkeypatch.setattr(exhibits, "display", display)
    return outputs


def drawing():
    frame = pd.DataFrame(
        {"label": ["a", "b"], "group": ["x", "x"], "low": [1, 2], "high": [3, 4], "Row": ["r", "s"]}
    )
    return figures.ranges(frame, "USD")


def test_both_ends_use_one_type():
    assert exhibits.MIME == rendering.MIME


def test_a_figure_carries_picture_words_and_data(shown):
    made = drawing()
    exhibits.figure(made, "fig-a", "It rises to {value}`a.b`.", "`data/raw`")
    (bundle,) = shown
    assert set(bundle) == {exhibits.MIME, "image/png", "text/plain"}
    content = bundle[exhibits.MIME]
    assert set(content) == {"kind", "name", "caption", "alt", "source", "files", "columns", "rows", "align"}  # fmt: skip
    assert (content["kind"], content["name"]) == ("figure", "fig-a")
    assert content["caption"] == "It rises to {value}`a.b`."
    assert content["alt"] == bundle["text/plain"] == made.alt
    assert content["files"]["svg"].lstrip().startswith("<?xml")
    assert base64.b64decode(content["files"]["png"]).startswith(b"\x89PNG")
    assert content["files"]["png"] == bundle["image/png"]
    assert content["files"]["csv"] == made.table.to_csv(index=False)
    assert content["columns"] == list(made.table.columns)
    assert content["rows"] == [["a", "x", "1 to 3", "r"], ["b", "x", "2 to 4", "s"]]
    assert content["align"] == ["left", "left", "right", "left"]


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("13,000", "13000"),
        ("1,234,567.5", "1234567.5"),
        ("-1,200 to 3,400", "-1200 to 3400"),
        ("12,000 %", "12000 %"),
        ("ROK, 13,000 men", "ROK, 13,000 men"),
        ("1,2", "1,2"),  # two things, not a number
        (13000, "13000"),
    ],
)
def test_numbers_of_the_data_file_have_no_separators(cell, plain):
    written = pd.read_csv(io.StringIO(exhibits.csv_of(pd.DataFrame({"a": [cell]}))), dtype=str)
    assert list(written["a"]) == [plain]


def test_a_figure_is_drawn_once_a_file_and_stays_as_it_was_laid_out(monkeypatch):
    made, drawn = drawing(), []
    draw = Figure.draw
    monkeypatch.setattr(Figure, "draw", lambda self, to: (drawn.append(1), draw(self, to))[1])
    exhibits.figure_bundle(made, "fig-a", "c", "s")
    assert len(drawn) == 2  # SVG, PNG
    before = made.figure.axes[0].get_position().bounds
    made.figure.savefig(io.BytesIO())
    assert made.figure.axes[0].get_position().bounds == before


def test_the_picture_has_two_pixels_for_one_of_the_page(shown):
    exhibits.figure(drawing(), "fig-a", "c", "s")
    png = base64.b64decode(shown[0]["image/png"])
    width = int.from_bytes(png[16:20], "big")
    assert width == round(figures.WIDTH * exhibits.PNG_DPI)
    # Matplotlib's SVG is 72 points an inch, which browsers show as 96 pixels.
    assert width >= 2 * figures.WIDTH * 96


def test_a_figure_shown_twice_is_the_same_bytes(shown):
    for made in (drawing(), drawing()):
        exhibits.figure(made, "fig-a", "c", "s")
    assert shown[0] == shown[1]


def test_a_table_carries_rows_links_and_plain_forms(shown):
    frame = pd.DataFrame({"Issuer": ["ROK", "US"], "Count": ["1,000", "−2.5"], "n": [1, 20]})
    exhibits.table(frame, "tab-a", "c", "s", links={"Issuer": ["https://a.org", ""]})
    (bundle,) = shown
    assert set(bundle) == {exhibits.MIME, "text/html", "text/plain"}
    content = bundle[exhibits.MIME]
    assert set(content) == {"kind", "name", "caption", "source", "files", "columns", "rows", "align"}  # fmt: skip
    assert content["kind"] == "table"
    assert content["rows"] == [
        [{"text": "ROK", "url": "https://a.org"}, "1,000", "1"],
        [{"text": "US", "url": ""}, "−2.5", "20"],
    ]
    assert content["align"] == ["left", "right", "right"]
    assert content["files"] == {"csv": "Issuer,Count,n\nROK,1000,1\nUS,-2.5,20\n"}
    assert "ROK" in bundle["text/plain"]


def test_links_must_be_as_many_as_rows(shown):
    with pytest.raises(ValueError, match="zip"):
        exhibits.table(pd.DataFrame({"a": ["x", "y"]}), "tab-a", "c", "s", links={"a": ["u"]})
    assert not shown


# --- Evidence --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows():
    return evidence.load("arms", "2026-10-31").head(6)


def test_evidence_is_linked_from_its_sources_only(shown, rows):
    exhibits.evidence_table(rows, "tab-a", "c")
    content = shown[0][exhibits.MIME]
    read_in = content["columns"].index("Read in")
    sources = datapackage.read_table("sources").set_index("source_id")
    assert len(content["rows"]) == len(rows)
    for row, cited in zip(content["rows"], rows["source_id"], strict=True):
        linked = [place for place, cell in enumerate(row) if isinstance(cell, dict)]
        assert linked == [read_in]
        assert row[read_in] == {"text": sources["publisher"][cited], "url": sources["url"][cited]}


def test_a_hostile_note_stays_text(shown, rows):
    exhibits.evidence_table(rows.assign(note=HOSTILE, issuer=HOSTILE), "tab-a", "c", "2026-10-31")
    (bundle,) = shown
    soup = BeautifulSoup(bundle["text/html"], "html.parser")
    assert soup.find_all(["script", "img", "a"]) == []
    assert [td.get_text() for td in soup.find_all("td")].count(HOSTILE) == 2 * len(rows)
    note = bundle[exhibits.MIME]["columns"].index("Note")
    assert {row[note] for row in bundle[exhibits.MIME]["rows"]} == {HOSTILE}


@pytest.mark.parametrize(
    ("qualifier", "value", "low", "high", "text"),
    [
        ("exact", 5, None, None, "5"),
        ("approx", 1234567.5, None, None, "about 1,234,567.5"),
        ("at_least", None, 3, None, "at least 3"),
        ("up_to", None, None, 9, "up to 9"),
        ("more_than", None, 3, 9, "more than 3 to 9"),
        ("less_than", 5, 3, 9, "less than 5 (3 to 9)"),
        ("implied", None, 4, 4, "implied 4"),
        ("exact", -2.5, None, None, "-2.5"),
        ("exact", 0, None, None, "0"),
    ],
)
def test_a_figure_reads_as_it_was_stated(qualifier, value, low, high, text):
    row = pd.DataFrame(
        {
            "qualifier": [qualifier],
            "value": [value],
            "low": [low],
            "high": [high],
            "unit": ["persons"],
        },
    ).astype({"value": float, "low": float, "high": float})
    assert evidence.figure_text(next(row.itertuples())) == text


def test_years_of_birth_have_no_separator_of_thousands():
    row = evidence.named(["troops-age-2024"], "2024-10-28")
    assert evidence.figure_text(next(row.itertuples())) == "about 2005 to 2007"


@pytest.mark.parametrize(
    ("amount", "qualifier", "unit", "text"),
    [
        (1, "exact", "events", "1 event"),
        (1, "approx", "persons_per_day", "about 1 person per day"),
        (1, "exact", "companies", "1 company"),
        (1, "exact", "percent", "1 percent"),
        (21, "exact", "containers", "21 containers"),
        (2, "exact", "vote_code", "vote code 2"),
    ],
)
def test_a_figure_with_its_unit_reads_as_one_or_many(amount, qualifier, unit, text):
    columns = ["value", "low", "high", "qualifier", "unit"]
    row = pd.DataFrame([(amount, None, None, qualifier, unit)], columns=columns)
    assert evidence.measured_text(next(row.itertuples())) == text


def test_every_qualifier_of_the_tables_has_words():
    resources = datapackage.read_descriptor()["resources"]
    fields = [field for table in resources for field in table["schema"]["fields"]]
    (allowed,) = {
        tuple(field["constraints"]["enum"]) for field in fields if field["name"] == "qualifier"
    }
    assert set(allowed) == set(evidence.QUALIFIERS)


def test_statements_of_the_study_are_shown_with_their_bounds(shown):
    claims = evidence.claims(None, "2024-10-28")
    exhibits.claims_table(claims, "tab-a", "c", chapter=True)
    exhibits.claims_table(claims, "tab-b", "c")
    content = shown[0][exhibits.MIME]
    assert [row[0] for row in content["rows"]] == list(claims["claim_id"])
    assert set(content["columns"]) - set(shown[1][exhibits.MIME]["columns"]) == {"Chapter"}
    assert not re.search(r"\bnan\b", json.dumps(content))
    number = content["columns"].index("Number")
    assert any(" to " in row[number] for row in content["rows"])


# --- Prose -----------------------------------------------------------------------------------


def test_prose_keeps_its_roles_for_the_book_and_prints_elsewhere(shown):
    text = "After {value}`arms_trade.months` of *{value}`arms_trade.months full`*, `x`."
    exhibits.speaker([MONTHS])(text)
    (bundle,) = shown
    assert bundle == {
        exhibits.MIME: {
            "kind": "prose",
            "text": text,
            "printed": {
                "arms_trade.months value": "14",
                "arms_trade.months full": "14 (range 12 to 16)",
            },
        },
        "text/markdown": "After 14 of *14 (range 12 to 16)*, `x`.",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{value}`arms_trade.month`", "did you mean 'arms_trade.months'"),
        ("{value}`x.y`", "no value 'x.y' was published"),
        ("{value}`arms_trade.months sum`", "unknown form 'sum'"),
        ("{value}`arms_trade.months Full`", "unknown form 'Full'"),
    ],
)
def test_prose_with_an_unknown_value_is_an_error(shown, text, words):
    with pytest.raises(CompendiumError) as caught:
        exhibits.prose(text, KNOWN)
    assert words in str(caught.value)
    assert not shown


def test_prose_reads_a_role_as_the_book_does(shown):
    exhibits.prose("After {value}` arms_trade.months  number ` months.", KNOWN)
    assert shown[0]["text/markdown"] == "After 14 months."


# --- The box of a chapter, and its parameters ------------------------------------------------

BOX = {
    "question": "How many months?",
    "answer": ("It was {value}`arms_trade.months full`.", "No more is known."),
    "confidence": "Confidence is low, because nobody counted.",
    "objectives": ("count months", "tell a month from a year", "say what is not known"),
    "prerequisites": "A calendar.",
}


def test_the_box_keeps_its_parts_and_prints_them_elsewhere(shown):
    exhibits.summary([MONTHS], **BOX)
    (bundle,) = shown
    assert bundle[exhibits.MIME] == {
        "kind": "summary",
        "question": "How many months?",
        "answer": "It was {value}`arms_trade.months full`. No more is known.",
        "confidence": "Confidence is low, because nobody counted.",
        "objectives": ["count months", "tell a month from a year", "say what is not known"],
        "prerequisites": "A calendar.",
        "printed": {"arms_trade.months full": "14 (range 12 to 16)"},
    }
    assert bundle["text/markdown"] == (
        "**Question.** How many months?\n\n"
        "**Answer.** It was 14 (range 12 to 16). No more is known.\n\n"
        "Confidence is low, because nobody counted.\n\n"
        "After this chapter you can\n\n"
        "- count months\n- tell a month from a year\n- say what is not known\n\n"
        "**Before you start.** A calendar."
    )


@pytest.mark.parametrize(
    ("given", "others"),
    [
        ({}, None),
        ({"as_of": "2026-10-31"}, None),
        ({"as_of": "2025-06-30"}, "other `as_of`:"),
        ({"as_of": "2026-10-31", "tolerance": 0.1, "draws": 512}, "other `tolerance`, `draws`:"),
    ],
)
def test_the_box_says_where_headings_were_written_for_other_parameters(shown, given, others):
    exhibits.summary([MONTHS], **BOX, chosen=parameters.validate("arms_trade", given))
    (bundle,) = shown
    assert ("headings" in bundle[exhibits.MIME]) is (others is not None)
    assert others is None or others in bundle[exhibits.MIME]["headings"]
    assert (
        others is None
        or f"**Headings.** {bundle[exhibits.MIME]['headings']}" in bundle["text/markdown"]
    )


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"question": "How many months."}, "ends with a question mark"),
        ({"answer": ("One.",)}, "two sentences"),
        ({"answer": ("One.", "two")}, "two sentences"),
        ({"confidence": "We are sure."}, "low, moderate or high"),
        ({"objectives": ("count months",)}, "three or four"),
        ({"objectives": ("know months", "count", "tell")}, "a verb that can be tested"),
        ({"prerequisites": "None"}, "are a sentence"),
        ({"confidence": "Confidence is there."}, "low, moderate or high"),
        ({"answer": ("{value}`arms_trade.month`.", "Two.")}, "did you mean"),
    ],
)
def test_a_box_that_lacks_a_part_is_refused(shown, part, words):
    with pytest.raises(CompendiumError) as caught:
        exhibits.summary([MONTHS], **BOX | part)
    assert words in str(caught.value)
    assert not shown


def test_changed_parameters_are_told_in_words_and_unfold_the_table(shown):
    for given in ({}, {"as_of": "2025-06-30", "shell_price": 600.0}):
        exhibits.parameters_table(parameters.validate("arms_trade", given), "tab-a")
    default, changed = (bundle[exhibits.MIME] for bundle in shown)
    assert default["caption"] == "Parameters of this build: all are at their defaults."
    assert (default["marked"], default["open"]) == ([], False)
    assert changed["caption"] == "Parameters of this build: changed are `as_of`, `shell_price`."
    assert changed["fold"] == f"Parameters: {len(changed['rows'])}, 2 changed"
    assert changed["open"]
    assert [changed["rows"][row][-1] for row in changed["marked"]] == [
        "yes, from 2024-10-28",
        "yes, from the rows",
    ]


def test_one_changed_parameter_is_told_in_the_singular(shown):
    exhibits.parameters_table(parameters.validate("replication", {"as_of": "2025-06-30"}), "tab-a")
    caption = shown[0][exhibits.MIME]["caption"]
    assert caption == "Parameters of this build: changed is `as_of`."


def test_few_parameters_are_not_folded(shown):
    exhibits.parameters_table(parameters.validate("replication", {}), "tab-a")
    assert "fold" not in shown[0][exhibits.MIME]
