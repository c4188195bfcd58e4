"""What the vintage of the study would have projected, against what became known later."""

from __future__ import annotations

import pandas as pd

from compendium import uncertainty as un
from compendium.parameters import TradeTrends
from compendium.trade import levels, meetings, projection

READ = {
    "half_year": "the study's figure read as the first half",
    "full_year": "the study's figure read as the full year",
    "drop": "the study's figure left out",
}
STUDY_DAY = TradeTrends.model_fields["as_of"].default


def check(p: TradeTrends) -> pd.DataFrame:
    """Projections of the day of the study beside later figures.

    Returns
    -------
    pandas.DataFrame
        `quantity`, `median`, `low90`, `high90`, `later`, `inside` (yes or no), `rows` of the
        later figure. Empty where nothing later is known.

    Notes
    -----
    The projections are made again with the parameters of this build and with the rows known
    on the day of the study; later rows serve only to score them. The later figure of trade is
    one official's remark and may be wrong itself.
    """
    columns = ["quantity", "median", "low90", "high90", "later", "inside", "rows"]
    if p.as_of <= STUDY_DAY:
        return pd.DataFrame(columns=columns)
    then = p.model_copy(update={"as_of": STUDY_DAY})
    records = []
    reported = levels.reported_total(p.as_of, STUDY_DAY.year)
    found = levels.readings(then)
    if reported is not None and found is not None:
        for name, draws in found.alone.items():
            label = f"trade of {found.year}, million USD, {READ[name]}"
            row = (reported["value"], (reported["obs_id"],))
            records.append((label, un.summary(draws), *row))
    now = meetings.by_rule(meetings.events(p), p.count_rule)
    for row in projection.pace(then, meetings.events(then)).to_dict("records"):
        end = pd.Timestamp(STUDY_DAY) + pd.DateOffset(months=row["months"])
        start = end - pd.DateOffset(months=projection.WINDOW)
        if end <= meetings.last_day(p):
            own = now[(now["start"] > start) & (now["start"] <= end)]
            label = f"listed visits a month, half-year to {end.date()}"
            records.append((label, row, len(own) / projection.WINDOW, tuple(own["obs_id"])))
    return pd.DataFrame(
        [
            (label, s["median"], s["low90"], s["high90"], later,
             "yes" if s["low90"] <= later <= s["high90"] else "no", rows)
            for label, s, later, rows in records
        ],
        columns=columns,
    )  # fmt: skip


def yes_no(p: TradeTrends) -> pd.DataFrame:
    """The chance of a return given on the day of the study, and whether it came.

    Returns
    -------
    pandas.DataFrame
        `forecast`, `chance` (0 to 1), `came` (bool), `rows` of the later figure. Empty until a
        later figure of that year is known.
    """
    columns = ["forecast", "chance", "came", "rows"]
    then = p.model_copy(update={"as_of": STUDY_DAY})
    bases, found = levels.bases(then), levels.readings(then)
    reported = levels.reported_total(p.as_of, STUDY_DAY.year) if p.as_of > STUDY_DAY else None
    if reported is None or found is None or p.base not in set(bases["base"]):
        return pd.DataFrame(columns=columns)
    base = bases.set_index("base").loc[p.base]
    chance = float((found.alone[found.chosen] >= base["level"]).mean())
    label = f"trade of {found.year} reaches {base['label']}"
    came = bool(reported["value"] >= base["level"])
    return pd.DataFrame([(label, chance, came, (reported["obs_id"],))], columns=columns)


def drivers(p: TradeTrends) -> pd.DataFrame:
    """Probability of reaching the base, in percent, with one choice moved at a time.

    Returns
    -------
    pandas.DataFrame
        `input`, `low`, `high`, `at_low`, `at_high`, widest first; choices that move nothing
        are left out. Empty where nothing can be said.
    """
    columns = ["input", "low", "high", "at_low", "at_high"]
    start = reached(p)
    if start is None:
        return pd.DataFrame(columns=columns)
    changes = {
        "reading of the half-year figure": ("h1_reading", tuple(levels.READINGS)),
        "base before 2017": ("base", tuple(levels.BASES)),
        "half-year shares used": ("share_rows", ("all", "observed")),
        "growth that carries over": ("growth_carry", (0.0, 1.0)),
        "weight of the later report": ("reported_weight", (0.0, 1.0)),
        "error of a stated total": ("statement_error", (0.0, 0.2)),
        "years the walk learns from": ("closed_years", ("leave_out", "include")),
    }
    records = []
    for label, (name, options) in changes.items():
        found = []
        for option in options:
            same = option == getattr(p, name)
            percent = start if same else reached(p.model_copy(update={name: option}))
            if percent is not None:
                found.append((percent, str(option).replace("_", " ")))
        low, high = min(found), max(found)
        if high[0] - low[0] > 0.05:
            records.append((label, low[0], high[0], low[1], high[1]))
    table = pd.DataFrame(records, columns=columns)
    width = table["high"] - table["low"]
    return table.loc[width.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def reached(p: TradeTrends) -> float | None:
    """Probability in percent that the year in question reaches the chosen base."""
    found = levels.readings(p)
    table = levels.bases(p).set_index("base")
    if found is None or p.base not in table.index:
        return None
    return float((found.blended >= table.loc[p.base, "level"]).mean() * 100)
