"""Build the books of the certified scenarios from nothing, and judge or certify what came out."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from compendium import estimates, locks, packages, paths, values
from compendium.errors import CompendiumError
from compendium.values import Value
from compendium.verification import builds, certificate, checks, editions, inputs, report
from compendium.verification.certificate import SCENARIOS
from compendium.verification.checks import Check
from compendium.verification.inputs import Change

# The second copy differs from the first in all that must not matter: name and place of the
# folder, how the notebooks' processes start, time zone, language, order of sets.
COPIES = {
    "first": ("warm", {"PYTHONHASHSEED": "1"}),
    "second côpy": (
        "fresh",
        {"PYTHONHASHSEED": "2", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"},
    ),
}


def verify(say: Callable[[str], None], folder: Path) -> bool:
    """Build twice from clean copies, hold run against run and against ``results/``, and report.

    Parameters
    ----------
    say : callable
        Takes a line of progress.
    folder : Path
        Folder of the report; an earlier one is replaced when the new one is whole.

    Returns
    -------
    bool
        Whether everything came out as certified.

    Raises
    ------
    CompendiumError
        Nothing is certified, what is certified cannot be read, or the folder holds what is no
        report.
    """
    report.require_own(folder)
    begin = time.monotonic()
    tell = _timed(say, begin)
    then = certificate.inputs()
    certified = {name: certificate.edition(name) for name in SCENARIOS}
    lock = inputs.locked(packages.lock(paths.ROOT))
    departures = inputs.here()
    for change in departures:
        tell(f"not as locked: {change.part} {change.was} -> {change.now}")
    failures, changed, found, now = [], [], [], then
    runs: list[builds.Run] = []
    same: list[dict] = []
    with tempfile.TemporaryDirectory(prefix="verify-") as place:
        try:
            now = inputs.take(SCENARIOS)
            changed = inputs.changes(then, now)
            tell(f"inputs compared with the certified ones: {len(changed)} changed")
            roots = {name: Path(place, name) for name in COPIES}
            for root in roots.values():  # both now: files may be edited while the first is built
                builds.copy_checkout(root)
            for name, root in roots.items():
                for scenario in SCENARIOS:
                    runs.append(_build(root, name, scenario, tell))
                    if name == next(iter(roots)):
                        found += judged(
                            scenario, certified[scenario], root, [*changed, *departures]
                        )
            same = [_compared(scenario, *roots.values()) for scenario in SCENARIOS]
            tell(f"run against run: {sum(len(s['differ']) for s in same)} files differ")
        except CompendiumError as error:
            failures.append(str(error))
            tell(f"failed: {error}")
    failures += [str(change) for change in [*departures, *changed]
                 if change.kind in inputs.BINDING]  # fmt: skip
    failures += [f"{s['scenario']}: {file} differs between the two runs"
                 for s in same for file in s["differ"]]  # fmt: skip
    content = contents(found, failures, changed, departures, runs, same, lock)
    content["digests"] = {
        file: {"certified": then["files"].get(file, ""), "now": now["files"].get(file, "")}
        for file in {**then["files"], **now["files"]}
    }
    content["seconds"] = round(time.monotonic() - begin, 1)
    report.write(content, folder)
    tell(f"{content['verdict']}: {paths.relative(folder)}/report.html")
    return content["verdict"] == report.PASSED


def certify(say: Callable[[str], None], release: str = "") -> list[str]:
    """Build from a clean copy, and put what came out into ``results/``.

    Parameters
    ----------
    say : callable
        Takes a line of progress.
    release : str
        Version to append to the log of releases; empty for none.

    Returns
    -------
    list of str
        What moved against the results before, and why: to be read before these are kept.

    Raises
    ------
    CompendiumError
        The release cannot be recorded, a package is not installed as locked, or a build failed;
        ``results/`` is then as it was.
    """
    with locks.alone(paths.RESULTS, say, file=paths.BUILD / ".results.lock"):
        return _certify(_timed(say, time.monotonic()), release)


def _certify(tell: Callable[[str], None], release: str) -> list[str]:
    estimates.read()  # a damaged log is told before anything is built
    if release:
        estimates.require_new(release)
    state = inputs.take(SCENARIOS)
    if wrong := inputs.here():
        told = "\n".join(map(str, wrong))
        raise CompendiumError(
            f"{told}\nnothing was certified; `rm -rf .venv` and `make environment`"
        )
    known, found = {}, {}
    with tempfile.TemporaryDirectory(prefix="certify-") as place:
        name, root = next(iter(COPIES)), Path(place, "copy")
        builds.copy_checkout(root)
        for scenario in SCENARIOS:
            _build(root, name, scenario, tell)
            folder = root / "_build" / scenario
            known[scenario] = values.read(folder / "values.json")
            found[scenario] = editions.of_build(folder)
    moved = _moved(known, found)
    log = estimates.log_file()
    text = log.read_text("utf-8") if log.exists() else ""
    if release:
        text = estimates.recorded(release, {n: e.numbers.values() for n, e in found.items()})
    certificate.write(found, state, text)
    tell(f"certified: {paths.relative(paths.RESULTS)}")
    return moved


def _moved(
    known: Mapping[str, Mapping[str, Value]], found: Mapping[str, editions.Edition]
) -> list[str]:
    """Numbers that moved and why, then exhibits, then words; one line if all is new."""
    try:
        told = list(estimates.lines(estimates.moved(known)))
        for name, edition in found.items():
            before = certificate.edition(name)
            for check in checks.of_exhibits(name, before, edition):
                if check.verdict != checks.SAME:
                    told.append(f"{name}: {check.kind} {check.page}#{check.name}: {check.verdict}: "
                                f"{check.got or check.expected}")  # fmt: skip
            words = [c for c in checks.of_texts(name, before, edition) if c.verdict != checks.SAME]
            told.append(f"{name}: {len(words)} printed numbers are other, new or gone")
        return told
    except CompendiumError as error:
        return [f"nothing to compare with: {error}"]


def _build(root: Path, name: str, scenario: str, tell: Callable[[str], None]) -> builds.Run:
    kernel, variables = COPIES[name]
    tell(f"{name}: building {scenario} from nothing")
    done = builds.build(root, scenario, kernel, variables)
    tell(f"{name}: {scenario} built in {done.seconds:.0f} s")
    return done


def _timed(say: Callable[[str], None], begin: float) -> Callable[[str], None]:
    return lambda text: say(f"[{time.monotonic() - begin:5.1f} s] {text}")


def _compared(scenario: str, first: Path, second: Path) -> dict:
    count, differ = builds.compared(*(root / "_build" / scenario for root in (first, second)))
    return {"scenario": scenario, "files": count, "differ": differ}


def judged(
    scenario: str, certified: editions.Edition, root: Path, changes: Iterable[Change]
) -> list[Check]:
    """Every check of a built scenario; those that fail with what has changed under them.

    Parameters
    ----------
    scenario : str
    certified : Edition
    root : Path
        Checkout in which the scenario was built.
    changes : iterable of Change
        What differs from what `certified` rests on.
    """
    folder = root / "_build" / scenario
    known = values.read(folder / "values.json")
    changes = list(changes)

    def explained(check: Check) -> Check:
        if not check.failed:
            return check
        chapter = check.page.rpartition("/")[2]
        value = known.get(check.name.partition(" ")[0])
        return check.because(estimates.reasons(changes, scenario, chapter, value))

    return [
        explained(c) for c in checks.of_editions(scenario, certified, editions.of_build(folder))
    ]


# ------------------------------------------------------------------------------ the report


def contents(
    found: Iterable[Check],
    failures: Iterable[str],
    changed: Iterable[Change],
    departures: Iterable[Change],
    runs: Iterable[builds.Run],
    same: Iterable[dict],
    lock: Mapping[str, str],
) -> dict:
    """All that a report says, as plain data.

    Parameters
    ----------
    found : iterable of Check
    failures : iterable of str
        What failed beside the checks.
    changed, departures : iterable of Change
        Inputs that are not the certified ones; packages that are not the locked ones.
    runs : iterable of Run
    same : iterable of dict
        A scenario, its number of files, and those that two runs made differently.
    lock : mapping of str to str
        Locked version of each package.
    """
    found, failures = list(found), list(failures)
    bad = any(check.failed for check in found) or failures or not found
    return {
        "format": "compendium-verification/1",
        "verdict": report.FAILED if bad else report.PASSED,
        "environment": environment(),
        "failures": failures,
        "inputs": [vars(c) | {"binding": c.kind in inputs.BINDING} for c in changed],
        "packages": {"locked": dict(lock), "departures": [vars(c) for c in departures]},
        "runs": [vars(run) for run in runs],
        "run_against_run": list(same),
        "volatile": builds.VOLATILE,
        "checks": [check.record() | {"failed": check.failed} for check in found],
    }


def environment() -> dict[str, str]:
    """Machine, system, Python and commit, in words."""
    return {
        "When": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "Commit": estimates.commit() or "not told by Git",
        "System": platform.platform(),
        "Processor": _processor(),
        "Cores": str(os.cpu_count()),
        "Memory": _memory(),
        "Python": sys.version,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} ({platform.machine()})" if names else platform.machine()


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.1f} GB"
    except (AttributeError, ValueError, OSError):
        return "not told by the system"
