"""Draws, quantiles and intervals: the few tools of probability the models share."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

LEVELS = (0.5, 0.9)

# ICD 203: words for a probability, and the upper end of each band in percent.
LIKELIHOOD = (
    (5, "almost no chance"),
    (20, "very unlikely"),
    (45, "unlikely"),
    (55, "roughly even chance"),
    (80, "likely"),
    (95, "very likely"),
    (100, "almost certain"),
)


def likelihood(probability: float) -> str:
    """ICD 203 word of a probability between 0 and 1, after rounding to a whole percent [1]_.

    References
    ----------
    .. [1] Office of the Director of National Intelligence, Intelligence Community
       Directive 203, "Analytic Standards" (2015), section D.6.e(2)(a).
    """
    percent = round(probability * 100)
    return next(word for upper, word in LIKELIHOOD if percent <= upper)


def band(word: str) -> tuple[int, int]:
    """Ends, in percent, of the band that a word of `LIKELIHOOD` stands for."""
    uppers = [upper for upper, _ in LIKELIHOOD]
    place = [name for _, name in LIKELIHOOD].index(word)
    return (uppers[place - 1] if place else 0), uppers[place]


def phrase(word: str) -> str:
    """Verb phrase of a likelihood word: something `is likely`, or `has almost no chance`."""
    if not word.endswith("chance"):
        return f"is {word}"
    return f"has {word}" if word.startswith("almost") else f"has a {word}"


def uniforms(draws: int, dimensions: int, seed: int) -> NDArray[np.float64]:
    """Scrambled Sobol points in the unit cube.

    Parameters
    ----------
    draws : int
        Number of points; a power of two keeps the sequence balanced.
    dimensions : int
        Number of uncertain inputs.
    seed : int
        Seed of the scrambling.

    Returns
    -------
    ndarray, shape (draws, dimensions)

    Notes
    -----
    Owen-scrambled Sobol sequence [1]_: means converge faster than with independent draws.

    References
    ----------
    .. [1] A. B. Owen, "Scrambling Sobol' and Niederreiter-Xing points", Journal of
       Complexity 14 (1998).
    """
    return next(batches(draws, dimensions, seed, draws))


def batches(draws: int, dimensions: int, seed: int, size: int) -> Iterator[NDArray[np.float64]]:
    """The points of `uniforms` in order, at most `size` at a time."""
    sampler = stats.qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    for start in range(0, draws, size):
        with warnings.catch_warnings():
            # A number that is no power of two is allowed (a test, a limit case), only less even.
            warnings.filterwarnings("ignore", "The balance properties", UserWarning)
            points = sampler.random(min(size, draws - start))
        yield points


def interval(draws: ArrayLike, level: float) -> tuple[float, float]:
    """Central interval of probability `level` of a sample.

    Of n independent draws it holds about ``level * (n - 1) / (n + 1)`` of what they are drawn
    from: one draw makes a point, and from some hundreds on the difference is nothing.
    """
    low, high = np.quantile(np.asarray(draws, float), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def summary(draws: ArrayLike) -> dict[str, float]:
    """Median and the central 50 and 90 % intervals of a sample."""
    draws = np.asarray(draws, float)
    found = {"median": float(np.median(draws))}
    for level in LEVELS:
        low, high = interval(draws, level)
        found |= {f"low{level * 100:.0f}": low, f"high{level * 100:.0f}": high}
    return found


def uniform(u: ArrayLike, low: ArrayLike, high: ArrayLike) -> NDArray[np.float64]:
    """Quantile function of the uniform distribution on [low, high]."""
    low = np.asarray(low, float)
    return low + np.asarray(u) * (np.asarray(high, float) - low)


def log_uniform(u: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
    """Quantile function of a quantity whose logarithm is uniform on [low, high], low > 0."""
    return np.exp(uniform(u, np.log(low), np.log(high)))


def triangular(u: ArrayLike, low: float, mode: float, high: float) -> NDArray[np.float64]:
    """Quantile function of the triangular distribution; a point where low equals high."""
    u = np.asarray(u, float)
    if high == low:
        return np.full_like(u, low)
    split = (mode - low) / (high - low)
    left = low + np.sqrt(u * (high - low) * (mode - low))
    right = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    return np.where(u < split, left, right)


def mixture(
    u: ArrayLike, v: ArrayLike, lows: Sequence[float], highs: Sequence[float]
) -> NDArray[np.float64]:
    """Equal-weight mixture of uniform ranges: `u` picks the range, `v` the place in it.

    Ranges are taken in rising order, so that the result rises with `u`: a high `u` means
    a high statement, which keeps sensitivity indices readable.
    """
    lows, highs = np.asarray(lows, float), np.asarray(highs, float)
    chosen = pick(u, lows, highs)
    return uniform(v, lows[chosen], highs[chosen])


def pick(u: ArrayLike, lows: Sequence[float], highs: Sequence[float]) -> NDArray[np.intp]:
    """Place of the range that each `u` picks in a `mixture`, each as likely as another."""
    order = np.lexsort((highs, lows))
    return order[np.minimum((np.asarray(u) * len(order)).astype(int), len(order) - 1)]


# How far a statement may lie from what it names, as factors. An assumption: the words carry
# a direction (a floor is not undercut, a ceiling not passed) and a fifth or three tenths of slack.
QUALIFIER_RANGE = {
    "exact": (1.0, 1.0),
    "approx": (0.9, 1.1),
    "implied": (0.9, 1.1),
    "at_least": (1.0, 1.2),
    "more_than": (1.0, 1.2),
    "up_to": (0.7, 1.0),
    "less_than": (0.7, 1.0),
}


def stated_range(value: float, qualifier: str) -> tuple[float, float]:
    """Range that a figure stated with a word such as "more than" stands for."""
    below, above = QUALIFIER_RANGE[qualifier]
    return float(value * below), float(value * above)
