"""Intervals against simulated truth, and Sobol indices against functions whose answer is known.

Truth is drawn from the process that a model assumes, the model's own functions are given what an
observer would have seen, and it is counted how often the interval holds the truth. Where the
count is off by design, the test says by how much, and so does the model.
"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from compendium import uncertainty as un
from compendium.arms import projection as flow
from compendium.arms import sensitivity
from compendium.arms.value import DIMENSIONS, Range, draw, inputs
from compendium.parameters import (
    ArmsTrade,
    KremlinStrategy,
    Recommendations,
    TradeTrends,
    TroopPlausibility,
)
from compendium.policy import designations, ranking, theft
from compendium.policy import projection as listed
from compendium.strategy import aid, intervals
from compendium.strategy import projection as runs
from compendium.trade import halfyear, levels, meetings, rates, series
from compendium.trade import projection as ahead
from compendium.troops import stock

LEVEL = 0.9
SURE = 0.9999  # a sound model fails one of its tests in ten thousand runs


def fits(hits, level=LEVEL):
    """Whether so many hits and misses are likely where each hit has the probability `level`."""
    low, high = stats.binom.interval(SURE, len(hits), level)
    return low <= sum(hits) <= high


def between(hits, low, high):
    """Whether the share of hits is what the model says of itself."""
    return low <= np.mean(hits) <= high


def spread(rng, weight, scale):
    """A standard deviation from the inverse chi-squared prior of the models."""
    return np.sqrt(weight * scale**2 / rng.chisquare(weight))


# --- Trade ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [0, 1, 5])
def test_the_walk_of_yearly_trade_holds_the_truth_as_often_as_it_says(changes, monkeypatch):
    rng = np.random.default_rng(1)
    monkeypatch.setattr(levels, "step", levels.step.__wrapped__)
    p, u = TradeTrends(), un.uniforms(512, 1, 2)[:, 0]
    hits = []
    for _ in range(200):
        sigma = spread(rng, levels.PRIOR_WEIGHT, levels.PRIOR_STEP)
        seen = pd.Series(rng.normal(0, sigma, changes))
        monkeypatch.setattr(series, "yearly_changes", lambda *_, seen=seen: seen)
        low, high = un.interval(levels.walk(p, u, 0.75), LEVEL)
        hits.append(low <= np.exp(rng.normal(0, sigma * np.sqrt(0.75))) <= high)
    assert fits(hits)


@pytest.mark.parametrize("years", [2, 6, 9])
def test_the_share_of_a_further_year_lies_inside_as_often_as_it_says(years):
    rng = np.random.default_rng(2)
    hits = []
    for _ in range(600):
        odds = rng.normal(-0.1, 0.3, years + 1)
        share = 1 / (1 + np.exp(-odds))
        low, high = halfyear.predictive_share(share[:-1], [0.05, 0.95])
        hits.append(low <= share[-1] <= high)
    assert fits(hits)


def test_resampled_means_of_few_years_are_too_narrow_by_what_is_said():
    rng = np.random.default_rng(3)
    hits = []
    for k in range(600):
        share = rng.normal(0.48, 0.05, 9)
        low, high = un.interval(halfyear.bootstrap_means(share, 400, k), LEVEL)
        hits.append(low <= 0.48 <= high)
    assert between(hits, 0.80, 0.88)


def test_the_exact_ratio_never_covers_less_than_it_says():
    for after, before in ((8.0, 4.0), (3.0, 2.0), (12.0, 1.0)):
        held = total = 0.0
        for a in range(int(after + 8 * np.sqrt(after)) + 2):
            for b in range(int(before + 8 * np.sqrt(before)) + 2):
                chance = stats.poisson.pmf(a, after) * stats.poisson.pmf(b, before)
                if chance > 1e-7:
                    _, low, high, _ = rates.exact_ratio(a, 10.0, b, 40.0, LEVEL)
                    held += chance * (low <= (after / 10) / (before / 40) <= high)
                    total += chance
        assert total > 0.999 and held / total >= LEVEL


def visits(rng, months, rate, dispersion):
    mean = rate * rng.gamma(1 / dispersion, dispersion, months) if dispersion else rate
    return rng.poisson(mean, months)


def pace_hits(rng, count, p, monkeypatch, dispersion):
    """Whether the half-year to come lies in the interval of `projection.pace`."""
    day = pd.Timestamp(p.as_of)
    hits = []
    for _ in range(count):
        rate = rng.uniform(1, 4)
        seen = visits(rng, 40, rate, dispersion)
        table = pd.DataFrame({"count": [*visits(rng, 60, 1.0, dispersion), *seen],
                              "after": [0] * 60 + [1] * 40, "exposure": 1.0})  # fmt: skip
        monkeypatch.setattr(rates, "months", lambda *_, table=table: table)
        found = ahead.pace(p, None, horizons=(6,)).iloc[0]
        behind = (day - meetings.last_day(p)).days / meetings.MONTH_DAYS
        steps = np.sqrt((behind + 6 - ahead.WINDOW / 2) / ahead.WINDOW)
        later = rate * np.exp(rng.normal(0, p.rate_step) * steps)
        mean = visits(rng, ahead.WINDOW, later, dispersion).mean()
        hits.append(found["low90"] <= mean <= found["high90"])
    return hits


def test_the_pace_of_visits_lies_inside_as_often_as_it_says(monkeypatch):
    p = TradeTrends(as_of=dt.date(2025, 12, 31), draws=512)
    hits = pace_hits(np.random.default_rng(4), 25, p, monkeypatch, 0.3)
    assert between(hits, 0.80, 1.0)


@pytest.mark.long
@pytest.mark.parametrize("dispersion", [0.0, 0.3, 1.0])
def test_the_pace_of_visits_at_length(dispersion, monkeypatch):
    p = TradeTrends(as_of=dt.date(2025, 12, 31), draws=1024)
    hits = pace_hits(np.random.default_rng(5), 500, p, monkeypatch, dispersion)
    assert between(hits, 0.86, 0.97), np.mean(hits)


@pytest.mark.long
@pytest.mark.parametrize(("dispersion", "least"), [(0.0, 0.87), (0.5, 0.85)])
def test_the_fitted_ratio_of_paces_at_length(dispersion, least):
    rng = np.random.default_rng(6)
    hits = []
    for _ in range(300):
        table = pd.DataFrame({"count": [*visits(rng, 90, 0.8, dispersion), *visits(rng, 28, 2.4, dispersion)],
                              "after": [0] * 90 + [1] * 28, "exposure": 1.0})  # fmt: skip
        found = rates.fit(table, "negative binomial")
        hits.append(found.low <= 3.0 <= found.high)
    assert between(hits, least, 0.95), np.mean(hits)


# --- Arms ------------------------------------------------------------------------------------------


def flow_hits(rng, count, p, monkeypatch, intervals_, age, scale=None):
    """Whether the true flow lies in the projection, by months ahead.

    The logarithm of the daily flow walks; an issuer states what has come so far every 150 days.
    """
    end = pd.Timestamp(p.as_of) - pd.Timedelta(days=age)
    spacing, hits = 150, {0: [], 6: [], 12: []}
    first = pd.DataFrame({"period_start": [end - pd.Timedelta(days=spacing * intervals_)],
                          "obs_id": ["first"]})  # fmt: skip
    monkeypatch.setattr(flow, "first_shipment", lambda *_: first)
    monkeypatch.setattr(flow, "shell_loading", lambda *_: Range(1000.0, 1000.0, ("load",)))
    monkeypatch.setattr(flow, "latest", lambda *_: [Range(1, 1, ("x",), "A")])
    for _ in range(count):
        sigma = scale or spread(rng, flow.PRIOR_WEIGHT, flow.PRIOR_STEP)
        days = spacing * intervals_ + age + 420
        steps = rng.normal(0, sigma / np.sqrt(flow.HALF_YEAR * flow.DAYS_A_MONTH), days)
        path = 1000 * np.exp(np.cumsum(steps))  # containers a month
        so_far = np.cumsum(path) / flow.DAYS_A_MONTH
        ends = [end - pd.Timedelta(days=spacing * k) for k in range(intervals_)][::-1]
        statements = pd.DataFrame({
            "issuer_short": "A", "period_start": first["period_start"].iloc[0], "period_end": ends,
            "value": [so_far[spacing * (k + 1) - 1] for k in range(intervals_)],
            "obs_id": [f"row{k}" for k in range(intervals_)], "credibility": 2})  # fmt: skip
        monkeypatch.setattr(flow, "containers", lambda *_, s=statements: s)
        found = flow.project(p, tuple(hits)).frame.set_index("months")
        for months, own in hits.items():
            truth = path[spacing * intervals_ + age + int(months * flow.DAYS_A_MONTH) - 1]
            own.append(found.loc[months, "low90"] <= truth <= found.loc[months, "high90"])
    return {months: float(np.mean(own)) for months, own in hits.items()}


def test_the_projected_flow_of_arms_lies_inside_as_often_as_it_says(monkeypatch):
    held = flow_hits(np.random.default_rng(7), 60, ArmsTrade(draws=256), monkeypatch, 4, 60)
    assert all(0.75 < share <= 1 for share in held.values()), held


@pytest.mark.long
@pytest.mark.parametrize("intervals_", [1, 2, 4])
def test_the_projected_flow_of_arms_at_length(intervals_, monkeypatch):
    p = ArmsTrade(draws=512)
    held = flow_hits(np.random.default_rng(15), 600, p, monkeypatch, intervals_, 60)
    assert all(0.86 < share < 0.94 for share in held.values()), held


# --- Strategy ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [4, 8, 11, 30])
def test_wilsons_interval_covers_on_average_what_it_says(n):
    ks, found = np.arange(n + 1), []
    ends = np.array([intervals.wilson(k / n, n, LEVEL) for k in ks])
    for share in np.linspace(0.02, 0.98, 97):
        inside = (ends[:, 0] <= share) & (share <= ends[:, 1])
        found.append(stats.binom.pmf(ks, n, share)[inside].sum())
    assert np.mean(found) == pytest.approx(LEVEL, abs=0.025)
    assert min(found) > 0.75


def run_hits(rng, count, months, monkeypatch, horizon):
    hits = []
    for _ in range(count):
        aid_ = pd.Series(rng.gamma(0.5, 60, months + horizon))
        index = pd.period_range("2022-02", periods=months, freq="M")
        table = pd.DataFrame({donor: aid_[:months].to_numpy() for donor in aid.TARGETS}, index)
        monkeypatch.setattr(aid, "monthly", lambda *_, table=table: table)
        found = runs.project(KremlinStrategy())
        row = found[found["months"] == horizon].iloc[0]
        hits.append(row["low90"] <= aid_[months:].sum() <= row["high90"])
    return float(np.mean(hits))


def test_sums_of_aid_lie_inside_nearly_as_often_as_they_say(monkeypatch):
    """Months all alike and very uneven, as many as the day of the study saw."""
    rng = np.random.default_rng(8)
    for horizon in (6, 12):
        assert 0.7 < run_hits(rng, 50, 29, monkeypatch, horizon) <= 1


@pytest.mark.long
@pytest.mark.parametrize("horizon", [6, 12])
def test_sums_of_aid_at_length(horizon, monkeypatch):
    """A little too narrow: no month drawn is larger than the largest of 29."""
    held = run_hits(np.random.default_rng(16), 600, 29, monkeypatch, horizon)
    assert 0.82 < held < 0.93, held


# --- Recommendations -------------------------------------------------------------------------------


@pytest.mark.parametrize("years", [1, 4])
def test_theft_of_a_further_year_lies_inside_as_often_as_it_says(years):
    rng, p = np.random.default_rng(9), Recommendations()
    hits = []
    for _ in range(400):
        sigma = spread(rng, p.theft_years, p.theft_spread)
        logs = rng.normal(6, sigma, years + 1)
        table = pd.DataFrame({"year": range(years), "value": np.exp(logs[:-1])})
        low, high = theft.predict(p, table, [0.05, 0.95])
        hits.append(low <= np.exp(logs[-1]) <= high)
    assert fits(hits)


def listing_hits(rng, count, p, monkeypatch, a_month, months=30):
    day, hits = pd.Timestamp(p.as_of), {6: [], 12: []}
    while len(hits[6]) < count:
        number = rng.poisson(a_month * months)
        if not number:
            continue
        back = np.sort(rng.uniform(0, months, number))[::-1] * listed.DAYS_A_MONTH
        seen = pd.DataFrame({"day": day - pd.to_timedelta(np.ceil(back), unit="D"), "by": "A",
                             "size": np.ceil(rng.lognormal(1.3, 0.9, number))})  # fmt: skip
        monkeypatch.setattr(designations, "plain", lambda *_: None)
        monkeypatch.setattr(designations, "actions", lambda _, seen=seen: seen)
        for row in listed.listings(p).itertuples():
            sizes = np.ceil(rng.lognormal(1.3, 0.9, rng.poisson(a_month * row.months)))
            hits[row.months].append(row.low90 <= sizes.sum() <= row.high90)
    return {months: float(np.mean(own)) for months, own in hits.items()}


def test_listings_to_come_cover_what_they_say_of_themselves(monkeypatch):
    p = Recommendations(draws=512)
    held = listing_hits(np.random.default_rng(10), 150, p, monkeypatch, 1.0)
    assert 0.78 < held[6] < 0.97 and 0.75 < held[12] < 0.95


def test_the_interval_of_a_share_of_draws_covers_what_it_says():
    n = 64
    ks, found = np.arange(n + 1), []
    ends = np.array([ranking.sampling_interval(k / n, n, LEVEL) for k in ks])
    for share in np.linspace(0.02, 0.98, 97):
        inside = (ends[:, 0] <= share) & (share <= ends[:, 1])
        found.append(stats.binom.pmf(ks, n, share)[inside].sum())
    assert np.mean(found) == pytest.approx(LEVEL, abs=0.02)


# --- Monte Carlo -----------------------------------------------------------------------------------


def test_the_interval_of_the_value_holds_plain_draws_of_another_seed():
    given = inputs(ArmsTrade())
    low, high = un.interval(draw(given, 4096, 1)["total"], LEVEL)
    plain = np.random.default_rng(11).random((4000, DIMENSIONS))
    found = sensitivity.total(plain, given)
    assert fits((low <= found) & (found <= high))


@pytest.mark.parametrize("day", ["2024-12-20", "2025-06-30"])
def test_the_bands_of_the_troops_hold_plain_draws_of_another_seed(day):
    p = TroopPlausibility(as_of=dt.date.fromisoformat(day), draws=2048)
    rng = np.random.default_rng(12)
    plain = {name: rng.random(1000) for name in stock.ALL_INPUTS}
    paths, other = stock.simulate(p), stock.simulate(p, plain)
    for name in ("present", "sent", "casualties", "killed"):
        last = other.days[-1]
        low, high = un.interval(paths.at(name, last), LEVEL)
        found = other.at(name, last)
        inside = (low <= found) & (found <= high)
        # Where all have gone home in more draws than lie below an end, the end holds them too.
        assert fits(inside) or (low == 0 and inside.mean() > LEVEL), name


def test_contingents_nobody_announced_are_counted_as_gamma_and_poisson_have_it():
    """A gamma rate and Poisson arrivals make negative binomial counts."""
    p = TroopPlausibility(as_of=dt.date(2025, 6, 30))
    rng = np.random.default_rng(13)
    u = {name: rng.random(4000) for name in stock.INPUTS}
    given = stock.contingents(p)
    _, high = stock.seen_sizes(p, given)
    u |= {name: np.ones(4000) for name in u if name.startswith("size of new")}
    arrived = stock._new_waves(p, u, given, 0.0, np.array([12.0]))[:, 0] / high
    seen = (pd.Timestamp(p.as_of) - given["start"].min()).days / stock.DAYS_A_MONTH
    later = given[(given["wave"] != stock.FIRST) & (given["high"] > 0)]["wave"].nunique()
    shape = p.new_waves_a_year / 12 * p.new_waves_weight_months + later
    weight = p.new_waves_weight_months + seen
    chance = stats.nbinom.pmf([0, 1, 2], shape, weight / (weight + 12))
    for number, share in enumerate(chance):
        assert fits(np.isclose(arrived, number), share)
    left = stats.nbinom.sf(stock.MAX_NEW_WAVES, shape, weight / (weight + 12))
    assert left < 0.04  # what the most that are drawn leave out


@pytest.mark.parametrize("draws", [1, 16, 256])
def test_few_draws_make_an_interval_too_narrow_by_a_known_part(draws):
    """Ends between order statistics of n draws hold about level * (n - 1) / (n + 1)."""
    rng = np.random.default_rng(14)
    hits = []
    for _ in range(600):
        low, high = un.interval(rng.random(draws), LEVEL)
        hits.append(low <= rng.random() <= high)
    assert fits(hits, LEVEL * (draws - 1) / (draws + 1))


# --- Sobol indices, by the function the chapter uses -------------------------------------------------

GROUPS = {"quantity": (0, 1), "loading": (2,), "shell price": (6, 7)}


def indices(monkeypatch, function, samples, seed, groups=GROUPS):
    """`sobol_indices` of a function of the unit cube instead of the value."""
    monkeypatch.setattr(sensitivity, "active_groups", lambda given: groups)
    monkeypatch.setattr(sensitivity, "total_across", lambda u, cases: function(u))
    given = inputs(ArmsTrade())
    return sensitivity.sobol_indices(given, samples, seed).set_index("input")


def ishigami(u):
    x = np.pi * (2 * u[:, [0, 2, 6]] - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


# T. Ishigami and T. Homma, "An importance quantification technique in uncertainty analysis"
# (1990); in closed form with a = 7 and b = 0.1.
ISHIGAMI = {"quantity": (0.3139, 0.5576), "loading": (0.4424, 0.4424), "shell price": (0, 0.2437)}


def additive(u):
    return 3 * u[:, 0] + 4 * u[:, 1] + 2 * u[:, 2] + u[:, 6]


# Variances of uniform parts are in the proportion of the squares; a group adds its own up.
ADDITIVE = {"quantity": (25 / 30,) * 2, "loading": (4 / 30,) * 2, "shell price": (1 / 30,) * 2}


@pytest.mark.parametrize(
    ("function", "answer"), [(ishigami, ISHIGAMI), (additive, ADDITIVE)], ids=["ishigami", "sum"]
)
def test_sobol_indices_of_a_function_with_a_known_answer(function, answer, monkeypatch):
    found = indices(monkeypatch, function, 2048, 1)
    for name, (first, total) in answer.items():
        assert found.loc[name, "first"] == pytest.approx(first, abs=0.02)
        assert found.loc[name, "total"] == pytest.approx(total, abs=0.02)
    order = sorted(answer, key=lambda name: -answer[name][1])
    assert list(found.index) == order


@pytest.mark.parametrize(
    ("function", "answer"), [(ishigami, ISHIGAMI), (additive, ADDITIVE)], ids=["ishigami", "sum"]
)
def test_the_intervals_of_sobol_indices_hold_the_known_answer(function, answer, monkeypatch):
    """On Sobol points the error is below the bootstrap's, so that they cover rather more."""
    hits = []
    for seed in range(12):
        found = indices(monkeypatch, function, 256, seed)
        for name, (first, total) in answer.items():
            row = found.loc[name]
            hits.append(abs(row["first"] - first) <= row["first_conf"])
            hits.append(abs(row["total"] - total) <= row["total_conf"])
    assert between(hits, 0.8, 1.0), np.mean(hits)
