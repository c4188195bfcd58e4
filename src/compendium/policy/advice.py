"""What supports each option, what speaks against it, and how sure that is, by written rules."""

from __future__ import annotations

import pandas as pd

from compendium.parameters import Recommendations
from compendium.policy import methods, scores

GOOD, POOR = 4, 2  # scores from which on, and up to which, a reason speaks for or against
GRADED = {"reliability": ("A", "B"), "credibility": (1, 2)}


def advice(
    p: Recommendations, table: pd.DataFrame, ranked: pd.DataFrame, places: pd.DataFrame
) -> pd.DataFrame:
    """One row an option, in the order of their table.

    Returns
    -------
    pandas.DataFrame
        `option`, `title`, `claim_id`, `supports`, `against`, `open` (tuples of criteria),
        `side` ("ahead of" or "behind" the baseline), `share` (of draws on that side),
        `confidence` ("moderate" or "low"), `because`, `rows` (all it rests on), `graded` (of
        them at least B2).

    Notes
    -----
    Scores of 4 and more support, scores of 2 and less speak against. A score without evidence
    is open.

    Confidence is about one thing: on which side of doing nothing new the option lies. It is
    moderate where the quality of the evidence scores at least 4, the option lies on that side
    in at least `sure_share` of the draws, and by every method at the middle weights; else it
    is low. It is never high, because the scores are judgements and no lever was put to a test.
    The baseline itself is compared with the option that beats it most often.
    """
    known = scores.cited_rows(p.as_of)
    beats = ranked.set_index("option")["beats_baseline"]
    rivals = beats.drop(scores.BASELINE)
    by_method = places.set_index("option")[list(methods.METHODS)]
    records = []
    for option in scores.options().itertuples():
        own = table[table["option"] == option.option].set_index("criterion")
        seen = own[own["basis"] != "no evidence"]
        rows = tuple(dict.fromkeys(row for cell in own["rows"] for row in cell))
        good = known.loc[list(rows)]
        good = good[
            good["reliability"].isin(GRADED["reliability"])
            & good["credibility"].isin(GRADED["credibility"])
        ]
        base = option.option == scores.BASELINE
        other = rivals.idxmax() if base else option.option
        ahead = beats[other] >= 0.5
        share = float(max(beats[other], 1 - beats[other]))
        gap = by_method.loc[scores.BASELINE] - by_method.loc[other]
        agree = bool((gap > 0).all() if ahead else (gap < 0).all())
        proof = float(own.loc["evidence", "score"])
        doubts = []
        if proof < GOOD:
            doubts.append("the evidence is thin")
        if share < p.sure_share:
            doubts.append("the weights decide")
        if not agree:
            doubts.append("the methods disagree or tie")
        records.append(
            {
                "option": option.option,
                "title": option.title,
                "claim_id": option.claim_id,
                "supports": tuple(seen.index[seen["score"] >= GOOD]),
                "against": tuple(seen.index[seen["score"] <= POOR]),
                "open": tuple(own.index[own["basis"] == "no evidence"]),
                "rival": other,
                "side": "ahead of" if ahead != base else "behind",
                "share": share,
                "confidence": "low" if doubts else "moderate",
                "because": " and ".join(doubts)
                or "evidence, draws and methods agree, but the scores are judgements",
                "rows": rows,
                "graded": len(good),
            }
        )
    return pd.DataFrame(records)


def dominated(table: pd.DataFrame) -> pd.DataFrame:
    """Pairs in which one option scores at least as well everywhere and better somewhere.

    Returns
    -------
    pandas.DataFrame
        `better`, `worse`; scores as they stand, pairs with a score without evidence left out.
    """
    wide = table.pivot(index="option", columns="criterion", values="score")
    blank = set(table.loc[table["basis"] == "no evidence", "option"])
    names = [name for name in scores.options()["option"] if name not in blank]
    pairs = [
        (a, b)
        for a in names
        for b in names
        if (wide.loc[a] >= wide.loc[b]).all() and (wide.loc[a] > wide.loc[b]).any()
    ]
    return pd.DataFrame(pairs, columns=["better", "worse"])
