"""Rows of this chapter that contradict each other, side by side."""

from __future__ import annotations

from compendium.conflicts import Conflict, table

__all__ = ["CONFLICTS", "table"]

CONFLICTS = (
    Conflict(
        "Day the treaty was signed",
        ("strat-treaty-signed", "strat-treaty-signed-alt"),
        "Wires of the day have the nineteenth; the other is a later encyclopedic text.",
    ),
    Conflict(
        "Action of the United States, 16 December 2024",
        ("strat-sanc-us-2024-12-alt-i", "strat-sanc-us-2024-12-alt-e",
         "strat-sanc-us-2024-12-i", "strat-sanc-us-2024-12-e", "strat-sanc-us-2024-12-state",
         "strat-sanc-us-2024-12-all"),
        "Two ways to split the same list; both have the same sum.",
        ((("strat-sanc-us-2024-12-all",), "A later text has that sum alone."),),
    ),
    Conflict(
        "Votes for the United States' text, February 2025",
        ("strat-unga-us-text-2025-02-for", "strat-unga-us-text-2025-02-alt"),
        "The higher figure is graded far better.",
    ),
    Conflict(
        "Tally on reparations, November 2022",
        ("strat-unga-reparations-2022-11-against", "strat-unga-reparations-2022-11-against-alt",
         "strat-unga-reparations-2022-11-abstain", "strat-unga-reparations-2022-11-abstain-alt"),
        "An early report moved one state from against to abstaining.",
    ),
    Conflict(
        "Fighter jets, as relayed from Admiral Paparo",
        ("strat-tech-paparo-air", "strat-tech-paparo-air-alt"),
        "One remark, two days and two strengths: agreed to, or may have transferred. "
        "A third relay is not in the tables.",
    ),
    Conflict(
        "Share of rounds that can be used",
        ("strat-qual-skib", "strat-qual-dykyi"),
        "The low figure is drawn from one shelling of an island long ago; it is noise.",
    ),
    Conflict(
        "Missiles in the winter of 2023 to 2024",
        ("strat-qual-nyt-acc", "strat-qual-kostin-fail"),
        "The same months, called as accurate as Russian ones by one side's officials and half "
        "failed by another's; failed ones left nothing to examine.",
    ),
    Conflict(
        "Accuracy of the missiles before and after",
        ("strat-qual-kn23-acc-old", "strat-qual-kn23-acc"),
        "Two periods and no contradiction if the missiles were improved; one side's word for both.",
    ),
    Conflict(
        "North Korean share of shells fired",
        ("strat-qual-need-times", "strat-qual-romanov"),
        "The higher figure is one sector of the front.",
    ),
    Conflict(
        "Gap between Russian use and output of shells",
        ("arms-ru-gap-2023", "arms-ru-gap-kei"),
        "A factor of sixteen: one counts what was asked for and met, the other all use of a year.",
    ),
    Conflict(
        "Rank of a visitor in March 2025",
        ("meet-2025-03-jonsolryong",),
        "The row has the vice-minister; other sources have a minister.",
    ),
    Conflict(
        "Day of a meeting in May 2015",
        ("meet-2015-05-kimyongnam",),
        "The meeting with President Putin is put on the eighth by one source and on the ninth by another.",
    ),
    Conflict(
        "Day of a visit in November 2024",
        ("meet-2024-11-degtyarev",),
        "The row begins on the twenty-second; a caption elsewhere has the arrival on the twenty-third.",
    ),
    Conflict(
        "Fewer than five visits as the norm",
        ("strat-fnf-meet-norm", "strat-mou-meet-2019", "strat-mou-meet-2024h1"),
        "The ministry's count of 2019 alone is above the norm the study states.",
    ),
    Conflict(
        "Koreans for weapons, October and November 2024",
        ("strat-poll-2024-10-weapons", "strat-poll-2024-11-favour", "strat-poll-2024-11-oppose"),
        "Three options against two: the wording differs and not the opinion.",
    ),
    Conflict(
        "Day of the report on unusable rounds",
        ("strat-qual-skib-kbs", "strat-qual-skib"),
        "The index of one carrier has 23 February 2024, but its text cites an article of early March; "
        "the statement is one.",
    ),
    Conflict(
        "Founding of the monitoring team",
        ("strat-msmt-founding", "ev-msmt"),
        "One relay put it a year earlier and is in no row; the ministry's own day settles it.",
    ),
    Conflict(
        "States behind the statement of 31 May 2024",
        ("strat-joint-2024-05", "strat-joint-2024-05-alt"),
        "Two published lists, with and without Switzerland.",
    ),
    Conflict(
        "Japan's list of January 2025",
        ("strat-sanc-jp-2025-01-pack-i", "strat-sanc-jp-2025-01-i",
         "strat-sanc-jp-2025-01-pack-e", "strat-sanc-jp-2025-01-pack-b",
         "strat-sanc-jp-2025-01-pack-i2", "strat-sanc-jp-2025-01-pack-e2",
         "strat-sanc-jp-2025-01-dprkbank"),
        "Two ways to group one list: the twelve are the eleven and the North Korean, the "
        "thirty-three are the twenty-nine, the three banks and a Georgian bank without a row. "
        "The last row takes the North Korean and the Georgian bank for one North Korean bank.",
    ),
    Conflict(
        "Support for own nuclear arms in South Korea",
        ("strat-poll-nuke-2023", "strat-poll-nuke-2025-asan"),
        "Two pollsters with two questions: their levels cannot be compared.",
    ),
    Conflict(
        "Aid of South Korea: pledged, committed, allocated",
        ("strat-rok-pledge-23", "strat-kiel-kor-all-commitments", "strat-kiel-kor-all-total"),
        "A plan for years ahead, what was promised, and what was set aside: three quantities.",
    ),
    Conflict(
        "Crypto theft of 2024 as relayed from the monitoring team",
        ("strat-crypto-msmt-2024", "strat-crypto-msmt-2024-alt"),
        "A digit misread by a carrier, most likely.",
    ),
)  # fmt: skip
