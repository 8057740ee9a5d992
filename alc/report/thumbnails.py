"""Small pictures for the page: as good as the page has room for."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from alc.arrays import UInt8Array

__all__ = ["ROOM", "Thumbnail", "mime_type", "thumbnails"]

ROOM = 40_000_000
"""Bytes of all pictures of a page together; as text they take a third more."""

LARGEST = 24_000
"""Bytes of one picture where there are few."""

LEVELS = ((192, 75), (160, 70), (128, 65), (112, 60), (96, 55), (96, 40), (80, 35), (64, 30), (48, 25), (32, 20))
"""Side in pixels and quality, from the best; the first that fits is taken."""

SMALL = 48
"""Sides up to which a picture is kept exactly, pixel by pixel."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One encoded picture, or the reason why there is none."""

    content: bytes | None
    problem: str = ""


def mime_type() -> str:
    """What :func:`thumbnails` writes: WebP, or JPEG where Pillow was built without it."""
    from PIL import features

    return "image/webp" if features.check("webp") else "image/jpeg"


def thumbnails(images: Iterable[UInt8Array | str], count: int) -> Iterator[Thumbnail]:
    """Encode the images of a page one after the other, within :data:`ROOM` for all ``count`` of them.

    Args:
        images: Pixels (H, W, 3) of any size, or text: why an image can not be shown.
        count: How many there will be at most.
    """
    limit = min(LARGEST, ROOM // max(count, 1))
    level = 0
    for number, image in enumerate(images):
        if isinstance(image, str):
            yield Thumbnail(None, image)
            continue
        if number % 16 == 0:  # what did not fit one picture may fit the next
            level = max(0, level - 1)
        level, content = _encoded(image, limit, level)
        yield Thumbnail(content)


def _encoded(image: UInt8Array, limit: int, level: int) -> tuple[int, bytes]:
    """The level that fits, from this one on, and the picture in it."""
    from PIL import Image

    kind = mime_type().rpartition("/")[2].upper()
    picture = Image.fromarray(np.ascontiguousarray(image))
    if max(picture.size) <= SMALL and kind == "WEBP":
        exact = _bytes(picture, kind, lossless=True)
        if len(exact) <= limit:
            return level, exact
    for position in range(level, len(LEVELS)):
        side, quality = LEVELS[position]
        small = picture.copy()
        small.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
        content = _bytes(small, kind, quality=quality)
        if len(content) <= limit:
            return position, content
    return len(LEVELS) - 1, content


def _bytes(picture: Any, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **({"method": 2} if kind == "WEBP" else {}), **options)
    return buffer.getvalue()
