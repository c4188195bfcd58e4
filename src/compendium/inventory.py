"""What the compendium consists of: the one description its papers for reviewers are made from.

Everything is read from the files that are the compendium anyway, so that nothing can be stated
twice and drift: chapters and their exhibits, tables, sources, programs, packages, commands,
measured times.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pandas as pd
import yaml

from compendium import book, datapackage, files, notebooks, parameters, paths
from compendium.errors import CompendiumError
from compendium.exhibits import MIME, ROLE
from compendium.packages import lock

SCENARIO = "replication"  # what `make book` makes, and a reviewer checks
MADE = {"figure": "svg", "table": "csv"}  # kind of exhibit: the file of it that is named
PART = re.compile(r"^```\{vintages\}\s+(\w+)", re.M)
SPOKEN = ("text", "question", "answer", "confidence", "caption", "source")  # parts that hold roles


@dataclass(frozen=True)
class Exhibit:
    """A figure or a table of the book.

    Attributes
    ----------
    name : str
        Its label, such as ``fig-arms-value``.
    kind : {"figure", "table"}
    number : str
        As the book numbers it, such as ``1.3``; empty on a page without a number.
    page : Path
        Page that shows it, from the top of the checkout.
    program : str
        File that makes it, from the top of the checkout.
    cell : str
        Cell of that notebook, or function of that module.
    line : int or None
        Line in the cell.
    file : str
        What is made, from the folder of the build.
    """

    name: str
    kind: str
    number: str
    page: Path
    program: str
    cell: str
    line: int | None
    file: str

    @property
    def title(self) -> str:
        """Kind and number, as the book prints them."""
        return f"{self.kind.capitalize()} {self.number}".strip()


@dataclass(frozen=True)
class Page:
    """A page of the book.

    Attributes
    ----------
    file : Path
        From the top of the checkout.
    title : str
    number : str
        Number of the chapter; empty where the book gives none.
    exhibits : tuple of Exhibit
    used : tuple of str
        Ids of the values its text states, in the order of their first mention.
    absent : tuple of str
        Labels its code has for exhibits that this scenario does not show.
    """

    file: Path
    title: str
    number: str
    exhibits: tuple[Exhibit, ...] = ()
    used: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def chapter(self) -> str:
        """Name of the chapter; empty for a page of text."""
        return self.file.stem if self.file.suffix == ".ipynb" else ""


# ------------------------------------------------------------------------------ the pages


def pages(build: Path, parts: Mapping[str, list[dict]], root: Path = paths.ROOT) -> list[Page]:
    """Pages of the book in its order, with what each shows and states.

    Parameters
    ----------
    build : Path
        Folder that holds the executed ``notebooks/``.
    parts : mapping
        Exhibits of the estimates over time, by part (`vintages.parts`).
    root : Path
        Checkout.
    """
    numbers, found = chapter_numbers(root), []
    for file in book.pages(root):
        number = numbers.get(file.with_suffix("").as_posix(), "")
        if file.suffix == ".ipynb":
            found.append(_chapter(file, number, build, root))
        else:
            found.append(_text(file, number, parts, root))
    return found


def chapter_numbers(root: Path = paths.ROOT) -> dict[str, str]:
    """Number of each chapter of a numbered part of ``_toc.yml``, counted over all parts."""
    found: dict[str, str] = {}
    for part in yaml.safe_load(files.read_text(root / "_toc.yml")).get("parts", ()):
        for entry in part["chapters"] if part.get("numbered") else ():
            found[entry["file"]] = str(len(found) + 1)
    return found


def _chapter(file: Path, number: str, build: Path, root: Path) -> Page:
    notebook = nbformat.read(build / "notebooks" / file.name, as_version=4)
    used, shown, counted, labels = [], [], Counter(), []
    for cell in notebook.cells:
        if notebooks.INJECTED in cell.metadata.get("tags", ()):
            continue
        if cell.cell_type == "markdown":
            used += _ids(cell.source)
            continue
        labels += re.findall(r"[\"']((?:fig|tab)-[\w-]*\w)[\"']", cell.source)
        for output in cell.get("outputs", ()):
            content = output.get("data", {}).get(MIME, {})
            used += _ids(" ".join(str(content.get(key, "")) for key in SPOKEN))
            if content.get("kind") in MADE:
                line = _line(cell.source, content["name"])
                shown.append(_exhibit(content, number, counted, file, file.as_posix(), cell.id, line))  # fmt: skip
    names = {exhibit.name for exhibit in shown}
    return Page(
        file,
        _title("\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")),
        number,
        tuple(shown),
        tuple(dict.fromkeys(used)),
        tuple(label for label in dict.fromkeys(labels) if label not in names),
    )


def _text(file: Path, number: str, parts: Mapping[str, list[dict]], root: Path) -> Page:
    text, counted = files.read_text(root / file), Counter()
    shown = [
        _exhibit(content, number, counted, file, "src/compendium/vintages.py", "parts", None)
        for part in PART.findall(text)
        for content in parts[part]
    ]
    return Page(file, _title(text), number, tuple(shown), tuple(dict.fromkeys(_ids(text))))


def _exhibit(content: Mapping, number: str, counted: Counter, page: Path, *place) -> Exhibit:
    kind, name = content["kind"], content["name"]
    counted[kind] += 1
    ending = MADE[kind]
    made = f"_images/{name}.svg" if ending == "svg" else book.download(page, f"{name}.{ending}")
    shown = f"{number}.{counted[kind]}" if number else ""
    return Exhibit(name, kind, shown, page, *place, f"html/{made}")


def _ids(text: str) -> list[str]:
    return [match[1] for match in ROLE.finditer(text)]


def _title(text: str) -> str:
    return re.search(r"^# (.*)", text, re.M)[1].strip()


def _line(source: str, name: str) -> int | None:
    """Line of a cell with the label of an exhibit, whole or as an f-string that begins like it."""
    for number, line in enumerate(source.splitlines(), 1):
        for label in re.findall(r"[\"']((?:fig|tab)-[^\"']*)[\"']", line):
            if label == name or ("{" in label and name.startswith(label.partition("{")[0])):
                return number
    return None


# -------------------------------------------------------------------------------- the data


@dataclass(frozen=True)
class Table:
    """A data file: its place, what it holds, how many rows, and its licences."""

    file: str
    title: str
    description: str
    rows: int
    licences: tuple[str, ...]


def tables(root: Path = paths.ROOT) -> list[Table]:
    """Every data file that a descriptor under ``data/`` names."""
    found = []
    own = sorted(root.glob("data/*/datapackage.json"))
    for descriptor in (root / "data" / "datapackage.json", *own):
        package = json.loads(files.read_text(descriptor))
        for table in package["resources"]:
            file = descriptor.parent / table["path"]
            licences = table.get("licenses", package.get("licenses", ()))
            found.append(
                Table(
                    file.relative_to(root).as_posix(),
                    table["title"],
                    table["description"],
                    len(pd.read_csv(file, dtype=str)),
                    tuple(licence["title"] for licence in licences),
                )
            )
    return found


def sources() -> pd.DataFrame:
    """Works by kind: how many, how many have an address, and how many rows rest on them."""
    works = datapackage.read_table("sources")
    read = pd.concat([datapackage.read_table(name)["source_id"] for name in datapackage.OBSERVATION_TABLES])  # fmt: skip
    works = works.assign(rows=works["source_id"].map(read.value_counts()).fillna(0).astype(int))
    return works.groupby("kind").agg(
        works=("source_id", "size"), addressed=("url", lambda cells: int((cells != "").sum())),
        rows=("rows", "sum"),
    )  # fmt: skip


# ---------------------------------------------------------------------- programs, packages


def programs(root: Path = paths.ROOT) -> dict[str, str]:
    """Every script and module by its path, with the first line of what it says of itself."""
    modules = [*root.glob("scripts/*.py"), *root.glob("src/compendium/**/*.py")]
    found = {}
    for file in sorted(modules):
        said = ast.get_docstring(ast.parse(files.read_text(file))) or ""
        found[file.relative_to(root).as_posix()] = said.partition("\n")[0]
    return found


def locked(root: Path = paths.ROOT) -> dict[str, str]:
    """Version of each package that ``pyproject.toml`` asks for, as the lock pins it."""
    asked = tomllib.loads(files.read_text(root / "pyproject.toml"))["project"]["dependencies"]
    names = [re.match(r"[\w.-]+", line)[0] for line in asked]
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", lock(root), re.M))
    return {name: pins[name] for name in names}


def commands(root: Path = paths.ROOT) -> dict[str, str]:
    """Targets of the Makefile with their help."""
    lines = files.read_text(root / "Makefile")
    return {name: said.strip() for name, said in re.findall(r"^([a-z-]+):.*?## *(.*)", lines, re.M)}


def seeds(chapters: list[str]) -> dict[str, int]:
    """Seed of the random numbers of each chapter that draws any."""
    given = {chapter: parameters.defaults(chapter) for chapter in chapters}
    return {chapter: own["seed"] for chapter, own in given.items() if "seed" in own}


def readme_table(head: str, root: Path = paths.ROOT) -> str:
    """The table of the README whose first row begins with `head`.

    Raises
    ------
    CompendiumError
        There is none.
    """
    text = files.read_text(root / "README.md")
    match = re.search(rf"^{re.escape(head)}.*\n(?:\|.*\n?)+", text, re.M)
    if match is None:
        raise CompendiumError(
            f"README.md: no table that begins with {head!r}; docs/REPLICATION.md is made from it"
        )
    return match[0].strip()


def rows_of(table: str) -> Iterator[list[str]]:
    """Cells of the rows of a Markdown table, without its head."""
    for line in table.splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]
