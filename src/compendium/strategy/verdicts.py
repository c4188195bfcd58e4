"""Claim by claim: what each indicator reads, and a verdict by a written rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from compendium import evidence
from compendium.memory import remembered
from compendium.parameters import KremlinStrategy
from compendium.strategy import aid, camps, costs, votes

CLAIMS = {
    "strategy-ammunition": "need for ammunition is the main motive",
    "strategy-unity": "the tie tests the unity of alliances",
    "strategy-pressure": "Seoul and Tokyo are to reconsider support",
    "limit-quality": "the arms are outdated and unreliable",
    "limit-unpredictable": "Pyongyang is an unpredictable partner",
    "limit-china": "the tie strains relations with China",
    "limit-reputation": "the tie harms Russia's standing",
}
READINGS = ("for", "against", "unclear", "no rows")
VERDICTS = (
    "supported",
    "supported, one side only",
    "mixed",
    "contradicted",
    "not identified",
    "not testable with this data",
)
YES, VETO = 1, 3  # codes of votes for and against
VOTED = {YES: "voted for", 2: "abstained on", VETO: "voted against"}
NO_VOTE = "cast no known vote on"
SEOUL_OPENS = ("reconsider", "various_options", "flexible_review", "weapons_not_ruled_out")


class Reading(NamedTuple):
    """What one indicator says on one claim.

    Attributes
    ----------
    claim, indicator : str
    text : str
        The figures read, in words.
    reading : {"for", "against", "unclear", "no rows"}
    rule : str
        When it reads for, and when against.
    rows : tuple of str
    camps : tuple of str
        Camps of the issuers of the rows.
    confounded : bool
        Another cause falls into the same window.
    two_way : bool
        The figures could also have read the other way. A count of warnings cannot: where none
        is known, nothing was seen, which is not the same as nothing happened.
    """

    claim: str
    indicator: str
    text: str
    reading: str
    rule: str
    rows: tuple[str, ...] = ()
    camps: tuple[str, ...] = ()
    confounded: bool = False
    two_way: bool = True


def decides(reading: Reading) -> bool:
    """Whether a reading enters the verdict: clear, two-way and not confounded."""
    return reading.reading in ("for", "against") and reading.two_way and not reading.confounded


def standing(reading: Reading) -> str:
    """The reading, with what keeps it out of the verdict: another cause, or one way only."""
    if reading.reading == "no rows":
        return reading.reading
    aside = " (confounded)" if reading.confounded else "" if reading.two_way else " (one-way)"
    return reading.reading + aside


def verdict(readings: Iterable[Reading]) -> str:
    """Verdict on a claim from the readings of its indicators.

    Notes
    -----
    In this order:

    1. no indicator has rows: ``not testable with this data``;
    2. confounded readings are set aside, and so are one-way ones: an indicator that can only
       speak for a claim, or only against it, cannot decide it;
    3. none of the rest reads for or against: ``not identified``;
    4. some of the rest read for and some against: ``mixed``;
    5. all against: ``contradicted``;
    6. all for, and every issuer stands on one and the same side of the war:
       ``supported, one side only``;
    7. all for otherwise: ``supported``.

    Readings are not weighed or counted: one good indicator against is enough for ``mixed``.
    """
    readings = list(readings)
    if all(r.reading == "no rows" for r in readings):
        return "not testable with this data"
    clear = [r for r in readings if decides(r)]
    if not clear:
        return "not identified"
    found = {r.reading for r in clear}
    if found == {"for", "against"}:
        return "mixed"
    if found == {"against"}:
        return "contradicted"
    sides = {camp for r in clear for camp in r.camps}
    one_sided = len(sides) == 1 and sides <= set(camps.SIDES)
    return "supported, one side only" if one_sided else "supported"


def confidence(readings: Iterable[Reading], grades: Iterable[int]) -> str:
    """Confidence in a verdict: low, moderate or high, by a written rule.

    Low where fewer than two indicators decide, all come from one side, or they contradict
    each other; high where two or more agree, from two camps or more, and no row
    is graded worse than 2; moderate otherwise.
    """
    clear = [r for r in readings if decides(r)]
    sides = {camp for r in clear for camp in r.camps}
    one_sided = len(sides) < 2 and sides <= set(camps.SIDES)
    if len(clear) < 2 or one_sided or len({r.reading for r in clear}) > 1:
        return "low"
    return "high" if len(sides) > 1 and max(grades, default=6) <= 2 else "moderate"


def readings(p: KremlinStrategy, claims: Iterable[str] = tuple(CLAIMS)) -> list[Reading]:
    """Every indicator of the claims under a vintage."""
    return [found for claim in claims for found in of_claim(p, claim)]


@remembered
def of_claim(p: KremlinStrategy, claim: str) -> tuple[Reading, ...]:
    """Every indicator of one claim."""
    return tuple(READERS[claim](p))


@remembered
def _rows(p: KremlinStrategy, tables, indicator, items=None) -> pd.DataFrame:
    """Rows good enough to decide a reading, second sources and repeats left out."""
    tables = (tables,) if isinstance(tables, str) else tables
    found = camps.distinct(tables, p.as_of, indicator)
    found = found[found["credibility"].astype(int) <= p.worst_credibility]
    found = found[~found["alternative"]]
    if items is not None:
        found = found[found["item"].isin(items)]
    return found.sort_values(["known_on", "obs_id"])


def _read(
    claim, indicator, rule, rows, reading, text, *, confounded=False, two_way=True
) -> Reading:
    if len(rows) == 0:
        return Reading(claim, indicator, "no row known", "no rows", rule, two_way=two_way)
    sides = tuple(sorted(set(rows["issuer"].map(camps.camp))))
    return Reading(claim, indicator, text, reading, rule, tuple(rows["obs_id"]), sides,
                   confounded, two_way)  # fmt: skip


def _points(low: float, high: float) -> str:
    return f"{100 * low:+.0f} to {100 * high:+.0f} points"


def _votes_alike(claim: str, shares: pd.DataFrame, pair: str, label: str, rule: str) -> Reading:
    """Whether two states vote alike more or less often than before the war."""
    found = votes.change(shares, pair)
    if found is None:
        return Reading(claim, label, "no later year known", "no rows", rule)
    text = f"{100 * found['change']:+.0f} points to {found['year']}"
    if pd.isna(found["low"]):
        text += ", of how many votes is not known"
        return Reading(claim, label, text, "no rows", rule, found["rows"], (camps.NEITHER,))
    reading = "against" if found["low"] > 0 else "for" if found["high"] < 0 else "unclear"
    text += f" ({_points(found['low'], found['high'])})"
    return Reading(claim, label, text, reading, rule, found["rows"], (camps.NEITHER,))


def _ammunition(p):
    claim = "strategy-ammunition"
    gap = _rows(p, "arms", "russian_shell_shortage")
    low = gap["low"].fillna(gap["value"])
    # Nobody states a shortage of nothing, so the rows can only speak for one.
    yield _read(claim, "Russian use of shells above output",
                "for: a gap above zero is stated", gap,
                "for" if (low > 0).any() else "unclear",
                " to ".join(f"{v / 1e6:.1f}" for v in sorted({low.min(), low.max()}))
                + " million rounds a year" if len(gap) else "", two_way=False)  # fmt: skip
    share = _rows(p, ("arms", "strategy"), "north_korean_share_of_russian_ammunition")
    share = share[share["unit"] == "percent"]
    middle = evidence.middle(share)
    yield _read(claim, "North Korean share of shells",
                f"for: the median statement is at least {p.need_share:g} percent; against: less",
                share, "for" if middle.median() >= p.need_share else "against",
                f"median {middle.median():.0f} percent, number of statements: {len(share)}")  # fmt: skip
    trend = _rows(p, "arms", "shells_shipped_change")
    newest = trend.tail(1)
    fell = len(newest) > 0 and newest[["value", "high"]].min(axis=1).iloc[0] <= -50
    yield _read(claim, "flow of shells",
                "against: halved while the tie goes on; unclear: less", newest,
                "against" if fell else "unclear",
                "fell by more than half" if fell else "no such fall", two_way=False)  # fmt: skip


def _unity(p):
    claim = "strategy-unity"
    shares = votes.shares(p.as_of)
    for pair, name in (("KOR-USA", "Seoul"), ("JPN-USA", "Tokyo")):
        rule = (f"{name} and Washington voting alike, {votes.SHARE_BASE} to the newest year; "
                "for: falls, against: rises, unclear: the 90 % interval holds no change")  # fmt: skip
        yield _votes_alike(claim, shares, pair, f"votes of {name} with Washington", rule)
    signed = evidence.load("strategy", p.as_of, obs_id=aid.EVENTS["treaty"][1])
    pacts = _rows(p, "strategy", "partnership_event")
    pacts = pacts[pacts["period_end"] > signed["period_end"].min()] if len(signed) else pacts[:0]
    yield _read(claim, "new pacts and statements since the treaty",
                "against: at least one brings the allies closer", pacts, "against",
                f"{len(pacts)} known", two_way=False)  # fmt: skip
    split = _rows(p, "strategy", "unga_country_vote", ["ukraine-text-2025-02:USA"])
    code = int(split["value"].iloc[0]) if len(split) else 0
    yield _read(claim, "vote of February 2025",
                "for: Washington votes apart from Seoul and Tokyo; confounded by its own change of course",
                split, "against" if code == YES else "for",
                f"Washington {VOTED.get(code, NO_VOTE)} the text that Seoul and Tokyo backed",
                confounded=True)  # fmt: skip
    signals = _rows(p, "strategy", ["russian_signal", "russian_warning_to_rok"])
    yield _read(claim, "warnings and signals by Moscow",
                "for: at least one aims at the allies in Asia", signals, "for",
                f"{len(signals)} known", two_way=False)  # fmt: skip


def _pressure(p):
    claim = "strategy-pressure"
    warnings = _rows(p, "strategy", "russian_warning_to_rok")
    yield _read(claim, "warnings to Seoul", "for: at least one is on aid to Ukraine", warnings,
                "for", f"{len(warnings)} known", two_way=False)  # fmt: skip
    found = aid.effects(p)
    for donor in aid.TARGETS:
        rule = (f"aid {p.measure} after and before the {p.event}; for: falls and no more than "
                f"{p.placebo_share:g} of months fall as far; against: does not fall; else unclear")  # fmt: skip
        label = f"aid of {aid.display(donor)}"
        own = found[(found["event"] == p.event) & (found["donor"] == donor) & ~found["relative"]]
        if own.empty or not own["full"].iloc[0]:
            yield Reading(claim, label, "the vintage lacks full windows", "no rows", rule)
            continue
        row = own.iloc[0]
        rose = row["change"] >= (1 if row["kind"] == "ratio" else 0)
        reading = ("against" if rose else
                   "for" if row["as_low"] <= p.placebo_share else "unclear")  # fmt: skip
        amount = (
            f"{row['change']:.2f} times"
            if row["kind"] == "ratio"
            else f"{row['change']:+.0f} million EUR a month"
        )
        text = f"{amount}; {row['as_low']:.0%} of months show a change as low"
        if not row["power"]:
            text += "; even an end of all aid would not stand out"
        yield Reading(claim, label, text, reading, rule, row["rows"], (camps.NEITHER,),
                      bool(row["confounded"]), bool(row["power"]))  # fmt: skip
    signed = evidence.load("strategy", p.as_of, obs_id=aid.EVENTS["treaty"][1])
    opens = _rows(p, "strategy", "policy_event_rok_lethal_aid", SEOUL_OPENS)
    opens = opens[opens["period_end"] >= signed["period_end"].min()] if len(signed) else opens[:0]
    yield _read(claim, "Seoul on arms for Ukraine after the treaty",
                "against: Seoul opens the door wider", opens, "against",
                f"{len(opens)} statements that arms are possible", two_way=False)  # fmt: skip
    polls = aid.polls(p.as_of)
    polls = polls[(polls["indicator"] == "poll_rok_aid_ukraine") & (polls["item"] == "weapons")]
    polls = polls[polls["n"].notna()]  # of how many is not known: no interval, no reading
    rule = (
        "for: support for weapons falls; against: rises; unclear: the 90 % interval holds no change"
    )
    if len(polls) < 2:
        yield Reading(
            claim, "Korean poll on weapons, same wording", "fewer than two polls", "no rows", rule
        )
        return
    first, last = polls.iloc[0], polls.iloc[-1]
    low, high = aid.intervals.difference(
        first["value"] / 100, first["n"], last["value"] / 100, last["n"]
    )
    reading = "for" if high < 0 else "against" if low > 0 else "unclear"
    yield _read(claim, "Korean poll on weapons, same wording", rule, polls, reading,
                f"{last['value'] - first['value']:+.0f} points ({_points(low, high)})")  # fmt: skip


def _quality(p):
    claim = "limit-quality"
    known = costs.quality(p.as_of)
    known = known[known["credibility"].astype(int) <= p.worst_credibility]
    for indicator, label in (("dud_or_unusable_share", "unusable rounds"),
                             ("missile_failure_share", "failed missiles")):  # fmt: skip
        own = known[(known["indicator"] == indicator) & (known["unit"] == "percent")]
        middle = evidence.middle(own)
        yield _read(claim, label,
                    f"for: the median statement is at least {p.poor_share:g} percent; against: less",
                    own, "for" if middle.median() >= p.poor_share else "against",
                    f"median {middle.median():.0f} percent, number of statements: {len(own)}")  # fmt: skip
    barrels = known[known["item"] == "shells_damage_barrels"]
    yield _read(claim, "shells that damage guns", "for: reported", barrels, "for", "reported",
                two_way=False)  # fmt: skip
    equal = known[known["item"] == "missile_as_accurate_as_russian"]
    yield _read(claim, "missiles called as accurate as Russia's", "against: reported", equal,
                "against", "reported", two_way=False)  # fmt: skip
    hits = known[known["item"] == "KN-23"]
    hits = hits[hits["indicator"] == "missile_accuracy"].tail(1)
    ends = {end: hits[end].fillna(hits["value"]).dropna() for end in ("low", "high")}
    hits = hits.loc[ends["high"].index]  # "at least" tells no upper end
    yield _read(claim, "accuracy of the missiles",
                "against: hits within 200 metres; for: wider", hits,
                "against" if (ends["high"] <= 200).all() else "for",
                " to ".join(f"{v:.0f}" for v in sorted({*ends["low"], *ends["high"]})) + " metres")  # fmt: skip


def _unpredictable(p):
    yield Reading("limit-unpredictable", "conduct against promise", "no row measures it", "no rows",
                  "a row would set what Pyongyang promised against what it did")  # fmt: skip


def _china(p):
    claim = "limit-china"
    yield _votes_alike(claim, votes.shares(p.as_of), "RUS-CHN", "votes of Beijing with Moscow",
                       "for: falls; against: rises; unclear: the 90 % interval holds no change")  # fmt: skip
    ballot = _rows(p, "strategy", "unsc_country_vote", ["panel-2024-03:CHN"])
    code = int(ballot["value"].iloc[0]) if len(ballot) else 0
    yield _read(claim, "Beijing's vote on the sanctions panel, March 2024",
                "for: Beijing does not vote with Moscow's veto; against: it does", ballot,
                "against" if code == VETO else "for",
                f"Beijing {VOTED.get(code, NO_VOTE)} it")  # fmt: skip
    visits = _rows(p, "strategy", "china_dprk_visit")
    yield _read(claim, "visits between Beijing and Pyongyang at the top", "against: at least one",
                visits, "against", f"{len(visits)} known", two_way=False)  # fmt: skip


def _reputation(p):
    claim = "limit-reputation"
    found = votes.tallies(p.as_of)
    found = found[found["comparable"].astype(bool)]
    start = evidence.load("meetings", p.as_of, obs_id="meet-2023-07-shoigu")["period_end"].min()
    rule = (f"votes for Ukraine's texts after the tie grew against the last before; for: "
            f"{p.votes_change} states more; against: as many fewer; confounded once Washington turned")  # fmt: skip
    label = "votes for texts on Ukraine"
    before, after = found[found["day"] <= start], found[found["day"] > start]
    if before.empty or after.empty:
        yield Reading(claim, label, "no comparable text since the tie grew", "no rows", rule)
        return
    gap = int(after["for"].iloc[-1] - before["for"].iloc[-1])
    reading = "for" if gap >= p.votes_change else "against" if gap <= -p.votes_change else "unclear"
    turned = evidence.load("strategy", p.as_of, obs_id="strat-unga-ukraine-text-2025-02-usa")
    yield Reading(claim, label, f"{gap:+d} states", reading, rule,
                  (*before["rows"].iloc[-1], *after["rows"].iloc[-1]), (camps.NEITHER,),
                  len(turned) > 0)  # fmt: skip


READERS = {
    "strategy-ammunition": _ammunition,
    "strategy-unity": _unity,
    "strategy-pressure": _pressure,
    "limit-quality": _quality,
    "limit-unpredictable": _unpredictable,
    "limit-china": _china,
    "limit-reputation": _reputation,
}


def grades(p: KremlinStrategy, found: Iterable[Reading]) -> list[int]:
    """Credibility of the rows behind the readings that decide."""
    wanted = {row for r in found if decides(r) for row in r.rows}
    return [int(grade) for grade in evidence.named(wanted, p.as_of)["credibility"]]


def table(p: KremlinStrategy, found: list[Reading] | None = None) -> pd.DataFrame:
    """Verdict on each claim.

    Returns
    -------
    pandas.DataFrame
        `claim`, `label`, `verdict`, `confidence`, `for`, `against`, `unclear`, `missing`,
        `confounded`, `one_way` (numbers of indicators; the confounded and the one-way ones that
        read for or against are counted apart), `rows`.
    """
    found = readings(p) if found is None else found
    records = []
    for claim, label in CLAIMS.items():
        own = [r for r in found if r.claim == claim]
        clear = ("for", "against")
        count = {
            name: sum(r.reading == name and (decides(r) or name not in clear) for r in own)
            for name in READINGS
        }
        aside = [r for r in own if r.reading in clear and not decides(r)]
        count["confounded"] = sum(r.confounded for r in aside)
        count["one way"] = len(aside) - count["confounded"]
        rows = tuple(dict.fromkeys(row for r in own for row in r.rows))
        records.append((claim, label, verdict(own), confidence(own, grades(p, own)),
                        *count.values(), rows))  # fmt: skip
    return pd.DataFrame(
        records,
        columns=["claim", "label", "verdict", "confidence", "for", "against", "unclear", "missing",
                 "confounded", "one_way", "rows"],
    )  # fmt: skip
