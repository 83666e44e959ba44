"""Installs RabbitMQ through apt where it is missing and this user may; says what it does.

It never fails: without the program, the tests that need it are skipped (where CI is true, they fail).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import List, Optional

from sapi_kiwoom.amqp.node import find_server
from sapi_kiwoom.errors import KiwoomError

POLICY = "/usr/sbin/policy-rc.d"
"""Debian asks this program whether an installation may start services; 101 means no."""


def as_root() -> Optional[List[str]]:
    """What to put before a command so that root runs it without a question; None when nothing does."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    if not shutil.which("sudo"):
        return None
    asked = subprocess.run([*sudo, "true"], capture_output=True, check=False)
    return sudo if asked.returncode == 0 else None


def run(command: List[str], text: str = "") -> bool:
    """Show a command and run it; whether it succeeded."""
    print("  $", " ".join(command), flush=True)
    return subprocess.run(command, input=text.encode(), check=False).returncode == 0


def install(root: List[str]) -> bool:
    """Install the package but start no service: the tests start nodes of their own."""
    print(
        "RabbitMQ is missing: installing Debian's package, without starting or enabling its service."
    )
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    forbid = not os.path.exists(POLICY)
    if forbid:
        run([*root, "install", "-m", "755", "/dev/stdin", POLICY], "#!/bin/sh\nexit 101\n")
    try:
        return (
            run([*apt, "update"])
            and run([*apt, "install", "-y", "--no-install-recommends", "rabbitmq-server"])
            and run([*root, "update-rc.d", "rabbitmq-server", "disable"])
        )
    finally:
        if forbid:
            run([*root, "rm", "-f", POLICY])


def main() -> None:
    """Find the program, or install it, or say why not."""
    try:
        print(f"RabbitMQ is here: {find_server()}")
        return
    except KiwoomError as error:
        missing = error.message
    root = as_root() if os.name == "posix" else None
    if root is None or not shutil.which("apt-get"):
        print(missing)
        print("\nNot installed from here: that needs apt-get, and root or a sudo without password.")
    elif not install(root):
        print(f"\nThe installation failed.\n{missing}")
    else:
        print(f"RabbitMQ is here: {find_server()}")
        return
    print("Going on without it: tests that need RabbitMQ are skipped (and fail where CI is true).")


if __name__ == "__main__":
    main()
