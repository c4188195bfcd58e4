"""What was shipped, as each issuer stated it; conflicts stay side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from compendium import evidence, notes
from compendium.memory import remembered

SHELL_ITEMS = [
    "152mm_equivalent",
    "122mm_and_152mm",
    "shells_mixed",
    "heavy_artillery_rounds",
    "munitions",
]
ROCKET_ITEMS = ["122mm_mrl_equivalent"]
MISSILE_INDICATORS = ["missiles_fired_cumulative", "missiles_delivered_cumulative"]

FLOORS, CEILINGS = ("more_than", "at_least"), ("up_to", "less_than")

# Payload and gross mass of a common 20-foot container, and gross mass of the older rating.
CONTAINER_LIMIT_ROWS = (
    "arms-cap-box20-oceanic",
    "arms-cap-box20-gross-oceanic",
    "arms-cap-box20-gross24-oceanic",
)

# Rows that say between which ports something went by sea: what, from where, to where. An empty
# end is one that the statement does not name.
ROUTE = {
    "arms-cont-2023-10-wh": ("arms", "Rajin", "Dunai"),
    "arms-voy-2023-10-rusi": ("arms", "Rajin", "Dunai"),
    "arms-voy-2024-01-rusi": ("arms", "Rajin", ""),
    "arms-voy-2024-02-csis": ("arms", "Rajin", ""),
    "arms-cont-2024-10-dia": ("arms", "Rajin", ""),
    "arms-voy-2024-01-osc-peak": ("arms", "Rajin", ""),
    "arms-cont-2025-04-osc": ("arms", "Rajin", ""),
    "strat-tankers-ft": ("oil products", "Vostochny", ""),
    "strat-osc-voyages": ("oil products", "Vostochny", ""),
}

SIDES = {
    "South Korea": ("ROK",),
    "United States": ("US ",),
    "Ukraine": ("HUR", "Ukraine"),
    "Other states": ("MSMT", "Lithuania", "Estonia", "Western intelligence"),
    "Researchers": (
        "CSIS",
        "OSC",
        "C4ADS",
        "RUSI",
        "NK Pro",
        "KIDA",
        "KRIS",
        "INSS",
        "FNF",
        "Financial",
    ),
}


def side(issuer: str) -> str:
    """Camp an issuer belongs to; colours the figures."""
    for name, prefixes in SIDES.items():
        if issuer.startswith(prefixes):
            return name
    return "Other states"


def short(issuer: str) -> str:
    """Issuer without the person or carrier it spoke through."""
    return issuer.partition(" (")[0].removesuffix(" spokesperson")


@remembered
def shipments(
    as_of, indicators: str | Sequence[str], unit: str, items: Sequence[str] | None = None
):
    """Dated statements of a cumulative quantity, by issuer, conflicts side by side.

    Parameters
    ----------
    as_of : date or str
    indicators : str or sequence of str
    unit : str
        Rows in another unit are of another quantity, for example rounds a year.
    items : sequence of str, optional
        Only these items.

    Returns
    -------
    pandas.DataFrame
        Rows of `evidence.load` with `low` and `high` filled (`evidence.ends`), and the columns
        `issuer_short`, `side`, `doubt` (`notes.doubted`) and `first_day` (`notes.first_days`);
        sorted by period_end and, on the same day, from the worst graded to the best.
    """
    filters = {"indicator": indicators, "unit": unit} | ({"item": items} if items else {})
    rows = evidence.ends(evidence.load("arms", as_of, **filters))
    rows = rows.assign(
        issuer_short=rows["issuer"].map(short),
        side=rows["issuer"].map(side),
        doubt=notes.doubted(rows),
        first_day=notes.first_days(rows),
    )
    return rows.sort_values(
        ["period_end", "credibility", "reliability", "obs_id"],
        ascending=[True, False, False, False],
        ignore_index=True,
    )


def containers(as_of):
    """Containers sent, cumulative, as each issuer stated them."""
    return shipments(as_of, "containers_shipped_cumulative", "containers", ["munitions"])


def route(as_of) -> pd.DataFrame:
    """Statements that name a port, for `maps.supply_route`, in the order they became known."""
    rows = evidence.named(list(ROUTE), as_of).sort_values(["known_on", "obs_id"], ignore_index=True)
    ends = pd.DataFrame(
        [ROUTE[id] for id in rows["obs_id"]], columns=["flow", "start", "end"], index=rows.index
    )
    text = [evidence.measured_text(row) for row in rows.itertuples()]
    return rows.join(ends).assign(text=text)


def shells(as_of):
    """Rounds sent, cumulative; the single-calibre 122 mm readings are left out here."""
    return shipments(as_of, "shells_shipped_cumulative", "rounds", SHELL_ITEMS)


def rockets(as_of):
    """The same containers read as 122 mm rocket rounds."""
    return shipments(as_of, "shells_shipped_cumulative", "rounds", ROCKET_ITEMS)


def shells_and_rockets(as_of):
    """Rounds sent, cumulative, in every reading of what they are."""
    return shipments(as_of, "shells_shipped_cumulative", "rounds", [*SHELL_ITEMS, *ROCKET_ITEMS])


def missiles(as_of):
    """Ballistic missiles fired or delivered, cumulative."""
    return shipments(as_of, MISSILE_INDICATORS, "missiles")


def guns(as_of):
    """Guns and launchers delivered."""
    return shipments(as_of, "quantity_delivered", "units")


@remembered
def conversions(as_of):
    """Rounds a container by calibre; arithmetic on pairs of statements, so implied rows.

    Returns
    -------
    pandas.DataFrame
        Rows of `evidence.load` with both ends and `bound`: how the loading is to be taken, after
        how its two parts were stated (`quotient_qualifier`), or as the row itself says.
    """
    rows = evidence.load("arms", as_of, implied=True, indicator="rounds_per_container")
    rows = evidence.ends(rows[rows["item"] != "shells_with_bullets"]).reset_index(drop=True)
    rounds, boxes = shells_and_rockets(as_of), containers(as_of)
    bound = [_pair_qualifier(row, rounds, boxes) for row in rows.itertuples()]
    return rows.assign(bound=pd.Series(bound, rows.index, dtype=object))


def _pair_qualifier(row, rounds: pd.DataFrame, boxes: pd.DataFrame) -> str:
    """How a loading is to be taken, by the pair of statements that comes nearest to it."""
    over, under = (
        own[(own["issuer"] == row.issuer) & (own["period_end"] == row.period_end)]
        for own in (rounds, boxes)
    )
    if row.qualifier != "implied" or over.empty or under.empty:
        return row.qualifier
    boxed = under["low"].iloc[-1]
    apart = (over["low"] / boxed - row.low).abs() + (over["high"] / boxed - row.high).abs()
    if apart.isna().all():  # rounds or containers are nought, and nothing is a quotient of them
        return row.qualifier
    nearest = apart.idxmin()
    return quotient_qualifier(over.at[nearest, "qualifier"], under["qualifier"].iloc[-1])


def quotient_qualifier(over: str, under: str) -> str:
    """Qualifier of a quotient, from those of its two parts.

    Returns
    -------
    {"at_least", "up_to", "open", "approx"}
        A floor over a figure is a floor, a figure over a floor is a ceiling. A floor over a floor
        bounds nothing: it is open both ways.
    """
    may_be_more = over in FLOORS or under in CEILINGS
    may_be_less = over in CEILINGS or under in FLOORS
    if may_be_more and may_be_less:
        return "open"
    return "at_least" if may_be_more else "up_to" if may_be_less else "approx"


@remembered
def first_shipment(as_of) -> pd.DataFrame:
    """Rows of counted voyages whose window opens first; no flow is taken to start earlier.

    Voyages are counted from the first one on. A window of containers may open long before
    any ship was seen; an average over it would be too low.
    """
    rows = evidence.load("arms", as_of, indicator="voyages").dropna(subset="period_start")
    return rows[rows["period_start"] == rows["period_start"].min()].reset_index(drop=True)


@remembered
def container_ratings(as_of) -> pd.Series:
    """Payload and gross mass of a 20-foot container in tonnes, by obs_id."""
    rows = evidence.load(
        "arms", as_of, repeats=True, indicator=["container_payload_max", "container_gross_max"]
    )
    return rows.set_index("obs_id")["value"]


def mass_check(as_of, loading: float) -> pd.DataFrame:
    """Rounds that a 20-foot container can carry by mass, against a loading.

    Parameters
    ----------
    as_of : date or str
    loading : float
        Rounds a container to be checked.

    Returns
    -------
    pandas.DataFrame
        One row a known mass of a 152 mm round (bare: charge, case and crate come on top):
        `obs_id`, `issuer`, `kg_per_round`, `tonnes` at the loading, and the rounds that fit
        a container of the common rating (`rounds_at_limit`) and one of the older, lower
        rating (`rounds_at_low_rating`).
    """
    limits = container_ratings(as_of)
    masses = evidence.load("arms", as_of, implied=True, indicator="mass_per_round")
    masses = masses[masses["item"].str.startswith("152mm")].reset_index(drop=True)
    payload, gross, low_gross = (limits.get(row, np.nan) for row in CONTAINER_LIMIT_ROWS)
    tare = gross - payload
    return pd.DataFrame(
        {
            "obs_id": masses["obs_id"],
            "issuer": masses["issuer"],
            "kg_per_round": masses["value"],
            "tonnes": masses["value"] * loading / 1000,
            "rounds_at_limit": payload * 1000 / masses["value"],
            "rounds_at_low_rating": (low_gross - tare) * 1000 / masses["value"],
        }
    )


def current_statements(
    statements: pd.DataFrame, max_age_days: int, worst_credibility: int
) -> pd.DataFrame:
    """Newest row of each issuer that is neither out of date nor badly graded."""
    statements = statements[statements["credibility"] <= worst_credibility]
    age = statements["period_end"].max() - statements["period_end"]
    current = statements[age <= pd.Timedelta(days=max_age_days)]
    return current.groupby("issuer_short", sort=True).tail(1).sort_values("issuer_short")
