"""Exceptions from the rules of the linter and from coverage say why, on the same line."""

import re
import tokenize

import pytest

from compendium import paths

MARK = re.compile(r"#\s*(?:noqa|pragma:\s*no)\b", re.I)
REASON = re.compile(r"# (?:noqa: [A-Z]+\d+(?:, [A-Z]+\d+)*|pragma: no (?:cover|branch)) - \w.{5,}")


def unexplained(file):
    """Lines with an exception that gives no reason, or is from all rules."""
    if not MARK.search(file.read_text("utf-8")):
        return []
    with file.open("rb") as lines:
        return [
            f"{file.name}:{token.start[0]}: {token.string}"
            for token in tokenize.tokenize(lines.readline)
            if token.type == tokenize.COMMENT
            and MARK.search(token.string)
            and not REASON.search(token.string)
        ]


def test_every_exception_says_why():
    folders = ("src", "scripts", "benchmarks", "tests")
    faults = [
        fault
        for folder in folders
        for file in sorted((paths.ROOT / folder).rglob("*.py"))
        for fault in unexplained(file)
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("x = 1  # noqa: E501 - a table is read better in one line", 0),
        ("x = 1  # pragma: no cover - only on Windows", 0),
        ("x = 1  # noqa", 1),
        ("x = 1  # noqa: S101", 1),
        ("x = 1  # NOQA:S101 - because", 1),
        ("x = 1  # pragma: no cover", 1),
        ("x = '# noqa'", 0),
    ],
)
def test_an_exception_without_a_reason_would_be_found(tmp_path, line, count):
    file = tmp_path / "a.py"
    file.write_text(line + "\n")
    assert len(unexplained(file)) == count
