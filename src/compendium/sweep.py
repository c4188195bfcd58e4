"""Many scenarios at once: every chapter of every case as a task of a dask cluster.

A plan is a YAML file. What it spells out is multiplied: every base scenario with every named
case with every combination of the grid. Tasks that would compute the same are computed once.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import itertools
import json
import os
import platform
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compendium import (
    cache,
    chapters,
    commands,
    datapackage,
    files,
    kernels,
    locks,
    models,
    parameters,
    paths,
    scenarios,
    upstream,
    values,
)
from compendium.errors import CompendiumError, Fault, FaultsError, UsageError, nearest

HOME = "scenarios/sweeps/"
# It stands in tables that are opened in spreadsheets, and beside others on one line.
NAME = re.compile(r"[A-Za-z0-9](?:[ \w.,()-]{0,78}[\w.)])?")
MODES = ("values", "notebooks")
KEYS = ("title", "reason", "scenarios", "cases", "grid")
MOST_CASES = 100_000
CHAPTERS = tuple(models.MODELS)  # each stands after those whose values it draws on
CONNECT = "10s"  # how long a scheduler may take to answer
# Workers keep freed memory for the next draw. dask's own setting gives all back at once, so that
# a quarter of a task's time went to the system for fresh pages.
MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_MMAP_THRESHOLD_": str(2**30)}
PRUNE = 50  # notebooks a worker runs between looks at the size of what is kept
_executed = itertools.count(1)
PIECE = 64  # tasks a core that are handed to the cluster ahead of their turn


@dataclass(frozen=True)
class Case:
    """One scenario of a sweep.

    Attributes
    ----------
    name : str
    settings : dict
        What the plan sets, by ``chapter.parameter``; ``as_of`` and ``scenario`` for all.
    chapters : dict of Parameters
        Validated parameters of every chapter.
    """

    name: str
    settings: Mapping[str, Any]
    chapters: Mapping[str, parameters.Parameters]


@dataclass(frozen=True)
class Task:
    """A chapter with its parameters, and the tasks whose values it draws on.

    Attributes
    ----------
    key : str
        Digest of all that the result depends on; equal keys are one task.
    """

    key: str
    chapter: str
    given: Mapping[str, Any]
    needs: tuple[str, ...]


# --------------------------------------------------------------------------------- the plan


def read_plan(file: Path) -> list[Case]:
    """Cases of a plan, all of them validated.

    Parameters
    ----------
    file : Path
        A YAML file with ``title``, ``reason`` and any of ``scenarios`` (names; default the
        replication), ``cases`` (name: {chapter: {parameter: value}}) and ``grid`` (chapter:
        {parameter: [values]}, or ``as_of: [days]``).

    Raises
    ------
    UsageError
        There is no such file.
    FaultsError
        Every fault with its line.
    """
    file, label = Path(file), paths.relative(Path(file))
    if not os.path.isfile(file):  # which takes any name, as long as it may be
        raise UsageError(f"{label}: no such file; a plan is a YAML file such as those in {HOME}")
    content, lines = files.read_yaml(file, KEYS)
    if faults := [*_plan_faults(content, lines, label)]:
        raise FaultsError(faults)
    bases = [scenarios.read(name) for name in content.get("scenarios") or ["replication"]]
    named = {name: _flat(own) for name, own in (content.get("cases") or {"": {}}).items()}
    axes = _flat(content.get("grid") or {})
    for name, own in named.items():
        if both := sorted(set(own) & set(axes)):
            place = ("cases", name, *both[0].split("."))
            fault = Fault(label, "set in the case and in the grid", lines.get(place), both[0],
                          None, "one of the two")  # fmt: skip
            raise FaultsError([fault])
    count = len(bases) * len(named) * functools.reduce(lambda n, a: n * len(a), axes.values(), 1)
    if count > MOST_CASES:
        fault = Fault(label, "too many cases", lines.get(("grid",)), "grid", f"{count:,}",
                      f"up to {MOST_CASES:,}; leave out values or split the plan")  # fmt: skip
        raise FaultsError([fault])
    cases, faults, checked = [], {}, {}
    for base, (name, own), point in itertools.product(
        bases, named.items(), itertools.product(*axes.values())
    ):
        settings = {**own, **dict(zip(axes, point, strict=True))}
        try:
            chosen = {c: _chosen(base, c, settings, lines, name, label, checked) for c in CHAPTERS}
        except FaultsError as error:
            faults |= dict.fromkeys(error.faults)
            continue
        words = [base.name, name, *(f"{k.rpartition('.')[2]}={settings[k]}" for k in axes)]
        cases.append(
            Case(" ".join(filter(None, words)), {"scenario": base.name, **settings}, chosen)
        )
    if faults:
        raise FaultsError(sorted(faults, key=lambda fault: fault.line or 0))
    return cases


def _flat(settings: Mapping) -> dict[str, Any]:
    """``{chapter: {parameter: x}}`` as ``{"chapter.parameter": x}``; ``as_of`` keeps its name."""
    found = {}
    for chapter, own in settings.items():
        if chapter == "as_of":
            found["as_of"] = own
        else:
            found |= {f"{chapter}.{name}": value for name, value in own.items()}
    return found


def _chosen(base, chapter, settings, lines, case, label, checked) -> parameters.Parameters:
    """Parameters of a chapter in a case; what was validated before is not validated again."""
    own = {k.partition(".")[2]: v for k, v in settings.items() if k.startswith(f"{chapter}.")}
    if "as_of" in settings:
        own["as_of"] = settings["as_of"]
    if not own:
        return base.chapters[chapter]
    key = (base.name, chapter, repr(sorted(own.items())))
    if key not in checked:
        given = {**chapters.plain(base.chapters[chapter]), **own}
        places = {
            name: lines.get(("cases", case, chapter, name))
            or lines.get(("grid", chapter, name))
            or lines.get(("grid", name))
            for name in own
        }
        checked[key] = parameters.validate(chapter, given, places, label)
    return checked[key]


def _plan_faults(content: Mapping, lines: Mapping, label: str) -> Iterator[Fault]:
    def fault(problem, place, allowed, found=None):
        return Fault(label, problem, lines.get(place), ".".join(place), found, allowed)

    for key in content:
        if key not in KEYS:
            yield fault(f"unknown key{nearest(str(key), KEYS)}", (key,), ", ".join(KEYS))
    for key in ("title", "reason"):
        if not isinstance(content.get(key), str) or not content[key].strip():
            yield fault("is missing or no text", (key,), f"{key}: ...")
    names = content.get("scenarios")
    if names is not None and not (isinstance(names, list) and names):
        yield fault("not a list", ("scenarios",), "[replication, hindsight]", str(names))
    for name in names if isinstance(names, list) else ():
        if name not in scenarios.names():
            allowed = ", ".join(scenarios.names())
            yield fault("no such scenario" + nearest(str(name), scenarios.names()),
                        ("scenarios",), allowed, str(name))  # fmt: skip
    if isinstance(names, list) and len({repr(name) for name in names}) < len(names):
        yield fault("a value stands twice", ("scenarios",), "each value once", str(names))
    cases = content.get("cases")
    if cases is not None and not (isinstance(cases, Mapping) and cases):
        yield fault("not a list of named cases", ("cases",), "name: {chapter: {parameter: value}}")
    for name, own in cases.items() if isinstance(cases, Mapping) else ():
        if not NAME.fullmatch(name):
            yield fault("is no name for a case", ("cases", name), "a letter or digit, then up to "
                        "79 letters, digits, spaces and _ - . , ( )")  # fmt: skip
        yield from _setting_faults(own, ("cases", name), fault, is_grid=False)
    if content.get("grid") is not None:
        yield from _setting_faults(content["grid"], ("grid",), fault, is_grid=True)


def _setting_faults(own, place, fault, *, is_grid: bool) -> Iterator[Fault]:
    form = "[value, value]" if is_grid else "value"
    if not isinstance(own, Mapping) or not own:
        yield fault("not a list of chapters", place, f"chapter: {{parameter: {form}}}")
        return
    for chapter, found in own.items():
        here = (*place, str(chapter))
        if chapter == "as_of" and is_grid:
            settings = {(): found}
        elif chapter not in CHAPTERS:
            allowed = ", ".join([*CHAPTERS, *(["as_of"] if is_grid else [])])
            yield fault(f"unknown chapter{nearest(str(chapter), CHAPTERS)}", here, allowed)
            continue
        elif not isinstance(found, Mapping) or not found:
            yield fault("not a list of parameters", here, f"parameter: {form}", str(found))
            continue
        else:
            settings = {(name,): value for name, value in found.items()}
        for name, value in settings.items():
            at = (*here, *map(str, name))
            if name == ("as_of",):
                yield fault(
                    "one vintage runs through all chapters", at, "as_of beside the chapters"
                )
            if is_grid and not (isinstance(value, list) and value):
                yield fault("not a list of values", at, form, str(value))
            elif is_grid and len({repr(v) for v in value}) < len(value):
                yield fault("a value stands twice", at, "each value once", str(value))


# -------------------------------------------------------------------------------- the tasks


@functools.cache
def identity() -> str:
    """Digest of code, evidence, notebooks, libraries and Python: what a worker must share."""
    _seen()  # before they are read
    return models.digest_of(paths.ROOT / "src", paths.ROOT / "data", paths.CHAPTERS)


@functools.cache
def _seen() -> dict[str, tuple[int, int]]:
    """Time and size of the files of `identity` when this process first looked at them."""
    return cache.snapshot()


def _require_identity(wanted: str) -> None:
    """Raise where this process has other code or evidence than wanted, or it changed since."""
    if identity() != wanted:
        raise CompendiumError(
            f"the worker on {platform.node()} has other code, evidence, libraries or Python than "
            "the process that asks; bring both to the same commit and the same lock"
        )
    now, seen = cache.snapshot(), _seen()
    if changed := sorted(name for name in {*now, *seen} if now.get(name) != seen.get(name)):
        raise CompendiumError(
            f"{paths.relative(changed[0])} changed while the worker on {platform.node()} was at "
            "work; leave it as it is, start workers of your own again and run the sweep again"
        )


def with_needs(wanted: Iterable[str]) -> tuple[str, ...]:
    """Chapters asked for and those whose values they draw on; all where none is asked for."""
    found = set(wanted)
    for chapter in sorted(found - set(CHAPTERS)):
        raise UsageError(
            f"--chapters {chapter}: no such chapter{nearest(chapter, CHAPTERS)}; "
            f"allowed: {', '.join(CHAPTERS)}"
        )
    for chapter in CHAPTERS[::-1]:
        if chapter in found:
            found |= set(upstream.NEEDS.get(chapter, ()))
    return tuple(chapter for chapter in CHAPTERS if chapter in found or not found)


def graph(
    cases: Iterable[Case], mode: str, wanted: Iterable[str] = CHAPTERS
) -> tuple[dict[str, Task], dict[str, dict[str, str]]]:
    """Distinct tasks by key, each after those it needs, and the key of each case and chapter."""
    tasks: dict[str, Task] = {}
    used: dict[str, dict[str, str]] = {}
    for case in cases:
        keys = used[case.name] = {}
        for chapter in wanted:
            given = chapters.plain(case.chapters[chapter])
            needs = tuple(keys[other] for other in upstream.NEEDS.get(chapter, ()))
            text = json.dumps([identity(), mode, chapter, given, needs], sort_keys=True)
            key = hashlib.sha256(text.encode()).hexdigest()[:24]
            keys[chapter] = key
            tasks[key] = Task(key, chapter, given, needs)
    return tasks, used


def compute(mode: str, wanted: str, chapter: str, given: Mapping, *needed: Mapping) -> dict:
    """Result of one task; runs on a worker.

    Parameters
    ----------
    mode : {"values", "notebooks"}
        Whether the model alone is run, or the notebook that calls it.
    wanted : str
        `identity` of the process that asks.
    chapter : str
    given : mapping
        Plain parameters.
    *needed : mapping
        Results of the tasks whose values the chapter draws on.

    Returns
    -------
    dict
        `values` (records by id) and, of a notebook, its text as `notebook`.

    Raises
    ------
    CompendiumError
        The worker has other files than the process that asks, or they changed.
    """
    _require_identity(wanted)
    result = _result(mode, chapter, given, needed)
    _require_identity(wanted)  # else it may rest on files of two states
    return result


def _result(mode: str, chapter: str, given: Mapping, needed: Iterable[Mapping]) -> dict:
    chosen = parameters.validate(chapter, given)
    records = {id: record for own in needed for id, record in own["values"].items()}
    if mode == "values":
        known = {id: values.from_record(id, record) for id, record in records.items()}
        with upstream.using(known):
            found = models.run(chapter, chosen).values
        # The order and the roundtrip of a file of values, so that both modes give the same.
        own = {value.id: values.record(value) for value in sorted(found, key=lambda v: v.id)}
        return {"values": json.loads(json.dumps(own))}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        by_chapter: dict[str, dict] = {}
        for id, record in records.items():
            by_chapter.setdefault(id.partition(".")[0], {})[id] = record
        (folder / "values").mkdir()
        for name, own in by_chapter.items():
            (folder / "values" / f"{name}.json").write_text(json.dumps(own), "utf-8")
        if kernels.available():
            kernels.start_server(rehearse=f"{chosen.as_of}")
        notebook = chapters.execute(chapter, chosen, folder)
        if next(_executed) % PRUNE == 0:
            cache.prune()
        own = json.loads((folder / "values" / f"{chapter}.json").read_text("utf-8"))
        return {"values": own, "notebook": notebook.read_text("utf-8")}


# ---------------------------------------------------------------------------------- the run


def run(
    file: Path,
    mode: str = "values",
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    folder: Path | None = None,
    wanted: Iterable[str] = (),
    only: Iterable[str] = (),
    report: Callable[[int, int, int], None] = lambda done, failed, all_: None,
) -> Outcome:
    """Run a plan and write its tables.

    Parameters
    ----------
    file : Path
        The plan; see `read_plan`.
    mode : {"values", "notebooks"}
    scheduler : str, optional
        Address of a dask scheduler; by default a cluster of this machine.
    workers : int, optional
        Processes of that cluster; default one a core.
    folder : Path, optional
        Where results go; default ``_build/sweeps/<plan>``.
    wanted : iterable of str
        Chapters to run, with those they draw on; default all.
    only : iterable of str
        Values to write; default all.
    report : callable
        Takes the number of tasks done, of tasks failed, and of all.

    Returns
    -------
    Outcome

    Notes
    -----
    A finished task is kept under ``results/`` at once, so an interrupted sweep goes on where
    it was. The tables are written when all tasks have ended, also if some have failed.
    """
    datapackage.require_valid()
    cases = read_plan(file)
    folder = Path(folder or paths.BUILD / "sweeps" / Path(file).stem)
    files.require_folders(folder)
    tasks, used = graph(cases, mode, with_needs(wanted))
    only = _check_ids(only)
    store = folder / "results"
    store.mkdir(parents=True, exist_ok=True)
    with locks.alone(folder, file=folder / ".lock"):
        files.clear_abandoned(store)
        failed: dict[str, str] = {}
        missing = [task for key, task in tasks.items() if not _load(store, key)]
        kept = len(tasks) - len(missing)
        report(kept, 0, len(tasks))
        if missing:
            with cluster(scheduler, workers) as client:
                for done in _submit(client, mode, missing, store, failed):
                    report(kept + done - len(failed), len(failed), len(tasks))
        outcome = Outcome(folder, len(cases), len(tasks), kept, failed, _whole(used, failed))
        _write_tables(outcome, cases, tasks, used, only, mode)
    return outcome


@dataclass(frozen=True)
class Outcome:
    """What came of a sweep.

    Attributes
    ----------
    folder : Path
    cases, tasks, kept : int
        Numbers of cases, of distinct tasks, and of those that were at hand from before.
    failed : dict of str to str
        Error by key of task.
    whole : list of str
        Cases of which every chapter has a result.
    """

    folder: Path
    cases: int
    tasks: int
    kept: int
    failed: Mapping[str, str]
    whole: list[str]


@contextmanager
def cluster(scheduler: str | None, workers: int | None):
    """A client of a dask scheduler, or of a cluster of processes on this machine."""
    import dask
    from distributed import Client, LocalCluster

    # A worker must be able to start the processes of notebooks; one thread each, because a
    # chapter's run is a process's own business.
    settings = {
        "distributed.worker.daemon": False,
        "distributed.comm.timeouts.connect": CONNECT,
        "distributed.nanny.pre-spawn-environ": {**kernels.THREADS, **MEMORY},
    }
    with dask.config.set(settings):
        if scheduler:
            try:
                client = Client(scheduler)
            except (OSError, ValueError) as error:
                raise UsageError(f"--scheduler {scheduler}: {error}") from None
            with client:
                yield client
            return
        with kernels.left_alone():
            local = LocalCluster(
                n_workers=workers or os.cpu_count(),
                threads_per_worker=1,
                memory_limit=0,
                dashboard_address=None,
                silence_logs="CRITICAL",
            )
        with local, Client(local) as client:
            yield client


def _submit(client, mode: str, missing: list[Task], store: Path, failed: dict[str, str]):
    """Hand out the tasks, keep what comes back, and yield how many have ended."""
    from distributed import as_completed

    waiting, futures = iter(missing), {}
    ended = as_completed(with_results=False)

    def hand_out(count: int) -> None:
        for task in itertools.islice(waiting, count):
            needed = [
                futures.get(key) or _scattered(client, store, key, futures) for key in task.needs
            ]
            future = client.submit(
                compute, mode, identity(), task.chapter, task.given, *needed,
                key=f"{task.chapter}-{task.key}", pure=True,
            )  # fmt: skip
            futures[task.key] = future
            ended.add(future)

    by_key = {f"{task.chapter}-{task.key}": task for task in missing}
    last = {key: task.key for task in missing for key in (*task.needs, task.key)}
    hand_out(PIECE * max(1, len(client.nthreads())))
    for done, future in enumerate(ended, 1):
        task = by_key[future.key]
        error = future.exception() if future.status != "finished" else None
        if error is None:
            _keep(store, task.key, future.result())
        else:
            broken = next((key for key in task.needs if key in failed), None)
            failed[task.key] = "a chapter it draws on failed" if broken else _words(error)
        # A result stays on the cluster only while a task that draws on it may still come.
        if last[task.key] == task.key:
            futures.pop(task.key, None)
        for key in task.needs:
            if last[key] == task.key:
                futures.pop(key, None)
        hand_out(1)
        yield done


def _scattered(client, store: Path, key: str, futures: dict):
    """A result of an earlier sweep, handed to the cluster once."""
    futures[key] = client.scatter(_load(store, key), direct=False)
    return futures[key]


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _keep(store: Path, key: str, result: dict) -> None:
    files.keep(store / f"{key}.json", json.dumps(result))


def _load(store: Path, key: str) -> dict | None:
    """A kept result, or None where there is none, or one that was damaged."""
    text = files.kept(store / f"{key}.json")
    return None if text is None else json.loads(text)


def _whole(used: Mapping[str, Mapping[str, str]], failed: Mapping[str, str]) -> list[str]:
    return [name for name, keys in used.items() if not any(key in failed for key in keys.values())]


def _check_ids(only: Iterable[str]) -> set[str]:
    """Ids as asked for; a chapter that does not exist is refused before anything runs."""
    only = set(only)
    for id in sorted(only):
        if id.partition(".")[0] not in CHAPTERS:
            raise UsageError(
                f"--only {id}: no such chapter{nearest(id, CHAPTERS)}; "
                f"allowed: ids that begin with {', '.join(f'{c}.' for c in CHAPTERS)}"
            )
    return only


def _write_tables(outcome, cases, tasks, used, only, mode) -> None:
    """``cases.csv``, ``values.csv``, ``failures.csv`` and, of notebooks, the notebooks."""
    folder, store = outcome.folder, outcome.folder / "results"
    loaded = functools.lru_cache(maxsize=256)(lambda key: _load(store, key))
    _put_notebooks(outcome, cases, used, loaded, mode)
    settings = list(dict.fromkeys(name for case in cases for name in case.settings))
    with _table(folder / "cases.csv", ["case", *settings, "whole"]) as write:
        whole = set(outcome.whole)
        for case in cases:
            own = [case.settings.get(name, "") for name in settings]
            write([case.name, *own, "yes" if case.name in whole else "no"])
    columns = ["value", "low", "high", "level", "unit"]
    stated = set()
    with _table(folder / "values.csv", ["case", "chapter", "id", *columns]) as write:
        for case in cases:
            for chapter, key in used[case.name].items():
                if key in outcome.failed:
                    continue
                for id, record in loaded(key)["values"].items():
                    if not only or id in only:
                        stated.add(id)
                        write([case.name, chapter, id, *(record[c] for c in columns)])
    with _table(folder / "failures.csv", ["case", "chapter", "error", "parameters"]) as write:
        for case in cases:
            for chapter, key in used[case.name].items():
                if key in outcome.failed:
                    given = json.dumps(tasks[key].given, sort_keys=True)
                    write([case.name, chapter, outcome.failed[key], given])
    if missing := sorted(only - stated):
        raise CompendiumError(f"no case states {', '.join(missing)}; the other values were written")


def _put_notebooks(outcome, cases, used, loaded, mode) -> None:
    """The notebooks of these cases in place of those of an earlier plan; none of mere values."""
    target = outcome.folder / "notebooks"
    if mode == "values":
        files.clear(target)
        return
    with commands.workshop(outcome.folder, files.NEW) as aside:
        made = aside / "notebooks"
        made.mkdir()
        for number, case in enumerate(cases, 1):
            place = made / f"{number:05d}"
            place.mkdir()
            for chapter, key in used[case.name].items():
                if key not in outcome.failed:
                    (place / f"{chapter}.ipynb").write_text(loaded(key)["notebook"], "utf-8")
        files.clear(target)
        made.rename(target)


@contextmanager
def _table(file: Path, columns: list[str]):
    """Write a CSV table aside and put it in place when it is whole."""
    aside = file.with_name(f".{file.name}")  # of this sweep alone, which has the folder's lock
    with aside.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        yield writer.writerow
    aside.replace(file)
