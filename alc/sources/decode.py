"""One image file or byte string to pixels, with errors that say what is wrong with it."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from alc.arrays import UInt8Array
from alc.errors import InputError
from alc.sources.dicom import MAGIC_END, DicomError, Window, dicom_oddity, dicom_pixels, is_dicom, read_dicom

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["IMAGE_ENDINGS", "Resize", "check_image_size", "decode_image", "image_oddity", "image_problem"]

Resize = Literal["centre_crop", "stretch"]
"""To a square: the short side to its length and the middle kept, or both sides to it."""

IMAGE_ENDINGS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".dcm": "DICOM",
    ".dicom": "DICOM",
}
"""Endings taken for images, and the format each promises.  Files are read by their content: a JPEG named .png works."""

FORMATS = tuple(sorted(set(IMAGE_ENDINGS.values()) - {"DICOM"}))
CHECKED = ("PNG", "JPEG")  # whether these are whole can be seen without decoding them
JPEG_END = b"\xff\xd9"
SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "PNG": (b"\x89PNG",),
    "JPEG": (b"\xff\xd8\xff",),
    "BMP": (b"BM",),
    "GIF": (b"GIF8",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "WEBP": (b"RIFF",),
}


def check_image_size(size: int, resize: str) -> None:
    """Refuse a side length or a way of resizing that cannot be meant."""
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise InputError(f"data.image_size is {size!r}", allowed="1 pixel or more", fix="Type e.g. data.image_size=64")
    if resize not in {"centre_crop", "stretch"}:
        raise InputError(
            f"data.resize is {resize!r}", allowed="centre_crop, stretch", fix="Type e.g. data.resize=centre_crop"
        )


def decode_image(
    source: Path | bytes,
    name: str,
    size: int | None = None,
    resize: Resize = "centre_crop",
    window: Window = "dicom",
) -> UInt8Array:
    """Pixels of one image as RGB (H, W, 3); with ``size`` a square of that side, resampled bilinearly (antialiased).

    The first frame of an animation; turned upright as EXIF says; grey repeated three times; palette and CMYK
    converted; transparency dropped, as torchvision's folder loader does.  16-bit grey is scaled from its whole range
    (65535 becomes 255), never wrapped or stretched image by image.  DICOM as :func:`~alc.sources.dicom.dicom_pixels`.

    Raises:
        InputError: The image cannot be read; the message names it and says why.
    """
    from PIL import Image, ImageOps

    try:
        if is_dicom(_head(source)):
            return _square(Image.fromarray(dicom_pixels(source, window)).convert("RGB"), size, resize)
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as opened:
            problem = _unfit(opened)
            if problem is None:
                return _square(_to_rgb(ImageOps.exif_transpose(opened)), size, resize)
    except InputError:
        raise
    except Exception as error:  # decoders of damaged bytes raise anything from OSError to IndexError
        problem = _diagnosis(source, error)
    raise InputError(f"image {name} {problem}", fix="Replace or remove it")


def image_problem(path: Path) -> str | None:
    """What keeps a file from being read as an image, or None.

    Looks at headers, checksums and the end of the file, and decodes it only where these do not tell whether it is
    whole.
    """
    from PIL import Image

    try:
        if is_dicom(_head(path)):
            read_dicom(path)
            return None
        with Image.open(path, formats=FORMATS) as opened:
            problem, kind = _unfit(opened), opened.format
            if problem is None:
                opened.verify()
        if problem is None and not _is_whole(path, str(kind)):
            with Image.open(path, formats=FORMATS) as opened:
                opened.load()
    except InputError:
        raise
    except Exception as error:  # as in decode_image
        return _diagnosis(path, error)
    return problem


def image_oddity(path: Path) -> str | None:
    """What of a readable file is converted, chosen or lost on the way to 8-bit RGB, or None for nothing.

    16-bit pixels, CMYK, a palette, transparency, further frames; grey is repeated three times, which loses nothing.
    """
    from PIL import Image

    if is_dicom(_head(path)):
        return dicom_oddity(read_dicom(path))
    with Image.open(path, formats=FORMATS) as opened:
        frames = int(getattr(opened, "n_frames", 1))
        if frames > 1:
            return f"{opened.format} of {frames} frames, the first is used"
        if opened.mode.startswith("I"):
            return "16-bit grey, scaled to 8 bits"
        if opened.mode == "CMYK":
            return "CMYK, converted to RGB"
        if opened.mode in {"LA", "PA", "RGBA", "RGBa", "La"} or "transparency" in opened.info:
            return "transparency, dropped"
        return "palette, converted to RGB" if opened.mode == "P" else None


def _square(rgb: "Image.Image", size: int | None, resize: Resize) -> UInt8Array:
    from PIL import Image, ImageOps

    if size is not None and resize == "centre_crop":
        rgb = ImageOps.fit(rgb, (size, size), method=Image.Resampling.BILINEAR)
    elif size is not None:
        rgb = rgb.resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(rgb, dtype=np.uint8)


def _is_whole(path: Path, kind: str) -> bool:
    """Whether the end of the file shows that nothing is missing; False where one has to decode it to know."""
    if kind != "JPEG":
        return kind in CHECKED
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 64))
        return file.read().rstrip(b"\0\r\n ").endswith(JPEG_END)


def _head(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[:MAGIC_END]
    with source.open("rb") as file:
        return file.read(MAGIC_END)


def _unfit(image: "Image.Image") -> str | None:
    # Pillow opens 16-bit grey PNG as "I" in some versions; elsewhere "I" and "F" have no known range to scale from.
    if image.mode == "F" or (image.mode == "I" and image.format != "PNG"):
        return f"has 32-bit pixels (mode {image.mode}), whose range is unknown; 8 or 16 bits are allowed"
    return None


def _to_rgb(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if image.mode.startswith("I"):
        wide = np.asarray(image).astype(np.uint32)
        return Image.fromarray(((wide + 128) // 257).astype(np.uint8)).convert("RGB")
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")


def _diagnosis(source: Path | bytes, error: Exception) -> str:
    if isinstance(error, DicomError):
        return str(error)
    promised = None if isinstance(source, bytes) else IMAGE_ENDINGS.get(source.suffix.lower())
    try:
        head = _head(source)
    except OSError as cause:
        return f"cannot be opened ({cause.strerror or cause})"
    found = next((name for name, starts in SIGNATURES.items() if head.startswith(starts)), None)
    if not head:
        return "is empty (0 bytes)"
    if found is None:
        named = f"is not the {promised} its name says" if promised else "is no image of a known format"
        return f"{named}: its first bytes are {head[:12]!r}"
    other = f", and not the {promised} its name says" if promised and promised != found else ""
    return f"is a damaged {found}{other} ({error})"
