"""The chapters with a model, each with all that other modules must know of it: one entry each.

The table of contents and the notebook apart, a chapter is named nowhere else to take part in a
build, a sweep, a comparison or the estimates over time.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Chapter:
    """What is known of a chapter.

    Attributes
    ----------
    module : str
        Where `run` and `headlines` of its model are.
    parameters : str
        Name of the class of its parameters in `compendium.parameters`.
    exercises : str
        Module of `compendium.exercises` with the checks of its exercises; the labels of the
        exercises begin with it.
    needs : tuple of str
        Chapters whose values it draws on, which are run before it.
    headlines : dict of str to str
        The numbers a reader would quote, by id, with a short name: they are tracked over time
        and set side by side.
    """

    module: str
    parameters: str
    exercises: str
    needs: tuple[str, ...] = ()
    headlines: dict[str, str] = field(default_factory=dict)


# Each stands after those it draws on.
CHAPTERS = {
    "arms_trade": Chapter(
        "compendium.arms",
        "ArmsTrade",
        "arms",
        headlines={
            "arms_trade.value_total": "Value of the arms",
            "arms_trade.inside_study": "Draws within the study's bounds",
            "arms_trade.share": "Value over the economy",
            "arms_trade.flow_12_months": "Flow of rounds in 12 months",
        },
    ),
    "troop_plausibility": Chapter(
        "compendium.troops",
        "TroopPlausibility",
        "troops",
        headlines={
            "troop_plausibility.sent_now": "Men sent in all",
            "troop_plausibility.present_now": "Men present",
            "troop_plausibility.casualties_now": "Killed and wounded",
            "troop_plausibility.income_so_far": "Income from troops so far",
        },
    ),
    "trade_trends": Chapter(
        "compendium.trade",
        "TradeTrends",
        "trade",
        headlines={
            "trade_trends.year_total": "Official trade of the year",
            "trade_trends.return": "Return to the level before 2017",
            "trade_trends.pace_broad_rate": "Visits a month",
            "trade_trends.ratio_chosen_broad": "New pace of visits over old",
        },
    ),
    "kremlin_strategy": Chapter(
        "compendium.strategy",
        "KremlinStrategy",
        "strategy",
        headlines={
            "kremlin_strategy.first_ammunition": "Need for shells explains best",
            "kremlin_strategy.first_alignment": "Alignment explains best",
        },
    ),
    "recommendations": Chapter(
        "compendium.policy",
        "Recommendations",
        "policy",
        needs=("arms_trade", "trade_trends"),
        headlines={
            "recommendations.first_routes": "Watching trade routes comes first",
            "recommendations.first_partners": "Backing partners comes first",
            "recommendations.crypto_middle": "Worth of the middle share of stolen crypto",
        },
    ),
    "replication": Chapter(
        "compendium.replication",
        "Replication",
        "replication",
        needs=(
            "arms_trade",
            "troop_plausibility",
            "trade_trends",
            "kremlin_strategy",
            "recommendations",
        ),
    ),
}
HEADLINES = {id: name for chapter in CHAPTERS.values() for id, name in chapter.headlines.items()}
