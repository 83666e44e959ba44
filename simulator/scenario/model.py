"""What a simulated market is made from. `simulator.scenario.read` makes it from a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Tuple, Union

from sapi_kiwoom import krx
from simulator.scenario.criteria import (
    CHANGE,
    MILLION,
    PERCENT,
    TIMES_YESTERDAY,
    VALUE,
    VOLUME,
    AllOf,
    AnyOf,
    Compare,
    Criterion,
    NewExtreme,
    describe,
)

TOUCH, QUEUE, BOOK = "touch", "queue", "book"
"""Fill models, see `simulator.market.fills` and ``fullbook``."""

MEASURED = "measured"

DISCONNECT, CLOSED, SECOND_LOGIN, BOX = "disconnect", "closed", "second-login", "box"
REFUSE_LOGIN, CODE, LOST, HANG = "refuse-login", "code", "lost", "hang"
NO_ANSWER, LATE, WITHIN = "no-answer", "late", "within"
DROP, DUPLICATE, REORDER = "drop", "duplicate", "reorder"
"""Effects of faults."""

WARNINGS = {"정리매매": "2", "단기과열": "3", "투자위험": "4", "투자경고": "5"}
"""투자유의 as people call them, and as KOA_Functions("IsOrderWarningStock") does."""


@dataclass(frozen=True)
class Holding:
    """Shares that an account holds at the start, and the won that were paid for all of them."""

    code: str
    quantity: int
    cost: int


@dataclass(frozen=True)
class AccountSpec:
    """An account at the start.

    Attributes:
        number: ten digits.
        name: whose it is.
        cash: won.
        holdings: what it holds.
        password: whether the user has entered its password in the control's window; without it
            SendOrder returns -301.
        margin: whether stocks may be bought at their margin rate instead of in full.
        expired: whether the mock server's contest is over, so that it takes no orders.
    """

    number: str = "8099999911"
    name: str = "시뮬레이터"
    cash: int = 500_000_000
    holdings: Tuple[Holding, ...] = ()
    password: bool = True
    margin: bool = False
    expired: bool = False


@dataclass(frozen=True)
class HaltSpec:
    """A time without trading: of one stock, or of the whole market. The feed has no trades in it.

    Attributes:
        start: its first moment, microseconds since 1970 UTC.
        end: when trade resumes at one price; up to half a minute late. None if it does not that day.
        code: "" for the whole market.
        reason: 서킷브레이커, 공시 ...
    """

    start: int
    end: Optional[int] = None
    code: str = ""
    reason: str = "거래정지"

    @property
    def auction(self) -> Optional[int]:
        """From here on orders gather for the price at the end: its last ten minutes."""
        return None if self.end is None else max(self.start, self.end - 10 * krx.MINUTE)


@dataclass(frozen=True)
class Recording:
    """Recorded files and how to read them, see `simulator.feeds.recorded`.

    Attributes:
        files: paths, from the scenario's folder; by code where the files do not say whose they are.
        kind: ``ticks``, ``minutes`` or ``days``; "" to tell by the columns.
        gaps, off_grid: what may be wrong with them, see `simulator.feeds.checking.Switches`.
    """

    files: Union[Tuple[str, ...], Mapping[str, str]]
    kind: str = ""
    gaps: bool = False
    off_grid: bool = False


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong: at a moment, or to calls or events that it meets.

    Attributes:
        effect: what happens. To the line: ``disconnect`` (it breaks), ``closed`` (it breaks and no login
            succeeds for ``seconds``), ``second-login`` (somebody else logs in with the same ID, which
            breaks it; without a moment each further control of this broker does so to those before).
            To logins: ``refuse-login`` (OnEventConnect reports ``code``). To calls: ``code`` (returns
            ``code`` and does nothing), ``lost`` (SendOrder returns ``code`` although the order was sent),
            ``hang`` (does what it should and does not return for ``seconds``, while events go on),
            ``box`` (a window says ``text``, and the call waits for its end, while events go on). To their
            answers: ``no-answer``, ``late`` (``seconds`` later), ``within`` (before the call returns). To
            events: ``drop``, ``late``, ``duplicate``, ``reorder`` (after the next one of its kind).
        at: when something happens by itself, microseconds since 1970 UTC; None for what meets calls.
        call: the method that is met, for example ``CommRqData``.
        one_in: how seldom: 1 meets every one, 20 one of twenty, drawn by the seed.
        seconds: see ``effect``; 0 for `hang` and ``box`` is until `simulator.faults.Faults.release`, for
            ``reorder`` a second at most.
        code: see ``effect``.
        tr: only requests of this TR, or their answers.
        event: the event that is met, for example ``OnReceiveRealData``.
        real: only real-time events of this type.
        nth: only this one of those that it would meet; 0 for all.
        since, until: only from then on, and before then.
        text: of the window.
    """

    effect: str
    at: Optional[int] = None
    call: str = ""
    one_in: int = 1
    seconds: float = 0
    code: int = 0
    tr: str = ""
    event: str = ""
    real: str = ""
    nth: int = 0
    since: Optional[int] = None
    until: Optional[int] = None
    text: str = ""


@dataclass(frozen=True)
class Entry:
    """An order that the accounts' owner enters elsewhere (HTS, MTS) with the same ID.

    Attributes:
        at: microseconds since 1970 UTC.
        order_type, code, quantity, price, hoga, account: as SendOrder takes them; new orders only.
    """

    at: int
    order_type: int
    code: str
    quantity: int
    price: int = 0
    hoga: str = "00"
    account: str = AccountSpec.number


@dataclass(frozen=True)
class Condition:
    """A condition search (조건검색) of the user.

    Attributes:
        index, name: what SendCondition knows it by.
        codes: the stocks among which it searches; none for all. Without ``when`` it finds just these.
        when: what a stock has to meet.
    """

    index: int
    name: str
    codes: Tuple[str, ...] = ()
    when: Optional[Criterion] = None

    @property
    def criteria(self) -> str:
        """What a stock has to meet, in a line for people."""
        return describe(self.when) if self.when is not None else ""


_KNOWN = tuple(
    "005930 000660 373220 207940 005380 000270 068270 105560 035420 035720 247540 086520".split()
)
USUAL_CONDITIONS = (
    Condition(1, "1% 이상 상승", _KNOWN, Compare(CHANGE, ">=", 100, PERCENT)),
    Condition(
        0,
        "거래대금 상위",
        _KNOWN,
        AnyOf((Compare(VALUE, ">", 100_000, MILLION), Compare(VOLUME, ">", 120, TIMES_YESTERDAY))),
    ),
    Condition(
        2, "20일 신고가", _KNOWN, AllOf((NewExtreme("high", 20), Compare(CHANGE, ">", 0, PERCENT)))
    ),
)
"""What the user has defined where nobody says otherwise: over a dozen well-known stocks, so that their
first search takes no longer than another request."""


@dataclass(frozen=True)
class Dialog:
    """What the user does when the control asks before buying a warned stock.

    Attributes:
        answer: ``send``, ``stop`` or ``never``.
        seconds: until then, during which SendOrder does not return.
    """

    answer: str = "send"
    seconds: float = 3


@dataclass(frozen=True)
class Scenario:
    """A market, its server and its user.

    Attributes:
        name, description: for people.
        seed: decides everything that is drawn.
        start, end: market time, microseconds since 1970 UTC; None lets whoever runs it choose.
        speed: market seconds per second; infinity is as fast as possible; None lets whoever runs it
            choose.
        codes: the stocks that are listed; none means all of the universe.
        warnings: 투자유의 of stocks by code, as KOA_Functions("IsOrderWarningStock") gives them.
        server: ``mock``, ``mock-2020`` or ``real``: how messages, numbers and fees are.
        fills: ``touch``, ``queue`` or ``book``.
        latency: ``measured``, or (least, most) microseconds.
        accounts: of the login.
        script: days written by hand, as strings, lists and dicts, see `simulator.feeds.script`.
        recorded: recorded days.
        halts, faults, entries, conditions, dialog: see there.
        source: the file's path, "" for none; recorded files are found from there.
    """

    name: str = "any day"
    description: str = ""
    seed: int = 1
    start: Optional[int] = None
    end: Optional[int] = None
    speed: Optional[float] = None
    codes: Tuple[str, ...] = ()
    warnings: Mapping[str, str] = field(default_factory=dict)
    server: str = "mock"
    fills: str = TOUCH
    latency: Any = MEASURED
    accounts: Tuple[AccountSpec, ...] = (AccountSpec(),)
    script: Tuple[Any, ...] = ()
    recorded: Tuple[Recording, ...] = ()
    halts: Tuple[HaltSpec, ...] = ()
    faults: Tuple[Fault, ...] = ()
    entries: Tuple[Entry, ...] = ()
    conditions: Tuple[Condition, ...] = ()
    dialog: Dialog = Dialog()
    source: str = ""
