"""Analysis of competing hypotheses: which explanation has least against it.

Notes
-----
After Heuer [1]_: every explanation is held against every piece of evidence, and what counts
is what does not fit. Evidence that fits all explanations alike tells nothing. The scores are
the compilers' judgement, kept as data in ``data/raw/hypotheses.csv``.

References
----------
.. [1] R. J. Heuer, "Psychology of Intelligence Analysis", Center for the Study of
   Intelligence (1999), chapter 8.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compendium import datapackage, evidence, paths
from compendium.errors import Fault, FaultsError
from compendium.memory import remembered
from compendium.parameters import KremlinStrategy
from compendium.strategy import intervals

NAMES = {
    "ammunition": "need for shells and men",
    "coercion": "pressure on US allies in Asia",
    "technology": "swap of arms for technology",
    "alignment": "lasting course against sanctions",
}
# Only what does not fit counts; what fits and what says nothing count alike.
POINTS = {"CC": 0, "C": 0, "N": 0, "I": 1, "II": 2}
# Admiralty grades as weights: even steps; what cannot be judged (F, 6) lies low but not at nought.
RELIABILITY = {"A": 1.0, "B": 0.8, "C": 0.6, "D": 0.4, "E": 0.2, "F": 0.3}
CREDIBILITY = {1: 1.0, 2: 0.8, 3: 0.6, 4: 0.4, 5: 0.2, 6: 0.3}
WAR = pd.Timestamp("2022-02-24")  # first day of the full invasion
WEIGHTINGS = ("admiralty", "equal", "reliability", "credibility")
EXACT = 1e-9  # totals closer than this are tied


@remembered
def table(as_of) -> pd.DataFrame:
    """Scores whose evidence row was known by the vintage, with that row's facts.

    Raises
    ------
    FaultsError
        A row that is not scored for every explanation, or scored twice, with its lines.
    """
    scores = datapackage.read_table("hypotheses")
    faults = _faults(scores)
    if faults:
        raise FaultsError(faults)
    known = evidence.named(scores["obs_id"], as_of)
    facts = known[
        ["obs_id", "table", "issuer", "period_end", "known_on", "reliability", "credibility"]
    ]
    found = scores.reset_index().merge(facts, on="obs_id")
    order = found.sort_values(["known_on", "obs_id", "line"], kind="stable", ignore_index=True)
    return order.drop(columns="line")  # rows known later stand between the others in the file


def _faults(scores: pd.DataFrame) -> list[Fault]:
    file = paths.relative(paths.RAW / "hypotheses.csv")
    faults = []
    for obs, own in scores.groupby("obs_id", sort=False):
        line = int(own.index[0])
        missing = [h for h in NAMES if h not in set(own["hypothesis"])]
        if missing:
            faults.append(
                Fault(file, "the row is not scored for every explanation", line, "obs_id", obs,
                      f"also a score for {', '.join(missing)}")
            )  # fmt: skip
        for place, name in own.loc[own["hypothesis"].duplicated(), "hypothesis"].items():
            faults.append(
                Fault(file, "the row is scored twice for one explanation", int(place),
                      "hypothesis", name, "one score for each evidence row and explanation")
            )  # fmt: skip
    return faults


def matrix(scores: pd.DataFrame) -> pd.DataFrame:
    """Consistency by evidence row (in the order of `scores`) and explanation."""
    wide = scores.pivot(index="obs_id", columns="hypothesis", values="consistency")
    return wide.loc[scores["obs_id"].drop_duplicates(), [h for h in NAMES if h in wide]]


def weights(scores: pd.DataFrame, weighting: str) -> pd.Series:
    """Weight of each evidence row.

    Parameters
    ----------
    scores : pandas.DataFrame
        Output of `table`.
    weighting : {"admiralty", "equal", "reliability", "credibility"}
        ``admiralty`` multiplies the weights of both parts of the grade.
    """
    rows = scores.drop_duplicates("obs_id").set_index("obs_id")
    reliability = rows["reliability"].map(RELIABILITY)
    credibility = rows["credibility"].astype(int).map(CREDIBILITY)
    return {
        "admiralty": reliability * credibility,
        "equal": reliability * 0 + 1.0,
        "reliability": reliability,
        "credibility": credibility,
    }[weighting].rename("weight")


def against(wide: pd.DataFrame, weight: pd.Series) -> pd.DataFrame:
    """Weighted points against each explanation, an evidence row a line."""
    points = wide.map(POINTS.__getitem__).astype(float)
    return points.mul(weight.reindex(wide.index), axis=0)


def totals(points: pd.DataFrame) -> pd.DataFrame:
    """Sum against each explanation and its rank (1 has least against it; ties share).

    Returns
    -------
    pandas.DataFrame
        `hypothesis`, `total`, `rank`, best first.
    """
    sums = points.sum()
    rank = sums.round(9).rank(method="min").astype(int)
    found = pd.DataFrame({"hypothesis": sums.index, "total": sums.to_numpy(), "rank": rank.array})
    return found.sort_values(["rank", "hypothesis"], kind="stable", ignore_index=True)


def order(points: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    """Explanations from least to most against them; ties stand together."""
    found = totals(points)
    return tuple(tuple(sorted(own["hypothesis"])) for _, own in found.groupby("rank"))


def order_text(places: tuple[tuple[str, ...], ...]) -> str:
    """An order in one line."""
    return " < ".join(" = ".join(group) for group in places)


def diagnosticity(points: pd.DataFrame) -> pd.Series:
    """How far a row tells explanations apart: its weighted points, highest less lowest."""
    return (points.max(axis=1) - points.min(axis=1)).rename("diagnosticity")


def drop_one(points: pd.DataFrame) -> pd.DataFrame:
    """Order without each evidence row: `obs_id`, `order`, `first_changes`, `order_changes`."""
    whole = order(points)
    records = []
    for row in points.index:
        without = order(points.drop(row))
        records.append((row, order_text(without), without[0] != whole[0], without != whole))
    return pd.DataFrame(records, columns=["obs_id", "order", "first_changes", "order_changes"])


def drop_two(points: pd.DataFrame) -> pd.DataFrame:
    """Pairs of evidence rows without which another explanation comes first, or ties.

    Returns
    -------
    pandas.DataFrame
        `one`, `other` (obs_ids), `first` (the explanations then with least against them).
    """
    table, names = points.to_numpy(), np.array(points.columns)
    first, second = np.triu_indices(len(table), 1)
    sums = table.sum(axis=0) - table[first] - table[second]
    leads = sums <= sums.min(axis=1, keepdims=True) + EXACT
    whole = np.isin(names, order(points)[0])
    upset = (leads != whole).any(axis=1)
    return pd.DataFrame(
        {
            "one": points.index[first[upset]],
            "other": points.index[second[upset]],
            "first": [" = ".join(sorted(names[row])) for row in leads[upset]],
        }
    )


def committed(wide: pd.DataFrame, weight: pd.Series) -> pd.DataFrame:
    """Points against each explanation over the weight of the rows that say something on it.

    Notes
    -----
    A vague explanation collects neutral scores and with them few points against it. The
    rate leaves neutral scores out, so a lead that rests on them is lost here.
    """
    points = against(wide, weight)
    said = wide.ne("N").mul(weight.reindex(wide.index), axis=0).sum()
    return (points.sum() / said.where(said > 0)).fillna(0.0).to_frame().T


def first_shares(points: pd.DataFrame, draws: int, seed: int) -> NDArray[np.float64]:
    """Share of resamples of evidence rows in which each explanation comes first.

    Ties split the first place.
    """
    table = points.to_numpy()
    random = np.random.default_rng(seed)
    counts = random.multinomial(len(table), np.full(len(table), 1 / len(table)), draws)
    sums = counts @ table
    first = sums <= sums.min(axis=1, keepdims=True) + EXACT
    return (first / first.sum(axis=1, keepdims=True)).mean(axis=0)


def bootstrap(points: pd.DataFrame, draws: int, seed: int) -> pd.DataFrame:
    """Share of first ranks under resampled rows, and totals with an interval.

    Returns
    -------
    pandas.DataFrame
        `hypothesis`, `first`, `low`, `high`, `total`, `total_low`, `total_high` (90 %). `low`
        and `high` span the shares that come out when any one evidence row is left out
        beforehand, and the whole.

    Notes
    -----
    Rows are resampled as if they were independent, which they are not: issuers repeat each
    other and one event leaves several rows. The share says how much hangs on which rows were
    found; it is no probability that an explanation is true.
    """
    whole = first_shares(points, draws, seed)
    least, most = whole.copy(), whole.copy()
    if len(points) > 1:
        for row in points.index:
            without = first_shares(points.drop(row), max(200, draws // 8), seed)
            least, most = np.minimum(least, without), np.maximum(most, without)
    random = np.random.default_rng(seed + 1)
    counts = random.multinomial(len(points), np.full(len(points), 1 / len(points)), draws)
    sums = counts @ points.to_numpy()
    edges = [(1 - intervals.LEVEL) / 2, (1 + intervals.LEVEL) / 2]
    low, high = np.quantile(sums, edges, axis=0)
    sum_ = points.sum().to_numpy()
    return pd.DataFrame(
        {
            "hypothesis": points.columns, "first": whole, "low": least, "high": most,
            "total": sum_, "total_low": np.minimum(low, sum_), "total_high": np.maximum(high, sum_),
        }
    )  # fmt: skip


def schemes(scores: pd.DataFrame) -> pd.DataFrame:
    """Order under every weighting and with neutral scores left out.

    Returns
    -------
    pandas.DataFrame
        `scheme`, `first`, `order` and a column an explanation with its total.
    """
    wide = matrix(scores)
    records = []
    for name in WEIGHTINGS:
        points = against(wide, weights(scores, name))
        records.append({"scheme": name, "points": points})
    records.append(
        {
            "scheme": "neutral scores left out",
            "points": committed(wide, weights(scores, "admiralty")),
        }
    )
    # Old rows can speak for an old course only, and say nothing on a need born of the war.
    late = scores[scores["period_end"] >= WAR]
    if len(late):
        points = against(matrix(late), weights(late, "admiralty"))
        records.append({"scheme": "rows before the war left out", "points": points})
    return pd.DataFrame(
        [
            {"scheme": r["scheme"], "first": " = ".join(order(r["points"])[0]),
             "order": order_text(order(r["points"])), **r["points"].sum().to_dict()}
            for r in records
        ]
    )  # fmt: skip


def rows(scores: pd.DataFrame, p: KremlinStrategy) -> pd.DataFrame:
    """Evidence rows with their scores, weight, diagnosticity and effect when dropped."""
    wide = matrix(scores)
    weight = weights(scores, p.weighting)
    points = against(wide, weight)
    facts = scores.drop_duplicates("obs_id").set_index("obs_id")
    found = wide.join(facts[["table", "issuer", "known_on", "reliability", "credibility"]])
    found = found.join(weight).join(diagnosticity(points)).reset_index()
    dropped = drop_one(points).rename(columns={"order": "without"})
    return found.merge(dropped, on="obs_id").sort_values(
        ["diagnosticity", "weight", "obs_id"], ascending=[False, False, True], ignore_index=True
    )
