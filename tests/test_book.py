"""Staging, the scenario's configuration, messages, and putting a book in place."""

import errno
import os
import threading
from types import SimpleNamespace

import pytest
import yaml

from compendium import book
from compendium.errors import CompendiumError

TOC = """format: jb-book
root: index
parts:
- caption: One
  chapters:
  - file: chapters/arms_trade
    sections:
    - file: chapters/notes
"""


@pytest.fixture
def checkout(tmp_path):
    """Checkout with a notebook, two text pages, and what must stay behind."""
    root = tmp_path / "checkout"
    for folder in ("chapters", "assets", "data/raw", "tests"):
        (root / folder).mkdir(parents=True)
    files = {
        "_config.yml": "title: A\nexecute: {execute_notebooks: force, timeout: 9}\n",
        "_toc.yml": TOC,
        "index.md": "# A\n",
        "chapters/arms_trade.ipynb": "as stored",
        "chapters/notes.md": "# N\n",
        "chapters/draft.md": "# Not in the book\n",
        "chapters/map.svg": "<svg/>",
        "assets/style.css": "",
        "data/raw/arms.csv": "a\n",
        "tests/test_a.py": "",
    }
    for name, text in files.items():
        (root / name).write_text(text, "utf-8")
    return root


@pytest.fixture
def executed(tmp_path):
    """Folder of executed notebooks."""
    folder = tmp_path / "executed"
    folder.mkdir()
    (folder / "arms_trade.ipynb").write_text("as executed", "utf-8")
    return folder


def test_stage_takes_executed_notebooks_and_the_pages_of_the_toc(checkout, executed, tmp_path):
    source = tmp_path / "source"
    book.stage(checkout, executed, source)
    files = {f.relative_to(source).as_posix() for f in source.rglob("*") if f.is_file()}
    assert files == {
        "_config.yml",
        "_toc.yml",
        "index.md",
        "chapters/arms_trade.ipynb",
        "chapters/notes.md",
        "chapters/map.svg",
        "assets/style.css",
        "data/raw/arms.csv",
    }
    assert (source / "chapters/arms_trade.ipynb").read_text("utf-8") == "as executed"


def test_what_an_editor_leaves_beside_the_data_stays_behind(checkout, executed, tmp_path):
    (checkout / "data/raw/.#arms.csv").symlink_to("me@host.1")  # Emacs, of unsaved edits
    book.stage(checkout, executed, tmp_path / "source")
    assert [f.name for f in (tmp_path / "source/data/raw").iterdir()] == ["arms.csv"]


def test_chapter_that_was_not_run_is_named(checkout, executed, tmp_path):
    (executed / "arms_trade.ipynb").unlink()
    with pytest.raises(CompendiumError, match=r"^chapters/arms_trade.ipynb was not run: "):
        book.stage(checkout, executed, tmp_path / "source")


def test_page_of_the_toc_that_is_missing_is_named(checkout):
    (checkout / "chapters/notes.md").unlink()
    with pytest.raises(CompendiumError, match=r"_toc.yml:\d+: chapters/notes: no such page"):
        book.pages(checkout)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("appendix/notes.md", "is in a folder that no build looks into; allowed: a page in "),
        ("chapters/../appendix/notes.md", "is no name of a page"),
        ("other/arms_trade.ipynb", "is in a folder that no build looks into"),
        ("troop_plausibility.ipynb", "is a notebook that no build runs; allowed: a text page"),
        ("chapters/extra.ipynb", "is a notebook that no build runs"),
    ],
)
def test_a_page_that_a_build_would_pass_over_is_named(checkout, page, words):
    (checkout / page).parent.mkdir(exist_ok=True)
    (checkout / page).write_text("# N\n")
    with (checkout / "_toc.yml").open("a") as toc:
        toc.write(f"  - file: {page.rpartition('.')[0]}\n")
    with pytest.raises(CompendiumError, match=rf"^_toc\.yml:9: [\w/.]+: {words}"):
        book.pages(checkout)


def test_configure_turns_execution_off_and_names_values_and_scenario(checkout, tmp_path):
    banner = book.announcement("late", "What <we> know", "2026-10-31")
    book.configure(checkout / "_config.yml", tmp_path / "values.json", banner)
    config = yaml.safe_load((checkout / "_config.yml").read_text("utf-8"))
    assert config["execute"] == {"execute_notebooks": "off", "timeout": 9}
    assert config["sphinx"]["config"]["compendium_values"] == str(tmp_path / "values.json")
    text = "Scenario: late (What &lt;we&gt; know). Evidence known by 2026-10-31."
    assert config["html"]["announcement"] == text


def test_render_refuses_a_target_that_exists(checkout, executed, tmp_path):
    with pytest.raises(CompendiumError, match="is there already"):
        book.render("a", executed, tmp_path / "values.json", executed, root=checkout)


def test_explain_tells_warnings_and_faults_in_plain_words(tmp_path):
    output = f"""\x1b[91m{tmp_path}/chapters/a.ipynb:30004: WARNING: undefined label: 'x' [ref.ref]\x1b[0m
{tmp_path}/index.md:7: WARNING: unknown document: 'y' [ref.doc]
WARNING: favicon file 'z' does not exist

Extension error:
index.md:5: no value 'a.b' was published
1 fault found in the pages; the book was not built.

Traceback (most recent call last):
RuntimeError: see above
"""
    assert book.explain(output, tmp_path).splitlines() == [
        "chapters/a.ipynb, cell 3:3: undefined label: 'x' [ref.ref]",
        "index.md:7: unknown document: 'y' [ref.doc]",
        "favicon file 'z' does not exist",
        "index.md:5: no value 'a.b' was published",
        "1 fault found in the pages; the book was not built.",
    ]


def test_explain_tells_a_fault_in_the_code_of_a_page(tmp_path):
    output = (
        "Exception occurred:\n"
        '  File "src/compendium/rendering.py", line 7, in serve\n    copy(kept, fail)\n'
        "NameError: name 'fail' is not defined\n"
        "The full traceback has been saved in /tmp/x.log\nRuntimeError:\n=====\n\n"
        "There was an error in building your book. Look above for the cause.\n=====\n"
    )
    assert book.explain(output, tmp_path).splitlines() == [
        'File "src/compendium/rendering.py", line 7, in serve',
        "copy(kept, fail)",
        "NameError: name 'fail' is not defined",
    ]


def test_explain_keeps_what_it_does_not_know(tmp_path):
    assert book.explain("Segmentation fault\n", tmp_path) == "Segmentation fault"


def test_explain_takes_a_message_out_of_its_box(tmp_path):
    output = "Traceback:\n  File x\nRuntimeError: \n=====\n\nThe toc is malformed\n\n=====\n"
    assert book.explain(output, tmp_path) == "The toc is malformed"


def folder(path, text):
    path.mkdir()
    (path / "index.html").write_text(text, "utf-8")
    return path


def test_publish_where_nothing_was(tmp_path):
    target = tmp_path / "deep" / "book"
    book.publish(folder(tmp_path / "staged", "new"), target)
    assert (target / "index.html").read_text("utf-8") == "new"
    assert not (tmp_path / "staged").exists()


@pytest.mark.parametrize("in_one_step", [True, False])
def test_publish_replaces_and_leaves_nothing_behind(tmp_path, monkeypatch, in_one_step):
    if not in_one_step:
        monkeypatch.setattr(book, "exchange", lambda one, other: False)
    target = folder(tmp_path / "book", "old")
    (target / "gone.html").write_text("old", "utf-8")
    book.publish(folder(tmp_path / "staged", "new"), target)
    assert sorted(p.name for p in target.iterdir()) == ["index.html"]
    assert (target / "index.html").read_text("utf-8") == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["book"]


def test_failed_swap_leaves_the_old_book(tmp_path):
    target = folder(tmp_path / "book", "old")
    with pytest.raises(FileNotFoundError):
        book.swap(tmp_path / "nothing", target)
    assert (target / "index.html").read_text("utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["book"]


def test_publish_leaves_a_file_or_link_in_its_place(tmp_path):
    staged = folder(tmp_path / "staged", "new")
    (tmp_path / "file").write_text("mine", "utf-8")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        with pytest.raises(CompendiumError, match="it was left as it is"):
            book.publish(staged, tmp_path / name)
    assert (tmp_path / "file").read_text("utf-8") == "mine"
    with pytest.raises(CompendiumError, match="is not a folder"):
        book.publish(tmp_path / "nothing", tmp_path / "book")


def test_reader_always_finds_a_book(tmp_path):
    target = folder(tmp_path / "book", "0")
    probe = folder(tmp_path / "probe", "")
    if not book.exchange(probe, target):
        pytest.skip("this system cannot exchange two folders in one step")
    book.exchange(probe, target)
    missing, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            if not os.path.exists(target / "index.html"):
                missing.append(True)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(200):
        book.publish(folder(tmp_path / "staged", str(number)), target)
    stop.set()
    reader.join()
    assert not missing
    assert (target / "index.html").read_text("utf-8") == "199"


@pytest.mark.parametrize(("code", "known"), [(errno.ENOSYS, True), (errno.EACCES, False)])
def test_a_system_that_cannot_exchange_is_told_from_one_that_may_not(
    tmp_path, monkeypatch, code, known
):
    library = SimpleNamespace(renameat2=lambda *places: -1)
    monkeypatch.setattr(book.ctypes, "CDLL", lambda *name, **options: library)
    monkeypatch.setattr(book.ctypes, "get_errno", lambda: code)
    if known:
        assert book.exchange(tmp_path / "a", tmp_path / "b") is False
    else:
        with pytest.raises(PermissionError):
            book.exchange(tmp_path / "a", tmp_path / "b")


def test_a_book_that_appears_while_another_is_put_in_place_is_replaced(tmp_path, monkeypatch):
    staged, target = tmp_path / "staged", tmp_path / "html"
    staged.mkdir()
    (staged / "index.html").write_text("mine")
    rename = os.rename

    def late(one, other):
        if one == staged and not target.exists():
            target.mkdir()
            (target / "index.html").write_text("another's")
            raise OSError(errno.ENOTEMPTY, "not empty")
        rename(one, other)

    monkeypatch.setattr(book.os, "rename", late)
    book.publish(staged, target)
    assert (target / "index.html").read_text() == "mine" and not staged.exists()

    def refused(one, other):
        raise OSError(errno.EROFS, "read-only")

    (tmp_path / "again").mkdir()
    monkeypatch.setattr(book.os, "rename", refused)
    with pytest.raises(OSError, match="read-only"):
        book.publish(tmp_path / "again", tmp_path / "new")
