"""One stock at a glance: opt10001 and, for up to a hundred, OPTKWFID."""

from __future__ import annotations

from typing import List, Tuple

from simulator.answers.forms import day_form, price_form, rate_form, time_form
from simulator.answers.parties.foreigners import exhaustion
from simulator.answers.parties.lending import credit_rate
from simulator.answers.quotes.book import book
from simulator.answers.quotes.company import company, hundred_millions
from simulator.answers.reply import Inputs, Reply, Rows, nothing
from simulator.answers.snapshot import Snapshot, snapshot
from simulator.answers.world import World
from simulator.feeds import DayBar
from simulator.strings import hundredths, ratio, signed_hundredths

_YEAR = 250
"""Trading days of 250최고 and 250최저."""

_MOST_CODES = 100

_NO_WARRANT = ["0.00", "0.00", "0.00", "0.00", "0", "0.0000", "00000000"]
"""패리티 to ELW만기일: zeros for a stock."""

_NO_DERIVATIVE = [""] * 9
"""미결제약정 to 로."""


def basics(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10001: 시가총액, 자본금 and profits in 100 million won, shares in thousands."""
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    return Reply(_basics(world, now, moment), iter(())) if now else nothing()


def _basics(world: World, now: Snapshot, moment: int) -> List[str]:
    stock, base, bar = now.stock, now.base, now.bar
    past = world.feed.days(stock, now.day, _YEAR)
    if past and past[0].date == now.day:  # whole, with what is still to come
        past = [*([bar] if bar else []), *past[1:]]
    this_year = [each for each in past if each.date.year == now.day.year]
    known = company(world.feed.seed, stock)
    expected = world.expected(stock, moment)
    top, bottom = _extremes(now, past)
    year_top, year_bottom = _extremes(now, this_year)
    owned: List[str] = [""] * 3
    facts = [""] * 9
    if known:
        owned = [str(known.face_value), hundred_millions(known.capital)]
        owned += [signed_hundredths(credit_rate(world, now))]
        facts = [
            hundredths(ratio(base, known.earnings, 1)) if known.earnings > 0 else "",
            str(known.earnings),
            _tenths(known.return_on_equity),
            hundredths(ratio(base, known.book_value, 1)),
            hundredths(known.multiple),
            str(known.book_value),
            hundred_millions(known.sales),
            hundred_millions(known.operating_profit),
            hundred_millions(known.net_profit),
        ]
    return [
        stock.code,
        stock.name,
        "12" if known else "",
        *owned[:2],
        str(stock.shares // 1_000),
        owned[2],
        now.form(year_top[0]),
        now.form(year_bottom[0]),
        hundred_millions(now.price * stock.shares),
        "",
        signed_hundredths(exhaustion(world, now)),
        str(base * 7 // 100 * 10),  # 대용가: 70 % of the base price in tens of won
        *facts,
        now.form(top[0]),
        now.form(bottom[0]),
        *_prices(now),
        f"+{now.upper}",
        f"-{now.lower}",
        str(base),
        price_form(expected.price, base) if expected and expected.price else "-0",
        str(expected.quantity if expected else 0),
        top[1],
        rate_form(now.price, top[0]),
        bottom[1],
        rate_form(now.price, bottom[0]),
        now.form(now.price),
        now.symbol,
        now.change_form,
        now.rate_form,
        str(now.volume),
        now.volume_rate_form,
        "원" if known else "",
        str(stock.shares * known.floating // 10_000_000) if known else "",
        _tenths(known.floating) if known else "",
    ]


def _extremes(now: Snapshot, bars: List[DayBar]) -> Tuple[Tuple[int, str], Tuple[int, str]]:
    """The highest and the lowest price of the days, each with the last day that had it."""
    if not bars:
        today = now.base, day_form(now.day)
        return today, today
    top = max(bars, key=lambda bar: (bar.high, bar.date))
    bottom = min(bars, key=lambda bar: (bar.low, -bar.date.toordinal()))
    return (top.high, day_form(top.date)), (bottom.low, day_form(bottom.date))


def _prices(now: Snapshot) -> List[str]:
    """시가, 고가, 저가; zeros before the first trade."""
    bar = now.bar
    return [now.form(bar.open), now.form(bar.high), now.form(bar.low)] if bar else ["0"] * 3


def _tenths(number: int) -> str:
    """Hundredths with one decimal, cut."""
    return hundredths(number)[:-1]


def watched(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPTKWFID: a row for each code, in the order asked for; unknown codes have none."""
    return Reply([], _watched(world, inputs, moment))


def _watched(world: World, inputs: Inputs, moment: int) -> Rows:
    for code in inputs["종목코드"].split(";")[:_MOST_CODES]:
        stock = world.stock(code)
        now = snapshot(world, stock, moment) if stock else None
        if now is not None:
            yield _watched_row(world, now, moment)
        yield None


def _watched_row(world: World, now: Snapshot, moment: int) -> List[str]:
    stock, base = now.stock, now.base
    tape = world.tape(stock, moment)
    last = tape.last
    shown = book(world, stock, moment)
    asks, bids = shown.asks, shown.bids
    known = company(world.feed.seed, stock)
    expected = world.expected(stock, moment)
    return [
        stock.code,
        stock.name,
        now.form(now.price),
        str(base),
        now.change_form,
        now.symbol,
        now.rate_form,
        str(now.volume),
        str(now.bar.value_million if now.bar else 0),
        trade_form(last.quantity, last.side) if last else "0",
        hundredths(ratio(tape.bought, tape.sold)),
        now.volume_rate_form,
        price_form(asks[0].price, base),
        price_form(bids[0].price, base),
        *(price_form(level.price, base) for level in asks[:5]),
        *(price_form(level.price, base) for level in bids[:5]),
        f"+{now.upper}",
        f"-{now.lower}",
        *_prices(now),
        now.form(now.price),
        time_form(last.at) if last else "",
        price_form(expected.price, base) if expected and expected.price else "-0",
        str(expected.quantity if expected else 0),
        hundred_millions(known.capital) if known else "",
        str(known.face_value) if known else "",
        hundred_millions(now.price * stock.shares),
        str(stock.shares // 1_000),
        time_form(shown.at),
        day_form(now.day),
        str(asks[0].quantity),
        str(bids[0].quantity),
        "",
        "",
        str(shown.ask_total),
        str(shown.bid_total),
        "",
        "",
        *_NO_WARRANT,
        *_NO_DERIVATIVE,
    ]


def trade_form(quantity: int, side: int) -> str:
    """체결량: signed by who came to the other, without a sign in an auction."""
    return f"{quantity * side:+d}" if side else str(quantity)
