"""A house elsewhere: the same answers, and what happens when either side of the line is gone."""

import contextlib
import json
import socket
import struct
import threading

import pytest

import simulator.remote
from sapi_kiwoom.loop import SECOND
from simulator import Scenario, Simulator, VirtualLoop
from simulator.answers import Reply
from simulator.answers.table import ANSWERS
from simulator.brokerage.ledger import LedgerError
from simulator.hosting import FORMAT, HouseServer, PortTaken
from simulator.remote import ExchangeUnreachable
from simulator.wire import Wire
from tests.simulator.hosted import TEN, Hosted, Login, peer, threads

SMALL = Scenario(codes=("005930", "00088K"))


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    for thread in threads():
        thread.join(10)
    assert threads() == []


@pytest.fixture
def opened():
    """Opens houses and logins that are closed after the test, the logins first."""
    with contextlib.ExitStack() as houses, contextlib.ExitStack() as logins:

        def house(*args, **options):
            made = Hosted(*args, **options)
            houses.callback(made.stop)
            return made

        def login(*args, **options):
            made = Login(*args, **options)
            logins.callback(made.close)
            return made

        house.login = login
        yield house


@pytest.fixture
def hosted(opened):
    return opened(SMALL)


@pytest.fixture
def login(opened, hosted):
    """Logged in."""
    made = opened.login(hosted.address, SMALL)
    assert made.connect() == 0
    return made


def silent(connection):
    """Reads to the end of a connection that the other side drops."""
    with contextlib.suppress(ConnectionError):
        while connection.recv(1 << 16):
            pass
    connection.close()


def sent(hosted):
    """The rqnames of the orders that the house knows, in the order of their numbers."""
    accounts = hosted.scenario.accounts
    return hosted.do(
        lambda: [
            order.rqname for each in accounts for order in hosted.house.desk.orders(each.number)
        ]
    )


def watched(hosted):
    """How many streams the house publishes to."""
    plays = hosted.house.exchange._plays
    return hosted.do(lambda: sum(len(play._watchers) for play in plays.values()))


# -- the same as in process ------------------------------------------------------------------------

INPUTS = [
    ("opt10001", {"종목코드": "00088K"}),
    ("opt10004", {"종목코드": "00088K"}),
    ("opt10080", {"종목코드": "00088K", "틱범위": "1", "수정주가구분": "1"}),
    ("opt10081", {"종목코드": "00088K", "기준일자": "", "수정주가구분": "1"}),
    ("opt10081", {"종목코드": "999999", "기준일자": "", "수정주가구분": "1"}),
    ("opt20001", {"시장구분": "0", "업종코드": "001"}),
    ("opw00004", {"계좌번호": SMALL.accounts[0].number, "비밀번호": "", "상장폐지조회구분": "0",
                  "비밀번호입력매체구분": "00"}),
]  # fmt: skip


def test_answers_are_the_same_as_in_process(opened):
    evening = TEN + 10 * 3600 * SECOND  # nothing moves any more
    hosted = opened(SMALL, at=evening, speed=1.0)
    there = opened.login(hosted.address, SMALL)
    here = Login(None, SMALL, at=evening, speed=1.0)
    assert there.connect() == here.connect() == 0
    for tr, inputs in INPUTS:
        page = there.ask(tr, inputs)
        assert page == here.ask(tr, inputs)
        if page[2] == "2":
            following = there.ask(tr, inputs, 2)
            assert following == here.ask(tr, inputs, 2)
            assert following != page
    for control in (there.control, here.control):
        assert control.GetMasterLastPrice("00088K") == here.control.GetMasterLastPrice("00088K")
        assert control.CommRqData("q", "opt99998", 0, "1000") == -201


def test_requests_under_way_together_get_each_its_own_answer(login):
    seen = {}
    login.reading["OnReceiveTrData"] = lambda screen, rqname, trcode, *rest: seen.setdefault(
        rqname,
        login.control.GetCommData(trcode, "", 0, "현재가" if rqname == "candles" else "종목코드"),
    )
    for code in SMALL.codes:
        login.control.SetInputValue("종목코드", code)
        assert login.control.CommRqData(code, "opt10001", 0, "1000") == 0
    for name, value in INPUTS[3][1].items():
        login.control.SetInputValue(name, value)
    assert login.control.CommRqData("candles", "opt10081", 0, "1001") == 0
    login.until(lambda: len(seen) == 3)
    assert [seen[code].strip() for code in SMALL.codes] == list(SMALL.codes)
    assert int(seen["candles"])


def test_who_waits_for_rows_leaves_a_thousandth_of_a_second_between_two_looks(hosted, login):
    stuck, entered = threading.Event(), threading.Event()
    hosted.loop.post(lambda: (entered.set(), stuck.wait(20)))
    assert entered.wait(20)
    reply = login.control._line.ask("opt10001", {"종목코드": "005930"})
    assert reply.pause == SECOND // 1000 * 50  # market time, at the speed of the house
    assert [next(reply.rows), next(reply.rows)] == [None, None]
    stuck.set()
    login.until(lambda: reply.single)
    assert reply.single[0] == "005930"
    assert list(reply.rows) == []


def test_real_time_and_orders_arrive_in_order(hosted, login):
    assert login.control.SetRealReg("2000", "005930", "10", "0") == 0
    assert login.order("buy", quantity=10) == 0
    login.until(lambda: len(login.named("OnReceiveRealData")) >= 50)
    login.until(lambda: len(login.named("OnReceiveChejanData")) >= 3)
    trades = [
        raw.split("\t") for _, kind, raw in login.named("OnReceiveRealData") if kind == "주식체결"
    ]
    totals = [int(values[7]) for values in trades]
    assert totals == sorted(set(totals))
    assert [gubun for gubun, *_ in login.named("OnReceiveChejanData")] == ["0", "0", "1"]
    names = [event[0] for event in login.events if event[0] != "OnReceiveRealData"]
    assert names[:3] == ["OnEventConnect", "OnReceiveMsg", "OnReceiveTrData"]
    assert sent(hosted) == ["buy"]


def test_ten_thousand_events_keep_their_order(hosted, login):
    received = []
    login.reading["OnReceiveRealData"] = lambda key, kind, raw: received.append(int(raw))
    (guest,) = hosted.do(lambda: list(hosted.server._guests))
    hosted.do(lambda: [guest.real("x", "y", str(number)) for number in range(10_000)])
    login.until(lambda: len(received) == 10_000)
    assert received == list(range(10_000))


def test_what_was_on_its_way_when_a_registration_ended_is_not_delivered(hosted, login):
    control = login.control
    control.SetRealReg("2000", "005930", "10", "0")
    login.until(lambda: login.named("OnReceiveRealData"))
    control.SetRealReg("2000", "00088K", "10", "0")
    login.events.clear()
    login.until(lambda: login.named("OnReceiveRealData"))
    assert {event[0] for event in login.named("OnReceiveRealData")} == {"00088K"}


# -- several controls, and their end ---------------------------------------------------------------


def test_everybody_hears_notices_and_who_sent_an_order_its_answer(opened, hosted, login):
    other = opened.login(hosted.address, SMALL)
    assert other.connect() == 0
    assert login.order("mine") == 0
    for each in (login, other):
        each.until(lambda each=each: len(each.named("OnReceiveChejanData")) == 3)
    assert [args[1] for args in login.named("OnReceiveTrData")] == ["mine"]
    assert other.named("OnReceiveTrData") == []
    assert sent(hosted) == ["mine"]


def test_a_control_that_logs_out_takes_its_registrations_along(opened, hosted, login):
    other = opened.login(hosted.address, SMALL)
    assert other.connect() == 0
    for each in (login, other):
        each.control.SetRealReg("2000", "00088K", "10", "0")
        each.until(lambda each=each: each.named("OnReceiveRealData"))
    before = watched(hosted)
    other.control.lose_line()
    login.until(lambda: 0 < watched(hosted) < before)
    login.events.clear()
    login.until(lambda: login.named("OnReceiveRealData"))
    assert other.connect() == 0, "and may come back"


def test_a_control_that_dies_takes_its_registrations_along(hosted):
    connection = peer(hosted.address)
    for message in (
        {"op": "login", "id": 1},
        {"op": "want", "key": "00088K", "types": ["주식체결"]},
    ):
        connection.sendall(json.dumps(message).encode() + b"\n")
    wait_until(lambda: watched(hosted))
    # A process that is killed with data unread resets its connections.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    wait_until(lambda: not watched(hosted))
    assert hosted.do(lambda: hosted.house.desk._clients) == []


def wait_until(met):
    pause = threading.Event()
    for _ in range(2_000):
        if met():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come to that within 20 s")


ORDER = {"rqname": "q", "screen": "1", "account": SMALL.accounts[0].number, "order_type": 1,
         "code": "005930", "quantity": 1, "price": 0, "hoga": "03", "original": ""}  # fmt: skip
LOGIN = b'{"op":"login","id":1}\n'


def order(**fields):
    return (
        LOGIN + json.dumps({"op": "send", "id": 2, "request": {**ORDER, **fields}}).encode() + b"\n"
    )


NONSENSE = {
    "no JSON": b"GET / HTTP/1.1\r\n\r\n",
    "no UTF-8": b"\xff\xfe\x00\n",
    "no object": b"[1, 2]\n",
    "no op": b'{"id": 1}\n',
    "deep": b"[" * 60_000 + b"\n",
    "huge": b'"' + b"x" * (1 << 17) + b'"\n',
    "unknown": LOGIN + b'{"op":"fly"}\n',
    "before the login": b'{"op":"want","key":"005930","types":[]}\n',
    "two logins": LOGIN + LOGIN,
    "wrong types": LOGIN + b'{"op":"want","key":5,"types":["x"]}\n',
    "wrong inputs": LOGIN + b'{"op":"ask","id":2,"code":"opt10001","inputs":{"x":1}}\n',
    "wrong id": LOGIN + b'{"op":"rows","id":"2"}\n',
    "no order": LOGIN + b'{"op":"send","id":2,"request":[]}\n',
    "a field too much": order(more=1),
    "a text for a number": order(quantity="1"),
    "a truth for a number": order(quantity=True),
    "a large number": order(quantity=1 << 40),
    "an unknown type": order(order_type=99),
    "an unknown account": order(account="1234567890"),
}


@pytest.mark.parametrize("data", NONSENSE.values(), ids=NONSENSE)
def test_who_sends_nonsense_is_dropped_and_harms_nobody(hosted, login, caplog, data):
    connection = peer(hosted.address)
    with contextlib.suppress(ConnectionError):
        connection.sendall(data)
    silent(connection)
    assert login.ask("opt10001", {"종목코드": "005930"})[0][0].strip() == "005930"
    assert sent(hosted) == []
    wait_until(lambda: "sends nonsense" in caplog.text)


def test_who_does_not_read_is_dropped(caplog):
    ours, theirs = socket.socketpair()
    ended = threading.Event()
    wire = Wire(ours, lambda message: None, ended.set, most_waiting=100_000)
    for _ in range(2_000):
        wire.send({"op": "real", "event": "x" * 1_000})
    assert ended.wait(20)
    wire.join(10)
    assert not wire.alive
    assert "does not read" in caplog.text
    theirs.close()


def test_what_waits_is_sent_before_the_end():
    ours, theirs = socket.socketpair()
    wire = Wire(ours, lambda message: None, lambda: None)
    for number in range(1_000):
        wire.send({"op": "real", "number": number})
    wire.close()
    with theirs.makefile("rb") as lines:
        assert [json.loads(line)["number"] for line in lines] == list(range(1_000))
    theirs.close()
    wire.join(10)


def test_a_port_is_taken_once(hosted):
    loop = VirtualLoop(TEN)
    with pytest.raises(PortTaken, match="choose another"):
        HouseServer(loop, hosted.house, speed=1.0, identity="", port=hosted.address[1])


# -- the house is gone, or in trouble --------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-3, 0, 90])
def test_a_house_that_dies_and_comes_back(opened, hosted, login, minutes):
    login.control.SetRealReg("2000", "005930", "10", "0")
    login.until(lambda: login.named("OnReceiveRealData"))
    hosted.stop()
    login.until(lambda: login.named("OnEventConnect") == [(0,), (-106,)])
    assert login.control.GetConnectState() == 0
    assert login.order("nowhere") == -101
    assert login.connect() == -101
    before = login.loop.now()
    again = opened(SMALL, at=TEN + minutes * 60 * SECOND, port=hosted.address[1])
    assert login.connect() == 0
    assert login.loop.now() >= before
    login.control.SetRealReg("2000", "005930", "10", "0")
    login.events.clear()
    login.until(lambda: login.named("OnReceiveRealData"))
    assert login.order("here") == 0
    login.until(lambda: login.named("OnReceiveTrData"))
    if minutes > 0:  # its time is taken over
        login.until(lambda: login.loop.now() >= TEN + minutes * 60 * SECOND)
    assert sent(again) == ["here"]


def test_an_order_that_nobody_confirms_may_have_been_sent(hosted, login, monkeypatch):
    monkeypatch.setattr(simulator.remote, "_PATIENCE", 0.2)
    stuck, entered = threading.Event(), threading.Event()
    hosted.loop.post(lambda: (entered.set(), stuck.wait(20)))
    assert entered.wait(20)
    assert login.order("first") == -307
    stuck.set()
    wait_until(lambda: sent(hosted) == ["first"])
    monkeypatch.setattr(simulator.remote, "_PATIENCE", 20.0)
    # The late confirmation of the first is not taken for the second's.
    hosted.house.desk.send, send = (
        lambda *args: (_ for _ in ()).throw(LedgerError("full")),
        hosted.house.desk.send,
    )
    assert login.order("second") == -307
    hosted.house.desk.send = send
    assert login.order("third") == 0
    wait_until(lambda: sent(hosted) == ["first", "third"])


def test_an_order_over_a_line_that_breaks_is_not_confirmed(hosted, login):
    stuck, entered = threading.Event(), threading.Event()
    hosted.loop.post(lambda: (entered.set(), stuck.wait(20)))
    assert entered.wait(20)
    login.control._line._wire.drop()
    assert login.order("gone") == -307
    stuck.set()
    login.until(lambda: login.named("OnEventConnect") == [(0,), (-106,)])


def test_a_defect_of_the_house_costs_one_answer(hosted, login, monkeypatch, caplog):
    def broken(world, inputs, now):
        raise ZeroDivisionError("a defect")

    def breaks_off(world, inputs, now):
        def rows():
            yield ["1"] * 9
            raise ZeroDivisionError("a later defect")

        return Reply([], rows())

    monkeypatch.setitem(ANSWERS, "opt10004", broken)
    monkeypatch.setitem(ANSWERS, "opt10081", breaks_off)
    for tr, inputs in (INPUTS[1], INPUTS[3]):
        for name, value in inputs.items():
            login.control.SetInputValue(name, value)
        assert login.control.CommRqData("q", tr, 0, "1000") == 0
    login.until(lambda: caplog.text.count("cannot be answered") >= 3)
    monkeypatch.undo()
    assert login.ask(*INPUTS[0])[0][0].strip() == "00088K"
    assert len(login.named("OnReceiveTrData")) == 1


# -- who is there? ---------------------------------------------------------------------------------


def test_nobody_is_there():
    free = socket.create_server(("127.0.0.1", 0))
    address = free.getsockname()
    free.close()
    with pytest.raises(ExchangeUnreachable, match=f"sapi-kiwoom exchange --port {address[1]}"):
        Simulator(exchange=address, at=0)


def test_it_plays_something_else(hosted):
    with pytest.raises(ExchangeUnreachable, match=r"seed 1 .* not .*seed 4 .* same scenario"):
        Login(hosted.address, SMALL, seed=4)


def test_it_plays_something_else_when_it_comes_back(opened, hosted, login):
    hosted.stop()
    login.until(lambda: len(login.named("OnEventConnect")) == 2)
    opened(Scenario(codes=("005930",)), port=hosted.address[1])
    assert login.connect() == -101


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (b"", "is broken"),
        (b"220 mail.example ESMTP\r\n", "is broken"),
        (b'{"op":"hello","id":0}\n', "no sapi-kiwoom exchange"),
        (b'{"op":"hello","id":0,"now":1,"speed":1.0,"format":0}\n', "another version"),
        (b'{"op":"hello","id":0,"now":1,"speed":0,"format":%d}\n' % FORMAT, "no sapi-kiwoom"),
    ],
)
def test_something_else_listens_there(first, words):
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        connection.sendall(first)
        if b"hello" not in first:
            connection.shutdown(socket.SHUT_WR)
        silent(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(ExchangeUnreachable, match=words):
        Simulator(exchange=listener.getsockname(), at=0)
    thread.join(20)
    listener.close()


def test_something_that_says_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(simulator.remote, "_PATIENCE", 0.1)
    listener = socket.create_server(("127.0.0.1", 0))
    with pytest.raises(ExchangeUnreachable, match="has not answered"):
        Simulator(exchange=listener.getsockname(), at=0)
    listener.close()


# -- following another clock -----------------------------------------------------------------------


@pytest.fixture
def wall(monkeypatch):
    """A wall clock that a test sets: the loop's waiting moves it on."""

    class Wall:
        now = 0.0

        def monotonic(self):
            return self.now

    made = Wall()
    monkeypatch.setattr("simulator.clock.time", made)

    def wait(loop, seconds):
        made.now += 0.2 if seconds is None else seconds

    monkeypatch.setattr(VirtualLoop, "_wait", wait)
    return made


def fired(loop, wall, delays):
    """The wall-clock times at which timers of these delays fire."""
    times = []
    for delay in delays:
        loop.call_later(delay, lambda: times.append(round(wall.now, 3)))
    loop.call_later(max(delays), loop.stop)
    return times


def test_a_loop_follows_a_clock_that_is_ahead(wall):
    loop = VirtualLoop(0, 1.0)
    times = fired(loop, wall, [5 * SECOND, 60 * SECOND, 61 * SECOND])
    loop.post(lambda: loop.follow(60 * SECOND, 2.0))
    loop.run()
    assert times == [0.0, 0.0, 0.5], "what was due meanwhile comes at once, the rest at its speed"
    assert loop.now() == 61 * SECOND


def test_a_loop_that_is_ahead_goes_slower_until_the_other_clock_has_caught_up(wall):
    loop = VirtualLoop(100 * SECOND, 1.0)
    times = fired(loop, wall, [1 * SECOND, 10 * SECOND, 20 * SECOND])
    loop.post(lambda: loop.follow(90 * SECOND, 1.0))
    loop.run()
    assert times == [2.0, 20.0, 30.0], "half speed for 20 s, then the other's time"


@pytest.mark.parametrize("market", [90 * SECOND, 100 * SECOND, 150 * SECOND])
def test_both_clocks_stand_still_between_two_runs(wall, market):
    loop = VirtualLoop(100 * SECOND, 1.0)
    loop.follow(market, 1.0)
    times = fired(loop, wall, [60 * SECOND, 70 * SECOND])
    loop.post(loop.stop)
    loop.run()
    wall.now += 1_000
    loop.run()
    first = 1_000 + 160 - market / SECOND
    assert times == [first, first + 10]
