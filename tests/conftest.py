"""What holds for all tests."""

import signal

import pytest


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """Let Ctrl+C interrupt, also where a shell started the tests in the background and told them to ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
