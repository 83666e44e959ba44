"""What every `Control` does, whatever stands behind it.

Only behaviour that is documented or recorded of the real control is asserted here. Each implementation
is a context with a fresh control, its loop, and a login that succeeds.
"""

import contextlib
import threading
from typing import Callable, Iterator, List, NamedTuple, Tuple

import pytest

from sapi_kiwoom import catalogue, krx
from sapi_kiwoom.control import Control
from sapi_kiwoom.loop import SECOND, Loop
from simulator import Scenario, Simulator
from tests.simulator.hosted import TEN, Hosted

CODE, NAME = "015760", "한국전력"
ANSWER_WAIT = 60 * SECOND


class Rig(NamedTuple):
    control: Control
    loop: Loop
    patience: int = ANSWER_WAIT  # market time in which an answer comes, however slow the machine is


@contextlib.contextmanager
def simulated() -> Iterator[Rig]:
    simulator = Simulator(seed=3, at=TEN)
    yield Rig(simulator.control, simulator.loop)


@contextlib.contextmanager
def simulated_elsewhere() -> Iterator[Rig]:
    scenario, speed = Scenario(seed=3), 150
    hosted = Hosted(scenario, speed=float(speed))
    try:
        simulator = Simulator(scenario=scenario, at=TEN, exchange=hosted.address)
        yield Rig(simulator.control, simulator.loop, 20 * speed * SECOND)
        simulator.close()
    finally:
        hosted.stop()


IMPLEMENTATIONS = [
    pytest.param(simulated, id="simulator"),
    pytest.param(simulated_elsewhere, id="exchange"),
]


class Sink:
    """Records events; a test may hang a function on one of them."""

    def __init__(self) -> None:
        self.events: List[Tuple] = []
        self.on: dict = {}

    def __getattr__(self, name: str) -> Callable:
        if not name.startswith("On"):
            raise AttributeError(name)

        def record(*args):
            self.events.append((name, *args))
            return self.on.get(name, lambda *_: None)(*args)

        return record

    def named(self, name: str) -> List[Tuple]:
        return [event[1:] for event in self.events if event[0] == name]


@pytest.fixture(params=IMPLEMENTATIONS)
def rig(request):
    with request.param() as rig:
        yield rig


@pytest.fixture
def sink(rig):
    sink = Sink()
    rig.control.attach(sink)
    return sink


@pytest.fixture
def control(rig, sink):
    """Logged in."""
    sink.on["OnEventConnect"] = lambda error: rig.loop.stop()
    assert rig.control.CommConnect() == 0
    run(rig)
    assert sink.events == [("OnEventConnect", 0)]
    sink.events.clear()
    return rig.control


def run(rig, duration=None):
    alarm = rig.loop.call_later(rig.patience if duration is None else duration, rig.loop.stop)
    rig.loop.run()
    rig.loop.cancel(alarm)


def wait(rig, enough):
    """Run until something holds, as long as it may take."""
    end = rig.loop.now() + rig.patience
    while not enough() and rig.loop.now() < end:
        run(rig, SECOND)
    assert enough()


def ask(rig, control, sink, tr, inputs, prev_next=0, rqname="질문", screen="1000", read=None):
    """Send a request, wait for its answer; ``read`` runs inside the event."""
    answer = []

    def on_tr_data(*args):
        answer.append(args)
        if read is not None:
            read()
        rig.loop.stop()

    sink.on["OnReceiveTrData"] = on_tr_data
    for name, value in inputs.items():
        control.SetInputValue(name, value)
    assert control.CommRqData(rqname, tr, prev_next, screen) == 0
    assert not answer, "the answer comes later, as an event"
    run(rig)
    assert len(answer) == 1
    return answer[0]


DAY_CANDLES = {"종목코드": CODE, "기준일자": "", "수정주가구분": "1"}


def day_candles(rig, control, sink, prev_next=0, **more):
    rows = []
    event = ask(
        rig,
        control,
        sink,
        "opt10081",
        DAY_CANDLES,
        prev_next,
        read=lambda: rows.extend(control.GetCommDataEx("opt10081", "주식일봉차트조회") or []),
        **more,
    )
    return event, [[cell.strip() for cell in row] for row in rows]


def test_before_the_login_nothing_is_known(rig, sink):
    assert rig.control.GetConnectState() == 0
    assert rig.control.GetMasterCodeName(CODE) == ""
    assert rig.control.GetLoginInfo("USER_ID") == ""
    assert rig.control.CommRqData("q", "opt10081", 0, "1000") < 0


def test_before_the_login_the_path_is_known_and_lists_are_empty(rig, sink):
    assert rig.control.GetAPIModulePath()
    assert rig.control.GetCodeListByMarket("0") == rig.control.GetFutureList() == ""
    assert rig.control.KOA_Functions("GetUpjongCode", "0") == ""
    assert rig.control.GetConditionLoad() == 0


def test_login_is_an_event(rig, control):
    assert rig.control.GetConnectState() == 1


def test_masters(control):
    assert control.GetMasterCodeName(CODE) == NAME
    assert control.GetMasterCodeName("999999") == ""
    assert "증거금" in control.GetMasterStockState(CODE)
    assert control.GetMasterConstruction(CODE) == "정상"
    assert len(control.GetMasterListedStockDate(CODE)) == 8
    assert int(control.GetMasterLastPrice(CODE)) > 0
    assert control.GetMasterLastPrice(CODE).startswith("0")


def test_the_market_of_a_stock_has_one_number(control):
    kind = control.GetMarketType(CODE)
    assert control.KOA_Functions("GetStockMarketKind", CODE) == str(kind) == "0"
    assert int(control.KOA_Functions("GetMasterListedStockCntEx", CODE)) > 0
    assert control.KOA_Functions("GetMasterStockInfo", CODE).startswith(
        "시장구분0|거래소;시장구분1|"
    )


def test_indexes_have_codes_and_names(control):
    first, *_ = control.KOA_Functions("GetUpjongCode", "0").split("|")
    assert first == "0,001,종합(KOSPI)"
    assert control.KOA_Functions("GetUpjongNameByCode", "001") == "종합(KOSPI)"


def test_stocks_of_a_theme_carry_the_letter_of_their_market(control):
    theme, name = control.GetThemeGroupList(1).split(";")[0].split("|")
    assert theme.isdigit() and name
    for code in control.GetThemeGroupCode(theme).split(";"):
        assert code[0] == "A"
        assert control.GetMasterCodeName(code[1:])


def test_futures_and_options(control):
    assert control.GetFutureCodeByIndex(0) == control.GetFutureList().split(";")[0]
    strikes, atm = control.GetActPriceList().split(";"), control.GetOptionATM()
    months = control.GetMonthList().split(";")
    assert atm in strikes
    assert months == months[::-1]
    option = control.GetOptionCode(f"{int(atm) / 100:.2f}", 2, months[-1])
    above = control.GetOptionCodeByActPrice(option, 2, 1)
    assert option and above and option != above
    assert control.GetOptionCodeByActPrice(above, 2, -1) == option
    assert control.GetOptionCodeByMonth(option, 2, months[-1]) == option


def test_code_lists_end_with_a_semicolon(control):
    listed = control.GetCodeListByMarket("0")
    assert listed.endswith(";")
    assert CODE in listed.split(";")
    assert set(control.GetCodeListByMarket("8").split(";")) <= set(listed.split(";"))


def test_accounts_end_with_a_semicolon(control):
    accounts = control.GetLoginInfo("ACCNO")
    assert accounts.endswith(";")
    assert accounts.count(";") == int(control.GetLoginInfo("ACCOUNT_CNT"))


def test_an_answer_echoes_the_callers_spelling(rig, control, sink):
    event = ask(rig, control, sink, "OPT10081", DAY_CANDLES, rqname="일봉", screen="1234")
    assert event[:4] == ("1234", "일봉", "OPT10081", "")
    assert event[5:] == (0, "", "", "")


def test_a_message_for_a_person_comes_with_an_answer(rig, control, sink):
    ask(rig, control, sink, "opt10081", DAY_CANDLES)
    assert [args[1:3] for args in sink.named("OnReceiveMsg")] == [("질문", "opt10081")]


def test_items_are_read_by_name_inside_the_event_and_not_outside(rig, control, sink):
    seen = {}

    def read():
        seen["rows"] = control.GetRepeatCnt("opt10081", "주식일봉차트조회")
        seen["by any record name"] = control.GetRepeatCnt("opt10081", "")
        seen["close"] = control.GetCommData("opt10081", "질문", 0, "현재가")
        seen["no such item"] = control.GetCommData("opt10081", "", 0, "없는항목")
        seen["no such row"] = control.GetCommData("opt10081", "", 100_000, "현재가")
        seen["table"] = control.GetCommDataEx("opt10081", "주식일봉차트조회")

    ask(rig, control, sink, "opt10081", DAY_CANDLES, read=read)
    assert seen["rows"] == seen["by any record name"] == len(seen["table"]) == 600
    assert len(seen["close"]) == 20, "padded with blanks to the buffer"
    assert seen["close"].strip() == seen["table"][0][1].strip()
    assert seen["no such item"] == seen["no such row"] == ""
    assert control.GetRepeatCnt("opt10081", "") == 0
    assert control.GetCommData("opt10081", "", 0, "현재가") == ""
    assert control.GetCommDataEx("opt10081", "") is None


@pytest.mark.parametrize("code", ["opt10080", "opt10081"])
def test_columns_are_the_catalogues(rig, control, sink, code):
    tr = catalogue.tr(code)
    inputs = {**DAY_CANDLES, "틱범위": "1"}
    wrong = []

    def read():
        for row, cells in enumerate(control.GetCommDataEx(code, "")[:20]):
            for field, cell in zip(tr.multi.fields, cells):
                if control.GetCommData(code, "", row, field.name).strip() != cell.strip():
                    wrong.append((row, field.name))

    needed = {each.name: inputs[each.name] for each in tr.inputs}
    ask(rig, control, sink, code, needed, read=read)
    assert wrong == []


def test_a_single_record_is_read_by_name_and_has_no_rows(rig, control, sink):
    seen = {}

    def read():
        seen["rows"] = control.GetRepeatCnt("opt10001", "주식기본정보")
        seen["table"] = control.GetCommDataEx("opt10001", "주식기본정보")
        seen["name"] = control.GetCommData("opt10001", "주식기본정보", 0, "종목명")
        seen["next row"] = control.GetCommData("opt10001", "주식기본정보", 1, "종목명")

    event = ask(rig, control, sink, "opt10001", {"종목코드": CODE}, read=read)
    assert event[4] in ("0", "")
    assert seen["name"].strip() == NAME
    assert (seen["rows"], seen["table"], seen["next row"]) == (0, None, "")


def test_a_single_record_stands_beside_the_rows(rig, control, sink):
    seen = []
    ask(
        rig,
        control,
        sink,
        "opt10080",
        {"종목코드": CODE, "틱범위": "1", "수정주가구분": "1"},
        read=lambda: seen.append(control.GetCommData("opt10080", "", 0, "종목코드").strip()),
    )
    assert seen == [CODE]


def test_pages_follow_each_other_without_hole_or_overlap(rig, control, sink):
    first, rows = day_candles(rig, control, sink)
    assert first[4] == "2"
    _, more = day_candles(rig, control, sink, 2, rqname="다음", screen="1234")
    days = [row[4] for row in rows + more]
    assert days == sorted(set(days), reverse=True)
    assert len(rows) == 600
    assert krx.previous_trading_day(_date(rows[-1][4])) == _date(more[0][4])


def test_the_last_page_says_so(rig, control, sink):
    event, rows = day_candles(rig, control, sink)
    while event[4] == "2":
        event, rows = day_candles(rig, control, sink, 2)
    assert event[4] in ("0", "")
    assert 0 < len(rows) <= 600


def test_another_request_in_between_breaks_the_chain(rig, control, sink):
    _, rows = day_candles(rig, control, sink)
    ask(rig, control, sink, "opt10004", {"종목코드": "005930"}, screen="1001")
    _, more = day_candles(rig, control, sink, 2)
    assert more[0][4] >= rows[-1][4], "what follows is not the next page: the data would be corrupt"


def test_an_unknown_stock_gives_no_rows(rig, control, sink):
    seen = []
    event = ask(
        rig,
        control,
        sink,
        "opt10081",
        {**DAY_CANDLES, "종목코드": "999999"},
        read=lambda: seen.append(control.GetCommDataEx("opt10081", "")),
    )
    assert (event[4], seen) == ("0", [None])


def test_an_unknown_tr_is_refused(control):
    assert control.CommRqData("q", "opt99998", 0, "1000") == -201


def test_inputs_are_used_up_by_a_request(rig, control, sink):
    ask(rig, control, sink, "opt10004", {"종목코드": CODE})
    assert control.CommRqData("again", "opt10004", 0, "1000") == -202


def test_five_requests_a_second(rig, control, sink):
    run(rig, SECOND - rig.loop.now() % SECOND)  # a second of the clock begins
    codes = []
    for number in range(7):
        control.SetInputValue("종목코드", CODE)
        codes.append(control.CommRqData(f"q{number}", "opt10004", 0, "1000"))
    assert codes == [0, 0, 0, 0, 0, -200, -200]
    run(rig, SECOND)
    control.SetInputValue("종목코드", CODE)
    assert control.CommRqData("q", "opt10004", 0, "1000") == 0


def test_trades_arrive_in_wire_order_and_are_read_inside_the_event(rig, control, sink):
    fids = catalogue.real_types()["주식체결"].fids
    seen = []
    sink.on["OnReceiveRealData"] = lambda code, kind, raw: seen.append(
        [control.GetCommRealData(code, fid) for fid in fids] == raw.split("\t")
    )
    assert control.SetRealReg("2000", "005930;000660", "20;10", "0") == 0
    assert _delivers(rig, sink, "005930", "000660")
    events = sink.named("OnReceiveRealData")
    assert {event[1] for event in events} == {"주식체결"}
    assert all(seen)
    assert control.GetCommRealData("005930", 10) == ""


def _delivers(rig, sink, *codes):
    """Whether events of these codes come from now on, and of no others."""
    sink.events.clear()
    reading = sink.on.get("OnReceiveRealData", lambda *event: None)

    def delivered():
        return {event[0] for event in sink.named("OnReceiveRealData")}

    def read(*event):
        reading(*event)
        if delivered() >= set(codes):
            rig.loop.stop()

    if codes:
        sink.on["OnReceiveRealData"] = read
        run(rig)
        sink.on["OnReceiveRealData"] = reading
    run(rig, 60 * SECOND)
    return delivered() == set(codes)


def test_registration_replaces_or_adds_by_screen(rig, control, sink):
    control.SetRealReg("2000", "005930", "10", "0")
    control.SetRealReg("2000", "000660", "10", "1")
    assert _delivers(rig, sink, "005930", "000660")
    control.SetRealReg("2000", "035720", "10", "0")
    assert _delivers(rig, sink, "035720")


def test_a_code_on_two_screens_comes_once_and_stays_until_both_let_go(rig, control, sink):
    control.SetRealReg("2000", "005930", "10", "0")
    control.SetRealReg("2001", "005930", "10", "0")
    assert _delivers(rig, sink, "005930")
    events = sink.named("OnReceiveRealData")
    cumulated = [int(event[2].split("\t")[7]) for event in events]
    assert cumulated == sorted(set(cumulated))
    control.SetRealRemove("2000", "005930")
    assert _delivers(rig, sink, "005930")
    control.DisconnectRealData("2001")
    assert _delivers(rig, sink)


def test_all_takes_everything_back(rig, control, sink):
    control.SetRealReg("2000", "005930;000660", "10", "0")
    control.SetRealReg("2001", "035720", "10", "0")
    control.SetRealRemove("ALL", "ALL")
    assert _delivers(rig, sink)


def test_a_quotes_answer_registers_its_stock_on_its_screen(rig, control, sink):
    ask(rig, control, sink, "opt10004", {"종목코드": "005930"}, screen="1010")
    assert _delivers(rig, sink, "005930")
    control.DisconnectRealData("1010")
    assert _delivers(rig, sink)


def test_more_than_100_codes_in_one_registration_are_refused(control):
    assert control.SetRealReg("2000", ";".join(["005930"] * 101), "10", "0") == -204


def test_more_than_100_fids_in_one_registration_are_refused(control):
    assert control.SetRealReg("2000", "005930", ";".join(["10"] * 101), "0") == -206


def test_a_screen_that_is_used_for_another_code_forgets_the_first(rig, control, sink):
    control.SetRealReg("1010", "000660", "10", "0")
    ask(rig, control, sink, "opt10004", {"종목코드": "005930"}, screen="1010")
    assert _delivers(rig, sink, "005930")


def test_books_arrive_with_their_best_quotes(rig, control, sink):
    fids = catalogue.real_types()["주식호가잔량"].fids
    control.SetRealReg("2000", "005930", "41", "0")
    books = []
    sink.on["OnReceiveRealData"] = lambda code, kind, raw: (
        kind == "주식호가잔량" and books.append(dict(zip(fids, raw.split("\t"))))
    )
    wait(rig, lambda: len(books) > 10)
    for book in books:
        assert int(book[41].lstrip("+-")) > int(book[51].lstrip("+-")) > 0
        assert int(book[121]) == sum(int(book[61 + level]) for level in range(10))


def test_a_watch_list_is_asked_for_at_once(rig, control, sink):
    rows = []

    def on_tr_data(*_):
        rows.extend(control.GetCommDataEx("OPTKWFID", ""))
        rig.loop.stop()

    sink.on["OnReceiveTrData"] = on_tr_data
    assert control.CommKwRqData("005930;000660;999999", 0, 3, 0, "관심", "3000") == 0
    run(rig)
    assert [row[0].strip() for row in rows[:2]] == ["005930", "000660"]
    (event,) = sink.named("OnReceiveTrData")
    assert event[:3] == ("3000", "관심", "OPTKWFID")


def test_a_watch_list_has_at_most_100_codes(control):
    assert control.CommKwRqData(";".join(["005930"] * 101), 0, 101, 0, "q", "3000") == -204


# -- orders ----------------------------------------------------------------------------------------


def order(control, order_type=1, quantity=1, price=0, hoga="03", original="", code="005930"):
    account = control.GetLoginInfo("ACCNO").split(";")[0]
    return control.SendOrder(
        "주문", "0101", account, order_type, code, quantity, price, hoga, original
    )


def hear_orders(control, sink):
    """The order numbers of answers, and the values of chejan events by gubun."""
    numbers, told = [], []

    def on_chejan(gubun, count, fids):
        values = {int(fid): control.GetChejanData(int(fid)) for fid in fids.split(";")}
        assert len(values) == count
        told.append((gubun, values))

    sink.on["OnReceiveTrData"] = lambda screen, rqname, trcode, *_: numbers.append(
        control.GetCommData(trcode, "", 0, "주문번호").strip()
    )
    sink.on["OnReceiveChejanData"] = on_chejan
    return numbers, told


def test_an_order_is_answered_and_then_told_about(rig, control, sink):
    numbers, told = hear_orders(control, sink)
    assert order(control) == 0
    assert sink.events == [], "0 only means sent"
    wait(rig, lambda: len(told) >= 3)
    run(rig, 2 * SECOND)
    names = [event[0] for event in sink.events if event[0] != "OnReceiveRealData"]
    assert names == ["OnReceiveMsg", "OnReceiveTrData", *["OnReceiveChejanData"] * 3]
    (answer,) = sink.named("OnReceiveTrData")
    assert answer[:3] == ("0101", "주문", "KOA_NORMAL_BUY_KP_ORD")
    (number,) = numbers
    assert len(number) == 7 and number.isdigit()
    assert [(gubun, values.get(913)) for gubun, values in told] == [
        ("0", "접수"),
        ("0", "체결"),
        ("1", None),
    ]
    accepted, filled, held = (values for _, values in told)
    assert accepted[9203] == filled[9203] == number
    assert (accepted[902], filled[902], filled[911]) == ("1", "0", "1")
    assert accepted[9001] == held[9001] == "A005930"
    assert int(filled[914]) == int(filled[910]) > 0
    assert int(held[930]) >= 1


def test_chejan_is_read_inside_its_event(rig, control, sink):
    order(control)
    wait(rig, lambda: sink.named("OnReceiveChejanData"))
    assert control.GetChejanData(9203) == ""


def test_an_order_that_is_refused_has_an_answer_without_number(rig, control, sink):
    numbers, told = hear_orders(control, sink)
    assert order(control, quantity=1, price=3, hoga="00") == 0
    wait(rig, lambda: numbers)
    run(rig, 2 * SECOND)
    assert numbers == [""]
    assert told == []
    ((_, _, _, message),) = sink.named("OnReceiveMsg")
    assert message.startswith("[")


def test_an_order_is_cancelled_by_its_number(rig, control, sink):
    numbers, told = hear_orders(control, sink)
    low = int(control.GetMasterLastPrice("005930")) * 8 // 10 // 500 * 500
    order(control, quantity=2, price=low, hoga="00")
    wait(rig, lambda: told)
    order(control, order_type=3, quantity=2, hoga="00", original=numbers[0])
    wait(rig, lambda: len(told) >= 4)
    states = [(values[9203], values[913], values[902]) for gubun, values in told if gubun == "0"]
    assert states == [
        (numbers[0], "접수", "2"),
        (numbers[1], "접수", "0"),
        (numbers[1], "확인", "0"),
        (numbers[0], "접수", "0"),
    ]
    assert told[1][1][904] == numbers[0]


def test_an_order_of_a_foreign_account_is_not_sent(rig, control, sink):
    assert control.SendOrder("q", "0101", "1234567890", 1, "005930", 1, 0, "03", "") == -302
    run(rig, 10 * SECOND)
    assert sink.events == []


def test_five_orders_a_second(rig, control, sink):
    run(rig, SECOND - rig.loop.now() % SECOND)
    assert [order(control) for _ in range(6)] == [0] * 5 + [-308]


def test_the_old_getter_reads_all_three(rig, control, sink):
    pairs = []
    sink.on["OnReceiveChejanData"] = lambda gubun, *_: pairs.append(
        (control.CommGetData(gubun, "-1", "9001", 0, ""), control.GetChejanData(9001))
    )
    sink.on["OnReceiveRealData"] = lambda code, kind, _: pairs.append(
        (control.CommGetData(code, kind, "27", 0, ""), control.GetCommRealData(code, 27))
    )
    control.SetRealReg("2000", "005930", "27", "0")
    order(control)
    wait(rig, lambda: sink.named("OnReceiveChejanData") and sink.named("OnReceiveRealData"))
    ask(
        rig,
        control,
        sink,
        "opt10004",
        {"종목코드": CODE},
        read=lambda: pairs.append(
            (
                control.CommGetData("opt10004", "", "질문", 0, "총매도잔량"),
                control.GetCommData("opt10004", "", 0, "총매도잔량"),
            )
        ),
    )
    assert len(pairs) > 2
    assert all(old == new for old, new in pairs)
    assert all(new for _, new in pairs[-1:])


def test_what_the_mock_server_does_not_offer_has_a_message(rig, control, sink):
    account = control.GetLoginInfo("ACCNO").split(";")[0]
    control.SetInputValue("계좌번호", account)
    assert control.CommRqData("q", "OPW00005", 0, "1000") == 0
    wait(rig, lambda: sink.named("OnReceiveMsg"))
    assert control.SendOrderCredit("c", "1", account, 1, CODE, 1, 0, "03", "03", "", "") == 0
    wait(rig, lambda: len(sink.named("OnReceiveMsg")) > 1)
    assert [args[3][:8] for args in sink.named("OnReceiveMsg")] == ["[RC9000]"] * 2
    assert sink.named("OnReceiveChejanData") == []


# -- condition search ------------------------------------------------------------------------------


def test_conditions_are_loaded_before_they_are_named(rig, control, sink):
    assert control.GetConditionLoad() == 1
    wait(rig, lambda: sink.named("OnReceiveConditionVer"))
    ((result, _),) = sink.named("OnReceiveConditionVer")
    assert result == 1
    names = control.GetConditionNameList()
    assert names == "" or names.endswith(";")
    assert all(each.split("^")[0].isdigit() for each in names.split(";") if each)
    assert control.SendCondition("5000", "없는조건", 0, 0) == 0
    assert sink.named("OnReceiveTrCondition") == []


def test_calls_from_another_thread_are_refused(control):
    """COM would not refuse but break later; an implementation must not let it come to that."""
    caught = []

    def call():
        try:
            control.GetMasterCodeName(CODE)
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert len(caught) == 1


def _date(text):
    return krx.date(int(text[:4]), int(text[4:6]), int(text[6:]))
