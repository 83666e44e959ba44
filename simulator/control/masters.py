"""Masters: what the control knows about stocks, themes and brokers without asking the server."""

from __future__ import annotations

from typing import Optional

from simulator import brokers, elws, masters, themes
from simulator.control.derivatives import Derivatives
from simulator.universe import Stock, market_kind


class Masters(Derivatives):
    """The control's masters of stocks."""

    def GetCodeListByMarket(self, sMarket: str) -> str:
        """See `Control.GetCodeListByMarket`."""
        self._check_thread()
        return masters.codes(self._world.stocks, sMarket) if self._line is not None else ""

    def GetMasterCodeName(self, sTrCode: str) -> str:
        """See `Control.GetMasterCodeName`."""
        stock = self._master(sTrCode)
        if stock is None and self._line is not None:
            elw = elws.listed(self._world.stocks).get(sTrCode)
            return elw.name if elw else self._contract_name(sTrCode)
        return stock.name if stock else ""

    def GetMasterListedStockCnt(self, sTrCode: str) -> int:
        """See `Control.GetMasterListedStockCnt`: the low 32 bits, as a signed number."""
        stock = self._master(sTrCode)
        return (stock.shares + (1 << 31)) % (1 << 32) - (1 << 31) if stock else 0

    def GetMasterConstruction(self, sTrCode: str) -> str:
        """See `Control.GetMasterConstruction`."""
        stock = self._master(sTrCode)
        return masters.construction(stock) if stock else ""

    def GetMasterListedStockDate(self, sTrCode: str) -> str:
        """See `Control.GetMasterListedStockDate`."""
        stock = self._master(sTrCode)
        return stock.listed.strftime("%Y%m%d") if stock else ""

    def GetMasterLastPrice(self, sTrCode: str) -> str:
        """See `Control.GetMasterLastPrice`: ten digits."""
        stock = self._master(sTrCode)
        if stock is None:
            return ""
        day = self._world.trading_day(self._loop.now())
        return f"{self._world.feed.base_price(stock, day):010d}"

    def GetMasterStockState(self, sTrCode: str) -> str:
        """See `Control.GetMasterStockState`."""
        stock = self._master(sTrCode)
        return masters.state(stock) if stock else ""

    def GetMarketType(self, sTrCode: str) -> int:
        """See `Control.GetMarketType`. Of an unknown code it gives 0."""
        stock = self._master(sTrCode)
        if stock is None and self._line is not None and sTrCode in elws.listed(self._world.stocks):
            return elws.MARKET_KIND
        return market_kind(stock) if stock else 0

    def GetThemeGroupList(self, nType: int) -> str:
        """See `Control.GetThemeGroupList`. The themes are invented."""
        self._check_thread()
        return themes.groups(self._world.stocks, nType) if self._line is not None else ""

    def GetThemeGroupCode(self, strThemeCode: str) -> str:
        """See `Control.GetThemeGroupCode`."""
        self._check_thread()
        return themes.members(self._world.stocks, strThemeCode) if self._line is not None else ""

    def GetBranchCodeName(self) -> str:
        """See `Control.GetBranchCodeName`."""
        self._check_thread()
        return brokers.names() if self._line is not None else ""

    def _master(self, code: str) -> Optional[Stock]:
        self._check_thread()
        return self._world.stock(code) if self._line is not None else None
