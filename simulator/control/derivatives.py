"""Masters of futures and options: the contracts that are listed on the day."""

from __future__ import annotations

from typing import Optional

from simulator import derivatives
from simulator.control.core import Core
from simulator.derivatives import Board, Boards


class Derivatives(Core):
    """The control's masters of derivatives. Without a login all are empty."""

    def _begin(self) -> None:
        super()._begin()
        self._boards = Boards(self._world)

    # -- on KOSPI200 ---------------------------------------------------------------------------

    def GetFutureList(self) -> str:
        """See `Control.GetFutureList`."""
        board = self._board()
        return ";".join(each.code for each in board.futures) if board else ""

    def GetFutureCodeByIndex(self, nIndex: int) -> str:
        """See `Control.GetFutureCodeByIndex`."""
        return _future(self._board(), nIndex)

    def GetActPriceList(self) -> str:
        """See `Control.GetActPriceList`."""
        board = self._board()
        return ";".join(str(each) for each in board.strikes) if board else ""

    def GetMonthList(self) -> str:
        """See `Control.GetMonthList`."""
        return _months(self._board())

    def GetOptionCode(self, strActPrice: str, nCp: int, strMonth: str) -> str:
        """See `Control.GetOptionCode`."""
        return _option(self._board(), nCp, strMonth, derivatives.hundredths(strActPrice))

    def GetOptionCodeByMonth(self, sTrCode: str, nCp: int, strMonth: str) -> str:
        """See `Control.GetOptionCodeByMonth`."""
        return _other_month(self._board(), sTrCode, nCp, strMonth)

    def GetOptionCodeByActPrice(self, sTrCode: str, nCp: int, nTick: int) -> str:
        """See `Control.GetOptionCodeByActPrice`."""
        return _other_strike(self._board(), sTrCode, nCp, nTick)

    def GetOptionATM(self) -> str:
        """See `Control.GetOptionATM`."""
        board = self._board()
        return str(board.atm) if board else ""

    # -- on stocks -----------------------------------------------------------------------------

    def GetSFutureList(self, strBaseAssetCode: str) -> str:
        """See `Control.GetSFutureList`."""
        assets = [strBaseAssetCode] if strBaseAssetCode else list(derivatives.ASSETS)
        boards = [board for board in (self._board(asset) for asset in assets) if board]
        return "".join(
            f"{each.code}^{each.name}^{board.name};" for board in boards for each in board.futures
        )

    def GetSFutureCodeByIndex(self, strBaseAssetCode: str, nIndex: int) -> str:
        """See `Control.GetSFutureCodeByIndex`."""
        return _future(self._stock_board(strBaseAssetCode), nIndex)

    def GetSActPriceList(self, strBaseAssetGb: str) -> str:
        """See `Control.GetSActPriceList`."""
        board = self._stock_board(strBaseAssetGb)
        return ";".join(str(each) for each in board.strikes) if board else ""

    def GetSMonthList(self, strBaseAssetGb: str) -> str:
        """See `Control.GetSMonthList`."""
        return _months(self._stock_board(strBaseAssetGb))

    def GetSOptionCode(self, strBaseAssetGb: str, strActPrice: str, nCp: int, strMonth: str) -> str:
        """See `Control.GetSOptionCode`."""
        strike = derivatives.hundredths(strActPrice) // 100
        return _option(self._stock_board(strBaseAssetGb), nCp, strMonth, strike)

    def GetSOptionCodeByMonth(
        self, strBaseAssetGb: str, sTrCode: str, nCp: int, strMonth: str
    ) -> str:
        """See `Control.GetSOptionCodeByMonth`."""
        return _other_month(self._stock_board(strBaseAssetGb), sTrCode, nCp, strMonth)

    def GetSOptionCodeByActPrice(
        self, strBaseAssetGb: str, sTrCode: str, nCp: int, nTick: int
    ) -> str:
        """See `Control.GetSOptionCodeByActPrice`."""
        return _other_strike(self._stock_board(strBaseAssetGb), sTrCode, nCp, nTick)

    def GetSFOBasisAssetList(self) -> str:
        """See `Control.GetSFOBasisAssetList`."""
        boards = ((asset, self._board(asset)) for asset in derivatives.ASSETS)
        return "".join(f"{asset}|{board.name};" for asset, board in boards if board)

    def GetSOptionATM(self, strBaseAssetGb: str) -> str:
        """See `Control.GetSOptionATM`."""
        board = self._stock_board(strBaseAssetGb)
        return str(board.atm) if board else ""

    # -- inside --------------------------------------------------------------------------------

    def _board(self, asset: str = derivatives.KOSPI200) -> Optional[Board]:
        """What is listed today on an asset; None without a login, or for an unknown one."""
        self._check_thread()
        if self._line is None:
            return None
        return self._boards.on(asset, self._world.trading_day(self._loop.now()))

    def _stock_board(self, asset: str) -> Optional[Board]:
        return self._board(asset) if asset in derivatives.ASSETS else None

    def _contract_name(self, code: str) -> str:
        """The name of a contract, "" for what is none."""
        asset = derivatives.asset_of(code)
        board = self._board(asset) if asset else None
        contract = board.contract(code) if board else None
        return contract.name if contract else ""


def _future(board: Optional[Board], index: int) -> str:
    futures = board.futures if board else []
    return futures[index].code if 0 <= index < len(futures) else ""


def _months(board: Optional[Board]) -> str:
    """Calls from the last month to the first, then puts from the first to the last."""
    months = board.months if board else []
    return ";".join([*reversed(months), *months])


def _option(board: Optional[Board], side: int, month: str, strike: int) -> str:
    contract = board.option(side, month, strike) if board else None
    return contract.code if contract else ""


def _other_month(board: Optional[Board], code: str, side: int, month: str) -> str:
    contract = board.contract(code) if board else None
    return _option(board, side, month, contract.strike) if contract and contract.strike else ""


def _other_strike(board: Optional[Board], code: str, side: int, steps: int) -> str:
    contract = board.contract(code) if board else None
    if board is None or contract is None or not contract.strike or not steps:
        return ""
    place = board.strikes.index(contract.strike) + steps
    if not 0 <= place < len(board.strikes):
        return ""
    return _option(board, side, contract.month, board.strikes[place])
