"""The numbers the chapter states, as values with their rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compendium import claims
from compendium import uncertainty as un
from compendium.arms import words
from compendium.arms.estimates import CASE, FOLLOW_UP, RULE_ROWS, case
from compendium.arms.projection import MIN_INTERVAL_DAYS, Projection
from compendium.arms.reconstruction import STUDY_HIGH, STUDY_LOW, pairs
from compendium.arms.shipments import CONTAINER_LIMIT_ROWS, container_ratings, current_statements
from compendium.arms.value import (
    LEAST_YEARS,
    LOADINGS_122,
    LOADINGS_152,
    Inputs,
    draw,
    inputs,
    nothing_known,
    rounds_range,
)
from compendium.parameters import ArmsTrade
from compendium.values import Value

if TYPE_CHECKING:
    from compendium.arms import Result


def statements(p: ArmsTrade, result: Result) -> list[Value]:
    """Every number of the chapter; those that `as_of` could not know are left out."""
    frames, given = result.frames, result.inputs
    return [
        *value_statements(p, result),
        *basis_statements(frames["bases"]),
        *issuer_statements(frames["issuers"], given),
        *evidence_statements(p, frames),
        *share_statements(p, frames["shares"], given),
        *study_statements(p, result),
        *sensitivity_statements(result),
        *projection_statements(result.projection),
        *verdict_statements(p, result),
    ]


def state(name: str, value, unit: str, label: str, **details) -> Value:
    """A `Value` of this chapter."""
    return Value(f"arms_trade.{name}", value, unit=unit, label=label, **details)


def from_summary(name: str, s, unit: str, label: str, scale: float = 1.0, **details) -> Value:
    """A `Value` from the median and the 90 % interval of `uncertainty.summary`."""
    return state(
        name,
        s["median"] * scale,
        unit,
        label,
        low=s["low90"] * scale,
        high=s["high90"] * scale,
        level=0.9,
        **details,
    )


def total_statement(p: ArmsTrade, s, given: Inputs) -> Value:
    """The estimate; `s` is the summary of its draws."""
    label = total_label(p)
    return from_summary("value_total", s, "USD_billion", label, 1e-3, decimals=1, rows=given.rows)


def total_label(p: ArmsTrade) -> str:
    """What the estimate is of."""
    priced = f"{p.shell_price:,.10g} USD a round" if p.shell_price else p.price_basis
    return f"Value of all deliveries by {p.as_of}, priced by {priced}"


ANY_AGE = 100 * 366  # days


def any_age(p: ArmsTrade) -> Value:
    """The estimate if no count were left out for its age; low counts tend to be the older ones."""
    given = inputs(p.model_copy(update={"max_age_days": ANY_AGE}))
    label = f"{total_label(p)}, each issuer's newest count however old"
    return from_summary(
        "value_any_age", un.summary(draw(given, p.draws, p.seed)["total"]), "USD_billion", label,
        1e-3, decimals=1, rows=given.rows,
    )  # fmt: skip


def value_statements(p: ArmsTrade, result: Result) -> list[Value]:
    """The estimate, its 50 % interval and the rounds it rests on.

    The rounds have no median: between two issuers' ranges there is nothing that anybody said.
    """
    given = result.inputs
    s = un.summary(result.draws)
    rows = given.rows
    label = total_label(p)
    half = state(
        "value_total_half",
        s["median"] / 1000,
        "USD_billion",
        f"{label}, central half",
        low=s["low50"] / 1000,
        high=s["high50"] / 1000,
        level=0.5,
        decimals=1,
        rows=rows,
    )
    quantity_rows = tuple(r for q in given.quantities for r in q.rows)
    if given.in_containers:
        quantity_rows = tuple(
            sorted({*quantity_rows, *given.loading.rows, *given.rocket_share.rows})
        )
    yearly = []
    if len(result.yearly):
        years = [q.years for q in given.quantities if q.years >= LEAST_YEARS]
        yearly = [
            from_summary(
                "value_yearly",
                un.summary(result.yearly),
                "USD_million_per_year",
                "Value of the deliveries a year, each count over the years that it ran",
                rows=rows,
            ),
            state("count_years_shortest", min(years), "years",
                  "Shortest span of a count behind it", decimals=1, rows=quantity_rows),
            state("count_years_longest", max(years), "years",
                  "Longest span of a count behind it", decimals=1, rows=quantity_rows),
        ]  # fmt: skip
    return [
        total_statement(p, s, given),
        half,
        any_age(p),
        state("max_age_days", p.max_age_days, "days", "Age at which a count is out of date"),
        *yearly,
        *(
            state(
                f"rounds_{end}",
                amount / 1e6,
                "million_rounds",
                f"{end.capitalize()} number of rounds, priced as 152 mm, that the model draws",
                decimals=2,
                rows=quantity_rows,
            )
            for end, amount in zip(("lowest", "highest"), rounds_range(given), strict=True)
        ),
        state("humps", len(result.humps), "count", "Humps of the value", rows=rows),
        state(
            "tolerance",
            p.tolerance * 100,
            "percent",
            "How close a figure must come to a published one",
            decimals=1,
            kind="evidence",
        ),
        state("as_of", str(p.as_of), "date", "Vintage of the chapter", kind="evidence"),
        state("draws", p.draws, "count", "Monte Carlo draws", kind="evidence"),
    ]


def basis_statements(bases: pd.DataFrame) -> list[Value]:
    """The estimate under each price basis, and how far the switch alone moves it."""
    found = [
        from_summary(
            f"value_{b.basis}",
            b._asdict(),
            "USD_billion",
            f"Value under the price basis {b.basis}",
            1e-3,
            decimals=1,
            rows=b.rows,
        )
        for b in bases.itertuples()
    ]
    count = state(
        "bases_known",
        len(bases),
        "count",
        "Price bases with a known row that is graded well enough",
        kind="evidence",
        rows=tuple(sorted({row for rows in bases["rows"] for row in rows})),
    )
    if bases.empty:
        return [count]
    order = bases.sort_values("median")
    bottom, top = order.iloc[0], order.iloc[-1]
    ends = [
        from_summary(
            f"value_basis_{end}",
            basis,
            "USD_billion",
            f"Value under the {end} price basis, {basis['basis']}",
            1e-3,
            decimals=1,
            rows=basis["rows"],
        )
        for end, basis in (("cheapest", bottom), ("dearest", top))
    ]
    if bottom["median"] == 0:  # all is taken for unusable: no basis is so many times another
        return [*found, *ends, count]
    return [
        *found,
        *ends,
        count,
        state(
            "basis_factor",
            float(top["median"] / bottom["median"]),
            "ratio",
            f"Median under {top['basis']} over median under {bottom['basis']}",
            decimals=1,
            rows=tuple(sorted({*top["rows"], *bottom["rows"]})),
        ),
    ]


def slug(name: str) -> str:
    """A name as part of an id."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def issuer_statements(issuers: pd.DataFrame, given: Inputs) -> list[Value]:
    """The estimate by each issuer's count, and how far it matters whose is believed."""
    factors = set(given.rows) - {row for quantity in given.quantities for row in quantity.rows}

    def value_by(name: str, issuer: pd.Series, label: str) -> Value:
        rows = tuple(sorted({*issuer["rows"], *factors}))
        return from_summary(name, issuer, "USD_billion", label, 1e-3, decimals=1, rows=rows)

    lowest, highest = issuers.iloc[0], issuers.iloc[-1]
    found = [
        *(
            value_by(
                f"value_by_{slug(i['issuer'])}", i, f"Value by the count of {i['issuer']} alone"
            )
            for _, i in issuers.iterrows()
        ),
        value_by(
            "value_issuer_lowest", lowest, f"Value by the lowest count, that of {lowest['issuer']}"
        ),
        value_by(
            "value_issuer_highest",
            highest,
            f"Value by the highest count, that of {highest['issuer']}",
        ),
    ]
    if lowest["median"] == 0:
        return found
    return [
        *found,
        state(
            "issuer_factor",
            float(highest["median"] / lowest["median"]),
            "ratio",
            f"Median by the count of {highest['issuer']} over that by {lowest['issuer']}",
            decimals=1,
            rows=(*lowest["rows"], *highest["rows"]),
        ),
    ]


def extremes(p: ArmsTrade, rows: pd.DataFrame, name: str, unit: str, scale=1.0, decimals=0):
    """Lowest and highest of the issuers' current counts, as stated, as two values."""
    current = current_statements(rows, p.max_age_days, p.worst_credibility)
    if current.empty:
        return []
    picks = {
        "lowest": (current.loc[current["low"].idxmin()], "low"),
        "highest": (current.loc[current["high"].idxmax()], "high"),
    }
    return [
        state(
            f"{name}_{end}",
            float(row[column]) * scale,
            unit,
            f"{end.title()} of the issuers' newest counts that are recent and graded well enough: "
            f"{row['issuer_short']}, "
            f"by {row['period_end'].date()}",
            decimals=decimals,
            kind="evidence",
            rows=tuple(current.loc[current[column] == row[column], "obs_id"]),
        )
        for end, (row, column) in picks.items()
    ]


def evidence_statements(p: ArmsTrade, frames: dict[str, pd.DataFrame]) -> list[Value]:
    """What the issuers' newest counts disagree on, and the known loadings."""
    loads = frames["conversions"]
    found = [
        *extremes(p, frames["containers"], "containers", "containers"),
        *extremes(p, frames["shells"], "shells", "million_rounds", 1e-6, 1),
        *extremes(p, frames["missiles"], "missiles", "missiles"),
    ]
    for name, items, label in (
        ("loading", LOADINGS_152, f"Rounds a container, of {words.mixed(loads)}"),
        ("rocket_loading", LOADINGS_122, "122 mm rockets a container"),
    ):  # fmt: skip
        own = loads[loads["item"].isin(items)]
        if own.empty:
            continue
        found.append(
            state(
                name,
                float(own["value"].median()),
                "rounds_per_container",
                f"{label}: median and range of the official conversions",
                low=float(own["low"].min()),
                high=float(own["high"].max()),
                kind="evidence",
                rows=tuple(own["obs_id"]),
            )
        )
    ratings = container_ratings(p.as_of)
    for name, row, label in (
        ("container_gross", CONTAINER_LIMIT_ROWS[1], "Gross mass of a common 20-foot container"),
        ("container_gross_low", CONTAINER_LIMIT_ROWS[2], "Gross mass of one of the older rating"),
    ):
        if row in ratings:
            found.append(
                state(name, float(ratings[row]), "tonnes_per_container", label, decimals=1,
                      kind="evidence", rows=(row,))
            )  # fmt: skip
    return found


def share_statements(p: ArmsTrade, table: pd.DataFrame, given: Inputs) -> list[Value]:
    """Value over the size of the economy, under every yardstick and under the chosen one."""
    if table.empty:
        return []
    known = table.set_index("yardstick")
    chosen = p.yardstick or known.index[0]
    if chosen not in known.index:
        raise nothing_known(p, "yardstick", chosen, known.index)
    found = []
    for name, row in known.iterrows():
        found.append(economy_size(f"economy_{name}", row))
        found.append(economy_share(f"share_{name}", row, given))
    spread = known["usd_billion"].max() / known["usd_billion"].min() - 1  # also of no value
    every = tuple(sorted({r for ids in known["rows"] for r in ids}))
    return [
        *found,
        state(
            "yardsticks_known",
            len(known),
            "count",
            "Yardsticks with known rows",
            kind="evidence",
            rows=every,
        ),  # fmt: skip
        economy_size("economy", known.loc[chosen]),
        economy_share("share", known.loc[chosen], given),
        state(
            "share_spread",
            float(spread) * 100,
            "percent",
            "How far the choice of yardstick alone moves the share",
            rows=every,
        ),
    ]


def economy_size(name: str, row: pd.Series) -> Value:
    """Size of the economy under one yardstick."""
    label = f"Size of the North Korean economy: {row['label']}"
    return state(
        name,
        float(row["usd_billion"]),
        "USD_billion",
        label,
        decimals=1,
        kind="evidence",
        rows=tuple(row["rows"]),
    )


def economy_share(name: str, row: pd.Series, given: Inputs) -> Value:
    """Value as a share of the economy under one yardstick."""
    return state(
        name,
        float(row["share_median"]),
        "percent",
        f"Value of all deliveries over one year of output: {row['label']}",
        low=float(row["share_low90"]),
        high=float(row["share_high90"]),
        level=0.9,
        decimals=1,
        rows=tuple(sorted({*row["rows"], *given.rows})),
    )


def study_statements(p: ArmsTrade, result: Result) -> list[Value]:
    """The study's bounds, how they can be reconstructed, and the follow-up's check."""
    frames, draws = result.frames, result.draws
    study = frames["study"]
    if study.empty:
        return []
    low, high = (float(v) for v in study["value"])
    stated = [
        state(
            f"study_{end}",
            amount / 1000,
            "USD_billion",
            f"The study's {end} bound",
            decimals=1,
            kind="evidence",
            rows=(row,),
        )
        for end, amount, row in (("low", low, STUDY_LOW), ("high", high, STUDY_HIGH))
    ]
    at_low, at_high, both = (frames[f"reach_{end}"] for end in ("low", "high", "both"))
    low_only, high_only = frames["reach_low_only"], frames["reach_high_only"]
    pairs_low, pairs_high = pairs(at_low), pairs(at_high)
    lone_low = pairs_low - pairs(both, "price_low")
    lone_high = pairs_high - pairs(both, "price_high")
    counts = {
        "matches_low": (len(at_low), "Combinations within the tolerance of the lower bound"),
        "matches_high": (len(at_high), "Combinations within the tolerance of the upper bound"),
        "matches_low_only": (len(low_only), "Combinations that reach the lower bound and are in no pair that reaches both"),
        "matches_high_only": (len(high_only), "Combinations that reach the upper bound and are in no pair that reaches both"),
        "pairs_low": (len(pairs_low), "Quantity-price pairs that reach the lower bound"),
        "pairs_high": (len(pairs_high), "Quantity-price pairs that reach the upper bound"),
        "pairs_low_only": (len(lone_low), "Quantity-price pairs that reach the lower bound and have no partner at the upper"),
        "pairs_high_only": (len(lone_high), "Quantity-price pairs that reach the upper bound and have no partner at the lower"),
        "matches_both": (len(both), "Combinations of one quantity that reach both bounds"),
        "quantities_both": (both["rounds"].nunique(), "Quantities that reach both bounds"),
    }  # fmt: skip
    combined = tuple(sorted({STUDY_LOW, STUDY_HIGH, *result.grid.rows}))
    stated += [
        state(name, int(n), "count", label, kind="estimate", rows=combined)
        for name, (n, label) in counts.items()
    ]
    stated += inside_statements(study, draws, result.inputs)
    stated.append(
        state("bound_ratio", high / low, "ratio", "Upper over lower bound of the study",
              decimals=2, rows=(STUDY_LOW, STUDY_HIGH))
    )  # fmt: skip
    if len(both):
        best = both.iloc[0]
        rows = tuple(sorted({STUDY_LOW, STUDY_HIGH, *result.grid.rows_of(best)}))
        stated += [
            state("best_rounds", best["rounds"] / 1e6, "million_rounds",
                  "Quantity of the closest reconstruction of both bounds", decimals=1,
                  rows=result.grid.rows_of(best[["rounds"]])),
            state("best_error", best["worst"] * 100, "percent",
                  "Larger of the two errors of the closest reconstruction", decimals=1,
                  rows=rows),
        ]  # fmt: skip
    if len(frames["follow_up"]):
        stated += case_statements(case(p.as_of))
    for row in frames["follow_up"].itertuples():
        ids = (*FOLLOW_UP.values(), *RULE_ROWS)
        stated += [
            state(f"follow_up_{row.bound}", row.sum / 1000, "USD_billion",
                  f"The tested prices on the follow-up's quantities, {row.bound} bound",
                  decimals=1, rows=ids),
            state(f"follow_up_{row.bound}_published", row.published / 1000, "USD_billion",
                  f"The follow-up's published {row.bound} bound",
                  decimals=1, kind="evidence", rows=(FOLLOW_UP["published"],)),
            state(f"follow_up_{row.bound}_error", row.error * 100, "percent",
                  f"Error of the tested prices, {row.bound} bound",
                  decimals=1, kind="score", rows=ids),
        ]  # fmt: skip
    return stated


def inside_statements(
    study: pd.DataFrame, draws: NDArray[np.float64], given: Inputs
) -> list[Value]:
    """How much of the estimate the study's bounds hold."""
    if study.empty:
        return []
    low, high = (float(v) for v in study["value"])
    inside = float(np.mean((draws >= low) & (draws <= high))) * 100
    return [
        state(
            "inside_study",
            inside,
            "percent",
            "Share of the draws that lie between the study's bounds",
            rows=tuple(sorted({STUDY_LOW, STUDY_HIGH, *given.rows})),
        )
    ]


def case_statements(figures: dict[str, float]) -> list[Value]:
    """Figures of the reconstruction whose prices are tested on the follow-up."""
    forms = {
        "rounds": (1e-6, "million_rounds", 1, "Rounds"),
        "missiles": (1, "missiles", 0, "Missiles"),
        "price_low": (1, "USD_per_round", 0, "Price of a round at the lower bound"),
        "price_high": (1, "USD_per_round", 0, "Price of a round at the upper bound"),
        "missile_price_low": (1, "USD_million_per_missile", 0, "Price of a missile at the lower bound"),
        "missile_price_high": (1, "USD_million_per_missile", 0, "Price of a missile at the upper bound"),
    }  # fmt: skip
    return [
        state(f"case_{name}", figures[name] * scale, unit,
              f"{label} in the reconstruction that is tested", decimals=decimals,
              kind="evidence", rows=(CASE[name][0],))
        for name, (scale, unit, decimals, label) in forms.items()
    ]  # fmt: skip


def sensitivity_statements(result: Result) -> list[Value]:
    """The input that drives the estimate, within the basis and across the bases."""
    within = result.inputs.rows
    across = tuple(sorted({row for given in result.across for row in given.rows}))
    found = []
    for name, label, rows in (
        ("sobol", "within the price basis", within),
        ("sobol_across", "across all bases", across),
    ):
        if result.frames[name].empty:
            continue
        top = result.frames[name].iloc[0]
        found += [
            state(
                f"{name}_input",
                top["input"],
                "text",
                f"Input with most variance, {label}",
                rows=rows,
            ),
            state(
                f"{name}_total",
                float(top["total"]),
                "share",
                f"Total Sobol index of the leading input, {label}",
                low=float(top["total"] - top["total_conf"]),
                high=float(top["total"] + top["total_conf"]),
                level=0.9,
                decimals=2,
                rows=rows,
            ),
        ]
    if len(result.frames["tornado"]):
        widest = result.frames["tornado"].iloc[0]
        rows = across if widest["input"] == "price basis" else within
        label = "Input whose ends move the median most"
        found.append(state("tornado_input", widest["input"], "text", label, rows=rows))
    return found


def projection_statements(projection: Projection | None) -> list[Value]:
    """The frozen projection of the monthly flow, and the rules it was read by."""
    if projection is None:
        return []
    found = [
        from_summary(
            f"flow_{row.months}_months",
            row._asdict(),
            "thousand_rounds_per_month",
            f"Monthly flow of rounds, all containers read as 152 mm, {row.months} months past the vintage",
            kind="projection",
            rows=projection.rows,
        )
        for row in projection.frame.itertuples()
    ]  # fmt: skip
    found.append(
        state("flow_least_days", MIN_INTERVAL_DAYS, "days",
              "Least span of two statements between which a flow is read", kind="evidence")
    )  # fmt: skip
    if projection.opens is not None:
        found.append(
            state("flow_opens", str(projection.opens.date()), "date",
                  "Day of the first counted voyage; no window is taken to open earlier",
                  kind="evidence", rows=projection.opens_rows)
        )  # fmt: skip
    if len(projection.revisions):
        rows = {*projection.revisions["obs_id"], *projection.revisions["obs_id_later"]}
        found.append(
            state("flow_revisions", len(projection.revisions), "count",
                  "Counts of containers that a later one of the same issuer does not exceed",
                  kind="evidence", rows=tuple(sorted(rows)))
        )  # fmt: skip
    return found


def verdict_statements(p: ArmsTrade, result: Result) -> list[Value]:
    """Verdict on each statement of the study, with the probabilities behind it."""
    found = []
    if result.tested:
        found.append(
            state("significant_share", p.significant_share, "percent",
                  "What a year of deliveries must be worth to count as significant",
                  decimals=1, kind="evidence")
        )  # fmt: skip
    return [*found, *claims.values_of("arms_trade", result.tested)]
