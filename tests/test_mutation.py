"""Mutation testing: what is drawn, what counts, and the interval of the score."""

import ast

import mutation
import pytest

SOURCE = """\
@remembered
@recorded
def one(a: int | None, *, b: float = 1.0) -> int | None:
    c: int | None = a
    return c

class Model(BaseModel):
    d: int | None = 1

@dataclass
class Record:
    e: int | None = 1
"""


def test_wilsons_interval_of_eight_in_ten():
    # By hand: (0.8 + 0.19207) / 1.38415 = 0.71674, half of it 0.22661.
    assert mutation.interval(8, 10) == pytest.approx((0.49016, 0.94331), abs=2e-5)


def test_annotations_and_what_only_keeps_are_left_out():
    idle = mutation.idle_spans(ast.parse(SOURCE))

    def left_out(text):
        lines = SOURCE.splitlines()
        line = next(n for n, found in enumerate(lines, 1) if text in found)
        at = line, lines[line - 1].index(text) + len(text) - 1
        return any(first <= at < last for first, last in idle)

    assert all(map(left_out, ("@r", "a: int |", "-> int |", "c: int |", "e: int |")))
    assert not any(map(left_out, ("@reco", "b: float = 1", "d: int |", "d: int | None = 1")))


def test_each_file_gives_its_share():
    sizes = {"large": 700, "middle": 250, "small": 49, "one": 1}
    drawn = mutation.draw(sizes, 100, 7)
    counts = {file: sum(f == file for f, _ in drawn) for file in sizes}
    assert (counts["large"], counts["middle"]) == (70, 25) and counts["small"] in (4, 5)
    assert len(set(drawn)) == len(drawn) == 100
    assert all(number < sizes[file] for file, number in drawn)
    assert mutation.draw(sizes, 100, 7) == drawn != mutation.draw(sizes, 100, 8)


def test_no_module_is_rounded_away():
    # A share below one is drawn as often as it is large: a tenth of the seeds here.
    hits = sum(
        ("one", 0) in mutation.draw({"many": 99, "one": 1}, 10, seed) for seed in range(2000)
    )
    assert hits == pytest.approx(200, abs=50)


def test_every_test_file_named_is_there():
    tests = {file.stem for file in mutation.HOME.glob("tests/test_*.py")}
    assert {f"test_{name}" for names in mutation.TESTS.values() for name in names} <= tests
    assert len(mutation.modules()) > 60


def test_the_last_attempt_counts(tmp_path):
    record = tmp_path / "sample.jsonl"
    assert mutation.read(record) == {}
    record.write_text('{"key": "a", "outcome": "survived"}\n{"key": "a", "outcome": "killed"}\n')
    assert mutation.read(record)["a"]["outcome"] == "killed"
