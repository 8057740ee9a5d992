"""Digests of files, each computed once: remembered as long as a file keeps its size and time of change."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from alc.atomic import atomic_path
from alc.sources.inputs import file_digest, listing_digest

__all__ = ["DigestMemo", "images_digest"]


class DigestMemo:
    """SHA-256 of files below one folder, kept in a JSON file between programs.

    A file whose size and modification time (in nanoseconds) are as they were is not read again; somebody who puts
    another content of the same size into a file and sets its time back goes unnoticed.  The memo can be deleted at any
    time, and a damaged one counts as none.

    Args:
        folder: Where the memo is kept; None keeps it in memory.
        root: The folder the files lie in.
    """

    def __init__(self, folder: Path | None, root: Path) -> None:
        self.root = root
        name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]
        self._file = None if folder is None else folder / f"digests-{name}.json"
        self._known = self._read()
        self._is_new = False

    def __call__(self, path: Path) -> str:
        """The digest of a file below ``root``."""
        key = path.relative_to(self.root).as_posix()
        try:
            status = path.stat()
        except OSError:
            return file_digest(path)
        stamp = [status.st_size, status.st_mtime_ns]
        known = self._known.get(key)
        if known is None or known[:2] != stamp:
            known = [*stamp, file_digest(path)]
            self._known[key] = known
            self._is_new = True
        return str(known[2])

    def save(self) -> None:
        """Write what is new, beside what other programs have written meanwhile."""
        if self._file is None or not self._is_new:
            return
        self._known = {**self._read(), **self._known}
        with atomic_path(self._file) as temporary:
            temporary.write_text(json.dumps(self._known), encoding="utf-8")
        self._is_new = False

    def _read(self) -> dict[str, list[object]]:
        try:
            content = json.loads(self._file.read_text(encoding="utf-8")) if self._file else {}
        except (OSError, ValueError):
            return {}
        entries = content.items() if isinstance(content, dict) else ()
        return {key: entry for key, entry in entries if isinstance(entry, list) and len(entry) == 3}


def images_digest(root: Path, names: Iterable[str], cache: str | None) -> str:
    """Listing digest of files below ``root``; with a cache, of those that are as they were nothing is read."""
    memo = DigestMemo(None if cache is None else Path(cache).expanduser(), root)
    digest = listing_digest(root, names, memo)
    with suppress(OSError):  # a cache that can not be written is refused where images are decoded into it
        memo.save()
    return digest
