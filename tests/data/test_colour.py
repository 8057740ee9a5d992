"""Colours: hand-worked hues, torchvision's four operations, and the distribution of factors and orders."""

import math
from collections.abc import Callable
from itertools import permutations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest
from torch import Generator, Tensor
from torchvision.transforms.v2 import functional

from alc.data.colour import ColourJitter, blend_, grayscale_, jitter_, luma, shift_hue_
from alc.errors import InputError

RED, GREEN, BLUE = [255.0, 0, 0], [0.0, 255, 0], [0.0, 0, 255]
YELLOW, CYAN, MAGENTA = [255.0, 255, 0], [0.0, 255, 255], [255.0, 0, 255]


def solid(*colours: list[float]) -> Tensor:
    """One-pixel images (B, 3, 1)."""
    return torch.tensor(colours)[:, :, None]


def noise(size: int = 40) -> Tensor:
    """Images (B, 3, 24) with gray, black, white and pure pixels among them."""
    images = 255 * torch.rand(size, 3, 24, generator=Generator().manual_seed(0))
    images[:, :, 0], images[:, :, 1], images[:, :, 2], images[:, 1:, 3] = 90, 0, 255, 0
    images[:, 1, 4:8] = images[:, 0, 4:8]
    return images


def each(images: Tensor, transform: Callable[[Tensor, float], Tensor], factors: Tensor) -> Tensor:
    """torchvision's transform of every image by its own factor."""
    pairs = zip(images / 255, factors.flatten().tolist(), strict=True)
    return torch.stack([255 * transform(image[:, None], factor)[:, 0] for image, factor in pairs])


def factors(size: int, low: float, high: float) -> Tensor:
    return low + (high - low) * torch.rand(size, 1, generator=Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (1 / 6, [YELLOW, CYAN, MAGENTA]),
        (1 / 3, [GREEN, BLUE, RED]),
        (-1 / 3, [BLUE, RED, GREEN]),
        (0.5, [CYAN, MAGENTA, YELLOW]),
        (-0.5, [CYAN, MAGENTA, YELLOW]),
        (1 / 12, [[255, 127.5, 0], [0, 255, 127.5], [127.5, 0, 255]]),
    ],
)
def test_hue_of_pure_colours(turn: float, expected: list[list[float]]) -> None:
    images = solid(RED, GREEN, BLUE)
    shift_hue_(images, torch.full((3, 1), turn))
    torch.testing.assert_close(images, solid(*expected), atol=1e-3, rtol=0)


def test_grays_have_no_hue() -> None:
    images = solid([0.0] * 3, [90.0] * 3, [255.0] * 3)
    shift_hue_(images, torch.tensor([[0.1], [0.2], [-0.4]]))
    assert torch.equal(images, solid([0.0] * 3, [90.0] * 3, [255.0] * 3))


def test_hue_matches_torchvision() -> None:
    images, turn = noise(), factors(40, -0.5, 0.5)
    expected = each(images, functional.adjust_hue, turn)
    shift_hue_(images, turn)
    torch.testing.assert_close(images, expected, atol=2e-3, rtol=0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 255, width=32), min_size=3, max_size=3), st.floats(-0.5, 0.5))
def test_hue_property(colour: list[float], turn: float) -> None:
    """The largest and the smallest channel stay; turning back gives the colour again."""
    images, by = solid(colour), torch.tensor([[turn]])
    shift_hue_(images, by)
    torch.testing.assert_close(images.amax(1), solid(colour).amax(1), atol=0, rtol=1e-6)
    torch.testing.assert_close(images.amin(1), solid(colour).amin(1), atol=0, rtol=1e-6)
    shift_hue_(images, -by)
    torch.testing.assert_close(images, solid(colour), atol=2e-3, rtol=0)


def test_gray() -> None:
    assert luma(solid(RED, GREEN, BLUE)).flatten().tolist() == pytest.approx([0.2989 * 255, 0.587 * 255, 0.114 * 255])
    images = solid(RED, GREEN, BLUE)
    grayscale_(images, torch.tensor([1]))
    torch.testing.assert_close(images, solid(RED, [0.587 * 255] * 3, BLUE))


def test_grayscale_matches_torchvision() -> None:
    images = noise()
    expected = functional.rgb_to_grayscale(images[:, :, None], 3)[:, :, 0]
    grayscale_(images, torch.arange(40))
    torch.testing.assert_close(images, expected)


@pytest.mark.parametrize(
    ("transform", "mean_part", "gray_part"),
    [(functional.adjust_brightness, 0, 0), (functional.adjust_contrast, 1, 0), (functional.adjust_saturation, 0, 1)],
)
def test_blends_match_torchvision(transform: Callable[[Tensor, float], Tensor], mean_part: int, gray_part: int) -> None:
    images, by = noise(), factors(40, 0, 2)
    expected = each(images, transform, by)
    blend_(images, by, mean_part * (1 - by), gray_part * (1 - by))
    torch.testing.assert_close(images, expected, atol=1e-3, rtol=0)


def operations(group: Tensor, numbers: Tensor) -> tuple[list[tuple[int, ...]], Tensor]:
    """Per image the order of its operations (empty where unchanged), and the four factors (B, 4)."""
    kind = (numbers[:, 3:6] != 0) + 2 * (numbers[:, 6:9] != 0).long()
    values = torch.empty(len(numbers), 4)
    values.scatter_(1, kind, numbers[:, :3])[:, 3] = numbers[:, 9]
    orders: list[tuple[int, ...]] = []
    for place, three in zip((group - 1).tolist(), kind.tolist(), strict=True):
        orders.append(() if place < 0 else (*three[:place], 3, *three[place:]))
    return orders, values


def test_jitter_matches_torchvision_in_each_images_order() -> None:
    size = 60
    group, numbers = ColourJitter(0.8, 0.7, 0.6, 0.2, 0.7).draw(size, Generator().manual_seed(3))
    group, order = group.sort()
    numbers = numbers[order]
    orders, values = operations(group, numbers)
    transforms = (
        functional.adjust_brightness,
        functional.adjust_contrast,
        functional.adjust_saturation,
        functional.adjust_hue,
    )
    images = noise(size)
    expected, parts = images.clone(), images.clone()
    for i, kinds in enumerate(orders):
        for kind in kinds:
            expected[i] = each(expected[i : i + 1], transforms[kind], values[i, kind])[0]
    assert () in orders
    assert len(set(orders)) > 15
    jitter_(images, group, numbers)
    torch.testing.assert_close(images, expected, atol=0.02, rtol=0)  # nearly gray pixels turn rounding into colour
    for start in range(0, size, 7):
        jitter_(parts[start : start + 7], group[start : start + 7], numbers[start : start + 7])
    torch.testing.assert_close(parts, images)


def test_orders_and_factors_are_distributed_as_torchvisions() -> None:
    size = 6000
    orders, values = operations(*ColourJitter(0.8, 0.5, 1.5, 0.2, 0.5).draw(size, Generator().manual_seed(0)))
    applied = [each for each in orders if each]
    assert abs(len(applied) - size / 2) < 4 * math.sqrt(size / 4)
    counts = [applied.count(each) for each in permutations(range(4))]
    assert sum(counts) == len(applied)
    assert chisquare(counts).pvalue > 0.01
    for k, (low, high) in enumerate(((0.2, 1.8), (0.5, 1.5), (0, 2.5), (-0.2, 0.2))):
        assert kstest(values[:, k], "uniform", (low, high - low)).pvalue > 0.01
    correlation = torch.corrcoef(values.T)
    assert float((correlation - torch.eye(4)).abs().max()) < 4.5 / math.sqrt(size)


def test_nothing_to_jitter_changes_nothing() -> None:
    images = noise()
    for jitter in (ColourJitter(0, 0, 0, 0, 1), ColourJitter(0.5, 0.5, 0.5, 0.5, 0)):
        group, numbers = jitter.draw(40, Generator().manual_seed(0))
        jitter_(images, group.sort().values, numbers)
    torch.testing.assert_close(images, noise())


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ((-0.1, 0, 0, 0, 1), "colour.brightness is -0.1"),
        ((0, float("nan"), 0, 0, 1), "colour.contrast is nan"),
        ((0, 0, -2, 0, 1), "colour.saturation is -2"),
        ((0, 0, 0, 0.6, 1), "colour.hue is 0.6"),
        ((0, 0, 0, 0, 1.1), "colour.p is 1.1"),
    ],
)
def test_impossible_values_are_refused(values: tuple[float, float, float, float, float], key: str) -> None:
    with pytest.raises(InputError, match=key):
        ColourJitter(*values)
