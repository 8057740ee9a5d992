"""Input files: finding them below ``data.root``, saying what was looked for, and digesting their content."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from alc.errors import InputError

__all__ = ["file_digest", "file_digests", "find_input", "input_root", "listing_digest"]


def input_root(root: str | Path | None, fix: str) -> Path:
    """``data.root`` as a folder that exists."""
    if root is None or not str(root):
        raise InputError("data.root is not set", allowed="a folder", fix=fix)
    folder = Path(root).expanduser()
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise InputError(f"data.root {str(folder)!r} {what} (looked at {folder.absolute()})", fix=fix)
    return folder


def find_input(root: Path, candidates: Sequence[str], what: str, fix: str) -> Path:
    """The first of ``candidates`` that is a file below ``root``."""
    for name in candidates:
        if (root / name).is_file():
            return root / name
    raise InputError(
        f"data.root {str(root)!r} holds no {what}; looked for {', '.join(candidates)} in {root.absolute()}", fix=fix
    )


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error})") from error


def file_digests(paths: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file by its name."""
    return {path.name: file_digest(path) for path in paths}


def listing_digest(root: Path, names: Iterable[str], digest_of: Callable[[Path], str] = file_digest) -> str:
    """SHA-256 over the sorted (relative path, size, SHA-256) of files, so order and location do not matter."""
    digest = hashlib.sha256()
    for name in sorted(set(names)):
        content = digest_of(root / name)
        digest.update(f"{name}\0{(root / name).stat().st_size}\0{content}\n".encode())
    return digest.hexdigest()
