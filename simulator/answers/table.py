"""Every TR that has an answer of its own."""

from __future__ import annotations

from typing import Callable, Dict

from simulator.answers.accounts.table import ACCOUNTS
from simulator.answers.parties.table import PARTIES
from simulator.answers.quotes import (
    afterhours,
    board,
    book,
    charts,
    daily,
    history,
    shorts,
    stocks,
    stopped,
    trades,
)
from simulator.answers.rankings import books, extremes, figures, movers
from simulator.answers.reply import Inputs, Reply
from simulator.answers.world import World

Answer = Callable[[World, Inputs, int], Reply]

ANSWERS: Dict[str, Answer] = {
    **ACCOUNTS,
    **PARTIES,
    "opt10001": stocks.basics,
    "opt10003": trades.prints,
    "opt10004": book.order_book,
    "opt10005": history.days,
    "opt10006": history.today,
    "opt10007": board.quotation,
    "opt10014": shorts.short_selling,
    "opt10015": daily.details,
    "opt10016": movers.new_extremes,
    "opt10017": movers.price_limits,
    "opt10018": extremes.near_extremes,
    "opt10019": movers.price_surges,
    "opt10020": books.depths,
    "opt10021": books.depth_surges,
    "opt10022": books.ratio_surges,
    "opt10023": movers.volume_surges,
    "opt10024": extremes.most_volume_for_days,
    "opt10025": extremes.dense_prices,
    "opt10026": figures.by_earnings,
    "opt10027": movers.changes,
    "opt10028": figures.since_opening,
    "opt10029": books.expected_changes,
    "opt10030": movers.volumes,
    "opt10031": figures.yesterday,
    "opt10032": movers.values,
    "opt10033": figures.credit_rates,
    "opt10046": trades.strengths,
    "opt10047": daily.strengths,
    "opt10054": stopped.stopped,
    "opt10055": trades.by_day,
    "opt10079": charts.ticks,
    "opt10080": charts.minutes,
    "opt10081": charts.days,
    "opt10082": charts.weeks,
    "opt10083": charts.months,
    "opt10084": trades.by_time,
    "opt10086": daily.prices,
    "opt10087": afterhours.after_hours_book,
    "opt10094": charts.years,
    "opt10098": figures.after_hours,
    "optkwfid": stocks.watched,
}
"""By TR code in lower case. Called with the inputs by Korean name and the moment of the request."""
