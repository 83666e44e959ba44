"""What members of the exchange traded of a stock over some days, and minute by minute.

opt10038, opt10042, opt10043, opt10052 and OPT10078.
"""

from __future__ import annotations

from datetime import date
from typing import Dict, Generator, Iterator, List, Tuple

from sapi_kiwoom import krx
from simulator.answers.forms import count, day_form, span_of
from simulator.answers.parties.investors import period
from simulator.answers.parties.members import Sides, foreign, members_by, shares_of, trading
from simulator.answers.rankings import screening
from simulator.answers.reply import Inputs, Reply, Rows, nothing
from simulator.answers.snapshot import Snapshot, on_day, snapshot
from simulator.answers.world import World
from simulator.feeds.members import members
from simulator.strings import hhmmss, hundredths, ratio, signed, symbol
from simulator.universe import Stock

ALL_FOREIGN = "888"
"""회원사코드 of the foreign members together."""


# -- opt10038, opt10042 ----------------------------------------------------------------------------


def _sums(
    world: World, stock: Stock, days: Tuple[date, date], moment: int
) -> Generator[None, None, Tuple[Dict[str, int], Dict[str, int], int]]:
    """Shares sold and bought in a period by member, and shares traded in all; one day a step."""
    sold: Dict[str, int] = {}
    bought: Dict[str, int] = {}
    volume = 0
    for now in _days(world, stock, days, moment):
        volume += now.volume
        for totals, side in zip((sold, bought), trading(world, now, moment)):
            for each in side:
                totals[each.code] = totals.get(each.code, 0) + each.shares
        yield
    return sold, bought, volume


def _days(world: World, stock: Stock, days: Tuple[date, date], moment: int) -> Iterator[Snapshot]:
    """The days of a period, newest first, today as far as it is known."""
    first, last = days
    today = world.trading_day(moment)
    if first <= today <= last:
        now = snapshot(world, stock, moment)
        if now and now.bar:
            yield now
    for bar in world.feed.iterate_days(stock, min(last, krx.previous_trading_day(today))):
        past = on_day(world.feed, stock, bar.date, bar) if bar.date >= first else None
        if past is None:
            return
        yield past


def _span(
    world: World, inputs: Inputs, moment: int, by_dates: bool, extra: int
) -> Tuple[date, date]:
    """A period by its dates, or by so many trading days (``extra`` more than 기간 says) up to 시점구분."""
    if by_dates:
        return period(world, inputs, moment)
    last = world.trading_day(moment)
    if inputs.get("시점구분") == "1":
        last = krx.previous_trading_day(last)
    place = krx.trading_day_index(last) - span_of(inputs["기간"], 1) - extra + 1
    return krx.trading_day(max(0, place)), last


def ranks(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10038: all members of a period by what they sold (조회구분 1) or bought net.

    순위1 to 순위3 are the sums of 매수수량, of 매도수량 (below 0) and of 누적순매수수량. Without dates 기간
    counts the trading days before today.
    """
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return nothing()
    days = _span(world, inputs, moment, bool(inputs["시작일자"]), 1)
    one: List[str] = []
    return Reply(one, _ranks(world, stock, days, moment, inputs["조회구분"] == "1", one))


def _ranks(
    world: World,
    stock: Stock,
    days: Tuple[date, date],
    moment: int,
    sellers_first: bool,
    one: List[str],
) -> Rows:
    """The rows, the single record filled in before the first."""
    sold, bought, volume = yield from _sums(world, stock, days, moment)
    buys, sales = sum(bought.values()), sum(sold.values())
    one += [signed(buys), signed(-sales), signed(buys - sales), str(volume)]
    net = {code: bought.get(code, 0) - sold.get(code, 0) for code in {**sold, **bought}}
    sign = 1 if sellers_first else -1
    order = sorted(net, key=lambda code: (sign * net[code], code))
    for rank, code in enumerate(order, 1):
        yield [
            str(rank),
            members()[code],
            str(bought.get(code, 0)),
            str(sold.get(code, 0)),
            signed(net[code]),
        ]


def net_buyers(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10042: the members that bought a stock net in a period, the largest first."""
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return nothing()
    days = _span(world, inputs, moment, inputs["조회기간구분"] == "1", 0)
    return Reply([], _net_buyers(world, stock, days, moment))


def _net_buyers(world: World, stock: Stock, days: Tuple[date, date], moment: int) -> Rows:
    sold, bought, _ = yield from _sums(world, stock, days, moment)
    net = {code: shares - sold.get(code, 0) for code, shares in bought.items()}
    order = sorted((-shares, code) for code, shares in net.items() if shares > 0)
    for rank, (_, code) in enumerate(order, 1):
        yield [str(rank), code, members()[code]]


# -- opt10043, OPT10078 ----------------------------------------------------------------------------


def one_by_day(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10078: what a member (888: all foreign ones) traded of a stock on each day of a period."""
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return nothing()
    return Reply([], _one_by_day(world, stock, inputs, period(world, inputs, moment), moment))


def _one_by_day(
    world: World, stock: Stock, inputs: Inputs, days: Tuple[date, date], moment: int
) -> Rows:
    for now in _days(world, stock, days, moment):
        sold, bought = _of_member(trading(world, now, moment), inputs["회원사코드"])
        yield [
            day_form(now.day),
            now.form(now.price),
            now.symbol,
            now.change_form,
            now.rate_form,
            str(now.volume),
            signed(bought - sold),
            str(bought),
            str(sold),
        ]
        yield None


def one_in_shares(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10043: a member's days, by date or (정렬기준 1) by close; 거래비중 is its part of both sides."""
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return nothing()
    by_dates = inputs["조회기간구분"] == "1"
    days = _span(world, inputs, moment, by_dates, 0)
    return Reply([], _one_in_shares(world, stock, inputs, days, moment))


def _one_in_shares(
    world: World, stock: Stock, inputs: Inputs, days: Tuple[date, date], moment: int
) -> Rows:
    found: List[Tuple[int, List[str]]] = []
    for now in _days(world, stock, days, moment):
        sold, bought = _of_member(trading(world, now, moment), inputs["회원사코드"])
        row = [
            day_form(now.day),
            now.form(now.price),
            now.symbol,
            now.change_form,
            str(sold),
            str(bought),
            signed(bought - sold),
            str(sold + bought),
            hundredths(ratio(sold + bought, 2 * now.volume)),
        ]
        found.append((now.price, row))
        yield None
    if inputs["정렬기준"] == "1":
        found.sort(key=lambda each: -each[0])
    for _, row in found:
        yield row


def _of_member(sides: Sides, code: str) -> Tuple[int, int]:
    """Shares that a member sold and bought."""
    if code == ALL_FOREIGN:
        return foreign(sides.sellers), foreign(sides.buyers)
    return shares_of(sides.sellers).get(code, 0), shares_of(sides.buyers).get(code, 0)


# -- opt10052 --------------------------------------------------------------------------------------


def moments(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10052: what a member traded of a stock in each minute of today, newest first; 구분 1 sold, 2 bought.

    Without a stock there are no rows: what a member does in all of them is not simulated.
    """
    return Reply([], _moments(world, inputs, moment))


def _moments(world: World, inputs: Inputs, moment: int) -> Rows:
    stock = world.stock(inputs["종목코드"]) if inputs["종목코드"] else None
    now = snapshot(world, stock, moment) if stock else None
    if stock is None or now is None or not screening.admitted(stock, inputs["시장구분"]):
        return
    code, least = inputs["회원사코드"], count(inputs["수량구분"], 0) * 1_000
    name = "외국계전체" if code == ALL_FOREIGN else members().get(code, "")
    bars = world.minutes(stock, now.day, moment)
    volume = sum(bar.volume for bar in bars)
    after = trading(world, now, moment)
    for bar in reversed(bars):
        volume -= bar.volume
        before = members_by(world, now, bar.minute - 1, volume)
        sold, bought = _of_member(after, code)
        then = now._replace(bar=now.bar._replace(close=bar.close)) if now.bar else now
        if screening.priced(then, screening.RATE_PRICES, inputs["가격구분"]):
            sides = zip("12", (sold, bought), _of_member(before, code))
            for kind, total, earlier in sides:
                if total - earlier > least:
                    yield [
                        hhmmss(bar.minute),
                        stock.code,
                        stock.name,
                        name,
                        kind,
                        str(total - earlier),
                        signed(bought - sold),
                        now.form(bar.close),
                        symbol(bar.close, now.base, now.upper, now.lower),
                        then.change_form,
                        then.rate_form,
                    ]
        after = before
        yield None
