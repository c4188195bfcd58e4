"""Killed, told to end, two at once, no room, no right: the last book stays, the next build is whole.

The tests marked `faults` build a small book (six short notebooks) again and again.
"""

import contextlib
import errno
import hashlib
import importlib.util
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest
from checkout import Copy
from test_build import store_chapter

from compendium import book, build, cache, commands, errors, files, locks, paths, stamps, vintages
from compendium.register import CHAPTERS
from compendium.verification import builds

# ------------------------------------------------------------------------ no whole build needed

HOLD = """
import sys, time
from pathlib import Path
from compendium import locks
with locks.alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@contextmanager
def python(code, *arguments):
    """A process that runs some code and has said that it is ready; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(paths.ROOT / "src")},
    )  # fmt: skip
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def test_the_second_waits_and_names_the_first(tmp_path):
    place, said = tmp_path / "book", []
    with python(HOLD, place) as (first, _):
        threading.Timer(0.3, first.kill).start()
        with locks.alone(place, said.append) as waited:
            assert waited and first.wait(10) == -signal.SIGKILL  # not before
    (line,) = said
    assert f"process {first.pid} is at work there; waiting" in line


def test_a_lock_whose_file_was_removed_while_it_was_waited_for_is_taken_anew(tmp_path):
    """Else the one that waited and one that comes later would both be inside."""
    place, said = tmp_path / "book", []

    def remove_and_end(text):
        said.append(text)
        (tmp_path / ".book.lock").unlink()
        first.kill()

    with python(HOLD, place) as (first, _), locks.alone(place, remove_and_end) as waited:
        assert waited and len(said) == 1
        assert not locks.take((tmp_path / ".book.lock").open("a"))


@pytest.mark.parametrize("kind", ["folder", "file", "link", "nothing"])
def test_clean_removes_what_was_built_and_not_where_a_link_leads(tmp_path, kind):
    built, other = tmp_path / "_build", tmp_path / "other"
    for folder in (other, *([built] if kind == "folder" else [])):
        folder.mkdir()
        (folder / ".book.lock").touch()
    if kind == "link":
        built.symlink_to(other)
    if kind == "file":
        built.touch()
    assert clean(tmp_path).returncode == 0
    assert not os.path.lexists(built) and (other / ".book.lock").exists()


def test_clean_leaves_what_a_command_is_at_work_on(tmp_path):
    place = tmp_path / "_build" / "sweeps" / "book"
    with python(HOLD, place) as (first, _):
        done = clean(tmp_path)
        assert done.returncode == 1 and (place.parent / ".book.lock").exists()
        assert done.stderr == (
            f"_build/sweeps: process {first.pid} is at work there; nothing was removed, "
            "wait until it has ended or end it, then run `make clean` again\n"
        )
    assert clean(tmp_path).returncode == 0 and not (tmp_path / "_build").exists()


def clean(root):
    return subprocess.run(
        [sys.executable, "-S", paths.ROOT / "scripts/clean.py"],  # without the environment
        env={**os.environ, "COMPENDIUM_ROOT": str(root)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_killed_process_leaves_no_lock(tmp_path):
    place = tmp_path / "book"
    with python(HOLD, place) as (first, _):
        assert not locks.take((tmp_path / ".book.lock").open("a"))
    with locks.alone(place, pytest.fail) as waited:
        assert not waited
        assert (tmp_path / ".book.lock").read_text() == f"{os.getpid()}\n"
    assert (tmp_path / ".book.lock").read_text() == ""


def test_a_build_that_waited_takes_the_book_of_the_other(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    monkeypatch.setattr(build, "_build", lambda *_: pytest.fail("built twice"))
    answers, said = iter([False, True]), []
    monkeypatch.setattr(stamps, "current", lambda *_: next(answers))
    with python(HOLD, tmp_path / "replication") as (first, _):
        threading.Timer(0.3, first.kill).start()
        build.build("replication", said.append)
    assert f"process {first.pid}" in said[0] and "unchanged" in said[1]


SHOP = """
import sys, time
from pathlib import Path
from compendium import commands
with commands.workshop(Path(sys.argv[1]), "shop-") as folder:
    print(folder, flush=True)
    time.sleep(600)
"""


def test_folders_of_dead_processes_are_removed_and_of_living_ones_kept(tmp_path):
    with python(SHOP, tmp_path) as (_, dead):
        pass
    with python(SHOP, tmp_path) as (_, living):
        assert not Path(dead).exists()
        with commands.workshop(tmp_path, "shop-") as own:
            assert own.is_dir() and Path(living).is_dir()
        assert [str(place) for place in tmp_path.iterdir()] == [living]


TREE = """
import sys, time
from compendium import commands, kernels
child = [sys.executable, "-c", commands.TIED + "; import time; time.sleep(600)"]
if __name__ == "__main__":
    with commands.tied(child) as process, kernels.processes(2) as pool:
        for _ in range(2):
            pool.submit(time.sleep, 600)
        while len(pool._processes) < 2:
            time.sleep(0.05)
        print(process.pid, *pool._processes, flush=True)
        time.sleep(600)
"""


def test_what_a_killed_process_started_ends_by_itself():
    """A renderer, and the processes that compute: both would wait for ever for one that is gone."""
    with marked() as environment:
        process = subprocess.Popen([sys.executable, "-c", TREE], stdout=subprocess.PIPE, text=True,
                                   env=environment)  # fmt: skip
        started = [int(word) for word in process.stdout.readline().split()]
        assert len(started) == 3 and all(Path(f"/proc/{one}").exists() for one in started)
        process.kill()
        process.wait()
        process.stdout.close()
        assert gone(environment, 60) == []


@pytest.mark.parametrize("seen", [True, False])
def test_a_swap_that_was_broken_off_is_undone_or_finished(tmp_path, seen):
    """Where the system cannot exchange two folders in one step."""
    aside, target = tmp_path / ".book-old", tmp_path / "book"
    aside.mkdir()
    (aside / "index.html").write_text("old")
    if seen:
        target.mkdir()
        (target / "index.html").write_text("new")
    book.restore(target)
    assert (target / "index.html").read_text() == ("new" if seen else "old")
    assert [place.name for place in tmp_path.iterdir()] == ["book"]


def test_a_book_that_another_process_put_there_first_is_replaced(tmp_path, monkeypatch):
    staged, target = tmp_path / "staged", tmp_path / "book"
    for folder in (staged, target):
        folder.mkdir()
        (folder / "index.html").write_text(folder.name)
    there = iter([False])
    monkeypatch.setattr(os.path, "lexists", lambda _: next(there, True))
    monkeypatch.setattr(book, "restore", lambda _: None)
    book.publish(staged, target)
    assert (target / "index.html").read_text() == "staged" and not staged.exists()


def test_half_a_page_of_estimates_is_made_anew(tmp_path, monkeypatch):
    """It was accepted once, and every later build ended with an error of JSON."""
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    monkeypatch.setattr(vintages, "track", lambda *_: None)
    monkeypatch.setattr(vintages, "_parts", lambda *_: {"tracks": [{"title": "whole"}]})
    (tmp_path / "vintages").mkdir()
    made = vintages.parts("2023-12-31")
    (file,) = (tmp_path / "vintages").glob("page-*.json")
    whole = file.read_bytes()
    for cut in (0, 1, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:cut])
        assert vintages.parts("2023-12-31") == made
        assert file.read_bytes() == whole


def test_a_file_is_put_whole_or_not_at_all(tmp_path, monkeypatch):
    file = tmp_path / "page.md"
    files.put(file, "old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.put(file, "new")
    assert file.read_text() == "old" and [f.name for f in tmp_path.iterdir()] == ["page.md"]


def test_what_a_file_comes_in_place_of_is_removed_and_nothing_else(tmp_path):
    """Another process may be about to read the file itself, and that of another name."""
    for name in ("low-1a.json", "low-2b.json", "low-x-1a.json", "low-1a.txt", "page-low-1a.json"):
        (tmp_path / name).touch()
    files.clear_older(tmp_path / "low-2b.json")
    left = {"low-2b.json", "low-x-1a.json", "low-1a.txt", "page-low-1a.json"}
    assert {file.name for file in tmp_path.iterdir()} == left


def test_what_was_begun_long_ago_is_removed(tmp_path):
    for name, age in (("a", 0), ("b", 2 * files.ABANDONED)):
        file = tmp_path / f"{files.NEW}{name}.json-1"
        file.write_text("half")
        os.utime(file, (time.time() - age,) * 2)
    files.clear_abandoned(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [".new-a.json-1"]


def test_a_run_that_cannot_be_kept_loses_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file where the folder should be")
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    notebook = tmp_path / "a.ipynb"
    notebook.write_text("{}")
    known = {
        "untold": [],
        "chapter": "a",
        "format": "",
        "parameters": {},
        "python": "",
        "lock": "",
        "packages": {},
    }
    cache.store({**known, "cells": []}, notebook, tmp_path / "none.json")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, ["the disk is full", "free some space", "make clean", "MB for _build"]),
        (errno.EDQUOT, ["your quota is used up", "remove files"]),
        (errno.EFBIG, ["larger than this process may write", "ulimit -f unlimited"]),
        (errno.EROFS, ["read-only", "copy of the checkout that may be written"]),
        (errno.EACCES, ["no permission", "give yourself the right"]),
        (errno.ENOTDIR, ["a file stands where a folder is needed", "move it away"]),
        (errno.EISDIR, ["a folder stands where a file is needed", "move it away"]),
    ],
)
def test_an_error_of_the_system_is_told_with_what_to_do(number, words, capsys, monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def fail():
        raise OSError(number, os.strerror(number), str(paths.BUILD / "mine"))

    assert commands.run(fail, kept="the last book is as it was") == 1
    said = capsys.readouterr().err
    assert said.startswith("_build/mine: ") and said.endswith("the last book is as it was\n")
    assert all(word in said for word in words), said
    # The same in a notebook or in the renderer, which tell it in words of their own.
    told = errors.remedy(f"cell 3: OSError: [Errno {number}] {os.strerror(number)}")
    assert words[-1 if number != errno.ENOSPC else 1] in told


def test_a_folder_that_could_not_be_copied_is_told_in_a_line():
    one = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "from", None, "to")
    told = errors.of_system(shutil.Error([("from", "to", str(one))] * 3))
    assert told.startswith("the disk is full (No space left on device); free some space")


@pytest.mark.parametrize("place", [Path("/nowhere"), paths.BUILD])
def test_an_error_of_ours_is_not_taken_for_one_of_the_system(monkeypatch, place):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(FileNotFoundError):
        commands.run(lambda: (place / "no such file").read_text())


def test_a_file_that_the_checkout_lacks_is_told(monkeypatch, capsys):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert commands.run((paths.ROOT / "no-such.toml").read_text) == 1
    said = capsys.readouterr().err
    assert said.startswith("no-such.toml: is missing; `git checkout no-such.toml` brings it back\n")


def test_a_command_that_is_stopped_exits_as_the_shell_expects(capsys, monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def stop():
        raise KeyboardInterrupt

    before = os.environ.get("TMPDIR")
    assert commands.run(stop, kept="the last book is as it was") == 130
    assert "stopped; the last book is as it was" in capsys.readouterr().err
    with pytest.raises(SystemExit) as caught:
        commands._end()
    assert caught.value.code == 143
    assert (os.environ.get("TMPDIR") or before) == before or Path(os.environ["TMPDIR"]).is_dir()


@pytest.mark.skipif(
    not str(paths.ROOT).isascii(),
    reason="there Python itself starts under UTF-8 alone, which make sets",
)
def test_a_command_under_another_encoding_begins_anew_in_utf_8(tmp_path):
    """So that a path with other letters is the same for all processes."""
    place = tmp_path / "Jürgens Büro"
    place.mkdir()
    talk = "from compendium import commands; import sys, os\n"
    talk += "sys.exit(commands.run(lambda: print(sys.getfilesystemencoding(), ascii(sys.argv[1]))))"
    own = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0",
           "PYTHONPATH": str(paths.ROOT / "src")}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", talk, str(place)],
        env=own,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split(" ", 1) == ["utf-8", ascii(str(place)) + "\n"]
    # Where Python is told so by an option, it runs as it is and not for ever.
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", talk, "x"],
        env=own, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == "ascii 'x'\n"


def test_a_reader_of_the_output_who_goes_away_gets_no_traceback():
    talk = "from compendium import commands; import sys\n"
    talk += "sys.exit(commands.run(lambda: [print(n) for n in range(99_999)] and 0))"
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", talk], stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    os.close(reading)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (141, "")


def test_a_pipe_that_broke_elsewhere_is_not_passed_over(monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(BrokenPipeError):
        commands.run(lambda: os.write(broken_pipe(), b"x"))


def broken_pipe():
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.fixture
def spare(monkeypatch):
    """A checkout with a scenario, and nothing built, which other users may enter."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    (root / "scenarios").mkdir()
    (root / "scenarios/mine.yml").write_text("title: Mine\nreason: r\nas_of: 2024-02-01\n")
    for name in ("BUILD", "SCENARIOS", "CHAPTERS", "ROOT"):
        monkeypatch.setattr(paths, name, root / getattr(paths, name).relative_to(paths.ROOT))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    yield root
    shutil.rmtree(root)


def test_a_file_in_the_place_of_the_folder_of_builds_is_told(spare, capsys):
    (spare / "_build").write_text("mine")
    assert commands.run(lambda: build.build("mine")) == 1
    said = capsys.readouterr().err
    assert said.startswith("_build: ") and "stands where a folder is needed" in said
    assert (spare / "_build").read_text() == "mine"


def test_a_folder_that_may_not_be_written_is_told(spare):
    """To another user, since root may write everywhere."""
    (spare / "_build").mkdir(mode=0o755)
    if os.geteuid():
        (spare / "_build").chmod(0o555)
    told = spare / "told"
    told.touch()
    told.chmod(0o666)
    child = os.fork()
    if not child:  # it knows no more than is imported: the libraries may be closed to it too
        code = 99
        with contextlib.suppress(BaseException):
            said = io.StringIO()
            with contextlib.redirect_stderr(said):
                if not os.geteuid():
                    os.setgroups([])
                    os.setgid(65534)
                    os.setuid(65534)
                code = commands.run(lambda: build.build("mine"))
            told.write_text(said.getvalue())
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert "_build/.mine.lock: no permission" in told.read_text()
    assert "give yourself the right to write there" in told.read_text()


# ----------------------------------------------------------------------------------- processes

MARK = "COMPENDIUM_TEST_MARK"


@contextmanager
def marked(**more):
    """Environment by which all that descends from a process is known; killed at the end."""
    environment = {**os.environ, "PYTHONPATH": str(paths.ROOT / "src"), MARK: uuid.uuid4().hex, **more}  # fmt: skip
    try:
        yield environment
    finally:
        for process in alive(environment):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def alive(environment):
    """Processes with a mark: also those that no longer belong to the one that started them."""
    mark, found = f"{MARK}={environment[MARK]}".encode(), []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
    return found


def gone(environment, seconds):
    """Command lines of those that are still there after some seconds."""
    end = time.monotonic() + seconds
    while (left := alive(environment)) and time.monotonic() < end:
        time.sleep(0.1)
    told = []
    for process in left:
        with contextlib.suppress(OSError):
            told.append(Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ")[:200])
    return told


# ------------------------------------------------------------------------------- a small book

SEED = int(os.environ.get("COMPENDIUM_SEED") or time.time())
WORK = """
from compendium import evidence, values
rows = evidence.load("arms", "2024-02-01", indicator="voyages")
values.publish("{0}.draws", len(rows), unit="count")
print(len(rows))
"""
PLAN = """\
title: A plan
reason: A test.
grid:
  arms_trade: {draws: [1024], sobol_samples: [64], seed: [1, 2, 3, 4, 5, 6, 7, 8]}
"""
MAKE = ["make", "--no-print-directory", "--old-file=environment", f"RUN={sys.executable}"]
READ = ("index.html", "searchindex.js", "objects.inv", "chapters/arms_trade.html",
        "chapters/recommendations.html")  # fmt: skip


class Small:
    """A copy of the checkout with six short notebooks, and the books that come of it undisturbed."""

    def __init__(self, folder):
        self.copy = Copy(folder)
        # A short name, as that of /tmp itself: see `commands.LONGEST`.
        self.root, self.passing = self.copy.root, Path(tempfile.mkdtemp(prefix="t-"))
        shutil.copy(paths.ROOT / "Makefile", self.root)
        for file in (self.root / "chapters").glob("*.ipynb"):
            file.unlink()
        for name in CHAPTERS:
            store_chapter(self.root / "chapters", WORK.format(name), name)
        first, *rest = (f"chapters/{name}" for name in CHAPTERS)
        more = "".join(f"- file: {page}\n" for page in rest)
        toc = f"format: jb-book\nroot: {first}\nchapters:\n{more}"
        (self.root / "_toc.yml").write_text(toc, "utf-8")
        for name in ("mine", "replication", "hindsight"):
            text = "title: Mine\nreason: r\nas_of: 2024-02-01\n"
            (self.root / f"scenarios/{name}.yml").write_text(text)
        (self.root / "plan.yml").write_text(PLAN)
        self.build = self.root / "_build" / "mine"
        self.editions, self.seconds = {}, {}

    def environment(self):
        return marked(
            PYTHONPATH=str(self.root / "src"), COMPENDIUM_ROOT=str(self.root),
            TMPDIR=str(self.passing), COLUMNS="80",
        )  # fmt: skip

    def start(self, environment, *command):
        # Into a file: an orphan that writes to a pipe without a reader would end of that.
        with tempfile.NamedTemporaryFile(dir=self.root.parent, delete=False) as said:
            process = subprocess.Popen(
                command, cwd=self.root, env=environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
                # Where tests run in the background, a shell may have told them to ignore Ctrl-C.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            )  # fmt: skip
        process.said = Path(said.name)
        return process

    def run(self, *command):
        """Exit code and words of a command."""
        with self.environment() as environment:
            process = self.start(environment, *command)
            said = ended(process)
            assert gone(environment, 60) == []
        return process.returncode, said

    def script(self, name, *arguments):
        return sys.executable, str(self.root / "scripts" / name), *arguments

    def book(self):
        begin = time.monotonic()
        code, said = self.run(*MAKE, "book", "SCENARIO=mine")
        assert code == 0, said
        return time.monotonic() - begin

    def state(self, name):
        """Change a heading of a chapter."""
        file = self.root / "chapters" / "arms_trade.ipynb"
        cells = json.loads(file.read_text("utf-8"))
        cells["cells"][0]["source"] = f"# Arms {name}"
        file.write_text(json.dumps(cells), "utf-8")

    def keep(self, name):
        """Keep the book of a state for comparison."""
        place = self.root.parent / f"book {name}"
        shutil.copytree(self.build, place)
        self.editions[name] = place
        assert look(self.build / "html") is not None

    def require_same(self, name, told):
        count, differ = builds.compared(self.editions[name], self.build)
        assert count > 100 and differ == [], told

    def require_tidy(self, told):
        """Nothing is left of what was broken off, but what may be that of a living process."""
        for file in (self.root / "_build").rglob(f"{files.NEW}*"):
            os.utime(file, (time.time() - 2 * files.ABANDONED,) * 2)
        self.state("tidy")  # so that a build looks at all of it
        self.book()
        names = {place.name for place in (self.root / "_build").iterdir()}
        assert names <= {"mine", "cache", "vintages", "check", "vega", "sweeps", ".mine.lock", ".results.lock"}, told  # fmt: skip
        left = [f for f in (self.root / "_build").rglob(".*") if f.suffix != ".lock" and f.name != ".buildinfo"]  # fmt: skip
        assert left == [], told
        assert list(self.passing.iterdir()) == [], told
        assert [f for f in self.root.iterdir() if f.name[0] == "."] == [], told


def look(html):
    """Digests of some files of a published book, all of one moment; None where there is none."""
    while True:
        try:
            place = os.open(html, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            return None
        try:
            found = tuple(digest(name, place) for name in READ)
            if os.stat(html).st_ino == os.fstat(place).st_ino:
                return found
        except FileNotFoundError:
            return None
        finally:
            os.close(place)


def digest(name, place):
    try:
        with open(os.open(name, os.O_RDONLY, dir_fd=place), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except FileNotFoundError:
        return f"{name} is missing"


@contextmanager
def watched(html, editions):
    """Look at a published book again and again; what is neither edition is a fault."""
    known = {look(place / "html"): name for name, place in editions.items()}
    assert len(known) == len(editions)
    known.setdefault(look(html), "as found")  # which a build looked over before
    faults, stop, must = [], threading.Event(), look(html) is not None

    def watch():
        nonlocal must
        while not stop.wait(0.01):
            found = look(html)
            if found not in known and (found is not None or must):
                faults.append(found or "missing")
            must = must or found is not None

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield faults
    finally:
        stop.set()
        thread.join()


def kill(process, environment, way):
    """Kill outright: all that is there, or only a part of it."""
    if way == "everything":
        for one in alive(environment):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
    elif way == "group":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    elif way == "script":  # and neither make nor what it started itself
        for one in alive(environment):
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{one}/cmdline").read_bytes().split(b"\0")
                if words[1:2] == [b"scripts/build_book.py"]:
                    os.kill(one, signal.SIGKILL)
    else:
        process.kill()
    if way != "script":
        process.wait(30)


def ended(process):
    """Wait for a process and return what it said."""
    process.wait(600)
    return process.said.read_text("utf-8", "replace")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The small book, built undisturbed in two states; ``two`` is published."""
    made = Small(tmp_path_factory.mktemp("s"))
    made.state("one")
    made.seconds["cold"] = made.book()
    made.keep("one")
    made.state("two")
    made.seconds["warm"] = made.book()
    made.keep("two")
    yield made
    shutil.rmtree(made.passing)


WAYS = ("group", "everything", "script", "make")


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "rounds"),
    [("cold", (6,)), ("warm", (6,)), ("another", (3, 3))],
)
def test_a_killed_build_leaves_the_last_book_and_the_next_is_as_undisturbed(small, kind, rounds):
    choose = random.Random(f"{SEED} {kind}")
    for number, kills in enumerate(rounds):
        state = ("one", "two")[number % 2]
        small.state(state)
        if kind == "cold":
            shutil.rmtree(small.root / "_build")
        elif kind == "warm":
            shutil.rmtree(small.build)
        length = small.seconds["cold" if kind == "cold" else "warm"]
        done = []
        with (
            watched(small.build / "html", small.editions) as faults,
            contextlib.ExitStack() as all_,
        ):
            for _ in range(kills):
                environment = all_.enter_context(small.environment())
                after, way = choose.uniform(0, length), choose.choice(WAYS)
                done.append(f"{way} after {after:.2f} s")
                process = small.start(environment, *MAKE, "book", "SCENARIO=mine")
                time.sleep(after)
                kill(process, environment, way)
                told = f"COMPENDIUM_SEED={SEED}, {kind}, {done}"
                if way != "make":  # without make the build goes on, and the next waits for it
                    assert gone(environment, 60) == [], told
            small.book()
        assert faults == [], f"{told}: {faults[:3]}"
        small.require_same(state, told)
    small.require_tidy(told)
    small.state("two")
    small.book()


@pytest.mark.long
def test_a_killed_sweep_goes_on_to_the_same_tables(small, tmp_path):
    choose, done = random.Random(f"{SEED} sweep"), []

    def sweep(folder):
        options = (
            "plan.yml",
            "--chapters",
            "arms_trade",
            "--workers",
            "2",
            "--output",
            str(folder),
        )
        return small.script("sweep.py", *options)

    whole, broken = tmp_path / "whole", tmp_path / "broken"
    begin = time.monotonic()
    code, said = small.run(*sweep(whole))
    length = time.monotonic() - begin
    assert code == 0, said
    expected = {n: (whole / n).read_bytes() for n in ("cases.csv", "values.csv", "failures.csv")}
    for _ in range(7):
        after, way = choose.uniform(0, length), choose.choice(("group", "everything", "parent"))
        done.append(f"{way} after {after:.2f} s")
        told = f"COMPENDIUM_SEED={SEED}, sweep, {done}"
        with small.environment() as environment:
            process = small.start(environment, *sweep(broken))
            time.sleep(after)
            kill(process, environment, way)
            assert gone(environment, 60) == [], told
        for name, content in expected.items():
            if (broken / name).exists():
                assert (broken / name).read_bytes() == content, told
    code, said = small.run(*sweep(broken))
    assert code == 0, said
    assert {name: (broken / name).read_bytes() for name in expected} == expected, told
    assert list(small.passing.iterdir()) == [], told
    for file in broken.rglob(f"{files.NEW}*"):
        os.utime(file, (time.time() - 2 * files.ABANDONED,) * 2)
    assert small.run(*sweep(broken))[0] == 0
    names = {file.name for file in broken.rglob(".*")}
    assert names == {".lock"}, told


@pytest.mark.long
def test_two_at_once_make_one_book_and_one_sweep(small, tmp_path):
    small.state("one")
    sweep = small.script("sweep.py", "plan.yml", "--chapters", "arms_trade", "--output", str(tmp_path / "out"))  # fmt: skip
    for command, words in (
        ([*MAKE, "book", "SCENARIO=mine"], "unchanged: "),
        (sweep, "8 of them kept from before"),
    ):
        with small.environment() as environment:
            first = small.start(environment, *command)
            second = small.start(environment, *command)
            said = [ended(process) for process in (first, second)]
            assert (first.returncode, second.returncode) == (0, 0), said
        waited = [text for text in said if "is at work there; waiting" in text]
        assert len(waited) == 1 and words in waited[0], said
    small.require_same("one", "two at once")


@pytest.mark.long
def test_certify_beside_a_build_and_a_killed_verify_leave_what_was_there(small):
    small.state("two")
    begin = time.monotonic()
    with small.environment() as environment:
        first = small.start(environment, *small.script("certify.py"))
        second = small.start(environment, *MAKE, "book", "SCENARIO=mine")
        said = [ended(process) for process in (first, second)]
        assert (first.returncode, second.returncode) == (0, 0), said
    small.require_same("two", "beside certify")
    length = 2 * (time.monotonic() - begin)  # four builds in place of two
    report = small.root / "verify-report"
    report.mkdir()
    (report / "report.html").write_text("the last one")

    def content():
        places = [small.root / "results", report]
        return {f: f.read_bytes() for place in places for f in place.rglob("*") if f.is_file()}

    before, choose, done = content(), random.Random(f"{SEED} verify"), []
    for _ in range(5):
        after, way = choose.uniform(0, length), choose.choice(("group", "everything", "parent"))
        done.append(f"{way} after {after:.2f} s")
        told = f"COMPENDIUM_SEED={SEED}, verify, {done}"
        with small.environment() as environment:
            process = small.start(environment, *small.script("verify.py"))
            time.sleep(after)
            kill(process, environment, way)
            assert gone(environment, 60) == [], told
        found = content()
        assert found == before or "report.json" in {file.name for file in found}, told
        before = found
    small.require_tidy(told)
    shutil.rmtree(small.root / "results")
    shutil.rmtree(report)


@pytest.mark.long
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_told_to_end_leaves_no_process(small, number, code, tmp_path):
    small.state(f"ended with {code}")  # there is something to build
    sweep = small.script("sweep.py", "plan.yml", "--output", str(tmp_path / "out"))
    choose = random.Random(f"{SEED} {number}")
    book_ = small.script("build_book.py", "--scenario", "mine")
    for command, lock in (
        (book_, small.root / "_build/.mine.lock"),
        (sweep, tmp_path / "out/.lock"),
    ):
        with watched(small.build / "html", small.editions) as faults:
            # Early in it: the machine may have been busier when that was measured.
            after = choose.uniform(0, small.seconds["warm"] / 4)
            with small.environment() as environment:
                process = small.start(environment, *command)
                while not (lock.exists() and lock.read_text().strip()):  # it is at work
                    time.sleep(0.05)
                    assert process.poll() is None, ended(process)
                time.sleep(after)
                os.killpg(process.pid, number)
                said = ended(process)
                told = f"COMPENDIUM_SEED={SEED}, {command[1]} after {after:.2f} s: {said}"
                assert process.returncode == code, told
                assert gone(environment, 60) == [], told
        assert "Traceback" not in said and faults == [], told
        assert code == 143 or "stopped; " in said, told
    assert list(small.passing.iterdir()) == []


@pytest.fixture
def disk(small, tmp_path):
    """The folder of builds on a small disk of its own, with a book on it."""
    place = small.root / "_build"
    aside = small.root.parent / "_build aside"
    os.rename(place, aside)
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        place.rmdir()
        os.rename(aside, place)
        pytest.skip("only root may mount a small disk")
    try:
        shutil.copytree(aside, place, dirs_exist_ok=True)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()
        os.rename(aside, place)


def fill(disk, free):
    """Leave that many bytes free."""
    with contextlib.suppress(OSError), (disk / "filling").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, shutil.disk_usage(disk).free - free))


def commands_on(small, disk, built, wanted):
    """Commands that write on that disk, on which the book of one state is built."""
    small.state(wanted)
    yield small.script("build_book.py", "--scenario", "mine")
    yield small.script("sweep.py", "plan.yml", "--chapters", "arms_trade", "--workers", "1", "--output", str(disk / "sweeps" / "out"))  # fmt: skip
    small.state(built)  # no other is packed
    yield small.script("crate.py", "--scenario", "mine")
    if any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        yield small.script("print_book.py", "--scenario", "mine")


@pytest.mark.long
def test_a_full_disk_is_told_and_leaves_what_was_there(small, disk):
    small.state("two")
    small.book()
    before = look(disk / "mine" / "html")
    for free in (0, 50_000):
        for command in commands_on(small, disk, "two", "one"):
            if free and "print_book" in command[1]:
                continue  # a short PDF fits
            fill(disk, free)
            code, said = small.run(*command)
            assert code == 1 and "Traceback" not in said, (command[1], said)
            assert "the disk is full" in said and "free some space" in said, (command[1], said)
            assert look(disk / "mine" / "html") == before
            (disk / "filling").unlink()
    small.state("one")
    small.book()
    small.require_same("one", "after a full disk")
    assert [f.name for f in (disk / "mine").iterdir() if f.name[0] == "."] == []


@pytest.mark.long
def test_a_disk_that_is_read_only_is_told_and_leaves_what_was_there(small, disk):
    small.state("one")
    small.book()
    before = look(disk / "mine" / "html")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        for command in commands_on(small, disk, "one", "two"):
            code, said = small.run(*command)
            assert code == 1 and "Traceback" not in said, (command[1], said)
            assert "the file system is read-only" in said, (command[1], said)
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert look(disk / "mine" / "html") == before


@pytest.mark.long
def test_a_limit_on_the_size_of_files_is_told(small):
    small.state("one")
    small.book()
    small.state("two")
    before = look(small.build / "html")
    code, said = small.run("bash", "-c", 'ulimit -f 64; exec "$@"', "bash",
                           *small.script("build_book.py", "--scenario", "mine"))  # fmt: skip
    assert code == 1 and "Traceback" not in said, said
    assert "larger than this process may write" in said and "ulimit -f unlimited" in said
    assert look(small.build / "html") == before


def test_the_report_of_a_verification_on_a_full_disk_leaves_the_last_one(tmp_path, monkeypatch):
    from compendium.verification import report

    folder = tmp_path / "verify-report"
    folder.mkdir()
    (folder / "report.html").write_text("the last one")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for name in ("as_html", "as_markdown"):
        monkeypatch.setattr(report, name, lambda _: "text")
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        report.write({}, folder)
    assert (folder / "report.html").read_text("utf-8") == "the last one"
    assert [place.name for place in tmp_path.iterdir()] == ["verify-report"]


# ------------------------------------------------------------------------------ the environment


@pytest.fixture
def setting_up(tmp_path, monkeypatch):
    """The script that makes the environment, in a folder of its own; what it would do."""
    spec = importlib.util.spec_from_file_location(
        "setting_up", paths.ROOT / "scripts/environment.py"
    )
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    did = []
    for name, place in (("ROOT", tmp_path), ("VENV", tmp_path / ".venv"), ("STAMP", tmp_path / ".venv/ready")):  # fmt: skip
        monkeypatch.setattr(script, name, place)
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(script, "usable", lambda: True)
    monkeypatch.setattr(script.venv, "create", lambda *_, **options: did.append(options["clear"]))
    monkeypatch.setattr(script.subprocess, "run", lambda command, **_: did.append("installed"))
    return script, did


def test_an_environment_that_was_broken_off_is_made_from_nothing(setting_up):
    """Some package may stand there by half, and would be taken for whole."""
    script, did = setting_up
    assert script.bring("one", pip=True) == 0 and did[0] is True
    did.clear()
    assert script.bring("two", pip=True) == 0 and True not in did and "installed" in did
    did.clear()
    assert script.bring("two", pip=True) == 0 and did == []


def test_what_is_in_the_way_of_an_environment_is_told_in_a_line(setting_up, monkeypatch, capsys):
    script, did = setting_up
    monkeypatch.setattr(sys, "argv", ["environment.py"])
    for name in ("requirements.lock", "pyproject.toml"):
        file = script.ROOT / name
        monkeypatch.setattr(script, "LOCK" if "lock" in name else "PROJECT", file)
        assert script.main() == 1
        told = f"{name} is missing or no file; `git checkout {name}` brings it back\n"
        assert capsys.readouterr().err == told
        file.touch()
    script.VENV.rmdir()
    for make in (script.VENV.touch, lambda: script.VENV.symlink_to("nowhere")):
        make()
        assert script.main() == 1 and did == []
        assert capsys.readouterr().err.startswith(".venv is no folder, ")
        script.VENV.unlink()


def test_two_processes_do_not_make_one_environment(setting_up, capsys):
    script, _ = setting_up
    with script.alone():
        ended = threading.Event()

        def second():
            with script.alone():
                ended.set()

        threading.Thread(target=second, daemon=True).start()
        assert not ended.wait(0.3)
    assert ended.wait(10)
    assert "another process makes .venv; waiting" in capsys.readouterr().err
