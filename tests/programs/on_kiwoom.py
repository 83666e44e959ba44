"""Signals and slots: a bot of kiwoom, with event loops inside events."""

import re
import sys
from pathlib import Path

from kiwoom import Bot, Server, config
from kiwoom.config import history
from PyQt5.QtWidgets import QApplication

config.MUTE = True
history.boost()  # half a second between requests instead of three and a half


class Listener(Server):
    def __init__(self):
        super().__init__()
        self.chejan, self.trade, self.conditions, self.found = [], None, None, None

    def price(self, screen, rqname, trcode, record, more):
        price = self.api.get_comm_data(trcode, rqname, 0, "현재가").strip()
        self.share.update_single("price", "005930", price)
        self.api.unloop()

    def buy(self, screen, rqname, trcode, record, more):
        number = self.api.get_comm_data(trcode, rqname, 0, "주문번호").strip()
        self.share.update_single("buy", "number", number)

    def on_chejan(self, gubun, count, fids):
        self.chejan.append((gubun, self.api.get_chejan_data(9203).strip()))
        if gubun == "1":
            self.api.unloop()

    def on_real(self, code, kind, raw):
        if kind == "주식체결" and self.trade is None:
            self.trade = (code, self.api.get_comm_real_data(code, 10))
            self.api.unloop()

    def on_version(self, result, message):
        self.conditions = self.api.get_condition_name_list()
        self.api.unloop()

    def on_condition(self, screen, codes, name, index, more):
        self.found = (name, codes)
        self.api.unloop()


class Trader(Bot):
    def __init__(self, server):
        super().__init__(server)
        self.api.connect("on_receive_tr_data", signal=self.price, slot=server.price)
        self.api.connect("on_receive_tr_data", signal=self.buy, slot=server.buy)

    def price(self):
        self.api.set_input_value("종목코드", "005930")
        assert self.api.comm_rq_data("price", "opt10001", "0", "0101") == 0
        self.api.loop()

    def buy(self, account):
        order = ("buy", "0102", account, 1, "005930", 3, 0, "03", "")
        assert self.api.send_order(*order) == 0
        self.api.loop()


app = QApplication(sys.argv)
server = Listener()
bot = Trader(server)
api = bot.api

bot.login()
assert bot.connected()
account = api.get_login_info("ACCNO").split(";")[0]
assert "005930" in bot.stock_list("0")
assert bot.stock_list("NXT")
assert api.get_master_code_name("005930") == "삼성전자"

bot.price()
assert int(bot.share.get_single("price", "005930"))

bot.history("005930", "day", start="20200101", path="days", merge=False)
assert bot.share.get_single("history", "complete")
lines = Path("days", "005930.csv").read_text(encoding="euc-kr").splitlines()
assert len(lines) > 1200, "three pages"

api.connect("on_receive_chejan_data", slot=server.on_chejan)
bot.buy(account)
assert [gubun for gubun, _ in server.chejan] == ["0", "0", "1"]
assert server.chejan[0][1] == bot.share.get_single("buy", "number")

api.connect("on_receive_real_data", slot=server.on_real)
assert api.set_real_reg("0103", "005930", "10;15", "0") == 0
api.loop()
assert server.trade[0] == "005930"
assert server.trade[1]
api.set_real_remove("ALL", "ALL")

api.connect("on_receive_condition_ver", slot=server.on_version)
assert api.get_condition_load() == 1
api.loop()
index, name = server.conditions.split(";")[0].split("^")
api.connect("on_receive_tr_condition", slot=server.on_condition, key=name)
api.send_condition("0104", name, int(index), 0)
api.loop()
assert server.found[0] == name
assert re.fullmatch(r"(\w{6};)*", server.found[1])
print("done")
