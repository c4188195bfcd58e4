"""Share of the North Korean economy, under several yardsticks."""

from __future__ import annotations

import pandas as pd

from compendium import evidence
from compendium.errors import CompendiumError
from compendium.memory import remembered

YARDSTICK_ROWS = {
    "press_page": ("arms-fnf24-gdp",),
    "gni_nominal": ("arms-gni-2023", "fx-krwusd-2023"),
    "gdp_nominal": ("arms-gdp-2023-nominal", "fx-krwusd-2023"),
    "gdp_real": ("arms-gdp-2023-real-krw", "fx-krwusd-2023"),
    "gdp_real_rebased": ("arms-gdp-2023-real-krw-rev", "fx-krwusd-2023"),
    "gdp_real_2022": ("bok-gdpreal-2022-usd",),
}
YARDSTICK_LABELS = {
    "press_page": "the study's press page",
    "gni_nominal": "nominal gross national income",
    "gdp_nominal": "nominal gross domestic product",
    "gdp_real": "real gross domestic product, first release",
    "gdp_real_rebased": "real gross domestic product, rebased",
    "gdp_real_2022": "real gross domestic product of 2022, in dollars as reported",
}
# To billions, by whether a rate makes dollars of them.
BILLIONS = {
    True: {"KRW_billion": 1.0, "KRW_trillion": 1000.0},
    False: {"USD_billion": 1.0, "USD_million": 0.001},
}


@remembered
def yardsticks(as_of) -> pd.DataFrame:
    """Size of the North Korean economy, in USD billion, by concept.

    All are of 2023 but the last, which an early `as_of` has to make do with. Won are turned
    into dollars at the average rate of 2023. A yardstick whose rows were not known by `as_of`
    is left out.
    """
    rows = pd.concat(
        [
            evidence.load("arms", as_of, repeats=True, item="total"),
            evidence.load("trade", as_of, repeats=True, indicator=["fx_rate", "gdp_real_level"]),
        ]
    ).set_index("obs_id")
    rows = rows.assign(value=evidence.middle(rows))
    records = []
    for name, ids in YARDSTICK_ROWS.items():
        if not set(ids) <= set(rows.index):
            continue
        unit, factors = rows.loc[ids[0], "unit"], BILLIONS[len(ids) == 2]
        if unit not in factors:
            raise CompendiumError(
                f"data/raw/arms.csv: {ids[0]}: unit {unit!r} of a yardstick is not read here; "
                f"allowed: {', '.join(factors)}"
            )
        amount = rows.loc[ids[0], "value"] * factors[unit]
        if len(ids) == 2:
            amount /= rows.loc[ids[1], "value"]  # billion won / won per dollar
        records.append(
            {"yardstick": name, "label": YARDSTICK_LABELS[name], "usd_billion": amount, "rows": ids}
        )
    return pd.DataFrame(records, columns=["yardstick", "label", "usd_billion", "rows"])


def shares(value: dict[str, float], sizes: pd.DataFrame) -> pd.DataFrame:
    """Value over the size of the economy, in percent, for each yardstick.

    The value adds up several years of deliveries and the yardstick is one year of output, so
    the ratio is a scale, not a flow.
    """
    return sizes.assign(
        **{
            f"share_{name}": value[name] / (sizes["usd_billion"] * 1000) * 100
            for name in ("median", "low90", "high90")
        }
    )
