"""Nothing known later moves a bit of what a vintage states: every table, every chapter.

The tables are copied and everything in them that became known after a day is changed in every
column, left out, added to and moved about. Then all that is made for that day must be what it
was: values, frames, verdicts, headline values, cards and the key of the estimates over time. What
is added stands as near as can be: copies of known rows, better graded, known on the day after.
"""

import csv
import dataclasses
import datetime as dt
import functools
import hashlib
import json
import random
import shutil
from collections.abc import Mapping

import inprocess
import numpy as np
import pandas as pd
import pytest

from compendium import (
    datapackage,
    evidence,
    models,
    parameters,
    paths,
    upstream,
    values,
    vintages,
)
from compendium.catalogue import Catalogue
from compendium.strategy import hypotheses

STUDY_DAY = dt.date(2024, 10, 28)
TABLES = ("arms", "troops", "trade", "meetings", "strategy")
ONE_DAY = dt.timedelta(days=1)
# Few draws: the test is about rows, and a row that enters moves a small sample as well.
SMALL = {
    "arms_trade": {"draws": 32, "sobol_samples": 64},
    "troop_plausibility": {"draws": 32},
    "trade_trends": {"draws": 32, "bootstrap_draws": 100},
    "kremlin_strategy": {"bootstrap_draws": 100},
    "recommendations": {"draws": 32, "method_draws": 8},
}
# Ways to be known on the day after a vintage, by the cell that says so.
WAYS = ("stated", "published", "month", "period", "lag", "release", "year")


# --- A world in which everything later is different --------------------------------------------


def read(folder, table):
    with (folder / f"{table}.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def write(folder, table, rows):
    with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, datapackage.columns(table), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def known(folder, table):
    """First day of each row, by its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "RAW", folder)
        rows = evidence.dated(table)
    return dict(zip(rows["obs_id"], rows["known_on"].dt.date, strict=True))


def later_than(rows, days, day):
    return [row for row in rows if days[row["obs_id"]] > day]


DESCRIPTOR = datapackage.read_descriptor()
UNITS = {
    table["name"]: table[datapackage.INDICATORS]
    for table in DESCRIPTOR["resources"]
    if datapackage.INDICATORS in table
}


def within(row, figure):
    """The figure as the row's unit and indicator can have it."""
    if codes := DESCRIPTOR["compendium:codes"].get(row["unit"]):
        return sorted(codes)[int(figure) % len(codes)]
    limits = DESCRIPTOR["compendium:limits"]
    for ends in (limits.get(row["unit"]), limits.get(row["indicator"])):
        figure = min(figure, ends["maximum"]) if ends else figure
    return f"{figure:.3f}".rstrip("0").rstrip(".")


class World:
    """A copy of the tables whose part known after `day` can be made another.

    Parameters
    ----------
    folder : Path
        Where the copy goes.
    day : datetime.date
        The vintage.
    seed : int
    """

    def __init__(self, folder, day, seed=0):
        self.raw = shutil.copytree(paths.RAW, folder / "raw", dirs_exist_ok=True)
        self.day, self.random = day, random.Random(f"{day} {seed}")
        self.tables = {name: read(self.raw, name) for name in datapackage.table_names()}
        self.days = {name: known(self.raw, name) for name in TABLES}

    def late(self, table):
        """Rows of a table known after the day, and what a row of it is known by."""
        return later_than(self.tables[table], self.days[table], self.day)

    def late_sources(self):
        """Sources in which nothing known by the day was read."""
        cited = {"fnf2024partner"} if self.day >= STUDY_DAY else set()
        for table in TABLES:
            late = {row["obs_id"] for row in self.late(table)}
            cited |= {r["source_id"] for r in self.tables[table] if r["obs_id"] not in late}
        return [row for row in self.tables["sources"] if row["source_id"] not in cited]

    def add_sources(self):
        """Sources for rows of the next day: with a day, with a month, without, with a year."""
        tomorrow, blank = self.day + ONE_DAY, dict.fromkeys(datapackage.columns("sources"), "")
        first = next(row for row in self.tables["sources"] if row["published"])
        for name, published in {
            "laterday": str(tomorrow),
            "latermonth": f"{tomorrow:%Y-%m}",
            "laternone": "",
            f"later{self.day.year}none": "",
        }.items():
            own = blank | first | {"source_id": name, "published": published}
            self.insert("sources", own)
        self.insert("releases", {
            "release_id": "later", "source_id": "laterlag", "issuer": "", "indicator": "",
            "rows": "every", "lag_days": "30", "basis": "A release of the test."})  # fmt: skip
        self.insert("sources", first | {"source_id": "laterlag", "published": ""})

    def insert(self, table, row):
        rows = self.tables[table]
        rows.insert(self.random.randrange(len(rows) + 1), row)

    def added(self, table, row, way, number, shift=0):
        """A copy of a known row that is known on the day after, in one of `WAYS`."""
        tomorrow = self.day + ONE_DAY + dt.timedelta(days=shift)
        row = row | {"obs_id": f"{self.random.choice('amz')}-later-{table}-{number}",
                     "reliability": "A", "credibility": "1"}  # fmt: skip
        ends = {"period": tomorrow, "lag": tomorrow - dt.timedelta(days=30),
                "release": tomorrow - dt.timedelta(days=241)}  # fmt: skip
        source = {
            "stated": "laternone",
            "published": "laterday", "month": "latermonth", "period": "laternone",
            "lag": "laterlag", "release": "laternone", "year": f"later{self.day.year}none",
        }  # fmt: skip
        row["stated_on"] = str(tomorrow) if way == "stated" else ""
        row["source_id"] = source.get(way, row["source_id"])
        if way == "release":
            row["issuer"] = "Bank of Korea"
        if way in ends:
            row["period_end"] = str(ends[way])
            row["period_start"] = min(row["period_start"], row["period_end"])
        if number % 3 == 0:
            row["item"] = row["item"].removesuffix(evidence.SECOND_SOURCE)
        elif number % 3 == 1 and row["value"]:
            row |= {"value": within(row, float(row["value"]) * 3 + 1), "low": "", "high": ""}
        return row

    def add_rows(self, share=0.2):
        """Copies of known rows, known on the day after: at least one a way and indicator."""
        for table in TABLES:
            late = {row["obs_id"] for row in self.late(table)}
            rows = [row for row in self.tables[table] if row["obs_id"] not in late]
            chosen = self.random.sample(rows, max(int(len(rows) * share), min(len(rows), 14)))
            newest = {row["indicator"]: row for row in rows}
            for number, row in enumerate([*chosen, *newest.values()]):
                self.insert(table, self.added(table, row, WAYS[number % len(WAYS)], number))

    def change_rows(self, share=0.6):
        """Every column of later rows another: an allowed value, mostly of another row."""
        published = {
            row["source_id"]: f"{datapackage.last_day(row['published']):%Y-%m-%d}"
            if row["published"] else "9" for row in self.tables["sources"]
        }  # fmt: skip
        for table in TABLES:
            every = read(paths.RAW, table)
            for row in self.late(table):
                if self.random.random() > share:
                    continue
                for column in datapackage.columns(table):
                    if column != "obs_id" and self.random.random() < 0.5:
                        row[column] = self.random.choice(every)[column]
                if row["unit"] not in UNITS[table][row["indicator"]]:
                    row["unit"] = self.random.choice(UNITS[table][row["indicator"]])
                row |= self.figures(row)
                if row["stated_on"] > published[row["source_id"]]:  # which no row may be
                    row["stated_on"] = ""
                if row["indicator"] in DESCRIPTOR["compendium:past"]:
                    said = row["stated_on"] or published[row["source_id"]]
                    row["period_end"] = min(row["period_end"], said)
                if row["period_start"] > row["period_end"]:
                    row["period_start"] = row["period_end"]

    def figures(self, row):
        if self.random.random() < 0.5 or row["unit"] in DESCRIPTOR["compendium:codes"]:
            value = within(row, self.random.randrange(1, 10**6))
            return {"value": value, "low": "", "high": ""}
        low = self.random.randrange(1, 10**4)
        return {"value": "", "low": within(row, low), "high": within(row, low * 3)}

    def drop_rows(self, share=0.3):
        """Later rows left out; a table keeps one row, which it must have."""
        for table in TABLES:
            late = {row["obs_id"] for row in self.late(table)}
            gone = {name for name in sorted(late) if self.random.random() < share}
            self.leave_out(table, gone)

    def leave_out(self, table, gone):
        """Rows left out with the judgements that name them."""
        rows = [row for row in self.tables[table] if row["obs_id"] not in gone]
        self.tables[table] = rows or self.tables[table][:1]
        self.tables["hypotheses"] = [
            row for row in self.tables["hypotheses"] if row["obs_id"] not in gone
        ] or self.tables["hypotheses"][:1]
        self.tables["policy_scores"] = [
            row for row in self.tables["policy_scores"] if not gone & set(row["rows"].split())
        ]

    def change_sources(self):
        """Sources of later rows alone: every cell another, out later, or left out."""
        others, said = read(paths.RAW, "sources"), {}
        for row in (row for table in TABLES for row in self.tables[table]):
            own = row["stated_on"]
            if not own and row["indicator"] in DESCRIPTOR["compendium:past"]:
                own = row["period_end"]
            said[row["source_id"]] = max(said.get(row["source_id"], ""), own)
        for row in self.late_sources():
            for column in datapackage.columns("sources"):
                if column != "source_id" and self.random.random() < 0.7:
                    row[column] = self.random.choice(others)[column]
            later = self.day + dt.timedelta(days=self.random.randrange(1, 900))
            day = str(min(later, dt.date.today()))  # noqa: DTZ011 - a day of the tables
            row["published"] = max(day, said.get(row["source_id"], ""))

    def shuffle(self):
        """Later rows stand anywhere; the others keep their order."""
        for table in TABLES:
            late = self.late(table)
            names = {row["obs_id"] for row in late}
            self.tables[table] = [r for r in self.tables[table] if r["obs_id"] not in names]
            for row in late:
                self.insert(table, row)

    def settle(self):
        """Take back what would be known by the day after all, and write the tables down.

        Returns
        -------
        dict of str to datetime.date
            First day of each row that was added.
        """
        original = {name: {r["obs_id"]: r for r in read(paths.RAW, name)} for name in TABLES}
        first = {}
        write(self.raw, "sources", self.tables["sources"])
        write(self.raw, "releases", self.tables["releases"])
        for table in TABLES:
            for _ in range(2):  # as changed, and with what was too early taken back
                write(self.raw, table, self.tables[table])
                days = known(self.raw, table)
                was = self.days[table]
                first |= {k: v for k, v in days.items() if k not in original[table]}
                back = [
                    k
                    for k, v in days.items()
                    if v <= self.day and was.get(k, dt.date.max) > self.day
                ]
                self.tables[table] = [
                    original[table].get(r["obs_id"]) if r["obs_id"] in back else r
                    for r in self.tables[table]
                ]
                self.tables[table] = [r for r in self.tables[table] if r is not None]
            days = known(self.raw, table)
            early = {k for k, v in days.items() if v <= self.day}
            assert early <= {k for k, v in self.days[table].items() if v <= self.day}
            self.days[table] = days
        return first

    def change_judgements(self):
        """Scores and statements that rest on later rows: changed, left out and added."""
        late = {name for t in TABLES for name, day in self.days[t].items() if day > self.day}
        for row in self.tables["hypotheses"]:
            if row["obs_id"] in late:
                row["consistency"] = self.random.choice(list(hypotheses.POINTS))
                row["reason"] = "Another reason."
        scored = {row["obs_id"] for row in self.tables["hypotheses"]}
        free = sorted(late - scored)
        for obs in free[:: max(len(free) // 20, 1)]:
            for name in hypotheses.NAMES:
                self.insert("hypotheses", {
                    "score_id": f"{name}-{obs}", "hypothesis": name, "obs_id": obs,
                    "consistency": self.random.choice(list(hypotheses.POINTS)),
                    "reason": "A reason of the test."})  # fmt: skip
        for row in list(self.tables["policy_scores"]):
            new = dict(row)
            if late & set(row["rows"].split()):
                row |= {"score": "1", "low": "1", "high": "5", "reason": "Another reason."}
            elif free and self.random.random() < 0.5:
                new |= {"score_id": f"{row['score_id']}-later", "score": "5", "low": "1",
                        "high": "5", "rows": " ".join([*row["rows"].split(), free[0]]),
                        "reason": "A reason of the test."}  # fmt: skip
                self.insert("policy_scores", new)
        if self.day < STUDY_DAY:
            for row in self.tables["claims"]:
                row |= {"comparator": "interpretation", "low": "", "high": "",
                        "statement": "Another statement of the study"}  # fmt: skip
            self.tables["claims"] = self.tables["claims"][::-1]
        for table in ("hypotheses", "policy_scores", "claims"):
            write(self.raw, table, self.tables[table])

    def other(self):
        """Everything later another, all at once."""
        self.add_sources()
        self.change_sources()
        self.drop_rows()
        self.change_rows()
        self.add_rows()
        for table in TABLES:
            self.days[table] |= {
                r["obs_id"]: dt.date.max
                for r in self.tables[table]
                if r["obs_id"] not in self.days[table]
            }
        self.shuffle()
        first = self.settle()
        self.change_judgements()
        return first

    def bare(self):
        """Everything later left out."""
        for table in TABLES:
            self.leave_out(table, {row["obs_id"] for row in self.late(table)})
            write(self.raw, table, self.tables[table])
        late = {row["source_id"] for row in self.late_sources()}
        if self.day >= STUDY_DAY:
            self.tables["sources"] = [
                r for r in self.tables["sources"] if r["source_id"] not in late
            ]
        for table in ("sources", "hypotheses", "policy_scores"):
            write(self.raw, table, self.tables[table])


# --- All that is made for a day ----------------------------------------------------------------


def told(thing, place="", found=None):
    """Leaves of anything a model returns, by their place, to the last bit."""
    found = {} if found is None else found
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        thing = {f.name: getattr(thing, f.name) for f in dataclasses.fields(thing)}
    if isinstance(thing, pd.DataFrame):
        found[f"{place}.shape"] = repr((thing.shape, list(thing.columns), list(thing.dtypes)))
        told(thing.index, f"{place}.index", found)
        for column in thing:
            told(thing[column], f"{place}.{column}", found)
    elif isinstance(thing, (pd.Series, pd.Index)):
        told(list(thing), place, found)
    elif isinstance(thing, np.ndarray):
        found[place] = f"{thing.dtype} {thing.shape} {hashlib.sha256(thing.tobytes()).hexdigest()}"
    elif isinstance(thing, Mapping):
        found[f"{place}.keys"] = repr(list(thing))
        for name, part in thing.items():
            told(part, f"{place}.{name}", found)
    elif isinstance(thing, (list, tuple)):
        found[f"{place}.length"] = repr((type(thing).__name__, len(thing)))
        for number, part in enumerate(thing):
            told(part, f"{place}.{number}", found)
    else:
        found[place] = f"{type(thing).__name__} {thing!r}"
        assert " object at 0x" not in found[place], place
    return found


def chosen(chapter, day):
    return parameters.validate(chapter, {**SMALL.get(chapter, {}), "as_of": day})


@pytest.fixture
def ask(monkeypatch):
    """Ask a folder of tables for all that is made for a day."""

    def asked(raw, day, make):
        with monkeypatch.context() as patch:
            patch.setattr(paths, "RAW", raw)
            run = functools.cache(
                lambda chapter, day: tuple(
                    (v.id, v) for v in models.run(chapter, chosen(chapter, day)).values
                )
            )
            patch.setattr(upstream, "_run", run)
            return told(make(day))

    return asked


def stated(day):
    """Results of all models, headline values, cards, and what the page over time is made of."""
    found, results = {}, {}
    with upstream.using(found):
        for chapter in models.MODELS:
            results[chapter] = models.run(chapter, chosen(chapter, day))
            found |= {value.id: value for value in results[chapter].values}
        heads = {
            chapter: models.headlines(chapter, chosen(chapter, day)) for chapter in vintages.TRACKED
        }
    return {"results": results, "headlines": heads, "looked up": looked_up(day, found)}


def looked_up(day, found):
    book = Catalogue(day, found)
    return {
        "keys over time": [vintages.known_fingerprint(d) for d in vintages.month_ends(day)],
        "others": {id: vintages.others(id, day) for id in vintages.OTHERS},
        "facts": book.facts,
        "conflicts": book.conflicts,
        "sources": book.source_records,
        "used by": book.used_by,
        "grades": book.grades(),
        "complete": book.complete,
        "tables": {name: book.csv(name) for name in ("sources", "claims", "hypotheses", *TABLES)},
    }


def same(before, after):
    """Nothing: or the first places that differ, to be read in the failure of a test."""
    places = [p for p in {**before, **after} if before.get(p) != after.get(p)]
    return [(p, before.get(p), after.get(p)) for p in places[:8]]


def other_world(folder, day, seed=0):
    """Everything later another, with the days of what was added told apart."""
    world = World(folder, day, seed)
    first = world.other()
    assert min(known_on for known_on in first.values() if known_on > day) == day + ONE_DAY
    return world


# --- In every test run: the evidence for each table and kind, the models for a few days ---------

CHEAP_DAYS = [dt.date(2024, 2, 1), STUDY_DAY]


def test_what_is_looked_up_for_a_day_is_the_same_whatever_comes_later(tmp_path, ask):
    day = CHEAP_DAYS[0]

    def make(day):
        return looked_up(day, {}) | {
            table: evidence.load(table, day, implied=True, repeats=True) for table in TABLES
        }

    before = ask(paths.RAW, day, make)
    for name in ("other", "bare"):
        world = World(tmp_path / name, day)
        getattr(world, name)()
        assert same(before, ask(world.raw, day, make)) == []


def test_headline_values_of_a_day_are_the_same_whatever_comes_later(tmp_path, ask):
    day = STUDY_DAY

    def make(day):
        with upstream.using({}):
            return {c: models.headlines(c, chosen(c, day)) for c in vintages.TRACKED}

    before = ask(paths.RAW, day, make)
    assert before
    world = other_world(tmp_path, day)
    assert same(before, ask(world.raw, day, make)) == []
    # The test can fail: known a day earlier, the rows that were added do move something.
    rows = read(world.raw, "arms")
    for row in rows:
        if "-later-" in row["obs_id"] and row["stated_on"] == str(day + ONE_DAY):
            row["stated_on"] = str(day)
    write(world.raw, "arms", rows)
    moved = ask(
        world.raw, day, lambda day: models.headlines("arms_trade", chosen("arms_trade", day))
    )
    assert moved != ask(
        paths.RAW, day, lambda day: models.headlines("arms_trade", chosen("arms_trade", day))
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_row_counts_from_its_day_and_not_the_day_before(way, tmp_path, ask):
    """Known on the very day it is in, known on the day after it is not, however it is dated."""
    day = {"month": dt.date(2024, 6, 29), "year": dt.date(2024, 12, 30)}.get(
        way, dt.date(2024, 6, 14)
    )
    world = World(tmp_path, day)
    world.add_sources()
    row = next(row for row in world.tables["trade"] if row["indicator"] == "trade_turnover")
    new = world.added("trade", row, way, 2)
    world.insert("trade", new)
    for table in ("trade", "sources", "releases"):
        write(world.raw, table, world.tables[table])

    def names(on):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(paths, "RAW", world.raw)
            return set(evidence.load("trade", on, implied=True, repeats=True)["obs_id"])

    assert new["obs_id"] in names(day + ONE_DAY)
    assert new["obs_id"] not in names(day)


def test_a_value_of_another_chapter_may_rest_on_later_rows_alone(tmp_path, ask):
    """What nobody knew yet is none, even where no later row would ever state it."""
    day = dt.date(2023, 12, 1)
    world = World(tmp_path, day)
    world.bare()

    def make(day):
        found = {"trade_trends.as_of": values.Value("trade_trends.as_of", str(day), unit="date")}
        return upstream.value(found, "trade_trends.barrels_estimated")

    assert ask(world.raw, day, make) == {"": "NoneType None"}


def test_notes_are_shown_by_the_day_of_the_compilers_and_not_by_the_newest_row(tmp_path, ask):
    last = evidence.compiled().date()
    for day, shown in ((last - ONE_DAY, False), (last, True)):
        world = World(tmp_path / str(day), day)
        world.bare()
        assert ask(world.raw, day, evidence.complete) == {"": f"bool {shown}"}
        assert evidence.complete(day) == shown


# --- At length: all chapters with all they show, over many days (`make test-long`) -----------------

MANY_DAYS = sorted(
    {
        parameters.FIRST_DAY,
        STUDY_DAY - ONE_DAY,
        *CHEAP_DAYS,
        *(
            parameters.FIRST_DAY + dt.timedelta(days=random.Random(k).randrange(1090))
            for k in range(6)
        ),
    }
)


@pytest.mark.long
@pytest.mark.parametrize("day", MANY_DAYS, ids=str)
def test_all_that_is_stated_for_a_day_is_the_same_whatever_comes_later(day, tmp_path, ask):
    before = ask(paths.RAW, day, stated)
    for name in ("other", "bare"):
        world = World(tmp_path / name, day)
        getattr(world, name)()
        assert [str(fault) for fault in datapackage.check(world.raw)] == []
        assert same(before, ask(world.raw, day, stated)) == []


def drawn(drawing):
    """What a figure depends on, in place of the figure."""
    key = getattr(drawing, "key", None) or f"{drawing.alt} {drawing.table.to_csv()}"
    return {"key": key, "files": {"png": ""}, "alt": ""}


def shown(day):
    """Every exhibit of every chapter: its notebook run in this process, nothing drawn."""
    found, bundles = {}, {}
    with upstream.using(found):
        for chapter in models.MODELS:
            given = {**parameters.defaults(chapter), **SMALL.get(chapter, {}), "as_of": str(day)}
            stated, outputs = inprocess.run(chapter, given, drawn)
            found |= {value.id: value for value in stated}
            bundles[chapter] = [json.dumps(output, default=str) for output in outputs]
    return {"values": found, "exhibits": bundles}


@pytest.mark.long
@pytest.mark.parametrize("day", [CHEAP_DAYS[0], STUDY_DAY, dt.date(2025, 6, 30)], ids=str)
def test_every_exhibit_of_a_day_is_the_same_whatever_comes_later(day, tmp_path, ask):
    before = ask(paths.RAW, day, shown)
    assert len(before) > 300
    world = other_world(tmp_path, day)
    assert same(before, ask(world.raw, day, shown)) == []
