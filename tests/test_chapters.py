"""Running a chapter: tiny notebooks that succeed, fail, hang and die."""

import io
import os
import re
import textwrap
import time
import warnings

import nbformat
import nbformat.v4 as nb
import psutil
import pytest

from compendium import chapters, parameters, paths, progress
from compendium.errors import CompendiumError, Fault, FaultsError

HEADING = nb.new_markdown_cell("# Arms", id="heading")
GIVEN = parameters.ArmsTrade(draws=8, price_basis="market")


def cell(source, *tags):
    return nb.new_code_cell(source, metadata={"tags": list(tags)})


def store(*cells, folder=None, chapter="arms_trade"):
    """Write a chapter whose second cell holds all parameters."""
    lines = [f"{k} = {v!r}" for k, v in parameters.defaults(chapter).items()]
    cells = [HEADING, cell("\n".join(lines), "parameters"), *cells]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, one in enumerate(cells):
        one["id"] = f"cell-{number}"
    book = nb.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(book, (folder or paths.CHAPTERS) / f"{chapter}.ipynb")


def failure(folder):
    """Error of a chapter that fails; its partial notebook must be there."""
    with pytest.raises(chapters.ChapterError) as caught:
        chapters.execute("arms_trade", GIVEN, folder)
    error = caught.value
    assert error.chapter == "arms_trade"
    assert error.notebook == folder / "notebooks" / "arms_trade.ipynb"
    nbformat.read(error.notebook, as_version=4)
    text = str(error)
    assert text.startswith(f"chapters/arms_trade.ipynb, cell {error.cell}: {error.error}\n")
    assert f"\n  the cell begins: {error.line}\n" in text
    assert text.endswith("\n  partial notebook: _build/mine/notebooks/arms_trade.ipynb")
    return error.cell, error.line, error.error


REPORT = """
import os
print(draws, price_basis, as_of, shell_price)
print({k: os.environ[k] for k in ("OMP_NUM_THREADS", "PYTHONHASHSEED")})
print(os.path.basename(os.getcwd()), os.path.basename(os.environ["COMPENDIUM_OUTPUT"]))
"""


@pytest.fixture(scope="module")
def success(tmp_path_factory):
    """An executed notebook, the same from another run, what was reported, what was left as it was."""
    root = tmp_path_factory.mktemp("success")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "CHAPTERS", root / "chapters")
        patch.setenv("OMP_NUM_THREADS", "7")
        patch.delenv("COMPENDIUM_OUTPUT", raising=False)
        paths.CHAPTERS.mkdir()
        store(cell(REPORT), nb.new_markdown_cell("Text."), cell("1 + 1"), cell("", "hide-input"))
        source, lines = paths.CHAPTERS / "arms_trade.ipynb", []
        before = dict(os.environ), os.getcwd(), source.read_bytes()
        file = chapters.execute("arms_trade", GIVEN, root / "build", lines.append)
        unchanged = before == (dict(os.environ), os.getcwd(), source.read_bytes())
        again = chapters.execute("arms_trade", GIVEN, root / "again" / "build")
    return file, again, lines, unchanged


def test_parameters_are_injected_and_the_process_is_set_up(success):
    book = nbformat.read(success[0], as_version=4)
    printed = book.cells[3].outputs[0]["text"].splitlines()
    assert printed == [
        "8 market 2024-10-28 None",
        "{'OMP_NUM_THREADS': '1', 'PYTHONHASHSEED': '0'}",
        "chapters build",
    ]
    assert book.cells[5].outputs[0]["data"]["text/plain"] == "2"


def test_an_executed_notebook_holds_nothing_that_differs_from_run_to_run(success):
    text = success[0].read_text("utf-8")
    assert text == success[1].read_text("utf-8")
    book = nbformat.reads(text, as_version=4)
    nbformat.validate(book)
    assert [c.id for c in book.cells] == ["cell-0", "cell-1", "injected-2", "cell-2", "cell-3", "cell-4", "cell-5"]  # fmt: skip
    assert book.cells[2].metadata == {"tags": ["injected-parameters", "remove-cell"]}
    assert book.cells[6].metadata["tags"] == ["hide-input"]
    assert '"papermill"' not in text
    assert "version" not in book.metadata.language_info
    assert str(success[0].parents[2]) not in text
    assert not re.search(r"20\d\d-\d\d-\d\dT\d\d", text)


def test_a_notebook_that_names_no_language_is_run_and_restored(folder, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", folder.parent)
    store(cell("print(draws)"))
    file = paths.CHAPTERS / "arms_trade.ipynb"
    book = nbformat.read(file, as_version=4)
    book.metadata = nbformat.from_dict({})
    nbformat.write(book, file)
    for ran in (True, False):
        assert chapters.run("arms_trade", GIVEN, folder) is ran
        made = nbformat.read(folder / "notebooks" / "arms_trade.ipynb", as_version=4)
        assert made.cells[3].outputs[0]["text"] == "8\n"


def test_progress_counts_the_cells_of_code(success):
    assert success[2] == [f"cell {n} of 5" for n in range(1, 6)]


def test_environment_folder_and_source_are_left_as_they_were(success):
    assert success[3]


def test_a_failing_cell_is_told_by_its_number_in_the_chapter(folder):
    store(nb.new_markdown_cell("Text."), cell("\n\nprint('so far')\n1 / 0"), cell("print('never')"))
    expected = (4, "print('so far')", "ZeroDivisionError: division by zero")
    assert failure(folder) == expected
    partial = (folder / "notebooks" / "arms_trade.ipynb").read_text("utf-8")
    assert '"so far\\n"' in partial
    assert '"never\\n"' not in partial


def test_so_is_one_before_the_injected_parameters(folder):
    store()
    book = nbformat.read(paths.CHAPTERS / "arms_trade.ipynb", as_version=4)
    book.cells[1].source = "draws = no_such_name"
    nbformat.write(book, paths.CHAPTERS / "arms_trade.ipynb")
    number, line, error = failure(folder)
    assert (number, line) == (2, "draws = no_such_name")
    assert error.startswith("NameError: ")


def test_an_endless_cell_is_stopped(folder, monkeypatch):
    monkeypatch.setattr(chapters, "TIMEOUT", 2)
    store(cell("while True:\n    pass"))
    assert failure(folder) == (3, "while True:", "ran longer than 2 s")


def test_a_cell_that_writes_without_end_is_stopped(folder, monkeypatch):
    monkeypatch.setattr(chapters.kernels, "LARGEST", 0.2)
    store(cell("while True:\n    print('x' * 10_000)"))
    told = "wrote more than 0.2 million characters"
    assert failure(folder) == (3, "while True:", told)
    # Nor are many pictures taken, or what a cell has written cleared from.
    store(cell("from IPython.display import HTML, clear_output, display\n"
               "while True:\n    display(HTML('x' * 50_000)); clear_output()"))  # fmt: skip
    assert failure(folder)[2] == told
    store(*(cell("print('x' * 150_000)") for _ in range(3)))  # each cell by itself
    chapters.execute("arms_trade", GIVEN, folder)


def test_a_dying_process_is_told(folder):
    store(cell("import os\nos._exit(1)"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # its sockets
        assert failure(folder) == (3, "import os", "the process of the notebook died")


def test_leaving_early_is_no_success(folder):
    store(cell("import sys\nsys.exit()"), cell("1 / 0"))
    number, line, error = failure(folder)
    assert (number, line) == (3, "import sys")
    assert error.startswith("SystemExit")


@pytest.mark.parametrize(("content", "words"), [(None, "is missing"), ("{", "is not a notebook: ")])
def test_a_chapter_that_cannot_be_read_is_told(folder, content, words):
    if content:
        (paths.CHAPTERS / "arms_trade.ipynb").write_text(content)
    with pytest.raises(
        CompendiumError, match=f"^chapters/arms_trade.ipynb(:1)?: {words}"
    ) as caught:
        chapters.execute("arms_trade", GIVEN, folder)
    assert len(str(caught.value).splitlines()) == 2


def test_parameters_are_handed_over_as_plain_scalars():
    plain = chapters.plain(GIVEN)
    assert plain["as_of"] == "2024-10-28"
    assert plain == parameters.defaults("arms_trade") | {"draws": 8, "price_basis": "market"}


# --- Progress --------------------------------------------------------------------------------

STEPS = [
    "[  0.1 s] 0/2 done; arms_trade (cell 1 of 2) ...",
    "[  0.2 s] 0/2 done; arms_trade (cell 2 of 2), trade_trends (cell 1 of 9) ...",
    "[  0.3 s] 1/2 arms_trade: run in 0.3 s",
    "[  0.4 s] 1/2 done; trade_trends (cell 2 of 9) ...",
    "[  0.5 s] rendering",
]


class Terminal(io.StringIO):
    """Stream that says it is a terminal."""

    def isatty(self):
        return True


def test_a_log_gets_the_lines_that_last():
    stream = io.StringIO()
    report = progress.reporter(stream)
    for step in STEPS:
        report(step)
    assert stream.getvalue() == "[  0.3 s] 1/2 arms_trade: run in 0.3 s\n[  0.5 s] rendering\n"


def test_a_terminal_sees_every_step_on_one_line():
    stream = Terminal()
    report = progress.reporter(stream)
    for step in STEPS:
        report(step)
    lines = stream.getvalue().split("\n")
    assert [line.split("\r\033[K")[-1] for line in lines] == [STEPS[2], STEPS[4], ""]
    assert lines[0].split("\r\033[K")[0] == STEPS[0]
    assert all(len(part) < 80 for line in lines for part in line.split("\r\033[K"))


# --- Side by side ----------------------------------------------------------------------------


@pytest.fixture
def fake(monkeypatch):
    """Chapters that only note when they run, and wait for each other at a barrier."""
    events = []

    def run(chapter, given, folder, report, group):
        events.append(f"{chapter} begins")
        report("cell 1 of 1")
        time.sleep(0.05)
        events.append(f"{chapter} ends")
        if given == "fails":
            raise CompendiumError(chapter)
        return given != "kept"

    monkeypatch.setattr(chapters, "run", run)
    monkeypatch.setattr(chapters.notebooks, "check", lambda names: [])
    monkeypatch.setattr(chapters, "cores", lambda: 2)
    monkeypatch.setattr(chapters.upstream, "NEEDS", {"last": ("first", "second")})
    return events


def scenario(**given):
    return chapters.Scenario("mine", "", "", GIVEN.as_of, given)


def test_chapters_run_side_by_side_but_after_those_they_need(fake, tmp_path):
    lines = []
    chapters.run_all(scenario(last=1, other=1, first=1, second="kept"), tmp_path, lines.append)
    assert {*fake[:2]} == {"first begins", "second begins"}  # others wait for these
    assert fake.index("last begins") > max(fake.index("first ends"), fake.index("second ends"))
    lasting = [re.sub(r"[\d.]+ s\b", "t s", line) for line in lines if not line.endswith("...")]
    assert sorted(line.partition("/4 ")[2] for line in lasting) == [
        "first: run in t s", "last: run in t s", "other: run in t s", "second: unchanged",
    ]  # fmt: skip
    assert [line[8:9] for line in lasting] == ["1", "2", "3", "4"]
    assert any(line.endswith("/4 done; first (cell 1 of 1) ...") for line in lines)


def test_a_failing_chapter_keeps_the_others_from_starting(fake, tmp_path):
    with pytest.raises(CompendiumError, match="first"):
        chapters.run_all(scenario(first="fails", second=1, last=1), tmp_path, lambda line: None)
    assert "last begins" not in fake


def test_a_failing_chapter_leaves_no_process_of_another(
    folder, tmp_path, tmp_path_factory, monkeypatch
):
    """Two chapters with real kernels: one fails while the other is in the middle of a cell."""
    note = tmp_path_factory.mktemp("aside") / "process"  # not in the checkout
    waits = f"""
        import os, time
        from pathlib import Path
        Path({str(note)!r}).with_suffix(".new").write_text(str(os.getpid()))
        Path({str(note)!r}).with_suffix(".new").rename({str(note)!r})
        time.sleep(600)
    """
    fails = f"""
        import time
        from pathlib import Path
        while not Path({str(note)!r}).exists(): time.sleep(0.01)
        1 / 0
    """
    store(cell(textwrap.dedent(waits)), chapter="troop_plausibility")
    store(cell(textwrap.dedent(fails)))
    given = {"arms_trade": GIVEN, "troop_plausibility": parameters.TroopPlausibility(draws=8)}
    monkeypatch.setattr(paths, "BUILD", tmp_path / "_build")
    monkeypatch.setattr(chapters, "cores", lambda: 2)
    begin = time.monotonic()
    with pytest.raises(chapters.ChapterError, match="ZeroDivisionError"):
        chapters.run_all(scenario(**given), folder, lambda line: None)
    assert time.monotonic() - begin < 60
    assert not psutil.pid_exists(int(note.read_text()))
    assert (folder / "notebooks" / "arms_trade.ipynb").exists()
    assert not (folder / "values" / "troop_plausibility.json").exists()


def test_a_core_without_a_chapter_is_told(fake, tmp_path):
    told = []
    chapters.run_all(
        scenario(first=1, second=1, last=1), tmp_path, print, idle=lambda: told.append(len(fake))
    )
    assert told and min(told) >= 3, "two had begun and one had ended"


def test_faults_of_the_notebooks_are_told_before_a_chapter_runs(fake, tmp_path, monkeypatch):
    monkeypatch.setattr(chapters.notebooks, "check", lambda names: [Fault("a.ipynb", "is torn")])
    with pytest.raises(FaultsError, match="a.ipynb: is torn"):
        chapters.run_all(scenario(first=1), tmp_path, lambda line: None)
    assert not fake


def test_a_chapter_may_draw_on_those_alone_that_it_names():
    manifest = {"calls": [("upstream.value", {"chapter": "trade_trends"}, "")]}
    with pytest.raises(CompendiumError, match="draws on values of trade_trends, which may run"):
        chapters._refuse_undeclared("arms_trade", manifest)
    chapters._refuse_undeclared("arms_trade", {"calls": [("evidence.load", {}, "")]})


def test_a_run_during_which_the_evidence_changed_is_not_kept(folder, monkeypatch):
    states, kept = iter(["before", "after"]), []
    monkeypatch.setattr(chapters.cache, "asked", lambda *found: {})
    monkeypatch.setattr(chapters.cache, "find", lambda *found: None)
    monkeypatch.setattr(chapters.cache, "snapshot", lambda: next(states))
    monkeypatch.setattr(chapters.cache, "store", lambda *found: kept.append(found))
    monkeypatch.setattr(chapters.notebooks, "chapter", lambda name: nb.new_notebook())
    monkeypatch.setattr(chapters, "execute", lambda *given: folder / "arms_trade.ipynb")
    assert chapters.run("arms_trade", GIVEN, folder, lambda line: None, None)
    assert not kept
