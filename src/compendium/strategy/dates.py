"""The partnership in dates: who met, what was signed, told, voted and listed, and when."""

from __future__ import annotations

import pandas as pd

from compendium import evidence, listings, notes
from compendium.strategy.votes import best_graded

OPENS = pd.Timestamp("2022-01-01")  # the year of the invasion
STEPS = {
    "signature": "treaty signed",
    "duma_ratification": "ratified by the Duma",
    "federation_council_ratification": "ratified by the Federation Council",
    "president_signature_of_law": "signed into Russian law",
    "dprk_ratification": "ratified by North Korea",
    "entry_into_force": "in force",
    "recognition_of_donetsk_and_luhansk": "North Korea recognises Donetsk and Luhansk",
}
# Of what a count is, where the name of the item does not say it; nothing where it is of all.
COUNTED = {
    "munitions": "", "shells_mixed": "", "ballistic_missiles": "", "DPRK_missiles": "", "KN-23/24": "",
    "soldiers": "", "total": "", "Russia": "in Russia", "Kursk": "in Kursk",
    "Kursk_and_Belgorod": "in Kursk and Belgorod",
    "areas_bordering_Ukraine": "in areas bordering Ukraine",
    "training_Far_East": "training in the Far East", "border_combat": "combat troops near the border",
    "152mm_equivalent": "if all of 152 mm", "122mm_mrl_equivalent": "if all rockets of 122 mm",
    "122mm_and_152mm": "of 122 and 152 mm",
}  # fmt: skip
VOTES = {1: "for", 2: "abstaining", 3: "against"}
COLUMNS = ["day", "lane", "event", "main", "issuer", "grade", "rows"]


def timeline(as_of) -> pd.DataFrame:
    """Dated events known by a day, in lanes.

    Returns
    -------
    pandas.DataFrame
        `day`, `lane`, `event`, `main`, `issuer`, `grade`, `rows` (several names where
        one day's listings are added up), by lane and day.

    Notes
    -----
    What is `main`, and named in the figure, follows a rule: meetings of heads of state; every
    step of a treaty; the first statement of each kind of count of arms and of troops, of one
    day the highest; votes in the Security Council; of the sanctions, the first day and the day with the most listings.
    """
    lanes = {
        "Meetings": meetings(as_of),
        "Pacts": pacts(as_of),
        "Arms": _counts("arms", as_of, {
            "containers_shipped_cumulative": "containers", "shells_shipped_cumulative": "shells",
            "missiles_fired_cumulative": "missiles fired",
            "missiles_delivered_cumulative": "missiles delivered",
        }),
        "Troops": _counts("troops", as_of, {
            "troops_sent_cumulative": "troops sent", "troops_present": "troops present",
        }),
        "UN votes": votes(as_of),
        "Sanctions": sanctions(as_of),
    }  # fmt: skip
    found = pd.concat(
        [rows.assign(lane=lane).sort_values(["day", "rows"]) for lane, rows in lanes.items()],
        ignore_index=True,
    ).astype({"day": "datetime64[us]", "main": bool})  # a lane without rows has no types
    return found[found["day"] >= OPENS].reset_index(drop=True)[COLUMNS]


def meetings(as_of) -> pd.DataFrame:
    """Visits and meetings at a high level by the day they start."""
    rows = evidence.load("meetings", as_of, indicator="high_level_meeting")
    place = rows["note"].map(lambda note: notes.keys(note).get("place", "place not stated"))
    rank = rows["item"].str.replace("_", " ").replace("head of state", "heads of state")
    return _events(rows, rows["period_start"], rank + ", " + place, rows["item"] == "head_of_state")


def pacts(as_of) -> pd.DataFrame:
    """Steps of treaties by their day."""
    rows = evidence.load("strategy", as_of, indicator="treaty_event")
    rows = rows[~rows["alternative"]]
    text = rows["item"].map(lambda item: STEPS.get(item, item.replace("_", " ")))
    return _events(rows, rows["period_start"], text, pd.Series(True, rows.index))


def votes(as_of) -> pd.DataFrame:
    """Votes of North Korea in the General Assembly on the war, and those of the Security Council."""
    rows = best_graded(
        evidence.load("strategy", as_of, indicator=["unga_country_vote", "unsc_vote"])
    )
    council = rows["indicator"] == "unsc_vote"
    rows = rows[council | rows["item"].str.endswith(":PRK")]
    council = council[rows.index]
    voted = rows["value"].map(VOTES)
    item = rows["item"].str.removesuffix(":PRK").str.replace("_", " ")
    text = ("General Assembly, " + item + ": North Korea " + voted).where(
        ~council, "Security Council: " + item
    )
    return _events(rows, rows["period_start"], text, council)


def sanctions(as_of) -> pd.DataFrame:
    """Listings added up by day and by who lists; of a range or a floor the low end."""
    rows = listings.plain(as_of)
    rows = rows[rows["day"] >= OPENS]
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    least = (rows["high"] > rows["value"]) | (rows["qualifier"] == "at_least")
    groups = rows.assign(least=least).groupby(["day", "by"])
    days = pd.DataFrame(
        {
            "listed": groups["value"].sum(),
            "least": groups["least"].any(),
            "issuer": groups["issuer"].first(),
            "grade": groups.apply(lambda own: ", ".join(dict.fromkeys(_grades(own)))),
            "rows": groups["obs_id"].agg(", ".join),
        }
    ).reset_index()
    main = (days["day"] == days["day"].min()) | (days["listed"] == days["listed"].max())
    floor = days["least"].map({True: "at least ", False: ""})
    text = days["by"] + ": " + floor + days["listed"].map("{:,.0f}".format) + " listed"
    return pd.DataFrame(
        {"day": days["day"], "event": text, "main": main, **days[["issuer", "grade", "rows"]]}
    )


def _counts(table: str, as_of, kinds: dict[str, str]) -> pd.DataFrame:
    """Statements of how much was sent by the day they were made; the first of a kind is main."""
    rows = evidence.load(table, as_of, indicator=list(kinds))
    rows = rows.assign(day=evidence.told_on(rows), most=-evidence.ends(rows)["high"])
    rows = rows[rows["day"] >= OPENS].sort_values(["day", "most", "obs_id"])
    first = ~rows["indicator"].duplicated()
    kind = rows["indicator"].map(kinds)
    item = rows["item"].str.removesuffix(evidence.SECOND_SOURCE)
    of = item.map(lambda name: COUNTED.get(name, name.replace("_", " ")))
    figure = pd.Series(
        [evidence.figure_text(row) for row in rows.itertuples()], rows.index, dtype=object
    )
    issuer = rows["issuer"].map(lambda issuer: issuer.partition(" (")[0])
    text = kind + (", " + of).where(of != "", "") + ": " + figure + " (" + issuer + ")"
    return _events(rows, rows["day"], text, first)


def _events(rows, day, text, main) -> pd.DataFrame:
    doubt = notes.doubted(rows)
    text = text + (" (" + doubt + ")").where(doubt != "", "")
    return pd.DataFrame(
        {"day": day, "event": text, "main": main, "issuer": rows["issuer"],
         "grade": _grades(rows), "rows": rows["obs_id"]}
    )  # fmt: skip


def _grades(rows: pd.DataFrame) -> pd.Series:
    return rows["reliability"] + rows["credibility"].astype(str)
