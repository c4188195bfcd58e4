"""Notebooks for a course, made from a chapter: one for students, a key, and their grading.

The student's notebook is the chapter's set-up and its exercises, with the solutions taken out;
it is made anew each time and never kept. otter-grader and nbgrader do alike, but mark what is
a solution by comments or metadata of their own, which the book would have to carry beside
sphinx-exercise's. They would add 17 and 49 packages to the lock (otter-grader 7.0, nbgrader
0.9, the latter with Jupyter Server and a database); here this module is enough.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import nbformat.v4 as nb
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from compendium import exercises, files, kernels, notebooks, parameters, paths
from compendium.errors import CompendiumError, UsageError, nearest
from compendium.exercises import cells
from compendium.exercises.cells import Exercise

TIMEOUT = 120  # seconds a cell of a student may take
ROLE = re.compile(r"\{\w+\}`([^`<]+?)(?:\s*<[^`>]+>)?`")
EMPTY = "answer = ..."  # what a student fills in
CHECKS = "checks"  # tag of the cell that checks an answer


# --------------------------------------------------------------------- what is there to do


def overview() -> str:
    """Every chapter with its objectives and exercises, as MyST for the page on coursework."""
    parts = []
    for chapter in exercises.MODULES:
        notebook = cells.stored(chapter)
        title = notebook.cells[0].source.partition("\n")[0].removeprefix("# ").partition(":")[0]
        found = cells.exercises(notebook, f"chapters/{chapter}.ipynb")
        total = sum(exercise.minutes for exercise in found)
        goals = "; ".join(cells.stated(notebook, "objectives"))
        (before,) = cells.stated(notebook, "prerequisites")
        rows = "".join(
            f"| {{ref}}`{e.title} <{e.label}>` | {e.level} | {e.minutes} |\n" for e in found
        )
        parts.append(
            f"**[{title}]({chapter}.ipynb)**, about {total} minutes.\n"
            f"Students can afterwards {goals}.\n"
            f"Needed beforehand: {before[:1].lower()}{before[1:]}\n\n| Exercise | Level | Minutes |\n|---|---|---|\n{rows}"
        )
    return "\n".join(parts)


def require_chapter(name: str) -> str:
    """Name of a chapter with exercises.

    Raises
    ------
    UsageError
        There is none of that name.
    """
    if name not in exercises.MODULES:
        raise UsageError(
            f"no chapter {name!r}{nearest(name, exercises.MODULES)}; "
            f"allowed: CHAPTER={', '.join(exercises.MODULES)}"
        )
    return name


# ----------------------------------------------------------------------- what is handed out


def write(
    chapter: str, given: parameters.Parameters, report: Callable[[str], None] = print
) -> Path:
    """Write the student's notebook, the key and a short README; return their folder.

    Parameters
    ----------
    chapter : str
    given : Parameters
        What the exercises are asked under; expected answers follow from it.
    report : callable
        Takes a line of progress.

    Raises
    ------
    UsageError
        No such chapter.
    CompendiumError
        The key was run and is not right, or somebody has filled in the exercises where they
        stand; nothing is handed out then.
    """
    source = cells.stored(require_chapter(chapter))
    folder = paths.BUILD / "coursework" / chapter
    folder.mkdir(parents=True, exist_ok=True)
    key, student = folder / f"{chapter}-key.ipynb", folder / f"{chapter}-exercises.ipynb"
    _require_unanswered(student)
    report(f"running the key of {chapter} ...")
    solved = run(notebook(source, chapter, given, solved=True), folder)
    if faults := [line for line in verdicts(solved) if line.state not in exercises.DONE]:
        raise CompendiumError("the key is not right:\n" + "\n".join(map(str, faults)))
    files.put(key, nbformat.writes(solved) + "\n")
    empty = notebook(source, chapter, given, solved=False)
    files.put(student, nbformat.writes(empty) + "\n")
    files.put(folder / "README.md", _readme(chapter, given))
    for file in (student, key, folder / "README.md"):
        report(paths.relative(file))
    return folder


def _require_unanswered(student: Path) -> None:
    """Raise where an earlier copy holds work that a new one would take the place of."""
    if not student.exists():
        return
    answers = [c for c in notebooks.read(student).cells if c.get("id", "").startswith("answer-")]
    if filled := next((c.id for c in answers if c.source.strip() != EMPTY), None):
        raise CompendiumError(
            f"{paths.relative(student)}, cell {filled}: holds an answer, which a new copy would "
            "lose; nothing was written, move that file to another folder and run this again"
        )


def notebook(
    source: nbformat.NotebookNode, chapter: str, given: parameters.Parameters, *, solved: bool
) -> nbformat.NotebookNode:
    """Exercises of a chapter as a notebook of their own.

    Parameters
    ----------
    source : NotebookNode
        The chapter as it is stored.
    chapter : str
    given : Parameters
    solved : bool
        With the solutions, or with empty answers.
    """
    title = source.cells[0].source.partition("\n")[0].removeprefix("# ").partition(":")[0]
    found = cells.exercises(source, f"chapters/{chapter}.ipynb")
    made = [
        nb.new_markdown_cell(
            f"# {title}: {'key to the exercises' if solved else 'exercises'}\n\n"
            f"Read the chapter in the book first; its figures and tables stand there.\n"
            "Run the cells in order, put each answer in place of the dots, and run the check below it.",
            id="head",
        ),
        nb.new_code_cell(_settings(given), id="parameters", metadata={"tags": ["parameters"]}),
        *(
            nb.new_code_cell(cell.source, id=cell.id)
            for cell in source.cells
            if "parameters.from_notebook(" in cell.source or cell.id == cells.CHECK
        ),
    ]
    for number, exercise in enumerate(found, 1):
        made += _cells(exercise, number, solved)
    return nb.new_notebook(cells=made, metadata=source.metadata)


def _settings(given: parameters.Parameters) -> str:
    from compendium import chapters  # which needs papermill

    lines = [f"{name} = {value!r}" for name, value in chapters.plain(given).items()]
    return "\n".join(["# Change a parameter, and what is expected of you changes with it.", *lines])


def _cells(exercise: Exercise, number: int, solved: bool) -> list[nbformat.NotebookNode]:
    text = (
        f"## {number}. {exercise.title}\n\n*{exercise.level}, {exercise.minutes} minutes*\n\n"
        f"{plainly(exercise.text)}\n\n"
        f"<details><summary>Hint</summary>\n\n{plainly(exercise.hint)}\n\n</details>"
    )
    name = exercise.label
    found = [nb.new_markdown_cell(text, id=f"exercise-{name}")]
    if solved:
        found.append(
            nb.new_markdown_cell(f"**Solution.** {plainly(exercise.words)}", id=f"words-{name}")
        )
    code = exercise.code if solved else EMPTY
    found.append(nb.new_code_cell(code, id=f"answer-{name}"))
    check = nb.new_code_cell(f'check("{name}", answer)', id=f"check-{name}")
    check.metadata["tags"] = [CHECKS]
    return [*found, check]


def plainly(text: str) -> str:
    """MyST for a reader without the book: a role is the text it was given."""
    return html.unescape(ROLE.sub(r"\1", text))


def _readme(chapter: str, given: parameters.Parameters) -> str:
    return (
        f"# Coursework: {chapter}\n\n"
        f"- `{chapter}-exercises.ipynb`: for students. Open it in JupyterLab with the kernel of this "
        "checkout's environment, or run it with papermill; an empty answer is told to be open.\n"
        f"- `{chapter}-key.ipynb`: for instructors, run with every answer found right.\n\n"
        f"Evidence known by {given.as_of}. Made from `chapters/{chapter}.ipynb` by "
        f"`make coursework CHAPTER={chapter}`; make it again after a change there.\n\n"
        "A filled copy is graded by `make grade NOTEBOOK=...`.\n"
    )


# ------------------------------------------------------------------------------ how it went


class Client(kernels.Bounded, NotebookClient):
    """Jupyter's own client, but for a cell that writes without end."""


def run(
    asked: nbformat.NotebookNode, folder: Path, timeout: float = TIMEOUT
) -> nbformat.NotebookNode:
    """Run a notebook in a folder; a cell that fails or runs too long does not stop the others."""
    client = Client(
        asked, timeout=timeout, interrupt_on_timeout=True, allow_errors=True,
        kernel_name="python3", record_timing=False,
        extra_arguments=["--log-level=CRITICAL"],  # its own warnings are not for readers
        resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    try:
        return client.execute()
    except (CellTimeoutError, DeadKernelError) as error:
        client.require_bounded(error)
        problem = str(error).partition("\n")[0]
        raise CompendiumError(f"the notebook could not be run to its end: {problem}") from None


def verdicts(ran: nbformat.NotebookNode) -> list[exercises.Verdict]:
    """What came of each exercise of a notebook that was run."""
    found, failed = [], ""
    for cell in ran.cells:
        if cell.cell_type != "code":
            continue
        errors = [o for o in cell.get("outputs", []) if o.output_type == "error"]
        label = re.search(r"check\(\s*[\"']([\w-]+)[\"']", cell.source)
        said = [
            o.metadata[exercises.KEY]
            for o in cell.get("outputs", [])
            if exercises.KEY in o.get("metadata", {})
        ]
        failed = _failure(errors) or failed
        if label is None:
            continue
        if failed:
            found.append(exercises.Verdict(label[1], exercises.WRONG, f"its code fails: {failed}"))
        elif said:
            found.append(exercises.Verdict(**said[-1]))
        else:
            found.append(exercises.Verdict(label[1], exercises.OPEN, "its check was not run"))
        failed = ""
    return found


def _failure(errors: list) -> str:
    if not errors:
        return ""
    if errors[0].ename == "KeyboardInterrupt":
        return "it ran longer than it may"
    return f"{errors[0].ename}: {errors[0].evalue}"


def grade(file: Path, timeout: float = TIMEOUT) -> str:
    """Run a filled copy and tell, in a line for each exercise, what is right and what is wrong.

    Raises
    ------
    CompendiumError
        The file is no notebook, or has no check in it.
    """
    asked = notebooks.read(file)
    found = verdicts(run(asked, file.resolve().parent, timeout))
    if not found:
        raise CompendiumError(
            f"{file} checks no answer; allowed: a copy of what `make coursework` writes"
        )
    width = max(len(line.label) for line in found)
    lines = [
        f"{line.label:{width}}  {line.state}" + (f": {line.message}" if line.message else "")
        for line in found
    ]
    right = sum(line.state == exercises.RIGHT for line in found)
    return "\n".join([*lines, f"{right} of {len(found)} right"])
