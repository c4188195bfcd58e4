"""Accessibility: axe-core on every page in both colour modes, and all by keyboard."""

import re
from importlib.resources import files

import pytest

# The built book and Chromium, as the tests of the browser use them.
from test_browser import ARMS, PHONE, at, html, names, page, pytestmark, served

__all__ = ["html", "names", "page", "pytestmark", "served"]

MODES = ("light", "dark")
GRAVE = ("serious", "critical")
# Rows of a table are made alike, and so are cards, lines of code and works of a list: the first
# ones stand for all, which takes seconds, not minutes.
TRIM = """most => {
    document.querySelectorAll('tbody').forEach(
        body => [...body.rows].slice(most).forEach(row => row.remove()));
    [...document.querySelectorAll('.value-card')].slice(most).forEach(card => card.remove());
    [...document.querySelectorAll('div.citation')].slice(most).forEach(work => work.remove());
    [...document.querySelectorAll('.highlight pre')].slice(most).forEach(
        code => [...code.children].slice(20).forEach(word => word.remove()));
}"""
STILL = "*, *::before, *::after { animation: none !important; transition: none !important; }"
AXE = "axe.run(document, {resultTypes: ['violations']})"
# All that the mode of colours changes.
CONTRAST = "axe.run(document, {resultTypes: ['violations'], runOnly: ['color-contrast']})"
FOCUSED = """() => {
    const e = document.activeElement, s = getComputedStyle(e);
    return {text: (e.innerText || e.getAttribute('aria-label') || '').trim(), tag: e.tagName,
            seen: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none'};
}"""


# Rules that must have found something to look at, so that a pass says what it seems to say.
COVERED = {
    "aria-required-attr", "aria-valid-attr", "bypass", "button-name", "color-contrast",
    "document-title", "duplicate-id-aria", "heading-order", "html-has-lang", "image-alt", "label",
    "landmark-one-main", "link-name", "list", "region", "scrollable-region-focusable",
    "select-name", "summary-name", "svg-img-alt", "tabindex", "td-headers-attr",
    "th-has-data-cells",
}  # fmt: skip


@pytest.mark.long
def test_axe_has_no_grave_finding_on_any_page_in_either_mode(browser, html, names):
    """Every page of the book and the search, at the width of a desk; tables and cards cut short.

    In light colours by all rules of axe-core, experimental ones aside; in dark colours by the
    rule on contrast, the one thing that the mode changes. An open card and open folds are
    looked at by the test below.
    """
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    found, met = [], set()
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    for name in [*names, "search.html"]:
        page.goto(at(html, name))
        page.add_style_tag(content=STILL)
        page.evaluate(TRIM, 4)
        page.evaluate(axe)
        for mode in MODES:
            page.evaluate(
                "mode => { const d = document.documentElement.dataset; d.theme = d.mode = mode; }",
                mode,
            )
            result = page.evaluate(AXE if mode == "light" else CONTRAST)
            met |= {rule["id"] for rule in [*result["passes"], *result["violations"]]}
            for rule in result["violations"]:
                if rule["impact"] in GRAVE:
                    found += [
                        f"{name} ({mode}): {rule['id']}: {node['html'][:150]}"
                        for node in rule["nodes"][:5]
                    ]
    page.close()
    assert "\n".join(found) == ""
    assert COVERED - met == set()


@pytest.mark.parametrize("mode", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_axe_has_no_grave_finding_with_a_card_and_everything_else_open(page, html, mode):
    page.add_init_script(f"localStorage.setItem('mode', '{mode}')")
    page.goto(at(html, ARMS))
    page.add_style_tag(content=STILL)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.evaluate(TRIM, 4)
    page.locator("article a.compendium-value[data-card]").first.click()
    page.locator(".value-card:popover-open").wait_for()
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = [
        (rule["id"], node["html"][:150])
        for rule in page.evaluate(AXE)["violations"] if rule["impact"] in GRAVE
        for node in rule["nodes"][:5]
    ]  # fmt: skip
    assert found == []


def test_axe_would_find_a_fault(browser):
    page = browser.new_page()
    page.set_content("<html><body><img src='data:,'><p style='color:#eee'>pale</p></body></html>")
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    rules = {rule["id"] for rule in page.evaluate(AXE)["violations"]}
    page.close()
    assert {"html-has-lang", "image-alt", "color-contrast"} <= rules


def test_the_first_stop_leads_past_the_navigation(page, html):
    page.goto(at(html, ARMS))
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["text"] == "Skip to main content"
    page.keyboard.press("Enter")
    page.wait_for_url("**#main-content")


def test_the_second_stop_leads_to_the_what_if_panel(page, html):
    page.goto(at(html, ARMS))
    page.locator(".whatif[data-ready]").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    skip = page.locator(".skip-link", has_text="Skip to the what-if panel")
    assert page.evaluate(FOCUSED)["text"] == skip.inner_text()
    page.wait_for_function("document.activeElement.getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    panel = page.locator(".whatif")
    page.wait_for_url("**#" + panel.get_attribute("id"))
    page.keyboard.press("Tab")
    assert panel.evaluate("e => e.contains(document.activeElement)")
    page.goto(at(html, "chapters/methods.html"))
    assert page.locator(".skip-link").all_inner_texts() == ["Skip to main content"]


@pytest.mark.parametrize("mode", MODES)
def test_every_stop_of_the_keyboard_is_seen(page, html, mode):
    page.add_init_script(f"localStorage.setItem('mode', '{mode}')")
    page.goto(at(html, ARMS))
    unseen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if not stop["seen"]:
            unseen.append((stop["tag"], stop["text"]))
    assert unseen == []


def test_code_is_folded_and_opens_with_one_key(page, html):
    page.goto(at(html, ARMS))
    folds = page.locator("article details.above-input")
    assert folds.count() > 10
    assert page.locator("article details.above-input[open]").count() == 0
    toggle = folds.nth(1).locator("summary")
    assert toggle.inner_text().strip() == "Code"
    toggle.focus()
    page.keyboard.press("Enter")
    assert folds.nth(1).locator("pre").is_visible()
    page.keyboard.press("Enter")
    assert not folds.nth(1).locator("pre").is_visible()


def test_the_colour_mode_changes_by_keyboard_and_stays(page, served):
    page.goto(served + ARMS)
    theme = "document.documentElement.dataset.theme"
    before = page.evaluate(theme)
    switch = page.locator(".theme-switch-button").first
    for _ in range(2):  # one of the three steps is what the system wants
        switch.focus()
        page.keyboard.press("Enter")
        if page.evaluate(theme) != before:
            break
    after = page.evaluate(theme)
    assert {before, after} == set(MODES)
    page.goto(served + "chapters/methods.html")
    assert page.evaluate(theme) == after


def test_search_finds_a_word(page, served):
    page.goto(served + "search.html?q=howitzer")
    found = page.locator("#search-results li a").first
    found.wait_for()
    assert "arms_trade" in found.get_attribute("href")


@pytest.mark.long
def test_what_scrolls_on_a_phone_is_a_named_stop(browser, html, names):
    context = browser.new_context(**PHONE)
    page = context.new_page()
    nameless = []
    for name in [n for n in names if re.fullmatch(r"chapters/(\w+|catalogue/policy_\w+)\.html", n)]:
        page.goto(at(html, name))
        page.wait_for_load_state("load")
        page.wait_for_timeout(50)
        frames = page.evaluate(
            """() => [...document.querySelectorAll('.pst-scrollable-table-container, .dt-container')]
                .filter(f => f.scrollWidth > f.clientWidth || f.scrollHeight > f.clientHeight)
                .map(f => [f.tabIndex, f.getAttribute('role'), f.getAttribute('aria-label')])"""
        )
        nameless += [(name, f) for f in frames if f[:2] != [0, "region"] or not f[2]]
        if name == ARMS:
            assert frames
    context.close()
    assert nameless == []
