"""Whether a model still gives the numbers in results/, as far as few draws can tell.

`make diff` and `make verify` compare to the last digit and name the reason. This is the quick
look of `make test`: where tables and limits are as they were certified, code alone must not
move a number.
"""

import hashlib
import json
import math

import pytest

from compendium import paths
from compendium.verification import editions

# What few draws may move a number by: a share of it or of its interval, and points of a chance.
NOISE, POINTS = 0.15, 6
# What tells of the number of draws, or swings with it.
LOOSE = ("draws", "humps", "sobol_", "first_", "method_draws", "sampling_error", "leader_",
         "present_6_months", "checked_inside")  # fmt: skip


def moved(result, scenario: str) -> list[tuple]:
    """Numbers of a chapter's result that are not those of the certified scenario."""
    skip_where_tables_changed()
    known = {
        n.id: n for n in editions._read(paths.RESULTS / scenario / "values.csv", editions.Number)
    }
    own = {value.id: value for value in result.values}
    chapter = next(iter(own)).partition(".")[0]
    expected = {id for id in known if id.startswith(f"{chapter}.")}
    found = [(id, "only here" if id in own else "missing") for id in set(own) ^ expected]
    for id in sorted(set(own) & expected):
        value, number = own[id], known[id]
        if (value.unit, value.label) != (number.unit, number.label):
            found.append((id, value.unit, value.label))
        if id.partition(".")[2].startswith(LOOSE) or id.endswith("_word"):
            continue
        for name in ("value", "low", "high"):
            now, then = getattr(value, name), getattr(number, name)
            if not same(now, then, number, value.kind == "evidence"):
                found.append((id, name, now, then))
    return found


def same(now, then, number, stated: bool) -> bool:
    """Whether a number is the certified one: to the digit where it is stated, else roughly."""
    if now is None or isinstance(now, str) or number.tolerance == editions.EXACT:
        return now == then
    if stated:
        return math.isclose(now, then, rel_tol=1e-9)
    width = number.high - number.low if number.low is not None else 0.0
    points = POINTS if number.unit == "percent" else 0
    return abs(now - then) <= max(NOISE * abs(then), NOISE * width, points)


def skip_where_tables_changed() -> None:
    """Leave the test where other rows give other numbers: `make certify` comes first."""
    inputs = json.loads((paths.RESULTS / "inputs.json").read_text("utf-8"))["files"]
    for file in sorted(paths.RAW.glob("*.csv")):
        name = file.relative_to(paths.ROOT).as_posix()
        if not hashlib.sha256(file.read_bytes()).hexdigest().startswith(inputs.get(name, "new")):
            pytest.skip(f"{name} has changed since results/ was certified")
