"""Figures on troops that contradict each other.

A reading speaks only of rows that are known whenever its conflict is shown; a sentence on
another row waits for it (`Conflict.further`). So no vintage is told of a row it does not show.
"""

from __future__ import annotations

from compendium.conflicts import Conflict, table

__all__ = ["CONFLICTS", "table"]

CONFLICTS = (
    Conflict(
        "Killed by January 2025",
        ("troops-cas-2025-01-23-west-k", "troops-cas-2025-01-13-nis-k"),
        "Two days apart and more than a factor of three; neither says how it was counted.",
    ),
    Conflict(
        "Killed, spring and autumn of 2025",
        ("troops-cas-2025-09-02-nis-k", "troops-cas-2025-04-30-nis-k"),
        "Seoul's own count more than trebled in four months; whether men fell then or were found "
        "then is not said.",
    ),
    Conflict(
        "Killed, as printed at the end of 2025",
        ("troops-cas-2025-11-04-afp-k", "troops-cas-2025-04-30-nis-k", "troops-cas-2025-09-02-nis-k",
         "troops-cas-theins-k"),
        "A wire repeated the count of April as a floor after Seoul had more than trebled it.",
    ),
    Conflict(
        "Dead among casualties, February 2025",
        ("troops-cas-2025-02-14-zel-share", "troops-cas-2025-02-14-zel",
         "troops-cas-2025-01-23-west-k", "troops-cas-2025-01-13-nis-k"),
        "Zelensky's share would make more dead than any other issuer counted.",
    ),
    Conflict(
        "Killed and wounded by April 2025",
        ("troops-cas-2025-04-28-us", "troops-cas-2024-12-23-jcs", "troops-cas-2025-03-27-jcs",
         "troops-cas-2025-04-30-nis"),
        "The low figure, said late, is about that of the first weeks.",
    ),
    Conflict(
        "Killed and wounded on 23 December 2024",
        ("troops-cas-2024-12-23-jcs", "troops-cas-2024-12-23-zel"),
        "One day, and nearly a factor of three between Seoul and Kyiv.",
    ),
    Conflict(
        "Killed and wounded by summer 2025",
        ("troops-cas-2025-06-15-uk", "troops-cas-2025-04-30-nis", "troops-cas-2025-07-02-various"),
        "London's figure tops Seoul's of six weeks before.",
    ),
    Conflict(
        "Killed and wounded as a share of the men, early 2025",
        ("troops-cas-2025-01-syrskyi", "troops-cas-2025-01-third", "troops-cas-2025-03-31-nis-share"),
        "Nearly half according to Kyiv's commander, about a third according to officials in the same report.",
    ),
    Conflict(
        "Men in Russia on 27 and 28 October 2024",
        ("troops-present-2024-10-28-us", "troops-present-2024-10-28-zel",
         "troops-present-2024-10-27-hur"),
        "On one day Washington has more than three times Zelensky's figure; his own service had more still the day before.",
    ),
    Conflict(
        "Men in Russia and in Kursk, early November 2024",
        ("troops-present-2024-11-04-us", "troops-present-2024-11-04-us-kursk",
         "troops-present-2024-11-04-zel", "troops-present-2024-11-05-umerov"),
        "Whole and part are easily mixed up: Zelensky has in Kursk alone what Washington has in all of Russia.",
    ),
    Conflict(
        "Second wave, early 2025",
        ("troops-add-2025-01-02-press", "troops-add-2025-02-24-ua", "troops-add-2025-03-27-jcs",
         "troops-add-2025-03-31-nis", "troops-sent-2025-05-29-msmt-b"),
        "Kyiv's figure lies in the middle of the range in the press.",
        (
            (("troops-add-2025-03-27-jcs", "troops-add-2025-03-31-nis", "troops-sent-2025-05-29-msmt-b"),
             "Seoul's two services and the team of eleven states meet at the upper end of that range, and one of them goes beyond."),
        ),
    ),
    Conflict(
        "Combat troops sent in total",
        ("troops-sent-2025-04-30-nis", "troops-sent-2025-05-29-msmt-a",
         "troops-sent-2025-05-29-msmt-b", "troops-sent-2025-07-03-jt"),
        "The team of eleven states gives two waves whose sum is below Seoul's total.",
    ),
    Conflict(
        "Strength of XI Corps",
        ("troops-xi-corps-2024", "troops-xi-corps-2010", "troops-xi-corps-2024-fr"),
        "A range of a factor of two in one source; another gives its lower end.",
        ((("troops-xi-corps-2024-fr",), "A third gives its middle."),),
    ),
    Conflict(
        "Strength of the special forces",
        ("troops-kpa-sof-1993", "troops-kpa-sof-2006", "troops-kpa-sof-2008", "troops-kpa-sof-2010",
         "troops-kpa-sof-2024"),
        "The count rises with what is counted: light infantry is in the later ones.",
    ),
    Conflict(
        "Pilots in Vietnam",
        ("troops-vietnam-1967-pilots-ap", "troops-vietnam-1967-pilots-ww", "troops-vietnam-defector",
         "troops-vietnam-1966-unit203", "troops-vietnam-1967-viet"),
        "A defector has about nine times as many pilots as the post-war accounts, which count the whole "
        "air contingent apart.",
        (
            (("troops-vietnam-1967-pilots-ww",), "A dossier is within a few men of those accounts."),
            (("troops-vietnam-1966-unit203",),
             "The strength of the unit at one time holds pilots and ground crew."),
        ),
    ),
    Conflict(
        "Instructors in Zimbabwe",
        ("troops-zimbabwe-1982-newsweek", "troops-zimbabwe-1981-ccjp", "troops-zimbabwe-1981-csm"),
        "The higher figure is of those who went home.",
        ((("troops-zimbabwe-1981-ccjp", "troops-zimbabwe-1981-csm"),
          "A church report and a paper of the time agree on the lower one."),),
    ),
    Conflict(
        "Angola: how many, and on which side",
        ("troops-angola-1984", "troops-angola-wiki-troops", "troops-angola-wiki-advisers",
         "troops-cuba-angola-1985", "troops-angola-1975-zaire"),
        "Said to have replaced Cubans whom Washington still counted there; and first reported with "
        "the other side, through Zaire. The weakest leg of the study's precedents.",
    ),
    Conflict(
        "Advisers abroad in the 1980s",
        ("troops-advisers-1986", "troops-advisers-1985", "troops-advisers-1990-cum"),
        "The press counts of two years in a row differ.",
        ((("troops-advisers-1990-cum",),
          "The press has at one time what the Library of Congress has in all the years together."),),
    ),
    Conflict(
        "Cuban peak in Ethiopia",
        ("troops-cuba-ethiopia-1978", "troops-cuba-ethiopia-web"),
        "A wire report against a web page of no named source.",
    ),
    Conflict(
        "Pay to Havana for a soldier in Angola",
        ("troops-cuba-angola-pay1", "troops-cuba-angola-pay2"),
        "A factor of two; the higher rests on one confidential testimony.",
    ),
    Conflict(
        "Nepalis in Russia's army",
        ("troops-nepal-2024", "troops-nepal-2024-gov"),
        "Unnamed sources against a government that had reason to say little.",
    ),
    Conflict(
        "Pakistanis in Saudi Arabia, 1981",
        ("troops-pak-saudi-1981-gov", "troops-pak-saudi-1981-obs"),
        "Official trainers against what diplomats guessed.",
    ),
    Conflict(
        "What North Korea earned in all",
        ("troops-rev-kida-total", "troops-study2-value-2025"),
        "Arms and troops together; the institute's gain is twice to four times the author's later value.",
    ),
    Conflict(
        "A year's income from the troops at INSS",
        ("troops-rev-1340m-inss", "troops-rev-320m-inss"),
        "One author, two cases: paid like an ally with indirect costs, or like mercenaries.",
    ),
)  # fmt: skip
