"""Papers for reviewers: they say what the book shows, name files it makes, and are not stale."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from compendium import citation, description, inventory, paths
from compendium.errors import CompendiumError
from compendium.inventory import SCENARIO

README = """\
Measured on one core:

| what | time | disk |
|---|---|---|
| the environment, once | 20 min | 1.2 GB |
| `make book`, from nothing | 2 h | 900 MB |
"""


@pytest.fixture(scope="module")
def build(quick_book):
    return quick_book / "_build" / "quick"


@pytest.fixture(scope="module")
def pages(quick_book, build):
    return inventory.pages(build, description.kept_parts(quick_book / "_build"))


def test_committed_papers_are_those_made_now(quick_book, build):
    found = description.texts(build, description.kept_parts(quick_book / "_build"))
    stale = [file.as_posix() for file in description.stale(found)]
    assert stale == [], "run `make describe`"


def test_exhibits_bear_the_numbers_of_the_book_and_their_files_are_made(pages, build):
    exhibits = [shown for page in pages for shown in page.exhibits]
    assert len(exhibits) > 150 and {shown.kind for shown in exhibits} == {"figure", "table"}
    for page in pages:
        html = (build / "html" / page.file.with_suffix(".html")).read_text("utf-8")
        printed = re.findall(r'caption-number">\s*((?:Figure|Table) [\d.]+)', html)
        assert sorted(printed) == sorted(shown.title for shown in page.exhibits)
        for shown in page.exhibits:
            assert f'id="{shown.name}"' in html
            assert (build / shown.file).is_file(), shown.file


def test_cells_and_lines_lead_to_the_exhibit(pages):
    import nbformat

    for page in pages:
        cells = {}
        if page.chapter:
            stored = nbformat.read(paths.ROOT / page.file, as_version=4)
            cells = {cell.id: cell.source.splitlines() for cell in stored.cells}
        for shown in page.exhibits:
            assert (paths.ROOT / shown.program).is_file()
            if page.chapter:
                assert shown.cell in cells
            if shown.line:
                assert shown.name[:8] in cells[shown.cell][shown.line - 1]


def test_every_file_of_the_manifest_is_made_by_a_build(pages, build):
    work = citation.read(paths.ROOT / citation.NAME)
    files = [
        entry["file"] for entry in yaml.safe_load(description.codecheck(pages, work))["manifest"]
    ]
    assert len(set(files)) == len(files)
    for file in files:
        assert (build / file.removeprefix(f"_build/{SCENARIO}/")).is_file(), file


def test_codecheck_follows_the_specification_and_invents_nobody(pages):
    work = citation.read(paths.ROOT / citation.NAME)
    text = description.codecheck(pages, work)
    content = yaml.safe_load(text)
    assert re.search(r"^---$", text, re.M) and text.index("%YAML 1.1") < text.index("---")
    assert content["version"] == "https://codecheck.org.uk/spec/config/1.0/"
    assert all(entry["file"] and entry["comment"] for entry in content["manifest"])
    assert content["paper"]["title"] == work.title
    assert [author["name"] for author in content["paper"]["authors"]] == work.names
    assert "Putin's Partner" in content["paper"]["reference"]
    assert not {"codechecker", "report", "certificate"} & set(content)  # theirs to add
    known = yaml.safe_load(description.codecheck(pages, replace(work, doi="10.1/x")))
    assert known["paper"]["reference"] == "https://doi.org/10.1/x"


def test_replication_readme_has_the_parts_editors_ask_for(pages):
    text = description.replication(pages, citation.read(paths.ROOT / citation.NAME))
    heads = re.findall(r"^## (.*)", text, re.M)
    assert heads == [
        "Overview", "Data availability and provenance statements", "Dataset list",
        "Computational requirements", "Description of programs/code",
        "Instructions to replicators", "List of exhibits and programs", "Numbers in the text",
        "References",
    ]  # fmt: skip
    for name in re.findall(r"\]\(\.\./([^)#]+)\)", text):
        assert (paths.ROOT / name).exists(), name
    for table in paths.RAW.glob("*.csv"):
        assert f"`data/raw/{table.name}`" in text
    for target in re.findall(r"`make ([a-z-]+)`", text):
        assert target in inventory.commands(), target
    plain = re.sub(r"`[^`]*`|<!--.*-->|</?(?:details|summary|code)>", "", text)
    assert re.findall(r"<[a-z][^>]*>", plain) == []  # a page would swallow it
    assert "{{" not in text and "{%" not in text


@pytest.mark.parametrize(
    ("classes", "column", "text"),
    [(description.TIMES, 1, "2-8 hours"), (description.SPACES, 2, "2 GB - 25 GB")],
)
def test_classes_are_ticked_by_what_was_measured(tmp_path, classes, column, text):
    (tmp_path / "README.md").write_text(README)
    measured = inventory.readme_table("| what | time | disk |", tmp_path)
    assert [name for name, here in description._ticked(classes, measured, column) if here] == [text]


def test_a_readme_without_measured_times_is_told(tmp_path):
    (tmp_path / "README.md").write_text("# Nothing\n")
    with pytest.raises(CompendiumError, match=r"README.md: no table that begins with '\| what"):
        inventory.readme_table("| what | time | disk |", tmp_path)
    with pytest.raises(CompendiumError, match="no row 'the environment'"):
        description._ticked(description.TIMES, "| what | time | disk |\n|---|---|---|\n", 1)


def test_a_stale_paper_is_found_and_written(tmp_path):
    found = {description.REPLICATION: "new\n", description.CODECHECK: "same\n"}
    (tmp_path / description.CODECHECK).write_text("same\n")
    assert description.stale(found, tmp_path) == [description.REPLICATION]
    assert description.write(found, tmp_path) == [description.REPLICATION]
    assert description.stale(found, tmp_path) == []


@pytest.mark.parametrize(
    ("file", "ask"),
    [
        ("README.md", lambda root: inventory.readme_table("| what", root)),
        ("Makefile", inventory.commands),
        ("pyproject.toml", inventory.locked),
        ("scripts/check.py", inventory.programs),
    ],
)
def test_a_damaged_file_that_papers_are_made_from_is_told_by_name(tmp_path, file, ask):
    place = tmp_path / file
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"# some\n\xff\xfe")
    with pytest.raises(CompendiumError, match=rf"{re.escape(file)}:2: not readable as UTF-8"):
        ask(tmp_path)


def test_a_paper_that_is_no_text_any_more_is_stale(tmp_path):
    (tmp_path / "codecheck.yml").write_bytes(b"\xff\xfe")
    assert description.stale({Path("codecheck.yml"): "x"}, tmp_path) == [Path("codecheck.yml")]
