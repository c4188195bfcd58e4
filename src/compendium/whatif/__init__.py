"""What-if panels: a reader moves an assumption, and the headline values follow in the browser.

A panel is a Vega specification, written here as data: its signals are the controls, its
expressions and transforms the arithmetic, its marks the figure. Vega brings the inputs, the
arithmetic (quantiles as NumPy's default, the linear rule) and the drawing, so that no model is
written in JavaScript, and it runs from one file without a server.

Where a model draws at random, the first points of its Sobol sequence go along (`points`) and
the same arithmetic is done on them: the panel shows what the model gives with as many `draws`.
Where it is a table of choices, the model is run for each of them beforehand. The command and
the scenario below a panel reproduce it.

One module a chapter makes its `Panel`; `content` is what `exhibits.panel` shows of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from compendium.parameters import Parameters, model
from compendium.values import UNITS, Value

DRAWS = 1024  # points that go along; more would make the page heavy
BITS = 30  # of a coordinate of the Sobol sequence, so that it is a whole number over 2**BITS
DIGITS = 6  # that such a number takes in base 36
UNKNOWN = "not known"
BY_HAND = "_by_hand"  # ends the signal that says whether an optional number is set


@dataclass(frozen=True)
class Choice:
    """A parameter that takes one of some values.

    Attributes
    ----------
    name, label : str
    options : dict
        Words for each value; the values are texts, numbers or true and false.
    start : object
        Value in this build.
    default : object
        Value that a command need not name.
    """

    name: str
    label: str
    options: Mapping[object, str]
    start: object
    default: object

    def signals(self, element: str) -> list[dict]:
        """Signal with its input."""
        bind = {
            "input": "select",
            "name": self.label,
            "options": list(self.options),
            "labels": list(self.options.values()),
            "element": element,
        }
        return [{"name": self.name, "value": self.start, "bind": bind}]

    def given(self, before: str, true: str, false: str) -> str:
        """Expression of what a command says of it."""
        text = self.name
        if isinstance(self.default, bool):
            text = f"({self.name} ? {quoted(true)} : {quoted(false)})"
        return f"({self.name} === {quoted(self.default)} ? '' : {quoted(before)} + {text})"

    def moved(self) -> str:
        """Expression of what a link says of it."""
        return f"({self.name} === {quoted(self.start)} ? '' : '&{self.name}=' + {self.name})"


@dataclass(frozen=True)
class Number:
    """A parameter on a slider; an optional one is set by hand or left to the rows.

    Attributes
    ----------
    name, label, unit : str
    low, high, step : float
        Of the slider.
    start : float
        Where the slider stands at first.
    default : float or None
        Value that a command need not name; None for an optional one.
    by_hand : bool
        Whether an optional one is set in this build.
    remark : str
        Expression of a remark beside it: what the rows say where it is not set, or that it has
        no effect; an empty text says nothing.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    step: float
    start: float
    default: float | None
    by_hand: bool = False
    remark: str = ""

    @property
    def optional(self) -> bool:
        """Whether it can be left to the rows."""
        return self.default is None

    def signals(self, element: str) -> list[dict]:
        """Signal of the slider and, for an optional one, of the box to tick."""
        label = self.unit if self.optional else f"{self.label}, {self.unit}".removesuffix(", ")
        bind = {
            "input": "range",
            "name": label,
            "min": self.low,
            "max": self.high,
            "step": self.step,
            "element": element,
        }
        found = [{"name": self.name, "value": self.start, "bind": bind}]
        if self.optional:
            box = {"input": "checkbox", "name": "set by hand", "element": f"{element}{BY_HAND}"}
            # To move the slider is to set it by hand.
            moved = [{"events": {"signal": self.name}, "update": "true"}]
            flag = {"name": f"{self.name}{BY_HAND}", "value": self.by_hand}
            found.append({**flag, "on": moved, "bind": box})
        return found

    def given(self, before: str, true: str, false: str) -> str:
        """Expression of what a command says of it."""
        text = f"{quoted(before)} + {self.name}"
        if self.optional:
            return f"({self.name}{BY_HAND} ? {text} : '')"
        return f"({self.name} === {quoted(self.default)} ? '' : {text})"

    def moved(self) -> str:
        """Expression of what a link says of it."""
        text = f"({self.name} === {quoted(self.start)} ? '' : '&{self.name}=' + {self.name})"
        if not self.optional:
            return text
        flag = f"{self.name}{BY_HAND}"
        start = quoted(self.by_hand)
        return f"({flag} ? {text} : '') + ({flag} === {start} ? '' : '&{flag}=' + {flag})"


@dataclass(frozen=True)
class Shown:
    """A headline value in a panel.

    Attributes
    ----------
    value : Value
        As the build states it; unit and rounding are taken from it.
    label : str
        What it is, at any setting.
    now, low, high : str
        Vega expressions of the number and its interval in the value's unit.
    unknown : str
        Expression of whether it cannot be told at a setting.
    stated : bool
        Whether the build states it; one that it does not has a `value` for its unit alone.
    """

    value: Value
    label: str
    now: str
    low: str = ""
    high: str = ""
    unknown: str = ""
    stated: bool = True

    def text(self) -> str:
        """Expression of what `Value.text` would print."""
        text = self._known()
        return f"({self.unknown} ? {quoted(UNKNOWN)} : {text})" if self.unknown else text

    def _known(self) -> str:
        if self.value.unit == "text":
            return self.now
        before, after = UNITS[self.value.unit].split("{}")
        number = f"{quoted(before)} + {self._number(self.now)} + {quoted(after)}"
        if not self.low:
            return number
        name = f"{self.value.level * 100:.0f} % interval" if self.value.level else "range"
        ends = f"{self._number(self.low)} + ' to ' + {self._number(self.high)}"
        return f"{number} + {quoted(f' ({name} ')} + {ends} + ')'"

    def built(self) -> str:
        """What the build prints."""
        if not self.stated:
            return UNKNOWN
        return self.value.text("full" if self.low else "value")

    def _number(self, amount: str) -> str:
        decimals = self.value.decimals
        if decimals <= 0:
            # As Python rounds: half to even. Shares of a round number of draws often lie there.
            y, unit = f"(({amount}) / {10**-decimals})", 10**-decimals
            half = f"{y} - floor({y}) === 0.5"
            amount = f"({half} ? 2 * round({y} / 2) : round({y})) * {unit}"
        return f"replace(format({amount}, ',.{max(decimals, 0)}f'), '\u2212', '-')"


@dataclass(frozen=True)
class Panel:
    """What a chapter lets a reader change, and how its values follow.

    Attributes
    ----------
    chapter : str
    name : str
        Of the panel in its page and in links to it; starts ``panel-``.
    parameters : Parameters
        Of the build.
    controls : sequence of Choice and Number
    shown : sequence of Shown
    fixed : dict
        Parameters that the panel holds at other values than the build, `draws` for one.
    data, signals, scales, axes, marks : list of dict
        The specification, without what `content` adds.
    alt : str
        What the figure shows, in words.
    caption : str
        MyST below the figure.
    height : int
        Of the figure, in pixels.
    notes : sequence of str
        Expressions of remarks on the setting; an empty text says nothing.
    problem : str
        Expression of why a setting is not allowed; an empty text where it is.
    """

    chapter: str
    name: str
    parameters: Parameters
    controls: Sequence[Choice | Number]
    shown: Sequence[Shown]
    alt: str
    caption: str
    marks: list[dict]
    fixed: Mapping[str, object] = field(default_factory=dict)
    data: list[dict] = field(default_factory=list)
    signals: list[dict] = field(default_factory=list)
    scales: list[dict] = field(default_factory=list)
    axes: list[dict] = field(default_factory=list)
    height: int = 220
    notes: Sequence[str] = ()
    problem: str = "''"


def content(panel: Panel) -> dict:
    """A panel as plain data: controls and texts to place in a page, and the specification."""
    texts = {f"text_{k}": shown.text() for k, shown in enumerate(panel.shown)}
    notes = {f"note_{k}": note for k, note in enumerate(panel.notes)}
    remarks = {
        f"remark_{c.name}": c.remark
        for c in panel.controls if isinstance(c, Number) and c.remark
    }  # fmt: skip
    signals = [
        signal
        for control in panel.controls
        for signal in control.signals(f"#{panel.name}-{control.name}")
    ]
    signals += panel.signals
    signals.append({"name": "problem", "update": panel.problem})
    signals += [
        {"name": name, "update": f"problem ? '' : {text}"}
        for name, text in {
            **texts,
            **notes,
            "command": command(panel),
            "scenario": scenario(panel),
        }.items()
    ]
    signals += [{"name": name, "update": text} for name, text in remarks.items()]
    # In the query, not after the mark of a place: the theme takes that for a CSS selector.
    moved = " + ".join(control.moved() for control in panel.controls)
    link = f"'?' + substring({moved}, 1) + {quoted('#' + panel.name)}"
    signals.append({"name": "link", "update": link})
    spec = {
        "description": panel.alt,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"top": 5, "bottom": 8, "left": 0, "right": 0},
        "width": 300,  # until the page says how much room there is
        "height": panel.height,
        "signals": signals,
        "data": panel.data,
        "scales": panel.scales,
        "axes": panel.axes,
        "marks": panel.marks,
        "config": {
            "axis": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
            "text": {"fontSize": 12},
        },
    }
    reasons = {name: f.description for name, f in type(panel.parameters).model_fields.items()}
    return {
        "kind": "panel",
        "name": panel.name,
        "caption": panel.caption,
        "alt": panel.alt,
        "controls": [
            {
                "name": control.name,
                "label": control.label,
                "optional": isinstance(control, Number) and control.optional,
                "remark": f"remark_{control.name}" if f"remark_{control.name}" in remarks else "",
                "reason": reasons[control.name],
            }
            for control in panel.controls
        ],
        "shown": [
            {"label": shown.label, "signal": signal, "built": shown.built()}
            for shown, signal in zip(panel.shown, texts, strict=True)
        ],
        "notes": list(notes),
        "spec": spec,
    }


# ------------------------------------------------------------------ what reproduces a setting


def plain(p: Parameters) -> dict[str, object]:
    """Parameters as plain scalars; days as texts."""
    return p.model_dump(mode="json")


def held(panel: Panel) -> dict[str, object]:
    """Parameters that no control moves and that differ from the chapter's defaults."""
    own, controls = plain(panel.parameters), {control.name for control in panel.controls}
    defaults = plain(model(panel.chapter)())
    given = {**own, **panel.fixed}
    return {
        name: value
        for name, value in given.items()
        if name not in controls and name != "as_of" and value != defaults[name]
    }


def command(panel: Panel) -> str:
    """Expression of the papermill command that reproduces a setting."""
    fixed = {"as_of": plain(panel.parameters)["as_of"], **held(panel)}
    start = f"papermill {panel.chapter}.ipynb out.ipynb" + "".join(
        f" -p {name} {value}" for name, value in fixed.items()
    )
    parts = [c.given(f" -p {c.name} ", "True", "False") for c in panel.controls]
    return " + ".join([quoted(start), *parts])


def scenario(panel: Panel) -> str:
    """Expression of the scenario that reproduces a setting."""
    own = "".join(f"\n    {name}: {json.dumps(value)}" for name, value in held(panel).items())
    start = (
        f"title: What if\nreason: A setting of the panel.\nas_of: {panel.parameters.as_of}"
        f"\nchapters:\n  {panel.chapter}:{own}"
    )
    parts = [c.given(f"\n    {c.name}: ", "true", "false") for c in panel.controls]
    return " + ".join([quoted(start), *parts])


# ------------------------------------------------------------------------- pieces of a panel


def quoted(content: object) -> str:
    """A value as an expression; JSON is one."""
    return json.dumps(content)


def choice(p: Parameters, name: str, label: str, options: Mapping[object, str]) -> Choice:
    """Control of a parameter of the build with some of its values."""
    return Choice(name, label, options, getattr(p, name), type(p).model_fields[name].default)


def number(
    p: Parameters,
    name: str,
    label: str,
    unit: str,
    low: float,
    high: float,
    step: float,
    at: float | None = None,
    remark: str = "",
) -> Number:
    """Control of a number of the build.

    Parameters
    ----------
    low, high, step : float
        Of the slider. The build's own value is taken in, and the step made finer, until it
        can be shown as it is.
    at : float, optional
        Where the slider of an optional number stands as long as it is not set.
    remark : str
        See `Number`.
    """
    default, own = type(p).model_fields[name].default, getattr(p, name)
    start = at if own is None else own
    low, high = min(low, start), max(high, start)
    while abs((start - low) / step - round((start - low) / step)) > 1e-9 and step > 1e-9:
        step /= 10
    by_hand = default is None and own is not None
    return Number(name, label, unit, low, high, step, start, default, by_hand, remark)


def points(u: NDArray[np.float64], columns: Sequence[int], name: str = "points") -> list[dict]:
    """Data set of points of the unit cube: a row a draw, fields ``u0``, ``u1``, ...

    Parameters
    ----------
    u : ndarray, shape (draws, dimensions)
        Of `uncertainty.uniforms`.
    columns : sequence of int
        Dimensions that are needed.

    Notes
    -----
    A coordinate is a whole number over 2**30; written in base 36 it loses nothing and takes
    a third of the room that it takes as a decimal number.
    """
    whole = (u * 2**BITS).astype(np.int64)
    if not np.array_equal(whole / 2**BITS, u):
        raise ValueError(f"a point is no whole number over 2**{BITS}")
    code = {k: "".join(np.base_repr(n, 36).zfill(DIGITS) for n in whole[:, k]) for k in columns}
    return [
        {
            "name": name,
            "transform": [
                {"type": "sequence", "start": 0, "stop": len(u), "as": "i"},
                *(formula(f"u{k}", _decoded(text)) for k, text in code.items()),
            ],
        }
    ]


def listed(amounts: Iterable[float]) -> str:
    """Expression of amounts; ten digits, far more than are ever shown."""
    return quoted([float(f"{amount:.10g}") for amount in amounts])


def _decoded(text: str) -> str:
    place = f"{DIGITS} * datum.i"
    return f"parseInt(substring({quoted(text)}, {place}, {place} + {DIGITS}), 36) / {2**BITS}"


def formula(name: str, expression: str) -> dict:
    """Transform that adds a field."""
    return {"type": "formula", "as": name, "expr": expression}


def uniform(u: str, ends: str) -> str:
    """Expression of `uncertainty.uniform` for the range `ends`, an array of two."""
    return f"({ends}[0] + {u} * ({ends}[1] - {ends}[0]))"


def log_uniform(u: str, ends: str) -> str:
    """Expression of `uncertainty.log_uniform` for the range `ends`."""
    return f"exp(log({ends}[0]) + {u} * (log({ends}[1]) - log({ends}[0])))"


def mixture(u: str, v: str, ranges: str) -> str:
    """Expression of `uncertainty.mixture` for `ranges`, an array of ranges in rising order."""
    last = f"{ranges}.length - 1"
    picked = f"{ranges}[min(floor({u} * {ranges}.length), {last})]"
    return uniform(v, picked)


def quantiles(source: str, field: str, name: str = "quantiles") -> dict:
    """Data set of the quantiles that `uncertainty.summary` states, in rising order."""
    probabilities = [0.05, 0.25, 0.5, 0.75, 0.95]
    step = {"type": "quantile", "field": field, "probs": probabilities, "as": ["p", "value"]}
    return {"name": name, "source": source, "transform": [step]}


def quantile(place: int, scale: str = "", name: str = "quantiles") -> str:
    """Expression of one of `quantiles`: 0 and 4 are the ends of the central 90 %, 2 is the median."""
    return f"data('{name}')[{place}].value{scale}"
