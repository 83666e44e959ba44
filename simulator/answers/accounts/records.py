"""Records of account TRs, filled by the names of their fields.

The TRs of the opw family write numbers padded with zeros to the field's width, the sign inside it; those
of the opt family write them as they are.
"""

from __future__ import annotations

from typing import List, Mapping, Optional, Union

from sapi_kiwoom import catalogue
from sapi_kiwoom.catalogue import Record
from simulator.answers.reply import Inputs
from simulator.answers.world import World
from simulator.brokerage.account import Account
from simulator.brokerage.profiles import profile

Values = Mapping[str, Union[int, str]]
"""By field name: a number, or text as it is."""


def account_of(world: World, inputs: Inputs) -> Optional[Account]:
    """The account that 계좌번호 means; None for one that nobody has."""
    accounts: Mapping[str, Account] = world.brokerage.accounts if world.brokerage else {}
    return accounts.get(inputs["계좌번호"].strip())


def single(code: str, values: Values) -> List[str]:
    """The TR's single record; a field that ``values`` does not have is 0, or empty in the opt family."""
    record = catalogue.tr(code).single
    assert record is not None
    return _filled(code, record, values)


def row(code: str, values: Values) -> List[str]:
    """One row of the TR's multi record, as `single`."""
    record = catalogue.tr(code).multi
    assert record is not None
    return _filled(code, record, values)


def _filled(code: str, record: Record, values: Values) -> List[str]:
    padded = code.startswith("opw")
    unknown = values.keys() - {field.name for field in record.fields}
    assert not unknown, f"{code} has no {', '.join(unknown)}"
    filled = []
    for field in record.fields:
        value = values.get(field.name, 0 if padded else "")
        if padded and isinstance(value, int):
            value = f"{value:0{field.width}d}"
        filled.append(str(value))
    return filled


def decimal(number: int, digits: int, sign: str = "") -> str:
    """A number of 10 ** -digits parts with its decimals; ``sign`` stands before what is above 0."""
    whole, parts = divmod(abs(number), 10**digits)
    before = "-" if number < 0 else sign if number else ""
    return f"{before}{whole}.{parts:0{digits}d}"


def account_rate(account: Account, number: int, digits: int) -> Union[int, str]:
    """A rate of the opw family: with its point on the mock server, without it on the real one."""
    implied = profile(account.profile).implied_decimals
    return number if implied else decimal(number, digits)
