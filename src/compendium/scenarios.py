"""Scenarios: one YAML file each, saying which parameters differ from the defaults and why.

A file has ``title``, ``reason``, ``as_of`` and, where a chapter departs from its defaults,
``chapters: {chapter: {parameter: value}}``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import NoneType

from compendium import files, parameters, paths
from compendium.errors import Fault, FaultsError, UsageError, nearest

# A folder of _build, a part of addresses and of commands is named by it.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
RESERVED = {
    *("cache", "check", "compare", "coursework", "interactive", "mutation", "pdf", "sweeps"),
    *("vega", "vintages", "html", "jupyter_execute"),  # the last two of `jupyter-book build .`
    *("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))),
}
LONGEST_TITLE = 200  # characters; it stands at the head of every page
KEYS = {"title": str, "reason": str, "as_of": str, "chapters": Mapping}


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
    return paths.scenario_names()


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
    if not NAME.fullmatch(name) or name.lower() in RESERVED:
        allowed = "up to 64 letters, digits, _ and -, and no name of another folder of _build"
        raise FaultsError([Fault(label, "is no name for a scenario", value=name, allowed=allowed)])
    if twin := next((n for n in names() if n != name and n.lower() == name.lower()), None):
        problem = f"differs from {twin!r} in capitals alone, which many disks do not tell apart"
        raise FaultsError([Fault(label, problem, value=name, allowed="another name")])
    content, lines = files.read_yaml(file, KEYS)
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
        elif (
            key == "title"
            and isinstance(value, str)
            and not (value.isprintable() and len(value) <= LONGEST_TITLE)
        ):
            allowed = f"one line of up to {LONGEST_TITLE} visible characters"
            yield Fault(label, "is no title", lines.get((key,)), key, value, allowed)
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
