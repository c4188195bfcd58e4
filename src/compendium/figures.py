"""Figures: one style, each drawing with its alt text and its table, made from the data."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    SymmetricalLogLocator,
)
from scipy.stats import norm

from compendium.drawings import Drawing, later

# Okabe and Ito's palette, told apart by people with the common colour blindnesses, and a
# marker each, so that nothing hangs on colour.
INK, GREY, LIGHT = "#1a1a1a", "#6b6b6b", "#d9d9d9"
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
)
SERIES = {
    "South Korea": (BLUE, "o"),
    "United States": (VERMILION, "s"),
    "Ukraine": (ORANGE, "^"),
    "Other states": (PURPLE, "D"),
    "Researchers": (GREEN, "v"),
    "Press and researchers": (SKY, "P"),
}

QUANTILES = ["median", "low50", "high50", "low90", "high90"]  # of `uncertainty.summary`

STYLE = {
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "font.family": "DejaVu Sans",  # ships with Matplotlib: the same letters everywhere
    "font.size": 10,
    "text.parse_math": False,  # a dollar in a name is a dollar; for scales see `exhibits.lay_out`
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#ebebeb",
    "xtick.color": GREY,
    "ytick.color": INK,
    "legend.frameon": False,
    "svg.hashsalt": "compendium",  # the same drawing gives the same bytes
    "svg.fonttype": "path",
    "timezone": "UTC",
    "date.epoch": "1970-01-01T00:00:00",
}
mpl.rcdefaults()  # what the user of this machine prefers is not for our figures
mpl.rcParams.update(STYLE)
SHORTEST = pd.Timedelta(days=30)  # a time axis shows no less, so that one day has room
LEAST_CONTRAST = 4.5  # of words with white: level AA of the W3C's accessibility guidelines
WIDTH = 6.6  # inches: the text column of the book, and legible when a phone shrinks it


def canvas(height: float, ncols: int = 1) -> tuple[Figure, list[Axes]]:
    """Figure of the book's width with a row of axes."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, list(np.atleast_1d(figure.subplots(1, ncols)))


def legend_below(axes: Axes, ncols: int = 3, title: str | None = None) -> None:
    """Legend under the figure, where it covers nothing however high the figure is."""
    handles, labels = axes.get_legend_handles_labels()
    axes.figure.legend(
        handles, labels, loc="outside lower center", ncols=ncols, fontsize=8,
        title=title, title_fontsize=8,
    )  # fmt: skip


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        parts = np.array(mpl.colors.to_rgb(colour))
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@functools.cache
def legible(colour: str) -> str:
    """The colour, darkened for words until it has `LEAST_CONTRAST` with white."""
    parts = np.array(mpl.colors.to_rgb(colour))
    shades = (mpl.colors.to_hex(parts * share) for share in np.linspace(1, 0, 41))
    return next(shade for shade in shades if contrast(shade, "white") >= LEAST_CONTRAST)


def thousands(axis) -> None:
    """Numbers of an axis with separators, no exponents."""
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.10g}"))


def wrapped(labels: Sequence[str], width: int = 26) -> list[str]:
    """Labels broken into lines of at most `width` letters."""
    return [textwrap.fill(str(label), width) for label in labels]


def span_text(low: float, high: float, form: str = "{:,.0f}") -> str:
    """One figure, or two with a dash where they differ."""
    return form.format(low) if low == high else f"{form.format(low)} to {form.format(high)}"


# Where the tip of the arrow of a floor or a ceiling lies, in points from its marker.
BOUND_TIPS = {"more_than": 15, "at_least": 15, "up_to": -15, "less_than": -15}
# A bound in words, as it is told beside its figure; what is open has bounds of both kinds in it.
BOUND_WORDS = {bound: bound.replace("_", " ") + " " for bound in BOUND_TIPS}
OPEN_WORDS = {"open": "more or less than "}


def bounds_of(rows: pd.DataFrame) -> pd.Series:
    """Words of the bound that each row is by its `qualifier`; empty where it is none."""
    if "qualifier" not in rows:
        return pd.Series("", index=rows.index)
    return rows["qualifier"].map(BOUND_WORDS).fillna("")


def bounds_told(rows: pd.DataFrame) -> str:
    """How many of the figures drawn are bounds, for an alt text; nothing where none is."""
    count = int((bounds_of(rows) != "").sum())
    return f"{count} {'is a bound' if count == 1 else 'are bounds'}" * (count > 0)


def bound_mark(axes: Axes, day: pd.Timestamp | int, height: float, tip: int, colour: str) -> None:
    """Arrow from a marker to where the figure may lie instead."""
    axes.annotate(
        "",
        (day, height),
        xytext=(0, tip),
        textcoords="offset points",
        arrowprops={"arrowstyle": "<-", "color": colour, "linewidth": 1},
    )


# The ring round a count that its row doubts.
DOUBTED_LABEL = "in doubt by note or grade"
DOUBTED = {"s": 110, "facecolor": "none", "edgecolor": GREY, "linestyle": ":", "linewidth": 1.2}

SMALLEST_PERCENT = 0.0001


def percent_text(share: float) -> str:
    """A share in percent to two digits, never as a power of ten; tiny ones by a bound."""
    percent = share * 100
    if 0 < percent < SMALLEST_PERCENT:
        return f"below {SMALLEST_PERCENT:f}".rstrip("0") + " %"
    return np.format_float_positional(float(f"{percent:.2g}"), trim="-") + " %"


LABEL_SIZE = 8  # points
AXES_WIDTH, AXES_HEIGHT = 0.9, 0.8  # of the figure


def label_size(axes: Axes, text: str) -> tuple[float, float]:
    """Width and height of a line of text, as fractions of the axes.

    Before the layout is done the size of the axes is not known; `AXES_WIDTH` and
    `AXES_HEIGHT` of the figure is what the layouts here come to.
    """
    width, height = axes.figure.get_size_inches() * 72 * (AXES_WIDTH, AXES_HEIGHT)
    drawn = TextPath((0, 0), text, size=LABEL_SIZE).get_extents().width
    return drawn / width, 1.25 * LABEL_SIZE / height


def label_ends(
    axes: Axes,
    ends: Sequence[tuple[float, float, str, str]],
    obstacles: Sequence[tuple[float, float, float]] = (),
) -> None:
    """Name lines at their ends (x, y, text, colour), away from names and markers.

    Parameters
    ----------
    axes : Axes
        With its limits set.
    ends : sequence of (x, y, text, colour)
    obstacles : sequence of (x, y, weight)
        Points that names keep clear of, and how much it matters: markers more than lines.

    Notes
    -----
    Each name takes the nearest free place right of its end, above or below it, else left of
    it; a thin line leads there from an end that is further than a line of text away.
    """
    gap_x, gap_y = 0.014, 0.006
    to_axes = axes.transScale + axes.transLimits

    def place(x: float, y: float) -> tuple[float, float]:
        return tuple(to_axes.transform((x, y)))

    points = np.array([(*place(x, y), weight) for x, y, weight in obstacles] or np.empty((0, 3)))
    taken: list[tuple[float, float, float, float]] = []

    def covered(x: float, y: float, width: float, height: float) -> float:
        """Weight of the names and points that a name with this left middle would lie on."""
        low, high = y - height / 2, y + height / 2
        names = sum(
            x < other[1] + gap_x
            and other[0] < x + width + gap_x
            and low < other[3]
            and other[2] < high
            for other in taken
        )
        px, py, weights = points.T
        under = (px > x - 0.9 * gap_x) & (px < x + width + 0.9 * gap_x)
        under &= (py > low - gap_y) & (py < high + gap_y)
        outside = x < 0 or x + width > 1.02 or low < 0 or high > 1
        return 100 * (names + outside) + float(weights[under].sum())

    for x, y, text, colour in sorted(ends, key=lambda end: (end[1], end[0])):
        across, up = place(x, y)
        width, height = label_size(axes, text)
        steps = sorted(range(-16, 17), key=lambda k: (abs(k), -k))
        # Far places cost a little, so that a name does not wander off to avoid one point.
        candidates = [
            (
                covered(at, up + k * height / 2, width, height) + 0.2 * abs(k) + side,
                at,
                up + k * height / 2,
            )
            for side, at in ((0.0, across + gap_x), (0.6, across - gap_x - width))
            for k in steps
        ]
        _, at, up_at = min(candidates, key=lambda c: c[0])
        taken.append((at, at + width, up_at - height / 2, up_at + height / 2))
        axes.annotate(
            text,
            (at, up_at),
            xycoords="axes fraction",
            fontsize=LABEL_SIZE,
            color=legible(colour),
            va="center",
        )
        if abs(up_at - up) > 0.8 * height:
            near = at if at > across else at + width
            axes.annotate(
                "",
                (across, up),
                xytext=(near, up_at),
                xycoords="axes fraction",
                textcoords="axes fraction",
                arrowprops={
                    "arrowstyle": "-",
                    "color": colour,
                    "linewidth": 0.5,
                    "shrinkA": 0,
                    "shrinkB": 3,
                },
            )


def along(
    x: Sequence[float], y: Sequence[float], weight: float = 0.7, points: int = 24
) -> list[tuple[float, float, float]]:
    """Weighted points on the line through (x, y), so that a name can keep clear of it."""
    found = []
    for k in range(len(x) - 1):
        share = np.linspace(0, 1, points, endpoint=False)
        along_x = x[k] + share * (x[k + 1] - x[k])
        along_y = y[k] + share * (y[k + 1] - y[k])
        found += [(a, b, weight) for a, b in zip(along_x, along_y, strict=True)]
    return found


def log_scale(axis, amounts: pd.DataFrame | pd.Series, steps: Sequence[int] = (1, 2, 5)) -> str:
    """Logarithmic scale with plain numbers at `steps` of a decade; even steps to a nought.

    Nought has no place on a logarithmic axis and would drop out of the picture without a word.
    Where it is among the amounts, the axis is even below the least amount above nought.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
    amounts : pandas.DataFrame or pandas.Series
        All that is drawn along the axis.

    Returns
    -------
    str
        What the label has to add; empty for a scale that is logarithmic throughout.
    """
    numbers = np.asarray(amounts, float)
    above = numbers[numbers > 0]
    rescale = getattr(axis.axes, f"set_{axis.axis_name}scale")
    limit = getattr(axis.axes, f"set_{axis.axis_name}lim")
    if not len(above):
        limit(-0.05, 1)
        thousands(axis)
        return "\n(all are nought)"
    if (numbers <= 0).any():
        least = above.min()
        rescale("symlog", linthresh=least, linscale=0.7)
        limit(-0.5 * least, None)
        axis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=least, subs=steps))
        told = f"\n(in even steps below {least:,.4g})"
    else:
        rescale("log")
        axis.set_major_locator(LogLocator(subs=steps))
        told = ""
    axis.set_minor_formatter(NullFormatter())
    thousands(axis)
    return told


@later
def dated_counts(rows: pd.DataFrame, quantity: str, scale: float = 1.0) -> Drawing:
    """Cumulative counts by date, coloured by camp; a line joins what one issuer can compare.

    Parameters
    ----------
    rows : pandas.DataFrame
        Output of a function of `arms.shipments`: `period_start`, `period_end`, `low`, `high`, `qualifier`,
        `issuer_short`, `side`; with `item`, the data say what was counted, rows with words in
        `scope` count something else than the others and are drawn hollow, and rows with words in
        `doubt` have a dotted ring; `first_day` is missing where no start of the count is stated.
    quantity : str
        What is counted, for the axis.
    scale : float
        Factor from the unit of the rows to that of the axis.

    Notes
    -----
    A floor ("more than") carries an upward tick, a ceiling ("up to") a downward one. A line
    joins the statements of `_chains`; of those on one day it takes the last, which is the best
    graded one, and the others stand beside it.
    """
    figure, (axes,) = canvas(4.4)
    rows = rows.sort_values("period_end", kind="stable", ignore_index=True)
    if "first_day" in rows:
        rows = rows.assign(period_start=rows["first_day"])
    rows = rows.assign(
        chain=_chains(rows), **{name: "" for name in ("scope", "doubt") if name not in rows}
    )
    top = rows["high"].max() * scale
    first, last = rows["period_end"].min(), rows["period_end"].max()
    axes.set_ylim(0, top * 1.08)
    span = max(last - first, SHORTEST)
    axes.set_xlim(first - span * 0.03, last + span * 0.22)
    ends, obstacles = [], []
    for (name, issuer, _), own in rows.groupby(["side", "issuer_short", "chain"], sort=True):
        colour, marker = SERIES[name]
        x, low, high = own["period_end"], own["low"] * scale, own["high"] * scale
        middle = (low + high) / 2
        joined = ~own["period_end"].duplicated(keep="last")
        axes.plot(x[joined], middle[joined], color=colour, alpha=0.5, linewidth=1)
        days = mdates.date2num(x)
        obstacles += [(day, height, 5.0) for day, height in zip(days, middle, strict=True)]
        for day, a, b in zip(days, low, high, strict=True):
            obstacles += along((day, day), (a, b), 2.0) if a < b else []
        obstacles += along(days[joined.to_numpy()], middle[joined].to_numpy())
        axes.vlines(x, low, high, color=colour, linewidth=2)
        faces = np.where(own["scope"] != "", "white", colour)
        axes.scatter(x, middle, facecolor=faces, edgecolor=colour, marker=marker, s=26, zorder=3)
        axes.scatter(x[own["doubt"] != ""], middle[own["doubt"] != ""], **DOUBTED)
        for row, height in zip(own.itertuples(), middle, strict=True):
            if tip := BOUND_TIPS.get(row.qualifier):
                reach = tip / (72 * figure.get_figheight() * AXES_HEIGHT) * top * 1.08
                day = mdates.date2num(row.period_end)
                obstacles += along((day, day), (height, height + 1.3 * reach), 2.0, 6)
                bound_mark(axes, row.period_end, height, tip, colour)
        # A ring may lie round the mark of another issuer too: what it is round has a name.
        for day, height, doubt, last in zip(
            days, middle, own["doubt"], own.index == own.index[-1], strict=True
        ):
            if doubt or last:
                ends.append((day, height, f"{issuer}, in doubt" if doubt else issuer, colour))
    label_ends(axes, ends, obstacles)
    for name in dict.fromkeys(sorted(rows["side"])):
        colour, marker = SERIES[name]
        axes.scatter([], [], color=colour, marker=marker, label=name)
    for words in dict.fromkeys(rows["scope"][rows["scope"] != ""]):
        axes.scatter([], [], facecolor="white", edgecolor=GREY, label=words)
    if (rows["doubt"] != "").any():
        axes.scatter([], [], label=DOUBTED_LABEL, **DOUBTED)
    legend_below(axes, ncols=4)
    axes.set_ylabel(quantity)
    thousands(axes.yaxis)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(axes.xaxis.get_major_locator()))
    table = pd.DataFrame(
        {
            "From": rows["period_start"].dt.strftime("%Y-%m-%d").fillna("not stated"),
            "By": rows["period_end"].dt.date.astype(str),
            "Issuer": rows["issuer"],
            "Camp": rows["side"],
            quantity: [
                span_text(a * scale, b * scale, "{:,.6g}")
                for a, b in zip(rows["low"], rows["high"], strict=True)
            ],
            "Stated as": rows["qualifier"].str.replace("_", " "),
            "Grade": rows["reliability"] + rows["credibility"].astype(str),
        }
    )
    if (rows["doubt"] != "").any():
        table["In doubt"] = rows["doubt"]
    if "item" in rows:
        item = rows["item"].str.replace("_", " ")
        scope = rows["scope"].where(rows["scope"] == "", rows["scope"] + ", ")
        table.insert(2, "Count of", scope + item)
    return Drawing(figure, _counts_alt(rows, quantity, scale), table)


def _chains(rows: pd.DataFrame) -> pd.Series:
    """Number of the chain of each statement: what one issuer counts alike from one day on.

    A count of shells and one of shells and rockets, or one from July and one from December, are
    no two points of one curve. Where it is not stated from when a count runs, it stands alone.
    """
    alike = [name for name in ("issuer_short", "item", "scope", "period_start") if name in rows]
    chain = rows.groupby(alike, sort=False, dropna=False).ngroup()
    alone = rows["period_start"].isna()
    return chain.where(~alone, -1 - np.arange(len(rows)))


RECENT = 240  # days before the last count that its alt text looks at


def _counts_alt(rows: pd.DataFrame, quantity: str, scale: float) -> str:
    lines = rows.drop_duplicates(["chain", "period_end"], keep="last")
    series = [own["high"] for _, own in lines.groupby("chain") if len(own) > 1]
    rising = sum(counts.is_monotonic_increasing for counts in series)
    # Neither hollow nor ringed, as long as there are any.
    plain = rows[(rows["scope"] == "") & (rows["doubt"] == "")]
    newest = (rows if plain.empty else plain).groupby("issuer_short").last()
    recent = newest[newest["period_end"] >= newest["period_end"].max() - pd.Timedelta(days=RECENT)]
    low, high = recent["low"].idxmin(), recent["high"].idxmax()
    bound, bounds = bounds_of(recent), bounds_told(rows)
    doubted = int((rows["doubt"] != "").sum())
    return (
        f"Scatter plot over time of {quantity}: {len(rows)} statements of "
        f"{rows['issuer_short'].nunique()} issuers from {rows['period_end'].min().date()} to "
        f"{rows['period_end'].max().date()}."
        + f" Of them {bounds}."
        * bool(bounds)
        + " A line joins "
        f"what one issuer counts alike from one day on. Lines: {len(series)}, that only rise: {rising}. "
        f"Among the issuers' newest of the last {RECENT} days{' that are neither hollow nor ringed' * (0 < len(plain) < len(rows))}, {low} is lowest with {bound[low]}"
        f"{recent.loc[low, 'low'] * scale:,.6g} and {high} highest with {bound[high]}"
        f"{recent.loc[high, 'high'] * scale:,.6g}."
        + "".join(
            f" Hollow, {words}: {count}."
            for words, count in rows["scope"][rows["scope"] != ""].value_counts().items()
        )
        + f" Ringed, {DOUBTED_LABEL}: {doubted}." * (doubted > 0)
    )


@later
def intervals(
    frame: pd.DataFrame,
    quantity: str,
    marks: Mapping[str, float] | None = None,
    log: bool = False,
    form: str = "{:,.1f}",
    highlight: str | None = None,
) -> Drawing:
    """Median, 50 % and 90 % interval of several estimates, one a line.

    Parameters
    ----------
    frame : pandas.DataFrame
        `label`, `median`, `low50`, `high50`, `low90`, `high90`.
    quantity : str
        Axis label with unit.
    marks : mapping of str to float, optional
        Published figures to mark by a vertical line.
    log : bool
        Logarithmic axis.
    form : str
        Format of a number.
    highlight : str, optional
        Label of the line to stress.
    """
    figure, (axes,) = canvas(1.2 + 0.52 * len(frame))
    y = np.arange(len(frame))[::-1]
    colours = [BLUE if highlight in (None, label) else GREY for label in frame["label"]]
    axes.hlines(y, frame["low90"], frame["high90"], color=colours, linewidth=2)
    axes.hlines(y, frame["low50"], frame["high50"], color=colours, linewidth=8, alpha=0.55)
    axes.scatter(frame["median"], y, color=colours, s=46, zorder=3, edgecolor="white")
    for place, row in zip(y, frame.itertuples(), strict=True):
        axes.annotate(
            form.format(row.median),
            (row.median, place),
            xytext=(0, 9),
            textcoords="offset points",
            # Near nought a centred number would lie on the axis.
            ha="center" if log or row.median > 0.04 * frame["high90"].max() else "left",
            fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            zorder=4,
        )
    for name, amount in (marks or {}).items():
        axes.axvline(amount, color=VERMILION, linestyle="--", linewidth=1.2, zorder=1)
        axes.annotate(
            f"{name} {form.format(amount)}",
            (amount, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, 2),
            textcoords="offset points",
            color=legible(VERMILION),
            fontsize=8,
            rotation=0,
            ha="left",
        )
    axes.set_yticks(y, wrapped(frame["label"]))
    axes.set_ylim(-0.6, len(frame) - 0.3)
    axes.grid(axis="y", visible=False)
    told = ""
    if log:
        told = log_scale(axes.xaxis, frame[QUANTILES])
    else:
        axes.set_xlim(left=0)
        thousands(axes.xaxis)
    axes.set_xlabel(quantity + told)
    table = pd.DataFrame(
        {
            "Case": frame["label"],
            "Median": frame["median"].map(form.format),
            "50 % interval": [
                span_text(a, b, form) for a, b in zip(frame["low50"], frame["high50"], strict=True)
            ],
            "90 % interval": [
                span_text(a, b, form) for a, b in zip(frame["low90"], frame["high90"], strict=True)
            ],
        }
    )
    lines = "; ".join(
        f"{r.label}: median {form.format(r.median)}, 90 % interval {form.format(r.low90)} to "
        f"{form.format(r.high90)}"
        for r in frame.itertuples()
    )
    marked = "".join(f" A line marks {n} at {form.format(v)}." for n, v in (marks or {}).items())
    scale = ", logarithmic axis" * (log and "logarithmic" not in quantity)
    alt = f"Interval plot of {quantity}{scale}. {lines}.{marked}"
    return Drawing(figure, alt, table)


@later
def distribution(
    draws: np.ndarray,
    quantity: str,
    marks: Mapping[str, float] | None = None,
    form: str = "{:,.1f}",
) -> Drawing:
    """Histogram of draws with the 50 and 90 % intervals shaded and published figures marked."""
    low90, low50, middle, high50, high90 = np.quantile(draws, [0.05, 0.25, 0.5, 0.75, 0.95])
    figure, (axes,) = canvas(3.4)
    edges = np.linspace(0, np.quantile(draws, 0.999), 60)
    heights, edges = np.histogram(draws, edges)
    shares = heights / len(draws)
    centre = (edges[:-1] + edges[1:]) / 2
    inside50 = (centre >= low50) & (centre <= high50)
    inside90 = (centre >= low90) & (centre <= high90)
    colours = np.where(inside50, BLUE, np.where(inside90, SKY, LIGHT))
    axes.bar(centre, shares, width=np.diff(edges), color=colours, linewidth=0)
    axes.axvline(middle, color=INK, linewidth=1.5)
    top = shares.max()
    axes.text(middle, top * 1.02, f" median {form.format(middle)}", fontsize=8, color=INK)
    for name, amount in (marks or {}).items():
        axes.axvline(amount, color=VERMILION, linestyle="--", linewidth=1.5)
        axes.text(
            amount,
            top * 1.11,
            f" {name} {form.format(amount)}",
            fontsize=8,
            color=legible(VERMILION),
        )
    axes.set_ylim(0, top * 1.2)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    axes.set_xlim(0, edges[-1] or 1)
    axes.set_xlabel(f"{quantity} (dark: central half of the draws, light: 90 %)")
    table = pd.DataFrame(
        {
            "Quantile": ["5 %", "25 %", "50 %", "75 %", "95 %"],
            quantity: [form.format(q) for q in (low90, low50, middle, high50, high90)],
        }
    )
    share_text = ""
    if marks:
        ends = sorted(marks.values())
        between = np.mean((draws >= ends[0]) & (draws <= ends[-1]))
        names = " and ".join(f"{n} {form.format(v)}" for n, v in marks.items())
        share_text = f" Marked: {names}; {between:.0%} of the draws lie between."
    alt = (
        f"Histogram of {len(draws):,} draws of {quantity}: median {form.format(middle)}, central half "
        f"{form.format(low50)} to {form.format(high50)}, 90 % {form.format(low90)} to "
        f"{form.format(high90)}.{share_text}"
    )
    return Drawing(figure, alt, table)


@later
def ranges(frame: pd.DataFrame, quantity: str, log: bool = True, form: str = "{:,.0f}") -> Drawing:
    """Stated figures or ranges, one a line, grouped and coloured by `group`.

    Parameters
    ----------
    frame : pandas.DataFrame
        `label`, `group`, `low`, `high` and, for the table, any further columns; with `bound`,
        the qualifiers, floors and ceilings are told in words beside their figures, and what is
        "open", a floor over a floor.
    quantity : str
        Axis label with unit.
    """
    if "bound" in frame:
        told = frame["bound"].map(BOUND_WORDS | OPEN_WORDS).fillna("")
        bounds = bounds_told(frame.rename(columns={"bound": "qualifier"}))
        frame = frame.drop(columns="bound")
    else:
        told, bounds = pd.Series("", index=frame.index), ""
    texts = [
        words + span_text(a, b, form)
        for words, a, b in zip(told, frame["low"], frame["high"], strict=True)
    ]
    figure, (axes,) = canvas(1.1 + 0.3 * len(frame))
    y = np.arange(len(frame))[::-1]
    groups = list(dict.fromkeys(frame["group"]))
    palette = [
        (BLUE, "o"),
        (ORANGE, "s"),
        (GREEN, "^"),
        (VERMILION, "D"),
        (PURPLE, "v"),
        (SKY, "P"),
    ]
    look = {g: palette[i % len(palette)] for i, g in enumerate(groups)}
    for place, row, text in zip(y, frame.itertuples(), texts, strict=True):
        colour, marker = look[row.group]
        axes.hlines(place, row.low, row.high, color=colour, linewidth=4, alpha=0.6)
        axes.scatter(
            sorted({row.low, row.high}),
            [place] * len({row.low, row.high}),
            color=colour,
            marker=marker,
            s=34,
            zorder=3,
        )
        axes.annotate(text, (row.high, place), xytext=(8, 0),
                      textcoords="offset points", va="center", fontsize=8, color=GREY)  # fmt: skip
    for group in groups:
        colour, marker = look[group]
        axes.scatter([], [], color=colour, marker=marker, label=group)
    legend_below(axes)
    axes.set_yticks(y, wrapped(frame["label"], 44), fontsize=8)
    axes.set_ylim(-0.7, len(frame) - 0.3)
    axes.grid(axis="y", visible=False)
    steps = ""
    if log:
        steps = log_scale(axes.xaxis, frame[["low", "high"]])
        if not steps:
            axes.set_xlim(frame["low"].min() * 0.8, None)
        axes.set_xlim(None, frame["high"].max() * 1.9 or 1)
    else:
        axes.set_xlim(0, frame["high"].max() * (1.2 + 0.015 * told.str.len().max()))
        thousands(axes.xaxis)
    axes.set_xlabel(quantity + steps)
    more = frame.drop(columns=["label", "group", "low", "high"])
    table = pd.DataFrame(
        {
            "Figure": frame["label"],
            "Group": frame["group"],
            quantity: texts,
        },
        index=frame.index,
    ).join(more)
    parts = "; ".join(
        f"{group}: {form.format(own['low'].min())} to {form.format(own['high'].max())}"
        for group, own in frame.groupby("group", sort=False)
    )
    parts += f"; {bounds}" * bool(bounds)
    scale = ", logarithmic axis" * (log and "logarithmic" not in quantity)
    alt = f"Range plot of {quantity}{scale}, {len(frame)} figures. {parts}."
    return Drawing(figure, alt, table)


@later
def tornado(
    frame: pd.DataFrame,
    base: float,
    quantity: str,
    form: str = "{:,.1f}",
    statistic: str = "median",
) -> Drawing:
    """Bars from the value at the low end of an input to that at its high end.

    Parameters
    ----------
    frame : pandas.DataFrame
        `input`, `low`, `high`, `at_low`, `at_high`, widest first.
    base : float
        Value with nothing held.
    quantity : str
        Axis label with unit.
    form : str
        Format of a number.
    statistic : str
        What `base` and the ends of the bars are.
    """
    figure, (axes,) = canvas(1.2 + 0.55 * len(frame))
    y = np.arange(len(frame))[::-1]
    axes.barh(y, base - frame["low"], left=frame["low"], color=SKY, height=0.5)
    axes.barh(y, frame["high"] - base, left=base, color=BLUE, height=0.5)
    reach = frame["high"].max() - min(frame["low"].min(), 0)
    for place, row in zip(y, frame.itertuples(), strict=True):
        axes.text(
            row.low - 0.01 * reach,
            place,
            row.at_low,
            ha="right",
            va="center",
            fontsize=7.5,
            color=GREY,
        )
        axes.text(
            row.high + 0.01 * reach, place, row.at_high, va="center", fontsize=7.5, color=GREY
        )
    axes.axvline(base, color=INK, linewidth=1)
    axes.set_yticks(y, wrapped(frame["input"]))
    axes.set_ylim(-0.5, len(frame) - 0.2)
    axes.set_xlim(min(0, frame["low"].min() - 0.25 * reach), frame["high"].max() * 1.28 or 1)
    if frame["low"].min() >= 0:  # the room left of nought is for words, not for values
        ticks = MaxNLocator(6).tick_values(0, frame["high"].max())
        axes.set_xticks([tick for tick in ticks if 0 <= tick <= axes.get_xlim()[1]])
        axes.spines["bottom"].set_bounds(0, axes.get_xlim()[1])
    thousands(axes.xaxis)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(
        f"{quantity}; the line is the {statistic} with nothing held ({form.format(base)})"
    )
    table = pd.DataFrame(
        {
            "Input": frame["input"],
            "Held low at": frame["at_low"],
            f"{statistic.capitalize()} then": frame["low"].map(form.format),
            "Held high at": frame["at_high"],
            f"{statistic.capitalize()} then ": frame["high"].map(form.format),
        }
    )
    widest = frame.iloc[0]
    alt = (
        f"Tornado plot of {quantity} around a {statistic} of {form.format(base)}. Widest bar: "
        f"{widest['input']}, from {form.format(widest['low'])} to {form.format(widest['high'])}. "
        + "; ".join(
            f"{r.input}: {form.format(r.low)} to {form.format(r.high)}"
            for r in frame.iloc[1:].itertuples()
        )
        + "."
    )
    return Drawing(figure, alt, table)


@later
def sobol(panels: Mapping[str, pd.DataFrame], level: float = 0.9) -> Drawing:
    """First-order and total Sobol indices with their bootstrap intervals, a panel a case."""
    longest = max(len(frame) for frame in panels.values())
    figure, row_of_axes = canvas(1.5 + 0.5 * longest, ncols=len(panels))
    records, sentences = [], []
    for axes, (title, frame) in zip(row_of_axes, panels.items(), strict=True):
        y = np.arange(len(frame))[::-1]
        for kind, colour, marker, shift in (
            ("first", ORANGE, "o", 0.13),
            ("total", BLUE, "s", -0.13),
        ):
            axes.errorbar(
                frame[kind],
                y + shift,
                xerr=frame[f"{kind}_conf"],
                fmt=marker,
                color=colour,
                capsize=2,
                label={"first": "alone", "total": "with interactions"}[kind],
            )
        axes.set_title(title, fontsize=9.5, loc="left")
        axes.set_yticks(y, wrapped(frame["input"], 16))
        axes.set_xlim(-0.05, 1.05)
        axes.set_ylim(-0.6, len(frame) - 0.4)
        axes.set_xlabel("share of the variance")
        records += [
            {
                "Case": title,
                "Input": r.input,
                "Alone": f"{r.first:.2f} ± {r.first_conf:.2f}",
                "With interactions": f"{r.total:.2f} ± {r.total_conf:.2f}",
            }
            for r in frame.itertuples()
        ]
        listed = ", ".join(f"{r.input} {r.total:.2f}" for r in frame.itertuples())
        sentences.append(f"{title}: total indices {listed}.")
    row_of_axes[0].legend(fontsize=8, loc="lower right")
    alt = f"Sobol indices with {level:.0%} bootstrap intervals. " + " ".join(sentences)
    return Drawing(figure, alt, pd.DataFrame(records))


@later
def fan(frame: pd.DataFrame, start: pd.Timestamp, quantity: str, form: str = "{:,.0f}") -> Drawing:
    """Projection with its 50 and 90 % bands on a logarithmic axis.

    Parameters
    ----------
    frame : pandas.DataFrame
        `months` past `start` and the columns of `uncertainty.summary`.
    """
    figure, (axes,) = canvas(3.4)
    when = [start + pd.DateOffset(months=int(m)) for m in frame["months"]]
    axes.fill_between(when, frame["low90"], frame["high90"], color=SKY, alpha=0.35, label="90 %")
    axes.fill_between(when, frame["low50"], frame["high50"], color=BLUE, alpha=0.35, label="50 %")
    axes.plot(when, frame["median"], color=BLUE, marker="o", label="median")
    for day, row in zip(when, frame.itertuples(), strict=True):
        for amount in (row.low90, row.median, row.high90):
            axes.annotate(
                form.format(amount),
                (day, amount),
                xytext=(4, 3),
                textcoords="offset points",
                fontsize=8,
            )
    told = log_scale(axes.yaxis, frame[QUANTILES])
    axes.set_ylabel(wrapped([quantity + told], 30)[0])
    axes.set_xticks(
        when, [f"{d.date()}\n+{m} months" for d, m in zip(when, frame["months"], strict=True)]
    )
    axes.set_xlim(when[0], when[-1] + max(when[-1] - when[0], SHORTEST) * 0.12)
    axes.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    table = pd.DataFrame(
        {
            "Months ahead": frame["months"].astype(str),
            "Day": [str(d.date()) for d in when],
            "Median": frame["median"].map(form.format),
            "50 % interval": [
                span_text(a, b, form) for a, b in zip(frame["low50"], frame["high50"], strict=True)
            ],
            "90 % interval": [
                span_text(a, b, form) for a, b in zip(frame["low90"], frame["high90"], strict=True)
            ],
        }
    )
    last = frame.iloc[-1]
    alt = (
        f"Fan chart of {quantity}, logarithmic axis, from {when[0].date()} to {when[-1].date()}. The "
        f"median stays near {form.format(last['median'])}; the 90 % band widens from "
        f"{form.format(frame['low90'].iloc[0])} to {form.format(frame['high90'].iloc[0])} at the start to "
        f"{form.format(last['low90'])} to {form.format(last['high90'])} after {last['months']:.0f} months."
    )
    return Drawing(figure, alt, table)


@later
def yearly(
    frame: pd.DataFrame,
    quantity: str,
    log: bool = False,
    form: str = "{:,.1f}",
    marks: Mapping[str, float] | None = None,
) -> Drawing:
    """Figures by year, a marker a group; a line joins neighbouring years and stops at gaps.

    Parameters
    ----------
    frame : pandas.DataFrame
        `year`, `value`, `group`, `line` (points of one name are joined, empty joins nothing),
        `row` (for the table); with `kind`, what a figure counts, a line joins no two kinds; with
        `qualifier`, bounds carry arrows.
    quantity : str
        Axis label with unit.
    log : bool
        Logarithmic axis.
    form : str
        Format of a number in the alt text.
    marks : mapping of str to float, optional
        Levels to mark by a horizontal line.
    """
    figure, (axes,) = canvas(4.4)
    groups = list(dict.fromkeys(frame["group"]))
    looks = [
        (BLUE, "o"),
        (ORANGE, "s"),
        (GREEN, "^"),
        (VERMILION, "D"),
        (PURPLE, "v"),
        (SKY, "P"),
        (GREY, "x"),
        ("#8a6d00", "<"),
        (INK, "*"),
    ]
    told = bounds_of(frame)
    bounded = frame[told != ""]
    alike = "kind" if "kind" in frame else "line"
    for _, line in frame[frame["line"] != ""].groupby("line", sort=False):
        colour = looks[groups.index(line["group"].iloc[0]) % len(looks)][0]
        shade = INK if line["group"].nunique() > 1 else colour
        for _, own in line.groupby(alike, sort=False, dropna=False):
            joined = own.drop_duplicates("year").set_index("year")["value"]
            span = range(joined.index.min(), joined.index.max() + 1)
            axes.plot(list(span), joined.reindex(span), color=shade, alpha=0.5, linewidth=1.3)
    for place, group in enumerate(groups):
        own = frame[frame["group"] == group]
        colour, marker = looks[place % len(looks)]
        # Joined points lie on top of those that only stand beside them.
        joined = own["line"] != ""
        axes.scatter([], [], color=colour, marker=marker, s=26, label=group)
        axes.scatter(*own.loc[~joined, ["year", "value"]].T.to_numpy(), color=colour,
                     marker=marker, s=18, alpha=0.65, zorder=3)  # fmt: skip
        axes.scatter(*own.loc[joined, ["year", "value"]].T.to_numpy(), color=colour,
                     marker=marker, s=36, zorder=4)  # fmt: skip
        for row in bounded[bounded["group"] == group].itertuples():
            bound_mark(axes, row.year, row.value, BOUND_TIPS[row.qualifier], colour)
    for name, amount in (marks or {}).items():
        axes.axhline(amount, color=VERMILION, linestyle="--", linewidth=1)
        axes.annotate(f"{name} {form.format(amount)}", (0.995, amount), xytext=(0, 3),
                      xycoords=("axes fraction", "data"), textcoords="offset points",
                      ha="right", color=legible(VERMILION), fontsize=8)  # fmt: skip
    steps = ""
    if log:  # over many decades: a tick a decade is enough
        steps = log_scale(axes.yaxis, frame["value"], (1,))
    thousands(axes.yaxis)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel(quantity + steps)
    named = _name_lines(
        axes, frame, {group: looks[k % len(looks)] for k, group in enumerate(groups)}
    )
    for artist in axes.collections:  # what is named at its line needs no place in the legend
        if artist.get_label() in named:
            artist.set_label(f"_{artist.get_label()}")
    if len(named) < len(groups):
        legend_below(axes)
    table = pd.DataFrame(
        {
            "Year": frame["year"].astype(str),
            "Group": frame["group"],
            quantity: told + frame["value"].map("{:,.6g}".format),
            "Joined in": frame["line"].replace("", "no line"),
            "Row": frame["row"],
        }
    )
    parts = []
    for group in groups:
        own = frame[frame["group"] == group]
        low, high = own.loc[own["value"].idxmin()], own.loc[own["value"].idxmax()]
        parts.append(
            f"{group}: {len(own)} figures of {own['year'].min()} to {own['year'].max()}, lowest "
            f"{form.format(low['value'])} ({low['year']}), highest {form.format(high['value'])} "
            f"({high['year']})"
            if len(own) > 1
            else f"{group}: one figure, {form.format(low['value'])} ({low['year']})"
        )
    marked = "".join(f" A line marks {n} at {form.format(v)}." for n, v in (marks or {}).items())
    alt = (
        f"Plot by year of {quantity}{', logarithmic axis' if log else ''}. "
        f"{'; '.join(parts)}. "
        + f"Of them {bounds_told(frame)}. " * (len(bounded) > 0)
        + f"Lines stop where a year is missing{' or the kind changes' * (alike == 'kind')}.{marked}"
    )
    return Drawing(figure, alt, table)


def _name_lines(axes: Axes, frame: pd.DataFrame, looks: Mapping[str, tuple[str, str]]) -> list[str]:
    """Name at their ends the groups of `yearly` that have lines to themselves; return them."""
    lines = frame[frame["line"] != ""]
    shared = lines.groupby("line")["group"].transform("nunique") > 1
    own = {
        group: rows.drop_duplicates("year").sort_values("year")
        for group, rows in lines[~shared].groupby("group", sort=False)
        if group not in set(lines.loc[shared, "group"])
    }
    if not own:
        return []
    left, right = axes.get_xlim()
    room = max(label_size(axes, group)[0] for group in own) + 0.03
    axes.set_xlim(left, left + (right - left) / (1 - room))
    axes.set_ylim(axes.get_ylim())
    # The room on the right is for words, not for years to come.
    ticks = MaxNLocator(8, integer=True).tick_values(frame["year"].min(), frame["year"].max())
    axes.set_xticks([tick for tick in ticks if left <= tick <= right])
    obstacles = [(row.year, row.value, 5.0) for row in frame.itertuples()]
    for rows in own.values():
        obstacles += along(rows["year"].to_numpy(float), rows["value"].to_numpy(float))
    last = {group: rows.iloc[-1] for group, rows in own.items()}
    label_ends(
        axes,
        [(row["year"], row["value"], group, looks[group][0]) for group, row in last.items()],
        obstacles,
    )
    return list(own)


@later
def counts(
    frame: pd.DataFrame,
    parts: Mapping[str, str],
    quantity: str,
    steps: Sequence[tuple[str, str, float, str]] = (),
    form: str = "{:,.0f}",
    added: bool = True,
) -> Drawing:
    """Stacked bars in the order of the frame, with levels drawn over stretches of them.

    Parameters
    ----------
    frame : pandas.DataFrame
        `label` and one column a part.
    parts : mapping of str to str
        Column and its name, from the bottom up.
    quantity : str
        Axis label.
    steps : sequence of (first label, last label, height, name)
        Levels to draw from one bar to another.
    form : str
        Format of a number.
    added : bool
        Whether the bars may be added up; the alt text tells them one by one if not.
    """
    figure, (axes,) = canvas(3.8)
    x = np.arange(len(frame))
    bottom = np.zeros(len(frame))
    for (column, name), (colour, hatch) in zip(
        parts.items(), ((BLUE, ""), (SKY, "///"), (ORANGE, "...")), strict=False
    ):
        axes.bar(x, frame[column], bottom=bottom, color=colour, hatch=hatch, edgecolor="white",
                 linewidth=0.4, width=0.85, label=name)  # fmt: skip
        bottom += frame[column].to_numpy(float)
    labels = list(frame["label"])
    for first, last, height, name in steps:
        a, b = labels.index(first), labels.index(last)
        axes.hlines(height, a - 0.5, b + 0.5, color=VERMILION, linewidth=1.8, zorder=4)
        axes.annotate(f"{name} {height:,.2f}", (a - 0.4, height), xytext=(0, 4),
                      textcoords="offset points", fontsize=8, color=legible(VERMILION), zorder=5,
                      bbox={"facecolor": "white", "alpha": 0.9, "pad": 1, "linewidth": 0},
                      )  # fmt: skip
    every = max(1, len(frame) // 12)
    crowded = sum(label_size(axes, label)[0] + 0.02 for label in labels[::every]) > 1
    slant = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if crowded else {}
    axes.set_xticks(x[::every], labels[::every], fontsize=8, **slant)
    axes.grid(axis="x", visible=False)
    axes.set_ylabel(quantity)
    axes.set_ylim(0, max(bottom.max(), max((s[2] for s in steps), default=0)) * 1.15)
    if len(parts) > 2:  # no corner is free of bars as a rule
        axes.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(parts))
    elif len(parts) > 1:
        axes.legend(fontsize=8, loc="upper left")
    table = pd.DataFrame(
        {"At": labels} | {name: frame[column].map(form.format) for column, name in parts.items()}
    )
    top = int(np.argmax(bottom))
    sums = ", ".join(f"{name} {form.format(frame[c].sum())}" for c, name in parts.items())
    levels = "".join(f" {name}: {height:,.2f} from {a} to {b}." for a, b, height, name in steps)
    if not added:
        bars = "; ".join(
            f"{label}: " + ", ".join(f"{form.format(row[c])} {n}" for c, n in parts.items())
            for label, (_, row) in zip(labels, frame.iterrows(), strict=True)
        )
        alt = f"Bar chart of {quantity}, {len(labels)} bars. {bars}.{levels}"
        return Drawing(figure, alt, table)
    alt = (
        f"Bar chart of {quantity} from {labels[0]} to {labels[-1]}; in all: {sums}. The highest bar "
        f"is {labels[top]} with {form.format(bottom[top])}.{levels}"
    )
    return Drawing(figure, alt, table)


@later
def exceedance(
    curves: Mapping[str, tuple[float, float]],
    points: Sequence[float],
    quantity: str,
    marks: Mapping[str, float],
    shares: Mapping[str, Sequence[float]],
) -> Drawing:
    """Share of cases larger than a size: log-normal curves, the cases seen, sizes marked.

    Parameters
    ----------
    curves : mapping of str to (mu, sigma)
        Mean and standard deviation of the logarithm, by name of the fit.
    points : sequence of float
        Sizes seen.
    quantity : str
        Axis label with unit.
    marks : mapping of str to float
        Sizes to mark by a vertical line.
    shares : mapping of str to sequence of float
        Share above each mark, by name of the fit, in the order of `marks`.
    """
    figure, (axes,) = canvas(3.8)
    sizes = np.sort(np.asarray(points, float))
    # Plotting positions (k - 0.5) / n, so that the largest case is not put at nought.
    above = 1 - (np.arange(1, len(sizes) + 1) - 0.5) / len(sizes)
    axes.scatter(sizes, above, color=INK, s=22, zorder=3, label="missions seen")
    grid = np.geomspace(sizes.min() / 2, max(marks.values()) * 2, 200)
    for (name, (mu, sigma)), colour, line in zip(
        curves.items(), (BLUE, ORANGE), ("-", "--"), strict=False
    ):
        axes.plot(
            grid, norm.sf((np.log(grid) - mu) / sigma), color=colour, linestyle=line, label=name
        )
    for k, (name, amount) in enumerate(marks.items()):
        axes.axvline(amount, color=VERMILION, linestyle=":", linewidth=1.3)
        axes.annotate(
            name,
            (amount, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-3 if k == 0 else 3, 2),
            textcoords="offset points",
            ha="right" if k == 0 else "left",
            color=legible(VERMILION),
            fontsize=8,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(1e-6, 1.5)
    thousands(axes.xaxis)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y * 100:,.6g} %"))
    axes.set_xlabel(f"{quantity}, logarithmic scale")
    axes.set_ylabel("share of missions larger")
    axes.legend(fontsize=8, loc="lower left")
    table = pd.DataFrame({"Fit": list(curves)})
    table["Median"] = [f"{np.exp(mu):,.0f}" for mu, _ in curves.values()]
    table["Spread of the logarithm"] = [f"{sigma:.2f}" for _, sigma in curves.values()]
    for k, name in enumerate(marks):
        table[f"Share above {name}"] = [percent_text(shares[fit][k]) for fit in curves]
    said = "; ".join(
        f"{fit}: "
        + ", ".join(f"{percent_text(shares[fit][k])} above {name}" for k, name in enumerate(marks))
        for fit in curves
    )
    alt = (
        f"Log-log plot of the share of missions larger than a size. {len(sizes)} missions from "
        f"{sizes[0]:,.0f} to {sizes[-1]:,.0f} {quantity}. Share under the fitted curves, {said}."
    )
    return Drawing(figure, alt, table)


@later
def scenarios(frame: pd.DataFrame, quantity: str, marks: Mapping[str, float]) -> Drawing:
    """Low, middle and high of several limits, the smallest of each scenario stressed.

    Parameters
    ----------
    frame : pandas.DataFrame
        `label`, `low`, `middle`, `high`.
    quantity : str
        Axis label with unit.
    marks : mapping of str to float
        Figures to mark by a vertical line.
    """
    figure, (axes,) = canvas(1.6 + 0.5 * len(frame))
    y = np.arange(len(frame))[::-1]
    axes.hlines(y, frame["low"], frame["high"], color=LIGHT, linewidth=5)
    for column, colour, marker in (
        ("low", BLUE, "<"),
        ("middle", INK, "o"),
        ("high", ORANGE, ">"),
    ):
        smallest = frame[column] == frame[column].min()
        axes.scatter(frame[column], y, color=colour, marker=marker, s=40, zorder=3, label=column)
        axes.scatter(
            frame[column][smallest], y[smallest], s=170, facecolors="none", edgecolors=colour,
            linewidths=1.6, zorder=4,
        )  # fmt: skip
        place_of = {
            "low": {"xytext": (-13, 0), "ha": "right", "va": "center"},
            "middle": {"xytext": (0, 11), "ha": "center", "va": "bottom"},
            "high": {"xytext": (13, 0), "ha": "left", "va": "center"},
        }[column]
        for place, amount in zip(y, frame[column], strict=True):
            axes.annotate(
                f"{amount:,.0f}", (amount, place), textcoords="offset points", fontsize=7.5, color=GREY,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6}, zorder=5, **place_of,
            )  # fmt: skip
    for name, amount in marks.items():
        axes.axvline(amount, color=VERMILION, linestyle="--", linewidth=1.3)
        axes.annotate(
            f"{name} {amount:,.0f}",
            (amount, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, 2),
            textcoords="offset points",
            color=legible(VERMILION),
            fontsize=8,
        )
    told = log_scale(axes.xaxis, frame[["low", "high"]], (1,))
    if not told:
        axes.set_xlim(frame["low"].min() * 0.4, None)
    axes.set_xlim(None, frame["high"].max() * 2.6 or 1)
    axes.set_yticks(y, wrapped(frame["label"], 20))
    axes.set_ylim(-0.6, len(frame) - 0.25)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"{quantity}; ring: smallest of a scenario{told}")
    legend_below(axes, title="scenario")
    table = pd.DataFrame(
        {"Limit": frame["label"]}
        | {c.capitalize(): frame[c].map("{:,.0f}".format) for c in ("low", "middle", "high")}
    )
    said = "; ".join(
        f"{c}: {frame.loc[frame[c].idxmin(), 'label']} with {frame[c].min():,.0f}"
        for c in ("low", "middle", "high")
    )
    marked = "".join(f" A line marks {n} at {v:,.0f}." for n, v in marks.items())
    alt = f"Range plot of {quantity}, logarithmic axis, {len(frame)} limits. Smallest: {said}.{marked}"
    return Drawing(figure, alt, table)


@later
def path(
    frame: pd.DataFrame,
    counts: pd.DataFrame,
    now: pd.Timestamp,
    quantity: str,
    marks: Mapping[str, float] | None = None,
) -> Drawing:
    """Simulated path with its 50 and 90 % bands, and the dated counts beside it.

    Parameters
    ----------
    frame : pandas.DataFrame
        `day` and the columns of `uncertainty.summary`.
    counts : pandas.DataFrame
        `period_end`, `low`, `high`, `qualifier`, `issuer`, `side`, and if any counts something
        else than the axis says, `scope`: what it counts, else empty; likewise `doubt`: what its
        note or grade doubts; may be empty.
    now : pandas.Timestamp
        Day of the vintage; what follows is projection.
    quantity : str
        Axis label.
    marks : mapping of str to float, optional
        Figures to mark by a horizontal line.

    Notes
    -----
    A floor ("more than") carries an upward arrow, a ceiling ("up to") a downward one. What
    counts something else than the axis says is drawn hollow, and what is in doubt has a dotted
    ring.
    """
    figure, (axes,) = canvas(4.2)
    counts = counts.assign(
        **{name: "" for name in ("scope", "doubt") if name not in counts},
    )
    axes.fill_between(frame["day"], frame["low90"], frame["high90"], color=SKY, alpha=0.3, linewidth=0,
                      label="90 %")  # fmt: skip
    axes.fill_between(frame["day"], frame["low50"], frame["high50"], color=BLUE, alpha=0.3, linewidth=0,
                      label="50 %")  # fmt: skip
    axes.plot(frame["day"], frame["median"], color=BLUE, label="median")
    axes.axvline(now, color=GREY, linewidth=1)
    axes.annotate("projection", (now, 1), xycoords=("data", "axes fraction"), xytext=(4, -10),
                  textcoords="offset points", fontsize=8, color=GREY)  # fmt: skip
    for side, own in counts.groupby("side", sort=True):
        colour, marker = SERIES[side]
        middle = (own["low"] + own["high"]) / 2
        axes.vlines(own["period_end"], own["low"], own["high"], color=colour, linewidth=2)
        axes.scatter([], [], color=colour, marker=marker, s=30, label=side)
        for row, height in zip(own.itertuples(), middle, strict=True):
            look = (
                {"facecolor": "white", "edgecolor": colour, "linewidth": 1.2}
                if row.scope
                else {"facecolor": colour, "edgecolor": "white", "linewidth": 0.5}
            )
            axes.scatter([row.period_end], [height], marker=marker, s=30, zorder=3, **look)
            if row.doubt:
                axes.scatter([row.period_end], [height], **DOUBTED)
            if tip := BOUND_TIPS.get(row.qualifier):
                bound_mark(axes, row.period_end, height, tip, colour)
    if (counts["scope"] != "").any():
        axes.scatter([], [], facecolor="white", edgecolor=GREY, s=30, label="of another scope")
    if (counts["doubt"] != "").any():
        axes.scatter([], [], label=DOUBTED_LABEL, **DOUBTED)
    for name, amount in (marks or {}).items():
        axes.axhline(amount, color=VERMILION, linestyle="--", linewidth=1.2)
        axes.annotate(
            f"{name} {amount:,.0f}",
            (1, amount),
            xycoords=("axes fraction", "data"),
            xytext=(-3, 3),
            textcoords="offset points",
            ha="right",
            color=legible(VERMILION),
            fontsize=8,
        )
    axes.set_ylabel(quantity)
    axes.set_ylim(bottom=0)
    axes.set_xlim(frame["day"].iloc[0], frame["day"].iloc[-1])
    thousands(axes.yaxis)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(axes.xaxis.get_major_locator()))
    legend_below(axes, ncols=4)  # five with "of another scope" run off the figure
    table = pd.DataFrame(
        {
            "Day": frame["day"].dt.date.astype(str),
            "Median": frame["median"].map("{:,.0f}".format),
            "50 % interval": [
                span_text(a, b) for a, b in zip(frame["low50"], frame["high50"], strict=True)
            ],
            "90 % interval": [
                span_text(a, b) for a, b in zip(frame["low90"], frame["high90"], strict=True)
            ],
        }
    )
    stated = counts.assign(
        text=[
            BOUND_WORDS.get(r.qualifier, "")
            + span_text(r.low, r.high)
            + (f" ({'; '.join(filter(None, (r.scope, r.doubt)))})" if r.scope or r.doubt else "")
            for r in counts.itertuples()
        ]
    )
    listed = {
        str(day.date()): "; ".join(f"{r.issuer}: {r.text}" for r in own.itertuples())
        for day, own in stated.groupby("period_end")
    }
    # A day that was counted and not simulated has a line to itself, lest its counts be lost.
    only = pd.DataFrame({"Day": [day for day in listed if day not in set(table["Day"])]})
    table = pd.concat([table, only]).fillna("").sort_values("Day", kind="stable", ignore_index=True)
    table["Counts stated"] = [listed.get(day, "") for day in table["Day"]]
    last, today = frame.iloc[-1], frame[frame["day"] <= now].iloc[-1]
    seen = ""
    if len(counts):
        seen = (
            f" {len(counts)} counts from {counts['low'].min():,.0f} to {counts['high'].max():,.0f}"
            f" by {', '.join(sorted(set(counts['side'])))}."
        )
        if bounds := bounds_told(counts):
            seen += f" Of them {bounds}."
        other = sorted(set(counts["scope"]) - {""})
        seen += f" Hollow: {', '.join(other)}." * (len(other) > 0)
        doubted = int((counts["doubt"] != "").sum())
        seen += f" Ringed, {DOUBTED_LABEL}: {doubted}." * (doubted > 0)
    alt = (
        f"Line with bands over time: {quantity}, {frame['day'].iloc[0].date()} to "
        f"{last['day'].date()}.{seen} On {today['day'].date()} the median is {today['median']:,.0f}, 90 % "
        f"interval {span_text(today['low90'], today['high90'])}; at the end {last['median']:,.0f}, "
        f"{span_text(last['low90'], last['high90'])}."
        + "".join(f" A line marks {n} at {v:,.0f}." for n, v in (marks or {}).items())
    )
    return Drawing(figure, alt, table)


@later
def months_round_events(
    frame: pd.DataFrame,
    events: Mapping[str, pd.Period],
    quantity: str,
    means: Sequence[tuple[str, str, pd.Period, pd.Period, float]] = (),
) -> Drawing:
    """Monthly bars, a panel a column, with events as lines and means over spans of months.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row a month (periods), a column a series.
    events : mapping of str to pandas.Period
        Months to mark by a vertical line.
    quantity : str
        Axis label with unit.
    means : sequence of (column, name, first month, last month, height)
        Levels to draw over spans of a panel.
    """
    figure = Figure(figsize=(WIDTH, 0.8 + 1.9 * len(frame.columns)), layout="constrained")
    panels = list(np.atleast_1d(figure.subplots(len(frame.columns), 1, sharex=True)))
    when = frame.index.to_timestamp()
    for axes, (name, colour) in zip(
        panels, zip(frame, (BLUE, VERMILION, GREEN, PURPLE), strict=False), strict=True
    ):
        axes.bar(when, frame[name], width=25, color=colour, align="center")
        for column, _, first, last, height in means:
            if column == name:
                axes.hlines(height, first.to_timestamp(), last.to_timestamp(), color=INK,
                            linewidth=1.8, zorder=4)  # fmt: skip
        for label, month in events.items():
            axes.axvline(month.to_timestamp(), color=GREY, linestyle="--", linewidth=1.1)
            if axes is panels[0]:
                right = list(events).index(label) == len(events) - 1
                axes.annotate(label, (month.to_timestamp(), 1), xycoords=("data", "axes fraction"),
                              xytext=(3 if right else -3, -9), textcoords="offset points",
                              ha="left" if right else "right", fontsize=8, color=GREY)  # fmt: skip
        axes.set_title(name, fontsize=9.5, loc="left")
        axes.grid(axis="x", visible=False)
        thousands(axes.yaxis)
    panels[-1].xaxis.set_major_formatter(
        mdates.ConciseDateFormatter(panels[-1].xaxis.get_major_locator())
    )
    figure.supylabel(quantity, fontsize=10)
    table = pd.DataFrame({"Month": frame.index.astype(str)})
    for name in frame:
        table[name] = frame[name].map("{:,.1f}".format).to_numpy()
    parts = [
        f"{name}: {int((frame[name] > 0).sum())} of {len(frame)} months above zero, highest "
        f"{frame[name].max():,.1f} in {frame[name].idxmax()}"
        for name in frame
    ]
    marked = "".join(f" A line marks the {label} in {month}." for label, month in events.items())
    levels = "".join(
        f" {column}, {label}: mean {height:,.1f}." for column, label, *_, height in means
    )
    alt = (
        f"Bars by month of {quantity}, {frame.index[0]} to {frame.index[-1]}, a panel a series. "
        f"{'; '.join(parts)}.{marked}{levels}"
    )
    return Drawing(figure, alt, table)


@later
def placebos(
    panels: Mapping[str, pd.DataFrame],
    events: Mapping[str, pd.Period],
    quantity: str,
    neutral: float,
) -> Drawing:
    """Change at every month, a line a series, with the months of events stressed.

    Parameters
    ----------
    panels : mapping of str to pandas.DataFrame
        `month` and `change`, by name of the series.
    events : mapping of str to pandas.Period
    quantity : str
        Axis label.
    neutral : float
        Value that means no change.
    """
    figure, (axes,) = canvas(1.3 + 0.6 * len(panels))
    records, parts = [], []
    looks = ((VERMILION, "D"), (BLUE, "s"), (ORANGE, "^"))
    for place, (name, frame) in enumerate(reversed(panels.items())):
        axes.scatter(frame["change"], np.full(len(frame), place), color=GREY, s=16, alpha=0.55)
        for (label, month), (colour, marker) in zip(events.items(), looks, strict=False):
            own = frame[frame["month"] == month]
            # Side by side, lest one event hides another.
            height = np.full(len(own), place + 0.16 * (1 - 2 * list(events).index(label)))
            if own.empty:  # an event without full windows has no mark, and no name in the legend
                continue
            axes.scatter(own["change"], height, color=colour, marker=marker, s=46,
                         zorder=4, edgecolor="white", label=label if place == 0 else None)  # fmt: skip
            for value in own["change"]:
                below = (frame["change"] < value).sum()
                parts.append(
                    f"{name}, {label}: {value:,.2f}, above {below} of {len(frame) - 1} other months"
                )
        for row in frame.itertuples():
            stressed = [label for label, month in events.items() if month == row.month]
            records.append((name, str(row.month), f"{row.change:,.3g}", ", ".join(stressed)))
    axes.axvline(neutral, color=INK, linewidth=1)
    axes.set_yticks(range(len(panels)), wrapped(list(reversed(panels)), 24))
    axes.set_ylim(-0.6, len(panels) - 0.4)
    axes.grid(axis="y", visible=False)
    if neutral == 1:
        axes.set_xscale("symlog", linthresh=0.1, linscale=0.4)
        axes.set_xlim(left=0)
        axes.set_xticks([0, 0.1, 0.2, 0.5, 1, 2, 5, 10])
    thousands(axes.xaxis)
    axes.set_xlabel(quantity + "\n(logarithmic, in even steps below 0.1)" * (neutral == 1))
    legend_below(axes)
    alt = (
        f"Dots of {quantity} at every month with full windows, {len(panels)} series; the line marks no "
        f"change ({neutral:g}). {'; '.join(parts)}."
    )
    table = pd.DataFrame(records, columns=["Series", "Month", quantity, "Event"])
    return Drawing(figure, alt, table)


@later
def timeline(frame: pd.DataFrame, quantity: str) -> Drawing:
    """Reports by day, one a line, coloured and marked by `group`.

    Parameters
    ----------
    frame : pandas.DataFrame
        `day`, `label`, `group` and, for the table, any further columns; in the order drawn,
        first on top.
    quantity : str
        What the groups are, for the legend and the alt text.
    """
    figure, (axes,) = canvas(1.3 + 0.27 * len(frame))
    y = np.arange(len(frame))[::-1]
    groups = sorted(frame["group"].unique())
    looks = ((BLUE, "o"), (GREEN, "s"), (ORANGE, "^"), (GREY, "x"), (VERMILION, "D"))
    first, last = frame["day"].min(), frame["day"].max()
    span = max(last - first, SHORTEST)
    axes.set_xlim(first - span * 0.04, last + span * 0.04)
    for place, row in zip(y, frame.itertuples(), strict=True):
        colour, marker = looks[groups.index(row.group) % len(looks)]
        axes.hlines(place, first - span * 0.04, row.day, color=LIGHT, linewidth=0.8)
        axes.scatter([row.day], [place], color=colour, marker=marker, s=40, zorder=3)
    for group in groups:
        colour, marker = looks[groups.index(group) % len(looks)]
        axes.scatter([], [], color=colour, marker=marker, label=group)
    axes.set_yticks(y, wrapped(frame["label"], 52), fontsize=8)
    axes.set_ylim(-0.7, len(frame) - 0.3)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(axes.xaxis.get_major_locator()))
    legend_below(axes, title=quantity)
    more = frame.drop(columns=["day", "label", "group"])
    table = pd.DataFrame(
        {
            "Day": frame["day"].dt.date.astype(str),
            "Report": frame["label"],
            quantity.capitalize(): frame["group"],
        }
    ).join(more)
    counted = "; ".join(f"{int((frame['group'] == g).sum())} of {quantity} {g}" for g in groups)
    alt = (
        f"Timeline of {len(frame)} report{'s' * (len(frame) != 1)} from {first.date()} to {last.date()}: {counted}. First: "
        f"{frame.loc[frame['day'].idxmin(), 'label']}; last: {frame.loc[frame['day'].idxmax(), 'label']}."
    )
    return Drawing(figure, alt, table)


LEVEL = 11  # points from one line of names to the next


def levels(spans: Sequence[tuple[float, float]]) -> list[int]:
    """Line of each span: above all that start within it.

    So no two spans meet, and a stroke from the start of a span up to its line crosses none.
    """
    found = [0] * len(spans)
    for place in sorted(range(len(spans)), key=lambda k: (spans[k][0], k), reverse=True):
        start, end = spans[place]
        within = [
            found[k]
            for k, (other, _) in enumerate(spans)
            if (start, place) < (other, k) and other < end
        ]
        found[place] = max(within, default=-1) + 1
    return found


def _beside(
    shares: Sequence[tuple[float, float]], stretch: float, side: int
) -> list[tuple[float, float]]:
    """Where names of given widths begin and end, right (1) or left (-1) of their places."""
    return [(at / stretch, at / stretch + side * width) for at, width in shares]


def _sides(
    shares: Sequence[tuple[float, float]], stretch: float
) -> list[tuple[float, float]] | None:
    """The names of a lane all right, else all left of their places; None if neither fits."""
    for side in (1, -1):
        spans = _beside(shares, stretch, side)
        if all(0 <= end <= 1 for _, end in spans):
            return spans
    return None


@later
def lanes(frame: pd.DataFrame) -> Drawing:
    """Dated events in lanes on one time axis, the main ones named.

    Parameters
    ----------
    frame : pandas.DataFrame
        `day`, `lane`, `event`, `main`, `issuer`, `grade`, `rows`; lanes in the order drawn.
    """
    first, last = frame["day"].min(), frame["day"].max()
    span = max(last - first, SHORTEST)
    names = list(dict.fromkeys(frame["lane"]))
    looks = dict(zip(names, list(SERIES.values()) * 2, strict=False))
    main = frame[frame["main"]]
    blank = Figure(figsize=(WIDTH, 1)).subplots()
    shares = {
        name: [
            ((row.day - first) / span, 1.12 * label_size(blank, row.event)[0] + 0.015)
            for row in main[main["lane"] == name].itertuples()
        ]
        for name in names
    }
    stretch = next(
        (
            k
            for k in np.arange(1.02, 2, 0.02)
            if all(_sides(own, k) is not None for own in shares.values())
        ),
        2.0,
    )
    spans = {
        name: _beside(own, stretch, 1) if (found := _sides(own, stretch)) is None else found
        for name, own in shares.items()
    }
    leftward = {name for name, own in spans.items() if any(end < start for start, end in own)}
    lines = {
        name: levels([(-start, -end) for start, end in own] if name in leftward else own)
        for name, own in spans.items()
    }
    tops = {name: max(own, default=-1) + 1 for name, own in lines.items()}
    heights = {name: (tops[name] + 2) * LEVEL for name in names}
    figure, (axes,) = canvas(0.5 + sum(heights.values()) / 72)
    axes.set_xlim(first - span * 0.02, first + span * stretch)
    axes.set_ylim(0, sum(heights.values()))
    foot, feet = sum(heights.values()), []
    for name in names:
        foot -= heights[name]
        middle = foot + 0.9 * LEVEL
        feet.append(middle)
        colour, marker = looks[name]
        own = frame[frame["lane"] == name]
        axes.axhline(middle, color=LIGHT, linewidth=0.8, zorder=0)
        axes.scatter(own["day"][~own["main"]], np.full((~own["main"]).sum(), middle), color=colour,
                     marker=marker, s=14, alpha=0.55, zorder=2)  # fmt: skip
        stressed = own[own["main"]]
        axes.scatter(stressed["day"], np.full(len(stressed), middle), color=colour, marker=marker,
                     s=40, edgecolor="white", linewidth=0.5, zorder=3)  # fmt: skip
        for row, level in zip(stressed.itertuples(), lines[name], strict=True):
            height = middle + (level + 1) * LEVEL
            axes.vlines(
                row.day, middle, height + 0.3 * LEVEL, color=colour, linewidth=0.6, zorder=1
            )
            side = -1 if name in leftward else 1
            axes.annotate(row.event, (row.day, height), xytext=(3 * side, 0), textcoords="offset points",
                          ha="left" if side > 0 else "right", va="center", fontsize=LABEL_SIZE,
                          color=INK, in_layout=False)  # fmt: skip
    axes.set_yticks(feet, names)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_bounds(*mdates.date2num([first - span * 0.02, last]))
    # The room right of the last day is for words, not for time.
    locator = mdates.AutoDateLocator(minticks=4, maxticks=9)
    axes.set_xticks(
        [tick for tick in locator.tick_values(first, last) if tick <= mdates.date2num(last)]
    )
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
    table = pd.DataFrame(
        {
            "Day": frame["day"].dt.date.astype(str),
            "Lane": frame["lane"],
            "Event": frame["event"],
            "Named": frame["main"].map({True: "yes", False: ""}),
            "Issuer": frame["issuer"],
            "Grade": frame["grade"],
            "Row": frame["rows"],
        }
    )
    sentences = []
    for name in names:
        own = frame[frame["lane"] == name]
        named = "; ".join(f"{r.event} on {r.day.date()}" for r in own[own["main"]].itertuples())
        sentences.append(
            f"{name}: {len(own)} from {own['day'].min().date()} to {own['day'].max().date()}"
            + (f", named: {named}." if named else ", none named.")
        )
    alt = f"Timeline of {len(frame)} events in {len(names)} lanes. {' '.join(sentences)}"
    return Drawing(figure, alt, table)


@later
def multiples(panels: Sequence[tuple[str, str, pd.DataFrame]], names: Sequence[str]) -> Drawing:
    """Small multiples: one quantity a panel, each with a scale of its own.

    Parameters
    ----------
    panels : sequence of (title, unit, pandas.DataFrame)
        The frame has `label`, `value`, `low`, `high`, `text`.
    names : sequence of str
        Labels in the order of their lines; each keeps colour and marker in all panels.
    """
    looks = dict(zip(names, list(SERIES.values()) * 2, strict=False))
    columns = 2
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(WIDTH, 0.55 + rows * (0.75 + 0.2 * len(names))), layout="constrained")
    grid = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    for axes, (title, unit, frame) in zip(grid, panels, strict=False):
        for row in frame.itertuples():
            colour, marker = looks[row.label]
            place = -list(names).index(row.label)
            axes.hlines(place, row.low, row.high, color=colour, linewidth=2.5, alpha=0.6)
            axes.scatter(row.value, place, color=colour, marker=marker, s=30, zorder=3)
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_xlabel(unit, fontsize=8)
        axes.set_yticks([-n for n in range(len(names))], names)
        axes.set_ylim(-len(names) + 0.4, 0.6)
        axes.tick_params(labelsize=8)
        axes.grid(axis="y", visible=False)
        thousands(axes.xaxis)
        axes.xaxis.set_major_locator(MaxNLocator(4))
    table = pd.DataFrame(
        [{"Value": title, "Case": row.label, "Number": row.text}
         for title, _, frame in panels for row in frame.itertuples()]
    )  # fmt: skip
    said = "; ".join(
        f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in frame.itertuples())
        for title, _, frame in panels
    )
    alt = f"Small multiples of {len(panels)} quantities for {', '.join(names)}. {said}."
    return Drawing(figure, alt, table)


@later
def rank_shares(frame: pd.DataFrame, quantity: str) -> Drawing:
    """Stacked bars: share of the draws that each option spends in each place.

    Parameters
    ----------
    frame : pandas.DataFrame
        `label` and columns `place_1`, `place_2`, ..., each row summing to one; best first.
    quantity : str
        Axis label.
    """
    columns = [column for column in frame if column.startswith("place_")]
    figure, (axes,) = canvas(1.7 + 0.42 * len(frame))
    y = np.arange(len(frame))[::-1]
    shades = mpl.colormaps["Blues"](np.linspace(0.95, 0.08, len(columns)))
    left = np.zeros(len(frame))
    for k, column in enumerate(columns):
        width = frame[column].to_numpy(float) * 100
        axes.barh(y, width, left=left, color=shades[k], edgecolor="white", linewidth=0.8,
                  height=0.72, label=f"place {k + 1}")  # fmt: skip
        for place, start, wide in zip(y, left, width, strict=True):
            if wide >= 6:
                axes.text(start + wide / 2, place, f"{wide:.0f}", ha="center", va="center",
                          fontsize=8, color="white" if k < len(columns) / 2 else INK)  # fmt: skip
        left += width
    axes.set_yticks(y, wrapped(frame["label"], 30))
    axes.set_xlim(0, 100)
    axes.grid(visible=False)
    axes.set_xlabel(quantity)
    axes.legend(ncols=len(columns), fontsize=8, loc="lower center", bbox_to_anchor=(0.4, 1.0),
                columnspacing=1.0, handlelength=1.2)  # fmt: skip
    table = pd.DataFrame({"Option": frame["label"]})
    for k, column in enumerate(columns):
        table[f"Place {k + 1}, %"] = (frame[column] * 100).map("{:.1f}".format)
    said = "; ".join(
        f"{row['label']}: first in {row['place_1']:.0%}, last in {row[columns[-1]]:.0%}"
        for row in frame.to_dict("records")
    )
    alt = f"Stacked bars of {quantity}, {len(frame)} options. {said}."
    return Drawing(figure, alt, table)


@later
def panels(frames: Mapping[str, tuple[pd.DataFrame, str]], marks: Sequence = ()) -> Drawing:
    """Small multiples one above the other on one time axis.

    Parameters
    ----------
    frames : mapping of str to (pandas.DataFrame, {"points", "bars", "steps"})
        Title of the panel, its data (`day`, `value`, `group`, `row`) and how to draw them. With
        `kind`, what a figure counts, a line joins no two kinds; with `qualifier`, bounds carry
        arrows.
    marks : sequence of timestamps, optional
        Days marked by a faint line through every panel.
    """
    figure = Figure(figsize=(WIDTH, 0.7 + 1.45 * len(frames)), layout="constrained")
    column = np.atleast_1d(figure.subplots(len(frames), 1, sharex=True))
    looks = [(BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (VERMILION, "D")]
    tables, sentences = [], []
    for axes, (title, (frame, kind)) in zip(column, frames.items(), strict=True):
        for day in marks:
            axes.axvline(day, color=LIGHT, linewidth=0.8, zorder=0)
        groups = list(dict.fromkeys(frame["group"]))
        for group, (colour, marker) in zip(groups, looks, strict=False):
            own = frame[frame["group"] == group].sort_values("day")
            if kind == "bars":
                axes.bar(own["day"], own["value"], width=25, color=colour, align="edge")
            elif kind == "steps":
                axes.step(own["day"], own["value"], where="post", color=colour, linewidth=1.6)
                axes.scatter(own["day"], own["value"], color=colour, marker=marker, s=14)
            else:
                # A line stops where a year is missing or other things are counted.
                breaks = own["day"].diff().dt.days > 400
                if "kind" in own:
                    breaks |= own["kind"] != own["kind"].shift()
                for _, piece in own.groupby(breaks.cumsum()):
                    axes.plot(piece["day"], piece["value"], color=colour, alpha=0.4, linewidth=1)
                axes.scatter(own["day"], own["value"], color=colour, marker=marker, s=26,
                             label=group, zorder=3)  # fmt: skip
                for row in own[bounds_of(own) != ""].itertuples():
                    bound_mark(axes, row.day, row.value, BOUND_TIPS[row.qualifier], colour)
            tables.append(own.assign(title=title))
            first, last = own.iloc[0], own.iloc[-1]
            sentences.append(
                f"{title}{'' if len(groups) == 1 else ', ' + group}: {len(own)} figures from "
                f"{first['value']:,.6g} ({first['day'].date()}) to {last['value']:,.6g} "
                f"({last['day'].date()}), highest {own['value'].max():,.6g}"
                + (f", of which {bounds}" if (bounds := bounds_told(own)) else "")
            )
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_ylim(bottom=0)
        thousands(axes.yaxis)
        if len(groups) > 1:
            axes.legend(fontsize=7.5, loc="upper left", ncols=len(groups))
            axes.set_ylim(top=axes.get_ylim()[1] * 1.25)
    last = column[-1].xaxis
    last.set_major_formatter(mdates.ConciseDateFormatter(last.get_major_locator()))
    drawn = pd.concat(tables, ignore_index=True)
    table = pd.DataFrame(
        {
            "Panel": drawn["title"],
            "Of": drawn["group"],
            "Day": drawn["day"].dt.date.astype(str),
            "Value": bounds_of(drawn) + drawn["value"].map("{:,.6g}".format),
            "Row": drawn["row"],
        }
    )
    marked = f" Faint lines mark {len(marks)} days." if len(marks) else ""
    alt = f"{len(frames)} panels on one time axis. {'; '.join(sentences)}.{marked}"
    return Drawing(figure, alt, table)


@later
def track(frame: pd.DataFrame, stated: pd.DataFrame, quantity: str, unit: str) -> Drawing:
    """One value at successive vintages with its interval, and what others stated meanwhile.

    Parameters
    ----------
    frame : pandas.DataFrame
        `day`, `value`, `low`, `high` (missing where there is no interval), `text`.
    stated : pandas.DataFrame
        `day`, `low`, `high` (equal where no range was stated), `text`, `issuer`, `row`; with
        `qualifier`, bounds carry arrows; may be empty.
    quantity, unit : str
        Name of the value, and how its unit is printed.
    """
    figure, (axes,) = canvas(3.1)
    if frame["low"].notna().any():
        low, high = frame["low"].astype(float), frame["high"].astype(float)
        axes.fill_between(frame["day"], low, high, step="post", color=BLUE, alpha=0.18, linewidth=0,
                          label="its interval")  # fmt: skip
        # The band ends where the last vintage begins: its own interval needs a line.
        axes.vlines(frame["day"].iloc[-1], low.iloc[-1], high.iloc[-1], color=BLUE, alpha=0.6)
    axes.step(frame["day"], frame["value"], where="post", color=BLUE, linewidth=1.8,
              marker="o", markersize=4, label="this compendium")  # fmt: skip
    point = stated["low"] == stated["high"]
    spans, points = stated[~point], stated[point]
    if len(points):
        axes.scatter(points["day"], points["low"], color=VERMILION, marker="x", s=28, zorder=4,
                     label="stated by others")  # fmt: skip
    if len(spans):
        axes.vlines(spans["day"], spans["low"], spans["high"], color=VERMILION, zorder=4,
                    label="a range stated by others")  # fmt: skip
    for row in stated[bounds_of(stated) != ""].itertuples():
        tip = BOUND_TIPS[row.qualifier]
        bound_mark(axes, row.day, row.high if tip > 0 else row.low, tip, VERMILION)
    legend_below(axes)
    axes.set_ylim(bottom=0)
    thousands(axes.yaxis)
    axes.set_ylabel(unit.format("").strip() or quantity)
    axes.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=3, maxticks=8))
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(axes.xaxis.get_major_locator()))
    own = pd.DataFrame(
        {"Vintage": frame["day"].dt.date.astype(str), "By": "this compendium",
         "Stated": frame["text"], "Row": ""}
    )  # fmt: skip
    given = pd.DataFrame(
        {"Vintage": stated["day"].dt.date.astype(str) if len(stated) else [],
         "By": stated["issuer"], "Stated": stated["text"].map(unit.format), "Row": stated["row"]}
    )  # fmt: skip
    said = (
        f" Crosses and bars mark {len(stated)} figures by others from {stated['low'].min():,.4g} to "
        f"{stated['high'].max():,.4g}."
        + (f" Of them {bounds}." if (bounds := bounds_told(stated)) else "")
        if len(stated)
        else ""
    )
    banded = frame.dropna(subset=["low", "high"])
    band = (
        f" A band shows its interval, at the end from {banded['low'].iloc[-1]:,.4g} to "
        f"{banded['high'].iloc[-1]:,.4g}."
        if len(banded)
        else ""
    )
    alt = (
        f"{quantity} at {len(frame)} vintages, stepping from {frame['text'].iloc[0]} on "
        f"{frame['day'].iloc[0].date()} to {frame['text'].iloc[-1]} on "
        f"{frame['day'].iloc[-1].date()}.{band}{said}"
    )
    table = pd.concat([own, given], ignore_index=True).sort_values("Vintage", kind="stable")
    return Drawing(figure, alt, table)
