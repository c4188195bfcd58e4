"""The book on paper: joining pages, and what Chromium makes of them."""

import contextlib
import io
import itertools
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
from browsing import needs_browser
from checkout import Copy

from compendium import book, paths, printing, stamps
from compendium.errors import CompendiumError

pypdf = pytest.importorskip("pypdf", reason="pypdf is missing: run `make test`")

PAGE = """
<html><body><article class="bd-article"><section id="top">
<h1><span class="section-number">1. </span>One: first<a class="headerlink" href="#top">#</a></h1>
<p>There are <a class="compendium-value" data-value-id="one.n" data-card="card-n"
href="catalogue/values.html#value-n">7</a> rounds, see <a href="two.html#fig-a">Figure 2.1</a>,
<a href="#more">more</a>, <a href="catalogue/arms.html#row-x">x</a>,
<a href="https://example.org/">the web</a>.</p>
<section id="more"><h2>More</h2></section>
<div class="cell"><details class="admonition hide above-input"><summary>Code</summary>
<div class="cell_input"><pre>secret_code = 1</pre></div></details></div>
<div class="exercise admonition">Count it.<details><summary>Hint
<span class="sd-summary-state-marker">arrow</span></summary>two hands</details></div>
<div class="solution dropdown admonition">count_it</div>
<div class="exhibit"><img src="../_images/a%20b.svg" alt="A"><details class="exhibit-data">
<summary>Data</summary>unfolded</details><p class="exhibit-footer">Download</p></div>
<table id="tab-values"><tbody><tr><td><p>one.n</p></td><td><p>2024-10-28</p></td></tr></tbody></table>
</section><div class="value-card">card</div><div class="d-print-none">panel</div>
<section id="what-if"><h2>What if</h2><p>Move</p><div class="whatif">sliders</div></section>
<section class="foot"><h2>Cite this</h2>bibtex</section></article></body></html>
"""
OTHER = '<article><section id="two"><h1>Two</h1><figure id="fig-a"></figure></section></article>'


@pytest.fixture
def sheets(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "html" / "chapters").mkdir(parents=True)
    for name, text in (("one", PAGE), ("two", OTHER)):
        (tmp_path / "chapters" / f"{name}.md").write_text("# It\n")
        (tmp_path / "html" / "chapters" / f"{name}.html").write_text(text)
    contents = "format: jb-book\nroot: chapters/one\nparts:\n- caption: Part\n  chapters:\n"
    (tmp_path / "_toc.yml").write_text(contents + "  - file: chapters/two\n")
    return lambda **options: printing.join(tmp_path / "html", tmp_path, **options)


def test_joined_pages_keep_what_is_for_paper_and_nothing_else(sheets):
    one, two = sheets()
    text = one.tree.get_text()
    assert "rounds" in text and "Count it." in text and "two hands" in text
    for gone in ("count_it", "#", "card", "panel", "unfolded", "Download", "Code", "secret_code",
                 "What if", "Move", "sliders", "Cite this", "bibtex",
                 "arrow"):  # fmt: skip
        assert gone not in text
    assert (one.number, one.title, one.part) == ("1", "One: first", "")
    assert (two.number, two.title, two.part) == ("", "Two", "Part")
    assert one.sections == [("one.more", "More")]


def test_code_is_printed_when_asked_for_and_its_fold_is_gone(sheets):
    text = sheets(code=True)[0].tree.get_text()
    assert "secret_code" in text and "Code" not in text
    assert "count_it" in text  # the solutions are of little use without their code


def test_links_lead_into_the_joined_document_or_are_text(sheets):
    one, two = sheets()
    links = {a.get_text(): a["href"] for a in one.tree.find_all("a")}
    assert links == {
        "7v1.1": "#value.one.n",
        "Figure 2.1": "#two.fig-a",
        "more": "#one.more",
        "the web": "https://example.org/",
    }
    assert two.tree.find(id="two.fig-a") and one.tree.find("tr", id="value.one.n")
    assert one.tree.find("span", attrs={"data-page-of": "two.fig-a"})
    assert one.tree.img["src"].startswith("file:") and one.tree.img["src"].endswith("a%20b.svg")


def test_a_page_that_is_missing_is_named(sheets, tmp_path):
    (tmp_path / "html" / "chapters" / "two.html").unlink()
    with pytest.raises(CompendiumError, match=r"two\.html is missing.*make clean book"):
        sheets()


def test_a_book_not_built_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    with pytest.raises(CompendiumError, match="make pdf SCENARIO=low"):
        printing.print_book("low")


def test_a_damaged_book_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    (tmp_path / "low").mkdir()
    (tmp_path / "low" / stamps.NAME).write_text('{"format": "comp')
    with pytest.raises(CompendiumError, match="low: the book is damaged; run `make pdf SCENARIO="):
        printing.print_book("low")


def test_a_book_of_other_files_is_not_printed_under_the_title_of_these(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    (tmp_path / "low").mkdir()
    (tmp_path / "low" / stamps.NAME).touch()
    monkeypatch.setattr(stamps, "read", lambda build: {"python": "another"})
    with pytest.raises(CompendiumError, match="as they are now; run `make pdf SCENARIO=low`"):
        printing.print_book("low")


@pytest.mark.parametrize(
    "change", [{"solutions": False}, {"packages": {"numpy": "1"}}, {"origin": ["", "", "1234567"]}]
)
def test_another_book_of_the_same_files_is_printed_anew(change):
    stamp = {"inputs": {}, "python": "3", "solutions": True, "packages": {}, "origin": ["", "", ""]}
    assert printing.digest(stamp | change, False) != printing.digest(stamp, False)


def test_a_missing_browser_is_one_plain_message(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    with pytest.raises(CompendiumError, match="apt-get install chromium") as caught:
        printing.find_browser()
    assert "\n" not in str(caught.value)


def test_the_title_page_names_scenario_vintage_and_version_and_no_clock():
    front = printing.title_page("hindsight", "2026-10-31")
    assert front["scenario"].startswith("Scenario: hindsight (")
    assert front["as_of"] == "Evidence known by 2026-10-31"
    assert front["version"].startswith("Version ")
    assert front["title"] == "Putin's Partner" and front["authors"]


# ------------------------------------------------------------------- the real book, printed


needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="needs poppler: `apt-get install poppler-utils`"
)
MARGIN = 60  # points; the narrowest margin is 22 mm


@pytest.fixture(scope="module")
def copy(quick_book, tmp_path_factory):
    """The built book, in a place where no other test changes it."""
    return Copy(tmp_path_factory.mktemp("printing"), whole=quick_book)


@pytest.fixture(scope="module")
def pdf(copy):
    done = copy.run("print_book.py", "--scenario", "quick")
    assert done.returncode == 0, done.stderr
    return copy.root / "_build" / "pdf" / "quick.pdf"


@pytest.fixture(scope="module")
def reader(pdf):
    return pypdf.PdfReader(io.BytesIO(pdf.read_bytes()))


@pytest.fixture(scope="module")
def texts(pdf):
    return poppler("pdftotext", "-layout", pdf, "-").split("\f")[:-1]


def poppler(program, *arguments):
    command = [shutil.which(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def plain(text):
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def chapters(copy):
    """Built pages that are printed, parsed; by name."""
    names = [page.with_suffix("").as_posix() for page in book.pages(copy.root)]
    html = copy.root / "_build" / "quick" / "html"
    return {
        name: printing.read(html / f"{name}.html")
        for name in names if not name.startswith(printing.LEFT_OUT)
    }  # fmt: skip


@pytest.fixture(scope="module")
def joined(copy):
    """The same, made ready for paper."""
    return printing.join(copy.root / "_build" / "quick" / "html", copy.root)


@needs_browser
@pytest.mark.long
def test_the_book_is_of_a_size_to_print(pdf, reader):
    assert 60 <= len(reader.pages) <= 260
    assert pdf.stat().st_size < 25_000_000


@needs_browser
@needs_poppler
@pytest.mark.long
def test_all_fonts_are_embedded(pdf):
    lines = poppler("pdffonts", pdf).splitlines()[2:]
    assert lines
    assert [line for line in lines if line.split()[-5] != "yes"] == []
    assert {name.partition("+")[2].partition("-")[0] for name in (x.split()[0] for x in lines)} <= {
        "STIXGeneral", "DejaVuSans", "DejaVuSansMono"
    }  # fmt: skip


@needs_browser
@pytest.mark.long
def test_the_outline_has_every_chapter_on_its_page(chapters, reader):
    lines = {x.title: x for x in reader.outline if not isinstance(x, list)}
    for name, article in chapters.items():
        heading = article.h1
        heading.find(class_="headerlink").extract()
        title = " ".join(heading.get_text().split())
        assert title in lines, name
        page = reader.pages[reader.get_destination_page_number(lines[title])]
        assert plain(title) in plain(page.extract_text()), name


@needs_browser
@needs_poppler
@pytest.mark.long
def test_the_contents_give_the_page_of_each_chapter(reader, texts):
    contents = plain("".join(texts[1:5]).replace("\u2013", "-"))
    for line in (x for x in reader.outline if not isinstance(x, list)):
        assert plain(line.title) + str(reader.get_destination_page_number(line) + 1) in contents


@needs_browser
@pytest.mark.long
def test_every_link_within_the_book_resolves(reader):
    places = {name.removeprefix("/") for name in reader.named_destinations}
    inside, outside = 0, set()
    for page in reader.pages:
        for annotation in page.get("/Annots", ()):
            link = annotation.get_object()
            if "/Dest" in link:
                assert str(link["/Dest"]).removeprefix("/") in places
                inside += 1
            else:
                outside.add(str(link["/A"]["/URI"]))
    assert inside > 300
    assert [uri for uri in outside if not uri.startswith(("http://", "https://", "mailto:"))] == []


@needs_browser
@needs_poppler
@pytest.mark.long
def test_no_text_stands_in_the_margins_and_no_page_is_empty(pdf):
    boxes = poppler("pdftotext", "-bbox", pdf, "-")
    for number, page in enumerate(boxes.split("<page ")[1:], 1):
        width, height = map(float, re.match(r'width="([\d.]+)" height="([\d.]+)"', page).groups())
        words = re.findall(
            r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"', page
        )
        assert words, f"page {number} is empty"
        for word in words:
            left, top, right, bottom = map(float, word)
            inside = left > MARGIN and right < width - MARGIN and top > 20 and bottom < height - 20
            assert inside, (number, word)


@needs_browser
@needs_poppler
@pytest.mark.long
def test_numbers_of_figures_and_tables_are_those_of_the_html_book(chapters, texts):
    printed = set(re.findall(r"(?:Figure|Table|Exercise|Listing)\s+[\d.]*\d", "".join(texts)))
    printed = {plain(caption) for caption in printed}
    captions = [
        plain(tag.get_text()) for article in chapters.values()
        for tag in article.find_all(class_="caption-number")
    ]  # fmt: skip
    assert len(captions) > 100
    assert [caption for caption in captions if caption not in printed] == []


@needs_browser
@needs_poppler
@pytest.mark.long
def test_scenario_stands_on_the_title_page_and_at_the_foot_of_every_other(texts):
    assert "Scenario: quick (Quick)" in texts[0]
    for number, text in enumerate(texts[1:], 2):
        assert "Scenario: quick (Quick). Evidence known by 2024-10-28." in text
        assert text.rstrip().endswith(str(number))


@needs_browser
@needs_poppler
@pytest.mark.long
def test_formulas_are_set_and_neither_code_nor_a_path_is_printed(pdf, texts):
    text = "".join(texts)
    assert not re.search(r"\$\$|\\\(|\\\[|\\frac|\\sum|\\text", text)
    assert not re.search(r"^\s*(import|from) compendium", text, re.M)
    assert "parameters.validate" not in text and "publish_all(" not in text
    content = pdf.read_bytes()
    for leak in (b"file:", str(paths.ROOT).encode(), b"CreationDate", b"HeadlessChrome"):
        assert leak not in content


@needs_browser
@pytest.mark.long
def test_every_number_is_marked_with_its_row_in_the_table_of_values(joined):
    links = [link for sheet in joined for link in sheet.tree.find_all("a", class_="value")]
    assert len(links) > 300
    unmarked = {link["data-value-id"] for link in links if not link.get("href")}
    # That chapter has no table of values of its own: its tables of statements hold them.
    assert {id for id in unmarked if not id.startswith("replication.")} == set()


@needs_browser
@pytest.mark.long
def test_no_table_is_wider_than_its_paper(copy, joined, tmp_path):
    front = printing.title_page("replication", "2024-10-28")
    file = tmp_path / "book.html"
    file.write_text(
        printing.document(front, joined, copy.root / "_build" / "quick" / "html"), "utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["tables", "[]"]


MEASURE = """
import sys
from pathlib import Path
from compendium import printing
with printing.opened(Path(sys.argv[1])) as page:
    page.evaluate(printing.FIT)
    wide = page.evaluate('''() => [...document.querySelectorAll("table, pre, img, .math")]
        .filter(e => !e.closest(".wide") && e.getBoundingClientRect().right
            > document.body.getBoundingClientRect().right + 1)
        .map(e => e.id || e.className)''')
print("tables", wide)
"""


@needs_browser
@pytest.mark.long
def test_printing_again_is_not_needed(copy, pdf):
    before = pdf.read_bytes()
    done = copy.run("print_book.py", "--scenario", "quick")
    assert "unchanged" in done.stderr and pdf.read_bytes() == before


def test_a_long_folder_for_passing_files_is_not_the_browsers(monkeypatch):
    """Its socket would lie in there, and the address of a socket has some hundred characters."""
    for folder, own in (("/tmp/x", None), ("/tmp/" + "y" * 60, printing.SHORT)):
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(printing.tempfile, "gettempdir", lambda folder=folder: folder)
        assert printing.surroundings()["TMPDIR"] == (own or folder)


def test_a_book_without_formulas_needs_nothing_to_set_them(tmp_path):
    assert printing.formulas(tmp_path, "<p>words</p>") == ""
    with pytest.raises(CompendiumError, match="lacks MathJax"):
        printing.formulas(tmp_path, '<span class="math">x</span>')


def test_pages_that_keep_moving_are_told_and_not_printed(tmp_path, monkeypatch):
    places = itertools.count()
    page = SimpleNamespace(evaluate=lambda *given: None, pdf=lambda **options: b"")
    monkeypatch.setattr(printing, "opened", lambda file: contextlib.nullcontext(page))
    monkeypatch.setattr(printing, "destinations", lambda printed: {"a": next(places)})
    with pytest.raises(CompendiumError, match="still moving after"):
        printing.press("<p>x</p>", tmp_path)
    monkeypatch.setattr(printing, "destinations", lambda printed: {"a": 1})
    assert printing.press("<p>x</p>", tmp_path) == b""
    assert not list(tmp_path.iterdir())
