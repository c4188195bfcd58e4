"""Figures that contradict each other, side by side, with what can be said about them."""

from __future__ import annotations

import pandas as pd

from compendium import conflicts as shared
from compendium.conflicts import Conflict

TRADE = (
    Conflict(
        "Soviet and Russian trade, 1990",
        ("trade-rudprk-1990-zakharova", "trade-rudprk-1990-primidi",
         "trade-rudprk-1990-nationsenc", "trade-rudprk-1990-rokmofa-implied"),
        "Clearing in soft roubles: the dollar value is a matter of the rate chosen.",
    ),
    Conflict(
        "Trade in 1991",
        ("trade-rudprk-1991-rokmofa", "trade-rudprk-1991-primidi"),
        "The rouble rate again; the ministry's estimate is of the time, the other is a late summary.",
    ),
    Conflict(
        "Trade in 1999",
        ("trade-rudprk-1999-kotra-implied", "trade-rudprk-1999-med-implied",
         "trade-rudprk-1999-nationsenc", "trade-rudprk-1999-primidi"),
        "A factor of two between concepts: no figure of this year is preferred.",
    ),
    Conflict(
        "Trade in 2000",
        ("trade-rudprk-2000-kotra", "trade-rudprk-2000-med", "trade-rui-2000-med"),
        "The Russian ministry counts earnings of labour, KOTRA goods only.",
    ),
    Conflict(
        "Trade in 2005",
        ("trade-rudprk-2005-kotra", "trade-rudprk-2005-primidi"),
        "The lower figure may be petroleum alone.",
    ),
    Conflict(
        "Trade in 2006",
        ("trade-rudprk-2006-kotra", "trade-rudprk-2006-rokmofa", "trade-rux-2006-petrov"),
        "One author's estimate of the imports alone exceeds the two-way totals.",
    ),
    Conflict(
        "Russia's share of trade in 2007",
        ("trade-share-ru-2007-kotra", "trade-share-ru-2007-kotra-b", "trade-share-ru-2006-kotra"),
        "The higher share is that of 2006, printed again; the lower one is KOTRA's own.",
    ),
    Conflict(
        "Trade in 2010",
        ("trade-rudprk-2010-embassy-implied", "trade-rudprk-2010q123-kotra",
         "trade-rudprk-2010h1-kotra", "trade-rux-2010h1-kotra", "trade-rui-2010h1-kotra"),
        "Nine months by KOTRA exceed the embassy's year, perhaps through aircraft; "
        "the half-year is printed rounded and its parts sum to a little less.",
    ),
    Conflict(
        "Total and imports of 2013 at RFA",
        ("trade-rudprk-2013-kotra2015", "trade-rudprk-2013-fcs-rfa", "trade-rux-2013-fcs-rfa"),
        "Imports above the total are impossible; the two look swapped.",
    ),
    Conflict(
        "Exports to Russia, 2013",
        ("trade-rui-2013-kotra", "trade-rui-2013-itc"),
        "Two statistics of one flow; both stand.",
    ),
    Conflict(
        "Flows of 2014 as KBS printed them",
        ("trade-rui-2014-itc", "trade-rui-2014-itc-kbsfr", "trade-rux-2014-fcs-rfa",
         "trade-rux-2014-itc-kbsfr"),
        "A Korean numeral misread, and a deficit printed as imports.",
    ),
    Conflict(
        "Trade in 2015 at RFA",
        ("trade-rudprk-2015-voa", "trade-rudprk-2015-kotra", "trade-rudprk-2015-fcs-rfa",
         "trade-rux-2015-fcs-rfa"),
        "A group of digits seems lost: the parts give the higher figure.",
    ),
    Conflict(
        "First quarter of 2015",
        ("trade-rudprk-2015q1-voa", "trade-rux-2015q1-itc", "trade-rui-2015q1-itc",
         "trade-rux-2015q1-kotra", "trade-rui-2015q1-kotra"),
        "VOA has about twice what KOTRA and ITC have.",
    ),
    Conflict(
        "First quarter of 2016, halved or not",
        ("trade-rudprk-2015q1-voa", "trade-rudprk-2016q1-voa"),
        "The reported fall by more than half rests on the doubtful figure of 2015.",
    ),
    Conflict(
        "First half of 2018",
        ("trade-rudprk-2018h1-rfa", "trade-rux-2018h1-yonhap"),
        "One number printed once as total and once as imports; only the total fits the growth rates.",
    ),
    Conflict(
        "Monthly averages of 2016 and 2017 at VOA",
        ("trade-ruxavg-2016-itc", "trade-ruxavg-2017-itc", "trade-rux-2016-fcs-rfa",
         "trade-rux-2017-fcs-rfa"),
        "Times twelve, each gives the other year's total: they look swapped.",
    ),
    Conflict(
        "January and February 2018",
        ("trade-rudprk-2018m2-kremlin", "trade-rux-2018m2-kremlin", "trade-rui-2018m2-kremlin"),
        "The parts sum to a little more than the total.",
    ),
    Conflict(
        "Trade in 2021",
        ("trade-rudprk-2021-fcs", "trade-rudprk-2021-newspim"),
        "Two prints of one item differ in a digit.",
    ),
    Conflict(
        "Part of 2023",
        ("trade-rudprk-2023m11-kozlov", "trade-rudprk-2023q123-poe"),
        "The same number with two cut-off days, likely from one source.",
    ),
    Conflict(
        "The year 2024",
        ("trade-rudprk-2024h1-fnf", "trade-rudprk-2024-nikiforov"),
        "A year cannot be less than its first half: at least one is wrong, or they measure different things.",
    ),
    Conflict(
        "KOTRA's 2024 and the Russian remarks",
        ("trade-world-2024-kotra", "trade-cn-2024-kotra", "trade-share-top10-2024-kotra",
         "trade-share-cn-2024-kotra", "trade-rudprk-2024-nikiforov"),
        "The nine partners after China have less between them than the stated Russian trade, and "
        "Russia is not named: KOTRA does not count it. Its silence is not evidence of absence.",
    ),
    Conflict(
        "World trade of North Korea, 2023",
        ("trade-world-2023-kotra", "trade-world-2023-asiae"),
        "The lower figure is a misprint; its own parts sum to the higher one.",
    ),
    Conflict(
        "China in 2021, by concept",
        ("trade-cn-2021-gac", "trade-cn-2021-kotra"),
        "KOTRA adds crude oil; the two are two concepts, not two opinions.",
    ),
    Conflict(
        "China in 2023, by concept",
        ("trade-cn-2023-gac", "trade-cn-2023-kotra"),
        "As for 2021.",
    ),
    Conflict(
        "China in 2024",
        ("trade-cn-2024-gac", "trade-cn-2024-gac-implied", "trade-cn-2024-kotra"),
        "KOTRA has its own concept.",
        ((("trade-cn-2024-gac-implied",),
          "Customs as stated and as implied by the next year's growth agree."),),
    ),
    Conflict(
        "Petroleum of August 2020",
        ("oil-2020m08-ru", "oil-2020m08-ru-tw"),
        "KBS and Reuters against TradeWinds: one digit.",
    ),
    Conflict(
        "Petroleum of 2019 in tonnes and barrels",
        ("oil-2019-ru", "oil-2019-ru-tonnes"),
        "The ratio is higher than the barrels a tonne that the carrier's own sum uses.",
    ),
    Conflict(
        "Petroleum of 2023, parts and total",
        ("oil-2023m01-ru", "oil-2023m02-ru", "oil-2023m03-12-ru", "oil-2023-ru"),
        "The parts miss the total by one barrel.",
    ),
    Conflict(
        "Petroleum the country needs in a year",
        ("oil-need-annual", "oil-need-ytn"),
        "A factor of two; the higher one may count crude oil as well.",
    ),
    Conflict(
        "Tourists in 2024",
        ("tour-2024q123", "travel-ru-tour-2024"),
        "Nine months in the media exceed the border service's year: both directions, other concept.",
    ),
    Conflict(
        "Workers in Russia at the end of 2017",
        ("workers-2017-12", "workers-2017-matsegora", "workers-2017-peak"),
        "Permits reported to the committee against an ambassador's recollection.",
    ),
    Conflict(
        "Growth in 2006",
        ("bok-growth-2006-v2007", "bok-growth-2006-v2012"),
        "The later one is probably a misprint of minus one.",
    ),
    Conflict(
        "Real output of 2023",
        ("bok-gdpreal-2023-krw", "bok-gdpreal-2023-krw-rebased"),
        "A new base year raises the level; growth is hardly affected.",
    ),
    Conflict(
        "The study's yardstick for 2023",
        ("fnf-output-2023-usd", "bok-gdpreal-2023-usd", "bok-gdpreal-2023-krw", "bok-gni-2023-krw"),
        "The study names neither concept nor rate; it fits real output at a rate above the year's average.",
    ),
)  # fmt: skip

MEETINGS = (
    Conflict(
        "Meetings in 2019 and the norm",
        ("strat-mou-meet-2019", "strat-fnf-meet-norm"),
        "The ministry's count for one year of the three decades is several times the norm.",
    ),
    Conflict(
        "The number of meetings in 2024",
        ("strat-fnf-meet-2024", "strat-reuters-meet-jun24", "strat-mou-meet-2024h1"),
        "The study and Reuters have one number for two spans; the study's may be its own count or an echo.",
    ),
    Conflict(
        "The day of a visit in June 2024",
        ("meet-2024-06-risongchol",),
        "The list has the day of departure, the ministry's count the day after.",
    ),
    Conflict(
        "Rank of a visitor in March 2025",
        ("meet-2025-03-jonsolryong",),
        "Minister or vice-minister; strict counts take either.",
    ),
    Conflict(
        "Day of a meeting in May 2015",
        ("meet-2015-05-kimyongnam",),
        "Sources differ by a day.",
    ),
    Conflict(
        "Day of a visit in November 2024",
        ("meet-2024-11-degtyarev",),
        "Sources differ by a day.",
    ),
    Conflict(
        "Two trips of October 2018",
        ("meet-2018-10-sin", "meet-2018-10-choe"),
        "They may overlap; both are counted.",
    ),
)


def table(as_of, conflicts=TRADE) -> pd.DataFrame:
    """`compendium.conflicts.table`, by default of the conflicts on trade."""
    return shared.table(as_of, conflicts)
