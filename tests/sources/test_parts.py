"""Images made of others."""

import numpy as np
import pytest

from alc.errors import InputError
from alc.sources.images import ArrayImages
from alc.sources.parts import JoinedImages, PartOfImages

RNG = np.random.default_rng(0)
FIRST, SECOND = (RNG.integers(0, 256, (n, 4, 5, 3), dtype=np.uint8) for n in (6, 3))


def test_a_part_reads_its_rows() -> None:
    rows = np.array([4, 0, 5])
    part = PartOfImages(ArrayImages(FIRST), rows)
    assert (len(part), part.size) == (3, (4, 5))
    np.testing.assert_array_equal(part.as_array(), FIRST[rows])
    np.testing.assert_array_equal(part.read(np.array([2, 0])), FIRST[[5, 4]])
    part.check()


def test_joined_images_are_one_set_after_the_other() -> None:
    both, expected = JoinedImages(ArrayImages(FIRST), ArrayImages(SECOND)), np.concatenate([FIRST, SECOND])
    assert (len(both), both.size) == (9, (4, 5))
    np.testing.assert_array_equal(both.as_array(), expected)
    rows = np.array([8, 0, 6, 5, 7])
    np.testing.assert_array_equal(both.read(rows), expected[rows])
    both.check()
    with pytest.raises(InputError, match="4x4 pixels join others of 4x5"):
        JoinedImages(ArrayImages(FIRST), ArrayImages(FIRST[:, :, :4]))
