"""One image file or byte string to pixels, with errors that say what is wrong with it."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from alc.arrays import UInt8Array
from alc.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["IMAGE_ENDINGS", "Resize", "check_image_size", "decode_image", "image_problem"]

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
}
"""Endings taken for images, and the format each promises.  Files are read by their content: a JPEG named .png works."""

FORMATS = tuple(sorted(set(IMAGE_ENDINGS.values())))
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
    source: Path | bytes, name: str, size: int | None = None, resize: Resize = "centre_crop"
) -> UInt8Array:
    """Pixels of one image as RGB (H, W, 3); with ``size`` a square of that side, resampled bilinearly (antialiased).

    The first frame of an animation; turned upright as EXIF says; grey repeated three times; palette and CMYK
    converted; transparency dropped, as torchvision's folder loader does.  16-bit grey is scaled from its whole range
    (65535 becomes 255), never wrapped or stretched image by image.

    Raises:
        InputError: The image cannot be read; the message names it and says why.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as opened:
            problem = _unfit(opened)
            if problem is None:
                rgb = _to_rgb(ImageOps.exif_transpose(opened))
                if size is not None and resize == "centre_crop":
                    rgb = ImageOps.fit(rgb, (size, size), method=Image.Resampling.BILINEAR)
                elif size is not None:
                    rgb = rgb.resize((size, size), Image.Resampling.BILINEAR)
                return np.asarray(rgb, dtype=np.uint8)
    except Exception as error:  # decoders of damaged bytes raise anything from OSError to IndexError
        problem = _diagnosis(source, error)
    raise InputError(f"image {name} {problem}", fix="Replace or remove it")


def image_problem(path: Path) -> str | None:
    """What keeps a file from being read as an image, or None; looks at headers and checksums, not at pixels."""
    from PIL import Image

    try:
        with Image.open(path, formats=FORMATS) as opened:
            problem = _unfit(opened)
            if problem is None:
                opened.verify()
            return problem
    except Exception as error:  # as in decode_image
        return _diagnosis(path, error)


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
    promised = None
    if isinstance(source, bytes):
        head = source[:16]
    else:
        promised = IMAGE_ENDINGS.get(source.suffix.lower())
        try:
            with source.open("rb") as file:
                head = file.read(16)
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
