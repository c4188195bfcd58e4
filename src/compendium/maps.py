"""The map of the sea route, drawn from shapes and places kept in `data/shapes`.

Degrees are drawn as an equirectangular map that is true to scale at its middle latitude; over
the two degrees of this map the error at its edges stays below two percent.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from compendium import files, paths
from compendium.drawings import Drawing
from compendium.errors import CompendiumError
from compendium.figures import (
    BLUE,
    GREY,
    INK,
    LABEL_SIZE,
    VERMILION,
    canvas,
    label_size,
    legible,
)

SHAPES = paths.DATA / "shapes"
EARTH_RADIUS = 6371.0088  # km, mean radius of the ellipsoid of GRS 80
# West, south, east, north in degrees. What is kept reaches past what is shown, so that the
# edges of the cut are not seen.
CUT = (129.5, 41.3, 134.0, 43.7)
SHOWN = (129.65, 41.8, 133.8, 43.4)
LAND, COAST = "#ededed", "#8a8a8a"
NAMES = {"CHN": "China", "PRK": "North Korea", "RUS": "Russia"}
# Look of a flow and how its line bends, towards the sea.
FLOWS = {"arms": (VERMILION, "-", 0.22), "oil products": (BLUE, "--", -0.22)}


def rings() -> pd.DataFrame:
    """Outlines of the land: `country` (ISO code), `ring`, `longitude`, `latitude`, in order."""
    return _read("coast.csv", ("country", "ring", "longitude", "latitude"))


def places() -> pd.DataFrame:
    """Ports and towns with the list their position is from, by `place`."""
    columns = (
        "place",
        "kind",
        "name_in_source",
        "country",
        "longitude",
        "latitude",
        "source",
        "source_id",
    )
    return _read("places.csv", columns).set_index("place")


def _read(name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """A table of `SHAPES`; `CompendiumError` where it is damaged."""
    file = SHAPES / name
    try:
        found = pd.read_csv(io.StringIO(files.read_text(file)), dtype={"source_id": str})
        if tuple(found) != columns or found.empty or found.isna().any(axis=None):
            raise ValueError(f"the columns must be {', '.join(columns)}, every cell of them filled")
        found[["longitude", "latitude"]].astype(float)
    except ValueError as error:
        problem = " ".join(str(error).split())
        raise CompendiumError(
            f"{paths.relative(file)}: {problem}; `git checkout data/shapes` brings it back"
        ) from None
    return found


def aspect(latitude: float) -> float:
    """Height of a degree north over the width of a degree east at a latitude, in degrees."""
    return 1 / math.cos(math.radians(latitude))


def degrees_east(kilometres: float, latitude: float) -> float:
    """Degrees of longitude that a distance along a parallel spans."""
    return math.degrees(kilometres / (EARTH_RADIUS * math.cos(math.radians(latitude))))


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance of two points (longitude, latitude), in km (haversine formula)."""
    (lon1, lat1), (lon2, lat2) = np.radians(one), np.radians(other)
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(half))


def clip(
    ring: Sequence[tuple[float, float]], box: tuple[float, float, float, float]
) -> list[tuple[float, float]]:
    """Part of a ring inside a box, by the algorithm of Sutherland and Hodgman.

    Parameters
    ----------
    ring : sequence of (x, y)
        Corners in order; the last joins the first.
    box : (left, bottom, right, top)

    Returns
    -------
    list of (x, y)
        Empty where nothing lies inside. Parts that come apart stay joined along the edge of
        the box.
    """
    found = list(ring)
    for axis, limit, keep in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        corners, found = found, []
        for before, here in zip(corners[-1:] + corners[:-1], corners, strict=True):
            inside = [keep * (point[axis] - limit) >= 0 for point in (before, here)]
            if inside[0] != inside[1]:
                share = (limit - before[axis]) / (here[axis] - before[axis])
                cut = [a + share * (b - a) for a, b in zip(before, here, strict=True)]
                cut[axis] = limit
                found.append(tuple(cut))
            if inside[1]:
                found.append(tuple(here))
    return found


def roomiest(
    ring: NDArray[np.float64], taken: NDArray[np.float64], box: tuple[float, float, float, float]
) -> tuple[float, float, float] | None:
    """Point of a ring inside a box that is furthest from its edges and from what is taken.

    Returns
    -------
    (x, y, distance) or None
        None where the ring has nothing in the box. Distances across count half, because words
        are wide; the grid that is searched has 60 by 40 points.
    """
    left, bottom, right, top = box
    grid = np.array(
        [(x, y) for x in np.linspace(left, right, 60) for y in np.linspace(bottom, top, 40)]
    )
    inside = grid[Outline(ring).contains_points(grid)]
    if not len(inside):
        return None
    apart = (inside[:, None] - np.concatenate([ring, taken])[None]) * (0.5, 1)
    room = np.hypot(*apart.transpose(2, 0, 1)).min(axis=1)
    room = np.minimum(room, np.minimum(inside[:, 0] - left, right - inside[:, 0]) / 2)
    room = np.minimum(room, np.minimum(inside[:, 1] - bottom, top - inside[:, 1]))
    best = int(room.argmax())
    return (*inside[best], room[best])


def cut(countries: Iterable[tuple[str, Iterable[Sequence[tuple[float, float]]]]]) -> str:
    """Text of `coast.csv` from the rings of each country."""
    lines = ["country,ring,longitude,latitude"]
    for country, rings_of in sorted(countries):
        kept = [found for ring in rings_of if len(found := clip(ring, CUT)) > 2]
        for number, ring in enumerate(kept, 1):
            # Four digits are ten metres, finer than the source.
            corners = dict.fromkeys((f"{x:.4f}", f"{y:.4f}") for x, y in ring)
            lines += [f"{country},{number},{x},{y}" for x, y in corners]
    return "\n".join(lines) + "\n"


def land(axes: Axes) -> None:
    """Draw the land and name the countries in the middle of what is shown of them."""
    left, bottom, right, top = SHOWN
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_aspect(aspect((bottom + top) / 2))
    taken = places()[["longitude", "latitude"]].to_numpy()
    found: dict[str, tuple[float, float, float]] = {}
    for (country, _), corners in rings().groupby(["country", "ring"]):
        ring = corners[["longitude", "latitude"]].to_numpy()
        axes.fill(*ring.T, facecolor=LAND, edgecolor=COAST, linewidth=0.7)
        if spot := roomiest(ring, taken, SHOWN):
            found[country] = max(found.get(country, spot), spot, key=lambda spot: spot[2])
    for country, (x, y, _) in found.items():
        axes.text(x, y, NAMES[country], fontsize=10, color=GREY, ha="center", va="center", style="italic", in_layout=False)  # fmt: skip


def scale_bar(axes: Axes, kilometres: float = 50) -> None:
    """Bar of a round distance, true at the latitude it is drawn at."""
    left, bottom, right, top = SHOWN
    y = bottom + 0.06 * (top - bottom)
    start = left + 0.12 * (right - left)
    end = start + degrees_east(kilometres, y)
    axes.plot([start, end], [y, y], color=INK, linewidth=2.5, solid_capstyle="butt")
    axes.text((start + end) / 2, y + 0.02 * (top - bottom), f"{kilometres:.0f} km", ha="center", fontsize=LABEL_SIZE)  # fmt: skip


def supply_route(rows: pd.DataFrame) -> Drawing:
    """Ports between which deliveries by sea are stated, with a figure of each flow and its time.

    Of a flow the newest figure that names both ports is shown, else the newest.

    Parameters
    ----------
    rows : pandas.DataFrame
        Output of `arms.shipments.route`: `flow`, `start`, `end` (names of `places`, or empty
        where the statement names no port), `text`, `period_start`, `period_end`, `known_on`,
        `issuer`, `obs_id`.

    Notes
    -----
    The line is a sketch, not a ship's track. Where no port is named for one end, it ends in
    the open sea.
    """
    figure, (axes,) = canvas(3.55)
    land(axes)
    known = places()
    used = [place for place in known.index if place in {*rows["start"], *rows["end"]}]
    used += [place for place in known.index if known.loc[place, "kind"] == "orientation"]
    where = {place: (row["longitude"], row["latitude"]) for place, row in known.iterrows()}
    for place in used:
        orientation = known.loc[place, "kind"] == "orientation"
        axes.plot(*where[place], marker="o" if orientation else "s", color=GREY if orientation else INK,
                  markersize=3.5 if orientation else 6, zorder=4)  # fmt: skip
        axes.annotate(place, where[place], xytext=(0, 7), textcoords="offset points", ha="center",
                      fontsize=LABEL_SIZE if orientation else 9.5, color=GREY if orientation else INK,
                      weight="normal" if orientation else "bold", zorder=5)  # fmt: skip
    sentences = []
    for flow, own in rows[(rows["start"] != "") | (rows["end"] != "")].groupby("flow", sort=False):
        named = own[(own["start"] != "") & (own["end"] != "")]
        shown = (named if len(named) else own).sort_values("known_on").iloc[-1]
        sentences.append(_flow(axes, flow, shown, where))
    scale_bar(axes)
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
    table = pd.DataFrame(
        {
            "Flow": rows["flow"],
            "Port left": rows["start"].replace("", "not named"),
            "Port reached": rows["end"].replace("", "not named"),
            "Straight distance, km": [_straight(row, where) for row in rows.itertuples()],
            "Stated": rows["text"],
            "From": rows["period_start"].dt.strftime("%Y-%m-%d").fillna("not stated"),
            "By": rows["period_end"].dt.date.astype(str),
            "Issuer": rows["issuer"],
            "Known on": rows["known_on"].dt.date.astype(str),
            "Row": rows["obs_id"],
        }
    )
    ports = "; ".join(
        f"{place} at {y:.2f} N, {x:.2f} E" for place in used for x, y in [where[place]]
    )
    alt = (
        f"Map of the coast from {SHOWN[1]:.0f} to {SHOWN[3]:.0f} degrees north where North Korea, "
        f"China and Russia meet. {ports}. {' '.join(sentences)}"
    )
    return Drawing(figure, alt, table)


def _straight(row, where) -> str:
    if not (row.start and row.end):
        return "not known"
    return f"{distance(where[row.start], where[row.end]):,.0f}"


def _when(row: pd.Series) -> str:
    """Time that a figure is of: five voyages of two months are not all there were."""
    if pd.isna(row["period_start"]):
        return f"up to {row['period_end'].date()}"
    return f"{row['period_start'].date()} to {row['period_end'].date()}"


def _flow(axes: Axes, flow: str, row: pd.Series, where: dict[str, tuple[float, float]]) -> str:
    """Draw the line of a flow with its words; return the sentence for the alt text."""
    colour, line, bend = FLOWS[flow]
    left, bottom, right, top = SHOWN
    open_sea = (left + 0.46 * (right - left), bottom + 0.08 * (top - bottom))
    start = where.get(row["start"], open_sea)
    end = where.get(row["end"], open_sea)
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            connectionstyle=f"arc3,rad={bend}",
            arrowstyle="-|>",
            mutation_scale=13,
            color=colour,
            linestyle=line,
            linewidth=2,
            shrinkA=6,
            shrinkB=6,
            zorder=3,
        )  # fmt: skip
    )
    # Middle of the bent line: half of its control point's way out from the chord.
    across, up = end[0] - start[0], end[1] - start[1]
    steep = aspect((bottom + top) / 2)
    x = (start[0] + end[0]) / 2 + bend * up * steep / 2
    y = (start[1] + end[1]) / 2 - bend * across / steep / 2
    lines = [f"{flow}: {row['text']},", _when(row), f"({row['issuer']}, {row['known_on'].date()})"]
    if not (row["start"] and row["end"]):
        lines.append("port in North Korea not named")
    wide = max(label_size(axes, line)[0] for line in lines) * (right - left)
    # Inside its bend a line leaves room; words begin there, away from the line beside it.
    aside = 0.015 if bend < 0 else -0.018
    x = min(x + aside * (right - left), right - wide - 0.02 * (right - left))
    axes.annotate("\n".join(lines), (x, y), xytext=(0, -8), textcoords="offset points", va="top", fontsize=LABEL_SIZE,
                  color=legible(colour), zorder=5, in_layout=False)  # fmt: skip
    ends = f"from {row['start'] or 'a port not named'} to {row['end'] or 'a port not named'}"
    style = "solid" if line == "-" else "dashed"
    return f"A {style} line for {flow} leads {ends}: {row['text']}, {_when(row)} ({row['issuer']})."
