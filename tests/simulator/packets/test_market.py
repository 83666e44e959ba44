"""Events of the whole market: its clock, interruptions, indices."""

from datetime import date

from sapi_kiwoom import catalogue, krx
from sapi_kiwoom.loop import SECOND
from simulator.packets.indices import Breadth, IndexState, breadth, expected_index, index
from simulator.packets.opening import opening_time
from simulator.packets.volatility import BOTH, DYNAMIC, STATIC, interruption
from simulator.universe import universe

DAY = date(2026, 11, 20)


def at(hour, minute, second):
    return krx.midnight(DAY) + (hour * 3_600 + minute * 60 + second) * SECOND


def by_fid(real_type, raw):
    fids, values = catalogue.real_types()[real_type].fids, raw.split("\t")
    assert len(values) == len(fids)
    return dict(zip(fids, values))


def test_recorded_clocks():
    assert opening_time("0", at(8, 59, 10), 50) == "0\t085910\t000050"
    assert opening_time("0", at(8, 40, 0), 1_200) == "0\t084000\t002000"
    assert opening_time("3", at(9, 0, 0), 0) == "3\t090000\t000000"
    assert opening_time("2", at(15, 29, 40), 20) == "2\t152940\t000020"


def test_an_interruption_and_its_release():
    stock = universe()["005930"]

    def event(kind, price, released, static, dynamic):
        raw = interruption(
            stock,
            kind,
            price,
            at(10, 15, 12),
            released,
            static,
            dynamic,
            70_000,
            2,
            12,
            990_000_000,
        )
        return by_fid("VI발동/해제", raw)

    begun = event(STATIC, 77_000, 0, 70_000, 0)
    assert (begun[9001], begun[302], begun[13], begun[14]) == ("A005930", stock.name, "12", "990")
    assert (begun[9068], begun[1225], begun[9008], begun[9075]) == ("1", "정적", "001", "1")
    assert (begun[1221], begun[1223], begun[1224]) == ("77000", "101512", "000000")
    assert (begun[1236], begun[1238]) == ("70000", "+10.00")
    assert (begun[1237], begun[1239]) == ("0", " 0.00")
    assert (begun[1489], begun[1490], begun[9069]) == ("+10.00", "2", "1")
    ended = event(STATIC, 77_000, at(10, 17, 30), 70_000, 0)
    assert {fid for fid in begun if begun[fid] != ended[fid]} == {1224}
    assert ended[1224] == "101730"
    fallen = event(DYNAMIC, 67_900, 0, 0, 70_000)
    assert (fallen[9069], fallen[1225], fallen[1239]) == ("2", "동적", "-3.00")
    assert event(BOTH, 63_000, 0, 70_000, 66_000)[1225] == "동적+정적"


def test_a_kosdaq_stock_names_its_market():
    stock = next(stock for stock in universe().values() if stock.market == "KOSDAQ")
    raw = interruption(stock, STATIC, 110, at(9, 5, 0), 0, 100, 0, 0, 1, 0, 0)
    assert by_fid("VI발동/해제", raw)[9008] == "101"


STATE = IndexState(
    at=at(14, 0, 1),
    base=250_000,
    last=248_412,
    open=250_000,
    high=250_100,
    low=248_000,
    traded=7_900,
    volume=312_345_678,
    value=8_765_432_100_000,
    volume_before=400_000_000,
)


def test_an_index():
    values = by_fid("업종지수", index(STATE))
    assert (values[20], values[10], values[11], values[12]) == (
        "140001",
        "-2484.12",
        "-15.88",
        "-0.64",
    )
    assert (values[15], values[13], values[14]) == ("7", "312345", "8765432")
    assert (values[16], values[17], values[18]) == (" 2500.00", "+2501.00", "-2480.00")
    assert (values[25], values[26]) == ("5", "-87655")


def test_an_index_before_its_first_value():
    values = by_fid("업종지수", index(STATE._replace(last=0, open=0, high=0, low=0)))
    assert (values[10], values[11], values[12], values[16], values[25]) == (
        " 0.00",
        " 0.00",
        " 0.00",
        " 0.00",
        "3",
    )


def test_how_many_stocks_rise_and_fall():
    values = by_fid("업종등락", breadth(STATE, Breadth(3, 400, 50, 480, 1, 930, 950)))
    counts = {252: "400", 251: "3", 253: "50", 255: "480", 254: "1", 256: "930", 257: "97.89"}
    assert {fid: values[fid] for fid in counts} == counts
    assert (values[10], values[13], values[25]) == ("-2484.12", "312345", "5")


def test_what_the_auctions_expect_of_an_index():
    values = by_fid("예상업종지수", expected_index(at(8, 50, 0), 250_000, 251_250, 5_000_000))
    assert (values[20], values[291], values[292]) == ("085000", "+2512.50", "5000")
    assert (values[294], values[295], values[293], values[9075]) == ("+12.50", "+0.50", "2", "0")
