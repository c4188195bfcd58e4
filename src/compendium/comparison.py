"""Scenarios side by side: every headline value, the parameters that differ, and what each does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat.v4 as nb
import pandas as pd

from compendium import book, exhibits, figures, models, paths, scenarios, values
from compendium.errors import UsageError
from compendium.parameters import Parameters
from compendium.register import HEADLINES
from compendium.scenarios import Scenario
from compendium.values import Value

TRACKED = {id.partition(".")[0] for id in HEADLINES}
MOST = 8  # so many scenarios still stand side by side on a page


def compare(names: Sequence[str]) -> Path:
    """Render the page that sets scenarios side by side; return it.

    Parameters
    ----------
    names : sequence of str
        Scenarios; the first is the one the others are compared with.

    Raises
    ------
    UsageError
        Fewer than two scenarios, one named twice, or one that is not there.
    """
    if len(names) < 2 or len(set(names)) < len(names) or len(names) > MOST:
        raise UsageError(
            f"two to {MOST} different scenarios are needed, found {' '.join(names) or 'none'}; "
            f"allowed: {', '.join(scenarios.names())}"
        )
    chosen = [scenarios.read(name) for name in names]
    found = {s.name: models.values_in(s.name) for s in chosen}
    banner = f"Scenarios side by side: {', '.join(names)}."
    target = paths.BUILD / "compare" / "-".join(names)
    return book.render_page(
        page(chosen, found), found[names[0]], chosen[0].as_of, target, banner=banner
    )


# ------------------------------------------------------------------------------- tables


def headline_table(found: Mapping[str, Mapping[str, Value]]) -> pd.DataFrame:
    """Headline values, a row each, with their text by scenario.

    `id`, `label`, a column a scenario (number with interval), and after the second scenario
    its difference from the first. A value that a vintage cannot state is a dash.
    """
    records = []
    for id, label in HEADLINES.items():
        own = {name: known.get(id) for name, known in found.items()}
        if not any(own.values()):
            continue
        record = {"id": id, "label": label}
        first = next(iter(own.values()))
        for name, value in own.items():
            record[name] = "–" if value is None else _text(value)
            if value is not first:
                record[f"{name}, change"] = change(first, value)
        records.append(record)
    return pd.DataFrame(records)


def _text(value: Value) -> str:
    return value.text("full" if value.low is not None else "value")


def change(first: Value | None, other: Value | None) -> str:
    """Difference of two values in words: points for parts of a whole, else a factor."""
    if first is None or other is None or isinstance(first.value, str):
        return "–"
    if first.value == other.value:
        return "none"
    if first.unit in ("percent", "share"):
        points = (other.value - first.value) * (100 if first.unit == "share" else 1)
        return f"{points:+,.0f} points"
    if first.value == 0:
        return f"{other.value - first.value:+,.{max(first.decimals, 0)}f}"
    return f"x {other.value / first.value:,.2f}"


def parameter_table(chosen: Sequence[Scenario]) -> pd.DataFrame:
    """Parameters in which the scenarios differ: `chapter`, `parameter`, a column a scenario."""
    records = []
    for chapter, first in chosen[0].chapters.items():
        for name in type(first).model_fields:
            own = {s.name: getattr(s.chapters[chapter], name) for s in chosen}
            if name != "as_of" and len({str(value) for value in own.values()}) > 1:
                told = {k: "from the rows" if v is None else str(v) for k, v in own.items()}
                records.append({"chapter": chapter.replace("_", " "), "parameter": name} | told)
    days = {s.name: str(s.as_of) for s in chosen}
    if len(set(days.values())) > 1:
        records.insert(0, {"chapter": "all", "parameter": "as_of"} | days)
    return pd.DataFrame(records, columns=["chapter", "parameter", *(s.name for s in chosen)])


def effects(first: Scenario, other: Scenario, base: Mapping[str, Value]) -> pd.DataFrame:
    """What each parameter in which `other` differs does alone to the headline values.

    Returns
    -------
    pandas.DataFrame
        `scenario`, `chapter`, `parameter`, `to`, `label` of the value, `before`, `after`,
        `change`; only what moves. The parameters act together, so single effects need not
        add up to the difference of the scenarios.
    """
    records = []
    for chapter, before in first.chapters.items():
        if chapter not in models.MODELS or chapter not in TRACKED:
            continue
        after = other.chapters[chapter]
        for name in type(before).model_fields:
            value = getattr(after, name)
            if value == getattr(before, name):
                continue
            alone = _moved(before, name, value)
            if alone is None:
                continue
            for found in models.run(chapter, alone).values:
                was = base.get(found.id)
                if found.id in HEADLINES and (was is None or was.value != found.value):
                    records.append(
                        (other.name, chapter.replace("_", " "), name, _told(value),
                         HEADLINES[found.id], "–" if was is None else was.text(), found.text(),
                         change(was, found))
                    )  # fmt: skip
    columns = ["scenario", "chapter", "parameter", "to", "label", "before", "after", "change"]
    return pd.DataFrame(records, columns=columns)


def _moved(before: Parameters, name: str, value: object) -> Parameters | None:
    """Parameters with one changed; None where it makes no sense without the others."""
    try:
        return type(before)(**(before.model_dump() | {name: value}))
    except ValueError:
        return None


def _told(value: object) -> str:
    return "from the rows" if value is None else str(value)


# --------------------------------------------------------------------------------- page


def multiples(found: Mapping[str, Mapping[str, Value]]) -> figures.Drawing:
    """Small multiples: a panel a headline value, a line a scenario with its interval."""
    shown = {
        id: {name: known[id] for name, known in found.items() if id in known}
        for id in HEADLINES
        if any(id in known for known in found.values())
    }
    panels = [
        (HEADLINES[id], values.UNITS[next(iter(own.values())).unit].format("").strip(),
         pd.DataFrame(
             [
                 (name, v.value, v.value if v.low is None else v.low,
                  v.value if v.high is None else v.high, _text(v))
                 for name, v in own.items()
             ],
             columns=["label", "value", "low", "high", "text"],
         ))
        for id, own in shown.items()
    ]  # fmt: skip
    return figures.multiples(panels, list(found))


def page(
    chosen: Sequence[Scenario], found: Mapping[str, Mapping[str, Value]]
) -> list[nb.NotebookNode]:
    """Cells of the page, with their outputs."""
    first, *others = chosen
    names = [s.name for s in chosen]
    about = pd.DataFrame(
        [(s.name, s.title, str(s.as_of), s.reason) for s in chosen],
        columns=["Scenario", "Title", "Evidence known by", "Reason"],
    )
    moved = pd.concat([effects(first, other, found[first.name]) for other in others])
    source = "Own calculation; the models of all chapters, run without notebooks."
    bundles = [
        exhibits.table_bundle(
            about, "tab-compare-scenarios", "What is compared, and why.", "`scenarios/`."
        ),
        exhibits.figure_bundle(
            multiples(found), "fig-compare", "Every headline value by scenario.", source
        ),
        exhibits.table_bundle(
            headline_table(found)
            .drop(columns="id")
            .rename(columns={"label": "Value"}),
            "tab-compare-values",
            f"Headline values; change is against {first.name}.",
            source,
        ),
        exhibits.table_bundle(
            parameter_table(chosen).rename(columns={"chapter": "Chapter", "parameter": "Parameter"}),
            "tab-compare-parameters",
            "Parameters in which the scenarios differ.",
            "`scenarios/`, `src/compendium/parameters.py`.",
        ),
        exhibits.table_bundle(
            moved.rename(
                columns={"scenario": "Scenario", "chapter": "Chapter", "parameter": "Parameter",
                         "to": "Changed to", "label": "Moves", "before": "From", "after": "To",
                         "change": "Change"}
            ),
            "tab-compare-effects",
            f"What each parameter does alone, starting from {first.name}.",
            source,
        ),
    ]  # fmt: skip
    texts = [
        f"# Scenarios side by side: {', '.join(names)}\n\n"
        "The same code, other assumptions or another day.",
        "## Every headline value",
        "",
        "## Which parameter made the difference\n\n"
        "Parameters act together, so single effects need not add up.",
        "",
    ]
    return book.cells(zip(texts, bundles, strict=True))
