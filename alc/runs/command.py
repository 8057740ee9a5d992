"""What was typed, known also in the processes that a launcher or a trainer starts with command lines of their own."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["command_line", "overrides", "working_on"]

COMMAND, OVERRIDES = "ALC_COMMAND", "ALC_OVERRIDES"
"""Environment variables, which processes hand down."""


def command_line() -> str:
    """The command as typed, quoted for a shell, the program by its name alone."""
    return os.environ.get(COMMAND) or shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def overrides() -> str:
    """The overrides of the job at work, quoted for a shell; empty where there is none."""
    return os.environ.get(OVERRIDES, "")


@contextmanager
def working_on(**known: str) -> Iterator[None]:
    """Make the ``command`` or the ``overrides`` known while the block lasts."""
    names = {"command": COMMAND, "overrides": OVERRIDES}
    before = {names[key]: os.environ.get(names[key]) for key in known}
    os.environ.update({names[key]: value for key, value in known.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
