"""Figures of the panels: a histogram on a still axis, and bars."""

from __future__ import annotations

import math
from collections.abc import Sequence

from compendium.whatif import formula, quantile, quantiles, quoted

STEP = 0.05  # of a bar, in powers of ten


def histogram_data(
    source: str, field: str, scale: float, axis: tuple[float, float], step: float = STEP
) -> list[dict]:
    """Data of `histogram`: quantiles and bars of a field divided by `scale`."""
    value = f"clamp(datum.{field} / {scale}, {axis[0]}, {axis[1] * 0.999})"
    place = f"floor(log({value}) / LN10 / {step}) * {step}"
    count = {"type": "aggregate", "groupby": ["left"], "ops": ["count"], "as": ["count"]}
    return [
        quantiles(source, field),
        {"name": "bars", "source": source, "transform": [formula("left", place), count]},
    ]


def histogram(
    axis: tuple[float, float], title: str, scale: float, bounds: str = "", step: float = STEP
) -> dict[str, list[dict]]:
    """Histogram on a logarithmic axis that stands still, so that a change is seen as a move.

    Parameters
    ----------
    axis : tuple of float
        Ends of the axis; what lies beyond is drawn at the end.
    title : str
    scale : float
        Of the field of `histogram_data` to the unit of the axis.
    bounds : str
        Expression of an array of amounts to mark with dashed lines; optional.
    step : float
        Width of a bar, in powers of ten.
    """
    low, high = axis

    def at(amount: str, **more: object) -> dict:
        return {"scale": "x", "signal": f"clamp({amount}, {low}, {high})", **more}

    ends = [at(quantile(k, f" / {scale}")) for k in (0, 2, 4)]
    bar = mark("rect", "bar", "bars",
               x=at("pow(10, datum.left)"),
               x2=at(f"pow(10, datum.left + {step})", offset=-0.5),
               y={"scale": "y", "field": "count"}, y2={"scale": "y", "value": 0})  # fmt: skip
    floor = {"signal": "height - 6"}
    span = mark("rule", "interval", x=ends[0], x2=ends[2], y=floor, strokeWidth={"value": 3})
    middle = mark("symbol", "median", x=ends[1], y=floor, size={"value": 90})
    marks = [bar]
    if bounds:
        lines = mark("rule", "bound", "bounds", x=at("datum.data"), y={"value": 0},
                     y2={"signal": "height"}, strokeDash={"value": [4, 4]})  # fmt: skip
        marks.append(lines)
    powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    return {
        "scales": [
            {"name": "x", "type": "log", "domain": list(axis), "range": "width"},
            {"name": "y", "domain": {"data": "bars", "field": "count"}, "zero": True,
             "range": "height"},
        ],
        "axes": [{"orient": "bottom", "scale": "x", "values": [float(f"1e{k}") for k in powers],
                  "format": ",~f", "title": title}],
        "marks": [*marks, span, middle],
    }  # fmt: skip


def bounds_data(expression: str) -> dict:
    """Data of the lines that `histogram` marks."""
    unpack = [
        {"type": "sequence", "start": 0, "stop": {"signal": f"{expression}.length"}, "as": "k"},
        formula("data", f"{expression}[datum.k]"),
    ]
    return {"name": "bounds", "transform": unpack}


def bars(titles: Sequence[str], axis: str, source: str = "first") -> dict:
    """Bars of `percent`, one a `row` of the data set, and a thin mark where `built` is."""
    y = {"scale": "y", "field": "row"}
    zero, percent = {"scale": "x", "value": 0}, {"scale": "x", "field": "percent"}
    bar = mark("rect", "bar", source, x=zero, x2=percent,
               y={**y, "offset": 18}, height={"value": 14})  # fmt: skip
    built = mark("rect", "built", source, x={"scale": "x", "field": "built", "offset": -1},
                 width={"value": 2}, y={**y, "offset": 15}, height={"value": 20})  # fmt: skip
    label = mark("text", "label", source, x={"value": 0}, y={**y, "offset": 12},
                 text={"signal": f"{quoted(list(titles))}[datum.row - 1]"})  # fmt: skip
    rows = list(range(1, len(titles) + 1))
    return {
        "height": 40 * len(titles),
        "scales": [
            {"name": "x", "domain": [0, 100], "range": "width"},
            {"name": "y", "type": "band", "domain": rows, "range": "height"},
        ],
        "axes": [{"orient": "bottom", "scale": "x", "tickCount": 5, "title": axis}],
        "marks": [bar, built, label],
    }


def mark(kind: str, name: str, source: str = "", **channels: dict) -> dict:
    """A mark; by its name the style sheet colours it. Screen readers get the panel's words."""
    found = {"type": kind, "name": name, "aria": False, "encode": {"update": channels}}
    return {**found, "from": {"data": source}} if source else found
