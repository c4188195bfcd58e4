"""What it was worth: rounds x price x usable share + rockets x price + missiles x price."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import signal, stats

from compendium import evidence
from compendium import uncertainty as un
from compendium.arms.shipments import (
    containers,
    conversions,
    current_statements,
    first_shipment,
    missiles,
    shells,
)
from compendium.errors import CompendiumError
from compendium.memory import remembered
from compendium.parameters import ArmsTrade

# Which rows of `unit_price` make a basis. Items are exact; KEI and INSS are about this buyer.
PRICE_ITEMS = {
    "discounted_cost": ["152mm_shell_dprk_to_russia", "122mm_152mm_shell_dprk_to_russia"],
    "russian_cost": ["152mm_shell_russian_production"],
    "iran_contract": ["iranian_122_125_152mm_to_russia"],
    "market": ["152mm_shell_market"],
    "western": ["155mm_shell_western"],
}
# Oliemans' 1,000 USD is a worked example of what Russia might pay in full: it is neither a
# discount nor what a shell costs Russia to make, so it is shown and no basis draws from it.
FULL_PRICE_ROWS = ["arms-price-152-oliemans"]
FULL_PRICE = "full_price_as_an_example"
ROCKET_ITEM = "122mm_Grad_rocket_market"
MISSILE_PRICE_ITEMS = ["SRBM_dprk_production", "SRBM_dprk_launch_cost", "Iskander_missile_russian"]

DAYS_A_YEAR = 365.25
LEAST_YEARS = 0.1  # a count over less says little on a year
SINGLE_PRICE_SPREAD = 0.2  # slack of a basis that rests on one figure, as a share


class Range(NamedTuple):
    """Closed range of an input and the rows it rests on.

    Attributes
    ----------
    low, high : float
    rows : tuple of str
    label : str
    years : float
        Over which a count ran; missing for what is no count.
    """

    low: float
    high: float
    rows: tuple[str, ...] = ()
    label: str = ""
    years: float = np.nan


def latest(
    statements: pd.DataFrame,
    max_age_days: int,
    worst_credibility: int,
    opens: pd.Timestamp | None = None,
) -> list[Range]:
    """Each issuer's newest statement as a range, if it is not out of date.

    Parameters
    ----------
    statements : pandas.DataFrame
        Output of `shipments`.
    max_age_days : int
        Statements whose period ends this much before the newest one are dropped.
    worst_credibility : int
        Statements with a worse credibility grade are dropped.
    opens : pandas.Timestamp, optional
        Day of the first shipment; no count is taken to begin earlier.

    Returns
    -------
    list of Range
        In alphabetical order of the issuers; empty when there is no statement.
    """
    found = []
    for row in current_statements(statements, max_age_days, worst_credibility).itertuples():
        low, high = row.low, row.high
        if low == high:  # a range keeps the bounds it was stated with
            low, high = un.stated_range(low, row.qualifier)
        begins = [day for day in (row.period_start, opens) if pd.notna(day)]
        years = (row.period_end - max(begins)).days / DAYS_A_YEAR if begins else np.nan
        found.append(Range(float(low), float(high), (row.obs_id,), row.issuer_short, years))
    return found


@remembered
def shown_prices(as_of) -> pd.DataFrame:
    """Rows of `unit_price` in USD a round with their `basis`, or `FULL_PRICE` for none of them."""
    rows = evidence.ends(
        evidence.load("arms", as_of, implied=True, indicator="unit_price", unit="USD_per_round")
    )
    basis_of = {item: basis for basis, items in PRICE_ITEMS.items() for item in items}
    full = evidence.reports_of(rows, FULL_PRICE_ROWS)
    rows = rows.assign(basis=rows["item"].map(basis_of).astype(object).mask(full, FULL_PRICE))
    order = [*PRICE_ITEMS, FULL_PRICE]
    rows = rows[rows["basis"].isin(order)]
    return rows.sort_values(
        "basis", key=lambda names: names.map(order.index), kind="stable", ignore_index=True
    )


def price_rows(as_of) -> dict[str, pd.DataFrame]:
    """Rows of `shown_prices` behind each price basis; a basis may be empty."""
    rows = shown_prices(as_of)
    return {basis: rows[rows["basis"] == basis].reset_index(drop=True) for basis in PRICE_ITEMS}


def span(rows: pd.DataFrame, label: str) -> Range | None:
    """Lowest to highest figure of some rows; one figure alone gets `SINGLE_PRICE_SPREAD`."""
    if rows.empty:
        return None
    low, high = float(rows["low"].min()), float(rows["high"].max())
    if low == high:
        low, high = low * (1 - SINGLE_PRICE_SPREAD), high * (1 + SINGLE_PRICE_SPREAD)
    return Range(low, high, tuple(rows["obs_id"]), label)


NO_MISSILES = Range(1.0, 1.0, (), "no missiles")  # a price that nothing is multiplied by


@dataclass(frozen=True)
class Inputs:
    """Ranges the value model draws from.

    Attributes
    ----------
    quantities : tuple of Range
        Rounds, or containers, one range an issuer, each equally likely.
    in_containers : bool
        Whether `quantities` are containers.
    loading, rocket_share, rocket_loading : Range
        152 mm rounds a container; share of containers with 122 mm rockets; rockets a container.
    shell_prices : tuple of Range
        USD a 152 mm round, each range equally likely and uniform in the logarithm.
    rocket_price : Range
        USD a 122 mm rocket.
    missile_counts : tuple of Range
        Missiles, one range an issuer, each equally likely; empty means none.
    missile_price : Range
        USD million a missile.
    unusable : Range
        Share of rounds worth nothing.
    """

    quantities: tuple[Range, ...]
    in_containers: bool
    loading: Range
    rocket_share: Range
    rocket_loading: Range
    shell_prices: tuple[Range, ...]
    rocket_price: Range
    missile_counts: tuple[Range, ...]
    missile_price: Range
    unusable: Range

    @property
    def rows(self) -> tuple[str, ...]:
        """obs_ids of everything the model draws from, each once, sorted."""
        ranges = [*self.quantities, *self.shell_prices, *self.missile_counts]
        ranges += [self.missile_price, self.unusable]
        if self.in_containers:
            ranges += [self.loading, self.rocket_share, self.rocket_loading, self.rocket_price]
        return tuple(sorted({row for r in ranges for row in r.rows}))


@remembered
def inputs(
    p: ArmsTrade, price_basis: str | None = None, until: pd.Timestamp | None = None
) -> Inputs:
    """Ranges for a set of parameters; a parameter set by hand replaces its rows.

    Parameters
    ----------
    p : ArmsTrade
    price_basis : str, optional
        Basis to use instead of ``p.price_basis``.
    until : pandas.Timestamp, optional
        Only counts of what had been delivered by this day.

    Raises
    ------
    CompendiumError
        Nothing is known by ``p.as_of`` that the basis could rest on, or nothing that is
        graded well enough; the message names the parameter to change.
    """
    basis = price_basis or p.price_basis
    in_containers = p.quantity_basis == "containers"
    statements = up_to(containers(p.as_of) if in_containers else shells(p.as_of), until)
    opens = first_shipment(p.as_of)["period_start"].min()
    quantities = latest(statements, p.max_age_days, p.worst_credibility, opens)
    if not quantities:
        raise refusal(p, "quantity_basis", p.quantity_basis, statements, "worst_credibility")

    known_price = fixed(p.shell_price) or span(usable_prices(p)[basis], basis)
    if known_price is None:
        rows = price_rows(p.as_of)[basis]
        raise refusal(p, "price_basis", basis, rows, "worst_factor_credibility", known_bases(p))
    rocket_price, rocket_share, rocket_loading, loading = container_inputs(p, basis)
    counts = missile_inputs(p, until)

    return Inputs(
        quantities=tuple(quantities),
        in_containers=in_containers,
        loading=loading,
        rocket_share=rocket_share,
        rocket_loading=rocket_loading,
        shell_prices=(known_price,),
        rocket_price=rocket_price,
        missile_counts=counts,
        missile_price=missile_price(p) if counts else NO_MISSILES,
        unusable=unusable(p, basis),
    )


def fixed(amount: float | None) -> Range | None:
    """A parameter set by hand as a range without width."""
    return None if amount is None else Range(float(amount), float(amount), (), "set by hand")


def up_to(statements: pd.DataFrame, until: pd.Timestamp | None) -> pd.DataFrame:
    """Statements on what had been delivered by a day."""
    return statements if until is None else statements[statements["period_end"] <= until]


def graded(rows: pd.DataFrame, p: ArmsTrade) -> pd.DataFrame:
    """Rows of prices, loadings and shares that are graded well enough to be drawn from."""
    return rows[rows["credibility"] <= p.worst_factor_credibility].reset_index(drop=True)


@remembered
def usable_prices(p: ArmsTrade) -> dict[str, pd.DataFrame]:
    """`price_rows` that are graded well enough."""
    return {basis: graded(rows, p) for basis, rows in price_rows(p.as_of).items()}


def known_bases(p: ArmsTrade) -> list[str]:
    """Price bases with at least one usable row known by ``p.as_of``."""
    return [basis for basis, rows in usable_prices(p).items() if len(rows)]


def nothing_known(
    p: ArmsTrade, name: str, choice: str, others: Iterable[str] = ()
) -> CompendiumError:
    """Refusal of a choice that no row known by `as_of` supports."""
    text = f"arms_trade, parameter {name}: no row for {choice!r} was known by {p.as_of}"
    others = ", ".join(others)
    return CompendiumError(f"{text}; allowed on that day: {others or 'none, choose a later as_of'}")


def refusal(
    p: ArmsTrade,
    name: str,
    choice: str,
    rows: pd.DataFrame,
    limit: str,
    others: Iterable[str] = (),
) -> CompendiumError:
    """Refusal of a choice: nothing was known for it, or nothing graded well enough.

    Parameters
    ----------
    name, choice : str
        Parameter and what it was set to.
    rows : pandas.DataFrame
        Rows known for the choice, whatever their grade.
    limit : str
        Parameter that holds the worst credibility grade allowed.
    others : iterable of str
        Choices that would do.
    """
    if rows.empty:
        return nothing_known(p, name, choice, others)
    return CompendiumError(
        f"arms_trade, parameter {limit}: rows for {choice!r} were known by {p.as_of}, but none "
        f"with a credibility grade of {getattr(p, limit)} or better; "
        f"allowed on that day: {rows['credibility'].min()} to 6"
    )


MIXED_152 = "122mm_and_152mm_shell"  # a mix, counted to 152 mm as its officials do
LOADINGS_152 = ["152mm_shell", MIXED_152]
LOADINGS_MIXED = ["heavy_artillery_rounds", "shells_mixed"]
LOADINGS_122 = ["122mm_mrl_rocket"]


@remembered
def shell_loading(p: ArmsTrade) -> Range | None:
    """152 mm rounds a container: set by hand, or between the known loadings."""
    loads = graded(conversions(p.as_of), p)
    return fixed(p.loading) or span(
        loads[loads["item"].isin(LOADINGS_152 + LOADINGS_MIXED)], "rounds a container"
    )


@remembered
def container_inputs(p: ArmsTrade, basis: str) -> tuple[Range, Range, Range, Range]:
    """Rocket price, rocket share, rocket loading and 152 mm loading."""
    nothing = Range(0.0, 0.0, (), "not known")
    if p.quantity_basis != "containers":
        return nothing, nothing, nothing, nothing
    loads = graded(conversions(p.as_of), p)
    loading = shell_loading(p)
    if loading is None:
        rows = conversions(p.as_of)
        raise refusal(
            p, "quantity_basis", "containers", rows, "worst_factor_credibility", ["stated_rounds"]
        )
    rocket_loading = span(loads[loads["item"].isin(LOADINGS_122)], "rockets a container")

    grad = evidence.load(
        "arms", p.as_of, indicator="unit_price", item=ROCKET_ITEM, unit="USD_per_round"
    )
    grad = graded(evidence.ends(grad), p)
    # Scarcity prices of 2024 belong to the market bases; a seller to Russia had the older price.
    if basis not in ("market", "western"):
        grad = grad.loc[evidence.middle(grad).nsmallest(1).index]
    rocket_price = span(grad, "122 mm rocket")
    if rocket_price is None or rocket_loading is None:
        if p.rocket_share:
            raise CompendiumError(
                f"arms_trade, parameter rocket_share: nothing usable to price a 122 mm rocket by "
                f"was known by {p.as_of}; allowed on that day: 0 or None, which read every "
                f"container as 152 mm"
            )
        return nothing, nothing, nothing, loading
    share = fixed(p.rocket_share) or Range(0.0, *inss_rocket_share(p.as_of, loads))
    return rocket_price, share, rocket_loading, loading


def inss_rocket_share(as_of, loads: pd.DataFrame) -> tuple[float, tuple[str, ...], str]:
    """Share of containers with 122 mm rounds that INSS's quantities imply, and its rows.

    Without INSS's figures, or with none above nought, nothing bounds the share but one: the
    minister only said that a mix is possible.
    """
    quantities = evidence.load(
        "arms", as_of, implied=True, repeats=True, indicator="quantity_delivered"
    )
    ids = ["arms-inss-window-152", "arms-inss-window-122"]
    quantities = quantities.set_index("obs_id")["value"].reindex(ids)
    pair = loads[evidence.reports_of(loads, ["arms-conv-2024-02-152", "arms-conv-2024-02-122"])]
    if quantities.isna().any() or not quantities.any() or len(pair) < 2:
        return 1.0, (), "not bounded by a row"
    loading = pair.set_index("item")["value"]
    boxes_152 = quantities[ids[0]] / loading["152mm_shell"]
    boxes_122 = quantities[ids[1]] / loading["122mm_mrl_rocket"]
    share = boxes_122 / (boxes_122 + boxes_152)
    return float(share), (*ids, *pair["obs_id"]), "up to the share INSS implies"


@remembered
def missile_inputs(p: ArmsTrade, until: pd.Timestamp | None = None) -> tuple[Range, ...]:
    """Missile counts by issuer, or the one set by hand; empty when none is known."""
    if p.missiles is not None:
        return (fixed(p.missiles),)
    counts, opens = up_to(missiles(p.as_of), until), first_shipment(p.as_of)["period_start"].min()
    return tuple(latest(counts, p.max_age_days, p.worst_credibility, opens))


def missile_price_rows(as_of) -> pd.DataFrame:
    """Unit costs of comparable short-range missiles, USD million."""
    rows = evidence.load(
        "arms",
        as_of,
        indicator="unit_price",
        item=MISSILE_PRICE_ITEMS,
        unit="USD_million_per_missile",
    )
    return evidence.ends(rows)


@remembered
def missile_price(p: ArmsTrade) -> Range:
    """USD million a missile: set by hand, or between the known unit costs."""
    rows = missile_price_rows(p.as_of)
    found = fixed(p.missile_price) or span(graded(rows, p), "missile")
    if found is None:
        raise refusal(p, "missile_price", "missile_price", rows, "worst_factor_credibility")
    return found


@remembered
def unusable(p: ArmsTrade, basis: str) -> Range:
    """Share of rounds worth nothing: zero to the highest known share, applied once."""
    applies = {"always": True, "never": False, "auto": basis != "discounted_cost"}
    if not applies[p.discount_unusable]:
        return Range(0.0, 0.0, (), "not applied")
    if p.unusable_share is not None:
        return fixed(p.unusable_share)
    rows = evidence.load(
        "arms", p.as_of, indicator="dud_or_unusable_share", item="artillery_shells", unit="percent"
    )
    rows = graded(evidence.ends(rows), p)
    if rows.empty:
        return Range(0.0, 0.0, (), "no share known")
    return Range(0.0, float(rows["high"].max()) / 100, tuple(rows["obs_id"]), "unusable")


# Columns of the unit cube, by the group whose share of the variance they make up.
GROUPS = {
    "quantity": (0, 1),
    "loading": (2,),
    "rockets in the mix": (3, 4, 5),
    "shell price": (6, 7),
    "missiles": (8, 9, 10),
    "unusable share": (11,),
}
DIMENSIONS = 12
CHUNK = 2**17  # draws held at a time, so that memory does not grow with their number


def value_parts(u: NDArray[np.float64], given: Inputs) -> dict[str, NDArray[np.float64]]:
    """Value by part for points of the unit cube.

    Parameters
    ----------
    u : ndarray, shape (n, DIMENSIONS)
    given : Inputs

    Returns
    -------
    dict of ndarray, shape (n,)
        `shells`, `rockets`, `missiles` in USD million, and `rounds` sent (152 mm rounds).
    """
    quantity = mixture(u[:, 0], u[:, 1], given.quantities)
    if given.in_containers:
        rocket_boxes = quantity * un.uniform(u[:, 3], *given.rocket_share[:2])
        rounds = (quantity - rocket_boxes) * un.uniform(u[:, 2], *given.loading[:2])
        rocket_rounds = rocket_boxes * un.uniform(u[:, 4], *given.rocket_loading[:2])
        rocket_price = un.uniform(u[:, 5], *given.rocket_price[:2])
    else:
        rounds, rocket_rounds, rocket_price = quantity, np.zeros(len(u)), 0.0
    prices = [Range(np.log(r.low), np.log(r.high)) for r in given.shell_prices]
    usable = 1 - un.uniform(u[:, 11], *given.unusable[:2])
    count = mixture(u[:, 8], u[:, 9], given.missile_counts) if given.missile_counts else 0.0
    missile = un.log_uniform(u[:, 10], *given.missile_price[:2])
    return {
        "rounds": rounds,
        "shells": rounds * np.exp(mixture(u[:, 6], u[:, 7], prices)) * usable / 1e6,
        "rockets": rocket_rounds * rocket_price * usable / 1e6,
        "missiles": count * missile,
    }


def mixture(u, v, ranges: Sequence[Range]) -> NDArray[np.float64]:
    """`uncertainty.mixture` over ranges."""
    return un.mixture(u, v, [r.low for r in ranges], [r.high for r in ranges])


def total(u: NDArray[np.float64], given: Inputs) -> NDArray[np.float64]:
    """Value of all deliveries in USD million for points of the unit cube."""
    parts = value_parts(u, given)
    return parts["shells"] + parts["rockets"] + parts["missiles"]


def draw(given: Inputs, draws: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Monte Carlo sample of the value, chunk by chunk.

    Returns
    -------
    dict of ndarray, shape (draws,)
        As `value_parts`, and `total`.
    """
    chunks = [value_parts(u, given) for u in un.batches(draws, DIMENSIONS, seed, CHUNK)]
    parts = {name: np.concatenate([c[name] for c in chunks]) for name in chunks[0]}
    return parts | {"total": parts["shells"] + parts["rockets"] + parts["missiles"]}


def draw_yearly(given: Inputs, draws: int, seed: int) -> NDArray[np.float64]:
    """Monte Carlo sample of the value a year: each count over the years that it ran.

    Returns
    -------
    ndarray
        USD million a year; shorter than `draws` where a count has no window or one of less
        than `LEAST_YEARS`, and empty where none has a longer one.

    Notes
    -----
    A count of missiles without such a window is taken to run as long as that of the rounds.
    """
    batches = un.batches(draws, DIMENSIONS, seed, CHUNK)
    return np.concatenate([_yearly(u, given) for u in batches])


def _yearly(u: NDArray[np.float64], given: Inputs) -> NDArray[np.float64]:
    parts, years = value_parts(u, given), spans(u[:, 0], given.quantities)
    flow = (parts["shells"] + parts["rockets"]) / years
    if given.missile_counts:
        own = spans(u[:, 8], given.missile_counts)
        flow = flow + parts["missiles"] / np.where(np.isnan(own), years, own)
    return flow[~np.isnan(flow)]


def spans(u, ranges: Sequence[Range]) -> NDArray[np.float64]:
    """Years of the count that each `u` picks; missing where they are too few."""
    years = np.array([r.years if r.years >= LEAST_YEARS else np.nan for r in ranges])
    return years[un.pick(u, [r.low for r in ranges], [r.high for r in ranges])]


def by_issuer(p: ArmsTrade, given: Inputs) -> pd.DataFrame:
    """Median and intervals of the value if one issuer's count alone were right."""
    return pd.DataFrame(
        {
            "issuer": quantity.label,
            "quantity_low": quantity.low,
            "quantity_high": quantity.high,
            "rows": quantity.rows,
        }
        | un.summary(draw(replace(given, quantities=(quantity,)), p.draws, p.seed)["total"])
        for quantity in given.quantities
    ).sort_values("median", ignore_index=True)


@remembered
def by_basis(p: ArmsTrade) -> pd.DataFrame:
    """Median and intervals of the value under every price basis known by `as_of`.

    The hand-set price, if any, is ignored here: the table is about the bases.
    """
    free = p.model_copy(update={"shell_price": None})
    records = []
    for basis in known_bases(p):
        given = inputs(free, basis)
        sample = draw(given, p.draws, p.seed)["total"]
        price = given.shell_prices[0]
        records.append(
            {"basis": basis, "price_low": price.low, "price_high": price.high}
            | un.summary(sample)
            | {"rows": price.rows}
        )
    columns = ["basis", "price_low", "price_high", "median", "low50", "high50", "low90", "high90"]
    return pd.DataFrame(records, columns=[*columns, "rows"])


def rounds_range(given: Inputs) -> tuple[float, float]:
    """Fewest and most rounds, read as 152 mm, that the model can draw."""
    low = min(quantity.low for quantity in given.quantities)
    high = max(quantity.high for quantity in given.quantities)
    if not given.in_containers:
        return low, high
    fewest = low * (1 - given.rocket_share.high) * given.loading.low
    return fewest, high * (1 - given.rocket_share.low) * given.loading.high


# A peak of the density counts as a hump if it stands out from the valleys beside it by this
# share of the highest peak; the kernel is narrower than Silverman's, which blurs humps.
HUMP_PROMINENCE = 0.1
KERNEL = 0.5
KERNEL_DRAWS = 2**13  # points of the sequence that the density is read off


def humps(draws: NDArray[np.float64]) -> list[tuple[float, float, float]]:
    """Humps of a sample: left end, peak and right end of each, in rising order.

    Notes
    -----
    Peaks of a Gaussian kernel density of half of Silverman's width [1]_ that stand out by
    `HUMP_PROMINENCE`; a hump ends in the lowest valley beside it.

    References
    ----------
    .. [1] B. W. Silverman, "Density Estimation for Statistics and Data Analysis" (1986).
    """
    sample = np.asarray(draws, float)[:KERNEL_DRAWS]
    if len(sample) < 2 or np.ptp(sample) <= 1e-9 * abs(sample).max():
        return [(float(sample.min()), float(np.median(sample)), float(sample.max()))]
    kernel = stats.gaussian_kde(sample, lambda k: KERNEL * k.silverman_factor())
    grid = np.linspace(sample.min(), sample.max(), 256)
    density = kernel(grid)
    padded = np.concatenate([[0.0], density, [0.0]])  # a hump may lie at the very end
    peaks, _ = signal.find_peaks(padded, prominence=HUMP_PROMINENCE * density.max())
    peaks = peaks - 1
    valleys = [a + int(np.argmin(density[a:b])) for a, b in pairwise(peaks)]
    ends = [0, *valleys, len(grid) - 1]
    return [
        (float(grid[a]), float(grid[peak]), float(grid[b]))
        for peak, (a, b) in zip(peaks, pairwise(ends), strict=True)
    ]


def hump_makers(issuers: pd.DataFrame, draws: NDArray[np.float64]) -> list[list[str]]:
    """Issuers whose own median lies in each hump of the value, in rising order."""
    return [
        list(issuers.loc[issuers["median"].between(low, high, inclusive="left"), "issuer"])
        for low, _, high in humps(draws)
    ]
