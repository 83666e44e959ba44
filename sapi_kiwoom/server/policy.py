"""The policy file: which broker user may call which methods on which accounts, and the limits of orders.

::

    {
      "users": {
        "momentum": {
          "methods": ["reads", "place-order", "modify-order", "cancel-order", "cancel-all"],
          "accounts": ["8099999911"],
          "strategies": ["momentum-1", "momentum-2"]
        },
        "owner": {"methods": ["*"], "accounts": ["*"]}
      },
      "limits": {"quantity": 1000, "value": 10000000, "distance": 5, "per_minute": 30, "per_day": 500,
                 "warned": false}
    }

A user is who RabbitMQ says it is (AMQP ``user_id``). Who has no name, or none of the file's, may read what
is about no account.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, FrozenSet, Mapping, Optional, Union

import fastjsonschema

from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.server.local import USER
from sapi_kiwoom.server.methods import METHODS
from sapi_kiwoom.session.orders import Limits

ALL = "*"
READS = "reads"
"""In ``methods``: everything that changes nothing."""

CHANGES = frozenset(
    (
        "place-order", "modify-order", "cancel-order", "cancel-all", "halt-orders", "resume-orders",
        "adopt-account", "settle-order", "cancel-on-disconnect",
    )
)  # fmt: skip
"""Methods that are no reads of orders."""

_NAMES = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_COUNT = {"type": "integer", "minimum": 0}
_SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "users": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["methods", "accounts"],
                "properties": {"methods": _NAMES, "accounts": _NAMES, "strategies": _NAMES},
            },
        },
        "limits": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "quantity": _COUNT,
                "value": _COUNT,
                "distance": {"type": "number", "minimum": 0},
                "per_minute": _COUNT,
                "per_day": _COUNT,
                "warned": {"type": "boolean"},
            },
        },
    },
}


@dataclass(frozen=True)
class User:
    """What one user may do.

    Attributes:
        methods: names, ``reads`` or ``*``.
        accounts: ten digits each, or ``*``.
        strategies: names, or ``*``.
    """

    methods: FrozenSet[str]
    accounts: FrozenSet[str]
    strategies: FrozenSet[str] = frozenset((ALL,))

    def may(self, method: str, account: Optional[str]) -> bool:
        """See `Policy.may`."""
        named = {method, ALL} if method in CHANGES else {method, ALL, READS}
        return bool(self.methods & named) and (
            account is None or bool(self.accounts & {account, ALL})
        )


@dataclass(frozen=True)
class Policy:
    """Who may do what; without any users, orders are for clients in this process only.

    Attributes:
        users: by name; None where there is no policy file.
        limits: of orders.
    """

    users: Optional[Mapping[str, User]] = None
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def load(cls, path: Union[Path, str]) -> Policy:
        """Read a policy file.

        Raises:
            RequestRejected: ``bad-policy``: it cannot be read, or says something that nobody understands.
        """
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8-sig"), object_pairs_hook=_once)
            fastjsonschema.validate(_SCHEMA, found)
            return cls(
                {name: _user(name, each) for name, each in found.get("users", {}).items()},
                Limits(**found.get("limits", {})),
            )
        except (OSError, ValueError, fastjsonschema.JsonSchemaValueException) as error:
            raise RequestRejected(
                "bad-policy", f"the policy file {path} cannot be used: {error}", path=str(path)
            ) from None

    def may(self, user: Optional[str], method: str, account: Optional[str]) -> bool:
        """Whether a user may call a method, on an account where it has to do with one.

        Args:
            user: as the transport vouches for him; None for one who has no name.
            method: its name.
            account: ten digits; None where the method, or this part of it, is about no account.
        """
        if user == USER:
            return True
        if self.users is None:
            return method not in CHANGES
        known = self.users.get(user) if user is not None else None
        if known is None:
            return method not in CHANGES and account is None
        return known.may(method, account)

    def may_act_for(self, user: Optional[str], strategy: str) -> bool:
        """Whether a user may send orders of a strategy; "" stands for all."""
        if user == USER:
            return True
        known = (self.users or {}).get(user or "")
        return known is not None and bool(known.strategies & {strategy, ALL})


def _once(pairs: Any) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} stands there twice")
        found[name] = value
    return found


def _user(name: str, found: Mapping[str, Any]) -> User:
    for method in found["methods"]:
        if method not in (ALL, READS) and method not in METHODS:
            raise ValueError(
                f"users.{name}.methods: there is no method {method!r}; it is one of *, reads, "
                f"{', '.join(METHODS)}"
            )
    for account in found["accounts"]:
        if account != ALL and not (account.isascii() and account.isdigit() and len(account) == 10):
            raise ValueError(f"users.{name}.accounts: an account has ten digits, or is *")
    return User(
        frozenset(found["methods"]),
        frozenset(found["accounts"]),
        frozenset(found.get("strategies", (ALL,))),
    )
