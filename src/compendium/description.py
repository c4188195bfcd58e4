"""Papers about the compendium for those who check and keep it, made from the inventory.

``codecheck.yml`` for a CODECHECK, and ``docs/REPLICATION.md`` in the order of the social-science
data editors' template README. Both are committed; a test fails where one is stale.

The first follows the CODECHECK configuration file specification 1.0 (`SPECIFICATION`), the second
social-science-data-editors.github.io/template_README.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from compendium import citation, datapackage, files, inventory, paths, scenarios
from compendium.citation import Citation
from compendium.errors import CompendiumError
from compendium.inventory import SCENARIO, Page
from compendium.packages import lock

CODECHECK, REPLICATION = Path("codecheck.yml"), Path("docs", "REPLICATION.md")
SPECIFICATION = "https://codecheck.org.uk/spec/config/1.0/"
# What comes before the document, and what the author of a package cannot fill in.
HEAD = """\
# What a CODECHECK makes anew. Made by `make describe`; do not edit the part of the author.
# `make book` makes every file of the manifest.
"""
GAP = """
# For the codechecker, who adds at the end of a check:
# codechecker:
#   - name:
#     ORCID:
# report:
# summary:
# check_time:
# certificate:
"""
# Classes of the template, each with its upper end in seconds and in megabytes.
TIMES = {
    "<10 minutes": 600, "10-60 minutes": 3600, "1-2 hours": 7200, "2-8 hours": 28800,
    "8-24 hours": 86400, "1-3 days": 259200, "3-14 days": 1209600, "> 14 days": float("inf"),
}  # fmt: skip
SPACES = {
    "< 25 MBytes": 25, "25 MB - 250 MB": 250, "250 MB - 2 GB": 2000, "2 GB - 25 GB": 25000,
    "25 GB - 250 GB": 250000, "> 250 GB": float("inf"),
}  # fmt: skip
UNITS = {"s": 1, "min": 60, "h": 3600, "MB": 1, "GB": 1000}
NEEDED = ("the environment", "`make book`, from nothing")  # rows of the README's table of times
STEPS = ("environment", "book", "verify", "test", "crate")
TEMPLATES = Environment(
    loader=PackageLoader("compendium"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)


def texts(build: Path, parts: Mapping[str, list[dict]], root: Path = paths.ROOT) -> dict[Path, str]:
    """Each paper by its place in the checkout.

    Parameters
    ----------
    build : Path
        Folder with the executed ``notebooks/`` of the default scenario.
    parts : mapping
        Exhibits of the estimates over time, by part (`vintages.parts`).
    root : Path
        Checkout.
    """
    found, work = inventory.pages(build, parts, root), citation.read(root / citation.NAME)
    return {CODECHECK: codecheck(found, work), REPLICATION: replication(found, work, root)}


def codecheck(pages: list[Page], work: Citation) -> str:
    """The configuration of a CODECHECK, without what only the codechecker knows."""
    folder = f"_build/{SCENARIO}"
    manifest = [(f"{folder}/values.json", "Every number of the text, with interval, unit and rows")]
    for page in pages:
        if page.chapter:
            title = f"Chapter {page.number}, {page.title}"
            manifest.append((f"{folder}/notebooks/{page.file.name}", f"{title}: executed"))
            manifest.append((f"{folder}/values/{page.chapter}.json", f"{title}: its values"))
        manifest += [
            (f"{folder}/{shown.file}", f"{shown.title} ({shown.name})") for shown in page.exhibits
        ]
    content = {
        "version": SPECIFICATION,
        "manifest": [{"file": file, "comment": comment} for file, comment in manifest],
        "paper": {
            "title": work.title,
            "authors": [{"name": " ".join(part for part in name[::-1] if part)} for name in work.authors],
            "reference": (work.doi and f"https://doi.org/{work.doi}") or work.url
            or "Rebuilds and tests: " + "; ".join(map(_reference, work.based_on)),
        },
    }  # fmt: skip
    document = yaml.safe_dump(
        content, version=(1, 1), explicit_start=True, sort_keys=False, allow_unicode=True, width=1000
    )  # fmt: skip
    return HEAD + document + GAP


def replication(pages: list[Page], work: Citation, root: Path = paths.ROOT) -> str:
    """The README of a replication package."""
    chapters = [page for page in pages if page.exhibits]
    tables, commands = inventory.tables(root), inventory.commands(root)
    measured = inventory.readme_table("| what | time | disk |", root)
    licences: dict[str, list[str]] = {}
    for table in tables:
        licences.setdefault("; ".join(table.licences), []).append(f"`{table.file}`")
    seen = Counter(datapackage.read_table("sources")["seen_as"])
    stating = [page for page in pages if page.used]
    text = TEMPLATES.get_template(REPLICATION.name).render(
        work=work,
        scenario=scenarios.read(SCENARIO),
        count=Counter(shown.kind for page in pages for shown in page.exhibits),
        used=len({id for page in stating for id in page.used}),
        chapters=chapters,
        stating=stating,
        seen=", ".join(f"{kind} {count}" for kind, count in seen.most_common()),
        licences={licence: ", ".join(files) for licence, files in licences.items()},
        sources=inventory.sources(),
        tables=tables,
        python=re.search(r'requires-python = "(.*)"', files.read_text(root / "pyproject.toml"))[1],
        pins=len(re.findall(r"^[\w.-]+==", lock(root), re.M)),
        packages=inventory.locked(root),
        seeds=inventory.seeds([page.chapter for page in chapters if page.chapter]),
        times=_ticked(TIMES, measured, 1),
        spaces=_ticked(SPACES, measured, 2),
        measured=f"{_said(root)}\n\n{measured}",
        folders=inventory.readme_table("| folder | what |", root),
        programs=inventory.programs(root),
        code_licence=files.read_text(root / "LICENSE").partition("\n")[0],
        steps={name: _step(commands[name]) for name in STEPS if name in commands},
        references=[_reference(reference) for reference in work.based_on],
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def stale(found: Mapping[Path, str], root: Path = paths.ROOT) -> list[Path]:
    """Papers whose committed text is not the one that is made now."""
    return [
        file
        for file, text in found.items()
        if not (root / file).exists() or (root / file).read_bytes() != text.encode()
    ]


def write(found: Mapping[Path, str], root: Path = paths.ROOT) -> list[Path]:
    """Write the papers that are stale and return their places."""
    changed = stale(found, root)
    for file in changed:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        files.put(root / file, found[file])
    return changed


def kept_parts(build: Path) -> dict[str, list[dict]]:
    """Exhibits of the estimates over time that a build of the default vintage has left behind."""
    (file,) = (build / "vintages").glob(f"page-{scenarios.read(SCENARIO).as_of}-*.json")
    return json.loads(files.kept(file))


def _reference(reference: Mapping) -> str:
    """A work of ``CITATION.cff`` in a line."""
    study = citation.study_of(reference)
    names = "; ".join(author["name"] for author in study.get("author", ()))
    publisher = study.get("publisher", {}).get("name", "")
    return f"{names} ({study.get('datePublished', '')[:4]}). {study['name']}. {publisher}."


def _step(said: str) -> str:
    """Help of a command for the default scenario, without the settings it takes."""
    return re.split(r"\s+[A-Z]+=", said)[0].replace("<scenario>", SCENARIO)


def _said(root: Path) -> str:
    """The sentence of the README that says what its times were measured on."""
    found = re.search(r"^Measured on .*$", files.read_text(root / "README.md"), re.M)
    if found is None:
        raise CompendiumError("README.md: no line that begins with 'Measured on'")
    return found[0].rstrip(":") + ":"


def _ticked(classes: Mapping[str, float], measured: str, column: int) -> list[tuple[str, bool]]:
    """Classes of the template, and whether what was measured falls into each."""
    total = 0.0
    for label in NEEDED:
        row = next((r for r in inventory.rows_of(measured) if r[0].startswith(label)), None)
        amount = row and re.search(r"([\d.]+) (s|min|h|MB|GB)\b", row[column])
        if not amount:
            raise CompendiumError(
                f"README.md: the table of measured times has no row {label!r} with an amount such "
                "as '33 s' and '54 MB'; docs/REPLICATION.md is made from it"
            )
        total += float(amount[1]) * UNITS[amount[2]]
    here = next(text for text, end in classes.items() if total <= end)
    return [(text, text == here) for text in classes]
