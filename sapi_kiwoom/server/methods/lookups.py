"""Methods that the control answers at once: masters, markets, themes, sectors, contracts, the login."""

from __future__ import annotations

from typing import Any, Tuple

from sapi_kiwoom.server.methods.table import ANY_CODE, Method, Schema, many, parameters, text, whole

_MARKET = text(
    "시장구분",
    "0 장내, 3 ELW, 4 뮤추얼펀드, 5 신주인수권, 6 리츠, 8 ETF, 9 하이일드펀드, "
    "10 코스닥, 30 K-OTC, 50 코넥스, NXT; empty for all",
    maxLength=8,
)
_BASE = text(
    "기초자산", "a code of get-base-assets, for example 11; empty for the index", maxLength=12
)
_SIDE = text("콜풋구분", "call or put", enum=["call", "put"])
_MONTH = text("월물", "YYYYMM, one of get-option-months", pattern="^[0-9]{6}$")
_STRIKE = text("행사가", "as get-option-strikes has it", maxLength=16)


def _method(name: str, korean: str, english: str, schema: Schema, **more: Any) -> Method:
    return Method(name, korean, english, schema, group="lookups", **more)


TABLE: Tuple[Method, ...] = (
    # -- stocks ----------------------------------------------------------------------------------
    _method(
        "get-stocks",
        "여러 종목의 기본 정보(종목명, 기준가, 상태, 감리, 상장일, 주식수, 시장, 업종)를 조회합니다.",
        "What the control knows of stocks: name, base price, states, supervision, listing, market, sectors.",
        parameters(
            stock_codes=many(
                "종목코드", 'a list of up to 500 stock codes, for example ["005930"]', ANY_CODE, 500
            )
        ),
    ),
    _method(
        "get-market-codes",
        "시장의 종목코드를 목록으로 돌려줍니다.",
        "All codes of a market as a list.",
        parameters(market=_MARKET),
    ),
    _method(
        "get-last-price",
        "기준가(전일종가)를 원 단위로 조회합니다.",
        "Today's base price in won; null for an unknown code.",
        parameters(stock_code=ANY_CODE),
    ),
    _method(
        "get-construction",
        "감리구분(정상, 투자주의, 투자경고, 투자위험 등)을 조회합니다.",
        "Whether a stock is under supervision: 정상, 투자주의, 투자경고, 투자위험 or 투자주의환기종목.",
        parameters(stock_code=ANY_CODE),
    ),
    _method(
        "get-listed-date",
        "상장일(YYYYMMDD)을 조회합니다.",
        "The day of listing, YYYYMMDD.",
        parameters(stock_code=ANY_CODE),
    ),
    _method(
        "get-listed-shares",
        "상장주식수를 조회합니다.",
        "Shares listed; null for an unknown code.",
        parameters(stock_code=ANY_CODE),
    ),
    _method(
        "get-market-kind",
        "종목의 시장구분 번호를 조회합니다. (0 코스피, 10 코스닥, 8 ETF, 60 ETN, ...)",
        "The market of a stock as a number: 0 KOSPI, 10 KOSDAQ, 3 ELW, 8 ETF, 60 ETN ...; or null.",
        parameters(stock_code=ANY_CODE),
    ),
    _method(
        "get-order-warning",
        "주문 때 경고창이 뜨는 종목인지 조회합니다.",
        "Whether an order of a stock or ETF would be stopped by a warning window.",
        parameters(stock_code=ANY_CODE),
    ),
    # -- themes, sectors, members ----------------------------------------------------------------
    _method(
        "get-themes",
        "테마 목록을 조회합니다.",
        "All themes with their codes.",
        parameters(("sort",), sort=text("정렬", "code or name", enum=["code", "name"])),
    ),
    _method(
        "get-theme-stocks",
        "테마에 속한 종목코드를 조회합니다.",
        "The stock codes of a theme.",
        parameters(theme_code=text("테마코드", "a theme's code, of get-themes", maxLength=8)),
    ),
    _method(
        "get-sectors",
        "업종 목록을 조회합니다.",
        "The sectors of a market.",
        parameters(
            market=text(
                "시장구분",
                "0 코스피, 1 코스닥, 2 KOSPI200, 4 KOSPI100, 7 KRX100",
                enum=["0", "1", "2", "4", "7"],
            )
        ),
    ),
    _method(
        "get-sector-name",
        "업종명을 조회합니다.",
        "The name of a sector; an empty string for an unknown code.",
        parameters(sector_code=text("업종코드", "a sector's code, for example 001", maxLength=8)),
    ),
    _method(
        "get-members", "회원사 목록을 조회합니다.", "The members of the exchange.", parameters()
    ),
    # -- futures and options -----------------------------------------------------------------------
    _method(
        "get-futures",
        "선물 종목코드 목록을 조회합니다.",
        "Codes of futures, nearest first: of the index, or of a stock.",
        parameters(("base",), base=_BASE),
    ),
    _method(
        "get-base-assets",
        "주식선물옵션의 기초자산 목록을 조회합니다.",
        "The stocks that have futures and options.",
        parameters(),
    ),
    _method(
        "get-option-months",
        "옵션 월물 목록을 조회합니다.",
        "The months of options, as the control lists them.",
        parameters(("base",), base=_BASE),
    ),
    _method(
        "get-option-strikes",
        "옵션 행사가 목록을 조회합니다.",
        "The strikes of options, as get-option takes them: points with decimals, won for a stock.",
        parameters(("base",), base=_BASE),
    ),
    _method(
        "get-option-atm",
        "등가격(ATM)을 조회합니다.",
        "The strike at the money, as get-option takes it.",
        parameters(("base",), base=_BASE),
    ),
    _method(
        "get-option",
        "행사가와 월물로 옵션 종목코드를 조회합니다.",
        "The code of the option with a strike and a month; an empty string where there is none.",
        parameters(("base",), strike=_STRIKE, side=_SIDE, month=_MONTH, base=_BASE),
    ),
    _method(
        "get-option-of-month",
        "행사가가 같은 다른 월물의 옵션 종목코드를 조회합니다.",
        "The option with the strike of another one, in another month.",
        parameters(("base",), option_code=ANY_CODE, side=_SIDE, month=_MONTH, base=_BASE),
    ),
    _method(
        "get-option-of-strike",
        "행사가가 몇 단계 위나 아래인 옵션 종목코드를 조회합니다.",
        "The option so many strikes above another one; below it with a number below 0.",
        parameters(
            ("base",),
            option_code=ANY_CODE,
            side=_SIDE,
            steps={
                **whole(
                    "단계", "strikes above (below 0: under), from -100 to 100, not 0", -100, 100
                ),
                "not": {"const": 0},
            },
            base=_BASE,
        ),
    ),
    # -- the login -------------------------------------------------------------------------------
    _method(
        "get-login-info",
        "접속한 사용자와 서버 구분을 조회합니다.",
        "Who is logged in, and whether at the mock or the real server.",
        parameters(),
    ),
    _method(
        "list-accounts",
        "사용할 수 있는 계좌 목록을 조회합니다.",
        "The accounts of the login that the caller may know.",
        parameters(),
    ),
)
