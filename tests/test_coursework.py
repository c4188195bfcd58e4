"""Coursework: the student's notebook, the key, and the grading of filled copies."""

import copy
import os
import runpy
import subprocess
import sys

import nbformat
import pytest

from compendium import coursework, exercises, kernels, parameters, paths
from compendium.errors import CompendiumError, UsageError
from compendium.exercises import cells

FEW = {"draws": 256, "sobol_samples": 64}
SETUP = """\
from types import SimpleNamespace
import pandas as pd
from compendium import exercises, parameters
chosen = parameters.validate("replication", {})
words = ["reproduced", "reproduced", "not testable", "reproduced with another reading"]
summary = pd.DataFrame({"verdict": words, "id": ["a.a", "a.b", "", "a.a"]})
result = SimpleNamespace(frames={"summary": summary})
check = exercises.checker(chosen, result)
"""


def made(chapter, solved):
    return coursework.notebook(
        cells.stored(chapter), chapter, parameters.validate(chapter, {}), solved=solved
    )


@pytest.mark.parametrize("chapter", exercises.MODULES)
def test_the_students_copy_holds_every_exercise_and_no_solution(chapter):
    student, key = made(chapter, False), made(chapter, True)
    nbformat.validate(student)
    text = "\n".join(cell.source for cell in student.cells)
    for exercise in cells.of_chapter(chapter):
        assert exercise.title in text and "<summary>Hint</summary>" in text
        assert f'check("{exercise.label}", answer)' in text
        assert exercise.code not in text and exercise.words not in text
        assert exercise.code in "\n".join(cell.source for cell in key.cells)
    assert text.count("answer = ...") == len(cells.of_chapter(chapter))
    assert "{" + "exercise" not in text and "{solution" not in text
    checks = [c for c in student.cells if coursework.CHECKS in c.metadata.get("tags", [])]
    assert len(checks) == len(cells.of_chapter(chapter))


def filled(answers):
    """The student's copy of a small chapter with these answers."""
    notebook = copy.deepcopy(made("replication", False))
    notebook.cells[2:4] = [nbformat.v4.new_code_cell(SETUP, id="setup")]
    for cell in notebook.cells:
        name = cell.id.removeprefix("answer-")
        if name in answers:
            cell.source = answers[name]
    return notebook


def test_a_filled_copy_is_graded_whatever_becomes_of_a_cell(tmp_path):
    file = tmp_path / "anna's answers.ipynb"
    answers = {
        "replication-shared-values": "answer = 2",
        "replication-half-credit": "raise KeyboardInterrupt  # as nbclient does after the time limit",
        "replication-reproduced-share": "answer = undefined",
    }
    nbformat.write(filled(answers), file)
    found = coursework.grade(file)
    lines = found.splitlines()
    assert lines[0].endswith("  right")
    assert "its code fails: it ran longer than it may" in lines[1]
    assert "its code fails: NameError: name 'undefined' is not defined" in lines[2]
    assert lines[3] == "1 of 3 right"


def test_an_answer_that_writes_without_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(kernels, "LARGEST", 0.1)
    endless = filled({"replication-shared-values": "while True:\n    print('x' * 10_000)"})
    with pytest.raises(CompendiumError, match="wrote more than 0.1 million characters"):
        coursework.run(endless, tmp_path)


def test_an_empty_copy_is_open_and_shows_no_traceback(tmp_path):
    ran = coursework.run(filled({}), tmp_path)
    outputs = [o for cell in ran.cells for o in cell.get("outputs", [])]
    assert [o.output_type for o in outputs] == ["execute_result"] * 3
    assert all("not answered yet" in o.data["text/plain"] for o in outputs)
    assert {v.state for v in coursework.verdicts(ran)} == {exercises.OPEN}


def test_what_cannot_be_graded_is_refused(tmp_path):
    with pytest.raises(CompendiumError, match="is missing"):
        coursework.grade(tmp_path / "none.ipynb")
    (tmp_path / "text.ipynb").write_text("no")
    with pytest.raises(CompendiumError, match="is not a notebook"):
        coursework.grade(tmp_path / "text.ipynb")
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "empty.ipynb")
    with pytest.raises(CompendiumError, match="checks no answer"):
        coursework.grade(tmp_path / "empty.ipynb")


def test_a_key_that_is_not_right_is_not_handed_out(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    wrong = exercises.Verdict("arms-repeats", exercises.WRONG, "too high")
    monkeypatch.setattr(coursework, "run", lambda notebook, folder: notebook)
    monkeypatch.setattr(coursework, "verdicts", lambda ran: [wrong])
    with pytest.raises(CompendiumError, match="the key is not right:\narms-repeats: not right"):
        coursework.write("arms_trade", parameters.validate("arms_trade", FEW), lambda line: None)
    assert not list(tmp_path.rglob("*.ipynb"))


def test_an_unknown_chapter_is_told_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'arms_trade'"):
        coursework.require_chapter("arm_trade")
    script = paths.ROOT / "scripts" / "coursework.py"
    done = subprocess.run(
        [sys.executable, str(script), "--chapter", "arm_trade"],
        capture_output=True, text=True, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("no chapter 'arm_trade'; did you mean 'arms_trade'?; allowed: ")


@pytest.mark.parametrize("given", ["1.5", "nan", "inf", "0", "-1", "", "x", "86401", "9" * 5000])
def test_a_time_limit_that_is_none_is_refused(monkeypatch, capsys, given):
    script = str(paths.ROOT / "scripts" / "coursework.py")
    monkeypatch.setattr(coursework, "grade", lambda *_: pytest.fail("was run"))
    monkeypatch.setattr(sys, "argv", [script, "--grade", "x.ipynb", f"--timeout={given}"])
    with pytest.raises(SystemExit, match="2"):
        runpy.run_path(script)["main"]()
    assert f"--timeout: {given!r}; allowed: whole seconds from 1" in capsys.readouterr().err


def test_the_page_lists_every_exercise_with_its_level_and_minutes():
    text = coursework.overview()
    for chapter in exercises.MODULES:
        for exercise in cells.of_chapter(chapter):
            assert f"<{exercise.label}>` | {exercise.level} | {exercise.minutes} |" in text
        assert all(goal in text for goal in cells.stated(cells.stored(chapter), "objectives"))


def test_a_key_that_is_right_is_handed_out_with_the_exercises(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    right = exercises.Verdict("arms-repeats", exercises.RIGHT)
    monkeypatch.setattr(coursework, "run", lambda notebook, folder: notebook)
    monkeypatch.setattr(coursework, "verdicts", lambda ran: [right])
    lines = []
    folder = coursework.write("arms_trade", parameters.validate("arms_trade", FEW), lines.append)
    names = {"arms_trade-exercises.ipynb", "arms_trade-key.ipynb", "README.md"}
    assert {file.name for file in folder.iterdir()} == names
    assert len(lines) == 4 and all(file.stat().st_size for file in folder.iterdir())


def test_exercises_that_were_filled_in_where_they_stand_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    monkeypatch.setattr(coursework, "run", lambda notebook, folder: notebook)
    monkeypatch.setattr(coursework, "verdicts", lambda ran: [])

    def write():
        return coursework.write("replication", parameters.validate("replication", {}), str)

    file = write() / "replication-exercises.ipynb"
    write()  # in place of one that nobody has filled in
    nbformat.write(filled({"replication-shared-values": "answer = 2"}), file)
    before = file.read_bytes()
    with pytest.raises(CompendiumError, match="cell answer-replication-shared-values: holds an"):
        write()
    assert file.read_bytes() == before


def test_an_answer_whose_check_was_not_run_is_open():
    cell = nbformat.v4.new_code_cell('check("arms-repeats", 1)')
    (line,) = coursework.verdicts(nbformat.v4.new_notebook(cells=[cell]))
    assert line.state == exercises.OPEN and "its check was not run" in str(line)
