"""The numbers the chapter states, as values with their rows."""

from __future__ import annotations

import pandas as pd

from compendium import evidence
from compendium import uncertainty as un
from compendium.parameters import KremlinStrategy
from compendium.strategy import aid, camps, costs, hypotheses, projection, verdicts, votes
from compendium.values import Value


def state(name: str, value, unit: str, label: str, **details) -> Value:
    """A `Value` of this chapter."""
    return Value(f"kremlin_strategy.{name}", value, unit=unit, label=label, **details)


def chance(name: str, probability: float, label: str, **details) -> list[Value]:
    """A probability in percent, its word, and the phrase that fits a sentence."""
    word = un.likelihood(probability)
    return [
        state(name, probability * 100, "percent", label, **details),
        state(f"{name}_word", word, "text", f"{label}: ICD 203 word", **details),
        state(f"{name}_phrase", un.phrase(word), "text", f"{label}: in a sentence", **details),
    ]


def statements(p: KremlinStrategy, frames: dict[str, pd.DataFrame], readings) -> list[Value]:
    """Every number the chapter states."""
    return [
        *_evidence(p),
        *_aid(p, frames),
        *_polls(frames["polls"]),
        *_votes(frames),
        *_costs(frames),
        *_verdicts(p, frames["verdicts"]),
        *hypothesis_statements(p, frames),
        *_projection(p, frames),
    ]


def _evidence(p):
    rows = evidence.load("strategy", p.as_of, implied=True)
    return [
        state("as_of", str(p.as_of), "date", "Vintage of the chapter", kind="evidence"),
        state("rows", len(rows), "count", "Rows of data/raw/strategy.csv known by the vintage",
              kind="evidence"),
        state("sources", int(rows["source_id"].nunique()), "count", "Sources of these rows",
              kind="evidence"),
    ]  # fmt: skip


def _aid(p, frames):
    table, own = frames["aid"], aid.rows(p.as_of, p.measure)
    mine = {d: tuple(own.loc[own["donor"] == d, "obs_id"]) for d in aid.DONORS}
    found = [
        state("aid_last_month", str(table.index[-1]), "date", "Last month of aid the vintage sees",
              kind="evidence"),
        state("aid_months", len(table), "months", "Months of aid the vintage sees",
              kind="evidence"),
        state("window", p.window_months, "months", "Months compared before and after an event"),
        state("measure", p.measure, "text", "Measure of aid"),
    ]  # fmt: skip
    for donor in aid.DONORS:
        total = float(table[donor].sum())
        found.append(
            state(f"aid_total_{donor.lower()}", total, "EUR_million",
                  f"Aid {p.measure} by {aid.display(donor)} since February 2022", kind="evidence",
                  rows=mine[donor])
        )  # fmt: skip
    controls = float(table["controls"].sum())
    if controls > 0:
        found.append(
            state("canada_of_controls", float(table["Canada"].sum()) / controls * 100, "percent",
                  "Canada's share of the controls' aid",
                  rows=tuple(r for d in aid.CONTROLS for r in mine[d]))
        )  # fmt: skip
    for row in frames["largest"].itertuples():
        found.append(
            state(f"largest_month_{row.donor.lower()}", row.share * 100, "percent",
                  f"Share of the aid of {aid.display(row.donor)} in its largest month, {row.month}",
                  rows=(row.row, *(r for r in mine[row.donor] if r != row.row)))
        )  # fmt: skip
    for row in frames["effects"].itertuples():
        if not row.full:
            continue
        name = f"{row.event}_{row.donor.lower()}" + ("_relative" if row.relative else "")
        label = f"aid of {aid.display(row.donor)} at the {aid.EVENTS[row.event][2]}"
        label += ", relative to the controls" if row.relative else ""
        if not row.relative:
            for side in ("before", "after"):
                found.append(
                    state(f"{name}_{side}", getattr(row, side), "EUR_million_per_month",
                          f"Mean {side}: {label}", decimals=1, rows=row.rows)
                )  # fmt: skip
        unit = "ratio" if row.kind == "ratio" else "EUR_million_per_month"
        found += [
            state(f"{name}_change", row.change, unit, f"{row.kind.capitalize()} after to before: {label}",
                  decimals=2 if unit == "ratio" else 1, rows=row.rows),
            state(f"{name}_as_low", row.as_low * 100, "percent",
                  f"Share of months with a change as low: {label}", rows=row.rows),
            state(f"{name}_as_high", row.as_high * 100, "percent",
                  f"Share of months with a change as high: {label}", rows=row.rows),
        ]  # fmt: skip
        if f"{row.event}_placebos" not in {v.id.partition(".")[2] for v in found}:
            found += [
                state(f"{row.event}_placebos", row.placebos, "count",
                      f"Placebo months beside the {aid.EVENTS[row.event][2]}", rows=row.rows[:1]),
                state(f"{row.event}_smallest", row.smallest * 100, "percent",
                      "Smallest placebo share that can come out", decimals=1, rows=row.rows[:1]),
            ]  # fmt: skip
    return found


def _polls(polls):
    found = []
    same = polls[(polls["indicator"] == "poll_rok_aid_ukraine") & (polls["item"] == "weapons")]
    sized = same[same["n"].notna()]
    if len(sized) > 1:
        first, last = sized.iloc[0], sized.iloc[-1]
        low, high = aid.intervals.difference(
            first["value"] / 100, first["n"], last["value"] / 100, last["n"]
        )
        found.append(
            state("poll_change", last["value"] - first["value"], "percentage_points",
                  "Koreans for weapons to Ukraine, same question: change", low=100 * low,
                  high=100 * high, level=0.9, decimals=1, rows=tuple(sized["obs_id"]))
        )  # fmt: skip
    for row in same.itertuples():
        found.append(
            state(f"poll_weapons_{row.period_end:%Y_%m}", row.value, "percent",
                  f"Koreans for weapons to Ukraine, {row.period_end:%B %Y}, three options",
                  **_chance(row), kind="evidence", rows=(row.obs_id,))
        )  # fmt: skip
    two = polls[polls["indicator"] == "poll_rok_weapons_ukraine"]
    for row in two[two["item"].isin(["favour", "oppose"])].itertuples():
        found.append(
            state(f"poll_two_way_{row.item}", row.value, "percent",
                  f"Koreans who {row.item} weapons for Ukraine, two options",
                  **_chance(row), kind="evidence", rows=(row.obs_id,))
        )  # fmt: skip
    return found


def _chance(row) -> dict:
    """Interval of a share by chance alone; none where it is not known of how many."""
    return {} if pd.isna(row.n) else {"low": row.low90, "high": row.high90, "level": 0.9}


def _votes(frames):
    found = []
    for pair, label in votes.PAIRS.items():
        name = pair.lower().replace("-", "_")
        own = frames["shares"][frames["shares"]["pair"] == pair]
        for row in own.itertuples():
            found.append(
                state(f"alike_{name}_{row.year}", row.share, "share",
                      f"{label}: share of roll calls voted alike in {row.year}", decimals=2,
                      rows=(row.row,), **_chance(row))
            )  # fmt: skip
        change = votes.change(frames["shares"], pair)
        if change:
            span = {} if pd.isna(change["low"]) else {
                "low": 100 * change["low"], "high": 100 * change["high"], "level": 0.9}  # fmt: skip
            found += [
                state(f"alike_{name}_change", 100 * change["change"], "percentage_points",
                      f"{label}: change since {votes.SHARE_BASE}", decimals=0,
                      rows=change["rows"], **span),
                state("alike_year", str(change["year"]), "date", "Newest year of voting shares",
                      kind="evidence", rows=change["rows"]),
            ]  # fmt: skip
    for row in frames["tallies"].itertuples():
        name = row.text.replace("-", "_")
        for side, count in (("for", row[4]), ("against", row.against), ("abstain", row.abstain)):
            found.append(
                state(f"{side}_{name}", count, "states", f"Votes {side}, text {row.label}",
                      kind="evidence", rows=row.rows)
            )  # fmt: skip
    kept = {v.id: v for v in found}  # the year stands once
    return list(kept.values())


def _costs(frames):
    found = []
    quality = frames["quality"]
    if len(quality):
        found += [
            state("quality_rows", len(quality), "count", "Rows on the quality of the arms",
                  kind="evidence", rows=tuple(quality["obs_id"])),
            state("quality_one_side", costs.camp_share(quality) * 100, "percent",
                  "Share of rows on quality issued by Ukraine and its supporters",
                  rows=tuple(quality["obs_id"])),
        ]  # fmt: skip
    technology = frames["technology"]
    if len(technology):
        good = technology[technology["credibility"].astype(int) <= 2]
        found += [
            state("technology_rows", len(technology), "count", "Reports of technology in return",
                  kind="evidence", rows=tuple(technology["obs_id"])),
            state("technology_good", len(good), "count",
                  "Reports of technology that are probably true or better", kind="evidence",
                  rows=tuple(technology["obs_id"])),
            state("technology_one_side", costs.camp_share(technology) * 100, "percent",
                  "Share of reports of technology issued by Ukraine and its supporters",
                  rows=tuple(technology["obs_id"])),
        ]  # fmt: skip
    for row in frames["china_trade"].itertuples():
        found.append(
            state(f"china_trade_{row.year}", row.value / 1000, "USD_billion",
                  f"China's trade with North Korea in {row.year}", decimals=2, kind="evidence",
                  rows=(row.row,))
        )  # fmt: skip
    if len(frames["china_changes"]):
        row = frames["china_changes"].iloc[-1]
        found += [
            state("china_change", float(row["value"]), "percent",
                  "Newest stated change of China's trade on the year before", decimals=1,
                  kind="evidence", rows=(row["obs_id"],)),
            state("china_change_until", str(row["period_end"].date()), "date",
                  "End of the period of that change", kind="evidence", rows=(row["obs_id"],)),
        ]  # fmt: skip
    return found


def _verdicts(p, table):
    found = []
    for row in table.itertuples():
        name = row.claim.replace("-", "_")
        found += [
            state(f"verdict_{name}", row.verdict, "text", f"Verdict: {row.label}", kind="score",
                  rows=row.rows),
            state(f"confidence_{name}", row.confidence, "text", f"Confidence: {row.label}",
                  kind="score", rows=row.rows),
        ]  # fmt: skip
    if p.as_of > projection.STUDY_DAY:
        then = verdicts.table(p.model_copy(update={"as_of": projection.STUDY_DAY}))
        found += [
            state(f"verdict_then_{row.claim.replace('-', '_')}", row.verdict, "text",
                  f"Verdict with what was known on the day of the study: {row.label}", kind="score",
                  rows=row.rows)
            for row in then.itertuples()
        ]  # fmt: skip
    for kind in verdicts.VERDICTS:
        name = kind.replace(",", "").replace(" ", "_")
        own = table[table["verdict"] == kind]
        found.append(
            state(f"claims_{name}", len(own), "count", f"Claims found {kind}", kind="score",
                  rows=tuple(dict.fromkeys(r for rows in own["rows"] for r in rows)))
        )  # fmt: skip
    return found


def hypothesis_statements(p, frames) -> list[Value]:
    """Explanations, by what speaks against each and how firm their order is."""
    scores, rows = frames["scores"], frames["evidence"]
    used = tuple(rows["obs_id"])
    totals, boot = frames["totals"], frames["bootstrap"].set_index("hypothesis")
    neutral = float((scores["consistency"] == "N").mean()) * 100
    one_side = scores.drop_duplicates("obs_id")["issuer"].map(camps.camp).eq(camps.UKRAINE).mean()
    best = totals[totals["rank"] == 1]["hypothesis"]
    by_scheme = frames["schemes"].set_index("scheme")["first"]
    left_out = by_scheme["neutral scores left out"]
    firsts = by_scheme[list(hypotheses.WEIGHTINGS)]
    late = by_scheme.get("rows before the war left out")
    found = [] if late is None else [
        state("leading_since_war", " and ".join(hypotheses.NAMES[h] for h in late.split(" = ")),
              "text", "Explanation with least against it, rows before the war left out",
              kind="score", rows=used)
    ]  # fmt: skip
    found += [
        state("scored_rows", len(rows), "count", "Evidence rows scored", rows=used),
        state("diagnostic_rows", int((rows["diagnosticity"] > 0).sum()), "count",
              "Scored rows that tell explanations apart", kind="score", rows=used),
        state("neutral_scores", neutral, "percent", "Share of scores that are neutral",
              kind="score", rows=used),
        state("scored_one_side", float(one_side) * 100, "percent",
              "Share of scored rows issued by Ukraine and its supporters", rows=used),
        state("leading", " and ".join(hypotheses.NAMES[h] for h in best), "text",
              "Explanation with least against it", kind="score", rows=used),
        state("order", hypotheses.order_text(tuple(
              tuple(own["hypothesis"]) for _, own in totals.groupby("rank"))), "text",
              "Order from least to most against", kind="score", rows=used),
        state("leading_rate", " and ".join(hypotheses.NAMES[h] for h in left_out.split(" = ")),
              "text", "Explanation with least against it, neutral scores left out", kind="score",
              rows=used),
        state("schemes_agree", int((firsts == firsts.iloc[0]).sum()), "count",
              "Weightings with the same explanation first as the Admiralty weights", kind="score",
              rows=used),
        state("drop_first", int(rows["first_changes"].sum()), "count",
              "Rows without which another explanation comes first", kind="score", rows=used),
        state("drop_two_first", len(frames["pairs"]), "count",
              "Pairs of rows without which another explanation comes first", kind="score",
              rows=used),
        state("pairs", len(rows) * (len(rows) - 1) // 2, "count", "Pairs of scored rows",
              kind="score", rows=used),
        state("drop_order", int(rows["order_changes"].sum()), "count",
              "Rows without which the order changes", kind="score", rows=used),
    ]  # fmt: skip
    for row in totals.itertuples():
        b = boot.loc[row.hypothesis]
        found += [
            state(f"against_{row.hypothesis}", row.total, "ratio",
                  f"Weighted points against: {hypotheses.NAMES[row.hypothesis]}", decimals=2,
                  low=b["total_low"], high=b["total_high"], level=0.9, kind="score", rows=used),
            state(f"first_{row.hypothesis}", b["first"] * 100, "percent",
                  f"Share of resamples with least against: {hypotheses.NAMES[row.hypothesis]}",
                  low=b["low"] * 100, high=b["high"] * 100, kind="score", rows=used),
        ]  # fmt: skip
    return found


def _projection(p, frames):
    found, own = [], aid.rows(p.as_of, p.measure)
    for row in frames["projected"].itertuples():
        rows = tuple(own.loc[own["donor"] == row.donor, "obs_id"])
        name = f"aid_{row.donor.lower()}_{row.months}_months"
        label = f"Aid of {aid.display(row.donor)} in the {row.months} months after {row.start - 1}"
        found += [
            state(name, row.median, "EUR_million", label, low=row.low90, high=row.high90, level=0.9,
                  kind="projection", rows=rows),
            state(f"{name}_last", row.last, "EUR_million",
                  f"Aid of {aid.display(row.donor)} in the {row.months} months to {row.start - 1}",
                  kind="evidence", rows=rows),
            *chance(f"{name}_lower", row.lower, f"{label}: less than in the {row.months} before",
                    kind="projection", rows=rows),
        ]  # fmt: skip
    checked = frames["check"]
    if len(checked):
        found.append(
            state("check_inside", int((checked["inside"] == "yes").sum()), "count",
                  "Projections of the day of the study whose interval held", kind="score",
                  rows=tuple(dict.fromkeys(r for rows in checked["rows"] for r in rows)))
        )  # fmt: skip
        found.append(state("check_all", len(checked), "count", "Projections scored", kind="score"))
    return found
