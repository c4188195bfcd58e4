"""What a reader takes home: parameters, rows, data package, notebook."""

import csv
import io
import json
import os
import zipfile

import nbformat.v4 as nb
import pytest
import yaml

from compendium import catalogue, downloads, exhibits, paths, values


def cell(source, *tags):
    return nb.new_code_cell(source, metadata={"tags": list(tags)})


def test_parameters_are_those_of_the_injected_cell():
    cells = [
        cell('# Words\nas_of = "2024-10-28"\nn = 5\nx = -1.5\nnothing = None', "parameters"),
        cell('as_of = "2025-01-01"\nmany = [1, 2]', "injected-parameters"),
        cell("n = 7"),
    ]
    found = downloads.parameters_of(cells)
    assert found == {
        "as_of": "2025-01-01", "n": 5, "x": -1.5, "nothing": None, "many": [1, 2],
    }  # fmt: skip


def test_papermill_reads_the_parameters_as_they_were(tmp_path):
    from papermill.iorw import read_yaml_file

    given = {"as_of": "2024-10-28", "n": 5, "x": 1e6, "word": "yes: {no}", "none": None}
    file = tmp_path / "p.yml"
    file.write_text(downloads.parameters_yaml("arms_trade", given), "utf-8")
    assert read_yaml_file(str(file)) == given
    assert yaml.safe_load(file.read_text()) == given


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"), ("+cmd|x", "'+cmd|x"), ("-x", "'-x"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"), (" =1", "' =1"), ("\r=1", "' =1"), ("-3.5", "-3.5"), ("-12", "-12"),
        ("a=1", "a=1"), ("", ""), ("2024-06-17", "2024-06-17"),
    ],
)  # fmt: skip
def test_no_cell_of_a_table_runs_as_a_formula(text, safe):
    lines = list(csv.reader(io.StringIO(catalogue.as_csv(["a"], [{"a": text}]), newline="")))
    assert lines[1:] == [[safe]]


def test_cited_rows_are_those_of_the_chapters_values_that_the_vintage_knows():
    late = "2026-10-31"
    rows = catalogue.Catalogue("2023-12-31", {}).rows
    known = rows.index[rows["table"] == "arms"][0]
    later = next(
        id for id, row in catalogue.Catalogue(late, {}).rows.iterrows() if str(row["known_on"]) > "2025"
    )  # fmt: skip
    stated = values.Value("arms_trade.n", 1.0, rows=(known, later))
    other = values.Value("trade_trends.n", 1.0, rows=(rows.index[-1],))
    book = catalogue.Catalogue("2023-12-31", {v.id: v for v in (stated, other)})
    found = list(csv.DictReader(io.StringIO(book.cited_csv("arms_trade"))))
    assert [(row["table"], row["obs_id"]) for row in found] == [("arms", known)]
    assert [s["source_id"] for s in book.sources_of("arms_trade")] == [found[0]["source_id"]]


def test_data_package_is_the_same_wherever_and_whenever_it_is_made(tmp_path):
    first = downloads.package_zip(paths.DATA, paths.ROOT)
    copy = tmp_path / "data"
    for file in paths.DATA.rglob("*"):
        if file.is_file():
            target = copy / file.relative_to(paths.DATA)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
            os.utime(target, (1e9, 1e9))
    (copy / ".hidden").write_text("x")
    assert downloads.package_zip(copy, paths.ROOT) == first


def test_data_package_is_valid_once_unpacked(tmp_path):
    frictionless = pytest.importorskip("frictionless")
    made = downloads.package_zip(paths.DATA, paths.ROOT)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert {"datapackage.json", "raw/sources.csv", "LICENSE"} <= set(archive.namelist())
        archive.extractall(tmp_path)
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert report.valid, report.to_summary()


def test_a_notebook_to_take_home_keeps_its_pictures_and_not_their_doubles():
    both = nb.new_output("display_data", {exhibits.MIME: {"files": {}}, "image/png": "x"})
    alone = nb.new_output("display_data", {exhibits.MIME: {"kind": "prose"}})
    book = nb.new_notebook(cells=[nb.new_code_cell("1", outputs=[both, alone])])
    found = json.loads(downloads.portable(json.dumps(book)))["cells"][0]["outputs"]
    assert [set(output["data"]) for output in found] == [{"image/png"}, {exhibits.MIME}]
