"""Intervals for shares of a known number of cases."""

from __future__ import annotations

import re

from scipy import stats

from compendium import notes

LEVEL = 0.9


def wilson(share: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Score interval of a share seen among `n` cases [1]_.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical
       inference", Journal of the American Statistical Association 22 (1927).
    """
    z = stats.norm.ppf((1 + level) / 2)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    # Rounding would leave an end a hair inside of what it is.
    low = 0.0 if share == 0 else float(middle - half)
    high = 1.0 if share == 1 else float(middle + half)
    return low, high


def difference(
    first: float, n_first: float, second: float, n_second: float, level: float = LEVEL
) -> tuple[float, float]:
    """Interval of `second` minus `first` from the two score intervals [1]_.

    References
    ----------
    .. [1] R. G. Newcombe, "Interval estimation for the difference between independent
       proportions", Statistics in Medicine 17 (1998), method 10.
    """
    low1, high1 = wilson(first, n_first, level)
    low2, high2 = wilson(second, n_second, level)
    gap = second - first
    return (
        gap - ((second - low2) ** 2 + (high1 - first) ** 2) ** 0.5,
        gap + ((high2 - second) ** 2 + (first - low1) ** 2) ** 0.5,
    )


def sample_size(note: str) -> float | None:
    """Number of people asked (``n=1,001``) or of votes (``79 votes``) a note states."""
    if size := notes.asked(note):
        return size
    found = re.search(r"(?<![\d,.])([1-9]\d*) votes in which both", note)
    return float(found[1]) if found else None
