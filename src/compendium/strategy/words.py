"""Sentences that follow from rows and readings, so that no vintage or parameter makes them false."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from compendium.evidence import joined
from compendium.strategy import aid, intervals, verdicts

CHINA = {
    "china_dprk_trade_change": "stated changes of trade",
    "china_dprk_visit": "visits",
    "china_dprk_signal": "signals",
    "unsc_vote": "the vote on the sanctions panel",
}


def asked_again(polls: pd.DataFrame) -> str:
    """What became of each answer to the question on support for Ukraine, put twice.

    Parameters
    ----------
    polls : pandas.DataFrame
        As `aid.polls` returns them; the answer "weapons" stands in them twice with its size.
    """
    own = polls[(polls["indicator"] == "poll_rok_aid_ukraine") & polls["n"].notna()]
    moved = {}
    for answer, rows in own.groupby("answer"):
        if len(rows) > 1:
            first, last = rows.iloc[0], rows.iloc[-1]
            low, high = intervals.difference(
                first["value"] / 100, first["n"], last["value"] / 100, last["n"]
            )
            moved[answer] = "rose" if low > 0 else "fell" if high < 0 else ""
    weapons = moved.pop("weapons")
    parts = [f"'{answer}' {way or 'did not move'} beyond chance" for answer, way in moved.items()]
    text = (
        "One question on support for Ukraine was asked again in the same words.\n"
        "The answer 'weapons' moved by {value}`kremlin_strategy.poll_change full`, "
        f"{'' if weapons else 'not '}beyond chance{''.join('; ' + part for part in parts)}.\n"
    )
    if weapons:
        return text
    more = ", and reluctance to give any aid grew" if moved.get("no aid") == "rose" else ""
    return f"{text}So reluctance to send weapons was there before and stayed{more}.\n"


def votes_with_washington(readings: Iterable[verdicts.Reading]) -> str:
    """Whose votes with Washington show no change beyond chance; nothing where all do."""
    before, after = "votes of ", " with Washington"
    still = [
        r.indicator.removeprefix(before).removesuffix(after)
        for r in readings
        if r.claim == "strategy-unity" and r.reading == "unclear" and r.indicator.startswith(before)
    ]
    if not still:
        return ""
    return f"the {before}{joined(still)}{after} show no change that chance could not make"


def china_rows(rows: pd.DataFrame) -> str:
    """What the rows on China hold, for a caption."""
    known = set(rows["indicator"])
    return f"China: {joined(name for kind, name in CHINA.items() if kind in known)}."


def among_placebos(effects: pd.DataFrame) -> str:
    """Where the marked months lie among the others, for the caption of the placebos.

    Parameters
    ----------
    effects : pandas.DataFrame
        Rows of `aid.effects` that are drawn: with full windows, of the donors asked about.
    """
    ends = effects[effects[["as_low", "as_high"]].min(axis=1) <= effects["smallest"]]
    if ends.empty:
        return "Every month as if it were the event: the marked ones lie among the others."
    names = [
        f"{aid.display(r.donor)}{', relative to controls' * bool(r.relative)} ({aid.EVENTS[r.event][2]})"
        for r in ends.itertuples()
    ]
    return (
        "Every month as if it were the event: a marked one is the lowest or the highest of its"
        f" line for {'; '.join(names)}."
    )


def turned(moved: pd.DataFrame) -> str:
    """Which verdicts change when one parameter is moved, by the frame of `sensitivity.moved`."""
    claims = dict.fromkeys(moved.loc[moved["from_verdict"] != moved["to_verdict"], "claim"])
    rest = "hang on whether rows exist and disagree, not on thresholds.\n"
    if not claims:
        return f"No verdict changes with one of these choices: verdicts {rest}"
    text = (
        "Verdicts that change with a choice, and should be read with it: "
        f"{'; '.join(verdicts.CLAIMS[claim] for claim in claims)}.\n"
    )
    return text + (f"The others {rest}" if len(claims) < len(verdicts.CLAIMS) else "")
