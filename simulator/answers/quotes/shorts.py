"""opt10014: short selling by day. Synthetic: drawn as a share of the day's volume."""

from __future__ import annotations

from datetime import date

from simulator.answers.forms import change_form, day_form, parse_day, rate_form
from simulator.answers.reply import Inputs, Reply, Rows, nothing
from simulator.answers.world import World
from simulator.draws import Draws
from simulator.strings import coloured, hundredths, ratio, symbol
from simulator.universe import Stock


def short_selling(world: World, inputs: Inputs, moment: int) -> Reply:
    """Newest first; 공매도거래대금 in thousand won, 공매도평균가 in won. A blank day is no bound."""
    stock, today = world.stock(inputs["종목코드"]), world.trading_day(moment)
    first = parse_day(inputs["시작일자"] or "00010101")
    last = min(parse_day(inputs["종료일자"]), today) if inputs["종료일자"] else today
    return Reply([], _rows(world, stock, first, last, today)) if stock else nothing()


def _rows(world: World, stock: Stock, first: date, last: date, today: date) -> Rows:
    for bar in world.feed.iterate_days(stock, last):
        if bar.date < first:
            return
        if bar.date == today:  # published after the close
            continue
        base = world.feed.base_price(stock, bar.date)
        upper, lower = world.feed.limits(stock, bar.date)
        draws = Draws(world.feed.seed, "short", stock.code, bar.date.isoformat())
        shorted = bar.volume * draws.between(0, 1_500) // 10_000
        average = bar.low + (bar.high - bar.low) * draws.between(300, 700) // 1_000
        yield [
            day_form(bar.date),
            coloured(bar.close, base),
            symbol(bar.close, base, upper, lower),
            change_form(bar.close, base),
            rate_form(bar.close, base),
            str(bar.volume),
            str(shorted),
            hundredths(ratio(shorted, bar.volume)),
            str(shorted * average // 1_000),
            str(average if shorted else 0),
        ]
