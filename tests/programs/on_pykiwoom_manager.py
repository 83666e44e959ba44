"""A control in a child process: pykiwoom's manager, with queues to the parent."""

import multiprocessing
import sys

from pykiwoom import KiwoomManager

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    manager = KiwoomManager()
    manager.put_method(("GetMasterCodeName", "005930"))
    assert manager.get_method() == "삼성전자"
    manager.put_method(("GetLoginInfo", "ACCNO"))
    account = manager.get_method()[0]

    manager.put_tr(
        {
            "rqname": "opt10081",
            "trcode": "opt10081",
            "next": "0",
            "screen": "1000",
            "input": {"종목코드": "005930", "기준일자": "20200428", "수정주가구분": "1"},
            "output": ["일자", "현재가"],
        }
    )
    rows, remain = manager.get_tr()
    assert (len(rows), remain) == (600, 1)

    manager.put_order(
        {
            "rqname": "매수",
            "screen": "1001",
            "acc_no": account,
            "order_type": 1,
            "code": "005930",
            "quantity": 2,
            "price": "",
            "hoga_gb": "03",
            "order_no": "",
        }
    )
    assert [manager.get_chejan()["gubun"] for _ in range(3)] == ["0", "0", "1"]

    manager.put_real(
        {
            "func_name": "SetRealReg",
            "screen": "2000",
            "code_list": ["005930"],
            "fid_list": ["10", "15", "20"],
            "opt_type": 0,
        }
    )
    while not manager.get_real()["10"]:
        pass

    manager.put_cond({"func_name": "GetConditionNameList"})
    index, name = manager.get_cond(method=True)[0]
    manager.put_cond(
        {
            "func_name": "SendCondition",
            "screen": "3000",
            "cond_name": name,
            "index": index,
            "search": 0,
        }
    )
    assert manager.get_cond()["cond_name"] == name
    print("done")
