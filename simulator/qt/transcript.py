"""Writes down what a program and the control said to each other: one JSON object a line.

A call is ``{"at": ..., "call": "CommRqData", "args": [...], "returns": 0}``, written when it has returned;
an event is ``{"at": ..., "event": "OnReceiveMsg", "args": [...]}``, written before the program hears it.
``at`` is market time in microseconds since 1970 UTC. Child processes add to the same file.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any, Dict, Tuple


class Transcript:
    """Adds to a file.

    Args:
        path: of the file, UTF-8.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", newline="\n")
        self._lock = threading.Lock()

    def write(
        self, at: int, name: str, arguments: Tuple[Any, ...], returned: Any, call: bool
    ) -> None:
        """Add a call or an event."""
        line: Dict[str, Any] = {"at": at, "call" if call else "event": name}
        line["args"] = arguments
        if call:
            line["returns"] = returned
        text = json.dumps(line, ensure_ascii=False) + "\n"
        with self._lock:
            self._file.write(text)
            self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
