"""Check the tables in `data/raw` against `data/datapackage.json`, every fault at once.

The descriptor says what a table may hold; any tool that knows Frictionless Data Packages reads it.
Here its fields become pandera checks, which run over whole columns where the frictionless library
goes cell by cell: fast enough to run before every build, however the tables grow.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from compendium import alike, files, notes, paths, rules
from compendium.errors import CompendiumError, Fault, FaultsError, nearest, shorten
from compendium.reads import recorded
from compendium.rules import Rule

# [0-9] and not \d, which takes digits of every script; 15 digits are what a float64 holds.
WRITTEN = {
    "number": r"-?[0-9]{1,15}(\.[0-9]{1,15})?",
    "integer": r"-?[0-9]{1,15}",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
}
TYPE_WORDS = {
    "number": ("is not a number", "a plain decimal such as 1700 or -3.5, no thousands separators"),
    "integer": ("is not a whole number", "a whole number such as 12"),
    "date": ("is not a date", "a day that exists, written YYYY-MM-DD"),
}
# 1.500 is one and a half, or fifteen hundred where a point sets thousands apart.
GROUPED = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{2}0")
OBSERVATION_TABLES = ("arms", "troops", "trade", "meetings", "strategy")
# Some spreadsheets take the wide forms of these for the usual ones.
FORMULA = "[=+@\uff1d\uff0b\uff0d\uff20-]"
BLANKS = re.compile(r"  |[^\S \n\r\t]")  # two spaces, or one of another kind: seen as one space
# Cyrillic letters and the Greek ones that look like Latin; a word that has one among Latin ones.
ALIKE = "\u0400-\u052f\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf"
MIXED = re.compile(rf"\b(?=\w*[A-Za-z])\w*([{ALIKE}])\w*")
BROKEN = re.compile(r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)")  # left by a spreadsheet
HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")  # categories of Unicode
LONGEST = 131_072  # characters of a cell, as csv has it
VAST = f"a double quote is not closed, or a cell has more than {LONGEST:,} characters"
LISTED = 12  # so many allowed values still fit into a message
# Field property: each name in the cell, set apart by spaces, is a row of an observation table.
# A foreign key of the Frictionless standard points at one table and holds one name.
ROWS = "compendium:rows"
INDICATORS = "compendium:indicators"  # property of a table: what it measures, in which units
# Property of a table: by indicator, the keys that a note states at its head (`notes.keys`), each with
# the values it may have, or none where it is free text.
NOTED = "compendium:note_keys"
# Field property: where no name of the column may look like a slip of another, in its "table" or in
# every column so called of the "package"; and the package's list of pairs which only look so.
NAMES, APART = "compendium:names", "compendium:names_apart"


@recorded
def read_descriptor() -> dict:
    """Return the content of `data/datapackage.json`."""
    fault = functools.partial(Fault, paths.relative(paths.DATAPACKAGE))
    try:
        found = json.loads(files.read_text(paths.DATAPACKAGE), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        problem = f"is not JSON: {getattr(error, 'msg', error)}"
        remedy = "a Frictionless data package"
        raise FaultsError([fault(problem, line, allowed=remedy)]) from None
    if faults := list(_descriptor_faults(found, fault)):
        raise FaultsError(faults)
    return found


def _once(pairs: list[tuple[str, object]]) -> dict:
    """Object of JSON, which itself takes the last of two equal keys without a word."""
    found: dict = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {shorten(key)!r} stands twice in one object")
        found[key] = value
    return found


def _descriptor_faults(found: object, fault: Callable[..., Fault]) -> Iterator[Fault]:
    """What keeps a description of tables from being used; `frictionless` checks all the rest."""
    tables = found.get("resources") if isinstance(found, dict) else None
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        yield fault("describes no tables", column="resources", allowed="a list of resources")
        return
    if not isinstance(found.get("compendium:units_below_zero"), list):
        yield fault("is missing", column="compendium:units_below_zero", allowed="a list of units")
    pairs = found.get(APART)
    if not isinstance(pairs, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(name, str) for name in pair)
        for pair in pairs
    ):
        yield fault("is missing or incomplete", column=APART, allowed="a list of pairs of names")
    positive = found.get("compendium:above_zero")
    if not isinstance(positive, dict) or not all(
        isinstance(positive.get(name), list) for name in ("units", "indicators")
    ):
        allowed = "units and indicators, each a list"
        yield fault("is missing or incomplete", column="compendium:above_zero", allowed=allowed)
    if not isinstance(found.get("compendium:whole"), list):
        yield fault("is missing", column="compendium:whole", allowed="a list of units")
    if not isinstance(found.get("compendium:past"), list):
        yield fault("is missing", column="compendium:past", allowed="a list of indicators")
    limits = found.get("compendium:limits")
    if not isinstance(limits, dict) or not all(
        isinstance(ends, dict)
        and all(isinstance(ends.get(end), (int, float)) for end in ("minimum", "maximum"))
        for ends in limits.values()
    ):
        allowed = "an object of units or indicators, each with minimum and maximum"
        yield fault("is missing or incomplete", column="compendium:limits", allowed=allowed)
    codes = found.get("compendium:codes")
    if not isinstance(codes, dict) or not all(
        isinstance(words, dict) and all(code.isdecimal() for code in words)
        for words in codes.values()
    ):
        allowed = "an object of units, each with the meaning of its codes, whole numbers"
        yield fault("is missing or incomplete", column="compendium:codes", allowed=allowed)
    names = [table.get("name") for table in tables]
    for name in OBSERVATION_TABLES:
        if name not in names:
            yield fault(f"the table {name} is missing", column="resources", allowed="its resource")
    for number, table in enumerate(tables, 1):
        place = f"resource {table.get('name') or number}"
        schema = table.get("schema")
        own = schema.get("fields") if isinstance(schema, dict) else None
        if names.count(table.get("name")) > 1:
            yield fault("stands twice", column=place, allowed="a name used once")
        if not (isinstance(table.get("name"), str) and isinstance(table.get("path"), str)):
            yield fault("has no name or no path", column=place, allowed="both, as texts")
        if not isinstance(own, list) or not all(isinstance(f, dict) and "name" in f for f in own):
            yield fault("has no fields", column=place, allowed="schema: fields, each with a name")
            continue
        known = [field["name"] for field in own]
        measured = table.get(INDICATORS, {})
        if not isinstance(measured, dict) or not all(
            isinstance(units, list) for units in measured.values()
        ):
            allowed = "an object of indicators, each with a list of units"
            yield fault(f"{INDICATORS} is no such list", column=place, allowed=allowed)
        noted = table.get(NOTED, {})
        if not isinstance(noted, dict) or not all(
            isinstance(keys, dict) and all(isinstance(values, list) for values in keys.values())
            for keys in noted.values()
        ):
            allowed = "an object of indicators, each with its keys and a list of values of each"
            yield fault(f"{NOTED} is no such list", column=place, allowed=allowed)
        if not set(schema.get("primaryKey") or [None]) <= set(known):
            yield fault("has no primary key", column=place, allowed="primaryKey: [a field]")
        for key in schema.get("foreignKeys", ()):
            if key["fields"][0] not in known or key["reference"]["resource"] not in names:
                yield fault("points at no table", column=place, allowed="foreignKeys of fields")
        for field in own:
            yield from _field_faults(
                field, functools.partial(fault, column=f"{place}, {field['name']}")
            )


def _field_faults(field: dict, fault: Callable[..., Fault]) -> Iterator[Fault]:
    if field.get(NAMES, "table") not in ("table", "package"):
        yield fault(f"{NAMES} is no scope", value=str(field[NAMES]), allowed="table, package")
    if field.get("type") not in (*WRITTEN, "string"):
        allowed = ", ".join((*WRITTEN, "string"))
        yield fault("is of no known type", value=str(field.get("type")), allowed=allowed)
    constraints = field.get("constraints", {})
    try:
        re.compile(constraints.get("pattern", ""))
    except re.error as error:
        yield fault(f"no regular expression: {error}", value=constraints["pattern"], allowed="one")
    for name in ("minimum", "maximum"):
        limit = constraints.get(name, 0)
        if field.get("type") == "date" and name in constraints:
            if not re.fullmatch(WRITTEN["date"], str(limit)):
                yield fault(f"{name} is no date", value=str(limit), allowed="YYYY-MM-DD")
        elif not isinstance(limit, (int, float)):
            yield fault(f"{name} is no number", value=str(limit), allowed="a number")


def table_names() -> list[str]:
    """Return the names of the tables in the order of the descriptor."""
    return [table["name"] for table in read_descriptor()["resources"]]


def fields(name: str) -> list[dict]:
    """Fields of a table as the descriptor has them."""
    table = next(table for table in read_descriptor()["resources"] if table["name"] == name)
    return table["schema"]["fields"]


def columns(name: str) -> list[str]:
    """Columns of a table, in order."""
    return [field["name"] for field in fields(name)]


def row_columns(name: str) -> list[str]:
    """Columns of a table that name rows of the observation tables."""
    return [field["name"] for field in fields(name) if field.get(ROWS)]


@recorded
def read_table(name: str, raw: Path | None = None) -> pd.DataFrame:
    """Read one table with the types the descriptor gives its columns.

    Parameters
    ----------
    name : str
        Name of the table, such as ``"arms"``.
    raw : pathlib.Path, optional
        Folder of the tables; `data/raw` if not given.

    Returns
    -------
    pandas.DataFrame
        Dates as ``datetime64``, numbers as ``float64``, whole numbers as ``Int64``, the rest as
        text with ``""`` where nothing stands. The index, `line`, is the line of the file.

    Raises
    ------
    FaultsError
        If the file is damaged or a cell is not of its type; other rules are left to `check`.
    """
    tables = {table["name"]: table for table in read_descriptor()["resources"]}
    if name not in tables:
        raise CompendiumError(f"there is no table {name!r}{nearest(name, tables)}")
    path = _path(tables[name], raw or paths.RAW)
    # A shallow copy is written to without touching what it was copied from.
    return _parsed(json.dumps(tables[name]), path, _stamp(path)).copy(deep=False)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


@functools.lru_cache(maxsize=64)
def _parsed(table: str, path: Path, stamp: tuple | None) -> pd.DataFrame:
    """The table as long as neither file nor description changes: models read each many times."""
    table = json.loads(table)
    text, faults = _read_text(table, path)
    faults = faults or _cell_faults(table, path, text, {}, kinds=("type",))
    if faults:
        raise FaultsError(faults)
    return _typed(table, text)


def check(raw: Path | None = None) -> list[Fault]:
    """Return every fault in every table, sorted by file, line and column.

    A damaged file (say, a row with a cell too many) is reported without looking at its cells;
    the other tables are still checked.

    Parameters
    ----------
    raw : pathlib.Path, optional
        Folder of the tables; `data/raw` if not given.
    """
    return _check(Path(raw or paths.RAW))[1]


def require_valid(raw: Path | None = None) -> dict[str, pd.DataFrame]:
    """Return all tables by name, each as from `read_table`, or raise `FaultsError`."""
    tables, faults = _check(Path(raw or paths.RAW))
    if faults:
        raise FaultsError(faults)
    return tables


def _check(raw: Path) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    descriptor = read_descriptor()
    if not raw.is_dir():
        return {}, [Fault(paths.relative(raw), "is not a folder")]
    tables = {table["name"]: table for table in descriptor["resources"]}
    places = {name: _path(table, raw) for name, table in tables.items()}
    faults = [
        Fault(
            paths.relative(path),
            "is not described in data/datapackage.json",
            allowed="a file listed there" + nearest(path.name, [f.name for f in places.values()]),
        )
        for path in raw.glob("*.csv")
        if path not in places.values()
    ]
    texts = {}
    for name, table in tables.items():
        texts[name], damage = _read_text(table, places[name])
        faults += damage
    texts = {name: text for name, text in texts.items() if text is not None}
    typed = {name: _typed(tables[name], text) for name, text in texts.items()}
    of_rows = rules.of_rows(descriptor)
    for name, text in texts.items():
        in_cells = _cell_faults(tables[name], places[name], text, texts)
        at_fault = {(fault.line, fault.column) for fault in in_cells}
        faults += in_cells + _row_faults(of_rows, places[name], text, typed[name], at_fault)
        faults += _unread(tables[name], places[name], text, at_fault)
        faults += _unnoted(tables[name], places[name], text, at_fault)
    faults += _slips(descriptor, places, texts, faults)
    faults += _shared_names(tables, places, texts)
    faults += _told_before_said(descriptor, places, texts, typed)
    faults += _never_known(places, texts)
    faults += _releases_of_nothing(tables, places, texts)
    return typed, sorted(faults, key=_place)


def _path(table: dict, raw: Path) -> Path:
    return raw / Path(table["path"]).name


def _place(fault: Fault) -> tuple[str, int, str]:
    return fault.file, fault.line or 0, fault.column or ""


# --- The file: bytes, encoding, heading, rows ------------------------------------------------


def _read_text(table: dict, path: Path) -> tuple[pd.DataFrame | None, list[Fault]]:
    """Return the cells as written, or what keeps rows and cells from being told apart."""
    fault = functools.partial(Fault, paths.relative(path))
    columns = [field["name"] for field in table["schema"]["fields"]]
    heading = f"the heading {','.join(columns)}, and rows below it"
    try:
        data = files.read_bytes(path)
    except FaultsError as error:
        return None, [
            replace(fault, allowed=f"{fault.allowed}: {heading}") for fault in error.faults
        ]
    if not data.strip():
        return None, [fault("is empty", allowed=heading)]
    if data.startswith(b"\xef\xbb\xbf"):
        remedy = "save it as UTF-8 without byte order mark (BOM): its first 3 bytes have to go"
        return None, [fault("begins with a byte order mark", line=1, allowed=remedy)]
    try:
        content = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"is not UTF-8 at byte {error.start} (counted from 0)"
        value = f"0x{data[error.start]:02x}"
        return None, [fault(problem, line=line, value=value, allowed="save the file as UTF-8")]
    if marks := files.MERGING.search(content):
        line = content.count("\n", 0, marks.start()) + 1
        problem, remedy = files.MERGED
        return None, [fault(problem, line=line, value=marks[0].strip(), allowed=remedy)]
    if "\0" in content:
        line = content.count("\n", 0, content.index("\0")) + 1
        return None, [fault("holds a NUL byte, which no text has", line=line, allowed="UTF-8 text")]
    # strict: else an unclosed quotation mark silently swallows the rest of the file.
    # newline="": line ends stay as they are, so CRLF reads the same and lines count as in editors.
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    remedy = 'double quotes around a whole cell, and "" for one within it'
    lines, rows, faults = [], [], []
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            problem = "a double quote is not closed, or not where the cell ends"
            if "limit" in str(error):
                problem = VAST
            faults.append(fault(problem, line=line, allowed=remedy))
            break
        if max(map(len, row), default=0) > LONGEST:  # where a library has raised csv's own limit
            faults.append(fault(VAST, line=line, allowed=remedy))
            break
        if line == 1:
            if faults := _heading_faults(fault, row, columns):
                break
        elif not any(row):
            faults.append(fault("the row is empty", line=line, allowed="take it out"))
        elif len(row) != len(columns):
            remedy = f"{len(columns)}, as in the heading; double quotes around cells with a comma"
            problem = f"the row has {len(row)} cell{'s' * (len(row) != 1)}"
            faults.append(fault(problem, line=line, allowed=remedy))
        else:
            lines.append(line)
            rows.append(row)
    if not rows and not faults:
        faults = [fault("has no rows", line=1, allowed=heading)]
    if faults:
        return None, faults
    return pd.DataFrame(rows, pd.Index(lines, name="line"), columns, dtype="str"), []


def _heading_faults(
    fault: Callable[..., Fault], found: list[str], columns: list[str]
) -> list[Fault]:
    fault = functools.partial(fault, line=1)
    expected = ",".join(columns)
    if len(found) == 1 and (";" in found[0] or "\t" in found[0]):
        separator = "semicolons" if ";" in found[0] else "tabs"
        return [fault(f"cells are separated by {separator}", value=found[0], allowed="commas")]
    if not any(found):
        return [fault("the heading is empty", allowed=expected)]
    missing = [name for name in columns if name not in found]
    faults = [fault("the column is missing", column=name, allowed=expected) for name in missing]
    for position, name in enumerate(found):
        if name not in columns:
            allowed = expected + nearest(name, columns)
            faults.append(
                fault("the column is not known", column=name or "(no name)", allowed=allowed)
            )
        elif name in found[:position]:
            faults.append(fault("the column stands twice", column=name, allowed="once"))
    if not faults and found != columns:
        faults.append(fault("the columns stand in another order", allowed=expected))
    return faults


# --- Cells: one pandera check for each constraint of a field ---------------------------------


def _parse(column: pd.Series, type_: str) -> pd.Series:
    """Return floats or days; what is not written as its type becomes missing."""
    written = column.where(column.str.fullmatch(WRITTEN[type_]))
    if type_ == "date":
        return pd.to_datetime(written, format="%Y-%m-%d", errors="coerce")
    return pd.to_numeric(written).astype("float64")


def _typed(table: dict, text: pd.DataFrame) -> pd.DataFrame:
    parsed, whole = {}, {}
    for field in table["schema"]["fields"]:
        name, type_ = field["name"], field["type"]
        if type_ in WRITTEN:
            codes, distinct = pd.factorize(text[name])
            values = _parse(distinct.to_series(), type_).to_numpy()
            parsed[name] = pd.Series(values[codes], text.index)
        if type_ == "integer":
            whole[name] = "Int64"
    return text.assign(**parsed).astype(whole)


def _cell_tests(field: dict, ids: Container[str] | None) -> Iterator[tuple[str, Callable]]:
    """Yield the tests of one column; of those that fail in a cell the first is reported.

    Each takes the distinct texts of the column and says of each whether it passes.
    """
    constraints, type_ = field.get("constraints", {}), field["type"]
    yield "text", _each(lambda cell: not _untidy(cell, type_))
    if constraints.get("required"):
        yield "required", _each(bool)
    if type_ in WRITTEN:
        yield "type", lambda cells: _parse(cells, type_).notna()
    if type_ == "number":
        yield "grouped", _each(lambda cell: not GROUPED.fullmatch(cell))
    if "enum" in constraints:
        allowed = {str(value) for value in constraints["enum"]}
        yield "enum", _each(allowed.__contains__)
    if "pattern" in constraints:
        yield "pattern", _each(re.compile(constraints["pattern"]).fullmatch)
    for kind, beyond in (("minimum", pd.Series.lt), ("maximum", pd.Series.gt)):
        if kind in constraints:
            limit = pd.Timestamp(constraints[kind]) if type_ == "date" else constraints[kind]
            yield (
                "range",
                lambda cells, beyond=beyond, limit=limit: ~beyond(_parse(cells, type_), limit),
            )
    if ids is not None and field.get(ROWS):
        yield "rows", _each(lambda cell: not _unknown(cell, ids))
    elif ids is not None:
        yield "known", _each(ids.__contains__)
    if constraints.get("unique"):
        yield "unique", lambda cells: ~cells.duplicated()


def _each(passes: Callable[[str], object]) -> Callable[[pd.Series], np.ndarray]:
    """Make a test of one text a test of many; far faster than pandas on the few of a column."""
    return lambda cells: np.array([bool(passes(cell)) for cell in cells.tolist()], dtype=bool)


def _as_check(kind: str, test: Callable[[pd.Series], np.ndarray | pd.Series]) -> pa.Check:
    """Make a test a pandera check; an empty cell is a matter for "required" alone."""

    def holds(cells: pd.Series) -> pd.Series:
        if kind == "unique":
            return test(cells) | (cells == "")
        distinct = pd.Series(cells.cat.categories)
        passes = np.asarray(test(distinct))
        if kind != "required":
            passes = passes | (distinct.to_numpy() == "")
        return pd.Series(passes[cells.cat.codes], cells.index)

    return pa.Check(holds, name=kind)


def _failures(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> pd.DataFrame:
    """Line, column and check of each failure, in the order in which the checks were given."""
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases.sort_values("check_number", kind="stable")
        if cases["index"].isna().any():  # a check did not fail but break: a mistake in this module
            raise
        return cases.rename(columns={"index": "line"})[["line", "column", "check"]]
    return pd.DataFrame(columns=["line", "column", "check"])


def _cell_faults(
    table: dict,
    path: Path,
    text: pd.DataFrame,
    texts: dict[str, pd.DataFrame],
    kinds: Container[str] | None = None,
) -> list[Fault]:
    fields = {field["name"]: field for field in table["schema"]["fields"]}
    ids = {}  # column: what it may point at; a damaged table cannot be pointed at
    places = {}  # column: where that stands, in words
    for key in table["schema"].get("foreignKeys", ()):
        target, column = key["reference"], key["fields"][0]
        if target["resource"] in texts:
            ids[column] = set(texts[target["resource"]][target["fields"][0]])
            places[column] = f"a {target['fields'][0]} of {target['resource']}.csv"
    observed = [texts[name]["obs_id"] for name in OBSERVATION_TABLES if name in texts]
    for name, field in fields.items():
        if field.get(ROWS) and len(observed) == len(OBSERVATION_TABLES):
            ids[name] = set(pd.concat(observed))
            places[name] = "rows of the observation tables, set apart by single spaces"
    columns = {}
    for name, field in fields.items():
        tests = _cell_tests(field, ids.get(name))
        columns[name] = pa.Column(
            checks=[_as_check(kind, test) for kind, test in tests if not kinds or kind in kinds]
        )
    # As categories, so that each distinct text of a column is tested once.
    failures = _failures(pa.DataFrameSchema(columns), text.astype("category"))
    failures = failures.drop_duplicates(["line", "column"])
    say = functools.cache(functools.partial(_say, fields, ids, places))
    file, faults = paths.relative(path), []
    for (column, kind), cases in failures.groupby(["column", "check"], sort=False):
        firsts = text[column].drop_duplicates() if kind == "unique" else text[column][:0]
        first_line = dict(zip(firsts, firsts.index, strict=True))
        for line in cases["line"]:
            value = text.at[line, column]
            problem, allowed = say(kind, column, value)
            if kind == "unique":
                problem += f" in line {first_line[value]}"
            faults.append(Fault(file, problem, int(line), column, value or None, allowed))
    return faults


def _unknown(cell: str, ids: Container[str]) -> list[str]:
    """Names in a cell that are no row of any observation table."""
    return [name for name in cell.split(" ") if name not in ids]


def _untidy(cell: str, type_: str) -> tuple[str, str] | None:
    """What a text of any column must not have, and what is allowed; None where all is well."""
    if cell != cell.strip():
        return "begins or ends with a space", repr(cell.strip())
    if hidden := _hidden(cell):
        name = unicodedata.name(hidden, "a control character")
        place = f"character {cell.index(hidden) + 1}"
        return f"holds U+{ord(hidden):04X} ({name}) as {place}", "characters that can be seen"
    # What looks the same must be the same: of one issuer two would be made.
    if not unicodedata.is_normalized("NFC", cell):
        return "has letters put together from parts", unicodedata.normalize("NFC", cell)
    if mixed := MIXED.search(cell):
        name = unicodedata.name(mixed[1], "a letter")
        problem = f"has a word of two scripts, with U+{ord(mixed[1]):04X} ({name})"
        return problem, "letters of one script in a word"
    if "\ufffd" in cell:
        return "has a letter that was lost between two encodings", "that letter in place of U+FFFD"
    if BROKEN.fullmatch(cell):
        return "is an error of a spreadsheet", "what was meant"
    if BLANKS.search(cell):
        return "holds two spaces, or one of another kind", " ".join(cell.split())
    # No issuer, title or note begins so; the tables are handed out as they are.
    if type_ == "string" and re.match(FORMULA, cell) and not re.fullmatch(WRITTEN["number"], cell):
        allowed = "a text that begins otherwise than with = + - @"
        return "begins like a formula of a spreadsheet", allowed
    return None


def _hidden(cell: str) -> str:
    """The first character that no reader sees: of control, of no width, turning the direction.

    Line breaks are not among them.
    """
    if cell.isprintable():
        return ""
    return next((c for c in cell if unicodedata.category(c) in HIDDEN and c != "\n"), "")


def _say(
    fields: dict, ids: dict, places: dict, kind: str, column: str, value: str
) -> tuple[str, str]:
    """Say in plain words what is wrong and what is allowed."""
    field = fields[column]
    constraints = field.get("constraints", {})
    match kind:
        case "text":
            return _untidy(value, field["type"])
        case "required":
            return "is empty", field["description"]
        case "type":
            return TYPE_WORDS[field["type"]]
        case "grouped":
            plain = value.rstrip("0").rstrip(".")
            return "may be thousands or a fraction", f"{plain} or {value.replace('.', '')}"
        case "enum" if len(constraints["enum"]) <= LISTED:
            return "is not an allowed value", ", ".join(map(str, constraints["enum"]))
        case "enum":
            hint = nearest(value, map(str, constraints["enum"]))
            return "is not an allowed value", f"see {column} in data/datapackage.json{hint}"
        case "pattern":
            return "is not of the right form", f"{field['description']} ({constraints['pattern']})"
        case "range":
            low, high = constraints.get("minimum", "any"), constraints.get("maximum", "any")
            return "is out of range", f"{low} to {high}"
        case "known":
            return "is not known", places[column] + nearest(value, ids[column])
        case "rows":
            name = _unknown(value, ids[column])[0]
            return f"names no row {name!r}", places[column] + nearest(name, ids[column])
        case "unique":
            return "stands already", "a name used once"
    raise ValueError(kind)


# --- Rows: one pandera check for each rule ---------------------------------------------------


def last_day(published: str) -> pd.Timestamp:
    """Last day that such a date can mean; missing for no date."""
    try:
        return pd.Period(published, {4: "Y", 7: "M", 10: "D"}[len(published)]).end_time.normalize()
    except (KeyError, ValueError):
        return pd.NaT


def _row_faults(
    of_rows: list[Rule], path: Path, text: pd.DataFrame, typed: pd.DataFrame, at_fault: set
) -> list[Fault]:
    """Find faults between cells; a rule is silent where a cell it reads is already at fault."""
    named = {f"{i}": rule for i, rule in enumerate(of_rows) if set(rule.columns) <= set(text)}
    checks = [pa.Check(rule.holds, name=name, ignore_na=False) for name, rule in named.items()]
    # Pandera reports a failed row once for each of its columns: give it those the rules read.
    read = [name for name in typed if any(name in rule.columns for rule in named.values())]
    failures = _failures(pa.DataFrameSchema(checks=checks), typed[read])
    file, faults = paths.relative(path), []
    for line, name in failures[["line", "check"]].drop_duplicates().itertuples(index=False):
        rule = named[name]
        if at_fault.isdisjoint((line, column) for column in rule.columns):
            cells = [f"{column} {text.at[line, column] or '(empty)'}" for column in rule.columns]
            found = text.at[line, rule.columns[0]] if len(cells) == 1 else ", ".join(cells)
            place = (int(line), rule.columns[0], found)
            faults.append(Fault(file, rule.problem, *place, rule.allowed))
    return faults


def _unread(table: dict, path: Path, text: pd.DataFrame, at_fault: set) -> Iterator[Fault]:
    """Find indicators that are not described, and units that are none of theirs.

    Models and pages look rows up by both, so a slip in one would leave the row out in silence.
    """
    known = table.get(INDICATORS)
    if known is None:
        return
    place = f"under {INDICATORS} of {table['name']} in data/datapackage.json"
    for (indicator, unit), rows in text.groupby(["indicator", "unit"], sort=False):
        if indicator not in known:
            column, problem = "indicator", "is not known"
            allowed = f"one {place}{nearest(indicator, known)}; a new one goes there with its units"
        elif unit not in known[indicator]:
            column, problem = "unit", f"is not a unit of {indicator}"
            allowed = f"{', '.join(known[indicator])}; a new one goes {place}"
        else:
            continue
        for line in rows.index:
            if (line, column) not in at_fault:
                value = indicator if column == "indicator" else unit
                yield Fault(paths.relative(path), problem, int(line), column, value, allowed)


def _unnoted(table: dict, path: Path, text: pd.DataFrame, at_fault: set) -> Iterator[Fault]:
    """Find notes that lack what models read in them; of each its first fault."""
    for indicator, keys in table.get(NOTED, {}).items():
        for line, note in text["note"][text["indicator"] == indicator].items():
            if (line, "note") in at_fault:
                continue
            found = notes.keys(note)
            for key, values in keys.items():
                value = found.get(key)
                if value is not None and (not values or value in values):
                    continue
                allowed = f"{key}= and " + (f"one of {', '.join(values)}" if values else "any text")
                if value is None:
                    problem, value = f"does not state {key}", note or None
                    allowed += ", set apart from other keys by semicolons"
                else:
                    problem, allowed = f"{key} is not known", allowed + nearest(value, values)
                yield Fault(paths.relative(path), problem, int(line), "note", value, allowed)
                break


def _slips(
    descriptor: dict, places: dict[str, Path], texts: dict[str, pd.DataFrame], known: list[Fault]
) -> Iterator[Fault]:
    """Find names that look like slips of commoner ones of the same table or of all tables.

    Who looks an item up by its name does not find such a row, and of one issuer two are made.
    """
    at_fault = {(fault.file, fault.line, fault.column) for fault in known}
    apart = {frozenset(pair) for pair in descriptor[APART]}
    cells: dict[tuple[str, ...], list[tuple[str, str, int, str]]] = {}
    for table in descriptor["resources"]:
        name = table["name"]
        for field in table["schema"]["fields"] if name in texts else ():
            if NAMES in field:
                file, column = paths.relative(places[name]), field["name"]
                own = texts[name][column]
                scope = (column, name) if field[NAMES] == "table" else (column,)
                cells.setdefault(scope, []).extend(
                    (value, file, line, column)
                    for line, value in own[own != ""].items()
                    if (file, line, column) not in at_fault
                )
        for indicator, keys in table.get(NOTED, {}).items() if name in texts else ():
            file = paths.relative(places[name])
            own = texts[name]["note"][texts[name]["indicator"] == indicator]
            for key in (key for key, values in keys.items() if not values):
                cells.setdefault((name, key), []).extend(
                    (notes.keys(note)[key], file, line, "note")
                    for line, note in own.items()
                    if (file, line, "note") not in at_fault
                )
    for found in cells.values():
        counts = Counter(value for value, *_ in found)
        like = alike.slips([value for value, _ in counts.most_common()], apart)
        firsts = {value: f"{file}:{line}" for value, file, line, _ in reversed(found)}
        for value, file, line, column in found:
            if value in like:
                other = like[value]
                often = f"{counts[other]:,} row{'s' * (counts[other] > 1)}"
                yield Fault(
                    file, f"looks like a slip of {other!r} ({often}, first {firsts[other]})",
                    int(line), column, value,
                    f"{other!r} if that is meant; "
                    f"where they are two, the pair under {APART} in data/datapackage.json",
                )  # fmt: skip


def _told_before_said(
    descriptor: dict,
    places: dict[str, Path],
    texts: dict[str, pd.DataFrame],
    typed: dict[str, pd.DataFrame],
) -> Iterator[Fault]:
    """Find what was stated or counted after the source that tells of it: a day is wrong.

    What is worked out from a source has a day of its own.
    """
    if "sources" not in texts:
        return
    sources = texts["sources"].drop_duplicates("source_id").set_index("source_id")["published"]
    # A month or a year is told of on its last day at the latest.
    latest = {id: last_day(published) for id, published in sources.items()}
    for name in OBSERVATION_TABLES:
        if name not in texts:
            continue
        rows = typed[name]
        rows = rows[rows["qualifier"] != "implied"]
        told = pd.to_datetime(rows["source_id"].map(latest))
        stated = rows["stated_on"]
        # Of the future: told already.
        later = (stated > told) & (stated <= pd.Timestamp.now("UTC").tz_localize(None))
        # Where no day was stated, what has been counted was over when it was published.
        past = rows["indicator"].isin(descriptor["compendium:past"])
        after = (rows["period_end"] > told) & stated.isna() & past
        for column, wrong in (("stated_on", later), ("period_end", after)):
            for line in rows.index[wrong]:
                row = texts[name].loc[line]
                yield Fault(
                    paths.relative(places[name]), "is later than its source was published",
                    int(line), column, row[column],
                    f"{sources[row['source_id']]} or earlier, "
                    f"as {row['source_id']} in sources.csv has it",
                )  # fmt: skip


def _never_known(places: dict[str, Path], texts: dict[str, pd.DataFrame]) -> Iterator[Fault]:
    """Find claims whose source has no day, so that no vintage would hold them."""
    if not {"sources", "claims"} <= texts.keys():
        return
    sources, claims = texts["sources"], texts["claims"]
    undated = set(sources["source_id"][sources["published"] == ""])
    for line, source in claims["source_id"][claims["source_id"].isin(undated)].items():
        yield Fault(
            paths.relative(places["claims"]), "is of a source without a day of publication",
            int(line), "source_id", source, "a source whose published is filled in sources.csv",
        )  # fmt: skip


def _releases_of_nothing(
    tables: dict[str, dict], places: dict[str, Path], texts: dict[str, pd.DataFrame]
) -> Iterator[Fault]:
    """Find releases of an indicator or issuer that no table has: their lag would hold for nothing."""
    if not {"releases", *OBSERVATION_TABLES} <= texts.keys():
        return
    issuers = set(pd.concat([texts[name]["issuer"] for name in OBSERVATION_TABLES]))
    measured = {key for name in OBSERVATION_TABLES for key in tables[name].get(INDICATORS, ())}
    fault = functools.partial(Fault, paths.relative(places["releases"]))
    for line, row in texts["releases"].iterrows():
        if row["indicator"] and row["indicator"] not in measured:
            allowed = f"an indicator of an observation table{nearest(row['indicator'], measured)}"
            yield fault("is not known", int(line), "indicator", row["indicator"], allowed)
        if row["issuer"] and not any(issuer.startswith(row["issuer"]) for issuer in issuers):
            allowed = f"how an issuer of a row begins{nearest(row['issuer'], issuers)}"
            yield fault("is the issuer of no row", int(line), "issuer", row["issuer"], allowed)


def _shared_names(
    tables: dict[str, dict], places: dict[str, Path], texts: dict[str, pd.DataFrame]
) -> list[Fault]:
    """Find names used in two tables with the same primary key: the observations share theirs."""
    faults = []
    keys = {name: tables[name]["schema"]["primaryKey"][0] for name in texts}
    for key in dict.fromkeys(keys.values()):
        own = {name: texts[name][key].drop_duplicates() for name in texts if keys[name] == key}
        names = pd.concat(own)
        repeated = names[names.duplicated() & (names != "")]
        of_repeated = names[names.isin(repeated)].drop_duplicates()
        first = {value: place for place, value in of_repeated.items()}
        for (name, line), value in repeated.items():
            table, first_line = first[value]
            problem = f"stands already in line {first_line} of {places[table].name}"
            place = (int(line), key, value)
            allowed = "a name used once over all tables"
            faults.append(Fault(paths.relative(places[name]), problem, *place, allowed))
    return faults
