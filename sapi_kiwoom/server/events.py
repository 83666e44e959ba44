"""What is published on ``kiwoom.events`` beside orders, and the methods that choose it."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, List, Optional, Tuple

from sapi_kiwoom import catalogue
from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.server.calls import Call, Handler, Services
from sapi_kiwoom.server.codec import dumps
from sapi_kiwoom.server.topics import Topics
from sapi_kiwoom.server.transport import EVENTS
from sapi_kiwoom.server.watches import Watches, described
from sapi_kiwoom.session import ServerMessage
from sapi_kiwoom.session.conditionlist import Condition

_DIRECT = "amq.rabbitmq.reply-to"


class Events:
    """Publishes real-time events, conditions, states of the session and messages of the broker's server."""

    def __init__(self, server: Services) -> None:
        self._transport = server.transport
        self._loop = server.loop
        self._kind = server.kind
        session, listening = server.session, server.subscriptions.listening
        self.topics = Topics(
            session.realtime, server.transport, listening, server.kind, server.loop.now
        )
        self.watches = Watches(session.conditions, listening, self.announce)
        self._started = False
        self._early: Optional[Tuple[str, Dict[str, Any]]] = None  # the last state before the start
        session.watch_states(self._state)
        session.watch_messages(self._message)

    def start(self) -> None:
        """The transport carries now: tell the state of the session, and all that happens from here on."""
        self._started = True
        if self._early is not None:
            self._state(*self._early)

    def announce(self, topic: str, members: Dict[str, Any]) -> None:
        """Publish an event that is not a tick. Before the start there is nobody to hear it."""
        if not self._started:
            return
        body = dumps({"kind": self._kind, "moment": self._loop.now(), **members})
        self._transport.broadcast(topic, body)

    def lost(self, topic: str, count: int) -> None:
        """Say on a topic that events of it could not be delivered."""
        self.announce(topic, {"gap": count})

    def drop(self, queue: str) -> int:
        """End everything for a client that is gone; gives how much it was."""
        return self.topics.drop(queue) + self.watches.drop(queue)

    def _state(self, state: str, details: Dict[str, Any]) -> None:
        self._early = None if self._started else (state, details)
        self.announce(f"session.{state}", {"state": state, **details})

    def _message(self, message: ServerMessage) -> None:
        self.announce(
            f"message.{message.code or 'none'}",
            {
                "code": message.code,
                "text": message.text,
                "meaning": catalogue.message_meaning(message.code),
                "tr_code": message.trcode,
            },
        )


def handlers(server: Services) -> Dict[str, Handler]:
    """By the method's name."""
    events = server.events = Events(server)
    server.on_broadcasts_lost = events.lost
    conditions = server.session.conditions
    return {
        "subscribe": partial(_subscribe, events),
        "unsubscribe": partial(_unsubscribe, events),
        "list-conditions": lambda call: conditions.known(partial(_listed, call), call.fail),
        "search-condition": lambda call: conditions.search(
            call.values["condition"], partial(_found, call), call.fail
        ),
        "watch-condition": lambda call: events.watches.begin(call, _queue(call)),
        "stop-condition": partial(_stop, events, conditions.number),
    }


def _subscribe(events: Events, call: Call) -> None:
    values, queue = call.values, _queue(call)
    keys = events.topics.subscribe(
        queue, values["codes"], values.get("types", ()), values.get("fids", ())
    )
    call.answer({"exchange": EVENTS, "queue": queue, "keys": keys})


def _unsubscribe(events: Events, call: Call) -> None:
    values = call.values
    keys = events.topics.unsubscribe(
        _queue(call), values.get("codes"), values.get("types", ()), values.get("fids", ())
    )
    call.answer({"keys": keys})


def _listed(call: Call, known: List[Condition]) -> None:
    call.answer([described(condition) for condition in known])


def _found(call: Call, condition: Condition, codes: List[str]) -> None:
    call.answer({**described(condition), "codes": codes})


def _stop(events: Events, number: Any, call: Call) -> None:
    which = call.values.get("condition")
    ended = events.watches.stop(_queue(call), None if which is None else number(which))
    call.answer({"stopped": ended})


def _queue(call: Call) -> str:
    """The queue by which a client is known: the one it names, else the one of its answers."""
    queue: str = call.values.get("queue", call.message.reply_to)
    if queue.startswith(_DIRECT):
        raise RequestRejected(
            "invalid-parameter",
            f"대기열(queue) {_DIRECT} is no queue that can be watched: name the one that you bind to "
            f"{EVENTS}",
            field="queue",
        )
    return queue
