"""The glossary: the first use of each term on a page is a link, and every term is used."""

import re

import pytest
from bs4 import BeautifulSoup

from compendium import book, glossary, paths, values

TERMS = """# Glossary

:::{glossary}
draw
  One run with inputs at *random*.

Sobol index
Sobol indices
  The share of one input.
:::
"""
PAGE = """# Every draw counts

A `draw` in code, a [draw](glossary.md), a withdraw, and a re-draw are none.

## Sobol index

There were many draws.
Then a draw, Sobol indices, and one Sobol index.

| draw |
|---|
| draw |
"""


def soup(html, page):
    return BeautifulSoup((html / f"chapters/{page}.html").read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """A book of two pages."""
    folder = tmp_path_factory.mktemp("glossary")
    root = folder / "root"
    (root / "chapters").mkdir(parents=True)
    toc = "format: jb-book\nroot: chapters/page\nchapters:\n- file: chapters/glossary\n"
    (root / "_toc.yml").write_text(toc)
    config = (paths.ROOT / "_config.yml").read_text("utf-8").replace(" [assets]", " []")
    (root / "_config.yml").write_text(config.replace("favicon:", "# "))
    (root / "chapters/page.md").write_text(PAGE)
    (root / "chapters/glossary.md").write_text(TERMS)
    day = values.Value("page.as_of", "2024-10-28", unit="date")
    values.write(folder / "values.json", {day.id: day}, as_of=day.value)
    book.render("tiny", root, folder / "values.json", folder / "html", root=root)
    return folder / "html"


def test_the_first_use_in_a_sentence_is_a_link_and_no_other(html):
    links = soup(html, "page").select("a.glossary-term")
    assert [" ".join(link.get_text().split()) for link in links] == ["draws", "Sobol indices"]
    assert links[0]["href"] == "glossary.html#term-draw"
    assert not soup(html, "glossary").select("a.glossary-term")


def test_a_link_has_its_card_with_the_definition(html):
    page = soup(html, "page")
    for link in page.select("a.glossary-term"):
        card = page.find(id=link["data-card"])
        assert card.find("a")["href"] == link["href"]
    (draw, sobol) = page.select(".term-card")
    assert [p.get_text() for p in draw.find_all("p")][:2] == [
        "draw",
        "One run with inputs at random.",
    ]
    assert "Sobol index" in sobol["aria-label"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Draws of a vintage", ["Draws", "vintage"]),
        ("withdraw, draw-bridge, drawn", []),
        ("negative\nbinomial", ["negative\nbinomial"]),
        ("vintages", ["vintages"]),
    ],
)
def test_a_term_is_found_as_whole_words(text, found):
    find = glossary.pattern(("draw", "vintage", "binomial", "negative binomial"))
    assert [match[0] for match in find.finditer(text)] == found


# ----------------------------------------------------------------------------- the book's own


@pytest.fixture(scope="module")
def pages(quick_book):
    root = quick_book / "_build" / "quick" / "html"
    return {
        page.stem: BeautifulSoup(
            (root / page).with_suffix(".html").read_text("utf-8"), "html.parser"
        )
        for page in book.pages(quick_book)
    }


@pytest.mark.long
def test_every_term_is_used_on_some_page_and_every_link_leads_to_one(pages):
    own = {term["id"] for term in pages["glossary"].select("article dt[id]")}
    links = [a for page in pages.values() for a in page.select("article a.glossary-term")]
    led = {link["href"].partition("#")[2] for link in links}
    assert led <= own
    # Two spellings of one term are used if either is.
    entries = pages["glossary"].select("article dl.glossary dd")
    unused = [names for entry in entries if not led & (names := {dt["id"] for dt in before(entry)})]
    assert len(entries) >= 20 and unused == []


def before(entry):
    """Terms that a definition belongs to."""
    found = []
    for node in entry.find_previous_siblings(["dt", "dd"]):
        if node.name == "dd":
            break
        found.append(node)
    return found


def test_a_page_links_each_term_once(pages):
    for name, page in pages.items():
        led = [link["href"] for link in page.select("article a.glossary-term")]
        assert len(led) == len(set(led)), name


def test_a_term_of_a_sentence_of_a_chapter_is_linked(pages):
    """Also where the chapter wrote the sentence when it ran."""
    for chapter in ("arms_trade", "troop_plausibility", "trade_trends", "kremlin_strategy"):
        found = pages[chapter].select("article a.glossary-term")
        assert any(re.fullmatch("vintages?", a.get_text(), re.I) for a in found), chapter
