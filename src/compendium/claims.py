"""Verdicts on the study's statements: five words and the rule that picks one."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from compendium import datapackage, paths
from compendium.errors import CompendiumError, Fault, nearest
from compendium.values import Value

REPRODUCED = "reproduced"
OTHER_READING = "reproduced with another reading"
NOT_REPRODUCED = "not reproduced"
NOT_TESTABLE = "not testable"
OVERTAKEN = "overtaken"
VERDICTS = (REPRODUCED, OTHER_READING, NOT_REPRODUCED, NOT_TESTABLE, OVERTAKEN)

# Value that says most about a statement; those without one here speak by their verdict alone.
RESULTS = {
    "arms-value-upper": "arms_trade.value_total",
    "arms-value-lower": "arms_trade.value_total",
    "economy-size": "trade_trends.output_gdp_real",
    "arms-boost-economy": "arms_trade.share",
    "troops-revenue": "troop_plausibility.year_20000",
    "troops-plausible": "troop_plausibility.mission_in_decade",
    "troops-cap": "troop_plausibility.sent_now",
    "trade-2023": "trade_trends.stated_2023",
    "trade-h1-2024": "trade_trends.coincidence",
    "trade-return": "trade_trends.return",
    "meetings-pace": "trade_trends.pace_broad_rate",
    "meetings-2024": "trade_trends.year_corrected",
    "meetings-norm": "trade_trends.norm_median",
    "rec-partners": "recommendations.first_partners",
    "rec-finance": "recommendations.first_crypto",
    "rec-routes": "recommendations.first_routes",
    "rec-global-south": "recommendations.first_south",
}
# What the words of the chapter on strategy come to here. Moscow's motives are inferred, so a
# reading that rests on one side of the war, or on some indicators only, is one of several.
FROM_STRATEGY = {
    "supported": REPRODUCED,
    "supported, one side only": OTHER_READING,
    "mixed": OTHER_READING,
    "contradicted": NOT_REPRODUCED,
    "not identified": NOT_TESTABLE,
    "not testable with this data": NOT_TESTABLE,
}
HOLDS = 0.5  # a statement holds if this is at least as probable as not


def faults(known: Collection[str]) -> list[Fault]:
    """Statements in `RESULTS` that are none, or that point at a value nobody states."""
    file = Path(__file__)
    if not file.is_relative_to(paths.ROOT):  # the tables of another book have other statements
        return []
    lines = file.read_text("utf-8").splitlines()
    ids = set(datapackage.read_table("claims")["claim_id"])
    found = []
    for claim, id in RESULTS.items():
        line = next(n for n, text in enumerate(lines, 1) if f'"{claim}": "{id}"' in text)
        if claim not in ids:
            problem, allowed = (
                "no such statement of the study",
                f"an id of claims.csv{nearest(claim, ids)}",
            )
            found.append(Fault(paths.relative(file), problem, line, None, claim, allowed))
        if id not in known:
            problem = f"statement {claim} points at a value that no chapter states"
            allowed = f"the id of a published value{nearest(id, known)}"
            found.append(Fault(paths.relative(file), problem, line, None, id, allowed))
    return found


def verdict(chosen: float | None, readings: Mapping[str, float], later: float | None) -> str:
    """Verdict on a statement from the probability that it holds.

    Parameters
    ----------
    chosen : float or None
        Probability under the chosen parameters and what was known when it was made; None
        where it cannot be said.
    readings : mapping of str to float
        The same under other readings, by their name; None where nothing can be said.
    later : float or None
        Probability with the evidence that became known later.

    Returns
    -------
    str
        One of `VERDICTS`, by the first rule that fits:

        1. No probability at all: not testable.
        2. It held under the chosen parameters and later evidence speaks against it: overtaken.
        3. It holds under the chosen parameters: reproduced.
        4. It holds under another reading: reproduced with another reading.
        5. Otherwise: not reproduced.

    Raises
    ------
    CompendiumError
        A probability is not a number from 0 to 1.
    """
    given = [("chosen", chosen), *readings.items(), ("later", later)]
    known = [(name, p) for name, p in given if p is not None]
    for name, p in known:
        if math.isnan(p) or not 0 <= p <= 1:
            raise CompendiumError(f"verdict, {name}: {p} is not a probability from 0 to 1")
    if not known:
        return NOT_TESTABLE
    held = chosen is not None and chosen >= HOLDS
    if held and later is not None and later < HOLDS:
        return OVERTAKEN
    if held:
        return REPRODUCED
    if any(p >= HOLDS for p in readings.values() if p is not None):
        return OTHER_READING
    return NOT_REPRODUCED


@dataclass(frozen=True)
class Tested:
    """A statement, how probable it is, and on which rows that rests.

    Attributes
    ----------
    claim_id, statement, figure : str
    chosen : float or None
        Probability under the chosen parameters and what was known on the day of the study.
    readings : dict of str to float
        The same under other readings.
    later : float or None
        Probability with what is known by `as_of`, where that is later.
    rows : tuple of str
    how : str
        What the probability of the label is of, where its number does not say so: that a count
        gives yes or no, and which count.
    """

    claim_id: str
    statement: str
    figure: str
    chosen: float | None
    readings: dict[str, float] = field(default_factory=dict)
    later: float | None = None
    rows: tuple[str, ...] = ()
    how: str = ""

    @property
    def verdict(self) -> str:
        """Word for the outcome, by the rule of `verdict`."""
        return verdict(self.chosen, self.readings, self.later)


# Words for how a statement relates to its number; others have none before it.
BOUNDS = {"at_most": "at most ", "more_than": "more than ", "less_than": "less than "}


def figure(claim: Mapping) -> str:
    """Figure of a statement with its bound and unit; empty where it has none."""
    ends = [end for end in dict.fromkeys((claim["low"], claim["high"])) if pd.notna(end)]
    if not ends:
        return ""
    said = BOUNDS.get(claim["comparator"], "") if len(ends) == 1 else ""
    amounts = " to ".join(f"{end:,.10g}" for end in ends)
    return f"{said}{amounts} {claim['unit'].replace('_', ' ')}"


def require_unit(claim: pd.Series, unit: str) -> None:
    """Raise where a statement is in another unit than the value it is compared with.

    Raises
    ------
    CompendiumError
        The unit of the statement is another one.
    """
    if claim["unit"] != unit:
        raise CompendiumError(
            f"data/raw/claims.csv: {claim.name}: unit {claim['unit']!r} is not that of the value "
            f"it is compared with; allowed: {unit}"
        )


def values_of(chapter: str, outcomes: Iterable[Tested]) -> list[Value]:
    """Verdict on each statement as a value, with the probabilities behind it.

    ``chapter.verdict_claim``, ``chapter.holds_claim`` (chosen parameters, what was known on
    the day of the study) and ``chapter.later_claim`` (with later evidence), hyphens turned
    into underscores.
    """
    found = []
    for outcome in outcomes:
        name = outcome.claim_id.replace("-", "_")
        details = {"kind": "score", "rows": outcome.rows}
        how = f": {outcome.how}" if outcome.how else ""
        found.append(
            Value(f"{chapter}.verdict_{name}", outcome.verdict, unit="text",
                  label=f"Verdict on {outcome.claim_id}", **details)
        )  # fmt: skip
        for kind, probability, label in (
            ("holds", outcome.chosen, "under the chosen parameters"),
            ("later", outcome.later, "with later evidence"),
        ):
            if probability is not None:
                found.append(
                    Value(f"{chapter}.{kind}_{name}", probability * 100, unit="percent",
                          label=f"Probability that {outcome.claim_id} holds, {label}{how}", **details)
                )  # fmt: skip
    return found


def summary(
    stated: pd.DataFrame, then: Mapping[str, Value], now: Mapping[str, Value] | None
) -> pd.DataFrame:
    """Every statement beside what came of it, read from values alone.

    Parameters
    ----------
    stated : pandas.DataFrame
        Statements of the study, as `evidence.claims` returns them.
    then : mapping of str to Value
        Values at the vintage of the study, by id.
    now : mapping of str to Value or None
        Values at a later vintage; None where the build knows nothing later.

    Returns
    -------
    pandas.DataFrame
        `claim`, `chapter`, `statement`, `kind`, `number` (the study's), `then`, `now` (texts),
        `verdict`, `own` (the word of the chapter, where it has words of its own), `id` of the
        value shown.

    Notes
    -----
    The verdict is the newest one that the claim's chapter has published. The words of the
    chapter on strategy are turned into these by `FROM_STRATEGY`; a statement that was
    supported at the vintage of the study, under the same parameters, and is contradicted later
    is overtaken. A
    recommendation is no statement of fact, and a statement for which a chapter publishes no
    verdict cannot be tested.
    """
    records = []
    for row in stated.itertuples():
        name = row.claim_id.replace("-", "_")
        id = f"{row.chapter}.verdict_{name}"
        # Under the parameters of today, so that evidence alone can overtake a statement.
        first = _word(now or {}, f"{row.chapter}.verdict_then_{name}") or _word(then, id)
        last = _word(now or then, id)
        own = last if last in FROM_STRATEGY else ""
        word = FROM_STRATEGY.get(last, last if last in VERDICTS else NOT_TESTABLE)
        held = FROM_STRATEGY.get(first) in (REPRODUCED, OTHER_READING)
        if now is not None and held and word == NOT_REPRODUCED:
            word = OVERTAKEN
        shown = RESULTS.get(row.claim_id, id)
        records.append(
            (row.claim_id, row.chapter, row.statement, row.kind, figure(row._asdict()),
             _text(then, shown), "" if now is None else _text(now, shown), word, own, shown)
        )  # fmt: skip
    columns = [
        "claim",
        "chapter",
        "statement",
        "kind",
        "number",
        "then",
        "now",
        "verdict",
        "own",
        "id",
    ]
    return pd.DataFrame(records, columns=columns)


def _word(known: Mapping[str, Value], id: str) -> str:
    return str(known[id].value) if id in known else ""


def _text(known: Mapping[str, Value], id: str) -> str:
    if id not in known:
        return "cannot be said"
    return known[id].text("full" if known[id].low is not None else "value")
