"""A RabbitMQ node of our own, for whoever has none running: started, used and gone without a trace.

It has its own name, ports on loopback, folders, cookie and epmd, so it neither meets nor disturbs another
node on the same machine. It keeps nothing: when it goes, it is killed and its folder is removed.
"""

from __future__ import annotations

import atexit
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, Any, Dict, List, Optional, Union

import pika
from pika.exceptions import AMQPError

from sapi_kiwoom.errors import KiwoomError

SERVERS = (
    "/usr/lib/rabbitmq/bin/rabbitmq-server",  # Debian; its wrapper on PATH refuses other users
    "/opt/homebrew/sbin/rabbitmq-server",
    "/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server",
    "/usr/local/sbin/rabbitmq-server",
    "/home/linuxbrew/.linuxbrew/sbin/rabbitmq-server",
)
WINDOWS_SERVERS = (r"C:\Program Files\RabbitMQ Server\rabbitmq_server-*\sbin\rabbitmq-server.bat",)
"""Where the server program is looked for before PATH. The newest of several versions is taken."""

_EPMDS = (
    "/usr/lib/erlang/bin/epmd",
    "/opt/homebrew/opt/erlang/lib/erlang/bin/epmd",
    "/usr/local/opt/erlang/lib/erlang/bin/epmd",
    r"C:\Program Files\Er*\erts-*\bin\epmd.exe",
    r"C:\Program Files\Er*\bin\epmd.exe",
)
_INSTALL = """\
이 컴퓨터에서 RabbitMQ 서버 프로그램을 찾지 못했습니다. RabbitMQ's server program was not found. Install it:

  Debian, Ubuntu   sudo apt-get install -y rabbitmq-server
  macOS            brew install rabbitmq
  Windows          choco install rabbitmq       (as administrator)
  Docker           docker run -d -p 127.0.0.1:5672:5672 rabbitmq:3
                   and then name it: amqp://localhost:5672"""


class NoBrokerProgram(KiwoomError):
    """RabbitMQ's server program is not installed; the message says how to install it."""

    name = "no-broker-program"


def find_server() -> str:
    """The path of the program ``rabbitmq-server``.

    Raises:
        NoBrokerProgram: there is none; the message says how to install one.
    """
    found = _find([*SERVERS, *WINDOWS_SERVERS], "rabbitmq-server")
    if found is None:
        raise NoBrokerProgram(_INSTALL)
    return found


def find_epmd() -> str:
    """The path of Erlang's port mapper, which every node needs.

    Raises:
        KiwoomError: there is none, so Erlang is not fully installed.
    """
    patterns = list(_EPMDS)
    erl = shutil.which("erl")
    if erl:
        patterns.insert(0, os.path.join(os.path.dirname(os.path.realpath(erl)), "epmd*"))
    home = os.environ.get("ERLANG_HOME")
    if home:
        patterns.insert(0, os.path.join(glob.escape(home), "erts-*", "bin", "epmd*"))
    found = _find(patterns, "epmd")
    if found is None:
        raise KiwoomError(
            "RabbitMQ is here but Erlang's program epmd is not; install Erlang/OTP again "
            "(apt-get install erlang-base, brew install erlang, choco install erlang)"
        )
    return found


def _find(patterns: List[str], program: str) -> Optional[str]:
    for pattern in patterns:
        for path in sorted(glob.glob(pattern), reverse=True):
            if os.access(path, os.X_OK):
                return path
    return shutil.which(program)


def free_ports(count: int) -> List[int]:
    """Ports of the loopback interface that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Epmd:
    """Erlang's port mapper on a port of its own, as our child in the foreground.

    Without it the first node starts one as a daemon on the common port, which then outlives the node.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.process = _start([find_epmd(), "-port", str(port), "-address", "127.0.0.1"])

    def close(self) -> None:
        """End it."""
        _kill(self.process)


class PrivateBroker:
    """A node that lives as long as this object, used as a context manager.

    Args:
        timeout: seconds that its start may take.
        config: what else it is told, in Erlang's terms, as an ``advanced.config`` holds them.

    Raises:
        NoBrokerProgram: no server program is installed; raised at once, nothing was started.
        KiwoomError: the node did not start; the message holds the end of its log.
    """

    def __init__(self, timeout: float = 60.0, config: str = "") -> None:
        self._program = find_server()
        self._config = config
        self._timeout = timeout
        self._epmd: Optional[Epmd] = None
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._watchdog: Optional[subprocess.Popen[bytes]] = None
        self._old_handler: Any = None
        self.folder = ""
        self.port = 0
        self._distribution = 0

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    @property
    def pids(self) -> List[int]:
        """The processes that were started."""
        children = [self._epmd.process if self._epmd else None, self._process, self._watchdog]
        return [child.pid for child in children if child is not None]

    def __enter__(self) -> PrivateBroker:
        atexit.register(self.close)
        self._close_on_sigterm()
        try:
            self.folder = tempfile.mkdtemp(prefix="sapi-kiwoom-broker-")
            os.mkdir(os.path.join(self.folder, "home"))
            if self._config:
                with open(os.path.join(self.folder, "advanced.config"), "w") as file:
                    file.write(self._config)
            self.port, self._distribution, epmd = free_ports(3)
            self._epmd = Epmd(epmd)
            self._start_node()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill the node and remove what it left. Calling it twice is allowed."""
        atexit.unregister(self.close)
        if self._watchdog is not None:
            _kill(self._watchdog)
            self._watchdog = None
        if self._process is not None:
            _kill(self._process)
            self._process = None
        if self._epmd is not None:
            self._epmd.close()
            self._epmd = None
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._old_handler is not None:
            signal.signal(signal.SIGTERM, self._old_handler)
            self._old_handler = None

    def restart(self) -> None:
        """Kill the node and start it again on the same ports; what was durable is still there."""
        assert self._process is not None
        _kill(self._process)
        self._start_node()

    def _start_node(self) -> None:
        assert self._epmd is not None
        environment = self._environment(self._distribution, self._epmd.port)
        with open(self._log, "ab") as log:
            self._process = _start([self._program], environment, log)
        self._watch(self._epmd.process, self._process)
        self._await_ready()

    def _watch(self, *children: subprocess.Popen[bytes]) -> None:
        """Have the children ended even when we are killed ourselves: the watchdog's input ends then."""
        if self._watchdog is not None:
            _kill(self._watchdog)
        if os.name == "posix":
            script = 'read _; for pid; do kill -9 -"$pid"; done; rm -rf "$0"'
            pids = [str(child.pid) for child in children]
            command = ["/bin/sh", "-c", script, self.folder, *pids]
            self._watchdog = _start(command, input_=subprocess.PIPE)

    @property
    def _log(self) -> str:
        return os.path.join(self.folder, "broker.log")

    def _environment(self, distribution: int, epmd: int) -> Dict[str, str]:
        """Everything by environment: a configuration file would cost half a second to translate."""
        inside = {
            name: os.path.join(self.folder, folder)
            for name, folder in [
                ("HOME", "home"),  # Erlang keeps its cookie there
                ("RABBITMQ_BASE", "base"),  # what Windows derives its folders from
                ("RABBITMQ_MNESIA_BASE", "data"),
                ("RABBITMQ_LOG_BASE", "log"),
                ("RABBITMQ_SCHEMA_DIR", "schema"),
                ("RABBITMQ_GENERATED_CONFIG_DIR", "config"),
                ("RABBITMQ_CONFIG_FILE", "rabbitmq"),  # these need not exist
                ("RABBITMQ_ADVANCED_CONFIG_FILE", "advanced.config"),
                ("RABBITMQ_CONF_ENV_FILE", "rabbitmq-env.conf"),
                ("RABBITMQ_ENABLED_PLUGINS_FILE", "plugins"),
            ]
        }
        if sys.platform == "win32":
            inside["HOMEDRIVE"], inside["HOMEPATH"] = os.path.splitdrive(inside["HOME"])
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("RABBITMQ_", "ERL_"))}
        return {
            **kept,
            **inside,
            "RABBITMQ_NODENAME": f"sapi-kiwoom-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def _await_ready(self) -> None:
        assert self._process is not None
        end = time.monotonic() + self._timeout
        while time.monotonic() < end:
            try:
                self._process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                if self._answers():
                    return
            else:
                raise KiwoomError(f"RabbitMQ did not start; the end of its log:\n{self._tail()}")
        raise KiwoomError(
            f"RabbitMQ did not start within {self._timeout:g} s; the end of its log:\n{self._tail()}"
        )

    def _answers(self) -> bool:
        try:  # cheap while nothing listens, which is most of the time
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            pika.BlockingConnection(pika.URLParameters(self.url)).close()
        except (OSError, AMQPError):
            return False
        return True

    def _tail(self) -> str:
        with open(self._log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-15:])

    def _close_on_sigterm(self) -> None:
        """Python dies of SIGTERM without running what `atexit` holds, unless somebody handles it."""
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        ):
            self._old_handler = signal.SIG_DFL
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _start(
    command: List[str],
    environment: Optional[Dict[str, str]] = None,
    output: Union[int, IO[bytes]] = subprocess.DEVNULL,
    input_: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """A child that Ctrl-C in our terminal does not reach: the server needs its broker to shut down."""
    windows = sys.platform == "win32"
    return subprocess.Popen(
        command,
        env=environment,
        stdin=input_,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=not windows,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a child and its own children at once; they hold nothing that anybody needs."""
    if sys.platform == "win32":
        subprocess.run(
            ["taskkill", "/T", "/F", "/PID", str(process.pid)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
