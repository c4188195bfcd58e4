"""Drawings that are made when they are needed, and kept for as long as they would come out the same.

Half of the time of a chapter goes into drawing, and most of its figures show what a changed row,
a changed price or another seed does not touch. What a drawing shows is all in the arguments of
the function that makes it, so their digest, with that of the code that draws, is its name.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import hashlib
import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from compendium import files, packages, paths, reads

if TYPE_CHECKING:  # nothing is drawn where drawings are only looked up
    from matplotlib.figure import Figure

FOLDER = "COMPENDIUM_DRAWINGS"  # environment variable: where they are kept; nowhere without it
FORMAT = "compendium-drawing/1"
PLAIN = (str, bytes, int, float, type(None), np.generic, dt.date, dt.timedelta)


def folder() -> Path:
    """Where builds keep drawings."""
    return paths.BUILD.absolute() / "cache" / "drawings"


@dataclass(frozen=True)
class Drawing:
    """A figure with what a reader who cannot see it needs.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        What is seen, in words, from the data.
    table : pandas.DataFrame
        The data drawn, ready to be read.
    """

    figure: Figure
    alt: str
    table: pd.DataFrame


class Later:
    """A drawing that is made when one of its parts is asked for.

    Attributes
    ----------
    figure, alt, table
        As of `Drawing`.
    key : str or None
        Name of all that it depends on; None where that cannot be told.
    """

    def __init__(self, function: Callable[..., Drawing], args: tuple, kwargs: Mapping):
        self.key = _key(function, args, kwargs) if os.environ.get(FOLDER) else None
        self._make = functools.partial(function, *args, **kwargs)

    @functools.cached_property
    def _drawing(self) -> Drawing:
        return self._make()

    @property
    def figure(self) -> Figure:
        """The figure."""
        return self._drawing.figure

    @property
    def alt(self) -> str:
        """What is seen, in words."""
        return self._drawing.alt

    @property
    def table(self) -> pd.DataFrame:
        """The data drawn."""
        return self._drawing.table


def later(function: Callable[..., Drawing]) -> Callable[..., Later]:
    """Have a function draw only when what it returns is looked at.

    It must depend on its arguments alone.
    """

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> Later:
        return Later(function, args, kwargs)

    return call


def kept(drawing: Drawing | Later, make: Callable[[Drawing | Later], dict]) -> dict:
    """What `make` makes of a drawing: taken from the folder, or made and put there.

    Parameters
    ----------
    drawing : Drawing or Later
    make : callable
        Returns what JSON can hold. It belongs to the code in `DRAWN_BY`.
    """
    key = getattr(drawing, "key", None)
    if key is None:
        return make(drawing)
    file = Path(os.environ[FOLDER]) / f"{key}.json"
    # A full disk loses the time that keeping would have saved, and nothing else.
    harmless = contextlib.suppress(OSError)
    with reads.quiet():  # what it shows was read and told before
        text = files.kept(file)
        if text is not None:
            with harmless:
                os.utime(file)  # those not used for longest go first
            return json.loads(text)
    found = make(drawing)
    with reads.quiet(), harmless:
        file.parent.mkdir(parents=True, exist_ok=True)
        files.keep(file, json.dumps(found))
    return found


# --- What a drawing depends on -----------------------------------------------------------------

DRAWN_BY = ("src/compendium/figures.py", "src/compendium/exhibits.py")


def _key(function: Callable, args: tuple, kwargs: Mapping) -> str | None:
    digest = hashlib.sha256(f"{FORMAT} {function.__qualname__} {_code()}".encode())
    try:
        _add(digest, (args, dict(kwargs)))
    except TypeError:
        return None
    return digest.hexdigest()[:40]


@functools.cache
def _code() -> str:
    digests = [reads.digest_file(paths.ROOT / name) for name in DRAWN_BY]
    with reads.quiet():  # folders of packages are listed
        here = [platform.python_version(), platform.machine(), f"{packages.state()}"]
    return " ".join([*digests, *here])


def _add(digest, content: object) -> None:
    """Add an argument to a digest; TypeError where it cannot be told what it holds."""
    if isinstance(content, (pd.DataFrame, pd.Series, pd.Index)):
        frame = content.to_frame() if not isinstance(content, pd.DataFrame) else content
        shape = [type(content).__name__, list(frame.columns), list(frame.index.names)]
        _tell(digest, [*shape, frame.dtypes.astype(str).tolist(), str(frame.index.dtype)])
        _tell(digest, [getattr(content, "name", None), content.shape])
        digest.update(pd.util.hash_pandas_object(frame, categorize=False).to_numpy().tobytes())
    elif isinstance(content, np.ndarray) and content.dtype != object:
        _tell(digest, [content.dtype.str, content.shape])
        digest.update(np.ascontiguousarray(content).tobytes())
    elif isinstance(content, Mapping):
        _tell(digest, [type(content).__name__, len(content)])
        for item in content.items():
            _add(digest, item)
    elif isinstance(content, (list, tuple)):
        _tell(digest, [type(content).__name__, len(content)])
        for part in content:
            _add(digest, part)
    elif isinstance(content, PLAIN):
        _tell(digest, [type(content).__name__, content])
    else:
        raise TypeError(f"a {type(content).__name__} cannot be told")


def _tell(digest, parts: list) -> None:
    digest.update(f"{parts!r}\0".encode())
