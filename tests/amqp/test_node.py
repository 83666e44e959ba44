"""A private node: starts, serves, and leaves nothing behind."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sapi_kiwoom.amqp import AmqpLink, NoBrokerProgram, PrivateBroker, node
from sapi_kiwoom.errors import KiwoomError
from tests.amqp.harness import eventually

ROOT = Path(__file__).parents[2]


def gone(pid):
    """Whether a process has ended; one that only waits to be collected has."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return text.rpartition(")")[2].split()[0] == "Z"


def group(pid):
    """Every process of a process group."""
    members = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getpgid(int(entry.name)) == pid:
                members.append(int(entry.name))
        except OSError:
            pass
    return members


@pytest.mark.rabbitmq
@pytest.mark.timeout(120)
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes through /proc")
def test_a_node_serves_and_leaves_nothing_behind():
    with PrivateBroker() as broker:
        assert broker.url.startswith("amqp://guest:guest@127.0.0.1:")
        link = AmqpLink(broker.url)
        link.send(b"one", "1")
        link.close()
        folder = broker.folder
        processes = [member for pid in broker.pids for member in group(pid)]
        assert len(processes) >= 3  # epmd, the node and its helpers
        assert os.path.isdir(folder)
    eventually(lambda: all(gone(pid) for pid in processes))
    assert not os.path.exists(folder)


def test_without_a_server_program_it_says_how_to_install_one(monkeypatch, tmp_path):
    monkeypatch.setattr(node, "SERVERS", ())
    monkeypatch.setattr(node, "WINDOWS_SERVERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoBrokerProgram) as caught:
        PrivateBroker()
    for word in ("apt-get install", "brew install", "choco install", "docker run"):
        assert word in str(caught.value)


def script(path, text):
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


@pytest.fixture
def stand_in(monkeypatch, tmp_path):
    """The scripted peer as the server program, and something that waits as epmd."""
    if os.name != "posix":
        pytest.skip("the stand-ins are shell scripts")
    peer = f"#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m tests.amqp.peer\n"
    programs = {
        "SERVERS": script(tmp_path / "rabbitmq-server", peer),
        "_EPMDS": script(tmp_path / "epmd", "#!/bin/sh\nexec sleep 60\n"),
    }
    for name, program in programs.items():
        monkeypatch.setattr(node, name, (program,))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(node, "find_epmd", lambda: programs["_EPMDS"])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))
    return programs


def test_an_exception_inside_ends_the_node(stand_in):
    broker = PrivateBroker()
    with pytest.raises(ZeroDivisionError), broker:
        pids, folder = broker.pids, broker.folder
        raise ZeroDivisionError
    eventually(lambda: all(gone(pid) for pid in pids))
    assert not os.path.exists(folder)
    broker.close()


def test_a_node_that_does_not_start_shows_the_end_of_its_log(stand_in, monkeypatch):
    monkeypatch.setenv("PEER_FAILS", "1")
    broker = PrivateBroker()
    with pytest.raises(KiwoomError, match="BOOT FAILED"):
        broker.__enter__()
    assert broker.pids == []
    assert not os.path.exists(broker.folder)


def test_a_node_that_never_answers_is_given_up(stand_in, monkeypatch):
    monkeypatch.setattr(node, "SERVERS", (stand_in["_EPMDS"],))
    broker = PrivateBroker(timeout=0.2)
    with pytest.raises(KiwoomError, match=r"within 0\.2 s"):
        broker.__enter__()
    assert broker.pids == []


OWNER = """
import sys, threading
from sapi_kiwoom.amqp import PrivateBroker, node
node.SERVERS = (sys.argv[1],)
node.find_epmd = lambda: sys.argv[2]
broker = PrivateBroker().__enter__()
print(broker.folder, *broker.pids, flush=True)
if sys.argv[3] != "exit":
    threading.Event().wait()
raise SystemExit(3)
"""


@pytest.mark.parametrize("ending", ["terminated", "exit", "killed"])
def test_the_node_goes_with_its_owner(stand_in, ending):
    command = [sys.executable, "-c", OWNER, stand_in["SERVERS"], stand_in["_EPMDS"], ending]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", cwd=ROOT) as owner:
        folder, *pids = owner.stdout.readline().split()
        if ending != "exit":
            owner.send_signal(signal.SIGTERM if ending == "terminated" else signal.SIGKILL)
        assert owner.wait(20) == {"terminated": 143, "exit": 3, "killed": -signal.SIGKILL}[ending]
    eventually(lambda: all(gone(pid) for pid in pids) and not os.path.exists(folder))


def test_the_newest_of_several_versions_is_taken(tmp_path, monkeypatch):
    for version in ("3.9.1", "3.13.2", "4.1.0"):
        folder = tmp_path / f"rabbitmq_server-{version}"
        folder.mkdir()
        script(folder / "rabbitmq-server", "")
    monkeypatch.setattr(node, "SERVERS", (str(tmp_path / "rabbitmq_server-*" / "rabbitmq-server"),))
    assert "4.1.0" in node.find_server()
