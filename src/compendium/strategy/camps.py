"""Which side of the war an issuer stands on."""

from __future__ import annotations

import pandas as pd

from compendium import evidence
from compendium.memory import remembered

UKRAINE = "Ukraine and its supporters"
RUSSIA = "Russia and North Korea"
CHINA = "China"
NEITHER = "neither side"

# The first words of an issuer's name; the first list that matches counts.
PREFIXES = {
    RUSSIA: (
        "President Putin", "Kremlin", "Russia", "State Duma", "Federation Council", "Rostec",
        "Rossel", "Rossiyskaya", "Rosstat", "Rosgranstroy", "FSB", "Moscow mayor", "Vostok Intur",
        "Agroexport", "Amur", "Primorye", "Kuzbass", "Far Eastern", "DPRK", "KCNA", "Minju Choson",
        "Sputnik",
    ),
    CHINA: ("China", "Xinhua"),
    UKRAINE: (
        "Ukrain", "HUR", "Zelensky", "Kharkiv", "former Aidar", "US", "ROK", "Lee Jae-myung",
        "South Korea", "UK", "EU", "Council of the EU", "NATO", "MSMT", "Japan", "Government of",
        "SBU", "FBI", "CIA", "Germany", "Estonia", "Lithuania", "French", "Western", "Intelligence officials", "White House",
    ),
}  # fmt: skip
# The press and a pollster that share a first word with a camp.
# Officials and services of a camp who are named behind a carrier or their own name.
BEHIND = ("(ROK", "(Ukrainian intelligence)")
EXCEPTIONS = {"Politico Europe": NEITHER, "Ukrainian and Korean press": NEITHER}
SIDES = (UKRAINE, RUSSIA)


def camp(issuer: str) -> str:
    """Camp of an issuer.

    Parameters
    ----------
    issuer : str
        As it stands in a table.

    Returns
    -------
    {"Ukraine and its supporters", "Russia and North Korea", "China", "neither side"}
        South Korea, Japan and the United States arm, pay for or sanction on Ukraine's side and
        are counted there. The United Nations, pollsters, the press and researchers are on
        neither, state-funded institutes included, although researchers may rest on what one
        side told them.
    """
    if issuer in EXCEPTIONS:
        return EXCEPTIONS[issuer]
    if any(mark in issuer for mark in BEHIND):
        return UKRAINE
    return next((name for name, own in PREFIXES.items() if issuer.startswith(own)), NEITHER)


@remembered
def distinct(tables, as_of, indicator) -> pd.DataFrame:
    """Rows of several tables with `camp`; what two tables or carriers repeat stands once.

    Notes
    -----
    Some statements are in two tables under the name of the service or of the speaker alone.
    Rows with one speaker, indicator and figure are one statement; the better graded is kept.
    Events and votes are one only where their item and day agree too.
    """
    found = pd.concat([evidence.load(t, as_of, indicator=indicator) for t in tables])
    found = found[~found["item"].str.endswith(evidence.SECOND_SOURCE)]
    named = found["issuer"].str.extract(r"\(([^)]*)\)| via (.*)$")
    speaker = named[0].fillna(named[1]).fillna(found["issuer"])
    grade = found["reliability"] + found["credibility"].astype(str)
    found = found.assign(camp=found["issuer"].map(camp), speaker=speaker, grade=grade)
    what = found["item"] + found["period_end"].astype(str)
    found["what"] = what.where(found["unit"].isin(["events", "vote_code"]), "")
    found = found.sort_values(["grade", "known_on", "obs_id"], kind="stable")
    found = found.drop_duplicates(["indicator", "value", "low", "high", "unit", "speaker", "what"])
    return found.drop(columns=["speaker", "grade", "what"]).sort_values(
        ["known_on", "obs_id"], ignore_index=True
    )
