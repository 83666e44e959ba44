"""Answers to TRs: for each TR a function of the world, the inputs and the moment of the request."""

from __future__ import annotations

from typing import Callable, Dict

from simulator.answers import afterhours, charts, history, quotes, rankings, shorts, stocks, trades
from simulator.answers.accounts import ACCOUNTS
from simulator.answers.reply import Inputs, Reply, Rows
from simulator.answers.world import World

__all__ = ["ANSWERS", "Inputs", "Reply", "Rows", "World"]

Answer = Callable[[World, Inputs, int], Reply]

ANSWERS: Dict[str, Answer] = {
    **ACCOUNTS,
    "opt10001": stocks.basics,
    "opt10003": trades.prints,
    "opt10004": quotes.order_book,
    "opt10005": history.days,
    "opt10006": history.today,
    "opt10014": shorts.short_selling,
    "opt10016": rankings.new_extremes,
    "opt10017": rankings.price_limits,
    "opt10019": rankings.price_surges,
    "opt10023": rankings.volume_surges,
    "opt10027": rankings.changes,
    "opt10030": rankings.volumes,
    "opt10032": rankings.values,
    "opt10046": trades.strengths,
    "opt10079": charts.ticks,
    "opt10080": charts.minutes,
    "opt10081": charts.days,
    "opt10082": charts.weeks,
    "opt10083": charts.months,
    "opt10087": afterhours.after_hours_book,
    "optkwfid": stocks.watched,
}
"""By TR code in lower case. Called with the inputs by Korean name and the moment of the request."""
