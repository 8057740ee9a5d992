import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alc.arrays import UInt8Array
from alc.errors import InputError
from alc.sources.images import ArrayImages, EncodedImages, FileImages, Images


def pictures(count: int = 5) -> UInt8Array:
    return np.random.default_rng(0).integers(0, 256, (count, 4, 4, 3), dtype=np.uint8)


def encoded(array: UInt8Array, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind)
    return buffer.getvalue()


def stores(folder: Path, array: UInt8Array) -> list[Images]:
    for row, picture in enumerate(array):
        (folder / f"{row}.png").write_bytes(encoded(picture))
    return [
        ArrayImages(array),
        EncodedImages([encoded(picture) for picture in array], "memory"),
        FileImages(folder, [f"{row}.png" for row in range(len(array))], size=4),
    ]


@given(rows=st.lists(st.integers(0, 4), max_size=7))
def test_stores_agree_property(tmp_path_factory: pytest.TempPathFactory, rows: list[int]) -> None:
    array = pictures()
    for images in stores(tmp_path_factory.mktemp("store"), array):
        images.check()
        assert len(images) == 5
        assert images.size == (4, 4)
        np.testing.assert_array_equal(images.as_array(), array)
        read = images.read(np.array(rows, dtype=np.int64))
        np.testing.assert_array_equal(read, array[rows])
        assert read.dtype == np.uint8


def test_grey_arrays_get_three_channels() -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    images = ArrayImages(grey)
    assert images.as_array().shape == (3, 2, 2, 3)
    assert images.read(np.array([2]))[0, 1, 1].tolist() == [11, 11, 11]


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 4, 1), (3, 4, 4, 4), (0, 4, 4)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="uint8 of shape"):
        ArrayImages(np.zeros(shape, dtype=np.uint8))


def test_encoded_images_are_decoded_once_and_lazily() -> None:
    source = [encoded(picture) for picture in pictures(2)] + [b"broken"]
    images = EncodedImages(source, "some.parquet", rows=np.array([7, 8, 9]))
    assert images.size == (4, 4)
    with pytest.raises(InputError, match=r"some.parquet row 9 is no image"):
        images.check()
    good = EncodedImages(source[:2], "some.parquet")
    assert good.as_array() is good.as_array()
    assert not good.is_jpeg
    assert EncodedImages([encoded(pictures(1)[0], "JPEG")], "x").is_jpeg


def test_encoded_images_of_two_sizes() -> None:
    source = [encoded(np.zeros((4, 4, 3), np.uint8)), encoded(np.zeros((5, 4, 3), np.uint8))]
    with pytest.raises(InputError, match="row 1 has 5x4 pixels"):
        EncodedImages(source, "x").as_array()
    with pytest.raises(InputError, match="no images"):
        EncodedImages([], "x")


def test_check_names_the_first_five_bad_files(tmp_path: Path) -> None:
    names = [f"{row}.png" for row in range(8)]
    for name in names[1:]:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "0.png").write_bytes(encoded(pictures(1)[0]))
    with pytest.raises(InputError) as caught:
        FileImages(tmp_path, names, 4).check()
    message = str(caught.value)
    assert "7 of 8 images" in message
    assert "5.png is empty" in message
    assert "6.png" not in message
    assert "and 2 more" in message


@pytest.mark.parametrize(("size", "resize"), [(0, "stretch"), (-3, "stretch"), (4, "squash")])
def test_size_and_resize_are_checked(size: int, resize: str) -> None:
    with pytest.raises(InputError, match="data"):
        FileImages(Path(), ["a.png"], size, resize)  # type: ignore[arg-type]  # a wrong word is what is tested
