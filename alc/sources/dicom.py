"""DICOM files to 8-bit pixels: rescaling, window, inversion and bit depth as the standard has them (PS3.3 C.11)."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from alc.arrays import FloatArray, UInt8Array
from alc.errors import InputError

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

__all__ = [
    "MAGIC_END",
    "DicomError",
    "Window",
    "check_window",
    "dicom_oddity",
    "dicom_pixels",
    "is_dicom",
    "is_dicom_file",
    "read_dicom",
]

Window = Literal["dicom", "full"]
"""What becomes black and white: the window of the file (where it has none, as ``full``), or all that it could store."""

MAGIC_END = 132
PIXEL_DATA = b"\xe0\x7f\x10\x00"  # the tag in the byte order that nearly all files have
GREY = ("MONOCHROME1", "MONOCHROME2")
DIRECTORY = "dicomdir"  # PS3.10 §8.6: the table of contents of a medium has this name and no other file has it


class DicomError(ValueError):
    """What keeps a DICOM file from being read as an image, as the end of a sentence that begins with its name."""


def check_window(window: str) -> None:
    """Refuse a window that is none."""
    if window not in get_args(Window):
        raise InputError(
            f"data.window is {window!r}", allowed=", ".join(get_args(Window)), fix="Type data.window=dicom"
        )


def is_dicom(head: bytes) -> bool:
    """Whether a file that begins with these bytes (132 or more) is DICOM; its name plays no part."""
    return head[128:MAGIC_END] == b"DICM"


def is_dicom_file(path: Path) -> bool:
    """Whether a file is DICOM by its content and no table of contents; one that can not be opened is not.

    DICOM is often shipped without an ending, or with one that is the end of an identifier (``1.2.840.113619.2``).
    """
    if path.name.lower() == DIRECTORY:
        return False
    try:
        with path.open("rb") as file:
            return is_dicom(file.read(MAGIC_END))
    except OSError:
        return False


def read_dicom(source: Path | bytes) -> "FileDataset":
    """The data set of one file, after looking whether its pixels are there and can be decoded; decodes none.

    Raises:
        DicomError: There are no pixels, they are cut off, or nothing installed can decompress them.
        InputError: pydicom is not installed.
    """
    pydicom = _pydicom()
    content = source if isinstance(source, bytes) else source.read_bytes()
    try:
        dataset: FileDataset = pydicom.dcmread(io.BytesIO(content))
    except Exception as error:  # parsers of damaged bytes raise anything
        raise DicomError(f"is a damaged DICOM file ({error})") from error
    _require_pixels(dataset, content)
    _require_decoder(dataset)
    return dataset


def dicom_pixels(source: Path | bytes, window: Window = "dicom") -> UInt8Array:
    """Pixels of one file, (H, W) grey or (H, W, 3), 0 black to 255 white; of several frames the first.

    Stored values go through the modality transform (slope and intercept, or its table), then the value-of-interest
    transform (a table before a window; of several the first), and MONOCHROME1, whose smallest value is white, is
    inverted last.  Without a window, or with ``full``, the whole range that the stored bits could hold becomes 0..255,
    so that two images of one device stay comparable; nothing is stretched image by image.

    Raises:
        DicomError: As :func:`read_dicom`, or the pixels are damaged.
    """
    dataset = read_dicom(source)
    try:
        return _pixels(dataset, window)
    except DicomError:
        raise
    except Exception as error:
        raise DicomError(f"is a damaged DICOM file ({str(error).splitlines()[0]})") from error


def dicom_oddity(dataset: "FileDataset") -> str | None:
    """What of the file is lost or chosen in reading it as one image, or None."""
    frames = int(dataset.get("NumberOfFrames") or 1)
    return f"DICOM of {frames} frames, the first is used" if frames > 1 else None


def _pixels(dataset: "FileDataset", window: Window) -> UInt8Array:
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.pixels.utils import pixel_array

    stored, photometric = np.asarray(pixel_array(dataset, index=0)), str(dataset.PhotometricInterpretation)
    if photometric in GREY:
        grey = _windowed(stored, dataset, window)
        return np.asarray(255 - grey if photometric == "MONOCHROME1" else grey, dtype=np.uint8)
    bits = int(dataset.BitsStored)
    if photometric == "PALETTE COLOR":
        stored = np.asarray(apply_color_lut(stored, dataset))
        bits = 8 * stored.dtype.itemsize
    if stored.ndim != 3 or stored.shape[2] != 3:
        raise DicomError(f"has pixels of shape {stored.shape}, photometric interpretation {photometric}")
    return _scaled(stored.astype(np.float64), 0.0, float(2**bits - 1))


def _windowed(stored: Any, dataset: "FileDataset", window: Window) -> UInt8Array:
    from pydicom.pixels.processing import apply_modality_lut, apply_voi

    values = np.asarray(apply_modality_lut(stored, dataset), dtype=np.float64)
    if window == "dicom" and dataset.get("VOILUTSequence"):
        table = np.asarray(apply_voi(np.rint(values).astype(np.int64), dataset))
        bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
        return _scaled(table.astype(np.float64), 0.0, float(2**bits - 1))
    if window == "dicom" and dataset.get("WindowCenter") is not None and dataset.get("WindowWidth") is not None:
        centre, width = _first(dataset.WindowCenter), _first(dataset.WindowWidth)
        return _through_window(values, centre, width, str(dataset.get("VOILUTFunction") or "LINEAR"))
    return _scaled(values, *_range(dataset))


def _through_window(values: FloatArray, centre: float, width: float, function: str) -> UInt8Array:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3; a LINEAR window of width w spans w whole numbers, hence the halves."""
    if function == "SIGMOID" and width > 0:
        return _scaled(1 / (1 + np.exp(-4 * (values - centre) / width)), 0.0, 1.0)
    if function == "LINEAR_EXACT" and width > 0:
        return _scaled(values, centre - width / 2, centre + width / 2)
    if function == "LINEAR" and width >= 1:
        return _scaled(values, centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2)
    raise DicomError(f"has a window of width {width:g} and function {function}; set data.window=full to do without")


def _range(dataset: "FileDataset") -> tuple[float, float]:
    """Smallest and largest value that the stored bits could mean after the modality transform."""
    if table := dataset.get("ModalityLUTSequence"):
        return 0.0, float(2 ** int(table[0].LUTDescriptor[2]) - 1)
    bits, signed = int(dataset.BitsStored), int(dataset.PixelRepresentation) == 1
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    slope, intercept = float(dataset.get("RescaleSlope") or 1), float(dataset.get("RescaleIntercept") or 0)
    ends = sorted((low * slope + intercept, high * slope + intercept))
    return ends[0], ends[1]


def _scaled(values: FloatArray, low: float, high: float) -> UInt8Array:
    if high <= low:
        return np.asarray(np.where(values > low, 255, 0), dtype=np.uint8)
    return np.asarray(np.rint(np.clip((values - low) / (high - low), 0, 1) * 255), dtype=np.uint8)


def _first(value: Any) -> float:
    return float(value if isinstance(value, float | int | str) else next(iter(value)))


def _require_pixels(dataset: "FileDataset", content: bytes) -> None:
    syntax = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID")
    if syntax is None:
        raise DicomError("is a damaged DICOM file (it ends before its transfer syntax)")
    if "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset:
        raise DicomError("is a DICOM file of floating-point pixels, whose range is unknown; 8 or 16 bits are allowed")
    pixels = dataset.get("PixelData")
    if pixels is None and PIXEL_DATA in content:
        raise DicomError("is a damaged DICOM file (it ends within its pixels)")
    if not pixels:
        kind = getattr(dataset.get("SOPClassUID"), "name", "unknown")
        raise DicomError(f"is a DICOM file without pixels (kind: {kind})")
    sizes = [dataset.get(name) for name in ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored")]
    if any(size is None for size in sizes) or dataset.get("PhotometricInterpretation") is None:
        raise DicomError("is a DICOM file that does not say how its pixels are stored")
    rows, columns, samples, bits, _ = map(int, sizes)
    expected = rows * columns * samples * bits // 8 * int(dataset.get("NumberOfFrames") or 1)
    subsampled = str(dataset.PhotometricInterpretation).startswith("YBR_FULL_422")
    if not syntax.is_compressed and not subsampled and len(pixels) < expected:
        raise DicomError(f"is a damaged DICOM file ({len(pixels)} of {expected} bytes of pixels)")


def _require_decoder(dataset: "FileDataset") -> None:
    from pydicom.pixels.decoders.base import get_decoder

    syntax = dataset.file_meta.TransferSyntaxUID
    try:
        available = get_decoder(syntax).is_available
    except NotImplementedError:
        raise DicomError(f"has pixels compressed as {syntax.name}, which can not be read") from None
    if not available:
        raise DicomError(
            f'has pixels compressed as {syntax.name}, and no decoder for it is installed: pip install "pylibjpeg[all]"'
        )


def _pydicom() -> Any:
    try:
        import pydicom
    except ImportError as error:
        raise InputError(
            "there are DICOM files, and pydicom, which reads them, is not installed",
            fix='Type pip install pydicom, or pip install "alc[medical]"',
        ) from error
    return pydicom
