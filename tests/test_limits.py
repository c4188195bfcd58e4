"""Models at their limits: ends of every parameter, few rows, equal rows, one day, nothing at all.

At a limit a model states finite numbers, leaves out what it cannot say, or refuses in words that
name the parameter to change. Nothing that is no number is shown, and nothing else is raised;
nor does NumPy warn of a quotient or a logarithm that is none.
"""

import csv
import datetime as dt
import functools
import json
import random
import re
import shutil

import annotated_types
import inprocess
import numpy as np
import pandas as pd
import pytest

from compendium import datapackage, exhibits, models, parameters, paths, upstream
from compendium.errors import CompendiumError, FaultsError
from compendium.values import Value

STUDY_DAY, HINDSIGHT = dt.date(2024, 10, 28), dt.date(2026, 10, 31)
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
DAYS = (parameters.FIRST_DAY, STUDY_DAY, HINDSIGHT)
SMALL = {
    "arms_trade": {"draws": 32, "sobol_samples": 64},
    "troop_plausibility": {"draws": 32},
    "trade_trends": {"draws": 32, "bootstrap_draws": 100},
    "kremlin_strategy": {"bootstrap_draws": 100},
    "recommendations": {"draws": 32, "method_draws": 8},
}
TABLES = {
    "arms_trade": ("arms",),
    "troop_plausibility": ("troops", "arms"),
    "trade_trends": ("trade", "meetings"),
    "kremlin_strategy": ("strategy", "troops"),
    "recommendations": ("strategy",),
}
# So large that only time and memory speak against it: not a limit of the arithmetic.
COUNTS = ("draws", "sobol_samples", "bootstrap_draws", "method_draws")


def ends(chapter, name):
    """Both ends of a parameter's range, or each of its choices."""
    field = parameters.model(chapter).model_fields[name]
    found = [
        getattr(limit, side)
        for limit in field.metadata
        for side, kind in (("ge", annotated_types.Ge), ("le", annotated_types.Le))
        if isinstance(limit, kind)
    ]
    if name in COUNTS:
        found = found[:1]
    if not found:
        text = parameters.allowed(parameters.model(chapter), name)
        kind = field.annotation
        found = [False, True] if kind is bool else list(getattr(kind, "__args__", ()))
        found = [a for one in found for a in getattr(one, "__args__", (one,))]
        found = [one for one in found if one is None or not isinstance(one, type)]
        if not found and "month" in text:
            found = ["1990-01", "2030-12"]
    return found


CASES = [
    (chapter, name, end)
    for chapter in SMALL
    for name in parameters.model(chapter).model_fields
    if name != "as_of"
    for end in ends(chapter, name)
]


def run(chapter, day, **changes):
    """A chapter's result; other chapters it draws on are run with few draws too."""
    chosen = parameters.validate(chapter, {**SMALL[chapter], "as_of": day, **changes})
    return models.run(chapter, chosen)


def sound(result):
    """Whether every value is a finite number or a text, and no summary of draws is none."""
    for value in result.values:
        assert isinstance(value, Value)
        numbers = [n for n in (value.value, value.low, value.high) if not isinstance(n, str)]
        assert all(np.isfinite(n) for n in numbers if n is not None), value
        assert "nan" not in value.text().split() and "inf" not in value.text().split(), value
    for name, frame in result.frames.items():
        if isinstance(frame, pd.DataFrame) and {"median", "low90", "high90"} <= set(frame):
            shown = frame[["low90", "median", "high90"]].dropna(how="all").astype(float)
            assert np.isfinite(shown.to_numpy()).all(), name
            assert (shown["low90"] <= shown["high90"] + 1e-9).all(), name


def states_or_refuses(chapter, day, **changes):
    """A sound result, or a refusal that says which parameter to change to what."""
    try:
        result = run(chapter, day, **changes)
    except FaultsError as refusal:
        assert "; allowed: " in str(refusal)
    except CompendiumError as refusal:
        assert "parameter " in str(refusal) and "allowed" in str(refusal), refusal
    else:
        sound(result)


@pytest.fixture(autouse=True)
def few_draws(monkeypatch, tmp_path):
    """Other chapters with few draws, and nothing that a build has published."""
    found = functools.cache(lambda chapter, day: tuple((v.id, v) for v in run(chapter, day).values))
    monkeypatch.setenv("COMPENDIUM_OUTPUT", str(tmp_path))
    monkeypatch.setattr(upstream, "_run", found)


def test_every_parameter_has_ends_to_be_tried():
    tried = {(chapter, name) for chapter, name, _ in CASES}
    every = {
        (c, n)
        for c in SMALL
        for n in parameters.model(c).model_fields
        if n not in ("as_of", "covered_until")
    }
    assert every <= tried, every - tried


@pytest.mark.parametrize(("chapter", "name", "end"), random.Random(4).sample(CASES, 4))
def test_some_ends_of_parameters(chapter, name, end):
    states_or_refuses(chapter, STUDY_DAY, **{name: end})


@pytest.mark.long
@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize(("chapter", "name", "end"), CASES)
def test_every_end_of_every_parameter(chapter, name, end, day):
    states_or_refuses(chapter, day, **{name: end})


def at_random(chapter, dice):
    """Some parameters anywhere in their ranges, ends too, and a day, as a reader types them."""
    changed = {}
    for name in dice.sample(sorted(set(parameters.model(chapter).model_fields) - {"as_of"}), 3):
        found = ends(chapter, name)
        numbers = [n for n in found if isinstance(n, int | float) and not isinstance(n, bool)]
        if name in SMALL[chapter] or not found:
            continue
        changed[name] = dice.choice(found)
        if len(numbers) == 2 and dice.random() < 0.7:
            # More often near the lower end, where most of what is plausible lies.
            number = numbers[0] + (numbers[1] - numbers[0]) * dice.random() ** 3
            whole = "int" in str(parameters.model(chapter).model_fields[name].annotation)
            changed[name] = round(number) if whole else float(number)
    day = dice.choice([*DAYS, dt.date(2024, 2, 1), dt.date(2025, 1, 10), dt.date(2027, 3, 1)])
    return changed | SMALL[chapter] | {"as_of": str(day)}


@pytest.mark.long
@pytest.mark.filterwarnings("error:Attempt to set non-positive")
@pytest.mark.parametrize("chapter", SMALL)
def test_every_page_at_random_settings_is_sound_or_refuses(chapter):
    """The whole notebook, its words and figures too, several parameters moved at once."""
    dice, told = random.Random(chapter), 0
    for _ in range(20):
        changed = at_random(chapter, dice)
        try:
            stated, bundles = inprocess.run(
                chapter, parameters.defaults(chapter) | changed, exhibits.drawn_form
            )
        except CompendiumError as refusal:
            assert "allowed" in str(refusal), (changed, refusal)
            continue
        told += 1
        for value in stated:
            ends_of = [
                n for n in (value.low, value.value, value.high) if isinstance(n, int | float)
            ]
            assert np.isfinite(ends_of).all(), (changed, value)
            assert value.low is None or not value.low > value.high, (changed, value)
        shown = json.dumps(
            [{k: v for k, v in b.get(exhibits.MIME, {}).items() if k != "files"} for b in bundles],
            default=str,
        )
        assert not re.search(r"\b(nan|NaN|NaT|inf)\b", shown), changed
    assert told >= 5


@pytest.mark.parametrize("chapter", ["troop_plausibility", "trade_trends"])
def test_one_draw_is_enough(chapter):
    states_or_refuses(chapter, STUDY_DAY, draws=1)


# --- Few rows --------------------------------------------------------------------------------------


def kept(rows, known):
    return [row for row in rows if row["obs_id"] in known]


def one_each(rows):
    """The last row of each indicator."""
    return list({row["indicator"]: row for row in rows}.values())


def one(rows):
    return rows[:1]


def figures(rows, number):
    return [row | {name: number for name in ("value", "low", "high") if row[name]} for row in rows]


def equal(rows):
    """Every figure the same, as a share and as an amount; what is counted is one."""
    descriptor = datapackage.read_descriptor()
    whole = {*descriptor["compendium:whole"], *descriptor["compendium:codes"]}
    return [figures([row], "1" if row["unit"] in whole else "0.5")[0] for row in rows]


def nought(rows, indicator=None):
    """Every figure nought where the descriptor lets it be, or those of one indicator."""
    descriptor = datapackage.read_descriptor()
    positive = descriptor["compendium:above_zero"]
    return [
        row
        if row["unit"] in (*positive["units"], *descriptor["compendium:codes"])
        or row["indicator"] in positive["indicators"]
        or indicator not in (None, row["indicator"])
        else figures([row], "0")[0]
        for row in rows
    ]


def one_day(rows):
    """Everything of and on one day."""
    day = "2023-11-01"
    return [row | {"period_start": day, "period_end": day, "stated_on": day} for row in rows]


def slipped(rows, name, factor):
    """The figures of one row nought, or off by a thousand either way, as slips of the pen are."""
    return [
        row
        if row["obs_id"] != name
        else row | {k: written(float(row[k]) * factor) for k in ("value", "low", "high") if row[k]}
        for row in rows
    ]


def written(number):
    return f"{number:.12f}".rstrip("0").rstrip(".")


CUTS = {"one row": one, "one row of each kind": one_each, "all equal": equal,
        "all nought": nought, "one day": one_day}  # fmt: skip


def cut(folder, tables, change):
    """A copy of the tables, some of them cut."""
    raw = shutil.copytree(paths.RAW, folder / "raw", dirs_exist_ok=True)
    gone = set()
    for table in tables:
        file = raw / f"{table}.csv"
        with file.open(newline="", encoding="utf-8") as lines:
            every = list(csv.DictReader(lines))
        rows = change(every)
        gone |= {row["obs_id"] for row in every} - {row["obs_id"] for row in rows}
        write(file, every, rows)
    for table, column in (("hypotheses", "obs_id"), ("policy_scores", "rows")):
        file = raw / f"{table}.csv"
        with file.open(newline="", encoding="utf-8") as lines:
            every = list(csv.DictReader(lines))
        write(
            file, every, [row for row in every if not gone & set(row[column].split())] or every[:4]
        )
    return raw


def write(file, every, rows):
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(every[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def cut_chapter(chapter, name, day, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RAW", cut(tmp_path, TABLES[chapter], CUTS[name]))
    states_or_refuses(chapter, day)


@pytest.mark.parametrize(
    ("chapter", "name"),
    [
        ("troop_plausibility", "one row of each kind"),
        ("trade_trends", "one row of each kind"),
        ("trade_trends", "all nought"),
        ("arms_trade", "all nought"),
    ],
)
def test_a_chapter_of_few_rows_is_sound_or_refuses(chapter, name, tmp_path, monkeypatch):
    cut_chapter(chapter, name, STUDY_DAY, tmp_path, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("day", [STUDY_DAY, HINDSIGHT], ids=str)
@pytest.mark.parametrize("name", CUTS)
@pytest.mark.parametrize("chapter", TABLES)
def test_every_chapter_with_every_kind_of_few_rows(chapter, name, day, tmp_path, monkeypatch):
    cut_chapter(chapter, name, day, tmp_path, monkeypatch)


def one_indicator(table):
    """Each indicator of a table at nought."""
    return [
        (name, table, functools.partial(nought, indicator=name))
        for name in sorted({*datapackage.read_table(table)["indicator"]})
    ]


def one_row(table):
    """Each row of a table with each slip."""
    return [
        (f"{name} x {factor}", table, functools.partial(slipped, name=name, factor=factor))
        for name in datapackage.read_table(table)["obs_id"]
        for factor in (0, 0.001, 1000)
    ]


@pytest.mark.long
@pytest.mark.parametrize("every", [one_indicator, one_row])
@pytest.mark.parametrize("chapter", TABLES)
def test_every_chapter_with_one_thing_changed(chapter, every, tmp_path, monkeypatch):
    """Twelve changes by chance that the tables allow: all of them take hours."""
    cases = [case for table in TABLES[chapter] for case in every(table)]
    random.Random(7).shuffle(cases)
    tried, failed = 0, {}
    for name, table, change in cases:
        with monkeypatch.context() as patch:
            raw = cut(tmp_path, (table,), change)
            if datapackage.check(raw):
                continue
            patch.setattr(paths, "RAW", raw)
            try:
                states_or_refuses(chapter, HINDSIGHT)
            except Exception as error:  # all of them told together
                failed[name] = repr(error)
        tried += 1
        if tried == 12:
            break
    assert tried == 12 and not failed
