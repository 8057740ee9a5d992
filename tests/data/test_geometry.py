"""Resampling: hand-worked positions, torchvision's affine maps and resized crops, and the distributions of both."""

import math

import pytest
import torch
from scipy.stats import ks_2samp
from torch import Generator, Tensor
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.functional import _get_inverse_affine_matrix
from torchvision.transforms.v2 import functional

from alc.data.geometry import Affine, ResizedCrop, compose, draw_maps, inverse_affine, resampled
from alc.errors import InputError

NEVER = torch.zeros(1, dtype=torch.bool)


def still(size: int = 1) -> Tensor:
    return inverse_affine(*(torch.zeros(size, dtype=torch.float64),) * 4)


def whole(height: int, width: int, size: int = 1) -> Tensor:
    return torch.tensor([[0, 0, height, width]], dtype=torch.float64).expand(size, 4)


def noise(size: int, height: int, width: int) -> Tensor:
    return 255 * torch.rand(size, 3, height, width, generator=Generator().manual_seed(0))


def test_identity_and_mirror_are_exact() -> None:
    images = noise(2, 5, 8)
    mirrored = torch.tensor([False, True])
    views = resampled(images, compose(still(2), whole(5, 8, 2), mirrored, (5, 8)))
    torch.testing.assert_close(views[0], images[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(views[1], images[1].flip(2), atol=1e-4, rtol=0)


def test_crop() -> None:
    """Columns 1 and 2 of four, enlarged to four: read at 0.75 (moved inside, to 1), 1.25, 1.75 and 2.25 (to 2)."""
    images = torch.tensor([0.0, 10, 20, 30]).expand(1, 3, 4, 4)
    box = torch.tensor([[0, 1, 4, 2]], dtype=torch.float64)
    for mirrored, expected in ((False, [10, 12.5, 17.5, 20]), (True, [20, 17.5, 12.5, 10])):
        views = resampled(images, compose(still(), box, torch.tensor([mirrored]), (4, 4)))
        torch.testing.assert_close(views[0, 0, 2], torch.tensor(expected, dtype=torch.float32), atol=1e-4, rtol=0)


def test_affine_shift_and_quarter_turn() -> None:
    images = noise(1, 4, 4)
    one, zero = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    right = resampled(images, compose(inverse_affine(zero, zero, one, zero), whole(4, 4), NEVER, (4, 4)))
    torch.testing.assert_close(right[..., 1:], images[..., :-1], atol=1e-3, rtol=0)
    assert float(right[..., 0].abs().max()) < 1e-3
    turned = resampled(images, compose(inverse_affine(one * math.pi / 2, zero, zero, zero), whole(4, 4), NEVER, (4, 4)))
    torch.testing.assert_close(turned, images.rot90(-1, (2, 3)), atol=1e-3, rtol=0)  # clockwise


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("shape", [(32, 32), (20, 33)])
def test_crop_matches_torchvision(shape: tuple[int, int], antialias: bool) -> None:
    images = noise(50, *shape)
    boxes = ResizedCrop((0.08, 1), (3 / 4, 4 / 3)).draw(50, *shape, Generator().manual_seed(1))
    ours = resampled(images, compose(still(50), boxes, NEVER.expand(50), shape))
    theirs = [
        functional.resized_crop(image, *map(int, box.tolist()), list(shape), antialias=antialias)
        for image, box in zip(images, boxes, strict=True)
    ]
    torch.testing.assert_close(ours, torch.stack(theirs), atol=0.02, rtol=0)


@pytest.mark.parametrize("shape", [(32, 32), (20, 33)])
def test_affine_matches_torchvision(shape: tuple[int, int]) -> None:
    images, unit = (
        noise(50, *shape),
        2 * torch.rand(4, 50, generator=Generator().manual_seed(1), dtype=torch.float64) - 1,
    )
    angle, shear, right, down = unit[0] * 40, unit[1] * 20, (unit[2] * 4).round(), (unit[3] * 4).round()
    matrix = inverse_affine(angle.deg2rad(), shear.deg2rad(), right, down)
    ours = resampled(images, compose(matrix, whole(*shape, 50), NEVER.expand(50), shape))
    theirs = [
        functional.affine(
            image,
            float(angle[i]),
            [int(right[i]), int(down[i])],
            1.0,
            [float(shear[i]), 0.0],
            InterpolationMode.BILINEAR,
        )
        for i, image in enumerate(images)
    ]
    torch.testing.assert_close(ours, torch.stack(theirs), atol=0.02, rtol=0)


def test_one_resampling_is_torchvisions_two_on_a_smooth_image() -> None:
    """On an image that is a plane interpolating twice changes nothing: both must agree, away from the borders."""
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    image, box = (3 * x + 2 * y + 40).expand(1, 3, 32, 32), (4, 6, 22, 20)
    angle, shear, right, down = (torch.tensor([value], dtype=torch.float64) for value in (12.0, 4.0, 1.0, -2.0))
    matrix = inverse_affine(angle.deg2rad(), shear.deg2rad(), right, down)
    maps = compose(matrix, torch.tensor([box], dtype=torch.float64), ~NEVER, (32, 32))
    between = functional.affine(image, 12.0, [1, -2], 1.0, [4.0, 0.0], InterpolationMode.BILINEAR)
    theirs = functional.horizontal_flip(functional.resized_crop(between, *box, [32, 32]))
    torch.testing.assert_close(resampled(image, maps)[..., 2:-2, 2:-2], theirs[..., 2:-2, 2:-2], atol=0.05, rtol=0)


def measures(boxes: Tensor) -> list[Tensor]:
    """Area, ratio, corner, and a mixture that only the joint distribution gets right."""
    top, left, height, width = boxes.unbind(1)
    return [height * width, width / height, top, left, top + height + 2 * width]


@pytest.mark.parametrize(("scale", "shape"), [((0.08, 1.0), (32, 32)), ((0.9, 1.0), (32, 32)), ((0.6, 1.0), (16, 48))])
def test_crops_are_distributed_as_torchvisions(scale: tuple[float, float], shape: tuple[int, int]) -> None:
    draws, ratio = 3000, (3 / 4, 4 / 3)
    ours = ResizedCrop(scale, ratio).draw(draws, *shape, Generator().manual_seed(0))
    transform = v2.RandomResizedCrop(list(shape), scale, ratio)
    torch.manual_seed(0)
    image = torch.empty(3, *shape)
    found = [transform.make_params([image]) for _ in range(draws)]
    theirs = torch.tensor([[each[key] for key in ("top", "left", "height", "width")] for each in found]).double()
    for mine, other in zip(measures(ours), measures(theirs), strict=True):
        assert ks_2samp(mine, other, method="asymp").pvalue > 0.01
    assert bool(
        ((ours[:, 0] + ours[:, 2] <= shape[0]) & (ours[:, 1] + ours[:, 3] <= shape[1]) & (ours[:, 2:] > 0).all(1)).all()
    )


def test_a_crop_that_never_fits_is_the_largest_centred_one() -> None:
    boxes = ResizedCrop((1, 1), (3 / 4, 4 / 3)).draw(5, 10, 40, Generator().manual_seed(0))
    assert boxes.tolist() == 5 * [[0, 13, 10, 13]]
    params = v2.RandomResizedCrop([10, 40], (1, 1)).make_params([torch.empty(3, 10, 40)])
    assert [params[key] for key in ("top", "left", "height", "width")] == [0, 13, 10, 13]


def test_affine_maps_are_distributed_as_torchvisions() -> None:
    draws = 3000
    ours = Affine(15, 0.05, 5).draw(draws, 24, 32, Generator().manual_seed(0))
    transform, image = v2.RandomAffine(15, (0.05, 0.05), shear=5), torch.empty(3, 24, 32)
    torch.manual_seed(0)
    found = [transform.make_params([image]) for _ in range(draws)]
    theirs = torch.tensor(
        [_get_inverse_affine_matrix([0, 0], p["angle"], p["translate"], p["scale"], p["shear"]) for p in found]
    ).double()
    for column in (0, 1, 2, 4, 5):
        assert ks_2samp(ours[:, column], theirs[:, column]).pvalue > 0.01
    assert ks_2samp(ours[:, 3], theirs[:, 3]).pvalue > 0.01
    assert ks_2samp(ours[:, 0] + ours[:, 1], theirs[:, 0] + theirs[:, 1]).pvalue > 0.01  # jointly, too


def test_images_draw_independently() -> None:
    maps = draw_maps(
        4000, (32, 32), Affine(15, 0.05, 5), ResizedCrop((0.5, 1), (3 / 4, 4 / 3)), 0.5, Generator().manual_seed(0)
    )
    centred = (maps - maps.mean(0)) / maps.std(0)
    neighbours = (centred[1:] * centred[:-1]).mean(0)
    assert float(neighbours.abs().max()) < 4.5 / math.sqrt(4000)


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: Affine(-1, 0, 0), "affine.degrees is -1"),
        (lambda: Affine(0, 1.5, 0), "affine.translate is 1.5"),
        (lambda: Affine(0, 0, 90), "affine.shear is 90"),
        (lambda: ResizedCrop((0, 1), (1, 1)), r"crop.scale is \[0, 1\]"),
        (lambda: ResizedCrop((0.5, 1.2), (1, 1)), r"crop.scale is \[0.5, 1.2\]"),
        (lambda: ResizedCrop((0.5,), (1, 1)), r"crop.scale is \[0.5\]"),
        (lambda: ResizedCrop((0.5, 1), (2, 1)), r"crop.ratio is \[2, 1\]"),
    ],
)
def test_impossible_values_are_refused(make: object, key: str) -> None:
    assert callable(make)
    with pytest.raises(InputError, match=key):
        make()
