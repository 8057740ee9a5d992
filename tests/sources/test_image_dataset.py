import hashlib
from pathlib import Path

import numpy as np
import pytest

from alc.errors import InputError
from alc.samples import SampleTable
from alc.sources.dataset import ImageDataset, one_hot
from alc.sources.images import ArrayImages
from alc.sources.inputs import file_digest, find_input, input_root, listing_digest

IMAGES = ArrayImages(np.zeros((3, 2, 2), dtype=np.uint8))
SAMPLES = SampleTable(np.arange(3), ("cat", "dog"), given=np.array([0, 1, 1]))


def test_parts_that_fit() -> None:
    data = ImageDataset("pets", IMAGES, SAMPLES, one_hot(SAMPLES.given, 2), IMAGES, SAMPLES.given, SAMPLES.given)
    assert (len(data), data.num_classes) == (3, 2)


def test_parts_that_do_not_fit() -> None:
    two = ArrayImages(np.zeros((2, 2, 2), dtype=np.uint8))
    with pytest.raises(InputError, match="2 images for 3 labels"):
        ImageDataset("pets", two, SAMPLES)
    with pytest.raises(InputError, match=r"distribution has shape \(3, 3\)"):
        ImageDataset("pets", IMAGES, SAMPLES, one_hot(SAMPLES.given, 3))
    with pytest.raises(InputError, match="sum to 1"):
        ImageDataset("pets", IMAGES, SAMPLES, np.ones((3, 2)))
    with pytest.raises(InputError, match="both or neither"):
        ImageDataset("pets", IMAGES, SAMPLES, test_images=IMAGES)
    with pytest.raises(InputError, match="2 test images for 3 test labels"):
        ImageDataset("pets", IMAGES, SAMPLES, test_images=two, test_labels=SAMPLES.given)
    with pytest.raises(InputError, match="test labels: row 0 holds 5"):
        ImageDataset("pets", IMAGES, SAMPLES, test_images=two, test_labels=np.array([5, 0]))
    with pytest.raises(InputError, match="2 published labels"):
        ImageDataset("pets", IMAGES, SAMPLES, published=np.array([0, 1]))


def test_input_root(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert input_root(str(tmp_path), "fix") == tmp_path
    for root, message in (
        (tmp_path / "no", "does not exist"),
        (tmp_path / "file", "is a file, not a folder"),
        (None, "is not set"),
    ):
        with pytest.raises(InputError, match=message):
            input_root(root, "Type data.root=...")


def test_find_input(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.npy").write_text("x")
    assert find_input(tmp_path, ["a.npy", "deep/a.npy"], "counts", "fix") == tmp_path / "deep" / "a.npy"
    with pytest.raises(InputError, match=r"holds no counts; looked for b.npy, c.npy in") as caught:
        find_input(tmp_path, ["b.npy", "c.npy"], "counts", "Type data.root=here")
    assert "Type data.root=here" in str(caught.value)


def test_digests(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"two")
    assert file_digest(tmp_path / "a") == hashlib.sha256(b"one").hexdigest()
    listing = listing_digest(tmp_path, ["a", "b"])
    assert listing == listing_digest(tmp_path, ["b", "a"])
    assert listing != listing_digest(tmp_path, ["a"])
    (tmp_path / "b").rename(tmp_path / "c")
    assert listing != listing_digest(tmp_path, ["a", "c"])
    with pytest.raises(InputError, match="cannot be read"):
        file_digest(tmp_path / "b")
