"""Rules for every test: how hard Hypothesis tries, and what happens without RabbitMQ."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from sapi_kiwoom.amqp.node import find_server
from sapi_kiwoom.errors import KiwoomError

CI = os.environ.get("CI") in ("true", "1")

# No example is judged by the clock: machines are slow now and then, which proves nothing.
settings.register_profile(
    "dev", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "ci", settings.get_profile("dev"), max_examples=100, derandomize=True, print_blob=True
)
settings.register_profile("short", settings.get_profile("ci"), max_examples=25)
settings.register_profile("nightly", settings.get_profile("dev"), max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if CI else "dev"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture of a test marked `rabbitmq`: is there a server program?"""
    if item.get_closest_marker("rabbitmq") is None:
        return
    try:
        find_server()
    except KiwoomError:
        why = "RabbitMQ's server program is not installed"
        if CI:
            pytest.fail(f"{why}, and CI may not skip it", pytrace=False)
        pytest.skip(f"{why}; docs/developing.md says how")
