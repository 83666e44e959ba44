from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import catalogue
from sapi_kiwoom.catalogue.kinds import KINDS
from sapi_kiwoom.server.values import COLOURED, TEXTS, values
from sapi_kiwoom.session.realtypes import BY_NAME

TRADE = (
    "142942\t-77100\t-400\t-0.52\t-77100\t-76900\t+3\t7884712\t608869\t+77600\t+77800\t-76600\t5\t"
    "-900410\t-70033816000\t-89.75\t0.13\t201\t61.12\t4602702\t2\t0\t-89.68\t000000\t000000\t11814\t"
    "090003\t100015\t133453\t4817707\t2944634\t-37.93\t30338\t31739\t+231\t 0\t+3\t+3\t30840\t24672\t"
    "77222\t411"
)
"""A trade as the control sent it in 2022: one field fewer than today."""


def read(real_type, raw):
    return json.loads(values(real_type, raw))


def test_a_trade_has_numbers_and_its_times_stay_texts():
    found = read("주식체결", TRADE)
    assert (found["timestamp"], found["opening_time"]) == ("142942", "090003")
    assert (found["current_price"], found["buy_top_priority_price"]) == (77100, 76900)
    assert (found["previous_contrast_price"], found["fluctuation_rate"]) == (-400, -0.52)
    assert (found["volume"], found["sold_unit_volume"]) == (3, 0)
    assert found["upper_limit_time"] == "000000"
    assert found["cfd_trade_cost"] == 411
    assert "stock_loan_trade_cost" not in found


def test_a_field_more_than_is_known_is_left_out():
    assert read("주식우선호가", "+77200\t-77100\t1") == {
        "sell_top_priority_price": 77200,
        "buy_top_priority_price": 77100,
    }


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("+77200\t", [77200, None]),
        (" \t 0", [None, 0]),
        ("0077200\t-.5", [77200, 0.5]),
        ("n/a\tnan", ["n/a", "nan"]),
        ('"\\\t1e999', ['"\\', "1e999"]),
    ],
)
def test_what_is_unusual_is_read_as_well_as_it_can_be(raw, found):
    assert list(read("주식우선호가", raw).values()) == found


@given(st.sampled_from(sorted(BY_NAME)), st.data())
def test_any_text_gives_json_with_a_value_for_each_field(real_type, data):
    fids = catalogue.real_types()[real_type].fids
    text = st.text(st.characters(blacklist_characters="\t"), max_size=6)
    usual = st.integers(-9999, 9999).map(lambda number: f"{number:+}") | text
    raw = "\t".join(data.draw(st.lists(usual, min_size=1, max_size=len(fids) + 2)))
    assert len(read(real_type, raw)) == min(len(fids), raw.count("\t") + 1)


usual_numbers = st.tuples(
    st.sampled_from(["", "+", "-", " "]),
    st.integers(0, 10**12).map(str) | st.decimals(0, 9999, places=2).map(str),
).map("".join)


@given(st.lists(usual_numbers, min_size=2, max_size=2))
def test_the_quick_way_reads_what_the_careful_one_reads(texts):
    quick = read("주식우선호가", "\t".join(texts))
    careful = read("주식우선호가", "\t".join([*texts[:1], f" {texts[1]} "]))
    assert quick == careful
    for text, number in zip(texts, quick.values()):
        assert Decimal(str(number)) == abs(Decimal(text.strip()))


def test_each_fid_is_read_as_the_fields_of_trs_with_that_fid():
    """Where TRs agree about a FID at all."""
    kinds = {}
    for tr in catalogue.trs().values():
        for record in (tr.single, tr.multi):
            for field in record.fields if record else ():
                kinds.setdefault(field.fid, Counter())[KINDS[field.kind]] += 1
    checked = 0
    for real_type in BY_NAME:
        for fid in catalogue.real_types()[real_type].fids:
            counted = kinds.get(fid, Counter())
            (usual, count), *_ = counted.most_common(1) or [(None, 0)]
            agreed = count >= 3 and count * 3 >= sum(counted.values()) * 2
            if usual is None or not agreed or not catalogue.fid_key(fid):
                continue
            checked += 1
            if fid in TEXTS:
                assert usual.decimals is None, fid
            elif fid in COLOURED:
                assert usual.coloured or usual.free, fid
            else:
                assert usual.decimals is not None, (fid, catalogue.fid_name(fid))
                assert not usual.coloured, (fid, catalogue.fid_name(fid))
    assert checked > 250
