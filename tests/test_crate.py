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
    """A checkout with the results of the quick book."""
    root = tmp_path_factory.mktemp("crate") / "côpy"
    for place in crate.TAKEN:
        for name in stamps.files_at(paths.ROOT, place):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(paths.ROOT / name, root / name)
    for part in ("notebooks", "runs", "values"):
        shutil.copytree(quick_book / "_build" / "quick" / part, root / "_build" / "quick" / part)
    shutil.copy(quick_book / "_build" / "quick" / "values.json", root / "_build" / "quick")
    (root / "scenarios").mkdir()
    shutil.copy(quick_book / "scenarios" / "quick.yml", root / "scenarios")
    return root


@pytest.fixture(scope="module")
def folder(root):
    return crate.pack("quick", root)


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
        crate.pack("quick", root)
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
    crate.pack("quick", root)
    assert archive.read_bytes() == before
    assert str(Path.home()).encode() not in (folder / METADATA).read_bytes()


def test_a_scenario_that_was_not_built_is_told(tmp_path):
    with pytest.raises(CompendiumError, match="run `make book SCENARIO=low` first"):
        crate.pack("low", tmp_path)
