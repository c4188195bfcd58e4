"""The tables are valid, two validators agree on it, and every kind of damage is named in place."""

import csv
import json
import os
import shutil
import subprocess
import sys
import time

import pandas as pd
import pytest

from compendium import alike, datapackage, paths
from compendium.errors import CompendiumError, FaultsError

OBSERVATIONS = list(datapackage.OBSERVATION_TABLES)


@pytest.fixture
def raw(tmp_path):
    """Return a copy of data/raw that a test may damage."""
    return shutil.copytree(paths.RAW, tmp_path / "raw")


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def set_cells(path, line, **cells):
    """Write `cells` into the record at `line` (the tables hold no line breaks inside cells)."""
    rows = read(path)
    for column, value in cells.items():
        rows[line - 1][rows[0].index(column)] = value
    write(path, rows)


def places(faults, raw):
    """Return file name, line and column of each fault."""
    assert all(fault.file.startswith(paths.relative(raw)) for fault in faults)
    return [(fault.file.rpartition("/")[2], fault.line, fault.column) for fault in faults]


def expect(raw, file, line, column, *words):
    """Exactly one fault comes, at this place, and its text holds `words`."""
    faults = datapackage.check(raw)
    assert places(faults, raw) == [(file, line, column)], "\n".join(map(str, faults))
    for word in words:
        assert word in str(faults[0])


def test_the_real_tables_have_no_fault():
    assert [str(fault) for fault in datapackage.check()] == []


def test_frictionless_agrees_that_descriptor_and_tables_are_valid():
    import frictionless

    report = frictionless.validate(str(paths.DATAPACKAGE))
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])
    assert report.stats["tasks"] == len(datapackage.table_names())


def test_frictionless_agrees_that_the_shapes_are_valid():
    import frictionless

    report = frictionless.validate(str(paths.DATA / "shapes" / "datapackage.json"))
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])


def test_descriptor_describes_every_table_field_and_unit():
    descriptor = datapackage.read_descriptor()
    units = list(descriptor["compendium:units"])
    assert set(descriptor["compendium:units_below_zero"]) <= set(units)
    positive = descriptor["compendium:above_zero"]
    assert set(positive["units"]) <= set(units)
    used = {name: set(datapackage.read_table(name)["indicator"]) for name in OBSERVATIONS}
    indicators = set().union(*used.values())
    assert set(positive["indicators"]) <= indicators
    assert set(descriptor["compendium:whole"]) | set(descriptor["compendium:codes"]) <= set(units)
    assert set(descriptor["compendium:limits"]) <= {*units, *indicators}
    assert set(descriptor["compendium:past"]) <= indicators
    assert "hash" not in json.dumps(descriptor)
    for table in descriptor["resources"]:
        fields = table["schema"]["fields"]
        assert all(field["title"] and field["description"].endswith(".") for field in fields)
        allowed = [f["constraints"]["enum"] for f in fields if f["name"] == "unit"]
        assert all(enum == units for enum in allowed), f"{table['name']}: unit list differs"
        measured = table.get(datapackage.INDICATORS, {})
        assert set(measured) == used.get(table["name"], set())
        assert all(set(own) <= set(units) and own == sorted(own) for own in measured.values())


def test_claims_of_a_source_without_a_day_are_refused(raw):
    """No vintage would hold them: the study itself would be gone."""
    rows = read(raw / "sources.csv")
    (line,) = (n for n, row in enumerate(rows, 1) if row[0] == "fnf2024partner")
    set_cells(raw / "sources.csv", line, published="")
    faults = [str(fault) for fault in datapackage.check(raw)]
    assert len(faults) == len(read(raw / "claims.csv")) - 1
    assert all("claims.csv" in f and "without a day of publication" in f for f in faults)


def test_names_that_only_look_alike_are_two_names_of_the_tables():
    publishers = set(datapackage.read_table("sources")["publisher"])
    for pair in datapackage.read_descriptor()[datapackage.APART]:
        assert set(pair) <= publishers and alike.slips(pair)


def test_names_are_compared_in_their_table_or_in_all(raw):
    """Items are named table by table, issuers alike in all of them."""
    item = read(raw / "strategy.csv")[1][2]
    set_cells(raw / "arms.csv", 2, item=item.swapcase())
    assert datapackage.check(raw) == []
    set_cells(raw / "trade.csv", 2, issuer="FNF/Guseinowa")
    expect(raw, "trade.csv", 2, "issuer", "slip of 'FNF/Guseinova'")


def test_observation_tables_share_one_schema():
    schemas = {t["name"]: t["schema"] for t in datapackage.read_descriptor()["resources"]}
    assert all(schemas[name] == schemas["arms"] for name in OBSERVATIONS)


def test_tables_are_read_with_their_types():
    arms = datapackage.read_table("arms")
    assert arms.index.name == "line" and arms.index[0] == 2
    assert arms["period_start"].dtype.kind == "M"
    assert arms["value"].dtype == "float64"
    assert arms["credibility"].dtype == "Int64"
    assert pd.isna(arms.loc[2, "value"]) and arms.loc[2, "low"] == 1700
    assert (arms["note"] == "").any() and not arms["note"].isna().any()
    assert datapackage.require_valid()["arms"].equals(arms)


def test_reading_a_table_never_coerces(raw):
    set_cells(raw / "arms.csv", 3, value="1,700")
    with pytest.raises(FaultsError, match="arms.csv:3: value: is not a number, found '1,700'"):
        datapackage.read_table("arms", raw)


def test_an_unknown_table_is_named_with_the_nearest():
    with pytest.raises(CompendiumError, match="'trops'; did you mean 'troops'"):
        datapackage.read_table("trops")


CELLS = [
    ("arms", 3, "value", "1,700", "is not a number", "no thousands separators"),
    ("arms", 3, "value", "1.700", "may be thousands or a fraction", "1.7 or 1700"),
    ("arms", 3, "value", "12.000", "may be thousands or a fraction", "12 or 12000"),
    ("claims", 2, "low", "3.500", "may be thousands or a fraction", "3.5 or 3500"),
    ("arms", 3, "value", "nan", "is not a number"),
    ("arms", 3, "value", "inf", "is not a number"),
    ("arms", 3, "value", "1e3", "is not a number"),
    ("arms", 3, "value", "\u0661\u0662", "is not a number"),
    ("arms", 3, "credibility", "3.0", "is not a whole number"),
    ("arms", 3, "credibility", "7", "is out of range", "1 to 6"),
    ("releases", 3, "lag_days", "-1", "is out of range", "0 to 3660"),
    ("trade", 5, "period_end", "1991-02-30", "is not a date", "YYYY-MM-DD"),
    ("trade", 5, "period_end", "31.12.1991", "is not a date"),
    ("trade", 5, "period_start", "0199-01-01", "is out of range", "1900-01-01 to 2100-12-31"),
    ("arms", 3, "issuer", "", "is empty", "Who made the estimate"),
    ("arms", 3, "period_end", "", "is empty"),
    ("arms", 3, "reliability", "G", "is not an allowed value", "A, B, C, D, E, F"),
    ("arms", 3, "qualifier", "aprox", "approx, at_least, up_to"),
    ("arms", 3, "unit", "USD_milion", "did you mean 'USD_million'", "data/datapackage.json"),
    ("claims", 2, "chapter", "arms", "arms_trade, troop_plausibility"),
    ("claims", 2, "comparator", "", "is empty"),
    ("sources", 2, "language", "english", "is not of the right form", "ISO 639-1"),
    ("sources", 2, "published", "June 2024", "is not of the right form", "YYYY-MM"),
    ("sources", 2, "published", "2024-02-30", "is not a date that exists"),
    ("sources", 2, "url", "www.38north.org", "is not of the right form", "https://"),
    ("troops", 2, "obs_id", "Troops 1", "is not of the right form", "hyphens"),
    ("arms", 3, "source_id", "dpa2024anew", "is not known", "did you mean 'dpa2024anews'"),
    ("releases", 2, "source_id", "kiel2026us", "did you mean 'kiel2026ust'"),
    ("arms", 3, "reliability", "B ", "begins or ends with a space", "'B'"),
    ("arms", 3, "note", " said so", "begins or ends with a space"),
    ("arms", 3, "value", "-5", "is below zero", "ideal_point and percent"),
    ("troops", 2, "stated_on", "2099-01-01", "lies in the future", "today, UTC"),
    ("sources", 2, "published", "2099-01", "lies in the future", "today, UTC"),
]


@pytest.mark.parametrize(
    ("table", "line", "column", "value", "words"), [(*c[:4], c[4:]) for c in CELLS]
)
def test_a_faulty_cell(raw, table, line, column, value, words):
    set_cells(raw / f"{table}.csv", line, **{column: value})
    expect(raw, f"{table}.csv", line, column, *words)


ROWS = [
    ("arms", 2, {"low": "9000"}, "low", "low is above high, found 'low 9000, high 5500'"),
    (
        "arms",
        3,
        {"value": "0", "unit": "USD_per_round", "indicator": "unit_price"},
        "value",
        "is zero, which such a figure",
    ),
    (
        "arms",
        2,
        {"low": "0", "unit": "EUR_per_round", "indicator": "unit_price"},
        "low",
        "more than zero for what stands under",
    ),
    ("arms", 2, {"low": "0", "indicator": "dprk_gdp"}, "low", "is zero, which such a figure"),
    ("claims", 4, {"low": "30"}, "low", "low is above high"),
    ("arms", 2, {"value": "1600"}, "value", "value is below low"),
    ("arms", 2, {"value": "5501"}, "value", "value is above high"),
    ("arms", 2, {"indicator": "arms_value_totl"}, "indicator", "did you mean 'arms_value_total'"),
    (
        "arms",
        2,
        {"indicator": "troops_present"},
        "indicator",
        "a new one goes there with its units",
    ),
    (
        "arms",
        2,
        {"unit": "rounds"},
        "unit",
        "allowed: EUR_million, KRW_billion, USD_million; a new",
    ),
    ("arms", 2, {"unit": "USD_milion"}, "unit", "is not an allowed value"),  # told once
    (
        "meetings",
        2,
        {"note": "dir=RU->KP; place=x; vice_minister_plus=no"},
        "note",
        "did you mean 'RU>KP'",
    ),
    (
        "meetings",
        2,
        {"note": "dir=RU>KP; place=x; vice_minister_pls=no"},
        "note",
        "does not state vice_minister_plus,",
    ),
    ("meetings", 2, {"note": ""}, "note", "does not state dir;"),
    ("claims", 2, {"low": "5500"}, "comparator", "the figures are not those"),
    ("claims", 3, {"low": ""}, "comparator", "low with more_than"),
    ("claims", 5, {"high": "7"}, "comparator", "none with the others"),
    (
        "releases",
        3,
        {"indicator": "unga_identical_votes_share"},
        "indicator",
        "did you mean 'unga_",
    ),
    ("releases", 5, {"issuer": "Bank of Japan"}, "issuer", "is the issuer of no row"),
    *(
        ("strategy", 219, {"note": f"{said}; same wording"}, "note", "or more, as 1,001 or 1001")
        for said in ("n=0", "n=,", "n=1 001", "n=1.001", "N = 12", "n= about 1,000", "n =1,01")
    ),
    ("arms", 15, {"item": "artilery_shells"}, "item", "slip of 'artillery_shells' (5 rows, first "),
    (
        "arms",
        15,
        {"item": "Artillery-shells"},
        "item",
        "'artillery_shells' if that is meant; where",
    ),
    ("strategy", 235, {"issuer": "China Customs"}, "issuer", "slip of 'China customs' (41 rows"),
    *(
        (
            "meetings",
            2,
            {"note": f"dir=KP>RU; place={place}; vice_minister_plus=yes"},
            "note",
            "looks like a slip of 'Pyongyang' (5",
        )
        for place in ("Pyongjang", "pyongyang", "Pyong Yang")
    ),
    ("releases", 2, {"source_id": "", "issuer": "Kiel Institut"}, "issuer", "slip of 'Kiel Inst"),
    ("sources", 68, {"publisher": "Caliber Az"}, "publisher", "slip of 'Caliber.Az' (1 row, "),
    ("arms", 3, {"value": ""}, "value", "the row states no figure"),
    ("arms", 3, {"period_start": "2024-10-29"}, "period_start", "ends before it starts"),
    ("claims", 2, {"period_start": "2024-10-29"}, "period_start", "ends before it starts"),
    ("releases", 2, {"issuer": "Kiel Institute"}, "source_id", "exactly one of the two"),
    ("releases", 5, {"issuer": ""}, "source_id", "both filled or both empty"),
]


@pytest.mark.parametrize(("table", "line", "cells", "column", "words"), ROWS)
def test_a_faulty_row(raw, table, line, cells, column, words):
    set_cells(raw / f"{table}.csv", line, **cells)
    expect(raw, f"{table}.csv", line, column, words)


FIGURES = [
    ("troops", "troops_sent_cumulative", {"value": "1.234"}, "value", "is not whole"),
    (
        "troops",
        "troops_sent_cumulative",
        {"low": "1.5"},
        "low",
        "a whole number of what is counted",
    ),
    ("meetings", "high_level_meeting", {"value": "1.5"}, "value", "is not whole"),
    ("strategy", "unga_identical_vote_share", {"value": "83.5"}, "value", "above the whole"),
    ("strategy", "poll_rok_own_nuclear_weapons", {"value": "710"}, "value", "above the whole"),
    ("strategy", "poll_rok_own_nuclear_weapons", {"high": "100.1"}, "high", "above the whole"),
    ("strategy", "poll_rok_own_nuclear_weapons", {"value": "-7"}, "value", "below nothing"),
    ("strategy", "unga_country_vote", {"value": "4"}, "value", "is no code as vote_code has"),
    ("strategy", "unga_country_vote", {"value": "1.5"}, "value", "is no code as vote_code has"),
    ("strategy", "unga_country_vote", {"value": "0"}, "value", "1 (yes), 2 (abstain), 3 (no);"),
    ("strategy", "unga_country_vote", {"value": "", "low": "1", "high": "3"}, "value", "no code"),
]


PAST = [
    (
        {"stated_on": "2024-05-31"},
        "is later than the figure was stated, which counts what has been",
    ),
    ({"stated_on": ""}, "2024-06-01 or earlier, as csis2026timeline in sources.csv has it"),
]


@pytest.mark.parametrize(("cells", "words"), PAST)
def test_what_has_been_counted_is_stated_when_it_is_over(raw, cells, words):
    """A year mistaken in one of the two days would move a count in every series."""
    sources = read(raw / "sources.csv")
    line = next(n for n, row in enumerate(sources, 1) if row[0] == "csis2026timeline")
    rows = read(raw / "arms.csv")
    own = next(n for n, row in enumerate(rows, 1) if row[1] == "containers_shipped_cumulative")
    ends = {
        "period_start": "2023-08-01",
        "period_end": "2024-06-02",
        "source_id": sources[line - 1][0],
    }
    set_cells(raw / "arms.csv", own, **ends, **cells)
    if not cells["stated_on"]:
        set_cells(raw / "sources.csv", line, published="2024-06-01")
    faults = [fault for fault in datapackage.check(raw) if fault.line == own]
    assert [(fault.column, words in str(fault)) for fault in faults] == [("period_end", True)]


@pytest.mark.parametrize(("table", "indicator", "cells", "column", "words"), FIGURES)
def test_a_figure_that_its_unit_or_indicator_cannot_have(
    raw, table, indicator, cells, column, words
):
    """A point between thousands is read as one of a fraction, percent as a share."""
    rows = read(raw / f"{table}.csv")
    line = next(n for n, row in enumerate(rows, 1) if indicator in row)
    set_cells(raw / f"{table}.csv", line, **dict.fromkeys(("value", "low", "high"), "") | cells)
    expect(raw, f"{table}.csv", line, column, words)


def test_a_cell_that_lists_rows_names_rows_of_any_observation_table(raw, monkeypatch):
    descriptor = datapackage.read_descriptor()
    claims = next(table for table in descriptor["resources"] if table["name"] == "claims")
    field = next(field for field in claims["schema"]["fields"] if field["name"] == "locator")
    field[datapackage.ROWS] = True
    monkeypatch.setattr(datapackage, "read_descriptor", lambda: descriptor)
    known = read(raw / "trade.csv")[4][0]
    for line in range(2, len(read(raw / "claims.csv")) + 1):
        set_cells(raw / "claims.csv", line, locator=f"strat-rok-flexible {known}")
    assert datapackage.check(raw) == []
    for wrong, words in {
        f"{known} strat-rok-flexibel": "names no row 'strat-rok-flexibel'",
        f"{known}  strat-rok-flexible": "holds two spaces, or one of another kind",
        f"{known};strat-rok-flexible": "set apart by single spaces",
    }.items():
        set_cells(raw / "claims.csv", 3, locator=wrong)
        expect(raw, "claims.csv", 3, "locator", words)


def test_a_percentage_may_fall(raw):
    set_cells(raw / "arms.csv", 3, value="-5", unit="percent", indicator="shells_shipped_change")
    assert datapackage.check(raw) == []


def test_a_rule_is_silent_where_its_cell_is_already_at_fault(raw):
    set_cells(raw / "arms.csv", 3, value="many")
    expect(raw, "arms.csv", 3, "value", "is not a number")


def test_a_repeated_name_says_where_it_stands_first(raw):
    rows = read(raw / "arms.csv")
    write(raw / "arms.csv", [*rows, rows[4]])
    expect(raw, "arms.csv", len(rows) + 1, "obs_id", "stands already in line 5")


def test_a_name_repeated_in_another_table(raw):
    name = read(raw / "arms.csv")[4][0]
    set_cells(raw / "trade.csv", 9, obs_id=name)
    expect(raw, "trade.csv", 9, "obs_id", "stands already in line 5 of arms.csv", name)


def header(change):
    """Damage of the heading: a function of the list of column names."""

    def damage(data):
        first, _, rest = data.partition(b"\n")
        return ",".join(change(first.decode().split(","))).encode() + b"\n" + rest

    return damage


def line_3(change):
    """Damage of line 3: a function of its bytes."""

    def damage(data):
        lines = data.split(b"\n")
        lines[2] = change(lines[2])
        return b"\n".join(lines)

    return damage


FILES = {
    "empty": (lambda d: b"", None, None, ["is empty", "obs_id,indicator"]),
    "only line ends": (lambda d: b"\n\n", None, None, ["is empty"]),
    "heading only": (lambda d: d[: d.index(b"\n") + 1], 1, None, ["has no rows"]),
    "empty heading": (lambda d: b"\n" + d, 1, None, ["the heading is empty"]),
    "BOM": (lambda d: b"\xef\xbb\xbf" + d, 1, None, ["byte order mark", "first 3 bytes"]),
    "Latin-1": (line_3(lambda x: x.replace(b"Gus", b"G\xe9")), 3, None, ["at byte", "0xe9"]),
    "UTF-16": (lambda d: d.decode().encode("utf-16"), 1, None, ["is not UTF-8 at byte 0"]),
    "binary": (line_3(lambda x: x + b"\0"), 3, None, ["NUL byte"]),
    "semicolons": (lambda d: d.replace(b",", b";"), 1, None, ["semicolons", "allowed: commas"]),
    "tabs": (lambda d: d.replace(b",", b"\t"), 1, None, ["tabs", "allowed: commas"]),
    "duplicate column": (header(lambda h: [*h, "note"]), 1, "note", ["stands twice"]),
    "unknown column": (header(lambda h: [*h, "notes"]), 1, "notes", ["did you mean 'note'"]),
    "nameless column": (header(lambda h: [*h, ""]), 1, "(no name)", ["is not known"]),
    "missing column": (header(lambda h: [c for c in h if c != "unit"]), 1, "unit", ["is missing"]),
    "order": (header(lambda h: h[::-1]), 1, None, ["another order"]),
    "too few": (line_3(lambda x: x.partition(b",")[2]), 3, None, ["has 16 cells", "17, as in"]),
    "too many": (line_3(lambda x: x + b",more"), 3, None, ["has 18 cells"]),
    "one cell": (line_3(lambda x: b"remark"), 3, None, ["has 1 cell;"]),
    "empty row": (line_3(lambda x: b"," * 16), 3, None, ["the row is empty", "take it out"]),
    "blank line": (line_3(lambda x: b""), 3, None, ["the row is empty"]),
    "open quote": (line_3(lambda x: x.replace(b"par", b'"par')), 3, None, ["double quote"]),
    "quote within": (line_3(lambda x: x.replace(b"para", b'"p" 3')), 3, None, ["double quote"]),
    "open at end": (lambda d: d.rstrip(b"\n") + b'\nx,"y', "last", None, ["double quote"]),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_a_damaged_file(raw, case):
    damage, line, column, words = FILES[case]
    path = raw / "arms.csv"
    path.write_bytes(damage(path.read_bytes()))
    if line == "last":
        line = len(path.read_bytes().splitlines())
    expect(raw, "arms.csv", line, column, *words)


def test_a_missing_file(raw):
    (raw / "trade.csv").unlink()
    expect(raw, "trade.csv", None, None, "is missing")


def test_a_table_that_is_missing_is_told_by_name(raw):
    (raw / "trade.csv").unlink()
    with pytest.raises(FaultsError, match=r"trade\.csv.*is missing"):
        datapackage.read_table("trade", raw)


def test_without_sources_the_other_tables_are_still_checked(raw):
    (raw / "sources.csv").unlink()
    set_cells(raw / "arms.csv", 3, reliability="G")
    assert places(datapackage.check(raw), raw) == [
        ("arms.csv", 3, "reliability"),
        ("sources.csv", None, None),
    ]


def test_a_file_that_cannot_be_read(raw):
    (raw / "trade.csv").unlink()
    (raw / "trade.csv").mkdir()
    expect(raw, "trade.csv", None, None, "cannot be read")


def test_a_file_that_is_not_described(raw):
    (raw / "armes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    expect(raw, "armes.csv", None, None, "is not described", "did you mean 'arms.csv'")


def test_a_folder_that_does_not_exist(tmp_path):
    assert "is not a folder" in str(datapackage.check(tmp_path / "nowhere")[0])


def test_windows_line_ends_read_the_same(raw):
    path = raw / "arms.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert datapackage.check(raw) == []
    assert datapackage.read_table("arms", raw).equals(datapackage.read_table("arms"))


def test_lines_are_those_of_the_file_also_after_a_line_break_in_a_cell(raw):
    set_cells(raw / "arms.csv", 3, note="one\ntwo\nthree")
    rows = read(raw / "arms.csv")
    rows[3][rows[0].index("reliability")] = "G"
    write(raw / "arms.csv", rows)
    expect(raw, "arms.csv", 6, "reliability", "found 'G'")


def test_many_faults_come_together_and_sorted(raw):
    set_cells(raw / "arms.csv", 30, value="x", reliability="Z", stated_on="2099-01-01")
    set_cells(raw / "arms.csv", 4, unit="")
    set_cells(raw / "claims.csv", 4, kind="guess", low="9999")
    (raw / "meetings.csv").write_bytes(b"")
    (raw / "other.csv").write_bytes(b"")
    faults = datapackage.check(raw)
    assert places(faults, raw) == [
        ("arms.csv", 4, "unit"),
        ("arms.csv", 30, "reliability"),
        ("arms.csv", 30, "stated_on"),
        ("arms.csv", 30, "value"),
        ("claims.csv", 4, "kind"),
        ("claims.csv", 4, "low"),
        ("meetings.csv", None, None),
        ("other.csv", None, None),
    ]
    with pytest.raises(FaultsError, match="8 faults found"):
        datapackage.require_valid(raw)


def test_a_statement_later_than_its_source_is_refused(raw):
    line = 1 + next(
        n for n, row in enumerate(read(raw / "arms.csv")) if row[0] == "arms-cont-2024-02-us"
    )
    set_cells(raw / "arms.csv", line, stated_on="2025-02-23")
    (fault,) = datapackage.check(raw)
    assert (fault.line, fault.column, fault.value) == (line, "stated_on", "2025-02-23")
    assert fault.problem == "is later than its source was published"
    assert "2024-" in fault.allowed and "in sources.csv" in fault.allowed
    set_cells(raw / "arms.csv", line, qualifier="implied")  # worked out, on a day of its own
    assert datapackage.check(raw) == []


def enlarge(raw, count):
    heading, *rows = read(raw / "trade.csv")
    extra = [[f"extra-{i}", *rows[i % len(rows)][1:]] for i in range(count - len(rows))]
    write(raw / "trade.csv", [heading, *rows, *extra])


@pytest.mark.long
def test_200000_rows_are_checked_in_seconds(raw):
    enlarge(raw, 200_000)
    start = time.process_time()  # the machine may be busy with other things
    assert datapackage.check(raw) == []
    assert time.process_time() - start < 15


@pytest.mark.long
def test_the_script_prints_counts_or_faults(raw):
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT / "src")}

    def run(*arguments):
        command = [sys.executable, paths.ROOT / "scripts" / "check.py", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    good = run("--raw", raw)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith(f"data: {len(datapackage.table_names())} tables, ")
    assert "rows, no faults\nscenarios: " in good.stdout
    set_cells(raw / "arms.csv", 3, reliability="G")
    bad = run("--raw", raw)
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "arms.csv:3: reliability: is not an allowed value, found 'G'" in bad.stderr
    assert "--raw" in run("--help").stdout
    assert run("--row", raw).returncode == 2


@pytest.mark.parametrize(
    ("published", "last"),
    [
        ("2024", "2024-12-31"), ("2024-02", "2024-02-29"), ("2023-02", "2023-02-28"),
        ("2024-10-28", "2024-10-28"), ("", None), ("2024-02-30", None), ("2024-W05", None),
        ("20241028", None), ("next year", None),
    ],
)  # fmt: skip
def test_the_last_day_that_a_date_of_publication_can_mean(published, last):
    found = datapackage.last_day(published)
    assert pd.isna(found) if last is None else found == pd.Timestamp(last)
