"""From raw tables to HTML in a copy of the checkout, read back as a reader would."""

import hashlib
import json
import os
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, SoupStrainer
from checkout import FEW, HOSTS, WATCH, Copy

from compendium import arms, book, paths, values
from compendium.parameters import ArmsTrade
from compendium.register import CHAPTERS


@pytest.fixture(scope="module")
def copy(quick_book, tmp_path_factory):
    return Copy(tmp_path_factory.mktemp("checkout"), quick_book)


@pytest.fixture(scope="module")
def built(copy):
    return copy.root / "_build" / "quick"


def soup(page: Path) -> BeautifulSoup:
    """A page, parsed once; not to be changed."""
    return parsed(page, page.stat().st_mtime_ns)


@lru_cache
def parsed(page: Path, changed: int) -> BeautifulSoup:
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


def pages(build: Path) -> list[Path]:
    return [build / "html" / "index.html", *sorted((build / "html" / "chapters").rglob("*.html"))]


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def printed(page: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for span in soup(page).select("[data-value-id]"):
        found.setdefault(span["data-value-id"], set()).add(span.get_text())
    return found


FRESH = """
import sys
from pathlib import Path
from compendium import chapters, paths, scenarios
paths.BUILD = Path(sys.argv[1])  # nothing is kept there yet
if __name__ == "__main__":
    chapters.run_all(scenarios.read("quick"), Path(sys.argv[1]), kernel="fresh")
"""


@pytest.mark.long
def test_warm_and_fresh_kernels_give_the_same_bytes(built, copy, tmp_path):
    (copy.root / "scripts" / "fresh.py").write_text(FRESH)
    try:
        done = copy.run("fresh.py", str(tmp_path / "fresh"))
    finally:
        (copy.root / "scripts" / "fresh.py").unlink()
    assert done.returncode == 0, done.stderr
    assert "unchanged" not in done.stdout and done.stdout.count(": run in ") == len(CHAPTERS)
    for folder in ("notebooks", "values"):
        warm = fingerprint(built / folder)
        assert len(warm) == len(CHAPTERS) and warm == fingerprint(tmp_path / "fresh" / folder)
    # Nothing that a run of a chapter does keeps it from being used again.
    for run in (built / "runs").glob("*.json"):
        assert json.loads(run.read_text("utf-8"))["untold"] == []


def test_every_chapter_is_a_page(built):
    names = {page.stem for page in pages(built)}
    files = [file for file in paths.CHAPTERS.rglob("*") if file.suffix in book.PAGES]
    chapters = {file.stem for file in files if ".ipynb_checkpoints" not in file.parts}
    assert chapters | {"index"} == names
    assert len(names) >= 20


def test_numbers_on_the_pages_are_those_of_the_model(built):
    known = values.read(built / "values.json")
    direct = {v.id: v for v in arms.run(ArmsTrade(**FEW)).values}
    assert {id: v for id, v in known.items() if v.chapter == "arms_trade"} == direct
    shown = printed(built / "html" / "chapters" / "arms_trade.html")
    assert len(shown) > 20
    for id, texts in shown.items():
        forms = {known[id].text("value"), known[id].text("number")}
        if known[id].low is not None:
            forms |= {known[id].text("interval"), known[id].text("full")}
        assert texts <= forms
    total = known["arms_trade.value_total"]
    assert total.text("full") in soup(built / "html" / "index.html").get_text()
    assert json.loads((built / "values.json").read_text())["as_of"] == "2024-10-28"


def test_every_page_names_its_scenario(built):
    for page in pages(built):
        assert "Evidence known by 2024-10-28" in page.read_text("utf-8")


def test_figures_have_alt_text_caption_and_table(built):
    page = soup(built / "html" / "chapters" / "arms_trade.html")
    figures = page.select(".exhibit-figure")
    assert len(figures) >= 8
    for figure in figures:
        assert len(figure.select_one("img")["alt"]) > 60
        assert figure.select_one("figcaption").get_text(strip=True)
        assert figure.select_one("details table th[scope=col]")
        links = [a["href"] for a in figure.select("a.download")]
        assert {Path(link).suffix for link in links} == {".png", ".csv"}
        for link in links:
            assert (built / "html" / "chapters" / link).resolve().exists()


def test_no_page_asks_another_host_or_tells_a_local_path(built, quick_book):
    for page in pages(built):
        text = page.read_text("utf-8")
        assert str(quick_book) not in text and str(Path.home()) + "/" not in text
        only = SoupStrainer(["script", "link", "img", "iframe"])
        for tag in BeautifulSoup(text, "html.parser", parse_only=only).find_all(True):
            address = tag.get("src") or tag.get("href") or ""
            assert not re.match(r"(https?:)?//", address), (page.name, address)


def test_building_turns_to_no_other_host(quick_book):
    # Each Python of the build told; what is not Python (Vega's bundle, made by a Rust library)
    # is held by nothing being there to answer where the tests run without a network.
    lines = (quick_book.parent / HOSTS).read_text("utf-8").splitlines()
    assert lines.count("watched") >= 4  # the command, Sphinx, and what notebooks are forked from
    assert set(lines) == {"watched"}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("connect(('192.0.2.1', 9))", "socket.connect 192.0.2.1"),
        ("connect(('127.0.0.1', 9))", None),
        ("connect('/nowhere')", None),
    ],
)
def test_a_process_that_turned_to_another_host_would_be_found(tmp_path, code, told):
    family = "AF_UNIX" if "/" in code else "AF_INET"
    script = f"import socket as s; one = s.socket(s.{family}); one.settimeout(0.01); one.{code}"
    log = tmp_path / "hosts.txt"
    subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": str(WATCH), "COMPENDIUM_WATCH": str(log)},
    )  # fmt: skip
    assert log.read_text("utf-8").splitlines() == ["watched", *filter(None, [told])]


def test_notebook_outputs_tell_no_local_path(built, quick_book):
    for notebook in (built / "notebooks").glob("*.ipynb"):
        text = notebook.read_text("utf-8")
        assert str(quick_book) not in text and str(paths.ROOT) not in text


@pytest.mark.long
def test_a_changed_row_changes_the_page(built, copy):
    before = values.read(built / "values.json")
    copy.replace("data/raw/arms.csv", "arms-sh-2024-10-dia", "9400000", "19400000")
    try:
        after = values.read(copy.build("quick") / "values.json")
    finally:
        copy.replace("data/raw/arms.csv", "arms-sh-2024-10-dia", "19400000", "9400000")
    assert after["arms_trade.shells_highest"].value == pytest.approx(19.4)
    assert after["arms_trade.value_total"].value > before["arms_trade.value_total"].value
    shown = printed(built / "html" / "chapters" / "arms_trade.html")
    assert shown["arms_trade.shells_highest"] == {"19.4 million rounds"}


STUDY = ("arms_trade", "troop_plausibility", "trade_trends", "kremlin_strategy",
         "recommendations", "replication")  # fmt: skip
AGAIN = """
import sys
from pathlib import Path
from compendium import chapters, scenarios
if __name__ == "__main__":
    chapters.run_all(scenarios.read("quick"), Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("table", "row", "readers"),
    [
        pytest.param(
            "arms",
            "arms-sh-2024-10-dia",
            {"arms_trade", "kremlin_strategy"},
            marks=pytest.mark.long,
        ),
        pytest.param(
            "trade",
            "trade-rudprk-2001-rokmofa",
            {"trade_trends", "recommendations"},
            marks=pytest.mark.long,
        ),
        pytest.param(
            "troops", "troops-study-cap-2024", {"troop_plausibility"}, marks=pytest.mark.long
        ),
        pytest.param(
            "claims", "arms-value-upper", {"arms_trade", "replication"}, marks=pytest.mark.long
        ),
        # known only after this vintage
        pytest.param("arms", "arms-sh-2025-01-us", set(), marks=pytest.mark.long),
    ],
)
def test_a_row_runs_its_readers_again_and_no_other_chapter(
    built, copy, table, row, readers, tmp_path
):
    """Only its note is changed: no number, hence no other chapter."""
    file = copy.root / "data" / "raw" / f"{table}.csv"
    whole = file.read_text("utf-8")
    (line,) = [one for one in whole.splitlines() if one.startswith(f"{row},")]
    edited = f'{line[:-1]} Seen."' if line.endswith('"') else f"{line} Seen."
    file.write_text(whole.replace(line, edited), "utf-8")
    try:
        done = copy.python("-c", AGAIN, str(tmp_path))
    finally:
        file.write_text(whole, "utf-8")
    assert done.returncode == 0, done.stderr
    told = dict(re.findall(r"\d+/\d+ (\w+): (unchanged|run)", done.stdout))
    assert set(told) == set(CHAPTERS)
    # What a chapter that a fork adds may read is its own affair.
    assert {chapter for chapter in STUDY if told[chapter] == "run"} == readers


@pytest.mark.long
def test_a_bad_table_stops_before_anything_runs(built, copy):
    before = fingerprint(built)
    copy.replace("data/raw/arms.csv", "arms-sh-2024-10-dia", "rounds", "bullets")
    try:
        done = copy.run("build_book.py", "--scenario", "quick")
    finally:
        copy.replace("data/raw/arms.csv", "arms-sh-2024-10-dia", "bullets", "rounds")
    assert done.returncode == 1
    assert re.search(r"data/raw/arms\.csv:\d+: unit: .*'bullets'", done.stderr)
    assert "Traceback" not in done.stderr and "arms_trade" not in done.stderr
    assert fingerprint(built) == before


@pytest.mark.long
def test_a_failing_cell_leaves_the_last_book(built, copy):
    before = fingerprint(built)
    file = copy.root / "chapters" / "arms_trade.ipynb"
    whole = file.read_text("utf-8")
    notebook = json.loads(whole)
    number = 4  # the first cell that shows something: the sooner it fails, the quicker the test
    notebook["cells"][number - 1]["source"] = ["frames.no_such_attribute"]
    file.write_text(json.dumps(notebook))
    try:
        done = copy.run("build_book.py", "--scenario", "quick")
    finally:
        file.write_text(whole, "utf-8")
    assert done.returncode == 1
    assert f"chapters/arms_trade.ipynb, cell {number}: AttributeError" in done.stderr
    assert "the cell begins: frames.no_such_attribute" in done.stderr
    partial = re.search(r"partial notebook: (.*)", done.stderr)[1]
    assert (copy.root / partial).exists()
    assert fingerprint(built) == before


@pytest.mark.long
def test_an_early_vintage_shows_nothing_stated_later(copy):
    copy.scenario("early", "2024-02-01")
    early = copy.build("early")
    assert "arms_trade.study_low" not in values.read(early / "values.json")
    page = soup(early / "html" / "chapters" / "arms_trade.html")
    for exhibit in page.select(".exhibit-figure table, .exhibit-table table"):
        heads = [th.get_text(strip=True) for th in exhibit.select("th")]
        dated = [i for i, head in enumerate(heads) if head in ("By", "Known on", "From", "To")]
        for row in exhibit.select("tbody tr"):
            cells = [td.get_text(strip=True) for td in row.select("td")]
            assert all(cells[i] <= "2024-02-01" for i in dated), cells


BAD = {
    "price_bsis: market": "unknown parameter; did you mean 'price_basis'",
    "price_basis: cheap": "not one of the choices, found 'cheap'; allowed: discounted_cost",
    "draws: 1000": "not a power of two",
    "unusable_share: 1.4": "out of range, found '1.4'; allowed: number from 0 to 1",
    "shell_price: 'false'": "wrong type, found 'false'",
    "missiles: true": "wrong type, found 'True'",
    "seed: -1": "out of range",
    "as_of: 2025-01-01": "one vintage runs through all chapters",
}


def test_bad_parameters_are_refused_in_a_line_each(copy):
    changes = "".join(f"    {change}\n" for change in BAD)
    (copy.root / "scenarios" / "bad.yml").write_text(
        f"title: x\nreason: y\nas_of: 2024-10-28\nchapters:\n  arms_trade:\n{changes}"
    )
    done = copy.run("build_book.py", "--scenario", "bad")
    assert done.returncode == 1
    for number, (change, words) in enumerate(BAD.items(), 6):
        start = f"scenarios/bad.yml:{number}: arms_trade, parameter {change.partition(':')[0]}: "
        assert any(s.startswith(start) and words in s for s in done.stderr.splitlines()), change
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_plain_papermill_runs_and_refuses(copy, tmp_path):
    papermill = [sys.executable, "-m", "papermill", "arms_trade.ipynb", str(tmp_path / "out.ipynb")]
    environment = {
        **os.environ,
        "PYTHONPATH": str(copy.root / "src"),
        "COMPENDIUM_OUTPUT": str(tmp_path),
    }

    def run(*parameters):
        return subprocess.run(
            [*papermill, "--no-progress-bar", *parameters], capture_output=True, text=True,
            cwd=copy.root / "chapters", env=environment, check=False,
        )  # fmt: skip

    done = run(
        "-p",
        "as_of",
        "2025-06-30",
        "-p",
        "draws",
        "256",
        "-p",
        "sobol_samples",
        "64",
        "-p",
        "shell_price",
        "600",
    )
    assert done.returncode == 0, done.stderr
    assert values.read(tmp_path / "values.json")["arms_trade.as_of"].value == "2025-06-30"
    refused = run("-p", "shel_price", "600")
    assert refused.returncode == 1
    assert "unknown parameter; did you mean 'shell_price'?" in refused.stderr


@pytest.mark.long
def test_the_check_tells_every_place_where_words_and_numbers_part(tmp_path):
    own = Copy(tmp_path)
    for scenario in (own.root / "scenarios").glob("*.yml"):
        scenario.unlink()
    own.scenario("quick", "2024-10-28")

    def retype(file, old, new):
        text = (own.root / file).read_text("utf-8")
        assert old in text
        (own.root / file).write_text(text.replace(old, new, 1), "utf-8")
        return next(n for n, line in enumerate(text.splitlines(), 1) if old.splitlines()[0] in line)

    typed = retype(
        "index.md", "the largest claimed of {value}`", "the largest claimed of 4,000, {value}`"
    )
    renamed = retype("index.md", "`replication.claims`", "`replication.claim`")
    word = retype("index.md", "comes first in {value}`", "is very likely to come first in {value}`")
    claim = retype("src/compendium/claims.py", '"trade_trends.return"', '"trade_trends.retrun"')
    done = own.run("check.py")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    for place, told in (
        (f"index.md:{typed}: ", "'4,000,'"),
        (f"index.md:{renamed}: no chapter states this value", "did you mean 'replication.claims'"),
        (f"index.md:{word}: the word does not fit", "'very likely'"),
        (
            f"src/compendium/claims.py:{claim}: statement trade-return points at",
            "'trade_trends.retrun'",
        ),
    ):
        assert any(line.startswith(place) and told in line for line in done.stderr.splitlines()), (
            done.stderr
        )
