"""The catalogue's tables fit together, and say what the vendor's tables say."""

import csv
import os
import re
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import catalogue
from sapi_kiwoom.catalogue.kinds import KINDS, MOCK, PROFILES, REAL
from sapi_kiwoom.errors import KiwoomError
from simulator.answers.table import ANSWERS

TRS = list(catalogue.trs().values())
REAL_TYPES = {**catalogue.real_types(), **catalogue.internal_real_types()}
KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
GROUPS = set(
    "stock chart ranking investor lending program theme sector etf elw account "
    "futures-options futures-account".split()
)


def blocks(tr):
    yield tr.inputs
    yield from (record.fields for record in (tr.single, tr.multi) if record)


FIELDS = [field for tr in TRS for block in blocks(tr) for field in block]


# -- TRs ---------------------------------------------------------------------------------------

NAMED_TWICE = {"opt10052": {"전일대비"}, "opt90009": {"대칭구분"}, "opw20009": {"주문가능총액"}}


@pytest.mark.parametrize("tr", TRS, ids=lambda tr: tr.code)
def test_names_and_keys_are_unique_in_their_block(tr):
    assert tr.inputs
    assert tr.single or tr.multi
    assert tr.group in GROUPS
    for fields in blocks(tr):
        keys = [field.key for field in fields]
        assert len(set(keys)) == len(keys)
        names = Counter(field.name for field in fields)
        assert {name for name, count in names.items() if count > 1} <= NAMED_TWICE.get(
            tr.code, set()
        )
        assert all(KEY.fullmatch(field.key) for field in fields)
        assert all(field.width > 0 for field in fields)
        assert all(field.kind in KINDS for field in fields)
    if tr.multi:
        assert tr.multi.rows > 0
    if tr.cursor:
        assert tr.cursor.input in [field.name for field in tr.inputs]
        assert tr.cursor.field in [field.name for field in tr.multi.fields]


def test_there_are_227():
    assert len(TRS) == 227
    assert {tr.group for tr in TRS} == GROUPS


def test_only_inputs_may_be_left_empty():
    assert not any(
        field.optional for tr in TRS for fields in list(blocks(tr))[1:] for field in fields
    )


def test_the_input_of_2025_stands_beside_the_others():
    later = [tr for tr in TRS if tr.venue]
    assert {"opt10030", "opt10075", "opw00018"} <= {tr.code for tr in later}
    for tr in later:
        assert tr.venue.optional
        assert tr.venue.key not in [field.key for field in tr.inputs]


def test_a_korean_name_has_one_key_where_it_means_one_thing():
    found = defaultdict(set)
    for tr in TRS:
        for record in (tr.single, tr.multi):
            for field in record.fields if record else ():
                found[field.name].add(field.key)
    several = {name: keys for name, keys in found.items() if len(keys) > 1}
    for i in "12345":  # a broker's code in opt10002, its name in the others
        for korean, side in (("매도", "sell"), ("매수", "buy")):
            keys = several.pop(f"{korean}거래원{i}")
            assert keys == {f"{side}_member_code_{i}", f"{side}_member_name_{i}"}
    assert several == {
        "현재가": {"current_price", "closing"},  # of a bar; of a ranking of version 1
        "대비": {
            "previous_contrast_price",
            "balance_contrast",
        },  # of a price; of opt10013's balance
        "전일비": {"previous_volume_contrast_rate", "previous_contrast_price"},
        "체결시간": {"timestamp", "day"},  # FID 20; FID 22
        "IV": {"implied_volatility", "iv"},  # opt30012 has both
        "청산가능수량": {"orderable_volume", "closable_volume"},  # shares; contracts
        "전일대비": {"previous_contrast_price", "fluctuation_rate"},  # twice in opt10052
        "대칭구분": {"separator", "separator_2", "separator_3"},
        "주문가능총액": {"total_orderable", "total_orderable_2"},
    }


def test_a_code_is_found_in_any_spelling():
    assert catalogue.tr("OPT10081") is catalogue.tr("opt10081")
    assert catalogue.tr("OPT10081") is catalogue.trs()["opt10081"]
    assert catalogue.tr("optkwfid").code == "OPTKWFID"
    with pytest.raises(KiwoomError, match="opt99998"):
        catalogue.tr("opt99998")


def test_what_is_answered_is_in_the_catalogue():
    assert set(ANSWERS) <= set(catalogue.trs())


VERSION_1 = {
    "opt10080": """
        (stock_code tick is_adjusted) closing volume timestamp opening high low is_adjusted
        adjust_rate main_sector sub_sector stock_info adjust_event previous_closing
    """,
    "opt10081": """
        (stock_code to is_adjusted) stock_code closing volume tr_amount day opening high low
        is_adjusted adjust_rate main_sector sub_sector stock_info adjust_event previous_closing
    """,
    "opt10017": """
        (market query_type sort_type filter_type volume_type credit_type price_type) stock_code
        stock_info stock_name closing previous_contrast_symbol previous_contrast_price
        fluctuation_rate volume previous_volume remaining_sell_volume sell_offer_price
        buy_offer_price remaining_buy_volume continuous_count
    """,
    "opt10004": """
        (stock_code) timestamp sell_contrast_remaining_10 sell_remaining_volume_10 sell_price_10
        sell_contrast_remaining_9 sell_remaining_volume_9 sell_price_9 sell_contrast_remaining_8
        sell_remaining_volume_8 sell_price_8 sell_contrast_remaining_7 sell_remaining_volume_7
        sell_price_7 sell_contrast_remaining_6 sell_remaining_volume_6 sell_price_6
        sell_contrast_remaining_5 sell_remaining_volume_5 sell_price_5 sell_contrast_remaining_4
        sell_remaining_volume_4 sell_price_4 sell_contrast_remaining_3 sell_remaining_volume_3
        sell_price_3 sell_contrast_remaining_2 sell_remaining_volume_2 sell_price_2
        sell_remaining_volume_1 sell_top_priority_remaining_volume sell_top_priority_price
        buy_top_priority_price buy_top_priority_remaining_volume buy_remaining_volume_1
        buy_price_2 buy_remaining_volume_2 buy_contrast_remaining_2 buy_price_3
        buy_remaining_volume_3 buy_contrast_remaining_3 buy_price_4 buy_remaining_volume_4
        buy_contrast_remaining_4 buy_price_5 buy_remaining_volume_5 buy_contrast_remaining_5
        buy_price_6 buy_remaining_volume_6 buy_contrast_remaining_6 buy_price_7
        buy_remaining_volume_7 buy_contrast_remaining_7 buy_price_8 buy_remaining_volume_8
        buy_contrast_remaining_8 buy_price_9 buy_remaining_volume_9 buy_contrast_remaining_9
        buy_price_10 buy_remaining_volume_10 buy_contrast_remaining_10
        total_sell_remaining_volume_contrast_previous total_sell_remaining_volume
        total_buy_remaining_volume total_buy_remaining_volume_contrast_previous
        offhour_sell_remaining_volume_contrast_previous offhour_sell_remaining_volume
        offhour_buy_remaining_volume offhour_buy_remaining_volume_contrast_previous
    """,
    "opt10087": """
        (stock_code) timestamp offhour_sell_price_contrast_previous_5
        offhour_sell_price_contrast_previous_4 offhour_sell_price_contrast_previous_3
        offhour_sell_price_contrast_previous_2 offhour_sell_price_contrast_previous_1
        offhour_sell_volume_5 offhour_sell_volume_4 offhour_sell_volume_3 offhour_sell_volume_2
        offhour_sell_volume_1 offhour_sell_price_5 offhour_sell_price_4 offhour_sell_price_3
        offhour_sell_price_2 offhour_sell_price_1 offhour_buy_price_1 offhour_buy_price_2
        offhour_buy_price_3 offhour_buy_price_4 offhour_buy_price_5 offhour_buy_volume_1
        offhour_buy_volume_2 offhour_buy_volume_3 offhour_buy_volume_4 offhour_buy_volume_5
        offhour_buy_price_contrast_previous_1 offhour_buy_price_contrast_previous_2
        offhour_buy_price_contrast_previous_3 offhour_buy_price_contrast_previous_4
        offhour_buy_price_contrast_previous_5 offhour_total_sell_remaining_volume
        offhour_total_buy_remaining_volume total_sell_remaining_volume_contrast_previous
        total_sell_remaining_volume total_buy_remaining_volume
        total_buy_remaining_volume_contrast_previous
        offhour_top_total_sell_remaining_volume_contrast_previous
        offhour_top_total_sell_remaining_volume offhour_top_total_buy_remaining_volume
        offhour_top_total_buy_remaining_volume_contrast_previous offhour_closing
        offhour_contrast_symbol offhour_contrast_previous_market_day offhour_fluctuation_rate
        offhour_cumulative_volume
    """,
    "opt10014": """
        (stock_code query_type from to) day closing previous_contrast_symbol
        previous_contrast_price fluctuation_rate volume short_volume short_weight
        short_trade_amount short_average_price
    """,
}


@pytest.mark.parametrize("code", VERSION_1)
def test_the_keys_of_version_1_stay(code):
    inputs, keys = VERSION_1[code].split("(")[1].split(")")
    tr = catalogue.tr(code)
    assert [field.key for field in tr.inputs] == inputs.split()
    assert [field.key for field in tr.multi.fields] == keys.split()


# -- Values ------------------------------------------------------------------------------------

TEXTS = st.from_regex(r"[0-9A-Za-z가-힣]{1,12}", fullmatch=True).filter(
    lambda text: text.strip("0")
)


def values(kind, width=15):
    """Values that fit a field of this kind."""
    if kind.decimals is None:
        return TEXTS
    most = 10 ** (min(width, 15) - 1) - 1
    least = 0 if kind.coloured else -most
    if kind.free:
        return st.decimals(least // 10**6, most // 10**6, places=4)
    if kind.decimals:
        return st.integers(least, most).map(lambda n: Decimal(n).scaleb(-kind.decimals))
    return st.integers(least, most)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
@given(data=st.data())
def test_a_value_is_read_as_it_was_written(kind, data):
    profile = data.draw(st.sampled_from(PROFILES))
    width = data.draw(st.integers(2, 15))
    value = data.draw(values(kind, width))
    raw = kind.format(value, profile, width, colour=data.draw(st.sampled_from([-1, 0, 1])))
    assert raw == raw.strip()
    for buffer in (raw, raw.ljust(20), raw.rjust(20)):
        assert kind.parse(buffer, profile) == value
    number = kind.parse(raw, profile)
    assert isinstance(number, str if kind.decimals is None else (int, Decimal))


def test_every_field_of_every_tr_writes_and_reads_by_every_profile():
    for field in FIELDS:
        kind = KINDS[field.kind]
        for profile in PROFILES:
            assert field.parse(" " * field.width, profile) is None
            assert field.parse(field.format(None, profile), profile) is None
            for number in (0, 7, -7):
                if kind.decimals is None or (kind.coloured and number < 0):
                    continue
                if kind.padded and field.width == 1 and number < 0:
                    continue
                value = Decimal(number).scaleb(-kind.decimals) if kind.decimals else number
                raw = field.format(value, profile)
                assert field.parse(raw, profile) == value
                if kind.padded and "." not in raw:
                    assert len(raw) == field.width
            if kind.decimals is None:
                assert field.parse(field.format("20261120", profile), profile) == "20261120"


@pytest.mark.parametrize(
    ("kind", "raw", "value", "colour"),
    [
        ("price", "-77100", 77100, -1),
        ("price", "+77600", 77600, 1),
        ("price", "18450", 18450, 0),
        ("price_change", "-500", -500, 0),
        ("price_change", "+500", 500, 0),
        ("price_change", "0", 0, 0),
        ("signed_rate", "-0.65", Decimal("-0.65"), 0),
        ("signed_rate", "+52.23", Decimal("52.23"), 0),
        ("signed_rate", "0.00", Decimal(0), 0),
        ("index_without_point", "252127", Decimal("2521.27"), 0),
        ("index", "+2521.27", Decimal("2521.27"), 1),
        ("precise", "100", Decimal(100), 0),
        ("precise_won", "-12.5", Decimal("-12.5"), 0),
        ("symbol", "5", "5", 0),
        ("date", "20220118", "20220118", 0),
    ],
)
def test_recorded_forms(kind, raw, value, colour):
    assert KINDS[kind].parse(raw) == value
    assert KINDS[kind].format(value, colour=colour) == raw


def test_a_zero_has_no_sign_and_numbers_are_rounded_half_up():
    assert KINDS["account_rate"].format(Decimal("-0.001"), MOCK) == "0.00"
    assert KINDS["signed_rate"].format(Decimal("0.125")) == "+0.13"
    assert KINDS["price_change"].format(0) == "0"
    assert KINDS["precise"].format(Decimal("-0.0")) == "0"


@pytest.mark.parametrize(
    ("raw", "value"),
    [("--77100", 77100), ("+-77100", 77100), (" 0", 0), ("-0", 0), ("1,000", 1000), ("  ", None)],
)
def test_prices_are_read_whatever_stands_around_them(raw, value):
    assert KINDS["price"].parse(raw) == value


@pytest.mark.parametrize("raw", ["현금", "1e5", "NaN", "+", "7.7.0", "١"])
def test_what_is_no_number_is_refused_by_name(raw):
    with pytest.raises(ValueError, match=r"현재가 \(current_price\): .*kind price"):
        catalogue.tr("opt10001").single.fields[36].parse(raw)


def test_an_account_reads_the_same_from_mock_and_real():
    fields = {field.name: field for field in catalogue.tr("opw00018").multi.fields}
    rate, price = fields["수익률(%)"], fields["매입가"]
    assert rate.format(Decimal("-52.71"), MOCK) == "-52.71"
    assert rate.format(Decimal("-52.71"), REAL) == "-00000005271"
    assert rate.parse("-52.71", MOCK) == rate.parse("-00000005271", REAL) == Decimal("-52.71")
    assert price.parse("000000000000253", REAL) == price.parse("253", MOCK) == 253
    assert price.format(253, REAL) == price.format(253, MOCK) == "000000000000253"


def test_a_wrong_argument_is_named():
    rate = catalogue.tr("opw00018").multi.fields[3]
    for call in (rate.format, rate.parse):
        with pytest.raises(ValueError, match="there is no server 'demo'; choose one of mock,"):
            call("1", "demo")
    with pytest.raises(ValueError, match="more than the 12 digits"):
        rate.format(10**12, REAL)
    for word in ("x", "NaN", "Infinity", "1" * 40):
        with pytest.raises(ValueError, match=rf"수익률.*'{word}' is no number"):
            rate.format(word)


# -- Real time ---------------------------------------------------------------------------------


def test_real_types_that_programs_get_and_those_they_do_not():
    assert len(REAL_TYPES) == len({each.id for each in REAL_TYPES.values()}) == 159
    assert {"주식체결", "주문체결", "잔고", "파생잔고", "장시작시간", "VI발동/해제"} <= set(
        catalogue.real_types()
    )
    assert "ECN주식체결" not in catalogue.real_types()
    assert len(catalogue.real_types()["주식체결"].fids) == 43


def test_fids_have_names_and_keys_that_are_unique_in_their_real_type():
    assert (catalogue.fid_name(10), catalogue.fid_key(10)) == ("현재가", "current_price")
    assert (catalogue.fid_name(999_999), catalogue.fid_key(999_999)) == ("", "")
    for each in catalogue.real_types().values():
        assert len(set(each.fids)) == len(each.fids)
        keys = [key for key in map(catalogue.fid_key, each.fids) if key]
        assert len(set(keys)) == len(keys)
        assert all(KEY.fullmatch(key) for key in keys)


# -- Codes -------------------------------------------------------------------------------------


def test_return_codes_and_message_codes_are_explained():
    assert catalogue.error_name(-200) == "OP_ERR_SISE_OVERFLOW"
    assert "does not list" in catalogue.error_meaning(-99_999)
    assert catalogue.message_meaning("107066") == "a buy order was accepted"
    assert catalogue.message_texts("107066") == {"real": ("매수주문이 완료되었습니다.",)}
    assert "모의투자 매도주문완료" in catalogue.message_texts("100000")["mock"]
    assert (catalogue.message_meaning("999999"), catalogue.message_texts("999999")) == ("", {})


# -- The vendor's tables -----------------------------------------------------------------------

REPOSITORY = Path(__file__).parents[1]
TABLES = Path(
    os.environ.get("SAPI_KIWOOM_TABLES") or REPOSITORY.parent.joinpath("shared", "tables")
)
NO_TABLES = pytest.mark.skipif(
    not TABLES.joinpath("tr_fields.csv").exists(),
    reason="no tables to compare with; set SAPI_KIWOOM_TABLES to a folder with tr.csv, "
    "tr_fields.csv, real_types.csv and fids.csv",
)


def table(name):
    with TABLES.joinpath(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@NO_TABLES
def test_trs_and_records_are_those_of_the_table():
    rows = table("tr.csv")
    assert [row["tr_code"] for row in rows] == list(catalogue.trs())
    for row in rows:
        tr = catalogue.tr(row["tr_code"])
        assert (tr.single.name if tr.single else "") == row["single_record"]
        assert (tr.multi.name if tr.multi else "") == row["multi_record"]
        if row["page_rows"] not in ("", "0"):  # no number, or one that says nothing
            assert tr.multi.rows == int(row["page_rows"])


@NO_TABLES
def test_fields_are_those_of_the_table_in_its_order():
    wanted = defaultdict(list)
    for row in table("tr_fields.csv"):
        block = wanted[row["tr_code"], row["block"]]
        assert int(row["position"]) == len(block)
        block.append((row["name"], int(row["fid"]), int(row["width"])))
    found = {
        (code, block): [(field.name, field.fid, field.width) for field in fields]
        for code, tr in catalogue.trs().items()
        for block, fields in (
            ("input", tr.inputs),
            ("single", tr.single.fields if tr.single else ()),
            ("multi", tr.multi.fields if tr.multi else ()),
        )
        if fields
    }
    assert found == wanted


NAMES_OF_EVENTS = {"종목별프로그램매매": "종목프로그램매매", "현물잔고": "잔고"}
"""Real types whose events have another name than the table."""


@NO_TABLES
def test_real_types_are_those_of_the_table():
    found = {name: (each.id, list(each.fids)) for name, each in REAL_TYPES.items()}
    assert found == {
        NAMES_OF_EVENTS.get(row["real_type"], row["real_type"]): (
            row["type_id"],
            [int(fid) for fid in row["fids"].split()],
        )
        for row in table("real_types.csv")
    }


@NO_TABLES
def test_every_fid_of_the_table_has_a_name():
    for row in table("fids.csv"):
        assert catalogue.fid_name(int(row["fid"]))
        assert catalogue.fid_key(int(row["fid"]))
