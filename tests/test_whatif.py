"""What-if panels: in Chromium, their numbers are those of the models at the same settings."""

import json
import os
import random
import shutil
from functools import lru_cache
from importlib.resources import files

import pytest

from compendium import models, pages, parameters, rendering, whatif
from compendium.errors import FaultsError
from compendium.whatif import arms, policy, strategy, trade, troops

sync = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: run `make test`")
CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason="no Chromium here: `apt-get install chromium`, or name one in CHROMIUM, and run again",
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
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
def made(chapter):
    """Panel of a chapter at few draws."""
    chosen = parameters.validate(chapter, QUICK[chapter])
    return MAKERS[chapter].panel(chosen, models.run(chapter, chosen))


@pytest.fixture(scope="module")
def browser():
    with sync.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


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
    panel = made(chapter)
    stated = models.run(chapter, whole(chapter, given)).values
    by_id = {value.id: value for value in stated}
    return [by_id[s.value.id].text("full" if s.low else "value") for s in panel.shown]


@pytest.mark.parametrize("chapter", MAKERS)
def test_a_panel_starts_at_the_build_and_asks_nobody(panel, chapter):
    shown = panel(chapter)
    shown.open()
    assert shown.texts() == expected(chapter, {})
    assert shown.link() == f"?#{made(chapter).name}"
    assert shown.page.locator(".whatif-figure svg").count() == 1
    assert shown.faults == []


@pytest.mark.parametrize("chapter", MAKERS)
@pytest.mark.parametrize("seed", range(5))
def test_its_numbers_are_those_of_the_model(panel, chapter, seed):
    given, link = setting(chapter, seed)
    shown = panel(chapter)
    shown.open(link)
    assert shown.text("problem") == ""
    assert shown.texts() == expected(chapter, given), link
    assert shown.faults == []
