"""Normalisation: measured statistics and their application."""

import numpy as np
import pytest
import torch

from alc.data.normalisation import Normalisation
from alc.errors import InputError
from alc.sources.images import ArrayImages

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 5, 4, 3), dtype=np.uint8)


def test_data_matches_numpy() -> None:
    scaling = Normalisation.named("data", ArrayImages(IMAGES))
    pixels = IMAGES.reshape(-1, 3) / 255
    np.testing.assert_allclose(scaling.mean, pixels.mean(axis=0))
    np.testing.assert_allclose(scaling.std, pixels.std(axis=0))


def test_normalised_images_have_mean_0_and_deviation_1() -> None:
    image = Normalisation.named("data", ArrayImages(IMAGES))(torch.from_numpy(IMAGES))
    assert image.shape == (20, 3, 5, 4)
    assert image.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(image.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(image.std(dim=(0, 2, 3), correction=0), torch.ones(3))


def test_none_is_the_pixel_as_a_fraction() -> None:
    image = Normalisation.named("none", ArrayImages(IMAGES))(torch.from_numpy(IMAGES))
    torch.testing.assert_close(image, torch.from_numpy(IMAGES).permute(0, 3, 1, 2) / 255)


@pytest.mark.parametrize("kind", ["uint8", "float", "planar"])
def test_any_pixels_are_normalised(kind: str) -> None:
    pixels = torch.from_numpy(IMAGES)
    mean, std = torch.tensor([0.1, 0.2, 0.3]), torch.tensor([0.4, 0.5, 0.6])
    expected = ((pixels.double() / 255 - mean) / std).permute(0, 3, 1, 2).float()
    given = {
        "uint8": pixels,
        "float": pixels.float(),
        "planar": pixels.float().permute(0, 3, 1, 2).contiguous().permute(0, 2, 3, 1),
    }[kind]
    before = given.clone()
    image = Normalisation(tuple(mean.tolist()), tuple(std.tolist()))(given)
    torch.testing.assert_close(image, expected, atol=1e-5, rtol=0)
    assert image.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(given, before)


def test_constant_images_stay_finite() -> None:
    black = np.zeros((2, 4, 4), dtype=np.uint8)
    image = Normalisation.named("data", ArrayImages(black))(torch.from_numpy(black[..., None].repeat(3, axis=3)))
    assert bool(torch.isfinite(image).all())


def test_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match="Allowed: data, imagenet, none"):
        Normalisation.named("cifar", ArrayImages(IMAGES))  # type: ignore[arg-type]  # what a config could hold
