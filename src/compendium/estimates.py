"""The numbers over releases: what has moved since they were certified and why, and their log."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from compendium import evidence, models, paths
from compendium.errors import CompendiumError
from compendium.values import Value
from compendium.verification import certificate, editions, inputs
from compendium.verification.certificate import SCENARIOS
from compendium.verification.editions import Number
from compendium.verification.inputs import Change

COLUMNS = ["release", "date", "commit", "scenario", "id", "value", "low", "high", "unit"]
RELEASE = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
MOST = 5  # names told of things that have changed


def log_file():
    """File of all records."""
    return paths.RESULTS / certificate.LOG


def read() -> pd.DataFrame:
    """Every record; empty before the first.

    Raises
    ------
    CompendiumError
        The file is damaged.
    """
    file = log_file()
    if not os.path.lexists(file):
        return pd.DataFrame(columns=COLUMNS)
    try:
        text = io.StringIO(editions.text_of(file))
        found = pd.read_csv(text, dtype={"release": "str", "commit": "str", "date": "str"})
        if list(found) != COLUMNS:
            raise ValueError(f"the columns must be {', '.join(COLUMNS)}")
    except ValueError as error:
        problem = " ".join(str(error).split())
        raise CompendiumError(f"{paths.relative(file)}: {problem}; {editions.REMEDY}") from None
    return found


def require_new(release: str) -> None:
    """Raise if a release cannot be recorded.

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


def recorded(release: str, numbers: Mapping[str, Iterable[Number | Value]]) -> str:
    """The log with the numbers of a release at its end, by scenario; texts are left out."""
    require_new(release)
    facts = [release, dt.date.today().isoformat(), commit()]
    before = log_file().read_text("utf-8") if log_file().exists() else ",".join(COLUMNS) + "\n"
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [*facts, name, n.id, n.value, n.low, n.high, n.unit]
        for name, known in numbers.items()
        for n in known
        if not isinstance(n.value, str)
    )
    return before + text.getvalue()


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


def moved(known: Mapping[str, Mapping[str, Value]] | None = None) -> pd.DataFrame:
    """Numbers that differ from the certified ones, and what changed under them.

    Parameters
    ----------
    known : mapping, optional
        Values by scenario; default those that the models give today.

    Returns
    -------
    pandas.DataFrame
        `scenario`, `id`, `before`, `after` (empty for a number that came or went),
        `before_low`, `before_high`, `after_low`, `after_high` (empty without interval), `why`:
        see `reasons`.

    Raises
    ------
    CompendiumError
        Nothing is certified yet.
    """
    changes = inputs.changes(certificate.inputs(), inputs.take(SCENARIOS))
    known = {name: models.values_in(name) for name in SCENARIOS} if known is None else known
    nothing = (None, None, None)
    records = []
    for name in SCENARIOS:
        was = {
            id: (n.value, n.low, n.high)
            for id, n in certificate.edition(name).numbers.items()
            if not isinstance(n.value, str)
        }
        numbers = {k: v for k, v in known[name].items() if not isinstance(v.value, str)}
        for id in sorted({*numbers, *was}):
            before, value = was.get(id, nothing), numbers.get(id)
            after = nothing if value is None else (value.value, value.low, value.high)
            if all(map(_same, before, after)):
                continue
            why = reasons(changes, name, id.partition(".")[0], value)
            records.append((name, id, before[0], after[0], *before[1:], *after[1:], why))
    columns = ["scenario", "id", "before", "after", "before_low", "before_high", "after_low",
               "after_high", "why"]  # fmt: skip
    return pd.DataFrame(records, columns=columns)


def lines(moved: pd.DataFrame) -> Iterator[str]:
    """Numbers that moved, one a line, and how many they are."""
    for row in moved.itertuples():
        before = _text(row.before, row.before_low, row.before_high)
        ends = f"{before} -> {_text(row.after, row.after_low, row.after_high)}"
        yield f"{row.scenario}: {row.id}: {ends}: {row.why}"
    count = f"{len(moved)} number{' has' if len(moved) == 1 else 's have'}"
    yield f"{count} moved since the results were certified"


def _text(value: float, low: float, high: float) -> str:
    """A number with its interval, if any; nothing in a table is no number."""
    if pd.isna(value):
        return "none"
    return f"{value:,.6g}" + ("" if pd.isna(low) else f" ({low:,.6g} to {high:,.6g})")


def _same(before: float | None, after: float | None) -> bool:
    if pd.isna(before) or pd.isna(after):
        return pd.isna(before) and pd.isna(after)
    return abs(after - before) <= _slack(before)


def _slack(number: float) -> float:
    """Difference that the text form of a number may make."""
    return 1e-9 * max(abs(number), 1e-9)


def reasons(changes: Iterable[Change], scenario: str, chapter: str, value: Value | None) -> str:
    """What changed under a number, in words.

    The rows it rests on, or how many others; the parameters of its chapter; other tables, code,
    packages. Several may apply; which one moved the number is not told apart.
    """
    changes = list(changes)
    tables = {f"data/raw/{name}.csv": name for name in evidence.OBSERVATION_TABLES}
    rows = {c.part for c in changes if c.file in tables}
    own = sorted(rows.intersection(value.rows if value else ()))
    place = f"{scenario}: {chapter}."
    parameters = [c.part.removeprefix(place) for c in changes
                  if c.kind == "parameter" and c.part.startswith(place)]  # fmt: skip
    found = [
        _named("rows", own),
        _named("parameters", sorted(parameters)),
        f"{len(rows)} row{'s' * (len(rows) > 1)} it does not name" if rows and not own else "",
        _named("tables", _others(changes, tables)),
        _named("code", _code(changes)),
        _named("packages", sorted({c.part for c in changes if c.kind == "package"})),
    ]
    return "; ".join(filter(None, found)) or (
        "nothing that is recorded: another machine or another library"
    )


def _others(changes: Iterable[Change], known: Mapping) -> list[str]:
    """Tables that hold no observations."""
    files = {c.file for c in changes if c.kind in ("row", "table") and c.file not in known}
    return sorted(file.rpartition("/")[2].removesuffix(".csv") for file in files)


def _code(changes: Iterable[Change]) -> list[str]:
    own = [
        c
        for c in changes
        # What judges the numbers moves none of them.
        if c.file.endswith((".py", ".ipynb")) and "/verification/" not in c.file
    ]
    return sorted({f"{c.file}: {c.part}" if c.part else c.file for c in own})


def _named(kind: str, names: list[str]) -> str:
    more = " ..." if len(names) > MOST else ""
    return f"{kind} {', '.join(names[:MOST])}{more}" if names else ""
