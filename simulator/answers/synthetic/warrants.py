"""Scenes of ELWs: an option on the stock, for a part of a share, in steps of five won."""

from __future__ import annotations

from datetime import date, timedelta

from simulator import elws
from simulator.answers.synthetic.contracts import ContractSubject
from simulator.answers.synthetic.scene import Scene
from simulator.answers.synthetic.subjects import Facts, Scenes, StockSubject
from simulator.answers.world import World
from simulator.derivatives import CALL, Contract
from simulator.elws import Elw
from simulator.feeds.members import members
from simulator.strings import ratio as rate

_TICK = 5
_SHARES = 10_000_000


class ElwSubject:
    """An ELW, since the quarter in which it is listed began."""

    def __init__(self, world: World, elw: Elw, day: date) -> None:
        self._world = world
        self._elw = elw
        self._strike = elws.strike(world, elw, day)
        self._ratio = elws.ratio(world, elw, day)
        self._listed, self._expiry = elws.quarter(day), elws.expiry(day)
        month = f"{self._expiry:%Y%m}"
        option = Contract(elw.code, elw.name, month, elw.side, self._strike)
        self._option = ContractSubject(world, elw.asset, option)
        self._stock = StockSubject(world, world.stocks[elw.stock])

    def now(self, moment: int) -> Scenes:
        """See `Subject.now`."""
        return self._made(self._stock.now(moment))

    def days(self, newest: date, moment: int) -> Scenes:
        """See `Subject.days`."""
        for scene in self._made(self._stock.days(newest, moment)):
            if scene and scene.day < self._listed:
                return
            yield scene

    def minutes(self, day: date, moment: int) -> Scenes:
        """See `Subject.minutes`."""
        return self._made(self._stock.minutes(day, moment))

    def _made(self, scenes: Scenes) -> Scenes:
        for scene in scenes:
            yield self._scene(scene) if scene else None

    def _scene(self, under: Scene) -> Scene:
        option = self._option.scene(under)
        opening = high = low = 0
        if under.open:
            opening, high, low = map(self._won, (option.open, option.high, option.low))
        scene = Scene(
            self._elw.code,
            self._elw.name,
            under.at,
            under.day,
            self._won(option.base),
            self._won(option.upper),
            self._won(option.lower),
            opening,
            high,
            low,
            self._won(option.price),
            under.volume // 40,
            under.volume // 40 * self._won(option.price),
            abs(under.last) // 40 * (1 if under.last >= 0 else -1),
            under.before // 40,
            f"{self._world.feed.seed}/{self._elw.code}",
            lambda price: _TICK,
            more=lambda: self._facts(under, option),
        )
        for name in ("분시가", "분고가", "분저가"):
            known = option.facts.get(name)
            if isinstance(known, int):
                scene.facts[name] = self._won(known)
        return scene

    def _won(self, price: int) -> int:
        """Hundredths of a won for a share, as the price of one ELW on its grid."""
        return max((price * self._ratio // 10_000 + _TICK // 2) // _TICK * _TICK, _TICK)

    def _facts(self, under: Scene, option: Scene) -> Facts:
        option.further("델타")
        known = option.facts
        price, share = self._won(option.price), max(under.price, 1)
        fair = known["이론가"]
        assert isinstance(fair, int)
        fair = fair * self._ratio // 100
        call = self._elw.side == CALL
        strike = self._strike
        parity = rate(under.price, strike) if call else rate(strike, share)
        cost = price * 100 * 100 // self._ratio  # hundredths of a won for a whole share
        even = strike * 100 + (cost if call else -cost)
        left = max((self._expiry - under.day).days, 0)
        issuer = members()[self._elw.issuer]
        held = _SHARES - under.volume // 40 % _SHARES
        facts: Facts = {name: known[name] for name in ("델타", "감마", "베가", "로")}
        facts.update(쎄타=known["세타"])
        facts.update(dict.fromkeys(("IV", "내재변동성", "ELW내재변동성"), known["내재변동성"]))
        facts.update(dict.fromkeys(("이론가", "ELW이론가"), fair))
        facts.update(괴리율=rate(price * 100 - fair, max(fair, 1)), 베이시스=price * 100 - fair)
        facts.update(dict.fromkeys(("패리티", "ELW패리티"), parity))
        facts.update(
            dict.fromkeys(("기어링비율", "ELW기어링"), share * 1_000_000 // max(cost * 100, 1))
        )
        facts.update(프리미엄=abs(rate(even - share * 100, share * 100)), 손익분기점=even)
        facts.update(
            dict.fromkeys(
                ("손익분기율", "ELW손익분기율"), abs(rate(even - share * 100, share * 100))
            )
        )
        facts.update(dict.fromkeys(("행사가격", "ELW행사가"), strike * 100))
        facts.update(dict.fromkeys(("전환비율", "ELW전환비율"), self._ratio))
        facts.update(dict.fromkeys(("잔존일수", "ELW잔존일수"), left))
        facts.update(
            dict.fromkeys(
                ("권리구분", "콜풋구분", "ELW권리유형", "권리유형"), "콜" if call else "풋"
            )
        )
        facts.update(
            dict.fromkeys(("발행사명", "한글발행기관명", "ELW발행기관", "LP회원사명"), issuer)
        )
        facts.update(
            dict.fromkeys(("기초자산명", "기초자산1"), under.name), 기초자산구성비율1=10_000
        )
        facts.update(dict.fromkeys(("기초자산코드", "자산코드"), under.code), 회차=self._elw.series)
        facts.update(dict.fromkeys(("상장일", "ELW상장일"), _day(self._listed)))
        facts.update(
            dict.fromkeys(("최종거래일", "만기일", "ELW최종거래일", "행사일"), _day(self._expiry))
        )
        facts.update(
            dict.fromkeys(("LP초종공급일", "LP최종공급일", "LP공급종료일"), _day(self._expiry))
        )
        paid = self._expiry + timedelta(4)  # two trading days after a Thursday
        facts.update(
            dict.fromkeys(("지급일", "ELW지급일"), _day(paid)), 주식수=_SHARES, LP보유수량=held
        )
        facts.update(
            LP보유비율=rate(held, _SHARES), LP=rate(held, _SHARES), 비중=rate(held, _SHARES)
        )
        leverage = known["델타"]
        assert isinstance(leverage, int)
        facts.update(레버리지=abs(leverage) * share // max(cost // 100, 1), 근접율=parity - 10_000)
        return facts


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"
