"""An exchange that counts what reaches it, a control in front, and a server that can be killed."""

from __future__ import annotations

from collections import Counter
from functools import partial

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session.gate import Gate
from sapi_kiwoom.session.orders import Journal
from sapi_kiwoom.session.orders.life import Orders
from sapi_kiwoom.session.screens import Pool
from simulator.clock import VirtualLoop
from tests.simulator.market.fakes import at

ACCOUNT = "8099999911"


class Killed(BaseException):
    """kill -9: nothing of the process runs any more."""


class ProcessLoop:
    """The loop as one process sees it: what it left behind does not run."""

    def __init__(self, loop):
        self._loop = loop
        self.alive = True
        self.now, self.cancel = loop.now, loop.cancel

    def _if_alive(self, fn):
        return lambda: fn() if self.alive else None

    def call_later(self, delay, fn):
        return self._loop.call_later(delay, self._if_alive(fn))

    def post(self, fn):
        self._loop.post(self._if_alive(fn))


class KillableJournal(Journal):
    """The process dies before or after the write whose turn it is."""

    fuse = None  # writes until then; a half: after the write

    def _burn(self):
        if self.fuse is not None:
            self.fuse -= 0.5
            if self.fuse <= 0:
                raise Killed

    def add(self, order):
        self._burn()
        super().add(order)
        if not self._db.in_transaction:
            self._burn()

    def save(self, order):
        self._burn()
        super().save(order)
        if not self._db.in_transaction:
            self._burn()


class Taken:
    """An order that reached the exchange."""

    def __init__(self, number, arguments, at):
        self.number = number
        (self.rqname, self.screen, self.account, kind, self.code, self.quantity, self.price,
         self.hoga, self.target) = arguments  # fmt: skip
        self.action = {1: "new", 2: "new", 3: "cancel", 4: "cancel", 5: "modify", 6: "modify"}[kind]
        self.side = "매수" if kind % 2 else "매도"
        self.filled = 0
        self.open = 0 if self.action == "cancel" else self.quantity
        self.at = at
        self.fills = 0

    @property
    def kind(self):
        return self.side + {"new": "", "cancel": "취소", "modify": "정정"}[self.action]


class Exchange:
    """Takes orders for ever; knows each by its number. ``lost`` says that nobody hears of the next answer."""

    def __init__(self, loop):
        self.loop = loop
        self.orders = {}
        self.calls = Counter()  # SendOrder, by its name and by its price: no two orders share one
        self.next = 1

    def take(self, arguments):
        number = f"{self.next:07d}"
        self.next += 1
        order = self.orders[number] = Taken(number, arguments, self.loop.now())
        if order.action == "cancel":
            target = self.orders[order.target]
            target.open = 0
        return order

    def rows(self, code, inputs):
        clock = lambda order: krx.kst(order.at).strftime("%H%M%S")  # noqa: E731
        for order in self.orders.values():
            if order.account != inputs["계좌번호"]:
                continue
            number = {"주문번호": order.number}
            if code == "opw00007":
                change = {"new": "일반", "modify": "정정", "cancel": "취소"}[order.action]
                yield {
                    **number, "종목번호": f"A{order.code}", "주문수량": str(order.quantity).zfill(10),
                    "주문단가": str(order.price).zfill(10), "주문시간": clock(order),
                    "원주문": order.target or "0000000", "주문구분": f"현금{order.side}",
                    "체결수량": str(order.filled).zfill(10), "체결단가": str(order.price).zfill(10),
                    "주문잔량": str(order.open).zfill(10), "통신구분": "오픈API", "정정취소": change,
                }  # fmt: skip
            elif order.open or order.filled or code == "opt10075":
                yield {
                    **number, "종목코드": order.code, "주문수량": str(order.quantity),
                    "주문가격": str(order.price), "미체결수량": str(order.open),
                    "체결누계금액": str(order.filled * order.price),
                    "원주문번호": order.target or "0000000", "주문구분": order.kind,
                    "체결가": str(order.price), "체결량": str(order.filled),
                }  # fmt: skip

    def chejan(self, order, state, quantity=0):
        if quantity:
            order.filled += quantity
            order.open -= quantity
            order.fills += 1
        return {
            9201: order.account, 9203: order.number, 9001: f"A{order.code}", 913: state,
            900: str(order.quantity), 901: str(order.price), 902: str(order.open),
            903: str(order.filled * order.price), 904: order.target or "0000000",
            905: order.kind, 907: "2" if order.side == "매수" else "1",
            908: krx.kst(self.loop.now()).strftime("%H%M%S"),
            909: str(order.fills) if quantity else "", 914: str(order.price) if quantity else "",
            915: str(quantity) if quantity else "", 919: "0", 920: order.screen,
        }  # fmt: skip


class Line:
    """One login: what SendOrder leads to is decided by ``plan``; what is heard of it is kept in ``news``."""

    def __init__(self, exchange):
        self.exchange = exchange
        self.plan = "taken"
        self.before = lambda arguments: None  # each call
        self.news = []  # (kind, order, values), to be delivered by whoever tests

    def GetLoginInfo(self, tag):
        return f"{ACCOUNT};" if tag == "ACCNO" else ""

    def GetMasterLastPrice(self, code):
        return "00010000"

    def KOA_Functions(self, name, argument):
        return "0"

    def SendOrder(self, *arguments):
        self.before(arguments)
        self.exchange.calls[arguments[0]] += 1
        self.exchange.calls[arguments[6]] += bool(arguments[6])
        plan, self.plan = self.plan, "taken"
        if plan == "killed before":
            raise Killed
        if plan == "refused here":
            return -300
        if plan == "refused there":
            self.news.append(("answer", arguments[0], ""))
            return 0
        if plan == "lost on the way":
            return -307
        order = self.exchange.take(arguments)
        if plan == "killed after":
            raise Killed
        if plan != "answer lost":
            self.news.append(("answer", order.rqname, order.number))
        self.news.append(("chejan", self.exchange.chejan(order, "접수"), None))
        if order.action == "cancel":
            self.news.append(("chejan", self.exchange.chejan(order, "확인"), None))
            target = self.exchange.orders[order.target]
            self.news.append(("chejan", self.exchange.chejan(target, "접수"), None))
        if plan == "raised":
            raise RuntimeError("the control failed")
        return {"none": None, "line lost": -106, "no code known": -307}.get(plan, 0)


class Asked:
    """Answers the account's TRs from the exchange."""

    def __init__(self, exchange, loop):
        self.exchange = exchange
        self.loop = loop

    def submit(self, chain):
        rows = partial(self.exchange.rows, chain.tr.code.lower(), chain.inputs)
        self.loop.call_later(SECOND // 10, lambda: chain.on_done(list(rows())))


class Process:
    """A server's part about orders, from its start to its end."""

    def __init__(self, path, loop, exchange, make=Orders):
        self.loop = ProcessLoop(loop)
        self.line = Line(exchange)
        self.journal = KillableJournal(path)
        self.events = []
        self.gate = Gate(self.loop)
        self.orders = make(
            self.line, self.loop, self.gate, self.journal, requests=Asked(exchange, self.loop),
            screens=Pool("orders", 4000, 5),
            publish=lambda strategy, event: self.events.append(event),
        )  # fmt: skip

    def kill(self):
        self.loop.alive = False
        self.journal.close()  # what was not committed is gone


def market():
    """A loop in the morning, and an exchange."""
    loop = VirtualLoop(at(9, 30))
    return loop, Exchange(loop)
