"""Intervals that the checks of several chapters compare with."""

from __future__ import annotations

from scipy import stats


def exact(hits: int, cases: int, level: float = 0.9) -> tuple[float, float]:
    """Clopper and Pearson's interval, from the quantiles of the beta distribution."""
    tail = (1 - level) / 2
    low = stats.beta.ppf(tail, hits, cases - hits + 1) if hits else 0.0
    high = stats.beta.ppf(1 - tail, hits + 1, cases - hits) if hits < cases else 1.0
    return float(low), float(high)
