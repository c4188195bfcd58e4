"""Stored notebooks are clean, and their parameters cell is followed by the check of it."""

import ast
import re

import nbformat
import pytest

from compendium import parameters, paths

NOTEBOOKS = sorted(paths.CHAPTERS.glob("*.ipynb"), key=lambda file: file.stem)


@pytest.fixture(params=NOTEBOOKS, ids=lambda file: file.stem)
def file(request):
    return request.param


@pytest.fixture
def notebook(file):
    return nbformat.read(file, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def headings(notebook, mark):
    """Headings of one level; lines of fenced blocks are none."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"^(```+|~~~+).*?^\1", "", cell.source, flags=re.M | re.S)
            found += re.findall(rf"^{mark} +(.+)$", text, re.M)
    return found


def test_every_chapter_has_a_notebook_and_the_other_way_round():
    assert {file.stem for file in NOTEBOOKS} == set(parameters.CHAPTERS)


def test_it_is_a_valid_notebook_of_the_newest_format(file, notebook):
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert file.read_text("utf-8").endswith("}\n")


def test_nothing_of_a_run_is_stored(notebook):
    assert [cell.id for cell in code(notebook) if cell.outputs] == []
    assert [cell.id for cell in code(notebook) if cell.execution_count is not None] == []
    assert set(notebook.metadata) <= {"kernelspec", "language_info", "jupytext"}
    assert set(notebook.metadata.get("language_info", {})) <= {"name"}
    kept = {key for cell in notebook.cells for key in cell.metadata}
    assert not kept & {"execution", "papermill", "collapsed", "scrolled", "ExecuteTime"}


def test_cells_have_ids_of_their_own_that_say_something(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert [id for id in ids if re.fullmatch(r"[0-9a-f]{8}([0-9a-f-]{28})?", id)] == []


def test_the_kernel_is_that_of_any_machine(notebook):
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.kernelspec.language == "python"


def test_one_cell_holds_the_parameters_and_the_next_code_checks_them(file, notebook):
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", ())]
    assert [(cell.cell_type, cell.id) for cell in tagged] == [("code", "parameters")]
    cells = code(notebook)
    after = cells[cells.index(tagged[0]) + 1]
    calls = [n for n in ast.walk(ast.parse(after.source)) if isinstance(n, ast.Call)]
    checks = [call for call in calls if ast.unparse(call.func).endswith("from_notebook")]
    assert [ast.unparse(call) for call in checks] == [
        f"parameters.from_notebook('{file.stem}', globals())"
    ]
    assert cells[0] is tagged[0]


def test_the_first_cell_has_the_only_title(notebook):
    titles = headings(notebook, "#")
    assert len(titles) == 1
    assert notebook.cells[0].source.startswith(f"# {titles[0]}")
    assert len(notebook.cells[0].source.splitlines()) > 1


def test_no_heading_stands_twice(notebook):
    sections = headings(notebook, "##")
    assert len(set(sections)) == len(sections)


def test_it_names_no_place_of_a_machine(notebook):
    local = re.compile(r"(?<![\w.:/])/(home|Users|root|tmp|work|mnt|opt|var)/|\b[A-Z]:\\|file://")
    assert [cell.id for cell in notebook.cells if local.search(cell.source)] == []


def test_nothing_is_left_for_later(notebook):
    later = re.compile(
        r"\b(TO[D]O|FIX[M]E|X[X]X|TBD)\b|coming[ ]soon|lorem[ ]ipsum|to be written", re.I
    )
    assert [cell.id for cell in notebook.cells if later.search(cell.source)] == []


def test_code_can_be_read_and_no_cell_is_empty(notebook):
    for cell in code(notebook):
        compile(cell.source, cell.id, "exec")
    assert [cell.id for cell in notebook.cells if not cell.source.strip()] == []


def test_exhibits_have_names_of_their_own():
    names = []
    for file in NOTEBOOKS:
        for cell in code(nbformat.read(file, as_version=4)):
            names += re.findall(r'"((?:fig|tab)-[a-z0-9-]+)"', cell.source)
    assert names
    assert sorted(set(names)) == sorted(names)
