"""Stock and flow: who arrived, who fell, who went home, month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from compendium import uncertainty as un
from compendium.errors import CompendiumError
from compendium.memory import remembered
from compendium.parameters import TroopPlausibility
from compendium.troops.counts import (
    AT_FRONT,
    DAYS_A_MONTH,
    EVERYBODY,
    IN_STAGES,
    casualties,
    casualty_pairs,
    first_sailing,
    killed,
    paces,
    present,
)
from compendium.troops.rows import (
    between,
    credible,
    figure,
    pick,
    rows,
    slack,
    word_weights,
)

LEVEL = 0.9  # of the band counts are held against
STATED_TO = -2  # digits after the point to which men are stated: hundreds
HORIZON = 12  # months past the vintage
# At the prior rate, more than four in a year happen once in 270 years; at the rate learnt by
# mid-2025, when one more had come, in one of 36.
MAX_NEW_WAVES = 4
# A single pair of counts is no range: it is widened by half both ways.
SINGLE_SHARE_SPREAD = 0.5
# Counts of the first contingent; by mid-January the second one was being shipped.
FIRST_WAVE_UNTIL = pd.Timestamp("2025-01-15")
PLANS_UNTIL = pd.Timestamp("2024-12-31")
FIRST, SECOND, SAPPERS, BUILDERS = "first wave", "second wave", "sappers", "builders"
# The row on men sent that also tells how long they were away. Other rows on sappers sent do not.
SAPPERS_BACK = "troops-sent-2025-12-13-engineers"

# Inputs of the simulation, one uniform number each.
INPUTS = (
    "whose word on arrivals",
    "size of the contingents",
    "lift",
    "whose word on casualties",
    "size of the casualties",
    "dead among casualties",
    "wounded sent home",
    "reported returns",
    "later casualty rate",
    "later rotation",
    "rotated men replaced",
    "announced men who come",
    "rate of new contingents",
    "end of the mission",
    *(f"gap before new contingent {k}" for k in range(1, MAX_NEW_WAVES + 1)),
    *(f"size of new contingent {k}" for k in range(1, MAX_NEW_WAVES + 1)),
)
MONEY_INPUTS = ("monthly pay", "bonus", "death payment", "state's take")
ALL_INPUTS = (*INPUTS, *MONEY_INPUTS)


def draw_inputs(p: TroopPlausibility) -> dict[str, NDArray[np.float64]]:
    """A uniform number for each input and draw, by the input's name."""
    u = un.uniforms(p.draws, len(ALL_INPUTS), p.seed)
    return {name: u[:, k] for k, name in enumerate(ALL_INPUTS)}


@remembered
def contingents(p: TroopPlausibility) -> pd.DataFrame:
    """Size of each contingent as each body stated it.

    Returns
    -------
    pandas.DataFrame
        `wave`, `body`, `side`, `low`, `high` (arrived), `plan_low`, `plan_high` (announced and
        not yet reported), `start`, `end`, `rows`; a row a wave and body.

    Notes
    -----
    A body's newest figure of each kind counts, whichever of its offices gave it. The first wave is the larger of what it
    says was sent, was in Russia before 2025, and was to come. A plan counts until its last
    day. Figures for an additional wave are taken as stated; of men still moving in stages, the
    part that has come is as uncertain as of those announced (`plan_realised`). Forecasts by others than the
    sender, the receiver or Seoul's service make no contingent; `checks.forecasts` scores them.
    """
    records = []
    first = first_sailing(p.as_of)
    if first is not None:
        records += _first_wave(p, first)
    for wave, spec in {
        SECOND: (["second_wave"], [], []),
        SAPPERS: (["engineers"], ["combat_engineers"], ["sappers"]),
        BUILDERS: (["construction_troops"], [], ["construction_troops"]),
    }.items():
        if wave != BUILDERS or p.count_builders:
            records += _later_wave(p, wave, *spec)
    columns = [
        "wave", "body", "side", "low", "high", "plan_low", "plan_high", "start", "end", "rows",
    ]  # fmt: skip
    return pd.DataFrame(records, columns=columns)


def _newest(found: pd.DataFrame) -> dict[str, object]:
    """Newest row of each body, by the day it became known."""
    order = found.sort_values(["known_on", "period_end", "low"], kind="stable")
    return {row.body: row for row in order.groupby("body").tail(1).itertuples()}


def _first_wave(p: TroopPlausibility, first: pd.Timestamp) -> list[tuple]:
    def kind(indicator: str, items: list[str], until: pd.Timestamp) -> dict[str, object]:
        found = credible(rows(p.as_of, indicator, items), p.worst_credibility)
        return _newest(found[found["period_end"] <= until])

    sent = kind("troops_sent_cumulative", ["first_wave", "total"], FIRST_WAVE_UNTIL)
    there = kind("troops_present", ["Russia"], PLANS_UNTIL)
    plans = kind("troops_planned", ["total"], PLANS_UNTIL)
    plans = {k: r for k, r in plans.items() if r.period_end >= pd.Timestamp(p.as_of)}
    records = []
    for issuer in sorted({*sent, *there, *plans}):
        arrived = [r for r in (sent.get(issuer), there.get(issuer)) if r is not None]
        ranges = [slack(r) for r in arrived] or [(0.0, 0.0)]
        low, high = (max(r[k] for r in ranges) for k in (0, 1))
        plan = plans.get(issuer)
        plan_low, plan_high = slack(plan) if plan is not None else (0.0, 0.0)
        used = [*arrived, *([plan] if plan is not None else [])]
        records.append(
            (FIRST, issuer, used[0].side, low, high, plan_low, plan_high, first, pd.NaT,
             tuple(r.obs_id for r in used))
        )  # fmt: skip
    return records


def _later_wave(
    p: TroopPlausibility, wave: str, added: list[str], there: list[str], planned: list[str]
) -> list[tuple]:
    day = pd.Timestamp(p.as_of)
    arrived = [rows(p.as_of, "troops_additional", added)]
    if there:
        arrived.append(rows(p.as_of, "troops_present", there))
    came = credible(pd.concat(arrived), p.worst_credibility)
    if len(came):
        start, end = came["period_start"].min(), came["period_end"].min()
        end = max(end, start + pd.Timedelta(days=1))
        return [
            (wave, issuer, row.side, *_arrived(p, row), 0.0, 0.0, start, end, (row.obs_id,))
            for issuer, row in sorted(_newest(came).items())
        ]
    if not planned:
        return []
    plans = credible(rows(p.as_of, "troops_planned", planned), p.worst_credibility)
    plans = plans[plans["period_end"] >= day]
    return [
        (wave, issuer, row.side, 0.0, 0.0, *slack(row), day, row.period_end, (row.obs_id,))
        for issuer, row in sorted(_newest(plans).items())
    ]


def _arrived(p: TroopPlausibility, row) -> tuple[float, float]:
    low, high = slack(row)
    staged = {row.obs_id, *row.repeated_by} & set(IN_STAGES)
    return (low * p.plan_realised if staged else low), high


@remembered
def sappers_leave(as_of) -> tuple[pd.Timestamp, str] | None:
    """Day on which the sappers' regiment was back, and the row, if known."""
    found = rows(as_of, "troops_sent_cumulative", ["engineers"], repeats=True)
    found = found[found["obs_id"] == SAPPERS_BACK]
    return None if found.empty else (found["period_end"].iloc[0], SAPPERS_BACK)


@remembered
def killed_shares(p: TroopPlausibility) -> pd.DataFrame:
    """Dead among casualties: pairs of counts of this war, else South Korea in Vietnam.

    The newest count of dead over the newest total, each above all others of its kind, joins
    the pairs: the two come from different issuers and are months apart.

    Returns
    -------
    pandas.DataFrame
        `label`, `share`, `drawn`, `rows`.
    """
    records = [
        (f"{r.issuer_short}, by {r.period_end.date()}", r.share,
         r.credibility <= p.worst_credibility, r.rows)
        for r in casualty_pairs(p.as_of).itertuples()
    ]  # fmt: skip
    told = rows(p.as_of, "casualties_killed_share")
    records += [
        (f"{r.issuer_short}, by {r.period_end.date()}, as stated", r.low / 100,
         r.credibility <= p.worst_credibility, (r.obs_id,))
        for r in told.itertuples()
    ]  # fmt: skip
    dead = credible(killed(p.as_of), p.worst_credibility)
    total = credible(casualties(p.as_of), p.worst_credibility)
    if len(dead) and len(total) and total["low"].max() > 0:
        dead, total = dead.loc[dead["low"].idxmax()], total.loc[total["low"].idxmax()]
        if dead["issuer_short"] != total["issuer_short"]:
            label = f"dead by {dead['issuer_short']} over total by {total['issuer_short']}"
            share = float(dead["low"] / total["low"])
            if share <= 1:
                records.append((label, share, True, (*dead["parts"], *total["parts"])))
    comparator = rows(p.as_of, "comparator_casualties", repeats=True)
    ids = ("troops-rok-vietnam-kia", "troops-rok-vietnam-wia")
    kia, wia = (figure(comparator, row) for row in ids)
    if kia is not None and wia is not None and kia + wia > 0:
        none_here = not any(drawn for _, _, drawn, _ in records)
        records.append(("South Korea in Vietnam", kia / (kia + wia), none_here, ids))
    return pd.DataFrame(records, columns=["label", "share", "drawn", "rows"])


@remembered
def killed_share_range(p: TroopPlausibility) -> tuple[float, float]:
    """Range the share of dead is drawn from."""
    if p.killed_share is not None:
        return p.killed_share, p.killed_share
    found = killed_shares(p)
    found = found[found["drawn"].astype(bool)]["share"]
    if found.empty:
        return 0.0, 1.0
    low, high = float(found.min()), float(found.max())
    if low == high:
        return low * (1 - SINGLE_SHARE_SPREAD), min(1.0, high * (1 + SINGLE_SHARE_SPREAD))
    return low, high


# Quiet and hard wars of others, for the months no count covers.
ROK_DEAD, ROK_WOUNDED = "troops-rok-vietnam-kia", "troops-rok-vietnam-wia"
WAGNER_DEAD, WAGNER_MEN = "troops-wagner-dead", "troops-wagner-2022"


@remembered
def comparator_rates(as_of) -> pd.DataFrame:
    """Killed and wounded a month as a share of those present, in other expeditions.

    Returns
    -------
    pandas.DataFrame
        `case`, `rate`, `rows`.

    Notes
    -----
    South Korea in Vietnam: dead and wounded over its year-end strengths of 1964 to 1970, a
    straight line between them, twelve months each. The years after 1970 have no strength, so
    the rate is a little high. Wagner: its dead over twenty months and 50,000 men, made into
    casualties by South Korea's share of dead.
    """
    hurt = rows(as_of, "comparator_casualties", repeats=True)
    men = rows(as_of, "comparator_deployed", repeats=True)
    records = []
    dead, wounded = figure(hurt, ROK_DEAD), figure(hurt, ROK_WOUNDED)
    strength = men[men["obs_id"].str.match(r"^troops-rok-vietnam-19\d\d$")]
    if dead is None or wounded is None or len(strength) < 2:
        return pd.DataFrame(records, columns=["case", "rate", "rows"])
    months = float(np.trapezoid(strength["low"])) * 12
    if months <= 0:
        return pd.DataFrame(records, columns=["case", "rate", "rows"])
    records.append(
        ("South Korea in Vietnam", (dead + wounded) / months,
         (ROK_DEAD, ROK_WOUNDED, *strength["obs_id"]))
    )  # fmt: skip
    lost, force = figure(hurt, WAGNER_DEAD), figure(men, WAGNER_MEN)
    if lost is not None and force is not None:
        row = hurt[hurt["obs_id"] == WAGNER_DEAD].iloc[0]
        months = (row["period_end"] - row["period_start"]).days / DAYS_A_MONTH
        if force * months > 0 and dead > 0:
            rate = lost / (force * months) / (dead / (dead + wounded))
            records.append(
                ("Wagner in Ukraine", rate, (WAGNER_DEAD, WAGNER_MEN, ROK_DEAD, ROK_WOUNDED))
            )
    return pd.DataFrame(records, columns=["case", "rate", "rows"])


@dataclass(frozen=True)
class Paths:
    """Simulated months, one row a draw and one column a day of `days`.

    Attributes
    ----------
    days : DatetimeIndex
        Output of `grid`; the first lies before the first arrival.
    present, sent, killed, wounded, home, rotated : ndarray, shape (draws, days)
        Men there; and, all since the start, sent, killed, wounded, wounded sent home, sent
        home whole. ``present = sent - killed - home - rotated``.
    builders : ndarray, shape (draws, days)
        Builders in uniform who have arrived.
    rows : tuple of str
        obs_ids drawn from.
    """

    days: pd.DatetimeIndex
    present: NDArray[np.float64]
    sent: NDArray[np.float64]
    killed: NDArray[np.float64]
    wounded: NDArray[np.float64]
    home: NDArray[np.float64]
    rotated: NDArray[np.float64]
    builders: NDArray[np.float64]
    rows: tuple[str, ...]

    @property
    def casualties(self) -> NDArray[np.float64]:
        """Killed and wounded since the start."""
        return self.killed + self.wounded

    @property
    def soldiers(self) -> NDArray[np.float64]:
        """Men there who are no builders, as if no builder fell or went home."""
        return np.maximum(self.present - self.builders, 0.0)

    def at(self, name: str, day) -> NDArray[np.float64]:
        """One quantity on one day, a straight line between the months."""
        amounts = getattr(self, name)
        x = months_from(self.days, self.days[0])
        wanted = months_from([pd.Timestamp(day)], self.days[0])[0]
        k = int(np.clip(np.searchsorted(x, wanted) - 1, 0, len(x) - 2))
        part = np.clip((wanted - x[k]) / (x[k + 1] - x[k]), 0, 1)
        return amounts[:, k] * (1 - part) + amounts[:, k + 1] * part

    def soldier_months(self, first, last) -> NDArray[np.float64]:
        """Soldier-months between two days of the grid."""
        inside = (self.days >= pd.Timestamp(first)) & (self.days <= pd.Timestamp(last))
        months = (self.days[inside] - self.days[0]).days.to_numpy() / DAYS_A_MONTH
        return np.trapezoid(self.present[:, inside], months, axis=1)


def grid(as_of, first: pd.Timestamp, horizon: int = HORIZON) -> pd.DatetimeIndex:
    """Monthly steps through `as_of`, from before `first` to `horizon` months past it.

    The day of the first sailing and the days of dated counts are steps too, so that a count
    is compared with the simulation of its own day and not with a line across a month.
    """
    day = pd.Timestamp(as_of)
    back = 1
    while day - pd.DateOffset(months=back) >= first:
        back += 1
    steps = [day + pd.DateOffset(months=k) for k in range(-back, horizon + 1)]
    counted = [
        d
        for found in (present(as_of), casualties(as_of), killed(as_of))
        for d in found["period_end"]
    ]
    return pd.DatetimeIndex(sorted({*steps, first, *(d for d in counted if first < d < day)}))


def casualty_paths(p: TroopPlausibility) -> list[dict]:
    """Each camp's counts of killed and wounded as a rising path: `side`, `days`, `persons`, `rows`."""
    found = credible(casualties(p.as_of), p.worst_credibility)
    paths = []
    for side, own in found.groupby("side", sort=True):
        own = own.sort_values(["period_end", "low"])
        middle = ((own["low"] + own["high"]) / 2).cummax()
        paths.append(
            {
                "side": side,
                "days": own["period_end"].tolist(),
                "persons": middle.tolist(),
                "spread": slack(next(own.tail(1).itertuples())),
                "rows": tuple(row for parts in own["parts"] for row in parts),
            }
        )
    return sorted(paths, key=lambda path: path["persons"][-1])


def fighting_begins(as_of) -> pd.Timestamp:
    """Latest first day of a South Korean casualty count before the first one ends, else `as_of`.

    Some counts run from the first sailing, so the latest first day is nearest to the fighting;
    one after the end of the first count is a window of its own.
    """
    found = rows(as_of, "casualties_total", ["killed_and_wounded"])
    found = found[found["side"] == "South Korea"]
    begun = found.loc[found["period_start"] <= found["period_end"].min(), "period_start"]
    return begun.max() if len(begun) else pd.Timestamp(as_of)


def simulate(
    p: TroopPlausibility, u: Mapping[str, NDArray[np.float64]] | None = None
) -> Paths | None:
    """Monthly stock-flow simulation to `HORIZON` months past `as_of`.

    Parameters
    ----------
    p : TroopPlausibility
    u : mapping of str to ndarray, shape (draws,), optional
        Uniform numbers by input; default `draw_inputs`.

    Returns
    -------
    Paths or None
        None before the first dated count.

    Notes
    -----
    Each month ``stock += arrivals - killed - wounded sent home - rotated home``.

    Before `as_of`: for each contingent a draw takes one body's word, spread over the days its
    counts allow. One random number decides for all contingents, from the lowest word to the
    highest, so a draw that takes a low word of one takes a low word of all; it need not be the
    same body's. Casualties are one camp's counts, joined by straight lines. Reported
    returns are one body's count to the latest day, drawn as the word on arrivals is and spread
    over their period; as nobody says whether they hold the wounded already sent home, any part
    of them may be new.

    After the last count: casualties are a rate times those present, log-uniform between South
    Korea's rate in Vietnam and the draw's own rate so far (before any count: Wagner's). From
    the day on which a count has the men guard a border (`guarding`), the rate is at most South
    Korea's and at least nought.
    Announced men come in part or whole by their day. Further contingents come as a Poisson
    process whose rate has a gamma posterior: `new_waves_a_year` worth
    `new_waves_weight_months` of observation, and the contingents after the first. Their size
    is log-uniform between the smallest and the largest seen. The mission may end, then all go
    home. Counts of men sent and counts of casualties are inputs; those of men there are inputs
    only where they are the newest word on the first contingent or on the sappers.
    """
    given = contingents(p)
    first = first_sailing(p.as_of)
    if given.empty or first is None:
        return None
    u = draw_inputs(p) if u is None else u
    draws = len(u[INPUTS[0]])
    day = pd.Timestamp(p.as_of)
    days = grid(day, first)
    t = months_from(days, days[0])
    now = months_from([day], days[0])[0]

    known, planned, builders, sizes, used = _arrivals(p, u, given, days)
    planned = planned + _new_waves(p, u, given, now, t)
    casualty, last_count, cas_rows = _counted_casualties(p, u, days)
    dead_share = between(u["dead among casualties"], killed_share_range(p))
    home_share = between(u["wounded sent home"], (p.wounded_home_low, p.wounded_home_high))
    returned, returned_rows = _reported_returns(p, u, sizes, days)
    # Men there as long as casualties are counted: later, rates are of men there as well.
    gone = casualty * (dead_share + (1 - dead_share) * home_share)[:, None]
    counted = np.maximum(known - gone - returned, 0.0)
    low_rate, high_rate, rate_rows = _later_rates(p, casualty, last_count, counted, days)
    rate = _log_between(u["later casualty rate"], low_rate, high_rate)
    guarding = guarding_since(p)
    quiet_from = np.inf
    if guarding is not None:
        quiet_from = months_from([guarding[0]], days[0])[0]
        rate_rows = (*rate_rows, guarding[1])
    quiet = np.minimum(rate, between(u["later casualty rate"], (0.0, 1.0)) * low_rate)
    rotation = between(u["later rotation"], (0.0, p.rotation_rate_high))
    replaced = between(u["rotated men replaced"], (p.replaced_low, 1.0))
    ends = now + end_months(u["end of the mission"], p.end_a_year)

    shape = (draws, len(t))
    there, sent, dead, hurt, home, rotated = (np.zeros(shape) for _ in range(6))
    for k in range(1, len(t)):
        step = t[k] - t[k - 1]
        over = t[k] > ends
        arrivals = np.where(
            over, 0.0, known[:, k] - known[:, k - 1] + planned[:, k] - planned[:, k - 1]
        )
        stock = there[:, k - 1] + arrivals
        open_part = np.clip(t[k] - np.maximum(last_count, t[k - 1]), 0, step)
        calm_part = np.minimum(open_part, max(t[k] - max(quiet_from, t[k - 1]), 0.0))
        later = rate * (open_part - calm_part) + quiet * calm_part
        fallen = casualty[:, k] - casualty[:, k - 1] + later * stock
        fallen = np.minimum(np.where(over, 0.0, fallen), stock)
        new_dead = fallen * dead_share
        new_hurt = fallen - new_dead
        new_home = new_hurt * home_share
        left = stock - new_dead - new_home
        leave = np.minimum(returned[:, k] - returned[:, k - 1], left)
        if t[k] > now + 1e-9:
            going = np.minimum(rotation * stock * step, left - leave)
            arrivals = arrivals + np.where(over, 0.0, going * replaced)
            left = left + np.where(over, 0.0, going * replaced)
            leave = leave + going
        leave = np.where(over, left, leave)
        there[:, k] = left - leave
        sent[:, k] = sent[:, k - 1] + arrivals
        dead[:, k] = dead[:, k - 1] + new_dead
        hurt[:, k] = hurt[:, k - 1] + new_hurt
        home[:, k] = home[:, k - 1] + new_home
        rotated[:, k] = rotated[:, k - 1] + leave
    drawn_from = tuple(sorted({*used, *cas_rows, *returned_rows, *rate_rows}))
    return Paths(days, there, sent, dead, hurt, home, rotated, builders, drawn_from)


def months_from(days, start: pd.Timestamp) -> NDArray[np.float64]:
    """Days as months since `start`."""
    return (pd.DatetimeIndex(days) - start).days.to_numpy() / DAYS_A_MONTH


def end_months(u: NDArray[np.float64], end_a_year: float) -> NDArray[np.float64]:
    """Months until the mission ends, at a constant chance a year; infinite where it never does."""
    if end_a_year < 1e-9:
        return np.full(len(u), np.inf)
    if end_a_year >= 1:
        return np.zeros(len(u))
    return np.log1p(-u) / np.log1p(-end_a_year) * 12


def _log_between(u, low, high) -> NDArray[np.float64]:
    low, high = np.broadcast_arrays(np.asarray(low, float), np.asarray(high, float))
    out = np.zeros(len(u))
    some = (low > 0) & (high > 0)
    out[some] = np.exp(un.uniform(u[some], np.log(low[some]), np.log(high[some])))
    return out


def _arrivals(p, u, given: pd.DataFrame, days: pd.DatetimeIndex):
    """Cumulative arrivals known, planned and of builders, draws by days; sizes by wave; rows."""
    draws = len(u[INPUTS[0]])
    t = months_from(days, days[0])
    known, planned, builders = (np.zeros((draws, len(t))) for _ in range(3))
    pace = paces(p)
    drawn = pace[pace["drawn"].astype(bool)]["per_day"] if pace["drawn"].any() else pace["per_day"]
    if p.lift_per_day is not None:
        lift = np.full(draws, p.lift_per_day)
    elif drawn.empty:
        raise CompendiumError(
            f"troop_plausibility, parameter lift_per_day: no count of the build-up known by "
            f"{p.as_of} shows a pace to draw from; allowed on that day: 10 to 5,000 persons a day"
        )
    else:
        lift = between(u["lift"], (float(drawn.min()), float(drawn.max())))
    realised = between(u["announced men who come"], (p.plan_realised, 1.0))
    sizes, used = {}, list(pace["obs_id"])
    for wave, own in given.groupby("wave", sort=False):
        own = own.reset_index(drop=True)
        weights = word_weights(own["side"], p.ukraine_weight)
        order = np.maximum(own["low"] + own["high"], own["plan_low"] + own["plan_high"])
        chosen = pick(u["whose word on arrivals"], weights, order)
        place = u["size of the contingents"]
        columns = {
            c: own[c].to_numpy(float)[chosen] for c in ("low", "high", "plan_low", "plan_high")
        }
        arrived = un.uniform(place, columns["low"], columns["high"])
        plan = un.uniform(place, columns["plan_low"], columns["plan_high"]) * realised
        size = np.maximum(arrived, plan)
        used += [row for ids in own["rows"] for row in ids]
        sizes[wave] = size
        start = months_from(own["start"], days[0])[chosen]
        if wave == FIRST:
            own_pace = pace.groupby("body")["per_day"].max() if len(pace) else pd.Series()
            least = own["body"].map(own_pace).fillna(0).to_numpy(float)[chosen]
            pace_of = np.maximum(np.maximum(lift, least), 1e-9)  # nobody comes in no time
            end = start + size / pace_of / DAYS_A_MONTH
        else:
            end = months_from(own["end"], days[0])[chosen]
        part = np.clip((t[None, :] - start[:, None]) / np.maximum(end - start, 1e-6)[:, None], 0, 1)
        only_planned = wave != FIRST and columns["high"].max() == 0
        (planned if only_planned else known)[...] += size[:, None] * part
        if wave == BUILDERS:
            builders += size[:, None] * part
    return known, planned, builders, sizes, used


def seen_sizes(p: TroopPlausibility, given: pd.DataFrame) -> tuple[float, float]:
    """Smallest and largest lot or contingent seen so far, in persons."""
    lots = credible(
        rows(p.as_of, "troops_sent_cumulative", ["first_wave", "engineers"]), p.worst_credibility
    )
    amounts = [*lots["low"], *given[["low", "high", "plan_low", "plan_high"]].to_numpy().ravel()]
    amounts = [a for a in amounts if a > 0]
    return (min(amounts), max(amounts)) if amounts else (0.0, 0.0)


def _new_waves(p, u, given: pd.DataFrame, now: float, t) -> NDArray[np.float64]:
    """Cumulative arrivals of contingents nobody has announced, draws by days."""
    draws = len(u[INPUTS[0]])
    out = np.zeros((draws, len(t)))
    if p.new_waves_a_year <= 0:
        return out
    observed = max((pd.Timestamp(p.as_of) - given["start"].min()).days / DAYS_A_MONTH, 0.0)
    later = given[(given["wave"] != FIRST) & (given["high"] > 0)]["wave"].nunique()
    weight = p.new_waves_weight_months
    shape = p.new_waves_a_year / 12 * weight + later
    rate = stats.gamma.ppf(u["rate of new contingents"], shape, scale=1 / (weight + observed))
    rate = np.maximum(rate, 1e-9)
    low, high = seen_sizes(p, given)
    if high == 0:
        return out
    when = np.full(draws, now)
    for k in range(1, MAX_NEW_WAVES + 1):
        when = when - np.log1p(-u[f"gap before new contingent {k}"]) / rate
        size = un.log_uniform(u[f"size of new contingent {k}"], low, high)
        out += size[:, None] * (t[None, :] >= when[:, None])
    return out


def _counted_casualties(p, u, days: pd.DatetimeIndex):
    """Cumulative casualties up to the last count of the draw's camp; month of that count; rows."""
    draws = len(u[INPUTS[0]])
    t = months_from(days, days[0])
    now = months_from([pd.Timestamp(p.as_of)], days[0])[0]
    paths = casualty_paths(p)
    if not paths:
        return np.zeros((draws, len(t))), np.full(draws, now), ()
    begin = months_from([fighting_begins(p.as_of)], days[0])[0]
    curves, lasts, factors = [], [], []
    for path in paths:
        x = np.concatenate([[begin], months_from(path["days"], days[0])])
        y = np.concatenate([[0.0], path["persons"]])
        x[0] = min(x[0], x[1] - 1e-6)
        curves.append(np.interp(t, x, y))
        lasts.append(x[-1])
        factors.append(np.array(path["spread"]) / y[-1] if y[-1] else np.ones(2))
    weights = word_weights([path["side"] for path in paths], p.ukraine_weight)
    chosen = pick(u["whose word on casualties"], weights, [path["persons"][-1] for path in paths])
    low, high = np.array(factors)[chosen].T
    scale = un.uniform(u["size of the casualties"], low, high)
    used = tuple(row for path in paths for row in path["rows"])
    return np.array(curves)[chosen] * scale[:, None], np.array(lasts)[chosen], used


def guarding_since(p: TroopPlausibility) -> tuple[pd.Timestamp, str] | None:
    """First day on which a count has the men guard a border, and its row; None if none does."""
    if p.guarding == "as_before" or p.casualty_rate is not None:
        return None
    found = credible(rows(p.as_of, "troops_present", ["border_combat"]), p.worst_credibility)
    return None if found.empty else (found["period_end"].iloc[0], found["obs_id"].iloc[0])


def _later_rates(p, casualty, last_count, there, days):
    """Lowest and highest rate of later casualties a month, by draw, and the rows."""
    draws = len(last_count)
    if p.casualty_rate is not None:
        fixed = np.full(draws, p.casualty_rate)
        return fixed, fixed, ()
    others = comparator_rates(p.as_of)
    if others.empty:
        return np.zeros(draws), np.zeros(draws), ()
    low, high = float(others["rate"].min()), float(others["rate"].max())
    used = tuple(row for ids in others["rows"] for row in ids)
    if casualty[:, -1].max() <= 0:
        return np.full(draws, low), np.full(draws, high), used
    # The draw's own rate so far: its casualties over the men there, up to its last count.
    t = months_from(days, days[0])
    until = np.minimum(t[None, :], last_count[:, None])
    served = (there[:, 1:] * np.diff(until, axis=1)).sum(axis=1)
    own = casualty[:, -1] / np.maximum(served, 1.0)
    return np.full(draws, low), np.maximum(own, low), used


def _reported_returns(p, u, sizes: Mapping, days: pd.DatetimeIndex):
    """Cumulative men reported home whole, draws by days, and the rows."""
    t = months_from(days, days[0])
    out, used = _men_reported_home(p, u, days)
    leave = sappers_leave(p.as_of)
    if leave is not None and SAPPERS in sizes:
        back = months_from([leave[0]], days[0])[0]
        out += sizes[SAPPERS][:, None] * (t[None, :] >= back)
        used.append(leave[1])
    return out, tuple(used)


def _men_reported_home(p, u, days: pd.DatetimeIndex):
    """The same of all but the sappers: reports are of the same men, so one body is believed."""
    t = months_from(days, days[0])
    found = credible(rows(p.as_of, "troops_returned", ["combat"]), p.worst_credibility)
    if found.empty:
        return np.zeros((len(u[INPUTS[0]]), len(t))), []
    own = found.groupby("body").tail(1)  # rows come by the day they count to
    weights = word_weights(own["side"], p.ukraine_weight)
    chosen = pick(u["whose word on arrivals"], weights, own["low"] + own["high"])
    low, high = own[["low", "high"]].to_numpy(float)[chosen].T
    men = u["reported returns"] * un.uniform(u["size of the contingents"], low, high)
    begin = months_from([fighting_begins(p.as_of)], days[0])[0]
    end = months_from(own["period_end"], days[0])[chosen]
    # Also where the fighting began on the day of the report, or later.
    part = np.clip((t[None, :] - begin) / np.maximum(end - begin, 1e-6)[:, None], 0, 1)
    return men[:, None] * part, list(own["obs_id"])


def in_hundreds(persons: float) -> float:
    """Persons to the nearest hundred (`STATED_TO`), as counts and bands state them."""
    return round(float(persons), STATED_TO)


def score(paths: Paths, counts: pd.DataFrame, name: str, level: float = LEVEL) -> pd.DataFrame:
    """Whether each dated count lies in the interval of the simulation on its day.

    Parameters
    ----------
    paths : Paths
    counts : pandas.DataFrame
        Output of `counts.present`, `counts.casualties` or `counts.killed`.
    name : {"present", "casualties", "killed"}
    level : float

    Returns
    -------
    pandas.DataFrame
        A row a count: `concept` (what it is a count of), `side`, `day`, `inside`.

    Notes
    -----
    A count is held against the simulation of what it counts: all there, or all but builders.
    Men at the front may be a part of all but builders, so such a count is a floor and fails
    only above the interval. Counts and ends are compared as they are stated, in hundreds: a
    count of "about 12,000" does not fail by the few men that neither it nor the draws resolve.
    """
    records = []
    for row in counts.itertuples():
        concept = getattr(row, "concept", name)
        quantity = name if concept in (name, EVERYBODY) else "soldiers"
        low, high = un.interval(paths.at(quantity, row.period_end), level)
        floor = concept == AT_FRONT
        inside = in_hundreds(row.low) <= in_hundreds(high) and (
            floor or in_hundreds(row.high) >= in_hundreds(low)
        )
        records.append((concept, row.side, row.period_end, inside))
    return pd.DataFrame(records, columns=["concept", "side", "day", "inside"])


def coverage(scored: pd.DataFrame) -> pd.DataFrame:
    """Counts of `score` and those inside, by concept and camp: `counts`, `inside`."""
    grouped = scored.groupby(["concept", "side"], sort=True)["inside"].agg(["size", "sum"])
    return grouped.reset_index().rename(columns={"size": "counts", "sum": "inside"})


def bands(paths: Paths, name: str) -> pd.DataFrame:
    """Median, 50 and 90 % interval of a quantity on each day of the grid, with `day`."""
    amounts = getattr(paths, name)
    records = [un.summary(amounts[:, k]) for k in range(len(paths.days))]
    return pd.DataFrame(records).assign(day=paths.days)


def hold(u: Mapping[str, NDArray[np.float64]], names: Sequence[str], end: float) -> dict:
    """The same draws with some inputs held at one end of their range."""
    return {k: np.full_like(v, end) if k in names else v for k, v in u.items()}
