"""The log of the numbers: one record a release, and what has moved since and why."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Mapping

import pandas as pd

from compendium import chapters, datapackage, evidence, models, paths, scenarios
from compendium.errors import CompendiumError
from compendium.values import Value

# What a record is made of; other scenarios are experiments.
SCENARIOS = ("replication", "hindsight")
COLUMNS = ["release", "date", "commit", "scenario", "id", "value", "low", "high", "unit"]
RELEASE = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")


def log_file():
    """File of all records."""
    return paths.RESULTS / "estimates.csv"


def state_file():
    """What the numbers of the last record rested on: digests of rows and code, parameters."""
    return paths.RESULTS / "state.json"


def read() -> pd.DataFrame:
    """Every record; empty before the first."""
    if not log_file().exists():
        return pd.DataFrame(columns=COLUMNS)
    return pd.read_csv(log_file(), dtype={"release": "str", "commit": "str", "date": "str"})


def record(release: str) -> int:
    """Append the numbers of today as those of a release; return how many.

    Raises
    ------
    CompendiumError
        The release is recorded already, or its name is no version such as 0.2.0.
    """
    if not RELEASE.fullmatch(release):
        raise CompendiumError(f"release {release!r} is no version; allowed: three numbers, 0.2.0")
    before = read()
    if release in set(before["release"]):
        known = ", ".join(dict.fromkeys(before["release"]))
        raise CompendiumError(
            f"release {release} is recorded already; a record is never changed; recorded: {known}"
        )
    facts = [release, dt.date.today().isoformat(), commit()]
    rows = [
        [*facts, name, value.id, value.value, value.low, value.high, value.unit]
        for name, known in current().items()
        for value in known.values()
        if not isinstance(value.value, str)
    ]
    paths.RESULTS.mkdir(exist_ok=True)
    is_new = not log_file().exists()
    with log_file().open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(COLUMNS)
        writer.writerows(rows)
    text = json.dumps({"release": release, **state()}, indent=0, sort_keys=True) + "\n"
    state_file().write_text(text, "utf-8")
    return len(rows)


def current() -> dict[str, dict[str, Value]]:
    """Values of today by scenario."""
    return {name: models.values_in(name) for name in SCENARIOS}


def commit() -> str:
    """Commit of the checkout; ``+`` behind it where files differ from it; empty without git."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(*command: str) -> str:
    program = shutil.which("git")
    if program is None:
        raise FileNotFoundError("git")
    answer = subprocess.run(
        [program, *command], cwd=paths.ROOT, capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()


def state() -> dict:
    """Digest of every row and of the code, and the parameters of the recorded scenarios."""
    rows = {}
    for table in evidence.OBSERVATION_TABLES:
        with (paths.RAW / f"{table}.csv").open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                rows[row["obs_id"]] = _digest("\0".join(row.values()))
    others = {
        name: _digest((paths.RAW / f"{name}.csv").read_text("utf-8"))
        for name in datapackage.table_names()
        if name not in evidence.OBSERVATION_TABLES
    }
    code = "".join(file.read_text("utf-8") for file in sorted((paths.ROOT / "src").rglob("*.py")))
    return {
        "rows": rows,
        "tables": others,
        "code": _digest(code),
        "parameters": {name: _parameters(name) for name in SCENARIOS},
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _parameters(name: str) -> dict[str, dict]:
    chosen = scenarios.read(name).chapters
    return {chapter: chapters.plain(own) for chapter, own in chosen.items()}


def moved() -> pd.DataFrame:
    """Numbers that differ from the last record, and what changed under them.

    Returns
    -------
    pandas.DataFrame
        `scenario`, `id`, `before`, `after` (empty for a number that came or went),
        `before_low`, `before_high`, `after_low`, `after_high` (empty without interval), `why`:
        the rows it rests on that changed, the parameters of its chapter that changed, other
        rows, tables or code. Several may apply; which one moved the number is not told apart.

    Raises
    ------
    CompendiumError
        There is no record yet.
    """
    log = read()
    if log.empty:
        raise CompendiumError(
            f"{paths.relative(log_file())}: no release is recorded yet; `make record RELEASE=0.1.0`"
        )
    last = log[log["release"] == log["release"].iloc[-1]]
    was = {(r.scenario, r.id): (r.value, r.low, r.high) for r in last.itertuples()}
    nothing = (None, None, None)
    then, now = json.loads(state_file().read_text("utf-8")), state()
    known = current()
    records = []
    for name in SCENARIOS:
        numbers = {k: v for k, v in known[name].items() if not isinstance(v.value, str)}
        for id in sorted({*numbers, *(i for s, i in was if s == name)}):
            before, value = was.get((name, id), nothing), numbers.get(id)
            after = nothing if value is None else (value.value, value.low, value.high)
            if all(map(_same, before, after)):
                continue
            why = reasons(then, now, name, id.partition(".")[0], value)
            records.append((name, id, before[0], after[0], *before[1:], *after[1:], why))
    columns = ["scenario", "id", "before", "after", "before_low", "before_high", "after_low",
               "after_high", "why"]  # fmt: skip
    return pd.DataFrame(records, columns=columns)


def _same(before: float | None, after: float | None) -> bool:
    if pd.isna(before) or pd.isna(after):
        return pd.isna(before) and pd.isna(after)
    return abs(after - before) <= _slack(before)


def _slack(number: float) -> float:
    """Difference that the text form of a number may make."""
    return 1e-9 * max(abs(number), 1e-9)


def reasons(then: Mapping, now: Mapping, scenario: str, chapter: str, value: Value | None) -> str:
    """What changed under a number, in words."""
    ids = {*then["rows"], *now["rows"]}
    changed = {id for id in ids if then["rows"].get(id) != now["rows"].get(id)}
    found = []
    own = sorted(changed.intersection(value.rows if value else ()))
    if own:
        found.append("rows " + ", ".join(own[:5]) + (" ..." if len(own) > 5 else ""))
    before = then["parameters"].get(scenario, {}).get(chapter, {})
    after = now["parameters"].get(scenario, {}).get(chapter, {})
    differ = sorted(n for n in {*before, *after} if before.get(n) != after.get(n))
    if differ:
        found.append("parameters " + ", ".join(differ))
    if changed and not own:
        found.append(f"{len(changed)} rows it does not name")
    tables = sorted(n for n in now["tables"] if then["tables"].get(n) != now["tables"][n])
    if tables:
        found.append("tables " + ", ".join(tables))
    if then["code"] != now["code"]:
        found.append("code")
    return "; ".join(found) or "nothing that is recorded: another machine or another library"
