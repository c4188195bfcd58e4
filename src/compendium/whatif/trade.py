"""Panel of the trade chapter: how the half-year figure is read, the base, the break of the pace."""

from __future__ import annotations

from compendium import uncertainty as un
from compendium.errors import CompendiumError
from compendium.parameters import TradeTrends, validate
from compendium.trade import Result, halfyear, levels, meetings, rates
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
    plain,
    points,
    quantile,
    quoted,
)
from compendium.whatif.pictures import bounds_data, histogram, histogram_data

READINGS = {
    "half_year": "the first half, as it says",
    "full_year": "the full year",
    "drop": "nothing: take the newest other level",
}
SHARES = {"all": "all years", "observed": "only years with no derived part"}
CLOSED = {"leave_out": "left out", "include": "counted"}
BREAKS = ("2023-01", "2023-04", "2023-05", "2023-06", "2023-07", "2023-08", "2023-09", "2023-10",
          "2024-01")  # fmt: skip
CARRIES = (0.0, 0.25, 5 / 12, 0.75, 1.0)
AXIS = (10, 2000)  # million USD
TITLE = "official trade of the year, million USD, logarithmic scale"


def panel(p: TradeTrends, result: Result) -> Panel | None:
    """Panel of the year's trade and the pace of visits; None where no year could be told."""
    stated = {value.id.partition(".")[2]: value for value in result.values}
    if "year_total" not in stated:
        return None
    draws = min(p.draws, DRAWS)
    known, paces = alone(p.model_copy(update={"draws": draws})), ratios(p)
    bases = result.frames["bases"].set_index("base")
    year = result.readings.year
    return Panel(
        chapter="trade_trends",
        name="panel-trade",
        parameters=p,
        controls=controls(p, known, bases, paces),
        shown=[
            Shown(stated["year_total"], f"Official trade of {year} under the chosen reading",
                  *(quantile(k) for k in (2, 0, 4))),
            Shown(stated["return"], f"Probability that {year} reaches the base", "reached"),
            *(
                Shown(stated[f"ratio_chosen_{rule}"], f"New pace of visits over old, {words}",
                      *(f"pace[{quoted(rule)}][{k}]" for k in range(3)))
                for rule, words in (("broad", "every row"), ("strict", "vice-minister and above"))
                if f"ratio_chosen_{rule}" in stated
            ),
        ],
        fixed={"draws": draws},
        alt=f"Histogram of the official trade of {year} in million USD on a logarithmic scale, with"
        " the median, the central nine tenths of the draws, and the level before 2017.",
        caption="The official trade of the year under the chosen reading: bars are draws, the dot"
        " is their median, the line their central nine tenths, the dashed line is the level"
        " before the sanctions.",
        data=data(p, known, draws),
        signals=[
            {"name": "level", "update": f"{quoted(bases['level'].to_dict())}[base]"},
            {"name": "pace", "update": f"{quoted(paces)}[break_month + border_months]"},
            {"name": "reached", "update": "data('reached')[0].percent"},
        ],
        **histogram(AXIS, TITLE, 1, "[level]"),
    )  # fmt: skip


def alone(p: TradeTrends) -> dict[str, object]:
    """What the readings of `levels.readings` are made of, for every choice.

    Returns
    -------
    dict
        `half` (USD million, or None), `shares` (predicted share of a further year by draw and
        choice of rows; None where too few), `level` (USD million, or None), `growth` (percent),
        `walk` (factor by draw and choice of years).
    """
    u = un.uniforms(p.draws, 5, p.seed)
    half = halfyear.stated_half(p.as_of)
    level, growth = levels.newest_level(p), halfyear.coincidence(p.as_of)
    year = p.as_of.year if half is None else half["period_start"].year
    found: dict[str, object] = {"half": None if half is None else float(half["value"])}
    shares: dict[str, list | None] = {}
    for rows in SHARES:
        table = halfyear.shares(p.model_copy(update={"share_rows": rows}))
        enough = half is not None and len(table) > 1
        shares[rows] = halfyear.predictive_share(table["share"], u[:, 0]) if enough else None
    found["shares"] = shares
    found |= {"level": None, "growth": 0.0, "walk": None}
    if level is not None and level.year <= year:
        ahead = year - level.year + 1 - level.seen
        found["level"] = level.amount
        if len(growth) and level.year == 2023 and year == 2024:
            found["growth"] = float(growth["growth"].iloc[0])
        found["walk"] = {
            years: levels.walk(p.model_copy(update={"closed_years": years}), u[:, 2], ahead)
            for years in CLOSED
        }
    return found


def ratios(p: TradeTrends) -> dict[str, dict[str, list[float]]]:
    """New pace over old with its interval by break, months of the closed border, and rule."""
    events, found = meetings.events(p), {}
    for month in sorted({*BREAKS, p.break_month}):
        for border in CLOSED:
            given = {**plain(p), "break_month": month, "border_months": border}
            try:
                table = rates.ratios(validate("trade_trends", given), events)
            except CompendiumError:
                continue  # no months on one side of it
            own = table[table["baseline"] == "chosen"].set_index("rule")
            found[month + border] = {
                rule: [float(own.loc[rule, c]) for c in ("ratio", "low", "high")]
                for rule in own.index
            }
    return found


def controls(p: TradeTrends, known: dict, bases, paces: dict) -> list[Choice | Number]:
    """What the reader may change, as far as the vintage knows rows for it."""
    found: list[Choice | Number] = []
    drop = known["level"] is not None
    if known["half"] is not None:
        fit = {"half_year": drop or all(s is not None for s in known["shares"].values()),
               "drop": drop}  # fmt: skip
        options = {name: words for name, words in READINGS.items() if fit.get(name, True)}
        found.append(choice(p, "h1_reading", "The study's figure for half a year is", options))
        found.append(choice(p, "share_rows", "Half-year shares of earlier years", SHARES))
    found.append(choice(p, "base", "Level before the sanctions", bases["label"].to_dict()))
    # The half-year figure is set against shares of other years, not taken as a total.
    idle = f"{halved(known)} ? 'no effect while the figure stands for half a year' : ''"
    found.append(
        number(p, "statement_error", "A stated total is off by at most", "share", 0, 0.3, 0.01,
               remark=idle if known["half"] is not None else "")
    )  # fmt: skip
    if drop:
        if known["growth"]:
            found.append(
                choice(
                    p,
                    "growth_carry",
                    "Part of the stated growth that lasts",
                    {
                        share: f"{share * 100:.0f} percent"
                        for share in sorted({*CARRIES, p.growth_carry})
                    },
                )
            )
        found.append(choice(p, "closed_years", "Years of the closed border in the walk", CLOSED))
    if paces:
        months = {key[:7]: key[:7] for key in paces}
        found.append(choice(p, "break_month", "First month of the new pace of visits", months))
        found.append(
            choice(p, "border_months", "Months of the closed border in the old pace", CLOSED)
        )
    return found


def halved(known: dict) -> str:
    """Expression of whether the year is made of the half and of shares of earlier years."""
    some = " || ".join(
        f"share_rows === {quoted(rows)}"
        for rows, amounts in known["shares"].items() if amounts is not None
    ) or "false"  # fmt: skip
    return f"h1_reading === 'half_year' && ({some})"


def data(p: TradeTrends, known: dict, draws: int) -> list[dict]:
    """Draws of the year under the chosen reading, by the arithmetic of `levels.readings`."""
    (cube,) = points(un.uniforms(draws, 5, p.seed), [1])
    for name, by_choice in (("share", known["shares"]), ("walk", known["walk"] or {})):
        for option, amounts in by_choice.items():
            if amounts is not None:
                cube["transform"].append(formula(f"{name}_{option}", f"{listed(amounts)}[datum.i]"))
    slack = "1 - statement_error + datum.u1 * ((1 + statement_error) - (1 - statement_error))"
    steps = [formula("slack", slack)]
    drop = "null"
    if known["level"] is not None:
        carry = f"(1 + {known['growth']} / 100 * growth_carry)" if known["growth"] else "1"
        drop = f"{known['level']} * {carry} * datum.slack * datum['walk_' + closed_years]"
    year = drop
    if known["half"] is not None:
        half = f"{known['half']} / datum['share_' + share_rows]"
        year = (
            f"h1_reading === 'full_year' ? {known['half']} * datum.slack"
            f" : {halved(known)} ? {half} : {drop}"
        )
    steps.append(formula("year", year))
    mean = {"type": "aggregate", "fields": ["hit"], "ops": ["mean"], "as": ["percent"]}
    hit = formula("hit", "datum.year >= level ? 100 : 0")
    return [
        cube,
        {"name": "draws", "source": "points", "transform": steps},
        *histogram_data("draws", "year", 1, AXIS),
        {"name": "reached", "source": "draws", "transform": [hit, mean]},
        bounds_data("[level]"),
    ]
