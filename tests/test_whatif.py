"""What-if panels: in Chromium, their numbers are those of the models at the same settings."""

import json
import os
import random
import shlex
import shutil
import subprocess
import sys
from functools import lru_cache
from importlib import import_module
from importlib.resources import files

import pytest
from browsing import needs_browser

from compendium import (
    models,
    pages,
    parameters,
    paths,
    rendering,
    scenarios,
    values,
    whatif,
)
from compendium.errors import FaultsError
from compendium.whatif import arms, policy, strategy, trade, troops

pytestmark = needs_browser
QUICK = {
    "arms_trade": {"draws": 256, "sobol_samples": 64},
    "troop_plausibility": {"draws": 256},
    "trade_trends": {"draws": 256, "bootstrap_draws": 100},
    "kremlin_strategy": {"bootstrap_draws": 200},
    "recommendations": {"draws": 256, "method_draws": 64},
}
MAKERS = {
    "arms_trade": arms,
    "troop_plausibility": troops,
    "trade_trends": trade,
    "kremlin_strategy": strategy,
    "recommendations": policy,
}


@lru_cache
def few(chapter):
    """Parameters of a chapter with few draws, and its results."""
    chosen = parameters.validate(chapter, QUICK[chapter])
    return chosen, models.run(chapter, chosen)


@lru_cache
def made(chapter):
    """Panel of a chapter at few draws."""
    return MAKERS[chapter].panel(*few(chapter))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pages that hold a panel each and nothing else, and what they load."""
    place = tmp_path_factory.mktemp("panels")
    (place / "vega.js").write_text(rendering.vega(), "utf-8")
    for name in ("whatif.js", "whatif.css"):
        shutil.copy(files("compendium").joinpath("static", name), place)
    for chapter in MAKERS:
        before, after = pages.panel(whatif.content(made(chapter)))
        head = "<meta charset=utf-8><link rel=stylesheet href=whatif.css>"
        scripts = "<script src=vega.js></script><script src=whatif.js></script>"
        text = f"<!doctype html><html><head>{head}</head><body>{before}{after}{scripts}</body>"
        (place / f"{chapter}.html").write_text(text, "utf-8")
    return place


class Shown:
    """A panel in a page."""

    def __init__(self, page, folder, chapter):
        self.page, self.address = page, (folder / f"{chapter}.html").as_uri()
        self.faults = []
        page.on("console", lambda m: m.type in ("error", "warning") and self.faults.append(m.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda r: r.url.startswith("file:") or self.faults.append(r.url))
        page.on("dialog", lambda d: (self.faults.append(d.message), d.dismiss()))

    def open(self, query=""):
        self.page.goto("about:blank")
        self.page.goto(self.address + query)
        self.page.locator(".whatif[data-ready]").wait_for()

    def text(self, signal):
        return self.page.locator(f"[data-signal={signal}]").inner_text()

    def texts(self):
        cells = self.page.locator(".whatif-shown td[data-signal]")
        return cells.all_inner_texts()

    def link(self):
        return self.page.locator("[data-link]").get_attribute("href")


@pytest.fixture
def panel(browser, folder):
    page = browser.new_page(viewport={"width": 1000, "height": 1400})
    yield lambda chapter: Shown(page, folder, chapter)
    page.close()


def setting(chapter, seed):
    """A random setting of a panel that the model allows, as parameters and as a link."""
    chance = random.Random(seed)
    while True:
        given, link = random_setting(chapter, chance)
        try:
            whole(chapter, given)
        except FaultsError:
            continue
        return given, link


def random_setting(chapter, chance):
    given, parts = {}, []
    for control in made(chapter).controls:
        name = control.name
        if isinstance(control, whatif.Choice):
            given[name] = chance.choice(list(control.options))
            text = json.dumps(given[name]).strip('"').removesuffix(".0")
            parts.append(f"{name}={text}")
        elif not control.optional or chance.random() < 0.6:
            steps = round((control.high - control.low) / control.step)
            given[name] = round(control.low + chance.randint(0, steps) * control.step, 9)
            parts.append(f"{name}={given[name]:.10g}")
            parts += [f"{name}_by_hand=true"] * control.optional
    return given, "?" + "&".join(parts)


def whole(chapter, given):
    """Parameters of the model at a setting."""
    panel = made(chapter)
    held = {**whatif.plain(panel.parameters), **panel.fixed}
    return parameters.validate(chapter, {**held, **given})


def expected(chapter, given):
    """What the model states at a setting, as it is printed."""
    return list(stated(chapter, whole(chapter, given)))


@lru_cache
def stated(chapter, chosen):
    panel = made(chapter)
    ids = {s.value.id for s in panel.shown}
    # The headlines are bit for bit those of the whole run, which is made where they lack one.
    by_id = {v.id: v for v in import_module(models.MODELS[chapter]).headlines(chosen)}
    if not ids <= set(by_id):
        by_id = {v.id: v for v in models.run(chapter, chosen).values}
    return [
        by_id[s.value.id].text("full" if s.low else "value") if s.value.id in by_id else "not known"
        for s in panel.shown
    ]


@pytest.mark.parametrize("chapter", MAKERS)
def test_a_panel_starts_at_the_build_and_asks_nobody(panel, chapter):
    shown = panel(chapter)
    shown.open()
    assert shown.texts() == expected(chapter, {})
    assert shown.link() == f"?#{made(chapter).name}"
    assert shown.page.locator(".whatif-figure svg").count() == 1
    assert shown.faults == []


@pytest.mark.parametrize("chapter", MAKERS)
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 5))]
)
def test_its_numbers_are_those_of_the_model(panel, chapter, seed):
    given, link = setting(chapter, seed)
    shown = panel(chapter)
    shown.open(link)
    assert shown.text("problem") == ""
    assert shown.texts() == expected(chapter, given), link
    assert shown.faults == []


@pytest.mark.parametrize("chapter", MAKERS)
def test_a_link_carries_the_setting(panel, chapter):
    _, link = setting(chapter, 7)
    shown = panel(chapter)
    shown.open(link)
    texts, made_link = shown.texts(), shown.link()
    assert made_link.endswith(f"#{made(chapter).name}") and made_link != f"?#{made(chapter).name}"
    shown.open(made_link)
    assert (shown.texts(), shown.link()) == (texts, made_link)
    shown.page.get_by_role("button", name="Back to this build").click()
    shown.page.wait_for_function(
        "link => document.querySelector('[data-link]').getAttribute('href') === link",
        arg=f"?#{made(chapter).name}",
    )
    assert shown.texts() == expected(chapter, {})
    assert shown.faults == []


HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (f"?price_basis={HOSTILE}&shell_price={HOSTILE}&shell_price_by_hand={HOSTILE}", "<img src"),
        ("?price_basis=__proto__&shell_price=Infinity&loading=-1&unusable_share=2", "loading=-1"),
        ("?price_basis=constructor&nobody=1&yardstick=');alert(1);('", "price_basis=constructor"),
        (
            "?shell_price=500);alert(1)&missiles=1e999&draws=1#panel-arms&<script>alert(1)</script>",
            "shell_price=500);alert(1)",
        ),
        ("?shel_price=500#panel-arms", "shel_price=500 (the panel has no such setting)"),
        (
            "?shell_price=999999&shell_price_by_hand=true#panel-arms",
            "shell_price=999999 (the panel goes from 50 to 6000 by 10)",
        ),
    ],
)
def test_a_hostile_link_changes_nothing_and_says_so(panel, query, told):
    shown = panel("arms_trade")
    shown.open(query)
    assert shown.texts() == expected("arms_trade", {})
    assert shown.link() == "?#panel-arms"
    assert told in shown.page.get_by_role("alert").filter(has_text="Not taken").inner_text()
    assert shown.page.locator("img").count() == 0
    assert shown.faults == []


def test_what_somebody_else_put_into_an_address_is_not_told(panel):
    shown = panel("arms_trade")
    shown.open("?utm_source=letter&shell_price=500")
    assert shown.page.locator(".whatif-passed").text_content() == ""
    assert "-p shell_price 500" in shown.page.locator("[data-signal=command]").text_content()


def test_the_keyboard_moves_a_slider_and_ticks_its_box(panel):
    shown = panel("arms_trade")
    shown.open()
    slider = shown.page.locator("input[name=shell_price]")
    assert not shown.page.locator("input[name=shell_price_by_hand]").is_checked()
    slider.focus()
    shown.page.keyboard.press("ArrowRight")
    shown.page.wait_for_function("document.querySelector('[name=shell_price_by_hand]').checked")
    price = float(slider.input_value())
    assert shown.texts() == expected("arms_trade", {"shell_price": price})
    assert "-p shell_price 510" in shown.page.locator("[data-signal=command]").text_content()
    inputs = shown.page.locator(".whatif-controls :is(input, select)")
    for k in range(inputs.count()):  # each has a name that is read out
        assert inputs.nth(k).evaluate("e => e.labels[0].textContent").strip()


def test_an_error_of_totals_says_under_which_reading_it_has_no_effect(panel):
    shown, told = panel("trade_trends"), "no effect while the figure stands for half a year"
    for reading, without in (("half_year", True), ("full_year", False), ("drop", False)):
        texts = set()
        for error in ("0.01", "0.25"):
            shown.open(f"?h1_reading={reading}&statement_error={error}")
            assert shown.text("remark_statement_error") == (told if without else "")
            texts.add(tuple(shown.texts()))
        assert (len(texts) == 1) == without
    beside = shown.page.locator("div:has(> div > .vega-bind input[name=statement_error])")
    assert beside.locator("[data-signal=remark_statement_error]").count() == 1
    assert shown.faults == []


def test_weights_that_do_not_fit_are_refused_as_the_model_refuses_them(panel):
    shown = panel("recommendations")
    shown.open(
        "?weight_size=0.7&weight_size_by_hand=true&weight_works=0.7&weight_works_by_hand=true"
    )
    assert "more than 1" in shown.text("problem")
    assert set(shown.texts()) == {""}
    with pytest.raises(FaultsError):
        whole("recommendations", {"weight_size": 0.7, "weight_works": 0.7})


@pytest.mark.long
def test_the_command_and_the_scenario_give_the_same_numbers(panel, tmp_path, monkeypatch):
    given, link = setting("arms_trade", 3)
    shown = panel("arms_trade")
    shown.open(link)
    texts = shown.texts()
    words = shlex.split(shown.page.locator("[data-signal=command]").text_content())
    assert words[:3] == ["papermill", "arms_trade.ipynb", "out.ipynb"]
    words[2] = str(tmp_path / "out.ipynb")
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=paths.CHAPTERS,
        env={**os.environ, "COMPENDIUM_OUTPUT": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    stated = values.read(tmp_path / "values.json")
    ids = [(s.value.id, "full" if s.low else "value") for s in made("arms_trade").shown]
    assert [stated[id].text(form) for id, form in ids] == texts

    folder = tmp_path / "scenarios"
    folder.mkdir()
    text = shown.page.locator("[data-signal=scenario]").text_content()
    (folder / "what_if.yml").write_text(text, "utf-8")
    monkeypatch.setattr(paths, "SCENARIOS", folder)
    assert scenarios.read("what_if").chapters["arms_trade"] == whole("arms_trade", given)


@pytest.mark.long
@pytest.mark.parametrize("chapter", MAKERS)
@pytest.mark.parametrize("as_of", ["2024-02-15", "2026-06-30"])
def test_other_vintages_have_panels_that_start_at_them(panel, folder, chapter, as_of):
    chosen = parameters.validate(chapter, {**QUICK[chapter], "as_of": as_of})
    result = models.run(chapter, chosen)
    found = MAKERS[chapter].panel(chosen, result)
    if found is None:
        return
    before, after = pages.panel(whatif.content(found))
    page = folder / f"{chapter}-{as_of}.html"
    page.write_text(
        f"<!doctype html><meta charset=utf-8>{before}{after}"
        "<script src=vega.js></script><script src=whatif.js></script>",
        "utf-8",
    )
    shown = panel(page.stem)
    shown.open()
    assert shown.texts() == [s.built() for s in found.shown]
    assert shown.faults == []
    if as_of < "2024-10":  # what the study said was not known
        assert not any(s.value.id.endswith("inside_study") for s in found.shown)
        assert "h1_reading" not in [control.name for control in found.controls]
        assert '"bounds"' not in json.dumps(found.data) or chapter == "trade_trends"


@pytest.mark.parametrize("chapter", MAKERS)
def test_a_panel_is_small_and_the_same_each_time(chapter):
    chosen, (_, result) = parameters.validate(chapter, {}), few(chapter)
    one, other = (
        json.dumps(whatif.content(MAKERS[chapter].panel(chosen, result))) for _ in range(2)
    )
    assert one == other
    assert len(one) < 300_000
