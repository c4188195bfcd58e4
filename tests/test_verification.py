"""Verification on built folders: what was tampered with is named, and nothing else."""

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from html.parser import HTMLParser

import matplotlib as mpl
import nbformat
import numpy as np
import pandas as pd
import pytest
from test_kernels import running, wait_for

from compendium import book, estimates, exhibits, figures, packages, paths, values
from compendium.errors import CompendiumError
from compendium.values import Value
from compendium.verification import builds, certificate, checks, editions, inputs, report, trial

SCRIPT = paths.ROOT / "scripts" / "verify.py"
ROW, PRICE = "arms-cont-2023-10-wh", "shell_price"
PAGE = """\
<p>Worth <a data-value-id="arms_trade.total">{total}</a>.</p>
<div class="exhibit exhibit-figure"><figure id="fig-arms-x"><img alt="x"><figcaption>
<span class="caption-number">Figure 1.1 </span></figcaption></figure>
<a download href="fig-arms-x.png">PNG</a> <a download href="fig-arms-x.csv">CSV</a></div>
<div class="exhibit exhibit-table"><table id="tab-arms-y"><tbody><tr><td>1</td></tr></tbody></table>
<a download href="tab-arms-y.csv">CSV</a></div>
"""
STATED = pd.DataFrame(
    {
        "label": ["one", "two"],
        "group": ["a", "b"],
        "low": [1.0, 2.0],
        "value": [2.0, 3.0],
        "high": [3.0, 5.0],
    }
)


def built(root, total=3000.0, frame=STATED, scenario="replication", style=None):
    """A built folder with one page: a value in the text, a figure, a table."""
    folder = root / "_build" / scenario
    shutil.rmtree(folder, ignore_errors=True)
    pages = folder / "html" / "chapters"
    pages.mkdir(parents=True)
    value = Value("arms_trade.total", total, total - 1000, total + 1000, unit="USD_million",
                  rows=(ROW,))  # fmt: skip
    others = [Value("arms_trade.count", 12, unit="count"), Value("arms_trade.as_of", "2024-10-28",
              unit="date")]  # fmt: skip
    values.write(folder / "values.json", {v.id: v for v in (value, *others)})
    (folder / "html" / "index.html").write_text("<p>Front</p>")
    (pages / "arms_trade.html").write_text(PAGE.format(total=value.text()))
    with mpl.rc_context(style or {}):
        drawn = exhibits.figure_bundle(figures.ranges(frame, "price"), "fig-arms-x", "x", "y")
    files = drawn[exhibits.MIME]["files"]
    (pages / "fig-arms-x.png").write_bytes(base64.b64decode(files["png"]))
    (pages / "fig-arms-x.csv").write_text(files["csv"])
    (pages / "tab-arms-y.csv").write_text(exhibits.csv_of(frame))
    return folder


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout whose built folder is certified."""
    for name in ("data", "scenarios"):
        shutil.copytree(paths.ROOT / name, tmp_path / name)
    code = tmp_path / "src" / "compendium" / "figures.py"
    code.parent.mkdir(parents=True)
    shutil.copy(figures.__file__, code)
    shutil.copy(paths.ROOT / "requirements.lock", tmp_path)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    for name, place in {"RAW": "data/raw", "SCENARIOS": "scenarios", "RESULTS": "results"}.items():
        monkeypatch.setattr(paths, name, tmp_path / place)
    edition = editions.of_build(built(tmp_path))
    found = dict.fromkeys(certificate.SCENARIOS, edition)
    certificate.write(found, inputs.take(certificate.SCENARIOS), "")
    return tmp_path


def judged(root, departures=()):
    """Changed inputs, and the checks that fail, of the folder built in a checkout."""
    changed = inputs.changes(certificate.inputs(), inputs.take(certificate.SCENARIOS))
    certified = certificate.edition("replication")
    found = trial.judged("replication", certified, root, [*changed, *departures])
    return changed, [check for check in found if check.failed]


def replace(file, old, new):
    text = file.read_text("utf-8")
    assert text.count(old) >= 1
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_cells_that_differ_are_told_with_row_and_column():
    was = "name,value\na,1.0\nb,2.0\n"
    assert checks.differing_cells(was, was, 1e-6) == ([], 0)
    assert checks.differing_cells(was, was.replace("2.0", "2.0000001"), 1e-6) == ([], 1)
    assert checks.differing_cells(was, was.replace("2.0", "3"), 1e-6)[0] == [
        "row b, value: 2.0 -> 3"
    ]
    assert checks.differing_cells(was, was + "c,3\n", 0)[0] == ["2 rows -> 3 rows", "row c new"]
    assert checks.differing_cells(was, "name,value\nb,2.0\n", 0)[0] == [
        "2 rows -> 1 rows",
        "row a gone",
    ]
    other = was.replace("value", "sum")
    assert checks.differing_cells(was, other, 1)[0] == ["columns name, value -> name, sum"]
    assert checks.differing_cells("", "", 0) == ([], 0)


def edition(data, picture=None, text="1.0"):
    """An edition of one exhibit and one number in the text."""
    key = ("chapters/x", "fig-x")
    shown = {key: editions.Exhibit(*key, "table" if picture is None else "figure", "", 1e-6)}
    number = editions.Number("x.y", "", 1.0, None, None, "ratio", 1e-6)
    texts = (editions.Text("chapters/x", "x.y", 1, text),)
    return editions.Edition({"x.y": number}, texts, shown, {key: data}, {key: picture})


def verdict_of(was, now, kind):
    (found,) = [c for c in checks.of_editions("s", was, now) if c.kind == kind]
    return found


def test_no_more_than_some_cells_are_told():
    found = verdict_of(edition("v\n" + "1\n" * 6), edition("v\n" + "2\n" * 6), "table")
    assert found.failed and found.got.endswith("; and 3 more cells")


def test_a_picture_may_differ_a_little_and_not_in_size():
    was = edition("v\n1\n", np.zeros((2, 2, 3)))
    for picture, verdict in (
        (np.zeros((2, 2, 3)), checks.SAME),
        (np.full((2, 2, 3), 0.2), checks.WITHIN),
        (np.full((2, 2, 3), 0.3), checks.DIFFERS),
        (np.zeros((2, 3, 3)), checks.DIFFERS),
    ):
        assert verdict_of(was, edition("v\n1\n", picture), "figure").verdict == verdict


def test_a_number_in_the_text_may_differ_within_its_tolerance():
    was = edition("v\n1\n", text="about 1,000.0")
    for text, verdict in (("about 1,000.0", checks.SAME), ("about 1,000.0004", checks.WITHIN),
                          ("about 1,001.0", checks.DIFFERS), ("nearly 1,000.0", checks.DIFFERS)):  # fmt: skip
        assert verdict_of(was, edition("v\n1\n", text=text), "text").verdict == verdict


def test_what_is_certified_comes_out_again(checkout):
    assert judged(checkout) == ([], [])
    built(checkout)  # drawn anew
    assert judged(checkout) == ([], [])


# ------------------------------------------------------------------------ what was tampered with


def test_one_changed_row_is_named_with_what_it_moved(checkout):
    replace(
        checkout / "data/raw/arms.csv", "2023-09-07,2023-10-01,1000", "2023-09-07,2023-10-01,1100"
    )
    built(checkout, total=3100.0, frame=STATED.assign(value=[2.0, 3.1]))
    changed, failed = judged(checkout)
    assert [(c.kind, c.file, c.part, c.what) for c in changed] == [
        ("row", "data/raw/arms.csv", ROW, "changed")
    ]
    named = {check.name: check for check in failed}
    assert set(named) == {"arms_trade.total", "fig-arms-x", "tab-arms-y"}
    assert {check.kind for check in failed} == {"value", "text", "figure", "table"}
    value = next(check for check in failed if check.kind == "value")
    assert value.expected == "3000 (2000 to 4000) USD_million"
    assert value.got == "3100 (2100 to 4100) USD_million"
    assert value.why == f"rows {ROW}"
    assert "row two, value: 3.0 -> 3.1" in named["tab-arms-y"].got


def test_rows_that_come_and_go_are_named(checkout):
    replace(checkout / "data/raw/arms.csv", f"{ROW},", f"{ROW}-b,")
    changed, _ = judged(checkout)
    assert {(c.part, c.what) for c in changed} == {(ROW, "removed"), (f"{ROW}-b", "added")}


def test_one_changed_price_is_named_with_both_values(checkout):
    scenario = checkout / "scenarios" / "replication.yml"
    scenario.write_text(scenario.read_text() + f"chapters:\n  arms_trade:\n    {PRICE}: 777\n")
    built(checkout, total=3100.0)
    changed, failed = judged(checkout)
    assert [(c.kind, c.part, c.now) for c in changed] == [
        ("parameter", f"replication: arms_trade.{PRICE}", "777.0")
    ]
    assert {(c.name, c.why) for c in failed} == {("arms_trade.total", f"parameters {PRICE}")}


def test_another_style_of_one_figure_is_named_and_its_definition(checkout):
    replace(
        checkout / "src/compendium/figures.py", '"grid.color": "#ebebeb"', '"grid.color": "#ddd"'
    )
    built(checkout, style={"grid.color": "#dddddd"})
    changed, failed = judged(checkout)
    assert [(c.kind, c.file, c.part) for c in changed] == [
        ("code", "src/compendium/figures.py", "STYLE")
    ]
    assert [(c.kind, c.name) for c in failed] == [("figure", "fig-arms-x")]
    assert failed[0].got.startswith("picture: ") and "data" not in failed[0].got
    assert failed[0].why == "code src/compendium/figures.py: STYLE"


def test_another_version_of_one_package_is_named(checkout):
    lock = certificate.inputs()["packages"]
    here = packages.installed()
    assert inputs.departures(lock, here) == []
    departures = inputs.departures(lock, here | {"tqdm": "0.1"})
    assert [(c.part, c.was, c.now) for c in departures] == [
        ("tqdm", f"{lock['tqdm']} (locked)", "0.1")
    ]
    replace(checkout / "requirements.lock", f"tqdm=={lock['tqdm']}", "tqdm==0.1")
    built(checkout, total=3100.0)
    changed, failed = judged(checkout, departures)
    assert [(c.kind, c.part, c.was, c.now) for c in changed] == [
        ("package", "tqdm", lock["tqdm"], "0.1")
    ]
    assert {c.why for c in failed} == {"packages tqdm"}


def test_a_page_and_a_missing_package_are_told(checkout):
    (checkout / "index.md").write_text("# New\n")
    changed, failed = judged(checkout)
    assert [(c.kind, c.file, c.what) for c in changed] == [("page", "index.md", "added")]
    assert changed[0].kind not in inputs.BINDING and failed == []
    assert inputs.departures({"Not_here": "1"}, {})[0].now == "not installed"


# ---------------------------------------------------------------------------------- tolerances


@pytest.mark.parametrize(
    ("one", "other", "tolerance", "verdict"),
    [
        ("3,000 USD", "3,000 USD", 0, False),  # the same text needs no such look
        ("3,000 USD", "3,001 USD", 1e-6, False),
        ("3,000.001 USD", "3,000.002 USD", 1e-6, True),
        ("3,000 USD", "3,000 EUR", 1e-3, False),
        ("0.12 of 5", "0.13 of 5", 1e-3, True),  # fitted: the last digit may change by one
        ("0.12 of 5", "0.14 of 5", 1e-3, False),
        ("−3 to 4", "3 to 4", 1e-3, False),
        ("likely", "unlikely", 1e-3, False),
    ],
)
def test_printed_numbers(one, other, tolerance, verdict):
    assert checks.close(one, other, tolerance) is verdict


def number(value, low=None, high=None, tolerance=1e-6):
    return editions.Number("a.b", "", value, low, high, "ratio", tolerance)


@pytest.mark.parametrize(
    ("was", "now", "verdict"),
    [
        (number(2.0), number(2.0), checks.SAME),
        (number(2.0), number(2.000001), checks.WITHIN),
        (number(2.0), number(2.00001), checks.DIFFERS),
        (number(2.0, 0.0, 9.0), number(2.0, 0.000001, 9.0), checks.WITHIN),  # on the scale of 9
        (number(2.0, 0.0, 9.0), number(2.0), checks.DIFFERS),  # it lost its interval
        (number(2, tolerance=0.0), number(3, tolerance=0.0), checks.DIFFERS),
        (number("likely", tolerance=0.0), number("unlikely", tolerance=0.0), checks.DIFFERS),
        (number(2.0), None, checks.MISSING),
        (None, number(2.0), checks.NEW),
    ],
)
def test_values(was, now, verdict):
    sides = [{} if side is None else {"a.b": side} for side in (was, now)]
    (check,) = checks.of_values("replication", *sides)
    assert check.verdict == verdict
    assert check.failed is (verdict in checks.FAILING)


def test_the_rule_of_the_tolerances():
    whole = Value("trade_trends.n", 5, unit="count")
    fitted = Value("trade_trends.rate", 5.0)
    drawn_on = Value("recommendations.rate", 5.0)
    computed = Value("arms_trade.rate", 5.0)
    found = [editions.tolerance_of(value) for value in (whole, fitted, drawn_on, computed)]
    assert found == [0.0, 1e-3, 1e-3, 1e-6]


def test_a_picture_of_another_shape_is_another():
    one = np.zeros((4, 4, 3), np.uint8)
    assert checks.picture_distance(one, one) == 0
    assert checks.picture_distance(one, one[:2]) == 255


# ------------------------------------------------------------------------------------- report


class Balance(HTMLParser):
    """Elements that are opened, and whether each is closed; addresses asked for."""

    def __init__(self):
        super().__init__()
        self.open, self.asked = [], []

    def handle_starttag(self, tag, attributes):
        self.asked += [value for name, value in attributes if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def content(checkout, failures=()):
    built(checkout, total=3100.0)
    _, failed = judged(checkout)
    run = builds.Run("first", "replication", "warm", 12.0, 0, 5)
    same = [{"scenario": "replication", "files": 3, "differ": ["html/<a>.html"]}]
    return trial.contents(failed, failures, [], [], [run], same, {"tqdm": "1"})


def test_one_content_in_three_forms_failures_first(checkout):
    told = content(checkout, ["html/<a>.html differs"])
    report.write(told, checkout / "verify-report")
    texts = {f.suffix: f.read_text("utf-8") for f in (checkout / "verify-report").iterdir()}
    assert json.loads(texts[".json"]) == json.loads(json.dumps(told))
    page = Balance()
    page.feed(texts[".html"])
    assert page.open == [] and page.asked == []
    for form in (".html", ".md"):
        places = [
            texts[form].index(title) for title in ("Failed: 3", "Results that failed", "Machine")
        ]
        assert places == sorted(places)
        assert "3100 (2100 to 4100) USD_million" in texts[form]
    assert "html/&lt;a&gt;.html differs" in texts[".html"]


def test_the_verdict(checkout):
    passed = checks.Check("value", "replication", "a", "p", "1", "1", "exact", checks.SAME)
    assert trial.contents([passed], [], [], [], [], [], {})["verdict"] == report.PASSED
    assert trial.contents([passed], ["x"], [], [], [], [], {})["verdict"] == report.FAILED
    assert trial.contents([], [], [], [], [], [], {})["verdict"] == report.FAILED


def test_a_folder_with_anything_but_a_report_is_refused_before_anything_is_built(
    checkout, tmp_path, monkeypatch
):
    monkeypatch.setattr(builds, "copy_checkout", lambda root: pytest.fail("it was built"))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "report.html").write_text("earlier")
    report.require_own(mine)
    (mine / "thesis.tex").write_text("years")
    with pytest.raises(CompendiumError, match=r"^mine: .* found 'thesis\.tex'; allowed: "):
        trial.verify(print, mine)
    assert (mine / "thesis.tex").read_text() == "years"


KILLED = """\
import os, signal, sys
from pathlib import Path
from compendium.verification import report
write = Path.write_text
def write_text(self, text, *more):
    if self.suffix == ".json":
        os.kill(os.getpid(), signal.SIGKILL)
    return write(self, text, *more)
Path.write_text = write_text
content = {"checks": [], "failures": ["new"], "inputs": [], "volatile": {}, "runs": [],
           "packages": {"locked": {}, "departures": []}, "environment": {},
           "run_against_run": [], "verdict": "failed"}
report.write(content, Path(sys.argv[1]))
"""


def test_a_kill_in_the_middle_leaves_the_earlier_report_whole(tmp_path):
    folder = tmp_path / "verify-report"
    folder.mkdir()
    (folder / "report.md").write_text("earlier")
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False)
    assert done.returncode == -9
    assert [f.read_text() for f in folder.iterdir()] == ["earlier"]


# Stands in for the build: it tells its process, and does not end by itself.
ENDLESS = """\
import os, sys, time
from pathlib import Path
Path(os.environ["MARK"]).write_text(str(os.getpid()))
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_verification_that_is_ended_leaves_the_earlier_report_and_no_process(
    checkout, tmp_path_factory, number
):
    (checkout / "scripts").mkdir()
    (checkout / "scripts" / "build_book.py").write_text(ENDLESS)
    beside = tmp_path_factory.mktemp("beside")
    folder, aside, mark = (beside / name for name in ("verify-report", "aside", "mark"))
    for place in (folder, aside):
        place.mkdir()
    (folder / "report.md").write_text("earlier")
    own = {"COMPENDIUM_ROOT": str(checkout), "TMPDIR": str(aside), "MARK": str(mark)}
    verifying = subprocess.Popen(
        [sys.executable, SCRIPT, "--report", folder], env={**os.environ, **own},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # Where tests run in the background, a shell may have told them to ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        wait_for(lambda: (mark.exists() and mark.read_text()) or verifying.poll() is not None)
        build = int(mark.read_text())
        verifying.send_signal(number)
        said = verifying.communicate(timeout=60)[1]
        assert verifying.returncode == 128 + number, said
        assert "Traceback" not in said
        assert not running(build)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(verifying.pid, signal.SIGKILL)
    assert [f.read_text() for f in folder.iterdir()] == ["earlier"]
    assert [*aside.iterdir()] == []  # the copies are gone


# ----------------------------------------------------------------------- certificate and copies


def test_results_are_replaced_whole_or_not_at_all(checkout, monkeypatch):
    before = {f: f.read_bytes() for f in paths.RESULTS.rglob("*") if f.is_file()}

    def fail(*_):
        raise CompendiumError("scenario replication could not be built:\nno")

    monkeypatch.setattr(builds, "copy_checkout", lambda target: target.mkdir())
    monkeypatch.setattr(builds, "build", fail)
    with pytest.raises(CompendiumError, match="could not be built"):
        trial.certify(lambda text: None)
    assert before == {f: f.read_bytes() for f in paths.RESULTS.rglob("*") if f.is_file()}
    # The same failure is a finding of a verification, which goes into the report.
    assert trial.verify(lambda text: None, checkout / "verify-report") is False
    assert "could not be built" in (checkout / "verify-report" / "report.md").read_text()


def test_nothing_is_certified_with_another_package(checkout, monkeypatch):
    monkeypatch.setattr(packages, "installed", dict)
    with pytest.raises(CompendiumError, match="nothing was certified; `rm -rf .venv`"):
        trial.certify(lambda text: None)


def test_certify_says_what_moved_and_keeps_the_log(checkout, monkeypatch):
    def build(root, scenario, kernel, variables):
        built(root, total=3100.0, scenario=scenario)
        return builds.Run("copy", scenario, kernel, 1.0, 0, 0)

    monkeypatch.setattr(builds, "copy_checkout", lambda target: target.mkdir())
    monkeypatch.setattr(builds, "build", build)
    told = trial.certify(lambda text: None, "0.1.0")
    ends = "arms_trade.total: 3,000 (2,000 to 4,000) -> 3,100 (2,100 to 4,100): "
    assert [text for text in told if ends in text] == told[:2]
    assert "replication: 1 printed numbers are other, new or gone" in told
    assert set(estimates.read()["release"]) == {"0.1.0"}
    built(checkout, total=3100.0)
    assert judged(checkout) == ([], [])
    log = estimates.log_file().read_text()
    assert "0 numbers have moved" in trial.certify(lambda text: None)[0]
    assert estimates.log_file().read_text() == log


def test_the_copy_has_new_files_and_not_what_is_made(tmp_path, monkeypatch):
    root = tmp_path / "checkout"
    (root / "_build").mkdir(parents=True)
    for name in ("kept.py", "gone.py", "new.py", "_build/made", ".gitignore"):
        (root / name).write_text("_build/\n")
    git = ["git", "-C", str(root)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "kept.py", "gone.py"], check=True)
    (root / "gone.py").unlink()
    monkeypatch.setattr(paths, "ROOT", root)
    builds.copy_checkout(tmp_path / "copy")
    names = {f.relative_to(tmp_path / "copy").as_posix() for f in (tmp_path / "copy").rglob("*")}
    assert names == {"kept.py", "new.py", ".gitignore"}
    shutil.rmtree(root / ".git")  # as it comes from an archive
    builds.copy_checkout(tmp_path / "other")
    assert not (tmp_path / "other" / "_build").exists()
    assert (tmp_path / "other" / "new.py").exists()
    builds.copy_checkout(root / "tmp" / "compendium-1" / "copy")  # TMPDIR within the checkout
    copied = {f.name for f in (root / "tmp").rglob("*") if f.is_file()}
    assert copied == {"kept.py", "new.py", ".gitignore"}


def test_files_that_two_runs_made_differently_are_named(tmp_path):
    for name, text in (("one", "a"), ("two", "b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same").write_text("x")
        (tmp_path / name / "other").write_text(text)
        (tmp_path / name / "stamp.json").write_text(name)
    assert builds.compared(tmp_path / "one", tmp_path / "two") == (2, ["other"])


def test_a_build_is_measured_and_its_failure_told(tmp_path):
    root = tmp_path / "copy"
    (root / "scripts").mkdir(parents=True)
    script = root / "scripts" / "build_book.py"
    script.write_text(
        textwrap.dedent("""\
        import pathlib, time
        pathlib.Path("_build/quick").mkdir(parents=True)
        pathlib.Path("_build/quick/page").write_text("x" * 1000)
        time.sleep(1.2)
        """)
    )
    run = builds.build(root, "quick", "warm", {})
    assert run.disk == 1000 and run.seconds > 1
    assert run.memory > 1e6 or sys.platform != "linux"
    script.write_text("print('no such row'); raise SystemExit(1)")
    with pytest.raises(CompendiumError, match="scenario quick could not be built:\nno such row"):
        builds.build(root, "quick", "warm", {})


# -------------------------------------------------------------------------- the real things


def test_every_exhibit_and_number_of_a_book_is_read(quick_book):
    folder = quick_book / "_build" / "quick"
    edition = editions.of_build(folder)
    shown = {
        (f"chapters/{file.stem}", bundle["name"])
        for file in (folder / "notebooks").glob("*.ipynb")
        for cell in nbformat.read(file, as_version=4).cells
        for output in cell.get("outputs", ())
        if (bundle := output.get("data", {}).get(exhibits.MIME, {})).get("kind")
        in ("figure", "table")
    }
    assert len(shown) > 100
    assert shown == {key for key in edition.exhibits if "estimates" not in key[0]}
    assert all(edition.data.values())
    assert edition.numbers.keys() == values.read(folder / "values.json").keys()
    pages = {book.pages(paths.ROOT)[0].stem, *(text.page for text in edition.texts)}
    assert len(edition.texts) > 400 and "chapters/trade_trends" in pages


def test_a_value_of_today_is_certified_or_told(quick_book):
    today = editions.numbers_of(values.read(quick_book / "_build" / "quick" / "values.json"))
    certified = certificate.edition("replication").numbers
    told = {c.name for c in checks.of_values("replication", certified, today) if c.failed}
    assert len(today) > 500
    assert set(today) ^ set(certified) <= told


def test_certified_results_are_sound():
    state = certificate.inputs()
    assert set(state) == {"format", "files", "parts", "parameters", "packages"}
    size = sum(f.stat().st_size for f in paths.RESULTS.rglob("*") if f.is_file())
    assert size < 3_000_000
    for name in certificate.SCENARIOS:
        edition = certificate.edition(name)
        assert len(edition.numbers) > 500 and len(edition.exhibits) > 100
        assert set(state["parameters"][name]) <= {n.partition(".")[0] for n in edition.numbers}
        for known in edition.numbers.values():
            assert known.unit in values.UNITS
            assert known.tolerance in (editions.EXACT, editions.COMPUTED, editions.FITTED)
            assert isinstance(known.value, str) == (known.unit in ("text", "date"))
            if known.low is not None:
                assert known.low <= known.value <= known.high
        assert {text.id for text in edition.texts} <= set(edition.numbers)
        pictured = {key for key, own in edition.exhibits.items() if own.kind == "figure"}
        assert set(edition.pictures) == pictured
        assert {p.shape[1] for p in edition.pictures.values()} == {editions.PICTURE_WIDTH}
        folder = paths.RESULTS / name
        files = {f.name for place in ("data", "figures") for f in (folder / place).iterdir()}
        keys = map(editions.file_name, edition.exhibits)
        assert {f.rpartition(".")[0] for f in files} == set(keys)
        # Nothing is certified against itself and fails.
        assert not any(check.failed for check in checks.of_editions(name, edition, edition))


VALUES = "id,label,value,low,high,unit,tolerance\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ":1: the columns must be id, label,"),
        ("id,label\nx,y\n", ":1: the columns must be"),
        (f"{VALUES}a.b,x,inf,,,ratio,0.0\n", ":2: not a finite number: inf"),
        (f"{VALUES}a.b,x,,,,ratio,0.0\n", ":2: could not convert"),
        (f"{VALUES}a.b,x,1,,,ratio,5\n", ":2: no tolerance that is certified with: 5"),
        (f"{VALUES}a.b,x,1,,,ratio,0.0\na.b,x,2\n", ":3: the row has 3 cells and not 7"),
        (f"{VALUES}a.b,x,1,,,ratio,0.0\na.b,x,2,,,ratio,0.0\n", ":3: a.b stands twice"),
        (f'{VALUES}"a.b,x', ":2: unexpected end of data"),
        (f"{VALUES}\0", ":2: holds a NUL byte"),
        (f"{VALUES}<<<<<<< HEAD\n", ":2: holds a merge that was not finished"),
    ],
)
def test_a_certified_table_that_was_touched_is_told_with_its_line(tmp_path, text, words):
    """An empty one too: every number would be told to be new."""
    (tmp_path / "exhibits.csv").write_text("page,name,kind,number,tolerance\n", "utf-8")
    (tmp_path / "values.csv").write_text(text, "utf-8")
    with pytest.raises(CompendiumError, match=rf"values\.csv{words}.*; `git checkout results`"):
        editions.read(tmp_path)


def test_what_is_no_certified_file_is_told_with_the_remedy(tmp_path):
    whole = paths.RESULTS / "replication"
    exhibit = next(k for k, e in editions.read(whole).exhibits.items() if e.kind == "figure")
    name = editions.file_name(exhibit)
    for file in (
        "values.csv",
        "text.csv",
        "exhibits.csv",
        f"data/{name}.csv",
        f"figures/{name}.png",
    ):
        folder = tmp_path / "touched"
        for damage in (b"\x89PNG\r\n\x1a\n\xff", "missing", "folder"):
            shutil.copytree(whole, folder)
            (folder / file).unlink()
            if damage == "folder":
                (folder / file).mkdir()
            elif damage != "missing":
                (folder / file).write_bytes(damage)
            with pytest.raises(CompendiumError, match="`git checkout results` brings back") as told:
                editions.read(folder)
            assert f"{folder / file}: " in str(told.value) or f"{folder / file}:1: " in str(
                told.value
            )
            shutil.rmtree(folder)


def test_certified_inputs_of_another_form_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RESULTS", tmp_path)
    with pytest.raises(CompendiumError, match="nothing is certified yet"):
        certificate.inputs()
    named = f'"format": "{certificate.FORMAT}"'
    of_lists = ", ".join(f'"{part}": []' for part in certificate.STATE)
    for text in (
        "{",
        "[]",
        '{"format": "another"}',
        f"{{{named}}}",
        f"{{{named}, {of_lists}}}",
        "[" * 10**5,
    ):
        (tmp_path / certificate.INPUTS).write_text(text, "utf-8")
        with pytest.raises(
            CompendiumError, match="not a file of format .*; `git checkout results`"
        ):
            certificate.inputs()
    (tmp_path / certificate.INPUTS).unlink()
    (tmp_path / certificate.INPUTS).mkdir()
    with pytest.raises(CompendiumError, match="it is a folder; `git checkout results`"):
        certificate.inputs()


def test_cells_of_a_notebook_are_named_by_their_id():
    text = json.dumps(
        {
            "cells": [
                {"id": "a", "source": "x", "metadata": {}},
                {"id": "b", "source": "", "metadata": {}},
            ]
        }
    )
    assert [name for name, _ in inputs._cells(text)] == ["a", "b"]
