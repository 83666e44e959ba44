"""The 주식종목정보 (0g): a stock's limits and states of the day."""

from __future__ import annotations

from simulator.packets.colours import Colours
from simulator.universe import Stock

_NO_EXTENSION = "0\t0\t0"
_NO_EARLY_END = "0"
_CURRENCY = "KRW"


def stock_info(stock: Stock, colours: Colours) -> str:
    """One event: 13 values. Auctions end on time, and nothing happens that the last three could say."""
    return "\t".join(
        (
            _NO_EXTENSION,
            colours.price(colours.upper),
            colours.price(colours.lower),
            str(colours.base),
            _NO_EARLY_END,
            _CURRENCY,
            str(stock.margin_rate),
            stock.warning,
            "",
            "",
            "",
        )
    )
