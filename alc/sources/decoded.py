"""Images decoded and made square once: a folder of PNG files, named by the content they come from."""

import hashlib
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from alc.arrays import UInt8Array
from alc.atomic import atomic_path
from alc.errors import InputError
from alc.sources.decode import Resize, decode_image, image_oddity
from alc.sources.dicom import Window
from alc.sources.digest_memo import DigestMemo
from alc.sources.findings import Finding

__all__ = ["DecodedImages"]

FORMAT = 1  # of the files in the folder; another number, and all are made again
CHUNK = 256
NOTE, FILES = ".txt", "[0-9a-f][0-9a-f]/*"


class DecodedImages:
    """A cache of decoded images: what a DICOM file of megabytes costs is paid at the first training, not in each epoch.

    A PNG's name is the digest of the original's content and of how it was made, so nothing is ever out of date, two
    data sets share what they have in common, and any file may be deleted.  Files appear whole or not at all; a second
    process waits until the first has decoded, and an interrupted one is gone on from.

    Args:
        folder: The cache; made where it is missing.
        root: Folder the originals lie in.
        size: Side in pixels.
        resize: How images are made square.
        window: Of DICOM files.
    """

    def __init__(self, folder: Path, root: Path, size: int, resize: Resize, window: Window) -> None:
        self.folder, self.root = folder, root
        self.size, self.resize, self.window = size, resize, window
        self._file: dict[str, Path] = {}

    def prepare(self, paths: Sequence[str]) -> tuple[Finding, ...]:
        """Decode what is not there yet; the files that can not be read, and those that are converted."""
        from filelock import FileLock

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock"):
                return self._prepare(paths)
        except OSError as error:
            raise InputError(
                f"data.cache {str(self.folder)!r} cannot be written ({error.strerror or error})",
                fix="Type data.cache=<a folder that can be written>, or data.cache=null to decode at every read",
            ) from error

    def read(self, path: str) -> UInt8Array:
        """One image (size, size, 3), from the original where the cache has lost it."""
        if path not in self._file:
            self.prepare([path])
        try:
            return decode_image(self._file[path], path)
        except (InputError, OSError):
            return decode_image(self.root / path, str(self.root / path), self.size, self.resize, self.window)

    def _prepare(self, paths: Sequence[str]) -> tuple[Finding, ...]:
        from tqdm import tqdm

        memo = DigestMemo(self.folder, self.root)
        problems: dict[str, str] = {}
        wanted: dict[Path, str] = {}
        for path in tqdm(paths, desc="reading images", disable=None, leave=False, file=sys.stderr):
            try:
                self._file[path] = self._name(memo(self.root / path))
            except InputError as error:
                problems[path] = error.problem.removeprefix(f"{self.root / path} ")
            else:
                wanted.setdefault(self._file[path], path)
        memo.save()
        there = {file.name for file in self.folder.glob(FILES)}
        missing = [(file, path) for file, path in wanted.items() if file.name not in there]
        failed: dict[Path, str] = {}
        with (
            ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool,
            tqdm(total=len(missing), desc="decoding images", disable=None, leave=False, file=sys.stderr) as bar,
        ):
            for start in range(0, len(missing), CHUNK):
                chunk = missing[start : start + CHUNK]
                for (file, _), problem in zip(chunk, pool.map(self._decode, chunk), strict=True):
                    if problem is not None:
                        failed[file] = problem
                bar.update(len(chunk))
        problems |= {path: failed[self._file[path]] for path in paths if self._file.get(path) in failed}
        notes = {file.name for file in self.folder.glob(f"{FILES}{NOTE}")}
        odd = {file: note for file in wanted if f"{file.stem}{NOTE}" in notes and (note := _note(file)) is not None}
        return tuple(
            Finding(path, problems.get(path) or odd[self._file[path]], path not in problems)
            for path in paths
            if path in problems or self._file[path] in odd
        )

    def _decode(self, job: tuple[Path, str]) -> str | None:
        """Write one PNG, and before it what is odd about it; what keeps it from being written."""
        from PIL import Image

        file, path = job
        name = str(self.root / path)
        try:
            pixels = decode_image(self.root / path, name, self.size, self.resize, self.window)
            note = image_oddity(self.root / path)
        except InputError as error:
            if not error.problem.startswith(f"image {name} "):  # not of this image: a library is missing
                raise
            return error.problem.removeprefix(f"image {name} ")
        if note is not None:
            with atomic_path(file.with_suffix(NOTE)) as temporary:
                temporary.write_text(note, encoding="utf-8")
        grey = bool((pixels == pixels[..., :1]).all())
        with atomic_path(file) as temporary:
            Image.fromarray(np.ascontiguousarray(pixels[..., 0]) if grey else pixels).save(temporary, compress_level=1)
        return None

    def _name(self, digest: str) -> Path:
        settings = f"{FORMAT} {digest} {self.size} {self.resize} {self.window}"
        key = hashlib.sha256(settings.encode()).hexdigest()[:40]
        return self.folder / key[:2] / f"{key}.png"


def _note(file: Path) -> str | None:
    try:
        return file.with_suffix(NOTE).read_text(encoding="utf-8")
    except OSError:
        return None
