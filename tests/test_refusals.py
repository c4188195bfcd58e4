"""Whole commands on damaged files: one message with place and remedy, and no good result is harmed.

What each module refuses is tested beside it and in `test_bad_input`; here the scripts are run as
a user runs them, in a copy of the checkout with a good book and a good sweep from before.
"""

import json
import os
import re
import shutil

import pytest
from checkout import Copy
from commands import Commands

pytestmark = pytest.mark.long
CHECK = ("check.py",)
BUILD = ("build_book.py", "--scenario", "quick", "--kernel", "fresh")
SWEEP = ("sweep.py", "plan.yml")
PLAN = "title: A\nreason: B\nscenarios: [quick]\n"
SCENARIO = "scenarios/quick.yml"
HEAD = "title: Mine\nreason: To try.\nas_of: 2024-10-28\n"
ARMS = "data/raw/arms.csv"
NOTEBOOK = "chapters/arms_trade.ipynb"


@pytest.fixture(scope="module")
def root(tmp_path_factory, quick_book):
    root = Copy(tmp_path_factory.mktemp("refusals"), quick_book).root
    (root / "plan.yml").write_text(PLAN)
    kept = root / "_build" / "sweeps" / "plan" / "values.csv"
    kept.parent.mkdir(parents=True)
    kept.write_text("of an earlier sweep")
    return root


@pytest.fixture(scope="module")
def commands(root):
    started = Commands(root)
    yield started
    started.end()


def standing(root):
    """What earlier commands made, with size and time of each file."""
    return {
        file: (file.lstat().st_size, file.lstat().st_mtime_ns)
        for file in (root / "_build").rglob("*")
        if file.is_file() and ".building" not in str(file) and file.suffix != ".lock"
    }


def bytes_(content):
    return lambda file: file.write_bytes(content)


def more(content):
    return lambda file: file.write_bytes(file.read_bytes() + content)


def less(count):
    return lambda file: file.write_bytes(file.read_bytes()[:-count])


def cell(column, text, line=1):
    """Put a text into a cell of a row of a table."""

    def change(file):
        import csv

        with file.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.reader(lines))
        rows[line][rows[0].index(column)] = text
        with file.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out, lineterminator="\n").writerows(rows)

    return change


def cells(change):
    """Change the cells of a notebook."""

    def changed(file):
        book = json.loads(file.read_text("utf-8"))
        change(book["cells"])
        file.write_text(json.dumps(book), "utf-8")

    return changed


def place(found):
    return next(i for i, c in enumerate(found) if "parameters" in c["metadata"].get("tags", []))


def second(found):
    found.insert(place(found) + 1, {**found[place(found)], "id": "second"})


def folder(file):
    file.unlink()
    file.mkdir()


def pipe(file):
    file.unlink()
    os.mkfifo(file)


def away(file):
    file.unlink()


def text(content):
    return lambda file: file.write_text(content, "utf-8")


EVERY = (CHECK, BUILD, SWEEP)
# What is damaged, how, the commands that look at it, and what they say of it.
CASES = {
    "cut off": (ARMS, less(40), EVERY, r"arms\.csv:\d+: (the row has|a double quote is not closed)"),
    "no text": (ARMS, bytes_(b"\x89PNG\r\n\x1a\n" * 50), EVERY, "is not UTF-8"),
    "mark of bytes": (ARMS, lambda f: f.write_bytes(b"\xef\xbb\xbf" + f.read_bytes()), EVERY, "mark"),
    "semicolons": (ARMS, lambda f: f.write_bytes(f.read_bytes().replace(b",", b";")), EVERY, "semicolons"),
    "nothing": (ARMS, bytes_(b""), EVERY, "is empty"),
    "a folder": (ARMS, folder, EVERY, "it is a folder"),
    "a pipe": (ARMS, pipe, EVERY, "it is a pipe"),
    "no table": (ARMS, away, EVERY, "is missing"),
    "a merge": (ARMS, more(b"<<<<<<< HEAD\n"), EVERY, "a merge that was not finished"),
    "two of a name": (ARMS, lambda f: cell("obs_id", f.read_text().split("\n")[2].split(",")[0])(f), EVERY, "stands already"),
    "no such source": (ARMS, cell("source_id", "no-such"), EVERY, "is not known"),
    "another date": (ARMS, cell("stated_on", "28.10.2024"), EVERY, "is not a date"),
    "a date to come": (ARMS, cell("stated_on", "2099-01-01"), EVERY, "lies in the future"),
    "no number": (ARMS, cell("value", "NaN"), EVERY, "is not a number"),
    "endless": (ARMS, cell("value", "inf"), EVERY, "is not a number"),
    "thousands": (ARMS, cell("value", "1,000"), EVERY, "is not a number"),
    "below zero": (ARMS, cell("value", "-5"), EVERY, "is below zero"),
    "swapped": (ARMS, lambda f: (cell("low", "9")(f), cell("high", "1")(f)), EVERY, "low is above high"),
    "no such unit": (ARMS, cell("unit", "parsecs"), EVERY, "is not an allowed value"),
    "a formula": (ARMS, cell("issuer", "=1+1"), EVERY, "like a formula"),
    "a wide formula": (ARMS, cell("note", "\uff1d1+1"), EVERY, "like a formula"),
    "two spaces": (ARMS, cell("issuer", "DIA  of them"), EVERY, "two spaces"),
    "letters in parts": (ARMS, cell("issuer", "Cafe\u0301"), EVERY, "put together from parts"),
    "a path": (ARMS, cell("obs_id", "../../x"), EVERY, "is not of the right form"),
    "ten million letters": (ARMS, cell("note", "x" * 10**7), EVERY, "more than 131,072"),
    "no description": ("data/datapackage.json", bytes_(b"{"), EVERY, "is not JSON"),
    "a key twice": ("data/datapackage.json", lambda f: f.write_text(f.read_text().replace('"name"', '"name": "x", "name"', 1)), EVERY, "stands twice"),
    "a bomb": (SCENARIO, text(HEAD + "a: &a [x]\nb: *a\n"), EVERY, "an alias"),
    "a tag": (SCENARIO, text(HEAD + "chapters: !!python/object/apply:os.system ['true']\n"), EVERY, "not valid YAML"),
    "a thousand levels": (SCENARIO, text("x: " + "[" * 1000), EVERY, "more than 40 levels"),
    "no such parameter": (SCENARIO, text(HEAD + "chapters:\n  arms_trade: {sed: 1}\n"), EVERY, "did you mean 'seed'"),
    "a look-alike": (SCENARIO, text(HEAD + "chapters:\n  arms_trade: {\u0455eed: 1}\n"), EVERY, "unknown parameter"),
    "a word for no": (SCENARIO, text(HEAD + "chapters:\n  troop_plausibility: {count_builders: 'false'}\n"), EVERY, "true or false"),
    "past all numbers": (SCENARIO, text(HEAD + "chapters:\n  arms_trade: {shell_price: 1.0e+999}\n"), EVERY, "shell_price"),
    "year nought": (SCENARIO, text(HEAD.replace("2024-10-28", "0000-01-01")), EVERY, "not an ISO date"),
    "a NUL": (SCENARIO, bytes_(HEAD.encode() + b"\0"), EVERY, "NUL"),
    "no scenario's name": ("scenarios/con.yml", text(HEAD), (CHECK,), "is no name for a scenario"),
    "a formula for a case": ("plan.yml", text(PLAN + "cases:\n  '=1+1': {arms_trade: {seed: 5}}\n"), (SWEEP,), "is no name for a case"),
    "no plan": ("plan.yml", bytes_(b"\xff\xfe"), (SWEEP,), "not readable as UTF-8"),
    "an empty notebook": (NOTEBOOK, bytes_(b""), (CHECK, BUILD), "is not a notebook"),
    "no notebook": (NOTEBOOK, text("<html></html>"), (CHECK, BUILD), "is not a notebook"),
    "a list": (NOTEBOOK, text("[]"), (CHECK, BUILD), "is not a notebook"),
    "a merge in a notebook": (NOTEBOOK, lambda f: f.write_text(f.read_text().replace("{", "{\n<<<<<<< HEAD", 2)), (CHECK, BUILD), "a merge that was not finished"),
    "no parameters": (NOTEBOOK, cells(lambda c: c.pop(place(c))), (CHECK, BUILD), "does not have one code cell tagged"),
    "parameters twice": (NOTEBOOK, cells(second), (CHECK, BUILD), "does not have one code cell tagged"),
    "an id twice": (NOTEBOOK, cells(lambda c: c[2].update(id=c[1]["id"])), (CHECK, BUILD), "two cells have the id"),
    "a pipe for a notebook": (NOTEBOOK, pipe, (CHECK,), "it is a pipe"),
    "a page in other letters": ("index.md", more(b"\xe9"), (CHECK, BUILD), "not readable as UTF-8"),
    "a merge in a page": ("index.md", more(b"\n>>>>>>> other\n"), (CHECK, BUILD), "a merge that was not finished"),
    "an empty page": ("index.md", bytes_(b""), (CHECK, BUILD), "is empty"),
    "a page that leads away": ("index.md", lambda f: (f.unlink(), f.symlink_to("/etc/hostname")), (CHECK, BUILD), "leads out of the book"),
    "broken contents": ("_toc.yml", text("format: jb-book\nroot: [\n"), (CHECK, BUILD), "not valid YAML"),
    "broken settings": ("_config.yml", text("titel: x\n"), (CHECK, BUILD), "did you mean 'title'"),
    "no settings": ("_config.yml", away, (CHECK, BUILD), "is missing"),
    "works in other letters": ("references.bib", more(b"\xe9"), (CHECK, BUILD), "not readable as UTF-8"),
    "a broken work": ("references.bib", more(b"\n@article{x,\n"), (CHECK, BUILD), r"references\.bib"),
    "authors that are none": ("CITATION.cff", lambda f: f.write_text(f.read_text().replace("authors:", "authors: [x]\nothers:", 1)), (CHECK, BUILD), "authors: found"),
    "an address that runs": ("CITATION.cff", more(b"\nurl: javascript:alert(1)\n"), (CHECK, BUILD), "url: found"),
    "an entry without words": ("chapters/prose.yml", text("digits:\n- {text: 5, reason: x}\n"), (CHECK, BUILD), "give text and reason"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_file_is_told_and_harms_nothing(root, commands, case):
    name, damage, asked, words = CASES[case]
    file, before = root / name, standing(root)
    kept = file.read_bytes() if file.exists() else None
    try:
        damage(file)
        told = [(command, commands.run(*command)) for command in asked]
    finally:
        if os.path.lexists(file):
            file.rmdir() if file.is_dir() and not file.is_symlink() else file.unlink()
        if kept is not None:
            file.write_bytes(kept)
    for command, done in told:
        assert done.code == 1, (command, done)
        assert re.search(words, done.err), (command, done.err)
        assert "Traceback" not in done.err and len(done.err) < 20_000
        assert all(line.isprintable() for line in done.err.splitlines())
        assert "allowed: " in done.err or f"{name}: " in done.err
    assert standing(root) == before


WRONG = [
    ("build_book.py", "--scenario", "../x"), ("build_book.py", "--scenario", "no\nsuch"),
    ("build_book.py", "--scenario", "QUICK"), ("build_book.py", "--scenario", "x" * 300),
    ("build_book.py", "--scenari0", "x"), ("build_book.py", "--kernel", "$(touch x)"),
    ("sweep.py", "no-such.yml"), ("sweep.py", "x" * 300), ("sweep.py", "scenarios"), ("sweep.py", ""),
    ("sweep.py", "plan.yml", "--chapters", "../x"), ("sweep.py", "plan.yml", "--only", "=1"),
    ("sweep.py", "plan.yml", "--workers", "-1"), ("check.py", "--rww", "x"),
    ("compare.py", "quick", "../x"), ("print_book.py", "--scenario", "../x"),
    ("crate.py", "--scenario", "x" * 300), ("new_chapter.py", "../x", "A title"),
    ("new_chapter.py", "import os", "A title"), ("coursework.py", "--chapter", "__import__('os')"),
]  # fmt: skip


@pytest.mark.parametrize("command", WRONG, ids=lambda command: " ".join(command)[:40])
def test_a_wrong_call_is_told_and_touches_nothing(root, commands, command):
    before = standing(root)
    done = commands.run(*command)
    assert done.code == 2, done
    assert done.err.strip() and "Traceback" not in done.err
    assert standing(root) == before and not (root / "x").exists()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("check.py", "--raw", "no/such"), "is not a folder"),
        (("check.py", "--raw", "plan.yml"), "is not a folder"),
        (("sweep.py", "plan.yml", "--output", "plan.yml"), "plan.yml: is no folder"),
        (("sweep.py", "plan.yml", "--output", "plan.yml/x"), "plan.yml: is no folder"),
        (("coursework.py", "--grade", "plan.yml"), "is not a notebook"),
        (("coursework.py", "--grade", "data"), "it is a folder"),
        (("coursework.py", "--grade", "/dev/zero"), "it is a pipe or a device"),
    ],
)
def test_what_a_command_is_pointed_at_is_no_such_thing(root, commands, command, words):
    before = standing(root)
    done = commands.run(*command)
    assert done.code == 1 and words in done.err and "Traceback" not in done.err, done
    assert standing(root) == before


def test_a_file_in_the_place_of_a_folder_is_told_before_anything_runs(root, commands):
    aside = root / "_build" / "quick.building"
    shutil.rmtree(aside, ignore_errors=True)
    aside.write_text("x")
    (root / "index.md").touch()
    page = (root / "index.md").read_bytes()
    (root / "index.md").write_bytes(page + b"\nMore.\n")  # or nothing would have to be done
    before = standing(root)
    done = commands.run(*BUILD)
    (root / "index.md").write_bytes(page)
    aside.unlink()
    assert done.code == 1 and "_build/quick.building: is no folder" in done.err, done
    assert standing(root) == before


def test_in_the_end_the_good_book_is_still_the_book_of_these_files(root, commands):
    done = commands.run(*BUILD)
    assert done.code == 0 and "unchanged: _build/quick/html/index.html" in done.out + done.err, done
