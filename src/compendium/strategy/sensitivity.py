"""What the answers hang on: one choice moved at a time."""

from __future__ import annotations

import pandas as pd

from compendium.memory import remembered
from compendium.parameters import KremlinStrategy
from compendium.strategy import aid, verdicts

MOVES = {
    "measure": ("allocated", "committed"),
    "window_months": (6, 12, 18),
    "event": ("treaty", "troops"),
    "event_month": ("leave_out", "after"),
    "event_shift_months": (-3, 3),
    "placebo_share": (0.05, 0.2),
    "worst_credibility": (2, 4),
    "need_share": (10.0, 60.0),
    "poor_share": (10.0, 60.0),
    "votes_change": (5, 40),
}

# Claims whose readings a parameter can move; all of them where it is not named.
REACH = {
    **dict.fromkeys(
        ("measure", "window_months", "event", "event_month", "event_shift_months", "placebo_share"),
        ("strategy-pressure",),
    ),
    "need_share": ("strategy-ammunition",),
    "poor_share": ("limit-quality",),
    "votes_change": ("limit-reputation",),
}


@remembered
def moved(p: KremlinStrategy) -> pd.DataFrame:
    """Verdicts and readings that change when one parameter is moved.

    Returns
    -------
    pandas.DataFrame
        `parameter`, `to`, `claim`, `from_verdict`, `to_verdict`, `readings` (those that
        changed, in words, as `verdicts.standing` gives them). Moves that change nothing are listed with an empty claim.
    """
    base = verdicts.readings(p)
    before = {
        claim: verdicts.verdict(r for r in base if r.claim == claim) for claim in verdicts.CLAIMS
    }
    records = []
    for name, options in MOVES.items():
        for option in options:
            if option == getattr(p, name):
                continue
            claims = REACH.get(name, tuple(verdicts.CLAIMS))
            changed = False
            for claim in claims:
                own = verdicts.readings(p.model_copy(update={name: option}), [claim])
                old = {r.indicator: verdicts.standing(r) for r in base if r.claim == claim}
                new = [
                    f"{r.indicator}: {old.get(r.indicator)} to {verdicts.standing(r)}"
                    for r in own
                    if old.get(r.indicator) != verdicts.standing(r)
                ]
                after = verdicts.verdict(own)
                if new or after != before[claim]:
                    changed = True
                    records.append((name, str(option), claim, before[claim], after, "; ".join(new)))
            if not changed:
                records.append((name, str(option), "", "", "", ""))
    columns = ["parameter", "to", "claim", "from_verdict", "to_verdict", "readings"]
    return pd.DataFrame(records, columns=columns)


@remembered
def grid(p: KremlinStrategy) -> pd.DataFrame:
    """Change of aid under every window, measure and event: one row a cell with full windows."""
    records = []
    for measure in aid.MEASURES:
        for window in (6, 9, 12, 15, 18):
            moved_ = p.model_copy(update={"measure": measure, "window_months": window})
            found = aid.effects(moved_)
            own = found[found["donor"].isin(aid.TARGETS) & found["full"].astype(bool)]
            records += [r | {"window": window} for r in own.to_dict("records")]
    return pd.DataFrame(records, columns=[*found.columns, "window"])
