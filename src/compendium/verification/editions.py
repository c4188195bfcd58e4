"""What a built book states: its values, the numbers in its text, its figures and tables.

An edition is read from a built folder and kept as plain files in ``results/<scenario>/``:
``values.csv``, ``text.csv``, ``exhibits.csv``, and in ``data/`` and ``figures/`` the data of each
exhibit and a reduced picture of each figure.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import NoReturn

import numpy as np
from bs4 import BeautifulSoup, Tag
from PIL import Image

from compendium import files, paths, values
from compendium.errors import CompendiumError, FaultsError
from compendium.upstream import NEEDS
from compendium.values import Value

SEARCHED = ("trade_trends",)  # chapters with a fit that a numerical search ends
EXACT, COMPUTED, FITTED = 0.0, 1e-6, 1e-3  # tolerances, relative
PICTURE_WIDTH = 200  # pixels
REMEDY = "`git checkout results` brings back what was certified, `make certify` writes it anew"
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
    exhibits = _by(lambda e: (e.page, e.name), folder / "exhibits.csv", Exhibit)
    return Edition(
        _by(lambda number: number.id, folder / "values.csv", Number),
        tuple(_read(folder / "text.csv", Text)),
        exhibits,
        {key: text_of(folder / "data" / f"{file_name(key)}.csv") for key in exhibits},
        {
            key: _picture(folder / "figures" / f"{file_name(key)}.png")
            for key, exhibit in exhibits.items()
            if exhibit.kind == "figure"
        },
    )


def text_of(file: Path) -> str:
    """Text of a certified file; `CompendiumError` with the remedy where it is none."""
    try:
        return files.read_text(file).replace("\r\n", "\n")
    except FaultsError as error:
        fault = replace(error.faults[0], allowed=None)
        raise CompendiumError(f"{fault}; {REMEDY}") from None


def _picture(file: Path) -> np.ndarray:
    try:
        return np.asarray(Image.open(io.BytesIO(files.read_bytes(file))))
    except FaultsError as error:
        problem = replace(error.faults[0], allowed=None)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        problem = f"{paths.relative(file)}: is no whole picture"
    raise CompendiumError(f"{problem}; {REMEDY}") from None


def file_name(key: tuple[str, str]) -> str:
    """Name of the files of an exhibit: its page and its own name."""
    page, name = key
    return f"{page.rpartition('/')[2]}.{name}"


def _write(file: Path, kind: type, records: Iterable) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([field.name for field in fields(kind)])
        writer.writerows(astuple(record) for record in records)


def _by(key: Callable, file: Path, kind: type) -> dict:
    """Records of a file by what tells them apart."""
    found: dict = {}
    for line, record in _lines(file, kind):
        if found.setdefault(key(record), record) is not record:
            _refuse(file, line, f"{key(record)} stands twice")
    return found


def _read(file: Path, kind: type) -> list:
    return [record for _, record in _lines(file, kind)]


def _lines(file: Path, kind: type) -> Iterator[tuple[int, object]]:
    """Each record of a file, and the line on which it ends."""
    heads = [field.name for field in fields(kind)]
    rows = csv.reader(io.StringIO(text_of(file), newline=""), strict=True)
    try:
        if next(rows, None) != heads:
            raise ValueError(f"the columns must be {', '.join(heads)}")
        for cells in rows:
            if len(cells) != len(heads):
                raise ValueError(f"the row has {len(cells)} cells and not {len(heads)}")
            row = dict(zip(heads, cells, strict=True))
            # A text stays one, also where it reads like a number.
            kept = ("value",) if row.get("unit") in ("text", "date") else ()
            plain = {n: READERS[n](t) for n, t in row.items() if n in READERS and n not in kept}
            yield rows.line_num, kind(**(row | plain))
    except (csv.Error, ValueError) as error:
        _refuse(file, rows.line_num or 1, str(error))


def _refuse(file: Path, line: int, problem: str) -> NoReturn:
    raise CompendiumError(f"{paths.relative(file)}:{line}: {problem}; {REMEDY}") from None


def _number(text: str) -> float | int:
    """A number as it was before it was written."""
    number = int(text) if re.fullmatch(r"-?[0-9]+", text) else float(text)
    if not math.isfinite(number):
        raise ValueError(f"not a finite number: {text}")
    return number


def _end(text: str) -> float | int | None:
    """End of an interval, which not every number has."""
    return _number(text) if text else None


def _tolerance(text: str) -> float:
    if (tolerance := float(text)) not in (EXACT, COMPUTED, FITTED):
        raise ValueError(f"no tolerance that is certified with: {text}")
    return tolerance


READERS: dict[str, Callable] = {
    "value": _number, "low": _end, "high": _end, "tolerance": _tolerance, "place": int,
}  # fmt: skip
