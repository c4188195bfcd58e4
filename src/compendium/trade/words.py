"""Sentences that follow from rows and frames, so that no vintage, parameter or row makes them false."""

from __future__ import annotations

import pandas as pd

from compendium import evidence
from compendium.parameters import TradeTrends
from compendium.trade import levels, offbooks, series

# The one remark on 2024 whose story the chapter tells.
REMARK = "trade-rudprk-2024-nikiforov"
SOVIET = 1991  # the last year of clearing trade in soft roubles


def beside(amount: float, other: float) -> str:
    """Where an amount lies beside another: above, below or at it."""
    return "above" if amount > other else "below" if amount < other else "at"


def is_remark(told: pd.Series) -> bool:
    """Whether a total is that of the remark, in whichever report it is graded best."""
    return REMARK in (told["obs_id"], *told["repeated_by"])


def later_total(found: levels.Readings, half: float) -> str:
    """What the total of the year as reported later says beside the study's half of it."""
    what = "remark" if is_remark(found.reported) else "figure"
    beneath = float(found.reported["value"]) < half
    return (
        f"One later {what} puts the whole year at {{value}}`trade_trends.reported`, "
        + (
            "less than the study's half of it, so both cannot be right.\n"
            if beneath
            else "no less than the study's half of it, so both may be right.\n"
        )
        + f"Whoever gives that {what} a weight of {{value}}`trade_trends.reported_weight`, a mere parameter,"
        " arrives at {value}`trade_trends.return_weighed`.\n"
    )


def later_report(p: TradeTrends, found: levels.Readings, totals: pd.DataFrame, half: float) -> str:
    """Who reported the total of the year later, how it fits the study's half, and what it is worth."""
    told = found.reported
    remark = is_remark(told)
    said = (
        "In June 2025 a Russian association of exporters and importers put trade in 2024 at"
        " {value}`trade_trends.reported` and called it a record, which it is not.\n"
        if remark
        else f"Trade in {found.year} is put at {{value}}`trade_trends.reported`: {evidence.literal(told['issuer'])}.\n"
    )
    said += "That is {value}`trade_trends.reported_over_base` of the base, and "
    said += (
        "below the study's figure for the first half alone.\n"
        "Trade of a year cannot be less than that of its half, so at least one of the two is wrong, or they measure different things.\n"
        if float(told["value"]) < half
        else "no less than the study's figure for the first half.\n"
    )
    if remark:
        said += "The later figure is badly graded: one man's remark, quoted twice"
        before = series.of_others(totals[totals["year"] == found.year - 1])["value"]
        if (before.astype(int) == int(told["value"])).any():
            said += (
                ", and equal to the total of the year before but for the decimals,"
                " so it may be that total repeated by mistake"
            )
        said += ".\n"
    if told["obs_id"] in set(totals.loc[totals["preferred"], "obs_id"]):
        said += (
            "By the grades that this build takes, it is the total the series has for the year.\n"
        )
    else:
        said += (
            "So the model does not prefer it.\n" if remark else "The model does not prefer it.\n"
        )
    said += "The table shows it alone, and a mixture in which it has the weight `reported_weight`"
    slack = float(told["value"]) * p.statement_error
    alone = found.alone[found.chosen]
    if (abs(alone - float(told["value"])) > slack).all():
        said += "; the two do not overlap, so the mixture has no middle worth naming"
    return said + "."


def span(row: pd.Series) -> str:
    """Months that a row covers; a calendar year by its number."""
    start, end = row["period_start"], row["period_end"]
    if (start.month, end.month) == (1, 12) and start.year == end.year:
        return str(start.year)
    if (start.year, start.month) == (end.year, end.month):
        return f"{end:%B %Y}"
    return f"{start:%B}{'' if start.year == end.year else f' {start.year}'} to {end:%B %Y}"


def petroleum(as_of, rows: pd.DataFrame) -> str:
    """The largest estimate by sea beside the yearly cap and the last report, each with its months."""
    last = offbooks.newest_report(rows)
    return (
        "The largest estimate by sea is {value}`trade_trends.barrels_estimated`"
        f" ({span(offbooks.estimates(as_of).iloc[0])}), against a yearly cap of {{value}}`trade_trends.cap`"
        + (
            ".\n"
            if last is None
            else f" and a last Russian report of {{value}}`trade_trends.barrels_reported` ({span(last)}).\n"
        )
    )


def china(rows: pd.DataFrame) -> str:
    """China's newest total in each concept, with its year."""
    stated = rows[rows["qualifier"] != "implied"].groupby("concept")["year"].max()
    return (
        "China's newest totals are {value}`trade_trends.china_customs` by customs"
        f" ({stated[series.CUSTOMS]}) and {{value}}`trade_trends.china_kotra` by KOTRA ({stated[series.KOTRA]}).\n"
    )


# What is told to have cut trade: years to look at before it, and after it.
SHOCKS = {
    "the sanctions of 2017": (range(2015, 2018), range(2018, 2020)),
    "the closed border": (range(2018, 2020), range(2020, 2022)),
}
COUNTS = {series.CUSTOMS: "customs", series.KOTRA: "KOTRA"}


def china_shocks(rows: pd.DataFrame) -> str:
    """Which counts of China's trade show a fall with each shock; a line without points shows none."""
    stated = rows[rows["qualifier"] != "implied"].sort_values("year")
    said = ""
    for shock, (before, after) in SHOCKS.items():
        fell, unseen = [], []
        for concept, name in COUNTS.items():
            own = stated[stated["concept"] == concept]
            old, new = (own.loc[own["year"].isin(years), "value"] for years in (before, after))
            if old.empty or new.empty:
                unseen.append(name)
            elif new.iloc[0] < old.iloc[-1]:
                fell.append(name)
        if fell:
            said += f"With {shock} China's trade falls as counted by {evidence.joined(fell)}"
            if unseen:
                said += f"; {evidence.joined(unseen)} cannot show it, for want of figures"
            said += ".\n"
    return said


def projected(found: levels.Readings) -> str:
    """Caption of the projection of trade: its middle, and what it starts from."""
    said = "Twelve months past the vintage official trade is put at {value}`trade_trends.turnover_12_months full`."
    if found.reported is None:
        return said
    return (
        f"{said} It starts from a mixture of the chosen reading and the later report of {found.year};"
        " the middle says where the draws split in half, not what anybody stated."
    )


def firm(totals: pd.DataFrame) -> str:
    """How far the well-graded figures of a year differ, and whether worse graded ones lie off.

    Empty where no year has well-graded figures of more than one kind of source.
    """
    spread = series.issuer_spread(totals)
    if spread.empty:
        return ""
    said = (
        f"From {series.SPREAD_FROM} on, figures of one year from different kinds of source differ by at most"
        " {value}`trade_trends.issuer_spread`, where their information is graded one or two"
    )
    if (series.off_the_well_graded(totals) > spread.max()).any():
        return f"{said}.\nFigures graded worse lie further off; the series is as firm there as the grades are right.\n"
    return f"{said}, so the series is firm there.\n"


def extremes(p: TradeTrends, totals: pd.DataFrame) -> str:
    """The highest and the lowest preferred total of the years in hard money."""
    own = totals[totals["preferred"] & (totals["year"] > SOVIET)].set_index("year")["value"]
    if own.empty:
        return "No total of a later year was known by then."
    high, low = own.idxmax(), own.idxmin()
    shut = ", behind a closed border" if low in series.closed_years(p.as_of) else ""
    return (
        f"Of the preferred totals the highest after the Soviet years is {{value}}`trade_trends.total_{high}` in {high},"
        f" and the lowest is {{value}}`trade_trends.total_{low}` in {low}{shut}."
    )


def step(sides: pd.DataFrame) -> str:
    """Whether every year before 2017 lies above every year after it, for a caption."""
    amounts = sides.groupby("side")["value"]
    parted = amounts.min()["before"] > amounts.max()["after"]
    return (
        f"Of the years from {levels.FIRST_TESTED} on the lowest before 2017 ({{value}}`trade_trends.before_lowest`)"
        f" {'lies' if parted else 'does not lie'} above the highest after it ({{value}}`trade_trends.after_highest`)."
    )


def splits(as_far: int) -> str:
    """What the exact test of the step of 2017 says, by the number of splits as extreme."""
    caution = "They cannot; neighbouring years resemble each other, and the border, the sanctions and the source changed together.\n"
    if as_far == 1:
        return (
            "Of {value}`trade_trends.permutation_all_splits` splits, {value}`trade_trends.permutation_all_as_far` is as extreme: the real one.\n"
            "In words: if years could be swapped freely, so clean a split would be rare.\n"
            + caution
            + "The test says that the levels differ, which the eye sees too; it does not say why."
        )
    return (
        "Of {value}`trade_trends.permutation_all_splits` splits, {value}`trade_trends.permutation_all_as_far` are as extreme, the real one among them.\n"
        "In words: if years could be swapped freely, so large a difference would come in that part of cases.\n"
        + caution
        + "The test says how far the levels differ; it does not say why."
    )


def against_2019(p: TradeTrends, yearly: pd.DataFrame) -> str:
    """The start of a sentence on the pace of 2019: whether no other year before was as busy."""
    before = yearly[yearly["year"] < int(p.break_month[:4])].set_index("year")["broad"]
    busiest = list(before.index[before == before.max()]) == [2019]
    return "Against 2019, the busiest year before," if busiest else "Against 2019"


def counted(overlaps: pd.DataFrame) -> dict[str, str]:
    """When the ministry counted, by the window of `meetings.overlaps`, oldest first."""
    return {
        row.window: f"in all of {row.end.year}"
        if (row.end.month, row.end.day) == (12, 31)
        else f"from {row.start:%B} to {row.end.day} {row.end:%B %Y}"
        for row in overlaps.sort_values("start").itertuples()
    }


def pace(ratio: pd.Series, overlaps: pd.DataFrame) -> str:
    """What the ministry's counts and the ratio of the new pace to that of 2019 come to, by its interval."""
    counts = " against ".join(
        f"{{value}}`trade_trends.official_{window}` {when}"
        for window, when in reversed(counted(overlaps).items())
    )
    if ratio["low"] <= 1:
        return f"The list alone does not show a faster pace.\nThe ministry counted {counts}."
    size = "less than" if ratio["high"] < 2 else "more than" if ratio["low"] > 2 else "about"
    return (
        f"The ministry's counts say much the same: {counts}.\n"
        f"That is {size} a doubling of the pace, not a leap from fewer than a handful."
    )


def densest(p: TradeTrends, search: pd.DataFrame) -> str:
    """Whether the likeliest month of a change, closed border left out, lies before the closing."""
    month = search.loc[search["probability"].idxmax(), "month"]
    shut = series.border_closed(p.as_of)
    said = "With those months left out, it is {value}`trade_trends.break_leave_out`"
    if shut is not None and month < shut:
        return (
            f"{said}: visits had grown denser already before the border closed.\n"
            "A single break in July 2023 is therefore a choice of the study and of this model, not a finding of the data."
        )
    return (
        f"{said}, so these years do not show that visits had grown denser before the border closed.\n"
        "How near to July 2023 a single break may lie, the spans of months above say."
    )


def years(found: pd.Series, last_day: pd.Timestamp) -> list[str]:
    """Names of years; one that the list does not cover to its end says so."""
    part = last_day.year if (last_day.month, last_day.day) != (12, 31) else None
    return [f"{year}, to {last_day:%b}" if year == part else str(year) for year in found]


def months(found: pd.DataFrame) -> pd.Series:
    """Names of months; one that the list does not cover to its end says so.

    Parameters
    ----------
    found : pandas.DataFrame
        `month` and `exposure`, as `meetings.monthly` returns them.
    """
    part = (found["exposure"] < 1).map({True: " (part)", False: ""})
    return found["month"].dt.strftime("%Y-%m") + part
