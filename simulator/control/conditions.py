"""Condition search (조건검색): what the user has defined elsewhere, its limits, and who hears of it."""

from __future__ import annotations

from typing import Dict, List, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator import faults
from simulator.brokerage.profiles import profile
from simulator.conditions import READY, Search
from simulator.control.orders import Orders
from simulator.scenario.criteria import needs_accounts
from simulator.scenario.model import Condition

_LOADING, _SEARCHING = 400_000, 100_000
"""Microseconds until the answer, as recorded."""

_AGAIN = 60 * SECOND
_MOST_LIVE, _MOST_HITS = 10, 100


class Conditions(Orders):
    """The control's condition search."""

    def _begin(self) -> None:
        super()._begin()
        self._conditions_loaded = False
        self._conditions_asked: Dict[int, int] = {}  # when each index was searched last
        self._live: Dict[str, Search] = {}  # by screen, delivering as stocks enter and leave
        self._with_prices = False

    def GetConditionLoad(self) -> int:
        """See `Control.GetConditionLoad`."""
        self._check_thread()
        now = self._loop.now()
        if self._line is None or now - krx.midnight(krx.kst(now).date()) < READY * krx.MINUTE:
            return 0
        self._later(_LOADING, self._load)
        return 1

    def _load(self) -> None:
        self._conditions_loaded = True
        self._events.OnReceiveConditionVer(1, "[OK] 사용자 조건검색식 읽기")

    def GetConditionNameList(self) -> str:
        """See `Control.GetConditionNameList`. Before they are loaded there are none."""
        self._check_thread()
        return "".join(f"{each.index}^{each.name};" for each in self._conditions)

    def SendCondition(self, strScrNo: str, strConditionName: str, nIndex: int, nSearch: int) -> int:
        """See `Control.SendCondition`."""
        self._check_thread()
        condition = self._condition(strConditionName, nIndex)
        now = self._loop.now()
        if self._line is None or condition is None or nSearch not in (0, 1):
            return 0
        if now - self._conditions_asked.get(nIndex, -_AGAIN) < _AGAIN:
            return 0
        if condition.when is not None and needs_accounts(condition.when):
            if not profile(self._house.profile).searches_holdings:
                return 0
        others = {each.condition.index for each in self._live.values()} - {nIndex}
        if nSearch and len(others) >= _MOST_LIVE:
            return 0
        if self._count_request():
            return 0
        fault = self.faults.on("SendCondition")
        self._conditions_asked[nIndex] = now
        self._take_screen(strScrNo)
        self._repurpose(strScrNo)
        if fault is not None and fault.effect == faults.NO_ANSWER:
            return 1
        waiting, line = True, self._line

        def found(codes: List[str]) -> None:
            nonlocal waiting
            waiting = False
            self._found(strScrNo, search, codes, bool(nSearch))

        search = Search(self._world, self._loop, condition, lambda: self._line is line)
        if nSearch:
            self._live[strScrNo] = search
        late = fault.seconds if fault is not None and fault.effect == faults.LATE else 0
        search.find(_SEARCHING + round(late * SECOND), found)
        if fault is not None and fault.effect == faults.WITHIN:
            self.faults.turn_until(lambda: not waiting or self._line is not line)
        return 1

    def _found(self, screen: str, search: Search, codes: List[str], live: bool) -> None:
        condition = search.condition
        if self._live.get(screen) is search:
            if len(codes) > _MOST_HITS:
                del self._live[screen]
            else:
                search.watch(
                    lambda code, kind: self._signal_from(search, code, kind),
                    lambda: search in self._live.values(),
                )
        if self._with_prices and not live:
            codes = [f"{code}^{self._price(code)}" for code in codes]
        found = "".join(f"{code};" for code in codes)
        self.faults.deliver(
            faults.TR_CONDITION,
            "",
            lambda: self._events.OnReceiveTrCondition(
                screen, found, condition.name, condition.index, 0
            ),
            self._later,
        )

    def SendConditionStop(self, strScrNo: str, strConditionName: str, nIndex: int) -> None:
        """See `Control.SendConditionStop`."""
        self._check_thread()
        search = self._live.get(strScrNo)
        if search is not None and search.condition in self._named(strConditionName, nIndex):
            del self._live[strScrNo]

    def signal(self, index: int, code: str, kind: str) -> None:
        """A stock enters (``I``) or leaves (``D``) a condition; told once if it delivers in real time."""
        search = self._first(index)
        if search is not None:
            name = search.condition.name
            self.faults.deliver(
                faults.REAL_CONDITION,
                "",
                lambda: self._events.OnReceiveRealCondition(code, kind, name, str(index)),
                self._later,
            )

    # -- inside --------------------------------------------------------------------------------

    @property
    def _conditions(self) -> List[Condition]:
        return list(self._scenario.conditions) if self._line and self._conditions_loaded else []

    def _condition(self, name: str, index: int) -> Optional[Condition]:
        return next(iter(self._named(name, index)), None)

    def _named(self, name: str, index: int) -> List[Condition]:
        return [each for each in self._conditions if (each.name, each.index) == (name, index)]

    def _first(self, index: int) -> Optional[Search]:
        """The search that tells of a condition: the first one where it is live on several screens."""
        return next((each for each in self._live.values() if each.condition.index == index), None)

    def _signal_from(self, search: Search, code: str, kind: str) -> None:
        if self._first(search.condition.index) is search:
            self.signal(search.condition.index, code, kind)

    def _price(self, code: str) -> int:
        """The last price of a stock, in won."""
        stock = self._world.stock(code)
        assert stock is not None, "a scenario's conditions name listed stocks"
        now = self._loop.now()
        today = self._world.day_so_far(stock, now)
        return (
            today.close
            if today
            else self._world.feed.base_price(stock, self._world.trading_day(now))
        )

    def _repurpose(self, screen: str) -> None:
        super()._repurpose(screen)
        self._live.pop(screen, None)

    def _forget(self) -> None:
        super()._forget()
        self._conditions_loaded = False
        self._conditions_asked.clear()
        self._live.clear()
