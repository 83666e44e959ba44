"""URLs of brokers: parsed for pika, and printed without secrets."""

from __future__ import annotations

import pika

from sapi_kiwoom.errors import NotConnected


def safe_url(url: str) -> str:
    """The URL as it may be printed and logged: no password, no query.

    What every broker has by default is left out, so that the URL of a private one can be used as it is.

    >>> safe_url("amqp://kim:secret@broker:5672/kiwoom?heartbeat=5")
    'amqp://kim:***@broker:5672/kiwoom'
    >>> safe_url("amqp://guest:guest@127.0.0.1:5672/%2F")
    'amqp://127.0.0.1:5672'
    """
    scheme, separator, rest = url.partition("://")
    user, at, place = rest.rpartition("@")  # the last: a password may hold one that is not escaped
    place = place.partition("?")[0]
    place = place[:-4] if place.lower().endswith("/%2f") else place
    if user == "guest:guest":
        return scheme + separator + place
    name, colon, _ = user.partition(":")
    return scheme + separator + name + (":***" if colon else "") + at + place


def parameters(url: str) -> pika.URLParameters:
    """What pika connects with.

    Raises:
        NotConnected: the URL is malformed.
    """
    try:
        if not url.startswith(("amqp://", "amqps://")):  # pika takes http as well
            raise ValueError(url)
        parsed = pika.URLParameters(url)
    except (ValueError, TypeError, IndexError, AttributeError):
        # Without the cause: it quotes the URL, and with it the password.
        raise NotConnected(
            f"브로커 주소가 올바르지 않습니다. Not a broker's URL: {safe_url(url)!r}. It looks "
            "like amqp://user:password@host:5672/virtual-host; write / in the virtual host's name "
            "as %2F, and characters such as @ : / in the password as %40 %3A %2F",
        ) from None
    if parsed.client_properties is None:
        parsed.client_properties = {"connection_name": "sapi-kiwoom"}
    return parsed
