"""The numbers the chapter states, as values with their rows."""

from __future__ import annotations

import pandas as pd

from compendium.parameters import Recommendations
from compendium.policy import designations, flows, methods, scores
from compendium.values import Value

CASES = {
    "untouched": "as it is",
    "low": "cautious share",
    "middle": "middle share",
    "high": "bold share",
    "drawn": "share drawn between cautious and bold",
}


def state(name: str, value, unit: str, label: str, **details) -> Value:
    """A `Value` of this chapter."""
    return Value(f"recommendations.{name}", value, unit=unit, label=label, **details)


def from_summary(name: str, s, unit: str, label: str, **details) -> Value:
    """A `Value` from the median and the 90 % interval of `uncertainty.summary`."""
    return state(
        name, s["median"], unit, label, low=s["low90"], high=s["high90"], level=0.9, **details
    )


def cited(table: pd.DataFrame) -> tuple[str, ...]:
    """Rows that the scores cite, each once."""
    return tuple(dict.fromkeys(row for cell in table["rows"] for row in cell))


def score_statements(p: Recommendations, table: pd.DataFrame) -> list[Value]:
    """Every score with its range, and how many rest on rows."""
    titles = scores.options().set_index("option")["title"]
    criteria = scores.criteria().set_index("criterion")["title"]
    bases = table["basis"].value_counts()
    rows = cited(table)
    found = [
        state("as_of", str(p.as_of), "date", "Vintage of the chapter", kind="evidence"),
        state("options", len(titles), "count", "Options ranked", kind="evidence"),
        state("criteria", len(criteria), "count", "Criteria", kind="evidence"),
        state("scores", len(table), "count", "Scores in use", kind="score"),
        state("rows", len(rows), "count", "Rows the scores rest on", kind="evidence", rows=rows),
        state("scores_rows", int(bases.get("rows", 0)), "count", "Scores that rest on rows",
              kind="score", rows=rows),
        state("scores_no_row", int(bases.get("no row", 0)), "count",
              "Scores that are judgement only, without a row", kind="score"),
        state("scores_no_evidence", int(bases.get("no evidence", 0)), "count",
              "Scores without evidence, spread over the whole scale", kind="score"),
    ]  # fmt: skip
    found += [
        state(f"score_{row.option}_{row.criterion}", float(row.score), "points",
              f"{titles[row.option]}: {scores.small(criteria[row.criterion])} ({row.basis})",
              low=float(row.low), high=float(row.high), kind="score", rows=row.rows)
        for row in table.itertuples()
    ]  # fmt: skip
    return found


def rank_statements(
    p: Recommendations, frames: dict[str, pd.DataFrame], leader: str
) -> list[Value]:
    """First-place shares, places, the baseline, weights that tip the order, methods."""
    titles = scores.options().set_index("option")["title"]
    table, ranked = frames["scores"], frames["ranked"].set_index("option")
    rows = cited(table)
    own = {name: cited(table[table["option"] == name]) for name in ranked.index}
    by_place = frames["places"].set_index("option")[list(methods.METHODS)]
    works = table[(table["criterion"] == "works") & (table["basis"] != "no evidence")]
    found = [
        state("works_highest", float(works["score"].max()), "points",
              "Highest score for a sign that a lever works", kind="score", rows=cited(works)),
        state("draws", p.draws, "count", "Draws of weights and scores", kind="evidence"),
        state("method_draws", min(p.method_draws, p.draws), "count",
              "Draws ranked by every method", kind="evidence"),
        state("sure_share", p.sure_share * 100, "percent",
              "Share of draws needed for moderate confidence, a parameter", kind="evidence"),
        state("noise", p.noise * 100, "percent", "Part of the range of the scores in use",
              kind="evidence"),
    ]  # fmt: skip
    for name, row in ranked.iterrows():
        found += [
            first_statement(name, row, titles[name], rows),
            state(f"method_place_{name}", float(by_place.loc[name].mean()), "ratio",
                  f"{titles[name]}: place at the middle weights, mean and range of the methods",
                  low=float(by_place.loc[name].min()), high=float(by_place.loc[name].max()),
                  decimals=decimals_of_places(by_place.loc[name]), rows=rows),
            state(f"place_{name}", row["mean_place"], "ratio", f"{titles[name]}: mean place",
                  decimals=1, rows=rows),
            state(f"beats_{name}", row["beats_baseline"] * 100, "percent",
                  f"{titles[name]}: share of draws ahead of doing nothing new", rows=rows),
        ]  # fmt: skip
    first = ranked["first"].sort_values(ascending=False, kind="stable")
    by_method = frames["first_by_method"].set_index("option").loc[leader, list(methods.METHODS)]
    agreement, drivers = frames["agreement"], frames["drivers"]
    leads = [m for m in methods.METHODS if by_place.loc[leader, m] == by_place[m].min()]
    half = (ranked["first_high"] - ranked["first_low"]).max() / 2
    for row in frames["blanks"].itertuples():
        end = "poor" if row.blank == scores.LOW else "good"
        found += [
            state(f"leader_blanks_{end}", titles[row.leader], "text",
                  f"Option most often first if every score without evidence were {end}",
                  rows=rows),
            state(f"leader_blanks_{end}_first", row.first * 100, "percent",
                  "Its share of first places then", rows=rows),
        ]  # fmt: skip
    found += [
        state("leader", titles[leader], "text", "Option most often first", rows=own[leader]),
        state("leader_first", first.iloc[0] * 100, "percent", "Its share of first places",
              low=ranked.loc[leader, "first_low"] * 100,
              high=ranked.loc[leader, "first_high"] * 100, level=0.9, rows=rows),
        state("second", titles[first.index[1]], "text", "Option second most often first",
              rows=own[first.index[1]]),
        state("second_first", first.iloc[1] * 100, "percent", "Its share of first places",
              rows=rows),
        state("third", titles[first.index[2]], "text", "Option third most often first",
              rows=own[first.index[2]]),
        state("third_first", first.iloc[2] * 100, "percent", "Its share of first places",
              rows=rows),
        state("last", titles[ranked["mean_place"].idxmax()], "text", "Option with the worst mean place",
              rows=rows),
        state("sampling_error", half * 100, "percentage_points",
              "Widest half-width of a 90 % interval for a share of draws",
              decimals=1),
        state("leader_by_method", float(by_method.mean()) * 100, "percent",
              "The leader's share of first places, mean of the methods",
              low=float(by_method.min()) * 100, high=float(by_method.max()) * 100, rows=rows),
        state("methods", len(methods.METHODS), "count", "Methods side by side", kind="evidence"),
        state("methods_leader", len(leads), "count",
              "Methods that put the leader first, or level with the first, at the middle weights",
              rows=rows),
        state("tau_lowest", float(agreement["tau"].min()), "ratio",
              "Lowest Kendall tau between the orders of two methods", decimals=2, rows=rows),
        state("drivers_lowest", float(drivers["low"].min()), "percent",
              "Lowest first-place share of the leader with one thing moved", rows=rows),
        state("drivers_highest", float(drivers["high"].max()), "percent",
              "Highest first-place share of the leader with one thing moved", rows=rows),
        state("driver", drivers["input"].iloc[0], "text", "What moves that share most"),
    ]  # fmt: skip
    return [*found, *tipping_statements(frames["tipping"], rows)]


def decimals_of_places(places: pd.Series) -> int:
    """Decimals of the mean place over the methods: none where all put it at one whole place."""
    return 0 if places.nunique() == 1 and (places % 1 == 0).all() else 1


def first_statement(name: str, row: pd.Series, title: str, rows: tuple[str, ...]) -> Value:
    """Share of draws in which an option comes first."""
    return state(
        f"first_{name}",
        row["first"] * 100,
        "percent",
        f"{title}: share of draws in first place, weighted sum",
        low=row["first_low"] * 100,
        high=row["first_high"] * 100,
        level=0.9,
        rows=rows,
    )


def tipping_statements(tipping: pd.DataFrame, rows: tuple[str, ...]) -> list[Value]:
    """The nearest weight at which the first place changes, scores as they stand."""
    options = scores.options().set_index("option")["title"]
    criteria = scores.criteria().set_index("criterion")["title"]
    found = [
        state("middle_leader", options[tipping["leader"].iloc[0]], "text",
              "Option first at the middle weights, scores as they stand", rows=rows)
    ]  # fmt: skip
    near = tipping.dropna(subset=["distance"]).sort_values("distance", kind="stable")
    if near.empty:
        return found
    top = near.iloc[0]
    low = top["now"] - top["below"]
    falls = pd.notna(low) and low <= top["distance"]
    at, then = ("below", "then_below") if falls else ("above", "then_above")
    return [
        *found,
        state("tipping_criterion", scores.small(criteria[top["criterion"]]), "text",
              "Criterion whose weight changes the first place soonest"),
        state("tipping_now", top["now"] * 100, "percent", "Its weight in the middle", rows=rows),
        state("tipping_at", top[at] * 100, "percent",
              "Its weight at which another option draws level", rows=rows),
        state("tipping_then", options[top[then]], "text", "That option", rows=rows),
    ]  # fmt: skip


def flow_statements(p: Recommendations, frames: dict[str, pd.DataFrame]) -> list[Value]:
    """What shares of the countable flows come to a year."""
    found = []
    found += taken_statements(frames["taken"])
    for name in flows.FLOWS:
        found += [
            state(f"share_{name}_{end}", getattr(p, f"{name}_{end}") * 100, "percent",
                  f"{flows.FLOWS[name].capitalize()}: {CASES[end]}, a parameter",
                  decimals=1, kind="evidence")
            for end in flows.ENDS
        ]  # fmt: skip
    for row in frames["equal"].itertuples():
        own = frames["taken"]
        rows = tuple(
            dict.fromkeys(
                r for cell in own.loc[own["flow"].isin([row.flow, "crypto"]), "rows"] for r in cell
            )
        )
        found.append(
            state(f"equal_{row.flow}", row.share * 100, "percent",
                  f"Share of {flows.FLOWS[row.flow]} that takes as much as the middle share of "
                  "stolen crypto, medians", decimals=1, rows=rows)
        )  # fmt: skip
    found += [
        state("barrel_price_low", p.barrel_price_low, "USD_per_barrel",
              "Worth of a barrel, low end, a parameter", kind="evidence"),
        state("barrel_price_high", p.barrel_price_high, "USD_per_barrel",
              "Worth of a barrel, high end, a parameter", kind="evidence"),
    ]  # fmt: skip
    return found


def taken_statements(taken: pd.DataFrame) -> list[Value]:
    """What each share of each flow comes to a year."""
    found = []
    for row in taken.to_dict("records"):
        name = f"{row['flow']}_{row['case']}"
        label = f"{flows.FLOWS[row['flow']].capitalize()} a year, {CASES[row['case']]}"
        found.append(from_summary(name, row, "USD_million_per_year", label, rows=row["rows"]))
    return found


def listing_statements(frames: dict[str, pd.DataFrame]) -> list[Value]:
    """Designations by issuer, and what moved since the first."""
    table = frames["by_issuer"]
    every = tuple(frames["designations"]["obs_id"])
    found = [
        state("designations", int(table["designations"].sum()), "designations",
              "Designations tied to the two states' cooperation, a lower bound",
              kind="evidence", rows=every),
        state("issuers", len(table), "count", "Issuers of these", kind="evidence", rows=every),
    ]  # fmt: skip
    for row in table.itertuples():
        found.append(
            state(f"designations_{row.by.lower().replace(' ', '_')}", row.designations,
                  "designations", f"Designations by {row.by}, a lower bound", kind="evidence",
                  rows=row.rows)
        )  # fmt: skip
    if len(table):
        first = frames["designations"]["day"].min()
        found.append(
            state("first_designation", str(first.date()), "date", "First of them",
                  kind="evidence", rows=every[:1])
        )  # fmt: skip
    moved = frames["since"]
    found += [
        state("series_compared", len(moved), "count", "Series with a figure before and after"),
        state("series_risen", int((moved["moved"] == "rose").sum()), "count",
              "Of them, those that rose"),
        state("series_open_border", int(moved["open_border"].notna().sum()), "count",
              f"Of them, those with a figure for {designations.OPEN_BORDER}, before the border closed"),
        state("series_above_open_border", int((moved["after"] > moved["open_border"]).sum()),
              "count", f"Of these, those that stand above {designations.OPEN_BORDER} now"),
        state("open_border", str(designations.OPEN_BORDER), "date",
              "Last year before Pyongyang closed the border"),
    ]  # fmt: skip
    return found


def projection_statements(
    frames: dict[str, pd.DataFrame], theft_rows: tuple[str, ...]
) -> list[Value]:
    """The frozen projections, and how those of the study's day came out."""
    found = []
    for place, row in enumerate(frames["stolen"].to_dict("records"), 1):
        found.append(
            from_summary(f"theft_next_{place}", row, "USD_million",
                         f"Crypto theft of {row['year']}", kind="projection", rows=theft_rows)
        )  # fmt: skip
    rows = tuple(frames["designations"]["obs_id"])
    for row in frames["listings"].to_dict("records"):
        found.append(
            from_summary(f"listings_{row['months']}_months", row, "designations",
                         f"Designations in the {row['months']} months ahead",
                         kind="projection", rows=rows)
        )  # fmt: skip
    scored = frames["projections"]
    if len(scored):
        inside = int((scored["inside"] == "yes").sum())
        later = tuple(dict.fromkeys(r for own in scored["rows"] for r in own))
        found += [
            state("projections_scored", len(scored), "count",
                  "Projections of the study's day that can be scored", kind="score", rows=later),
            state("projections_inside", inside, "count",
                  "Of them, later figures inside the 90 % interval", kind="score", rows=later),
        ]  # fmt: skip
    then = frames["then_and_now"]
    if len(then):
        best = then.loc[then["first_then"].idxmax()]
        titles = scores.options().set_index("option")["title"]
        found += [
            state("leader_then", titles[best["option"]], "text",
                  "Option most often first on the day of the study"),
            state("leader_then_first", best["first_then"] * 100, "percent",
                  "Its share of first places then"),
            state("leader_then_first_now", best["first_now"] * 100, "percent",
                  "Its share of first places now"),
            state("largest_move", float((then["first_now"] - then["first_then"]).abs().max() * 100),
                  "percentage_points", "Largest change of a first-place share since"),
            state("replaced", len(frames["changes"]), "count",
                  "Judgements with a newer version since the study", kind="score"),
            state("moved", int((frames["changes"]["points_then"]
                                != frames["changes"]["points_now"]).sum()), "count",
                  "Of them, those in which the score itself moved", kind="score"),
        ]  # fmt: skip
    return found


def advice_statements(frames: dict[str, pd.DataFrame]) -> list[Value]:
    """Rows behind each option and its confidence."""
    found = []
    for row in frames["advice"].itertuples():
        found += [
            state(f"rows_{row.option}", len(row.rows), "count", f"{row.title}: rows cited",
                  kind="evidence", rows=row.rows),
            state(f"graded_{row.option}", row.graded, "count",
                  f"{row.title}: of them graded B2 or better", kind="evidence", rows=row.rows),
            state(f"side_{row.option}", row.share * 100, "percent",
                  f"{row.title}: share of draws on its side of the baseline", rows=row.rows),
            state(f"confidence_{row.option}", row.confidence, "text",
                  f"{row.title}: confidence", rows=row.rows),
        ]  # fmt: skip
    own = frames["advice"].set_index("option")
    rival = own.loc[scores.BASELINE, "rival"]
    found.append(
        state("rival_nothing", own.loc[rival, "title"], "text",
              "Option most often ahead of doing nothing new", rows=own.loc[rival, "rows"])
    )  # fmt: skip
    return found


def statements(
    p: Recommendations,
    frames: dict[str, pd.DataFrame],
    leader: str,
    theft_rows: tuple[str, ...],
) -> list[Value]:
    """Every number of the chapter; those that `as_of` could not know are left out."""
    return [
        *score_statements(p, frames["scores"]),
        *rank_statements(p, frames, leader),
        *flow_statements(p, frames),
        *listing_statements(frames),
        *projection_statements(frames, theft_rows),
        *advice_statements(frames),
    ]
