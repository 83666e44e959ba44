"""Any sequence of condition searches, against a model that keeps what happened in a list."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sapi_kiwoom.loop import SECOND
from simulator import Behaviour, Scenario
from simulator.limits import Allowance
from simulator.scenario.criteria import Owned
from simulator.scenario.model import Condition
from tests.simulator.control.rig import Rig

NAMED = (
    *(Condition(index, f"조건{index}", ("005930", "000660")) for index in (7, 0, *range(1, 7))),
    *(Condition(index, f"조건{index}", ("069500",)) for index in range(8, 13)),
    Condition(20, "많음", ("005930",) * 101),
    Condition(21, "보유", (), Owned()),
)
BY_INDEX = {each.index: each for each in NAMED}
INDEXES = st.sampled_from(sorted(BY_INDEX))
SCREENS = st.integers(0, 14).map(lambda number: f"{5000 + number}")


class Model:
    """Searches as (moment, screen, index, live), and what ended them."""

    def __init__(self):
        self.loaded = False
        self.counted = []  # moments of requests of any kind
        self.searched = []  # (moment, screen, index, live)
        self.live = []  # (screen, index), oldest first
        self.due = []  # (moment, screen, index)

    def overloaded(self, now):
        return sum(each // SECOND == now // SECOND for each in self.counted) >= 5

    def free(self, screen):
        self.live = [each for each in self.live if each[0] != screen]

    def send(self, now, screen, index, name, live):
        known = BY_INDEX.get(index)
        if not self.loaded or known is None or known.name != name:
            return 0
        if any(each[2] == index and now - each[0] < 60 * SECOND for each in self.searched):
            return 0
        if known.when == Owned():  # the mock server
            return 0
        if live and len({each[1] for each in self.live} - {index}) >= 10:
            return 0
        if self.overloaded(now):
            return 0
        self.counted.append(now)
        self.searched.append((now, screen, index, live))
        self.free(screen)
        if live:
            self.live.append((screen, index))
        self.due.append((now + SECOND // 10, screen, index, live))
        return 1

    def request(self, now, screen):
        if self.overloaded(now):
            return -200
        self.counted.append(now)
        self.free(screen)
        return 0

    def stop(self, screen, index, name):
        if BY_INDEX[index].name == name:
            self.live = [each for each in self.live if each != (screen, index)]

    def answers(self, now):
        """What was due by now; too many hits end a real-time search when they are told."""
        told = [each for each in self.due if each[0] <= now]
        self.due = [each for each in self.due if each[0] > now]
        for _, screen, index, live in told:
            if live and len(BY_INDEX[index].codes) > 100:
                self.live = [each for each in self.live if each != (screen, index)]
        return [
            (screen, "".join(f"{code};" for code in BY_INDEX[index].codes), index)
            for _, screen, index, _ in told
        ]


class Machine(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        allowance = Allowance(5, ())
        behaviour = Behaviour(login=0, allowance=allowance)
        self.rig = Rig(behaviour, Scenario(conditions=NAMED))
        self.model = Model()

    @property
    def now(self):
        return self.rig.loop.now()

    @rule()
    @precondition(lambda self: not self.model.loaded)
    def load(self):
        assert self.rig.control.GetConditionLoad() == 1
        self.let_pass(0.4)
        assert ("OnReceiveConditionVer", 1) in [event[:2] for event in self.rig.events]
        self.model.loaded = True

    @rule(screen=SCREENS, index=INDEXES, named=INDEXES, wrong=st.integers(0, 9), live=st.booleans())
    def send(self, screen, index, named, wrong, live):
        name = BY_INDEX[index if wrong else named].name
        returned = self.rig.control.SendCondition(screen, name, index, int(live))
        assert returned == self.model.send(self.now, screen, index, name, live)

    @rule(count=st.integers(8, 11))
    @precondition(lambda self: self.model.loaded)
    def send_many(self, count):
        for number, index in enumerate(sorted(BY_INDEX)[:count]):
            self.send(screen=f"{5000 + number}", index=index, named=index, wrong=1, live=True)
            self.let_pass(0.3)

    @rule(screen=SCREENS, kind=st.sampled_from("ID"))
    def one_with_too_many_hits(self, screen, kind):
        self.send(screen=screen, index=20, named=20, wrong=1, live=True)
        self.let_pass(0.3)
        self.only_live_ones_are_told_of(index=20, kind=kind)

    @rule(screen=SCREENS, index=INDEXES, seconds=st.sampled_from([58.5, 59.9, 60.1]))
    def the_same_again(self, screen, index, seconds):
        for _ in range(2):
            self.send(screen=screen, index=index, named=index, wrong=1, live=False)
            self.let_pass(seconds)

    @rule(screen=SCREENS, index=INDEXES)
    def stop(self, screen, index):
        name = BY_INDEX[index].name
        self.rig.control.SendConditionStop(screen, name, index)
        self.model.stop(screen, index, name)

    @rule(data=st.data())
    @precondition(lambda self: self.model.live)
    def stop_a_live_one(self, data):
        screen, index = data.draw(st.sampled_from(self.model.live))
        self.stop(screen=screen, index=index)

    @rule(screen=SCREENS)
    def request(self, screen):
        returned = self.rig.request("opt10001", {"종목코드": "005930"}, screen=screen)
        assert returned == self.model.request(self.now, screen)

    @rule(seconds=st.sampled_from([0.05, 0.3, 1, 20, 60]))
    def let_pass(self, seconds):
        self.rig.events.clear()
        self.rig.run(seconds + 0.000001)
        told = [(each[0], each[1], each[3]) for each in self.rig.named("OnReceiveTrCondition")]
        assert told == self.model.answers(self.now)

    @rule()
    @precondition(lambda self: self.model.loaded)
    def the_line_is_lost(self):
        self.rig.control.lose_line()
        self.rig.login()
        kept = self.model.counted
        self.model = Model()
        self.model.counted = kept

    @invariant()
    def names_are_known_once_loaded(self):
        listed = "".join(f"{each.index}^{each.name};" for each in NAMED)
        expected = listed if self.model.loaded else ""
        assert self.rig.control.GetConditionNameList() == expected

    @rule(index=INDEXES, kind=st.sampled_from("ID"))
    def only_live_ones_are_told_of(self, index, kind):
        self.rig.events.clear()
        self.rig.control.signal(index, "005930", kind)
        known = BY_INDEX[index]
        told = ("OnReceiveRealCondition", "005930", kind, known.name, str(index))
        assert self.rig.events == [told] * any(each[1] == index for each in self.model.live)


def test_any_sequence_of_searches():
    run_state_machine_as_test(Machine, settings=settings(deadline=None, stateful_step_count=40))
