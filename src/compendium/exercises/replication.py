"""What the exercises of the chapter on replication expect."""

from __future__ import annotations

import math
from collections import Counter

from scipy import stats

from compendium import replication
from compendium.exercises.answers import PERCENT, Interval, Number

LEVEL = 0.9
HELD = {"reproduced": 1.0, "reproduced with another reading": 0.5, "overtaken": 1.0}


def shared_values(chosen, result: replication.Result) -> Number | None:
    """Statements whose verdict rests on a value that another statement rests on too."""
    ids = [id for id in result.frames["summary"]["id"] if id]
    if not ids:
        return None
    times = Counter(ids)
    shared = sum(count for count in times.values() if count > 1)
    return Number(
        shared,
        "statements",
        0,
        {
            "this is the number of values that are shared; asked are the statements that share them": sum(
                count > 1 for count in times.values()
            ),
            "this leaves out the first statement of each value; it shares the value too": len(ids)
            - len(times),
            "these are all the statements": len(ids),
        },
    )


def reproduced_share(chosen, result: replication.Result) -> Interval | None:
    """Score interval of the share reproduced among what can be tested, percent."""
    words = list(result.frames["summary"]["verdict"])
    tested = [word for word in words if word != "not testable"]
    if not tested:
        return None
    hits = tested.count("reproduced")
    share = hits / len(tested)
    half = stats.norm.ppf((1 + LEVEL) / 2) * math.sqrt(share * (1 - share) / len(tested))
    return Interval(
        *_score(hits, len(tested), LEVEL),
        PERCENT,
        mistakes={
            "statements that cannot be tested are among your cases": _score(
                hits, len(words), LEVEL
            ),
            "this is the interval at 95 percent": _score(hits, len(tested), 0.95),
            "this is the interval from the normal distribution around the share itself; asked is the score interval": (
                100 * (share - half),
                100 * (share + half),
            ),
            "those reproduced with another reading are among your successes": _score(
                hits + tested.count("reproduced with another reading"), len(tested), LEVEL
            ),
        },
    )


def half_credit(chosen, result: replication.Result) -> Number | None:
    """Percent of the testable statements that held, with half for another reading."""
    words = list(result.frames["summary"]["verdict"])
    tested = [word for word in words if word != "not testable"]
    if not tested:
        return None
    credit = sum(HELD.get(word, 0.0) for word in tested)
    return Number(
        100 * credit / len(tested),
        PERCENT,
        mistakes={
            "statements that cannot be tested are among your cases": 100 * credit / len(words),
            "another reading counts in full here; it is to count one half": 100
            * sum(word in HELD for word in tested)
            / len(tested),
            "another reading does not count at all here; it is to count one half": 100
            * sum(HELD.get(word, 0) == 1 for word in tested)
            / len(tested),
        },
    )


def _score(hits: int, cases: int, level: float) -> tuple[float, float]:
    """Wilson's interval in percent, from the roots of its equation."""
    z2 = stats.norm.ppf((1 + level) / 2) ** 2
    share = hits / cases
    a, b, c = 1 + z2 / cases, -(2 * share + z2 / cases), share**2
    root = math.sqrt(b * b - 4 * a * c)
    return 100 * (-b - root) / (2 * a), 100 * (-b + root) / (2 * a)
