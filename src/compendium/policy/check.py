"""What drives the order, and whether later evidence moves it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium.parameters import Recommendations
from compendium.policy import designations, projection, ranking, scores, theft

STUDY_DAY = Recommendations.model_fields["as_of"].default
HEAVY = 0.5  # weight that a criterion is moved to at the heavy end


def drivers(
    p: Recommendations, table: pd.DataFrame, drawn: ranking.Draws, leader: str
) -> pd.DataFrame:
    """First-place share of the leader, in percent, with one thing moved at a time.

    Returns
    -------
    pandas.DataFrame
        `input`, `low`, `high`, `at_low`, `at_high`, widest first. Each criterion is given no
        weight and half the weight, the others in proportion; the scores are taken as they
        stand and with their whole range; the weights are held near equal.
    """
    row = list(table["option"].drop_duplicates()).index(leader)

    def share(weight, score) -> float:
        utility = ranking.utilities(ranking.Draws(weight, score))
        return float(ranking.first_places(utility)[row] * 100)

    cases: dict[str, list[tuple[float, str]]] = {}
    for k, criterion in enumerate(scores.criteria().itertuples()):
        cases[f"weight: {scores.small(criterion.title)}"] = [
            (share(held(drawn.weights, k, t), drawn.scores), word)
            for t, word in ((0.0, "none"), (HEAVY, "half"))
        ]
    noises = []
    for noise, word in ((0.0, "as they stand"), (1.0, "whole range")):
        other = ranking.draw(p.model_copy(update={"noise": noise}), table)
        noises.append((share(drawn.weights, other.scores), word))
    cases["range of the scores"] = noises
    if None in ranking.given_weights(p):
        near = ranking.draw(p.model_copy(update={"concentration": 10.0}), table)
        start = share(drawn.weights, drawn.scores)
        cases["weights near equal"] = [
            (start, "as chosen"),
            (share(near.weights, drawn.scores), "concentration 10"),
        ]
    records = []
    for label, found in cases.items():
        low, high = min(found), max(found)
        base = share(drawn.weights, drawn.scores)
        # A bar always reaches the line, also where both ends lie on one side of it.
        records.append(
            (label, min(low[0], base), max(high[0], base),
             low[1] if low[0] <= base else "as chosen",
             high[1] if high[0] >= base else "as chosen")
        )  # fmt: skip
    columns = ["input", "low", "high", "at_low", "at_high"]
    frame = pd.DataFrame(records, columns=columns)
    width = (frame["high"] - frame["low"]).sort_values(ascending=False, kind="stable")
    return frame.loc[width.index].reset_index(drop=True)


def blanks(p: Recommendations, table: pd.DataFrame) -> pd.DataFrame:
    """Who leads if every score without evidence were poor, and if every one were good.

    Spread over the whole scale a blank score has the mean of the scale, which helps an option
    of which little is known. The two ends show whether the first place rests on that.

    Returns
    -------
    pandas.DataFrame
        `blank` (the score put in), `leader`, `first` (its share of first places); empty where
        no score is blank.
    """
    empty = table["basis"] == "no evidence"
    records = []
    for score in (scores.LOW, scores.HIGH) if empty.any() else ():
        filled = table.copy()
        filled.loc[empty, ["score", "low", "high"]] = score
        filled.loc[empty, "basis"] = "filled"
        shares = ranking.first_places(ranking.utilities(ranking.draw(p, filled)))
        names = table["option"].drop_duplicates().to_numpy()
        records.append((score, names[shares.argmax()], float(shares.max())))
    return pd.DataFrame(records, columns=["blank", "leader", "first"])


def held(weights: np.ndarray, place: int, share: float) -> np.ndarray:
    """Weights with one of them at `share` and the others in proportion."""
    rest = np.delete(weights, place, axis=1)
    total = rest.sum(axis=1, keepdims=True)
    even = np.full_like(rest, 1 / rest.shape[1])
    rest = np.divide(rest, total, out=even, where=total > 0) * (1 - share)
    return np.insert(rest, place, share, axis=1)


def then_and_now(p: Recommendations, now: pd.DataFrame) -> pd.DataFrame:
    """Ranking of the day of the study beside that of this vintage; empty before it.

    Returns
    -------
    pandas.DataFrame
        `option`, `first_then`, `first_now`, `place_then`, `place_now` (mean places).
    """
    columns = ["option", "first_then", "first_now", "place_then", "place_now"]
    if p.as_of <= STUDY_DAY:
        return pd.DataFrame(columns=columns)
    then = p.model_copy(update={"as_of": STUDY_DAY})
    table = scores.in_use(STUDY_DAY)
    old = ranking.summary(ranking.draw(then, table), table).set_index("option")
    return pd.DataFrame(
        {
            "option": now["option"],
            "first_then": now["option"].map(old["first"]),
            "first_now": now["first"],
            "place_then": now["option"].map(old["mean_place"]),
            "place_now": now["mean_place"],
        }
    )


def changes(p: Recommendations) -> pd.DataFrame:
    """Judgements that later evidence replaced since the study: both versions, and the reason."""
    columns = ["option", "criterion", "then", "now", "points_then", "points_now", "reason", "rows"]
    if p.as_of <= STUDY_DAY:
        return pd.DataFrame(columns=columns)
    old, new = scores.in_use(STUDY_DAY), scores.in_use(p.as_of)
    moved = old["score_id"] != new["score_id"]

    def text(r) -> list[str]:
        return [
            f"{a:g} ({b:g} to {c:g})"
            for a, b, c in zip(r["score"], r["low"], r["high"], strict=True)
        ]

    return pd.DataFrame(
        {
            "option": new["option"],
            "criterion": new["criterion"],
            "then": text(old),
            "now": text(new),
            "points_then": old["score"],
            "points_now": new["score"],
            "reason": new["reason"],
            "rows": new["rows"],
        }
    )[moved].reset_index(drop=True)


def projections(p: Recommendations) -> pd.DataFrame:
    """Projections of the day of the study against what became known later.

    Returns
    -------
    pandas.DataFrame
        `quantity`, `median`, `low90`, `high90`, `later`, `inside`, `rows`.
    """
    columns = ["quantity", "median", "low90", "high90", "later", "inside", "rows"]
    if p.as_of <= STUDY_DAY:
        return pd.DataFrame(columns=columns)
    then = p.model_copy(update={"as_of": STUDY_DAY})
    records = []
    frame, rows = projection.stolen(then)
    if len(frame):
        s = frame.iloc[0]
        known = theft.counts(p.as_of)
        known = known[~known["obs_id"].isin(rows) & (known["year"] >= s["year"])]
        for row in known.itertuples():
            label = f"crypto theft of {row.year}, million USD ({row.issuer})"
            records.append((label, s, row.value, (row.obs_id,)))
    listed = designations.plain(p.as_of)
    for row in projection.listings(then).to_dict("records"):
        end = pd.Timestamp(STUDY_DAY) + pd.DateOffset(months=row["months"])
        own = listed[(listed["day"] > pd.Timestamp(STUDY_DAY)) & (listed["day"] <= end)]
        if end <= pd.Timestamp(p.as_of):
            label = f"designations in the {row['months']} months to {end.date()}"
            records.append((label, row, float(own["value"].sum()), tuple(own["obs_id"])))
    return pd.DataFrame(
        [
            (label, s["median"], s["low90"], s["high90"], later,
             "yes" if s["low90"] <= later <= s["high90"] else "no", rows)
            for label, s, later, rows in records
        ],
        columns=columns,
    )  # fmt: skip
