"""Ranking under uncertain weights and scores: stochastic multicriteria acceptability.

Nobody has told us what weights a reader gives to the criteria. So the question is turned
round: for what share of all possible weights does an option come first, second, ...?

References
----------
.. [1] R. Lahdelma, J. Hokkanen, P. Salminen, "SMAA - Stochastic multiobjective acceptability
   analysis", European Journal of Operational Research 106 (1998) 137-143.
.. [2] R. Lahdelma, P. Salminen, "SMAA-2: Stochastic multicriteria acceptability analysis for
   group decision making", Operations Research 49 (2001) 444-454.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from compendium import uncertainty as un
from compendium.parameters import Recommendations
from compendium.policy import scores

TIE = 1e-9  # utilities closer than this are a tie
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """Weights (draws by criteria) and scores (draws by options by criteria)."""

    weights: Array
    scores: Array


def given_weights(p: Recommendations) -> list[float | None]:
    """Weights set by the reader, in the order of the criteria; None where drawn."""
    return [getattr(p, f"weight_{name}") for name in scores.criteria()["criterion"]]


def draw(p: Recommendations, table: pd.DataFrame) -> Draws:
    """Weights and scores of every draw.

    Notes
    -----
    A score is triangular between its low and its high with the score as mode, pulled together
    by `noise`. A score without evidence is uniform over the whole scale, whatever the noise.
    """
    given = given_weights(p)
    low, mode, high = (scores.matrix(table, c) for c in ("low", "score", "high"))
    blank = (table["basis"] == "no evidence").to_numpy().reshape(mode.shape)
    count = len(given)
    u = un.uniforms(p.draws, count + mode.size, p.seed)
    drawn = np.empty((p.draws, *mode.shape))
    for place, (row, column) in enumerate(np.ndindex(mode.shape)):
        v = u[:, count + place]
        if blank[row, column]:
            drawn[:, row, column] = un.uniform(v, scores.LOW, scores.HIGH)
        else:
            m = mode[row, column]
            ends = m + p.noise * (np.array([low[row, column], high[row, column]]) - m)
            drawn[:, row, column] = un.triangular(v, ends[0], m, ends[1])
    return Draws(weights(u[:, :count], given, p.concentration), drawn)


def weights(u: Array, given: list[float | None], concentration: float = 1.0) -> Array:
    """Weights that sum to one, a row a draw.

    Parameters
    ----------
    u : ndarray, shape (draws, criteria)
        Points of the unit cube.
    given : list of float or None
        Shares of the whole that are fixed; None is drawn. All given: only proportions count.
    concentration : float
        Of the symmetric Dirichlet distribution; 1 is uniform on the simplex.

    Notes
    -----
    Gamma variates divided by their sum are Dirichlet distributed (L. Devroye, "Non-Uniform
    Random Variate Generation", 1986, chapter XI.4).
    """
    fixed = np.array([np.nan if g is None else g for g in given], float)
    free = np.isnan(fixed)
    if not free.any():
        return np.tile(fixed / fixed.sum(), (len(u), 1))
    gamma = stats.gamma.ppf(np.clip(u[:, free], 1e-12, 1 - 1e-12), concentration)
    gamma = np.maximum(gamma, 1e-300)
    found = np.tile(fixed, (len(u), 1))
    left = 1 - np.nansum(fixed)
    found[:, free] = left * gamma / gamma.sum(axis=1, keepdims=True)
    return found


def centre(given: list[float | None]) -> Array:
    """Weights in the middle of those drawn: the open ones share alike what is left."""
    fixed = np.array([np.nan if g is None else g for g in given], float)
    free = np.isnan(fixed)
    if free.any():
        fixed[free] = (1 - np.nansum(fixed)) / free.sum()
    return fixed / fixed.sum()


def utilities(drawn: Draws) -> Array:
    """Weighted sums, draws by options, all draws at once."""
    return np.einsum("dc,doc->do", drawn.weights, drawn.scores)


def places(utility: Array) -> Array:
    """Share that each option has in each place, draws by options by places.

    Options that tie divide the places they hold in equal parts, so that each draw gives each
    option, and each place, one in all.
    """
    count = utility.shape[1]
    ahead = (utility[:, None, :] > utility[:, :, None] + TIE).sum(axis=2)
    level = (np.abs(utility[:, None, :] - utility[:, :, None]) <= TIE).sum(axis=2)
    place = np.arange(count)
    holds = (place >= ahead[..., None]) & (place < (ahead + level)[..., None])
    return holds / holds.sum(axis=2, keepdims=True)


def acceptability(utility: Array) -> Array:
    """Rank acceptability: share of draws of each option (row) in each place (column)."""
    return places(utility).mean(axis=0)


def first_places(utility: Array) -> Array:
    """First column of `acceptability`, without working out the others."""
    first = utility.max(axis=1, keepdims=True) <= utility + TIE
    level = (np.abs(utility[:, None, :] - utility[:, :, None]) <= TIE).sum(axis=2)
    return (first / level).mean(axis=0)


def sampling_interval(share: float, draws: int, level: float = 0.9) -> tuple[float, float]:
    """Jeffreys interval of a share of independent draws [1]_; it includes the share itself.

    References
    ----------
    .. [1] L. D. Brown, T. T. Cai, A. DasGupta, "Interval estimation for a binomial
       proportion", Statistical Science 16 (2001) 101-133.
    """
    hits = share * draws
    tail = (1 - level) / 2
    low, high = stats.beta.ppf([tail, 1 - tail], hits + 0.5, draws - hits + 0.5)
    return min(float(low), share), max(float(high), share)


def summary(drawn: Draws, table: pd.DataFrame) -> pd.DataFrame:
    """One row an option, best mean place first.

    Returns
    -------
    pandas.DataFrame
        `option`, `first`, `first_low`, `first_high` (share of draws in first place and its
        Jeffreys interval), `mean_place`, `place_1` ... , `beats_baseline`, `confidence` (SMAA:
        share of the draws of scores in which it is first at its central weights; missing
        where it never is), and `central_<criterion>`.
    """
    utility = utilities(drawn)
    held = places(utility)
    accepted = held.mean(axis=0)
    names = list(table["option"].drop_duplicates())
    base = names.index(scores.BASELINE)
    records = []
    for row, name in enumerate(names):
        first = float(accepted[row, 0])
        low, high = sampling_interval(first, len(utility))
        ahead = utility[:, row] - utility[:, base]
        beats = float(np.mean(ahead > TIE) + np.mean(np.abs(ahead) <= TIE) / 2)
        central = central_weights(drawn, held, row)
        sure = np.nan
        if central is not None:
            then = drawn.scores @ central
            sure = float(places(then)[:, row, 0].mean())
        records.append(
            {
                "option": name,
                "first": first,
                "first_low": low,
                "first_high": high,
                "mean_place": float(accepted[row] @ np.arange(1, len(names) + 1)),
                **{f"place_{k + 1}": float(x) for k, x in enumerate(accepted[row])},
                "beats_baseline": beats,
                "confidence": sure,
                **{
                    f"central_{c}": np.nan if central is None else float(central[k])
                    for k, c in enumerate(table["criterion"].drop_duplicates())
                },
            }
        )
    return pd.DataFrame(records).sort_values("mean_place", kind="stable", ignore_index=True)


def central_weights(drawn: Draws, held: Array, option: int) -> Array | None:
    """Mean of the weights for which an option is first; None if it never is.

    The central weight vector of SMAA: what somebody would typically value who prefers it.
    """
    share = held[:, option, 0]
    if share.sum() == 0:
        return None
    return share @ drawn.weights / share.sum()


def tipping(table: pd.DataFrame, weight: Array) -> pd.DataFrame:
    """How far the weight of one criterion must move for the first place to change.

    The other weights keep their proportions; scores stay as they stand.

    Returns
    -------
    pandas.DataFrame
        `criterion`, `now`, `leader`, `below` and `above` (nearest weights at which another
        option draws level; missing where none does), `then_below`, `then_above` (that option),
        `distance` (to the nearer of the two).

    Notes
    -----
    With weight t on a criterion an option has t s + (1 - t) r, where s is its score there and r
    its weighted mean on the others: a straight line in t, so that lines cross where
    t = (r1 - r2) / (r1 - r2 + s2 - s1).
    """
    matrix = scores.matrix(table)
    names = list(table["option"].drop_duplicates())
    total = matrix @ weight
    leader = int(np.argmax(total))
    records = []
    for k, criterion in enumerate(table["criterion"].drop_duplicates()):
        rest = np.delete(weight, k)
        # With all the weight on one criterion the others have no proportions to keep.
        rest = rest / rest.sum() if rest.sum() > 0 else np.full(len(rest), 1 / len(rest))
        r = np.delete(matrix, k, axis=1) @ rest
        s = matrix[:, k]
        below, above = [], []
        for other in range(len(names)):
            slope = (s[other] - s[leader]) - (r[other] - r[leader])
            if other == leader or abs(slope) < TIE:
                continue
            t = (r[leader] - r[other]) / slope
            # Only a crossing at which the other goes ahead, inside what a weight can be.
            if slope > 0 and weight[k] <= t < 1:
                above.append((t, names[other]))
            if slope < 0 and 0 < t <= weight[k]:
                below.append((t, names[other]))
        low, high = max(below, default=(np.nan, "")), min(above, default=(np.nan, ""))
        gaps = [g for g in (weight[k] - low[0], high[0] - weight[k]) if np.isfinite(g)]
        records.append(
            {
                "criterion": criterion,
                "now": float(weight[k]),
                "leader": names[leader],
                "below": low[0],
                "then_below": low[1],
                "above": high[0],
                "then_above": high[1],
                "distance": min(gaps, default=np.nan),
            }
        )
    return pd.DataFrame(records)
