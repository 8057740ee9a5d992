"""The answers of a project, one JSON line each, only ever added to.

A line counts once it ends in a line break, and an answer is acknowledged only when its line has reached the disk.  So a
crash in the middle of a write leaves at most a last line without an end, which nobody was promised; readers leave it
out and the next writer cuts it off.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from alc.answers.answer import Answer
from alc.errors import InputError

__all__ = ["AnswerLog"]

PATIENCE = 60.0
"""Seconds that a writer waits for another; an append takes milliseconds."""


class AnswerLog:
    """An append-only file of answers that several threads and processes may use at once.

    What was read stays in memory, so that an append reads only what others have added since.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._threads = threading.RLock()
        self._forget()

    def append(self, answers: Sequence[Answer]) -> int:
        """Add answers; when it returns they are on the disk.

        Args:
            answers: Those whose key is known already, here or in the file, are skipped.

        Returns:
            How many were new.

        Raises:
            InputError: The file is broken before its last line.
            OSError: The disk refused; then nothing was added.
        """
        with self._alone():
            self._catch_up()
            new: dict[str, Answer] = {}
            for answer in answers:
                if answer.key not in self._known:
                    new.setdefault(answer.key, answer)
            if new:
                self._write("".join(f"{answer.to_json()}\n" for answer in new.values()).encode())
                self._keep(list(new.values()))
            return len(new)

    def read(self) -> list[Answer]:
        """All answers in the order they came.

        Raises:
            InputError: A line that has an end is no answer; the message says which.
        """
        with self._alone():
            self._catch_up()
            return list(self._answers)

    def _forget(self) -> None:
        self._end, self._lines, self._file = 0, 0, (0, 0)
        self._answers: list[Answer] = []
        self._known: dict[str, Answer] = {}

    def _keep(self, answers: Sequence[Answer]) -> None:
        self._answers += answers
        self._known |= {answer.key: answer for answer in answers}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other thread or process; a folder one may not write to has no writers to wait for."""
        from filelock import FileLock, Timeout

        folder = self.path.parent
        lock = self.path.with_name(f".{self.path.name}.lock")
        with self._threads:
            if folder.is_dir() and not os.access(folder, os.W_OK):
                with nullcontext():
                    yield
                return
            folder.mkdir(parents=True, exist_ok=True)
            try:
                with FileLock(lock, timeout=PATIENCE):
                    yield
            except Timeout as error:
                raise InputError(
                    f"{self.path} has been in use for {PATIENCE:.0f} s", fix="End the program that holds it"
                ) from error

    def _catch_up(self) -> None:
        """Read the lines that came since the last time; all of them where the file is another."""
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                if (status.st_dev, status.st_ino) != self._file or status.st_size < self._end:
                    self._forget()
                    self._file = (status.st_dev, status.st_ino)
                file.seek(self._end)
                content = file.read()
        except FileNotFoundError:
            self._forget()
            return
        whole = content[: content.rfind(b"\n") + 1]
        answers: dict[str, Answer] = {}
        lines = whole.split(b"\n")[:-1]
        for number, line in enumerate(lines, start=self._lines + 1):
            try:
                answer = Answer.from_json(line)
            except InputError as error:
                raise InputError(
                    f"{self.path}, line {number}: {error.problem}",
                    allowed=error.allowed,
                    fix="Restore the file from a copy, or delete that line if you know what it was",
                ) from error
            before = self._known.get(answer.key) or answers.get(answer.key)
            if before is not None and before != answer:
                raise InputError(
                    f"{self.path}, line {number}: another answer has the key {answer.key!r}",
                    allowed="every key once",
                    fix="Restore the file from a copy; answers are corrected by further answers",
                )
            if before is None:
                answers[answer.key] = answer
        self._keep(list(answers.values()))
        self._lines += len(lines)
        self._end += len(whole)

    def _write(self, content: bytes) -> None:
        """Behind the last whole line, on the disk when it returns; all of it or nothing."""
        is_new = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        try:
            os.ftruncate(descriptor, self._end)  # a torn last line
            os.lseek(descriptor, self._end, os.SEEK_SET)
            try:
                left = memoryview(content)
                while left:
                    left = left[os.write(descriptor, left) :]
                os.fsync(descriptor)
            except BaseException:
                os.ftruncate(descriptor, self._end)
                raise
            status = os.fstat(descriptor)
            self._file = (status.st_dev, status.st_ino)
        finally:
            os.close(descriptor)
        if is_new:
            _settle(self.path.parent)
        self._end += len(content)
        self._lines += content.count(b"\n")


def _settle(folder: Path) -> None:
    """The entry of a new file on the disk too; where folders can not be opened, the system sees to it."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
