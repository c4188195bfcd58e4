"""Other ways to make one order out of many criteria, side by side.

The methods are those of pymcdm 1.4. Its rival scikit-criteria 0.10 is kept up as well (its
last release is the newer one) but brings scikit-learn, networkx, PuLP, seaborn and a dozen
packages more; pymcdm needs only NumPy, SciPy, pandas, Matplotlib and tabulate, runs on the
releases held here, and takes the fixed scale below in place of a scaling by the data.

References
----------
.. [1] B. Kizielewicz, A. Shekhovtsov, W. Salabun, "pymcdm - The universal library for solving
   multi-criteria decision-making problems", SoftwareX 22 (2023) 101368.
.. [2] C. L. Hwang, K. Yoon, "Multiple Attribute Decision Making" (1981): TOPSIS.
.. [3] S. Opricovic, G.-H. Tzeng, "Compromise solution by MCDM methods", European Journal of
   Operational Research 156 (2004) 445-455: VIKOR.
.. [4] J.-P. Brans, P. Vincke, "A preference ranking organisation method", Management Science
   31 (1985) 647-656: PROMETHEE.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from pymcdm.methods import PROMETHEE_II, TOPSIS, VIKOR, WSM
from scipy import stats

from compendium.parameters import Recommendations
from compendium.policy import ranking, scores

METHODS = {
    "weighted sum": "a gain in one criterion makes up for a loss in another",
    "TOPSIS": "nearness to the best and distance from the worst score seen",
    "VIKOR": "a large shortfall in one criterion counts of its own",
    "PROMETHEE II": "duels: only which score is higher counts, not by how much",
}


def on_scale(column: np.ndarray, cost: bool = False) -> np.ndarray:
    """Scores from 0 to 1 on their own scale, not on the range that happens to be seen."""
    return (column - scores.LOW) / (scores.HIGH - scores.LOW)


def rate(name: str, matrix: np.ndarray, weight: np.ndarray, compromise: float = 0.5) -> np.ndarray:
    """Rating of each option by a method of `METHODS`; more is better for every one.

    Criteria without weight, or on which all options score alike, decide nothing and are left
    out (VIKOR cannot be computed with them). Where nothing is left all options tie.
    """
    kept = (weight > 0) & (np.ptp(matrix, axis=0) > 0)
    if not kept.any():
        return np.zeros(len(matrix))
    if name in ("VIKOR", "TOPSIS") and kept.sum() == 1:
        return matrix[:, kept][:, 0].astype(float)
    matrix, weight = matrix[:, kept], weight[kept] / weight[kept].sum()
    method = {
        "weighted sum": WSM(on_scale),
        "TOPSIS": TOPSIS(on_scale),
        "VIKOR": VIKOR(on_scale, v=compromise),
        "PROMETHEE II": PROMETHEE_II("usual"),
    }[name]
    with np.errstate(invalid="ignore"):
        rated = method(matrix, weight, np.ones(len(weight)), validation=False)
    # VIKOR rates 0 as best; where all sums or all shortfalls are alike it divides by nought.
    return -np.nan_to_num(rated) if name == "VIKOR" else rated


def order(rating: np.ndarray) -> np.ndarray:
    """Places from 1; options that tie share their mean place."""
    return stats.rankdata(-np.round(rating, 9))


def side_by_side(p: Recommendations, table: pd.DataFrame) -> pd.DataFrame:
    """Place of each option by each method, at the middle weights and the scores as they stand.

    Returns
    -------
    pandas.DataFrame
        `option` and one column a method.
    """
    matrix, weight = scores.matrix(table), ranking.centre(ranking.given_weights(p))
    found = {name: order(rate(name, matrix, weight, p.compromise)) for name in METHODS}
    return pd.DataFrame({"option": table["option"].drop_duplicates().to_numpy(), **found})


def agreement(places: pd.DataFrame) -> pd.DataFrame:
    """Kendall's tau-b between the orders of each pair of methods: `first`, `second`, `tau`.

    1 is the same order, -1 the reverse (M. G. Kendall, Biometrika 30 (1938) 81-93).
    """
    return pd.DataFrame(
        [
            (a, b, float(stats.kendalltau(places[a], places[b]).statistic))
            for a, b in combinations(METHODS, 2)
        ],
        columns=["first", "second", "tau"],
    ).fillna({"tau": 1.0})


def reversals(p: Recommendations, table: pd.DataFrame) -> pd.DataFrame:
    """Whether leaving one option out changes the order of those that remain.

    Returns
    -------
    pandas.DataFrame
        `without` and one column a method: the pairs that swap, ``a > b``, or an empty text.

    Notes
    -----
    Rank reversal (V. Belton, T. Gear, Omega 11 (1983) 228-230): with a fixed scale the weighted
    sum cannot show it, the others can because they measure against the options at hand.
    """
    matrix, weight = scores.matrix(table), ranking.centre(ranking.given_weights(p))
    names = list(table["option"].drop_duplicates())
    whole = {m: order(rate(m, matrix, weight, p.compromise)) for m in METHODS}
    records = []
    for out, without in enumerate(names):
        rest = [k for k in range(len(names)) if k != out]
        record = {"without": without}
        for method in METHODS:
            part = order(rate(method, matrix[rest], weight, p.compromise))
            now = dict(zip(rest, part, strict=True))
            record[method] = "; ".join(
                f"{names[b]} > {names[a]}"
                for a in rest
                for b in rest
                if whole[method][a] < whole[method][b] and now[b] < now[a]
            )
        records.append(record)
    return pd.DataFrame(records)


def first_shares(p: Recommendations, drawn: ranking.Draws, table: pd.DataFrame) -> pd.DataFrame:
    """Share of draws in which each option is first, by method.

    Returns
    -------
    pandas.DataFrame
        `option` and one column a method; the first `method_draws` draws are used.
    """
    count = min(p.method_draws, len(drawn.weights))
    found = {"option": table["option"].drop_duplicates().to_numpy()}
    for name in METHODS:
        rated = np.array(
            [
                rate(name, drawn.scores[k], drawn.weights[k], p.compromise)
                for k in range(count)
            ]
        )  # fmt: skip
        found[name] = ranking.first_places(rated)
    return pd.DataFrame(found)
