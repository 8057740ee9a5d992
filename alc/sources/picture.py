"""One image file as it is, for people to look at, or the reason why it can not be shown."""

from pathlib import Path

from alc.arrays import UInt8Array
from alc.errors import InputError
from alc.sources.decode import decode_image
from alc.sources.dicom import Window

__all__ = ["picture_or_reason"]


def picture_or_reason(path: Path, window: Window = "dicom") -> UInt8Array | str:
    """Pixels (H, W, 3) in the size of the file, or text that names the file and says what is wrong with it."""
    if not path.is_file():
        return f"image {path} is not there"
    try:
        return decode_image(path, str(path), window=window)
    except InputError as error:
        return error.problem
