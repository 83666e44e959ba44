"""Clients come and go: what is registered at the control is what they want together, and no more."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Set, Tuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sapi_kiwoom.errors import ControlError, RequestRejected
from sapi_kiwoom.server.listening import Listening
from sapi_kiwoom.server.topics import Topics, topic
from sapi_kiwoom.session import realtime as module
from sapi_kiwoom.session.gate import Gate
from sapi_kiwoom.session.realtime import Realtime
from sapi_kiwoom.session.realtypes import BY_NAME, BY_SLUG, TRADES
from sapi_kiwoom.session.screens import Pool
from simulator.clock import VirtualLoop
from tests.session.fakes import START, FakeControl

CODES = ["005930", "000660", "035720", "005380", "069500"]
SLUGS = ["trade", "expected", "book", "program"]
QUEUES = ["a", "b", "c"]
SCREENS, PER_SCREEN = 6, 2


class Control(FakeControl):
    """Remembers with which FIDs each screen was registered."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__(loop)
        self.fids: Dict[str, str] = {}

    def SetRealReg(self, screen, codes, fids, how):
        assert how == "0" or self.fids[screen] == fids, "one screen, two lists of FIDs"
        code = super().SetRealReg(screen, codes, fids, how)
        if code == 0:
            self.fids[screen] = fids
        return code

    def held(self) -> List[Tuple[str, str]]:
        """FIDs and codes, as often as they are registered."""
        return sorted(
            (self.fids[screen], code) for screen, codes in self.registered.items() for code in codes
        )


class Carrier:
    """Remembers what is broadcast, and whom it watches."""

    def __init__(self) -> None:
        self.topics: List[str] = []
        self.watched: List[str] = []

    def broadcast(self, topic: str, body: bytes, **how: Any) -> None:
        assert json.loads(body)["raw"] == "1"
        self.topics.append(topic)

    def listen(self, address: str) -> None:
        self.watched.append(address)

    def unlisten(self, address: str) -> None:
        self.watched.remove(address)


class Clients(RuleBasedStateMachine):
    """Three clients by topic, two listeners of version 1; the model is what each wants."""

    def __init__(self) -> None:
        super().__init__()
        self.per_screen, module.CODES_PER_SCREEN = module.CODES_PER_SCREEN, PER_SCREEN
        loop = VirtualLoop(START)
        self.control, self.carrier = Control(loop), Carrier()
        self.pool = Pool("real time", 2000, SCREENS)
        self.realtime = Realtime(self.control, Gate(loop), self.pool)
        self.realtime.restore()
        self.topics = Topics(
            self.realtime, self.carrier, Listening(self.carrier), "simulator", loop.now
        )
        self.wanted: Dict[str, Set[Tuple[str, str]]] = {queue: set() for queue in QUEUES}
        self.old: Dict[str, Set[int]] = {code: set() for code in CODES}
        self.heard: List[int] = []
        self.listeners = [lambda *event, n=n: self.heard.append(n) for n in range(2)]
        self.connected = True

    def teardown(self) -> None:
        module.CODES_PER_SCREEN = self.per_screen

    def needed(self) -> Set[Tuple[str, str]]:
        topics = {
            (BY_SLUG[slug].fids, code) for wanted in self.wanted.values() for code, slug in wanted
        }
        return topics | {(TRADES, code) for code, those in self.old.items() if those}

    @precondition(lambda self: self.connected)
    @rule(
        queue=st.sampled_from(QUEUES),
        codes=st.lists(st.sampled_from(CODES), min_size=1, max_size=4),
        slugs=st.lists(st.sampled_from(SLUGS), min_size=1, max_size=3),
        refused=st.sampled_from(["", "", "", TRADES, "41;51"]),
    )
    def subscribe(self, queue, codes, slugs, refused):
        asked = {(code, slug) for code in codes for slug in slugs}
        fids = {BY_SLUG[slug].fids for _, slug in asked}
        new = {(BY_SLUG[slug].fids, code) for code, slug in asked} - self.needed()
        refuse = any(each == refused for each, _ in new)
        real = type(self.control).SetRealReg
        if refused in fids:
            self.control.SetRealReg = lambda screen, codes, fids, how: (
                -205 if fids == refused else real(self.control, screen, codes, fids, how)
            )
        before = self.control.held()
        try:
            keys = self.topics.subscribe(queue, codes, slugs, [])
        except (ControlError, RequestRejected):
            assert refuse or len(self.control.registered) + len(new) > SCREENS
            assert self.control.held() == before, "all or nothing"
        else:
            assert not refuse
            assert set(keys) == {f"real.{slug}.{code}" for code, slug in asked}
            self.wanted[queue] |= asked
        finally:
            self.control.__dict__.pop("SetRealReg", None)

    @rule(
        queue=st.sampled_from(QUEUES),
        codes=st.none() | st.lists(st.sampled_from(CODES), min_size=1, max_size=3),
        slugs=st.lists(st.sampled_from(SLUGS), max_size=2),
    )
    def unsubscribe(self, queue, codes, slugs):
        ended = {
            (code, slug)
            for code, slug in self.wanted[queue]
            if (codes is None or code in codes) and (not slugs or slug in slugs)
        }
        if not ended:
            with pytest.raises(RequestRejected, match="subscribed to none of that"):
                self.topics.unsubscribe(queue, codes, slugs, [])
            return
        keys = self.topics.unsubscribe(queue, codes, slugs, [])
        assert sorted(keys) == sorted(f"real.{slug}.{code}" for code, slug in ended)
        self.wanted[queue] -= ended

    @rule(queue=st.sampled_from(QUEUES))
    def die(self, queue):
        assert self.topics.drop(queue) == len(self.wanted[queue])
        self.wanted[queue].clear()

    @precondition(lambda self: self.connected)
    @rule(code=st.sampled_from(CODES), number=st.integers(0, 1))
    def subscribe_as_in_version_1(self, code, number):
        try:
            self.realtime.subscribe(code, self.listeners[number])
        except RequestRejected:
            assert not self.old[code]
        else:
            self.old[code].add(number)

    @rule(code=st.sampled_from(CODES), number=st.integers(0, 1))
    def unsubscribe_as_in_version_1(self, code, number):
        ended = self.realtime.unsubscribe(code, self.listeners[number])
        assert ended == (number in self.old[code])
        self.old[code].discard(number)

    @precondition(lambda self: self.connected)
    @rule()
    def lose_the_line(self):
        self.connected = False
        self.realtime.suspend()
        self.control.registered.clear()

    @precondition(lambda self: not self.connected)
    @rule()
    def log_in_again(self):
        self.connected = True
        assert self.realtime.restore()

    @invariant()
    def what_is_registered_is_what_is_wanted(self):
        if self.connected:
            assert self.control.held() == sorted(self.needed())
            assert self.pool.free == SCREENS - len(self.control.registered)
        if not self.needed():
            assert self.pool.free == SCREENS
        assert all(len(codes) <= PER_SCREEN for codes in self.control.registered.values())
        assert len(self.topics) == sum(map(len, self.wanted.values()))

    @invariant()
    def the_queues_of_those_who_want_something_are_watched(self):
        assert sorted(self.carrier.watched) == [queue for queue in QUEUES if self.wanted[queue]]

    @invariant()
    def an_event_is_published_once_if_it_is_wanted_and_reaches_version_1(self):
        for code in CODES:
            for slug in SLUGS:
                self.carrier.topics.clear()
                self.heard.clear()
                name = BY_SLUG[slug].name
                self.realtime.deliver(code, name, "1")
                wanted = any((code, slug) in each for each in self.wanted.values())
                assert self.carrier.topics == ([topic(code, name)] if wanted else [])
                foreign = wanted and BY_NAME[name].fids != TRADES
                assert sorted(self.heard) == ([] if foreign else sorted(self.old[code]))


TestClients = Clients.TestCase
TestClients.settings = settings(stateful_step_count=30)
