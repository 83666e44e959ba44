"""How the control writes values as strings, and how they are read: a small closed set of kinds.

A value is an ``int`` where numbers are whole, a `Decimal` where they have parts, a ``str`` where they are not
numbers; None is what the control left blank. Reading is lenient: blanks, zeros in front, signs and a
missing point do not matter. Writing gives the one usual form.

The sign of a **coloured** value is not part of the number. Kiwoom's windows paint a price red (``+``) above
the base price and blue (``-``) below it, and the sign carries the colour: ``-77100`` is a price of 77,100
won. So `Kind.parse` gives 77100, and `Kind.format` takes the colour as an argument of its own.

The servers write **accounts** (the TRs of the opw family) differently: numbers are padded with zeros to
the field's width, the sign inside it, and rates have a decimal point on the mock server, none on the real
one. The same account reads the same from both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Dict, Optional, Union

Value = Union[int, Decimal, str]

MOCK, MOCK_2020, REAL = PROFILES = ("mock", "mock-2020", "real")
"""The servers: mock trading, mock trading until about 2020, real trading."""

_BLANK_DATES = ("0", "00000000")

_STEPS = [Decimal(1).scaleb(-places) for places in range(5)]

_NUMBER = re.compile(r"(?:[+-](?=[+-]))?([+-]?) *([0-9]+\.?[0-9]*|\.[0-9]+)%?")
"""Of two signs the first is a colour."""


@dataclass(frozen=True)
class Kind:
    """How values of one kind are written.

    Attributes:
        name: for example ``price``.
        meaning: what it is, with the unit, in a few words.
        decimals: places behind the point; 0 for whole numbers, None for what is no number.
        free: as many places as the number has, instead of always ``decimals``.
        plus: a number above 0 shows its sign.
        coloured: a sign in front is a colour, not part of the number.
        scaled: written without its point: 2521.27 as ``252127``.
        padded: zeros fill the field's width.
        implied: the real server leaves out the point.
        unit: won in 1; None for what is no money, or where an input of the TR decides.
    """

    name: str
    meaning: str
    decimals: Optional[int] = None
    free: bool = False
    plus: bool = False
    coloured: bool = False
    scaled: bool = False
    padded: bool = False
    implied: bool = False
    unit: Optional[int] = None

    def format(
        self, value: Optional[Value], profile: str = MOCK, width: int = 0, colour: int = 0
    ) -> str:
        """The string that the control gives for a value, without the blanks of its buffer.

        Args:
            value: what to write; a number is rounded half up to the kind's places.
            profile: the server, one of `PROFILES`.
            width: the field's width, for kinds that are padded.
            colour: of a coloured value: above 0 for a price above the base price, below 0 for one below.

        Raises:
            ValueError: the server is unknown, the value is not of this kind, or does not fit the width.
        """
        _known(profile)
        if value is None:
            return ""
        if self.decimals is None:
            return str(value)
        pointless = self.scaled or (self.implied and profile == REAL)
        text = self._digits(value, pointless)
        if self.coloured:
            return ("+" if colour > 0 else "-" if colour < 0 else "") + text.lstrip("-")
        if self.plus and not text.startswith("-") and text.strip("0."):
            return "+" + text
        if self.padded and (pointless or self.decimals == 0):
            text = text.zfill(width)
            if width and len(text) > width:
                raise ValueError(f"{value} has more than the {width} digits of its field")
        return text

    def parse(self, raw: str, profile: str = MOCK) -> Optional[Value]:
        """The value of a string of the control; None where it is blank.

        Args:
            raw: as a getter gave it, with or without the blanks of its buffer.
            profile: the server it came from, one of `PROFILES`.

        Raises:
            ValueError: the server is unknown, or a number was expected and something else found.
        """
        _known(profile)
        text = raw.strip()
        if not text:
            return None
        if self.decimals is None:
            return None if self.name == "date" and text in _BLANK_DATES else text
        whole = self.decimals == 0 and not self.free
        if whole and text.isascii() and text[text[0] in "+-" :].isdigit():  # the quick way
            return abs(int(text)) if self.coloured else int(text)
        number = _number(text, raw, self.name)
        if self.coloured:
            number = abs(number)
        if whole:
            return int(number) if number == number.to_integral_value() else number
        if "." not in text and (self.scaled or (self.implied and profile == REAL)):
            return number.scaleb(-self.decimals)
        return number

    def _digits(self, value: Value, pointless: bool) -> str:
        assert self.decimals is not None
        if self.decimals == 0 and isinstance(value, int):  # most values, and the quick way
            return str(value)
        try:
            number = Decimal(value)
            if self.free:
                text = f"{number.normalize():f}"
            else:
                number = number.quantize(_STEPS[self.decimals], ROUND_HALF_UP)
                text = f"{number.scaleb(self.decimals) if pointless else number:f}"
        except InvalidOperation:
            text = "NaN"
        if not text[-1].isdigit():
            raise ValueError(f"{value!r} is no number that kind {self.name} can write")
        return text.lstrip("-") if not text.strip("-0.") else text  # no sign before a zero


def _known(profile: str) -> None:
    if profile not in PROFILES:
        raise ValueError(f"there is no server {profile!r}; choose one of {', '.join(PROFILES)}")


def _number(text: str, raw: str, kind: str) -> Decimal:
    found = _NUMBER.fullmatch(text.replace(",", ""))
    if found is None:
        raise ValueError(f"{raw!r} is no number, which a value of kind {kind} is")
    return Decimal(found.group(1) + found.group(2))


_MILLION = 1_000_000
_HUNDRED_MILLION = 100_000_000

KINDS: Dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("text", "as it is"),
        Kind("name", "of a stock, a sector, a broker; cut to the field's bytes in CP949"),
        Kind("code", "of a stock, a sector, a broker; letters in front as the control has them"),
        Kind("number", "of an account, an order, a fill: digits that are no number"),
        Kind("flag", "one of a few letters or words that the TR defines"),
        Kind("symbol", "전일대비기호: 1 upper limit, 2 up, 3 unchanged, 4 lower limit, 5 down"),
        Kind("date", "YYYYMMDD; zeros are none"),
        Kind("month", "YYYYMM"),
        Kind("time", "HHMMSS"),
        Kind("timestamp", "YYYYMMDDHHMMSS"),
        Kind("count", "of rows, days, stocks; a rank", 0),
        Kind("price", "won, coloured", 0, coloured=True, unit=1),
        Kind("plain_price", "won, without a colour", 0, unit=1),
        Kind("precise_price", "won, with the parts it has", 0, free=True, unit=1),
        Kind("price_change", "won, signed", 0, plus=True, unit=1),
        Kind("index", "points, or the price of a future or option; coloured", 2, coloured=True),
        Kind("index_change", "points, signed", 2, plus=True),
        Kind("index_without_point", "hundredths of a point: 252127 is 2521.27", 2, scaled=True),
        Kind("quantity", "shares or contracts", 0),
        Kind("thousand_shares", "thousands of shares", 0),
        Kind("signed_quantity", "shares or contracts, signed", 0, plus=True),
        Kind("won", "money", 0, unit=1),
        Kind("precise_won", "money, with the parts it has", 0, free=True, unit=1),
        Kind("million_won", "money", 0, unit=_MILLION),
        Kind("hundred_million_won", "money (억)", 0, unit=_HUNDRED_MILLION),
        Kind("amount", "money in a unit that is not published", 0),
        Kind("signed_amount", "money in a unit that is not published, signed", 0, plus=True),
        Kind("signed_flow", "money or shares, as an input of the TR chooses; signed", 0, plus=True),
        Kind("rate", "per cent or a ratio", 2),
        Kind("signed_rate", "per cent, signed", 2, plus=True),
        Kind("precise", "a number with the places it has", 0, free=True),
        Kind("account_won", "money", 0, padded=True, unit=1),
        Kind("account_price", "won", 0, padded=True, unit=1),
        Kind("account_quantity", "shares or contracts", 0, padded=True),
        Kind("account_count", "rows", 0, padded=True),
        Kind("account_rate", "per cent", 2, padded=True, implied=True),
        Kind("account_rate_4", "per cent", 4, padded=True, implied=True),
        Kind("account_points", "points, or the price of a contract", 2, padded=True, implied=True),
    )
}
"""All kinds by name."""
