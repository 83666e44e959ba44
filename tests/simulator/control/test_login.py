"""What works without a login, and what the login tells."""

import inspect

import pytest

from sapi_kiwoom.signatures import METHODS, NUMBER, TEXT
from simulator import Behaviour
from simulator.brokerage.validation import NO_PASSWORD
from simulator.scenario.model import AccountSpec, Scenario
from tests.simulator.control.rig import FREE, Rig

NOT_CONNECTED = -101
ALWAYS = {"CommConnect", "GetConnectState", "GetAPIModulePath"}
REFUSED = {
    "CommRqData",
    "CommKwRqData",
    "SetRealReg",
    "SendOrder",
    "SendOrderFO",
    "SendOrderCredit",
}
ARGUMENTS = {TEXT: "", NUMBER: 0}


def call(control, name):
    kinds = [kind for _, kind in METHODS[name].parameters]
    return getattr(control, name)(*(ARGUMENTS[kind] for kind in kinds))


@pytest.mark.parametrize("name", sorted(set(METHODS) - ALWAYS))
def test_before_the_login_a_call_is_empty_or_refused(name):
    rig = Rig(login=False)
    found = call(rig.control, name)
    assert found == NOT_CONNECTED if name in REFUSED else not found
    rig.run(10)
    assert rig.events == []


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_call_takes_empty_arguments(name):
    rig = Rig()
    found = call(rig.control, name)
    returns = inspect.signature(getattr(rig.control, name)).return_annotation
    assert type(found).__name__ == (
        "NoneType" if "None" in returns or "Opt" in returns else returns
    )


def test_where_the_control_is_installed_needs_no_login():
    assert Rig(login=False).control.GetAPIModulePath() == "C:\\OpenAPI"
    elsewhere = Behaviour(module_path="/tmp/openapi")
    assert Rig(elsewhere, login=False).control.GetAPIModulePath() == "/tmp/openapi"


def test_terminating_does_nothing():
    rig = Rig()
    rig.control.CommTerminate()
    assert rig.control.GetConnectState() == 1


def test_tags_of_the_login():
    accounts = (AccountSpec("8000000011", "김"), AccountSpec("8000000111", "이"))
    info = Rig(scenario=Scenario(accounts=accounts)).control.GetLoginInfo
    assert info("ACCNO") == info("ACCLIST") == "8000000011;8000000111;8099999931;"
    assert info("ACCOUNT_CNT") == "3"
    assert info("ACCTLIST_DETAIL").split(";")[0] == "8000000011,김,위탁종합"
    assert info("GetServerGubun") == "1"
    assert (info("KEY_BSECGB"), info("FIREW_SECGB")) == ("1", "2")
    assert info("USER_ID") and info("USER_NAME")
    assert info("무엇") == ""


def test_the_window_for_passwords_registers_them():
    accounts = (AccountSpec(password=False),)
    rig = Rig(Behaviour(allowance=FREE), Scenario(accounts=accounts))

    def order():
        return rig.control.SendOrder("q", "0101", accounts[0].number, 1, "005930", 1, 0, "03", "")

    assert order() == NO_PASSWORD
    assert len(rig.boxes) == 1
    assert rig.control.KOA_Functions("ShowAccountWindow", "") == ""
    assert order() == 0
    assert len(rig.line.sent) == 1


def test_a_choice_that_is_none_is_refused():
    with pytest.raises(ValueError, match="chain_break is 'always'; it is one of any-tr"):
        Behaviour(chain_break="always")
