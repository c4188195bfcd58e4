"""What a built book states: its values, the numbers in its text, its figures and tables.

An edition is read from a built folder and kept as plain files in ``results/<scenario>/``:
``values.csv``, ``text.csv``, ``exhibits.csv``, and in ``data/`` and ``figures/`` the data of each
exhibit and a reduced picture of each figure.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from bs4 import BeautifulSoup, Tag
from PIL import Image

from compendium import paths, values
from compendium.errors import CompendiumError
from compendium.upstream import NEEDS
from compendium.values import Value

SEARCHED = ("trade_trends",)  # chapters with a fit that a numerical search ends
EXACT, COMPUTED, FITTED = 0.0, 1e-6, 1e-3  # tolerances, relative
PICTURE_WIDTH = 200  # pixels
# What no exhibit and no value stands in, and most of a page's length: cells of tables, code.
BULK = re.compile(r"<tbody>.*?</tbody>|<pre>.*?</pre>", re.S)


@dataclass(frozen=True)
class Number:
    """A value as a results file keeps it; `tolerance` is relative, see `tolerance_of`."""

    id: str
    label: str
    value: float | int | str
    low: float | None
    high: float | None
    unit: str
    tolerance: float


@dataclass(frozen=True)
class Text:
    """A value as it is printed on a page; `place` counts its uses on that page from 1."""

    page: str
    id: str
    place: int
    text: str


@dataclass(frozen=True)
class Exhibit:
    """A figure or table; `name` is its address on its page, `number` what the book calls it."""

    page: str
    name: str
    kind: str
    number: str
    tolerance: float


@dataclass(frozen=True)
class Edition:
    """What one built book states.

    Attributes
    ----------
    numbers : dict of Number
        By id.
    texts : tuple of Text
    exhibits : dict of Exhibit
        By page and name.
    data : dict of str
        Data of each exhibit as CSV, by page and name.
    pictures : dict of numpy.ndarray
        Reduced picture of each figure, by page and name.
    """

    numbers: Mapping[str, Number]
    texts: tuple[Text, ...]
    exhibits: Mapping[tuple[str, str], Exhibit]
    data: Mapping[tuple[str, str], str]
    pictures: Mapping[tuple[str, str], np.ndarray]


def tolerance_of(value: Value) -> float:
    """Relative difference that a number may have on another machine.

    Texts, days, whole numbers and evidence as it was stated: none. What is computed: a
    millionth, for sums in another order and functions that differ in their last digits. What
    a search fitted, or draws on what one fitted: a thousandth; another processor moved such a
    fit by two ten-thousandths.
    """
    if isinstance(value.value, (str, int)) and not isinstance(value.low, float):
        return EXACT
    return tolerance_in(value.chapter)


def tolerance_in(chapter: str) -> float:
    """Relative tolerance of what a chapter computes."""
    fitted = chapter in SEARCHED or set(NEEDS.get(chapter, ())) & set(SEARCHED)
    # The page of the estimates over time shows the headline values of every chapter.
    return FITTED if fitted or chapter == "estimates_over_time" else COMPUTED


# ---------------------------------------------------------------------------- from a build


def of_build(folder: Path) -> Edition:
    """Read what a built book states, as its readers see it.

    Parameters
    ----------
    folder : Path
        ``_build/<scenario>``.
    """
    numbers = numbers_of(values.read(folder / "values.json"))
    texts, exhibits, data, pictures = [], {}, {}, {}
    pages = [folder / "html" / "index.html", *sorted((folder / "html/chapters").glob("*.html"))]
    for file in pages:
        page = file.relative_to(folder / "html").with_suffix("").as_posix()
        tree = BeautifulSoup(BULK.sub("", file.read_text("utf-8")), "html.parser")
        texts += _texts(tree, page)
        for box in tree.select(".exhibit-figure, .exhibit-table"):
            found = _exhibit(box, page)
            key = (page, found.name)
            exhibits[key] = found
            links = {
                Path(a["href"]).suffix: file.parent / a["href"] for a in box.select("a[download]")
            }
            data[key] = links[".csv"].read_text("utf-8") if ".csv" in links else ""
            if found.kind == "figure":
                pictures[key] = reduced(links[".png"])
    return Edition(numbers, tuple(texts), exhibits, data, pictures)


def numbers_of(known: Mapping[str, Value]) -> dict[str, Number]:
    """Values as a results file keeps them."""
    return {
        id: Number(id, v.label, v.value, v.low, v.high, v.unit, tolerance_of(v))
        for id, v in known.items()
    }


def _texts(tree: BeautifulSoup, page: str) -> Iterable[Text]:
    times: dict[str, int] = {}
    for shown in tree.select("[data-value-id]"):
        id = shown["data-value-id"]
        times[id] = times.get(id, 0) + 1
        yield Text(page, id, times[id], shown.get_text())


def _exhibit(box: Tag, page: str) -> Exhibit:
    kind = "figure" if "exhibit-figure" in box["class"] else "table"
    name = box.select_one("[id^=fig-]" if kind == "figure" else "[id^=tab-]")["id"]
    number = box.select_one(".caption-number")
    text = number.get_text(strip=True) if number else ""
    return Exhibit(page, name, kind, text, tolerance_in(page.rpartition("/")[2]))


def reduced(picture: Path) -> np.ndarray:
    """A picture at `PICTURE_WIDTH` pixels, each the mean of those it replaces."""
    with Image.open(picture) as image:
        height = max(1, round(image.height * PICTURE_WIDTH / image.width))
        return np.asarray(
            image.convert("RGB").resize((PICTURE_WIDTH, height), Image.Resampling.BOX)
        )


# ------------------------------------------------------------------------------- as files


def write(edition: Edition, folder: Path) -> None:
    """Write an edition to a folder that is not there yet."""
    for place in ("data", "figures"):
        (folder / place).mkdir(parents=True)
    _write(folder / "values.csv", Number, edition.numbers.values())
    _write(folder / "text.csv", Text, edition.texts)
    _write(folder / "exhibits.csv", Exhibit, edition.exhibits.values())
    for key, text in edition.data.items():
        (folder / "data" / f"{file_name(key)}.csv").write_text(text, "utf-8")
    for key, picture in edition.pictures.items():
        Image.fromarray(picture).save(folder / "figures" / f"{file_name(key)}.png", optimize=True)


def read(folder: Path) -> Edition:
    """Read an edition that `write` has written.

    Raises
    ------
    CompendiumError
        A file is missing, or is not of this form.
    """
    exhibits = {(e.page, e.name): e for e in _read(folder / "exhibits.csv", Exhibit)}
    try:
        return Edition(
            {number.id: number for number in _read(folder / "values.csv", Number)},
            tuple(_read(folder / "text.csv", Text)),
            exhibits,
            {key: (folder / "data" / f"{file_name(key)}.csv").read_text("utf-8") for key in exhibits},
            {
                key: np.asarray(Image.open(folder / "figures" / f"{file_name(key)}.png"))
                for key, exhibit in exhibits.items()
                if exhibit.kind == "figure"
            },
        )  # fmt: skip
    except OSError as error:
        raise CompendiumError(
            f"{paths.relative(error.filename or folder)}: {error.strerror or error}; "
            "`make certify` writes it anew"
        ) from None


def file_name(key: tuple[str, str]) -> str:
    """Name of the files of an exhibit: its page and its own name."""
    page, name = key
    return f"{page.rpartition('/')[2]}.{name}"


def _write(file: Path, kind: type, records: Iterable) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([field.name for field in fields(kind)])
        writer.writerows(astuple(record) for record in records)


def _read(file: Path, kind: type) -> list:
    heads = [field.name for field in fields(kind)]
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, strict=True))
    except FileNotFoundError:
        raise CompendiumError(f"{paths.relative(file)} is missing; run `make certify`") from None
    found = []
    for line, row in enumerate(rows, 2):
        try:
            if list(row) != heads:
                raise ValueError(f"the columns must be {', '.join(heads)}")
            # A text stays one, also where it reads like a number.
            kept = ("value",) if row.get("unit") in ("text", "date") else ()
            plain = {n: READERS[n](t) for n, t in row.items() if n in READERS and n not in kept}
            found.append(kind(**(row | plain)))
        except (TypeError, ValueError) as error:
            raise CompendiumError(f"{paths.relative(file)}:{line}: {error}") from None
    return found


def _number(text: str) -> float | int | None:
    """A number as it was before it was written."""
    if not text:
        return None
    number = int(text) if re.fullmatch(r"-?\d+", text) else float(text)
    if not math.isfinite(number):
        raise ValueError(f"not a finite number: {text}")
    return number


READERS: dict[str, Callable] = {
    "value": _number, "low": _number, "high": _number, "tolerance": float, "place": int,
}  # fmt: skip
