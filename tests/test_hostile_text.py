"""Untrusted text stays text: one book of hostile rows, looked at in a browser page by page.

Every free text of every table ends in what would run, link, be typeset or end a field if
anything but a reader read it; all of it passes the checks of the tables, which refuse the rest.
"""

import csv
import html
import json
import re

import pytest
from browsing import needs_browser
from checkout import Copy
from pybtex.database import parse_file

from compendium import catalogue, datapackage, paths

pytestmark = pytest.mark.long
# Of a name, which also stands in figures, in sentences and in labels of values.
NAME = " <img src=x onerror=alert(x)> {{a*b}} $x_$ `a` *b*"
TEXT = (
    " <b class=hostile onclick=alert(x)>x</b><script>alert(y)</script> [l](javascript:alert(z))"
    " {math}`a` $\\frac{x$ {{ a * b }} {value}`no.such` </pre> --> ]]> \\end{x} } @misc{y, & &lt; %s"
)
# Issuers that are known by name: to find their rows by, and by the model of the troops.
KEPT = {("releases", "issuer"), ("troops", "issuer")}
NAMES = ("issuer", "title", "short", "publisher", "author")
# Of one source; the pattern of addresses lets it pass.
URL = "https://example.org/&quot;onmouseover=alert(1)//'-alert(2)-'[x](y)*_"
ROW = "arms-sh-2024-10-dia"


def free(table):
    """Columns of a table that hold a text of any kind."""
    return [
        field["name"]
        for field in table["schema"]["fields"]
        if field["type"] == "string"
        and not {"pattern", "enum"} & set(field.get("constraints", {}))
        and not field.get(datapackage.ROWS)
    ]


def tables():
    return datapackage.read_descriptor()["resources"]


def poison(root):
    """Put hostile text after every free text."""
    for table in tables():
        file = root / "data" / "raw" / f"{table['name']}.csv"
        with file.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        for row in rows:
            for column in free(table):
                if row[column] and (table["name"], column) not in KEPT:
                    row[column] += NAME if column in NAMES else TEXT
        if table["name"] == "sources":
            rows[0]["url"] = URL
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, datapackage.columns(table["name"]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    # Two publishers that only look alike do so still.
    file = root / "data" / "datapackage.json"
    descriptor = json.loads(file.read_text(encoding="utf-8"))
    pairs = descriptor[datapackage.APART]
    descriptor[datapackage.APART] = [[name + NAME for name in pair] for pair in pairs]
    file.write_text(json.dumps(descriptor), encoding="utf-8")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The book of hostile rows, with all evidence known, so that notes are shown too."""
    copy = Copy(tmp_path_factory.mktemp("hostile"))
    copy.scenario("quick", "2026-10-31")
    poison(copy.root)
    return copy.build("quick")


@pytest.fixture(scope="module")
def pages(book):
    folder = book / "html"
    return [folder / "index.html", *sorted((folder / "chapters").rglob("*.html"))]


LOOK = """() => {
  const found = [];
  for (const e of document.querySelectorAll("*"))
    for (const a of e.attributes)
      if (/^on/i.test(a.name) && /alert/.test(a.value)) found.push(e.outerHTML.slice(0, 200));
  for (const e of document.querySelectorAll(".hostile, img[src='x']"))
    found.push(e.outerHTML.slice(0, 200));
  for (const e of document.querySelectorAll("[href], [src]")) {
    const to = e.href?.baseVal ?? e.href ?? e.src;
    if (to && !/^(https?|file|data:image|blob)/i.test(to)) found.push(to);
  }
  for (const e of document.querySelectorAll("article script"))
    if (!/json/.test(e.type)) found.push(e.outerHTML.slice(0, 200));
  return found;
}"""


@needs_browser
def test_nothing_runs_and_nothing_becomes_markup_on_any_page(browser, book, pages):
    alarms, page = [], browser.new_page()
    page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: alarms.append(str(error)))
    page.on(
        "request",
        lambda r: r.url.startswith((book.as_uri(), "data:", "blob:")) or alarms.append(r.url),
    )
    for file in pages:
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        page.evaluate("document.querySelectorAll('[popover]').forEach(d => d.showPopover())")
        page.wait_for_timeout(200)
        assert page.evaluate(LOOK) == [], file.name
    page.close()
    assert alarms == []


@needs_browser
@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("catalogue/arms", f"#row-{ROW}"), ("catalogue/sources", "table.catalogue tbody"),
        ("catalogue/claims", "table.catalogue tbody"), ("recommendations", "article"),
        ("replication", "article"), ("arms_trade", "article"),
    ],
)  # fmt: skip
def test_what_was_typed_is_what_is_read(browser, book, name, place):
    page = browser.new_page(java_script_enabled=False)
    page.goto((book / "html" / "chapters" / f"{name}.html").as_uri())
    shown = " ".join(page.locator(place).first.text_content().split())
    page.close()
    assert NAME.strip() in shown or name == "catalogue/claims"  # which has no names
    if name not in ("catalogue/sources", "arms_trade"):
        # What is a sentence has typographic marks; hostile text has none that they change.
        assert TEXT.strip().partition(" -->")[0] in shown


@needs_browser
def test_an_address_with_everything_in_it_leads_where_it_says(browser, book):
    page = browser.new_page()
    page.goto((book / "html" / "chapters" / "catalogue" / "sources.html").as_uri())
    links = page.locator("table.catalogue a[href^='https://example.org']")
    assert {link.get_attribute("href") for link in links.all()} == {URL}
    page.close()


@needs_browser
def test_a_card_shows_the_issuer_as_typed(browser, book):
    page = browser.new_page()
    page.goto((book / "html" / "chapters" / "arms_trade.html").as_uri())
    link = page.locator("article a[data-value-id='arms_trade.value_total']").first
    link.scroll_into_view_if_needed()
    link.click()
    assert NAME.strip() in page.locator(".value-card:popover-open").inner_text()
    page.close()


STATES = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "1e999",
    "\u202e600", "{{7*7}}", "$(touch x)", "600; touch x", "'600'", "600\n- x: y", "NaN", "-1",
]  # fmt: skip


@needs_browser
@pytest.mark.parametrize("chapter", ["arms_trade", "troop_plausibility"])
def test_the_address_of_a_panel_sets_nothing_that_its_inputs_do_not_offer(browser, book, chapter):
    """What the address says stands in no command, no scenario and no page."""
    alarms, page = [], browser.new_page()
    page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: alarms.append(str(error)))
    uri = (book / "html" / "chapters" / f"{chapter}.html").as_uri()

    def texts():
        page.wait_for_selector(".whatif[data-ready]", state="attached")
        return [
            page.locator(f".whatif {place}").text_content()
            for place in ("[data-signal=command]", "[data-signal=scenario]")
        ]

    page.goto(uri)
    before = texts()
    names = page.locator(".whatif-controls input, .whatif-controls select").evaluate_all(
        "all => [...new Set(all.map(e => e.name))].filter(n => n)"
    )
    assert names
    for state in STATES:
        page.goto("about:blank")
        page.goto(f"{uri}?{_query(names, state)}#{html.escape(state)}")
        after = texts()
        for one, other in zip(before, after, strict=True):
            assert state.strip() not in other or state.strip() in one
            assert re.sub(r"[\w.:-]", "", other).count("$(") == 0
        assert page.evaluate(LOOK) == []
    page.close()
    assert alarms == []


def _query(names, state):
    from urllib.parse import urlencode

    return urlencode(dict.fromkeys([*names, "__proto__", "constructor"], state))


def test_tables_to_download_hold_every_row_and_no_formula(book):
    for file in sorted((book / "html" / "tables").glob("*.csv")):
        with file.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.reader(lines))
        assert {len(row) for row in rows} == {len(rows[0])}, file.name
        if (paths.RAW / file.name).exists():
            assert len(rows) - 1 == len(datapackage.read_table(file.stem))
        for cell in (cell for row in rows for cell in row):
            assert not re.match(r"[=+@\t\r-]", cell) or catalogue.NUMBER.fullmatch(cell), cell


def test_files_of_citations_have_no_entry_or_field_more(book):
    (bib,) = (book / "html").rglob("references.bib")
    entries = parse_file(bib).entries
    sources = datapackage.read_table("sources")
    assert {*sources["source_id"]} <= {*entries} and "y" not in entries
    for file in (book / "html").rglob("*.ris"):
        assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in file.read_text("utf-8").split("\n") if line)  # fmt: skip


def test_what_search_engines_read_is_whole(book, pages):
    for file in pages:
        text = file.read_text("utf-8")
        for found in re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.S):
            assert json.loads(found)["@context"] == "https://schema.org"


def test_a_figure_shows_a_dollar_as_a_dollar(book):
    """Mathematics in a name would be typeset, and what is no mathematics would end the run."""
    notebook = json.loads((book / "notebooks" / "arms_trade.ipynb").read_text("utf-8"))
    alts = [
        data["application/vnd.compendium.exhibit+json"]["alt"]
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        if "alt" in (data := output.get("data", {})).get("application/vnd.compendium.exhibit+json", {})
    ]  # fmt: skip
    assert any(NAME in alt for alt in alts)
