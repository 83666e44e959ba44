"""Stocks ranked: OPT10016, opt10017, opt10019, OPT10023, opt10027, opt10030, OPT10032.

They stand for the end of the last whole minute. 신용조건 lets all stocks through.
"""

from __future__ import annotations

from datetime import date
from typing import Callable, Dict, List, Optional, Tuple

from sapi_kiwoom import krx
from simulator.answers.forms import count, price_form, rate_form, span_of
from simulator.answers.quotes.book import book
from simulator.answers.rankings import screening
from simulator.answers.rankings.standings import (
    bar_at,
    days_before,
    ranked,
    ranked_at,
    standings,
    strength,
)
from simulator.answers.reply import Inputs, Reply, Rows
from simulator.answers.snapshot import Snapshot, on_day
from simulator.answers.world import World
from simulator.strings import (
    DOWN,
    FLAT,
    LOWER_LIMIT,
    UP,
    UPPER_LIMIT,
    hundredths,
    ratio,
    signed,
    signed_hundredths,
)
from simulator.universe import Stock

_RISEN, _FALLEN = (UP, UPPER_LIMIT), (DOWN, LOWER_LIMIT)
_TODAY = {"1": (UPPER_LIMIT,), "2": _RISEN, "3": (FLAT,), "4": (LOWER_LIMIT,), "5": _FALLEN}
_YESTERDAY = {"6": UPPER_LIMIT, "7": LOWER_LIMIT}
_MOST_DAYS_IN_A_ROW = 30

Key = Callable[[Snapshot], int]


def _rate(now: Snapshot) -> int:
    """등락률 in hundredths of a percent."""
    return ratio(now.change, now.base)


# -- opt10017 ----------------------------------------------------------------------------------


def price_limits(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10017: at a limit, risen, flat or fallen; 횟수 counts the days in a row that were the same."""
    wanted, asof = inputs["상하한구분"], ranked_at(world, moment)

    def possible(whole: Snapshot) -> bool:
        assert whole.bar is not None
        if wanted in _YESTERDAY:
            before = krx.previous_trading_day(whole.day)
            return _symbol_on(world, whole.stock, before) == _YESTERDAY[wanted]
        reached = {"1": whole.bar.high >= whole.upper, "4": whole.bar.low <= whole.lower}
        return reached.get(wanted, True)

    def keep(now: Snapshot) -> bool:
        return (
            (wanted in _YESTERDAY or now.symbol in _TODAY.get(wanted, _TODAY["1"]))
            and screening.traded(now, inputs["거래량구분"])
            and screening.priced(now, screening.LIMIT_PRICES, inputs["매매금구분"])
        )

    def row(now: Snapshot, _: int) -> List[str]:
        shown = book(world, now.stock, asof)
        ask, bid = shown.asks[0], shown.bids[0]
        return [
            now.stock.code,
            "",
            now.stock.name,
            now.form(now.price),
            now.symbol,
            now.change_form,
            now.rate_form,
            str(now.volume),
            str(now.volume_before),
            str(ask.quantity),
            price_form(ask.price, now.base),
            price_form(bid.price, now.base),
            str(bid.quantity),
            str(_days_in_a_row(world, now)),
        ]

    keys: Dict[str, Key] = {"2": lambda now: _days_in_a_row(world, now), "3": _rate}
    order = inputs["정렬구분"]
    found = standings(world, moment, inputs["시장구분"], inputs["종목조건"], possible)
    most = 100 if order == "2" else None
    return Reply([], ranked(found, keep, keys.get(order, lambda _: 0), row, most))


def _symbol_on(world: World, stock: Stock, day: date) -> str:
    bar = world.feed.day(stock, day)
    now = on_day(world.feed, stock, day, bar) if bar else None
    return now.symbol if now else ""


def _days_in_a_row(world: World, now: Snapshot) -> int:
    day, count = now.day, 1
    while count < _MOST_DAYS_IN_A_ROW:
        day = krx.previous_trading_day(day)
        if _symbol_on(world, now.stock, day) != now.symbol:
            break
        count += 1
    return count


# -- OPT10016 ----------------------------------------------------------------------------------


def new_extremes(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10016: beyond the highs or lows (or the closes) of 기간 days before; 고가 and 저가 are theirs."""
    high, closes = inputs["신고저구분"] != "2", inputs["고저종구분"] == "2"
    asof, span = ranked_at(world, moment), span_of(inputs["기간"], 1)

    def beyond(now: Snapshot, price: int) -> bool:
        past = days_before(world, now, span)
        if past is None:
            return False
        if high:
            return price > (past.highest_close if closes else past.high)
        return price < (past.lowest_close if closes else past.low)

    def possible(whole: Snapshot) -> bool:
        return whole.bar is not None and beyond(whole, whole.bar.high if high else whole.bar.low)

    def keep(now: Snapshot) -> bool:
        assert now.bar is not None
        return (
            beyond(now, now.price if closes else now.bar.high if high else now.bar.low)
            and screening.traded(now, inputs["거래량구분"])
            and not (inputs["상하한포함"] == "0" and screening.at_limit(now))
        )

    def row(now: Snapshot, _: int) -> List[str]:
        past = days_before(world, now, span)
        assert now.bar is not None
        assert past is not None
        shown = book(world, now.stock, asof)
        return [
            *now.front,
            str(now.volume),
            now.volume_rate_form,
            price_form(shown.asks[0].price, now.base),
            price_form(shown.bids[0].price, now.base),
            str(max(past.high, now.bar.high)),
            str(min(past.low, now.bar.low)),
        ]

    found = standings(world, moment, inputs["시장구분"], inputs["종목조건"], possible)
    return Reply([], ranked(found, keep, lambda now: _rate(now) if high else -_rate(now), row))


# -- opt10019, OPT10023 ------------------------------------------------------------------------


def price_surges(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10019: against the price some minutes or days ago (기준가); 기준대비 without a plus."""
    rising, asof = inputs["등락구분"] != "2", ranked_at(world, moment)
    by_days, ago = inputs["시간구분"] == "2", count(inputs["시간"], 1)

    def then(now: Snapshot) -> int:
        if by_days:
            bars = world.feed.days(now.stock, now.day, ago + 1)
            return bars[-1].close if len(bars) > ago else now.base
        bar = _bar_ago(world, now, asof, ago)
        return bar.price if bar else now.base

    def jump(now: Snapshot) -> int:
        rate = ratio(now.price - then(now), then(now))
        return rate if rising else -rate

    def keep(now: Snapshot) -> bool:
        return (
            jump(now) > 0
            and screening.traded(now, inputs["거래량구분"])
            and screening.priced(now, screening.LIMIT_PRICES, inputs["가격조건"])
            and not (inputs["상하한포함"] == "0" and screening.at_limit(now))
        )

    def row(now: Snapshot, _: int) -> List[str]:
        return [
            now.stock.code,
            "",
            now.stock.name,
            now.symbol,
            now.change_form,
            now.rate_form,
            str(then(now)),
            now.form(now.price),
            str(now.price - then(now)),
            str(now.volume),
            rate_form(now.price, then(now)),
        ]

    found = standings(world, moment, inputs["시장구분"], inputs["종목조건"])
    return Reply([], ranked(found, keep, jump, row))


def volume_surges(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10023: against the day's volume some minutes ago, or the whole day before (이전거래량)."""
    yesterday, asof = inputs["시간구분"] == "2", ranked_at(world, moment)
    ago = count(inputs["시간"], 1)

    def then(now: Snapshot) -> int:
        if yesterday:
            return now.volume_before
        bar = _bar_ago(world, now, asof, ago)
        return bar.volume if bar else 0

    def rate(now: Snapshot) -> int:
        return ratio(now.volume - then(now), then(now))

    def keep(now: Snapshot) -> bool:
        return (
            now.volume > then(now)
            and screening.traded(now, inputs["거래량구분"])
            and screening.priced(now, screening.SURGE_PRICES, inputs["가격구분"])
        )

    def row(now: Snapshot, _: int) -> List[str]:
        return [
            *now.front,
            str(then(now)),
            str(now.volume),
            signed(now.volume - then(now)),
            signed_hundredths(rate(now)),
        ]

    key: Key = rate if inputs["정렬구분"] == "2" else lambda now: now.volume - then(now)
    found = standings(world, moment, inputs["시장구분"], inputs["종목조건"])
    return Reply([], ranked(found, keep, key, row))


def _bar_ago(world: World, now: Snapshot, asof: int, minutes: int) -> Optional[Snapshot]:
    bar = bar_at(world, now.stock, asof - minutes * krx.MINUTE)
    return now._replace(bar=bar) if bar and bar.date == now.day else None


# -- opt10027, opt10030, OPT10032 --------------------------------------------------------------


def changes(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10027: risen or fallen by rate or by won; 횟수 counts the days in a row with that direction."""
    order, asof = inputs["정렬구분"], ranked_at(world, moment)
    rising = order not in ("3", "4")
    sign = 1 if rising else -1

    def keep(now: Snapshot) -> bool:
        return (
            now.change * sign > 0
            and screening.traded(now, inputs["거래량조건"])
            and screening.worth(now, inputs["거래대금조건"])
            and screening.priced(now, screening.RATE_PRICES, inputs["가격조건"])
            and not (inputs["상하한포함"] == "0" and screening.at_limit(now))
        )

    def row(now: Snapshot, _: int) -> List[str]:
        shown = book(world, now.stock, asof)
        return [
            "0",
            *now.front,
            str(shown.ask_total),
            str(shown.bid_total),
            str(now.volume),
            hundredths(strength(world, now.stock, asof)),
            str(_days_in_a_row(world, now)),
        ]

    key: Key = (
        (lambda now: now.change * sign) if order in ("2", "4") else lambda now: _rate(now) * sign
    )
    found = standings(world, moment, inputs["시장구분"], inputs["종목조건"])
    return Reply([], ranked(found, keep, key, row))


def volumes(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10030: by volume, turnover or won traded (거래금액, million); 장전·장후시간외 have no rows."""
    if inputs["장운영구분"] in ("2", "3"):
        return Reply([], iter(()))

    def keep(now: Snapshot) -> bool:
        return (
            screening.traded(now, inputs["거래량구분"])
            and screening.worth(now, inputs["거래대금구분"])
            and screening.priced(now, screening.VOLUME_PRICES, inputs["가격구분"])
        )

    def turnover(now: Snapshot) -> int:
        return ratio(now.volume, now.stock.shares)

    def row(now: Snapshot, _: int) -> List[str]:
        return [
            *now.front,
            str(now.volume),
            now.volume_rate_form,
            signed_hundredths(turnover(now)),
            str(now.value_million),
        ]

    keys: Dict[str, Key] = {"2": turnover, "3": lambda now: now.value_million}
    key = keys.get(inputs["정렬구분"], lambda now: now.volume)
    found = standings(world, moment, inputs["시장구분"], inputs["관리종목포함"])
    return Reply([], ranked(found, keep, key, row))


def values(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10032: by million won traded, 전일순위 likewise among the same stocks the day before."""
    return Reply([], _values(world, inputs["시장구분"], moment))


def _values(world: World, market: str, moment: int) -> Rows:
    asof = ranked_at(world, moment)
    before: List[Tuple[int, str]] = []
    found: List[Optional[Snapshot]] = []
    for now in standings(world, moment, market):
        yield None
        if now is not None:
            found.append(now)
            before.append((-(now.yesterday.value_million if now.yesterday else 0), now.stock.code))
    ranks = {code: rank for rank, (_, code) in enumerate(sorted(before), 1)}

    def row(now: Snapshot, rank: int) -> List[str]:
        shown = book(world, now.stock, asof)
        return [
            now.stock.code,
            str(rank),
            str(ranks[now.stock.code]),
            now.stock.name,
            now.form(now.price),
            now.symbol,
            now.change_form,
            now.rate_form,
            price_form(shown.asks[0].price, now.base),
            price_form(shown.bids[0].price, now.base),
            str(now.volume),
            str(now.volume_before),
            str(now.value_million),
        ]

    yield from ranked(iter(found), lambda _: True, lambda now: now.value_million, row)
