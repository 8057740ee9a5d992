"""What a task tells its user, on standard output; progress bars and warnings go to standard error."""

import sys
from collections.abc import Iterable
from typing import TypeVar

from alc.runs.lock import is_follower

__all__ = ["progress", "say"]

Item = TypeVar("Item")


def say(*lines: str) -> None:
    """Write lines, at once even into a pipe; of several processes of one training, the first speaks."""
    if is_follower():
        return
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterable[Item]:
    """A bar over the items, ``total`` of them where they do not tell, if attached to a terminal; otherwise nothing."""
    from tqdm import tqdm

    return tqdm(items, desc=what, total=total, disable=None, leave=False, file=sys.stderr)
