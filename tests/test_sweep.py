"""Sweeps: the plan, the distinct tasks, both modes alike, and a cluster that loses a worker."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from compendium import chapters, models, paths, sweep, upstream
from compendium.errors import CompendiumError, FaultsError, UsageError


@pytest.fixture
def plan(tmp_path):
    def write(text, name="plan.yml"):
        file = tmp_path / name
        file.write_text(f"title: A plan\nreason: A test.\n{text}", "utf-8")
        return file

    return write


SMALL = """grid:
  arms_trade:
    draws: [1024]
    sobol_samples: [64]
    seed: [{}]
"""


def seeds(count):
    return SMALL.format(", ".join(map(str, range(1, count + 1))))


# ----------------------------------------------------------------------------------- the plan


def test_bases_cases_and_grid_are_multiplied(plan):
    cases = sweep.read_plan(
        plan(
            "scenarios: [replication, hindsight]\n"
            "cases:\n  cheap: {arms_trade: {shell_price: 300.0}}\n  plain: {trade_trends: {h1_reading: full_year}}\n"
            "grid:\n  arms_trade: {seed: [1, 2, 3]}\n"
        )
    )
    assert len(cases) == 2 * 2 * 3
    assert cases[0].name == "replication cheap seed=1"
    assert cases[0].chapters["arms_trade"].shell_price == 300
    assert cases[0].chapters["trade_trends"].h1_reading != "full_year"
    assert cases[-1].settings == {
        "scenario": "hindsight", "trade_trends.h1_reading": "full_year", "arms_trade.seed": 3,
    }  # fmt: skip
    assert len({case.name for case in cases}) == len(cases)


def test_a_vintage_of_the_grid_runs_through_all_chapters(plan):
    cases = sweep.read_plan(plan("grid:\n  as_of: [2024-06-30, 2024-10-28]\n"))
    assert [{str(p.as_of) for p in case.chapters.values()} for case in cases] == [
        {"2024-06-30"}, {"2024-10-28"},
    ]  # fmt: skip


def test_the_plans_that_come_with_the_book_are_sound():
    files = sorted((paths.SCENARIOS / "sweeps").glob("*.yml"))
    assert files
    assert all(len(sweep.read_plan(file)) > 1 for file in files)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("grd: {}", ["plan.yml:3", "grd: unknown key", "did you mean 'grid'"]),
        ("grid:\n  arms_trad: {seed: [1]}", ["plan.yml:4", "unknown chapter", "arms_trade"]),
        ("grid:\n  arms_trade: {sed: [1]}", ["plan.yml:4", "did you mean 'seed'"]),
        ("grid:\n  arms_trade: {seed: 1}", ["plan.yml:4", "not a list of values"]),
        ("grid:\n  arms_trade: {seed: []}", ["plan.yml:4", "not a list of values"]),
        ("grid:\n  arms_trade: {seed: [1, 1]}", ["plan.yml:4", "a value stands twice"]),
        ("grid:\n  arms_trade: {seed: [1, -1]}", ["plan.yml:4", "out of range, found '-1'"]),
        ("grid:\n  arms_trade: [1]", ["plan.yml:4", "not a list of parameters"]),
        ("grid:\n  arms_trade: {as_of: [2024-10-28]}", ["one vintage runs through all chapters"]),
        ("grid: 3", ["plan.yml:3", "not a list of chapters"]),
        ("cases: [a]", ["plan.yml:3", "not a list of named cases"]),
        ("cases:\n  a: {arms_trade: {seed: x}}", ["plan.yml:4", "wrong type, found 'x'"]),
        (
            "cases:\n  a: {arms_trade: {seed: 3}}\ngrid:\n  arms_trade: {seed: [1, 2]}",
            ["plan.yml:4", "arms_trade.seed: set in the case and in the grid"],
        ),
        ("scenarios: [replicaton]", ["plan.yml:3", "did you mean 'replication'"]),
        ("scenarios: replication", ["plan.yml:3", "not a list"]),
        ("scenarios: [low, low]", ["plan.yml:3", "scenarios: a value stands twice"]),
        (
            "grid:\n  arms_trade: {seed: MANY}\n  trade_trends: {seed: MANY}".replace(
                "MANY", str(list(range(400)))
            ),
            ["too many cases, found '160,000'", "up to 100,000"],
        ),
    ],
)
def test_a_fault_of_a_plan_is_told_with_its_line(plan, text, words):
    with pytest.raises(FaultsError) as caught:
        sweep.read_plan(plan(text))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_names_that_lead_nowhere_are_usage_errors(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        sweep.read_plan(tmp_path / "none.yml")
    with pytest.raises(UsageError, match="--chapters arms_trad: .*did you mean"):
        sweep.with_needs(["arms_trad"])


# ---------------------------------------------------------------------------------- the tasks


def test_what_is_the_same_is_computed_once(plan):
    cases = sweep.read_plan(plan("grid:\n  arms_trade: {seed: [1, 2, 3]}\n"))
    tasks, used = sweep.graph(cases, "values")
    counts = {c: len({keys[c] for keys in used.values()}) for c in sweep.CHAPTERS}
    # What draws on the arms is computed anew for each of them, all else once.
    drawing = {"arms_trade", "recommendations", "replication"}
    assert counts == {chapter: 3 if chapter in drawing else 1 for chapter in sweep.CHAPTERS}
    order = list(tasks)
    assert all(order.index(n) < order.index(t.key) for t in tasks.values() for n in t.needs)
    assert set(sweep.graph(cases, "notebooks")[0]).isdisjoint(tasks)


def test_chapters_bring_those_they_need():
    assert sweep.with_needs([]) == sweep.CHAPTERS
    assert sweep.with_needs(["trade_trends"]) == ("trade_trends",)
    assert sweep.with_needs(["recommendations"]) == (
        "arms_trade", "trade_trends", "recommendations",
    )  # fmt: skip
    assert sweep.with_needs(["replication"]) == (*upstream.NEEDS["replication"], "replication")


@pytest.mark.long
def test_both_modes_give_the_same_values_to_the_last_bit(plan, tmp_path):
    few = "  trade_trends: {bootstrap_draws: [200]}\n  recommendations: {draws: [1024]}\n"
    file, folders = plan(seeds(2) + few), {}
    for mode in sweep.MODES:
        folders[mode] = tmp_path / mode
        outcome = sweep.run(file, mode, workers=1, folder=folders[mode], wanted=["recommendations"])
        assert not outcome.failed
    one, other = ((folder / "values.csv").read_text("utf-8") for folder in folders.values())
    assert one == other and len(one.splitlines()) > 200

    # A kernel that begins with the models run gives the notebook of one that does not.
    (case, *_) = sweep.read_plan(file)
    plain = chapters.execute("arms_trade", case.chapters["arms_trade"], tmp_path / "plain")
    swept = tmp_path / "notebooks" / "notebooks" / "00001" / "arms_trade.ipynb"
    assert swept.read_bytes() == plain.read_bytes()


def test_a_worker_with_other_code_is_refused():
    with pytest.raises(CompendiumError, match="same commit and the same lock"):
        sweep.compute("values", "another", "arms_trade", {})


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table of a checkout of its own, by which this process has the identity of a worker."""
    for name, place in (("ROOT", ""), ("DATA", "data"), ("CHAPTERS", "chapters")):
        monkeypatch.setattr(paths, name, tmp_path / place)
    file = tmp_path / "data" / "raw" / "arms.csv"
    file.parent.mkdir(parents=True)
    file.write_text("one")
    kept = (sweep.identity, sweep._seen)
    for function in kept:
        function.cache_clear()
    yield file
    for function in kept:
        function.cache_clear()


def test_a_table_edited_before_or_during_a_task_fails_it(table, monkeypatch):
    given, wanted = {"draws": 8}, sweep.identity()
    monkeypatch.setattr(models, "run", lambda *_: SimpleNamespace(values=[]))
    assert sweep.compute("values", wanted, "arms_trade", given) == {"values": {}}

    def edit(*_):
        table.write_text("other")
        return SimpleNamespace(values=[])

    monkeypatch.setattr(models, "run", edit)
    with pytest.raises(CompendiumError, match="^data/raw/arms.csv changed while .* again$"):
        sweep.compute("values", wanted, "arms_trade", given)
    monkeypatch.setattr(models, "run", lambda *_: pytest.fail("was run"))
    with pytest.raises(CompendiumError, match="^data/raw/arms.csv changed while"):
        sweep.compute("values", wanted, "arms_trade", given)


# ------------------------------------------------------------------------------------ the run


def rows(file):
    return list(csv.DictReader(file.open(encoding="utf-8")))


@pytest.mark.long
def test_a_damaged_result_is_computed_anew_and_a_whole_one_is_kept(plan, tmp_path):
    file, folder = plan(seeds(2)), tmp_path / "out"
    options = {"folder": folder, "wanted": ["arms_trade"], "workers": 1}
    first = sweep.run(file, **options)
    assert (first.tasks, first.kept, first.failed, len(first.whole)) == (2, 0, {}, 2)
    before = (folder / "values.csv").read_text("utf-8")
    (store,) = sorted((folder / "results").glob("*.json"))[:1]
    text = store.read_text("utf-8")
    store.write_text(text[: len(text) // 2], "utf-8")
    (folder / "values.csv").unlink()
    again = sweep.run(file, **options)
    assert again.kept == 1
    assert (folder / "values.csv").read_text("utf-8") == before
    assert store.read_text("utf-8") == text
    with pytest.raises(CompendiumError, match="no case states arms_trade.value_totl"):
        sweep.run(file, **options, only=["arms_trade.value_total", "arms_trade.value_totl"])
    written = rows(folder / "values.csv")
    assert [(row["case"], row["id"]) for row in written] == [
        (name, "arms_trade.value_total") for name in again.whole
    ]
    assert all(float(r["low"]) < float(r["value"]) < float(r["high"]) for r in written)


@pytest.mark.long
def test_a_failed_task_is_told_with_its_parameters_while_the_rest_finish(plan, tmp_path):
    # Nothing was known of prices on the market so early: the model refuses it.
    text = (
        "grid:\n  as_of: [2023-11-15]\n"
        "  arms_trade: {draws: [1024], sobol_samples: [64], price_basis: [market, discounted_cost, russian_cost]}\n"
    )
    outcome = sweep.run(plan(text), folder=tmp_path / "out", wanted=["recommendations"], workers=1)
    failures = rows(tmp_path / "out" / "failures.csv")
    assert outcome.failed and 0 < len(outcome.whole) < 3
    own = [row for row in failures if row["chapter"] == "arms_trade"]
    assert all(
        "no row for" in row["error"] and "parameter price_basis" in row["error"] for row in own
    )
    assert {json.loads(row["parameters"])["as_of"] for row in own} == {"2023-11-15"}
    after = [row for row in failures if row["chapter"] == "recommendations"]
    assert {row["error"] for row in after} == {"a chapter it draws on failed"}
    assert len(own) == len(after)
    whole = {row["case"]: row["whole"] for row in rows(tmp_path / "out" / "cases.csv")}
    assert {name for name, word in whole.items() if word == "yes"} == set(outcome.whole)


def test_notebooks_of_an_earlier_plan_do_not_stay_beside_the_new_table(tmp_path):
    cases = [sweep.Case(str(n), {"scenario": "replication"}, {}) for n in range(3)]
    used = {case.name: {"arms_trade": f"key{case.name}"} for case in cases}
    tasks = {f"key{n}": sweep.Task(f"key{n}", "arms_trade", {}, ()) for n in range(3)}
    (tmp_path / "results").mkdir()

    def write(mode, count, failed=()):
        for key in tasks:
            sweep._keep(tmp_path / "results", key, {"values": {}, "notebook": key})
        outcome = sweep.Outcome(tmp_path, count, count, 0, dict.fromkeys(failed, "failed"), [])
        sweep._write_tables(outcome, cases[:count], tasks, used, set(), mode)
        files = tmp_path.glob("notebooks/*/*")
        return {str(file.relative_to(tmp_path)): file.read_text() for file in files}

    names = [f"notebooks/{n:05d}/arms_trade.ipynb" for n in (1, 2, 3)]
    assert write("notebooks", 3) == dict(zip(names, tasks, strict=True))
    assert list(write("notebooks", 1)) == names[:1]
    assert write("notebooks", 1, ["key0"]) == {}
    write("notebooks", 3)
    assert write("values", 3) == {} and not (tmp_path / "notebooks").exists()
    assert not list(tmp_path.glob(".new-*"))


def start(*command):
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
    environment["DASK_DISTRIBUTED__WORKER__DAEMON"] = "False"
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + command[0], *command[1:]],
        env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


@pytest.fixture
def scheduler():
    """Address of a scheduler with two workers, and the workers: all processes of their own."""
    head = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    workers = []
    try:
        for line in head.stderr:
            if found := re.search(r"tcp://127\.0\.0\.1:\d+", line):
                break
        threading.Thread(target=head.stderr.read, daemon=True).start()
        for _ in range(2):
            worker = start(
                "worker", found[0], "--no-nanny", "--nthreads", "1", "--no-dashboard",
                "--host", "127.0.0.1",
            )  # fmt: skip
            threading.Thread(target=worker.stderr.read, daemon=True).start()
            workers.append(worker)
        yield found[0], workers
    finally:
        for process in (*workers, head):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.long
def test_a_worker_that_dies_loses_nothing(scheduler, plan, tmp_path):
    address, workers = scheduler
    file, folder = plan(seeds(8)), tmp_path / "out"
    killed = []

    def report(done, failed, every):
        if done >= 2 and not killed:
            os.kill(workers[0].pid, signal.SIGKILL)
            killed.append(time.monotonic())

    outcome = sweep.run(
        file, scheduler=address, folder=folder, wanted=["arms_trade"], report=report
    )
    assert killed and workers[0].wait(30) == -signal.SIGKILL
    assert workers[1].poll() is None
    assert (outcome.tasks, outcome.kept, outcome.failed, len(outcome.whole)) == (8, 0, {}, 8)
    # The same as computed here, to the last bit.
    tasks, used = sweep.graph(sweep.read_plan(file), "values", ["arms_trade"])
    task = tasks[used[outcome.whole[-1]]["arms_trade"]]
    own = sweep.compute("values", sweep.identity(), task.chapter, task.given)
    assert sweep._load(folder / "results", task.key) == own


def test_no_scheduler_at_that_address_is_a_usage_error(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(sweep, "CONNECT", "1s")
    with pytest.raises(UsageError, match="--scheduler tcp://127.0.0.1:1"):
        sweep.run(
            plan(seeds(1)), scheduler="tcp://127.0.0.1:1", folder=tmp_path / "out",
            wanted=["arms_trade"],
        )  # fmt: skip


def test_every_need_names_a_chapter_that_comes_before():
    for chapter, needs in upstream.NEEDS.items():
        assert all(sweep.CHAPTERS.index(n) < sweep.CHAPTERS.index(chapter) for n in needs)
