import pytest

from sapi_kiwoom import catalogue
from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.session.realtypes import BY_NAME, BY_REQUEST, BY_SLUG, TRADES, UNASKED, pairs


def test_each_type_is_registered_by_fids_that_it_contains():
    for name, each in BY_NAME.items():
        fids = set(catalogue.real_types()[name].fids)
        if each.fids not in (UNASKED, BY_REQUEST):
            assert not fids.isdisjoint(map(int, each.fids.split(";"))), name


def test_types_that_are_not_trades_are_registered_by_fids_that_trades_do_not_bring():
    for name, each in BY_NAME.items():
        if each.fids not in (UNASKED, BY_REQUEST, TRADES):
            assert set(each.fids.split(";")).isdisjoint(TRADES.split(";")), name


def test_slugs_are_words_of_a_routing_key():
    assert len(BY_SLUG) == len(BY_NAME)
    assert all(slug.isascii() and "." not in slug for slug in BY_SLUG)


@pytest.mark.parametrize(
    ("codes", "types", "fids", "meant"),
    [
        (["005930"], [], [], ["005930 trade"]),
        (["001"], [], [], ["001 index"]),
        (["A0166000"], [], [], ["A0166000 future", "A0166000 option"]),
        (["09"], [], [], ["09 market-clock"]),
        (["*"], ["vi"], [], ["* vi"]),
        (["005930_NX", "0126Z0"], ["book"], [], ["005930_NX book", "0126Z0 book"]),
        (["005930"], ["주식체결", "trade"], [], ["005930 trade"]),
        (["005930", "001"], ["trade", "index"], [], ["005930 trade", "001 index"]),
        (["005930"], [], [41], ["005930 book"]),
        (["005930"], [], [27], ["005930 trade", "005930 price", "005930 best"]),
        (["005930"], [], [20], ["005930 trade", "005930 expected"]),
        (["005930"], [], [202], ["005930 program"]),
        (["005930"], ["book"], [202], ["005930 book", "005930 program"]),
        (["005930", "005930"], [], [], ["005930 trade"]),
    ],
)
def test_what_a_subscription_means(codes, types, fids, meant):
    found = pairs(codes, types, fids)
    assert [f"{code} {BY_NAME[name].slug}" for code, name in found] == meant


@pytest.mark.parametrize(
    ("codes", "types", "fids", "field", "said"),
    [
        (["5930"], [], [], "codes", "'5930' is no code"),
        (["00593०"], [], [], "codes", "is no code"),
        (["005930;000660"], [], [], "codes", "is no code"),
        (["005930"], ["ticks"], [], "types", "one of: trade"),
        (["005930"], ["잔고"], [], "types", "there is no real type"),
        (["005930"], ["index"], [], "types", "none of these types comes for 005930; one of: trade"),
        (["*"], ["trade"], [], "types", r"comes for \*; one of: vi"),
        (["*"], [], [], "types", "one of: vi"),
        (["005930"], ["trade", "index"], [], "types", "index comes for none of these codes"),
        (["005930"], [], [9201], "fids", "the FID 9201"),
        (["005930"], [], [252], "types", "none of these types comes for 005930"),
    ],
)
def test_what_cannot_be_is_refused_by_name(codes, types, fids, field, said):
    with pytest.raises(RequestRejected, match=said) as caught:
        pairs(codes, types, fids)
    assert caught.value.details["field"] == field
