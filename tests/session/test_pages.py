from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom.catalogue import Field, Record, Tr, tr
from sapi_kiwoom.session.pages import read_page

DAY = tr("opt10081")


class Buffer:
    """The getters of a control that orders its columns as it likes."""

    def __init__(self, rows: List[Dict[str, str]], columns: List[str]) -> None:
        self.rows = rows
        self.columns = columns
        self.reads = 0

    def GetRepeatCnt(self, code: str, record: str) -> int:
        return len(self.rows)

    def GetCommData(self, code: str, record: str, index: int, item: str) -> str:
        self.reads += 1
        return self.rows[index].get(item, "").ljust(20) if index < len(self.rows) else ""

    def GetCommDataEx(self, code: str, record: str) -> Optional[List[List[str]]]:
        return [[row.get(name, "").ljust(20) for name in self.columns] for row in self.rows] or None


def small(names: List[str]) -> Tr:
    fields = tuple(Field(name, name, i, 20) for i, name in enumerate(names))
    return Tr("opt1", "test", (), None, Record("주식일봉차트조회", fields, 3), None)


def names(chart: Tr) -> List[str]:
    assert chart.multi is not None
    return [field.name for field in chart.multi.fields]


def day(number: int, price: int) -> Dict[str, str]:
    row = dict.fromkeys(names(DAY), "")
    prices = {name: str(price) for name in ("현재가", "시가", "고가", "저가")}
    return {**row, **prices, "일자": f"202401{number:02}"}


def test_rows_come_by_name_without_padding():
    rows = [day(3, 100), day(2, 90)]
    assert read_page(Buffer(rows, names(DAY)), DAY) == rows


def test_a_full_page_costs_few_reads_by_name():
    rows = [{**day(1, i), "일자": str(i), "거래량": str(7 * i)} for i in range(600, 0, -1)]
    control = Buffer(rows, names(DAY))
    assert read_page(control, DAY) == rows
    assert control.reads == len(names(DAY))  # one row; the equal columns are equal everywhere


def test_without_rows_there_is_nothing_to_read():
    for nothing in (None, []):
        control = Buffer([], names(DAY))
        control.GetCommDataEx = lambda code, record, nothing=nothing: nothing
        assert read_page(control, DAY) == []
        assert control.reads == 0


def test_swapped_columns_do_not_give_wrong_fields(caplog):
    columns = names(DAY)
    columns[1], columns[2] = columns[2], columns[1]
    rows = [{**day(3, 100), "거래량": "7"}]
    assert read_page(Buffer(rows, columns), DAY) == rows
    assert "opt10081: the control's columns are not the catalogue's" in caplog.text


def test_swapped_columns_are_seen_though_the_first_row_has_them_equal():
    columns = names(DAY)
    high, low = columns.index("고가"), columns.index("저가")
    columns[high], columns[low] = columns[low], columns[high]
    rows = [day(3, 100), {**day(2, 90), "고가": "95", "저가": "85"}]
    assert read_page(Buffer(rows, columns), DAY) == rows


def test_a_column_that_the_catalogue_does_not_know_is_passed_over():
    rows = [day(3, 100)]
    assert read_page(Buffer(rows, ["새 항목", *names(DAY)]), DAY) == rows


def test_a_single_record_is_one_row():
    single = Record("주식기본정보", (Field("종목명", "name", 302, 20),), 1)
    only_single = replace(DAY, single=single, multi=None)
    assert read_page(Buffer([{"종목명": "삼성전자"}], []), only_single) == [{"종목명": "삼성전자"}]
    assert read_page(Buffer([], []), replace(only_single, single=None)) == []


class Doubles:
    """A control two of whose columns have one name."""

    def __init__(self, table):
        self.table = table

    def GetCommDataEx(self, code, record):
        return self.table

    def GetRepeatCnt(self, code, record):
        return len(self.table)

    def GetCommData(self, code, record, index, item):
        return self.table[index][{"시간": 0, "전일대비": 1}[item]]


def doubles(multi: bool) -> Tr:
    fields = (
        Field("시간", "time", 1, 20),
        Field("전일대비", "change", 2, 20),
        Field("전일대비", "rate", 3, 20),
    )
    record = Record("거래원", fields, 1)
    return Tr("opt1", "", (), None if multi else record, record if multi else None, None)


@pytest.mark.parametrize("multi", [True, False])
def test_of_two_columns_with_one_name_the_second_is_known_by_its_key(multi):
    row = {"시간": "0900", "전일대비": "+5", "rate": "+0.10"}
    assert read_page(Doubles([["0900 ", "+5", "+0.10"]]), doubles(multi)) == [row]


def test_without_the_columns_the_second_stays_blank_instead_of_repeating_the_first():
    row = {"시간": "0900", "전일대비": "+5", "rate": ""}
    assert read_page(Doubles([["0900", "+5"]]), doubles(True)) == [row]


@given(st.data())
def test_whatever_the_order_of_the_columns_the_fields_are_right(data):
    keys = ["a", "b", "c", "d"]
    columns = data.draw(st.permutations(keys))
    columns = columns[: data.draw(st.integers(1, 4))] if data.draw(st.booleans()) else columns
    cell = st.sampled_from(["", "1", "2"])
    rows = data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(keys, cell)), max_size=5))
    assert read_page(Buffer(rows, columns), small(keys)) == rows
