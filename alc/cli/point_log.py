"""Everything a point of a sweep says, in a file, so that the terminal shows a line per point."""

import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

__all__ = ["point_log"]

_told: set[str] = set()
"""Warnings that this process has shown on the terminal, whatever run or process they named."""


@contextmanager
def point_log(file: Path) -> Iterator[None]:
    """Send standard output and standard error of this process and of those it starts to a file.

    The file descriptors themselves are exchanged, so that nothing escapes that a library or another process writes.
    Warnings of the package are shown on the terminal too, each of them once.
    """
    with file.open("ab") as log, os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace") as terminal:
        handler = _Warnings(terminal)
        logging.root.addHandler(handler)
        try:
            with _exchanged(log.fileno()):
                yield
        finally:
            logging.root.removeHandler(handler)


class _Warnings(logging.StreamHandler[TextIO]):
    def __init__(self, terminal: TextIO) -> None:
        super().__init__(terminal)
        self.setLevel(logging.WARNING)

    def filter(self, record: logging.LogRecord) -> bool:
        told = re.sub(r"[0-9a-f]{10}|\d+", "", record.getMessage())
        new = record.name.startswith("alc.") and told not in _told
        _told.add(told)
        return new


@contextmanager
def _exchanged(log: int) -> Iterator[None]:
    before = {number: os.dup(number) for number in (1, 2)}
    _flush()
    try:
        for number in before:
            os.dup2(log, number)
        yield
    finally:
        _flush()
        for number, copy in before.items():
            os.dup2(copy, number)
            os.close(copy)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
