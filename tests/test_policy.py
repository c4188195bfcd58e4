"""The recommendations model against enumeration, arithmetic by hand and the library's own methods."""

import csv
import itertools
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from pymcdm.methods import WSM
from scipy import stats

from compendium import (
    datapackage,
    evidence,
    figures,
    models,
    parameters,
    paths,
    policy,
    upstream,
    values,
)
from compendium.errors import CompendiumError, FaultsError
from compendium.parameters import Recommendations
from compendium.policy import (
    advice,
    check,
    designations,
    flows,
    methods,
    projection,
    ranking,
    scores,
    theft,
    words,
)
from compendium.policy.statements import decimals_of_places
from compendium.values import Value

STUDY_DAY, HINDSIGHT, EARLY, FIRST = "2024-10-28", "2026-10-31", "2024-02-01", "2023-11-02"
CRITERIA = ["size", "works", "reach", "robust", "side", "evidence"]


def few(**changes) -> Recommendations:
    """Parameters with few draws: the tests are about arithmetic, not about noise."""
    return Recommendations(**{"draws": 256, "method_draws": 32, **changes})


@pytest.fixture(scope="module", autouse=True)
def nothing_published(tmp_path_factory):
    """No values of another build: other chapters run with their defaults."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPENDIUM_OUTPUT", str(tmp_path_factory.mktemp("build")))
        yield


@pytest.fixture(scope="module")
def study():
    return policy.run(few(as_of=STUDY_DAY))


@pytest.fixture(scope="module")
def hindsight():
    return policy.run(few(as_of=HINDSIGHT))


def value(result, name):
    return next(v for v in result.values if v.id == f"recommendations.{name}")


def names(result):
    return {v.id.removeprefix("recommendations.") for v in result.values}


def table_of(matrix, options=None, criteria=None):
    """Scores in use from a matrix, options by criteria, without ranges."""
    matrix = np.asarray(matrix, float)
    options = options or ["nothing", *"abcdefgh"][: len(matrix)]
    criteria = criteria or [f"c{k}" for k in range(matrix.shape[1])]
    return pd.DataFrame(
        [
            {"option": o, "criterion": c, "score": s, "low": s, "high": s, "rows": (),
             "basis": "rows", "score_id": f"{o}-{c}"}
            for o, own in zip(options, matrix, strict=True)
            for c, s in zip(criteria, own, strict=True)
        ]
    )  # fmt: skip


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """A copy of the tables that the module reads."""
    folder = tmp_path / "raw"
    shutil.copytree(paths.RAW, folder)
    monkeypatch.setattr(paths, "RAW", folder)
    evidence._dated.cache_clear()
    evidence._vintage.cache_clear()
    yield folder
    evidence._dated.cache_clear()
    evidence._vintage.cache_clear()


def read(file):
    with file.open(newline="") as content:
        return list(csv.DictReader(content))


def write(file, rows):
    with file.open("w", newline="") as content:
        writer = csv.DictWriter(content, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# --- the table of scores ---------------------------------------------------------------------


def test_every_pair_has_a_score_in_use_and_every_version_is_judgement():
    table = datapackage.read_table("policy_scores")
    assert set(table["kind"]) == {"judgement"}
    for day in (FIRST, EARLY, STUDY_DAY, HINDSIGHT):
        found = scores.in_use(day)
        pairs = list(zip(found["option"], found["criterion"], strict=True))
        assert pairs == list(itertools.product(scores.options()["option"], CRITERIA))
        assert (found["low"] <= found["score"]).all() and (found["score"] <= found["high"]).all()


def test_each_criterion_has_its_weight():
    fields = Recommendations.model_fields
    assert [
        name.removeprefix("weight_") for name in fields if name.startswith("weight_")
    ] == CRITERIA
    assert list(scores.criteria()["criterion"]) == CRITERIA


def test_every_option_of_the_study_is_ranked_and_the_baseline_stands_for_none():
    options = scores.options()
    claims = evidence.claims("recommendations", HINDSIGHT)
    assert set(options["claim_id"]) - {""} == set(claims["claim_id"])
    assert options.loc[options["claim_id"] == "", "option"].tolist() == [scores.BASELINE]


def fault(folder, line, **cells):
    rows = read(folder / "policy_scores.csv")
    rows[line - 2].update(cells)
    write(folder / "policy_scores.csv", rows)
    return [str(f) for f in datapackage.check(folder)]


def test_a_score_that_names_a_missing_row_is_refused_with_its_line(raw):
    (text,) = fault(raw, 5, rows="strat-poe-veto strat-no-such-row")
    assert "policy_scores.csv:5: rows: names no row 'strat-no-such-row'" in text


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"rows": ""}, "reason", "cites no row and does not say so"),
        ({"reason": "Judgement only, no row: x"}, "reason", "cites no row and does not say so, or"),
        ({"score": "1", "low": "2"}, "score", "score is below low"),
        ({"score": "5", "high": "4"}, "score", "score is above high"),
        ({"score": "6", "high": "6"}, "high", "is out of range"),
        ({"option": "navy"}, "option", "is not known"),
        ({"criterion": "cost"}, "criterion", "is not known"),
        ({"kind": "fact"}, "kind", "is not an allowed value"),
    ],
)
def test_a_faulty_score(raw, cells, column, words):
    texts = fault(raw, 2, **cells)
    assert any(f"policy_scores.csv:2: {column}: {words}" in text for text in texts), texts


@pytest.mark.parametrize("day", [FIRST, EARLY, STUDY_DAY, HINDSIGHT])
def test_no_score_rests_on_a_row_that_became_known_later(day):
    known = {
        row
        for name in datapackage.OBSERVATION_TABLES
        for row in evidence.load(name, day, implied=True, repeats=True)["obs_id"]
    }
    found = scores.in_use(day)
    assert {row for rows in found["rows"] for row in rows} <= known
    assert not (found["rests_on"] > pd.Timestamp(day)).any()


def test_a_version_known_later_changes_nothing_before_and_counts_after(raw):
    before = scores.in_use(STUDY_DAY)
    rows = read(raw / "policy_scores.csv")
    rows.insert(0, {**rows[0], "score_id": "score-new", "option": "routes", "criterion": "works",
                    "score": "5", "low": "5", "high": "5", "rows": "strat-crypto-2025 strat-poe-veto",
                    "reason": "Made up."})  # fmt: skip
    write(raw / "policy_scores.csv", rows)
    pd.testing.assert_frame_equal(scores.in_use(STUDY_DAY), before)
    after = scores.in_use(HINDSIGHT).set_index(["option", "criterion"])
    assert after.loc[("routes", "works"), "score_id"] == "score-new"


def test_a_row_known_later_changes_nothing(raw):
    before = policy.run(few(as_of=STUDY_DAY))
    rows = read(raw / "strategy.csv")
    model = next(r for r in rows if r["obs_id"] == "strat-crypto-2022")
    rows.append({**model, "obs_id": "strat-crypto-made-up", "value": "9000", "stated_on": "2025-03-01",
                 "period_start": "2023-01-01", "period_end": "2023-12-31", "issuer": "Somebody"})  # fmt: skip
    model = next(r for r in rows if r["obs_id"] == "strat-sanc-us-2024-09-e")
    rows.append(
        {**model, "obs_id": "strat-sanc-made-up", "value": "500", "stated_on": "2025-03-01"}
    )
    write(raw / "strategy.csv", rows)
    evidence._dated.cache_clear()
    assert policy.run(few(as_of=STUDY_DAY)).values == before.values


def test_without_a_version_a_score_is_spread_over_the_whole_scale():
    found = scores.in_use(EARLY).set_index(["option", "criterion"])
    blank = found.loc[("banks", "size")]
    assert (blank["basis"], blank["score"], blank["low"], blank["high"]) == ("no evidence", 3, 1, 5)
    drawn = ranking.draw(few(draws=4096, noise=0.0), scores.in_use(EARLY)).scores[:, 1, 0]
    assert stats.kstest(drawn, stats.uniform(1, 4).cdf).pvalue > 0.5


# --- weights ---------------------------------------------------------------------------------


def cube(draws=4096, dimensions=6):
    return np.random.default_rng(1).random((draws, dimensions))


def test_open_weights_are_uniform_on_the_simplex():
    drawn = ranking.weights(cube(), [None] * 6)
    assert np.allclose(drawn.sum(axis=1), 1)
    # One coordinate of a flat Dirichlet on six is Beta(1, 5).
    assert stats.kstest(drawn[:, 2], stats.beta(1, 5).cdf).pvalue > 0.01
    assert ranking.weights(cube(), [None] * 6, 50.0).std() < drawn.std() / 4


def test_given_weights_are_kept_and_the_rest_is_divided():
    drawn = ranking.weights(cube(), [0.5, None, 0.2, None, None, 0.0])
    assert np.allclose(drawn[:, [0, 2, 5]], [0.5, 0.2, 0.0])
    assert np.allclose(drawn.sum(axis=1), 1)
    assert drawn[:, 1].std() > 0.05


def test_of_weights_that_are_all_given_only_proportions_count():
    assert np.allclose(
        ranking.weights(cube(4), [1.0, 0.5, 0.5, 0, 0, 0]), [0.5, 0.25, 0.25, 0, 0, 0]
    )
    assert np.allclose(ranking.centre([0.4, None, None]), [0.4, 0.3, 0.3])
    assert np.allclose(ranking.centre([1.0, 1.0]), [0.5, 0.5])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({f"weight_{c}": 0.0 for c in CRITERIA}, "weight_size: zero like every other weight"),
        ({"weight_size": 0.8, "weight_side": 0.4}, "weight_size: one of weights that sum to 1.2"),
        ({"crypto_low": 0.9}, "crypto_low: above crypto_middle"),
        ({"barrel_price_low": 200.0}, "barrel_price_low: above barrel_price_high"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused_in_plain_words(given, words):
    with pytest.raises(FaultsError) as caught:
        parameters.validate("recommendations", given)
    (text,) = map(str, caught.value.faults)
    assert text.startswith("chapters/recommendations.ipynb: recommendations, parameter ")
    assert words in text


# --- acceptability ---------------------------------------------------------------------------


def test_acceptability_equals_full_enumeration_over_a_grid_of_weights():
    matrix = [[1, 5, 2], [4, 2, 3], [3, 3, 3]]
    steps = 12
    grid = np.array([
        (a, b, steps - a - b) for a in range(steps + 1) for b in range(steps + 1 - a)
    ]) / steps  # fmt: skip
    counted = np.zeros((3, 3))
    for weight in grid:  # by hand: sort each time, ties divide the places they hold
        total = [round(sum(w * s for w, s in zip(weight, row, strict=True)), 9) for row in matrix]
        for option, mine in enumerate(total):
            better = sum(t > mine for t in total)
            equal = sum(t == mine for t in total)
            for place in range(better, better + equal):
                counted[option, place] += 1 / equal
    drawn = ranking.Draws(grid, np.tile(np.array(matrix, float), (len(grid), 1, 1)))
    found = ranking.acceptability(ranking.utilities(drawn))
    assert np.allclose(found, counted / len(grid))
    assert np.allclose(found.sum(axis=0), 1) and np.allclose(found.sum(axis=1), 1)


def test_random_weights_give_the_areas_of_the_simplex():
    # Of two criteria, a wins where w > 1/2: half the weights; with 1 against 3, a quarter.
    table = table_of([[5, 1], [1, 5]], criteria=["c0", "c1"])
    weight = ranking.weights(cube(2**14, 2), [None, None])
    drawn = ranking.Draws(weight, np.tile(scores.matrix(table), (len(weight), 1, 1)))
    assert ranking.acceptability(ranking.utilities(drawn))[0, 0] == pytest.approx(0.5, abs=0.01)
    lopsided = np.tile(np.array([[2.0, 1.0], [1.0, 4.0]]), (len(weight), 1, 1))
    found = ranking.acceptability(ranking.utilities(ranking.Draws(weight, lopsided)))
    assert found[0, 0] == pytest.approx(0.25, abs=0.01)


def test_central_weights_are_the_mean_of_the_winning_ones():
    weight = np.array([[0.9, 0.1], [0.7, 0.3], [0.1, 0.9]])
    drawn = ranking.Draws(weight, np.tile([[5.0, 1.0], [1.0, 5.0], [1.0, 1.0]], (3, 1, 1)))
    held = ranking.places(ranking.utilities(drawn))
    assert np.allclose(ranking.central_weights(drawn, held, 0), [0.8, 0.2])
    assert np.allclose(ranking.central_weights(drawn, held, 1), [0.1, 0.9])
    assert ranking.central_weights(drawn, held, 2) is None


def test_the_vectorised_sum_orders_as_the_library_does(study):
    p = few(as_of=STUDY_DAY)
    drawn = ranking.draw(p, study.frames["scores"])
    ours = ranking.utilities(drawn)
    for k in range(len(ours)):
        theirs = WSM(methods.on_scale)(drawn.scores[k], drawn.weights[k], np.ones(6))
        assert np.allclose((ours[k] - 1) / 4, theirs)


def test_the_sampling_interval_is_that_of_jeffreys():
    low, high = ranking.sampling_interval(0.25, 400)
    assert (low, high) == pytest.approx(stats.beta.ppf([0.05, 0.95], 100.5, 300.5))
    assert ranking.sampling_interval(0.0, 400)[0] == 0
    assert ranking.sampling_interval(1.0, 400)[1] == 1


def test_scores_are_drawn_within_their_range_and_noise_pulls_them_together():
    table = scores.in_use(STUDY_DAY)
    low, mode, high = (scores.matrix(table, c) for c in ("low", "score", "high"))
    wide = ranking.draw(few(), table).scores
    assert (wide >= low - 1e-9).all() and (wide <= high + 1e-9).all()
    half = ranking.draw(few(noise=0.5), table).scores
    assert (half <= mode + (high - mode) / 2 + 1e-9).all()
    assert np.allclose(ranking.draw(few(noise=0.0), table).scores, mode)


def test_the_baseline_neither_beats_nor_loses_to_itself(study):
    ranked = study.frames["ranked"].set_index("option")
    assert ranked.loc["nothing", "beats_baseline"] == 0.5
    assert ranked["first"].sum() == pytest.approx(1)
    assert ranked["mean_place"].sum() == pytest.approx(21)


# --- tipping weights and methods -------------------------------------------------------------


def test_tipping_weights_by_hand():
    # Equal weights: a has 3, b has 8/3. On c0 with weight t: a = 5 t + 2 (1 - t),
    # b = 2 t + 3 (1 - t), level where 3 t + 2 = 3 - t, at 1/4.
    table = table_of([[5, 2, 2], [2, 3, 3]])
    found = ranking.tipping(table, np.full(3, 1 / 3)).set_index("criterion")
    assert found.loc["c0", ["leader", "then_below"]].tolist() == ["nothing", "a"]
    assert found.loc["c0", "below"] == pytest.approx(1 / 4)
    assert np.isnan(found.loc["c0", "above"])
    # On c1: a = 2 t + 3.5 (1 - t), b = 3 t + 2.5 (1 - t): level where 3.5 - 1.5 t = 2.5 + t / 2.
    assert found.loc["c1", "above"] == pytest.approx(1 / 2)
    assert found.loc["c1", "distance"] == pytest.approx(1 / 2 - 1 / 3)


def test_at_the_tipping_weight_the_two_are_level(study):
    table = study.frames["scores"]
    matrix = scores.matrix(table)
    tipping = study.frames["tipping"]
    crossed = 0
    order = list(table["option"].drop_duplicates())
    for k, row in enumerate(tipping.itertuples()):
        for at, other in ((row.below, row.then_below), (row.above, row.then_above)):
            if np.isfinite(at):
                total = matrix @ check.held(np.full((1, 6), 1 / 6), k, at)[0]
                assert total[order.index(row.leader)] == pytest.approx(total[order.index(other)])
                assert total.max() == pytest.approx(total[order.index(other)])
                crossed += 1
    assert crossed


def test_a_leader_everywhere_has_no_tipping_weight():
    found = ranking.tipping(table_of([[5, 5], [1, 2]]), np.full(2, 0.5))
    assert found["distance"].isna().all()


def test_promethee_by_hand():
    # Duels with equal weights: a beats b on two of three criteria.
    rated = methods.rate("PROMETHEE II", np.array([[5.0, 3, 1], [1, 2, 5]]), np.full(3, 1 / 3))
    assert rated == pytest.approx([1 / 3, -1 / 3])


def test_vikor_and_topsis_by_hand():
    matrix = np.array([[5.0, 1], [1, 5], [3, 3]])
    weight = np.array([0.6, 0.4])
    # VIKOR: sums of shortfalls 0.4, 0.6, 0.5; worst shortfalls 0.4, 0.6, 0.3.
    expected = [0.5 * 0 + 0.5 * (0.1 / 0.3), 0.5 * 1 + 0.5 * 1, 0.5 * 0.5 + 0]
    assert methods.rate("VIKOR", matrix, weight) == pytest.approx([-x for x in expected])
    # TOPSIS: distances to (0.6, 0.4) and to (0, 0) on the fixed scale.
    best = [0.4, 0.6, np.hypot(0.3, 0.2)]
    worst = [0.6, 0.4, np.hypot(0.3, 0.2)]
    expected = [w / (w + b) for w, b in zip(worst, best, strict=True)]
    assert methods.rate("TOPSIS", matrix, weight) == pytest.approx(expected)


@pytest.mark.parametrize("name", methods.METHODS)
def test_every_method_stands_criteria_that_decide_nothing(name):
    alike = np.array([[3.0, 2.0, 4.0], [3.0, 4.0, 1.0], [3.0, 1.0, 1.0]])
    assert np.isfinite(methods.rate(name, alike, np.array([0.5, 0.5, 0.0]))).all()
    assert methods.order(methods.rate(name, alike, np.array([0.5, 0.5, 0.0]))).tolist() == [2, 1, 3]
    assert methods.rate(name, np.full((3, 2), 2.0), np.full(2, 0.5)).tolist() == [0, 0, 0]


def test_the_weighted_sum_shows_no_rank_reversal(study, hindsight):
    for result in (study, hindsight):
        assert (result.frames["reversals"]["weighted sum"] == "").all()
        tau = result.frames["agreement"]["tau"]
        assert len(tau) == 6 and tau.between(-1, 1).all()


def test_dominance_by_hand():
    table = table_of(
        [[1, 1], [2, 1], [2, 3], [3, 1], [1, 1], [1, 1]],
        options=list(scores.options()["option"]),
        criteria=["c0", "c1"],
    )
    found = set(map(tuple, advice.dominated(table).to_numpy()))
    assert ("banks", "partners") in found and ("crypto", "banks") in found
    assert ("routes", "crypto") not in found and ("partners", "south") not in found


# --- what is sure ----------------------------------------------------------------------------


def told(proof=4.0, beats=0.9, agree=True, share=0.8):
    """Confidence in the option partners under made-up results."""
    table = scores.in_use(STUDY_DAY)
    mine = (table["option"] == "partners") & (table["criterion"] == "evidence")
    table.loc[mine, "score"] = proof
    order = list(scores.options()["option"])
    ranked = pd.DataFrame({"option": order, "beats_baseline": [beats, 0.4, 0.4, 0.4, 0.4, 0.5]})
    places = pd.DataFrame({"option": order, **{m: [1, 3, 4, 5, 6, 2] for m in methods.METHODS}})
    if not agree:
        places.loc[0, "VIKOR"] = 2
    found = advice.advice(few(sure_share=share), table, ranked, places).set_index("option")
    return found.loc["partners"]


def test_confidence_follows_the_rule():
    assert told()["confidence"] == "moderate"
    assert told(proof=3.0)["because"] == "the evidence is thin"
    assert told(beats=0.7)["because"] == "the weights decide"
    assert told(agree=False)["because"] == "the methods disagree or tie"
    assert told(beats=0.7, share=0.6)["confidence"] == "moderate"
    assert (told(beats=0.1)["side"], told()["side"]) == ("behind", "ahead of")


def test_support_and_objections_follow_the_scores(study):
    found = study.frames["advice"].set_index("option")
    table = study.frames["scores"].set_index(["option", "criterion"])["score"]
    for option, row in found.iterrows():
        assert all(table[option, c] >= 4 for c in row["supports"])
        assert all(table[option, c] <= 2 for c in row["against"])
        middle = set(CRITERIA) - set(row["supports"]) - set(row["against"]) - set(row["open"])
        assert all(2 < table[option, c] < 4 for c in middle)
    early = policy.run(few(as_of=EARLY)).frames["advice"].set_index("option")
    assert early.loc["banks", "open"] == ("size",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "When every division of the weights counts alike"),
        ({"concentration": 10}, "When nearly equal weights count for more than uneven ones"),
        ({"concentration": 0.5}, "When uneven weights count for more than nearly equal ones"),
        (
            {"weight_size": 0.5, "concentration": 10},
            "With the weights that were given, and the others divided at random",
        ),
        ({f"weight_{name}": 0.2 for name in CRITERIA}, "With the weights that were given"),
    ],
)
def test_the_answer_opens_with_how_the_weights_were_found(changes, said):
    assert words.opening(few(**changes)) == said


# --- flows -----------------------------------------------------------------------------------


def test_a_two_piece_lognormal_meets_median_and_both_ends():
    stated = Value("a.b", 3.0, 1.0, 7.0, level=0.9)
    assert flows.from_interval([0.05, 0.5, 0.95], stated) == pytest.approx([1, 3, 7])
    assert flows.from_interval([0.1, 0.9], Value("a.b", 2.0)).tolist() == [2, 2]


def test_barrels_over_the_cap_by_hand():
    p = few(as_of=STUDY_DAY, barrel_price_low=100.0, barrel_price_high=100.0)
    trade = upstream.values_of("trade_trends", STUDY_DAY)
    u, half, nought = np.array([0.0, 1.0]), np.array([0.5, 0.5]), np.zeros(2)
    found = flows.barrels(p, trade, u, half, nought)
    # 165,000 in the 31 days of March alone, or twelve months of it: 1,942,742 less 500,000.
    assert found.yearly == pytest.approx([0.0, (165_000 * 365 / 31 - 500_000) * 100 / 1e6])
    late = flows.barrels(
        few(as_of=HINDSIGHT, barrel_price_low=100.0, barrel_price_high=100.0),
        upstream.values_of("trade_trends", HINDSIGHT), half, half, u,
    )  # fmt: skip
    # "More than" 1.5 million in a whole year: from there to a fifth above.
    assert late.yearly == pytest.approx([100.0, (1_800_000 - 500_000) * 100 / 1e6])


def test_containers_take_the_arms_chapters_worth_a_year():
    ids = {"value_yearly": 2000.0, "count_years_shortest": 0.9, "count_years_longest": 1.2}
    arms = {f"arms_trade.{k}": Value(f"arms_trade.{k}", v, rows=("r",)) for k, v in ids.items()}
    found = flows.containers(arms, np.array([0.1, 0.5]))
    assert found.yearly.tolist() == [2000, 2000]
    assert (found.rows, found.basis) == (
        ("r",), "worth of all deliveries over 0.9 to 1.2 years of counting"
    )  # fmt: skip
    assert flows.containers({}, np.array([0.5])) is None  # a vintage that cannot know it


def test_a_renamed_value_of_another_chapter_is_refused_and_an_unknown_one_is_not():
    known = upstream.values_of("arms_trade", STUDY_DAY)
    assert upstream.value(known, "arms_trade.value_total") is known["arms_trade.value_total"]
    assert upstream.value({}, "arms_trade.value_total") is None
    with pytest.raises(
        CompendiumError, match=r"states no value 'arms_trade.value_totl'.*did you mean"
    ):
        upstream.value(known, "arms_trade.value_totl")


def test_blank_scores_are_tried_at_both_ends():
    p = few(as_of=EARLY, noise=0.0)
    table = scores.in_use(EARLY)
    empty = table["basis"] == "no evidence"
    assert empty.any()
    found = check.blanks(p, table).set_index("blank")
    for end in (1.0, 5.0):
        filled = scores.matrix(table.assign(score=table["score"].where(~empty, end)))
        first = np.argmax(ranking.draw(p, table).weights @ filled.T, axis=1)  # ties are rare
        names = table["option"].drop_duplicates().to_numpy()
        shares = np.bincount(first, minlength=len(names)) / len(first)
        assert found.at[end, "leader"] == names[shares.argmax()]
        assert found.at[end, "first"] == pytest.approx(shares.max(), abs=0.01)
    assert check.blanks(p, table.assign(basis="rows")).empty


def test_shares_times_flows_by_hand():
    p = few(containers_low=0.1, containers_middle=0.1, containers_high=0.1, crypto_low=0.5,
            crypto_middle=0.5, crypto_high=0.5)  # fmt: skip
    made = [
        flows.Flow("containers", np.full(256, 1000.0), ("a",), ""),
        flows.Flow("crypto", np.full(256, 400.0), ("b",), ""),
    ]
    table = flows.taken(p, made)
    amounts = table.set_index(["flow", "case"])["median"]
    assert amounts["containers", "untouched"] == 1000
    assert [amounts["containers", c] for c in ("low", "middle", "high", "drawn")] == [100] * 4
    assert amounts["crypto", "drawn"] == 200
    equal = flows.equal_shares(p, table).set_index("flow")["share"]
    assert equal.to_dict() == {"containers": pytest.approx(0.2)}


def test_flows_without_a_known_figure_are_left_out():
    result = policy.run(few(as_of=FIRST))
    assert "barrels" not in set(result.frames["taken"]["flow"])
    assert not [name for name in names(result) if name.startswith("barrels_")]


def test_flows_that_are_not_added_are_told_by_their_number():
    said = [words.not_added(flows).partition(" are")[0] for flows in range(4)]
    assert said == ["", "", "The two", "The three"]


def test_yearly_counts_of_theft_leave_out_parts_and_first_estimates():
    found = theft.counts(HINDSIGHT)
    assert found.groupby("year")["value"].apply(sorted).to_dict() == {
        2021: [429], 2022: [626, 1700], 2023: [660.5], 2024: [1190, 1340], 2025: [2020],
    }  # fmt: skip
    assert set(theft.counts(STUDY_DAY)["year"]) == {2021, 2022}
    assert set(theft.yearly(few(as_of=HINDSIGHT))["year"]) == {2023, 2024, 2025}
    assert set(theft.yearly(few(as_of=HINDSIGHT, theft_window=1))["year"]) == {2025}


def test_the_prediction_of_theft_by_hand():
    p = few(theft_years=4.0, theft_spread=0.5)
    table = pd.DataFrame({"year": [1, 2], "value": [100.0, 400.0]})
    a, b = np.log(100), np.log(400)
    scale = np.sqrt((4 * 0.25 + 2 * ((b - a) / 2) ** 2) / 5 * 1.5)
    expected = np.exp((a + b) / 2 + scale * stats.t.ppf([0.5, 0.95], 5))
    assert theft.predict(p, table, [0.5, 0.95]) == pytest.approx(expected)


def test_counts_of_a_year_that_differ_are_not_averaged():
    p = few(theft_years=4.0, theft_spread=0.5)
    table = pd.DataFrame({"year": [1, 2, 2], "value": [100.0, 300.0, 500.0]})
    # Each issuer's word gets half of the draws; its median is the geometric mean of the years.
    found = theft.predict(p, table, [0.25, 0.75])
    assert found == pytest.approx([np.sqrt(100 * 300), np.sqrt(100 * 500)])
    one = theft.predict(p, table[table["value"] != 300], [0.1, 0.9])
    assert theft.predict(p, table, [0.55, 0.95]) == pytest.approx(one)


# --- values of other chapters ----------------------------------------------------------------


def test_values_come_from_the_running_build_if_its_vintage_fits(tmp_path, monkeypatch):
    monkeypatch.setenv("COMPENDIUM_OUTPUT", str(tmp_path))
    folder = tmp_path / "values"
    folder.mkdir()
    stated = {
        "arms_trade.as_of": {
            "value": STUDY_DAY,
            "unit": "date",
            "rows": [],
            "chapter": "arms_trade",
        },
        "arms_trade.made_up": {"value": 7.0, "rows": ["x"], "chapter": "arms_trade"},
    }
    (folder / "arms_trade.json").write_text(json.dumps(stated))
    found, origin = upstream.find("arms_trade", STUDY_DAY)
    assert origin == upstream.BUILD
    assert found["arms_trade.made_up"].value == 7.0
    assert found["arms_trade.made_up"].rows == ("x",)
    found, origin = upstream.find("arms_trade", FIRST)
    assert origin == upstream.DEFAULTS
    assert found["arms_trade.as_of"].value == FIRST
    (folder / "arms_trade.json").write_text("{")
    assert upstream.find("arms_trade", FIRST)[1] == upstream.DEFAULTS


def test_a_run_without_notebooks_draws_on_the_chapters_before_it():
    chosen = {
        "arms_trade": parameters.validate("arms_trade", {"price_basis": "western"}),
        "recommendations": few(),
    }
    found = models.values_of(chosen)
    usual = policy.run(few())
    dear = found["recommendations.containers_untouched"].value
    assert dear > 2 * value(usual, "containers_untouched").value
    # Outside that run the values given to it are forgotten.
    assert policy.run(few()).values == usual.values


def test_an_unknown_chapter_is_refused_with_the_nearest_one():
    with pytest.raises(CompendiumError, match="did you mean 'arms_trade'"):
        upstream.values_of("arms_trad", STUDY_DAY)


# --- designations and projections ------------------------------------------------------------


def test_designations_by_issuer():
    late = designations.by_issuer(designations.plain(HINDSIGHT)).set_index("by")["designations"]
    assert late.to_dict() == {
        "US": 70, "ROK": 58, "EU": 14, "Japan": 13, "UK": 10, "Canada": 8, "Australia": 6,
    }  # fmt: skip
    early = designations.by_issuer(designations.plain(STUDY_DAY)).set_index("by")["designations"]
    assert early.sum() == 104 and early["EU"] == 10


def test_no_repeat_or_package_is_ever_added():
    items = designations.plain(HINDSIGHT)["item"]
    assert not items.str.contains("_alt|_second_source|package|cyber|russian|total").any()


def test_the_series_of_designations_only_rises_and_ends_at_the_sum(hindsight):
    listed = hindsight.series["listed"]
    assert listed["value"].is_monotonic_increasing
    assert listed["day"].is_monotonic_increasing and listed["day"].is_unique
    assert listed["value"].iloc[-1] == value(hindsight, "designations").value


def test_a_compound_sum_by_hand():
    rng = np.random.default_rng(0)
    assert projection.compound(rng, np.array([0, 2, 5]), np.array([3.0])).tolist() == [0, 6, 15]


def test_projections_are_frozen_and_scored_later(study, hindsight):
    kinds = {v.id: v.kind for v in study.values}
    for name in ("theft_next_1", "theft_next_2", "listings_6_months", "listings_12_months"):
        assert kinds[f"recommendations.{name}"] == "projection"
    scored = hindsight.frames["projections"]
    theft_row = scored[scored["quantity"].str.startswith("crypto theft of 2024")].iloc[0]
    assert theft_row["median"] == value(study, "theft_next_1").value
    assert study.frames["projections"].empty
    # 19 US, 26 Korean and 2 EU targets of December 2024, 1 Japanese, 5 British and 2 EU of 2025.
    half = scored[scored["quantity"].str.startswith("designations in the 6 months")].iloc[0]
    assert half["later"] == 55


# --- the whole chapter -----------------------------------------------------------------------


def test_drivers_hold_the_base_between_their_ends(study):
    drivers = study.frames["drivers"]
    base = value(study, "leader_first").value
    assert (drivers["low"] <= base + 1e-9).all() and (drivers["high"] >= base - 1e-9).all()
    width = drivers["high"] - drivers["low"]
    assert width.is_monotonic_decreasing


def test_one_weight_is_moved_and_the_others_keep_their_proportions():
    moved = check.held(np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]), 0, 0.6)
    assert np.allclose(moved, [[0.6, 0.15, 0.25], [0.6, 0.2, 0.2]])


def test_the_comparison_with_the_day_of_the_study_uses_its_vintage(study, hindsight):
    then = hindsight.frames["then_and_now"].set_index("option")["first_then"]
    old = study.frames["ranked"].set_index("option")["first"]
    assert then.to_dict() == pytest.approx(old.to_dict())
    assert study.frames["then_and_now"].empty and study.frames["changes"].empty
    assert (hindsight.frames["changes"]["rows"].map(len) > 0).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"draws": 1, "method_draws": 1},
        {"noise": 0.0},
        {f"weight_{c}": 0.5 for c in CRITERIA},
        {f"weight_{c}": 0.5 for c in CRITERIA} | {"noise": 0.0},
        {f"weight_{c}": float(c == "size") for c in CRITERIA},
        {"weight_size": 1.0},
        {"weight_reach": 0.0, "concentration": 0.1},
        {"compromise": 0.0},
        {"containers_high": 1.0, "crypto_low": 0.0, "crypto_middle": 0.0},
    ],
    ids=str,
)
@pytest.mark.parametrize("day", [FIRST, HINDSIGHT])
def test_the_chapter_runs_at_its_limits(changes, day):
    result = policy.run(few(as_of=day, **changes))
    ranked = result.frames["ranked"]
    assert ranked["first"].sum() == pytest.approx(1)
    assert result.leader in set(ranked["option"])
    assert all(isinstance(v, Value) for v in result.values)


def test_the_same_parameters_give_the_same_values():
    p = few(as_of=STUDY_DAY)
    assert policy.run(p).values == policy.run(p).values
    other = policy.run(few(as_of=STUDY_DAY, seed=1))
    assert value(other, "leader_first") != value(policy.run(p), "leader_first")


@pytest.mark.parametrize("day", [FIRST, EARLY, STUDY_DAY, HINDSIGHT])
def test_every_value_rests_on_rows_known_by_the_day(day):
    result = policy.run(few(as_of=day))
    tables = evidence.OBSERVATION_TABLES
    every = [evidence.load(t, day, implied=True, repeats=True)["obs_id"] for t in tables]
    known = {row for ids in every for row in ids}
    assert {row for v in result.values for row in v.rows} <= known


def test_figures_tell_their_data_in_words(study):
    ranked = study.frames["ranked"].assign(label=lambda t: t["option"])
    drawing = figures.rank_shares(ranked, "share of draws, percent")
    assert "routes: first in" in drawing.alt
    assert len(drawing.table) == 6
    row = drawing.table.iloc[0].drop("Option").astype(float)
    assert row.sum() == pytest.approx(100, abs=0.4)
    panels = {name: (own, "points") for name, own in study.series.items()}
    drawing = figures.panels(panels, [pd.Timestamp("2024-05-24")])
    assert drawing.alt.startswith("4 panels on one time axis. ")
    assert len(drawing.table) == sum(map(len, study.series.values()))


def test_panels_join_one_kind_only_and_tell_bounds(hindsight):
    trade, stolen = hindsight.series["trade"], hindsight.series["theft"]
    russia = trade[trade["group"] == "Russia"]
    drawing = figures.panels({"trade": (russia, "points"), "theft": (stolen, "points")})
    upper, lower = drawing.figure.axes
    kinds = russia.set_index("day")["kind"]
    for line in upper.lines:
        assert kinds[pd.to_datetime(line.get_xdata())].nunique() == 1
    assert kinds.nunique() > 1
    told = drawing.table.set_index("Row")
    assert told.at["strat-crypto-msmt-2024", "Value"] == "at least 1,190"
    assert [note.xyann[1] for note in lower.texts if note.arrowprops] == [15]
    # Seoul counted to 22 December, and not to the end of that year.
    assert told.at["strat-crypto-nis-2022", "Day"] == "2022-12-22"
    assert "of which 1 is a bound" in drawing.alt


def test_published_values_can_be_read_back(tmp_path, monkeypatch, study):
    monkeypatch.setenv("COMPENDIUM_OUTPUT", str(tmp_path))
    monkeypatch.setattr(values, "_published", {})
    values.publish_all(study.values)
    found = values.read(tmp_path / "values.json")
    assert found == {v.id: v for v in study.values}


def test_versions_not_in_use_are_told_with_the_reason():
    for day in (EARLY, STUDY_DAY, HINDSIGHT):
        used = set(scores.in_use(day)["score_id"]) - {""}
        found = scores.unused(day)
        # One that rests on rows known later is no more told of than those rows.
        assert set(found["score_id"]) == set(scores.versions(day)["score_id"]) - used
        assert all(why.endswith("rests on newer rows") for why in found["why"])
        assert {why.split(" ")[0] for why in found["why"]} <= used
    every = {row["score_id"] for row in read(paths.RAW / "policy_scores.csv")}
    assert set(found["score_id"]) == every - used  # nothing is unknown in hindsight


def test_of_versions_with_the_same_rows_the_order_of_the_table_is_told(raw):
    rows = read(raw / "policy_scores.csv")
    first = scores.in_use(HINDSIGHT).iloc[0]
    own = next(row for row in rows if row["score_id"] == first["score_id"])
    write(raw / "policy_scores.csv", [*rows, {**own, "score_id": "score-again"}])
    why = scores.unused(HINDSIGHT).set_index("score_id")["why"]
    assert why[first["score_id"]] == "score-again stands later in the table"


def test_series_are_held_against_the_last_year_with_an_open_border():
    day = pd.to_datetime(["2018-12-31", "2019-12-31", "2022-12-31", "2024-12-31"])
    trade = pd.DataFrame({"day": day, "value": [9.0, 48.0, 1.0, 34.0], "group": "Russia"})
    empty = trade[:0]
    found = designations.since(
        {"theft": empty, "trade": trade, "visits": empty}, pd.Timestamp("2023-08-01")
    )
    (row,) = found.to_dict("records")
    assert (row["before"], row["after"], row["moved"], row["open_border"]) == (1, 34, "rose", 48)


def test_theft_is_held_against_the_same_issuers_count(hindsight):
    theft = hindsight.frames["since"].set_index("series").filter(like="crypto theft", axis=0)
    assert list(theft.index) == ["crypto theft by Chainalysis"]
    # Seoul counted 626 million for 2022; its count is in neither figure.
    assert theft[["before", "after"]].to_numpy().tolist() == [[1700, 2020]]


def test_first_places_are_the_first_column_of_all_places():
    rng = np.random.default_rng(5)
    near = np.array([0.0, 0.4, 0.8, 1.2, 5.0]) * ranking.TIE
    for utility in (
        rng.random((500, 5)),
        rng.integers(0, 3, (500, 5)).astype(float),  # ties
        rng.permuted(np.tile(near, (200, 1)), axis=1),  # ties that do not carry on
    ):
        expected = ranking.acceptability(utility)[:, 0]
        assert np.array_equal(ranking.first_places(utility), expected)


def test_a_flow_of_nought_has_no_share():
    table = pd.DataFrame(
        {"flow": ["crypto", "arms", "none"], "case": "untouched", "median": [100.0, 400.0, 0.0]}
    )
    found = flows.equal_shares(Recommendations(crypto_middle=0.2, crypto_high=0.3), table)
    assert found.to_dict("list") == {"flow": ["arms"], "share": [0.05]}


def test_a_place_that_all_methods_agree_on_has_no_decimals():
    """A place of 2 is 2; one of 2 and 3 by turns has its decimal, and so has a half place."""
    places = [[2, 2, 2], [3.0, 3.0], [2, 3], [2.5, 2.5]]
    assert [decimals_of_places(pd.Series(p)) for p in places] == [0, 0, 1, 1]
