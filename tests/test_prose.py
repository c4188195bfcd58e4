"""Prose against numbers: every fault is found in its place, and what is right passes."""

import nbformat.v4 as nb
import pytest

from compendium import models, paths, prose, scenarios, values
from compendium.errors import CompendiumError
from compendium.prose import Allowed, Passage
from compendium.values import Value

KNOWN = {
    value.id: [value]
    for value in (
        Value("trade.chance", 30, unit="percent", low=20, high=40, level=0.9),
        Value("trade.share", 0.7, unit="share"),
        Value("trade.total", 34.4, unit="USD_million", decimals=1),
        Value("trade.chance_phrase", "is unlikely", unit="text"),
    )
}
PERMITTED = prose.allowed()
NONE = Allowed((), ())


def faults(text, known=KNOWN, permitted=PERMITTED):
    lines = tuple(text.splitlines())
    return prose.audit([Passage("page.md", text, lines, 1)], known, permitted)


RIGHT = [
    "Trade was {value}`trade.total` in 2016, on 19 June 2024, on 2024-10-28 and in 2024-10.",
    "Shells of 152 mm, missiles of type KN-23, `code 7` and $x = 3$ are fine.",
    "See [the page](https://example.org/2/3.html), {numref}`fig-1` and {cite}`author2024`.",
    "A return is unlikely ({value}`trade.chance`).",
    "A rise is likely: {value}`trade.share`.",
    "A return {value}`trade.chance_phrase` ({value}`trade.chance`).\nConfidence is low.",
    "Every issuer is equally likely to be drawn.",
    "```python\nx = 17\n```",
    "In billions: {value}`trade.total in USD_billion`.",
    "<!-- 12 -->\n\nSee {doc}`page-3`, {term}`term 4`, {math}`x = 5` and {ref}`the text <fig-6>`.",
    "<div id='row-7' class='h8'>Words</div>",
]
WRONG = [
    ("Trade was 34.4 million USD.", 1, "34.4", "without a value behind it"),
    ("First.\n\nThen 7 came.", 3, "7", "without a value"),
    ("- one\n- two of 15", 2, "15", "without a value"),
    ("| a | b |\n|---|---|\n| x | 12 |", 3, "12", "without a value"),
    ("In 1,700 cases.", 1, "1,700", "without a value"),
    ("In 2024.5 cases.", 1, "2024.5", "without a value"),
    ("```{note}\nAbout 300 more.\n```", 2, "300", "without a value"),
    (":::{admonition} Title 5\nText.\n:::", 1, "5", "without a value"),
    ("```python\nx = 17\n```\nIn 21 cases.", 4, "21", "without a value"),
    ("```{code-block}\n17\n```\n\nIn 22 cases.", 5, "22", "without a value"),
    ("Text.\n\n<p>Some\n23 cases</p>", 4, "23", "without a value"),
    ("A {abbr}`word (24 cases)`.", 1, "24", "without a value"),
    ("See {ref}`25 cases <fig-1>`.", 1, "25", "without a value"),
    ("```{figure} a.png\n:width: 90%\n:alt: some 26 cases\n```", 3, "26", "without a value"),
    ("About ½ of it.", 1, "½", "without a value"),
    ("About ٥٠٠ of it.", 1, "٥٠٠", "without a value"),
    ("About thirty-six thousand shells.", 1, "six thousand", "without a value"),
    ("It was {value}`trade.totl`.", 1, "trade.totl", "did you mean 'trade.total'"),
    ("It was {value}`trade.total interval`.", 1, "trade.total interval", "has no interval"),
    ("It was {value}`trade.total in rounds`.", 1, "in rounds", "cannot be told in rounds"),
    ("A return is likely ({value}`trade.chance`).", 1, "likely", "does not fit the 30% beside it"),
    ("A return is very likely: {value}`trade.share`.", 1, "very likely", "the 70% beside it"),
    ("A return is probable: {value}`trade.chance`.", 1, "probable", "does not fit the 30%"),
    ("A return is unlikely.", 1, "unlikely", "beside no probability"),
    ("A return is unlikely ({value}`trade.total`).", 1, "unlikely", "beside no probability"),
    (
        "With low confidence a return is unlikely ({value}`trade.chance`).",
        1,
        "confidence",
        "likelihood and confidence in one sentence",
    ),
    (
        "A return {value}`trade.chance_phrase`, of which we are confident.",
        1,
        "confident",
        "likelihood and confidence",
    ),
]


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_passes(text):
    assert faults(text) == []


@pytest.mark.parametrize(("text", "line", "shown", "words"), WRONG)
def test_each_fault_is_told_in_its_place(text, line, shown, words):
    (fault,) = faults(text)
    assert (fault.file, fault.line) == ("page.md", line)
    assert shown in fault.value
    assert words in str(fault)
    assert "allowed: " in str(fault)


def test_without_values_only_the_words_are_checked():
    assert faults("A {value}`no.such` return is unlikely.", known=None) == []
    assert len(faults("Trade was 34.4.", known=None)) == 1


def test_the_allow_list_is_what_permits():
    assert len(faults("In 2016, with shells of 152 mm.", permitted=NONE)) == 2


def test_texts_in_code_are_found_with_their_lines():
    code = (
        "x = 'trade_2012'\n"
        "say(\n"
        "    'One long sentence of words.'\n"
        "    ' And 7 more of them.'\n"
        ")\n"
        "say(f'In {x} there were {{value}}`trade.{x}_total` of them')\n"
        "label = 'short one'\n"
    )
    found = list(prose.strings(code))
    assert found[0] == ("One long sentence of words. And 7 more of them.", 3)
    assert (
        found[1][0] == f"In {prose.BLANK} there were {{value}}`trade.{prose.BLANK}_total` of them"
    )
    assert len(found) == 2
    lines = tuple(code.splitlines())
    passages = [Passage("c.ipynb, cell 4", text, lines, n, False) for text, n in found]
    (fault,) = prose.audit(passages, KNOWN, PERMITTED)
    assert (fault.file, fault.line, fault.value) == ("c.ipynb, cell 4", 4, "7")


def test_what_a_chapter_wrote_is_read_from_its_outputs():
    content = {"kind": "prose", "text": "It came to 12.", "caption": "Fine.", "source": "Of 3."}
    output = nb.new_output("display_data", {prose.MIME: content})
    notebook = nb.new_notebook(cells=[nb.new_code_cell("say(x)", outputs=[output])])
    found = prose.audit(prose.outputs("c.ipynb", notebook), None, PERMITTED)
    assert [fault.value for fault in found] == ["12.", "3."] or len(found) == 2
    assert {fault.file for fault in found} == {"c.ipynb, cell 1"}


def test_words_stored_as_values_fit_their_probability():
    known = {
        "a.x": Value("a.x", 30, unit="percent"),
        "a.x_word": Value("a.x_word", "likely", unit="text"),
        "a.x_phrase": Value("a.x_phrase", "is unlikely", unit="text"),
        "a.y_word": Value("a.y_word", "anything", unit="text"),
    }
    (fault,) = prose.word_faults(known, "values.json")
    assert (fault.column, fault.value, fault.allowed) == ("a.x_word", "likely", "unlikely")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("digits:\n  - text: 'x'\n", "digits, entry 1: give text and reason"),
        ("digits:\n  - text: 'x'\n    reason: ' '\n", "give text and reason"),
        ("digits:\n  - text: '('\n    reason: r\n", "not a regular expression"),
        ("numbers: []\n", "unknown key 'numbers'; allowed: digits, likelihood"),
    ],
)
def test_an_entry_of_the_allow_list_must_say_why(tmp_path, content, words):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / prose.ALLOWED).write_text(content)
    with pytest.raises(CompendiumError) as caught:
        prose.allowed(tmp_path)
    assert words in str(caught.value)


def test_the_allow_list_is_short():
    permitted = prose.allowed()
    assert len(permitted.digits) + len(permitted.likelihood) <= 20


def test_the_book_has_no_fault():
    known = models.every_value(scenarios.names())
    found = prose.audit(prose.passages(), known, prose.allowed())
    assert "\n".join(map(str, found)) == ""
    for name in scenarios.names():
        assert prose.word_faults(models.values_in(name), name) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("the largest claimed of {value}`", "the largest claimed of 4,000, {value}`", "'4,000,'"),
        (
            "{value}`arms_trade.value_total full`",
            "{value}`arms_trade.value_totl full`",
            "value_total'",
        ),
        ("{value}`replication.claims`", "{value}`replication.claim`", "no chapter states this"),
        ("comes first in {value}`", "is very likely to come first in {value}`", "does not fit the"),
    ],
)
def test_a_front_page_that_parts_from_the_numbers_is_found(old, new, words):
    known = models.every_value(scenarios.names())
    text = (paths.ROOT / "index.md").read_text("utf-8")
    assert old in text
    lines = tuple(text.replace(old, new, 1).splitlines())
    place = next(n for n, line in enumerate(lines, 1) if new in line)
    (fault,) = prose.audit([Passage("index.md", "\n".join(lines), lines, 1)], known, PERMITTED)
    assert (fault.file, fault.line) == ("index.md", place)
    assert words in str(fault)


def test_every_page_of_the_book_is_read():
    files = {passage.file.partition(",")[0] for passage in prose.passages()}
    assert {"index.md", "chapters/methods.md", "chapters/arms_trade.ipynb"} <= files
    assert all((paths.ROOT / file).exists() for file in files)


def test_bands_of_the_words():
    from compendium import uncertainty

    assert uncertainty.band("unlikely") == (20, 45)
    assert uncertainty.band("almost no chance") == (0, 5)
    assert isinstance(KNOWN["trade.total"][0], values.Value)
