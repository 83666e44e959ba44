"""Attributes and asyncio: kiwoomAsync on qasync's event loop."""

import asyncio
import re
import sys

import qasync
from kiwoomAsync import KhAsync
from PyQt5.QtWidgets import QApplication


async def program():
    kiwoom = KhAsync()
    assert await kiwoom.CommConnectAsync() == (0, "정상처리")
    assert kiwoom.GetConnectState() == 1
    account = kiwoom.GetLoginInfo("ACCNO").split(";")[0]
    assert "005930" in kiwoom.GetCodeListByMarket("0").split(";")

    more, days = "", []
    for _ in range(3):
        inputs = {"종목코드": "005930", "기준일자": "", "수정주가구분": "1"}
        page = await kiwoom.RequestTrAsync(
            "opt10081", inputs, ["종목코드"], ["일자", "현재가"], more
        )
        assert page.result_code == 0
        assert page.single_datas == ["005930"] or more
        days += [day for day, _ in page.multi_datas]
        more = page.cont_key
    assert len(set(days)) == 1800
    assert more == "2"

    several = await kiwoom.RequestTrAsync(
        "OPTKWFID", {"종목코드": "005930;000660"}, [], ["종목코드", "현재가"]
    )
    assert [code for code, _ in several.multi_datas] == ["005930", "000660"]

    chejan, bought = [], asyncio.Event()

    def on_chejan(gubun, count, fids):
        chejan.append((gubun, kiwoom.GetChejanData(9203)))
        if gubun == "1":
            bought.set()

    kiwoom.OnReceiveChejanData.connect(on_chejan)
    order = ("매수", "0102", account, 1, "005930", 1, 0, "03", "")
    result, message = await kiwoom.SendOrderAsync(*order)
    assert result == 0, message
    await asyncio.wait_for(bought.wait(), 20)
    assert [gubun for gubun, _ in chejan] == ["0", "0", "1"]

    traded = asyncio.Event()
    kiwoom.OnReceiveRealData.connect(lambda code, kind: kind == "주식체결" and traded.set())
    assert kiwoom.SetRealReg("0103", "005930", "10", "0") == 0
    await asyncio.wait_for(traded.wait(), 20)

    result, names = await kiwoom.GetConditionLoadAsync()
    assert result == 1
    index, name = names.split(";")[0].split("^")
    result, codes = await kiwoom.SendConditionAsync("0104", name, int(index), 1)
    assert result == 1
    assert re.fullmatch(r"(\w{6};)*", codes)
    print("done")


app = QApplication(sys.argv)
loop = qasync.QEventLoop(app)
with loop:
    loop.run_until_complete(program())
