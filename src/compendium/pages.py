"""HTML of what the book makes itself: evidence cards and the pages of the catalogue.

It knows nothing of the renderer: addresses come in as functions (`Links`), text goes out.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from compendium import datapackage, evidence
from compendium.catalogue import Catalogue, as_csv
from compendium.values import Value, frame

MOST_ROWS = 8  # a card shows so many rows and leaves the rest to the catalogue
MOST_CONFLICTS = 4
FOLD = 6  # a longer list of rows or values is folded
# Above this share on the diagonal two grades are one grade told twice.
NEARLY_ALL = 0.9


@dataclass(frozen=True)
class Place:
    """Where a value was computed: title of the chapter, number of the cell, address."""

    chapter: str
    cell: int
    uri: str


@dataclass(frozen=True)
class Links:
    """Addresses as seen from one page.

    Parameters
    ----------
    row, value, source, csv : callable
        Address of a row, value, source or downloadable table by its name.
    page : callable
        Address of the catalogue's page of a table, or "" where there is none.
    cell : callable
        `Place` of a value.
    """

    row: Callable[[str], str]
    value: Callable[[str], str]
    source: Callable[[str], str]
    csv: Callable[[str], str]
    page: Callable[[str], str]
    cell: Callable[[Value], Place]


def is_web_address(url: str) -> bool:
    """Whether `url` is an address of the web and not a script or a path in disguise."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    web = url.lower().startswith(("http://", "https://"))
    return web and bool(parts.netloc) and url.isprintable()


# StrictUndefined: a name misspelt in a template is an error, not an empty cell.
TEMPLATES = Environment(
    loader=PackageLoader("compendium"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
TEMPLATES.tests["web"] = is_web_address


def anchor(id: str) -> str:
    """Fragment of a value on the page of all values."""
    return "value-" + re.sub(r"[^a-z0-9]+", "-", id)


def render(template: str, catalogue: Catalogue, links: Links, **names: object) -> str:
    """Fill a template with what every page and card knows."""
    return TEMPLATES.get_template(template).render(
        row_uri=links.row,
        value_uri=links.value,
        source_uri=links.source,
        as_of=str(catalogue.as_of),
        complete=catalogue.complete,
        sources=catalogue.source_records,
        **names,
    )


def card(value: Value, catalogue: Catalogue, links: Links) -> str:
    """What stands behind a value: rows, issuers, days, grades, conflicts, place of computation.

    Rows graded best come first; what states otherwise is shown beside them.
    """
    facts = catalogue.facts
    known = [id for id in value.rows if id in facts]
    best = sorted(known, key=catalogue.standing.__getitem__)
    others = dict.fromkeys(
        other
        for id in known[:MOST_ROWS]
        for other in catalogue.conflicts.get(id, ())
        if other not in known
    )
    place = links.cell(value)
    return render(
        "card.html",
        catalogue,
        links,
        value=value,
        card_id=card_id(value.id),
        kind=value.kind.capitalize(),
        rounding=rounding(value),
        rows=[facts[id] for id in best[:MOST_ROWS]],
        more=max(len(known) - MOST_ROWS, 0),
        conflicts=[facts[id] for id in list(others)[:MOST_CONFLICTS]],
        chapter=place.chapter,
        cell=place.cell,
        cell_uri=place.uri,
    )


def panel(content: dict) -> tuple[str, str]:
    """HTML of a what-if panel before and after its caption."""
    # JSON in a script element: with no `<` in it no text can end the element, or begin another.
    spec = Markup(json.dumps(content["spec"]).replace("<", "\\u003c"))  # noqa: S704 - see above
    mark = "\0"
    text = TEMPLATES.get_template("panel.html").render({**content, "spec": spec, "caption": mark})
    before, _, after = text.partition(mark)
    return before, after


def card_id(id: str) -> str:
    """Id of the element that holds a value's card."""
    return f"card-{anchor(id)}"


def rounding(value: Value) -> str:
    """The rounding rule in words; empty for a text."""
    if isinstance(value.value, str):
        return ""
    if value.decimals > 0:
        return f"rounded to {value.decimals} decimal{'s' if value.decimals > 1 else ''}"
    return f"rounded to {10**-value.decimals:,}" if value.decimals else "rounded to a whole number"


def observations(table: str, catalogue: Catalogue, links: Links) -> str:
    """Page of an observation table: every row, what states otherwise, what rests on it."""
    rows = [
        facts
        | {"conflicts": catalogue.conflicts.get(id, ()), "used_by": catalogue.used_by.get(id, ())}
        for id, facts in catalogue.facts.items()
        if facts["table"] == table
    ]
    left_out = catalogue.left_out(table)
    return render(
        "rows.html", catalogue, links,
        table=table, rows=rows, left_out=left_out, fold=FOLD, csv_uri=links.csv(table),
    )  # fmt: skip


def source_page(catalogue: Catalogue, links: Links) -> str:
    """Page of the sources, each with the number of rows read in it."""
    counts = catalogue.rows["source_id"].value_counts()
    return render(
        "sources.html", catalogue, links,
        counts={id: int(counts.get(id, 0)) for id in catalogue.sources.index},
        csv_uri=links.csv("sources"),
    )  # fmt: skip


def value_page(catalogue: Catalogue, links: Links) -> str:
    """Page of every value of the build, with the rows it rests on."""
    entries = []
    for value in catalogue.values.values():
        place = links.cell(value)
        entries.append(
            {"value": value, "anchor": anchor(value.id), "chapter": place.chapter,
             "cell": place.cell, "cell_uri": place.uri}
        )  # fmt: skip
    return render(
        "values.html", catalogue, links,
        entries=entries, fold=FOLD, csv_uri=links.csv("values"),
    )  # fmt: skip


def plain_table(name: str, catalogue: Catalogue, links: Links) -> str:
    """Page of a table that holds no observations: statements, judgements, releases."""
    columns = [
        {"name": f["name"], "title": f["title"], "rows": bool(f.get(datapackage.ROWS))}
        for f in datapackage.fields(name)
    ]
    return render(
        "table.html", catalogue, links,
        table=name, columns=columns, rows=catalogue.text(name), csv_uri=links.csv(name),
    )  # fmt: skip


def index(catalogue: Catalogue, links: Links) -> str:
    """List of the tables with what a row is, and how many the vintage holds."""
    tables = [
        {"name": table["name"], "description": table["description"],
         "uri": links.page(table["name"]), "csv_uri": links.csv(table["name"]),
         "count": len(catalogue.text(table["name"]))}
        for table in datapackage.read_descriptor()["resources"]
    ]  # fmt: skip
    return render("index.html", catalogue, links, tables=tables)


def grades(catalogue: Catalogue, links: Links) -> str:
    """Cross-table of the two grades, and whether they were given independently.

    Beside the share on the diagonal stands the one expected if the grades were independent,
    the sum over ranks of the products of their shares (Cohen's chance agreement [1]_).

    References
    ----------
    .. [1] J. Cohen, "A coefficient of agreement for nominal scales", Educational and
       Psychological Measurement 20 (1960).
    """
    table = catalogue.grades()
    shares = table.to_numpy() / max(table.to_numpy().sum(), 1)
    expected = float((shares.sum(axis=1)[:5] * shares.sum(axis=0)[:5]).sum())
    return render(
        "grades.html", catalogue, links,
        table=[(letter, list(counts)) for letter, counts in zip(table.index, table.to_numpy(), strict=True)],
        columns=list(table.columns),
        diagonal=lambda letter, number: "ABCDE".find(letter) == number - 1,
        on_diagonal=catalogue.diagonal(), expected=expected, most=NEARLY_ALL,
    )  # fmt: skip


def part(name: str, catalogue: Catalogue, links: Links) -> str:
    """HTML of one part of the catalogue, by the name that a page asks for."""
    if name in evidence.OBSERVATION_TABLES:
        return observations(name, catalogue, links)
    special = {"sources": source_page, "values": value_page, "index": index, "grades": grades}
    if name in special:
        return special[name](catalogue, links)
    return plain_table(name, catalogue, links)


def part_names() -> list[str]:
    """What a page may ask for."""
    return [*datapackage.table_names(), "values", "index", "grades"]


def files_of(catalogue: Catalogue) -> dict[str, str]:
    """Content of every file to download, by name without ending."""
    found = {name: catalogue.csv(name) for name in datapackage.table_names()}
    table = frame(catalogue.values.values())
    table = table.assign(
        low=[v.low for v in catalogue.values.values()],
        high=[v.high for v in catalogue.values.values()],
        number=[v.value for v in catalogue.values.values()],
        unit=[v.unit for v in catalogue.values.values()],
        rows=[" ".join(v.rows) for v in catalogue.values.values()],
    ).drop(columns="Rows")
    table.columns = [column.lower() for column in table.columns]
    lines = csv.DictReader(io.StringIO(table.to_csv(index=False)))
    found["values"] = as_csv(table.columns, lines)
    return found


def table_script() -> str:
    """The library that sorts and filters the catalogue's tables, as a plain script.

    DataTables as bundled by itables is a module, which browsers do not load from a file on
    disk; its list of exports is turned into an assignment.
    """
    source = files("itables").joinpath("html/dt_bundle.js").read_text("utf-8")
    script, count = re.subn(
        r"export ?\{([^}]*)\};?",
        lambda match: (
            "window.compendiumTables={"
            + ",".join(
                f"{json.dumps(name)}:{local}"
                for local, name in (pair.split(" as ") for pair in match[1].split(","))
            )
            + "};"
        ),
        source,
    )
    if count != 1:
        raise RuntimeError("the bundle of itables has another form; see pages.table_script")
    return f"(function(){{{script}\n}})();"


def table_style() -> str:
    """Style sheet of that library."""
    return files("itables").joinpath("html/dt_bundle.css").read_text("utf-8")
