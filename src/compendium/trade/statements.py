"""The numbers the chapter states, as values with their rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from compendium import evidence
from compendium import uncertainty as un
from compendium.parameters import TradeTrends
from compendium.trade import halfyear, levels, meetings, offbooks, rates, series
from compendium.values import Value


def state(name: str, value, unit: str, label: str, **details) -> Value:
    """A `Value` of this chapter."""
    return Value(f"trade_trends.{name}", value, unit=unit, label=label, **details)


def from_summary(name: str, s, unit: str, label: str, **details) -> Value:
    """A `Value` from the median and the 90 % interval of `uncertainty.summary`."""
    return state(
        name, s["median"], unit, label, low=s["low90"], high=s["high90"], level=0.9, **details
    )


def chance(name: str, probability: float, label: str, **details) -> list[Value]:
    """A probability in percent, its word, and the phrase that fits a sentence."""
    word = un.likelihood(probability)
    return [
        state(name, probability * 100, "percent", label, **details),
        state(f"{name}_word", word, "text", f"{label}: ICD 203 word", **details),
        state(f"{name}_phrase", un.phrase(word), "text", f"{label}: in a sentence", **details),
    ]


def series_statements(p: TradeTrends, totals: pd.DataFrame) -> list[Value]:
    """Preferred totals, what is missing, how far issuers differ."""
    chosen = totals[totals["preferred"]]
    found = [
        state("as_of", str(p.as_of), "date", "Vintage of the chapter", kind="evidence"),
        *(
            state(f"total_{row.year}", row.value, "USD_million",
                  f"Preferred total of {row.year}: {series.KINDS[row.kind]}",
                  decimals=1 if row.value >= 1 else 3, kind="evidence", rows=(row.obs_id,))
            for row in chosen.itertuples()
        ),
        state("figures", len(totals), "count", "Figures kept for yearly totals, bounds included",
              kind="evidence", rows=tuple(totals["obs_id"])),
        state("years_preferred", len(chosen), "count", "Years with a preferred total",
              kind="evidence", rows=tuple(chosen["obs_id"])),
        state("years_missing", len(series.gaps(totals)), "count",
              "Years without a preferred total between the first and the last",
              kind="evidence", rows=tuple(chosen["obs_id"])),
    ]  # fmt: skip
    spread = series.issuer_spread(totals)
    if len(spread):
        used = totals[totals["year"].isin(spread.index)]
        found.append(
            state("issuer_spread", float(spread.max()) * 100, "percent",
                  f"Largest spread in a year between kinds of source, {series.SPREAD_FROM} on, "
                  f"figures of credibility {series.WELL_GRADED} or better",
                  decimals=1, rows=tuple(used["obs_id"]))
        )  # fmt: skip
    return found


def china_statements(totals: pd.DataFrame, china: pd.DataFrame) -> list[Value]:
    """China's newest total in each concept, and Russia's as a share of it."""
    found = []
    russia = totals[totals["preferred"]].set_index("year")
    for name, concept in (("customs", series.CUSTOMS), ("kotra", series.KOTRA)):
        own = china[(china["concept"] == concept) & (china["qualifier"] != "implied")]
        if own.empty:
            continue
        newest = own.loc[own["year"].idxmax()]
        found.append(
            state(f"china_{name}", newest["value"] / 1000, "USD_billion",
                  f"China's trade in {newest['year']}, {concept}",
                  decimals=2, kind="evidence", rows=(newest["obs_id"],))
        )  # fmt: skip
        both = own[own["year"].isin(russia.index) & (own["value"] > 0)]
        if len(both):
            last = both.loc[both["year"].idxmax()]
            mine = russia.loc[last["year"]]
            found.append(
                state(f"russia_over_china_{name}", mine["value"] / last["value"] * 100, "percent",
                      f"Russia's trade over China's in {last['year']}, {concept}",
                      decimals=2, rows=(mine["obs_id"], last["obs_id"]))
            )  # fmt: skip
    return found


def half_statements(p: TradeTrends, frames: dict[str, pd.DataFrame]) -> list[Value]:
    """The study's half-year figure and what it becomes as a year."""
    half, table = halfyear.stated_half(p.as_of), frames["shares"]
    rows = tuple(dict.fromkeys(r for own in table["rows"] for r in own))
    found = []
    if len(table):
        share = table["share"]
        found += [
            state("share_years", len(table), "count", "Years with a half-year share", rows=rows),
            state("share_mean", float(share.mean()), "share", "Mean share of the first half",
                  low=float(share.min()), high=float(share.max()), decimals=2, rows=rows),
            state("share_median", float(share.median()), "share",
                  "Median share of the first half", low=float(share.min()),
                  high=float(share.max()), decimals=2, rows=rows),
            state("share_sd", float(share.std()), "share",
                  "Standard deviation of the share between years", decimals=2, rows=rows),
            state("doubling_close", int(((2 * share - 1).abs() <= 0.1).sum()), "count",
                  "Years in which doubling the half would come within a tenth", rows=rows),
        ]  # fmt: skip
    for row in frames["coincidence"].itertuples():
        details = {"rows": row.rows}
        found += [
            state("stated_2023", row.total, "USD_million", "Total of 2023 as officials state it",
                  decimals=1, kind="evidence", rows=row.rows[:1]),
            state("growth_2024", row.growth, "percent", "Growth stated for January to May 2024",
                  kind="evidence", rows=row.rows[1:]),
            state("coincidence", row.product, "USD_million",
                  "The total of 2023 raised by that growth", decimals=3, **details),
            state("even_half", row.product / 2, "USD_million",
                  "The first half of 2024 if both years were spread evenly and the growth held",
                  decimals=1, **details),
        ]  # fmt: skip
    if half is None:
        return found
    rows = (half["obs_id"], *rows)
    found.append(
        state("stated_half", half["value"], "USD_million",
              "The study's figure for the first half of 2024",
              decimals=1, kind="evidence", rows=rows[:1])
    )  # fmt: skip
    names = ("doubling", "mean", "resampled", "median", "further")
    for name, row in zip(names, frames["methods"].itertuples(), strict=len(frames["methods"]) > 0):
        span = {} if np.isnan(row.low) else {"low": row.low, "high": row.high}
        if name in ("resampled", "further"):
            span["level"] = 0.9
        found.append(
            state(f"annual_{name}", row.estimate, "USD_million",
                  f"The half-year as a year: {row.method} ({row.meaning})", rows=rows, **span)
        )  # fmt: skip
    return found


def return_statements(
    p: TradeTrends, frames: dict[str, pd.DataFrame], found: levels.Readings | None
) -> list[Value]:
    """Bases, probabilities of reaching them, and the test around 2017."""
    table = frames["bases"]
    stated = [
        state(f"base_{row.base}", row.level, "USD_million", f"Trade before 2017: {row.label}",
              decimals=2 if row.years == 1 else 1, kind="evidence", rows=row.rows)
        for row in table.itertuples()
    ]  # fmt: skip
    for row in frames["tests"].itertuples():
        name = {"all years after": "all", "open border only": "open"}.get(row.case, "reported")
        rows = tuple(frames["before_after"]["obs_id"])
        stated += [
            state(f"permutation_{name}_p", row.p, "ratio",
                  f"Exact one-sided p-value, {levels.FIRST_TESTED} to 2016 against after 2017: {row.case}",
                  decimals=4, rows=rows),
            state(f"permutation_{name}_splits", row.splits, "count",
                  f"Ways to split the years: {row.case}", rows=rows),
            state(f"permutation_{name}_as_far", row.as_far, "count",
                  f"Splits at least as far apart: {row.case}", rows=rows),
        ]  # fmt: skip
    sides = frames["before_after"]
    for side, pick, name in (("before", "idxmin", "lowest"), ("after", "idxmax", "highest")):
        own = sides[sides["side"] == side]
        if len(own):
            row = own.loc[getattr(own["value"], pick)()]
            stated.append(
                state(f"{side}_{name}", row["value"], "USD_million",
                      f"The {name} year {side} 2017, of those from {levels.FIRST_TESTED} on: {row['year']}",
                      decimals=1, kind="evidence", rows=(row["obs_id"],))
            )  # fmt: skip
    if found is None or table.empty:
        return stated
    base = table.set_index("base").loc[p.base]
    for row in frames["chances"].itertuples():
        stated += chance(f"chance_{row.reading}_{row.base}", row.probability,
                         f"Probability that {found.year} reaches {levels.BASE_LABELS[row.base]}, "
                         f"reading {row.reading}", rows=found.rows)  # fmt: skip
    alone = found.alone[found.chosen]
    rows = year_rows(found, base)
    stated += [
        state("reading", levels.READINGS[found.chosen], "text",
              "What the study's half-year figure is taken for", kind="evidence"),
        state("year", str(found.year), "text", "Year in question", kind="evidence"),
        state("base", base["level"], "USD_million", f"Chosen base: {base['label']}",
              decimals=1, kind="evidence", rows=tuple(base["rows"])),
        state("base_label", base["label"], "text", "Chosen base", kind="evidence"),
        *year_statements(found, base),
        state("year_over_base", float(np.median(alone) / base["level"]) * 100, "percent",
              f"Median of {found.year} over the base, chosen reading", rows=rows),
    ]  # fmt: skip
    half = halfyear.stated_half(p.as_of)
    if half is not None:
        stated.append(
            state("full_year_over_base", half["value"] / base["level"] * 100, "percent",
                  "The study's figure over the base, if it is the full year", rows=rows)
        )  # fmt: skip
        k, n = levels.years_reaching(half["value"], frames["shares"], base["level"])
        if n:
            exact = stats.binomtest(k, n).proportion_ci(0.9)
            stated += [
                state("reach_years", k, "count",
                      "Years whose share would lift the half-year to the base", rows=rows),
                state("reach_share", k / n * 100, "percent",
                      "Share of years that would lift the half-year to the base",
                      low=exact.low * 100, high=exact.high * 100, level=0.9, rows=rows),
            ]  # fmt: skip
    if found.reported is not None:
        told = found.reported
        stated += [
            *chance("return_weighed", float(np.mean(found.blended >= base["level"])),
                    f"Probability that {found.year} reaches {base['label']}, the later report "
                    "weighed in", rows=rows),
            state("reported_weight", p.reported_weight * 100, "percent",
                  "Weight of the later report against the chosen reading, a parameter"),
            state("reported", told["value"], "USD_million",
                  f"Total of {found.year} as reported later", kind="evidence",
                  rows=(told["obs_id"],)),
            state("reported_over_base", told["value"] / base["level"] * 100, "percent",
                  f"The reported total of {found.year} over the base",
                  rows=(told["obs_id"], *base["rows"])),
        ]  # fmt: skip
    return stated


def year_statements(found: levels.Readings, base: pd.Series) -> list[Value]:
    """Trade of the year in question under the chosen reading, and whether it reaches the base."""
    alone = found.alone[found.chosen]
    return [
        from_summary("year_total", un.summary(alone), "USD_million",
                     f"Official trade of {found.year} under the chosen reading",
                     decimals=0, rows=found.rows),
        *chance("return", float(np.mean(alone >= base["level"])),
                f"Probability that {found.year} reaches {base['label']}, chosen reading",
                rows=year_rows(found, base)),
    ]  # fmt: skip


def year_rows(found: levels.Readings, base: pd.Series) -> tuple[str, ...]:
    """Rows behind the year in question and the base."""
    return tuple(dict.fromkeys((*found.rows, *base["rows"])))


def offbook_statements(p: TradeTrends, frames: dict[str, pd.DataFrame], official) -> list[Value]:
    """Petroleum against the cap and against the official trade."""
    found = []
    cap = offbooks.yearly_cap(p.as_of)
    if cap is not None:
        found.append(
            state("cap", cap["value"], "barrels", "Yearly cap on refined petroleum, all suppliers",
                  kind="evidence", rows=(cap["obs_id"],))
        )  # fmt: skip
    guesses = offbooks.estimates(p.as_of)
    if len(guesses):
        top = guesses.iloc[0]
        found.append(
            state("barrels_estimated", top["value"], "barrels",
                  f"Largest estimate by sea: {top['issuer']}, {top['period_start'].date()} to "
                  f"{top['period_end'].date()}", kind="evidence", rows=(top["obs_id"],))
        )  # fmt: skip
        if cap is not None and cap["value"]:
            found.append(
                state("barrels_over_cap", top["value"] / cap["value"] * 100, "percent",
                      "That estimate over the yearly cap", rows=(top["obs_id"], cap["obs_id"]))
            )  # fmt: skip
    last = offbooks.newest_report(frames["petroleum"])
    if last is not None:
        found.append(
            state("barrels_reported", last["value"], "barrels",
                  f"Russia's newest report: {last['period_start'].date()} to "
                  f"{last['period_end'].date()}", kind="evidence", rows=(last["obs_id"],))
        )  # fmt: skip
    table = frames["crossing"]
    if official is not None and len(table):
        found += [
            state("official", official.amount, "USD_million",
                  f"Official trade the petroleum is set against: {official.year}",
                  decimals=1, kind="evidence", rows=official.rows),
            state("official_year", str(official.year), "text", "Year of that trade",
                  kind="evidence"),
            state("barrels_reference", p.barrels_reference, "barrels",
                  "Round amount of petroleum, a parameter", kind="evidence"),
            state("crossing", table["usd_per_barrel"].iloc[0], "USD_per_barrel",
                  "Price above which that amount exceeds the official trade",
                  decimals=1, rows=official.rows),
        ]  # fmt: skip
    return found


def yardstick_statements(p: TradeTrends, frames: dict[str, pd.DataFrame], official) -> list[Value]:
    """Output under each concept, the rate the study implies, revisions."""
    found = [
        state(f"output_{row.yardstick}", row.usd_billion, "USD_billion",
              f"North Korean output: {row.label}", decimals=1, kind="evidence", rows=row.rows)
        for row in frames["sizes"].itertuples()
    ]  # fmt: skip
    rates_table = frames["rates"]
    study = rates_table[rates_table["stated_by"].str.contains("FNF")]
    for row in study.itertuples():
        found.append(
            state("implied_rate", row.implied, "KRW_per_USD",
                  "Rate at which real output of 2023 gives the study's yardstick",
                  decimals=1, rows=row.rows)
        )  # fmt: skip
        if pd.notna(row.average):
            found.append(
                state("average_rate", row.average, "KRW_per_USD",
                      "Average rate of 2023", decimals=1, kind="evidence",
                      rows=("fx-krwusd-2023",))
            )  # fmt: skip
    growth = frames["growth"]
    if len(growth):
        last = growth.iloc[-1]
        found += [
            state("growth", last["value"], "percent", f"Growth of output in {last['year']}",
                  decimals=1, kind="evidence", rows=(last["obs_id"],)),
            state("growth_year", str(last["year"]), "text", "Newest year with a growth figure",
                  kind="evidence"),
        ]  # fmt: skip
    revised = frames["revisions"]
    if len(revised):
        top = revised.loc[revised["change"].abs().idxmax()]
        found.append(
            state("largest_revision", abs(top["change"]), "percent",
                  f"Largest change between two vintages of growth, in points: {top['year']}",
                  decimals=1, rows=top["rows"])
        )  # fmt: skip
    arms = frames["arms"]
    if len(arms) == 2 and official is not None:
        rows = (*official.rows, *arms["obs_id"])
        found += [
            state("over_arms_low", float(arms["percent"].min()), "percent",
                  "Official trade over the study's upper bound for arms", decimals=1, rows=rows),
            state("over_arms_high", float(arms["percent"].max()), "percent",
                  "Official trade over the study's lower bound for arms", decimals=1, rows=rows),
        ]  # fmt: skip
    return found


def meeting_statements(p: TradeTrends, frames: dict[str, pd.DataFrame]) -> list[Value]:
    """Counts, pace, recall, norm."""
    table, spans = frames["events"], frames["spans"]
    every = tuple(table["obs_id"])
    found = [
        state("visits", len(table), "count", "Visits on the list", kind="evidence", rows=every),
        state("visits_loose", int(table["loose"].sum()), "count",
              "Visits of which the day is not exact", kind="evidence", rows=every),
        state("covered_until", str(meetings.last_day(p).date()), "date",
              "Last day the list covers", kind="evidence"),
    ]  # fmt: skip
    for name, claim in meetings.claims(p.as_of).items():
        unit = {"year_2024": "count", "pace": "ratio", "norm": "count"}[name]
        found.append(
            state(f"claimed_{name}", claim["value"], unit, f"The study's statement: {name}",
                  kind="evidence", rows=(claim["obs_id"],))
        )  # fmt: skip
    prior = meetings.recall_prior(p, table)
    if prior is not None:
        low, high = stats.beta.ppf([0.05, 0.95], *prior)
        overlap = frames["overlaps"]
        rows = tuple(dict.fromkeys(r for own in overlap["rows"] for r in own))
        found.append(
            state("recall", float(stats.beta.median(*prior)) * 100, "percent",
                  "Share of the ministry's visits that the strict list holds",
                  low=low * 100, high=high * 100, level=0.9, rows=rows)
        )  # fmt: skip
        for row in overlap.itertuples():
            found += [
                state(f"listed_{row.window}", row.listed, "count",
                      f"Strict visits on the list in the ministry's window {row.window}",
                      kind="evidence", rows=row.rows[1:]),
                state(f"official_{row.window}", row.official, "count",
                      f"The ministry's count, {row.window}", kind="evidence", rows=row.rows[:1]),
            ]  # fmt: skip
    for span in spans[spans["start"] <= spans["end"]].itertuples():
        inside = meetings.counts_between(table, span.start, span.end)
        for rule, own in inside.items():
            rows = tuple(own["obs_id"])
            found.append(
                state(f"{span.name}_{rule}", len(own), "count",
                      f"Listed visits {span.start.date()} to {span.end.date()}, {rule}",
                      kind="evidence", rows=rows)
            )  # fmt: skip
            if span.name == "pace":
                found.append(pace_statement(rule, own, span.months))
        found.append(
            state(f"{span.name}_until", str(span.end.date()), "date", "End of that span",
                  kind="evidence")
        )  # fmt: skip
        if span.name == "pace":
            found.append(
                state("pace_months", span.months, "months", "Whole months of that span, rounded",
                      kind="evidence")
            )  # fmt: skip
        if prior is not None:
            recall = meetings.recall_draws(prior, p.draws, p.seed)
            base, listed = 0, inside["strict"]
            rows = tuple(listed["obs_id"])
            if span.name == "year" and (split := ministry_and_after(p, table, frames)):
                # What the ministry counted needs no correction, only what came after.
                base, listed, _, rows = split
            drawn = base + meetings.corrected(len(listed), recall, p.seed + 1)
            scale = span.months if span.name == "pace" else 1
            unit = "meetings_per_month" if span.name == "pace" else "count"
            found.append(
                from_summary(f"{span.name}_corrected", un.summary(drawn / scale), unit,
                             "Strict count corrected for what the list misses",
                             decimals=2 if span.name == "pace" else 0, rows=rows)
            )  # fmt: skip
            claim = meetings.claims(p.as_of).get("year_2024")
            if span.name == "year" and claim is not None:
                more = float(np.mean(drawn > claim["value"]))
                found += chance("more_than_claimed", more,
                                "Probability of more meetings than the study's number, corrected",
                                rows=(claim["obs_id"], *rows))  # fmt: skip
    if split := ministry_and_after(p, table, frames):
        official, after, until, rows = split
        found += [
            state("ministry_plus", official + len(after), "count",
                  f"The ministry's count to {until.date()} plus the strict visits listed after it",
                  rows=rows),
            state("ministry_until", str(until.date()), "date", "Last day of the ministry's count",
                  kind="evidence", rows=rows[:1]),
        ]  # fmt: skip
    outward = evidence.load("strategy", p.as_of, indicator="high_level_meetings_count")
    outward = outward[outward["item"] == "vice_minister_plus_KP_to_RU"]
    if len(outward):
        row = outward.assign(value=evidence.middle(outward)).sort_values("period_end").iloc[-1]
        end, name = str(row["period_end"].date()), row["obs_id"]
        found += [
            state("official_outward", row["value"], "count",
                  f"Of the visits that the ministry counts to {end}, those by North Koreans to Russia",
                  kind="evidence", rows=(name,)),
            state("official_outward_until", end, "date", "Last day of that count",
                  kind="evidence", rows=(name,)),
        ]  # fmt: skip
    return [*found, *norm_statements(p, table, frames)]


def pace_statement(rule: str, own: pd.DataFrame, months: int) -> Value:
    """Listed visits a month; `own` are those of the span that the rule counts."""
    low, high = meetings.poisson_interval(len(own), months)
    return state(
        f"pace_{rule}_rate",
        len(own) / months,
        "meetings_per_month",
        f"Listed visits a month, {rule}",
        low=low,
        high=high,
        level=0.9,
        decimals=2,
        rows=tuple(own["obs_id"]),
    )


def ministry_and_after(
    p: TradeTrends, table: pd.DataFrame, frames: dict[str, pd.DataFrame]
) -> tuple[int, pd.DataFrame, pd.Timestamp, tuple[str, ...]] | None:
    """The ministry's count of 2024, the strict visits listed after it, its last day, the rows.

    A count that runs past the span of the study's statement is none of it.
    """
    end = frames["spans"].set_index("name").loc["year", "end"]
    own = meetings.overlaps(p, table, end)
    own = own[own["window"] == "months_2024"]
    if own.empty:
        return None
    official = own.iloc[0]
    until = official["end"]
    after = meetings.counts_between(table, until + pd.Timedelta(days=1), end)["strict"]
    return int(official["official"]), after, until, (official["rows"][0], *after["obs_id"])


def norm_statements(p: TradeTrends, table, frames: dict[str, pd.DataFrame]) -> list[Value]:
    """How many meetings a year were usual before the break."""
    years = frames["norm"]
    rows = tuple(table.loc[table["year"].isin(years["year"]), "obs_id"])
    claim = meetings.claims(p.as_of).get("norm")
    found = [
        state("norm_years", len(years), "years", "Full years of the three decades",
              kind="evidence"),
        state("norm_median", float(years["broad"].median()), "count",
              "Median of listed visits a year, broad", low=float(years["broad"].min()),
              high=float(years["broad"].max()), rows=rows),
    ]  # fmt: skip
    if claim is not None:
        for rule in meetings.RULES:
            below = int((years[rule] < claim["value"]).sum())
            found.append(
                state(f"norm_below_{rule}", below, "years",
                      f"Years with fewer visits than the study's number, {rule}",
                      rows=(claim["obs_id"], *rows))
            )  # fmt: skip
        prior = meetings.recall_prior(p, table)
        if prior is not None:
            # One recall for all years of a draw: the years share the way the list was made.
            recall = meetings.recall_draws(prior, p.draws, p.seed)
            below = np.zeros(p.draws)
            for place, listed in enumerate(years["strict"], 1):
                drawn = meetings.corrected(int(listed), recall, p.seed + place)
                below += drawn < claim["value"]
            found.append(
                from_summary("norm_below_corrected", un.summary(below), "years",
                             "Years below the study's number, corrected for recall",
                             rows=(claim["obs_id"], *rows))
            )  # fmt: skip
    return found


def rate_statements(p: TradeTrends, frames: dict[str, pd.DataFrame]) -> list[Value]:
    """The change of pace: models, exact ratios, when it broke."""
    table = frames["events"]
    rows = tuple(table["obs_id"])
    found = []
    for name, row in frames["fits"].set_index("name").iterrows():
        found += [
            state(f"{name}_ratio", row["ratio"], "ratio", f"New pace over old, {row['model']}",
                  low=row["low"], high=row["high"], level=0.9, decimals=1, rows=rows),
            state(f"{name}_before", row["before"], "meetings_per_month",
                  f"Old pace, {row['model']}", decimals=2, rows=rows),
            state(f"{name}_after", row["after"], "meetings_per_month",
                  f"New pace, {row['model']}", decimals=2, rows=rows),
        ]  # fmt: skip
        if name == "negative_binomial":
            found.append(
                state("dispersion", row["dispersion"], "ratio",
                      "Dispersion of the months: variance over mean is 1 + this times the mean",
                      decimals=2, rows=rows)
            )  # fmt: skip
    found += ratio_statements(frames["ratios"], rows)
    for name, label in (("include", "closed border counted"), ("leave_out", "left out")):
        search = frames[f"break_{name}"]
        if search.empty:
            continue
        top = search.loc[search["probability"].idxmax()]
        held = rates.credible_months(search)
        found += [
            state(f"break_{name}", f"{top['month']:%B %Y}", "text",
                  f"Likeliest month of the change, {label}", rows=rows),
            state(f"break_{name}_chance", top["probability"] * 100, "percent",
                  f"Probability of that month, {label}", rows=rows),
            state(f"break_{name}_first", f"{held['month'].iloc[0]:%B %Y}", "text",
                  f"First month of the 90 % set, {label}", rows=rows),
            state(f"break_{name}_last", f"{held['month'].iloc[-1]:%B %Y}", "text",
                  f"Last month of the 90 % set, {label}", rows=rows),
        ]  # fmt: skip
    return found


def ratio_statements(ratios: pd.DataFrame, rows: tuple[str, ...]) -> list[Value]:
    """New pace over old for every baseline and rule, where it is finite."""
    return [
        state(f"ratio_{row.baseline}_{row.rule}", row.ratio, "ratio",
              f"New pace over old, exact: {row.label}, {row.rule}",
              low=row.low, high=row.high, level=0.9, decimals=1, rows=rows)
        for row in ratios.itertuples()
        if np.isfinite([row.ratio, row.high]).all()
    ]  # fmt: skip


def projection_statements(
    p: TradeTrends, frames: dict[str, pd.DataFrame], found: levels.Readings | None
) -> list[Value]:
    """The frozen projections of trade and of the pace of visits."""
    stated = []
    for row in frames["projected_trade"].itertuples():
        name = "turnover_this_year" if row.months == 0 else f"turnover_{row.months}_months"
        start = f"{found.year}, chosen reading"
        if found.reported is not None:
            start += " mixed with the later report"
        stated.append(
            from_summary(name, row._asdict(), "USD_million",
                         f"Official trade of the twelve months to {row.end.date()}, from {start}",
                         kind="projection", rows=found.rows)
        )  # fmt: skip
    after = frames["events"]
    after = after[after["start"] >= pd.Timestamp(f"{p.break_month}-01")]
    for row in frames["projected_pace"].itertuples():
        stated.append(
            from_summary(f"pace_{row.months}_months", row._asdict(), "meetings_per_month",
                         f"Listed visits a month in the half-year to {row.months} months past "
                         f"the vintage, {p.count_rule}", decimals=1, kind="projection",
                         rows=tuple(after["obs_id"]))
        )  # fmt: skip
    return stated


def statements(
    p: TradeTrends,
    frames: dict[str, pd.DataFrame],
    found: levels.Readings | None,
    official: levels.Level | None,
) -> list[Value]:
    """Every number of the chapter; those that `as_of` could not know are left out."""
    totals = frames["totals"]
    return [
        *series_statements(p, totals),
        *china_statements(totals, frames["china"]),
        *half_statements(p, frames),
        *return_statements(p, frames, found),
        *offbook_statements(p, frames, official),
        *yardstick_statements(p, frames, official),
        *meeting_statements(p, frames),
        *rate_statements(p, frames),
        *projection_statements(p, frames, found),
    ]
