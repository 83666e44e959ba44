"""Companies behind the stocks: SYNTHETIC, drawn once for a stock and consistent among themselves."""

from __future__ import annotations

from typing import NamedTuple

from simulator.draws import Draws
from simulator.strings import ratio
from simulator.universe import Stock

_HUNDRED_MILLION = 100_000_000


class Company(NamedTuple):
    """What opt10001 says about a company; money in won, rates in hundredths of a percent.

    Attributes:
        face_value: 액면가.
        capital: 자본금.
        credit: 신용비율.
        foreign: 외인소진률.
        floating: 유통비율.
        earnings: EPS, below 0 for a loss.
        book_value: BPS.
        sales, operating_profit, net_profit: 매출액, 영업이익, 당기순이익 of a year.
        multiple: EV/EBITDA in hundredths.
    """

    face_value: int
    capital: int
    credit: int
    foreign: int
    floating: int
    earnings: int
    book_value: int
    sales: int
    operating_profit: int
    net_profit: int
    multiple: int

    @property
    def return_on_equity(self) -> int:
        """ROE in hundredths of a percent."""
        return ratio(self.earnings, self.book_value)


def company(seed: int, stock: Stock) -> Company | None:
    """The company of a stock; None for funds and notes, which have none."""
    if stock.market in ("ETF", "ETN"):
        return None
    draws = Draws(seed, "company", stock.code)
    face_value = (100, 500, 500, 1_000, 5_000)[draws.below(5)]
    capital = face_value * stock.shares
    price_to_earnings = draws.between(500, 4_000)  # hundredths, at the stock's usual price
    loss = draws.below(6) == 0
    earnings = max(1, stock.price * 100 // price_to_earnings) * (-1 if loss else 1)
    book_value = max(1, stock.price * 100 // draws.between(40, 500))
    net_profit = earnings * stock.shares
    margin = draws.between(200, 1_500)  # hundredths of a percent of the sales
    sales = abs(net_profit) * 10_000 // margin
    operating_profit = net_profit * draws.between(105, 150) // 100
    return Company(
        face_value,
        capital,
        draws.between(0, 400),
        draws.between(100, 5_500),
        draws.between(2_500, 9_000),
        earnings,
        book_value,
        sales,
        operating_profit,
        net_profit,
        draws.between(200, 2_000),
    )


def hundred_millions(won: int) -> str:
    """An amount in 억원, cut."""
    return str(won // _HUNDRED_MILLION if won >= 0 else -(-won // _HUNDRED_MILLION))
