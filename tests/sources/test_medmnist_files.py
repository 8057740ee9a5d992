import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alc.errors import InputError
from alc.sources.medmnist import MedMnistSource


def arrays(classes: int = 2, shape: tuple[int, ...] = (28, 28)) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    content: dict[str, Any] = {}
    for part, count in (("train", 20), ("val", 8), ("test", 6)):
        content[f"{part}_images"] = rng.integers(0, 256, (count, *shape), dtype=np.uint8)
        content[f"{part}_labels"] = (np.arange(count) % classes).astype(np.uint8)[:, None]
    return content


@pytest.mark.parametrize("folder", ["", "medmnist"])
@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 3), (64, 64)])
def test_parts(tmp_path: Path, folder: str, shape: tuple[int, ...]) -> None:
    content = arrays(shape=shape)
    (tmp_path / folder).mkdir(exist_ok=True)
    np.savez(tmp_path / folder / "pneumoniamnist.npz", **content)
    sizes = {"train": 20, "train+val": 28, "val": 8}
    for noisy in ("train", "train+val", "val"):
        data = MedMnistSource(str(tmp_path), noisy=noisy).load(0)
        assert len(data) == sizes[noisy]
        assert data.samples.class_names == ("normal", "pneumonia")
        assert data.test_images is not None
        assert len(data.test_images) == 6
        assert data.images.as_array().shape == (sizes[noisy], *shape[:2], 3)
    joined = MedMnistSource(str(tmp_path), noisy="train+val").load(0)
    np.testing.assert_array_equal(
        joined.samples.reference, np.concatenate([content["train_labels"], content["val_labels"]])[:, 0]
    )
    assert set(MedMnistSource(str(tmp_path)).digests()) == {"pneumoniamnist.npz"}


def test_file_names_and_class_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "bloodmnist_64.npz", **arrays(8))
    assert MedMnistSource(str(tmp_path), name="bloodmnist_64").load(0).samples.class_names[0] == "basophil"
    np.savez(tmp_path / "mine.npz", **arrays(3))
    by_file = MedMnistSource(str(tmp_path), file="mine.npz").load(0)
    assert by_file.samples.class_names == ("class_0", "class_1", "class_2")
    absolute = MedMnistSource(str(tmp_path), file=str(tmp_path / "mine.npz")).load(0)
    assert absolute.name == "mine"
    np.savez(tmp_path / "breastmnist.npz", **arrays(3))  # more labels than names
    assert MedMnistSource(str(tmp_path), name="breastmnist").load(0).samples.class_names[2] == "class_2"


def test_subsets(tmp_path: Path) -> None:
    np.savez(tmp_path / "pneumoniamnist.npz", **arrays())
    data = MedMnistSource(str(tmp_path), subset=5, test_subset=3).load(0)
    assert data.test_images is not None
    assert (len(data), len(data.test_images)) == (5, 3)
    np.testing.assert_array_equal(data.samples.given, data.samples.sample_id % 2)


def test_what_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pneumoniamnist.npz"

    def refused(message: str, **options: Any) -> None:
        with pytest.raises(InputError, match=message):
            MedMnistSource(str(tmp_path), **options).load(0)

    refused("holds no MedMNIST file pneumoniamnist.npz; looked for pneumoniamnist.npz, medmnist/pneumoniamnist.npz")
    refused("data.noisy is 'vall'.*Did you mean 'val'", noisy="vall")
    path.write_bytes(b"no zip at all")
    refused("not an npz file")
    np.savez(path, **arrays())
    path.write_bytes(path.read_bytes()[:3000])
    refused("not an npz file")
    np.savez(path, train_images=np.zeros((2, 28, 28), dtype=np.uint8))
    refused("lacks train_labels, test_images, test_labels; it holds train_images")
    content = arrays()
    np.savez(path, **(content | {"train_labels": np.zeros((20, 14), dtype=np.uint8)}))
    refused("train_labels have 14 columns.*single-label set")
    np.savez(path, **(content | {"train_images": np.zeros((20, 28, 28, 28), dtype=np.uint8)}))
    refused("three-dimensional")
    np.savez(path, **(content | {"test_labels": np.zeros((5, 1), dtype=np.uint8)}))
    refused("6 test_images and 5 test_labels")
    np.savez(path, **(content | {"train_labels": np.array([{}] * 20, dtype=object)}))
    refused("not an npz file")
    np.save(tmp_path / "array.npy", np.zeros(3))
    (tmp_path / "array.npy").rename(path)
    refused("not an npz file")


@pytest.mark.reproduction
def test_published_pneumoniamnist() -> None:
    root = os.environ.get("ALC_DATA_ROOT")
    if root is None:
        pytest.fail("set ALC_DATA_ROOT to the folder with the data")
    data = MedMnistSource(root, noisy="val").load(0)
    assert data.test_images is not None
    assert (len(data), len(data.test_images)) == (524, 624)
    assert data.samples.class_names == ("normal", "pneumonia")
    assert len(MedMnistSource(root, noisy="train+val").load(0)) > 4000
