"""The book as a browser shows it: Chromium opens the pages, points, types, taps and prints."""

import functools
import http.server
import io
import os
import re
import shutil
import subprocess
import sys
import threading

import pandas as pd
import pytest
from browsing import needs_browser
from checkout import Copy
from PIL import Image

from compendium import paths

pytestmark = needs_browser
ARMS = "chapters/arms_trade.html"
PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
VALUE = "article a.compendium-value[data-card]"
OPEN = ".value-card:popover-open"


@pytest.fixture(scope="module")
def html(quick_book, tmp_path_factory):
    """The built book, in a place where no other test changes it."""
    folder = tmp_path_factory.mktemp("browser") / "html"
    shutil.copytree(quick_book / "_build" / "quick" / "html", folder)
    return folder


@pytest.fixture(scope="module")
def names(html):
    found = [html / "index.html", *sorted((html / "chapters").rglob("*.html"))]
    return [file.relative_to(html).as_posix() for file in found]


@pytest.fixture(scope="module")
def served(html):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(html))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    yield opened
    opened.close()


@pytest.fixture
def phone(browser):
    context = browser.new_context(**PHONE)
    yield context.new_page()
    context.close()


def at(html, name):
    return (html / name).as_uri()


@pytest.mark.parametrize("way", [pytest.param("file", marks=pytest.mark.long), "http"])
def test_no_page_has_an_error_or_asks_another_host(browser, html, served, names, way):
    root = served if way == "http" else html.as_uri() + "/"
    faults = []
    page = browser.new_page()
    page.on("console", lambda m: m.type in ("error", "warning") and faults.append((name, m.text)))
    page.on("pageerror", lambda error: faults.append((name, str(error))))
    # A picture still under way when the next page opens is given up; that is no fault.
    page.on(
        "requestfailed",
        lambda r: "ABORTED" in str(r.failure) or faults.append((name, r.failure, r.url)),
    )
    page.on(
        "request",
        lambda r: r.url.startswith((root, "data:", "blob:")) or faults.append((name, r.url)),
    )
    # Each page from the disk; over HTTP, where only the origin differs, one of each kind.
    few = ["index.html", ARMS, "chapters/estimates_over_time.html", "chapters/catalogue/arms.html"]
    assert set(few) < set(names)
    for name in names if way == "file" else few:
        page.goto(root + name)
        page.wait_for_timeout(100)
    page.close()
    assert faults == []


def test_formulas_are_typeset_with_the_network_cut(browser, html, names):
    context = browser.new_context(offline=True)
    page = context.new_page()
    outside = []
    page.route("http*://**", lambda route: (outside.append(route.request.url), route.abort()))
    seen, plain = 0, {}
    for name in names:
        if 'class="math' not in (html / name).read_text("utf-8"):
            continue
        page.goto(at(html, name))
        page.wait_for_function("window.MathJax?.startup?.promise !== undefined")
        page.evaluate("MathJax.startup.promise")
        formulas = page.locator("article .math")
        seen += formulas.count()
        if page.locator("article .math:not(:has(mjx-container))").count():
            plain[name] = page.locator("article .math:not(:has(mjx-container))").first.inner_text()
    context.close()
    assert seen > 0
    assert plain == {} and outside == []


@pytest.mark.parametrize("way", ["file", "http"])
def test_search_finds_a_page_with_the_network_cut(browser, html, served, way):
    page = browser.new_page()
    outside = []
    # A route that is not matched goes on as usual: only this machine may be asked.
    page.route(
        lambda url: url.startswith("http") and not url.startswith(served),
        lambda route: (outside.append(route.request.url), route.abort()),
    )
    root = served if way == "http" else html.as_uri() + "/"
    page.goto(root + "search.html?q=competing+hypotheses")
    hits = page.locator("#search-results li a")
    hits.first.wait_for()
    places = [hit.get_attribute("href") for hit in hits.all()]
    assert any("kremlin_strategy.html" in place for place in places)
    hits.first.click()
    page.wait_for_url(re.compile(r"/(chapters|index)"))
    page.close()
    assert outside == []


def test_a_citation_is_copied_with_one_click(browser, html, served):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(served + ARMS)
    page.locator("#cite-this summary", has_text="BibTeX").click()
    block = page.locator("#cite-this details[open] .highlight").first
    block.hover()
    block.locator("button.copybtn").click()
    page.wait_for_timeout(200)
    assert page.evaluate("navigator.clipboard.readText()").startswith("@incollection{")
    context.close()


@pytest.mark.long
def test_no_page_scrolls_sideways_on_a_phone(phone, html, names):
    wide = {}
    for name in names:
        phone.goto(at(html, name))
        width = phone.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["viewport"]["width"]:
            wide[name] = width
    assert wide == {}


def test_a_figure_turns_dark_with_the_page(page, html):
    page.add_init_script("localStorage.setItem('mode', 'dark'); localStorage.theme = 'dark'")
    page.goto(at(html, ARMS))
    picture = page.locator(".exhibit figure img").first
    picture.scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    shot = Image.open(io.BytesIO(picture.screenshot())).convert("RGB")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert shot.getpixel((2, 2)) == tuple(map(int, re.findall(r"\d+", ground)[:3])) == (18, 18, 18)
    lightest = max(sum(colour) for _, colour in shot.getcolors(10**6))
    assert lightest > 600  # the words


def test_on_a_phone_a_figure_keeps_its_size_and_scrolls_in_itself(phone, html):
    phone.goto(at(html, ARMS))
    figure = phone.locator(".exhibit figure").first
    wide, seen = figure.evaluate("f => [f.scrollWidth, f.clientWidth]")
    assert seen < 390 < 560 < wide
    assert figure.locator("img").evaluate("i => i.clientWidth") == 576
    assert figure.locator("figcaption").evaluate("c => c.clientWidth") <= seen


def test_what_a_figure_offers_is_there(page, html):
    page.goto(at(html, ARMS))
    for number in range(page.locator(".exhibit figure").count()):
        box = page.locator(".exhibit-figure").nth(number)
        name = box.locator("figure").get_attribute("id")
        assert box.locator("figure img").evaluate("i => i.complete && i.naturalWidth > 0")
        footer = box.locator("p.exhibit-footer")
        assert footer.is_visible()
        assert f"#{name}" in footer.inner_text()
        png, csv = (
            html / "chapters" / a.get_attribute("href") for a in footer.locator("a.download").all()
        )
        assert (png.name, csv.name) == (f"{name}.png", f"{name}.csv")
        with Image.open(png) as picture:
            shown = box.locator("figure img").evaluate("i => i.naturalWidth")
            assert picture.width >= 2 * shown
        rows = box.locator("details tbody tr").count()
        assert len(pd.read_csv(csv)) == rows > 0


def first_value(page):
    """A value in the text of the chapter that has rows behind it."""
    link = page.locator(f"{VALUE}[data-value-id='arms_trade.value_total']").first
    link.scroll_into_view_if_needed()
    return link


def test_a_card_opens_by_pointing_and_closes_with_escape(page, html):
    page.goto(at(html, ARMS))
    link = first_value(page)
    assert page.locator(OPEN).count() == 0
    link.hover()
    card = page.locator(OPEN)
    card.wait_for()
    assert card.locator("tbody tr").count() >= 1
    assert card.get_attribute("id") == link.get_attribute("data-card")
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")


def test_a_card_opens_by_keyboard_and_gives_the_focus_back(page, html):
    page.goto(at(html, ARMS))
    link = first_value(page)
    # Tab from whatever stands before it; then it has the focus as a keyboard gives it.
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert link.evaluate("e => e === document.activeElement")
    page.keyboard.press("Enter")
    card = page.locator(OPEN)
    card.wait_for()
    assert card.evaluate("e => e.contains(document.activeElement)")
    assert link.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    assert link.evaluate("e => e === document.activeElement")
    assert link.get_attribute("aria-expanded") == "false"


def test_a_card_has_role_and_name(page, html):
    page.goto(at(html, ARMS))
    link = first_value(page)
    link.click()
    text = re.escape(link.inner_text().partition(" (")[0])
    card = page.get_by_role("dialog", name=re.compile(f"Evidence for {text}"))
    assert card.count() == 1 and card.is_visible()
    assert card.get_by_role("button", name="Close").is_visible()
    assert link.get_attribute("aria-haspopup") == "dialog"
    card.get_by_role("button", name="Close").click()
    assert page.locator(OPEN).count() == 0


def test_a_card_opens_by_tap_and_fits_the_phone(phone, html):
    phone.goto(at(html, ARMS))
    link = first_value(phone)
    link.tap()
    card = phone.locator(OPEN)
    card.wait_for()
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["viewport"]["width"]
    card.get_by_role("button", name="Close").tap()
    card.wait_for(state="hidden")


def test_without_scripts_a_value_leads_to_its_place_in_the_catalogue(browser, html):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(at(html, ARMS))
    page.locator(f"{VALUE}[data-value-id='arms_trade.value_total']").first.click()
    page.wait_for_url("**/chapters/catalogue/values.html#value-arms-trade-value-total")
    page.locator("tr:target").wait_for()
    if page.locator("tr:target summary").count():
        page.locator("tr:target summary").first.click()  # a long list is folded
    page.locator("tr:target .row-id").first.click()
    page.wait_for_url(re.compile(r"/catalogue/\w+\.html#row-"))
    page.locator("tr:target").wait_for()
    context.close()


def test_three_clicks_lead_from_a_number_to_its_source(page, html):
    page.goto(at(html, ARMS))
    first_value(page).click()  # one: the card
    page.locator(OPEN).locator("tbody .row-id").first.click()  # two: the row
    page.wait_for_url(re.compile("#row-"))
    row = page.locator("tr:target")
    source = row.locator("a[href*='#source-'], a[href^='http']").first
    source.evaluate("e => e.removeAttribute('target')")
    if source.get_attribute("href").startswith("http"):
        return  # two clicks were enough: the third opens the source itself
    source.click()  # three: the source, with its address
    page.wait_for_url(re.compile("#source-"))
    assert page.locator("tr:target a[href^='http']").count() >= 1


def test_an_address_leads_to_its_row_and_one_that_is_none_breaks_nothing(page, html):
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    catalogue = at(html, "chapters/catalogue/arms.html")
    page.goto(f"{catalogue}#row-arms-sh-2024-10-dia")
    page.wait_for_selector(".dt-search")
    page.wait_for_function(
        "() => { const box = document.querySelector('tr:target').getBoundingClientRect();"
        " return box.top >= 0 && box.bottom <= innerHeight }"
    )
    page.goto("about:blank")
    page.goto(f"{catalogue}#%E0%A4%A")
    page.wait_for_selector(".dt-search")
    assert faults == []


def test_a_table_of_the_catalogue_filters_and_sorts(page, html):
    page.goto(at(html, "chapters/catalogue/arms.html"))
    rows = page.locator("table.catalogue tbody tr")
    before = rows.count()
    box = page.get_by_role("searchbox").or_(page.locator(".dt-search input")).last
    box.fill("arms-sh-2024-10-dia")
    page.wait_for_function(
        "n => document.querySelectorAll('table.catalogue tbody tr').length < n", arg=before
    )
    assert 1 <= rows.count() < before
    assert "arms-sh-2024-10-dia" in rows.first.inner_text()
    box.fill("")
    page.wait_for_function(
        "n => document.querySelectorAll('table.catalogue tbody tr').length === n", arg=before
    )
    first = rows.first.inner_text()
    head = page.locator("table.catalogue thead th").first
    head.click()
    head.click()
    assert rows.first.inner_text() != first or rows.last.inner_text() == first


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext (poppler-utils)")
def test_print_shows_numbers_with_their_references_and_no_card(page, html, tmp_path):
    page.goto(at(html, ARMS))
    link = first_value(page)
    link.click()
    page.locator(OPEN).wait_for()
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    command = [shutil.which("pdftotext"), "-layout", str(tmp_path / "page.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    plain = re.sub(r"\s+", "", text)
    assert "[arms_trade.value_total]" in plain
    assert re.sub(r"\s+", "", link.inner_text()) in plain
    assert "Everythingonthisvalue" not in plain


HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> ]]> {{ 7 * 7 }}"
TINY = """
from pathlib import Path
from compendium import book, values
root = Path({root!r})
value = values.Value("arms_trade.n", 1.0, unit="million_rounds", rows=("arms-sh-2024-10-dia",),
                     label={hostile!r})
day = values.Value("arms_trade.as_of", "2026-10-31", unit="date")
values.write(root / "values.json", {{v.id: v for v in (value, day)}}, as_of="2026-10-31")
book.render("tiny", root / "chapters", root / "values.json", root / "html", root=root)
"""


@pytest.mark.long
def test_hostile_text_in_a_row_stays_text(browser, tmp_path):
    copy = Copy(tmp_path)
    note = next(
        line for line in (paths.RAW / "arms.csv").read_text("utf-8").splitlines()
        if line.startswith("arms-sh-2024-10-dia,")
    )  # fmt: skip
    file = copy.root / "data" / "raw" / "arms.csv"
    hostile = HOSTILE.replace('"', '""')
    cells = note.rsplit(",", 1)
    assert not note.endswith('"') or note.count('"') % 2 == 0
    changed = note[: note.rindex(',"')] if note.endswith('"') else cells[0]
    file.write_text(file.read_text("utf-8").replace(note, f'{changed},"{hostile}"'), "utf-8")
    (copy.root / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n- file: chapters/catalogue/arms\n"
        "- file: chapters/catalogue/values\n"
    )
    (copy.root / "index.md").write_text("# Tiny\n\nThere were {value}`arms_trade.n` rounds.\n")
    done = subprocess.run(
        [sys.executable, "-c", TINY.format(root=str(copy.root), hostile=HOSTILE)],
        env={**os.environ, "COMPENDIUM_ROOT": str(copy.root)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = browser.new_page()
    alarms = []
    page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    for name in ("index", "chapters/catalogue/arms", "chapters/catalogue/values"):
        page.goto(at(copy.root / "html", f"{name}.html"))
        page.wait_for_timeout(300)
        if name == "index":
            page.locator(VALUE).first.click()
            assert "<img src=x onerror=alert(1)>" in page.locator(OPEN).inner_text()
        assert page.locator("img[src='x']").count() == 0
    page.goto(at(copy.root / "html", "chapters/catalogue/arms.html"))
    assert HOSTILE in page.locator("#row-arms-sh-2024-10-dia").inner_text()
    page.close()
    assert alarms == []
