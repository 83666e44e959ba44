"""Blocking style: pykiwoom's Kiwoom, which pumps messages until what it waits for has come."""

import pythoncom
from pykiwoom.kiwoom import Kiwoom


class Trader(Kiwoom):
    """Keeps what is told about orders and prices."""

    def __init__(self):
        super().__init__()
        self.chejan, self.trades, self.entered = [], [], []

    def OnReceiveChejanData(self, gubun, item_cnt, fid_list):
        assert item_cnt == len(fid_list.split(";"))
        self.chejan.append((gubun, self.GetChejanData(9001).strip(), self.GetChejanData(913)))

    def OnReceiveRealData(self, code, rtype, data):
        if rtype == "주식체결":
            self.trades.append((code, int(self.GetCommRealData(code, 10))))


def pump_until(happened):
    while not happened():
        pythoncom.PumpWaitingMessages()


kiwoom = Trader()
kiwoom.CommConnect(block=True)
assert kiwoom.GetConnectState() == 1
account = kiwoom.GetLoginInfo("ACCNO")[0]
assert account.startswith("8")

codes = kiwoom.GetCodeListByMarket("0")
assert "005930" in codes
assert len(kiwoom.GetCodeListByMarket("10")) > 100
assert kiwoom.GetMasterCodeName("005930") == "삼성전자"
assert kiwoom.GetMasterListedStockDate("005930").year < 2015
assert kiwoom.GetMasterLastPrice("005930") > 0
assert kiwoom.GetMasterStockState("005930")
assert kiwoom.GetThemeGroupList()

days = []
for page in range(3):
    rows = kiwoom.block_request(
        "opt10081",
        종목코드="005930",
        기준일자="",
        수정주가구분=1,
        output="주식일봉차트조회",
        next=2 if page else 0,
    )
    assert len(rows) == 600
    assert kiwoom.tr_remained
    days += list(rows["일자"])
assert len(set(days)) == 1800
assert days == sorted(days, reverse=True)

single = kiwoom.block_request("OPT10001", 종목코드="005930", output="주식기본정보", next=0)
assert list(single["종목명"]) == ["삼성전자"]

kiwoom.SendOrder("매수", "1001", account, 1, "005930", 3, 0, "03", "")
pump_until(lambda: any(gubun == "1" for gubun, _, _ in kiwoom.chejan))
assert kiwoom.chejan[:2] == [("0", "A005930", "접수"), ("0", "A005930", "체결")]

assert kiwoom.SetRealReg("2000", "005930", "10;15", "0") == 0
pump_until(lambda: kiwoom.trades)
assert kiwoom.trades[0][0] == "005930"
kiwoom.SetRealRemove("ALL", "ALL")

kiwoom.GetConditionLoad()
conditions = kiwoom.GetConditionNameList()
assert len(conditions) >= 3
index, name = conditions[0]
found = kiwoom.SendCondition("3000", name, index, 0)
assert all(len(code) == 6 for code in found)
print("done")
