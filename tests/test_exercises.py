"""Exercises: each chapter's solutions are right, plausible mistakes are told, nothing gives the answer away."""

import copy
import importlib
import re
from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd
import pytest

from compendium import exercises, models, parameters
from compendium.errors import CompendiumError
from compendium.exercises import cells, trade
from compendium.exercises.answers import PERCENT, Choice, Interval, Names, Number, Numbers, Wrong

FEW = {"draws": 256, "sobol_samples": 64, "bootstrap_draws": 100, "method_draws": 32}
CHAPTERS = [name for name in exercises.MODULES if name != "replication"]


@pytest.fixture(scope="module")
def results():
    """Parameters and result of each chapter at the day of the study, with few draws."""
    found = {}
    for chapter in CHAPTERS:
        known = parameters.model(chapter).model_fields
        few = {name: n for name, n in FEW.items() if name in known}
        chosen = parameters.validate(chapter, few)
        found[chapter] = chosen, models.run(chapter, chosen)
    words = ["reproduced"] * 5 + ["not testable"] * 2 + ["overtaken"]
    words += ["reproduced with another reading"] * 3 + ["not reproduced"]
    ids = ["a.a", "a.b", "a.c", "a.d", "a.e", "", "", "a.f", "a.a", "a.b", "a.g", "a.h"]
    summary = pd.DataFrame({"verdict": words, "id": ids})
    result = SimpleNamespace(frames={"summary": summary}, values=())
    found["replication"] = parameters.validate("replication", {}), result
    return found


def asked():
    return [(chapter, e) for chapter in exercises.MODULES for e in cells.of_chapter(chapter)]


LABELS = [(chapter, e.label) for chapter, e in asked()]


@pytest.fixture(scope="module")
def answers(results):
    """Answers of the worked solutions."""
    found = {}
    for chapter, exercise in asked():
        chosen, result = results[chapter]
        space = {"chosen": chosen, "result": result, "frames": result.frames, "pd": pd, "np": np}
        space["summary"] = result.frames.get("summary")
        (own,) = [c for c in cells.stored(chapter).cells if c.id == cells.CHECK]
        assert "check = exercises.checker(chosen, result)" in own.source
        exec(own.source, space)
        exec(exercise.code, space)
        found[exercise.label] = space["answer"], space["check"]
    return found


def test_each_chapter_has_three_to_five_exercises_from_reading_to_modelling():
    for chapter in exercises.MODULES:
        found = cells.of_chapter(chapter)
        assert 3 <= len(found) <= 5
        levels = [cells.LEVELS.index(e.level) for e in found]
        assert levels == sorted(levels) and set(levels) == {0, 1, 2}, chapter
        assert all(e.text and e.hint and e.words and e.code for e in found)


def test_every_exercise_has_its_check_and_every_check_its_exercise():
    for chapter, module in exercises.MODULES.items():
        assert sorted(e.label for e in cells.of_chapter(chapter)) == sorted(
            exercises.labels(module)
        )


@pytest.mark.parametrize(("chapter", "label"), LABELS)
def test_the_worked_solution_is_right(answers, chapter, label):
    answer, check = answers[label]
    assert check(label, answer).state == exercises.RIGHT, (answer, check(label, answer))


def rewritten(right, answer):
    """The right answer, written in other ways."""
    if isinstance(right, Number):
        value = float(right.expected)
        yield np.float64(value)
        yield pd.Series([value])
        if right.within:
            yield float(f"{value:.4g}")
        if right.unit == "percent" and 1 < abs(value) <= 100:
            yield value / 100
    elif isinstance(right, Interval):
        yield {"low": right.low, "high": right.high}
        yield np.array([right.low, right.high])
        yield [float(f"{right.low:.4g}"), float(f"{right.high:.4g}")]
    elif isinstance(right, Names):
        yield pd.Series(sorted(right.expected, reverse=True), dtype=object)
        yield ", ".join(right.expected)
        yield tuple(name.upper() for name in right.expected)
    elif isinstance(right, Numbers):
        yield dict(reversed(list(right.expected.items())))
        yield pd.Series({name.upper(): value for name, value in right.expected.items()})


@pytest.mark.parametrize(("chapter", "label"), LABELS)
def test_a_right_answer_may_be_written_in_several_ways(results, answers, chapter, label):
    answer, check = answers[label]
    right = exercises.expected(label, *results[chapter])
    ways = list(rewritten(right, answer))
    assert len(ways) >= 2
    for way in ways:
        assert check(label, way).state == exercises.RIGHT, way


def mistaken(right):
    """Wrong answers with what must be said of them."""
    for said, wrong in right.mistakes.items():
        yield wrong, said
    yield pd.DataFrame({"a": [1, 2], "b": [1, 2]}), "got a DataFrame"
    yield print, "got a function"


@pytest.mark.parametrize(("chapter", "label"), LABELS)
def test_plausible_mistakes_are_told_apart(results, answers, chapter, label):
    _, check = answers[label]
    right = exercises.expected(label, *results[chapter])
    assert len(right.mistakes) >= 2
    told = 0
    for wrong, said in mistaken(right):
        verdict = check(label, wrong)
        if verdict.state == exercises.RIGHT:
            continue  # in this vintage the mistake makes no difference
        # One wrong answer may be two mistakes at once; then the first is told.
        assert said in verdict.message or verdict.message in right.mistakes, (wrong, verdict)
        told += said in verdict.message
    assert told >= 3


@pytest.mark.parametrize(("chapter", "label"), LABELS)
def test_no_message_gives_the_answer_away(results, answers, chapter, label):
    _, check = answers[label]
    right = exercises.expected(label, *results[chapter])
    wrong = [wrong for wrong, _ in mistaken(right)]
    wrong += [0, -1, 1e12, (0, 1), (5, 4), [], "nothing", {"a": 1}, None, ..., np.nan, True]
    said = " ".join(check(label, answer).message for answer in wrong)
    if isinstance(right, Number):
        secrets = [f"{right.expected:.{digits}f}" for digits in (1, 2, 3)]
    elif isinstance(right, Interval):
        secrets = [f"{end:.{digits}f}" for end in (right.low, right.high) for digits in (1, 2, 3)]
    elif isinstance(right, Numbers):
        secrets = [f"{value:.{digits}f}" for value in right.expected.values() for digits in (1, 2)]
    else:
        secrets = [name for name in right.expected if "-" in name]
    assert not [s for s in secrets if re.search(rf"(?<![\d.]){re.escape(s)}(?![\d.])", said)]


def test_what_is_not_filled_in_is_open(answers):
    for label, (_, check) in answers.items():
        assert check(label, ...).state == check(label, None).state == exercises.OPEN


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (Number(250.0, "thousand USD"), 250_000.0, "wrong unit: asked is thousand USD"),
        (Number(250.0, "USD"), -250.0, "the sign is not"),
        (Number(250.0, "USD"), 1 / 250, "inverse"),
        (Number(250.0, "USD"), 260, "too high"),
        (Number(250.0, "USD"), 2.0, "more than a factor of ten"),
        (Number(250.0, "USD"), "250", "got a text"),
        (Number(250.0, "USD"), True, "got a bool"),
        (Number(250.0, "USD"), float("nan"), "missing or endless"),
        (Number(250.0, "USD"), pd.Series([1, 2]), "a Series of 2"),
        (Interval(2.0, 6.0, "men"), (6.0, 2.0), "lower end comes first"),
        (Interval(2.0, 6.0, "men"), (3.0, 5.0), "narrower"),
        (Interval(2.0, 6.0, "men"), (1.0, 8.0), "wider"),
        (Interval(2.0, 6.0, "men"), (2.0, 8.0), "the lower end is right"),
        (Interval(2.0, 6.0, "men"), (0.0, 6.0), "the upper end is right"),
        (Interval(2.0, 6.0, "men"), (2000.0, 6000.0), "wrong unit"),
        (Interval(2.0, 6.0, "men"), (7.0, 8.0), "lies beside"),
        (Interval(2.0, 6.0, "men"), 4.0, "two numbers"),
        (Interval(2.0, 6.0, "men"), (1, 2, 3), "got 3"),
        (Names({"a", "b"}, "rows", {"a", "b", "c"}), ["a"], "some rows are missing"),
        (Names({"a", "b"}, "rows", {"a", "b", "c"}), ["a", "b", "c"], "do not belong too"),
        (Names({"a", "b"}, "rows", {"a", "b", "c"}), ["a", "c"], "and others are missing"),
        (Names({"a", "b"}, "rows", {"a", "b", "c"}), ["a", "x"], "not among the rows of this chapter: x"),
        (Choice("a", "option", {"a", "b"}), "b", "not this option"),
        (Choice("a", "option", {"a", "b"}, {"the worst of them": "b"}), "B", "the worst of them"),
        (Choice("a", "option", {"a", "b"}), "x", "'x' is no option"),
        (Choice("a", "option", {"a", "b"}), ["a", "b"], "one option is asked, got 2"),
        (Numbers({"a": 1.0, "b": 2.0}, "points"), {"a": 1.0}, "no number for: b"),
        (Numbers({"a": 1.0, "b": 2.0}, "points"), {"a": 1, "b": 2, "c": 3}, "not asked for: c"),
        (Numbers({"a": 1.0, "b": 2.0}, "points"), {"a": 1, "b": 20}, "b: right digits"),
        (Numbers({"a": 1.0, "b": 2.0}, "points"), {"a": 10, "b": 20}, "all of them: right digits"),
        (Numbers({"a": 1.0, "b": 2.0}, "points"), [1, 2], "got a list"),
        (Numbers({"a": 1.0, "b": 2.0}, "points", mistakes={"turned round": {"a": 2.0, "b": 1.0}}),
         {"a": 2, "b": 1}, "turned round"),
        (Numbers({"a": 1.0, "b": 2.0}, "points"), pd.DataFrame({"x": [1], "y": [2]}), "is expected"),
    ],
)  # fmt: skip
def test_messages_say_what_is_wrong(right, wrong, said):
    with pytest.raises(Wrong, match=re.escape(said)):
        right.hold(wrong)


@pytest.mark.parametrize(
    ("right", "given"),
    [
        (Choice({"a b", "c"}, "option", {"a b", "c", "d"}), "A-B"),
        (Numbers({"a": 10.0, "b": 20.0}, PERCENT), {"a": 0.1, "b": 0.2}),
        (Numbers({"a": 1.0}, "points"), pd.DataFrame({"x": [1.0]}, ["A"])),
    ],
)
def test_a_right_answer_in_another_form_is_taken(right, given):
    right.hold(given)


def test_an_unknown_label_is_refused_with_the_nearest():
    with pytest.raises(CompendiumError, match="did you mean 'arms-mixture'"):
        exercises.expected("arms-mixtur", None, None)
    with pytest.raises(CompendiumError, match="begins with no chapter's word"):
        exercises.expected("army-mixture", None, None)


def test_too_little_known_is_said_and_not_asked(results):
    chosen, result = results["replication"]
    empty = SimpleNamespace(frames={"summary": result.frames["summary"].head(0)})
    verdict = exercises.check("replication-half-credit", 3, chosen, empty)
    assert verdict.state == exercises.UNASKED and str(chosen.as_of) in verdict.message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("; reading, 10 minutes", " (reading)", "has another form"),
        ("; reading,", "; easy,", "has another form"),
        (":::{dropdown} Hint", ":::{note}", "has no hint"),
        ("```{solution-start} arms-weak-sources", "```{solution-start} other", "not followed by its solution"),
    ],
)  # fmt: skip
def test_an_exercise_of_another_form_is_refused_with_its_cell(old, new, said):
    notebook = copy.deepcopy(cells.stored("arms_trade"))
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
    with pytest.raises(CompendiumError, match=rf"arms, cell \d+: .*{said}"):
        cells.exercises(notebook, "arms")


def test_solutions_are_dropped_and_the_rest_stays():
    for chapter in exercises.MODULES:
        notebook = cells.stored(chapter)
        left = cells.without_solutions(notebook)
        gone = [c.id for c in notebook.cells if c.id not in {c.id for c in left.cells}]
        assert gone and all(id.startswith("solution-") for id in gone)
        assert not any("{solution" in c.source for c in left.cells)
        assert len(cells.minutes(left.cells)) == len(cells.of_chapter(chapter))


def test_objectives_are_read_from_the_box_of_a_chapter_and_solutions_are_dropped(tmp_path):
    box = nbformat.v4.new_code_cell(
        'exhibits.summary(chosen, objectives=["one", "two"], prerequisites="x")'
    )
    other = nbformat.v4.new_code_cell("1 + 1")
    notebook = nbformat.v4.new_notebook(cells=[other, box])
    assert cells.stated(notebook, "objectives") == ("one", "two")
    assert cells.stated(notebook, "prerequisites") == ("x",)
    assert cells.stated(notebook, "nothing") == ()
    assert cells.stated(nbformat.v4.new_notebook(cells=[other]), "objectives") == ()
    start, end = (nbformat.v4.new_markdown_cell(fence) for fence in (cells.START, cells.END))
    notebook.cells += [start, nbformat.v4.new_code_cell("answer = 42"), end]
    nbformat.write(notebook, tmp_path / "arms.ipynb")
    cells.drop_solutions(tmp_path)
    left = nbformat.read(tmp_path / "arms.ipynb", as_version=4)
    assert [cell.source for cell in left.cells] == [other.source, box.source]


NOTHING = {
    "replication": ({"summary": pd.DataFrame({"id": [""], "verdict": ["not testable"]})},
                    ("shared_values", "reproduced_share")),
    "troops": ({"missions": pd.DataFrame({"contested": [True], "size": [float("nan")]})},
               ("contested_missions", "large_missions")),
    "trade": ({"totals": pd.DataFrame({"value": []}), "bases": pd.DataFrame({"base": []}),
               "shares": pd.DataFrame({"share": [0.4]}),
               "months": pd.DataFrame({"after": [False], "count": [0], "exposure": [1.0]})},
              ("index", "one_year_out", "two_rates")),
    "strategy": ({"shares": pd.DataFrame({"share": [], "n": []})}, ("votes_prior",)),
}  # fmt: skip


@pytest.mark.parametrize("module", NOTHING)
def test_an_exercise_on_too_little_has_no_answer(module):
    frames, names = NOTHING[module]
    found = importlib.import_module(f"compendium.exercises.{module}")
    for name in names:
        assert getattr(found, name)(None, SimpleNamespace(frames=frames)) is None


def test_an_index_has_no_base_of_nought():
    frames = {"totals": pd.DataFrame({"value": [5.0]}),
              "bases": pd.DataFrame({"base": ["first"], "level": [0.0]})}  # fmt: skip
    assert trade.index(None, SimpleNamespace(frames=frames)) is None
