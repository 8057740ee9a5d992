import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alc.arrays import UInt8Array
from alc.errors import InputError
from alc.sources.decode import decode_image, image_problem


def gradient(height: int = 6, width: int = 9) -> UInt8Array:
    row, column = np.mgrid[:height, :width]
    return np.stack([row * 20, column * 20, (row + column) * 10], axis=-1).astype(np.uint8)


def png(array: UInt8Array) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("ending", ["png", "bmp", "tif", "tiff", "webp", "gif", "jpg", "jpeg"])
def test_every_format_is_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    options = {"lossless": True} if ending == "webp" else {"quality": 95} if ending.startswith("jp") else {}
    Image.fromarray(gradient()).save(path, **options)
    assert image_problem(path) is None
    pixels = decode_image(path, str(path))
    assert pixels.shape == (6, 9, 3)
    assert pixels.dtype == np.uint8
    tolerance = 25 if ending in {"jpg", "jpeg", "gif"} else 0
    assert np.abs(pixels.astype(int) - gradient()).max() <= tolerance


def test_sixteen_bit_grey_is_scaled_not_wrapped(tmp_path: Path) -> None:
    wide = np.array([[0, 256, 257], [32768, 65278, 65535]], dtype=np.uint16)
    for ending in ("png", "tif"):
        path = tmp_path / f"wide.{ending}"
        Image.fromarray(wide).save(path)
        pixels = decode_image(path, "wide")
        np.testing.assert_array_equal(pixels[..., 0], [[0, 1, 1], [128, 254, 255]])
        assert (pixels == pixels[..., :1]).all()


def test_float_pixels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "float.tif"
    Image.fromarray(np.ones((2, 2), dtype=np.float32)).save(path)
    assert "32-bit" in str(image_problem(path))
    with pytest.raises(InputError, match=r"float.tif has 32-bit pixels"):
        decode_image(path, str(path))


def test_modes_become_rgb(tmp_path: Path) -> None:
    grey = np.full((4, 4), 77, dtype=np.uint8)
    assert (decode_image(png(grey), "grey") == 77).all()
    red = Image.new("RGB", (4, 4), (200, 0, 0))
    for mode in ("P", "RGBA", "CMYK", "LA", "1"):
        path = tmp_path / f"{mode}.{'tif' if mode == 'CMYK' else 'png'}"
        red.convert(mode).save(path)
        expected = np.asarray(red.convert(mode).convert("RGB"))
        np.testing.assert_array_equal(decode_image(path, mode), expected)
    transparent = Image.new("P", (2, 2), 0)
    transparent.putpalette([9, 8, 7] + [0] * 765)
    transparent.save(tmp_path / "t.png", transparency=b"\x00")
    assert decode_image(tmp_path / "t.png", "t")[0, 0].tolist() == [9, 8, 7]


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise
    path = tmp_path / "turned.png"
    Image.fromarray(gradient()).save(path, exif=exif)
    np.testing.assert_array_equal(decode_image(path, "turned"), np.rot90(gradient(), -1))


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (5, 5), color) for color in ("#ff0000", "#00ff00")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert decode_image(tmp_path / "a.gif", "a")[0, 0].tolist() == [255, 0, 0]


def test_square_by_crop_or_stretch() -> None:
    bands = np.zeros((10, 30, 3), dtype=np.uint8)
    bands[:, 10:20] = 255
    assert (decode_image(png(bands), "b", 10) == 255).all()
    stretched = decode_image(png(bands), "b", 10, "stretch")
    assert stretched.shape == (10, 10, 3)
    assert stretched[0, 0, 0] == 0
    assert stretched[0, 5, 0] == 255


def test_content_counts_not_the_ending(tmp_path: Path) -> None:
    path = tmp_path / "really_png.jpg"
    path.write_bytes(png(gradient()))
    assert image_problem(path) is None
    np.testing.assert_array_equal(decode_image(path, "x"), gradient())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"hello, no image", "is not the PNG its name says: its first bytes are b'hello, no im'"),
        (b"\xff\xd8\xff\xe0broken", "is a damaged JPEG, and not the PNG its name says"),
        (png(gradient(40, 40))[:-40], "is a damaged PNG"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    problem = image_problem(path)
    assert problem is not None
    assert message in problem
    with pytest.raises(InputError) as caught:
        decode_image(path, str(path))
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_a_truncated_jpeg_is_found_when_decoded(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jpg"
    Image.fromarray(gradient(64, 64)).save(whole)
    path = tmp_path / "half.jpg"
    path.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"half.jpg is a damaged JPEG"):
        decode_image(path, str(path))


def test_missing_file_and_other_bytes() -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        decode_image(Path("nowhere.png"), "nowhere.png")
    assert "cannot be opened" in str(image_problem(Path("nowhere.png")))
    with pytest.raises(InputError, match="row 3 is no image"):
        decode_image(b"abc", "row 3")
    with pytest.raises(InputError, match="row 4 is empty"):
        decode_image(b"", "row 4")


def test_unknown_ending(tmp_path: Path) -> None:
    path = tmp_path / "a.xyz"
    path.write_bytes(b"text")
    assert "no image of a known format" in str(image_problem(path))
