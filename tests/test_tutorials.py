"""The pages of "Make it yours" are scripts: their blocks are what a reader would write and run.

The quick half reads the pages; the other half (`make tutorials`) follows each in a copy.
"""

import csv
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

import pytest
import yaml
from checkout import Copy

from compendium import datapackage, paths

FOLDER = paths.CHAPTERS / "fork"
PAGES = sorted(file.stem for file in FOLDER.glob("*.md") if file.stem != "index")
BLOCK = re.compile(
    r"^```(?:\{code-block\} )?(?P<kind>\w+)\n(?::caption: (?P<file>[^\n]+)\n)?(?P<text>.*?)^```$",
    re.M | re.S,
)
# `make` of the copy, in the environment at hand, whose folder may have a space in its name.
PRELUDE = """set -e
make() { command make -o environment RUN="'$PYTHON'" "$@"; }
"""


@dataclass
class Block:
    kind: str
    file: str | None
    text: str


def blocks(page):
    text = (FOLDER / f"{page}.md").read_text("utf-8")
    return [Block(*match.group("kind", "file", "text")) for match in BLOCK.finditer(text)]


def targets():
    return set(re.findall(r"^([a-z-]+):", (paths.ROOT / "Makefile").read_text("utf-8"), re.M))


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_are_whole_and_their_commands_known(page):
    text, found = (FOLDER / f"{page}.md").read_text("utf-8"), blocks(page)
    assert len(re.findall(r"^```", text, re.M)) == 2 * len(found) > 0
    for block in found:
        if block.kind == "bash":
            for line in block.text.splitlines():
                command, name = line.split()[:2]
                assert command == "git" or (command == "make" and name in targets()), line
        elif block.kind == "yaml":
            assert {"title", "reason", "as_of"} <= set(yaml.safe_load(block.text))
            assert (paths.ROOT / block.file).parent == paths.SCENARIOS
        else:
            assert block.kind == "text" and block.file.endswith(".csv")
            head = (paths.ROOT / block.file).read_text("utf-8").splitlines()[0].split(",")
            assert {len(row) for row in csv.reader(block.text.splitlines())} == {len(head)}


@pytest.mark.parametrize("page", PAGES)
def test_files_and_commands_that_a_page_names_exist(page):
    text = re.sub(BLOCK, "", (FOLDER / f"{page}.md").read_text("utf-8"))
    own = {f"`{block.file}`" for block in blocks(page) if block.file}
    made = re.compile(r"_build/|sanctions")
    for name in re.findall(r"`([\w./]+/[\w./]+|[\w]+\.(?:py|csv|yml|json))`", text):
        places = [paths.ROOT / name, paths.RAW / name]
        assert made.search(name) or name in own or any(p.exists() for p in places), name
    for name in re.findall(r"`make ([a-z-]+)", text):
        assert name in targets(), name


def test_the_practice_rows_are_sound(tmp_path):
    raw = shutil.copytree(paths.RAW, tmp_path / "raw")
    rows = [block for page in PAGES for block in blocks(page) if block.kind == "text"]
    assert len(rows) == 2
    for block in rows:
        with (raw / block.file.rpartition("/")[2]).open("a", encoding="utf-8") as table:
            table.write(block.text)
    assert datapackage.check(raw) == []


def test_every_page_is_in_the_book_and_says_what_one_will_have():
    toc = (paths.ROOT / "_toc.yml").read_text("utf-8")
    for page in PAGES:
        assert f"- file: chapters/fork/{page}\n" in toc
        text = (FOLDER / f"{page}.md").read_text("utf-8")
        assert "You will have " in text and "ou should see " in text


# ------------------------------------------------------------------------- followed to the end


@pytest.fixture
def walk(tmp_path):
    """A copy of the checkout under Git, and what follows blocks in it."""
    copy = Copy(tmp_path)
    files = (
        "Makefile",
        "pyproject.toml",
        "README.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "codecheck.yml",
    )
    for name in files:
        shutil.copy(paths.ROOT / name, copy.root / name)
    for name in ("tests", "docs", "benchmarks"):
        shutil.copytree(paths.ROOT / name, copy.root / name)
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", *command], cwd=copy.root, check=True)

    def follow(block):
        if block.kind != "bash":
            file = copy.root / block.file
            with file.open("a" if block.kind == "text" else "w") as out:
                out.write(block.text)
            return ""
        environment = {
            **{
                k: v
                for k, v in os.environ.items()
                if not k.startswith(("PYTEST", "MAKE", "MFLAGS"))
            },
            "PYTHON": sys.executable,
            "PYTHONPATH": str(copy.root / "src"),
            "COMPENDIUM_ROOT": str(copy.root),
        }
        done = subprocess.run(
            ["bash", "-c", PRELUDE + block.text],
            cwd=copy.root, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    follow.root = copy.root
    follow.copy = copy
    return follow


def follow_all(walk, page):
    return "".join(walk(block) for block in blocks(page))


@pytest.mark.pages
def test_change_one_assumption(walk):
    said = follow_all(walk, "one_assumption")
    assert "done: " in said
    page = (walk.root / "_build/dear_shells/html/chapters/arms_trade.html").read_text("utf-8")
    assert "changed is <code" in page and "price_basis" in page


@pytest.mark.pages
def test_add_an_evidence_row(walk):
    first, second, commands, restore = blocks("evidence_row")
    before = {
        name: (walk.root / f"data/raw/{name}.csv").read_text() for name in ("meetings", "sources")
    }
    walk(first)
    walk(second)
    assert "no faults" in walk(commands)
    page = walk.root / "_build/replication/html/chapters/catalogue/meetings.html"
    assert 'id="row-meet-practice-1"' in page.read_text("utf-8")
    walk(restore)
    for name, text in before.items():
        assert (walk.root / f"data/raw/{name}.csv").read_text() == text


@pytest.mark.pages
def test_write_your_own_scenario(walk):
    said = follow_all(walk, "own_scenario")
    assert re.search(r"scenarios: .*\bsceptic\b.*no faults", said)
    assert "done: " in said


@pytest.mark.pages
def test_add_a_chapter(walk):
    said = follow_all(walk, "new_chapter")
    assert "no faults" in said
    page = (walk.root / "_build/replication/html/chapters/sanctions.html").read_text("utf-8")
    assert "fig-sanctions-tables" in page
    for command in (["-m", "ruff", "check", "."], ["-m", "ruff", "format", "--check", "."]):
        done = walk.copy.python(*command)
        assert done.returncode == 0, done.stdout
    files = ["sanctions", "notebooks", "parameters", "chapter_page", "scenarios", "glossary"]
    done = walk.copy.python("-m", "pytest", "-n", "2", *(f"tests/test_{name}.py" for name in files))
    assert done.returncode == 0, done.stdout[-3000:]
    done = walk.copy.run("describe.py", "--check")
    assert done.returncode == 0, done.stderr


def fictitious(root):
    """One row a table on two countries that do not exist; of the old rows only the form is kept."""
    raw = root / "data/raw"
    names = ["sources", *datapackage.OBSERVATION_TABLES, "claims", "policy_options"]
    names += ["policy_criteria", "policy_scores", "hypotheses", "releases"]
    made_up = {
        "title": "A report that nobody wrote", "author": "Nobody", "publisher": "Gazette of Atlantis",
        "url": "https://example.org/gazette", "published": "2024-01-05", "issuer": "Atlantis",
        "stated_on": "2024-01-05", "source_id": "atlantis2024", "locator": "page one", "note": "Made up.",
        "statement": "Atlantis and Lemuria are friends", "reason": "Made up.", "basis": "Made up.",
    }  # fmt: skip
    for name in names:
        with (raw / f"{name}.csv").open(newline="") as lines:
            row = next(csv.DictReader(lines))
        row |= {key: text for key, text in made_up.items() if key in row}
        if name in datapackage.OBSERVATION_TABLES:
            row["obs_id"] = f"{name}-atlantis-1"
            row["period_start"] = row["period_end"] = "2024-01-05"
        row |= {key: text for key, text in {"rows": "arms-atlantis-1"}.items() if name == "policy_scores"}  # fmt: skip
        row |= {"obs_id": "arms-atlantis-1"} if name == "hypotheses" else {}
        row |= {"issuer": "", "indicator": ""} if name == "releases" else {}
        row |= (
            {"note": "dir=RU>KP; place=Atlantis; vice_minister_plus=no"}
            if name == "meetings"
            else {}
        )
        row |= {"claim_id": "friends"} if "claim_id" in row else {}
        with (raw / f"{name}.csv").open("w", newline="") as lines:
            writer = csv.DictWriter(lines, row, lineterminator="\n")
            writer.writeheader()
            writer.writerow(row)


@pytest.mark.pages
def test_apply_it_to_another_pair(walk):
    frame, build = blocks("another_pair")
    walk(frame)
    fictitious(walk.root)
    assert "no faults" in walk(build)
    html = walk.root / "_build/replication/html"
    assert "Atlantis" in (html / "chapters/catalogue/arms.html").read_text("utf-8")
    for page in ("index.html", "chapters/pair.html"):
        text = re.sub(
            r"<(script|style|head).*?</\1>", "", (html / page).read_text("utf-8"), flags=re.S
        )
        assert "Pyongyang" not in text
