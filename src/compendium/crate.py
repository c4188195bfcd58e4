"""A build packed with what it was made of, as an RO-Crate: an archive that says what is in it.

Data, chapters, code, executed notebooks, runs, values and the statements of the study, each
described in ``ro-crate-metadata.json`` and each file with its SHA-256. The same inputs give the
same bytes: no time and no random name is written.

Follows RO-Crate 1.1 (w3id.org/ro/crate/1.1) and its profile Process Run Crate 0.5
(w3id.org/ro/wfrun/process/0.5).
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import re
from collections.abc import Mapping
from pathlib import Path

from rocrate.model.contextentity import ContextEntity
from rocrate.model.data_entity import DataEntity
from rocrate.rocrate import ROCrate

from compendium import (
    book,
    citation,
    commands,
    datapackage,
    downloads,
    locks,
    parameters,
    paths,
    stamps,
    upstream,
    values,
)
from compendium.errors import CompendiumError

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
ARCHIVE = "crate.zip"
# Of the checkout: what the results were made of, and how to make them again.
TAKEN = (
    "CITATION.cff", "LICENSE", "LICENSE-CONTENT", "README.md", "Makefile", "pyproject.toml",
    "requirements.lock", "_config.yml", "_toc.yml", "index.md", "references.bib", "assets",
    "chapters", "data", "docs/REPLICATION.md", "codecheck.yml", "environment.yml", "postBuild",
    "results", "scripts", "src",
)  # fmt: skip
KINDS = {  # ending: media type, where the machine may not know it or know another
    ".ipynb": "application/x-ipynb+json", ".cff": "text/yaml", ".yml": "text/yaml",
    ".md": "text/markdown", ".bib": "text/x-bibtex", ".toml": "application/toml",
    ".py": "text/x-python", ".js": "text/javascript", ".csv": "text/csv",
}  # fmt: skip


def pack(scenario: str) -> Path:
    """Pack the build of a scenario into its folder ``crate`` and a zip beside it.

    Parameters
    ----------
    scenario : str
        Name of a scenario whose book is built.

    Returns
    -------
    Path
        The folder; it is replaced as a whole.

    Raises
    ------
    CompendiumError
        There is no build of that scenario, or it is damaged or not of the files as they are.
    """
    build = paths.BUILD / scenario
    if not (build / "values.json").exists():
        raise CompendiumError(
            f"_build/{scenario} holds no book; run `make book SCENARIO={scenario}` first"
        )
    with locks.alone(build):  # no build may put another book there meanwhile
        if not any(stamps.current(scenario, solutions) for solutions in (True, False)):
            raise CompendiumError(
                f"_build/{scenario}: the book is damaged, or not of the files, packages and commit "
                f"as they are now; run `make crate SCENARIO={scenario}`"
            )
        return _pack(scenario, build)


def _pack(scenario: str, build: Path) -> Path:
    files = contents(scenario, paths.ROOT)
    files["ro-crate-metadata.json"] = describe(scenario, files, paths.ROOT).encode("utf-8")
    folder = build / "crate"
    with commands.workshop(build, ".crate-") as place:
        aside, archive = place / "crate", place / ARCHIVE
        for name, content in files.items():
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            (aside / name).write_bytes(content)
        archive.write_bytes(downloads.zipped(files))
        book.publish(aside, folder)
        archive.replace(build / ARCHIVE)
    return folder


def contents(scenario: str, root: Path) -> dict[str, bytes]:
    """Every file of the crate by its name in it; names of a folder stand together."""
    build, files = root / "_build" / scenario, {}
    pages = (page.as_posix() for page in book.pages(root))  # some stand beside index.md
    for place in (*TAKEN, *pages, f"scenarios/{scenario}.yml"):
        for name in stamps.files_at(root, place):
            files[name] = (root / name).read_bytes()
    for run in sorted((build / "runs").glob("*.json")):
        notebook = (build / "notebooks" / f"{run.stem}.ipynb").read_text("utf-8")
        files[f"build/notebooks/{run.stem}.ipynb"] = downloads.portable(notebook).encode("utf-8")
        files[f"build/values/{run.stem}.json"] = (
            build / "values" / f"{run.stem}.json"
        ).read_bytes()
    files["build/values.json"] = (build / "values.json").read_bytes()
    return dict(sorted(files.items()))


def describe(scenario: str, files: Mapping[str, bytes], root: Path = paths.ROOT) -> str:
    """The text of ``ro-crate-metadata.json``: what each file is, and what was made from what."""
    work, build = citation.read(root / citation.NAME), root / "_build" / scenario
    crate = ROCrate(version="1.1")
    crate.name, crate.description = f"{work.title} ({scenario})", work.abstract
    crate.datePublished, crate.keywords = work.date, list(work.keywords)
    crate.root_dataset["version"] = work.version
    crate.metadata.extra_terms["sha256"] = "http://schema.org/sha256"  # not in the context of 1.1
    authors = [_add(crate, f"#author/{number}", citation.thing_of(name)) for number, name in enumerate(work.authors, 1)]  # fmt: skip
    crate.root_dataset["author"] = crate.root_dataset["publisher"] = authors
    licences = {name: _add(crate, citation.spdx(name), {"@type": "CreativeWork", "name": name}) for name in work.licenses}  # fmt: skip
    crate.root_dataset["license"] = list(licences.values())
    profile = {"@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    crate.root_dataset["conformsTo"] = _add(crate, PROFILE, profile)
    studies = [_study(crate, number, reference) for number, reference in enumerate(work.based_on, 1)]  # fmt: skip
    crate.root_dataset["isBasedOn"] = studies
    kept = {name: _file(crate, name, content, licences) for name, content in files.items()}
    for entity in kept.values():
        if "SoftwareSourceCode" in entity.type:
            entity["version"] = work.version
    _tables(crate, kept)
    stated = _claims(crate, studies)
    known = values.read(build / "values.json")
    numbers = _values(crate, known, stated, kept)
    crate.root_dataset["mentions"] = [
        _run(crate, json.loads(run.read_text("utf-8")), known, numbers, kept)
        for run in sorted((build / "runs").glob("*.json"))
    ]
    graph = crate.metadata.generate()
    graph["@graph"] = [
        {key: _alone(content) for key, content in entity.items()} for entity in graph["@graph"]
    ]
    return json.dumps(graph, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _alone(content: object) -> object:
    """A list of one as the one, as RO-Crate recommends."""
    return content[0] if isinstance(content, list) and len(content) == 1 else content


def _add(crate: ROCrate, id: str, properties: Mapping) -> ContextEntity:
    """Describe something that is no file; people and publishers inside get ids of their own."""
    plain = {}
    for key, content in properties.items():
        inner = content if isinstance(content, list) else [content]
        if inner and all(isinstance(part, dict) for part in inner):
            made = [_add(crate, f"{id}/{key}-{n}", part) for n, part in enumerate(inner, 1)]
            plain[key] = [{"@id": part.id} for part in made]
        else:
            plain[key] = content
    return crate.add(ContextEntity(crate, id, properties=plain))


def _study(crate: ROCrate, number: int, reference: Mapping) -> ContextEntity:
    return _add(crate, f"#study/{number}", citation.study_of(reference))


def _file(crate: ROCrate, name: str, content: bytes, licences: Mapping) -> DataEntity:
    """A file with its size, its digest and its licence: code, or text and data."""
    ending = Path(name).suffix
    code = ending in (".py", ".js", ".css", ".html", ".ipynb", ".toml") or name == "Makefile"
    spdx = "MIT" if code and not name.startswith("build/") else "CC-BY-4.0"
    kinds = ["File", "SoftwareSourceCode"] if code and ending in (".py", ".ipynb") else "File"
    properties = {
        "@type": kinds,
        "name": _title(name, content),
        "encodingFormat": KINDS.get(ending) or mimetypes.guess_type(name)[0] or "text/plain",
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    if spdx in licences and not name.startswith(("data/shapes", "LICENSE")):
        properties["license"] = {"@id": licences[spdx].id}
    if ending == ".ipynb":
        properties["programmingLanguage"] = "Python"
    return crate.add(DataEntity(crate, name, properties=properties))


def _title(name: str, content: bytes) -> str:
    """First heading of a notebook or a page; else the name of the file."""
    if name.endswith(".ipynb"):
        cells = json.loads(content)["cells"]
        text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    else:
        text = content.decode("utf-8") if name.endswith(".md") else ""
    heading = re.search(r"^# (.*)", text, re.M)
    return heading[1].strip() if heading else name


def _tables(crate: ROCrate, kept: Mapping[str, DataEntity]) -> None:
    """Say of each data table what its descriptor says; licences too, where it has its own."""
    for descriptor in (paths.DATAPACKAGE, *sorted(paths.DATA.glob("*/datapackage.json"))):
        folder = descriptor.parent.relative_to(paths.ROOT).as_posix()
        for table in json.loads(descriptor.read_text("utf-8"))["resources"]:
            entity = kept[f"{folder}/{table['path']}"]
            entity["name"], entity["description"] = table["title"], table["description"]
            if "licenses" in table:
                entity["license"] = [
                    _add(crate, f"#licence/{table['name']}/{licence['name']}",
                         {"@type": "CreativeWork", "name": licence["title"]})
                    for licence in table["licenses"]
                ]  # fmt: skip


def _claims(crate: ROCrate, studies: list[ContextEntity]) -> dict[str, ContextEntity]:
    """The statements of the study, by the name that values call them by."""
    found = {}
    for row in datapackage.read_table("claims").itertuples():
        properties = {"@type": "Claim", "identifier": row.claim_id, "text": row.statement}
        if studies:
            properties["appearance"] = {"@id": studies[0].id}
        entity = crate.add(ContextEntity(crate, f"#claim/{row.claim_id}", properties=properties))
        found[row.claim_id.replace("-", "_")] = entity
    return found


def _values(
    crate: ROCrate, known: Mapping[str, values.Value], stated: Mapping, kept: Mapping
) -> dict[str, ContextEntity]:
    """Every published value: its interval, the tables its rows stand in, the claim it judges."""
    table_of = {
        id: f"data/raw/{name}.csv"
        for name in datapackage.OBSERVATION_TABLES
        for id in datapackage.read_table(name)["obs_id"]
    }
    found = {}
    for id, value in known.items():
        properties = {
            "@type": "PropertyValue",
            "name": value.label or id,
            "propertyID": id,
            "value": value.value,
            "unitText": value.unit,
            "measurementTechnique": value.kind,
        }
        if value.low is not None:
            properties |= {"minValue": value.low, "maxValue": value.high}
        files = sorted({table_of[row] for row in value.rows if row in table_of})
        if files:
            properties["isBasedOn"] = [{"@id": kept[file].id} for file in files]
        judged = re.match(r"\w+\.(?:verdict|holds|later)_(\w+)$", id)
        if judged and judged[1] in stated:
            properties["about"] = {"@id": stated[judged[1]].id}
        found[id] = crate.add(ContextEntity(crate, f"#value/{id}", properties=properties))
    return found


def _run(crate: ROCrate, run: Mapping, known: Mapping, numbers: Mapping, kept: Mapping):
    """The run of a chapter: by which notebook, from which tables and parameters, to what."""
    chapter = run["chapter"]
    given = [
        crate.add(ContextEntity(crate, f"#parameter/{chapter}/{name}", properties=facts))
        for name, facts in _parameters(chapter, run["parameters"]).items()
    ]
    read = [kept[f"data/raw/{table}.csv"] for table in sorted(run["rows"])]
    before = [kept[f"build/values/{name}.json"] for name in upstream.NEEDS.get(chapter, ())]
    made = [kept[f"build/notebooks/{chapter}.ipynb"], kept[f"build/values/{chapter}.json"]]
    made += [numbers[id] for id, value in known.items() if value.chapter == chapter]
    properties = {
        "@type": "CreateAction",
        "name": f"Run of chapters/{chapter}.ipynb",
        "description": kept[f"chapters/{chapter}.ipynb"]["name"],
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "instrument": {"@id": kept[f"chapters/{chapter}.ipynb"].id},
        "object": [{"@id": thing.id} for thing in (*read, *before, kept["requirements.lock"], *given)],
        "result": [{"@id": thing.id} for thing in made],
    }  # fmt: skip
    return crate.add(ContextEntity(crate, f"#run/{chapter}", properties=properties))


def _parameters(chapter: str, given: Mapping) -> dict[str, dict]:
    """Parameters of a run, with unit and reason; what was left to the rows says so."""
    fields = parameters.model(chapter).model_fields
    return {
        name: {
            "@type": "PropertyValue",
            "name": name,
            "value": fields[name].json_schema_extra["unset"] if value is None else value,
            "unitText": fields[name].json_schema_extra["unit"],
            "description": fields[name].description,
        }
        for name, value in given.items()
    }
