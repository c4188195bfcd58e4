"""Rows that come later or are written in another way: what is stated follows them."""

import csv
import datetime as dt
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from compendium import arms as arms_trade
from compendium import (
    claims,
    datapackage,
    evidence,
    models,
    parameters,
    paths,
    upstream,
    vintages,
)
from compendium.arms import economy, estimates, verdicts, words
from compendium.arms import value as arms
from compendium.errors import CompendiumError
from compendium.policy import check, designations, flows, theft
from compendium.strategy import aid, costs, dates, votes
from compendium.strategy import verdicts as strategy
from compendium.trade import halfyear, levels, meetings, offbooks, series, yardsticks
from compendium.trade import words as trade_words
from compendium.troops import caps, checks, money, stock
from compendium.troops import words as soldiers
from compendium.troops.statements import check_statements
from compendium.values import Value

STUDY_DAY, HINDSIGHT = dt.date(2024, 10, 28), dt.date(2026, 10, 31)
LATER = {"source_id": "csis2026timeline", "period_end": "2026-06-01", "stated_on": "2026-06-01"}


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """Change rows of a copy of the tables that the models then read."""
    raw = tmp_path / "raw"
    shutil.copytree(paths.RAW, raw)
    monkeypatch.setattr(paths, "RAW", raw)
    monkeypatch.setenv("COMPENDIUM_OUTPUT", str(tmp_path))

    def write(table, change, refused=False):
        with (raw / f"{table}.csv").open(newline="", encoding="utf-8") as lines:
            rows = change(list(csv.DictReader(lines)))
        with (raw / f"{table}.csv").open("w", newline="", encoding="utf-8") as lines:
            writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        # A unit that the table does not list for the indicator is refused before any model runs;
        # the models hold out against it too.
        problems = [fault.problem for fault in datapackage.check(raw)]
        assert all("is not a unit of" in problem for problem in problems), problems
        assert refused == bool(problems)

    return write


def edit(row, **cells):
    return lambda rows: [own | cells if own["obs_id"] == row else own for own in rows]


def add(like, **cells):
    return lambda rows: [*rows, next(own for own in rows if own["obs_id"] == like) | cells]


def ranges(names):
    """Rows as ranges of a tenth to each side of their figures."""
    names = set(names)
    whole = datapackage.read_descriptor()["compendium:whole"]

    def change(own):
        value = float(own["value"])
        tenth = value // 10 if own["unit"] in whole else value / 10
        ends = {"low": f"{value - tenth:.10g}", "high": f"{value + tenth:.10g}"}
        return own | ends | {"value": "", "qualifier": "approx"}

    return lambda rows: [change(own) if own["obs_id"] in names else own for own in rows]


def few(chapter, **changes):
    small = {"kremlin_strategy": {"bootstrap_draws": 100}}.get(chapter, {"draws": 64})
    return parameters.validate(chapter, {**small, "as_of": HINDSIGHT, **changes})


def stated(chapter, **changes):
    """Values of a chapter by name."""
    found = models.run(chapter, few(chapter, **changes)).values
    return {value.id.partition(".")[2]: value for value in found}


# --- troops ----------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(
    ("count", "verdict"), [("30000", "passed"), ("20500", "passed"), ("18000", "not passed so far")]
)
def test_a_later_count_of_all_men_sent_is_set_against_the_ceiling(tables, count, verdict):
    tables("troops", add("troops-sent-2025-04-30-nis", obs_id="troops-sent-2026-06-01-x",
                         item="total", value=count, **LATER))  # fmt: skip
    found = checks.ceiling(few("troop_plausibility")).set_index("reading")
    assert found.at["in total, largest count of men sent", "verdict"] == verdict
    shown = stated("troop_plausibility")
    assert shown["ceiling_flow"].value == verdict
    assert shown["sent_total"].value == float(count)
    assert "troops-sent-2026-06-01-x" in shown["sent_total"].rows


def test_a_smaller_count_beside_the_sums_changes_nothing(tables):
    before = checks.sent_totals(HINDSIGHT)
    tables("troops", add("troops-sent-2025-04-30-nis", obs_id="troops-sent-2026-06-01-x",
                         item="total", value="15500", **LATER))  # fmt: skip
    assert checks.sent_totals(HINDSIGHT).equals(before)


@pytest.mark.long
def test_a_range_across_the_ceiling_is_not_laid_to_builders(tables):
    tables("troops", edit("troops-sent-2025-04-30-nis", value="", low="14000", high="21000"))
    shown = stated("troop_plausibility", count_builders=False)
    assert shown["ceiling_flow"].value == "open, as the count runs from 15,000 to 22,000"
    assert "builders" not in shown and "builders_to_pass" not in shown


@pytest.mark.long
def test_a_lower_newer_count_of_casualties_stands_for_its_issuer(tables):
    tables("troops", add("troops-cas-2025-06-15-uk", obs_id="troops-cas-2026-06-01-uk",
                         value="3900", low="", high="", **LATER))  # fmt: skip
    tables("troops", edit("troops-cas-2025-07-02-various", high="5500"))
    assert stated("troop_plausibility")["casualties_highest"].value == 5500


@pytest.mark.long
def test_a_badly_graded_count_of_casualties_is_in_no_graded_share(tables):
    tables("troops", add("troops-cas-2025-06-15-uk", obs_id="troops-cas-2026-06-01-x", value="9000",
                         low="", high="", issuer="Some blog", reliability="E", credibility="6",
                         **LATER))  # fmt: skip
    shown = stated("troop_plausibility")
    assert shown["casualty_share"].value == pytest.approx(6000 / 15000 * 100)
    assert shown["casualties_highest"].value == 9000  # all are shown, whatever their grade


def home_whole(given):
    """Men reported home in the simulation, the middle and the most of its draws."""
    simulated = stock.simulate(given).at("rotated", given.as_of)
    return np.median(simulated), simulated.max()


RETURNED = "troops-returned-2026-01-hur"
SAME_MEN = {"obs_id": "troops-returned-2026-02-10-x", "source_id": "csis2026timeline"}


def test_a_second_report_of_the_same_men_home_sends_no_more_home(tables):
    given = few("troop_plausibility", plan_realised=1)
    before = home_whole(given)
    tables("troops", add(RETURNED, issuer="ROK NIS", stated_on="2026-02-10", **SAME_MEN))
    assert home_whole(given) == before


@pytest.mark.long
def test_a_newer_count_of_men_home_replaces_that_of_its_issuer(tables):
    given = few("troop_plausibility", plan_realised=1)
    before = home_whole(given)
    newer = {"value": "3500", "period_end": "2026-03-31", "stated_on": "2026-04-01"}
    tables("troops", add(RETURNED, **SAME_MEN, **newer))
    newer = home_whole(given)
    tables("troops", lambda rows: [row for row in rows if row["obs_id"] != RETURNED])
    assert before < newer == home_whole(given)


def test_a_range_of_men_home_counts_in_full(tables):
    given = few("troop_plausibility")
    before = home_whole(given)
    tables("troops", edit(RETURNED, value="", low="3000", high="8000"))
    assert all(now > then for now, then in zip(home_whole(given), before, strict=True))


def test_sappers_who_were_sent_are_not_back(tables):
    before = stock.sappers_leave("2025-11-30")
    tables("troops", add("troops-sent-2025-12-13-engineers", obs_id="troops-sent-2025-09-15-x",
                         issuer="ROK NIS", source_id="csis2026timeline", period_end="2025-09-15",
                         stated_on="2025-09-15"))  # fmt: skip
    assert stock.sappers_leave("2025-11-30") is before is None
    assert stock.sappers_leave(HINDSIGHT)[0] == pd.Timestamp("2025-12-12")


@pytest.mark.parametrize(
    ("start", "end"), [("2025-09-01", "2026-03-01"), ("2024-10-01", "2024-12-15")]
)
def test_a_window_of_casualties_does_not_move_the_start_of_the_fighting(tables, start, end):
    before = stock.fighting_begins(HINDSIGHT)
    tables("troops", add("troops-cas-2025-04-30-nis", obs_id="troops-cas-2026-03-01-x",
                         source_id="csis2026timeline", value="6500", period_start=start,
                         period_end=end, stated_on="2026-03-01"))  # fmt: skip
    assert stock.fighting_begins(HINDSIGHT) == before == pd.Timestamp("2024-12-01")


def test_a_strength_that_is_a_range_caps_by_its_ends_and_middle(tables):
    given = few("troop_plausibility")
    newest = caps.strengths(HINDSIGHT, "KPA_active")["obs_id"].iloc[-1]
    before = caps.caps(given).set_index("cap").loc["army", list(caps.SCENARIOS)].astype(float)
    tables("troops", edit(newest, value="", low="1000000", high="1400000"))
    now = caps.caps(given).set_index("cap").loc["army", list(caps.SCENARIOS)].astype(float)
    assert (now / before * 1.3e6).tolist() == pytest.approx([1e6, 1.2e6, 1.4e6])


def test_escapes_a_month_are_twelve_times_as_many_a_year(tables):
    before = caps.escape_rates(HINDSIGHT)
    tables("troops", edit("troops-escape-russia-2022", unit="persons_per_month", value="2"))
    assert caps.escape_rates(HINDSIGHT) == pytest.approx([rate * 24 / 20 for rate in before])
    tables("troops", edit("troops-escape-russia-2022", unit="persons_per_day"), refused=True)
    with pytest.raises(
        CompendiumError, match="escape-russia-2022: unit 'persons_per_day'.*per_month"
    ):
        caps.escape_rates(HINDSIGHT)


@pytest.mark.parametrize(("end", "words"), [("low", "at_least"), ("high", "up_to")])
@pytest.mark.long
def test_rows_with_one_end_alone_are_read_by_it(tables, end, words):
    alone = {"value": "", "low": "", "high": "", "qualifier": words}
    for row, count in {
        "troops-present-2025-11-04-nis-eng": "1000",
        "troops-sent-2025-04-30-nis": "15000",
        "troops-cas-2025-04-30-nis": "4700",
        "troops-cas-2025-09-02-nis-k": "2000",
    }.items():
        tables("troops", edit(row, **alone | {end: count}))
    shown = stated("troop_plausibility")
    assert shown["sent_total"].value == 15000 + 1000 + 5000  # with sappers and builders
    assert shown["killed_highest"].value == 2000


def test_a_later_count_of_additional_men_that_nobody_has_judged_is_named(tables):
    assert checks.unjudged(HINDSIGHT) == ()
    wave = {"value": "20000", "low": "", "high": "", "reliability": "A", "credibility": "1"}
    third = LATER | {"obs_id": "troops-x", "period_end": "2025-08-15", "stated_on": "2025-08-15"}
    tables("troops", add("troops-add-2025-03-31-nis", **wave, **third))
    assert checks.unjudged(HINDSIGHT) == ("troops-x",)
    given = few("troop_plausibility")
    frames = {"ceiling": checks.ceiling(given), "forecasts": checks.forecasts(given)}
    shown = {value.id.partition(".")[2]: value for value in check_statements(given, frames)}
    assert shown["forecasts_unjudged"].rows == ("troops-x",)
    assert soldiers.unjudged(shown["forecasts_unjudged"]).endswith("counted before: troops-x.")


def test_daily_losses_as_a_range_count_with_their_middle(tables):
    before, month = checks.exhaustion(HINDSIGHT), checks.losses_a_day(HINDSIGHT)
    tables("troops", edit("troops-cas-2025-01-16-isw", value="", low="82", high="102"))
    assert checks.exhaustion(HINDSIGHT) == before
    tables("troops", ranges(row for ids in month["rows"] for row in ids))
    assert checks.losses_a_day(HINDSIGHT)["per_day"].tolist() == pytest.approx(month["per_day"])


@pytest.mark.long
def test_a_statement_that_no_rule_tests_is_not_testable(tables):
    tables("claims", lambda rows: [*rows, rows[6] | {"claim_id": "troops-new"}])
    shown = models.run("troop_plausibility", few("troop_plausibility")).frames["verdicts"]
    assert shown.set_index("claim").at["troops-new", "verdict"] == "not testable"
    assert len(shown) == 4


# --- arms ------------------------------------------------------------------------------------------


def test_a_rocket_priced_in_other_money_prices_no_rocket_in_dollars(tables):
    given = few("arms_trade", as_of=STUDY_DAY, quantity_basis="containers")
    assert "arms-price-grad-2022" in arms.container_inputs(given, "market")[0].rows
    tables("arms", edit("arms-price-grad-2022", unit="EUR_per_round"))
    assert "arms-price-grad-2022" not in arms.container_inputs(given, "market")[0].rows


def test_a_rocket_priced_by_a_range_is_priced_by_that_range(tables):
    given = few("arms_trade", as_of=STUDY_DAY, quantity_basis="containers")
    tables("arms", edit("arms-price-grad-2022", value="", low="800", high="1000"))
    price = arms.container_inputs(given, "russian_cost")[0]
    assert price[:2] == (800, 1000) and price.rows == ("arms-price-grad-2022",)


@pytest.mark.parametrize(
    "row",
    [
        {"unit": "rounds_per_year"},  # a rate is no sum
        {"unit": "missiles"},
    ],
)
def test_a_count_in_another_unit_is_no_count_of_rounds(tables, row):
    before = arms.inputs(few("arms_trade", as_of=STUDY_DAY)).quantities
    tables("arms", add("arms-sh-2024-10-dia", obs_id="arms-x", value="3000000", low="", high="",
                       issuer="US DoD", **row), refused=True)  # fmt: skip
    assert arms.inputs(few("arms_trade", as_of=STUDY_DAY)).quantities == before


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        (
            "arms-sh-2024-10-dia",
            {"value": "", "low": "9400000", "high": "", "qualifier": "at_least"},
        ),
        (
            "arms-price-152-kei-dprk",
            {"value": "", "low": "450", "high": "", "qualifier": "at_least"},
        ),
        ("arms-dud-2024-02", {"value": "", "low": "40", "high": "60"}),
    ],
)
def test_a_row_with_ends_alone_is_drawn_from(tables, row, cells):
    tables("arms", edit(row, **cells))
    shown = stated("arms_trade", as_of=STUDY_DAY, sobol_samples=64)
    assert shown["value_total"].low < shown["value_total"].high


def test_unusable_rounds_by_a_range_and_in_percent_alone(tables):
    given = few("arms_trade", as_of=STUDY_DAY, discount_unusable="always")
    tables("arms", add("arms-dud-2024-02", obs_id="arms-x", value="", low="60", high="80"))
    assert arms.unusable(given, "market")[:2] == (0, 0.8)
    tables("arms", edit("arms-x", unit="share", low="0.6", high="0.8"), refused=True)
    assert arms.unusable(given, "market").rows == ("arms-dud-2024-02",)


def test_yardsticks_in_trillions_are_the_same_and_in_other_money_refused(tables):
    before = economy.yardsticks(HINDSIGHT)["usd_billion"].tolist()
    value = datapackage.read_table("arms").set_index("obs_id").at["arms-gni-2023", "value"]
    tables("arms", edit("arms-gni-2023", value=f"{value / 1000:g}", unit="KRW_trillion"))
    assert economy.yardsticks(HINDSIGHT)["usd_billion"].tolist() == pytest.approx(before, rel=1e-3)
    tables("arms", edit("arms-gni-2023", unit="USD_billion"), refused=True)
    with pytest.raises(CompendiumError, match="arms-gni-2023: unit 'USD_billion'.*KRW_trillion"):
        economy.yardsticks(HINDSIGHT)


def test_what_others_state_is_shown_in_the_unit_of_the_page():
    units = datapackage.read_table("arms").set_index("obs_id")["unit"]
    found = vintages.others("arms_trade.value_total", HINDSIGHT)
    assert len(found) > 3 and {units[row] for row in found["row"]} == {"USD_million"}


def test_counts_that_agree_are_not_called_one():
    both = {end: Value(f"arms_trade.containers_{end}", 2000.0, unit="containers", rows=("a", "b"))
            for end in ("lowest", "highest")}  # fmt: skip
    assert "agree on {value}" in words.newest(both.values(), "containers", "containers")
    one = [Value(v.id, v.value, unit="containers", rows=("a",)) for v in both.values()]
    assert "the only one" in words.newest(one, "containers", "containers")


def test_counts_that_are_out_of_date_are_not_said_to_be_among_the_newest():
    ends = [Value(f"arms_trade.containers_{end}", amount, unit="containers", rows=("a",))
            for end, amount in (("lowest", 2000.0), ("highest", 3000.0))]  # fmt: skip
    said = words.newest(ends, "containers", "containers")
    assert "newest counts of containers that are recent and graded well enough run" in said


def test_the_tested_combination_is_near_both_bounds_or_said_not_to_be(tables):
    assert words.near(HINDSIGHT, 1700, 5500, 0.05) == "comes close to both bounds"
    tables("arms", edit("arms-price-152-kei-dprk", low="450"))
    assert "does not" in words.near(HINDSIGHT, 1700, 5500, 0.05)


def test_an_estimate_of_another_sum_says_what_it_includes(tables):
    tables("arms", edit("arms-val-kris", item="arms_and_troops"))
    found = estimates.other_estimates(HINDSIGHT).set_index("estimate")
    assert found.at["KRIS", "includes"] == "arms and troops"


def test_what_was_given_back_as_a_range_counts_with_its_high_end(tables):
    tables("arms", edit("arms-fnf25-comp-high", value="20000", low="", high=""))
    most = verdicts.paid(few("arms_trade"))
    tables("arms", edit("arms-fnf25-comp-high", value="", low="5000", high="20000"))
    assert verdicts.paid(few("arms_trade")) == most > 0.5


def test_yardsticks_as_ranges_are_their_middle(tables):
    before = economy.yardsticks(HINDSIGHT)["usd_billion"].tolist()
    tables("arms", ranges({"arms-gni-2023", "arms-gdp-2023-real-krw"}))
    tables("trade", ranges({"fx-krwusd-2023"}))
    assert economy.yardsticks(HINDSIGHT)["usd_billion"].tolist() == pytest.approx(before)


def test_prices_of_the_follow_up_as_ranges_count_with_the_end_of_their_bound(tables):
    before = estimates.follow_up_check(HINDSIGHT).set_index("bound")
    tables("arms", edit("arms-price-82-2022", value="", low="35", high="100"))
    tables("arms", ranges({"arms-price-82-2024", "arms-price-grad-2022", "arms-price-152-ru-bain"}))
    now = estimates.follow_up_check(HINDSIGHT).set_index("bound")
    changed = (now / before)[["shells", "mortar", "rockets", "missiles"]]
    assert changed.loc["low"].tolist() == pytest.approx([1, 0.5, 0.9, 1])
    assert changed.loc["high"].tolist() == pytest.approx([1.1, 1.1, 1.1, 1])


# --- trade -----------------------------------------------------------------------------------------


def test_a_later_total_by_a_range_is_its_middle_and_in_euros_is_none(tables):
    like = add("trade-rudprk-2024-nikiforov", obs_id="trade-x", value="", low="30", high="50",
               reliability="A", credibility="1", issuer="Eurostat")  # fmt: skip
    tables("trade", like)
    assert levels.reported_total(HINDSIGHT, 2024)[["obs_id", "value"]].tolist() == ["trade-x", 40]
    tables(
        "trade", edit("trade-x", value="0.03", low="", high="", unit="EUR_billion"), refused=True
    )
    assert levels.reported_total(HINDSIGHT, 2024)["obs_id"] == "trade-rudprk-2024-nikiforov"


def test_totals_halves_and_parts_by_a_range_count_by_their_middle(tables):
    given = few("trade_trends", as_of=STUDY_DAY)
    chinas = series.china(STUDY_DAY).query("value == value")
    before = halfyear.shares(given).set_index("year")["share"]

    def change(rows):
        own = {"value": "", "low": "34.0", "high": "34.8"}
        for row in ("trade-rudprk-2023-ushakov", "trade-rudprk-2023-ria"):
            rows = edit(row, **own)(rows)
        rows = edit("trade-rudprk-2019h1-rfa", value="", low="28", high="29")(rows)
        rows = edit("trade-rudprk-2023q123-poe", value="", low="27", high="31",
                    period_start="2024-01-01", period_end="2024-07-31",
                    source_id="csis2026timeline", stated_on="2024-08-01")(rows)  # fmt: skip
        return edit(chinas["obs_id"].iloc[-1], value="", low="2", high="4")(rows)

    tables("trade", change)
    totals = series.totals(given)
    assert series.preferred(totals)[2023] == pytest.approx(34.4)
    assert halfyear.coincidence(STUDY_DAY)["total"].tolist() == pytest.approx([34.4])
    now = halfyear.shares(given).set_index("year")["share"]
    assert now[2019] == pytest.approx(before[2019] * 28.5 / 28.16)
    assert levels.later_parts(given, 2023)["value"].tolist() == [29]
    assert series.china(STUDY_DAY).set_index("obs_id")["value"][chinas["obs_id"].iloc[-1]] == 3


def test_petroleum_by_a_range_is_drawn_from_that_range(tables):
    row = "oil-2024-istories"
    tables("trade", edit(row, value="", low="900000", high="1500000", qualifier="exact"))
    top = offbooks.estimates(HINDSIGHT).iloc[0]
    assert top[["obs_id", "low", "value", "high"]].tolist() == [row, 9e5, 1.2e6, 1.5e6]
    shown = stated("trade_trends")
    assert shown["barrels_estimated"].value == 1.2e6
    given = few("trade_trends")
    table = offbooks.crossing(given, levels.newest_level(given))
    assert table["usd_per_barrel"].notna().all() and 1.2e6 in set(table["barrels"])
    at = flows.barrels(
        few("recommendations", barrel_price_low=100.0, barrel_price_high=100.0),
        {value.id: value for value in shown.values()},
        np.full(2, 0.5), np.full(2, 0.5), np.array([0.0, 1.0]),
    )  # fmt: skip
    assert at.yearly == pytest.approx([40.0, 100.0])  # over the cap of half a million
    assert at.basis.startswith("900,000 to 1,500,000 barrels in 366 days")


COUNTED = "strat-mou-meet-2024h1"


@pytest.mark.parametrize(("low", "high", "count"), [("18", "", 18), ("16", "21", 18)])
def test_a_count_of_visits_by_a_bound_or_a_range_is_read(tables, low, high, count):
    words = "exact" if high else "at_least"
    tables("strategy", edit(COUNTED, value="", low=low, high=high, qualifier=words))
    shown = stated("trade_trends")
    assert shown["official_months_2024"].value == count
    assert shown["official_months_2024"].rows == (COUNTED,)
    tables("strategy", edit("strat-mou-meet-2019", value="", low="19", high="21"))
    assert stated("trade_trends")["official_year_2019"].value == 20


def test_of_two_counts_of_a_year_the_one_that_covers_most_stands(tables):
    before = stated("trade_trends")
    tables("strategy", add(COUNTED, obs_id="strat-mou-meet-2024", period_end="2024-12-31",
                           value="31", source_id="csis2026timeline", stated_on="2025-01-20"))  # fmt: skip
    given = few("trade_trends")
    overlap = meetings.overlaps(given, meetings.events(given))
    assert overlap.set_index("window").at["months_2024", "official"] == 31
    assert trade_words.counted(overlap) == {
        "year_2019": "in all of 2019",
        "months_2024": "in all of 2024",
    }
    now = stated("trade_trends")
    assert now["official_months_2024"].rows == ("strat-mou-meet-2024",)
    # The study speaks of the year to October, past which the new count runs.
    assert now["ministry_plus"] == before["ministry_plus"]
    early = few("trade_trends", as_of=dt.date(2025, 1, 19))
    assert set(meetings.overlaps(early, meetings.events(early))["official"]) == {18}
    assert now["ministry_until"].value == "2024-06-11"
    tables("strategy", add(COUNTED, obs_id="strat-mou-meet-2024-sep", period_end="2024-09-30",
                           value="22", source_id="csis2026timeline", stated_on="2024-10-20"))  # fmt: skip
    now = stated("trade_trends")
    assert now["ministry_until"].value == "2024-09-30"
    assert "to 2024-09-30 plus" in now["ministry_plus"].label


# --- strategy --------------------------------------------------------------------------------------


def reading(claim, indicator):
    own = strategy.of_claim(few("kremlin_strategy"), claim)
    return next(r for r in own if r.indicator == indicator)


def test_aid_in_millions_is_the_same_money(tables):
    before = aid.monthly(HINDSIGHT, "allocated")
    tables("strategy", edit("strat-kiel-jpn-2022-02", value="52.284", unit="EUR_million"))
    assert aid.monthly(HINDSIGHT, "allocated").to_numpy() == pytest.approx(before.to_numpy())


def test_aid_of_a_month_by_a_range_is_its_middle(tables):
    before = aid.monthly(HINDSIGHT, "allocated")["Japan"]
    month = pd.Period("2025-12", "M")
    tables("strategy", edit("strat-kiel-jpn-2025-12", value="", low="0.02", high="0.025"))
    now = aid.monthly(HINDSIGHT, "allocated")["Japan"]
    assert now[month] == pytest.approx(22.5)
    assert now.drop(month).equals(before.drop(month))


def test_aid_whose_lag_nobody_states_is_refused(tables):
    tables("releases", lambda rows: [row for row in rows if row["source_id"] != aid.SOURCE])
    with pytest.raises(CompendiumError, match=f"releases.csv: no row of {aid.SOURCE}.*allowed"):
        aid.monthly(HINDSIGHT, "allocated")


def test_aid_in_another_money_is_refused(tables):
    tables("strategy", edit("strat-kiel-jpn-2022-02", unit="USD_million"), refused=True)
    with pytest.raises(
        CompendiumError, match="strat-kiel-jpn-2022-02: unit 'USD_million'.*EUR_million"
    ):
        aid.monthly(HINDSIGHT, "allocated")


@pytest.mark.parametrize(
    ("low", "value", "high", "read", "text"),
    [
        ("", "75", "", "against", "75 metres"),
        ("50", "", "300", "for", "50 to 300 metres"),
        ("50", "", "", "no rows", "no row known"),
    ],
)
def test_accuracy_of_the_missiles_as_one_figure(tables, low, value, high, read, text):
    words = "at_least" if low and not high else "exact"
    tables(
        "strategy", edit("strat-qual-kn23-acc", low=low, value=value, high=high, qualifier=words)
    )
    found = reading("limit-quality", "accuracy of the missiles")
    assert (found.reading, found.text) == (read, text)


def test_the_middle_of_a_statement_by_hand():
    rows = pd.DataFrame(
        [(50.0, None, None), (None, 20.0, 40.0), (None, None, 60.0), (None, 10.0, None)],
        columns=["value", "low", "high"], dtype=float,
    )  # fmt: skip
    assert evidence.middle(rows).tolist() == [50, 30, 60, 10]


def test_a_share_of_how_many_votes_is_not_known_reads_nothing(tables):
    tables("strategy", edit("strat-unga-agree-rus-chn-2023", value="0.2", note="x"))
    assert pd.isna(votes.change(votes.shares(HINDSIGHT), "RUS-CHN")["low"])
    found = reading("limit-china", "votes of Beijing with Moscow")
    assert found.reading == "no rows" and found.text.endswith("of how many votes is not known")


def test_of_two_reports_of_a_vote_the_better_graded_is_kept(tables):
    before = votes.country_votes(HINDSIGHT)
    like = "strat-unga-peace-2023-02-chn"
    for grade in ("F", "A"):
        tables("strategy", add(like, obs_id=f"{like}-{grade.lower()}", issuer="Reuters", value="3",
                               reliability=grade))  # fmt: skip
        now = votes.country_votes(HINDSIGHT).set_index("text")["CHN"]
        own = now.index == votes.TEXTS["peace-2023-02"]
        assert (now[own] == ("against" if grade == "A" else "abstained")).all()
        assert now[~own].tolist() == before.loc[~own, "CHN"].tolist()


def test_a_second_report_of_a_vote_stands_once_in_the_timeline(tables):
    before = dates.timeline(HINDSIGHT).query("lane == 'UN votes'")
    like = "strat-unga-peace-2023-02-prk"
    tables("strategy", add(like, obs_id=f"{like}-x", issuer="Reuters", reliability="A",
                           credibility="1"))  # fmt: skip
    now = dates.timeline(HINDSIGHT).query("lane == 'UN votes'")
    assert now["event"].tolist() == before["event"].tolist()
    assert set(now["rows"]) - set(before["rows"]) == {f"{like}-x"}


def test_votes_polls_and_trade_by_a_range_are_their_middle(tables):
    span = {"value": "", "low": "0.6", "high": "0.8"}

    def change(rows):
        rows = edit("strat-unga-agree-rus-chn-2023", **span)(rows)
        rows = edit("strat-unga-peace-2023-02-for", value="", low="140", high="144")(rows)
        rows = edit("strat-poll-2024-10-weapons", value="", low="12", high="16")(rows)
        return edit("strat-china-2019", value="", low="2600", high="2900")(rows)

    tables("strategy", change)
    alike = votes.shares(HINDSIGHT).set_index("row").loc["strat-unga-agree-rus-chn-2023"]
    assert alike["share"] == pytest.approx(0.7) and alike["low90"] < 0.7 < alike["high90"]
    tallies = votes.tallies(HINDSIGHT).set_index("text")
    assert tallies.at["peace-2023-02", "for"] == 142
    polls = aid.polls(HINDSIGHT).set_index("obs_id").loc["strat-poll-2024-10-weapons"]
    assert costs.china_trade(HINDSIGHT).set_index("year").at[2019, "value"] == 2750
    assert polls["value"] == 14 and polls["low90"] < 14 < polls["high90"]


@pytest.mark.parametrize(
    ("code", "read", "text"),
    [("1", "against", "Washington voted for the text"), ("2", "for", "Washington abstained on the text")],
)  # fmt: skip
def test_the_vote_of_washington_is_told_as_it_was(tables, code, read, text):
    tables("strategy", edit("strat-unga-ukraine-text-2025-02-usa", value=code))
    found = reading("strategy-unity", "vote of February 2025")
    assert found.reading == read and found.text.startswith(text)


# --- named rows ------------------------------------------------------------------------------------


def named_rows(chapter):
    """obs_ids that the code of a chapter names."""
    code = "".join(
        file.read_text("utf-8") for file in (paths.ROOT / "src/compendium" / chapter).glob("*.py")
    )
    return set(re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"', code))


def twins(names):
    """A report of the same statement, of the same grade and earlier in the table, for each name."""

    def change(rows):
        for own in rows:
            if own["obs_id"] in names and own["stated_on"] and own["unit"] != "events":
                yield own | {"obs_id": f"{own['obs_id']}-twin"}
            yield own

    return lambda rows: list(change(rows))


def told(chapter):
    """Values of a chapter, and how many rows each of its tables has."""
    found = models.run(chapter, few(chapter))
    sizes = {name: len(frame) for name, frame in found.frames.items()}
    return {value.id: value.value for value in found.values}, sizes


@pytest.mark.parametrize(
    ("chapter", "folder"), [("troop_plausibility", "troops"), ("arms_trade", "arms")]
)
@pytest.mark.long
def test_a_named_row_is_found_where_another_report_stands_for_its_statement(
    tables, chapter, folder
):
    before = told(chapter)
    for table in ("arms", "troops", "trade"):
        tables(table, twins(named_rows(folder)))
    assert told(chapter) == before


def test_a_better_report_of_a_named_row_takes_nothing_from_the_troops(tables):
    given = few("troop_plausibility")
    ways, heads = money.hypotheses(given), money.per_head(given)
    best = {"reliability": "A", "credibility": "1", "source_id": "csis2026timeline"}
    tables("troops", edit("troops-study-cap-2024-de", reliability="A"))
    tables("troops", add("troops-pay-nis-2024", obs_id="troops-x", **best))
    tables("arms", add("arms-fnf24-troop-income", obs_id="arms-x", **best))
    assert checks.study_cap(HINDSIGHT) == 20_000 and len(checks.ceiling(given))
    assert money.study_per_head(HINDSIGHT) is not None
    assert money.hypotheses(given).equals(ways) and money.per_head(given).equals(heads)


def test_a_better_report_of_a_named_row_takes_nothing_from_the_arms(tables):
    before = estimates.follow_up_check(HINDSIGHT)
    best = {"reliability": "A", "credibility": "1", "source_id": "csis2026timeline"}
    tables("troops", add("troops-pay-nis-2024", obs_id="troops-x", **best))
    tables("trade", add("fx-usdeur-2024-06-28", obs_id="trade-x", **best))
    assert estimates.follow_up_check(HINDSIGHT).equals(before)


@pytest.mark.parametrize(
    ("row", "frame"),
    [
        ("arms-price-82-2022", "follow_up"),
        *(
            pytest.param(row, frame, marks=pytest.mark.long)
            for row, frame in (
                ("fx-usdeur-2024-06-28", "follow_up"),
                ("arms-fnf24-troop-perperson", "follow_up"),
                ("arms-mis-2024-09", "follow_up"),
                ("arms-fnf24-low", "study"),
                ("arms-fnf24-high", "study"),
            )
        ),
    ],
)
def test_without_a_named_row_its_part_is_left_out_and_the_rest_stands(row, frame):
    given = few("arms_trade", sobol_samples=64)
    whole = models.run("arms_trade", given)
    with evidence.without(row):
        found = models.run("arms_trade", given)
    assert (
        len(whole.frames[frame]) and found.frames[frame].empty and found.frames["follow_up"].empty
    )
    assert not any(row in value.rows for value in found.values)
    stand = {"value_total", "share", "containers_lowest", "flow_6_months", "sobol_input"}
    assert stand <= {value.id.partition(".")[2] for value in found.values}


def test_men_in_stages_stay_so_where_a_better_report_stands_for_them(tables):
    given = few("troop_plausibility", plan_realised=0.5, count_builders=True)
    ends = ["wave", "low", "high"]
    before = stock.contingents(given)[ends]
    tables("troops", add("troops-add-2025-11-04-nis-builders", obs_id="troops-x", reliability="A",
                         credibility="1", source_id="csis2026timeline"))  # fmt: skip
    assert stock.contingents(given)[ends].equals(before)


def better(row):
    """A second report of the statement of a row, graded better, which then stands for both."""
    return add(row, obs_id=f"{row}-better", source_id="csis2026timeline", reliability="A",
               credibility="1")  # fmt: skip


def test_an_event_is_dated_by_its_row_beside_a_better_report(tables):
    given = few("kremlin_strategy")
    before = aid.events(given)
    tables("troops", better(aid.EVENTS["troops"][1]))
    assert aid.events(given) == before and len(before) == 2


def test_the_turn_of_washington_confounds_beside_a_better_report(tables):
    before = reading("limit-reputation", "votes for texts on Ukraine")
    tables("strategy", better("strat-unga-ukraine-text-2025-02-usa"))
    now = reading("limit-reputation", "votes for texts on Ukraine")
    assert now.confounded and now == before


def test_a_better_report_of_the_remark_is_still_the_remark(tables):
    tables("trade", better(trade_words.REMARK))
    told = levels.reported_total(HINDSIGHT, 2024)
    assert told["obs_id"] != trade_words.REMARK and trade_words.is_remark(told)


def test_yardsticks_keep_their_rows_beside_better_reports(tables):
    before = economy.yardsticks(HINDSIGHT)
    for row in ("fx-krwusd-2023", "bok-gdpreal-2022-usd"):
        known = {"stated_on": "2024-07-26", "source_id": "csis2026timeline"}
        tables("trade", edit(row, **known))
        tables("trade", better(row))
    assert economy.yardsticks(HINDSIGHT).equals(before)


def test_barrels_of_an_estimate_that_has_a_better_report(tables):
    given, half = few("recommendations"), np.full(2, 0.5)
    trade = {value.id: value for value in stated("trade_trends").values()}
    before = flows.barrels(given, trade, half, half, half)
    tables("trade", better("oil-2024-istories"))
    now = flows.barrels(given, trade, half, half, half)
    assert now.yearly.tolist() == before.yearly.tolist() and now.rows == before.rows


def test_growth_and_levels_by_a_range_are_their_middle(tables):
    before = yardsticks.growth(HINDSIGHT).iloc[-1]
    levels_ = yardsticks.implied_rates(HINDSIGHT)
    study = levels_["stated_by"].str.contains("FNF")
    won = levels_.loc[study, "rows"].iloc[0][0]

    tables("trade", edit(before["obs_id"], value="", low="3", high="4"))
    tables("trade", edit(won, value="", low="32", high="34"))
    assert yardsticks.growth(HINDSIGHT).iloc[-1]["value"] == 3.5
    assert yardsticks.implied_rates(HINDSIGHT).loc[study, "trillion_won"].tolist() == [33]


# --- verdicts --------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_parameter_alone_overtakes_no_statement(monkeypatch, tmp_path):
    monkeypatch.setenv("COMPENDIUM_OUTPUT", str(tmp_path))
    every = evidence.claims(None, HINDSIGHT)
    row = every[every["claim_id"] == "strategy-ammunition"].reset_index(drop=True)
    then = upstream.values_of("kremlin_strategy", STUDY_DAY)
    for need, verdict in ((95, "not reproduced"), (30, "reproduced")):
        found = models.run("kremlin_strategy", few("kremlin_strategy", need_share=need))
        now = {value.id: value for value in found.values}
        assert claims.summary(row, then, now).at[0, "verdict"] == verdict


@pytest.mark.parametrize(
    ("claim", "unit", "allowed"),
    [("arms-value-upper", "USD_billion", "USD_million"), ("economy-size", "USD_million", "USD_billion")],
)  # fmt: skip
def test_a_statement_in_another_unit_than_its_value_is_refused(tables, claim, unit, allowed):
    tables("claims", lambda rows: [
        own | {"unit": unit} if own["claim_id"] == claim else own for own in rows
    ])  # fmt: skip
    with pytest.raises(CompendiumError, match=f"{claim}: unit '{unit}'.*allowed: {allowed}"):
        verdicts.tested(few("arms_trade"), STUDY_DAY)


# --- recommendations -------------------------------------------------------------------------------


def test_later_counts_of_theft_in_every_way_they_may_be_written(tables):
    like, late = "strat-crypto-2025", {"source_id": "csis2026timeline", "stated_on": "2026-06-01"}

    def change(rows):
        rows = edit(like, value="", low="2000", high="2300")(rows)
        rows = add(like, obs_id="strat-crypto-2025-trm", issuer="TRM Labs", value="2.5",
                   low="", high="", unit="USD_billion")(rows)  # fmt: skip
        return add("strat-crypto-2024", obs_id="strat-crypto-2024-new", value="1400",
                   issuer="Chainalysis (via Reuters)", **late)(rows)  # fmt: skip

    tables("strategy", change)
    counts = theft.counts(HINDSIGHT).set_index(["year", "issuer"])["value"]
    assert counts[2024].to_dict() == {"Chainalysis": 1400, "MSMT": 1190}
    assert counts[2025].to_dict() == {"Chainalysis": 2150, "TRM Labs": 2500}
    stolen = moved("crypto theft by Chainalysis")
    assert (stolen["after"], stolen["moved"]) == (2150, "rose")
    scored = check.projections(few("recommendations")).set_index("quantity")
    own = scored.loc["crypto theft of 2025, million USD (Chainalysis)"]
    assert (own["later"], own["inside"]) == (2150, "yes")


def moved(name):
    first = designations.plain(HINDSIGHT)["day"].min()
    return designations.since(designations.aligned(HINDSIGHT), first).set_index("series").loc[name]


def test_trade_that_ends_in_a_range_is_held_against_its_middle(tables):
    tables("trade", edit("trade-cn-2025-gac", value="", low="2700", high="2800"))
    trade = moved("trade with China, customs")
    assert (trade["after"], trade["moved"]) == (2750, "rose")


def test_a_designation_told_as_a_floor_or_range_counts_with_its_low_end(tables):
    like = "strat-sanc-us-2025-11-e"

    def change(rows):
        own = {"value": "", "period_start": "2025-11-05", "period_end": "2025-11-05",
               "source_id": "csis2026timeline", "stated_on": "2025-11-05"}  # fmt: skip
        rows = add(like, **own, obs_id=f"{like}-new1", low="20", qualifier="at_least")(rows)
        rows = add(like, **own, obs_id=f"{like}-new2", low="5", high="9")(rows)
        return add(like, **own, obs_id=f"{like}-new3", high="30", qualifier="up_to")(rows)

    before = designations.plain(HINDSIGHT)["value"].sum()
    tables("strategy", change)
    listed = designations.plain(HINDSIGHT)
    assert designations.by_issuer(listed)["designations"].sum() == before + 20 + 5
    assert designations.actions(listed)["size"].min() > 0


def test_a_range_of_listings_is_a_floor_in_the_timeline(tables):
    tables("strategy", edit("strat-sanc-us-2023-03", value="", low="1", high="3"))
    lane = dates.timeline(HINDSIGHT).query("lane == 'Sanctions'")["event"]
    assert "US: at least 1 listed" in set(lane)


@pytest.mark.parametrize("how", [models.run, models.headlines])
def test_a_model_that_a_row_breaks_says_so(monkeypatch, how):
    def broken(chosen):
        raise KeyError("arms-price-82-2022")

    monkeypatch.setattr(arms_trade, "run", broken)
    monkeypatch.setattr(arms_trade, "headlines", broken)
    with pytest.raises(CompendiumError) as told:
        how("arms_trade", few("arms_trade"))
    assert "the model of arms_trade does not work on the tables as they are" in str(told.value)
    assert "KeyError: 'arms-price-82-2022'" in str(told.value)
    assert "src/compendium/models.py:" in str(told.value)
