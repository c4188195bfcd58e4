"""Kinds of answers: what is right, written in any sensible way, and what a wrong one shows.

Each kind holds what is expected and the mistakes that are easily made, with what to say of
them. No message holds the expected answer.
"""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

PERCENT = "percent"
ONE = "one number"


class Wrong(Exception):  # noqa: N818 - it is the verdict, no failure of ours
    """An answer is not right; the text says what is wrong with it."""


@dataclass(frozen=True)
class Number:
    """One number.

    Attributes
    ----------
    expected : float
    unit : str
        In words, for messages; where it is `PERCENT`, a share between 0 and 1 will do too.
    within : float
        How far off an answer may be, as a share of what is expected: room for rounding.
    mistakes : mapping of str to float
        What to say of a wrong answer by the number it would be.
    """

    expected: float
    unit: str
    within: float = 0.01
    mistakes: Mapping[str, float] = field(default_factory=dict)

    def hold(self, answer: object) -> None:
        """Raise `Wrong` unless the answer is right."""
        given = number(answer)
        if problem := self.problem(given):
            raise Wrong(problem)

    def problem(self, given: float) -> str | None:
        """What is wrong with a number, or None."""
        if self._is(given, self.expected):
            return None
        share = self.unit == PERCENT and abs(given) <= 1
        if share and self._is(given * 100, self.expected):
            return None
        for said, value in self.mistakes.items():
            if self._is(given, value) or (share and self._is(given * 100, value)):
                return said
        if self.expected and self._is(-given, self.expected):
            return "the size is right, the sign is not: what is taken from what?"
        for power in (1, 2, 3, 4, 6, 9):
            if any(self._is(given * 10.0**turn, self.expected) for turn in (power, -power)):
                return f"right digits, but the wrong unit: asked is {self.unit}"
        if self.expected and given and self._is(1 / given, self.expected):
            return "this is the inverse of what is asked: what is divided by what?"
        way = "high" if given > self.expected else "low"
        if self.expected > 0 and not 0.1 < given / self.expected < 10:
            return f"far too {way}, by more than a factor of ten: asked is {self.unit}"
        return f"the right kind of number ({self.unit}), but too {way}; go through the steps again"

    def _is(self, given: float, value: float) -> bool:
        return math.isclose(given, value, rel_tol=self.within, abs_tol=1e-9)


@dataclass(frozen=True)
class Interval:
    """Two numbers, the lower end first.

    Attributes
    ----------
    low, high : float
    unit : str
    within : float
        As for `Number`, but a share of the width, since an end may lie near nought.
    mistakes : mapping of str to (float, float)
    """

    low: float
    high: float
    unit: str
    within: float = 0.02
    mistakes: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def hold(self, answer: object) -> None:
        """Raise `Wrong` unless the answer is right."""
        low, high = pair(answer)
        if low > high:
            raise Wrong("the lower end comes first")
        scales = (1, 100) if self.unit == PERCENT and max(abs(low), abs(high)) <= 1 else (1,)
        if any(self._is((low * s, high * s), (self.low, self.high)) for s in scales):
            return
        for said, value in self.mistakes.items():
            if any(self._is((low * s, high * s), value) for s in scales):
                raise Wrong(said)
        for power in (2, 3, 6):
            for turn in (power, -power):
                if self._is((low * 10.0**turn, high * 10.0**turn), (self.low, self.high)):
                    raise Wrong(f"right digits, but the wrong unit: asked is {self.unit}")
        if self._end(low, self.low):
            raise Wrong("the lower end is right, the upper one is not")
        if self._end(high, self.high):
            raise Wrong("the upper end is right, the lower one is not")
        if high < self.low or low > self.high:
            raise Wrong(f"the interval lies beside the one asked for ({self.unit})")
        way = "narrower" if high - low < self.high - self.low else "wider"
        raise Wrong(
            f"your interval is {way} than the one asked for; look again at its level and at what counts as one case"
        )

    def _end(self, given: float, value: float) -> bool:
        return abs(given - value) <= self.within * (self.high - self.low) + 1e-12

    def _is(self, given: tuple[float, float], value: tuple[float, float]) -> bool:
        room = self.within * max(value[1] - value[0], 1e-12)
        return all(abs(g - v) <= room for g, v in zip(given, value, strict=True))


@dataclass(frozen=True)
class Names:
    """A set of names: rows of evidence, issuers, options.

    Attributes
    ----------
    expected : collection of str
    of : str
        What they name, in the plural, for messages.
    known : collection of str
        All names an answer can be made of.
    mistakes : mapping of str to collection of str
    """

    expected: Collection[str]
    of: str
    known: Collection[str]
    mistakes: Mapping[str, Collection[str]] = field(default_factory=dict)

    def hold(self, answer: object) -> None:
        """Raise `Wrong` unless the answer is right."""
        given = {plain(name): name for name in names(answer, self.of)}
        expected, known = set(map(plain, self.expected)), set(map(plain, self.known))
        if set(given) == expected:
            return
        if strange := [name for key, name in given.items() if key not in known]:
            raise Wrong(f"not among the {self.of} of this chapter: {', '.join(sorted(strange))}")
        for said, value in self.mistakes.items():
            if set(given) == set(map(plain, value)):
                raise Wrong(said)
        if set(given) < expected:
            raise Wrong(f"what you name belongs there, but some {self.of} are missing")
        if set(given) > expected:
            raise Wrong(f"all that belongs there is there, and {self.of} that do not belong too")
        raise Wrong(f"some {self.of} do not belong there, and others are missing")


@dataclass(frozen=True)
class Choice:
    """One name out of several.

    Attributes
    ----------
    expected : str or collection of str
        Several where they tie; any of them will do.
    of : str
        What it names, for messages.
    known : collection of str
    mistakes : mapping of str to str
    """

    expected: str | Collection[str]
    of: str
    known: Collection[str]
    mistakes: Mapping[str, str] = field(default_factory=dict)

    def hold(self, answer: object) -> None:
        """Raise `Wrong` unless the answer is right."""
        found = names(answer, self.of)
        if len(found) != 1:
            raise Wrong(f"one {self.of} is asked, got {len(found)}")
        given = plain(found[0])
        right = [self.expected] if isinstance(self.expected, str) else self.expected
        if given in map(plain, right):
            return
        if given not in map(plain, self.known):
            raise Wrong(
                f"{found[0]!r} is no {self.of} of this chapter; take it as the table spells it"
            )
        for said, value in self.mistakes.items():
            if given == plain(value):
                raise Wrong(said)
        raise Wrong(f"not this {self.of}; compare all of them, not only the first that fits")


@dataclass(frozen=True)
class Numbers:
    """A number for each of several names.

    Attributes
    ----------
    expected : mapping of str to float
    unit : str
    within : float
    mistakes : mapping of str to mapping
    """

    expected: Mapping[str, float]
    unit: str
    within: float = 0.01
    mistakes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def hold(self, answer: object) -> None:
        """Raise `Wrong` unless the answer is right."""
        given = mapping(answer)
        expected = {plain(name): value for name, value in self.expected.items()}
        if missing := [name for name in self.expected if plain(name) not in given]:
            raise Wrong(f"no number for: {', '.join(missing)}")
        if strange := set(given) - set(expected):
            raise Wrong(f"not asked for: {', '.join(sorted(strange))}")
        problems = self._problems(given, expected)
        if problems and self.unit == PERCENT and all(abs(v) <= 1 for v in given.values()):
            problems = self._problems({k: v * 100 for k, v in given.items()}, expected)
        if not problems:
            return
        for said, value in self.mistakes.items():
            if not self._problems(given, {plain(k): v for k, v in value.items()}):
                raise Wrong(said)
        if len(problems) == len(expected) and len(set(problems.values())) == 1:
            raise Wrong(f"all of them: {next(iter(problems.values()))}")
        raise Wrong("; ".join(f"{name}: {said}" for name, said in problems.items()))

    def _problems(self, given: Mapping, expected: Mapping) -> dict[str, str]:
        held = {
            name: Number(value, self.unit, self.within).problem(given[name])
            for name, value in expected.items()
            if name in given
        }
        return {name: said for name, said in held.items() if said}


Answer = Number | Interval | Names | Choice | Numbers


# ----------------------------------------------------------------- answers as they are given


def number(answer: object) -> float:
    """Read one number: int, float, NumPy's, or a Series or array that holds just one."""
    if isinstance(answer, (pd.Series, pd.Index, np.ndarray)) and answer.size == 1:
        answer = answer.item()
    if isinstance(answer, (bool, np.bool_)) or not isinstance(answer, (numbers.Real, np.number)):
        raise Wrong(f"a number is expected, got {kind(answer)}")
    if not math.isfinite(answer):
        raise Wrong(
            "a number is expected, got one that is missing or endless; was something empty?"
        )
    return float(answer)


def pair(answer: object) -> tuple[float, float]:
    """Read two numbers: a sequence of two, or what has `low` and `high`."""
    if isinstance(answer, (Mapping, pd.Series)):
        keys = list(answer.keys())
        ends = {"low", "high"} <= set(keys)
        answer = [answer["low"], answer["high"]] if ends else list(dict(answer).values())
    if isinstance(answer, (str, bytes, pd.DataFrame)) or not isinstance(
        answer, (Sequence, np.ndarray, pd.Index)
    ):
        raise Wrong(f"two numbers (low, high) are expected, got {kind(answer)}")
    if len(answer) != 2:
        raise Wrong(f"two numbers (low, high) are expected, got {len(answer)}")
    return number(answer[0]), number(answer[1])


def names(answer: object, of: str) -> list[str]:
    """Read names: one text, with commas perhaps, or any collection of texts."""
    if isinstance(answer, str):
        answer = [part for part in re.split(r"[,;\n]", answer) if part.strip()]
    if isinstance(answer, (pd.DataFrame, Mapping)) or not isinstance(
        answer, (Collection, np.ndarray)
    ):
        raise Wrong(f"names ({of}) are expected, got {kind(answer)}")
    found = list(answer)
    if not all(isinstance(name, str) for name in found):
        raise Wrong(f"names ({of}) are expected, got a collection of something else")
    return [name.strip() for name in found]


def mapping(answer: object) -> dict[str, float]:
    """Read a number for each name: a dict, a Series, or a table of one column."""
    if isinstance(answer, pd.DataFrame) and answer.shape[1] == 1:
        answer = answer.iloc[:, 0]
    if not isinstance(answer, (Mapping, pd.Series)):
        raise Wrong(f"a number for each name is expected (a dict or a Series), got {kind(answer)}")
    return {plain(str(name)): number(value) for name, value in answer.items()}


def plain(name: str) -> str:
    """Name without what people write differently: case, spaces, hyphens."""
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


def kind(answer: object) -> str:
    """What an answer is, in words."""
    if isinstance(answer, str):
        return "a text"
    if isinstance(answer, pd.DataFrame):
        return "a DataFrame: pick the column and the row"
    if isinstance(answer, pd.Series):
        return f"a Series of {len(answer)}: pick one, or bring them together"
    if callable(answer):
        return "a function: call it, with brackets"
    name = type(answer).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
