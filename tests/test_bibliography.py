"""One bibliography: works named in docstrings, sources as they stand in the table."""

import csv
from collections import Counter

import pybtex.plugin
import pytest
from pybtex.database import parse_string

from compendium import bibliography, models, paths
from compendium.errors import CompendiumError

FILE = paths.ROOT / bibliography.FILE
ITEMS = [
    item
    for file in sorted((paths.ROOT / "src").rglob("*.py"))
    for item in bibliography.references_in(file.read_text("utf-8"))
]
SOURCE = {
    "source_id": "odd2024",
    "title": "100% {odd} \\input{x} $5_a$ ~ ^ # & <script>alert(1)</script>",
    "author": "",
    "publisher": "A & B, Inc. and {Sons} ~",
    "published": "2024-06",
    "url": "https://example.org/a_b?c={1}&d=%20",
}


@pytest.fixture(scope="module")
def sources():
    with (paths.RAW / "sources.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def shown(entries, backend="html"):
    """Entries by key as the book prints them."""
    backend = pybtex.plugin.find_plugin("pybtex.backends", backend)()
    found = bibliography.Style().format_entries(list(entries.values()))
    return {entry.key: entry.text.render(backend) for entry in found}


@pytest.mark.parametrize("item", ITEMS)
def test_every_work_named_in_a_docstring_is_in_the_bibliography(item):
    works = bibliography.works(FILE)
    assert [key for key, work in works.items() if bibliography.is_named(work, item)]


def test_every_work_of_the_bibliography_is_named_in_a_docstring():
    works = bibliography.works(FILE)
    unused = [k for k, w in works.items() if not any(bibliography.is_named(w, i) for i in ITEMS)]
    assert unused == []


def test_no_key_stands_twice(sources):
    text = FILE.read_text("utf-8") + bibliography.sources_bib(sources)
    keys = [line.split("{")[1].rstrip(",") for line in text.splitlines() if line[:1] == "@"]
    assert {key: n for key, n in Counter(map(str.lower, keys)).items() if n > 1} == {}
    assert len(keys) == len(bibliography.works(FILE)) + len(sources)
    assert parse_string(text, "bibtex").entries.keys()  # pybtex raises on a repeated key


def test_every_source_is_printed_letter_for_letter(sources):
    entries = parse_string(bibliography.sources_bib(sources), "bibtex").entries
    printed = shown(entries, "plaintext")
    wrong = [
        s["source_id"]
        for s in sources
        if " ".join(s["title"].split()) not in printed[s["source_id"]]
    ]
    assert wrong == []


def test_works_print_without_a_warning(recwarn):
    printed = shown(bibliography.works(FILE), "plaintext")
    assert "20. " not in printed["cohen1960coefficient"]
    assert "20, 1960" in printed["cohen1960coefficient"]  # the volume, also without pages
    assert "3rd edition" in printed["gelman2013bayesian"]
    assert not recwarn.list


def test_hostile_text_of_a_source_stays_text():
    entries = parse_string(bibliography.source_entry(SOURCE), "bibtex").entries
    html = shown(entries)["odd2024"]
    assert "&lt;script&gt;" in html and "<script" not in html
    text = shown(entries, "plaintext")["odd2024"]
    assert SOURCE["title"] in text and SOURCE["publisher"] in text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", ""]
)
def test_only_addresses_of_the_web_become_links(url):
    entry = bibliography.source_entry({**SOURCE, "url": url})
    assert "url" not in parse_string(entry, "bibtex").entries["odd2024"].fields
    assert "href" not in shown(parse_string(entry, "bibtex").entries)["odd2024"]


def test_a_source_without_a_date_says_so():
    entry = bibliography.source_entry({**SOURCE, "published": ""})
    assert shown(parse_string(entry, "bibtex").entries)["odd2024"].endswith("no date seen.")


def test_a_chapter_has_the_works_of_its_own_model():
    arms, policy = (set(bibliography.works_of(c, FILE)) for c in ("arms_trade", "recommendations"))
    assert "saltelli2010variance" in arms - policy
    assert "lahdelma1998smaa" in policy - arms
    assert "odni2015analytic" in arms & policy
    assert bibliography.works_of("methods", FILE) == {}
    assert all(bibliography.works_of(chapter, FILE) for chapter in models.MODELS)


def test_a_bibliography_that_cannot_be_read_is_named(tmp_path):
    file = tmp_path / "references.bib"
    file.write_text("@book{a, title = {")
    with pytest.raises(CompendiumError, match=r"^references.bib: "):
        bibliography.works(file)
    with pytest.raises(CompendiumError, match="references.bib: is missing"):
        bibliography.works(tmp_path / "none" / "references.bib")


def test_a_text_that_ends_itself_gets_no_second_full_stop():
    ends = ["1904", "in Sept.", "Will they fight?", "And so on…"]
    assert [bibliography.ended(text) for text in ends] == ["1904.", *ends[1:]]
