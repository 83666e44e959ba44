"""A server in a process of its own, as a user starts it."""

import contextlib
import os
import queue
import subprocess
import sys
import threading


@contextlib.contextmanager
def serving(*arguments, wait=30.0, program=None):
    """``sapi-kiwoom serve --simulator ...``, ready; yields the process with its ``ready`` line.

    ``program`` is Python text that runs the command line in another way.
    """
    start = ["-m", "sapi_kiwoom"] if program is None else ["-c", program]
    process = subprocess.Popen(
        [sys.executable, *start, "serve", "--simulator", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    lines: queue.Queue[str] = queue.Queue()
    errors = []
    readers = [
        threading.Thread(target=lambda: [lines.put(line) for line in process.stdout]),
        threading.Thread(target=lambda: errors.extend(process.stderr)),
    ]
    for reader in readers:
        reader.start()
    process.errors = errors
    try:
        while True:
            try:
                line = lines.get(timeout=wait)
            except queue.Empty:
                raise AssertionError(f"the server is not ready; it said: {errors}") from None
            if "ready" in line:
                break
        process.ready = line
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        for reader in readers:
            reader.join(10)
        process.stdout.close()
        process.stderr.close()
