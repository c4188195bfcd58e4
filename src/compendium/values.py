"""Numbers a chapter states: published once, usable on any page, traceable to rows.

A chapter publishes; the file `values.json` of the scenario collects; the role ``{value}`` prints.

Format of ``values.json`` (``compendium-values/1``)::

    {"format": "compendium-values/1",
     "as_of": "2024-10-28",
     "values": {"arms_trade.value_total": {
         "value": 3021.4, "low": 1250.2, "high": 6904.8, "level": 0.9,
         "unit": "USD_million", "decimals": 0, "label": "Value of all deliveries",
         "kind": "estimate", "rows": ["arms-sh-2024-10-dia", ...], "chapter": "arms_trade"}}}
"""

from __future__ import annotations

import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd

from compendium import files, paths
from compendium.errors import CompendiumError, nearest
from compendium.reads import quiet

FORMAT = "compendium-values/1"

# How a unit is printed after its number; `{}` stands for the number where it is not in front.
UNITS = {
    "USD_million": "{} million USD",
    "USD_billion": "{} billion USD",
    "USD_million_per_missile": "{} million USD a missile",
    "USD_million_per_year": "{} million USD a year",
    "USD_per_round": "{} USD a round",
    "KRW_per_USD": "{} won per dollar",
    "containers": "{} containers",
    "rounds": "{} rounds",
    "million_rounds": "{} million rounds",
    "rounds_per_month": "{} rounds a month",
    "thousand_rounds_per_month": "{} thousand rounds a month",
    "rounds_per_container": "{} rounds a container",
    "tonnes_per_container": "{} tonnes a container",
    "kg_per_round": "{} kg a round",
    "missiles": "{} missiles",
    "meetings": "{} meetings",
    "meetings_per_month": "{} meetings a month",
    "months": "{} months",
    "years": "{} years",
    "persons": "{} people",
    "tonnes": "{} tonnes",
    "barrels": "{} barrels",
    "USD_per_barrel": "{} USD a barrel",
    "persons_per_day": "{} persons a day",
    "soldier_months": "{} soldier-months",
    "missions": "{} missions",
    "missions_per_decade": "{} missions a decade",
    "days": "{} days",
    "percent_per_month": "{} percent a month",
    "USD_per_person": "{} USD a head",
    "USD_per_person_month": "{} USD a head and month",
    "USD_per_person_year": "{} USD a head and year",
    "percent": "{} percent",
    "percentage_points": "{} percentage points",
    "EUR_million": "{} million EUR",
    "EUR_million_per_month": "{} million EUR a month",
    "states": "{} states",
    "ratio": "{}",
    "share": "{}",
    "designations": "{} designations",
    "points": "{} of 5",
    "count": "{}",
    "date": "{}",
    "text": "{}",
}
# Units that measure the same thing, with the size of each in the first.
SCALES = (
    {"USD_million": 1, "USD_billion": 1000},
    {"rounds": 1, "million_rounds": 1_000_000},
    {"rounds_per_month": 1, "thousand_rounds_per_month": 1000},
    {"percent": 1, "share": 100},
    {"months": 1, "years": 12},
)
ID = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z0-9_]+)+")
KINDS = ("evidence", "estimate", "projection", "score")
FORMS = ("value", "number", "interval", "full")


def scale(unit: str) -> dict[str, float]:
    """Units that measure the same thing as `unit`, with the size of each in it."""
    sizes = next((sizes for sizes in SCALES if unit in sizes), {unit: 1})
    return {other: size / sizes[unit] for other, size in sizes.items()}


@dataclass(frozen=True)
class Value:
    """A number as the compendium states it.

    Parameters
    ----------
    id : str
        ``chapter.name``, for example ``arms_trade.value_total``.
    value : float, int or str
        The point statement (a median unless the label says otherwise), in `unit`.
    low, high : float, optional
        Bounds of the interval of probability `level`; equal in meaning to a range of
        evidence where `level` is missing.
    unit : str
        A key of `UNITS`.
    decimals : int
        Digits kept after the point; negative rounds to tens, hundreds, ...
    label : str
        What the number is, in words.
    level : float, optional
        Probability of the interval, between 0 and 1.
    kind : {"evidence", "estimate", "projection", "score"}
        How the number came about.
    rows : tuple of str
        obs_ids of the evidence the number rests on.
    """

    id: str
    value: float | int | str
    low: float | None = None
    high: float | None = None
    unit: str = "ratio"
    decimals: int = 0
    label: str = ""
    level: float | None = None
    kind: str = "estimate"
    rows: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise CompendiumError(f"value {self.id!r}: {problem}")

    def _problem(self) -> str | None:
        if not ID.fullmatch(self.id):
            return "the id must read chapter.name in lower case, digits and underscores"
        if self.unit not in UNITS:
            return f"unknown unit {self.unit!r}{nearest(self.unit, UNITS)}"
        if self.kind not in KINDS:
            return f"kind must be one of {', '.join(KINDS)}, found {self.kind!r}"
        if isinstance(self.value, str) != (self.unit in ("text", "date")):
            return f"the unit {self.unit!r} does not fit the value {self.value!r}"
        if (self.low is None) != (self.high is None):
            return "give both ends of the interval or neither"
        ends = [end for end in (self.low, self.high) if end is not None]
        if isinstance(self.value, str) and ends:
            return "a text has no interval"
        numbers = ends if isinstance(self.value, str) else [self.value, *ends]
        # numpy's whole numbers and booleans cannot be written to the file.
        if any(isinstance(n, bool) or not isinstance(n, (int, float)) for n in numbers):
            return f"not a plain number: {numbers}"
        if not all(math.isfinite(n) for n in numbers):
            return f"not a finite number: {numbers}"
        if self.low is not None and not self.low <= self.value <= self.high:
            return f"{self.value} lies outside its interval {self.low} to {self.high}"
        if self.level is not None and not 0 < self.level < 1:
            return f"the level must lie between 0 and 1, found {self.level}"
        return None

    @property
    def chapter(self) -> str:
        """Name of the chapter that states the number."""
        return self.id.partition(".")[0]

    def number(self, amount: float | int | str | None = None) -> str:
        """Text of `amount` (default: the value) after the rounding rule, without unit."""
        amount = self.value if amount is None else amount
        if isinstance(amount, str):
            return amount
        rounded = round(float(amount), self.decimals) + 0.0  # no minus before a zero
        return f"{rounded:,.{max(self.decimals, 0)}f}"

    def text(self, form: str = "value") -> str:
        """Printed form of the number.

        Parameters
        ----------
        form : {"value", "number", "interval", "full"}
            Number with unit; number alone; both ends with unit; all of it. Followed by
            ``in`` and a unit, the same in that unit.
        """
        if match := re.fullmatch(r"(?:(\w+) )?in (\S+)", str(form)):
            return self.converted(match[2]).text(match[1] or "value")
        if form not in FORMS:
            raise CompendiumError(
                f"value {self.id!r}: unknown form {form!r}; allowed: {', '.join(FORMS)}"
            )
        if form in ("interval", "full") and self.low is None:
            raise CompendiumError(f"value {self.id!r} has no interval to print")
        unit = UNITS[self.unit]
        if form == "number":
            return self.number()
        if form == "value":
            return unit.format(self.number())
        span = f"{self.number(self.low)} to {self.number(self.high)}"
        if form == "interval":
            return unit.format(span)
        name = f"{self.level * 100:.0f} % interval" if self.level else "range"
        return f"{unit.format(self.number())} ({name} {span})"

    def converted(self, unit: str) -> Value:
        """The same value in another unit of the same thing, to the same relative precision.

        Raises
        ------
        CompendiumError
            The units measure different things, or the value is a text.
        """
        if unit not in UNITS:
            raise CompendiumError(f"value {self.id!r}: unknown unit {unit!r}{nearest(unit, UNITS)}")
        sizes = scale(unit)
        if self.unit not in sizes:
            raise CompendiumError(
                f"value {self.id!r} is in {self.unit} and cannot be told in {unit}; "
                f"allowed: {', '.join(scale(self.unit))}"
            )
        if unit == self.unit:
            return self
        factor = sizes[self.unit]

        def turned(amount):
            return None if amount is None else amount * factor

        return replace(
            self,
            value=turned(self.value),
            low=turned(self.low),
            high=turned(self.high),
            unit=unit,
            decimals=self.decimals - round(math.log10(factor)),
        )


_published: dict[str, dict[str, Value]] = {}  # by chapter; one process runs one chapter


def output_folder() -> Path:
    """Folder of the running build (`COMPENDIUM_OUTPUT`), else `_build/interactive`."""
    return Path(os.environ.get("COMPENDIUM_OUTPUT") or paths.BUILD / "interactive")


def publish(
    id: str,
    value: float | int | str,
    low: float | None = None,
    high: float | None = None,
    unit: str = "ratio",
    *,
    rows: Iterable[str] = (),
    **details: object,
) -> Value:
    """State one number; see `Value` for the parameters. Writes ``values.json``."""
    published = Value(id, value, low, high, unit, rows=tuple(rows), **details)
    publish_all([published])
    return published


def publish_all(values: Iterable[Value]) -> None:
    """State several numbers at once and write them to the output folder.

    Each chapter has a file of its own under ``values/``, so that chapters can run side by
    side; ``values.json`` is their union.
    """
    with quiet():
        _publish(list(values))


def _publish(values: list[Value]) -> None:
    twice = [id for id, count in Counter(value.id for value in values).items() if count > 1]
    if twice:
        raise CompendiumError(f"stated twice: {', '.join(twice)}")
    chapters = set()
    for value in values:
        _published.setdefault(value.chapter, {})[value.id] = value
        chapters.add(value.chapter)
    folder = output_folder() / "values"
    folder.mkdir(parents=True, exist_ok=True)
    for chapter in sorted(chapters):
        records = {id: record(v) for id, v in sorted(_published[chapter].items())}
        _write(folder / f"{chapter}.json", records)
    collect(output_folder())


def collect(folder: Path, **facts: object) -> dict[str, Value]:
    """Join the chapters' values of a build into its ``values.json`` and return them."""
    records: dict[str, dict] = {}
    for file in sorted((folder / "values").glob("*.json")):
        records.update(json.loads(file.read_text("utf-8")))
    _write(folder / "values.json", {"format": FORMAT, **facts, "values": records})
    return {id: from_record(id, record) for id, record in records.items()}


def write(file: Path, found: Mapping[str, Value], **facts: object) -> None:
    """Write values to a file of the format that `read` reads."""
    records = {id: record(value) for id, value in found.items()}
    _write(file, {"format": FORMAT, **facts, "values": records})


def read(file: Path) -> dict[str, Value]:
    """Values of a build.

    Raises
    ------
    CompendiumError
        The file is missing or of another format.
    """
    try:
        content = json.loads(Path(file).read_text("utf-8"))
    except FileNotFoundError:
        raise CompendiumError(
            f"{paths.relative(file)} is missing: no chapter has published a value yet; run `make book`"
        ) from None
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CompendiumError(f"{paths.relative(file)}: not a file of format {FORMAT}")
    return {id: from_record(id, record) for id, record in content["values"].items()}


def kept(file: Path) -> dict[str, Value] | None:
    """The same, or None where there is no such file or it is not whole."""
    try:
        return read(file)
    except (CompendiumError, KeyError, TypeError):
        return None


def lookup(values: Mapping[str, Value], id: str) -> Value:
    """Return the value of that id; raise with the nearest known id otherwise."""
    if id not in values:
        raise CompendiumError(f"no value {id!r} was published{nearest(id, values)}")
    return values[id]


def frame(values: Iterable[Value]) -> pd.DataFrame:
    """Table of values as they are printed: id, meaning, number, interval, kind, rows."""
    return pd.DataFrame(
        {
            "Id": value.id,
            "Meaning": value.label,
            "Value": value.text(),
            "Interval": "" if value.low is None else value.text("interval"),
            "Level": f"{value.level:.0%}" if value.level else "",
            "Kind": value.kind,
            "Rows": len(value.rows),
        }
        for value in values
    )


def record(value: Value) -> dict:
    """A value as it stands in a file of values, under its id."""
    fields = asdict(value)
    del fields["id"]
    return {**fields, "rows": list(value.rows), "chapter": value.chapter}


def from_record(id: str, record: dict) -> Value:
    """Value as it stands in a file of values."""
    fields = {k: v for k, v in record.items() if k != "chapter"}
    return replace(Value(id, **fields), rows=tuple(fields["rows"]))


def _write(file: Path, content: dict) -> None:
    # A reader never sees half a file. What a power cut leaves of it is no JSON.
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=False) + "\n"
    files.put(file, text, lasting=False)
