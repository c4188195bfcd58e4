"""A new chapter: complete, clean, refused in plain words, and never half-written."""

import subprocess
import sys

import nbformat
import pytest
import yaml
from checkout import Copy

from compendium import paths, template
from compendium.errors import CompendiumError, UsageError

TITLE = "Sanctions: how well the evidence is graded"
FILES = ("src/compendium/register.py", "src/compendium/parameters.py", "_toc.yml")


@pytest.fixture
def root(tmp_path):
    """Those files of a checkout that a new chapter goes into."""
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text((paths.ROOT / file).read_text("utf-8"), "utf-8")
    for folder in ("chapters", "tests", "src/compendium/exercises"):
        (tmp_path / folder).mkdir()
    for module in (
        "datapackage",
        "errors",
        "values",
        "exercises/answers",
        "exercises/intervals",
    ):  # so that ruff knows them as ours
        (tmp_path / f"src/compendium/{module}.py").write_text('"""Ours."""\n')
    (tmp_path / "pyproject.toml").write_text((paths.ROOT / "pyproject.toml").read_text())
    return tmp_path


def contents(root):
    return {file: file.read_bytes() for file in root.rglob("*") if file.is_file()}


@pytest.mark.parametrize("name", ["abc", "own_list", "who_is_on_which_list", "zz9"])
def test_what_is_written_is_clean_and_stands_in_its_places(root, name):
    written = template.new_chapter(name, TITLE, root)
    assert {file.as_posix() for file in written} == {*FILES, *template.new_files(name)}
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "."],
            cwd=root, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
    pages = [page["file"] for page in yaml.safe_load((root / "_toc.yml").read_text())["parts"][0]["chapters"]]  # fmt: skip
    assert pages.index(f"chapters/{name}") + 1 == pages.index("chapters/replication")
    book = nbformat.read(root / f"chapters/{name}.ipynb", as_version=4)
    assert book.cells[0].source.startswith(f"# {TITLE}\n")
    assert not [cell for cell in book.cells if cell.get("outputs") or "{{" in cell.source]
    assert not list(root.rglob(".*.new"))


@pytest.mark.parametrize(
    ("name", "title", "words"),
    [
        ("Sanctions-2", TITLE, "no name for a chapter; did you mean 'sanctions'?; allowed: up to"),
        ("2nd", TITLE, "no name for a chapter; did you mean"),
        ("class", TITLE, "no name for a chapter; allowed"),
        ("a__b", TITLE, "did you mean 'a_b'"),
        ("", TITLE, "no name for a chapter; allowed"),
        ("../x", TITLE, "did you mean 'x'"),
        ("a" * 21, TITLE, "up to 20 small letters"),
        ("arms_trade", TITLE, "a chapter arms_trade already; nothing was changed. Edit chapters/"),
        ("arms_trades", TITLE, "mistaken for the chapter 'arms_trade'"),
        ("own_list", "", "no title"),
        ("own_list", "Of 12 lists", "without digits and mark-up"),
        ("own_list", "Two\nlines", "no title"),
        ("own_list", "The {value} `role`", "no title"),
        ("own_list", "long " * 30 + "title", "up to 120 letters"),
    ],
)
def test_a_bad_name_or_title_is_refused_and_nothing_is_written(root, name, title, words):
    before = contents(root)
    with pytest.raises(UsageError) as caught:
        template.new_chapter(name, title, root)
    assert words in str(caught.value)
    assert contents(root) == before


def test_a_name_that_a_module_has_is_taken():
    with pytest.raises(UsageError, match=r"taken by src/compendium/values\.py"):
        template.refuse("values", TITLE, paths.ROOT)
    with pytest.raises(UsageError, match=r"taken by .*src/compendium/strategy"):
        template.refuse("strategy", TITLE, paths.ROOT)


def test_the_second_call_is_refused_and_another_chapter_may_follow(root):
    template.new_chapter("own_list", TITLE, root)
    before = contents(root)
    with pytest.raises(UsageError, match="there is a chapter own_list already"):
        template.new_chapter("own_list", TITLE, root)
    assert contents(root) == before
    template.new_chapter("cyber", "Cyber: who stole what?", root)
    assert {"own_list", "cyber"} <= set(template.chapters_of(root))


@pytest.mark.parametrize("failing", [1, 4, 6])
def test_an_error_leaves_nothing_behind(root, monkeypatch, failing):
    before, calls, real = contents(root), [], template.os.replace

    def replace(one, other):
        calls.append(other)
        if len(calls) == failing:
            raise OSError("no space left on device")
        real(one, other)

    monkeypatch.setattr(template.os, "replace", replace)
    with pytest.raises(OSError, match="no space"):
        template.new_chapter("own_list", TITLE, root)
    assert contents(root) == before


def test_a_file_without_the_place_is_named(root):
    toc = root / "_toc.yml"
    toc.write_text(toc.read_text().replace("      - file: chapters/replication\n", ""))
    before = contents(root)
    with pytest.raises(CompendiumError, match=r"^_toc\.yml: the line .* 0 times"):
        template.new_chapter("own_list", TITLE, root)
    assert contents(root) == before


def test_the_others_are_taken_out_of_the_book_and_its_scenarios(root):
    (root / "scenarios" / "sweeps").mkdir(parents=True)
    (root / template.CLAIMS).write_text('RESULTS = {\n    "a": "b",\n}\nKEPT = 1\n')
    for name, chapter in {
        "own": "own_list",
        "theirs": "arms_trade",
        "sweeps/all": "trade_trends",
    }.items():
        (root / f"scenarios/{name}.yml").write_text(f"chapters:\n  {chapter}:\n    seed: 1\n")
    template.new_chapter("own_list", TITLE, root)
    (root / "chapters/arms_trade.ipynb").write_text("{}")
    changed = {file.as_posix() for file in template.only_chapter("own_list", root)}
    assert template.chapters_of(root) == ["own_list"]
    assert (root / template.CLAIMS).read_text() == "RESULTS = {}\nKEPT = 1\n"
    left = sorted(
        f.relative_to(root / "scenarios").as_posix() for f in root.rglob("scenarios/**/*.yml")
    )
    assert left == ["own.yml"]
    assert [f.name for f in (root / "chapters").iterdir()] == ["own_list.ipynb"]
    assert {"_toc.yml", "index.md", "scenarios/theirs.yml", "chapters/arms_trade.ipynb"} <= changed
    toc = (root / "_toc.yml").read_text()
    assert "chapters/own_list" in toc and "arms_trade" not in toc
    assert "own_list" in (root / "index.md").read_text()


def test_a_chapter_that_is_none_leaves_the_book_as_it_is(root):
    (root / template.CLAIMS).write_text("RESULTS = {\n}\n")
    before = contents(root)
    with pytest.raises(UsageError, match=r"is no chapter; did you mean 'arms_trade'\?; allowed: "):
        template.only_chapter("arms_trad", root)
    assert contents(root) == before


def test_a_name_too_like_another_is_refused():
    with pytest.raises(UsageError, match="mistaken for the chapter 'arms_trade'"):
        template.refuse("armstrade", TITLE, paths.ROOT)


def test_the_new_model_runs_and_its_own_test_passes(tmp_path):
    copy = Copy(tmp_path)
    (copy.root / "tests").mkdir()
    done = copy.run("new_chapter.py", "own_list", TITLE)
    assert done.returncode == 0 and "next: make check" in done.stdout, done.stderr
    test = copy.root / "tests" / "test_own_list.py"
    done = copy.python("-m", "pytest", "-q", "-p", "no:cacheprovider", str(test))
    assert done.returncode == 0, done.stdout


def cut(file):
    file.write_text(file.read_text("utf-8").replace("CHAPTERS = {", "CHAPTERS = dict(", 1), "utf-8")


NEW, ONLY = (template.new_chapter, "own_list", TITLE), (template.only_chapter, "arms_trade")
REGISTER = "src/compendium/register.py"


@pytest.mark.parametrize(
    ("run", "file", "damage", "words"),
    [
        (NEW, "_toc.yml", lambda file: file.unlink(), "_toc.yml: is missing"),
        (NEW, "_toc.yml", lambda file: file.write_bytes(b"\xff"), "_toc.yml:1: not readable as UTF-8"),
        (NEW, REGISTER, lambda file: file.write_bytes(b"\xff"), "register.py:1: not readable as UTF-8"),
        (ONLY, REGISTER, lambda file: file.write_bytes(b"\xff"), "register.py:1: not readable as UTF-8"),
        (ONLY, REGISTER, cut, "register.py: CHAPTERS is not written as"),
        (ONLY, "scenarios/x.yml", lambda file: file.write_bytes(b"\xff"), "x.yml:1: not readable as"),
        (ONLY, "scenarios/x.yml", lambda file: file.mkdir(), "x.yml: cannot be read: it is a folder"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_and_nothing_is_changed(root, run, file, damage, words):
    (root / "scenarios").mkdir()
    (root / template.CLAIMS).write_text((paths.ROOT / template.CLAIMS).read_text("utf-8"), "utf-8")
    damage(root / file)
    before = contents(root)
    command, *given = run
    with pytest.raises(CompendiumError, match=words):
        command(*given, root)
    assert contents(root) == before


def test_line_ends_of_another_system_are_no_damage(root):
    toc = root / "_toc.yml"
    toc.write_bytes(toc.read_bytes().replace(b"\n", b"\r\n"))
    template.new_chapter("own_list", TITLE, root)
    assert "chapters/own_list\n" in toc.read_text("utf-8")
