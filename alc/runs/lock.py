"""One process at a time in a run directory."""

import json
import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from alc.atomic import atomic_path
from alc.runs.command import command_line

__all__ = ["LOCK", "OWNER", "is_follower", "is_locked", "locked", "owner"]

LOCK, OWNER = ".lock", ".owner.json"
log = logging.getLogger(__name__)


@contextmanager
def locked(run: Path) -> Iterator[None]:
    """Hold the run; where another process holds it, say so and wait, because it may be doing the very work needed.

    The operating system lets go of the lock when its process ends, however it ends.
    """
    lock = FileLock(run / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        who = owner(run)
        holder = f"process {who['pid']} on {who['host']}" if who else "another process"
        log.warning("Waiting for run %s/%s: %s is working on it (Ctrl+C stops waiting).", *run.parts[-2:], holder)
        lock.acquire(poll_interval=0.2)
    try:
        yield
    finally:
        lock.release()


def sign(run: Path, sources: str) -> None:
    """Leave a note of who works here and with which code, for those who wait and for who comes after a failure.

    It stays when the process ends, however it ends, because what is half done here was done with that code.
    """
    with atomic_path(run / OWNER) as temporary:
        content = {"pid": os.getpid(), "host": platform.node(), "sources": sources, "command": command_line()}
        temporary.write_text(json.dumps(content), encoding="utf-8")


def owner(run: Path) -> dict[str, str] | None:
    """The note left by :func:`sign`, or None."""
    try:
        content = json.loads((run / OWNER).read_text(encoding="utf-8"))
        return {key: str(content[key]) for key in ("pid", "host", "sources")} | {
            "command": str(content.get("command", ""))
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_locked(run: Path) -> bool:
    """Whether a process is at work in the run right now."""
    if not (run / LOCK).is_file():
        return False
    lock = FileLock(run / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False  # not our folder to lock: nobody who could write there told us otherwise
    lock.release()
    return False


def is_follower() -> bool:
    """Whether this process helps another one of the same distributed training, which holds the lock and writes."""
    return any(
        os.environ.get(rank, "0") not in {"", "0"} for rank in ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")
    )
