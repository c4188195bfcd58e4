"""A book counts as up to date only if it is whole and made of the files as they are."""

import json
import os
import time

import pytest

from compendium import models, packages, paths, stamps
from compendium.errors import FaultsError

FILES = {
    "src/compendium/model.py": "answer = 42",
    "data/raw/arms.csv": "obs_id\na",
    "chapters/arms_trade.ipynb": "{}",
    "chapters/methods.md": "# Methods",
    "index.md": "# Book",
    "_config.yml": "title: Book",
    "scenarios/mine.yml": "title: Mine",
    "scenarios/other.yml": "title: Other",
    "requirements.lock": "numpy==2",
}


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A finished build of the scenario `mine`, by files that have not changed for a while."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "BUILD", tmp_path / "_build")
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.utime(file, (time.time() - 60,) * 2)
    stamp = stamps.take("mine")
    html = tmp_path / "_build" / "mine" / "html"
    html.mkdir(parents=True)
    (html / "index.html").write_text("<p>page</p>")
    (html / "other.html").write_text("<p>other</p>")
    stamps.write(stamp, tmp_path / "_build" / "mine")
    assert stamps.current("mine")
    return tmp_path


@pytest.mark.parametrize("name", [n for n in FILES if n != "scenarios/other.yml"])
def test_a_changed_file_of_the_same_length_is_seen(built, name):
    (built / name).write_text(FILES[name][::-1])
    assert not stamps.current("mine")
    (built / name).write_text(FILES[name])  # another time, the same content
    assert stamps.current("mine")


def test_a_book_without_solutions_is_another_book(built):
    assert not stamps.current("mine", solutions=False)
    stamps.write(stamps.take("mine", solutions=False), built / "_build" / "mine")
    assert stamps.current("mine", solutions=False)
    assert not stamps.current("mine")


@pytest.mark.parametrize("name", ["src/compendium/model.py", "chapters/methods.md", "index.md"])
def test_a_file_that_went_is_seen(built, name):
    (built / name).unlink()
    assert not stamps.current("mine")


@pytest.mark.parametrize(
    "name", ["src/compendium/new.py", "data/raw/new.csv", "new.md", "assets/a.css"]
)
def test_a_file_that_came_is_seen(built, name):
    (built / name).parent.mkdir(exist_ok=True)
    (built / name).write_text("new")
    assert not stamps.current("mine")


@pytest.mark.parametrize(
    "name", ["scenarios/other.yml", "src/__pycache__/a.pyc", "src/.swap", "tests/test_a.py"]
)
def test_what_no_page_is_made_of_changes_nothing(built, name):
    (built / name).parent.mkdir(exist_ok=True)
    (built / name).write_text("new")
    assert stamps.current("mine")


def linked(file):
    file.parent.rename(file.parents[2] / "elsewhere")
    file.parent.symlink_to("../elsewhere")


def leading_nowhere(file):
    file.with_name("gone.csv").symlink_to("nowhere")


def pipe(file):
    os.mkfifo(file.with_name("pipe.csv"))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (linked, r"^data/raw: is a link to a folder, .* found '\.\./elsewhere'; allowed: "),
        (leading_nowhere, r"^data/raw/gone\.csv: is a link to a file that is not there"),
        (pipe, r"^data/raw/pipe\.csv: cannot be read: it is a pipe or a device"),
    ],
)
def test_what_is_no_file_is_told_and_not_passed_over(built, damage, words):
    damage(built / "data" / "raw" / "arms.csv")
    for ask in (
        lambda: stamps.current("mine"),
        lambda: stamps.take("mine"),
        lambda: models.digest_of(built / "data"),
    ):
        with pytest.raises(FaultsError, match=words):
            ask()


def test_a_missing_or_cut_page_is_seen(built):
    page = built / "_build" / "mine" / "html" / "other.html"
    page.write_text("<p>oth")
    assert not stamps.current("mine")
    page.unlink()
    assert not stamps.current("mine")
    page.write_text("<p>other</p>")
    assert stamps.current("mine")


def test_a_change_within_a_tick_of_the_clock_is_read(built):
    """Size and time may stay as they were; a file changed just before the look is read again."""
    file = built / "index.md"
    file.write_text("# Book")
    stamps.write(stamps.take("mine"), built / "_build" / "mine")
    old = file.stat()
    file.write_text("# Boom")
    os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert not stamps.current("mine")


@pytest.mark.parametrize("name", ["index.md", "_build/mine/html/other.html"])
def test_a_change_whose_time_was_set_back_is_read(built, name, monkeypatch):
    """As copying and syncing tools leave it: the length and the time of the file before."""
    monkeypatch.setattr(stamps, "TICK", -(10**12))  # as if made long ago
    stamps.write(stamps.take("mine"), built / "_build" / "mine")
    file = built / name
    text, old = file.read_text(), file.stat()
    file.write_text(text[::-1])
    os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert not stamps.current("mine")
    file.write_text(text)
    assert stamps.current("mine")


def test_another_version_of_a_package_is_seen(built, monkeypatch):
    monkeypatch.setattr(packages, "state", lambda: {"numpy": "1"})
    assert not stamps.current("mine")


@pytest.mark.parametrize(
    "damage",
    [lambda t: t[: len(t) // 2], lambda t: "[]", lambda t: "null", lambda t: "{}", lambda t: ""],
)
def test_a_damaged_stamp_is_not_believed(built, damage):
    stamp = built / "_build" / "mine" / stamps.NAME
    stamp.write_text(damage(stamp.read_text()))
    assert not stamps.current("mine")


@pytest.mark.parametrize("key", ["format", "python"])
def test_a_stamp_of_another_making_is_not_believed(built, key):
    stamp = built / "_build" / "mine" / stamps.NAME
    stamp.write_text(json.dumps(json.loads(stamp.read_text()) | {key: "other"}))
    assert not stamps.current("mine")


def test_no_build_is_not_up_to_date(built):
    assert not stamps.current("other")
