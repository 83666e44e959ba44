"""What the names of fields promise about the values of a row, one small check for each relation."""

from decimal import Decimal

from sapi_kiwoom import krx
from simulator.universe import universe

SIGNS = {"1": 1, "2": 1, "3": 0, "4": -1, "5": -1}

PRICES = ("현재가", "종가", "현재가n", "현재가s", "추적현재가")
OPENING, HIGH, LOW = (
    ("시가", "시가n"),
    ("고가", "고가n", "당일고가", "고가s"),
    ("저가", "저가n", "당일저가", "저가s"),
)
TOUCHES = [
    *(("매도호가", "매수호가"), ("매도1호가", "매수1호가"), ("매도호가1", "매수호가1")),
    *(("최우선매도호가", "최우선매수호가"), ("우선매도호가단위", "우선매수호가단위")),
]
INVESTORS = ("개인투자자", "외국인투자자", "기관계", "기타법인", "내외국인")
INSTITUTIONS = (
    *("금융투자", "보험", "투신", "기타금융", "은행", "연기금등", "사모펀드"),
    "국가",
)


WHOLES = [
    *((f"전체{what}", f"차익거래{what}", f"비차익거래{what}")
      for what in ("매도", "매수", "순매수", "당일", "누적")),
    ("전체차익위탁매도금액", "차익위탁매도금액", "비차익위탁매도금액"),
    ("전체차익위탁순매수수량", "차익위탁순매수수량", "비차익위탁순매수수량"),
    *((f"차익{side}{what}", f"차익{side}위탁{what}", f"차익{side}자기{what}")
      for side in ("매도", "매수") for what in ("금액", "선물금액", "CALL금액", "PUT금액2")),
]  # fmt: skip


def parsed(fields, cells):
    """A record by field name; of repeated names the first. Raises ValueError where a cell is not its kind."""
    assert len(cells) == len(fields)
    row = {}
    for field, cell in zip(fields, cells):
        assert isinstance(cell, str)
        value = field.parse(cell)
        row.setdefault(field.name, value)
    return row


def first(row, names):
    return next((row[name] for name in names if row.get(name) is not None), None)


def extremes(row):
    price, opening = first(row, PRICES), first(row, OPENING)
    high, low = first(row, HIGH), first(row, LOW)
    if high and low:
        assert low <= high
        assert all(low <= each <= high for each in (price, opening) if each)


def limits(row):
    price, upper, lower = first(row, PRICES), row.get("상한가"), row.get("하한가")
    if price and isinstance(upper, (int, Decimal)) and isinstance(lower, (int, Decimal)):
        assert lower <= price <= upper


def change(row):
    price, base = first(row, PRICES), first(row, ("기준가", "전일종가"))
    moved = first(row, ("전일대비", "전일대비n", "대비"))
    if isinstance(moved, (int, Decimal)) and price and base and not isinstance(base, str):
        assert moved == price - base


def direction(row):
    symbol = first(
        row, ("전일대비기호", "대비기호", "대비부호", "등락부호", "부호", "등락기호", "대비구분")
    )
    moved, rate = row.get("전일대비"), first(row, ("등락율", "등락률", "대비율"))
    if symbol and moved is not None:
        assert SIGNS[symbol] == (moved > 0) - (moved < 0)
    if moved and rate:
        assert (moved > 0) == (rate > 0)


def touch(row):
    for ask, bid in TOUCHES:
        if row.get(ask) and row.get(bid):
            assert row[ask] > row[bid]


def nets(row):
    """순매수 is 매수 less 매도."""
    for name, net in row.items():
        if "순매수" in name:
            bought, sold = (row.get(name.replace("순매수", side)) for side in ("매수", "매도"))
            if None not in (net, bought, sold):
                assert net == bought - sold, name


def books(row):
    for asks, bids in (("총매도잔량", "총매수잔량"), ("매도호가총잔량", "매수호가총잔량")):
        if "순매수잔량" in row and asks in row:
            assert row["순매수잔량"] == row[bids] - row[asks]
    shown = [row.get(f"매도{place}호가잔량") for place in range(1, 11)]
    if None not in shown:
        assert row["총매도잔량"] == sum(shown)


def investors(row):
    """Whatever somebody sells another buys."""
    if all(name in row for name in INVESTORS):
        assert sum(row[name] for name in INVESTORS) in range(-5, 6)  # of amounts each is cut
    if all(name in row for name in ("기관계", *INSTITUTIONS)):
        assert row["기관계"] == sum(row[name] for name in INSTITUTIONS)


def wholes(row):
    for whole, *parts in WHOLES:
        if whole in row and all(part in row for part in parts):
            assert row[whole] == sum(row[part] for part in parts), whole
    if row.get("누적거래량") is not None and isinstance(row.get("거래량"), int):
        assert abs(row["거래량"]) <= row["누적거래량"]


def names(row):
    stock = universe().get(row.get("종목코드") or "")
    if stock and row.get("종목명"):
        assert row["종목명"] == stock.name


ROW = (extremes, limits, change, direction, touch, nets, books, investors, wholes, names)
"""Checks of a row by itself."""


def grid(row, day):
    stock = universe().get(row.get("종목코드") or "")
    if stock:
        table = krx.tick_table(stock.market, day)
        for name in ("현재가", "매도호가", "매수호가", "시가", "고가", "저가"):
            if isinstance(row.get(name), int) and row[name]:
                assert table.round_down(row[name]) == row[name], name


def newest_first(rows, label):
    labels = [row[label] for row in rows]
    assert labels == sorted(labels, reverse=True)


def growing(rows, name="누적거래량"):
    """Down the rows of one session, newest first, what has been added up only becomes less."""
    volumes = [row[name] for row in rows if row.get(name) is not None]
    assert volumes == sorted(volumes, reverse=True)
