"""A trade's 43 values written the slow way: from the whole day's trades, with fractions, FID by FID."""

from fractions import Fraction
from math import ceil, floor

from sapi_kiwoom import catalogue, krx
from sapi_kiwoom.loop import SECOND


def rounded(number):
    """To an integer, halves away from zero."""
    return floor(number + Fraction(1, 2)) if number >= 0 else -floor(-number + Fraction(1, 2))


def decimals(number):
    """Two decimals of a percentage that is not negative."""
    text = f"{rounded(number * 100):03d}"
    return f"{text[:-2]}.{text[-2:]}"


def signed(number):
    return f"{number:+d}" if number else " 0"


def signed_decimals(number):
    text = decimals(abs(number))
    return f" {text}" if text == "0.00" else f"{'+' if number > 0 else '-'}{text}"


def percent(part, whole):
    return Fraction(part * 100, whole) if whole else Fraction(0)


def time(at):
    minute = krx.day_and_minute(at)[1]
    return f"{minute // 60:02d}{minute % 60:02d}{at // SECOND % 60:02d}"


class Reference:
    """Knows nothing but what it is given."""

    def __init__(self, stock, day, base, upper, lower, yesterday, past, cost):
        self.stock, self.day, self.base = stock, day, base
        self.upper, self.lower = upper, lower
        self.volume_before = yesterday.volume if yesterday else 0
        self.value_before = yesterday.value_million * 1_000_000 if yesterday else 0
        self.past, self.cost = past, cost

    def price(self, price):
        colour = "+" if price > self.base else "-" if price < self.base else " "
        return f"{colour}{price}"

    def first(self, ticks, price):
        return next((time(tick.at) for tick in ticks if tick.price == price), "000000")

    def symbol(self, price):
        if price >= self.upper:
            return "1"
        if price <= self.lower:
            return "4"
        return "2" if price > self.base else "5" if price < self.base else "3"

    def trade(self, ticks, ask, bid):
        last = ticks[-1]
        price, size, side = last.price, last.quantity, last.side
        prices = [tick.price for tick in ticks]
        volume = sum(tick.quantity for tick in ticks)
        value = sum(tick.quantity * tick.price for tick in ticks)
        bought = sum(tick.quantity for tick in ticks if tick.side > 0)
        sold = sum(tick.quantity for tick in ticks if tick.side < 0)
        minute = krx.day_and_minute(last.at)[1]
        session = krx.session(self.day)
        then = max((total for each, total in self.past if each <= minute), default=0)
        kind = 1 if minute < session.open else 2 if minute <= session.closing_auction else 3
        share = percent(bought, bought + sold)
        grown = 1 if volume >= self.volume_before else -1
        richer = 1 if value >= self.value_before else -1
        values = {
            20: time(last.at),
            10: self.price(price),
            11: signed(price - self.base),
            12: signed_decimals(percent(price - self.base, self.base)),
            27: self.price(ask),
            28: self.price(bid),
            15: f"{'+' if side > 0 else '-' if side < 0 else ''}{size}",
            13: str(volume),
            14: str(value // 1_000_000),
            16: self.price(prices[0]),
            17: self.price(max(prices)),
            18: self.price(min(prices)),
            25: self.symbol(price),
            26: signed(volume - self.volume_before),
            29: signed(value - self.value_before),
            30: signed_decimals(grown * percent(volume, self.volume_before)),
            31: decimals(percent(volume, self.stock.shares)),
            32: str(ceil(price * self.cost)),
            228: decimals(percent(bought, sold)),
            311: str(price * self.stock.shares // 100_000_000),
            290: str(kind),
            691: "0",
            822: signed_decimals(richer * percent(value, self.value_before)),
            567: self.first(ticks, self.upper),
            568: self.first(ticks, self.lower),
            851: str(rounded(percent(volume, then) * 100)),
            1890: time(ticks[0].at),
            1891: self.first(ticks, max(prices)),
            1892: self.first(ticks, min(prices)),
            1030: str(sold),
            1031: str(bought),
            1032: ("-" if rounded(share * 100) < 5_000 else "") + decimals(share),
            1071: str(sum(tick.side < 0 for tick in ticks)),
            1072: str(sum(tick.side > 0 for tick in ticks)),
            1313: signed((-1 if side < 0 else 1) * (size * price // 1_000)),
            1315: signed(-size if side < 0 else 0),
            1316: signed(size if side > 0 else 0),
            1314: signed(size * side),
            1497: str(price * 2 // 5),
            1498: str(price * 8 // 25),
            620: str(rounded(Fraction(value, volume))),
            732: str(rounded(Fraction(price * 533, 100_000))),
            852: "0",
        }
        return "\t".join(values[fid] for fid in catalogue.real_types()["주식체결"].fids)
