"""Sentences that follow from the frames, so that no vintage or parameter makes them false."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from compendium import evidence
from compendium.arms.estimates import case
from compendium.arms.value import FULL_PRICE, LOADINGS_MIXED, MIXED_152, Inputs
from compendium.parameters import ArmsTrade
from compendium.values import Value

BASES = {
    "discounted_cost": "What analysts assume Russia would pay North Korea, as a part of Russia's own cost or from sums that imply it",
    "russian_cost": "What a comparable shell costs Russia to make",
    "iran_contract": "A leaked Iranian sample contract with Russia, of unverified authenticity",
    "market": "What a buyer had to pay or was asked for Soviet calibres on the open market",
    "western": "What a 155 mm shell costs in the West",
}
CAUSES = {
    "quantity": "issuers disagree on how much was sent",
    "loading": "it is not known how many rounds a container holds",
    "rockets in the mix": "it is not known how many containers hold rockets",
    "shell price": "no price paid is known",
    "missiles": "it is not known how many missiles came and at what price",
    "unusable share": "it is not known how many rounds were of no use",
}

# What `figures.dated_counts` joins, for a caption.
JOINED = " A line joins what one issuer counts alike from one day on."

SHORT = 5  # rows of a short table


def listed(names: Iterable[str]) -> str:
    """Names of a table in a row, for a sentence in MyST: one, two and three."""
    return evidence.joined(map(evidence.literal, names))


def moving(rows: int) -> str:
    """How the short table names the rows that it holds, of so many."""
    if rows >= SHORT:
        return "The five rows that move the estimate most"
    if rows == 1:
        return "The row that moves the estimate"
    return f"The {('two', 'three', 'four')[rows - 2]} rows that move the estimate"


def route(rows: pd.DataFrame) -> str:
    """What the statements that name a port say together, for the map of them."""
    arms, oil = (rows[rows["flow"] == flow] for flow in ("arms", "oil products"))
    whole = arms[(arms["start"] != "") & (arms["end"] != "")]
    said = []
    if len(whole):
        ports = f"from {listed(whole['start'].unique())} to {listed(whole['end'].unique())}"
        said.append(f"Arms are said to go {ports} ({listed(whole['issuer'].unique())})")
    elif len(arms):
        said.append(f"Arms are said to leave {listed(arms['start'].unique())}")
    if len(oil):
        said.append(f"tankers of oil products are said to load at {listed(oil['start'].unique())}")
    text = "; ".join(said)
    return text[:1].upper() + text[1:] + "."


def bases(p: ArmsTrade, prices: pd.DataFrame) -> str:
    """List of the price bases that have a known row, with issuers and years.

    Parameters
    ----------
    p : ArmsTrade
    prices : pandas.DataFrame
        Rows of all bases, with the column `basis`; those of none are not listed.
    """
    euros = evidence.load(
        "arms", p.as_of, implied=True, item="155mm_shell_western", unit="EUR_per_round"
    )
    items = []
    for basis, rows in prices[prices["basis"].isin(BASES)].groupby("basis", sort=False):
        years = sorted({*rows["period_start"].dt.year, *rows["period_end"].dt.year})
        said = f"{BASES[basis]}; of {listed(map(str, years))}, after {listed(rows['issuer'].unique())}."
        left = rows[rows["credibility"] > p.worst_factor_credibility]["issuer"].unique()
        if len(left):
            said += f" Shown but not drawn from for its grade: {listed(left)}."
        if basis == "western" and len(euros):
            said += " Euro prices are left out because they are of other dates and contracts."
        items.append(f"- `{basis}`: {said}")
    return "\n".join(items)


def prices(rows: pd.DataFrame) -> str:
    """What the figure of prices shows, and whether a price in it is one of no basis."""
    return (
        "Known prices of a round, by what they are prices of; each basis is a different idea of worth."
        + (
            " A full price that is only an example belongs to no basis."
            if (rows["basis"] == FULL_PRICE).any()
            else ""
        )
    )


def calibres(given: Inputs, shells: pd.DataFrame) -> str:
    """What the rounds of the model are: read as 152 mm, though some are said of a mix."""
    if given.in_containers:
        if given.rocket_share.high == 0:
            return "Here $R$ is zero: every container is read as full of 152 mm shells."
        return "Here $R$ is drawn: a share of the containers holds rockets of 122 mm, the rest 152 mm shells."
    used = {row for quantity in given.quantities for row in quantity.rows}
    mixed = shells[shells["obs_id"].isin(used) & (shells["item"] != "152mm_equivalent")]
    said = "Here $R$ is zero: issuers' totals of rounds are priced as if all were of 152 mm."
    if len(mixed):
        names = [f"{r.issuer_short} ({r.item.replace('_', ' ')})" for r in mixed.itertuples()]
        said += f" Yet some are said of a mix of calibres: {listed(names)}."
    return said


def width(sobol: pd.DataFrame) -> str:
    """Why the interval of the value is as wide as it is."""
    if sobol.empty:
        return "Under these parameters nothing is left uncertain."
    return (
        "The largest part of its width comes from the {value}`arms_trade.sobol_input`"
        f" (total index {{value}}`arms_trade.sobol_total full`): {CAUSES[sobol['input'].iloc[0]]}."
        "\nMore draws do not narrow it."
    )


def humps(makers: Sequence[Sequence[str]]) -> str:
    """Whether the value has several humps, and whose counts make them."""
    if len(makers) < 2:
        return ""
    parts = [
        f"{listed(names)} {'make' if len(names) > 1 else 'makes'} one" for names in makers if names
    ]
    if len(makers) == 2 and all(makers):
        parts = [f"{listed(makers[0])} make the lower, those of {listed(makers[1])} the upper"]
    made = "the counts of " if len(makers) == 2 and all(makers) else ""
    return (
        "The estimate mixes issuers who contradict each other and has {value}`arms_trade.humps`"
        f" humps: {made}{evidence.joined(parts)}; its median says where the draws split in half, not what an issuer said.\n"
    )


def comparable(values: pd.DataFrame) -> bool:
    """Whether there is more than one value, and none of nought, which no factor leads from."""
    return len(values) > 1 and values["median"].min() > 0


def matters(frames: dict[str, pd.DataFrame]) -> str:
    """Whether it matters more how a shell is priced or whose count is believed."""
    bases, issuers = frames["bases"], frames["issuers"]
    said = ""
    if comparable(bases):
        said += (
            "The cheapest known way of pricing a shell makes it {value}`arms_trade.value_basis_cheapest full`,"
            " the dearest {value}`arms_trade.value_basis_dearest full`: a factor of {value}`arms_trade.basis_factor`"
            " between the medians.\n"
        )
    if comparable(issuers):
        said += (
            f"By the count of {evidence.literal(issuers['issuer'].iloc[0])} alone it is {{value}}`arms_trade.value_issuer_lowest full`,"
            f" by that of {evidence.literal(issuers['issuer'].iloc[-1])} alone {{value}}`arms_trade.value_issuer_highest full`:"
            " a factor of {value}`arms_trade.issuer_factor`.\n"
        )
    if comparable(bases) and comparable(issuers):
        by_price = bases["median"].max() / bases["median"].min()
        by_count = issuers["median"].iloc[-1] / issuers["median"].iloc[0]
        price, count = "how a shell is priced", "whose count is believed"
        first, second = (price, count) if by_price > by_count else (count, price)
        said += f"So {first} matters more than {second}.\n"
    return said


def spread(frames: dict[str, pd.DataFrame]) -> str:
    """One sentence on what the pricing and the choice of an issuer do to the value."""
    parts = []
    if comparable(frames["bases"]):
        parts.append(
            "the way of pricing a shell moves that by a factor of {value}`arms_trade.basis_factor`"
        )
    if comparable(frames["issuers"]):
        parts.append(
            "whose count is believed by a factor of {value}`arms_trade.issuer_factor`"
            if parts
            else "whose count is believed moves that by a factor of {value}`arms_trade.issuer_factor`"
        )
    if not parts and max(len(frames["bases"]), len(frames["issuers"])) > 1:
        return "As it is nought, nothing moves it by a factor."
    if not parts:
        return "It rests on one way of pricing a shell and on one issuer's count."
    said = evidence.joined(parts)
    return said[0].upper() + said[1:] + "."


def transfer(check: pd.DataFrame, tolerance: float) -> str:
    """Which ends of the tested prices hold on the follow-up's quantities."""
    error = check.set_index("bound")["error"]
    held = [bound for bound in ("high", "low") if abs(error[bound]) <= tolerance]
    ends = {"high": "upper", "low": "lower"}
    if len(held) == 2:
        return "Within the tolerance of {value}`arms_trade.tolerance` both ends hold."
    if not held:
        return "Within the tolerance of {value}`arms_trade.tolerance` neither end holds."
    missed = "low" if held == ["high"] else "high"
    said = (
        "Within the tolerance of {value}`arms_trade.tolerance` "
        f"the {ends[held[0]]} end holds and the {ends[missed]} one does not."
    )
    if missed == "low" and error["low"] < 0:
        said += (
            "\nThe lower bound published in 2025 needs a higher price of a shell than the one that fits that of 2024:"
            " the discount behind it was apparently not kept, and this model does not predict the new one."
        )
    return said


def near(as_of, low: float, high: float, tolerance: float) -> str:
    """Whether the combination that is tested on the follow-up meets the study's bounds."""
    figures = case(as_of)
    met = all(
        abs(
            figures["rounds"] * figures[f"price_{end}"] / 1e6
            + figures["missiles"] * figures[f"missile_price_{end}"]
            - bound
        )
        <= tolerance * bound
        for end, bound in (("low", low), ("high", high))
    )
    return "comes close to both bounds" if met else "was to meet both bounds and does not"


LOADED = {
    "heavy_artillery_rounds": "heavy artillery rounds",
    "shells_mixed": "mixed rounds",
    MIXED_152: "152 mm or 122 mm shells",
    "122mm_mrl_rocket": "122 mm rockets",
}


def loadings(loads: pd.DataFrame) -> pd.DataFrame:
    """Loadings for `figures.ranges`: of what they are, and which are bounds."""
    return pd.DataFrame(
        {
            "label": loads["issuer"] + ", " + loads["period_end"].dt.strftime("%B %Y"),
            "group": loads["item"].map(LOADED).fillna("152 mm shells"),
            "low": loads["low"],
            "high": loads["high"],
            "bound": loads["bound"],
            "Row": loads["obs_id"],
        }
    )


def loads_apart(loads: pd.DataFrame) -> str:
    """Which drawn loadings are not of the official pairs for 152 mm or rockets, for a caption."""
    apart = loads.loc[loads["item"].isin(LOADINGS_MIXED), "item"].map(LOADED).unique()
    return f" Pairs for {listed(apart)} are drawn and not among these." if len(apart) else ""


def loads_open(loads: pd.DataFrame) -> str:
    """What a loading says that is a floor over a floor, for a caption; nothing without one."""
    if not (loads["bound"] == "open").any():
        return ""
    return " Where rounds and containers are both floors, the true loading may be more or less."


def mixed(loads: pd.DataFrame) -> str:
    """What the official pairs of containers and rounds are of, rockets aside."""
    return "152 mm" + (" or of a mix with 122 mm" if (loads["item"] == MIXED_152).any() else "")


def newest(values: Iterable[Value], name: str, what: str) -> str:
    """From where to where the issuers' newest counts run, if any is recent and graded well enough.

    Parameters
    ----------
    values : iterable of Value
        The chapter's values.
    name : str
        Stem of the two values, such as ``containers``.
    what : str
        What is counted.
    """
    known = {value.id: value for value in values}
    low, high = (known.get(f"arms_trade.{name}_{end}") for end in ("lowest", "highest"))
    if low is None or high is None:
        return f"Counts of {what}; none is graded well enough to be drawn from."
    if low.value == high.value:
        if len(low.rows) > 1:
            return f"Counts of {what}; those that are recent and graded well enough agree on {{value}}`{low.id}`."
        return f"Counts of {what}; the only one that is recent and graded well enough is {{value}}`{low.id}`."
    return (
        f"The issuers' newest counts of {what} that are recent and graded well enough run from"
        f" {{value}}`{low.id} number` to {{value}}`{high.id}`."
    )


def launches_apart(missiles: pd.DataFrame) -> pd.DataFrame:
    """Counts of missiles with `scope`: words at those fired, empty at those delivered."""
    fired = missiles["indicator"] == "missiles_fired_cumulative"
    return missiles.assign(scope=fired.map({True: "fired", False: ""}).astype(object))
