"""Conversations with the broker, written as generators instead of chains of callbacks.

A generator yields steps; a step is a callable that takes one callback and calls it once, with the answer.
"""

from __future__ import annotations

from typing import Any, Callable, Generator

Step = Callable[[Callable[[Any], None]], Any]
Steps = Generator[Step, Any, Any]


def run(steps: Steps, failed: Callable[[Exception], None]) -> None:
    """Take the steps one after another; ``failed`` gets what the generator raises.

    A step that is never answered, because the connection is lost, ends the conversation silently.
    """

    def advance(answer: Any) -> None:
        try:
            step = steps.send(answer)
            step(advance)
        except StopIteration:
            pass
        except Exception as error:
            failed(error)

    advance(None)
