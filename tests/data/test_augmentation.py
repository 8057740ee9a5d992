"""Random views: each image its own, with the statistics of torchvision's transforms."""

import numpy as np
import pytest
import torch
from torch import Generator
from torchvision.transforms import v2

from alc.data.augmentation import Augmentation, Padding
from alc.errors import InputError


def numbered(size: int = 8, count: int = 3) -> torch.Tensor:
    """Images whose pixels are all different and never 0."""
    return (torch.arange(count * size * size) % 255 + 1).to(torch.uint8).view(count, size, size, 1).repeat(1, 1, 1, 3)


def test_off_gives_the_rows_themselves() -> None:
    pixels = numbered()
    assert torch.equal(Augmentation()(pixels, torch.tensor([2, 0]), Generator()), pixels[[2, 0]])


@pytest.mark.parametrize("padding", ["zero", "edge", "reflect"])
def test_views_are_the_crops_of_padded_images(padding: Padding) -> None:
    pixels, shift = numbered(), 2
    mode = {"zero": "constant", "edge": "replicate", "reflect": "reflect"}[padding]
    padded = torch.nn.functional.pad(pixels.permute(0, 3, 1, 2).float(), (shift,) * 4, mode=mode)
    crops = {
        tuple(side[row, 0, y : y + 8, x : x + 8].flatten().tolist()): (row, flipped, y, x)
        for row in range(3)
        for y in range(5)
        for x in range(5)
        for flipped, side in enumerate((padded, padded.flip(3)))
    }
    rows = torch.arange(3).repeat(400)
    views = Augmentation(shift, flip=True, padding=padding)(pixels, rows, Generator().manual_seed(0))
    found = [crops[tuple(view.flatten().tolist())] for view in views[..., 0].float()]
    assert [each[0] for each in found] == rows.tolist()
    assert len(set(found)) == 3 * 2 * 25  # every view there is turns up


def test_views_match_torchvision() -> None:
    """Mean and variance of every pixel over many views agree with RandomCrop and RandomHorizontalFlip."""
    pixels = torch.randint(0, 256, (1, 6, 6, 3), generator=Generator().manual_seed(1), dtype=torch.uint8)
    draws = 4000
    ours = Augmentation(2, flip=True)(pixels, torch.zeros(draws, dtype=torch.int64), Generator().manual_seed(0)).float()
    transform = v2.Compose([v2.RandomCrop(6, padding=2), v2.RandomHorizontalFlip()])
    torch.manual_seed(0)
    image = pixels[0].permute(2, 0, 1)
    theirs = torch.stack([transform(image) for _ in range(draws)]).permute(0, 2, 3, 1).float()
    error = (ours.var(0) / draws + theirs.var(0) / draws).sqrt()
    assert float(((ours.mean(0) - theirs.mean(0)).abs() / error).max()) < 4.5
    assert float((ours.std(0) / theirs.std(0) - 1).abs().max()) < 0.1


def test_same_generator_state_same_views() -> None:
    pixels, rows, augmentation = numbered(), torch.arange(3), Augmentation(3, flip=True)
    first, second = (augmentation(pixels, rows, Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, augmentation(pixels, rows, Generator().manual_seed(6)))


def test_digits_are_never_mirrored() -> None:
    ramp = torch.from_numpy(np.tile(np.arange(1, 9, dtype=np.uint8)[:, None], (1, 8, 1, 3)))
    views = Augmentation(1)(ramp, torch.zeros(50, dtype=torch.int64), Generator().manual_seed(0))[..., 0].int()
    inner = views[:, :, 1:-1]
    assert bool((inner.diff(dim=2)[inner[:, :, 1:] > 0] >= 0).all())


def test_impossible_values_are_refused() -> None:
    with pytest.raises(InputError, match="shift is -1"):
        Augmentation(-1)
    with pytest.raises(InputError, match="less than the image size, 8 x 8"):
        Augmentation(8)(numbered(), torch.tensor([0]), Generator())
    with pytest.raises(InputError, match="padding is 'wrap'"):
        Augmentation(1, padding="wrap")  # type: ignore[arg-type]  # what a config could hold
