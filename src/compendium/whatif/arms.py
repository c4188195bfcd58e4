"""Panel of the arms-trade chapter: quantities, loading, prices, unusable share, yardstick."""

from __future__ import annotations

from itertools import product

from compendium import uncertainty as un
from compendium.arms import Result
from compendium.arms import value as arms
from compendium.errors import CompendiumError
from compendium.parameters import ArmsTrade
from compendium.whatif import (
    DRAWS,
    Choice,
    Number,
    Panel,
    Shown,
    choice,
    formula,
    log_uniform,
    mixture,
    number,
    points,
    quantile,
    quoted,
    uniform,
)
from compendium.whatif.pictures import bounds_data, histogram, histogram_data

QUANTITIES = {
    "stated_rounds": "rounds as issuers state them",
    "containers": "containers times a loading",
}
PRICES = {
    "discounted_cost": "North Korean cost, discounted",
    "russian_cost": "Russian production cost",
    "iran_contract": "Iranian contract",
    "market": "market",
    "western": "Western",
}
DISCOUNTS = {
    "auto": "unless the price is already discounted",
    "always": "always",
    "never": "never",
}
BY_HAND = ("loading", "rocket_share", "shell_price", "missiles", "missile_price", "unusable_share")
AXIS = (0.03, 300)  # billion USD
TITLE = "value of all deliveries, billion USD, logarithmic scale"


def panel(p: ArmsTrade, result: Result) -> Panel:
    """Panel of the value of all deliveries."""
    draws = min(p.draws, DRAWS)
    known = ranges(p)
    sizes = result.frames["shares"].set_index("yardstick")
    study = [float(amount) / 1000 for amount in result.frames["study"]["value"]]
    return Panel(
        chapter="arms_trade",
        name="panel-arms",
        parameters=p,
        controls=controls(p, known, sizes),
        shown=shown(result, study),
        fixed={"draws": draws},
        alt="Histogram of the value of all deliveries in billion USD on a logarithmic scale,"
        " with the median and the central nine tenths of the draws"
        + (", and the bounds of the study." if study else "."),
        caption="The value of all deliveries under the chosen assumptions: bars are draws, the dot"
        " is their median, the line their central nine tenths"
        + (", dashed lines are the bounds of the study." if study else "."),
        data=data(p, draws, study),
        signals=signals(known, sizes, study),
        **histogram(AXIS, TITLE, 1000, "study" if study else ""),
        notes=[
            "unusable_share_by_hand && !discounted ? 'The unusable share is not applied: the"
            " price is already discounted for it. Choose always to apply it all the same.' : ''",
            "quantity_basis !== 'containers' && loading_by_hand ? 'The loading has no effect on"
            " rounds as stated: choose containers times a loading.' : ''",
        ],
        problem="price ? '' : 'No row priced a round on this basis: set the price by hand.'",
    )


def ranges(p: ArmsTrade) -> dict[str, dict[str, dict]]:
    """Ranges of `arms.inputs` by basis of quantity and of price, nothing set by hand."""
    free = p.model_copy(update=dict.fromkeys(BY_HAND) | {"discount_unusable": "always"})
    found: dict[str, dict[str, dict]] = {}
    for quantity, basis in product(QUANTITIES, PRICES):
        given, own = free.model_copy(update={"quantity_basis": quantity}), None
        try:
            own = arms.inputs(given, basis)
        except CompendiumError:
            if (quantity, basis) != (p.quantity_basis, p.price_basis):
                continue  # no row known by then supports it
        price = None if own is None else own.shell_prices[0]
        own = own or arms.inputs(p, basis)
        found.setdefault(quantity, {})[basis] = {
            "quantities": [r[:2] for r in sorted(own.quantities, key=lambda r: r[:2])],
            "missiles": [r[:2] for r in sorted(own.missile_counts, key=lambda r: r[:2])],
            "shell_price": price and price[:2],
            **{
                name: getattr(own, name)[:2]
                for name in (
                    "loading", "rocket_share", "rocket_loading", "rocket_price", "missile_price",
                    "unusable",
                )
            },
        }  # fmt: skip
    return found


def controls(p: ArmsTrade, known: dict, sizes) -> list[Choice | Number]:
    """What the reader may change, as far as the vintage knows rows for it."""
    bases = {basis for own in known.values() for basis in own}
    found = [
        choice(p, "quantity_basis", "Quantity", {k: v for k, v in QUANTITIES.items() if k in known}),
        choice(p, "price_basis", "Price of a 152 mm round after",
               {k: v for k, v in PRICES.items() if k in bases}),
        number(p, "shell_price", "Price of a 152 mm round", "USD", 50, 6000, 10, at=500,
               remark=told("given.shell_price", ",.0f")),
    ]  # fmt: skip
    if "containers" in known:
        found.append(
            number(p, "loading", "Rounds a container", "rounds", 50, 700, 5, at=450,
                   remark=boxed(told("given.loading", ",.0f")))
        )  # fmt: skip
        if all(own["rocket_loading"][1] for own in known["containers"].values()):
            found.append(
                number(p, "rocket_share", "Containers with rockets", "share", 0, 1, 0.01, at=0,
                       remark=boxed(told("given.rocket_share", ".2f")))
            )  # fmt: skip
    if all(own["missiles"] for every in known.values() for own in every.values()):
        found += [
            number(p, "missiles", "Ballistic missiles", "missiles", 0, 500, 1, at=60,
                   remark=quoted(f"from the rows: {counted(known)}")),
            number(p, "missile_price", "Price of a missile", "million USD", 0.1, 20, 0.1, at=3,
                   remark=told("given.missile_price", ".1f")),
        ]  # fmt: skip
    found += [
        choice(p, "discount_unusable", "Unusable rounds are worth nothing", DISCOUNTS),
        number(p, "unusable_share", "Unusable rounds", "share", 0, 1, 0.01, at=0.25,
               remark=f"discounted ? {told('given.unusable', '.2f')} : 'not applied'"),
    ]  # fmt: skip
    if len(sizes):
        first = sizes.index[0]
        found.append(
            Choice("yardstick", "Size of the economy", sizes["label"].to_dict(),
                   p.yardstick or first, first)
        )  # fmt: skip
    return found


def counted(known: dict) -> str:
    """Fewest and most missiles that any issuer counted, in words."""
    counts = [c for every in known.values() for own in every.values() for c in own["missiles"]]
    return f"{min(low for low, _ in counts):,.0f} to {max(high for _, high in counts):,.0f}"


def told(ends: str, form: str) -> str:
    """Expression of a range in words."""
    span = f"format({ends}[0], '{form}') + ' to ' + format({ends}[1], '{form}')"
    return f"({ends} ? 'from the rows: ' + {span} : 'no row')"


def boxed(text: str) -> str:
    """Expression of a text where quantities are containers."""
    return f"quantity_basis === 'containers' ? {text} : 'not used for rounds as stated'"


def signals(known: dict, sizes, study: list[float]) -> list[dict]:
    """Ranges of the setting: those of the rows, or the numbers set by hand."""
    hands = {
        "price": ("shell_price", "given.shell_price"),
        "box": ("loading", "given.loading"),
        "mix": ("rocket_share", "given.rocket_share"),
        "missile": ("missile_price", "given.missile_price"),
    }
    has_boxes = "containers" in known
    has_rockets = has_boxes and all(o["rocket_loading"][1] for o in known["containers"].values())
    has_missiles = all(own["missiles"] for every in known.values() for own in every.values())
    open_ = {"price": True, "box": has_boxes, "mix": has_rockets, "missile": has_missiles}
    found = [
        {"name": "ranges", "value": known},
        {"name": "given", "update": "ranges[quantity_basis][price_basis]"},
        {"name": "discounted", "update": "discount_unusable === 'always' ||"
         " (discount_unusable === 'auto' && price_basis !== 'discounted_cost')"},
        {"name": "unusable", "update": "!discounted ? [0, 0] : unusable_share_by_hand ?"
         " [unusable_share, unusable_share] : given.unusable"},
        {"name": "counts", "update": "missiles_by_hand ? [[missiles, missiles]] : given.missiles"
         if has_missiles else "given.missiles"},
        *(
            {"name": name, "update": f"{hand}_by_hand ? [{hand}, {hand}] : {rows}"
             if open_[name] else rows}
            for name, (hand, rows) in hands.items()
        ),
    ]  # fmt: skip
    if len(sizes):
        economy = quoted(sizes["usd_billion"].to_dict())
        found.append({"name": "economy", "update": f"{economy}[yardstick]"})
    if study:
        found.append({"name": "study", "value": study})
        found.append({"name": "inside", "update": "data('inside')[0].percent"})
    return found


def data(p: ArmsTrade, draws: int, study: list[float]) -> list[dict]:
    """Draws of the value by the arithmetic of `arms.value_parts`, and what is read off them."""
    u = un.uniforms(draws, arms.DIMENSIONS, p.seed)
    columns = [k for k in range(arms.DIMENSIONS) if k != 6]  # one range of prices: no pick
    boxes = "quantity_basis === 'containers'"
    steps = [
        formula("quantity", mixture("datum.u0", "datum.u1", "given.quantities")),
        formula("boxes", f"{boxes} ? datum.quantity * {uniform('datum.u3', 'mix')} : 0"),
        formula(
            "rounds",
            f"{boxes} ? (datum.quantity - datum.boxes) * {uniform('datum.u2', 'box')}"
            " : datum.quantity",
        ),
        formula(
            "rockets",
            f"{boxes} ? datum.boxes * {uniform('datum.u4', 'given.rocket_loading')}"
            f" * {uniform('datum.u5', 'given.rocket_price')} : 0",
        ),
        formula("usable", f"1 - {uniform('datum.u11', 'unusable')}"),
        formula("price", f"price ? {log_uniform('datum.u7', 'price')} : 0"),
        formula(
            "missiles",
            f"counts.length ? {mixture('datum.u8', 'datum.u9', 'counts')}"
            f" * {log_uniform('datum.u10', 'missile')} : 0",
        ),
        formula(
            "total",
            "datum.rounds * datum.price * datum.usable / 1e6"
            " + datum.rockets * datum.usable / 1e6 + datum.missiles",
        ),
    ]
    found = [
        *points(u, columns),
        {"name": "draws", "source": "points", "transform": steps},
        *histogram_data("draws", "total", 1000, AXIS),
    ]
    if study:
        low, high = (1000 * amount for amount in study)
        hit = f"datum.total >= {low} && datum.total <= {high} ? 100 : 0"
        mean = {"type": "aggregate", "fields": ["hit"], "ops": ["mean"], "as": ["percent"]}
        found += [
            {"name": "inside", "source": "draws", "transform": [formula("hit", hit), mean]},
            bounds_data("study"),
        ]
    return found


def shown(result: Result, study: list[float]) -> list[Shown]:
    """The headline values that hang on the controls."""
    stated = {value.id.partition(".")[2]: value for value in result.values}
    ends = (2, 0, 4)  # median, low, high
    total = [quantile(k, " / 1000") for k in ends]
    found = [Shown(stated["value_total"], "Value of all deliveries", *total)]
    if "share" in stated:
        share = [quantile(k, " / (economy * 1000) * 100") for k in ends]
        found.append(Shown(stated["share"], "The same over one year of output", *share))
    if study:
        inside = stated["inside_study"]
        found.append(Shown(inside, "Draws between the study's bounds", "inside"))
    return found
