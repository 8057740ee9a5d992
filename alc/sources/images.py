"""N images by row, whether they are held as an array, as encoded bytes or as files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from alc.arrays import IntArray, UInt8Array
from alc.errors import InputError
from alc.sources.decode import Resize, check_image_size, decode_image, image_oddity, image_problem
from alc.sources.decoded import DecodedImages
from alc.sources.dicom import Window, check_window
from alc.sources.findings import Finding, readable_rows

__all__ = ["ArrayImages", "EncodedImages", "FileImages", "Images"]

JPEG_START = b"\xff\xd8"


class Images(Protocol):
    """N images of one size, read by row number."""

    def __len__(self) -> int:
        """N."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every image, in pixels."""
        ...

    def read(self, rows: IntArray) -> UInt8Array:
        """The images of some rows, (B, H, W, 3)."""
        ...

    def as_array(self) -> UInt8Array:
        """All images, (N, H, W, 3): N * H * W * 3 bytes.  For data that are to lie in memory as a whole."""
        ...

    def check(self) -> None:
        """Look at every image as closely as is cheap and name those that cannot be read."""
        ...


class ArrayImages:
    """Images held in memory: (N, H, W) grey, repeated to three channels when read, or (N, H, W, 3)."""

    def __init__(self, array: UInt8Array) -> None:
        grey_or_rgb = array.ndim == 3 or (array.ndim == 4 and array.shape[3] == 3)
        if array.dtype != np.uint8 or not grey_or_rgb or 0 in array.shape:
            raise InputError(
                f"images have shape {array.shape} and dtype {array.dtype}",
                allowed="uint8 of shape (N, H, W) or (N, H, W, 3), none of them 0",
            )
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return int(self._array.shape[1]), int(self._array.shape[2])

    def read(self, rows: IntArray) -> UInt8Array:
        """(B, H, W, 3)."""
        return _rgb(self._array[rows])

    def as_array(self) -> UInt8Array:
        """(N, H, W, 3); not to be written to: it may be the array itself."""
        return _rgb(self._array)

    def check(self) -> None:
        """Nothing left to look at: shape and dtype were checked when this was made."""


class EncodedImages:
    """Images held as encoded bytes (JPEG, PNG, ...), all decoded at the first look and kept as one array.

    Args:
        encoded: The N byte strings.
        source: What to call them in an error, e.g. the parquet file.
        rows: (N,) number of each image in that file, for the same purpose.
    """

    def __init__(self, encoded: Sequence[bytes], source: str, rows: IntArray | None = None) -> None:
        if len(encoded) == 0:
            raise InputError(f"{source} holds no images", allowed="at least one")
        self._encoded, self._source = encoded, source
        self._rows = np.arange(len(encoded)) if rows is None else rows
        self._array: UInt8Array | None = None

    def __len__(self) -> int:
        return len(self._encoded)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, of the first image until all are decoded."""
        first = self._decode(0) if self._array is None else self._array[0]
        return int(first.shape[0]), int(first.shape[1])

    def read(self, rows: IntArray) -> UInt8Array:
        """(B, H, W, 3)."""
        return np.asarray(self.as_array()[rows])

    def as_array(self) -> UInt8Array:
        """(N, H, W, 3); not to be written to."""
        if self._array is None:
            first = self._decode(0)
            array = np.empty((len(self._encoded), *first.shape), dtype=np.uint8)
            for row in range(len(self._encoded)):
                image = self._decode(row)
                if image.shape != first.shape:
                    raise InputError(
                        f"{self._name(row)} has {image.shape[0]}x{image.shape[1]} pixels",
                        allowed=f"{first.shape[0]}x{first.shape[1]} as the first image has",
                    )
                array[row] = image
            self._array = array
        return self._array

    def check(self) -> None:
        """Decode everything."""
        self.as_array()

    @property
    def is_jpeg(self) -> bool:
        """Whether any image is a JPEG, that is, not exactly the pixels it was made from."""
        return any(content.startswith(JPEG_START) for content in self._encoded)

    def _name(self, row: int) -> str:
        return f"{self._source} row {self._rows[row]}"

    def _decode(self, row: int) -> UInt8Array:
        return decode_image(self._encoded[row], self._name(row))


class FileImages:
    """Images in files, decoded and made square at every read, or once where there is a cache.

    Args:
        root: Folder the paths are relative to.
        paths: The N files.
        size: Side in pixels after resizing.
        resize: ``centre_crop`` (short side to ``size``, then the middle) or ``stretch``.
        window: What of a DICOM file's values becomes black and white.
        cache: Folder of decoded images, see :class:`~alc.sources.decoded.DecodedImages`; None for none.
    """

    def __init__(
        self,
        root: Path,
        paths: Sequence[str],
        size: int,
        resize: Resize = "centre_crop",
        window: Window = "dicom",
        cache: Path | None = None,
    ) -> None:
        check_image_size(size, resize)
        check_window(window)
        self._root, self._paths, self._side, self._resize, self._window = root, tuple(paths), size, resize, window
        self._decoded = None if cache is None else DecodedImages(cache, root, size, resize, window)

    def __len__(self) -> int:
        return len(self._paths)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width after resizing."""
        return self._side, self._side

    def read(self, rows: IntArray) -> UInt8Array:
        """(B, H, W, 3)."""
        batch = np.empty((len(rows), self._side, self._side, 3), dtype=np.uint8)
        for position, row in enumerate(rows):
            if self._decoded is not None:
                batch[position] = self._decoded.read(self._paths[row])
                continue
            path = self._root / self._paths[row]
            batch[position] = decode_image(path, str(path), self._side, self._resize, self._window)
        return batch

    def as_array(self) -> UInt8Array:
        """(N, size, size, 3), read afresh."""
        return self.read(np.arange(len(self)))

    def examine(self) -> tuple[Finding, ...]:
        """Open every file, or decode those that are not in the cache: what can not be read, what is converted."""
        if self._decoded is not None:
            return self._decoded.prepare(self._paths)
        found = []
        for name in self._paths:
            problem = image_problem(self._root / name)
            what = problem or image_oddity(self._root / name)
            if what is not None:
                found.append(Finding(name, what, problem is None))
        return tuple(found)

    def check(self) -> None:
        """Refuse files that can not be read; the error names the first five."""
        readable_rows(self.examine(), self._paths, self._root, skip=False)

    def readable(self, *, skip: bool) -> tuple[IntArray, tuple[Finding, ...]]:
        """Rows of the images that can be read, and what there is to say of files; all have to, unless ``skip``."""
        findings = self.examine()
        return readable_rows(findings, self._paths, self._root, skip=skip), findings


def _rgb(array: UInt8Array) -> UInt8Array:
    return array if array.ndim == 4 else np.repeat(array[..., None], 3, axis=3)
