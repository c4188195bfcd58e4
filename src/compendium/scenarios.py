"""Scenarios: one YAML file each, saying which parameters differ from the defaults and why.

A file has ``title``, ``reason``, ``as_of`` and, where a chapter departs from its defaults,
``chapters: {chapter: {parameter: value}}``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any

import yaml

from compendium import parameters, paths
from compendium.errors import Fault, FaultsError, UsageError, nearest

KEYS = {"title": str, "reason": str, "as_of": str, "chapters": Mapping}


class Loader(yaml.SafeLoader):
    """Leaves days as text: YAML's own reading breaks off at one that does not exist."""


Loader.add_constructor("tag:yaml.org,2002:timestamp", Loader.construct_yaml_str)
# The tables of parameters and papermill write None; YAML's own word is null.
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"None"), ["N"])
KEY_TAGS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")


@dataclass(frozen=True)
class Scenario:
    """A named set of parameters.

    Attributes
    ----------
    name : str
        Name of the file without ending.
    title, reason : str
    as_of : datetime.date
        Vintage of every chapter.
    chapters : dict of Parameters
        Validated parameters of every chapter.
    """

    name: str
    title: str
    reason: str
    as_of: dt.date
    chapters: Mapping[str, parameters.Parameters]


def names() -> list[str]:
    """Names of the scenarios at hand."""
    return sorted(file.stem for file in paths.SCENARIOS.glob("*.yml"))


def check() -> list[Fault]:
    """Every fault in every scenario."""
    faults: list[Fault] = []
    for name in names():
        try:
            read(name)
        except FaultsError as error:
            faults += error.faults
    return faults


def read(name: str) -> Scenario:
    """Read and validate a scenario.

    Raises
    ------
    UsageError
        No scenario of that name.
    FaultsError
        Every fault in the file, with its line.
    """
    if name not in names():  # also keeps names from leading out of the folder
        raise UsageError(
            f"no scenario {name!r}{nearest(name, names())}; allowed: {', '.join(names())}"
        )
    file = paths.SCENARIOS / f"{name}.yml"
    label = paths.relative(file)
    content, lines = parse(file, label, KEYS)
    faults = [*_key_faults(content, lines, label)]
    if faults:
        raise FaultsError(faults)
    given = content.get("chapters") or {}
    chapters, faults = {}, []
    for chapter in given:
        if chapter not in parameters.CHAPTERS:
            faults.append(
                Fault(
                    label,
                    f"unknown chapter{nearest(chapter, parameters.CHAPTERS)}",
                    lines.get(("chapters", chapter)),
                    str(chapter),
                    allowed=", ".join(parameters.CHAPTERS),
                )
            )
        elif not isinstance(given[chapter], (Mapping, NoneType)):
            faults.append(
                Fault(
                    label,
                    "not a list of parameters",
                    lines.get(("chapters", chapter)),
                    chapter,
                    str(given[chapter]),
                    "parameter: value",
                )
            )
    vintage = {"as_of": content["as_of"]}
    try:
        anyone = next(iter(parameters.CHAPTERS))
        as_of = parameters.validate(anyone, vintage, {"as_of": lines[("as_of",)]}, label).as_of
    except FaultsError as error:  # told once, not for each chapter
        faults += [replace(fault, column="as_of") for fault in error.faults]
        vintage = {}
    for chapter in parameters.CHAPTERS:
        own = {} if given.get(chapter) is None else given[chapter]
        if not isinstance(own, Mapping):
            continue
        if "as_of" in own:
            faults.append(
                Fault(
                    label,
                    "one vintage runs through all chapters",
                    lines.get(("chapters", chapter, "as_of")),
                    f"{chapter}, parameter as_of",
                    allowed="as_of at the top of the file",
                )
            )
            own = {name: value for name, value in own.items() if name != "as_of"}
        places = {key: lines.get(("chapters", chapter, key), lines.get((key,))) for key in own}
        try:
            chapters[chapter] = parameters.validate(chapter, {**vintage, **own}, places, label)
        except FaultsError as error:
            faults += error.faults
    if faults:
        raise FaultsError(sorted(dict.fromkeys(faults), key=lambda fault: fault.line or 0))
    return Scenario(name, content["title"], content["reason"], as_of, chapters)


def _key_faults(content: Mapping, lines: Mapping, label: str):
    for key, value in content.items():
        if key not in KEYS:
            yield Fault(
                label,
                f"unknown key{nearest(str(key), KEYS)}",
                lines.get((key,)),
                str(key),
                allowed=", ".join(KEYS),
            )
        elif isinstance(value, str) and not value.strip():
            yield Fault(label, "is empty", lines.get((key,)), key, allowed=f"{key}: ...")
        elif not (isinstance(value, KEYS[key]) or (key == "chapters" and value is None)):
            kind = {"as_of": "an ISO date such as 2024-10-28", "chapters": "chapter: parameters"}
            yield Fault(
                label, "wrong type", lines.get((key,)), key, str(value), kind.get(key, "text")
            )
    for key in ("title", "reason", "as_of"):
        if key not in content:
            yield Fault(label, "missing key", 1, key, allowed=f"{key}: ...")


def parse(file, label: str, keys: Iterable[str]) -> tuple[dict[str, Any], dict[tuple, int]]:
    """Content of a YAML file and the line of each key, refusing what hides an error."""
    try:
        text = file.read_text("utf-8")
        root = yaml.compose(text, Loader)
        content = Loader(text).get_single_data()
    except UnicodeDecodeError:
        raise FaultsError([Fault(label, "not readable as UTF-8", allowed="UTF-8 text")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = " ".join(f"not valid YAML: {getattr(error, 'problem', error)}".split())
        remedy = "key: value, two spaces for each level, quotes around text with : # [ or {"
        line = mark.line + 1 if mark else None
        raise FaultsError([Fault(label, problem, line, allowed=remedy)]) from None
    if not isinstance(content, dict):
        raise FaultsError([Fault(label, "not a list of keys", 1, allowed=", ".join(keys))])
    lines: dict[tuple, int] = {}
    faults = list(_walk(root, (), lines, label))
    if faults:
        raise FaultsError(faults)
    return content, lines


def _walk(node, path: tuple, lines: dict, label: str):
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        place = (*path, key.value)
        if key.tag not in KEY_TAGS:
            line, remedy = key.start_mark.line + 1, "a name, such as those of the parameters"
            yield Fault(label, "key is not text", line, str(key.value), allowed=remedy)
        if place in lines:
            remedy = f"once; it stands already in line {lines[place]}"
            yield Fault(label, "key given twice", key.start_mark.line + 1, key.value, None, remedy)
        lines[place] = key.start_mark.line + 1
        yield from _walk(value, place, lines, label)
