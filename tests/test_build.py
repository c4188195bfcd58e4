"""From evidence to book: what stops a build, and that the previous book then stays."""

import os
import shutil
import subprocess
import sys
import threading

import nbformat.v4 as nb
import pytest
from checkout import QUICK

from compendium import book, build, chapters, datapackage, parameters, paths, values, vintages
from compendium.errors import CompendiumError, FaultsError, UsageError
from compendium.exercises import cells as build_cells
from compendium.verification import inputs

CELL = """
from compendium import values
values.publish("arms_trade.draws", draws, unit="count")
"""


def contents(folder):
    """Every file below a folder with its bytes."""
    return {
        f.relative_to(folder): f.read_bytes()
        for f in folder.rglob("*")
        if f.is_file() and f.suffix != ".lock"
    }


def store_chapter(folder, source, name="arms_trade"):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [
        nb.new_markdown_cell("# Arms", id="heading"),
        nb.new_code_cell("draws = 1", id="given", metadata={"tags": ["parameters"]}),
        nb.new_code_cell(source, id="work", metadata={"tags": []}),
    ]
    text = nb.writes(nb.new_notebook(cells=cells, metadata={"kernelspec": kernel}))
    (folder / f"{name}.ipynb").write_text(text, "utf-8")


@pytest.fixture
def checkout(tmp_path):
    """Copy of what a build reads, with one tiny chapter and a previous book."""
    root = tmp_path / "checkout"
    shutil.copytree(paths.DATA, root / "data")
    for folder in ("chapters", "scenarios", "_build/mine/html"):
        (root / folder).mkdir(parents=True)
    (root / "scenarios/mine.yml").write_text("title: Mine\nreason: r\nas_of: 2024-02-01\n")
    (root / "_build/mine/html/index.html").write_text("the previous book")
    (root / "_build/mine/values.json").write_text("{}")
    store_chapter(root / "chapters", CELL)
    (root / "_toc.yml").write_text("format: jb-book\nroot: chapters/arms_trade\n")
    for name in ("_config.yml", "chapters/prose.yml", "CITATION.cff", "references.bib"):
        shutil.copyfile(paths.ROOT / name, root / name)
    return root


@pytest.fixture
def inside(checkout, monkeypatch):
    """The same, with this process looking at it and a renderer that only notes its call."""
    for name in ("CHAPTERS", "SCENARIOS", "DATA", "RAW", "DATAPACKAGE", "BUILD"):
        own = getattr(paths, name).relative_to(paths.ROOT)
        monkeypatch.setattr(paths, name, checkout / own)
    monkeypatch.setattr(paths, "ROOT", checkout)
    monkeypatch.setattr(parameters, "CHAPTERS", {"arms_trade": parameters.ArmsTrade})
    valid = datapackage.require_valid
    monkeypatch.setattr(datapackage, "require_valid", lambda: valid(paths.RAW))

    def render(scenario, notebooks, file, target, **facts):
        names = sorted(notebook.name for notebook in notebooks.iterdir())
        target.mkdir()
        (target / "index.html").write_text(
            f"{scenario} {names} {sorted(values.read(file))} {facts}"
        )

    monkeypatch.setattr(book, "render", render)
    return checkout


def spoil(root):
    """Put a number that is none into a table."""
    file = root / "data" / "raw" / "arms.csv"
    file.write_text(file.read_text("utf-8").replace(",1700,", ",many,", 1), "utf-8")


def refuse(*_, **__):
    raise AssertionError("a chapter was run")


def test_a_success_changes_places_with_the_previous_book(inside):
    lines = []
    page = build.build("mine", lines.append)
    assert page == inside / "_build" / "mine" / "html" / "index.html"
    facts = "{'title': 'Mine', 'as_of': datetime.date(2024, 2, 1), 'verbose': False}"
    assert page.read_text() == f"mine ['arms_trade.ipynb'] ['arms_trade.draws'] {facts}"
    found = values.read(inside / "_build" / "mine" / "values.json")
    assert found["arms_trade.draws"].value == parameters.ArmsTrade().draws
    assert {f.name for f in (inside / "_build").iterdir()} == {"mine", "cache", ".mine.lock"}
    assert "0/1 done; arms_trade (cell 1 of 3) ..." in lines[0]
    assert "done: _build/mine/html/index.html (0 MB in 1 files)" in lines[-1]


def test_a_failing_cell_leaves_the_previous_book(inside):
    store_chapter(inside / "chapters", CELL + "1 / 0")
    before = contents(inside / "_build")
    with pytest.raises(chapters.ChapterError, match="cell 3: ZeroDivisionError") as caught:
        build.build("mine", lambda line: None)
    assert contents(inside / "_build" / "mine") == {k.relative_to("mine"): v for k, v in before.items()}  # fmt: skip
    assert caught.value.notebook.exists()
    assert caught.value.notebook.is_relative_to(inside / "_build" / "mine.building")
    # The next build does not stumble over what the failed one left.
    store_chapter(inside / "chapters", CELL)
    assert "arms_trade.draws" in build.build("mine", lambda line: None).read_text()
    assert not (inside / "_build" / "mine.building").exists()


def test_a_failing_chapter_is_told_without_waiting_for_the_estimates_over_time(inside, monkeypatch):
    begun, ended = threading.Event(), []

    def parts(as_of, stop):
        begun.set()
        ended.append(stop.wait(60))

    def run_all(*_, idle, **__):
        idle()
        assert begun.wait(60)
        raise CompendiumError("a chapter failed")

    monkeypatch.setattr(vintages, "parts", parts)
    monkeypatch.setattr(chapters, "run_all", run_all)
    monkeypatch.setattr(book, "pages", lambda root: [vintages.PAGE])
    with pytest.raises(CompendiumError, match="a chapter failed"):
        build.build("mine", lambda line: None)
    assert ended == [True]  # told that they are not wanted, not run to their end


@pytest.fixture
def untouched(inside, monkeypatch):
    """A checkout in which nothing may be run and nothing built may change."""
    monkeypatch.setattr(chapters, "run_all", refuse)
    before = contents(inside / "_build")
    yield inside
    assert contents(inside / "_build") == before


def test_a_bad_table_stops_before_anything_runs(untouched):
    spoil(untouched)
    with pytest.raises(FaultsError, match="data/raw/arms.csv:2: low: is not a number"):
        build.build("mine", refuse)


def test_a_bad_scenario_stops_before_anything_runs(untouched):
    (untouched / "scenarios/mine.yml").write_text("title: Mine\nreason: r\nas_of: today\n")
    with pytest.raises(FaultsError, match="scenarios/mine.yml:3: as_of: not an ISO date"):
        build.build("mine", refuse)


def test_an_unknown_scenario_stops_before_anything_runs(untouched):
    with pytest.raises(UsageError, match="allowed: mine"):
        build.build("../mine", refuse)


def test_a_page_that_cannot_be_rendered_leaves_the_previous_book(inside, monkeypatch):
    def render(*_, **__):
        raise CompendiumError("the book was not rendered")

    monkeypatch.setattr(book, "render", render)
    before = contents(inside / "_build" / "mine")
    with pytest.raises(CompendiumError, match="not rendered"):
        build.build("mine", lambda line: None)
    assert contents(inside / "_build" / "mine") == before


def test_a_table_edited_during_a_build_makes_no_mixed_book(inside, monkeypatch):
    render, table = book.render, inside / "data" / "raw" / "arms.csv"

    def edit(*args, **facts):
        render(*args, **facts)
        table.write_text(table.read_text("utf-8") + "\n", "utf-8")

    monkeypatch.setattr(book, "render", edit)
    before = contents(inside / "_build" / "mine")
    with pytest.raises(CompendiumError, match="^data/raw/arms.csv: changed while .* again$"):
        build.build("mine", lambda line: None)
    assert contents(inside / "_build" / "mine") == before


SAYS = """
from compendium import values
from compendium.exhibits import speaker
known = [
    values.Value("arms_trade.chance", 30.0, unit="percent"),
    values.Value("arms_trade.chance_word", WORD, unit="text"),
]
values.publish_all(known)
say = speaker(known)
say(TEXT)
"""


@pytest.mark.parametrize(
    ("text", "word", "told"),
    [
        (
            "About 300 came.",
            "unlikely",
            "chapters/arms_trade.ipynb, cell 3:1: a number without a value behind it, found '300'; "
            "allowed: a {value} role",
        ),
        (
            "A return is likely ({value}`arms_trade.chance`).",
            "unlikely",
            "chapters/arms_trade.ipynb, cell 3:1: the word does not fit the 30% beside it, "
            "found 'likely'; allowed: 55 to 80 % for 'likely'; 'unlikely' for that number",
        ),
        (
            "It stays {value}`arms_trade.chance_word`.",
            "likely",
            "the word does not fit the 30% of arms_trade.chance, found 'likely'; allowed: unlikely",
        ),
    ],
)
def test_what_a_cell_wrote_is_held_against_the_values(inside, text, word, told):
    # Put together by code, so that only what it comes to can be at fault.
    put = f"TEXT, WORD = {text.split()!r}, {word!r}\nTEXT = ' '.join(TEXT)"
    store_chapter(inside / "chapters", put + SAYS)
    before = contents(inside / "_build" / "mine")
    with pytest.raises(FaultsError) as caught:
        build.build("mine", lambda line: None)
    assert told in str(caught.value)
    assert contents(inside / "_build" / "mine") == before


def test_what_a_cell_wrote_that_fits_passes(inside):
    put = "WORD = 'unlikely'\nTEXT = 'A return is unlikely ({value}`arms_trade.chance`).'"
    store_chapter(inside / "chapters", put + SAYS)
    assert "arms_trade.chance" in build.build("mine", lambda line: None).read_text()


# --- The command -----------------------------------------------------------------------------


def command(script, root, *options):
    """Exit code and standard error of a script run on another checkout."""
    run = subprocess.run(
        [sys.executable, paths.ROOT / "scripts" / script, *options],
        env={**os.environ, "COMPENDIUM_ROOT": str(root)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in run.stderr
    return run.returncode, run.stderr


def test_the_command_says_what_is_wrong_and_exits_with_1(checkout):
    spoil(checkout)
    before = contents(checkout / "_build")
    code, said = command("build_book.py", checkout, "--scenario", "mine")
    lines = said.split("\n")
    assert code == 1
    assert lines[0].startswith("data/raw/arms.csv:2: low: is not a number, found 'many'; ")
    assert lines[1:] == ["1 fault found; nothing was built.", ""]
    assert contents(checkout / "_build") == before


@pytest.mark.long
def test_the_command_tells_a_failing_cell(checkout):
    for name in parameters.CHAPTERS:
        store_chapter(checkout / "chapters", "1", name)
    store_chapter(checkout / "chapters", "1 / 0")
    before = contents(checkout / "_build" / "mine")
    code, said = command("build_book.py", checkout, "--scenario", "mine")
    assert code == 1
    assert "\nchapters/arms_trade.ipynb, cell 3: ZeroDivisionError: division by zero\n" in said
    assert "partial notebook: _build/mine.building/notebooks/arms_trade.ipynb" in said
    assert (checkout / "_build/mine.building/notebooks/arms_trade.ipynb").exists()
    assert contents(checkout / "_build" / "mine") == before


def test_the_command_exits_with_2_for_a_scenario_it_does_not_know(checkout):
    code, said = command("build_book.py", checkout, "--scenario", "min")
    assert (code, said) == (2, "no scenario 'min'; did you mean 'mine'?; allowed: mine\n")


@pytest.mark.long
def test_the_check_says_what_is_wrong_and_exits_with_1(checkout):
    (checkout / "scenarios/mine.yml").write_text(QUICK.format(as_of="2024-02-01"))
    assert command("check.py", checkout) == (0, "")
    scenario = checkout / "scenarios/bad.yml"
    scenario.write_text("title: Bad\nreason: r\nas_of: 2024-02-01\nnonsense: 1\n")
    code, said = command("check.py", checkout)
    assert code == 1 and said.startswith("scenarios/bad.yml:4: nonsense: unknown key")
    scenario.unlink()
    spoil(checkout)
    code, said = command("check.py", checkout)
    assert code == 1
    assert said.startswith("data/raw/arms.csv:2: low: is not a number")


def test_another_package_is_told_before_a_build(inside, monkeypatch):
    changed = inputs.Change("package", "requirements.lock", "scipy", "changed", "1", "2")
    monkeypatch.setattr(inputs, "here", lambda: [changed])
    lines = []
    build.build("mine", lines.append)
    assert lines[0].startswith("not as locked: ") and "scipy" in lines[0]


def test_a_book_without_solutions_and_with_fresh_kernels(inside, monkeypatch):
    dropped = []
    monkeypatch.setattr(build_cells, "drop_solutions", dropped.append)
    build.build("mine", lambda line: None, kernel="fresh", solutions=False)
    assert [folder.name for folder in dropped] == ["notebooks"]
    monkeypatch.setattr(build.stamps, "current", lambda name, solutions: True)
    lines = []
    build.build("mine", lines.append, explain=True)
    assert lines == ["arms_trade: unchanged", "unchanged: _build/mine/html/index.html"]
