"""What it brings: soldier-months x pay + heads x bonus + dead x payment, and what others get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from compendium import evidence
from compendium.memory import remembered
from compendium.parameters import TroopPlausibility
from compendium.troops.counts import of_sum
from compendium.troops.rows import between, credible, figure, rows

MONTHS = 12
STUDY_RANGE = "arms-fnf24-troop-income"
STUDY_HEADS = (5_000, 20_000)  # in the item of that row
FEDERAL_BONUS = "troops-ru-bonus-federal-2024"
REGIONAL_BONUS = "troops-ru-bonus-region-2024"
RUSSIAN_PAY = "troops-ru-pay-min-2024"
MOSCOW_YEAR = "troops-ru-firstyear-moscow-2024"
PAY, RECRUIT_PAY = "troops-pay-nis-2024", "troops-pay-foreign-2024"
WON = "fx-krwusd-2023"
# One of the two exact ways to the study's figure: thirteen months at a pay inside the range of
# the recruits' row. The pay is no row of its own; it is what 28,600 leaves.
THIRTEENTH_PAY = 2_200
KOREANS, RUSSIANS, OTHERS = "for a North Korean", "Russia's own recruits", "hired by others"


@dataclass(frozen=True)
class Prices:
    """Ranges the money model draws from, with the rows behind each.

    Attributes
    ----------
    pay, bonus, death : tuple of float
        Low and high in USD a month, once, and for a dead soldier.
    take : tuple of float or None
        Share of the pay the state keeps; None where no row was known.
    rows : dict of str to tuple of str
    """

    pay: tuple[float, float]
    bonus: tuple[float, float]
    death: tuple[float, float]
    take: tuple[float, float] | None
    rows: dict[str, tuple[str, ...]]

    @property
    def all_rows(self) -> tuple[str, ...]:
        """obs_ids of pay, bonus and death payment."""
        return tuple(sorted({r for k in ("pay", "bonus", "death") for r in self.rows[k]}))


@remembered
def pay_rows(as_of) -> pd.DataFrame:
    """Rows on pay, bonuses, death payments, the state's take and published revenues."""
    return rows(
        as_of,
        [
            "pay_per_soldier",
            "signing_bonus",
            "death_compensation",
            "soldier_share_of_pay",
            "revenue_estimate_annual",
            "revenue_estimate_total",
            "revenue_in_kind",
            "worker_earnings",
        ],
    )


@remembered
def takes(as_of) -> pd.DataFrame:
    """Shares of pay the state keeps, by row: `obs_id`, `issuer`, `low`, `high`, `credibility`."""
    found = rows(as_of, "soldier_share_of_pay")
    kept_by_man = found["item"].str.startswith("kept")
    low, high = found["low"] / 100, found["high"] / 100
    return found.assign(
        low=low.where(~kept_by_man, 1 - high), high=high.where(~kept_by_man, 1 - low)
    )[["obs_id", "issuer", "low", "high", "credibility", "item"]]


@remembered
def prices(p: TroopPlausibility) -> Prices | None:
    """Ranges for a set of parameters; one set by hand replaces its rows.

    Returns
    -------
    Prices or None
        None where no pay was known by `as_of` and none is set by hand.
    """
    used: dict[str, tuple[str, ...]] = {"pay": (), "bonus": (), "death": (), "take": ()}
    if p.monthly_pay is not None:
        pay = (p.monthly_pay, p.monthly_pay)
    else:
        found = rows(p.as_of, "pay_per_soldier")
        found = credible(found[found["unit"] == "USD_per_person_month"], p.worst_credibility)
        if found.empty:
            return None
        pay = (float(found["low"].min()), float(found["high"].max()))
        used["pay"] = tuple(found["obs_id"])
    if p.bonus is not None:
        bonus = (p.bonus, p.bonus)
    else:
        known = credible(rows(p.as_of, "signing_bonus"), p.worst_credibility)
        federal = rows(p.as_of, "russia_signing_bonus", ["federal"])
        amounts = [*known["high"], *([p.federal_bonus_usd] if len(federal) else [])]
        bonus = (0.0, float(max(amounts, default=0.0)))
        used["bonus"] = (*known["obs_id"], *federal["obs_id"])
    if p.death_payment is not None:
        death = (p.death_payment, p.death_payment)
    else:
        known = credible(rows(p.as_of, "death_compensation"), p.worst_credibility)
        death = (0.0, float(known["high"].max()) if len(known) else 0.0)
        used["death"] = tuple(known["obs_id"])
    if p.state_take is not None:
        take = (p.state_take, p.state_take)
    else:
        known = credible(takes(p.as_of), p.worst_credibility)
        take = (float(known["low"].min()), float(known["high"].max())) if len(known) else None
        used["take"] = tuple(known["obs_id"])
    return Prices(pay, bonus, death, take, used)


def revenue(
    given: Prices,
    u: Mapping[str, NDArray[np.float64]],
    soldier_months: ArrayLike,
    arrivals: ArrayLike,
    dead: ArrayLike,
) -> NDArray[np.float64]:
    """Gross income in USD million.

    Parameters
    ----------
    given : Prices
    u : mapping of str to ndarray, shape (draws,)
        Uniform numbers of `stock.MONEY_INPUTS`.
    soldier_months, arrivals, dead : array_like
        Of the time in question; broadcast against the draws.
    """
    return (
        between(u["monthly pay"], given.pay) * np.asarray(soldier_months)
        + between(u["bonus"], given.bonus) * np.asarray(arrivals)
        + between(u["death payment"], given.death) * np.asarray(dead)
    ) / 1e6


def to_state(
    p: TroopPlausibility, given: Prices, u: Mapping, gross: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """What the state gets of a gross income, and how much of that is money, USD million.

    In kind, the state gets all of it and none of it is money. None where no share was known.
    """
    gross = np.asarray(gross, float)
    if p.payment == "in_kind":
        return gross, np.zeros_like(gross)
    if given.take is None:
        return None
    share = between(u["state's take"], given.take)
    return gross * share, gross * share


@remembered
def study_per_head(as_of) -> tuple[float, float] | None:
    """Yearly sum a head at both ends of the study's range, in USD, if the range was known."""
    found = evidence.load("arms", as_of, obs_id=[STUDY_RANGE])
    if found.empty:
        return None
    row = found.iloc[0]
    return tuple(float(row[end]) * 1e6 / heads for end, heads in
                 zip(("low", "high"), STUDY_HEADS, strict=True))  # fmt: skip


@remembered
def hypotheses(p: TroopPlausibility) -> pd.DataFrame:
    """Ways to make the study's sum a head from rows known on the day of the study.

    Returns
    -------
    pandas.DataFrame
        `way`, `months`, `monthly`, `once`, `total` (USD a head and year), `rows`. Empty until
        the study's range is known.
    """
    columns = ["way", "months", "monthly", "once", "total", "rows"]
    pay = rows(p.as_of, "pay_per_soldier", repeats=True)
    monthly = figure(pay, PAY)
    bonuses = rows(p.as_of, ["russia_signing_bonus", "signing_bonus"], repeats=True)
    records = []
    if study_per_head(p.as_of) is not None:
        if monthly is not None and FEDERAL_BONUS in set(bonuses["obs_id"]):
            records.append(
                ("twelve months at the pay Seoul reported, and Russia's federal signing bonus",
                 MONTHS, monthly, p.federal_bonus_usd, MONTHS * monthly + p.federal_bonus_usd,
                 (PAY, FEDERAL_BONUS))
            )  # fmt: skip
        recruit = pay[pay["obs_id"] == RECRUIT_PAY]
        if len(recruit) and recruit["low"].iloc[0] <= THIRTEENTH_PAY <= recruit["high"].iloc[0]:
            records.append(
                ("twelve months at a pay inside the range of other foreign recruits, and one month's pay at entry",
                 MONTHS, float(THIRTEENTH_PAY), float(THIRTEENTH_PAY), (MONTHS + 1) * float(THIRTEENTH_PAY),
                 (RECRUIT_PAY, "troops-bonus-foreign-2024"))
            )  # fmt: skip
    return pd.DataFrame(records, columns=columns)


@remembered
def russian_year(p: TroopPlausibility) -> tuple[float, tuple[str, ...]] | None:
    """First year of an average Russian recruit: pay, federal and regional bonus, USD."""
    pay = figure(rows(p.as_of, "russia_pay", repeats=True), RUSSIAN_PAY)
    bonuses = rows(p.as_of, "russia_signing_bonus", repeats=True)
    regional = figure(bonuses, REGIONAL_BONUS)
    if pay is None or regional is None or FEDERAL_BONUS not in set(bonuses["obs_id"]):
        return None
    return MONTHS * pay + p.federal_bonus_usd + regional, (
        RUSSIAN_PAY,
        FEDERAL_BONUS,
        REGIONAL_BONUS,
    )


# Published sums a year: name, table, row, heads. Heads are those the issuer names.
PUBLISHED = (
    ("the study", "arms", STUDY_RANGE, STUDY_HEADS),
    ("Wi Sung-lac", "troops", "troops-rev-200m-wi", (10_000,)),
    ("Yoo Yong-weon", "troops", "troops-rev-572m-yoo", (20_000,)),
    ("INSS, paid as mercenaries", "troops", "troops-rev-320m-inss", (10_000,)),
    ("INSS, paid as an ally, indirect costs too", "troops", "troops-rev-1340m-inss", (10_000,)),
    ("Shin Beom-chul", "troops", "troops-rev-240m-shin", (10_000,)),
    ("experts via YTN", "troops", "troops-rev-ytn-400bn", (10_000,)),
    ("KIDA", "arms", "arms-val-kida-troops", (11_000,)),
    (
        "Asia Economy, for 15,000 or for 30,000 men",
        "troops",
        "troops-rev-asiae-14tn",
        (15_000, 30_000),
    ),
)


@remembered
def per_head(p: TroopPlausibility) -> pd.DataFrame:
    """USD a head and year: published sums, pay rows, Russia's own, and hired forces elsewhere.

    Returns
    -------
    pandas.DataFrame
        `label`, `group`, `low`, `high`, `bound` (a floor among its rows makes it one), `rows`;
        only what was known by `as_of`. Won are turned into dollars at the average rate of 2023.
    """
    stated = [row_id for _, _, row_id, _ in PUBLISHED]
    tables = {
        name: evidence.load(name, p.as_of, implied=True, obs_id=stated).set_index("obs_id")
        for name in ("arms", "troops")
    }
    rate = evidence.load("trade", p.as_of, obs_id=[WON])
    records: list[tuple] = []

    def add(label: str, group: str, low: float, high: float, *ids: str) -> None:
        records.append((label, group, float(min(low, high)), float(max(low, high)), ids))

    for label, name, row_id, heads in PUBLISHED:
        if row_id not in tables[name].index:
            continue
        row = tables[name].loc[row_id]
        ends = [row["low"], row["high"]] if pd.isna(row["value"]) else [row["value"]] * len(heads)
        scale = 1e6
        ids = (row_id,)
        if row["unit"] == "KRW_million":
            if rate.empty:
                continue
            scale, ids = 1e6 / float(rate["value"].iloc[0]), (row_id, WON)
        sums = [float(e) * scale / h for e, h in zip(ends, heads, strict=True)]
        add(label, KOREANS, min(sums), max(sums), *ids)
    troops = rows(p.as_of, ["pay_per_soldier", "signing_bonus"], repeats=True).set_index("obs_id")
    if PAY in troops.index:
        add("NIS pay, no bonus", KOREANS, *(troops.loc[PAY, ["low", "high"]] * MONTHS), PAY)
    bonus = "troops-bonus-foreign-2024"
    if {RECRUIT_PAY, bonus} <= set(troops.index):
        once = troops.loc[bonus, "low"]
        low, high = troops.loc[RECRUIT_PAY, ["low", "high"]] * MONTHS + once
        add("foreign recruits via DW, with bonus", OTHERS, low, high, RECRUIT_PAY, bonus)
    average = russian_year(p)
    if average is not None:
        add("average Russian recruit, first year", RUSSIANS, average[0], average[0], *average[1])
    moscow = figure(rows(p.as_of, "russia_pay", repeats=True), MOSCOW_YEAR)
    if moscow is not None:
        add("recruit from Moscow, first year", RUSSIANS, moscow, moscow, MOSCOW_YEAR)
    _elsewhere(p.as_of, add)
    found = pd.DataFrame(records, columns=["label", "group", "low", "high", "rows"])
    named = evidence.named([row for ids in found["rows"] for row in ids], p.as_of)
    qualifiers = named.set_index("obs_id")["qualifier"]
    bound = [of_sum(qualifiers[list(ids)]) for ids in found["rows"]]
    return found.assign(bound=pd.Series(bound, found.index, dtype=object))


def _elsewhere(as_of, add) -> None:
    pay = rows(as_of, "comparator_pay", repeats=True).set_index("obs_id")
    lump, sudan = "troops-sudan-yemen-lump", "troops-sudan-yemen-pay"
    if {lump, sudan} <= set(pay.index):
        # Its item says that the lump sum came after six months, so twice a year.
        once = pay.loc[lump, "low"] * 2
        low, high = pay.loc[sudan, ["low", "high"]] * MONTHS + once
        add("Sudanese in Yemen, lump sum included", OTHERS, low, high, sudan, lump)
    for label, row in {
        "Afghans of the Fatemiyoun in Syria": "troops-fatemiyoun-pay",
        "foreigners in Russia's army, CNN": "troops-nepal-pay",
        "Cuban in Angola, paid to Havana, Werlau": "troops-cuba-angola-pay1",
        "Cuban in Angola, paid to Havana, a former officer": "troops-cuba-angola-pay2",
    }.items():
        if row in pay.index:
            add(label, OTHERS, *(pay.loc[row, ["low", "high"]] * MONTHS), row)
    korean = "troops-rok-vietnam-percap"
    if korean in pay.index:
        add(
            "South Korean in Vietnam, today's money",
            OTHERS,
            *pay.loc[korean, ["low", "high"]],
            korean,
        )
    cost = rows(as_of, "comparator_revenue", repeats=True)
    spent = figure(cost, "troops-wagner-2022-cost")
    men = figure(rows(as_of, "comparator_deployed", repeats=True), "troops-wagner-2022")
    if spent is not None and men is not None:
        year = spent * 1e6 / men * MONTHS
        add(
            "Wagner, spending a head",
            OTHERS,
            year,
            year,
            "troops-wagner-2022-cost",
            "troops-wagner-2022",
        )
