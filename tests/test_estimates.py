"""The numbers over releases: what moved since they were certified, and their log."""

import io
import shutil

import pandas as pd
import pytest

from compendium import estimates, models, paths
from compendium.errors import CompendiumError
from compendium.values import Value
from compendium.verification import certificate, editions, inputs, trial

ROW = "arms-cont-2023-10-wh"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of data and scenarios, a code file, and a model with two values."""
    shutil.copytree(paths.DATA, tmp_path / "data")
    shutil.copytree(paths.SCENARIOS, tmp_path / "scenarios")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "model.py").write_text("x = 1\n")
    (tmp_path / "requirements.lock").write_text("numpy==2.4.0 \\\n    --hash=sha256:0\n")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    for name, place in {"RAW": "data/raw", "SCENARIOS": "scenarios", "RESULTS": "results"}.items():
        monkeypatch.setattr(paths, name, tmp_path / place)
    known = {
        "arms_trade.a": Value("arms_trade.a", 2.0, rows=(ROW,)),
        "arms_trade.b": Value("arms_trade.b", 5.0),
        "arms_trade.word": Value("arms_trade.word", "likely", unit="text"),
    }
    monkeypatch.setattr(models, "values_in", lambda name: known)
    return known


def certify(known, release=""):
    numbers = editions.numbers_of(known)
    found = dict.fromkeys(certificate.SCENARIOS, editions.Edition(numbers, (), {}, {}, {}))
    log = estimates.recorded(release, {n: numbers.values() for n in found}) if release else ""
    certificate.write(found, inputs.take(certificate.SCENARIOS), log)


def edit(table, old, new):
    file = paths.RAW / f"{table}.csv"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_without_certified_results_the_remedy_is_told(checkout):
    with pytest.raises(CompendiumError, match="nothing is certified yet; run `make certify`"):
        estimates.moved()


@pytest.mark.parametrize("content", [b"", b"\xff", b"a,b\n1,2\n", b'"'])
def test_a_damaged_log_is_told_and_not_read_as_one_without_records(checkout, content):
    paths.RESULTS.mkdir(exist_ok=True)
    estimates.log_file().write_bytes(content)
    for run in (estimates.read, lambda: estimates.require_new("0.1.0"), lambda: trial._certify(print, "")):  # fmt: skip
        with pytest.raises(CompendiumError, match=r"estimates\.csv:.*; `git checkout results`"):
            run()


def test_the_log_holds_every_number_and_is_never_changed(checkout):
    certify(checkout, "0.1.0")
    log = estimates.read()
    assert list(log.columns) == estimates.COLUMNS
    assert len(log) == 4  # two numbers, two scenarios; no texts
    assert set(log["id"]) == {"arms_trade.a", "arms_trade.b"}
    assert set(log["scenario"]) == set(certificate.SCENARIOS)
    with pytest.raises(CompendiumError, match=r"0\.1\.0 is recorded already.*recorded: 0\.1\.0"):
        estimates.require_new("0.1.0")
    before = estimates.log_file().read_text()
    after = estimates.recorded("0.2.0", {"replication": checkout.values()})
    assert after.startswith(before)
    assert list(pd.read_csv(io.StringIO(after))["release"].unique()) == ["0.1.0", "0.2.0"]


@pytest.mark.parametrize("name", ["1", "v0.1.0", "0.1", "../x", ""])
def test_what_is_no_version_is_refused(checkout, name):
    with pytest.raises(CompendiumError, match="is no version"):
        estimates.recorded(name, {})


def test_nothing_has_moved_since(checkout):
    certify(checkout)
    assert estimates.moved().empty
    assert list(estimates.lines(estimates.moved())) == [
        "0 numbers have moved since the results were certified"
    ]


def test_a_changed_row_is_named_where_a_number_rests_on_it(checkout):
    certify(checkout)
    edit("arms", f"{ROW},containers_shipped_cumulative,munitions,2023-09-07,2023-10-01,1000",
         f"{ROW},containers_shipped_cumulative,munitions,2023-09-07,2023-10-01,1100")  # fmt: skip
    checkout["arms_trade.a"] = Value("arms_trade.a", 2.2, rows=(ROW,))
    checkout["arms_trade.b"] = Value("arms_trade.b", 6.0)
    moved = estimates.moved().set_index(["scenario", "id"])
    assert len(moved) == 4
    a = moved.loc[("replication", "arms_trade.a")]
    assert (a["before"], a["after"], a["why"]) == (2.0, 2.2, f"rows {ROW}")
    assert moved.loc[("hindsight", "arms_trade.b"), "why"] == "1 row it does not name"
    assert f"replication: arms_trade.a: 2 -> 2.2: rows {ROW}" in estimates.lines(estimates.moved())


def test_parameters_tables_code_and_packages_are_told_apart(checkout):
    certify(checkout)
    scenario = paths.SCENARIOS / "hindsight.yml"
    scenario.write_text(scenario.read_text() + "chapters:\n  arms_trade:\n    seed: 7\n")
    checkout["arms_trade.b"] = Value("arms_trade.b", 6.0)
    moved = estimates.moved().set_index(["scenario", "id"])["why"]
    assert moved[("hindsight", "arms_trade.b")] == "parameters seed"
    assert moved[("replication", "arms_trade.b")].startswith("nothing that is recorded")
    edit("claims", "up to this much", "up to this sum")
    (paths.ROOT / "src" / "model.py").write_text("x = 2\n")
    lock = paths.ROOT / "requirements.lock"
    lock.write_text(lock.read_text().replace("2.4.0", "2.4.1"))
    moved = estimates.moved().set_index(["scenario", "id"])["why"]
    told = "tables claims; code src/model.py: x; packages numpy"
    assert moved[("replication", "arms_trade.b")] == told


def test_numbers_that_come_and_go(checkout):
    certify(checkout)
    del checkout["arms_trade.a"]
    checkout["arms_trade.c"] = Value("arms_trade.c", 1.0)
    moved = estimates.moved().set_index(["scenario", "id"])
    assert moved.loc[("replication", "arms_trade.a"), "after"] != 2.0
    assert moved.loc[("replication", "arms_trade.c"), "after"] == 1.0
    assert len(moved) == 4


def test_an_interval_that_moves_is_a_number_that_moved(checkout):
    checkout["arms_trade.a"] = Value("arms_trade.a", 2.0, 1.0, 3.0, rows=(ROW,))
    certify(checkout)
    assert estimates.moved().empty
    checkout["arms_trade.a"] = Value("arms_trade.a", 2.0, 1.0, 3.5, rows=(ROW,))
    found = estimates.moved().set_index(["scenario", "id"])
    row = found.loc[("replication", "arms_trade.a")]
    assert (row["before_high"], row["after_high"]) == (3.0, 3.5)
    checkout["arms_trade.a"] = Value("arms_trade.a", 2.0, rows=(ROW,))  # it lost its interval
    assert "arms_trade.a" in set(estimates.moved()["id"])


def test_without_git_nothing_is_said_of_the_commit(monkeypatch):
    monkeypatch.setattr(estimates.shutil, "which", lambda name: None)
    assert estimates.commit() == ""


def test_a_number_is_told_with_its_interval_or_as_none():
    nan = float("nan")
    assert estimates._text(nan, nan, nan) == "none"
    assert estimates._text(1234.5, nan, nan) == "1,234.5"
    assert estimates._text(2, 1, 3) == "2 (1 to 3)"
