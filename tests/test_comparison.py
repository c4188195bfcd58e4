"""Scenarios side by side: what differs, what each parameter does, and the page itself."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from compendium import comparison, models, paths, scenarios
from compendium.errors import UsageError
from compendium.values import Value

TOTAL = "arms_trade.value_total"
SHARE = "arms_trade.inside_study"


class Result:
    """What a model returns, as far as it is read here."""

    def __init__(self, *found):
        self.values = found


@pytest.fixture
def two(tmp_path, monkeypatch):
    """Scenarios `plain` and `dear`, and a model in which only the price counts."""

    def run(chapter, chosen):
        price = chosen.shell_price or 300.0
        return Result(
            Value(TOTAL, price * 10, price * 9, price * 11, "USD_million", level=0.9),
            Value(SHARE, 50.0, unit="percent"),
        )

    head = "title: {0}\nreason: To try {0}.\nas_of: 2024-10-28\n"
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "plain.yml").write_text(head.format("plain"))
    dear = "chapters:\n  arms_trade:\n    shell_price: 600.0\n    seed: 3\n"
    (folder / "dear.yml").write_text(head.format("dear") + dear)
    monkeypatch.setattr(paths, "SCENARIOS", folder)
    monkeypatch.setattr(paths, "BUILD", tmp_path / "_build")
    monkeypatch.setattr(models, "MODELS", {"arms_trade": "none"})
    monkeypatch.setattr(models, "run", run)

    def values_in(name):
        found = run("arms_trade", scenarios.read(name).chapters["arms_trade"]).values
        return {value.id: value for value in found}

    monkeypatch.setattr(models, "values_in", values_in)
    return [scenarios.read("plain"), scenarios.read("dear")]


def test_headlines_side_by_side_with_their_difference(two):
    table = comparison.headline_table({s.name: models.values_in(s.name) for s in two})
    assert table["id"].tolist() == [TOTAL, SHARE]
    first = table.iloc[0]
    assert first["plain"] == "3,000 million USD (90 % interval 2,700 to 3,300)"
    assert first["dear, change"] == "x 2.00"
    assert table.iloc[1]["dear, change"] == "none"


@pytest.mark.parametrize(
    ("first", "other", "words"),
    [
        (Value("a.b", 50.0, unit="percent"), Value("a.b", 66.4, unit="percent"), "+16 points"),
        (Value("a.b", 0.5, unit="share"), Value("a.b", 0.25, unit="share"), "-25 points"),
        (Value("a.b", 4.0), Value("a.b", 6.0), "x 1.50"),
        (Value("a.b", 0), Value("a.b", 9666.0), "+9,666"),
        (None, Value("a.b", 1), "–"),
        (Value("a.b", "x", unit="text"), Value("a.b", "y", unit="text"), "–"),
        (Value("a.b", 4.0), Value("a.b", 4.0), "none"),
    ],
)
def test_a_difference_in_words(first, other, words):
    assert comparison.change(first, other) == words


def test_parameters_that_differ(two):
    table = comparison.parameter_table(two)
    assert table["parameter"].tolist() == ["shell_price", "seed"]
    assert table.loc[0, ["plain", "dear"]].tolist() == ["from the rows", "600.0"]


def test_only_the_parameter_that_moves_a_value_is_named(two):
    plain, dear = two
    table = comparison.effects(plain, dear, models.values_in("plain"))
    assert table[["parameter", "to", "change"]].values.tolist() == [
        ["shell_price", "600.0", "x 2.00"]
    ]


def test_the_vintage_counts_as_a_parameter(two):
    later = paths.SCENARIOS / "later.yml"
    later.write_text("title: l\nreason: r\nas_of: 2025-10-28\n")
    table = comparison.parameter_table([two[0], scenarios.read("later")])
    assert table.values.tolist() == [["all", "as_of", "2024-10-28", "2025-10-28"]]


@pytest.mark.parametrize(
    "names", [[], ["plain"], ["plain", "plain"], ["plain"] * 9, ["plain", "deer"]]
)
def test_what_cannot_be_compared_is_refused(two, names):
    with pytest.raises(UsageError, match="allowed: "):
        comparison.compare(names)
    assert not (paths.BUILD / "compare").exists()


@pytest.mark.long
def test_the_page_shows_all_of_it_and_replaces_the_last_one(two):
    page = comparison.compare(["plain", "dear"])
    before = page.read_text("utf-8")
    assert comparison.compare(["plain", "dear"]) == page
    tree = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    assert "Scenarios side by side: plain, dear" in tree.h1.get_text()
    assert "plain, dear" in tree.select_one(".bd-header-announcement").get_text()
    assert len(tree.select("figure img")) == 1 and len(tree.select("table[id]")) == 4
    assert "3,000 million USD" in tree.get_text() and "shell_price" in tree.get_text()
    assert before and [p.name for p in (paths.BUILD / "compare").glob("[!.]*")] == ["plain-dear"]


def test_small_multiples_say_every_number(two):
    found = {s.name: models.values_in(s.name) for s in two}
    drawing = comparison.multiples(found)
    assert "plain 3,000 million USD" in drawing.alt and "dear 6,000 million USD" in drawing.alt
    assert isinstance(drawing.table, pd.DataFrame) and len(drawing.table) == 4
