"""The numbers the chapter states, as values with their rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from compendium import evidence
from compendium import uncertainty as un
from compendium.parameters import TroopPlausibility
from compendium.troops import caps, checks, counts, missions, money, projection, stock
from compendium.troops.projection import Projection, income
from compendium.troops.rows import credible, figure, rows
from compendium.values import Value

GIVEN_BACK = "troops-study2-return-2025"


def statements(
    p: TroopPlausibility,
    frames: Mapping[str, pd.DataFrame],
    fits: Mapping[str, missions.Fit],
    paths: stock.Paths | None,
    prices: money.Prices | None,
    frozen: Projection | None,
    u: Mapping,
) -> list[Value]:
    """Every number of the chapter; those that `as_of` could not know are left out."""
    return [
        state("as_of", str(p.as_of), "date", "Vintage of the chapter", kind="evidence"),
        state("draws", p.draws, "count", "Monte Carlo draws", kind="evidence"),
        *mission_statements(p, frames, fits),
        *cap_statements(p, frames),
        *count_statements(p, frames),
        *path_statements(p, frames, paths),
        *study_money_statements(p, frames),
        *money_statements(p, frames, paths, prices, u),
        *check_statements(p, frames),
        *projection_statements(frozen),
        *checked_statements(frames),
        *verdict_statements(frames),
    ]


def state(name: str, value, unit: str, label: str, **details) -> Value:
    """A `Value` of this chapter."""
    if isinstance(value, np.generic):
        value = value.item()
    details["rows"] = tuple(dict.fromkeys(details.get("rows", ())))
    return Value(f"troop_plausibility.{name}", value, unit=unit, label=label, **details)


def from_summary(name: str, s: Mapping, unit: str, label: str, **details) -> Value:
    """A `Value` from the median and the 90 % interval of `uncertainty.summary`."""
    return state(
        name, s["median"], unit, label, low=s["low90"], high=s["high90"], level=0.9, **details
    )


def all_rows(frame: pd.DataFrame, column: str = "rows") -> tuple[str, ...]:
    """obs_ids of a frame whose cells are tuples of them."""
    return tuple(sorted({row for ids in frame[column] for row in ids}))


def mission_statements(p, frames, fits) -> list[Value]:
    """Number, rate, combat and size of past missions."""
    past = frames["missions"]
    if past.empty:
        return []
    used = all_rows(past)
    gaps = [len(missions.missions(p.as_of, gap)) for gap in (180, 365, 730)]
    fought = int((past["combat"] == "fought").sum())
    told = int((past["combat"] != "no").sum())
    found = [
        state("missions", len(past), "missions", "Missions abroad known, after merging rows",
              low=min(*gaps, len(past)), high=max(*gaps, len(past)), rows=used),
        *rate_statements(p, past, used),
    ]  # fmt: skip
    for name, count, words in (
        ("fought", fought, "documented to have fought"),
        ("said_to_fight", told, "documented or said to have fought"),
    ):
        low, high = missions.share_interval(count, len(past))
        found.append(
            state(f"{name}_share", count / len(past) * 100, "percent",
                  f"Share of the missions {words}; exact interval",
                  low=low * 100, high=high * 100, level=missions.LEVEL, rows=used)
        )  # fmt: skip
    sized = past.dropna(subset="size")
    found += [
        state("missions_sized", len(sized), "missions", "Missions with a head count", rows=used),
        state("mission_median", float(sized["size"].median()), "persons",
              "Median size of a mission", low=float(sized["size"].min()),
              high=float(sized["size"].max()), rows=used),
    ]  # fmt: skip
    for name, fit in fits.items():
        words = f"{name} the contested rows on Angola"
        found += [
            state(f"fit_median_{name}", float(np.exp(fit.mu)), "persons",
                  f"Median size of the log-normal distribution {words}",
                  low=float(np.exp(fit.mu_interval[0])), high=float(np.exp(fit.mu_interval[1])),
                  level=missions.LEVEL, rows=used),
            state(f"fit_sigma_{name}", fit.sigma, "ratio",
                  f"Standard deviation of the logarithm of the size {words}",
                  low=fit.sigma_interval[0], high=fit.sigma_interval[1], level=missions.LEVEL,
                  decimals=2, rows=used),
        ]  # fmt: skip
    for row in frames["tails"].itertuples():
        found += [
            state(f"tail_{row.size}_{row.fit}", row.share * 100, "percent",
                  f"Share of missions larger than {row.size:,} men, {row.fit} the contested rows",
                  low=row.low * 100, high=row.high * 100, level=missions.LEVEL, decimals=4, rows=used),
            state(f"predictive_{row.size}_{row.fit}", row.predictive * 100, "percent",
                  f"The same with the uncertainty of the fit averaged over, {row.size:,} men, {row.fit} Angola",
                  decimals=2, rows=used),
        ]  # fmt: skip
    largest = past.loc[past["high"].idxmax()]
    found.append(
        state("largest_mission", float(largest["high"]), "persons",
              f"Largest past mission claimed: {largest['mission'].replace('-', ' ')}",
              low=float(largest["low"]), high=float(largest["high"]), kind="evidence",
              rows=largest["rows"])
    )  # fmt: skip
    return found


def rate_statements(p, past, used) -> list[Value]:
    """How often missions began, whether they cluster, and the chance of a new one."""
    cluster = missions.clustering(past, p.as_of)
    dispersion = 1.0 if cluster is None else cluster.dispersion
    rate = missions.rate(len(past), p.as_of, dispersion=dispersion)
    recent = int((past["start"] >= pd.Timestamp(missions.COLD_WAR_OVER)).sum())
    later = missions.rate(recent, p.as_of, missions.COLD_WAR_OVER, dispersion=dispersion)
    found = [
        state("missions_rate", rate.rate, "missions_per_decade",
              "Missions a decade since the state was founded; interval widened by their clustering",
              low=rate.low, high=rate.high, level=missions.LEVEL, decimals=1, rows=used),
        state("missions_rate_1990", later.rate, "missions_per_decade",
              "Missions a decade since 1990; interval widened by their clustering",
              low=later.low, high=later.high, level=missions.LEVEL, decimals=1, rows=used),
    ]  # fmt: skip
    if cluster is not None:
        found += [
            state("dispersion", cluster.dispersion, "ratio",
                  "Variance of missions by decade over their mean; 1 where they come evenly",
                  decimals=1, rows=used),
            state("dispersion_statistic", cluster.statistic, "ratio",
                  "Index of dispersion of missions by decade, chi-squared", decimals=1, rows=used),
            state("dispersion_freedom", cluster.freedom, "count",
                  "Its degrees of freedom", rows=used),
            state("dispersion_p", cluster.p_value * 100, "percent",
                  "Chance of so large an index if missions came evenly", decimals=2, rows=used),
            state("mission_in_decade_nb", missions.negative_binomial_chance(cluster) * 100, "percent",
                  "Chance of at least one new mission in a decade, negative binomial with mean and variance of the decades",
                  rows=used),
        ]  # fmt: skip
    spans = {
        "year": missions.chance(past, missions.full_years(p.as_of), 1),
        "decade": missions.chance(past, missions.full_decades(p.as_of), 10),
    }
    for name, chance in spans.items():
        found += [
            state(f"mission_in_{name}", chance.share * 100, "percent",
                  f"Chance of at least one new mission in a {name}: share of full {name}s in which one began, exact interval",
                  low=chance.low * 100, high=chance.high * 100, level=missions.LEVEL, rows=used),
            state(f"mission_in_{name}_phrase", un.phrase(un.likelihood(chance.share)), "text",
                  f"Chance of at least one new mission in a {name}, in words", rows=used),
            state(f"{name}s_hit", chance.hit, "count",
                  f"Full {name}s in which a mission began", rows=used),
            state(f"{name}s_full", chance.spans, "count",
                  f"Full {name}s since the state was founded", rows=used),
        ]  # fmt: skip
    return found


def cap_statements(p, frames) -> list[Value]:
    """Binding cap of each scenario, comparators as shares and as flow over stock."""
    found = []
    for row in frames["binding"].itertuples():
        found += [
            state(f"cap_{row.scenario}", row.persons, "persons",
                  f"Smallest cap of the {row.scenario} scenario: {row.label}", decimals=-2, rows=row.rows),
            state(f"cap_{row.scenario}_name", row.label, "text",
                  f"Which cap binds in the {row.scenario} scenario", rows=row.rows),
        ]  # fmt: skip
    names = {
        "Cuba, all abroad, 1985": "cuba",
        "South Korea in Vietnam, 1968, of the force of 1956": "south_korea",
        "Zimbabwe in Congo, 2000, as stated": "zimbabwe",
        "North Korea, more than so many abroad, 1986, of the force of 1993": "cold_war",
    }
    for row in frames["comparators"].itertuples():
        if row.case in names:
            found.append(
                state(f"share_{names[row.case]}", row.percent, "percent",
                      f"Men abroad as a share of the force: {row.case}", decimals=1, rows=row.rows)
            )  # fmt: skip
    ratios = frames["turnover"]
    for name, case in (("cuba", "Cuba"), ("south_korea", "South Korea")):
        own = ratios[ratios["case"].str.startswith(case)]
        if len(own):
            found.append(
                state(f"turnover_{name}", float(own["ratio"].mean()), "ratio",
                      f"Men who passed through over the peak at one time: {case}",
                      low=float(own["ratio"].min()), high=float(own["ratio"].max()),
                      decimals=1, rows=all_rows(own))
            )  # fmt: skip
    cap = checks.study_cap(p.as_of)
    share = None if cap is None else caps.of_active_army(p.as_of, cap)
    if share is not None:
        found.append(
            state("cap_share", share[0], "percent", "The study's ceiling as a share of the active army",
                  low=share[1], high=share[2], decimals=2, rows=(*share[3], checks.STUDY_CAP))
        )  # fmt: skip
    rates = caps.escape_rates(p.as_of)
    if rates is not None:
        found.append(
            state("escape_rate", rates[1] * 100, "percent",
                  "Workers in Russia who reached Seoul in a year, over the usual yearly intake",
                  low=rates[0] * 100, high=rates[2] * 100, decimals=2, rows=caps.ESCAPE_ROWS)
        )  # fmt: skip
        if cap is not None:
            found.append(
                state("escapes_at_cap", cap * rates[1], "persons",
                      "Escapes a year at the study's ceiling and that rate",
                      low=cap * rates[0], high=cap * rates[2], rows=(*caps.ESCAPE_ROWS, checks.STUDY_CAP))
            )  # fmt: skip
    pace = frames["paces"]
    pace = pace[pace["drawn"].astype(bool)]
    if len(pace):
        low, high = float(pace["per_day"].min()), float(pace["per_day"].max())
        found.append(
            state("lift", (low + high) / 2, "persons_per_day",
                  "Men moved a day, slowest and fastest pace that counts outside Kyiv imply",
                  low=low, high=high, rows=tuple(pace["obs_id"]))
        )  # fmt: skip
        if cap is not None and low:
            found.append(
                state("days_to_cap", cap / ((low + high) / 2), "days",
                      "Days to move as many men as the study's ceiling", low=cap / high, high=cap / low,
                      rows=(*pace["obs_id"], checks.STUDY_CAP))
            )  # fmt: skip
    return found


def count_statements(p, frames) -> list[Value]:
    """Largest and newest counts, dead, casualties, losses set beside Russia's."""
    found = []
    top = checks.highest_present(p)
    if top is not None:
        found += [
            state("highest_present", float(top["high"]), "persons",
                  f"Largest count at one time, at most: {top['issuer_short']}, by {top['period_end'].date()}",
                  low=float(top["low"]), high=float(top["high"]), kind="evidence", rows=top["parts"]),
            state("highest_present_day", str(top["period_end"].date()), "date",
                  "Day of the largest count at one time", kind="evidence", rows=top["parts"]),
            state("newest_count_day", str(frames["present"]["period_end"].max().date()), "date",
                  "Day of the newest count of those present", kind="evidence",
                  rows=frames["present"]["parts"].iloc[-1]),
        ]  # fmt: skip
        same_day = frames["present"].groupby("period_end")["low"].agg(["min", "max", "size"])
        spread = same_day[(same_day["size"] > 1) & (same_day["min"] > 0)]
        if len(spread):
            widest = (spread["max"] / spread["min"]).idxmax()
            own = frames["present"][frames["present"]["period_end"] == widest]
            found += [
                state("same_day", str(widest.date()), "date",
                      "Day on which counts of those present lay farthest apart", kind="evidence",
                      rows=tuple(r for ids in own["parts"] for r in ids)),
                state("same_day_counts", float(own["low"].max()), "persons",
                      "Counts of those present on that day", low=float(own["low"].min()),
                      high=float(own["high"].max()), kind="evidence",
                      rows=tuple(r for ids in own["parts"] for r in ids)),
            ]  # fmt: skip
        force = caps.of_active_army(p.as_of, float(top["high"]))
        if force is not None:
            found.append(
                state("present_share", force[0], "percent",
                      "Largest count at one time as a share of the active army",
                      low=force[1], high=force[2], decimals=2, rows=(*force[3], *top["parts"]))
            )  # fmt: skip
    totals = frames["totals"]
    if len(totals):
        ends = totals.loc[[totals["persons"].idxmin(), totals["persons"].idxmax()]]
        chosen = sent_total(p, totals)
        found.append(
            state("sent_total", chosen["persons"], "persons",
                  f"Men sent in total, at most, counts: {chosen['rule']}; the range is the rule of who counts",
                  low=float(ends["persons"].iloc[0]), high=float(ends["persons"].iloc[1]),
                  kind="evidence", rows=all_rows(totals))
        )  # fmt: skip
        if top is not None and top["low"] > 0 and top["high"] <= chosen["persons"]:
            ends = sorted(
                (chosen["persons"] / float(top["high"]), chosen["low"] / float(top["low"]))
            )
            found.append(
                state("turnover_dprk", chosen["persons"] / float(top["high"]), "ratio",
                      "Men sent in total over the largest count at one time; range: all or none of those in stages",
                      low=ends[0], high=ends[1], decimals=1, rows=(*chosen["rows"], *top["parts"]))
            )  # fmt: skip
    found += [*casualty_statements(p, frames), *scale_statements(p, frames)]
    losses = frames["losses"]
    cap = checks.study_cap(p.as_of)
    if len(losses) and cap is not None and top is not None:
        newest = losses.iloc[-1]
        daily = losses["per_day"]
        found += [
            state("losses_a_day", float(newest["per_day"]), "persons_per_day",
                  f"Russia's losses a day by Kyiv's count, {newest['month']}",
                  low=float(daily.min()), high=float(daily.max()), rows=all_rows(losses)),
        ]  # fmt: skip
        if daily.min():
            found.append(
                state("cap_in_days", cap / float(newest["per_day"]), "days",
                      "Days of those losses that the study's ceiling equals",
                      low=cap / float(daily.max()), high=cap / float(daily.min()),
                      rows=(*all_rows(losses), checks.STUDY_CAP))
            )  # fmt: skip
    return found


# Russia's own forces: at the front as a whole, and massed in Kursk in December 2024; the men
# counted in Kursk four weeks before.
FRONT, KURSK, IN_KURSK = (
    "troops-ru-front-2025",
    "troops-kursk-group-2024",
    "troops-present-2024-11-20-nis",
)


def scale_statements(p, frames) -> list[Value]:
    """Men taken prisoner, and the men sent beside Russia's own forces."""
    found = []
    taken = rows(p.as_of, "prisoners")
    if len(taken):
        newest = taken.iloc[-1]
        found.append(
            state(
                "prisoners",
                float(newest["low"]),
                "persons",
                f"Prisoners, {newest['item'].replace('_', ' ')}",
                kind="evidence",
                rows=(newest["obs_id"],),
            )
        )
    theatre = rows(p.as_of, "russia_force_in_theatre", repeats=True)
    front, group = figure(theatre, FRONT), figure(theatre, KURSK)
    totals = frames["totals"]
    combat = totals[totals["rule"] == "combat troops only"]
    if front is not None and len(combat):
        found.append(
            state(
                "share_of_front",
                float(combat["persons"].iloc[0]) / front * 100,
                "percent",
                "Combat troops sent over the Russian force at the front, by Moscow's account",
                decimals=1,
                rows=(*combat["rows"].iloc[0], FRONT),
            )
        )
    there = figure(rows(p.as_of, "troops_present", repeats=True), IN_KURSK)
    if group is not None and there is not None:
        found.append(
            state(
                "share_of_kursk",
                there / group * 100,
                "percent",
                "Men counted in Kursk in November 2024 over the force massed there",
                rows=(IN_KURSK, KURSK),
            )
        )
    return found


def sent_total(p: TroopPlausibility, totals: pd.DataFrame) -> pd.Series:
    """Total under the chosen rule: with builders if they count, else the largest without."""
    own = totals if p.count_builders else totals[~totals["builders"].astype(bool)]
    return own.sort_values(["low", "persons"], kind="stable").iloc[-1]


def newest_counts(found: pd.DataFrame) -> pd.DataFrame:
    """Newest count of each issuer, which stands for its earlier ones."""
    return found.groupby("issuer_short").tail(1)


def largest_dead(dead: pd.DataFrame) -> pd.Series:
    """Largest of the issuers' newest counts of dead."""
    newest = newest_counts(dead)
    return newest.loc[newest["low"].idxmax()]


def casualty_statements(p, frames) -> list[Value]:
    """Killed and wounded as counted, over the men sent."""
    found = []
    hurt, dead = frames["casualties"], frames["killed"]
    if len(hurt):
        newest = newest_counts(hurt)
        top, bottom = newest.loc[newest["high"].idxmax()], newest.loc[newest["low"].idxmin()]
        found.append(
            state("casualties_highest", float(top["high"]), "persons",
                  f"Largest count of killed and wounded: {top['issuer_short']}; the range is every issuer's newest",
                  low=float(bottom["low"]), high=float(top["high"]), kind="evidence",
                  rows=tuple(r for ids in newest["parts"] for r in ids))
        )  # fmt: skip
        combat = frames["totals"]
        combat = combat[combat["rule"] == "combat troops only"]
        if len(combat) and combat["persons"].iloc[0]:
            men = float(combat["persons"].iloc[0])
            graded = credible(newest, p.worst_credibility)
            if len(graded):
                top = graded.loc[graded["high"].idxmax()]
                used = (*combat["rows"].iloc[0], *top["parts"])
                found.append(
                    state("casualty_share", float(top["low"]) / men * 100, "percent",
                          "Largest graded count of casualties over the combat troops sent", rows=used)
                )  # fmt: skip
            if len(dead):
                most = largest_dead(dead)
                found.append(
                    state("killed_share_sent", float(most["low"]) / men * 100, "percent",
                          f"Largest count of dead over the combat troops sent: {most['issuer_short']}",
                          rows=(*combat["rows"].iloc[0], *most["parts"]))
                )  # fmt: skip
    if len(dead):
        newest, most = newest_counts(dead), largest_dead(dead)
        least = newest.loc[newest["low"].idxmin()]
        found.append(
            state("killed_highest", float(most["low"]), "persons",
                  f"Largest count of dead: {most['issuer_short']}; the range is every issuer's newest",
                  low=float(least["low"]), high=float(most["high"]), kind="evidence",
                  rows=tuple(newest["obs_id"]))
        )  # fmt: skip
        found += [
            state("killed_most", float(most["low"]), "persons",
                  f"Largest count of dead: {most['issuer']}", kind="evidence", rows=most["parts"]),
            state("killed_most_day", str(most["period_end"].date()), "date",
                  "Day of the largest count of dead", kind="evidence", rows=most["parts"]),
        ]  # fmt: skip
    shares = frames["killed_shares"]
    drawn = shares[shares["drawn"].astype(bool)]
    if len(drawn) and len(hurt):
        found.append(
            state("killed_per_casualty", float(drawn["share"].median()) * 100, "percent",
                  "Dead among casualties, median and range of the pairs drawn from",
                  low=float(drawn["share"].min()) * 100, high=float(drawn["share"].max()) * 100,
                  rows=all_rows(drawn))
        )  # fmt: skip
    for row in frames["rates"].itertuples():
        name = "quiet" if row.case.startswith("South") else "hard"
        found.append(
            state(f"rate_{name}", row.rate * 100, "percent_per_month",
                  f"Killed and wounded a month as a share of those present: {row.case}",
                  decimals=1, rows=row.rows)
        )  # fmt: skip
    return found


def path_statements(p, frames, paths) -> list[Value]:
    """Men there and sent by the simulation on the day of the vintage, and its coverage."""
    if paths is None:
        return []
    found = now_statements(p, paths)
    found += [
        state("band_level", stock.LEVEL * 100, "percent", "Level of the bands counts are held against",
              kind="evidence"),
        *coverage_statements(frames, paths),
    ]  # fmt: skip
    drawn = casualty_count_days(p)
    if len(drawn):
        found.append(
            state("casualties_last_day", str(drawn.max().date()), "date",
                  "Day of the newest count of killed and wounded good enough to be drawn from",
                  kind="evidence", rows=paths.rows)
        )  # fmt: skip
    dead = frames["killed"]
    if len(dead):
        most = largest_dead(dead)
        found.append(
            from_summary("killed_then", un.summary(paths.at("killed", most["period_end"])), "persons",
                         "Simulated dead on the day of the largest count of dead", decimals=-2,
                         rows=paths.rows)
        )  # fmt: skip
    guarding = stock.guarding_since(p)
    if guarding is not None:
        found.append(
            state("guarding_day", str(guarding[0].date()), "date",
                  "Day of the first count that has the men guard the border", kind="evidence",
                  rows=(guarding[1],))
        )  # fmt: skip
    if len(frames["drivers"]):
        found.append(
            state(
                "driver",
                str(frames["drivers"]["input"].iloc[0]),
                "text",
                "Input that moves the men there in twelve months most",
                rows=paths.rows,
            )
        )
        level = (projection.HELD[1] - projection.HELD[0]) * 100
        found.append(
            state("held_level", level, "percent", "Central part of an input's range at whose ends it is held",
                  kind="evidence")
        )  # fmt: skip
    return found + soldier_month_statements(frames["best_path"])


def soldier_month_statements(path: pd.DataFrame) -> list[Value]:
    """Soldier-months under the best graded counts, where they are of more than one day."""
    if path["day"].nunique() < 2:
        return []
    ids = tuple(r for row in path["obs_id"] if row for r in row.split(" + "))
    months = counts.soldier_months(path)
    first, last = path["day"].iloc[0], path["day"].iloc[-1]
    return [
        state("soldier_months_counts", months, "soldier_months",
              f"Soldier-months from {first.date()} to {last.date()}, straight lines between the best graded counts",
              decimals=-3, rows=ids),
        state("mean_stock", months / ((last - first).days / counts.DAYS_A_MONTH), "persons",
              "Men there on average over that time", decimals=-2, rows=ids),
        state("soldier_months_counts_day", str(last.date()), "date",
              "Day of the last of these counts", kind="evidence",
              rows=tuple(path["obs_id"].iloc[-1].split(" + "))),
    ]  # fmt: skip


def now_statements(p, paths) -> list[Value]:
    """Men there, sent, hurt and killed by the simulation on the day of the vintage."""
    return [
        from_summary(f"{name}_now", un.summary(paths.at(name, p.as_of)), "persons",
                     f"Simulated, on the day of the vintage: {words}", decimals=-2, rows=paths.rows)
        for name, words in (
            ("present", "men there"),
            ("sent", "men sent in total"),
            ("casualties", "killed and wounded since the start"),
            ("killed", "killed since the start"),
        )
    ]  # fmt: skip


def casualty_count_days(p) -> pd.Series:
    """Days of the counts of killed and wounded that are good enough to be drawn from."""
    return credible(counts.casualties(p.as_of), p.worst_credibility)["period_end"]


def coverage_statements(frames, paths) -> list[Value]:
    """Counts inside the band of their day, by what they count; and the later ones, held out."""
    found = []
    covered = frames["coverage"]
    there = covered[covered["quantity"] == "present"] if len(covered) else covered
    if len(there):
        whole = there[there["concept"] != counts.AT_FRONT]
        for name, own, words in (
            ("", there, "Dated counts of those present"),
            ("_whole", whole, "Of those, counts of a whole and not of men at the front alone"),
        ):
            found += [
                state(f"counts_present{name}", int(own["counts"].sum()), "count",
                      f"{words}, set beside the simulation", rows=paths.rows),
                state(f"counts_inside{name}", int(own["inside"].sum()), "count",
                      f"{words}, inside the band of their day", kind="score", rows=paths.rows),
            ]  # fmt: skip
        found.append(
            state("counts_inside_share", there["inside"].sum() / there["counts"].sum() * 100, "percent",
                  "Share of the counts of those present inside the band of their day", kind="score",
                  rows=paths.rows)
        )  # fmt: skip
    later = frames["holdout"]
    for name, own in later.groupby("quantity") if len(later) else ():
        found.append(
            state(f"later_share_{name}", own["inside"].sum() / own["counts"].sum() * 100, "percent",
                  f"Share of later counts inside the earlier vintage's band: {WORDS[name]}",
                  kind="score", rows=all_rows(own))
        )  # fmt: skip
    if len(later):
        total, inside = int(later["counts"].sum()), int(later["inside"].sum())
        found += [
            state("later_counts", total, "count",
                  "Later counts scored by earlier vintages, each as often as vintages precede it",
                  kind="score", rows=all_rows(later)),
            state("later_inside", inside, "count", "Of those, inside the earlier vintage's band",
                  kind="score", rows=all_rows(later)),
            state("later_inside_share", inside / total * 100, "percent",
                  "Share of later counts inside the earlier vintage's band", kind="score",
                  rows=all_rows(later)),
        ]  # fmt: skip
    return found


def study_money_statements(p, frames) -> list[Value]:
    """The study's range, a head; two ways to make it; what Russia pays its own."""
    found = []
    heads = money.study_per_head(p.as_of)
    year = money.russian_year(p)
    moscow = figure(rows(p.as_of, "russia_pay", repeats=True), money.MOSCOW_YEAR)
    if year is not None:
        found.append(state("russian_year", year[0], "USD_per_person_year",
                           "First year of an average Russian recruit", decimals=-2, rows=year[1]))  # fmt: skip
    if moscow is not None:
        found.append(state("moscow_year", moscow, "USD_per_person_year",
                           "First year of a recruit from Moscow, at least", kind="evidence",
                           rows=(money.MOSCOW_YEAR,)))  # fmt: skip
    if heads is None:
        return found
    row = evidence.load("arms", p.as_of, obs_id=[money.STUDY_RANGE]).iloc[0]
    ids = (money.STUDY_RANGE,)
    low_heads, high_heads = money.STUDY_HEADS
    found += [
        state("study_low", float(row["low"]), "USD_million_per_year", "The study's lower sum",
              kind="evidence", rows=ids),
        state("study_high", float(row["high"]), "USD_million_per_year", "The study's upper sum",
              kind="evidence", rows=ids),
        state("study_heads_low", low_heads, "persons", "Men behind the study's lower sum",
              kind="evidence", rows=ids),
        state("study_heads_high", high_heads, "persons", "Men behind the study's upper sum",
              kind="evidence", rows=ids),
        state("study_head", heads[0], "USD_per_person_year", "The study's sum a head",
              low=min(heads), high=max(heads), rows=ids),
        state("study_head_month", heads[0] / 12, "USD_per_person_month",
              "The study's sum a head and month", decimals=2, rows=ids),
    ]  # fmt: skip
    for name, way in zip(("a", "b"), frames["ways"].itertuples(), strict=False):
        found += [
            state(f"way_{name}", way.total, "USD_per_person_year", f"Way {name} to the sum a head: {way.way}",
                  rows=way.rows),
            state(f"way_{name}_month", way.monthly, "USD_per_person_month", f"Monthly pay of way {name}", rows=way.rows),
            state(f"way_{name}_once", way.once, "USD_per_person", f"One-time sum of way {name}", rows=way.rows),
        ]  # fmt: skip
    for name, other in (("russian", year[0] if year else None), ("moscow", moscow)):
        if other is not None:
            found.append(
                state(f"cheaper_{name}", (1 - heads[0] / other) * 100, "percent",
                      f"How much cheaper the study's sum a head is than a recruit ({name})",
                      rows=(*ids, *(year[1] if name == "russian" else (money.MOSCOW_YEAR,))))
            )  # fmt: skip
    return found


def money_statements(p, frames, paths, prices, u) -> list[Value]:
    """Income of the model a year and so far, the state's part of it, and outer sums."""
    if prices is None:
        return []
    ids = prices.all_rows
    found = [
        state("pay", sum(prices.pay) / 2, "USD_per_person_month",
              "Pay a month, range of the known rows" if prices.rows["pay"] else "Pay a month, a parameter",
              low=prices.pay[0], high=prices.pay[1],
              kind="evidence" if prices.rows["pay"] else "estimate", rows=prices.rows["pay"]),
    ]  # fmt: skip
    if p.payment == "cash" and prices.take is not None:
        low, high = prices.take
        known = prices.rows["take"]
        found.append(state("state_take", (low + high) / 2 * 100, "percent",
                           "Part of what is paid that the state keeps, "
                           + ("range of the known rows, which are about pay" if known else "a parameter"),
                           low=low * 100, high=high * 100, kind="evidence" if known else "estimate",
                           rows=known))  # fmt: skip
    sizes = {f"year_{men}": men for men in money.STUDY_HEADS} | {"year_men": p.men}
    for name, men in sizes.items():
        gross = money.revenue(prices, u, men * money.MONTHS, men, 0.0)
        found.append(
            from_summary(name, un.summary(gross), "USD_million_per_year",
                         f"Gross income of a first year of {men:,} men, no deaths paid for", rows=ids)
        )  # fmt: skip
    kept = money.to_state(p, prices, u, gross)
    if kept is not None:
        found.append(
            from_summary("year_men_state", un.summary(kept[0]), "USD_million_per_year",
                         f"What the state gets of a first year of {p.men:,} men, in money or in kind",
                         rows=tuple(sorted({*ids, *prices.rows["take"]})))
        )  # fmt: skip
    if paths is None:
        return found
    first, day = paths.days[0], pd.Timestamp(p.as_of)
    months = (day - counts.first_sailing(p.as_of)).days / counts.DAYS_A_MONTH
    served = paths.soldier_months(first, day)
    gross = income(prices, u, paths, first, day)
    total = income_statement(gross, prices, paths)
    used = total.rows
    found += [
        from_summary("soldier_months", un.summary(served), "soldier_months",
                     "Simulated soldier-months to the day of the vintage", decimals=-3, rows=paths.rows),
        total,
    ]  # fmt: skip
    if months >= 6:  # a rate a year from a few weeks would mostly be bonuses
        found.append(
            from_summary("income_a_year", un.summary(gross / months * 12), "USD_million_per_year",
                         "Gross income so far, made into a year", rows=used)
        )  # fmt: skip
    split = money.to_state(p, prices, u, gross)
    if split is not None:
        words = "in kind" if p.payment == "in_kind" else "after the soldier's part"
        found += [
            from_summary("state_so_far", un.summary(split[0]), "USD_million",
                         f"The state's part to the day of the vintage, {words}",
                         rows=(*used, *prices.rows["take"])),
            from_summary("cash_so_far", un.summary(split[1]), "USD_million",
                         f"Of that, money: paid {p.payment.replace('_', ' ')}",
                         rows=(*used, *prices.rows["take"])),
        ]  # fmt: skip
    back = figure(rows(p.as_of, "revenue_estimate_total", repeats=True), GIVEN_BACK)
    if back is not None:
        found.append(
            state(
                "given_back",
                back,
                "USD_million",
                "All that Russia demonstrably gave back, at most, after the author's later study",
                kind="evidence",
                rows=(GIVEN_BACK,),
            )
        )
    return [*found, *outer_sums(p, frames)]


def income_statement(gross, prices, paths) -> Value:
    """Gross income so far, from its draws."""
    return from_summary(
        "income_so_far",
        un.summary(gross),
        "USD_million",
        "Gross income to the day of the vintage",
        decimals=0,
        rows=tuple(sorted({*prices.all_rows, *paths.rows})),
    )


def outer_sums(p, frames) -> list[Value]:
    """Plain products that bound the parts: pay by the counts, bonuses, death payments."""
    found = []
    path, totals = frames["best_path"], frames["totals"]
    pay = figure(rows(p.as_of, "pay_per_soldier", repeats=True), money.PAY)
    ids = tuple(r for row in path["obs_id"] if row for r in row.split(" + "))
    if pay is not None and len(path) > 1:
        found.append(
            state("pay_by_counts", counts.soldier_months(path) * pay / 1e6, "USD_million",
                  "Soldier-months by the counts at the pay Seoul reported", rows=(money.PAY, *ids))
        )  # fmt: skip
        days = (path["day"].iloc[-1] - path["day"].iloc[0]).days
        if days >= 180:
            found.append(
                state("pay_by_counts_year", counts.soldier_months(path) * pay / 1e6 / days * 365.25,
                      "USD_million_per_year", "The same, made into a year", rows=(money.PAY, *ids))
            )  # fmt: skip
    federal = rows(p.as_of, "russia_signing_bonus", ["federal"])
    if len(totals) and len(federal):
        total = sent_total(p, totals)
        found.append(
            state("bonus_outer", total["persons"] * p.federal_bonus_usd / 1e6, "USD_million",
                  "If every man sent had carried Russia's federal bonus",
                  decimals=1, rows=(*total["rows"], money.FEDERAL_BONUS))
        )  # fmt: skip
    death = rows(p.as_of, "death_compensation")
    dead = frames["killed"]
    if len(death) and len(dead):
        most = largest_dead(dead)
        found.append(
            state("death_outer", float(most["low"]) * float(death["high"].max()) / 1e6, "USD_million",
                  "If every dead man had been paid for at the one figure known",
                  rows=(*most["parts"], *death["obs_id"]))
        )  # fmt: skip
    return found


def check_statements(p, frames) -> list[Value]:
    """The ceiling scored both ways; forecasts that missed."""
    cap = checks.study_cap(p.as_of)
    found = []
    if cap is not None:
        found.append(
            state("study_cap", cap, "persons", "Size above which the study calls a deployment unlikely",
                  kind="evidence", rows=(checks.STUDY_CAP,))
        )  # fmt: skip
    table = frames["ceiling"]
    if len(table):
        stock_row, flow = table.iloc[0], table.iloc[1:]
        if not p.count_builders:
            flow = flow[~flow["reading"].str.contains("builders")]
        chosen = flow.sort_values(["low", "persons"], kind="stable").iloc[-1]
        for name, row in (("stock", stock_row), ("flow", chosen)):
            found += [
                state(f"ceiling_{name}", row["verdict"], "text", f"The study's ceiling {row['reading']}",
                      kind="score", rows=row["rows"]),
                state(f"margin_{name}", abs(float(row["margin"])), "persons",
                      f"Distance of the largest count from the ceiling, {row['reading']}",
                      kind="score", rows=row["rows"]),
                state(f"brier_{name}", float(row["brier_high"]), "ratio",
                      f"Brier score of the ceiling, {row['reading']}, at worst; 0 is best, 1 worst",
                      low=float(row["brier_low"]), high=float(row["brier_high"]),
                      kind="score", decimals=2, rows=row["rows"]),
            ]  # fmt: skip
        if chosen["builders"]:
            found += [
                state("builders", float(chosen["builders"]), "persons",
                      "Builders in uniform moving in stages, all of them", kind="evidence",
                      rows=checks.IN_STAGES),
                state("builders_to_pass", cap - float(chosen["low"]), "persons",
                      "Builders whose arrival would just reach the study's ceiling in total",
                      kind="score", rows=chosen["rows"]),
            ]  # fmt: skip
    due = frames["forecasts"]
    due = due[due["verdict"] != "open"]
    if len(due):
        missed = due[due["verdict"] != "close"]
        found += [
            state("forecasts_due", len(due), "count", "Forecasts by others whose day has come",
                  kind="score", rows=all_rows(due)),
            state("forecasts_missed", len(missed), "count", "Of those, missed", kind="score",
                  rows=all_rows(due)),
            state("forecasts_too_high", int((due["verdict"] == "too high").sum()), "count",
                  "Of those, too high", kind="score", rows=all_rows(due)),
        ]  # fmt: skip
    left = checks.unjudged(p.as_of)
    if len(due) and left:
        found.append(
            state("forecasts_unjudged", len(left), "count",
                  "Counts of additional men set against no forecast: whether they are of further men is not judged",
                  kind="evidence", rows=left)
        )  # fmt: skip
    used_up = checks.exhaustion(p.as_of)
    if used_up is not None:
        found.append(
            state("exhaustion_day", str(used_up[0].date()), "date",
                  "Day on which ISW's daily losses would have used up the contingent", rows=used_up[1])
        )  # fmt: skip
    return found


UNITS = {"revenue": "USD_million"}
WORDS = {
    "present": "men there",
    "sent": "men sent in total",
    "casualties": "killed and wounded since the start",
    "killed": "killed since the start",
    "revenue": "gross income from the vintage on",
}


def projection_statements(frozen: Projection | None) -> list[Value]:
    """The frozen projection, and the chance of passing the ceiling."""
    if frozen is None:
        return []
    found = [
        from_summary(f"{row.quantity}_{row.months}_months", row._asdict(),
                     UNITS.get(row.quantity, "persons"),
                     f"{WORDS[row.quantity].capitalize()} {row.months} months past the vintage",
                     kind="projection", decimals=0 if row.quantity == "revenue" else -2,
                     rows=frozen.rows)
        for row in frozen.frame.itertuples()
        if row.months
    ]  # fmt: skip
    for row in frozen.above.itertuples():
        when = (
            f"{row.months} months past the vintage" if row.months else "on the day of the vintage"
        )
        rows_ = (*frozen.rows, checks.STUDY_CAP)
        found += [
            state(f"above_{row.quantity}_{row.months}", row.probability * 100, "percent",
                  f"Chance that {WORDS[row.quantity]} lie above the study's ceiling, {when}",
                  kind="projection", rows=rows_),
            state(f"above_{row.quantity}_{row.months}_word", un.likelihood(row.probability), "text",
                  f"The same in words, {when}", kind="projection", rows=rows_),
        ]  # fmt: skip
    return found


def checked_statements(frames) -> list[Value]:
    """The projection of the day of the study and the counts it met."""
    table = frames["check"]
    if table.empty:
        return []
    found = [
        state("checked", len(table), "count", "Projections of the study's day that met a count",
              kind="score", rows=all_rows(table)),
        state("checked_inside", int((table["inside"] != "no").sum()), "count",
              "Of those, met inside the interval, in whole or part", kind="score",
              rows=all_rows(table)),
    ]  # fmt: skip
    for row in table.itertuples():
        name = f"check_{row.quantity}_{row.months}"
        when = f"{row.months} months past the day of the study"
        found += [
            state(name, row.median, "persons", f"{WORDS[row.quantity].capitalize()} {when}, as projected then",
                  low=row.low90, high=row.high90, level=0.9, decimals=-2, kind="projection", rows=row.rows),
            state(f"{name}_counted", row.high, "persons", f"{WORDS[row.quantity].capitalize()}, counted nearest to {when}",
                  low=row.low, high=row.high, kind="evidence", rows=row.rows),
            state(f"{name}_day", str(row.counted.date()), "date", f"Day of the count nearest to {when}",
                  kind="evidence", rows=row.rows),
        ]  # fmt: skip
    return found


def verdict_statements(frames) -> list[Value]:
    """Verdict on each claim of the study, and the rule that gave it."""
    found = []
    for row in frames["verdicts"].itertuples():
        name = row.claim.replace("-", "_")
        found += [
            state(f"verdict_{name}", row.verdict, "text", f"Verdict on the claim {row.claim}",
                  kind="score", rows=row.rows),
            state(f"verdict_{name}_rule", row.rule, "text", f"Why: the claim {row.claim}",
                  kind="score", rows=row.rows),
        ]  # fmt: skip
    return found
