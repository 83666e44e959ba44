"""The figures of a day, and what was played, as rows of a table."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Sequence

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.feeds.bars import AFTER, KRX, NXT
from simulator.scenario.model import MEASURED, Scenario
from simulator.scenario.plot import words
from simulator.scenario.plot.day import Day


class Row(NamedTuple):
    """A line of a table.

    Attributes:
        korean, english: what it is.
        value: how much.
        colour: of the value, "" for the usual one.
    """

    korean: str
    english: str
    value: str
    colour: str = ""


def figures(day: Day) -> List[Row]:
    """What a trader wants to know of a day on KRX; none without a trade."""
    bars, ticks, base = day.minutes[KRX], day.seen[KRX].ticks, day.base
    if not bars or not ticks:
        return []
    volume, value = sum(bar.volume for bar in bars), sum(bar.value for bar in bars)
    high, low = max(bar.high for bar in bars), min(bar.low for bar in bars)
    bought, sold, at_one_price = (
        sum(tick.quantity for tick in ticks if tick.side == side) for side in (1, -1, 0)
    )
    continuous = [tick for tick in ticks if tick.side]
    rows = [
        _price("시가", "open", bars[0].open, base),
        _price("고가", "high", high, base),
        _price("저가", "low", low, base),
        _price("종가", "close", bars[-1].close, base),
        Row("기준가", "base price", f"{base:,}"),
        Row("상·하한가", "price limits", f"{day.upper:,} / {day.lower:,}"),
        Row("거래량", "volume", f"{volume:,}주"),
        Row("거래대금", "value", words.won(value)),
        Row("매수 / 매도 체결", "bought / sold", f"{bought:,} / {sold:,}"),
        Row("단일가 비중", "in auctions", f"{at_one_price * 100 / volume:.1f}%"),
        Row("체결 건수", "prints", f"{len(ticks):,}건"),
    ]
    if sold:
        strength = f"{bought * 100 / sold:.1f}%"
        rows.append(Row("체결강도", "bought to sold", strength, words.colour(bought - sold)))
    if continuous:
        biggest = max(continuous, key=lambda tick: tick.quantity)
        single = sum(1 for tick in continuous if tick.quantity == 1)
        text = f"{words.SIDES[biggest.side]} {biggest.quantity:,}주, {words.clock(biggest.at)}"
        rows += [
            Row("최대 체결", "biggest print", text),
            Row("1주 체결", "1-share prints", f"{single * 100 / len(continuous):.1f}%"),
        ]
    spread = _spread(day)
    if spread is not None:
        rows.append(Row("평균 스프레드", "mean spread", f"{spread:.2f}틱"))
    for board, korean, english in (
        (AFTER, "시간외", "after hours on KRX"),
        (NXT, "넥스트레이드", "Nextrade"),
    ):
        shares = sum(bar.volume for bar in day.minutes[board])
        if shares:
            rows.append(Row(korean, english, f"{shares:,}주"))
    return rows


def _price(korean: str, english: str, price: int, base: int) -> Row:
    text = f"{price:,} ({words.change(price, base)})"
    return Row(korean, english, text, words.colour(price - base))


def _spread(day: Day) -> Optional[float]:
    """In ticks, weighted by time, of the continuous session."""
    spreads = day.seen[KRX].spreads.values()
    stood = sum(each[1] for each in spreads)
    return sum(each[0] for each in spreads) / stood if stood else None


def settings(scenario: Scenario) -> List[Row]:
    """What was played."""
    files = sum(len(each.files) for each in scenario.recorded)
    source = ["생성 generated"]
    source += [f"기록 파일 recorded {files}"] if files else []
    source += [f"스크립트 script {len(scenario.script)}"] if scenario.script else []
    latency = "실측 분포 measured"
    if scenario.latency != MEASURED:
        least, most = scenario.latency
        latency = f"{least * 1_000 // SECOND}–{most * 1_000 // SECOND} ms"
    server, fills = words.SERVERS.get(scenario.server, ""), words.FILLS.get(scenario.fills, "")
    rows = [
        Row("시나리오", "scenario", scenario.name),
        Row("시드", "seed", str(scenario.seed)),
        Row("실행 구간", "time", _time(scenario)),
        Row("시세", "feed", ", ".join(source)),
        Row("종목 수", "stocks", f"{len(scenario.codes)}" if scenario.codes else "전체 all"),
        Row("서버", "server", f"{server} {scenario.server}"),
        Row("체결 모형", "fill model", f"{fills} {scenario.fills}"),
        Row("지연", "latency", latency),
    ]
    for account in scenario.accounts:
        rows.append(Row("계좌", "account", f"{account.number}, {words.won(account.cash)}"))
    for fault in scenario.faults:
        if fault.at is None:
            often = f"{fault.one_in}번에 한 번" if fault.one_in > 1 else "항상"
            met = " ".join(filter(None, (fault.call, fault.event, fault.tr, fault.real)))
            text = f"{met} {words.FAULTS[fault.effect]}, {often}".strip()
            rows.append(Row("장애", "fault", text))
    return rows


def _time(scenario: Scenario) -> str:
    ends: Sequence[Optional[int]] = (scenario.start, scenario.end)
    if scenario.start is None:
        return "정하지 않음"
    return " ~ ".join(f"{krx.kst(each):%Y-%m-%d %H:%M}" for each in ends if each is not None)
