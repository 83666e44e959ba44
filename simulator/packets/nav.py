"""The ETF NAV (0G): an ETF's net asset value beside its price."""

from __future__ import annotations

from simulator.packets.colours import Colours
from simulator.strings import clock, hundredths, rate, ratio, signed_hundredths

_NO_INDEX = "0.00", " 0.00", "3", " 0.00"
"""추적지수, its 전일대비 and 전일대비기호, and NAV/지수괴리율: which index an ETF follows is not modelled."""


def net_asset_value(
    colours: Colours, at: int, nav: int, before: int, tracking_error: int, price: int, volume: int
) -> str:
    """One event: 15 values.

    Args:
        at: microseconds since 1970 UTC.
        nav, before: the NAV now and at the end of the trading day before, in hundredths of a won.
        tracking_error: 추적오차율, in hundredths of a percent.
        price: the ETF's last one, in won.
        volume: shares traded so far.
    """
    change = nav - before
    sign = "+" if change > 0 else "-" if change < 0 else " "
    return "\t".join(
        (
            f"{sign}{hundredths(nav)}",
            signed_hundredths(change, " "),
            rate(ratio(change, before)),
            hundredths(tracking_error),
            clock(at),
            colours.change(price),
            str(volume),
            colours.symbol(price),
            *_NO_INDEX,
            rate(ratio(100 * price - nav, nav)),
        )
    )
