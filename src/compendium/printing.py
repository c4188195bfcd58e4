"""The whole book on paper: its built pages joined into one, and printed by Chromium.

The pages are those of the HTML book, so that words, numbers of figures and formulas are the
same. What only a screen can do is left out: cards, data to unfold, downloads, the catalogue.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

import compendium
from compendium import book, commands, files, locks, paths, stamps
from compendium.errors import CompendiumError

STYLE = "assets/print.css"
# Hundreds of rows each, made to be sorted and searched.
LEFT_OUT = "chapters/catalogue/"
# What opens, unfolds or runs. A page marks what else is not for paper with `d-print-none`.
SCREEN_ONLY = {
    "value-card", "headerlink", "exhibit-footer", "exhibit-data", "toctree-wrapper", "foot",
    "d-print-none", "sd-summary-state-marker",
}  # fmt: skip
NOT_TEXT = {"script", "style", "button", "iframe"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DAY = re.compile(r"\d{4}-\d\d-\d\d")
LONG_NAME = re.compile(r"\w+[_.]\w+[_.]\w+")
JOINT = re.compile(r"(?<=\w[_.])(?=[a-z])")
SHORT = "/tmp"  # noqa: S108 - where the browser makes a folder of its own
PASSES = 4  # to number the pages: the numbers themselves may move a line
MADE_OF = "/CompendiumMadeOf"
PDF_VERSION = "%PDF-1.7"
# Of Matplotlib, which is in every environment: the same pages on every machine.
FONTS = {
    ("Book", "normal", 400): "STIXGeneral",
    ("Book", "normal", 700): "STIXGeneralBol",
    ("Book", "italic", 400): "STIXGeneralItalic",
    ("Book", "italic", 700): "STIXGeneralBolIta",
    ("Code", "normal", 400): "DejaVuSansMono",
    ("Code", "normal", 700): "DejaVuSansMono-Bold",
    ("Signs", "normal", 400): "DejaVuSans",
}


def print_book(name: str, report: Callable[[str], None] = print, *, code: bool = False) -> Path:
    """Print the built book of a scenario to ``_build/pdf/<name>.pdf`` and return that file.

    Parameters
    ----------
    name : str
        Name of a scenario whose book is built.
    report : callable
        Takes a line of progress.
    code : bool
        Print the code of the chapters too.

    Raises
    ------
    CompendiumError
        The book is not built, damaged or not of the files as they are, or no browser is at hand.
    """
    build = paths.BUILD / name
    if not (build / stamps.NAME).exists():
        raise CompendiumError(
            f"{paths.relative(build)}: no finished book; run `make pdf SCENARIO={name}`"
        )
    with locks.alone(build, report):  # no other book is put there meanwhile
        return _print(name, build, report, code)


def _print(name: str, build: Path, report: Callable[[str], None], code: bool) -> Path:
    target = paths.BUILD / "pdf" / f"{name}.pdf"
    stamp = stamps.read(build)
    if stamp is None:
        raise CompendiumError(
            f"{paths.relative(build)}: the book is damaged; run `make pdf SCENARIO={name}`"
        )
    # Title page and order of the pages are read from the checkout.
    if not any(stamps.current(name, solutions) for solutions in (True, False)):
        raise CompendiumError(
            f"{paths.relative(build)}: the book is not of the files, packages and commit as they "
            f"are now; run `make pdf SCENARIO={name}`"
        )
    made_of = digest(stamp, code)
    if printed_of(target) == made_of:
        report(f"unchanged: {paths.relative(target)}")
        return target
    sheets = join(build / "html", code=code)
    front = title_page(name, json.loads((build / "values.json").read_text("utf-8"))["as_of"])
    report("printing ...")
    content = press(document(front, sheets, build / "html"), target.parent)
    files.clear_abandoned(target.parent)
    files.put(target, finish(content, sheets, front, made_of))
    report(f"done: {paths.relative(target)}")
    return target


def digest(stamp: Mapping, code: bool) -> str:
    """Digest of what a book was made of, and of how it is printed."""
    inputs = {path: entry[-1] for path, entry in stamp["inputs"].items()}
    how = [file.read_text("utf-8") for file in (Path(__file__), paths.ROOT / STYLE)]
    rest = [stamp[key] for key in ("python", "packages", "solutions", "origin")]
    made_of = [inputs, rest, how, code]
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


def printed_of(file: Path) -> str | None:
    """Digest that a printed book holds of what it was made of; None if there is no such book."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        return (PdfReader(file).metadata or {}).get(MADE_OF)
    except (OSError, PyPdfError):
        return None


# --------------------------------------------------------------------------- joining pages


@dataclass
class Sheet:
    """A page of the book made ready for paper.

    Attributes
    ----------
    name : str
        Address in the built book without its ending.
    part : str
        Title of the part of the book it belongs to.
    number, title : str
        As its heading says; no number outside the numbered part.
    tree : bs4.Tag
    sections : list of (str, str)
        Id and title of its sections.
    """

    name: str
    part: str
    tree: object
    number: str = ""
    title: str = ""
    sections: list[tuple[str, str]] = field(default_factory=list)

    @property
    def heading(self) -> str:
        """Number and title."""
        return f"{self.number}. {self.title}" if self.number else self.title

    @property
    def key(self) -> str:
        """Id of the page in the joined document, and the beginning of all ids in it."""
        return self.name.rpartition("/")[2]


def join(html: Path, root: Path = paths.ROOT, *, code: bool = False) -> list[Sheet]:
    """Pages of a built book in its order, with links that lead from one to another.

    Parameters
    ----------
    html : Path
        Folder of the built book.
    root : Path, optional
        Checkout it was built from, for the order of the pages.
    code : bool
        Keep the code of the chapters.
    """
    parts = part_titles(root)
    sheets = []
    for page in book.pages(root):
        name = page.with_suffix("").as_posix()
        if not name.startswith(LEFT_OUT):
            sheets.append(Sheet(name, parts.get(name, ""), read(html / f"{name}.html")))
    for sheet in sheets:
        drop(sheet, code)
        outline(sheet)
    marks = number_values(sheets)
    for sheet in sheets:
        soften(sheet)
    known = {sheet.name: sheet for sheet in sheets}
    for sheet in sheets:
        link(sheet, known, marks)
        for image in sheet.tree.find_all("img"):
            image["src"] = (
                (html / sheet.name).parent.joinpath(unquote(image["src"])).resolve().as_uri()
            )
    return sheets


def part_titles(root: Path) -> dict[str, str]:
    """Title of the part each page belongs to."""
    contents = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    return {
        chapter["file"]: part.get("caption", "")
        for part in contents.get("parts", [])
        for chapter in part["chapters"]
    }


def read(file: Path):
    """Main part of a built page."""
    from bs4 import BeautifulSoup, SoupStrainer

    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        raise CompendiumError(
            f"{paths.relative(file)} is missing: the book is not whole; run `make clean book`"
        ) from None
    return BeautifulSoup(text, "html.parser", parse_only=SoupStrainer("article")).article


def drop(sheet: Sheet, code: bool) -> None:
    """Take out what is not for paper, and unfold the rest."""
    for panel in sheet.tree.find_all(class_="whatif"):
        panel.find_parent("section").extract()  # nothing of it works on paper
    # The words of a solution say little without its code.
    unwanted = SCREEN_ONLY if code else SCREEN_ONLY | {"cell_input", "solution"}
    # One pass in Python: selectors are slow on trees of this size.
    for tag in sheet.tree.find_all(True):
        if tag.name in NOT_TEXT or not unwanted.isdisjoint(tag.get("class", ())):
            tag.extract()
    for details in sheet.tree.find_all("details"):
        folded_code = "hide" in details.get("class", ())  # as Jupyter Book folds it
        if folded_code and not code:
            details.extract()  # an empty box would part a heading from what follows
            continue
        if folded_code:
            details.summary.extract()
        elif details.summary:
            details.summary.name = "p"
        details.name, details.attrs = "div", {}


def outline(sheet: Sheet) -> None:
    """Note title, number and sections, under ids that no other page has."""
    for tag in sheet.tree.find_all(id=True):
        tag["id"] = f"{sheet.key}.{tag['id']}"
    heading = sheet.tree.h1
    if number := heading.find(class_="section-number"):
        sheet.number = number.get_text().strip(" .")
    text = heading.get_text(" ", strip=True)
    sheet.title = " ".join(text.split()).removeprefix(f"{sheet.number}.").strip()
    sheet.sections = [
        (section["id"], " ".join(section.h2.get_text(" ").split()))
        for section in sheet.tree.find_all("section", id=True)
        if section.find("h2", recursive=False)
    ]


def number_values(sheets: Sequence[Sheet]) -> dict[str, str]:
    """Number the rows of each chapter's table of values; return the number by value."""
    marks: dict[str, str] = {}
    for sheet in sheets:
        lists = [t for t in sheet.tree.find_all("table", id=True) if t["id"].endswith("-values")]
        for table in lists:
            rows = table.tbody.find_all("tr")
            names = [row.td.get_text(strip=True) for row in rows]
            if marks.keys() >= set(names):
                repeat(table)
                continue
            for count, (name, row) in enumerate(zip(names, rows, strict=True), 1):
                marks[name] = f"{sheet.number}.{count}"
                row["id"] = f"value.{name}"
                (row.td.p or row.td).insert(0, tag("span", f"{marks[name]} ", "mark"))
    return marks


def repeat(table) -> None:
    """Leave out a table of values that all stand in the tables of their own chapters."""
    table.thead.extract()
    table.tbody.clear()
    line = tag("tr")
    line.append(tag("td", "Not printed again: each value stands in the table of its own chapter."))
    table.tbody.append(line)


def link(sheet: Sheet, known: Mapping[str, Sheet], marks: Mapping[str, str]) -> None:
    """Lead links into the joined document, and take those out that would lead nowhere."""
    ids = {name: {t["id"] for t in other.tree.find_all(id=True)} for name, other in known.items()}
    for anchor in sheet.tree.find_all("a"):
        if value := anchor.get("data-value-id"):
            anchor.attrs = {"class": "value", "data-value-id": value}
            if value in marks:
                anchor["href"] = f"#value.{value}"
                anchor.append(tag("sup", f"v{marks[value]}", "mark"))
            continue
        address = urlsplit(anchor.get("href", ""))
        if address.scheme in ("http", "https", "mailto"):
            continue
        place = posixpath.join(posixpath.dirname(sheet.name), unquote(address.path))
        name = posixpath.normpath(place).removesuffix(".html") if address.path else sheet.name
        if name not in known:
            anchor.name, anchor.attrs = "span", {"class": anchor.get("class", [])}
            continue
        target = f"{known[name].key}.{unquote(address.fragment)}"
        anchor["href"] = f"#{target if target in ids[name] else known[name].key}"
        if name != sheet.name:
            anchor.append(tag("span", "", "elsewhere", **{"data-page-of": anchor["href"][1:]}))


def soften(sheet: Sheet) -> None:
    """Let long names in tables break after a dot or an underscore, and keep days whole."""
    for cell in sheet.tree.find_all("td"):
        text = cell.get_text(strip=True)
        if DAY.fullmatch(text):
            cell["class"] = [*cell.get("class", ()), "day"]
        for words in cell.find_all(string=LONG_NAME):
            first, *rest = JOINT.split(words)
            words.replace_with(first, *(part for more in rest for part in (tag("wbr"), more)))


def tag(name: str, text: str = "", kind: str | None = None, **attributes: str):
    """Element with a text and a class."""
    from bs4 import Tag

    made = Tag(name=name, attrs=attributes, can_be_empty_element=name == "wbr")
    if kind:
        made["class"] = kind
    if text:
        made.string = text
    return made


# ------------------------------------------------------------------------------ one document


def title_page(scenario: str, as_of: str, root: Path = paths.ROOT) -> dict[str, str]:
    """What the title page says, of ``_config.yml``, ``CITATION.cff`` and the scenario."""
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    citation = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    authors = [
        author.get("name") or f"{author['given-names']} {author['family-names']}"
        for author in citation["authors"]
    ]
    title, _, subtitle = config["title"].partition(": ")
    chosen = yaml.safe_load((root / "scenarios" / f"{scenario}.yml").read_text("utf-8"))
    return {
        "full_title": config["title"],
        "title": title,
        "subtitle": subtitle[:1].upper() + subtitle[1:],
        "authors": ", ".join(authors),
        "version": f"Version {compendium.__version__}",
        "scenario": f"Scenario: {scenario} ({chosen['title']})",
        "as_of": f"Evidence known by {as_of}",
        "abstract": " ".join(citation["abstract"].split()),
        "language": config.get("sphinx", {}).get("config", {}).get("language", "en"),
    }


def document(front: Mapping[str, str], sheets: Sequence[Sheet], html: Path) -> str:
    """One HTML document of title page, contents and all sheets."""
    said = {key: escape(text.replace("'", "\u2019"), quote=False) for key, text in front.items()}
    running = f"{front['scenario']}. {front['as_of']}."
    style = "\n".join(
        [*font_rules(), (paths.ROOT / STYLE).read_text("utf-8"), *page_rules(sheets, running)]
    )
    bodies = "\n".join(
        f'<main class="chapter" id="{sheet.key}" style="page: {page_name(sheet)}" '
        f'data-page="{page_name(sheet)}">{sheet.tree.decode_contents()}</main>'
        for sheet in sheets
    )
    return f"""<!DOCTYPE html>
<html lang="{said["language"]}">
<head><meta charset="utf-8"><title>{escape(front["full_title"])}</title>
<style>{style}</style>{formulas(html, bodies)}</head>
<body>
<header class="title-page">
<p class="title">{said["title"]}</p>
<p class="subtitle">{said["subtitle"]}</p>
<p class="authors">{said["authors"]}</p>
<p class="scenario">{said["scenario"]}<br>{said["as_of"]}</p>
<p>{said["version"]}</p>
<div class="colophon">
<p>{said["abstract"]}</p>
<p>A small mark after a number, such as <span class="mark">v1.17</span>, is its row in the table
of values at the end of that chapter. The row says how far the number may be off and how many
statements it rests on.</p>
<p>The statements themselves, the data of each figure and the code are in the HTML edition and
in <code>data/raw</code>. Text and figures: CC BY 4.0. Code: MIT.</p>
</div>
</header>
{contents(sheets)}
{bodies}
</body></html>"""


def page_name(sheet: Sheet) -> str:
    """Name of the kind of paper a sheet is printed on; it bears the running head."""
    return f"on-{sheet.key.replace('_', '-')}"


def font_rules() -> Iterator[str]:
    """Style rules that name the fonts."""
    folder = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"
    for (family, style, weight), name in FONTS.items():
        source = (folder / f"{name}.ttf").as_uri()
        yield (
            f'@font-face {{ font-family: "{family}"; font-style: {style}; '
            f'font-weight: {weight}; src: url("{source}"); }}'
        )


def page_rules(sheets: Sequence[Sheet], running: str) -> Iterator[str]:
    """Style rules of running heads and feet; Chromium has no other way to vary them."""
    quoted = json.dumps(running, ensure_ascii=False)
    yield f"@page {{ @bottom-left {{ content: {quoted}; }} }}"
    for sheet in sheets:
        short = sheet.title.partition(":")[0]
        head = json.dumps(f"{sheet.number}  {short}".strip(), ensure_ascii=False)
        for name, size in (
            (page_name(sheet), "portrait"),
            (f"{page_name(sheet)}-wide", "landscape"),
        ):
            yield f"@page {name} {{ size: A4 {size}; @top-left {{ content: {head}; }} }}"


def formulas(html: Path, bodies: str) -> str:
    """What typesets the formulas, if there are any."""
    if 'class="math' not in bodies:
        return ""
    found = sorted((html / "_static").glob("tex-*.js"))
    if not found:
        raise CompendiumError(
            f"{paths.relative(html)}: the book lacks MathJax (package sphinx-mathjax-offline), "
            "so its formulas cannot be printed; run `make environment`"
        )
    options = {"options": {"ignoreHtmlClass": "chapter", "processHtmlClass": "math"}}
    return (
        f"<script>window.MathJax = {json.dumps(options)}</script>"
        f'<script src="{found[0].resolve().as_uri()}"></script>'
    )


def contents(sheets: Sequence[Sheet]) -> str:
    """Table of contents; `press` fills in the pages."""
    lines, part = [], ""
    for sheet in sheets:
        if sheet.part != part:
            part = sheet.part
            lines.append(f'<p class="part">{escape(part)}</p>')
        lines.append(entry(sheet.key, sheet.heading, "chapter-entry"))
        lines += [entry(id, title, "section-entry") for id, title in sheet.sections]
    return '<nav class="contents"><h1>Contents</h1>\n' + "\n".join(lines) + "</nav>"


def entry(id: str, title: str, kind: str) -> str:
    """Line of the contents."""
    return (
        f'<p class="{kind}"><a href="#{escape(id)}"><span>{escape(title)}</span>'
        f'<span class="leader"></span><span class="page" data-page-of="{escape(id)}"></span></a></p>'
    )


# ---------------------------------------------------------------------------------- printing

# Runs in the page. A table too wide for upright paper goes on a page that lies on its side; one
# too wide for that is set smaller, and at last may break words.
FIT = """
() => {
  const over = table => table.getBoundingClientRect().width
    > table.parentElement.getBoundingClientRect().width + 0.5;
  for (const table of document.querySelectorAll(".chapter table")) {
    const box = table.closest(".exhibit") || table.parentElement;
    for (const step of ["small", "wide", "broken"]) {
      if (!over(table)) break;
      if (step == "wide")
        box.style.page = table.closest(".chapter").dataset.page + "-wide";
      box.classList.add(step);
    }
  }
}
"""
# A font is else fetched only where a letter of it is laid out, which may be while it is printed.
READY = """
() => Promise.all([
  ...[...document.fonts].map(font => font.load().catch(() => null)),
  ...[...document.images].map(image => image.decode().catch(() => null)),
]).then(() => document.fonts.ready).then(() => null)
"""
# Pages are told by number from 1; a reference within the book reads "(p. 12)".
NUMBER = """
pages => {
  for (const place of document.querySelectorAll("[data-page-of]"))
    place.textContent = pages[place.dataset.pageOf] || "";
}
"""


def press(content: str, folder: Path) -> bytes:
    """Print a document; its pages are numbered in a second pass, since only paper has them."""
    folder.mkdir(parents=True, exist_ok=True)
    with commands.workshop(folder, ".print-") as aside:
        file = Path(aside, "book.html")
        file.write_text(content, "utf-8")
        with opened(file) as page:
            page.evaluate(FIT)
            pages: dict[str, int] = {}
            for _ in range(PASSES):
                printed = page.pdf(prefer_css_page_size=True, tagged=True)
                found = destinations(printed)
                if found == pages:
                    return printed
                pages = found
                page.evaluate(NUMBER, pages)
    raise CompendiumError(f"the pages were still moving after {PASSES} passes of numbering them")


def surroundings() -> dict[str, str]:
    """Variables of the environment for the browser, whose socket lies in the folder they name."""
    room = len(os.fsencode(tempfile.gettempdir())) <= commands.LONGEST
    return dict(os.environ) if room else {**os.environ, "TMPDIR": SHORT}


@contextmanager
def opened(file: Path):
    """Page of a browser that shows a file as it will be on paper, formulas typeset."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=find_browser(), args=FLAGS, env=surroundings()
            )
        except Error as error:
            raise CompendiumError(f"the browser did not start: {error.message}") from None
        try:
            page = browser.new_page()
            page.emulate_media(media="print")
            # Upright paper without its margins, in CSS pixels (see print.css).
            page.set_viewport_size({"width": round(166 / 25.4 * 96), "height": 900})
            page.goto(file.as_uri())
            page.evaluate("window.MathJax ? MathJax.startup.promise.then(() => null) : null")
            page.evaluate(READY)
            yield page
        except Error as error:
            raise CompendiumError(f"the browser did not print the book: {error.message}") from None
        finally:
            browser.close()


def find_browser() -> str:
    """Chromium of this machine: the one named in `CHROMIUM`, else the one on the path."""
    for name in (os.environ.get("CHROMIUM"), *BROWSERS):
        if name and (found := shutil.which(name)):
            return found
    raise CompendiumError(
        "no Chromium was found, which prints the book; install it "
        "(`apt-get install chromium`, `brew install chromium`) or name it in CHROMIUM"
    )


def destinations(printed: bytes) -> dict[str, int]:
    """Page, counted from 1, of each place that a link leads to."""
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(printed))
    return {
        name.removeprefix("/"): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }


def finish(
    printed: bytes, sheets: Sequence[Sheet], front: Mapping[str, str], made_of: str
) -> bytes:
    """Add the outline, say in the file what it is, and leave out when it was made."""
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=BytesIO(printed))
    writer.pdf_header = PDF_VERSION
    # Chromium's own outline says a heading twice where a page begins with it.
    places = writer.named_destinations
    for sheet in sheets:
        chapter = add_line(writer, places[f"/{sheet.key}"], sheet.heading, None)
        for id, title in sheet.sections:
            add_line(writer, places[f"/{id}"], title, chapter)
    writer.metadata = {
        "/Title": front["full_title"],
        "/Author": front["authors"],
        "/Subject": f"{front['scenario']}. {front['as_of']}. {front['version']}.",
        MADE_OF: made_of,
    }
    writer.create_viewer_preferences().display_doctitle = True
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def add_line(writer, place, title: str, above):
    """Add a line to the outline and return it."""
    from pypdf.generic import Fit

    number = writer.get_destination_page_number(place)
    return writer.add_outline_item(title, number, above, fit=Fit.xyz(left=0, top=float(place.top)))
