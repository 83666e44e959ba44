"""Whatever a client sends to whichever method, it is answered exactly once, and told what is wrong."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Dict, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapi_kiwoom import signatures
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.server import Server
from sapi_kiwoom.server.local import LocalTransport
from sapi_kiwoom.server.methods import METHODS
from sapi_kiwoom.session import Session
from simulator.clock import VirtualLoop

from .schemas import mistakes, objects, with_mistakes

START = 1_800_000_000 * SECOND
DEADLINE = 60.0

EMPTY = {
    signatures.TEXT: "",
    signatures.NUMBER: 0,
    signatures.TABLE: None,
    signatures.NOTHING: None,
}


class Stub:
    """A control with all calls, which knows nothing. What becomes of requests is chosen.

    Args:
        loop: its time.
        outcome: ``answer`` (without rows), ``silence``, or a code that refuses.
    """

    def __init__(self, loop: VirtualLoop, outcome: Any) -> None:
        self.loop = loop
        self.outcome = outcome
        for name, signature in signatures.METHODS.items():
            if not hasattr(self, name):
                setattr(self, name, partial(self._nothing, EMPTY[signature.returns]))

    def _nothing(self, result: Any, *args: Any) -> Any:
        return result

    def attach(self, events: Any) -> None:
        self.events = events

    def CommConnect(self) -> int:
        self.loop.call_later(1, lambda: self.events.OnEventConnect(0))
        return 0

    def CommRqData(self, rqname: str, code: str, prev_next: int, screen: str) -> int:
        return self._request(rqname, code, screen)

    def CommKwRqData(
        self, codes: str, more: int, n: int, kind: int, rqname: str, screen: str
    ) -> int:
        return self._request(rqname, "OPTKWFID", screen)

    def _request(self, rqname: str, code: str, screen: str) -> int:
        if self.outcome == "answer":
            tell = partial(
                self.events.OnReceiveTrData, screen, rqname, code, "", "0", 0, "", "", ""
            )
            self.loop.call_later(SECOND // 10, tell)
        return self.outcome if isinstance(self.outcome, int) else 0


class Bench:
    """A server over a stub."""

    def __init__(self, outcome: Any = "answer", connected: bool = True) -> None:
        self.loop = VirtualLoop(START)
        self.session = Session(Stub(self.loop, outcome), self.loop)
        self.transport = LocalTransport(self.loop, DEADLINE)
        self.server = Server(self.session, self.transport, "simulator")
        self.server.start()
        self.link = self.transport.link()
        if connected:
            self.session.start(lambda: None, pytest.fail)
            self.loop.run_for(SECOND)

    def ask(self, method: str, parameters: Dict[str, Any]) -> List[Dict[str, Any]]:
        """Everything that comes until the deadline has passed."""
        body = {"task_id": 1, "method": method, "parameters": parameters, "request_time": ""}
        self.link.send(json.dumps(body).encode(), "c")
        self.loop.run_for(int((DEADLINE + 1) * SECOND))
        replies = []
        while True:
            found = self.link.receive(0)
            if found is None:
                return replies
            replies.append(json.loads(found))


def last_of(replies: List[Dict[str, Any]]) -> Dict[str, Any]:
    """The one reply that is the last word."""
    [reply] = [each for each in replies if each.get("last", True)]
    assert reply is replies[-1]
    assert reply["task_id"] == 1
    assert reply["status"] in ("TASK_SUCCEED", "TASK_FAILED")
    return reply


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=6)
@given(st.data())
def test_a_valid_request_is_answered_once(name, data):
    parameters = data.draw(objects(METHODS[name].parameters))
    outcome = data.draw(st.sampled_from(["answer", "silence", -200, -202, -301]))
    bench = Bench(outcome, connected=data.draw(st.booleans()))
    reply = last_of(bench.ask(name, parameters))
    if reply["status"] == "TASK_FAILED":
        assert reply["error"]["name"] != "internal-error", reply
        assert reply["error"]["message"] == reply["result"]
    assert not bench.server.services.calls


@pytest.mark.parametrize("name", with_mistakes())
@settings(max_examples=10)
@given(st.data())
def test_a_wrong_request_is_told_which_field_and_how_it_should_look(name, data):
    mistake = data.draw(mistakes(METHODS[name]))
    error = last_of(Bench().ask(name, mistake.parameters))["error"]
    assert error["name"] == "invalid-parameter"
    field = error["details"]["field"]
    assert field.split(".")[0] == mistake.field
    assert mistake.field in error["message"]
    described = METHODS[name].parameters["properties"]
    if mistake.field in described:
        assert len(error["message"]) > len(mistake.field) + 20
    else:
        assert all(each in error["message"] for each in described)


ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(sorted(METHODS)), st.dictionaries(st.text(max_size=8), ANY_JSON, max_size=3))
def test_no_parameters_however_odd_meet_a_defect(name, parameters):
    reply = last_of(Bench().ask(name, parameters))
    assert reply.get("error", {}).get("name") != "internal-error", reply
