"""Figures: alt text with the extremes, a table of the data, the same bytes each time."""

import io
import math
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from compendium import exhibits, figures, paths


def counts():
    rows = pd.DataFrame(
        [
            ("a", "2023-10-31", 1000, 1000, "more_than", "ROK", "ROK MND", "South Korea"),
            ("b", "2024-02-26", 6700, 6700, "approx", "ROK", "ROK MND", "South Korea"),
            ("c", "2024-02-23", 10000, 11000, "at_least", "US", "US State", "United States"),
            ("d", "2024-03-01", 4000, 9000, "up_to", "OSC", "Open Source Centre", "Researchers"),
        ],
        columns=["obs_id", "period_end", "low", "high", "qualifier", "issuer_short", "issuer", "side"],
    )  # fmt: skip
    return rows.assign(
        period_start=pd.to_datetime(["2023-09-07", "2023-07-01", "2023-09-01", None]),
        period_end=pd.to_datetime(rows["period_end"]),
        reliability="B",
        credibility=2,
    )


def estimates():
    columns = ["label", "median", "low50", "high50", "low90", "high90"]
    return pd.DataFrame(
        [("cheap", 2.0, 1.5, 2.5, 1.0, 3.0), ("dear", 9.0, 8.0, 11.0, 7.0, 14.2)], columns=columns
    )


def prices():
    return pd.DataFrame(
        {
            "label": ["INSS", "RUSI", "A very long name of an issuer that has to be broken"],
            "group": ["cost", "cost", "market"],
            "low": [300, 450, 1100],
            "high": [600, 450, 6000],
            "Row": ["r1", "r2", "r3"],
        }
    )


def bars():
    columns = ["input", "low", "high", "at_low", "at_high"]
    return pd.DataFrame(
        [("price", 1.0, 7.0, "300", "2,000"), ("rounds", 2.0, 4.0, "3 m", "9 m")], columns=columns
    )


def indices(total):
    columns = ["input", "first", "first_conf", "total", "total_conf"]
    return pd.DataFrame(
        [("price", 0.6, 0.02, total, 0.03), ("rounds", 0.2, 0.01, 0.31, 0.02)], columns=columns
    )


def months():
    columns = ["months", "median", "low50", "high50", "low90", "high90"]
    return pd.DataFrame(
        [(0, 250, 200, 300, 150, 400), (12, 260, 120, 480, 60, 990)], columns=columns
    )


START = pd.Timestamp("2024-10-28")
DRAWS = np.linspace(1, 101, 1001)
# Function, how many rows its table has, and what its alt text must say.
CASES = {
    "dated_counts": (
        lambda: figures.dated_counts(counts(), "containers sent"),
        4,
        ["containers sent: 4 statements of 3 issuers from 2023-10-31 to 2024-03-01",
         "Of them 3 are bounds",
         "Lines: 0, that only rise: 0",
         "OSC is lowest with up to 4,000 and US highest with at least 11,000"],
    ),
    "dated_counts, scaled": (
        lambda: figures.dated_counts(counts(), "thousands", 1e-3),
        4,
        ["OSC is lowest with up to 4 and US highest with at least 11"],
    ),
    "intervals": (
        lambda: figures.intervals(estimates(), "billion USD", {"study": 5.5}, highlight="dear"),
        2,
        ["cheap: median 2.0, 90 % interval 1.0 to 3.0", "dear: median 9.0", "7.0 to 14.2",
         "A line marks study at 5.5"],
    ),
    "intervals, logarithmic": (
        lambda: figures.intervals(estimates(), "billion USD", log=True),
        2,
        ["billion USD, logarithmic axis"],
    ),
    "distribution": (
        lambda: figures.distribution(DRAWS, "billion USD", {"low": 11, "high": 61}),
        5,
        ["1,001 draws of billion USD: median 51.0, central half 26.0 to 76.0, 90 % 6.0 to 96.0",
         "low 11.0 and high 61.0; 50% of the draws lie between"],
    ),
    "ranges": (
        lambda: figures.ranges(prices(), "USD a round"),
        3,
        ["USD a round, logarithmic axis, 3 figures", "cost: 300 to 600; market: 1,100 to 6,000"],
    ),
    "ranges, straight": (lambda: figures.ranges(prices(), "USD", log=False), 3, ["of USD, 3 fig"]),
    "tornado": (
        lambda: figures.tornado(bars(), 3.0, "billion USD"),
        2,
        ["around a median of 3.0", "Widest bar: price, from 1.0 to 7.0", "rounds: 2.0 to 4.0"],
    ),
    "sobol": (
        lambda: figures.sobol({"one basis": indices(0.7), "all bases": indices(0.95)}),
        4,
        ["90% bootstrap", "one basis: total indices price 0.70, rounds 0.31", "all bases: total "
         "indices price 0.95"],
    ),
    "fan": (
        lambda: figures.fan(months(), START, "rounds a month"),
        2,
        ["from 2024-10-28 to 2025-10-28", "stays near 260", "from 150 to 400 at the start",
         "60 to 990 after 12 months"],
    ),
}  # fmt: skip


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def files(drawing):
    """SVG and PNG as the exhibits save them, the latter small."""
    svg, png = io.StringIO(), io.BytesIO()
    drawing.figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    drawing.figure.savefig(png, format="png", dpi=50, metadata={"Software": None})
    return svg.getvalue(), png.getvalue()


@pytest.mark.filterwarnings("error")
def test_alt_text_names_the_extremes_and_the_table_holds_every_row(case):
    draw, rows, words = case
    drawing = draw()
    assert isinstance(drawing.figure, Figure)
    for word in words:
        assert word in drawing.alt
    assert drawing.alt.endswith(".")
    assert "nan" not in drawing.alt
    assert len(drawing.table) == rows
    assert not drawing.table.isna().any(axis=None)
    assert drawing.table.columns.is_unique


def test_drawn_twice_it_is_the_same_bytes(case):
    draw, _, _ = case
    first, second = files(draw()), files(draw())
    assert first == second
    assert "<dc:date>" not in first[0]
    assert not re.search(r"/home/|/tmp/|/root/|site-packages", first[0])


def test_the_table_shows_the_data_as_stated():
    table = figures.dated_counts(counts(), "containers").table
    assert list(table["From"]) == ["2023-09-07", "2023-09-01", "2023-07-01", "not stated"]
    assert list(table["By"]) == ["2023-10-31", "2024-02-23", "2024-02-26", "2024-03-01"]
    assert list(table["containers"]) == ["1,000", "10,000 to 11,000", "6,700", "4,000 to 9,000"]
    assert list(table["Stated as"]) == ["more than", "at least", "approx", "up to"]
    assert set(table["Grade"]) == {"B2"}
    assert list(figures.ranges(prices(), "USD").table["USD"]) == ["300 to 600", "450", "1,100 to 6,000"]  # fmt: skip
    fan = figures.fan(months(), START, "rounds").table
    assert list(fan["90 % interval"]) == ["150 to 400", "60 to 990"]


def test_alt_text_follows_the_data():
    falling = counts().assign(
        high=[6700, 1000, 500, 9000],
        low=[6700, 1000, 500, 4000],
        period_start=pd.Timestamp("2023-07-01"),
    )
    alt = figures.dated_counts(falling, "containers").alt
    assert "Lines: 1, that only rise: 0" in alt
    assert "US is lowest with at least 500 and OSC highest with up to 9,000" in alt


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("draw", "rows"),
    [
        (lambda: figures.dated_counts(counts()[:1], "containers"), 1),
        (lambda: figures.fan(months()[:1], START, "rounds"), 1),
        (lambda: figures.ranges(prices()[:1], "USD"), 1),
        (lambda: figures.intervals(estimates()[:1], "USD"), 1),
        (lambda: figures.tornado(bars()[:1], 3.0, "USD"), 1),
        (lambda: figures.distribution(np.full(8, 3.0), "USD"), 5),
    ],
)
def test_one_row_can_be_drawn(draw, rows):
    drawing = draw()
    assert len(drawing.table) == rows
    assert all(files(drawing))


def test_names_keep_clear_of_names_and_markers():
    _, (axes,) = figures.canvas(4)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    ends = [(0.6, 0.5, "first", "k"), (0.6, 0.5, "second", "k"), (0.1, 0.5, "free", "k")]
    figures.label_ends(axes, ends, [(0.15, 0.2, 5.0)])
    heights = {text.get_text(): text.xy[1] for text in axes.texts if text.get_text()}
    _, line = figures.label_size(axes, "first")
    assert abs(heights["first"] - heights["second"]) >= line * 0.99
    assert heights["free"] == 0.5
    _, (axes,) = figures.canvas(4)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    figures.label_ends(axes, [(0.1, 0.5, "moved", "k")], [(0.14, 0.5, 5.0)])
    assert axes.texts[0].xy[1] != 0.5


def test_rows_of_one_day_are_not_joined_and_the_best_graded_is_named():
    rows = (
        counts()
        .iloc[[0, 1, 1]]
        .assign(
            obs_id=["a", "worse", "better"],
            low=[1000, 15_800, 21_000],
            high=[1000, 15_800, 21_000],
            period_start=pd.Timestamp("2023-07-01"),
        )
    )
    drawing = figures.dated_counts(rows, "containers")
    axes = drawing.figure.axes[0]
    assert [list(line.get_ydata()) for line in axes.lines] == [[1000, 21_000]]
    assert len(drawing.table) == 3


JULY, AUGUST = pd.Timestamp("2023-07-01"), pd.Timestamp("2023-08-01")


@pytest.mark.parametrize(
    ("starts", "items", "joined"),
    [
        ([JULY, JULY], ["shells", "shells"], True),
        ([JULY, JULY], ["shells", "shells and rockets"], False),
        ([AUGUST, JULY], ["shells", "shells"], False),
        ([pd.NaT, pd.NaT], ["shells", "shells"], False),  # nobody says that these are the same
    ],
)
def test_a_line_joins_what_is_counted_alike(starts, items, joined):
    rows = counts()[:2].assign(period_start=starts, item=items)
    drawing = figures.dated_counts(rows, "rounds")
    axes = drawing.figure.axes[0]
    lengths = [len(line.get_xdata()) for line in axes.lines]
    assert lengths == ([2] if joined else [1, 1])
    # What stands alone has a name of its own, lest nobody knows whose it is.
    names = [text.get_text() for text in axes.texts if text.get_text()]
    assert names == ["ROK"] * len(lengths)
    assert f"Lines: {int(joined)}" in drawing.alt


def test_counts_of_something_else_are_hollow_and_the_data_say_what_was_counted():
    rows = counts().assign(item=["KN-23/24", "a_b", "a_b", "a_b"], scope=["fired", "", "", ""])
    drawing = figures.dated_counts(rows, "missiles")
    axes = drawing.figure.axes[0]
    assert drawing.table["Count of"].tolist() == ["fired, KN-23/24", "a b", "a b", "a b"]
    # 1,000 of 2023-10-31 alone; the legend has an entry for it.
    hollow = [
        tuple(place) for dots in axes.collections if hasattr(dots, "get_offsets")
        for place, face in zip(dots.get_offsets(), dots.get_facecolor(), strict=False)
        if tuple(face[:3]) == (1, 1, 1)
    ]  # fmt: skip
    assert [height for _, height in hollow] == [1000]
    assert "fired" in axes.get_legend_handles_labels()[1]
    assert drawing.alt.endswith("Hollow, fired: 1.")
    assert "Count of" not in figures.dated_counts(counts(), "containers").table


def test_counts_in_doubt_are_ringed_and_told():
    rows = counts().assign(doubt=["", "graded doubtful", "", ""])
    drawing = figures.dated_counts(rows, "boxes")
    (axes,) = drawing.figure.axes
    rings = [
        tuple(place) for dots in axes.collections
        if hasattr(dots, "get_sizes") and list(dots.get_sizes()) == [figures.DOUBTED["s"]]
        for place in dots.get_offsets()
    ]  # fmt: skip
    assert [height for _, height in rings] == [6700]
    assert drawing.table.set_index("By").at["2024-02-26", "In doubt"] == "graded doubtful"
    assert drawing.alt.endswith(f"Ringed, {figures.DOUBTED_LABEL}: 1.")
    assert figures.DOUBTED_LABEL in axes.get_legend_handles_labels()[1]
    # Beside a better count of its issuer on the same day it has a name of its own.
    beside = counts().iloc[[1, 1]].assign(doubt=["graded doubtful", ""], low=[5000, 6700])
    named = figures.dated_counts(beside, "boxes").figure.axes[0].texts
    assert {note.get_text() for note in named} - {""} == {"ROK", "ROK, in doubt"}
    assert "In doubt" not in figures.dated_counts(counts(), "boxes").table


def test_bounds_among_ranges_are_told_in_words():
    frame = prices().assign(bound=["approx", "more_than", "up_to"])
    drawing = figures.ranges(frame, "USD")
    shown = ["300 to 600", "more than 450", "up to 1,100 to 6,000"]
    assert drawing.table["USD"].tolist() == shown
    assert [note.get_text() for note in drawing.figure.axes[0].texts] == shown
    assert "2 are bounds." in drawing.alt
    both_ways = figures.ranges(prices().assign(bound=["approx", "open", "approx"]), "USD")
    assert both_ways.table["USD"][1] == "more or less than 450"
    assert "bound" not in both_ways.alt
    assert "bound" not in drawing.table


def test_votes_are_not_added_up():
    frame = pd.DataFrame({"label": ["a", "b"], "for": [141, 93], "against": [5, 24]})
    alt = figures.counts(frame, {"for": "for", "against": "against"}, "states", added=False).alt
    assert alt == "Bar chart of states, 2 bars. a: 141 for, 5 against; b: 93 for, 24 against."


def test_a_tornado_of_amounts_has_no_negative_ticks():
    axes = figures.tornado(bars(), 3.0, "USD").figure.axes[0]
    assert axes.get_xticks().min() == 0
    falling = bars().assign(low=[-4.0, 2.0])
    assert figures.tornado(falling, 3.0, "percent").figure.axes[0].get_xticks().min() < 0


def test_a_span_of_one_figure_is_told_once():
    assert figures.span_text(3, 3) == "3"
    assert figures.span_text(1000, 2000) == "1,000 to 2,000"
    assert figures.wrapped(["one two three"], 7) == ["one two\nthree"]


def test_series_differ_by_more_than_colour():
    colours, markers = zip(*figures.SERIES.values(), strict=True)
    assert len(set(colours)) == len(colours)
    assert len(set(markers)) == len(markers)


def hidden_from(page):
    """What the style sheet does to a figure in the dark, on red, green and blue from 0 to 1."""
    css = (paths.ROOT / "assets" / "style.css").read_text("utf-8")
    (amount, turn) = re.search(r"filter: invert\(([\d.]+)\) hue-rotate\((\d+)deg\)", css).groups()
    amount, angle = float(amount), math.radians(float(turn))
    # Filter Effects Module Level 1, section 8: the matrix of hueRotate.
    grey = np.array([[0.213, 0.715, 0.072]] * 3)
    cosine = np.array([[0.787, -0.715, -0.072], [-0.213, 0.285, -0.072], [-0.213, -0.715, 0.928]])
    sine = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])
    matrix = grey + math.cos(angle) * cosine + math.sin(angle) * sine

    def seen(colour):
        parts = np.array(to_rgb(colour)) * (1 - 2 * amount) + amount
        return to_hex(np.clip(matrix @ parts, 0, 1))

    return seen(page), seen


def test_contrast_is_that_of_the_guidelines():
    assert figures.contrast("white", "black") == pytest.approx(21)
    # Linear (0.2159,)*3: (1 + 0.05) / (0.2159 + 0.05), by hand.
    assert figures.contrast("#808080", "white") == pytest.approx(3.95, abs=0.005)
    assert figures.contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("way", ["light", "dark"])
def test_words_are_legible_and_marks_are_seen_by_day_and_by_night(case, way):
    ground, seen = ("#ffffff", to_hex) if way == "light" else hidden_from("white")
    assert way == "light" or ground == "#121212"  # the page of the theme in the dark
    drawing = case[0]()
    for word in drawing.figure.findobj(Text):
        if word.get_text().strip() and word.get_visible():
            least = 4.5
            if word.axes and word.get_text().isdigit():
                continue  # on a bar, with a colour of its own
            assert figures.contrast(seen(word.get_color()), ground) >= least, word.get_text()
    for colour, _ in figures.SERIES.values():
        # Orange and sky blue are light by nature; each has a marker and a name beside it.
        assert figures.contrast(seen(colour), ground) >= (2.2 if way == "light" else 3)


def test_a_colour_is_darkened_no_more_than_needed():
    assert figures.legible(figures.BLUE) == figures.BLUE.lower()
    for colour in (figures.ORANGE, figures.SKY, figures.PURPLE, figures.GREEN, figures.VERMILION):
        assert 4.5 <= figures.contrast(figures.legible(colour), "white") < 5


def events():
    rows = [
        ("2022-07-13", "Pacts", "recognition", True, "p1"),
        ("2024-06-19", "Pacts", "signed", True, "p2"),
        ("2023-09-12", "Meetings", "heads of state", True, "m1"),
        ("2024-01-15", "Meetings", "ministers", False, "m2"),
        ("2024-10-18", "Troops", "a rather long name of a count of troops at the end", True, "t1"),
    ]
    frame = pd.DataFrame(rows, columns=["day", "lane", "event", "main", "rows"])
    return frame.assign(day=pd.to_datetime(frame["day"]), issuer="ROK MND", grade="B2")


def test_names_of_a_lane_meet_neither_each_other_nor_their_strokes():
    # The first spans the starts of both others, the second that of the third only.
    assert figures.levels([(0.0, 0.9), (0.5, 0.8), (0.7, 0.95)]) == [2, 1, 0]
    assert figures.levels([(0.0, 0.3), (0.5, 0.8)]) == [0, 0]
    assert figures.levels([(0.5, 0.6), (0.5, 0.6)]) == [1, 0]  # two on one day
    assert figures.levels([]) == []


def test_a_timeline_names_the_main_events_inside_the_figure():
    drawing = figures.lanes(events())
    assert list(drawing.table["Row"]) == ["p1", "p2", "m1", "m2", "t1"]
    assert list(drawing.table["Named"]) == ["yes", "yes", "yes", "", "yes"]
    assert "Timeline of 5 events in 3 lanes." in drawing.alt
    assert "Meetings: 2 from 2023-09-12 to 2024-01-15, named: heads of state on 2023-09-12." in drawing.alt  # fmt: skip
    exhibits.lay_out(drawing.figure)
    drawing.figure.draw_without_rendering()
    (axes,) = drawing.figure.axes
    words = {text.get_text(): text.get_window_extent() for text in axes.texts}
    assert set(words) == set(events().query("main")["event"])
    width = drawing.figure.bbox.width
    assert all(box.x0 >= 0 and box.x1 <= width for box in words.values())
    boxes = list(words.values())
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[k + 1 :])


def test_labels_that_would_touch_are_slanted():
    def turned(label):
        frame = pd.DataFrame({"label": [f"{label} {n}" for n in range(7)], "n": range(7)})
        ticks = figures.counts(frame, {"n": "n"}, "n").figure.axes[0].get_xticklabels()
        return {tick.get_rotation() for tick in ticks}

    assert turned("a") == {0}
    assert turned("humanitarian") == {30}


def test_lines_are_named_at_their_ends_unless_groups_share_one():
    rows = [
        (2019, 1.0, "a"),
        (2020, 2.0, "a"),
        (2019, 5.0, "b"),
        (2020, 6.0, "b"),
        (2020, 9.0, "c"),
    ]
    frame = pd.DataFrame(rows, columns=["year", "value", "group"]).assign(row="r")

    def named(line):
        figure = figures.yearly(frame.assign(line=line), "n").figure
        legend = figure.legends[0] if figure.legends else None
        in_legend = {text.get_text() for text in legend.get_texts()} if legend else set()
        (axes,) = figure.axes
        shown = [tick for tick in axes.get_xticks() if tick <= axes.get_xlim()[1]]
        assert max(shown) == 2020  # no year to come
        return {text.get_text() for text in figure.axes[0].texts} - {""}, in_legend

    assert named(["a", "a", "b", "b", ""]) == ({"a", "b"}, {"c"})
    assert named(["all"] * 4 + [""]) == (set(), {"a", "b", "c"})


def test_every_figure_has_its_legend_below_all_else(case):
    figure = case[0]().figure
    exhibits.lay_out(figure)
    figure.draw_without_rendering()
    for legend in figure.legends:
        box = legend.get_window_extent()
        assert box.y0 >= 0
        for axes in figure.axes:
            assert box.y1 <= axes.get_window_extent().y0


NOUGHT = {
    "scenarios": lambda: figures.scenarios(
        pd.DataFrame({"label": ["a", "b"], "low": [0, 20], "middle": [10, 40], "high": [30, 90]}),
        "men", {},
    ),
    "ranges": lambda: figures.ranges(prices().assign(low=[0, 300, 1100]), "USD a round"),
    "intervals": lambda: figures.intervals(
        estimates().assign(low90=[0.0, 7.0]), "billion USD", log=True
    ),
    "fan": lambda: figures.fan(months().assign(low90=0), START, "rounds a month"),
    "yearly": lambda: figures.yearly(
        pd.DataFrame({"year": [2020, 2021], "value": [42.7, 0.0], "group": "customs",
                      "line": "kept", "row": ["a", "b"]}),
        "million USD", log=True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOUGHT)
def test_a_nought_has_its_place_on_a_logarithmic_axis(name):
    figure = NOUGHT[name]().figure
    (axes,) = figure.axes
    scales = {axes.get_xscale(): axes.get_xlim(), axes.get_yscale(): axes.get_ylim()}
    least, most = scales["symlog"]
    ticks = (axes.xaxis if axes.get_xscale() == "symlog" else axes.yaxis).get_ticklocs()
    assert 0 in [tick for tick in ticks if least <= tick <= most]
    assert not [tick for tick in ticks if least <= tick < 0]
    assert "in even steps" in axes.get_xlabel() + axes.get_ylabel()
    figure.canvas.draw()


@pytest.mark.filterwarnings("error")
def test_noughts_alone_are_drawn_and_said():
    figure = figures.ranges(prices().assign(low=0, high=0), "USD a round").figure
    assert "all are nought" in figure.axes[0].get_xlabel()
    figure.canvas.draw()
