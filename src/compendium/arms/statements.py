"""The numbers the chapter states, as values with their rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium import uncertainty as un
from compendium.arms.estimates import FOLLOW_UP, RULE_ROWS
from compendium.arms.projection import Projection
from compendium.arms.reconstruction import STUDY_HIGH, STUDY_LOW, pairs
from compendium.arms.shipments import current_statements
from compendium.arms.value import Inputs, nothing_known
from compendium.parameters import ArmsTrade
from compendium.values import Value


def statements(
    p: ArmsTrade,
    given: Inputs,
    parts: dict,
    frames: dict[str, pd.DataFrame],
    projection: Projection | None,
) -> list[Value]:
    """Every number of the chapter; those that `as_of` could not know are left out."""
    return [
        *value_statements(p, given, parts),
        *basis_statements(frames["bases"]),
        issuer_factor(frames["issuers"]),
        *evidence_statements(p, frames),
        *share_statements(p, frames["shares"], given),
        *study_statements(frames, parts["total"]),
        *sensitivity_statements(given, frames),
        *projection_statements(projection),
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


def value_statements(p: ArmsTrade, given: Inputs, parts: dict) -> list[Value]:
    """The estimate, its 50 % interval and the rounds it rests on."""
    s = un.summary(parts["total"])
    rows = given.rows
    label = f"Value of all deliveries by {p.as_of}, price basis {p.price_basis}"
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
    return [
        from_summary("value_total", s, "USD_billion", label, 1e-3, decimals=1, rows=rows),
        half,
        from_summary(
            "rounds_total",
            un.summary(parts["rounds"]),
            "million_rounds",
            f"152 mm rounds sent by {p.as_of}, one issuer's word a draw",
            1e-6,
            decimals=1,
            rows=quantity_rows,
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
    top = bases.loc[bases["median"].idxmax()]
    bottom = bases.loc[bases["median"].idxmin()]
    return [
        *found,
        state("bases_known", len(bases), "count", "Price bases with a known row", kind="evidence"),
        state(
            "basis_factor",
            float(top["median"] / bottom["median"]),
            "ratio",
            f"Median under {top['basis']} over median under {bottom['basis']}",
            decimals=1,
            rows=tuple(sorted({*top["rows"], *bottom["rows"]})),
        ),
    ]


def issuer_factor(issuers: pd.DataFrame) -> Value:
    """How far it moves the estimate whose count is believed."""
    lowest, highest = issuers.iloc[0], issuers.iloc[-1]
    return state(
        "issuer_factor",
        float(highest["median"] / lowest["median"]),
        "ratio",
        f"Median by the count of {highest['issuer']} over that by {lowest['issuer']}",
        decimals=1,
        rows=(*lowest["rows"], *highest["rows"]),
    )


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
            f"{end.title()} of the issuers' newest counts: {row['issuer_short']}, "
            f"by {row['period_end'].date()}",
            decimals=decimals,
            kind="evidence",
            rows=(row["obs_id"],),
        )
        for end, (row, column) in picks.items()
    ]


def evidence_statements(p: ArmsTrade, frames: dict[str, pd.DataFrame]) -> list[Value]:
    """What the issuers' newest counts disagree on, and the known loadings."""
    loads = frames["conversions"]
    loads = loads[loads["item"].isin(["152mm_shell", "122mm_and_152mm_shell"])]
    found = [
        *extremes(p, frames["containers"], "containers", "containers"),
        *extremes(p, frames["shells"], "shells", "million_rounds", 1e-6, 1),
        *extremes(p, frames["missiles"], "missiles", "missiles"),
    ]
    if len(loads):
        found.append(
            state(
                "loading",
                float(loads["value"].median()),
                "rounds_per_container",
                "152 mm rounds a container: median and range of the official conversions",
                low=float(loads["low"].min()),
                high=float(loads["high"].max()),
                kind="evidence",
                rows=tuple(loads["obs_id"]),
            )
        )
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
    spread = known["share_median"].max() / known["share_median"].min() - 1
    return [
        *found,
        economy_size("economy", known.loc[chosen]),
        economy_share("share", known.loc[chosen], given),
        state(
            "share_spread",
            float(spread) * 100,
            "percent",
            "How far the choice of yardstick alone moves the share",
            rows=tuple(sorted({r for ids in known["rows"] for r in ids})),
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


def study_statements(frames: dict[str, pd.DataFrame], draws) -> list[Value]:
    """The study's bounds, how they can be reconstructed, and the follow-up's check."""
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
    counts = {
        "matches_low": (len(at_low), "Combinations within the tolerance of the lower bound"),
        "matches_high": (len(at_high), "Combinations within the tolerance of the upper bound"),
        "pairs_low": (pairs(at_low), "Quantity-price pairs that reach the lower bound"),
        "pairs_high": (pairs(at_high), "Quantity-price pairs that reach the upper bound"),
        "matches_both": (len(both), "Combinations of one quantity that reach both bounds"),
        "quantities_both": (both["rounds"].nunique(), "Quantities that reach both bounds"),
    }
    stated += [
        state(name, int(n), "count", label, kind="estimate", rows=(STUDY_LOW, STUDY_HIGH))
        for name, (n, label) in counts.items()
    ]
    inside = float(np.mean((draws >= low) & (draws <= high))) * 100
    stated.append(
        state(
            "inside_study",
            inside,
            "percent",
            "Share of the draws that lie between the study's bounds",
            rows=(STUDY_LOW, STUDY_HIGH),
        )
    )
    stated.append(
        state("bound_ratio", high / low, "ratio", "Upper over lower bound of the study",
              decimals=2, rows=(STUDY_LOW, STUDY_HIGH))
    )  # fmt: skip
    if len(both):
        best = both.iloc[0]
        stated += [
            state("best_rounds", best["rounds"] / 1e6, "million_rounds",
                  "Quantity of the closest reconstruction of both bounds", decimals=1),
            state("best_error", best["worst"] * 100, "percent",
                  "Larger of the two errors of the closest reconstruction", decimals=1),
        ]  # fmt: skip
    for row in frames["follow_up"].itertuples():
        ids = (*FOLLOW_UP.values(), *RULE_ROWS)
        stated += [
            state(f"follow_up_{row.bound}", row.sum / 1000, "USD_billion",
                  f"The price rule on the follow-up's quantities, {row.bound} bound",
                  decimals=1, rows=ids),
            state(f"follow_up_{row.bound}_published", row.published / 1000, "USD_billion",
                  f"The follow-up's published {row.bound} bound",
                  decimals=1, kind="evidence", rows=(FOLLOW_UP["published"],)),
            state(f"follow_up_{row.bound}_error", row.error * 100, "percent",
                  f"Error of the price rule, {row.bound} bound",
                  decimals=1, kind="score", rows=ids),
        ]  # fmt: skip
    return stated


def sensitivity_statements(given: Inputs, frames: dict[str, pd.DataFrame]) -> list[Value]:
    """The input that drives the estimate, within the basis and across the bases."""
    found = []
    for name, label in (("sobol", "within the price basis"), ("sobol_across", "across all bases")):
        if frames[name].empty:
            continue
        top = frames[name].iloc[0]
        found += [
            state(
                f"{name}_input",
                top["input"],
                "text",
                f"Input with most variance, {label}",
                rows=given.rows,
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
                rows=given.rows,
            ),
        ]
    return found


def projection_statements(projection: Projection | None) -> list[Value]:
    """The frozen projection of the monthly flow."""
    if projection is None:
        return []
    return [
        from_summary(
            f"flow_{row.months}_months",
            row._asdict(),
            "thousand_rounds_per_month",
            f"Monthly flow of 152 mm rounds {row.months} months past the vintage",
            kind="projection",
            rows=projection.rows,
        )
        for row in projection.frame.itertuples()
    ]
