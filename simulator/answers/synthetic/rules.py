"""The rule of each field: by its name, by a pattern of names, and last by its kind."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, Dict, Optional, Tuple

from simulator.answers.forms import day_form, time_form
from simulator.answers.synthetic import flows
from simulator.answers.synthetic.scene import Level, Scene
from simulator.answers.synthetic.tables import CHANGES, PRICES, QUANTITIES, RATES, TEXTS, Rule

_PRICE_KINDS = frozenset(
    "price plain_price precise_price price_change index index_change index_without_point".split()
)
_AMOUNTS = frozenset("amount signed_amount million_won".split())
_PRICELIKE = _PRICE_KINDS | {"precise"}


_BOOK_PRICE = re.compile(
    r"(매도|매수)(\d+)(?:차|우)?선?호가$|(매도|매수)호가(\d+)$|(?:예상)?(매도|매수)?(?:최우선|우선)?(매도|매수)?(?:우선)?호가(?:단위)?$"
)
_LEVEL_SIZE = re.compile(r"(매도|매수)(\d+)호가잔량$|(매도|매수)수량([1-5])$")
_LEVEL_ORDERS = re.compile(r"(매도|매수)(\d+)호가건수$|(매도|매수)건수([1-5])$")
_CHANGED = re.compile(r"(.+?)(?:증감|변동|증감액|직전대비|전일대비)$")
_SIDED = re.compile(r"(.*?)(순매매|순매수|순매도|매수|매도)(.*)$")
_MEASURES = re.compile(r"거래량|수량|주수|량|금액|대금|체결|액|수$")


def _level(levels: Tuple[Level, ...], place: int) -> Level:
    return levels[place] if place < len(levels) else Level(0, 0, 0)


def _side(found: str) -> Callable[[Scene], Tuple[Level, ...]]:
    return (lambda now: now.asks) if found == "매도" else (lambda now: now.bids)


def _book(name: str) -> Optional[Callable[[Scene], int]]:
    """The price of a level that a name means."""
    found = _BOOK_PRICE.match(name)
    if found is None:
        return None
    groups = [each for each in found.groups() if each]
    if not groups:
        return None
    side = _side(groups[0])
    place = int(groups[1]) - 1 if len(groups) > 1 and groups[1].isdigit() else 0
    return lambda now: _level(side(now), place).price


def _level_of(name: str) -> Optional[Rule]:
    """Quantity or orders of a level."""
    for pattern, place in ((_LEVEL_SIZE, 1), (_LEVEL_ORDERS, 2)):
        found = pattern.match(name)
        if found:
            side_name, number = (each for each in found.groups() if each)
            side, level = _side(side_name), int(number) - 1
            return lambda now, side=side, level=level, place=place: _level(side(now), level)[place]  # type: ignore[misc]
    return None


def _party(name: str, kind: str) -> Optional[Rule]:
    """Who sold or bought how much, or for how much: ``프로그램순매수금액``."""
    found = _SIDED.match(name)
    if found is None:
        return None
    before, side, behind = found.groups()
    party = _MEASURES.sub("", before + behind) or "모두"
    money = kind in _AMOUNTS or re.search("금액|대금|액$", name) is not None
    by_input = kind == "signed_flow" and "수량" not in name

    def rule(now: Scene) -> int:
        in_money = money or (by_input and now.options.get("금액수량구분", "1") != "2")
        sold, bought = (flows.money if in_money else flows.flow)(now, party)
        if side in ("순매수", "순매매"):
            return bought - sold
        if side == "순매도":
            return sold - bought
        return bought if side == "매수" else sold

    return rule


def _investor(name: str) -> Rule:
    """An investor's column; inputs say whether in shares or money, and whether bought, sold or net."""

    def rule(now: Scene) -> int:
        in_money = now.options.get("금액수량구분", "2") == "1"
        sold, bought = (flows.money if in_money else flows.flow)(now, name)
        gross = now.options.get("매매구분", "0")
        return bought if gross == "1" else sold if gross == "2" else bought - sold

    return rule


def _changed(rule: Rule) -> Rule:
    """How much a value differs from the row behind."""

    def change(now: Scene) -> int:
        value = rule(now)
        then = rule(now.previous) if now.previous is not None else value
        assert isinstance(value, int)
        assert isinstance(then, int)
        return value - then

    return change


# -- what is left, by kind -----------------------------------------------------------------------------


def _usual(name: str, kind: str) -> Rule:
    """A value that fits the kind, where the name says nothing."""
    by_kind: Dict[str, Rule] = {
        "date": lambda now: day_form(now.day),
        "month": lambda now: f"{now.day:%Y%m}",
        "time": lambda now: time_form(now.at),
        "timestamp": lambda now: day_form(now.day) + time_form(now.at),
        "count": lambda now: 1 + now.draw(name, 20),
        "quantity": lambda now: now.volume * now.draw(name, 1_000) // 10_000,
        "signed_quantity": lambda now: now.volume * (now.draw(name, 2_001) - 1_000) // 10_000,
        "signed_flow": lambda now: now.volume * (now.draw(name, 2_001) - 1_000) // 10_000,
        "amount": lambda now: now.value // 1_000_000 * now.draw(name, 1_000) // 10_000,
        "signed_amount": lambda now: (
            now.value // 1_000_000 * (now.draw(name, 2_001) - 1_000) // 10_000
        ),
        "million_won": lambda now: now.value // 1_000_000 * now.draw(name, 1_000) // 10_000,
        "rate": lambda now: now.draw(name, 5_000),
        "signed_rate": lambda now: now.draw(name, 1_001) - 500,
        "precise": lambda now: now.draw(name, 200),
        "won": lambda now: 0,
        "hundred_million_won": lambda now: now.value // 100_000_000,
        "thousand_shares": lambda now: now.volume // 1_000,
    }
    return by_kind.get(kind, lambda now: None)


# -- a field's rule ------------------------------------------------------------------------------------


def _plain(name: str, kind: str) -> Rule:
    """The rule of a name without its prefix, for a kind that is no price."""
    if kind == "symbol":
        return lambda now: now.symbol
    if kind == "precise" and ("변동성" in name or name == "IV"):
        return lambda now: 1_200 + now.draw(name, 1_400)
    tables = (TEXTS, RATES) if kind in ("rate", "signed_rate") else (TEXTS, QUANTITIES)
    if kind == "signed_quantity" and name in ("거래량", "체결량"):
        return lambda now: now.last
    for table in tables:
        if name in table:
            return table[name]
    found = _level_of(name)
    if found:
        return found
    if kind in ("flag", "text", "code", "name", "number", "date", "time", "rate", "signed_rate"):
        return _usual(name, kind)
    changed = _CHANGED.match(name)
    if changed and kind.startswith("signed"):
        inner = "quantity" if "quantity" in kind else "amount"
        return _changed(_plain(changed.group(1), inner))
    if kind == "signed_flow" and not _SIDED.match(name):
        return _investor(name)
    return _party(name, kind) or _usual(name, kind)


@lru_cache(maxsize=None)
def rule(name: str, kind: str) -> Tuple[str, Rule]:
    """How a field is filled, as a ``price``, a ``change`` of prices or a ``plain`` value; and the rule."""
    if kind in _PRICELIKE:
        if name in CHANGES and kind.endswith("change"):
            return "change", CHANGES[name]
        if name in PRICES:
            return "price", PRICES[name]
        book = _book(name)
        if book:
            return "price", book
        if kind.endswith("change"):
            return "change", CHANGES["전일대비"]
        if kind in _PRICE_KINDS:
            return "price", PRICES["현재가"]
    return "plain", _plain(name, kind)
