"""opt10014: short selling by day. Synthetic: drawn as a share of the day's volume."""

from __future__ import annotations

from datetime import date
from typing import Dict, Iterator, List, Optional

from simulator.answers.world import World
from simulator.draws import Draws
from simulator.strings import coloured, hundredths, ratio, signed, signed_hundredths, symbol


def short_selling(
    world: World, inputs: Dict[str, str], moment: int
) -> Iterator[Optional[List[str]]]:
    """Newest first; 공매도거래대금 in thousand won, 공매도평균가 in won."""
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return
    today = world.trading_day(moment)
    first, last = _day(inputs["시작일자"]), min(_day(inputs["종료일자"]), today)
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
            bar.date.strftime("%Y%m%d"),
            coloured(bar.close, base),
            symbol(bar.close, base, upper, lower),
            signed(bar.close - base),
            signed_hundredths(ratio(bar.close - base, base)),
            str(bar.volume),
            str(shorted),
            hundredths(ratio(shorted, bar.volume)),
            str(shorted * average // 1_000),
            str(average if shorted else 0),
        ]


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
