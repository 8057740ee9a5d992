"""An image file as a browser can show it."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alc.arrays import UInt8Array
from alc.errors import InputError
from alc.sources.decode import decode_image, image_oddity, image_problem

__all__ = ["WebPicture", "web_picture"]

WEB_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
ORIENTATION = 0x0112  # of EXIF; 1 is upright


@dataclass(frozen=True, slots=True)
class WebPicture:
    """Bytes and their media type."""

    content: bytes
    media_type: str


def web_picture(path: Path) -> WebPicture:
    """The file as it is where every browser shows what a model was shown, otherwise a PNG of those pixels.

    Pixels are those of :func:`~alc.sources.decode.decode_image`: the first frame, without transparency, 16 bits scaled
    to 8, upright, DICOM through its window.

    Raises:
        InputError: It can not be read; the problem is the end of a sentence that begins with the name of the file, and
            does not hold that name, which may give a label away.
    """
    if not path.is_file():
        raise InputError("is not there")
    problem = image_problem(path)
    if problem is None:
        try:
            content = path.read_bytes()
            media_type = _web_type(path)
            return (
                WebPicture(_png(decode_image(path, "")), "image/png")
                if media_type is None
                else WebPicture(content, media_type)
            )
        except InputError as error:
            problem = error.problem
    raise InputError(problem.strip().removeprefix("image").strip().partition(" (")[0])


def _web_type(path: Path) -> str | None:
    from PIL import Image

    if image_oddity(path) is not None:
        return None
    try:
        with Image.open(path, formats=tuple(WEB_TYPES)) as opened:
            upright = opened.getexif().get(ORIENTATION, 1) == 1
            return WEB_TYPES[str(opened.format)] if upright else None
    except OSError:  # another format, DICOM among them
        return None


def _png(pixels: UInt8Array) -> bytes:
    from PIL import Image

    is_grey = bool(np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(pixels[..., 0], pixels[..., 2]))
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if is_grey else pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
