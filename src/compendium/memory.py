"""Results kept while the process runs, by the parameters and the evidence they rest on.

A model asks for the same ranges again and again under every choice it tries, and a sweep runs
it a thousand times with little changed. A function marked `remembered` is not run again where
the parameters *that it read*, its other arguments and the tables are the same: a quantity that
does not look at the price is worked out once for all prices.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from compendium import evidence, paths, reads

KEPT = 256  # results kept of a function
_running = threading.local()
_memories: list[tuple[dict, dict]] = []


def remembered(function: Callable) -> Callable:
    """Keep the results of a function of parameters and of evidence.

    The function must depend on nothing else, and change nothing. Its arguments are parameters
    of a chapter, or can be keys. Frames it returns are copied on write, so a caller may
    change what it gets. What it raises is not kept.
    """
    results: OrderedDict[tuple, Any] = OrderedDict()
    asked: dict[tuple, set[tuple]] = {}  # parameters read so far, by the rest of a call
    _memories.append((results, asked))

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        with _nested() as (tables, passing):
            given = [a for a in (*args, *kwargs.values()) if isinstance(a, PARAMETERS)]
            kinds = tuple(type(_plain(g)) for g in given)
            # Rows read quietly were not written down: who asks aloud must read them too.
            now = (tables, evidence.left_out(), reads.is_quiet())
            rest = (now, kinds, _key(args), _key(kwargs))
            for names in asked.get(rest, ()):
                key = (*rest, names, _read(given, names))
                if key in results:
                    _note(given, names)
                    results.move_to_end(key)
                    return own(results[key])
            watched = {id(g): Watched(g) for g in given}
            args = [watched.get(id(a), a) for a in args]
            kwargs = {name: watched.get(id(a), a) for name, a in kwargs.items()}
            passing.append(False)
            try:
                result = function(*args, **kwargs)
            finally:
                not_kept = passing.pop()
            if not_kept:  # nor is whatever rests on it
                passing[-1:] = [True] * len(passing[-1:])
                return result
            names = tuple(
                (i, name) for i, g in enumerate(given) for name in sorted(watched[id(g)]._names)
            )
            asked.setdefault(rest, set()).add(names)
            results[(*rest, names, _read(given, names))] = _sealed(result)
            if len(results) > KEPT:
                results.popitem(last=False)
            return own(result)

    return call


def forget() -> None:
    """Forget everything; for tests, which change what functions rest on."""
    for results, asked in _memories:
        results.clear()
        asked.clear()


def passing() -> None:
    """Tell that what is being worked out rests on more than parameters and evidence."""
    stack = getattr(_running, "passing", None)
    if stack:
        stack[-1] = True


class Watched:
    """Parameters that note which of them are read."""

    def __init__(self, given: BaseModel | Watched, changed: Mapping[str, object] | None = None):
        self._given, self._changed, self._names = given, dict(changed or {}), set()

    def __getattr__(self, name: str) -> object:
        if name in self._changed:
            return self._changed[name]
        if name in type(_plain(self)).model_fields:
            self._names.add(name)
        return getattr(self._given, name)

    def model_copy(self, *, update: Mapping[str, object]) -> Watched:
        """The same with some changed; those are not read from the original."""
        return Watched(self, update)

    def __eq__(self, other: object) -> bool:
        raise TypeError("parameters are compared one by one in a function that is remembered")

    __hash__ = None


def _plain(given: BaseModel | Watched) -> BaseModel:
    while isinstance(given, Watched):
        given = given._given
    return given


PARAMETERS = (BaseModel, Watched)


def _read(given: list, names: tuple[tuple[int, str], ...]) -> tuple:
    """Parameters as a key, without noting them as read."""
    return tuple(_value(given[i], name) for i, name in names)


def _value(given: BaseModel | Watched, name: str) -> tuple:
    while isinstance(given, Watched):
        if name in given._changed:
            break
        given = given._given
    value = given._changed[name] if isinstance(given, Watched) else getattr(given, name)
    return type(value), value  # 1 and 1.0 are equal and do not read the same


def _note(given: list, names: tuple[tuple[int, str], ...]) -> None:
    """Note parameters as read by the function that asked."""
    for i, name in names:
        if isinstance(given[i], Watched):
            getattr(given[i], name)


def _key(argument: object) -> object:
    if isinstance(argument, PARAMETERS):
        return None
    if isinstance(argument, (list, tuple)):
        return tuple(_key(part) for part in argument)
    if isinstance(argument, dict):
        return tuple((name, _key(part)) for name, part in argument.items())
    return type(argument), argument


@contextlib.contextmanager
def _nested() -> Iterator[tuple[tuple, list[bool]]]:
    """The tables as they are when the first of nested calls begins, and a mark for each call."""
    first = not hasattr(_running, "tables")
    if first:
        _running.tables, _running.passing = _tables(), []
    try:
        yield _running.tables, _running.passing
    finally:
        if first:
            del _running.tables, _running.passing


def _tables() -> tuple:
    """Time and size of every file of evidence: what is kept lives as long as these."""
    folder = os.fspath(paths.RAW)
    found = (os.stat(os.path.join(folder, name)) for name in _names(folder))
    return folder, tuple((file.st_mtime_ns, file.st_size) for file in found)


@functools.cache
def _names(folder: str) -> tuple[str, ...]:
    # Listing a folder would make a run of a chapter one that is never reused.
    with reads.quiet():
        return tuple(sorted(os.listdir(folder)))


def own(result: Any) -> Any:
    """A result that its caller may change: pandas copies on write."""
    if isinstance(result, (pd.DataFrame, pd.Series)):
        return result.copy(deep=False)
    if type(result) is dict:
        return {name: own(part) for name, part in result.items()}
    if type(result) in (list, tuple):
        return type(result)(own(part) for part in result)
    return result


def _sealed(result: Any) -> Any:
    """A result that nobody can change by mistake."""
    if isinstance(result, np.ndarray):
        result.flags.writeable = False
    elif type(result) is dict:
        for part in result.values():
            _sealed(part)
    elif type(result) in (list, tuple):
        for part in result:
            _sealed(part)
    return own(result)
