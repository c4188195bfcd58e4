"""A notebook's process is the same whatever its user has set."""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from compendium import figures, inheritance, kernels

# Each would change what is printed or drawn.
AT_HOME = {
    ".ipython/profile_default/ipython_config.py":
        "get_config().InteractiveShell.ast_node_interactivity = 'all'\n",
    ".ipython/profile_default/startup/mine.py": "print('good morning')\n",
    ".config/matplotlib/matplotlibrc": "font.size: 17\nno.such.setting: 1\n",
    "startup.py": "import pandas; pandas.set_option('display.max_rows', 2)\n",
}  # fmt: skip
VARIABLES = {
    "PYTHONSTARTUP": "startup.py", "LC_ALL": "C", "TZ": "Asia/Tokyo", "COLUMNS": "20",
    "PYTHONUTF8": "0", "PYTHONHASHSEED": "5",
}  # fmt: skip
SHOWN = """
1
import locale, sys, time
import matplotlib, pandas
print(pandas.get_option("display.max_rows"), matplotlib.rcParams["font.size"], time.tzname[0])
print(sys.flags.optimize, sys.warnoptions, sys.flags.utf8_mode, locale.localeconv()["decimal_point"])
print(sys.flags.hash_randomization)
2
"""
PLAIN = ["60 10.0 UTC\n0 [] 1 .\n0\n", "2"]
SCRIPT = """
import sys
from pathlib import Path
import nbformat
import pytest

from compendium import chapters, kernels, paths
sys.path.insert(0, sys.argv[2])
if __name__ == "__main__":
    from test_chapters import GIVEN, cell, store
    paths.ROOT = Path(sys.argv[1])
    paths.CHAPTERS = paths.ROOT / "chapters"
    paths.CHAPTERS.mkdir()
    store(cell(Path(sys.argv[3]).read_text()))
    for kind in kernels.KINDS:
        file = chapters.execute("arms_trade", GIVEN, paths.ROOT / kind, group=kernels.Group(kind))
        shown = nbformat.read(file, 4).cells[-1].outputs
        print([o.get("text") or o.data["text/plain"] for o in shown])
"""


def outputs(folder: Path, **variables: str) -> list[str]:
    """What a notebook shows in each kind of kernel, under other settings."""
    (folder / "script.py").write_text(SCRIPT)
    (folder / "shown.py").write_text(SHOWN)
    (folder / "checkout").mkdir()
    done = subprocess.run(
        [sys.executable, "script.py", folder / "checkout", Path(__file__).parent, "shown.py"],
        cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.long
@pytest.mark.skipif(
    not sys.prefix.isascii(), reason="no Python starts in ASCII where its own path is not"
)
def test_no_setting_of_the_user_shows_in_a_notebook(tmp_path):
    for name, text in AT_HOME.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert (
        outputs(tmp_path, HOME=str(tmp_path), XDG_CONFIG_HOME="", **VARIABLES) == [f"{PLAIN}"] * 2
    )


@pytest.mark.long
def test_no_home_and_no_assertions_show_in_a_notebook(tmp_path):
    odd = {"HOME": "/proc/none", "PYTHONOPTIMIZE": "1", "PYTHONWARNINGS": "always"}
    assert outputs(tmp_path, **odd) == [f"{PLAIN}"] * 2


def test_what_a_machine_needs_stays():
    given = {"PATH": "/bin", "https_proxy": "x", "PYTHONPATH": "/src", "OMP_NUM_THREADS": "1",
             "LC_NUMERIC": "de_DE", "LANGUAGE": "de", "SOURCE_DATE_EPOCH": "0"}  # fmt: skip
    own = inheritance.variables(given)
    assert {name: own.get(name) for name in given} == {
        **dict.fromkeys(given), "PATH": "/bin", "https_proxy": "x", "PYTHONPATH": "/src",
        "OMP_NUM_THREADS": "1",
    }  # fmt: skip


def test_variables_are_as_they_were_after_a_process_was_started(monkeypatch):
    monkeypatch.setenv("PYTHONSTARTUP", "mine.py")
    before = dict(os.environ)
    with kernels.environment({"ONLY": "1"}, alone=True):
        assert dict(os.environ) == {"ONLY": "1"}
    assert dict(os.environ) == before


def test_a_figure_is_drawn_in_the_style_of_the_book_alone(tmp_path):
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 5\ntimezone: Asia/Tokyo\n")
    code = "import matplotlib; from compendium import figures; p = matplotlib.rcParams; "
    code += "print(p['lines.linewidth'], p['timezone'], p['font.size'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"1.5 UTC {figures.STYLE['font.size']:.1f}\n"


def test_processes_begun_at_once_are_given_one_folder_that_stays(monkeypatch):
    """Of two folders the first would go with its owner, and with it the settings of a process."""
    inheritance._folder.cache_clear()
    made = tempfile.TemporaryDirectory

    def slowly(**details):
        time.sleep(0.05)
        return made(**details)

    monkeypatch.setattr(tempfile, "TemporaryDirectory", slowly)
    with ThreadPoolExecutor(8) as threads:
        given = list(threads.map(lambda _: inheritance.variables({}), range(8)))
    (settings,) = {own["MATPLOTLIBRC"] for own in given}
    assert Path(settings).is_file()
