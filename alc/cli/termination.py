"""SIGTERM, as batch schedulers and ``timeout`` send it: it ends a command like Ctrl+C, and never as a success."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

__all__ = ["Termination"]


class Termination:
    """While entered, SIGTERM raises ``KeyboardInterrupt`` in the main thread; Lightning calls handlers it finds.

    Attributes:
        received: Whether it was a SIGTERM that interrupted.
    """

    def __init__(self) -> None:
        self.received = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # no other may set handlers
            self._before = signal.signal(signal.SIGTERM, self._interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    def _interrupt(self, signum: int, frame: FrameType | None) -> None:
        self.received = True
        raise KeyboardInterrupt
