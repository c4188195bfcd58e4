"""Panel of the chapter on troops: men, pay, bonus, death payment, what the state keeps."""

from __future__ import annotations

import pandas as pd

from compendium import uncertainty as un
from compendium.parameters import TroopPlausibility
from compendium.troops import Result, money, stock
from compendium.values import Value
from compendium.whatif import (
    DRAWS,
    Choice,
    Number,
    Panel,
    Shown,
    choice,
    formula,
    listed,
    number,
    points,
    quantile,
    quantiles,
    quoted,
    uniform,
)
from compendium.whatif.pictures import bounds_data, histogram, histogram_data

BUILDERS = {True: "counted", False: "not counted"}
PAYMENTS = {"cash": "money", "in_kind": "goods"}
TAKE = "state's take"
FLOWS = ("months", "sent", "dead")  # soldier-months, men, dead up to the vintage
AXIS = (10, 5000)  # million USD
STEP = 0.01  # of a bar, in powers of ten
TITLE = "gross income of the first year, million USD, logarithmic scale"


def panel(p: TroopPlausibility, result: Result) -> Panel | None:
    """Panel of the income; None before the first pay row."""
    stated = {value.id.partition(".")[2]: value for value in result.values}
    draws = min(p.draws, DRAWS)
    free = p.model_copy(
        update=dict.fromkeys(("monthly_pay", "bonus", "death_payment", "state_take"))
    )
    prices = money.prices(free)
    if prices is None:
        return None
    known = flows(p.model_copy(update={"draws": draws})) if "income_so_far" in stated else {}
    fields = {
        "year_men": "Gross income of a first year of so many men",
        "year_men_state": "What the state gets of it, in money or in kind",
    }
    if known:
        fields |= {
            "income_so_far": "Gross income so far, by the counted men",
            "state_so_far": "What the state gets of that",
        }
    study = money.study_per_head(p.as_of) is not None
    bounds = [stated[name].value for name in ("study_low", "study_high")] if study else []
    return Panel(
        chapter="troop_plausibility",
        name="panel-troops",
        parameters=p,
        controls=controls(p, prices, known),
        shown=[shown(name, label, stated) for name, label in fields.items()],
        fixed={"draws": draws},
        alt="Histogram of the gross income of a first year in million USD on a logarithmic scale,"
        " with the median and the central nine tenths of the draws"
        + (", and the yearly sums of the study." if study else "."),
        caption="The gross income of a first year of so many men: bars are draws, the dot is their"
        " median, the line their central nine tenths"
        + (", dashed lines are the yearly sums of the study." if study else "."),
        data=[
            *data(p, known, draws, list(fields)),
            *([bounds_data("study")] if study else []),
        ],
        signals=[*signals(prices), {"name": "study", "value": bounds}],
        **histogram(AXIS, TITLE, 1, "study" if study else "", STEP),
    )  # fmt: skip


def shown(name: str, label: str, stated: dict[str, Value]) -> Shown:
    """A value of the income; the state's part is known in kind, or where a share is."""
    unit = "USD_million_per_year" if name.startswith("year") else "USD_million"
    empty = Value(f"troop_plausibility.{name}", 0, 0, 0, unit, level=0.9)
    return Shown(
        stated.get(name, empty),
        label,
        *(quantile(k, name=f"of_{name}") for k in (2, 0, 4)),
        unknown="payment !== 'in_kind' && !range_take" if "state" in name else "",
        stated=name in stated,
    )


def flows(p: TroopPlausibility) -> dict[bool, dict[str, list]]:
    """Soldier-months, men sent and dead by draw up to the vintage, builders counted or not."""
    found = {}
    for counted in BUILDERS:
        paths = stock.simulate(p.model_copy(update={"count_builders": counted}))
        if paths is None:
            continue
        first, last = paths.days[0], pd.Timestamp(p.as_of)
        found[counted] = {
            "months": paths.soldier_months(first, last),
            "sent": paths.at("sent", last) - paths.at("sent", first),
            "dead": paths.at("killed", last) - paths.at("killed", first),
        }
    return found


def controls(p: TroopPlausibility, prices: money.Prices, known: dict) -> list[Choice | Number]:
    """What the reader may change."""
    found = [
        number(p, "men", "Soldiers for a first year", "men", 0, 50_000, 500),
        number(p, "monthly_pay", "Pay a month", "USD", 0, 5000, 50, at=2000, remark=told("pay")),
        number(p, "bonus", "One-time sum at entry", "USD", 0, 50_000, 500, at=5000,
               remark=told("bonus")),
        number(p, "death_payment", "Paid for a dead soldier", "USD", 0, 200_000, 1000, at=50_000,
               remark=told("death")),
    ]  # fmt: skip
    found.append(number(p, "state_take", "Part the state keeps", "share", 0, 1, 0.01, at=0.9,
                        remark=told("take", ".2f")))  # fmt: skip
    found.append(choice(p, "payment", "Pay comes as", PAYMENTS))
    if len(known) == len(BUILDERS):
        found.append(choice(p, "count_builders", "Builders in uniform", BUILDERS))
    return found


def told(name: str, form: str = ",.0f") -> str:
    """Expression of a range of the rows in words."""
    ends = f"rows.{name}"
    span = f"format({ends}[0], '{form}') + ' to ' + format({ends}[1], '{form}')"
    return f"{ends} ? 'from the rows: ' + {span} : 'no row'"


def signals(prices: money.Prices) -> list[dict]:
    """Ranges of the rows, or the numbers set by hand."""
    hands = {"pay": "monthly_pay", "bonus": "bonus", "death": "death_payment", "take": "state_take"}
    rows = {name: getattr(prices, name) for name in hands}
    found = [{"name": "rows", "value": rows}]
    found += [
        {"name": f"range_{name}", "update": f"{hand}_by_hand ? [{hand}, {hand}] : rows.{name}"}
        for name, hand in hands.items()
    ]
    return found


def data(p: TroopPlausibility, known: dict, draws: int, shown: list[str]) -> list[dict]:
    """Draws of the income by the arithmetic of `money.revenue` and `money.to_state`."""
    u = un.uniforms(draws, len(stock.ALL_INPUTS), p.seed)
    place = {name: stock.ALL_INPUTS.index(name) for name in stock.MONEY_INPUTS}
    (cube,) = points(u, list(place.values()))
    for counted, by_flow in known.items():
        for name, amounts in by_flow.items():
            field = f"{name}_{str(counted).lower()}"
            cube["transform"].append(formula(field, f"{listed(amounts)}[datum.i]"))
    own = {name: f"datum.u{k}" for name, k in place.items()}
    steps = [
        formula("pay", uniform(own["monthly pay"], "range_pay")),
        formula("once", uniform(own["bonus"], "range_bonus")),
        formula("death", uniform(own["death payment"], "range_death")),
        formula("year_men", f"(datum.pay * (men * {money.MONTHS}) + datum.once * men) / 1e6"),
    ]
    if known:
        both = len(known) == len(BUILDERS)
        counted = "count_builders" if both else quoted(next(iter(known)))
        months, sent, dead = (f"datum['{name}_' + {counted}]" for name in FLOWS)
        sums = f"datum.pay * {months} + datum.once * {sent} + datum.death * {dead}"
        steps.append(formula("income_so_far", f"({sums}) / 1e6"))
    share = f"(range_take ? {uniform(own[TAKE], 'range_take')} : 0)"
    for name, gross in (("year_men_state", "year_men"), ("state_so_far", "income_so_far")):
        if name in shown:
            steps.append(
                formula(name, f"payment === 'in_kind' ? datum.{gross} : datum.{gross} * {share}")
            )
    return [
        cube,
        {"name": "draws", "source": "points", "transform": steps},
        *histogram_data("draws", "year_men", 1, AXIS, STEP),
        *(quantiles("draws", name, f"of_{name}") for name in shown),
    ]
