"""Tracks: which images lack labels, that they are neither samples nor test images, and that the default has none."""

from pathlib import Path

import numpy as np
import pytest

from alc.arrays import UInt8Array
from alc.errors import InputError
from alc.sources.cifar10h_paper import Cifar10HPaperSource
from alc.sources.cifar10n import Cifar10NSource
from alc.sources.dataset import ImageDataset, Source
from alc.sources.digits import DigitsSource
from alc.sources.images import Images
from alc.sources.synthetic import SyntheticSource
from alc.sources.tracks import further_rows
from tests.sources.test_cifar import human_copy, write_parquet
from tests.sources.test_cifar10n import write_copy


def numbered(count: int, part: int) -> list[bytes]:
    """PNG images that differ: each holds its own number and part."""
    import io

    from PIL import Image

    encoded = []
    for number in range(count):
        picture: UInt8Array = np.zeros((2, 2, 3), dtype=np.uint8)
        picture[0, 0] = number % 256, number // 256, part
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "PNG")
        encoded.append(buffer.getvalue())
    return encoded


def names(images: Images | None) -> set[tuple[int, int]]:
    """(part, number) of every image of :func:`numbered`."""
    assert images is not None
    corner = images.as_array()[:, 0, 0].astype(int)
    return {(int(part), int(low + 256 * high)) for low, high, part in corner}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    """CIFAR-10H with 10,000 test images and 40 train images that can be told apart."""
    folder: Path = tmp_path_factory.mktemp("tracks")
    labels, _ = human_copy(folder)
    write_parquet(folder / "test.parquet", numbered(10_000, part=1), labels)
    write_parquet(folder / "train.parquet", numbered(40, part=2), np.arange(40) % 10)
    return str(folder)


TEST = {(1, number) for number in range(10_000)}
TRAIN = {(2, number) for number in range(40)}


def test_the_papers_track_has_no_further_images(root: str) -> None:
    data = Cifar10HPaperSource(root).load(0)
    assert data.track == "paper"
    assert data.unlabelled is None


def test_plus_test_has_the_other_test_images(root: str) -> None:
    data = Cifar10HPaperSource(root, track="plus_test").load(0)
    assert data.track == "plus_test"
    assert names(data.unlabelled) == TEST - names(data.images)
    assert names(data.test_images) == TRAIN
    assert "5000 further images without labels" in data.description


def test_plus_train_has_no_clean_test_image_among_those_without_labels(root: str) -> None:
    data = Cifar10HPaperSource(root, track="plus_train", test_subset=7).load(0)
    assert len(names(data.test_images)) == 7
    assert names(data.unlabelled) == (TEST - names(data.images)) | (TRAIN - names(data.test_images))
    kept = Cifar10HPaperSource(root, test_subset=7).load(0)
    assert names(kept.test_images) == names(data.test_images)


def test_plus_train_without_a_test_subset_has_no_clean_test_set(root: str) -> None:
    data = Cifar10HPaperSource(root, track="plus_train").load(0)
    assert data.test_images is None
    assert names(data.unlabelled) > TRAIN
    assert "no clean test set" in data.description


def test_so_many_of_a_track(root: str) -> None:
    few = Cifar10HPaperSource(root, track="plus_train", unlabelled=4_000).load(0)
    assert few.unlabelled is not None
    assert len(few.unlabelled) == len(names(few.unlabelled)) == 4_000
    assert names(few.unlabelled) != names(
        Cifar10HPaperSource(root, track="plus_train", unlabelled=4_000).load(1).unlabelled
    )
    with pytest.raises(InputError, match=r"data.unlabelled is 6000.*1 to 5000"):
        Cifar10HPaperSource(root, track="plus_test", unlabelled=6_000).load(0)


def test_cifar10n_takes_train_images_outside_the_subset(tmp_path: Path) -> None:
    from tests.sources.test_cifar10n import CLEAN

    source = str(write_copy(tmp_path))
    write_parquet(tmp_path / "train.parquet", numbered(30, part=2), CLEAN)
    data = Cifar10NSource(source, subset=20, track="plus_train").load(0)
    assert names(data.unlabelled) == {(2, number) for number in range(30)} - names(data.images)
    assert data.track == "plus_train"
    few = Cifar10NSource(source, subset=20, track="plus_train", unlabelled=3).load(0)
    assert len(names(few.unlabelled)) == 3
    assert Cifar10NSource(source, subset=20).load(0).unlabelled is None
    with pytest.raises(InputError, match="no train image outside the subset"):
        Cifar10NSource(source, track="plus_train").load(0)


@pytest.mark.parametrize("source", [DigitsSource(unlabelled=200), SyntheticSource(unlabelled=50)])
def test_generated_and_embedded_data(source: Source) -> None:
    data = source.load(0)
    assert data.track == "plus_unlabelled"
    assert data.unlabelled is not None
    assert data.unlabelled.size == data.images.size


def test_digits_that_lose_their_label_are_no_samples() -> None:
    whole, part = DigitsSource().load(0), DigitsSource(unlabelled=200).load(0)
    assert len(part) == len(whole) - 200
    assert whole.track == "labelled"
    kept = np.isin(whole.samples.sample_id, part.samples.sample_id)
    assert part.unlabelled is not None
    np.testing.assert_array_equal(part.unlabelled.as_array(), whole.images.as_array()[~kept])
    np.testing.assert_array_equal(pixels_of_test(part), pixels_of_test(whole))


def pixels_of_test(data: ImageDataset) -> UInt8Array:
    assert data.test_images is not None
    return data.test_images.as_array()


def test_generated_samples_do_not_depend_on_what_lies_beside_them() -> None:
    alone, beside = SyntheticSource().load(0), SyntheticSource(unlabelled=50).load(0)
    np.testing.assert_array_equal(alone.images.as_array(), beside.images.as_array())


def test_refused() -> None:
    with pytest.raises(InputError, match=r"data.track is 'plus_tset'.*Did you mean 'plus_test'"):
        Cifar10HPaperSource("x", track="plus_tset")  # type: ignore[arg-type]  # a wrong word is what is tested
    with pytest.raises(InputError, match=r"data.unlabelled is 5 with data.track=paper"):
        Cifar10HPaperSource("x", unlabelled=5)
    with pytest.raises(InputError, match=r"data.unlabelled is -1"):
        SyntheticSource(unlabelled=-1)
    with pytest.raises(InputError, match=r"data.unlabelled is 2000"):
        DigitsSource(unlabelled=2000).load(0)


def test_rows_are_drawn_once_each() -> None:
    rows = further_rows(np.arange(10, 20), 4, 0)
    assert len(set(rows.tolist()) & set(range(10, 20))) == 4
