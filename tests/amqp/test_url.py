"""URLs: what may be shown of them."""

import pytest

from sapi_kiwoom.amqp import safe_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://localhost:5672", "amqp://localhost:5672"),
        ("amqp://guest:guest@localhost/%2F?heartbeat=5", "amqp://localhost"),
        ("amqp://localhost/vhost?heartbeat=5", "amqp://localhost/vhost"),
        ("amqp://kim:secret@broker:5672/vhost", "amqp://kim:***@broker:5672/vhost"),
        ("amqp://kim@broker", "amqp://kim@broker"),
        ("amqp://kim:se@cr:et/s?ecret@broker/vhost", "amqp://kim:***@broker/vhost"),
        ("amqps://kim:secret@broker?ssl_options={'password':'secret'}", "amqps://kim:***@broker"),
    ],
)
def test_passwords_and_queries_are_hidden(url, shown):
    assert safe_url(url) == shown
