"""Bad input is refused in one plain message: what, where, what is allowed; nothing is harmed.

What the tests beside each module hold is not repeated here.
"""

import html
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile

import nbformat.v4 as nb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from papermill.cli import _resolve_type as resolved
from papermill.translators import PythonTranslator

from compendium import (
    bibliography,
    book,
    chapters,
    citation,
    datapackage,
    downloads,
    evidence,
    exhibits,
    figures,
    files,
    notebooks,
    parameters,
    paths,
    prose,
    scenarios,
    stamps,
    sweep,
)
from compendium.arms import words
from compendium.errors import CompendiumError, FaultsError
from compendium.exercises import cells

HEAD = "title: Mine\nreason: To try.\nas_of: 2024-10-28\n"
ARMS = HEAD + "chapters:\n  arms_trade:\n"


def said(run, *arguments):
    """Message of what `run` refuses: printable lines, and no traceback."""
    with pytest.raises(CompendiumError) as caught:
        run(*arguments)
    text = str(caught.value)
    assert "Traceback" not in text
    assert all(line.isprintable() for line in text.splitlines())
    assert max(map(len, text.splitlines())) < 1500
    text.encode("utf-8")
    return text


# --- Tables ------------------------------------------------------------------------------------

ARMS_TABLE = next(t for t in datapackage.read_descriptor()["resources"] if t["name"] == "arms")
SOURCES = next(t for t in datapackage.read_descriptor()["resources"] if t["name"] == "sources")


def faults_in(table, column, cell):
    """Faults of one cell, in an otherwise sound row of its own."""
    name = table["name"]
    row = list(csv_rows(name)[0].values())
    frame = pd.DataFrame([row], pd.Index([2], name="line"), datapackage.columns(name), dtype="str")
    frame[column] = cell
    return [str(f) for f in datapackage._cell_faults(table, paths.RAW / f"{name}.csv", frame, {})]


def csv_rows(name):
    return catalogue_rows[name]


catalogue_rows = {
    name: pd.read_csv(paths.RAW / f"{name}.csv", dtype=str, keep_default_na=False, nrows=1).to_dict(
        "records"
    )
    for name in ("arms", "sources")
}

CELLS = [
    *[("issuer", text, "begins like a formula") for text in ("=cmd|' /C calc'!A0", "+1", "@SUM(A1)", "-x", "=1")],
    *[("note", text, "begins like a formula") for text in ("=1+1", "+cmd", "@a", "--1", '=HYPERLINK("x")')],
    ("note", "\t=1", "begins or ends with a space"),
    ("note", "\r=1", "begins or ends with a space"),
    ("note", "a\u202eb", "U+202E (RIGHT-TO-LEFT OVERRIDE) as character 2"),
    ("note", "a\u2066b", "U+2066"),
    ("note", "ab\u200bc", "U+200B (ZERO WIDTH SPACE) as character 3"),
    ("note", "a\u200db", "U+200D"),
    ("note", "\ufeffa", "U+FEFF"),
    ("note", "a\x07b", "U+0007 (a control character)"),
    ("note", "a\x1b[31mb", "U+001B"),
    ("note", "a\u2028b", "U+2028"),
    ("note", "a\ue000b", "U+E000"),
    ("issuer", "D\u0406A", "a word of two scripts, with U+0406 (CYRILLIC CAPITAL LETTER BYELORUSSIAN-UKRAINIAN I)"),
    ("note", "of 600 USD per r\u03bfund", "a word of two scripts, with U+03BF (GREEK SMALL LETTER OMICRON)"),
    ("note", "Caf\ufffd", "a letter that was lost between two encodings"),
    *[("issuer", text, "is an error of a spreadsheet") for text in ("#REF!", "#N/A", "#NAME?", "#DIV/0!")],
    *[("issuer", f"{sign}1+1", "begins like a formula") for sign in "\uff1d\uff0b\uff0d\uff20"],
    ("issuer", "DIA  of them", "holds two spaces"),
    *[("issuer", f"DIA{blank}of them", "one of another kind, found") for blank in "\xa0\u2003\u3000"],
    ("issuer", "Cafe\u0301", "letters put together from parts, found"),
    ("note", "\u1112\u1161\u11ab", "letters put together from parts, found"),
    ("value", "1_000", "is not a number"), ("value", "0x10", "is not a number"),
    ("value", "1.000,5", "is not a number"), ("value", "1'000", "is not a number"),
    ("value", "1 000", "is not a number"), ("value", "-inf", "is not a number"),
    ("value", "9" * 400, "is not a number"), ("value", "½", "is not a number"),
    ("value", "=1", "is not a number"), ("value", "+5", "is not a number"),
    ("stated_on", "28/10/2024", "is not a date"), ("stated_on", "20241028", "is not a date"),
    ("stated_on", "2024-W44-1", "is not a date"), ("stated_on", "45593", "is not a date"),
    ("stated_on", "2024-10-28T00:00", "is not a date"), ("stated_on", "2023-02-29", "is not a date"),
    ("stated_on", "0000-00-00", "is not a date"), ("stated_on", "9999-12-31", "is out of range"),
    ("obs_id", "../../etc/passwd", "is not of the right form"), ("obs_id", "/a", "is not of the right form"),
    ("obs_id", "a\nb", "is not of the right form"), ("obs_id", "<script>", "is not of the right form"),
]  # fmt: skip
URLS = [
    'http://a"onmouseover=alert(1)', "javascript:alert(1)", "JaVaScRiPt:alert(1)", "//host/x",
    "data:text/html,x", "vbscript:x", "http://", "https://a b", "https://user:word@host/",
    "https://a/<script>", 'https://a/"x', "https://[::1", "http:/a", "https://a\\b",
]  # fmt: skip


@pytest.mark.parametrize(("column", "cell", "words"), CELLS)
def test_a_cell_that_is_refused(column, cell, words):
    (text,) = faults_in(ARMS_TABLE, column, cell)
    assert f"data/raw/arms.csv:2: {column}: " in text and words in text
    assert "; allowed: " in text and text.isprintable()


@pytest.mark.parametrize("url", URLS)
def test_an_address_that_is_refused(url):
    (text,) = faults_in(SOURCES, "url", url)
    assert text.startswith("data/raw/sources.csv:2: url: ") and "; allowed: " in text


@pytest.mark.parametrize(
    "cell",
    [
        "<b>x</b> {value}`a` $x$ <!--",
        "a=1",
        "-3.5",
        "one\ntwo",
        "é 조선",
        "Правда said",
        "# 5",
        "Δx 北",
        "5 μg",
    ],
)
def test_text_that_only_looks_odd_is_taken(cell):
    assert faults_in(ARMS_TABLE, "note", cell) == []


def linked(file):
    file.symlink_to(file.parent / "nowhere")


def looped(file):
    file.symlink_to(file)


def vast(file):
    with file.open("wb") as made:
        made.truncate(20 * 2**30)  # takes no room: nothing is written


PLACES = {
    "folder": (os.mkdir, "it is a folder"),
    "pipe": (os.mkfifo, "it is a pipe or a device"),
    "device": (lambda f: f.symlink_to("/dev/zero"), "it is a pipe or a device"),
    "dangling": (linked, "is a link to a file that is not there"),
    "loop": (looped, "symbolic links"),
    "vast": (vast, "is larger than 268,435,456 bytes, found '21,474,836,480'"),
    "missing": (lambda f: None, "is missing"),
}


@pytest.mark.parametrize("case", PLACES)
def test_what_is_no_plain_file(tmp_path, case):
    make, words = PLACES[case]
    make(tmp_path / "arms.csv")
    table, (fault,) = datapackage._read_text(ARMS_TABLE, tmp_path / "arms.csv")
    assert table is None and words in str(fault) and "the heading obs_id," in str(fault)


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert files.read_bytes(tmp_path / "a", 3) == b"abc"
    assert "a: is larger than 2 bytes, found '3'" in said(files.read_bytes, tmp_path / "a", 2)


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path):
    (tmp_path / "a").write_bytes(b"one\ntwo\n\xff")
    assert "a:3: not readable as UTF-8 at byte 8 " in said(files.read_text, tmp_path / "a")


def test_a_text_kept_for_later_is_whole_or_nothing(tmp_path):
    file = tmp_path / "kept"
    assert files.kept(file) is None
    files.keep(file, "one\ntwo")
    assert files.kept(file) == "one\ntwo" and list(tmp_path.iterdir()) == [file]
    file.write_text(file.read_text().replace("two", "tow"))
    assert files.kept(file) is None
    file.write_bytes(b"\xff")
    assert files.kept(file) is None
    with pytest.raises(OSError, match="missing"):
        files.keep(tmp_path / "missing" / "kept", "one")


def test_forty_levels_are_read_and_one_more_is_not(tmp_path):
    file = tmp_path / "a.yml"
    for _ in range(2):  # a list that is read counts for nothing afterwards
        file.write_text("a: " + "[" * 38 + "1" + "]" * 38 + "\nb: [[1]]\n")
        assert files.read_yaml(file)[1] == {("a",): 1, ("b",): 2}
    file.write_text("a: " + "[" * 39 + "1" + "]" * 39 + "\n")
    assert "a.yml:1: not valid YAML: more than 40 levels" in said(files.read_yaml, file)


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("-5", -5), ("9" * 19, 10**19 - 1), ("1.5", 1.5)])  # fmt: skip
def test_numbers_in_digits_alone_are_read(tmp_path, text, number):
    (tmp_path / "a.yml").write_text(f"a: {text}\n")
    assert files.read_yaml(tmp_path / "a.yml")[0] == {"a": number}


def test_a_key_given_twice_in_a_list_is_told_with_both_lines(tmp_path):
    (tmp_path / "a.yml").write_text("a:\n- x: 1\n- x: 1\n  y: 2\n  x: 3\n")
    text = said(files.read_yaml, tmp_path / "a.yml")
    assert "a.yml:5: x: key given twice; allowed: once; it stands already in line 3" in text


def test_an_unreadable_file_is_named(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("x")

    def read_bytes(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "read_bytes", read_bytes)
    assert "a: cannot be read: Permission denied; allowed: " in said(
        files.read_bytes, tmp_path / "a"
    )


HEADING = ",".join(datapackage.columns("arms")).encode()
BYTES = {
    "truncated": (b"\nx,y", "the row has 2 cells"),
    "png": (b"\n\x89PNG\r\n", "is not UTF-8"),
    "10 MB cell": (b"\n" + b"x" * 10**7 + b"," * 16, "a cell has more than 131,072 characters"),
    "merge conflict": (b"\n<<<<<<< HEAD\n", "a merge that was not finished, found '<<<<<<< HEAD'"),
    "quotes": (b'\n"' + b"," * 16, "a double quote is not closed"),
    "a million cells": (b"\nx" + b"," * 10**6, "the row has 1000001 cells"),
}


@pytest.mark.parametrize("case", BYTES)
def test_a_damaged_table(tmp_path, case):
    data, words = BYTES[case]
    (tmp_path / "arms.csv").write_bytes(HEADING + data)
    table, faults = datapackage._read_text(ARMS_TABLE, tmp_path / "arms.csv")
    assert table is None and words in str(faults[0]) and faults[0].line == 2 and faults[0].allowed


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, 2000), cut=st.integers(0, 50), put=st.binary(max_size=20))
def test_random_damage_gives_a_table_or_faults(tmp_path_factory, place, cut, put):
    data = (paths.RAW / "arms.csv").read_bytes()[:3000].rpartition(b"\n")[0]
    file = tmp_path_factory.mktemp("damage") / "arms.csv"
    file.write_bytes(data[:place] + put + data[place + cut :])
    table, faults = datapackage._read_text(ARMS_TABLE, file)
    assert (table is None) == bool(faults)
    assert all(fault.file and str(fault) for fault in faults)


def test_a_message_of_thousands_of_faults_is_cut():
    text = str(FaultsError([datapackage.Fault("a", "is wrong", line) for line in range(5000)]))
    assert len(text.splitlines()) == 202 and "... and 4,800 more" in text
    assert "5000 faults found" in text


# --- The description of the tables -------------------------------------------------------------

DESCRIPTIONS = {
    "": ":1: is not JSON",
    "{": "is not JSON",
    "[]": "describes no tables",
    "null": "describes no tables",
    "{}": "describes no tables",
    '{"resources": {}}': "describes no tables",
    '{"resources": [5]}': "describes no tables",
    '{"resources": [{}]}': "has no name or no path",
    '{"resources": [{"name": "a", "path": "b"}]}': "has no fields",
    "[" * 10**5: "is not JSON",
    '{"resources": [], "resources": []}': "the key 'resources' stands twice in one object",
    "{\n<<<<<<< HEAD\n}": ":2: holds a merge that was not finished",
}


def described(field=None, measured=None, noted=None, **schema):
    """A description with one table of one field."""
    own = {"fields": [{"name": "x", "type": "string", **(field or {})}], "primaryKey": ["x"]}
    table = {"name": "a", "path": "a.csv", "schema": own | schema}
    if measured is not None:
        table[datapackage.INDICATORS] = measured
    if noted is not None:
        table[datapackage.NOTED] = noted
    return json.dumps({"resources": [table]})


TWICE = json.loads(described())["resources"] * 2
DESCRIPTIONS |= {
    json.dumps({"resources": TWICE}): "stands twice",
    described(primaryKey=["y"]): "has no primary key",
    described(
        foreignKeys=[{"fields": ["x"], "reference": {"resource": "b"}}]
    ): "points at no table",
    described(measured=["x"]): "compendium:indicators is no such list",
    described(measured={"x": "y"}): "an object of indicators, each with a list of units",
    described(noted={"x": ["dir"]}): "compendium:note_keys is no such list",
    described({datapackage.NAMES: "all"}): "compendium:names is no scope, found 'all'",
    described().replace("{", '{"compendium:names_apart": [["a"]], ', 1): "a list of pairs of names",
    described({"type": "text"}): "is of no known type",
    described({"constraints": {"pattern": "("}}): "no regular expression",
    described({"type": "date", "constraints": {"minimum": "soon"}}): "minimum is no date",
    described({"type": "number", "constraints": {"maximum": "much"}}): "maximum is no number",
}


@pytest.mark.parametrize("text", DESCRIPTIONS)
def test_a_broken_description(tmp_path, monkeypatch, text):
    monkeypatch.setattr(paths, "DATAPACKAGE", tmp_path / "datapackage.json")
    paths.DATAPACKAGE.write_text(text)
    assert DESCRIPTIONS[text] in said(datapackage.read_descriptor)


# --- Scenarios and plans -----------------------------------------------------------------------


@pytest.fixture
def folder_of_scenarios(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "SCENARIOS", tmp_path / "scenarios")
    paths.SCENARIOS.mkdir()
    (paths.SCENARIOS / "replication.yml").write_text(HEAD)
    return paths.SCENARIOS


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\n" + "".join(
    f"{chr(99 + i)}: &{chr(99 + i)} [{','.join([f'*{chr(98 + i)}'] * 9)}]\n" for i in range(9)
)
YAML = [
    (HEAD + BOMB, "an alias (*) stands for something else; write it out"),
    (HEAD + "chapters: &c\n  arms_trade: *c\n", "an alias"),
    (HEAD + "chapters: !!python/object/apply:os.system ['true']\n", ":4: not valid YAML"),
    (HEAD + "chapters: !!python/name:os.system\n", ":4: not valid YAML"),
    (HEAD + "chapters: !x {}\n", ":4: not valid YAML"),
    (HEAD + "chapters: !!set {arms_trade}\n", ":4: chapters: wrong type"),
    (HEAD + "---\n" + HEAD, "another document"),
    (ARMS + "\tseed: 1\n", ":6: not valid YAML"),
    ("x: " + "[" * 5000, "more than 40 levels"),
    (ARMS + "    seed: 010\n", "the number 010 is not written in digits alone"),
    (ARMS + "    seed: 0x10\n", "not written in digits alone"),
    (ARMS + "    seed: 1_000\n", "not written in digits alone"),
    (ARMS + "    seed: 1:30\n", "not written in digits alone"),
    (ARMS + "    shell_price: 1_000.5\n", "not written in digits alone"),
    (ARMS + "    seed: " + "9" * 5000 + "\n", "not written in digits alone"),
    (ARMS + "    seed: 1e3\n", "seed: wrong type, found '1e3'"),
    (ARMS + "    seed: __import__('os').system('true')\n", "seed: wrong type"),
    (ARMS + "    seed: [5]\n", "seed: wrong type"),
    (ARMS + '    seed: 1\n    "s\\x65ed": 2\n', ":7: seed: key given twice"),
    (HEAD + "chapters:\n  troop_plausibility: {count_builders: 'false'}\n", "true or false"),
    (HEAD + "chapters:\n  troop_plausibility: {count_builders: 1}\n", "true or false"),
    (HEAD + "? [a, b]\n: 1\n", "not valid YAML"),
    (HEAD + '"\\ud800": 1\n', ":4: \\ud800: unknown key"),
    (HEAD + "? " + "y" * 3000 + "\n: 1\n", ":4: yyy"),
    (HEAD.replace("Mine", '"a\\nb"'), "title: is no title"),
    (HEAD.replace("Mine", '"a\\u202eb"'), "title: is no title"),
    (HEAD.replace("Mine", "x" * 1000), "title: is no title"),
    (HEAD + "# " + "x" * 2**20, "is larger than 1,048,576 bytes"),
    ("<<<<<<< HEAD\n" + HEAD, ":1: holds a merge that was not finished"),
    (HEAD + ">>>>>>> other\n", ":4: holds a merge that was not finished"),
    (HEAD + "\0", ":4: holds a NUL byte"),
    (HEAD + "# \u202e\n", ":4: holds U+202E (RIGHT-TO-LEFT OVERRIDE), which no reader sees"),
    (ARMS + "    \u0455eed: 1\n", ":6: arms_trade, parameter \u0455eed: unknown parameter"),
    (ARMS + "    shell_price: 1.0e+999\n", "shell_price"),
    (ARMS + "    shell_price: .nan\n", "shell_price"),
    (HEAD.replace("2024-10-28", "0000-01-01"), "as_of"),
]


@pytest.mark.parametrize("number", range(len(YAML)))
def test_a_scenario_that_is_refused(folder_of_scenarios, number):
    content, words = YAML[number]
    (folder_of_scenarios / "mine.yml").write_text(content)
    text = said(scenarios.read, "mine")
    assert text.startswith("scenarios/mine.yml") and words in text and "allowed: " in text


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("ab:-[]{}&*!#|>%@`'\",?\n\t 01~.<="), max_size=40))
def test_random_yaml_gives_keys_or_faults(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("yaml") / "a.yml"
    file.write_text(text)
    try:
        content, _ = files.read_yaml(file)
    except FaultsError as error:
        assert str(error)
    else:
        assert isinstance(content, dict)


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "é",
        "-x",
        "$(touch x)",
        "a;b",
        "con",
        "COM1",
        "lpt9",
        "a.building",
        "cache",
        "sweeps",
        "mutation",
        "coursework",
        "html",
        "x" * 65,
    ],
)
def test_a_name_no_scenario_can_have(folder_of_scenarios, name):
    (folder_of_scenarios / f"{name}.yml").write_text(HEAD)
    assert "is no name for a scenario" in said(scenarios.read, name)
    assert scenarios.check()


@pytest.mark.parametrize("name", ["x" * 64, "com10", "com0", "9"])
def test_the_longest_name_and_title_are_taken(folder_of_scenarios, name):
    (folder_of_scenarios / f"{name}.yml").write_text(HEAD.replace("Mine", "x" * 200))
    assert len(scenarios.read(name).title) == 200
    (folder_of_scenarios / f"{name}.yml").write_text(HEAD.replace("Mine", "x" * 201))
    assert "title: is no title" in said(scenarios.read, name)


@pytest.mark.parametrize("text", [BOMB, "- a\n", "", "cases: &c\n  a: *c\n", "scenarios: [[a]]\n"])
def test_a_plan_that_is_refused(folder_of_scenarios, text):
    file = folder_of_scenarios.parent / "plan.yml"
    file.write_text("title: A\nreason: B\n" * (text[:1] not in ("", "-")) + text)
    assert said(sweep.read_plan, file).startswith("plan.yml:")


CASE_NAMES = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    "a\nb",
    "a\u202eb",
    " a",
    "a ",
    "<b>",
    "a/b",
    "x" * 81,
    "",
    "\u0430",
]


@pytest.mark.parametrize("name", CASE_NAMES)
def test_a_name_no_case_can_have(folder_of_scenarios, name):
    """It stands in tables that spreadsheets open."""
    file = folder_of_scenarios.parent / "plan.yml"
    case = json.dumps(name)
    file.write_text(f"title: A\nreason: B\ncases:\n  {case}: {{arms_trade: {{seed: 5}}}}\n")
    text = said(sweep.read_plan, file)
    assert text.startswith("plan.yml:4: cases.") and "is no name for a case" in text


@pytest.mark.parametrize("name", ["cheap", "Cheap shells, 300 USD (market)", "v1.2_b-c", "7"])
def test_a_name_a_case_can_have(folder_of_scenarios, name):
    file = folder_of_scenarios.parent / "plan.yml"
    case = json.dumps(name)
    file.write_text(f"title: A\nreason: B\ncases:\n  {case}: {{arms_trade: {{seed: 5}}}}\n")
    (found,) = sweep.read_plan(file)
    assert found.name == f"replication {name}"


def test_a_file_in_the_place_of_a_folder_is_named(folder):
    (folder.parents[1] / "_build").write_text("x")
    assert said(files.require_folders, folder / "sweeps").startswith("_build: is no folder; ")


# --- The book ----------------------------------------------------------------------------------

TOP = "format: jb-book\nroot: index\n"
TOC = [
    ("", "not a list of keys"), ("root: [\n", "not valid YAML"), ("format: jb-book\n", "'root'"),
    (TOP + "chapters:\n- file: index\n", "multiple times"),
    (TOP + "chapters:\n- file: nope\n", ":4: nope: no such page"),
    (TOP + "chapters:\n- file: ../index\n", "leads out of the book"),
    (TOP + "chapters:\n- file: /etc/hosts\n", "leads out of the book"),
    (TOP + "chapters:\n- file:\n", ":4: file: is no name of a page"),
    (TOP + "chapters:\n- file: 5\n", ":4: file: is no name of a page, found '5'"),
    (TOP + "chapters:\n- file: [a]\n", ":4: file: is no name of a page"),
    (TOP + "parts:\n- chapters:\n  - file: {a: b}\n", ":5: file: is no name of a page"),
    (TOP + 'chapters:\n- file: "a\\0b"\n', ":4: file: is no name of a page"),
    (TOP + f"chapters:\n- file: {'x' * 201}\n", ":4: file: is no name of a page"),
    (TOP + f"chapters:\n- file: {'x/' * 99}\n", ":4: file: is no name of a page"),
    (TOP + "chapters:\n- file: ./other\n", ":4: file: is no name of a page"),
    (TOP + f"chapters:\n- file: {'x' * 200}\n", "no such page"),
    (TOP + "chapters:\n- file: other.md\n", "stands with the ending of its file; allowed: other\n"),
    (TOP + "chapterz: []\n", "chapterz"),
    (TOP + "chapters: &a\n- *a\n", "an alias"), (TOP + TOP, "key given twice"),
]  # fmt: skip
CONFIG = [
    ("", "not a list of keys"), ("a: [\n", "not valid YAML"), ("titel: x\n", "did you mean 'title'"),
    ("title: a\ntitle: b\n", "key given twice"), ("execute: [a]\n", "execute: not a list of keys"),
    ("html: x\n", "html: not a list of keys"), ("sphinx: {config: 5}\n", "sphinx.config"),
    ("title: !!python/name:os.system\n", "not valid YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), TOC)
def test_a_table_of_contents_that_is_refused(tmp_path, text, words):
    for name in ("index", "other"):
        (tmp_path / f"{name}.md").write_text("# One\n")
    (tmp_path / "_toc.yml").write_text(text)
    assert words in said(book.pages, tmp_path)


@pytest.mark.parametrize(("text", "words"), CONFIG)
def test_a_configuration_that_is_refused(tmp_path, text, words):
    (tmp_path / "_config.yml").write_text(text)
    assert words in said(book.configuration, tmp_path / "_config.yml")


PAGES = [
    (b"", ":1: is empty"), (b" \n", ":1: is empty"), (b"# One\n\xe9", ":2: not readable as UTF-8"),
    (b"# One\n\0", ":2: holds a NUL byte"),
    ("# One\nA \u2067page".encode(), ":2: holds U+2067 (RIGHT-TO-LEFT ISOLATE)"),
    (b"# One\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n", ":2: holds a merge that was not finished"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "words"), PAGES)
def test_a_page_that_is_refused(tmp_path, monkeypatch, content, words):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (tmp_path / "index.md").write_bytes(content)
    (tmp_path / "_toc.yml").write_text(TOP)
    assert said(book.pages, tmp_path).startswith(f"index.md{words}")


def test_a_heading_underlined_with_seven_signs_is_no_merge(tmp_path):
    (tmp_path / "index.md").write_text("One\n=======\n")
    (tmp_path / "_toc.yml").write_text(TOP)
    assert len(book.pages(tmp_path)) == 1


def test_a_page_that_is_a_link_out_of_the_book_is_not_published(tmp_path):
    (tmp_path / "secret.md").write_text("# Mine\n")
    root = tmp_path / "book"
    root.mkdir()
    (root / "index.md").symlink_to("../secret.md")
    (root / "_toc.yml").write_text(TOP)
    assert "index: leads out of the book" in said(book.pages, root)


def test_the_data_package_holds_no_file_from_elsewhere(tmp_path):
    (tmp_path / "secret").write_text("mine")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("x")
    (tmp_path / "data" / "b.csv").symlink_to("../secret")
    packed = downloads.package_zip(tmp_path / "data", tmp_path)
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist() == ["a.csv"]


def test_a_pipe_is_not_waited_for_when_asking_what_has_changed(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert stamps._digest(tmp_path / "pipe") == ""


CITED = {
    "title": "A", "version": "1", "date-released": "2024-01-01", "authors": [{"name": "B"}],
}  # fmt: skip
CITATIONS = [
    ("authors", "x"), ("authors", ["x"]), ("authors", [{"given-names": "x"}]), ("authors", 5),
    ("title", ["x"]), ("version", {"a": 1}), ("keywords", 5), ("keywords", [5]), ("license", 5.5j),
    ("license", {"a": 1}), ("references", 5), ("references", ["x"]), ("references", [{"authors": 5}]),
    ("references", [{"institution": "x"}]), ("url", "javascript:alert(1)"), ("url", 5),
    ("doi", "https://doi.org/10.1/x"), ("doi", "10.1/<b>"), ("date-released", "0000-00-00"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "found"), CITATIONS)
def test_a_citation_that_is_refused(tmp_path, key, found):
    content = {**CITED, key: str(found) if isinstance(found, complex) else found}
    content |= {"license": [5]} if isinstance(found, complex) else {}
    (tmp_path / "CITATION.cff").write_text(json.dumps(content))
    text = said(citation.read, tmp_path / "CITATION.cff")
    assert f"{key}: found " in text and "; allowed: " in text


@pytest.mark.parametrize("data", [b"\xe9", b"@article{x,\n", b"<<<<<<< HEAD\n@misc{a,}"])
def test_a_bibliography_that_is_refused(tmp_path, data):
    (tmp_path / "references.bib").write_bytes(data)
    assert "references.bib:" in said(bibliography.works, tmp_path / "references.bib")


WORK = "@misc{x, author = {B, C}, title = {A}, year = {2020}}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Some words.", ":1: holds no work; allowed: entries such as"),
        (WORK + "@foo" + WORK[5:].replace("x", "y", 1), ":2: y: is of no known kind, found 'foo'; allowed: article, book"),
        (WORK.replace("misc", "artcle"), ":1: x: is of no known kind, found 'artcle'; allowed: article,"),
        (WORK.replace("author = {B, C}, ", ""), ":1: x, author: is missing; allowed: author = {...}"),
        (WORK.replace("author", "editor"), ":1: x, author: is missing"),
        (WORK.replace("A}", "}"), ":1: x, title: is missing"),
        ("\n" + WORK.replace("year", "date"), ":2: x, year: is missing"),
    ],
)  # fmt: skip
def test_a_work_that_could_not_be_cited_is_told_with_its_line(tmp_path, text, words):
    (tmp_path / "references.bib").write_text(text)
    assert said(bibliography.works, tmp_path / "references.bib").startswith(
        f"references.bib{words}"
    )


def test_a_bibliography_may_be_empty(tmp_path):
    (tmp_path / "references.bib").write_text("\n")
    assert bibliography.works(tmp_path / "references.bib") == {}


@pytest.mark.parametrize(
    "entry", ["{text: 5, reason: x}", "{text: a}", "a", "{text: '(', reason: x}"]
)
def test_an_entry_that_allows_digits_and_says_not_why(tmp_path, entry):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "prose.yml").write_text(f"digits:\n- {entry}\n")
    assert "chapters/prose.yml: digits, entry 1: " in said(prose.allowed, tmp_path)


def test_a_citation_with_an_alias_is_refused(tmp_path):
    (tmp_path / "CITATION.cff").write_text("title: &a x\nversion: *a\n")
    assert ":2: not valid YAML: an alias" in said(citation.read, tmp_path / "CITATION.cff")


def stored(**changes):
    """A notebook with one cell for the parameters, as JSON."""
    cell = {"cell_type": "code", "id": "p", "metadata": {"tags": ["parameters"]}, "source": "",
            "outputs": [], "execution_count": None}  # fmt: skip
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | changes


STORED = [
    (stored(cells=[]), "does not have one code cell tagged 'parameters', found 'none'"),
    (stored(cells=[{k: v for k, v in stored()["cells"][0].items() if k != "id"}]), "cell 1 has no id"),
    (stored(nbformat_minor="x"), "has no such minor version"),
    (stored(metadata={"authors": [{"name": "\ud800"}]}), r"it holds half a character, \ud800"),
    (stored(nbformat_minor=4), "is not a notebook: "), (stored(nbformat=3), "its format is 3"),
    (stored(metadata={"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}),
     "kernelspec: is of another language, found 'R'; allowed: python"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(STORED)))
def test_a_stored_notebook_that_is_refused(tmp_path, monkeypatch, number):
    """By what makes notebooks of a course from it, too."""
    content, words = STORED[number]
    monkeypatch.setattr(paths, "CHAPTERS", tmp_path)
    (tmp_path / "arms_trade.ipynb").write_text(json.dumps(content))
    for run in (notebooks.chapter, cells.stored):
        assert words in said(run, "arms_trade")


@pytest.mark.filterwarnings("ignore::nbformat.warnings.MissingIDFieldWarning")
def test_a_students_copy_needs_no_ids(tmp_path):
    (tmp_path / "a.ipynb").write_text(
        json.dumps(stored(cells=[{k: v for k, v in stored()["cells"][0].items() if k != "id"}]))
    )
    assert len(notebooks.read(tmp_path / "a.ipynb").cells) == 1


# --- Text of the tables in prose ---------------------------------------------------------------

MARKED = (
    "<b>x</b> {math}`a` $x$ {{ 7*7 }} *a* _b_ [l](javascript:x) &lt; \\ | ~~a~~ ^a^ # <http://a>"
)


def test_text_of_a_table_is_no_markup_in_prose():
    parser = prose._parser()
    shown = parser.renderInline(evidence.literal(MARKED))
    assert html.unescape(shown) == MARKED and "<" not in shown
    assert html.unescape(parser.renderInline(MARKED)) != MARKED
    assert evidence.literal("a\n\n# b") == r"a \# b"


def test_names_in_a_row_are_no_markup():
    assert words.listed(["A", "<b>", "$x$"]) == r"A, \<b\> and \$x\$"


def test_a_name_with_dollars_is_drawn_as_it_is():
    """And not read as mathematics, which ends the run where it is none."""
    figure, (axes,) = figures.canvas(3)
    axes.set_yscale("log")
    axes.plot([1, 2], [1, 1000])
    axes.set_xticks([1, 2], [r"$\frac{x$", "$y$"])
    axes.set_xlabel(r"US$ or C$ \no")
    assert figures.label_size(axes, r"$\frac{x$")[0] > 0
    exhibits.lay_out(figure)
    labels = [label for axis in (axes.xaxis, axes.yaxis) for label in axis.get_ticklabels()]
    read = {label.get_text(): label.get_parse_math() for label in labels}
    assert read.pop("$y$") is False and read.pop(r"$\frac{x$") is False
    assert len(read) >= 4 and all("mathdefault" in text and read[text] for text in read)


# --- Chapters ----------------------------------------------------------------------------------

GOOD = nb.new_notebook(
    cells=[nb.new_code_cell("draws = 1", id="a", metadata={"tags": ["parameters"]})]
)


def notebook(**changes):
    return json.dumps({**json.loads(nb.writes(GOOD)), **changes})


CELL = json.loads(nb.writes(GOOD))["cells"][0]
WORDS = {"cell_type": "markdown", "id": "w", "source": "x", "metadata": CELL["metadata"]}
GIVEN = {**CELL, "id": "g", "metadata": {"tags": ["injected-parameters"]}}
NOTEBOOKS = [
    ("", ":1: is not a notebook: no JSON"), ("<html>", ":1: is not a notebook"), ("{", ": is not"),
    ("[]", "it has another form"), ("null", "it has another form"), ("5", "it has another form"),
    ("[" * 10**5, "is not a notebook"), (notebook(nbformat=3), "its format is 3"),
    (notebook(nbformat=5), "its format is 5"), (notebook(cells=5), "it has no cells"),
    (notebook(metadata=None), "it has no metadata"), (notebook(cells=[7]), "is not a notebook"),
    (notebook(cells=[{**CELL, "source": 5}]), "is not a notebook"),
    (notebook(cells=[{**CELL, "cell_type": "x"}]), "is not a notebook"),
    (notebook(cells=[CELL, CELL]), "two cells have the id 'a'"),
    (notebook(cells=[]), "not have one code cell tagged 'parameters', found 'none'"),
    (notebook(cells=[{**CELL, "metadata": {}}]), "tagged 'parameters', found 'none'"),
    (notebook(cells=[CELL, {**CELL, "id": "b"}]), "tagged 'parameters', found 'cell 1 (code), cell 2 (code)'"),
    (notebook(cells=[WORDS, CELL]), "tagged 'parameters', found 'cell 1 (markdown), cell 2 (code)'"),
    (notebook(cells=[WORDS]), "tagged 'parameters', found 'cell 1 (markdown)'"),
    (notebook(cells=[GIVEN, CELL]), "an earlier run, tagged 'injected-parameters', found 'cell 1 (code)'"),
    (notebook().replace("{", "{\n<<<<<<< HEAD\n", 1), ":2: holds a merge that was not finished"),
    (notebook() + "\0", "holds a NUL byte"), ("\ufeff" + notebook(), "is not a notebook"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(NOTEBOOKS)))
def test_a_chapter_that_is_refused(folder, number):
    content, told = NOTEBOOKS[number]
    (paths.CHAPTERS / "arms_trade.ipynb").write_text(content, "utf-8")
    text = said(notebooks.chapter, "arms_trade")
    assert text.startswith("chapters/arms_trade.ipynb") and told in text and "; allowed: " in text


def test_a_sound_chapter_is_taken(folder):
    (paths.CHAPTERS / "arms_trade.ipynb").write_text(notebook())
    assert notebooks.chapter("arms_trade").cells[0].source == "draws = 1"


# Of a parameter's text papermill writes code: none of it may be more than a text or a number.
PASSED = [
    '"; __import__("os").system("touch MARK"); "', "'; open('MARK', 'w'); '", "\n__import__('os')",
    'x"\nopen("MARK", "w")\n"', "__import__('os').system('touch MARK')", "{open('MARK','w')}",
    '\\"); open("MARK", "w") #', "\\", '"""', "1e999", "nan", "None", "\u2028open('MARK','w')",
]  # fmt: skip


@pytest.mark.parametrize("text", PASSED)
def test_no_text_of_a_parameter_runs(tmp_path, monkeypatch, text):
    """As ``papermill -p shell_price TEXT`` hands it over."""
    monkeypatch.chdir(tmp_path)
    given = {"shell_price": resolved(text), "price_basis": text}
    ran: dict = {}
    exec(PythonTranslator.codify(given), ran)  # noqa: S102 - as papermill runs what it is given
    same = (
        ran["shell_price"] == given["shell_price"] or given["shell_price"] != given["shell_price"]
    )
    assert same and ran["price_basis"] == text and not list(tmp_path.iterdir())
    if given["shell_price"] is not None:
        refused = said(parameters.validate, "arms_trade", given)
        assert "shell_price" in refused and "price_basis" in refused


WRITES = """
import pathlib
for name in ("data/raw/arms.csv", "chapters/new.ipynb"):
    try:
        pathlib.Path("..", name).write_text("x")
    except PermissionError:
        print("refused", name)
pathlib.Path("../data/raw/arms.csv").unlink()
"""


def test_a_chapter_that_changes_the_checkout_is_stopped(folder):
    table = folder.parents[1] / "data" / "raw" / "arms.csv"
    table.parent.mkdir(parents=True)
    table.write_text("as it was")
    cells = [nb.new_code_cell(text, id=f"c{i}") for i, text in enumerate(("draws = 1", WRITES))]
    cells[0].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    text = nb.writes(nb.new_notebook(cells=cells, metadata={"kernelspec": kernel}))
    (paths.CHAPTERS / "arms_trade.ipynb").write_text(text)
    given = parameters.ArmsTrade(draws=8)
    text = said(chapters.execute, "arms_trade", given, folder)
    assert "chapters/arms_trade.ipynb, cell 2: PermissionError: a chapter may not change " in text
    assert "data/raw/arms.csv" in text and table.read_text() == "as it was"
    assert not (paths.CHAPTERS / "new.ipynb").exists()


# --- As a user sees it -------------------------------------------------------------------------


def run(*command, **variables):
    return subprocess.run(
        command, capture_output=True, text=True, cwd=paths.ROOT, env={**os.environ, **variables}
    )


HOSTILE = ["../x", "/etc/passwd", "", "a b", "a\nb", "x" * 300, "é", "con", "$(touch x)"]


@pytest.mark.parametrize("name", HOSTILE[:6])
def test_the_command_refuses_a_name_before_it_touches_anything(name):
    done = run(sys.executable, "scripts/build_book.py", "--scenario", name)
    assert done.returncode == 2 and done.stderr.startswith("no scenario ")
    assert "Traceback" not in done.stderr


GOALS = {
    "SCENARIOS": "compare",
    "RELEASE": "certify",
    "REPEATS": "bench",
    "CHAPTER": "coursework",
    "NOTEBOOK": "grade",
    "NAME": "new-chapter",
    "TITLE": "new-chapter",
}


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize(
    ("goal", "setting", "option"),
    [
        ("book", "EXPLAIN=1", "--explain"),
        ("pdf", "CODE=1", "--code"),
        ("book", "SOLUTIONS=0", "--no-solutions"),
        ("mutation", "AGAIN=1", "--again"),
    ],
)
def test_a_switch_of_make_is_one_nought_or_nothing(goal, setting, option):
    name, on = setting.split("=")
    for value in ("0", "1", ""):
        done = run("make", "--dry-run", goal, f"{name}={value}")
        assert (option in done.stdout) == (value == on) and done.returncode == 0
    done = run("make", "--dry-run", goal, f"{name}=no")
    assert done.returncode == 2 and "scripts/" not in done.stdout  # a make in a make says more
    assert f"{name}=no: allowed are 1 (yes), 0 (no) and nothing" in done.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("variable", [*GOALS, "SCENARIO", "KERNEL"])
@pytest.mark.parametrize("text", ["$(touch MARK)", '"; touch MARK; "', "`touch MARK`", "$(shell touch MARK)", "; touch MARK"])  # fmt: skip
def test_no_variable_of_make_is_a_command(tmp_path, variable, text):
    """Recipes run with `true` in place of Python."""
    mark = tmp_path / "mark"
    value = text.replace("MARK", str(mark))
    goal = GOALS.get(variable, "book")
    run("make", goal, "RUN=true", "PYTHON=true", f"{variable}={value}")
    assert not mark.exists()
