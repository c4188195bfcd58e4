"""The RO-Crate: read back with the library, every file is there with its digest, nothing dangles."""

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from compendium import crate, datapackage, paths, stamps, values
from compendium.errors import CompendiumError

METADATA = "ro-crate-metadata.json"


@pytest.fixture(scope="module")
def root(quick_book, tmp_path_factory):
    """A checkout with the results of the quick book, to which `paths` lead."""
    root = tmp_path_factory.mktemp("crate") / "côpy"
    for place in crate.TAKEN:
        for name in stamps.files_at(paths.ROOT, place):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(paths.ROOT / name, root / name)
    build = root / "_build" / "quick"
    for part in ("notebooks", "runs", "values"):
        shutil.copytree(quick_book / "_build" / "quick" / part, build / part)
    shutil.copy(quick_book / "_build" / "quick" / "values.json", build)
    (root / "scenarios").mkdir()
    shutil.copy(quick_book / "scenarios" / "quick.yml", root / "scenarios")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("BUILD", "DATAPACKAGE", "DATA", "RAW", "ROOT"):
            place = getattr(paths, name).relative_to(paths.ROOT)
            patch.setattr(paths, name, root / place)
        stamps.write(stamps.take("quick"), build)
        yield root


@pytest.fixture(scope="module")
def folder(root):
    return crate.pack("quick")


@pytest.fixture(scope="module")
def graph(folder):
    content = json.loads((folder / METADATA).read_text("utf-8"))
    return {entity["@id"]: entity for entity in content["@graph"]}


def of_type(graph, kind):
    return [e for e in graph.values() if kind in (e["@type"], *e["@type"])]


def references(content):
    if isinstance(content, dict):
        if set(content) == {"@id"}:
            yield content["@id"]
        for part in content.values():
            yield from references(part)
    elif isinstance(content, list):
        for part in content:
            yield from references(part)


def test_a_failure_leaves_the_last_crate_as_it_was(root, folder, monkeypatch):
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    monkeypatch.setattr(crate.downloads, "zipped", lambda files: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        crate.pack("quick")
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


def test_the_library_reads_every_file_back_with_its_digest(folder):
    found = ROCrate(folder)
    files = {entity.id: entity for entity in found.data_entities}
    for name, entity in files.items():
        content = (folder / name).read_bytes()
        assert entity["sha256"] == hashlib.sha256(content).hexdigest(), name
        assert entity["contentSize"] == str(len(content))
    there = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert there - {METADATA} == set(files)


def test_every_reference_resolves(graph):
    known = {*graph, "https://w3id.org/ro/crate/1.1"}
    asked = {id for entity in graph.values() for id in references({**entity, "@id": ""})}
    assert asked - known == set()


def test_it_says_what_was_made_from_what(graph, root):
    runs = {e["@id"]: e for e in of_type(graph, "CreateAction")}
    assert {id.rpartition("/")[2] for id in runs} == {
        file.stem for file in (root / "_build" / "quick" / "runs").glob("*.json")
    }
    arms = runs["#run/arms_trade"]
    assert arms["instrument"] == {"@id": "chapters/arms_trade.ipynb"}
    objects = {part["@id"] for part in arms["object"]}
    assert {"data/raw/arms.csv", "requirements.lock", "#parameter/arms_trade/draws"} <= objects
    results = {part["@id"] for part in arms["result"]}
    assert {"build/notebooks/arms_trade.ipynb", "#value/arms_trade.value_total"} <= results
    assert graph["#parameter/arms_trade/draws"]["value"] == 256
    assert not any("Time" in key for run in runs.values() for key in run)


def test_it_holds_values_statements_and_the_study(graph, root):
    known = values.read(root / "_build" / "quick" / "values.json")
    total = graph["#value/arms_trade.value_total"]
    assert total["value"] == known["arms_trade.value_total"].value
    assert total["minValue"] == known["arms_trade.value_total"].low
    assert "data/raw/arms.csv" in references(total["isBasedOn"])
    claims = {entity["identifier"] for entity in of_type(graph, "Claim")}
    assert claims == set(datapackage.read_table("claims")["claim_id"])
    assert any("about" in e for e in of_type(graph, "PropertyValue"))
    assert graph[graph["./"]["isBasedOn"]["@id"]]["name"] == "Putin's Partner"
    assert graph["data/raw/arms.csv"]["license"]["@id"].endswith("CC-BY-4.0.html")
    for licence in graph["data/shapes/places.csv"]["license"]:
        assert graph[licence["@id"]]["name"].startswith(("World Port Index", "GeoNames"))
    assert graph["src/compendium/crate.py"]["license"]["@id"].endswith("MIT.html")


def test_the_same_inputs_give_the_same_bytes(root, folder):
    archive = folder.parent / crate.ARCHIVE
    before = archive.read_bytes()
    assert sorted(zipfile.ZipFile(archive).namelist()) == sorted(
        file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()
    )
    crate.pack("quick")
    assert archive.read_bytes() == before
    assert str(Path.home()).encode() not in (folder / METADATA).read_bytes()


def test_a_scenario_that_was_not_built_is_told():
    with pytest.raises(CompendiumError, match="run `make book SCENARIO=low` first"):
        crate.pack("low")


@pytest.mark.parametrize(
    "name",
    [
        "data/raw/arms.csv",
        "_build/quick/runs/arms_trade.json",
        "_build/quick/values/arms_trade.json",
    ],
)
def test_other_files_than_those_of_the_book_are_not_packed_with_it(root, folder, name):
    file, before = root / name, (folder / METADATA).read_bytes()
    kept = file.read_bytes()
    file.write_bytes(kept[: len(kept) // 2])
    with pytest.raises(CompendiumError, match="run `make crate SCENARIO=quick`"):
        crate.pack("quick")
    file.write_bytes(kept)
    assert (folder / METADATA).read_bytes() == before


def test_a_page_beside_the_first_is_packed_too(root):
    contents = (root / "_toc.yml").read_text("utf-8")
    (root / "preface.md").write_text("# Preface\n")
    (root / "_toc.yml").write_text(contents + "      - file: preface\n")
    files = crate.contents("quick", root)
    (root / "_toc.yml").write_text(contents)
    (root / "preface.md").unlink()
    assert files["preface.md"] == b"# Preface\n"
