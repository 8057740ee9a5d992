"""Which images a treatment leaves, under which labels."""

import numpy as np
import pandas as pd
import pytest

from alc.samples import SampleTable
from alc.sources.dataset import ImageDataset
from alc.sources.images import ArrayImages
from alc.tasks.problem import Problem
from alc.tasks.treated import joined, treated

NAMES = ("cat", "dog")


def dataset(ids: list[int], reference: list[int], pool: ImageDataset | None = None) -> ImageDataset:
    """Images whose every pixel is their id."""
    pixels = np.broadcast_to(np.array(ids, dtype=np.uint8)[:, None, None], (len(ids), 2, 2)).copy()
    truth = np.array(reference)
    samples = SampleTable(np.array(ids), NAMES, given=truth, reference=truth)
    return ImageDataset("made", ArrayImages(pixels), samples, distribution=np.eye(2)[truth], pool=pool)


@pytest.fixture
def problem() -> Problem:
    data = dataset([7, 3, 5, 9], [0, 0, 1, 1], pool=dataset([20, 11, 15], [1, 0, 1]))
    noisy = SampleTable(data.samples.sample_id, NAMES, np.array([0, 1, 1, 0]), reference=data.samples.reference)
    return Problem(data, noisy, None)


def table(ids: list[int], labels: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"sample_id": ids, "label_class": labels})


def pictured(problem: Problem) -> list[int]:
    """The ids that the images show."""
    images = problem.dataset.images
    np.testing.assert_array_equal(images.as_array(), images.read(np.arange(len(images))))
    return [int(value) for value in images.as_array()[:, 0, 0, 0]]


@pytest.mark.parametrize(
    ("ids", "labels", "wrong"),
    [
        ([7, 3, 5, 9], [0, 0, 1, 0], 1),
        ([3, 9], [1, 0], 2),
        ([7, 3, 5, 9, 20, 11], [0, 1, 1, 0, 1, 1], 3),
        ([7, 9, 20, 11, 15], [0, 1, 1, 0, 1], 0),
    ],
    ids=["relabelled", "dropped", "more", "both"],
)
def test_every_label_stays_with_its_image(problem: Problem, ids: list[int], labels: list[int], wrong: int) -> None:
    left = treated(problem, table(ids, labels))
    assert left.samples.sample_id.tolist() == pictured(left) == ids
    assert left.labels.tolist() == labels
    truth = {7: 0, 3: 0, 5: 1, 9: 1, 20: 1, 11: 0, 15: 1}
    assert left.samples.reference is not None
    assert left.samples.reference.tolist() == [truth[each] for each in ids]
    assert left.noise is not None
    assert left.noise.realised == pytest.approx(wrong / len(ids))


def test_what_only_one_of_two_tables_knows_is_lost() -> None:
    first = SampleTable(np.array([1, 2]), NAMES, np.array([0, 1]), group=np.array([4, 5]), path=np.array(["a", "b"]))
    second = SampleTable(np.array([3]), NAMES, np.array([1]), path=np.array(["c"]))
    both = joined(first, second)
    assert both.sample_id.tolist() == [1, 2, 3]
    assert both.given.tolist() == [0, 1, 1]
    assert both.path.tolist() == ["a", "b", "c"]
    assert both.group is None
    assert both.reference is None
