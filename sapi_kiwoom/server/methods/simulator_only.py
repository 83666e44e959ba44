"""Methods that only a simulator has: its clock, and what goes wrong on purpose."""

from __future__ import annotations

from typing import Any, Tuple

from sapi_kiwoom.server.methods.table import ANSWER, Method, Schema, parameters, text, whole


def _number(title: str, description: str, least: float, most: float) -> Schema:
    limits = {"minimum": least, "maximum": most}
    return {"type": "number", "title": title, "description": description, **limits}


def _method(name: str, korean: str, english: str, schema: Schema, **more: Any) -> Method:
    return Method(name, korean, english, schema, group="simulator", offline=ANSWER, **more)


_MOMENT = "Korean time, YYYYMMDDHHMMSS"

TABLE: Tuple[Method, ...] = (
    _method(
        "advance",
        "시뮬레이터의 시계를 앞으로 돌리고, 그때까지의 사건이 모두 나간 뒤에 답합니다.",
        "Move the simulator's clock; answered once everything until then has been sent.",
        parameters(
            ("until", "seconds"),
            until=text("시각", _MOMENT, format="moment"),
            seconds=_number(
                "초", "seconds of market time, above 0 and up to 31 days", 0, 2_678_400
            ),
        ),
    ),
    _method(
        "set-speed",
        "시뮬레이터의 속도를 바꿉니다. 0 은 정지, 생략하면 최대 속도입니다.",
        "Let the simulator go on at another speed: 0 stands still, left out is as fast as possible.",
        parameters(
            ("speed",),
            speed=_number("배속", "market seconds per second, from 0 to 1000000", 0, 1_000_000),
        ),
    ),
    _method(
        "inject-fault",
        "지금부터 장애를 일으킵니다. 시나리오의 faults 와 같습니다.",
        "Let something go wrong from now on, as `faults` of a scenario do; without call or event, at once.",
        parameters(
            ("call", "event", "tr", "real", "one_in", "nth", "duration", "code", "text"),
            effect=text("장애", "for example disconnect, code, late, no-answer", maxLength=30),
            call=text("메서드", "a method of the control, for example CommRqData", maxLength=40),
            event=text("이벤트", "an event, for example OnReceiveRealData", maxLength=40),
            tr=text("TR코드", "only this TR, for example opt10081", maxLength=30),
            real=text("실시간 타입", "only this real type, for example 주식체결", maxLength=40),
            one_in=whole("빈도", "1 for every one, 20 for one of twenty", 1, 1_000_000),
            nth=whole(
                "순번", "only this one of those that it would meet, for example 3", 1, 1_000_000
            ),
            duration=_number("시간", "seconds", 0, 86_400),
            code=whole("오류코드", "a return code below 0, for example -200", -9999, -1),
            text=text("문구", "what a window says", maxLength=200),
        ),
    ),
)
