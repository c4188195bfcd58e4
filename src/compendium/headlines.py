"""The numbers a reader would quote: those that are tracked over time and set side by side."""

from __future__ import annotations

# Id and short name, in the order of the chapters.
HEADLINES = {
    "arms_trade.value_total": "Value of the arms",
    "arms_trade.inside_study": "Draws within the study's bounds",
    "arms_trade.share": "Value over the economy",
    "arms_trade.flow_12_months": "Flow of rounds in 12 months",
    "troop_plausibility.sent_now": "Men sent in all",
    "troop_plausibility.present_now": "Men present",
    "troop_plausibility.casualties_now": "Killed and wounded",
    "troop_plausibility.income_so_far": "Income from troops so far",
    "trade_trends.year_total": "Official trade of the year",
    "trade_trends.return": "Return to the level before 2017",
    "trade_trends.pace_broad_rate": "Visits a month",
    "trade_trends.ratio_chosen_broad": "New pace of visits over old",
    "kremlin_strategy.first_ammunition": "Need for shells explains best",
    "kremlin_strategy.first_alignment": "Alignment explains best",
    "recommendations.first_routes": "Watching trade routes comes first",
    "recommendations.first_partners": "Backing partners comes first",
    "recommendations.crypto_middle": "Worth of the middle share of stolen crypto",
}
