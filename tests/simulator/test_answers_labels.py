"""What is synthetic says so: in the table of the documents, and to whoever wants none of it."""

import logging

import pytest

from sapi_kiwoom import catalogue
from simulator.answers import answering, label
from simulator.answers.labels import FROM_THE_MARKET, INVENTED, MODELLED, SYNTHETIC
from simulator.answers.table import ANSWERS
from simulator.control import Behaviour
from tests.simulator import labels
from tests.simulator.control.rig import FREE, Rig


def test_the_document_has_every_tr_under_its_label():
    assert labels.written() == labels.table(), "python -m tests.simulator.labels writes it again"


def test_every_tr_has_a_label():
    assert {label(code) for code in catalogue.trs()} == {MODELLED, SYNTHETIC}


def test_labels_name_trs_that_there_are():
    assert catalogue.trs().keys() >= INVENTED | FROM_THE_MARKET
    assert ANSWERS.keys() >= INVENTED
    assert not FROM_THE_MARKET & INVENTED


@pytest.mark.parametrize("code", ["opt10001", "OPT20006", "opt90001", "OPTKWFID"])
def test_what_the_market_tells_is_modelled(code):
    assert label(code) == MODELLED


@pytest.mark.parametrize("code", ["opt50001", "OPT30009", "opt10014", "opw20010"])
def test_what_is_invented_is_synthetic(code):
    assert label(code) == SYNTHETIC


def test_no_tr_without_the_catalogue():
    assert label("opt99998") == ""
    assert answering("opt99998") is None


def test_strict_refuses_what_is_synthetic_and_says_which(caplog):
    rig = Rig(Behaviour(allowance=FREE, strict=True))
    with caplog.at_level(logging.WARNING):
        assert rig.request("OPT50030", {"종목코드": "A0166000"}) == -201
    assert "OPT50030 선물옵션일차트요청" in caplog.text
    assert "strict=False" in caplog.text
    rig.run(1)
    assert not rig.events
    assert rig.request("opt10001", {"종목코드": "005930"}) == 0


def test_synthetic_trs_answer_unless_told_otherwise():
    rig = Rig()
    assert rig.request("opt50030", {"종목코드": "A0166000"}) == 0
    rig.run(1)
    assert len(rig.named("OnReceiveTrData")) == 1
