"""The timeline of the partnership: what it takes, what it names, and when each thing counts."""

import pandas as pd
import pytest

from compendium import evidence, figures
from compendium.strategy import dates

DAY = "2024-10-28"


@pytest.fixture(scope="module")
def found():
    return dates.timeline(DAY)


def test_every_event_rests_on_rows_known_by_the_day(found):
    named = [row for rows in found["rows"] for row in rows.split(", ")]
    assert set(evidence.named(named, DAY)["obs_id"]) == set(named)
    assert (found["day"] >= dates.OPENS).all()
    assert (found["day"] <= pd.Timestamp(DAY)).all()
    assert not found.isna().any(axis=None)


def test_lanes_are_in_order_and_each_runs_in_time(found):
    order = ["Meetings", "Pacts", "Arms", "Troops", "UN votes", "Sanctions"]
    assert list(dict.fromkeys(found["lane"])) == order
    for _, own in found.groupby("lane"):
        assert own["day"].is_monotonic_increasing


def test_what_is_named_follows_the_rule(found):
    main = found[found["main"]].groupby("lane")["event"].agg(list)
    assert main["Meetings"] == [
        "heads of state, Vostochny and the Far East",
        "heads of state, Pyongyang",
    ]
    assert main["Pacts"] == [
        "North Korea recognises Donetsk and Luhansk",
        "treaty signed",
        "ratified by the Duma",
    ]
    assert main["Arms"][0] == "containers: more than 1,000 (US White House)"
    assert [event.partition(":")[0] for event in main["Arms"]] == [
        "containers", "shells", "missiles delivered", "missiles fired",
    ]  # fmt: skip
    assert main["UN votes"] == ["Security Council: panel of experts renewal"]
    assert len(main["Sanctions"]) == 2


def test_arms_stand_at_the_day_they_were_told(found):
    row = found[found["rows"] == "arms-cont-2023-10-wh"].iloc[0]
    assert row["day"] == pd.Timestamp("2023-10-13")  # the count itself ends on the first


def test_a_count_without_a_day_stands_where_it_runs_to():
    """The day from which it counts as known is none on which anything happened."""
    found = dates.timeline("2026-10-31").set_index("rows")
    assert found.at["troops-present-2026-01-hur", "day"] == pd.Timestamp("2026-01-31")
    assert evidence.named(["troops-present-2026-01-hur"], "2026-10-31")["stated_on"].isna().all()


def test_what_a_row_doubts_of_its_day_or_wording_is_told():
    events = dates.timeline("2026-10-31").set_index("rows")["event"]
    assert events["troops-present-2026-01-hur"].endswith(
        "(HUR) (digest wording could also mean sent since 2024; month approximate)"
    )
    assert events["meet-2025-10-medvedev"].endswith("(days approximate)")
    # A text that has the treaty signed on the day before is graded so, and named beside it.
    assert events["strat-treaty-signed-alt"] == "treaty signed (graded improbable)"
    assert events["strat-treaty-signed"] == "treaty signed"


def test_a_count_says_of_what_and_a_part_of_one_is_not_the_first(found):
    """Of 12,000 men that Kyiv counted on that day 500 were officers."""
    troops = found[found["lane"] == "Troops"].set_index("rows")
    whole, part = "troops-present-2024-10-24-hur", "troops-officers-2024-10-24-hur"
    assert troops.at[whole, "event"] == "troops present, in Russia: about 12,000 (HUR)"
    assert troops.at[part, "event"] == "troops present, officers: about 500 (HUR)"
    assert troops.at[whole, "main"] and not troops.at[part, "main"]
    arms = found.set_index("rows")["event"]
    assert arms["arms-sh-2023-11-jcs122"].startswith("shells, if all rockets of 122 mm: more than")


def test_votes_are_those_of_north_korea_and_of_the_council(found):
    votes = found[found["lane"] == "UN votes"]
    assembly = votes[votes["event"].str.startswith("General Assembly")]
    assert assembly["rows"].str.endswith("-prk").all()
    assert assembly["event"].str.endswith("North Korea against").all()
    assert len(votes) == len(assembly) + 1


def test_listings_of_a_day_are_added_up_without_second_sources(found):
    rows = evidence.load("strategy", DAY, indicator="sanctions_designations")
    own = rows[(rows["period_start"] == "2024-05-17") & rows["item"].str.startswith("US:")]
    listed = own.loc[~own["alternative"], "value"].sum()
    (event,) = found.loc[
        (found["day"] == "2024-05-17") & found["event"].str.startswith("US:"), "event"
    ]
    assert event == f"US: {listed:.0f} listed"
    sanctions = found[found["lane"] == "Sanctions"]
    most = sanctions["event"].str.extract(r"([\d,]+) listed")[0].str.replace(",", "").astype(float)
    assert sanctions["main"][most.idxmax()]
    assert sanctions["main"].iloc[0]


def test_an_early_day_knows_little_and_hindsight_more(found):
    early = dates.timeline("2023-06-30")
    assert set(early["lane"]) == {"Pacts", "UN votes", "Sanctions"}
    assert len(dates.timeline("2022-01-15")) == 0
    late = dates.timeline("2026-06-30")
    assert len(late) > len(found) > len(early)
    assert "in force" in set(late["event"])


@pytest.mark.parametrize("day", ["2022-03-10", "2022-08-01", "2023-04-01", "2024-02-01"])
def test_every_vintage_can_be_drawn(day):
    rows = dates.timeline(day)
    assert len(figures.lanes(rows).table) == len(rows)
