"""How Kiwoom's servers differ, as data: ``profiles.json``. What they say stands in ``messages.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, FrozenSet, Mapping, Tuple

MOCK, MOCK_2020, REAL = PROFILES = ("mock", "mock-2020", "real")
"""Kiwoom's mock server (모의투자) since 2021, the same until 2020, and the real one."""


@dataclass(frozen=True)
class Profile:
    """One of the servers.

    Attributes:
        server: what GetLoginInfo("GetServerGubun") gives.
        fee_rate: Kiwoom's fee on either side in millionths of the value.
        implied_decimals: whether account TRs leave the point out of rates: 1234 for 12.34.
        message_first: whether OnReceiveMsg of an order comes before its OnReceiveTrData.
        chejan: the era of the FID lists of OnReceiveChejanData, a key of `chejan_fids`.
        searches_holdings: whether condition searches may ask what the accounts hold.
        refused: TRs that it does not offer, in lower case.
    """

    server: str
    fee_rate: int
    implied_decimals: bool
    message_first: bool
    chejan: str
    searches_holdings: bool
    refused: FrozenSet[str]


@lru_cache(maxsize=None)
def _data() -> Mapping[str, Any]:
    path = Path(__file__).with_name("profiles.json")
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=None)
def profile(name: str) -> Profile:
    """The server of this name.

    Raises:
        ValueError: there is none.
    """
    if name not in PROFILES:
        raise ValueError(f"unknown profile {name!r}; it is one of {', '.join(PROFILES)}")
    values = dict(_data()["profiles"][name])
    return Profile(**{**values, "refused": frozenset(values["refused"])})


@lru_cache(maxsize=None)
def chejan_fids() -> Mapping[str, Mapping[str, Tuple[int, ...]]]:
    """The FIDs of OnReceiveChejanData by era and sGubun, in order."""
    found: Dict[str, Dict[str, Tuple[int, ...]]] = {
        era: {gubun: tuple(fids) for gubun, fids in lists.items()}
        for era, lists in _data()["chejan"].items()
    }
    return found
