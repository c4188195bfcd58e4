"""The study's statements on arms, each with the probability that it holds and its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compendium import evidence
from compendium.arms.economy import yardsticks
from compendium.arms.reconstruction import STUDY_HIGH, STUDY_LOW
from compendium.arms.shipments import first_shipment
from compendium.arms.value import Inputs, draw, inputs, known_bases
from compendium.claims import Tested, figure, require_unit
from compendium.errors import CompendiumError
from compendium.memory import remembered
from compendium.parameters import ArmsTrade

# The Bank of Korea's real product of 2023 as a broadcaster turned it into dollars.
CONVERTED_ROW = "bok-gdpreal-2023-usd"
# What the same author later said Russia had given back, at most.
PAID_ROW = "arms-fnf25-comp-high"
DAYS_A_YEAR = 365.25

Test = Callable[[NDArray[np.float64]], NDArray[np.bool_]]


def tested(p: ArmsTrade, study_day) -> list[Tested]:
    """Every statement of this chapter; none in a vintage that does not know the study.

    Parameters
    ----------
    p : ArmsTrade
    study_day : datetime.date
        Day of the study: the chosen reading and the others use what was known then.
    """
    claims = evidence.claims("arms_trade", p.as_of).set_index("claim_id")
    if claims.empty:
        return []
    then = p.model_copy(update={"as_of": study_day})
    later = p if p.as_of > study_day else None
    found = []
    for claim_id, claim in claims.iterrows():
        if claim["quantity"] == "arms_value_total":
            outcome = value_claim(claim, then, later)
        elif claim["quantity"] == "dprk_gdp":
            outcome = size_claim(claim, then, later)
        elif claim["quantity"] == "arms_value_share_of_gdp":
            outcome = share_claim(claim, then, later)
        else:
            outcome = {"chosen": None}
        found.append(Tested(claim_id, claim["statement"], figure(claim), **outcome))
    return found


def value_claim(claim: pd.Series, then: ArmsTrade, later: ArmsTrade | None) -> dict:
    """Share of the draws of the value on the claimed side of the claimed figure.

    "Even the most conservative estimate" exceeds a figure only if the lowest issuer's count
    alone does; all counts together are another reading of it.
    """
    require_unit(claim, "USD_million")

    def holds(draws: NDArray[np.float64]) -> NDArray[np.bool_]:
        if claim["comparator"] == "more_than":
            return draws > claim["low"]
        return draws <= claim["high"]

    def chosen(p: ArmsTrade) -> float | None:
        given = attempt(p, until)
        if claim["comparator"] != "more_than" or given is None:
            return probability(given, p, holds)
        return min(alone(given, p, holds).values())

    until = claim["period_end"]
    given = attempt(then, until)
    others = readings(then, until, holds)
    if claim["comparator"] == "more_than" and given is not None:
        others = {"all counts together": probability(given, then, holds), **others}
    return {
        "chosen": chosen(then),
        "readings": others,
        "later": None if later is None else chosen(later),
        "rows": rows_of(given, (STUDY_LOW, STUDY_HIGH)),
    }


def size_claim(claim: pd.Series, then: ArmsTrade, later: ArmsTrade | None) -> dict:
    """Whether the Bank of Korea's own figures come within the tolerance of the size claimed.

    Chosen is the first release of the real product in won at the year's average rate; other
    readings are a conversion by others and other concepts; later is the rebased series.
    """
    require_unit(claim, "USD_billion")
    stated = claim["high"]

    def near(size: float) -> float:
        return float(abs(size / stated - 1) <= then.tolerance)

    sizes = yardsticks(then.as_of).set_index("yardstick").drop("press_page", errors="ignore")
    own = sizes["usd_billion"].map(near)
    converted = evidence.load("trade", then.as_of, repeats=True, indicator="gdp_real_level")
    converted = evidence.middle(converted[converted["obs_id"] == CONVERTED_ROW])
    others = {sizes.loc[name, "label"]: p for name, p in own.items() if name != "gdp_real"}
    if len(converted):
        others["real gross domestic product as converted by a broadcaster"] = near(converted.item())
    now = yardsticks(later.as_of).set_index("yardstick")["usd_billion"] if later else {}
    rows = {row for ids in sizes["rows"] for row in ids} | {"arms-fnf24-gdp"}
    return {
        "chosen": float(own["gdp_real"]) if "gdp_real" in own.index else None,
        "readings": others,
        "later": near(now["gdp_real_rebased"]) if "gdp_real_rebased" in now else None,
        "rows": tuple(sorted(rows | ({CONVERTED_ROW} if len(converted) else set()))),
        "how": "yes (100) or no (0), within the tolerance",
    }


def share_claim(claim: pd.Series, then: ArmsTrade, later: ArmsTrade | None) -> dict:
    """Whether a year of deliveries is worth a significant part of a year's output.

    The study names no threshold; the parameter `significant_share` does. Value is read as
    revenue, which is generous. Later evidence is what Russia is said to have given back at
    most, evenly probable from nothing up, over the rebased product.
    """
    until = claim["period_end"]
    years = delivery_years(then, until)
    sizes = yardsticks(then.as_of).set_index("yardstick")
    if sizes.empty or years is None:
        return {"chosen": None}
    name = then.yardstick if then.yardstick in sizes.index else sizes.index[0]

    def significant(size: float) -> Test:
        needed = then.significant_share / 100 * size * 1000 * years
        return lambda draws: draws >= needed

    given = attempt(then, until)
    size = sizes["usd_billion"]
    others = {
        sizes.loc[other, "label"]: probability(given, then, significant(size[other]))
        for other in sizes.index.drop(name)
    }
    return {
        "chosen": probability(given, then, significant(size[name])),
        "readings": others | readings(then, until, significant(size[name])),
        "later": None if later is None else paid(later),
        "rows": rows_of(given, sizes.loc[name, "rows"]),
    }


@remembered
def paid(p: ArmsTrade) -> float | None:
    """Probability that what Russia gave back a year, or in less, is significant; None before any is known."""
    rows = evidence.load("arms", p.as_of, indicator="russian_compensation_value", repeats=True)
    rows = rows[rows["obs_id"] == PAID_ROW]
    sizes = yardsticks(p.as_of).set_index("yardstick")["usd_billion"]
    if rows.empty or "gdp_real_rebased" not in sizes:
        return None
    row = evidence.ends(rows).iloc[0]
    years = max(1.0, (row["period_end"] - row["period_start"]).days / DAYS_A_YEAR)
    most = row["high"] / years / (sizes["gdp_real_rebased"] * 1000) * 100
    return float(1 - p.significant_share / most) if most > p.significant_share else 0.0


@remembered
def delivery_years(p: ArmsTrade, until: pd.Timestamp) -> float | None:
    """Years from the first shipment to a day, at least one; None if no shipment is known."""
    first = first_shipment(p.as_of)
    if first.empty:
        return None
    return max(1.0, (until - first["period_start"].iloc[0]).days / DAYS_A_YEAR)


def readings(then: ArmsTrade, until: pd.Timestamp, holds: Test) -> dict[str, float]:
    """Probability under every other price basis, the other quantity basis, and each issuer."""
    bases = [b for b in known_bases(then) if b != then.price_basis or then.shell_price]
    cases = {
        f"price basis {basis.replace('_', ' ')}": then.model_copy(
            update={"price_basis": basis, "shell_price": None}
        )
        for basis in bases
    }
    other = {"stated_rounds": "containers", "containers": "stated_rounds"}[then.quantity_basis]
    cases[f"counts as {other.replace('_', ' ')}"] = then.model_copy(
        update={"quantity_basis": other}
    )
    found = {name: probability(attempt(p, until), p, holds) for name, p in cases.items()}
    given = attempt(then, until)
    found |= alone(given, then, holds) if given else {}
    return {name: p for name, p in found.items() if p is not None}


def alone(given: Inputs, p: ArmsTrade, holds: Test) -> dict[str, float]:
    """Probability if one issuer's count alone were right, by issuer."""
    return {
        f"count of {quantity.label} alone": probability(
            Inputs(**{**vars(given), "quantities": (quantity,)}), p, holds
        )
        for quantity in given.quantities
    }


@remembered
def attempt(p: ArmsTrade, until: pd.Timestamp) -> Inputs | None:
    """Inputs on what had been delivered by a day; None where nothing was known for them."""
    try:
        return inputs(p, until=until)
    except CompendiumError:
        return None


def probability(given: Inputs | None, p: ArmsTrade, holds: Test) -> float | None:
    """Share of the draws for which something holds."""
    if given is None:
        return None
    return float(np.mean(holds(draw(given, p.draws, p.seed)["total"])))


def rows_of(given: Inputs | None, more: Iterable[str]) -> tuple[str, ...]:
    """obs_ids of inputs and some more, each once, sorted."""
    return tuple(sorted({*(given.rows if given else ()), *more}))
