"""Blur: hand-worked weights, torchvision's kernel, and who is blurred how much."""

import math

import pytest
import torch
from scipy.stats import kstest
from torch import Generator
from torchvision.transforms.v2 import functional

from alc.data.blur import GaussianBlur, blur_, blurred, gaussian
from alc.errors import InputError


def test_weights() -> None:
    side = math.exp(-0.5)
    expected = torch.tensor([[side, 1, side]]) / (1 + 2 * side)
    torch.testing.assert_close(gaussian(3, torch.ones(1, 1)), expected)


def test_a_point_spreads_and_borders_are_mirrored() -> None:
    image = torch.zeros(1, 3, 3, 3)
    image[:, :, 0, 1] = 16
    weights = torch.tensor([[0.25, 0.5, 0.25]])
    expected = torch.tensor([[2.0, 4, 2], [1, 2, 1], [0, 0, 0]])  # the row above the first is the second
    expected[:, [0, 2]] *= 2  # the column beside the outermost is the middle one
    torch.testing.assert_close(blurred(image, weights)[0, 0], expected)


@pytest.mark.parametrize("kernel", [1, 3, 7])
def test_blur_matches_torchvision(kernel: int) -> None:
    images = 255 * torch.rand(20, 3, 9, 12, generator=Generator().manual_seed(0))
    sigma = 0.1 + 1.9 * torch.rand(20, 1, generator=Generator().manual_seed(1))
    theirs = [
        functional.gaussian_blur(image, [kernel] * 2, [float(s)] * 2) for image, s in zip(images, sigma, strict=True)
    ]
    torch.testing.assert_close(blurred(images, gaussian(kernel, sigma)), torch.stack(theirs), atol=1e-3, rtol=0)


def test_only_the_chosen_are_blurred() -> None:
    images = torch.rand(7, 3, 5, 5, generator=Generator().manual_seed(0))
    chosen, weights = torch.tensor([1, 0, 1, 1, 0, 0, 1]).bool(), gaussian(3, torch.linspace(0.5, 2, 7)[:, None])
    expected = torch.where(chosen[:, None, None, None], blurred(images, weights), images)
    blur_(images, chosen, weights)
    assert torch.equal(images, expected)


def test_draws() -> None:
    chosen, weights = GaussianBlur(3, (0.5, 2), 0.3).draw(4000, Generator().manual_seed(0))
    assert abs(float(chosen.float().mean()) - 0.3) < 4 * math.sqrt(0.3 * 0.7 / 4000)
    torch.testing.assert_close(weights.sum(1), torch.ones(4000))
    sigma = (-0.5 / (weights[:, 0] / weights[:, 1]).log()).sqrt()
    assert kstest(sigma, "uniform", (0.5, 1.5)).pvalue > 0.01
    assert abs(float(torch.corrcoef(torch.stack((chosen.float(), sigma)))[0, 1])) < 4.5 / math.sqrt(4000)


def test_impossible_values_are_refused() -> None:
    with pytest.raises(InputError, match=r"blur.kernel is 4"):
        GaussianBlur(4, (0.1, 2), 0.5)
    with pytest.raises(InputError, match=r"blur.sigma is \[0, 2\]"):
        GaussianBlur(3, (0, 2), 0.5)
    with pytest.raises(InputError, match=r"blur.p is 2"):
        GaussianBlur(3, (0.1, 2), 2)
    with pytest.raises(InputError, match=r"blur.kernel is 9.*less than twice the image size, 4 x 8"):
        blurred(torch.zeros(1, 3, 4, 8), torch.full((1, 9), 1 / 9))
