"""Kept runs: what makes a chapter run again, by name, and what does not."""

import gc
import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import nbformat.v4 as nb
import pandas as pd
import pytest
from test_chapters import GIVEN, cell, store

from compendium import cache, chapters, packages, paths, reads

WORK = """
from compendium import evidence, values
rows = evidence.load("arms", as_of, indicator="voyages")
values.publish("arms_trade.draws", draws, unit="count")
print(len(rows), draws)
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Copy of the data with one small chapter, and this process looking at it."""
    shutil.copytree(paths.DATA, tmp_path / "data")
    for name in ("CHAPTERS", "SCENARIOS", "DATA", "RAW", "DATAPACKAGE", "BUILD"):
        monkeypatch.setattr(paths, name, tmp_path / getattr(paths, name).relative_to(paths.ROOT))
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    paths.CHAPTERS.mkdir()
    (tmp_path / "requirements.lock").write_text("numpy==2\n")
    store(nb.new_markdown_cell("Text."), cell(WORK, "hide-input"))
    return tmp_path


def run(checkout, name, given=GIVEN):
    """Whether the chapter was executed, and the folder of the build."""
    return chapters.run("arms_trade", given, checkout / "_build" / name), checkout / "_build" / name


def edit_row(start, old, new):
    file = paths.RAW / "arms.csv"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if line.startswith(start))
    assert old in lines[place]
    lines[place] = lines[place].replace(old, new, 1)
    file.write_text("".join(lines), "utf-8")
    return lines[place].partition(",")[0]


def of_indicator(indicator, negate=False):
    lines = (paths.RAW / "arms.csv").read_text("utf-8").splitlines()[1:]
    return next(s for s in lines if ("," + indicator + "," in s) != negate)


def test_prose_tags_comments_and_unread_rows_run_nothing(checkout):
    assert run(checkout, "one")[0]
    more = [nb.new_markdown_cell("Other text."), cell("# A comment.\n" + WORK, "hide-cell")]
    store(*more)
    other = of_indicator("voyages", negate=True)
    edit_row(other.partition(",")[0] + ",", other, other + " ")
    ran, folder = run(checkout, "two")
    assert not ran
    kept = (folder / "notebooks/arms_trade.ipynb").read_text("utf-8")
    assert "Other text." in kept and "A comment." in kept and "hide-cell" in kept
    # The same bytes as if it had been executed.
    chapters.execute("arms_trade", GIVEN, checkout / "_build" / "three")
    for file in ("notebooks/arms_trade.ipynb", "values/arms_trade.json", "runs/arms_trade.json"):
        made = [(checkout / "_build" / name / file).read_bytes() for name in ("two", "three")]
        assert made[0] == made[1], file


def test_a_kept_run_tells_of_cells_and_modules_as_they_are_now(checkout):
    module = checkout / "own.py"
    module.write_text("x = 1\n")
    was = cache.digests_of_module(module)
    manifest = {"modules": {"own.py": was}, "cells": [["old", "a"]], "calls": [1]}
    module.write_text("x = 1  # one\n")
    now = cache.renewed(manifest, {"cells": [["new", "a"]]})
    assert now["modules"]["own.py"][0] != was[0] and now["modules"]["own.py"][1] == was[1]
    assert now["cells"] == [["new", "a"]] and now["calls"] == [1]


def test_modules_stand_in_one_order_however_they_were_loaded(tmp_path):
    record = tmp_path / "reads"
    own = ["src/compendium/values.py", "src/compendium/arms/__init__.py"]
    record.write_text("".join(json.dumps(["module", name]) + "\n" for name in own))
    assert list(cache.manifest_of({}, record)["modules"]) == sorted(own)


def change_row(checkout):
    row = of_indicator("voyages")
    name = edit_row(row.partition(",")[0] + ",", ",voyages,", ",voyages,x")
    return f"row {name} of data/raw/arms.csv"


def change_cell(checkout):
    store(nb.new_markdown_cell("Text."), cell(WORK + "print(1)"))
    return "cell cell-3"


def change_lock(checkout):
    (checkout / "requirements.lock").write_text("numpy==3\n")
    return "requirements.lock"


def change_package(checkout):
    return "package numpy: 2.4.0 in place of 2.4.6"


@pytest.mark.parametrize("change", [change_row, change_cell, change_lock, change_package])
def test_what_has_changed_is_run_again_and_named(checkout, change, monkeypatch):
    monkeypatch.setattr(packages, "installed", lambda: {"numpy": "2.4.6"})
    _, previous = run(checkout, "one")
    named = change(checkout)
    if change is change_package:
        monkeypatch.setattr(packages, "installed", lambda: {"numpy": "2.4.0"})
    assert chapters.why("arms_trade", GIVEN, checkout / "_build/two", previous) == [named]
    assert run(checkout, "two")[0]


def test_a_parameter_is_named_and_its_first_value_is_still_kept(checkout):
    _, previous = run(checkout, "one")
    other = GIVEN.model_copy(update={"draws": 16})
    reasons = chapters.why("arms_trade", other, checkout / "_build/two", previous)
    assert reasons == ["parameter draws: 16 in place of 8"]
    assert run(checkout, "two", other)[0]
    assert not run(checkout, "three")[0]


@pytest.mark.parametrize("name", [cache.MANIFEST, cache.NOTEBOOK, cache.VALUES])
@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_a_damaged_entry_is_not_believed(checkout, name, damage):
    run(checkout, "one")
    (entry,) = (cache.folder() / "arms_trade").iterdir()
    file = entry / name
    text = file.read_text("utf-8")
    if damage == "gone":
        file.unlink()
    else:
        file.write_text(text[: len(text) // 2] if damage == "cut" else text.replace("8", "9"))
    assert cache.read(entry) is None
    assert cache.find(asked(), checkout / "_build/two") is None
    assert not entry.exists()


def test_what_a_killed_build_left_half_made_is_not_taken_and_goes_in_time(checkout):
    run(checkout, "one")
    (entry,) = (cache.folder() / "arms_trade").iterdir()
    half = entry.with_name(".new-half")
    shutil.copytree(entry, half)
    (half / cache.MANIFEST).unlink()  # written last
    shutil.rmtree(entry)
    assert cache.find(asked(), checkout / "_build/two") is None
    assert run(checkout, "two")[0]
    assert not half.exists() and entry.exists()


def asked():
    source = nbformat.read(chapters.notebook_path("arms_trade"), as_version=4)
    return cache.asked("arms_trade", chapters.plain(GIVEN), source.cells)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import pandas as pd; pd.read_csv('../data/raw/arms.csv')", None),
        ("import subprocess; subprocess.run(['true'])", "starts another program"),
        ("import os; os.listdir('../data/raw')", "lists a folder: data/raw"),
    ],
)
def test_what_is_read_past_the_evidence_module_is_caught(checkout, source, told):
    store(cell(source))
    _, previous = run(checkout, "one")
    manifest = json.loads((previous / "runs/arms_trade.json").read_text())
    if told:
        assert manifest["untold"] and manifest["untold"][0].startswith(told)
        assert run(checkout, "two")[0]
    else:
        assert list(manifest["files"]) == ["data/raw/arms.csv"]
        assert not run(checkout, "two")[0]
        change_row(checkout)
        assert run(checkout, "three")[0]


def test_entries_not_used_for_longest_go_first(checkout, monkeypatch):
    run(checkout, "one")
    monkeypatch.setattr(cache, "LIMIT", 1.5 * sum(
        file.stat().st_size for file in cache.folder().rglob("*") if file.is_file()
    ))  # fmt: skip
    run(checkout, "two", GIVEN.model_copy(update={"draws": 16}))
    (left,) = (cache.folder() / "arms_trade").iterdir()
    assert cache.read(left).manifest["parameters"]["draws"] == 16


def test_a_row_without_a_source_names_none():
    rows = pd.DataFrame({"obs_id": ["a", "b", "c"], "source_id": ["s", "", "s"]})
    found = reads.rows_of("evidence.load", {"table": "arms"}, rows)
    assert found == {"arms": ["a", "b", "c"], "sources": ["s"]}


def test_modules_are_digested_in_threads_side_by_side():
    texts = [
        f"# {n}\n{file.read_text('utf-8')}"
        for file in paths.ROOT.glob("src/compendium/*.py")
        for n in range(2)
    ]
    before = gc.get_threshold()

    def yield_now(*_):  # the collector lets other threads in while a tree is built
        time.sleep(0)

    gc.callbacks.append(yield_now)
    gc.set_threshold(50)
    try:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(cache._digest_of_code, texts))
    finally:
        gc.callbacks.remove(yield_now)
        gc.set_threshold(*before)
    assert found[::2] == found[1::2]


def test_what_a_run_rested_on_is_told_by_name_when_it_is_another():
    manifest = {
        "python": "3.11.1 (main)", "lock": "a", "packages": {}, "parameters": {},
        "cells": [("one", "1"), ("two", "2")], "modules": {"src/compendium/paths.py": ["x", "y"]},
        "files": {"README.md": "x"}, "calls": [], "rows": {}, "untold": ["its reads were not recorded"],
    }  # fmt: skip
    asked = manifest | {"python": "3.12.9 (main)", "lock": "b", "cells": manifest["cells"][::-1]}
    assert list(cache.changes(manifest, asked, paths.BUILD)) == [
        "Python: 3.12.9 in place of 3.11.1", "requirements.lock", "order of the cells",
        "module src/compendium/paths.py", "file README.md", "its reads were not recorded",
    ]  # fmt: skip


def test_a_question_whose_rows_cannot_be_named_is_told_by_its_table():
    named = cache._named("no.such.question", {"table": "arms"}, {"rows": {}})
    assert list(named) == ["data/raw/arms.csv"]
    assert list(cache._named("no.such.question", {}, {"rows": {}})) == [
        "answer of no.such.question"
    ]
