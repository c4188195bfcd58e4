"""What a recording writes down of a kernel, and what it refuses; the hook itself is not traced."""

import json
import os

import numpy as np
import pandas as pd
import pytest

from compendium import reads


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "checkout"
    for folder in (
        "data/raw",
        "_build/own.building",
        "_build/other/html",
        "src/compendium",
        ".venv",
    ):
        (root / folder).mkdir(parents=True)
    for file in ("data/raw/arms.csv", "_build/own.building/values.json", ".venv/x.txt", "index.md",
                 "src/compendium/arms.py"):  # fmt: skip
        (root / file).write_text("a\n")
    return root


@pytest.fixture
def recording(root, tmp_path):
    found = reads.Recording(tmp_path / "reads.jsonl", root, root / "_build" / "own.building")
    yield found
    found.lines.close()


def lines(recording):
    with open(recording.lines.name) as file:
        return [json.loads(line) for line in file]


def test_a_file_of_the_checkout_counts_with_its_content_once(recording, root):
    for _ in range(2):
        recording.audit("open", (str(root / "index.md"), "r", 0))
    recording.audit("open", (os.fsencode(root / "index.md"), None, os.O_RDONLY))
    assert lines(recording) == [["file", "index.md", reads.digest_file(root / "index.md")]]


@pytest.mark.parametrize(
    "name", ["/etc/hostname", ".venv/x.txt", "src/compendium/arms.py", "no such file", "data"]
)
def test_what_no_number_can_rest_on_is_not_written_down(recording, root, name):
    recording.audit("open", (os.path.join(root, name), "r", 0))
    recording.audit("import", ("json", None))
    recording.audit("open", (3, "r", 0))  # a descriptor, opened before
    with reads.quiet():
        recording.audit("subprocess.Popen", ("ls",))
    assert lines(recording) == []


@pytest.mark.parametrize(
    ("event", "arguments", "words"),
    [
        ("subprocess.Popen", ("ls", ["ls"], None, None), "starts another program (subprocess.Popen)"),
        ("os.listdir", ("{root}/data/raw",), "lists a folder: data/raw"),
        ("os.scandir", ("{root}/data",), "lists a folder: data"),
        ("open", ("{root}/_build/own.building/values.json", "r", 0),
         "reads values.json of the build past compendium.upstream"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_told(recording, root, event, arguments, words):
    given = tuple(a.format(root=root) if isinstance(a, str) else a for a in arguments)
    recording.audit(event, given)
    assert lines(recording) == [["untold", words]]


@pytest.mark.parametrize("name", ["index.md", "README.md", "_build/other/html/index.html", ".git/hooks/x",
                                  "src/../index.md", "new", "link"])  # fmt: skip
@pytest.mark.parametrize(
    ("event", "more"),
    [("open", ("w", 0)), ("open", ("r+", 0)), ("open", (None, os.O_WRONLY | os.O_CREAT)),
     ("os.remove", (-1,)), ("os.mkdir", (0o777, -1))],
)  # fmt: skip
def test_a_chapter_changes_nothing_of_the_checkout(recording, root, name, event, more):
    (root / "link").symlink_to(root / "data")
    with pytest.raises(PermissionError, match="a chapter may not change .*COMPENDIUM_OUTPUT"):
        recording.audit(event, (str(root / name), *more))


def test_nor_does_it_move_a_file_in_or_out(recording, root, tmp_path):
    for pair in ((tmp_path / "x", root / "index.md"), (root / "index.md", tmp_path / "x")):
        with pytest.raises(PermissionError, match=r"may not change index\.md"):
            recording.audit("os.rename", (*map(str, pair), -1, -1))


def test_it_writes_where_it_may(recording, root, tmp_path):
    recording.audit("open", (str(root / "_build/own.building/mine.csv"), "w", 0))
    recording.audit("open", (str(root / "src/compendium/__pycache__/arms.pyc"), "wb", 0))
    recording.audit("open", (str(tmp_path / "elsewhere"), "a", 0))
    recording.audit("os.remove", (7, -1))  # a descriptor
    assert lines(recording) == []


def test_a_call_is_written_with_what_it_returned_and_its_rows_once(recording):
    rows = pd.DataFrame({"obs_id": ["a", "b"], "value": [1.0, 2.0]})
    for _ in range(2):
        recording.call("evidence.load", {"table": "arms", "as_of": "2024-01-01"}, rows)
    recording.call("evidence.load", {"table": "arms", "as_of": "2024-02-01"}, rows)
    found = lines(recording)
    assert [line[0] for line in found] == ["call", "rows", "call"]
    assert found[0][1:3] == ["evidence.load", {"table": "arms", "as_of": "2024-01-01"}]
    assert found[1] == ["rows", "arms", ["a", "b"]]
    assert found[0][3] == found[2][3] == reads.digest(rows)


def test_a_call_with_what_cannot_be_told_is_never_reused(recording):
    recording.call("evidence.load", {"table": object()}, None)
    assert lines(recording) == [
        ["untold", "evidence.load was called with ['table'] that cannot be told"]
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"b": {2, 1}}, {"b": [1, 2]}), (np.array([1.5, 2]), [1.5, 2.0]), (("x", None), ["x", None]),
        (pd.Timestamp("2024-02-03"), "2024-02-03"), (np.float64(2), 2.0), (True, True),
    ],
)  # fmt: skip
def test_arguments_as_json_holds_them(content, told):
    assert json.loads(json.dumps(reads.plain(content))) == told


def test_modules_of_the_checkout_are_written_down_once(recording, root, monkeypatch):
    import sys
    from types import SimpleNamespace

    monkeypatch.setitem(sys.modules, "mine", SimpleNamespace(__file__=str(root / "index.md")))
    monkeypatch.setitem(sys.modules, "made", SimpleNamespace(__file__=str(root / ".venv/x.txt")))
    monkeypatch.setitem(sys.modules, "bare", SimpleNamespace())
    recording.modules()
    recording.modules()
    found = [line[1] for line in lines(recording)]
    assert found.count("index.md") == 1 and not any(".venv" in name for name in found)
    assert any(name.endswith("compendium/reads.py") for name in found)
    assert not any("compendium/kernels.py" in name for name in found)


def test_a_kernel_without_a_file_to_write_to_records_nothing(monkeypatch):
    monkeypatch.delenv(reads.FILE, raising=False)
    reads.load_ipython_extension(None)
    assert reads._recording is None


def test_asking_again_needs_a_recorded_function():
    with pytest.raises(KeyError):
        reads.again("evidence.no_such", {})
