"""W&B runs that wait on this disk, told once at the end of a command, however many jobs and processes it had."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alc.tasks.console import say

__all__ = ["told_at_the_end", "waits"]

_LIST = "ALC_OFFLINE_RUNS"
"""Names a file that the jobs of a command append to, whichever process they run in."""


def waits(folder: Path) -> None:
    """Note an offline run of W&B; said at once where no command is there to say it later."""
    if _LIST in os.environ:
        with suppress(OSError), Path(os.environ[_LIST]).open("a", encoding="utf-8") as file:
            file.write(f"{folder}\n")
            return
    _say([folder])


@contextmanager
def told_at_the_end(file: Path) -> Iterator[None]:
    """Collect what :func:`waits` notes in the block, and say it when the block ends, however it ends."""
    os.environ[_LIST] = str(file)
    try:
        yield
    finally:
        os.environ.pop(_LIST, None)
        with suppress(OSError):
            _say([Path(line) for line in file.read_text(encoding="utf-8").splitlines()])


def _say(folders: list[Path]) -> None:
    here = Path.cwd()
    folders = [folder.relative_to(here) if folder.is_relative_to(here) else folder for folder in folders]
    say(*(f"offline  {folder}" for folder in folders))
    for parent in dict.fromkeys(folder.parent for folder in folders):
        names = sorted({folder.name.partition("run-")[0] for folder in folders if folder.parent == parent})
        patterns = " ".join(str(parent / f"{name}run-*") for name in names)
        online = " --include-online" if "" in names else ""
        say(f"sync     wandb sync{online} {patterns}  (where there is a network and, after `wandb login`, a key)")
