"""Panel of the strategy chapter: weights of rows, and the thresholds of the verdicts.

All its controls are choices, so the model is run for each beforehand and the panel looks up.
"""

from __future__ import annotations

from itertools import product

from compendium.parameters import KremlinStrategy
from compendium.strategy import Result, hypotheses, verdicts
from compendium.strategy.sensitivity import REACH
from compendium.whatif import Panel, Shown, choice, quoted
from compendium.whatif.pictures import bars

WEIGHTINGS = {
    "admiralty": "by both parts of its grade",
    "reliability": "by the grade of its source",
    "credibility": "by the grade of the information",
    "equal": "all alike",
}
GRADES = {
    2: "2, probably true, or better",
    3: "3, possibly true, or better",
    4: "4, doubtful, or better",
    6: "every grade",
}
MEASURES = {"allocated": "set aside for certain", "committed": "promised"}
WINDOWS = (6, 12, 18)  # months
PERCENT = (10.0, 25.0, 40.0, 60.0)
LABELS = {
    "worst_credibility": "Rows that decide a verdict are graded",
    "measure": "Aid to Ukraine counts as",
    "window_months": "Months of aid before and after the event",
    "need_share": "Need counts as large from this share of shells",
    "poor_share": "Quality counts as poor from this share of bad rounds",
}


def panel(p: KremlinStrategy, result: Result) -> Panel:
    """Panel of the explanations and of the verdicts on the study's claims."""
    stated = {value.id.partition(".")[2]: value for value in result.values}
    shares, names = first(p), list(hypotheses.NAMES)
    known = [name for name in names if f"first_{name}" in stated]
    options = choices(p)
    tables = {claim: table(p, claim, options) for claim in verdicts.CLAIMS}
    shown = [
        Shown(stated[f"first_{name}"], f"Explains best: {hypotheses.NAMES[name]}",
              f"first[{quoted(name)}]")
        for name in known
    ]  # fmt: skip
    for claim in verdicts.CLAIMS:
        name = f"verdict_{claim.replace('-', '_')}"
        if name in stated:
            place = " + '|' + ".join(reach(claim, options))
            shown.append(
                Shown(stated[name], stated[name].label, f"{quoted(tables[claim])}[{place}]")
            )
    built = [stated[f"first_{name}"].value for name in known]
    return Panel(
        chapter="kremlin_strategy",
        name="panel-strategy",
        parameters=p,
        controls=[
            choice(p, "weighting", "A row weighs", WEIGHTINGS),
            *(choice(p, name, LABELS[name], own) for name, own in options.items()),
        ],
        shown=shown,
        alt="Bars: share of resamples of the rows in which each explanation has least against it.",
        caption="Share of resamples of the rows in which each explanation has least against it;"
        " the thin mark is this build.",
        data=[
            {
                "name": "first",
                "transform": [
                    {"type": "sequence", "start": 1, "stop": len(known) + 1, "as": "row"},
                    {"type": "formula", "as": "percent",
                     "expr": f"first[{quoted(known)}[datum.row - 1]]"},
                    {"type": "formula", "as": "built", "expr": f"{quoted(built)}[datum.row - 1]"},
                ],
            }
        ],
        signals=[{"name": "first", "update": f"{quoted(shares)}[weighting]"}],
        **bars([hypotheses.NAMES[name][:1].upper() + hypotheses.NAMES[name][1:] for name in known],
               "share of resamples, percent"),
    )  # fmt: skip


def first(p: KremlinStrategy) -> dict[str, dict[str, float]]:
    """Share of resamples in which each explanation comes first, in percent, by weighting."""
    scores = hypotheses.table(p.as_of)
    wide = hypotheses.matrix(scores)
    found = {}
    for weighting in WEIGHTINGS:
        points = hypotheses.against(wide, hypotheses.weights(scores, weighting))
        share = hypotheses.first_shares(points, p.bootstrap_draws, p.seed)
        found[weighting] = {
            name: float(one) * 100 for name, one in zip(points.columns, share, strict=True)
        }
    return found


def choices(p: KremlinStrategy) -> dict[str, dict]:
    """Choices of each control of the verdicts; what the build has is among them."""
    grades = {p.worst_credibility: f"{p.worst_credibility} or better", **GRADES}
    return {
        "worst_credibility": dict(sorted(grades.items())),
        "measure": MEASURES,
        "window_months": {n: str(n) for n in sorted({*WINDOWS, p.window_months})},
        "need_share": {x: f"{x:g} percent" for x in sorted({*PERCENT, p.need_share})},
        "poor_share": {x: f"{x:g} percent" for x in sorted({*PERCENT, p.poor_share})},
    }


def reach(claim: str, options: dict[str, dict]) -> list[str]:
    """Controls that can move the verdict on a claim."""
    return [name for name in options if name not in REACH or claim in REACH[name]]


def table(p: KremlinStrategy, claim: str, options: dict[str, dict]) -> dict[str, str]:
    """Verdict on a claim for every choice of the controls that reach it."""
    names, found = reach(claim, options), {}
    for values in product(*(options[name] for name in names)):
        moved = p.model_copy(update=dict(zip(names, values, strict=True)))
        key = "|".join(
            f"{value:g}" if isinstance(value, (int, float)) else value for value in values
        )
        found[key] = verdicts.verdict(verdicts.readings(moved, [claim]))
    return found
