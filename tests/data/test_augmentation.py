"""Random views: each image its own, with the statistics of torchvision's transforms."""

from hashlib import sha256
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator
from torchvision.transforms import v2

from alc.data import augmentation as module
from alc.data.augmentation import Augmentation, Padding
from alc.data.blur import GaussianBlur
from alc.data.colour import ColourJitter
from alc.data.geometry import Affine, ResizedCrop
from alc.data.normalisation import Normalisation
from alc.errors import InputError

RATIO = (3 / 4, 4 / 3)
SIMCLR = Augmentation(
    flip=True,
    crop=ResizedCrop((0.08, 1), RATIO),
    colour=ColourJitter(0.8, 0.8, 0.8, 0.2, p=0.5),
    grayscale=0.2,
    blur=GaussianBlur(3, (0.1, 2), p=0.5),
)
PAPER = Augmentation(
    flip=True,
    affine=Affine(15, 0.05, 5),
    crop=ResizedCrop((0.9, 1), RATIO),
    colour=ColourJitter(0.5, 0.5, 0.5, 0, p=1),
)


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
    with pytest.raises(InputError, match="flip is 2"):
        Augmentation(flip=2)
    with pytest.raises(InputError, match=r"grayscale is -0.5"):
        Augmentation(grayscale=-0.5)
    with pytest.raises(InputError, match=r"shift is 4 beside a resized crop.*Set augmentation.shift=0"):
        Augmentation(4, crop=ResizedCrop((0.5, 1), RATIO))


@pytest.mark.parametrize(
    ("options", "digest"),
    [
        ({"shift": 1}, "2a4024692e1fa5ae"),
        ({"shift": 4, "flip": True}, "7457c505bb0ddce5"),
        ({"shift": 3, "flip": True, "padding": "edge"}, "39db0e3c2e3d8d38"),
        ({"shift": 3, "padding": "reflect"}, "98bfd3f805b5e592"),
        ({"flip": True}, "d56b567fcdcba0b3"),
    ],
)
def test_whole_pixel_views_never_change(options: dict[str, Any], digest: str) -> None:
    """Committed results were trained on exactly these bytes: the third batch of one generator, by its digest."""
    pixels = (torch.arange(5 * 9 * 8 * 3) * 7 % 251).to(torch.uint8).view(5, 9, 8, 3)
    rows, generator = torch.tensor([4, 0, 0, 2, 3, 1, 4, 2]), Generator().manual_seed(7)
    views = [Augmentation(**options)(pixels, rows, generator) for _ in range(3)][-1]
    assert views.dtype == torch.uint8
    assert sha256(views.numpy().tobytes()).hexdigest().startswith(digest)


def coloured(count: int, height: int = 8, width: int = 8) -> torch.Tensor:
    return torch.randint(0, 256, (count, height, width, 3), generator=Generator().manual_seed(1), dtype=torch.uint8)


@pytest.mark.parametrize("augmentation", [SIMCLR, PAPER])
def test_float_views(augmentation: Augmentation) -> None:
    pixels, rows = coloured(4, 9, 12), torch.arange(4).repeat(30)
    before = torch.get_rng_state()
    views, again = (augmentation(pixels, rows, Generator().manual_seed(5)) for _ in range(2))
    assert (views.shape, views.dtype) == ((120, 9, 12, 3), torch.float32)
    assert float(views.min()) >= 0
    assert float(views.max()) < 255.001  # rounding
    assert torch.equal(views, again)
    assert torch.equal(before, torch.get_rng_state())
    assert not augmentation.is_identity
    assert len({view.numpy().tobytes() for view in views}) == 120  # a row given twice has two views


def test_views_keep_the_order_of_the_rows() -> None:
    """Gray images of one brightness each keep it under everything but brightness, contrast and black borders."""
    pixels = torch.arange(50, dtype=torch.uint8).view(50, 1, 1, 1).expand(50, 8, 8, 3).contiguous()
    rows = torch.randperm(50, generator=Generator().manual_seed(0)).repeat(2)
    colour, crop = ColourJitter(0, 0, 0.5, 0.4, p=0.6), ResizedCrop((0.2, 1), RATIO)
    augmentation = Augmentation(flip=True, crop=crop, colour=colour, grayscale=0.4, blur=GaussianBlur(3, (0.1, 2), 0.5))
    views = augmentation(pixels, rows, Generator().manual_seed(0))
    torch.testing.assert_close(views, pixels[rows].float(), atol=0.02, rtol=0)


@pytest.mark.parametrize("augmentation", [SIMCLR, PAPER, Augmentation(2, colour=SIMCLR.colour, blur=SIMCLR.blur)])
def test_parts_of_a_batch_do_not_matter(augmentation: Augmentation, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, rows = coloured(20), torch.arange(20).repeat(3)
    whole = augmentation(pixels, rows, Generator().manual_seed(0))
    monkeypatch.setattr(module, "WORKING_SET", 7 * 4 * 3 * 64)
    torch.testing.assert_close(augmentation(pixels, rows, Generator().manual_seed(0)), whole, atol=0.01, rtol=0)


def test_draws_do_not_depend_on_the_pixels() -> None:
    states = []
    for pixels in (coloured(20), torch.zeros(20, 8, 8, 3, dtype=torch.uint8)):
        generator = Generator().manual_seed(0)
        SIMCLR(pixels, torch.arange(20), generator)
        states.append(generator.get_state())
    assert torch.equal(*states)


@pytest.mark.parametrize("augmentation", [SIMCLR, PAPER, Augmentation(2, flip=True), Augmentation(2, grayscale=0.5)])
def test_nothing_waits_for_the_device(augmentation: Augmentation) -> None:
    """On the device without values any look at pixels, and any mixture of devices, is an error."""
    pixels = coloured(20).to("meta")
    views = augmentation(pixels, torch.arange(20, device="meta"), Generator().manual_seed(0))
    assert views.device.type == "meta"
    assert Normalisation((0.5,) * 3, (0.2,) * 3)(views).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.gpu
@pytest.mark.parametrize("augmentation", [SIMCLR, PAPER, Augmentation(2, flip=True)])
def test_views_do_not_depend_on_the_device(augmentation: Augmentation) -> None:
    pixels, rows = coloured(20, 32, 32), torch.arange(20).repeat(3)
    host = augmentation(pixels, rows, Generator().manual_seed(0))
    device = augmentation(pixels.cuda(), rows.cuda(), Generator().manual_seed(0))
    torch.testing.assert_close(device.cpu(), host, atol=0.05, rtol=0)


def test_shifts_can_be_coloured() -> None:
    """The same draws move the pixels, whether colours follow or not."""
    pixels, rows = coloured(5), torch.arange(5)
    moved = Augmentation(2, flip=True)(pixels, rows, Generator().manual_seed(0)).float()
    gray = Augmentation(2, flip=True, grayscale=1)(pixels, rows, Generator().manual_seed(0))
    torch.testing.assert_close(gray[..., 0], moved @ torch.tensor([0.2989, 0.587, 0.114]))


@pytest.mark.parametrize("p", [0.0, 0.2, 1.0])
def test_flip_takes_a_probability(p: float) -> None:
    pixels = numbered(8, 1)
    views = Augmentation(flip=p)(pixels, torch.zeros(2000, dtype=torch.int64), Generator().manual_seed(0))
    share = (views == pixels.flip(2)).flatten(1).all(1).float().mean()
    assert float(share) == pytest.approx(p, abs=4 * (p * (1 - p) / 2000) ** 0.5)


PARTS = [
    v2.RandomResizedCrop(6, (0.08, 1)),
    v2.RandomHorizontalFlip(),
    v2.RandomApply([v2.ColorJitter(0.8, 0.8, 0.8, 0.2)], 0.5),
    v2.RandomGrayscale(0.2),
    v2.RandomApply([v2.GaussianBlur(3, (0.1, 2.0))], 0.5),
]


def test_simclr_views_match_torchvision() -> None:
    """Mean, variance and covariances of a few pixels over many views agree with the transforms one image at a time."""
    pixels = torch.randint(0, 256, (1, 6, 6, 3), generator=Generator().manual_seed(1), dtype=torch.uint8)
    draws = 3000
    ours = SIMCLR(pixels, torch.zeros(draws, dtype=torch.int64), Generator().manual_seed(0)).flatten(1)
    transform, image = v2.Compose(PARTS), pixels[0].permute(2, 0, 1) / 255
    torch.manual_seed(0)
    theirs = torch.stack([255 * transform(image) for _ in range(draws)]).permute(0, 2, 3, 1).flatten(1)
    error = (ours.var(0) / draws + theirs.var(0) / draws).sqrt()
    assert float(((ours.mean(0) - theirs.mean(0)).abs() / error).max()) < 4.5
    assert float((ours.std(0) / theirs.std(0) - 1).abs().max()) < 0.1
    assert float((torch.corrcoef(ours.T) - torch.corrcoef(theirs.T)).abs().max()) < 0.15
