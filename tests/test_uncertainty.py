"""Quantile functions against SciPy's, mixtures by hand, intervals of known samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from compendium import uncertainty

U = np.linspace(0, 1, 101)


def test_uniform_is_that_of_scipy():
    assert_allclose(uncertainty.uniform(U, -2, 5), stats.uniform(-2, 7).ppf(U))


def test_uniform_takes_a_range_for_each_draw():
    assert_array_equal(uncertainty.uniform([0.5, 0.5], [0, 10], [2, 30]), [1, 20])


def test_log_uniform_is_that_of_scipy():
    assert_allclose(uncertainty.log_uniform(U, 300, 6000), stats.loguniform(300, 6000).ppf(U))


@pytest.mark.parametrize("mode", [1, 1.5, 3, 4])
def test_triangular_is_that_of_scipy(mode):
    expected = stats.triang((mode - 1) / 3, loc=1, scale=3).ppf(U)
    assert_allclose(uncertainty.triangular(U, 1, mode, 4), expected, atol=1e-12)


def test_a_range_may_be_a_point():
    assert_array_equal(uncertainty.uniform(U, 3, 3), np.full(101, 3.0))
    assert_allclose(uncertainty.log_uniform(U, 3, 3), np.full(101, 3.0))
    assert_array_equal(uncertainty.triangular(U, 3, 3, 3), np.full(101, 3.0))
    assert_array_equal(uncertainty.mixture(U, U, [3], [3]), np.full(101, 3.0))


ends = st.floats(0.01, 1e6)


@given(st.floats(0, 1), st.tuples(ends, ends, ends).map(sorted))
def test_no_quantile_lies_outside_its_range(u, three):
    low, mode, high = three
    slack = 1e-9 * high
    for drawn in (
        uncertainty.uniform(u, low, high),
        uncertainty.log_uniform(u, low, high),
        uncertainty.triangular(u, low, mode, high),
        uncertainty.mixture(u, u, [low, mode], [mode, high]),
    ):
        assert low - slack <= drawn <= high + slack


def test_mixture_by_hand():
    # Three ranges, given out of order: 0 to 1, 10 to 30, 100. A third of u each.
    lows, highs = [100, 0, 10], [100, 1, 30]
    u = [0, 0.3, 0.34, 0.6, 0.67, 1]
    v = [0.5, 0.25, 0.5, 0, 0.9, 0.9]
    assert_allclose(uncertainty.mixture(u, v, lows, highs), [0.5, 0.25, 20, 10, 100, 100])


def test_mixture_of_equal_lows_takes_the_narrower_range_first():
    assert_allclose(uncertainty.mixture([0.1, 0.9], [1, 1], [5, 5], [9, 7]), [7, 9])


def test_mean_of_a_mixture():
    u, v = uncertainty.uniforms(4096, 2, seed=1).T
    drawn = uncertainty.mixture(u, v, [0, 10, 100], [2, 30, 100])
    assert drawn.mean() == pytest.approx((1 + 20 + 100) / 3, rel=1e-3)


def test_interval_and_summary_of_a_known_sample():
    sample = np.arange(101)[::-1]
    assert uncertainty.interval(sample, 0.9) == pytest.approx((5, 95))
    assert uncertainty.interval(sample, 0.5) == pytest.approx((25, 75))
    expected = {"median": 50, "low50": 25, "high50": 75, "low90": 5, "high90": 95}
    assert uncertainty.summary(sample) == pytest.approx(expected)
    assert all(type(number) is float for number in uncertainty.summary(sample).values())


def test_one_draw_is_its_own_interval():
    expected = {"median": 7, "low50": 7, "high50": 7, "low90": 7, "high90": 7}
    assert uncertainty.summary([7]) == expected
    assert uncertainty.uniforms(1, 3, seed=0).shape == (1, 3)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=50))
def test_intervals_lie_within_one_another(sample):
    found = uncertainty.summary(sample)
    ordered = [found[key] for key in ("low90", "low50", "median", "high50", "high90")]
    assert_allclose(np.diff(ordered).clip(max=0), 0, atol=1e-6)


def test_a_seed_gives_the_same_points_again_and_another_seed_others():
    one, again, other = (uncertainty.uniforms(256, 4, seed) for seed in (1, 1, 2))
    assert_array_equal(one, again)
    assert not np.isin(one, other).any()
    assert one.shape == (256, 4)
    assert ((one >= 0) & (one < 1)).all()


def test_points_are_balanced():
    points = uncertainty.uniforms(256, 5, seed=3)
    for column in points.T:
        assert_array_equal(np.bincount((column * 16).astype(int)), np.full(16, 16))


def test_any_number_of_draws_is_taken_without_a_warning(recwarn):
    assert len(uncertainty.uniforms(100, 2, seed=0)) == 100
    assert not recwarn.list


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0, "almost no chance"), (0.05, "almost no chance"), (0.06, "very unlikely"),
        (0.2, "very unlikely"), (0.21, "unlikely"), (0.45, "unlikely"),
        (0.46, "roughly even chance"), (0.55, "roughly even chance"), (0.56, "likely"),
        (0.8, "likely"), (0.81, "very likely"), (0.95, "very likely"), (0.96, "almost certain"), (1, "almost certain"),
    ],
)  # fmt: skip
def test_words_match_the_number_beside_them(probability, word):
    assert uncertainty.likelihood(probability) == word


def test_phrases_read_as_english():
    assert uncertainty.phrase("likely") == "is likely"
    assert uncertainty.phrase("almost no chance") == "has almost no chance"
    assert uncertainty.phrase("roughly even chance") == "has a roughly even chance"
    assert uncertainty.phrase("almost certain") == "is almost certain"


@pytest.mark.parametrize(("draws", "size"), [(1, 1), (256, 64), (256, 100), (1000, 4096)])
def test_batches_are_the_uniforms_in_order(draws, size):
    found = list(uncertainty.batches(draws, 3, 7, size))
    assert max(map(len, found)) <= size
    assert np.array_equal(np.concatenate(found), uncertainty.uniforms(draws, 3, 7))


def test_a_band_begins_where_the_one_before_it_ends():
    assert uncertainty.band("almost no chance") == (0, 5)
    assert uncertainty.band("very unlikely") == (5, 20)
    assert uncertainty.band("almost certain") == (95, 100)


@pytest.mark.parametrize(
    ("qualifier", "low", "high"),
    [
        ("exact", 200, 200), ("approx", 180, 220), ("implied", 180, 220), ("at_least", 200, 240),
        ("more_than", 200, 240), ("up_to", 140, 200), ("less_than", 140, 200),
    ],
)  # fmt: skip
def test_the_range_of_two_hundred_by_its_word(qualifier, low, high):
    assert uncertainty.stated_range(200, qualifier) == pytest.approx((low, high))
