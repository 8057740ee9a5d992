"""Images made of others: some rows of them, or two sets one after the other."""

import numpy as np

from alc.arrays import IntArray, UInt8Array
from alc.errors import InputError
from alc.sources.images import Images

__all__ = ["JoinedImages", "PartOfImages"]


class PartOfImages:
    """Some rows of other images, in that order."""

    def __init__(self, images: Images, rows: IntArray) -> None:
        self._images, self._rows = images, rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self._images.size

    def read(self, rows: IntArray) -> UInt8Array:
        """(B, H, W, 3)."""
        return self._images.read(self._rows[rows])

    def as_array(self) -> UInt8Array:
        """(N, H, W, 3)."""
        return self._images.read(self._rows)

    def check(self) -> None:
        """Look at all images, those that are not of the part too."""
        self._images.check()


class JoinedImages:
    """The images of one set and then those of another."""

    def __init__(self, first: Images, second: Images) -> None:
        if first.size != second.size:
            raise InputError(
                f"images of {second.size[0]}x{second.size[1]} pixels join others of {first.size[0]}x{first.size[1]}",
                allowed="images of one size",
            )
        self._first, self._second = first, second

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self._first.size

    def read(self, rows: IntArray) -> UInt8Array:
        """(B, H, W, 3)."""
        rows = np.asarray(rows)
        batch = np.empty((len(rows), *self.size, 3), dtype=np.uint8)
        before = rows < len(self._first)
        batch[before] = self._first.read(rows[before])
        batch[~before] = self._second.read(rows[~before] - len(self._first))
        return batch

    def as_array(self) -> UInt8Array:
        """(N, H, W, 3)."""
        return np.concatenate([self._first.as_array(), self._second.as_array()])

    def check(self) -> None:
        """Look at both."""
        self._first.check()
        self._second.check()
