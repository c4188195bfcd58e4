"""The same bytes wherever a book is made: builds in surroundings that differ in all that must not matter.

Each build differs from the plain one in many things at once; what fails tells them all, the file
and the first place that is not the same.
"""

import csv
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from checkout import Copy

from compendium import crate, paths, printing, values
from compendium.verification import builds, checks, editions

pytestmark = pytest.mark.long

NAME, AS_OF = "quick", "2024-10-28"
PLAN = """\
title: Two prices
reason: The same numbers from one process as from two.
grid:
  arms_trade: {draws: [256], sobol_samples: [64], price_basis: [market, western]}
"""
# Settings that a user keeps at home; each would change what is printed, drawn or rendered.
AT_HOME = {
    ".ipython/profile_default/ipython_config.py":
        "get_config().InteractiveShell.ast_node_interactivity = 'all'\n",
    ".ipython/profile_default/startup/mine.py":
        "import pandas; pandas.set_option('display.max_colwidth', 9); print('good morning')\n",
    ".config/matplotlib/matplotlibrc":
        "font.size: 17\nlines.linewidth: 5\nsvg.fonttype: none\ntimezone: Asia/Tokyo\n"
        "date.epoch: 2000-01-01\naxes.formatter.use_locale: True\nno.such.setting: 1\n",
    ".docutils": "[html writers]\ntable_style: own\n[general]\ndatestamp: %Y-%m-%d\n",
    ".jupyter/jupyter_config.py": "raise SystemExit('settings of Jupyter were read')\n",
    "startup.py": "import pandas; pandas.set_option('display.max_rows', 2); print('begun')\n",
}  # fmt: skip
# Loaded by every Python that is started: files in another order, and a clock of another century.
ELSEWHERE = """\
import os, random, time
listdir, scandir, shuffle = os.listdir, os.scandir, random.Random({seed}).shuffle
class Entries:
    def __init__(self, found): self.found = iter(found)
    def __iter__(self): return self
    def __next__(self): return next(self.found)
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def close(self): pass
def shuffled(found):
    found = list(found)
    shuffle(found)
    return found
os.listdir = lambda *a, **k: shuffled(listdir(*a, **k))
def scan(*a, **k):
    with scandir(*a, **k) as found:
        return Entries(shuffled(found))
os.scandir = scan
late, now, now_ns = {later}, time.time, time.time_ns
if late:
    time.time, time.time_ns = lambda: now() + late, lambda: now_ns() + late * 10**9
    for name in ("gmtime", "localtime", "ctime"):
        plain = getattr(time, name)
        setattr(time, name, lambda at=None, plain=plain: plain(time.time() if at is None else at))
"""


@dataclass(frozen=True)
class Setting:
    """In what a build differs from the plain one.

    Attributes
    ----------
    folder : str
        Name of the folder that holds the copy.
    kernel : str
    variables : mapping
        Variables of the environment; None takes one away, `{folder}` is the place of the copy.
    umask : int
    cores : int
    seed : int
        Of the order in which folders are listed; 0 for that of the file system.
    later : int
        Seconds by which the clock of Python is ahead.
    changed : int
        Time of the sources; 0 for now.
    mode : int
        Of the source files; 0 for what the mask gives.
    settings : bool
        Whether the home is one with settings.
    begun_by : str
        Setting whose kept runs and drawings are at hand, moved here, but for every other one.
    """

    folder: str = "a folder"
    kernel: str = "warm"
    variables: Mapping[str, str | None] = field(default_factory=dict)
    umask: int = 0o022
    cores: int = 2
    seed: int = 0
    later: int = 0
    changed: int = 0
    mode: int = 0
    settings: bool = False
    begun_by: str = ""

    def __str__(self) -> str:
        plain = SETTINGS["plain"]
        own = {name: getattr(self, name) for name in self.__dataclass_fields__}
        told = [f"{k}={v!r}" for k, v in own.items() if v != getattr(plain, k)]
        return "; ".join(told)


SETTINGS = {
    "plain": Setting(),
    "another user": Setting(
        folder="Jürgens Büro",
        kernel="fresh",
        variables={
            "TZ": "Pacific/Kiritimati", "LC_ALL": "de_DE.ISO-8859-1", "PYTHONHASHSEED": "1",
            "COLUMNS": "40", "LINES": "5", "TERM": "dumb", "SOURCE_DATE_EPOCH": "0",
            "USER": "jürgen", "LOGNAME": "jürgen", "HOSTNAME": "büro", "LANGUAGE": "de",
            "PYTHONSTARTUP": "{home}/startup.py", "DOCUTILSCONFIG": "{home}/.docutils",
            "TMPDIR": "{folder}/t ü",
        },
        umask=0o077,
        changed=315_532_800,  # 1980
        settings=True,
    ),
    "bare machine": Setting(
        folder="ü " + "long name of a folder " * 5,
        variables={
            "HOME": "/proc/none", "PATH": "/nowhere", "LC_ALL": "C", "LANG": None, "USER": None,
            "TZ": "America/St_Johns", "PYTHONHASHSEED": "7", "TERM": None, "NO_COLOR": "1",
            "MPLCONFIGDIR": None, "XDG_CACHE_HOME": None,
        },
        umask=0o000,
        cores=1,
        seed=1,
        later=50 * 365 * 86_400,
    ),
    "half of it kept": Setting(
        folder="moved",
        variables={
            "LC_ALL": "de_DE.ISO-8859-1", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "random",
            "PYTHONOPTIMIZE": "1", "PYTHONWARNINGS": "always", "FORCE_COLOR": "1",
            "MATPLOTLIBRC": "{home}/.config/matplotlib/matplotlibrc", "COLUMNS": "500",
        },
        seed=2,
        mode=0o600,
        changed=4_102_444_800,  # 2100
        settings=True,
        begun_by="plain",
    ),
}  # fmt: skip


class Made:
    """A copy of the checkout, built, packed and printed in a setting."""

    def __init__(self, setting: Setting, place: Path, others: Mapping[str, "Made"]):
        self.setting, folder = setting, place / setting.folder
        folder.mkdir(parents=True)
        self.home, self.locales = folder / "home", locales(place.parent / "locales")
        copy = Copy(folder)
        self.root, self.build = copy.root, copy.root / "_build" / NAME
        for part in crate.TAKEN:
            if (file := paths.ROOT / part).is_file():
                (copy.root / part).parent.mkdir(exist_ok=True)
                shutil.copyfile(file, copy.root / part)
        copy.scenario(NAME, AS_OF)
        (copy.root / "plan.yml").write_text(PLAN, "utf-8")
        self.home.mkdir()
        for name, text in AT_HOME.items() if setting.settings else ():
            (self.home / name).parent.mkdir(parents=True, exist_ok=True)
            (self.home / name).write_text(text, "utf-8")
        (folder / "t ü").mkdir()
        (folder / "elsewhere").mkdir()
        if setting.seed or setting.later:
            text = ELSEWHERE.format(seed=setting.seed, later=setting.later)
            (folder / "elsewhere" / "sitecustomize.py").write_text(text, "utf-8")
        if setting.begun_by:
            halve(
                others[setting.begun_by].root / "_build" / "cache", copy.root / "_build" / "cache"
            )
        for file in (f for f in copy.root.rglob("*") if f.is_file() and "_build" not in f.parts):
            if setting.changed:
                os.utime(file, (setting.changed, setting.changed))
            file.chmod(setting.mode or 0o666 & ~setting.umask)
        self.said = self.run("build_book.py", "--scenario", NAME, "--kernel", setting.kernel)
        self.run("crate.py", "--scenario", NAME)
        self.run("sweep.py", "plan.yml", "--chapters", "arms_trade", "--workers", setting.cores)

    def run(self, script: str, *arguments: object) -> str:
        """What a script says; it must succeed."""
        folder = self.root.parent
        places = {"folder": folder, "home": self.home}
        own = {
            **os.environ,
            "HOME": str(self.home),
            "LOCPATH": str(self.locales),
            "COMPENDIUM_ROOT": str(self.root),
            **{k: v and v.format(**places) for k, v in self.setting.variables.items()},
            "PYTHONPATH": os.pathsep.join([str(folder / "elsewhere"), str(self.root / "src")]),
        }
        for name in ("TZ", "LC_ALL", "LANG", "PYTHONHASHSEED"):
            if name not in self.setting.variables:
                own.pop(name, None)

        def begin() -> None:
            os.umask(self.setting.umask)
            some = sorted(os.sched_getaffinity(0))[: self.setting.cores]
            os.sched_setaffinity(0, some)

        done = subprocess.run(
            [sys.executable, str(self.root / "scripts" / script), *map(str, arguments)],
            env={k: v for k, v in own.items() if v is not None},
            cwd=self.root, capture_output=True, encoding="utf-8", errors="replace", check=False,
            preexec_fn=begin,
        )  # fmt: skip
        assert done.returncode == 0, f"{script} in: {self.setting}\n{done.stderr}"
        return done.stderr


def locales(place: Path) -> Path:
    """Folder with a German locale, of commas for points and no UTF-8, where it can be made."""
    if not place.exists() and shutil.which("localedef"):
        place.mkdir()
        command = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(place / "de_DE.ISO-8859-1")]
        subprocess.run(command, capture_output=True, check=False)
    return place


def halve(kept: Path, place: Path) -> None:
    """Copy kept runs and drawings, but for every other one."""
    shutil.copytree(kept, place)
    for entry in sorted(place.glob("*/*"))[::2]:
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def unlike(one: Path, other: Path) -> str:
    """The first place at which two files differ, with what stands there."""
    if not (one.exists() and other.exists()):
        return f"only in {'the plain build' if one.exists() else 'this one'}"
    pair = one.read_bytes(), other.read_bytes()
    place = next(
        (n for n, (a, b) in enumerate(zip(*pair, strict=False)) if a != b), min(map(len, pair))
    )
    line = pair[0].count(b"\n", 0, place) + 1
    was, now = (text[max(0, place - 40) : place + 60] for text in pair)
    return f"line {line}, byte {place}: {was!r} became {now!r}"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What was built, by name of the setting; built when it is first asked for."""
    place, found = tmp_path_factory.mktemp("same"), {}

    def build(name: str) -> Made:
        if name not in found:
            found[name] = Made(SETTINGS[name], place / f"{len(found)}", found)
        return found[name]

    build("plain")
    return build


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "plain"])
def test_a_book_and_its_crate_are_the_same_bytes(made, name):
    plain, other = made("plain").build, made(name).build
    count, differ = builds.compared(plain, other)
    told = [f"{file}: {unlike(plain / file, other / file)}" for file in differ]
    assert not told, "\n".join(
        [f"{len(told)} of {count} files, built with {other}", str(SETTINGS[name]), *told[:20]]
    )
    assert count > 400 and (other / crate.ARCHIVE).exists()


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "plain"])
def test_a_sweep_has_the_same_tables(made, name):
    plain, other = (made(n).root / "_build" / "sweeps" / "plan" for n in ("plain", name))
    for file in ("cases.csv", "values.csv", "failures.csv"):
        place = unlike(plain / file, other / file)
        same = (plain / file).read_bytes() == (other / file).read_bytes()
        assert same, f"{file}: {place}; swept with {SETTINGS[name]}"
    with (plain / "values.csv").open(encoding="utf-8") as lines:
        assert len({row["case"] for row in csv.DictReader(lines)}) == 2


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "plain"])
def test_the_estimates_over_time_are_kept_under_the_same_names(made, name):
    count, differ = builds.compared(
        *(made(n).root / "_build" / "vintages" for n in ("plain", name))
    )
    assert count > 10 and differ == [], f"with {SETTINGS[name]}"


def test_of_what_was_kept_some_was_used_and_some_was_not(made):
    said = made("half of it kept").said
    assert 0 < said.count(": unchanged") < 6


@pytest.mark.parametrize("name", SETTINGS)
def test_a_web_server_may_read_what_the_mask_of_the_user_lets_it_read(made, name):
    mask, wrong = SETTINGS[name].umask, []
    for file in (made(name).build, *made(name).build.rglob("*")):
        mode = stat.S_IMODE(file.stat().st_mode)
        wanted = (0o777 if file.is_dir() else 0o666) & ~mask
        if mode & wanted != wanted:
            wrong.append(f"{file.relative_to(made(name).build)}: {mode:o}, not {wanted:o}")
    assert wrong == [], f"{SETTINGS[name]}"


def test_another_processor_moves_no_value_beyond_its_tolerance(made):
    """As near as one machine can come to another: other instructions for the same sums."""
    known = values.read(made("plain").build / "values.json")
    code = (
        "import sys; from pathlib import Path; from compendium import models, scenarios, values; "
    )
    code += f"values.write(Path(sys.argv[1]), models.values_of(scenarios.read({NAME!r}).chapters))"
    other = made("plain").root.parent / "other.json"
    own = {
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4", "OPENBLAS_CORETYPE": "Prescott",
        "COMPENDIUM_ROOT": str(made("plain").root), "PYTHONPATH": str(made("plain").root / "src"),
    }  # fmt: skip
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(other)],
        env={**os.environ, **own},
        check=True,
    )
    pair = [editions.numbers_of(found) for found in (known, values.read(other))]
    found = [*checks.of_values(NAME, *pair)]
    assert len(found) > 500
    assert [f"{c.name}: {c.expected} became {c.got}" for c in found if c.failed] == []


def test_a_printed_book_is_the_same_bytes(made):
    try:
        printing.find_browser()
    except Exception as error:
        pytest.skip(str(error))
    for name in ("plain", "another user"):
        made(name).run("print_book.py", "--scenario", NAME)
    one, other = (
        made(n).root / "_build" / "pdf" / f"{NAME}.pdf" for n in ("plain", "another user")
    )
    same = one.read_bytes() == other.read_bytes()
    assert same, f"{unlike(one, other)}; printed with {SETTINGS['another user']}"
