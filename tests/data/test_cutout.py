"""Cutout hides one square per image, of its own place, and changes nothing else."""

import pytest
import torch

from alc.data.augmentation import Augmentation
from alc.data.cutout import GREY, cut_
from alc.errors import InputError


def test_one_square_of_at_most_that_side() -> None:
    images = torch.zeros(200, 12, 10, 3, dtype=torch.uint8)
    cut_(images, 5, torch.Generator().manual_seed(0))
    sides = set()
    for image in images:
        assert bool((image == image[..., :1]).all())
        rows, columns = (image[..., 0] == GREY).nonzero(as_tuple=True)
        height, width = int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1
        assert len(rows) == height * width
        sides.add((height, width))
    assert (5, 5) in sides
    assert max(sides) == (5, 5)
    assert min(height for height, _ in sides) == 3  # the centre is always inside


def test_places_are_uniform() -> None:
    images = torch.zeros(20_000, 6, 6, 3)
    cut_(images, 1, torch.Generator().manual_seed(0))
    share = (images[..., 0] == GREY).float().mean(dim=0)
    torch.testing.assert_close(share, torch.full((6, 6), 1 / 36), atol=4e-3, rtol=0)


@pytest.mark.parametrize("others", [{}, {"shift": 2, "flip": True}, {"grayscale": 0.5}])
def test_beside_other_views(others: dict[str, float]) -> None:
    pixels = torch.full((4, 8, 8, 3), 10, dtype=torch.uint8)
    views = Augmentation(**others, padding="edge", cutout=4)(pixels, torch.arange(4), torch.Generator().manual_seed(0))  # type: ignore[arg-type]
    assert set(views.float().round().flatten().tolist()) == {10, GREY}
    assert bool((pixels == 10).all())


def test_refused() -> None:
    with pytest.raises(InputError, match=r"augmentation.cutout is -1"):
        Augmentation(cutout=-1)
