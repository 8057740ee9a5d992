"""DICOM pixels: hand-worked values, pydicom's own transforms as oracle, and files that can not be read."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_windowing
from pydicom.uid import JPEGLSLossless

from alc.errors import InputError
from alc.sources.decode import decode_image, image_oddity, image_problem
from alc.sources.dicom import DicomError, dicom_pixels
from tests.sources.dicom_files import content, data_set, jpeg_dicom, write_dicom

RAMP = np.array([[0, 1000, 2000, 4095]], dtype=np.uint16)


def pixels(array: np.ndarray[Any, Any], window: Any = "dicom", **tags: Any) -> list[Any]:
    found: list[Any] = dicom_pixels(content(data_set(array, **tags)), window).tolist()
    return found


def test_all_stored_bits_become_0_to_255() -> None:
    assert pixels(RAMP, BitsStored=12) == [[0, 62, 125, 255]]  # 1000 / 4095 * 255 = 62.3, 2000: 124.5
    assert pixels(RAMP) == [[0, 4, 8, 16]]  # of 16 bits
    assert pixels(np.array([[-32768, 0, 32767]], dtype=np.int16)) == [[0, 128, 255]]
    assert pixels(np.array([[0, 7, 255]], dtype=np.uint8)) == [[0, 7, 255]]


def test_monochrome1_is_inverted_last() -> None:
    assert pixels(RAMP, BitsStored=12, PhotometricInterpretation="MONOCHROME1") == [[255, 193, 130, 0]]
    window = {"WindowCenter": 1000.5, "WindowWidth": 1001}  # 500..1500
    assert pixels(RAMP, PhotometricInterpretation="MONOCHROME1", **window) == [[255, 127, 0, 0]]


def test_slope_and_intercept() -> None:
    tags = {"BitsStored": 12, "RescaleSlope": 2, "RescaleIntercept": -1000}
    assert pixels(RAMP, **tags) == pixels(RAMP, BitsStored=12)  # the range moves along
    window = {"WindowCenter": 1000.5, "WindowWidth": 2001}  # of the rescaled values: 0..2000
    assert pixels(RAMP, **tags, **window) == [[0, 128, 255, 255]]  # rescaled -1000, 1000, 3000, 7190
    negative = {"BitsStored": 12, "RescaleSlope": -1, "RescaleIntercept": 4095}
    assert pixels(RAMP, **negative) == [[255, 193, 130, 0]]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_are_those_of_pydicom(function: str) -> None:
    array = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    tags = {"BitsStored": 12, "WindowCenter": 1800, "WindowWidth": 900, "VOILUTFunction": function}
    ours = dicom_pixels(content(data_set(array, **tags)))
    theirs = apply_windowing(array, data_set(array, **tags)) * (255 / 4095)
    assert np.abs(ours - theirs).max() <= 0.51
    assert len(np.unique(ours)) > 200


def test_of_several_windows_the_first_and_none_if_asked() -> None:
    tags = {"BitsStored": 12, "WindowCenter": [500.5, 9], "WindowWidth": [1001, 9]}
    assert pixels(RAMP, **tags) == [[0, 255, 255, 255]]
    assert pixels(RAMP, "full", **tags) == pixels(RAMP, BitsStored=12)
    with pytest.raises(DicomError, match=r"window of width 0 .* set data.window=full"):
        pixels(RAMP, WindowCenter=5, WindowWidth=0)


def test_tables() -> None:
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [4, 0, 8])
    table.add_new("LUTData", "US", [0, 10, 20, 255])
    array = np.array([[0, 1, 2, 3]], dtype=np.uint16)
    assert pixels(array, VOILUTSequence=[table], WindowCenter=1, WindowWidth=2) == [[0, 10, 20, 255]]
    assert pixels(array, ModalityLUTSequence=[table]) == [[0, 10, 20, 255]]


def test_colour() -> None:
    red = np.zeros((2, 3, 3), dtype=np.uint8)
    red[..., 0] = 200
    np.testing.assert_array_equal(dicom_pixels(content(data_set(red))), red)


def test_the_challenge_has_jpeg_inside() -> None:
    grey = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))
    decoded = dicom_pixels(jpeg_dicom(grey))
    assert np.abs(decoded.astype(int) - grey).max() <= 3
    assert dicom_pixels(jpeg_dicom(grey), "full").shape == (64, 64)


def test_several_frames(tmp_path: Path) -> None:
    frames = np.stack([np.full((4, 4), value, dtype=np.uint8) for value in (9, 200)])
    path = write_dicom(tmp_path / "a.dcm", frames[0], NumberOfFrames=2, PixelData=frames.tobytes())
    assert decode_image(path, "a")[0, 0].tolist() == [9, 9, 9]
    assert image_oddity(path) == "DICOM of 2 frames, the first is used"


def test_dicom_by_content_made_square(tmp_path: Path) -> None:
    grey = np.zeros((10, 30), dtype=np.uint8)
    grey[:, 10:20] = 255
    path = write_dicom(tmp_path / "named.png", grey)
    assert image_problem(path) is None
    assert (decode_image(path, "x", 10) == 255).all()
    assert decode_image(path, "x", 10, "stretch").shape == (10, 10, 3)
    assert image_oddity(path) is None


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (content(data_set(None)), r"a DICOM file without pixels \(kind: Computed Radiography Image Storage\)"),
        (content(data_set(RAMP))[:-2], r"a damaged DICOM file \(6 of 8 bytes of pixels\)"),
        (jpeg_dicom(np.zeros((16, 16), dtype=np.uint8))[:-60], "it ends within its pixels"),
        (content(data_set(RAMP))[:200], "damaged DICOM|ends before its transfer syntax"),
        (b"\0" * 128 + b"DICM" + b"nonsense", "damaged DICOM|ends before its transfer syntax"),
        (content(data_set(RAMP, PhotometricInterpretation="ARGB")), "photometric interpretation ARGB"),
    ],
)
def test_what_can_not_be_read_is_named(made: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.dcm"
    path.write_bytes(made)
    with pytest.raises(InputError, match=rf"bad.dcm .*({message})"):
        decode_image(path, str(path))
    if "ARGB" not in message:
        assert image_problem(path) is not None


def test_a_text_named_dcm(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_text("hello")
    assert image_problem(path) == "is not the DICOM its name says: its first bytes are b'hello'"


def test_a_compression_without_decoder_says_what_to_install(tmp_path: Path) -> None:
    dataset = data_set(RAMP)
    dataset.file_meta.TransferSyntaxUID = JPEGLSLossless
    dataset["PixelData"].is_undefined_length = True
    dataset.PixelData = b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x04\x00\x00\x00abcd"
    path = tmp_path / "a.dcm"
    path.write_bytes(content(dataset))
    problem = str(image_problem(path))
    assert "compressed as JPEG-LS Lossless Image Compression" in problem
    assert 'pip install "pylibjpeg[all]"' in problem


def test_without_pydicom_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_dicom(tmp_path / "a.dcm", RAMP)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    for read in (lambda: image_problem(path), lambda: decode_image(path, "a")):
        with pytest.raises(InputError, match="pip install pydicom"):
            read()
