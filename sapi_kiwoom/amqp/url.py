"""URLs of brokers: parsed for pika, and printed without secrets."""

from __future__ import annotations

import ssl
from typing import Dict, Tuple
from urllib.parse import parse_qsl, urlencode

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


_FILES = ("cafile", "certfile", "keyfile")
"""What an ``amqps`` URL may name in its query: who signed the broker's certificate (else whom the operating
system trusts), the client's own certificate and its key, all in PEM."""


def parameters(url: str) -> pika.URLParameters:
    """What pika connects with.

    The query may hold pika's parameters, such as ``heartbeat=10``, and with ``amqps`` the paths ``cafile``,
    ``certfile`` and ``keyfile``. The broker's certificate is always checked, and its name too.

    Raises:
        NotConnected: the URL is malformed, or a file that it names cannot be used.
    """
    try:
        if not url.startswith(("amqp://", "amqps://")):  # pika takes http as well
            raise ValueError(url)
        plain, files = _take_files(url)
        parsed = pika.URLParameters(plain)
    except (ValueError, TypeError, IndexError, AttributeError):
        # Without the cause: it quotes the URL, and with it the password.
        raise NotConnected(
            f"브로커 주소가 올바르지 않습니다. Not a broker's URL: {safe_url(url)!r}. It looks "
            "like amqp://user:password@host:5672/virtual-host; write / in the virtual host's name "
            "as %2F, and characters such as @ : / in the password as %40 %3A %2F",
        ) from None
    if files:
        parsed.ssl_options = _encryption(url, files, parsed.host)
    if parsed.client_properties is None:
        parsed.client_properties = {"connection_name": "sapi-kiwoom"}
    return parsed


def _take_files(url: str) -> Tuple[str, Dict[str, str]]:
    """The URL as pika knows it, and the files that it named."""
    start, _, query = url.partition("?")
    if "@" in query:  # a password may hold a question mark that is not escaped
        return url, {}
    values = parse_qsl(query, keep_blank_values=True)
    files = {name: value for name, value in values if name in _FILES}
    if not files:
        return url, {}
    rest = urlencode([(name, value) for name, value in values if name not in _FILES])
    return start + ("?" + rest if rest else ""), files


def _encryption(url: str, files: Dict[str, str], host: str) -> pika.SSLOptions:
    if not url.startswith("amqps://"):
        raise NotConnected(
            f"{', '.join(files)} only mean something with amqps://, but the URL is {safe_url(url)}; write "
            "amqps:// and the broker's TLS port, usually 5671"
        )
    if "keyfile" in files and "certfile" not in files:
        raise NotConnected("keyfile needs certfile: name the certificate that the key belongs to")
    used = "cafile"
    try:
        context = ssl.create_default_context(cafile=files.get("cafile"))
        if "certfile" in files:
            used = "certfile"
            context.load_cert_chain(files["certfile"], files.get("keyfile"), _no_password)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise NotConnected(
            f"인증서 파일을 읽을 수 없습니다. {used} {files.get(used)!r} of the broker's URL cannot be used "
            f"({error}). It is the path of a file in PEM, and the key in it or in keyfile has no password"
        ) from error
    return pika.SSLOptions(context, host)


def _no_password() -> str:
    """Or OpenSSL asks for it on the terminal, in the middle of a service."""
    raise ValueError("the key is protected by a password")
