"""One edition held against another: each number, each word that prints one, each exhibit."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from compendium.verification.editions import (
    EXACT,
    FITTED,
    Edition,
    Exhibit,
    Number,
    file_name,
)

SAME, WITHIN, DIFFERS = "same", "within tolerance", "differs"
MISSING, NEW = "missing", "new"
FAILING = (DIFFERS, MISSING, NEW)
NUMBER = re.compile(r"[+−-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
# Greatest root of the mean squared difference of two reduced pictures, in levels of 0 to 255. All
# of a picture moved by one pixel of its full size makes about 3.6; another grey of the grid 0.6.
PICTURE_LIMIT, FITTED_PICTURE_LIMIT = 0.25, 1.0
MOST = 3  # cells told of a table that differs


@dataclass(frozen=True)
class Check:
    """One comparison and what came of it.

    Parameters
    ----------
    kind : {"value", "text", "figure", "table"}
    scenario : str
    name : str
        Id of a value, or address of an exhibit on its page.
    page : str
    expected, got : str
        What is certified, and what was built.
    tolerance : str
    verdict : {"same", "within tolerance", "differs", "missing", "new"}
        Missing is what is certified and no longer stated; new the reverse.
    why : str
        What has changed under it, where that can be told.
    """

    kind: str
    scenario: str
    name: str
    page: str
    expected: str
    got: str
    tolerance: str
    verdict: str
    why: str = ""

    @property
    def failed(self) -> bool:
        """Whether the certified result did not come out again."""
        return self.verdict in FAILING

    def record(self) -> dict:
        """The check as plain data."""
        return asdict(self)

    def because(self, why: str) -> Check:
        """The same check with what has changed under it."""
        return replace(self, why=why)


def of_editions(scenario: str, certified: Edition, built: Edition) -> list[Check]:
    """Every check of a scenario: values, numbers in the text, exhibits."""
    return [
        *of_values(scenario, certified.numbers, built.numbers),
        *of_texts(scenario, certified, built),
        *of_exhibits(scenario, certified, built),
    ]


def of_values(
    scenario: str, certified: Mapping[str, Number], built: Mapping[str, Number]
) -> Iterator[Check]:
    """A check for each value; an interval counts with it."""
    for id in {**certified, **built}:
        was, now = certified.get(id), built.get(id)
        known = was or now
        verdict = _of_pair(was, now) or _of_numbers(was, now)
        page = f"chapters/{id.partition('.')[0]}"
        yield Check("value", scenario, id, page, _told(was), _told(now),
                    _tolerance(known.tolerance), verdict)  # fmt: skip


def _of_numbers(was: Number, now: Number) -> str:
    before, after = ((n.value, n.low, n.high, n.unit) for n in (was, now))
    if before == after:
        return SAME
    ends = [e for e in before[:3] if e is not None]
    alike = [type(e) in (int, float) for e in before[:3]] == [
        type(e) in (int, float) for e in after[:3]
    ]
    if was.unit != now.unit or not alike or any(isinstance(e, str) for e in ends):
        return DIFFERS
    # One scale for the value and its interval, so that an end near zero is held to no less.
    scale = was.tolerance * max(map(abs, ends))
    pairs = [(a, b) for a, b in zip(before[:3], after[:3], strict=True) if a is not None]
    return WITHIN if all(abs(a - b) <= scale for a, b in pairs) else DIFFERS


def of_texts(scenario: str, certified: Edition, built: Edition) -> Iterator[Check]:
    """A check for each value printed on a page, each time it is."""
    was = {(t.page, t.id, t.place): t.text for t in certified.texts}
    now = {(t.page, t.id, t.place): t.text for t in built.texts}
    numbers = {**built.numbers, **certified.numbers}
    for key in {**was, **now}:
        page, id, place = key
        before, after = was.get(key), now.get(key)
        tolerance = numbers[id].tolerance if id in numbers else EXACT
        verdict = _of_pair(before, after)
        if verdict is None:
            verdict = SAME if before == after else DIFFERS
            if verdict == DIFFERS and close(before, after, tolerance):
                verdict = WITHIN
        name = id if place == 1 else f"{id} ({place})"
        yield Check("text", scenario, name, page, before or "", after or "",
                    _tolerance(tolerance), verdict)  # fmt: skip


def of_exhibits(scenario: str, certified: Edition, built: Edition) -> Iterator[Check]:
    """A check for each figure and table: by its data, and a figure by its picture too."""
    for key in {**certified.exhibits, **built.exhibits}:
        was, now = certified.exhibits.get(key), built.exhibits.get(key)
        known = was or now
        expected = got = ""
        verdict = _of_pair(was, now)
        if verdict is None:
            expected, got, verdict = _of_exhibit(key, was, certified, built)
        limits = _tolerance(known.tolerance)
        if known.kind == "figure":
            limits += f"; picture {picture_limit(known)}"
        yield Check(known.kind, scenario, known.name, known.page, expected or _title(was),
                    got or _title(now), limits, verdict)  # fmt: skip


def _of_exhibit(
    key: tuple[str, str], was: Exhibit, certified: Edition, built: Edition
) -> tuple[str, str, str]:
    apart, near = differing_cells(certified.data[key], built.data[key], was.tolerance)
    said = [f"data: {text}" for text in apart[:MOST]]
    if len(apart) > MOST:
        said.append(f"and {len(apart) - MOST} more cells")
    verdict = DIFFERS if apart else WITHIN if near else SAME
    if was.kind == "figure":
        distance = picture_distance(certified.pictures[key], built.pictures[key])
        if distance > picture_limit(was):
            verdict = DIFFERS
        elif distance and verdict == SAME:
            verdict = WITHIN
        if distance:
            kept = f"results/.../figures/{file_name(key)}.png"
            said.append(f"picture: {distance:.2f} from {kept}")
    return _title(was), "; ".join(said), verdict


def differing_cells(was: str, now: str, tolerance: float) -> tuple[list[str], int]:
    """Cells of two tables that differ, in words, and how many do so within tolerance."""
    before, after = (list(csv.reader(text.splitlines(keepends=True))) for text in (was, now))
    apart, near = [], 0
    if len(before) != len(after):
        apart.append(f"{len(before) - 1} rows -> {len(after) - 1} rows")
        heads = [{tuple(row) for row in side} for side in (before, after)]
        apart += [f"row {_row(row)} gone" for row in before if tuple(row) not in heads[1]]
        apart += [f"row {_row(row)} new" for row in after if tuple(row) not in heads[0]]
        return apart, near
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        if len(old) != len(new) or (not place and old != new):
            apart.append(f"columns {', '.join(old)} -> {', '.join(new)}")
            return apart, near
        for column, one, other in zip(before[0], old, new, strict=True):
            if one != other and close(one, other, tolerance):
                near += 1
            elif one != other:
                apart.append(f"row {_row(old)}, {column}: {one} -> {other}")
    return apart, near


def _row(cells: list[str]) -> str:
    return (cells[0] if cells else "")[:60] or "without a name"


def close(one: str, other: str, tolerance: float) -> bool:
    """Whether two texts differ in nothing but numbers, and in these within a tolerance.

    What is printed is rounded: where a search fitted it, the last digit may change by one.
    """
    if not tolerance or NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    for was, now in zip(NUMBER.findall(one), NUMBER.findall(other), strict=True):
        before, after = (float(text.replace(",", "").replace("−", "-")) for text in (was, now))
        digits = len(was.partition("e")[0].partition(".")[2])
        step = 1.001 * 10**-digits if tolerance >= FITTED and "e" not in was else 0
        if abs(before - after) > max(tolerance * max(abs(before), abs(after)), step):
            return False
    return True


def picture_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Root of the mean squared difference of two reduced pictures; 255 if of unequal shape."""
    if one.shape != other.shape:
        return 255.0
    return float(np.sqrt(np.mean((one.astype(float) - other.astype(float)) ** 2)))


def picture_limit(exhibit: Exhibit) -> float:
    """Greatest distance at which a figure counts as the same."""
    return FITTED_PICTURE_LIMIT if exhibit.tolerance >= FITTED else PICTURE_LIMIT


def _of_pair(was: object, now: object) -> str | None:
    return NEW if was is None else MISSING if now is None else None


def _told(number: Number | None) -> str:
    if number is None:
        return ""
    value, low, high = (
        f"{n:.9g}" if isinstance(n, float) else n for n in (number.value, number.low, number.high)
    )
    return f"{value}{'' if low is None else f' ({low} to {high})'} {number.unit}"


def _title(exhibit: Exhibit | None) -> str:
    return "" if exhibit is None else exhibit.number or exhibit.name


def _tolerance(relative: float) -> str:
    return f"{relative:g} relative" if relative else "exact"
