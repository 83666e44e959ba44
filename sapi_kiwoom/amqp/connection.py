"""A connection on a thread of its own, made again whenever it is lost."""

from __future__ import annotations

import logging
import random
import ssl
import threading
from typing import Any, Callable, Optional, Sequence, Tuple

import pika
from pika.adapters.select_connection import IOLoop
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ConnectionClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)
from pika.frame import Header, decode_frame
from pika.spec import FRAME_HEADER, FRAME_HEADER_SIZE, BasicProperties

from sapi_kiwoom.amqp.settings import Settings
from sapi_kiwoom.amqp.topology import ACCESS_REFUSED, NOT_ALLOWED
from sapi_kiwoom.amqp.url import safe_url
from sapi_kiwoom.errors import KiwoomError, NotConnected

log = logging.getLogger(__name__)

# Pika reports every queue that is looked for in vain, and every lost connection with a traceback for each
# of its layers. What matters of that stands in our own log; whoever wants more sets another level.
if logging.getLogger("pika").level == logging.NOTSET:
    logging.getLogger("pika").setLevel(logging.CRITICAL)


class Connection:
    """Runs pika's loop on the thread ``amqp``. All callbacks come on that thread.

    Args:
        url: the broker's.
        parameters: the same for pika.
        settings: for the pauses between attempts.
        on_open: gets pika's connection, each time one is open.
        on_lost: an open connection is gone; returns True when the next attempt should not wait.
        on_end: the thread is about to end, for the reason given or because it was asked to.
    """

    def __init__(
        self,
        url: str,
        parameters: pika.URLParameters,
        settings: Settings,
        on_open: Callable[[Any], None],
        on_lost: Callable[[], bool],
        on_end: Callable[[Optional[KiwoomError]], None],
    ) -> None:
        self._url = url
        self._parameters = parameters
        self._settings = settings
        self._on_open = on_open
        self._on_lost = on_lost
        self._on_end = on_end
        self._pika: Optional[_SelectConnection] = None
        self._failures = 0
        self._steady: Optional[Any] = None
        self._closing = False
        self._reason: Optional[object] = None  # why we gave the connection up ourselves
        self._error: Optional[KiwoomError] = None
        self._ioloop = IOLoop()
        self._thread = threading.Thread(target=self._run, name="amqp", daemon=True)

    # -- for other threads -----------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread, which connects."""
        self._thread.start()

    def call(self, fn: Callable[[], None]) -> None:
        """Run ``fn`` on the thread ``amqp``; ignored when that ended."""
        self._ioloop.add_callback_threadsafe(fn)

    def join(self) -> None:
        """Wait for the end of the thread, after ``on_end``."""
        self._thread.join()

    # -- for the thread "amqp" -------------------------------------------------------------------

    def call_later(self, delay: float, fn: Callable[[], None]) -> None:
        """Run ``fn`` after ``delay`` seconds."""
        self._ioloop.call_later(delay, fn)

    def close(self, error: Optional[KiwoomError] = None) -> None:
        """Close for good; the thread ends."""
        if self._closing:
            return
        self._closing = True
        self._error = error
        if self._pika is None:
            self._ioloop.stop()
            return
        self._hang_up()
        self.call_later(2.0, self._abort)  # a broker that does not answer

    def lose(self, reason: object) -> None:
        """Give up the connection because it is of no use any more, and make a new one."""
        if self._pika is not None and self._pika.is_open:
            self._reason = reason
            self._hang_up()

    def _hang_up(self) -> None:
        assert self._pika is not None
        if not (self._pika.is_closing or self._pika.is_closed):
            self._pika.close()

    def _abort(self) -> None:
        if self._pika is not None:
            self._pika.abort()
        self.call_later(0.1, self._ioloop.stop)

    def _run(self) -> None:
        try:
            self._connect()
            self._ioloop.start()
        except Exception as error:
            log.exception("The thread amqp failed")
            self._error = KiwoomError(f"internal error in the AMQP transport: {error!r}")
        finally:
            self._ioloop.close()
            self._on_end(self._error)

    def _connect(self) -> None:
        if self._closing:
            return
        self._pika = _SelectConnection(
            self._parameters,
            on_open_callback=self._opened,
            on_open_error_callback=self._failed,
            on_close_callback=self._closed,
            custom_ioloop=self._ioloop,
        )

    def _opened(self, connection: Any) -> None:
        log.info("Connected to %s", safe_url(self._url))
        # Only a connection that lasts ends the growth of the pauses: one that is lost at once, again
        # and again, must not become a busy loop.
        self._steady = self._ioloop.call_later(self._settings.longest_pause, self._settled)
        self._on_open(connection)

    def _settled(self) -> None:
        self._failures = 0

    def _failed(self, _: Any, error: Exception) -> None:
        self._pika = None
        fatal = self._hopeless(error)
        if fatal is not None:
            self._error = fatal
            self._closing = True
        self._again(error, at_once=False)

    def _closed(self, _: Any, error: Exception) -> None:
        self._pika = None
        if self._steady is not None:
            self._ioloop.remove_timeout(self._steady)
            self._steady = None
        self._again(error, at_once=self._on_lost())

    def _again(self, error: BaseException, at_once: bool) -> None:
        if self._closing:
            self._ioloop.stop()
            return
        self._failures += 1
        pause = 0.0 if at_once else self._pause()
        reason, self._reason = self._reason, None
        if (
            not at_once and (self._failures & (self._failures - 1)) == 0
        ):  # the 1st, 2nd, 4th, 8th ...
            log.warning(
                "No connection to the broker at %s (attempt %d): %s. Trying again, in %.1f s first, "
                "then every %g s at most",
                safe_url(self._url),
                self._failures,
                reason or _cause(error),
                pause,
                self._settings.longest_pause,
            )
        self.call_later(pause, self._connect)

    def _pause(self) -> float:
        longest = min(
            self._settings.longest_pause,
            self._settings.shortest_pause * 2.0 ** min(self._failures - 1, 16),
        )
        return longest * random.uniform(0.5, 1.0)  # or all servers come back in the same moment

    def _hopeless(self, error: Exception) -> Optional[KiwoomError]:
        """The error for the user when trying again is of no use: the broker said why it refuses."""
        place = safe_url(self._url)
        text = _cause(error)
        if isinstance(error, (AuthenticationError, ProbableAuthenticationError)):
            if str(ACCESS_REFUSED) in text:
                return NotConnected(
                    f"브로커가 사용자 이름이나 비밀번호를 거절했습니다. The broker at {place} refuses the "
                    "user or the password. Put the right ones into the URL (amqp://user:password@host); "
                    "user guest may only connect from the broker's own machine"
                )
        if isinstance(_innermost(error), ssl.SSLCertVerificationError):
            return NotConnected(
                f"브로커의 인증서를 신뢰할 수 없습니다. The certificate of the broker at {place} is not "
                f"trusted ({text}). Name the file of who signed it in the URL, ?cafile=/path/ca.pem, and "
                "use the host name that the certificate was made for"
            )
        denied = isinstance(error, ProbableAccessDeniedError) and str(NOT_ALLOWED) in text
        if denied or (
            isinstance(error, ConnectionClosedByBroker) and error.reply_code == NOT_ALLOWED
        ):
            host = self._parameters.virtual_host
            return NotConnected(
                f"브로커에 가상 호스트 {host!r}가 없거나 권한이 없습니다. The broker at {place} has "
                f"no virtual host {host!r}, or the user may not enter it. On the broker: "
                f"rabbitmqctl add_vhost {host} && "
                f"rabbitmqctl set_permissions -p {host} {self._parameters.credentials.username} "
                f"'.*' '.*' '.*'"
            )
        return None


class _SelectConnection(pika.SelectConnection):  # type: ignore[misc]
    """Pika's, but no message can kill it."""

    def _read_frame(self) -> Tuple[int, Any]:
        """Decode a frame; properties that pika cannot decode count as absent.

        A date beyond the year 9999 in a client's headers raises inside pika. That ends the connection, the
        message comes again, and so on for ever.
        """
        buffer = self._frame_buffer
        try:
            return decode_frame(buffer)  # type: ignore[no-any-return]
        except (AMQPError, ValueError, OverflowError, ArithmeticError):
            if buffer[0] != FRAME_HEADER:
                raise
            log.warning("A message has properties that cannot be decoded; they are ignored")
            channel = int.from_bytes(buffer[1:3], "big")
            size = int.from_bytes(buffer[3:7], "big")
            body_size = int.from_bytes(
                buffer[FRAME_HEADER_SIZE + 4 : FRAME_HEADER_SIZE + 12], "big"
            )
            end = FRAME_HEADER_SIZE + size + 1
            return end, Header(channel, body_size, BasicProperties())

    def _output_marshaled_frames(self, marshaled_frames: Sequence[bytes]) -> None:
        """Write the frames of a message in one go.

        Pika writes each of the three on its own, and a system call costs as much as their encoding.
        """
        super()._output_marshaled_frames([b"".join(marshaled_frames)])

    def abort(self) -> None:
        """Drop the connection without the broker's consent."""
        self._terminate_stream(AMQPError("the broker did not answer in time"))


def _cause(error: BaseException) -> str:
    """The innermost message of pika's nested errors."""
    error = _innermost(error)
    return str(error) or repr(error)


def _innermost(error: BaseException) -> BaseException:
    while True:
        inner = getattr(error, "exceptions", None) or getattr(error, "args", None)
        nested = [each for each in inner or () if isinstance(each, BaseException)]
        if hasattr(error, "exception") and isinstance(error.exception, BaseException):
            nested.append(error.exception)
        if not nested:
            return error
        error = nested[-1]
