import numpy as np
import pandas as pd

from alc.samples import SampleTable
from alc.sources.images import ArrayImages
from alc.tracking.gallery import suspicious, thumbnails
from alc.tracking.labels import cleaned_labels

SAMPLES = SampleTable(np.array([30, 10, 20]), ("cat", "dog"), np.array([0, 1, 0]), reference=np.array([1, 1, 0]))


def test_rows_and_images_belong_together() -> None:
    pixels = np.arange(3, dtype=np.uint8)[:, None, None] * np.ones((3, 4, 4), dtype=np.uint8)
    ranking = pd.DataFrame(
        {
            "rank": [1, 2, 3],
            "sample_id": [20, 30, 10],
            "given": ["cat", "cat", "dog"],
            "suggested": ["dog", "cat", "dog"],
            "score": [3.0, 2.0, 1.0],
            "given_class": [0, 0, 1],
        }
    )
    columns, rows, images = suspicious(ranking, ArrayImages(pixels), SAMPLES, top=2, side=8)
    assert columns == ["rank", "sample_id", "given", "suggested", "score"]
    assert rows == [[1, 20, "cat", "dog", 3.0], [2, 30, "cat", "cat", 2.0]]
    assert [int(image[0, 0, 0]) for image in images] == [2, 0]


def test_large_images_shrink_and_keep_their_shape() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 90, 60, 3)).astype(np.uint8)
    small = thumbnails(images, 30)
    assert small.shape == (2, 30, 20, 3)
    blocks = images[1].reshape(30, 3, 20, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(small[1], blocks, atol=1)
    assert thumbnails(images, 90) is images


def test_cleaned_labels_are_those_after_the_last_answer() -> None:
    trajectory = pd.DataFrame(
        {
            "selector": ["joint", "joint", "joint", "random"],
            "seed": [0, 0, 1, 0],
            "sample_id": [30, 30, 10, 20],
            "label_after": [0, 1, 0, 1],
        }
    )
    table = cleaned_labels(SAMPLES, trajectory)
    assert table["sample_id"].tolist() == [30, 10, 20]
    assert table["reference"].tolist() == [1, 1, 0]
    assert table["joint.0"].tolist() == [1, 1, 0]
    assert table["joint.1"].tolist() == [0, 0, 0]
    assert table["random.0"].tolist() == [0, 1, 1]
