"""Any sequence of calls, against a model that keeps everything in plain lists."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sapi_kiwoom import catalogue
from sapi_kiwoom.loop import SECOND
from simulator import Behaviour
from simulator.limits import Allowance
from simulator.registrations import STOCK_TYPES
from tests.simulator.control.rig import ROWS, Rig

SCREENS = st.sampled_from(["1000", "1001", "2000"])
STOCKS = ["005930", "000660_AL"]
CODES = st.lists(st.sampled_from([*STOCKS, "999999"]), min_size=1, max_size=3)
FIDS = st.lists(st.sampled_from([10, 27, 41, 131, 201, 202]), max_size=2)
TRS = {"opt10003": "종목코드", "opt10001": "종목코드", "opw00018": "계좌번호"}
REQUESTS = [("opt10003", code) for code in (*STOCKS, "999999")]
REQUESTS += [("opt10001", STOCKS[0]), ("opw00018", "8099999911")]

PROGRAM = "종목프로그램매매"
FUTURES = {"선물시세", "옵션시세", "선물옵션우선호가"}
FUTURES_BOOKS = {"선물호가잔량", "옵션호가잔량"}
TYPES = {
    10: {"주식체결", "주식시세", "주식예상체결", "업종지수", "업종등락", *FUTURES},
    27: {"주식체결", "주식시세", "주식우선호가", *FUTURES, *FUTURES_BOOKS},
    41: {"주식호가잔량", *FUTURES_BOOKS},
    131: {"주식시간외호가", PROGRAM},
    201: set(),
    202: {PROGRAM},
}
"""What SetRealReg brings for a FID."""


class Model:
    """What should be true, told in the order in which things happen."""

    def __init__(self, chain_break, reuse, first_add, most_screens, budget):
        self.chain_break = chain_break
        self.reuse = reuse
        self.first_add = first_add
        self.most_screens = most_screens
        self.budget = budget
        self.connected = False
        self.asked = 0  # requests that reached the broker
        self.forget()
        self.requests = []  # moments of counted requests
        self.since = 0  # how many of them were before the login
        self.blocked = False

    def forget(self):
        self.standing = []  # (screen, code, type)
        self.used = []  # screens in use
        self.chains = []  # [tr, inputs, serial, next row]
        self.under_way = []  # (screen, tr, inputs, chain, served)

    # -- limits --------------------------------------------------------------------------------

    def count(self, now):
        if self.blocked:
            return -209
        if sum(each // SECOND == now // SECOND for each in self.requests) >= 5:
            return -200
        self.requests.append(now)
        count, seconds = self.budget
        if sum(each > now - seconds * SECOND for each in self.requests[self.since :]) > count:
            self.blocked = True
            return -209
        return 0

    def take(self, screen):
        if screen in self.used:
            return True
        if len(self.used) >= self.most_screens:
            return False
        self.used.append(screen)
        return True

    # -- real time -----------------------------------------------------------------------------

    def on(self, screen):
        return {code for at, code, _ in self.standing if at == screen}

    def drop(self, screen, code="ALL"):
        self.standing = [
            (at, each, kind)
            for at, each, kind in self.standing
            if not (screen in ("ALL", at) and code in ("ALL", each))
        ]

    def put(self, screen, codes, types):
        # a code that no type was asked for stands on its screen nevertheless: type ""
        self.standing += [(screen, code, kind) for code in codes for kind in ("", *types)]

    def wanted(self):
        codes = {code for _, code, kind in self.standing if kind}
        return {
            code: {kind for _, each, kind in self.standing if each == code and kind}
            for code in codes
        }

    def register(self, screen, codes, types, replaces):
        if not replaces and not self.on(screen) and self.first_add == "ignored":
            return
        if self.take(screen):
            if replaces:
                self.drop(screen)
            self.put(screen, codes, types)

    # -- requests ------------------------------------------------------------------------------

    def request(self, tr, inputs, prev_next, screen, now):
        if not self.connected:
            return -101
        refused = self.count(now)
        if refused:
            return refused
        if tr not in TRS:
            return -201
        if not inputs:
            return -202
        chain = next((each for each in self.chains if each[:2] == [tr, inputs]), None)
        if prev_next != 2 or chain is None:
            self.asked += 1
            chain = [tr, inputs, self.asked, 0]
        self.chains = [
            each
            for each in self.chains
            if (self.chain_break == "never" and each[:2] != [tr, inputs])
            or (self.chain_break == "same-trcode" and each[0] != tr)
        ]
        self.chains.append(chain)
        self.under_way.append((screen, tr, inputs, chain, self.take(screen)))
        return 0

    def answers(self):
        """What the requests under way are answered, as (tr, first cells, sPrevNext)."""
        found = []
        for screen, tr, inputs, chain, served in self.under_way:
            size = catalogue.tr(tr).multi.rows if catalogue.tr(tr).multi else 0
            last = ROWS if size else 0
            start = chain[3]
            chain[3] = end = min(start + size, last)
            more = "2" if end < last else "0"
            if not served:
                found.append((tr, [], more))
                continue
            found.append((tr, [f"{chain[2]}:{row}" for row in range(start, end)], more))
            code = inputs.get("종목코드", "")
            if code in STOCKS or self.reuse == "drop":
                self.drop(screen)
            if code in STOCKS:
                self.put(screen, [code], STOCK_TYPES)
        self.under_way = []
        return found


class Calls(RuleBasedStateMachine):
    """Calls in any order. An answer takes exactly 100 ms."""

    @initialize(
        chain_break=st.sampled_from(["any-tr", "same-trcode", "never"]),
        reuse=st.sampled_from(["drop", "keep"]),
        first_add=st.sampled_from(["adds", "ignored"]),
        most_screens=st.sampled_from([2, 200]),
        budget=st.sampled_from([(12, 30), (1_000, 3_600)]),
    )
    def start(self, chain_break, reuse, first_add, most_screens, budget):
        behaviour = Behaviour(
            login=0,
            latency=(100_000, 100_000),
            allowance=Allowance(budgets=(budget,)),
            chain_break=chain_break,
            screen_reuse=reuse,
            first_add=first_add,
            screens=most_screens,
            beyond_screens="empty",
        )
        self.rig = Rig(behaviour, login=False)
        self.rig.reading["OnReceiveTrData"] = self.read
        self.pages = []
        self.model = Model(chain_break, reuse, first_add, most_screens, budget)
        self.log_in()

    def read(self, screen, rqname, tr, record, more, *rest):
        table = self.rig.control.GetCommDataEx(tr, "") or []
        assert self.rig.control.GetRepeatCnt(tr, "") == len(table)
        self.pages.append((tr, [row[0].strip() for row in table], more))

    @precondition(lambda self: not self.model.connected)
    @rule()
    def log_in(self):
        assert self.rig.control.CommConnect() == 0
        self.pass_time(0.2)
        if not self.model.connected:
            self.model.connected, self.model.blocked = True, False
            self.model.since = len(self.model.requests)

    @precondition(lambda self: self.model.connected)
    @rule(luck=st.integers(0, 2))
    def lose_the_line(self, luck):
        if luck:
            self.rig.control.lose_line()
            self.model.connected = False
            self.model.forget()
        if luck > 1:
            self.log_in()

    @rule(seconds=st.sampled_from([0.2, 1, 1, 40]))
    def pass_time(self, seconds):
        self.rig.run(seconds)
        assert self.pages == self.model.answers()
        self.pages.clear()

    @rule(
        screen=SCREENS,
        codes=CODES,
        fids=FIDS,
        how=st.sampled_from("01"),
    )
    def register(self, screen, codes, fids, how):
        joined = ";".join(map(str, fids))
        code = self.rig.control.SetRealReg(screen, ";".join(codes), joined, how)
        assert code == (0 if self.model.connected else -101)
        if self.model.connected:
            types = set().union(*(TYPES[fid] for fid in fids))
            self.model.register(screen, codes, types, how == "0")

    @rule(screen=SCREENS | st.just("ALL"), code=st.sampled_from([*STOCKS, "999999", "ALL"]))
    def remove(self, screen, code):
        self.rig.control.SetRealRemove(screen, code)
        self.free(screen, code)

    @rule(screen=SCREENS)
    def disconnect(self, screen):
        self.rig.control.DisconnectRealData(screen)
        self.free(screen, "ALL")

    def free(self, screen, code):
        self.model.drop(screen, code)
        if code == "ALL":
            self.model.used = [each for each in self.model.used if screen not in ("ALL", each)]

    @rule(asked=st.sampled_from(REQUESTS), prev_next=st.sampled_from([0, 2, 2]), screen=SCREENS)
    def request(self, asked, prev_next, screen):
        tr, value = asked
        self.ask(tr, {TRS[tr]: value}, prev_next, screen)

    @rule(tr=st.sampled_from([*TRS, "opt00000"]), given=st.booleans())
    def request_in_vain(self, tr, given):
        inputs = {"종목코드": "005930"} if given and tr not in TRS else {}
        self.ask(tr, inputs, 0, "1000")

    def ask(self, tr, inputs, prev_next, screen):
        code = self.rig.request(tr, inputs, prev_next, screen)
        assert code == self.model.request(tr, inputs, prev_next, screen, self.rig.loop.now())

    @rule(tr=st.sampled_from([*TRS]))
    def read_outside_of_an_event(self, tr):
        control = self.rig.control
        assert control.GetRepeatCnt(tr, "") == 0
        assert control.GetCommData(tr, "", 0, "현재가") == ""
        assert control.GetCommDataEx(tr, "") is None
        assert control.GetCommRealData("005930", 10) == control.GetChejanData(9203) == ""

    @invariant()
    def the_broker_delivers_what_is_registered(self):
        if getattr(self, "model", None) is not None and self.model.connected:
            assert self.rig.line.wanted == self.model.wanted()
            assert self.rig.control.GetConnectState() == 1


def test_any_sequence_of_calls():
    run_state_machine_as_test(
        Calls, settings=settings(max_examples=80, stateful_step_count=50, deadline=None)
    )
