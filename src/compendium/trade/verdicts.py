"""The study's statements on trade and meetings, each with the probability that it holds."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from compendium import evidence
from compendium.claims import Tested, figure
from compendium.parameters import TradeTrends
from compendium.trade import halfyear, levels, meetings, series

CHAPTER = "trade_trends"
# An average told as a whole number is met by what rounds to it.
ROUNDING = 0.5


def tested(p: TradeTrends, study_day) -> list[Tested]:
    """Every statement of this chapter; none in a vintage that does not know the study.

    Parameters
    ----------
    p : TradeTrends
    study_day : datetime.date
        Day of the study: the chosen reading and the others use what was known then.
    """
    claims = evidence.claims(CHAPTER, p.as_of).set_index("claim_id")
    if claims.empty:
        return []
    then = p.model_copy(update={"as_of": study_day})
    later = p if p.as_of > study_day else None
    tests = {
        "trade-2023": total_claim,
        "trade-h1-2024": half_claim,
        "trade-return": return_claim,
        "meetings-pace": pace_claim,
        "meetings-2024": year_claim,
        "meetings-norm": norm_claim,
    }
    found = []
    for claim_id, claim in claims.iterrows():
        test = tests.get(claim_id, lambda *_: {"chosen": None})
        outcome = test(claim, then, later)
        found.append(Tested(claim_id, claim["statement"], figure(claim), **outcome))
    return found


def by_count(p: TradeTrends) -> str:
    """That a list of visits says yes or no, with nothing in between."""
    return f"yes (100) or no (0), by the {p.count_rule} count of the list"


def total_claim(claim: pd.Series, then: TradeTrends, later: TradeTrends | None) -> dict:
    """Whether the preferred total of the year comes within `statement_error` of the claim."""

    def near(p: TradeTrends) -> tuple[float | None, tuple[str, ...]]:
        totals = series.totals(p)
        own = totals[totals["preferred"] & (totals["year"] == claim["period_start"].year)]
        if own.empty:
            return None, ()
        row = own.iloc[0]
        off = abs(row["value"] / claim["high"] - 1)
        return float(off <= p.statement_error), (row["obs_id"],)

    chosen, rows = near(then)
    now, others = near(later) if later else (None, ())
    rows = tuple(dict.fromkeys((*rows, *others)))
    return {
        "chosen": chosen,
        "later": now,
        "rows": rows,
        "how": "yes (100) or no (0), within the error of a statement",
    }


def half_claim(claim: pd.Series, then: TradeTrends, later: TradeTrends | None) -> dict:
    """Whether anybody else states the half-year, or it is the full year told as half.

    As a half-year it can be said only of a second source. As a full year it holds if the
    total of the year before, raised by the stated growth and cut to one decimal, gives it.
    Later evidence counts only if it is graded well enough to be preferred; a smaller total of
    the whole year then refutes the half.
    """
    coincidence = halfyear.coincidence(then.as_of)
    readings, rows = {}, ()
    if len(coincidence):
        made = math.floor(coincidence["product"].iloc[0] * 10) / 10
        readings["figure for the full year"] = float(made == claim["high"])
        rows = coincidence["rows"].iloc[0]
    now = None
    if later is not None:
        totals = series.totals(later)
        own = totals[totals["preferred"] & (totals["year"] == claim["period_start"].year)]
        if len(own):
            now = float(own["value"].iloc[0] >= claim["high"])
            rows = (*rows, own["obs_id"].iloc[0])
    return {"chosen": None, "readings": readings, "later": now, "rows": tuple(rows)}


def return_claim(claim: pd.Series, then: TradeTrends, later: TradeTrends | None) -> dict:
    """Probability of a return to the base under the reading `h1_reading`, and the others.

    Later evidence is the preferred total of that year, if there is one.
    """
    table = levels.bases(then).set_index("base")
    found = levels.readings(then)
    if found is None or then.base not in table.index:
        return {"chosen": None}
    base = table.loc[then.base]
    chances = {n: float(np.mean(d >= base["level"])) for n, d in found.alone.items()}
    now = None
    if later is not None:
        own = series.preferred(series.totals(later))
        now = float(own[found.year] >= base["level"]) if found.year in own.index else None
    return {
        "chosen": chances.pop(found.chosen),
        "readings": {levels.READINGS[name]: chance for name, chance in chances.items()},
        "later": now,
        "rows": tuple(dict.fromkeys((*found.rows, *base["rows"]))),
    }


def pace_claim(claim: pd.Series, then: TradeTrends, later: TradeTrends | None) -> dict:
    """Whether the pace by the chosen count rounds to the claim; the other counts as readings."""

    def rates(p: TradeTrends) -> tuple[dict[str, float], tuple[str, ...]]:
        events = meetings.events(p)
        end = min(claim["period_end"], meetings.last_day(p))
        months = meetings.months_between(claim["period_start"], end)
        inside = meetings.counts_between(events, claim["period_start"], end)
        return (
            {rule: len(own) / months for rule, own in inside.items()},
            tuple(inside["broad"]["obs_id"]),
        )

    def met(found: dict[str, float]) -> dict[str, float]:
        return {r: float(abs(x - claim["high"]) <= ROUNDING) for r, x in found.items()}

    found, rows = rates(then)
    holds = met(found)
    now, more = rates(later) if later else ({}, ())
    return {
        "chosen": holds.pop(then.count_rule),
        "readings": {f"{rule} count": p for rule, p in holds.items()},
        "later": met(now).get(then.count_rule),
        "rows": tuple(dict.fromkeys((*rows, *more))),
        "how": by_count(then),
    }


def year_claim(claim: pd.Series, then: TradeTrends, later: TradeTrends | None) -> dict:
    """Whether the year has more meetings than claimed, by the chosen count and by others.

    The corrected count takes the ministry's count as it is and corrects the visits since.
    """

    def more(p: TradeTrends) -> tuple[dict[str, float], tuple[str, ...]]:
        events = meetings.events(p)
        end = min(claim["period_end"], meetings.last_day(p))
        inside = meetings.counts_between(events, claim["period_start"], end)
        holds = {f"{r} count": float(len(own) > claim["low"]) for r, own in inside.items()}
        overlap = meetings.overlaps(p, events, end)
        overlap = overlap[overlap["window"] == "months_2024"]
        prior = meetings.recall_prior(p, events)
        if len(overlap) and prior is not None:
            ministry = overlap.iloc[0]
            start = ministry["end"] + pd.Timedelta(days=1)
            after = meetings.counts_between(events, start, end)["strict"]
            recall = meetings.recall_draws(prior, p.draws, p.seed)
            drawn = ministry["official"] + meetings.corrected(len(after), recall, p.seed + 1)
            holds["the ministry's count, corrected"] = float(np.mean(drawn > claim["low"]))
        return holds, tuple(inside["broad"]["obs_id"])

    chosen = f"{then.count_rule} count"
    holds, rows = more(then)
    now, others = more(later) if later else ({}, ())
    return {
        "chosen": holds.pop(chosen),
        "readings": holds,
        "later": now.get(chosen),
        "rows": tuple(dict.fromkeys((*rows, *others))),
        "how": by_count(then),
    }


def norm_claim(claim: pd.Series, then: TradeTrends, later: TradeTrends | None) -> dict:
    """Whether a typical year of the span has fewer meetings than claimed; as a ceiling, every.

    Typical is the median year of the list by the chosen count; the ministry's count for a
    year of the span, where one is known, speaks on the ceiling too.
    """

    def typical(p: TradeTrends) -> tuple[dict[str, float], tuple[str, ...]]:
        events = meetings.events(p)
        first, last = claim["period_start"].year, claim["period_end"].year
        years = meetings.yearly(events, first, last)
        official = meetings.official_counts(p.as_of)
        official = official[official["whole"] & official["year"].between(first, last)]
        most = max([*years[p.count_rule], *official["value"]])
        rows = (*events.loc[events["year"].between(first, last), "obs_id"], *official["obs_id"])
        return (
            {
                "typical": float(years[p.count_rule].median() < claim["high"]),
                "as a ceiling": float(most < claim["high"]),
            },
            rows,
        )

    holds, rows = typical(then)
    now, others = typical(later) if later else ({}, ())
    return {
        "chosen": holds.pop("typical"),
        "readings": holds,
        "later": now.get("typical"),
        "rows": tuple(dict.fromkeys((*rows, *others))),
        "how": by_count(then),
    }
