"""Fixtures that several folders share."""

import pytest

from sapi_kiwoom.amqp import PrivateBroker


@pytest.fixture(scope="session")
def broker_url():
    """A broker for tests that start servers; one at a time uses it."""
    with PrivateBroker() as broker:
        yield broker.url
