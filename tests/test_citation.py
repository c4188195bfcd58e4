"""What to cite and how: BibTeX, RIS, and the facts in the head of a page."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pybtex.database import parse_string

from compendium import citation, paths
from compendium.errors import CompendiumError

HOSTILE = (
    "100% {of} \\input{x} $5_a$ ~ ^ # & </script><script>alert(1)</script> \"q\" 'NATO'\n\u2028é"
)
CFF = """\
cff-version: 1.2.0
message: Cite.
title: "Tides: a book"
version: 1.2.3
date-released: 2026-11-23
authors:
  - {family-names: Berg, given-names: Ana, name-particle: van den}
  - {name: "Sons & Daughters, and Co"}
keywords: [sea, moon]
license: MIT
"""


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "CITATION.cff"
    file.write_text(CFF, "utf-8")
    return file


@pytest.fixture
def work(file):
    return citation.read(file)


def fields(entry):
    """Fields of a BibTeX entry, letter for letter."""
    found = parse_string(entry, "bibtex").entries
    (only,) = found.values()
    return only


def test_the_compendiums_own_citation_is_valid_and_names_the_study():
    work = citation.read(paths.ROOT / citation.NAME)
    assert work.based_on[0]["title"] == "Putin's Partner"
    assert work.doi == "" and work.url == ""  # none is known; none is made up
    assert "url" not in fields(work.bibtex()).fields


def test_the_compendiums_own_citation_fits_the_schema_of_its_format(tmp_path):
    # The schema is in the package: nothing is fetched.
    program = Path(sys.executable).with_name("check-jsonschema")
    schema = ["--builtin-schema", "vendor.citation-file-format"]
    wrong = tmp_path / "CITATION.cff"
    wrong.write_text((paths.ROOT / citation.NAME).read_text("utf-8") + "colour: blue\n", "utf-8")
    for file, code in ((paths.ROOT / citation.NAME, 0), (wrong, 1)):
        done = subprocess.run([program, *schema, file], capture_output=True, text=True)
        assert done.returncode == code, done.stdout


def test_people_and_groups_are_told_apart(work):
    assert work.names == ["van den Berg, Ana", "Sons & Daughters, and Co"]
    people = fields(work.bibtex()).persons["author"]
    assert len(people) == 2 and people[0].first_names == ["Ana"]
    assert citation.report(work, "")["author"] == [
        {"@type": "Person", "name": "Ana van den Berg", "familyName": "van den Berg",
         "givenName": "Ana"},
        {"@type": "Organization", "name": "Sons & Daughters, and Co"},
    ]  # fmt: skip


@pytest.mark.parametrize("key", citation.NEEDED)
def test_what_a_citation_needs_is_asked_for_by_name(file, key):
    file.write_text(re.sub(rf"(?m)^{key}:", "other:", CFF))
    with pytest.raises(CompendiumError, match=rf"^CITATION.cff lacks {key}$"):
        citation.read(file)


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", CFF.replace("2026-11-23", "soon")])
def test_a_file_that_is_no_citation_is_refused(file, text):
    file.write_text(text)
    with pytest.raises(CompendiumError, match=r"CITATION.cff:"):
        citation.read(file)


def test_hostile_text_survives_bibtex(work):
    entry = replace(work, title=HOSTILE, note=HOSTILE, book=HOSTILE).bibtex()
    found = fields(entry).fields
    plain = " ".join(citation.printable(HOSTILE).split())
    assert citation.unlatex(found["title"][1:-1]) == plain
    assert citation.unlatex(found["note"]) == plain
    depth = 0
    for letter in entry:  # BibTeX counts braces, whatever stands before them
        depth += (letter == "{") - (letter == "}")
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize("text", ["ends in ~", "{", "}", "\\", "a\\{b", "~^~", "textbackslash{}"])
def test_escaping_for_latex_can_be_undone(text):
    assert citation.unlatex(citation.latex(text)) == text


def test_a_line_break_begins_no_field_of_ris(work):
    lines = replace(work, title="A\nUR  - http://evil", book="B").ris().splitlines()
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines)
    assert not any(line.startswith("UR") for line in lines)
    assert lines[0] == "TY  - CHAP" and lines[-1] == "ER  - "


def test_an_address_cannot_leave_its_field():
    assert citation.address('http://a.b/{x}\\"y z\n') == "http://a.b/%7Bx%7D%5C%22y%20z%0A"


def test_head_of_a_page_holds_hostile_text_as_text(work):
    odd = replace(work, title=HOSTILE, book=HOSTILE)
    head = (
        citation.meta("name", odd.highwire())
        + citation.meta("property", citation.open_graph(odd, HOSTILE))
        + citation.json_ld([citation.report(odd, HOSTILE)])
    )
    soup = BeautifulSoup(f"<head>{head}</head><body></body>", "html.parser")
    assert len(soup.find_all("script")) == 1 and soup.body.text == ""
    assert soup.find("meta", {"name": "citation_title"})["content"] == citation.printable(HOSTILE)
    content = json.loads(soup.script.string)
    assert content["@graph"][0]["name"] == HOSTILE


def test_head_says_what_scholar_needs_and_invents_nothing(work):
    tags = dict(work.highwire())
    assert tags["citation_publication_date"] == "2026/11/23"
    assert "citation_doi" not in tags and "citation_public_url" not in tags
    assert "og:url" not in dict(citation.open_graph(work, "x"))
    known = replace(work, url="https://example.org/book")
    assert dict(citation.open_graph(known, "x"))["og:url"] == "https://example.org/book"


def test_a_long_description_is_cut_at_a_word():
    text = citation.shorten("word " * 100)
    assert len(text) <= citation.DESCRIBED + 4 and text.endswith("word ...")
