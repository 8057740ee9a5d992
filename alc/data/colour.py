"""Colour jitter with parameters and an order of its own for every image, and grayscale, on float pixels in 0..255."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from alc.data.ranges import require_probability
from alc.errors import InputError

__all__ = ["ColourJitter", "blend_", "grayscale_", "jitter_", "luma", "shift_hue_"]


@dataclass(frozen=True, slots=True)
class ColourJitter:
    """Random brightness, contrast, saturation and hue in random order: torchvision's ``RandomApply([ColorJitter])``.

    Attributes:
        brightness: Largest change of the factor on all channels: it is drawn from [max(0, 1 - b), 1 + b].
        contrast: The same for the distance from the image's mean gray.
        saturation: The same for the distance from each pixel's own gray.
        hue: Largest turn of the hue either way; 1 is the full circle, so at most 0.5.
        p: Probability that an image is changed at all.
    """

    brightness: float
    contrast: float
    saturation: float
    hue: float
    p: float

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise InputError(f"augmentation.colour.{name} is {value}", allowed="0 or more")
        if not 0 <= self.hue <= 0.5:
            raise InputError(f"augmentation.colour.hue is {self.hue}", allowed="0 to 0.5")
        require_probability("augmentation.colour.p", self.p)

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Group (B,) and numbers (B, 10) of each image, for :func:`jitter_`.

        The group is 0 for images left as they are, else 1 + the number of other operations before hue.  The numbers are
        the blends' factors, their parts of the mean gray, their parts of each pixel's gray (three each), and the turn.
        """
        applied = torch.rand(size, generator=generator) < self.p
        place = torch.rand(size, 4, generator=generator).argsort(dim=1)  # of brightness, contrast, saturation and hue
        unit = torch.rand(size, 4, generator=generator)
        strength = torch.tensor([self.brightness, self.contrast, self.saturation])
        low = (1 - strength).clamp_(min=0)
        factor = low + unit[:, :3] * (1 + strength - low)
        turn = (2 * unit[:, 3:] - 1) * self.hue
        before = place[:, 3:]
        rank = place[:, :3] - (place[:, :3] > before).long()  # among the three, without hue
        kind = torch.zeros(size, 3, dtype=torch.int64).scatter_(1, rank, torch.arange(3).expand(size, 3))
        factor = factor.gather(1, kind)
        mean_part, gray_part = (torch.where(kind == k, 1 - factor, 0) for k in (1, 2))
        group = torch.where(applied, before.squeeze(1) + 1, 0)
        return group, torch.cat((factor, mean_part, gray_part, turn), dim=1)


def jitter_(images: Tensor, group: Tensor, numbers: Tensor) -> None:
    """Change float (b, 3, P) as was drawn: their ``group`` (b,), sorted, and ``numbers`` (b, 10), both on the host.

    Sorted, the images whose hue turns before the same blend stand together, and no work is done for the others.
    """
    turns, blends = bool(numbers[:, 9].any()), bool((numbers[:, :3] != 1).any())
    numbers = numbers.to(images.device, non_blocking=True)
    ends = torch.searchsorted(group, torch.arange(5), right=True).tolist()
    changed = slice(ends[0], len(images))
    if changed.start == changed.stop:
        return
    for k in range(4):
        turned = slice(ends[k], ends[k + 1])
        if turns and turned.start < turned.stop:
            shift_hue_(images[turned], numbers[turned, 9:])
        if blends and k < 3:
            blend_(images[changed], *numbers[changed, k:9:3, None].unbind(1))


def luma(images: Tensor) -> Tensor:
    """Gray of (B, 3, P) -> (B, P), with the weights of ITU-R 601 as torchvision and PIL."""
    red, green, blue = images.unbind(1)
    return (red * 0.2989).add_(green, alpha=0.587).add_(blue, alpha=0.114)


def blend_(images: Tensor, factor: Tensor, mean_part: Tensor, gray_part: Tensor) -> None:
    """Brightness, contrast or saturation of (B, 3, P): factor times the image plus parts of its gray, kept in 0..255.

    The three (B, 1) are (f, 0, 0) for brightness, (f, 1 - f, 0) for contrast and (f, 0, 1 - f) for saturation.
    """
    gray = luma(images)
    constant = gray.mean(dim=1, keepdim=True).mul_(mean_part)
    rest = gray.mul_(gray_part).add_(constant)
    torch.addcmul(rest[:, None], images, factor[:, None], out=images)
    images.clamp_(0, 255)


def shift_hue_(images: Tensor, turn: Tensor) -> None:
    """Turn the hue of (B, 3, P) by (B, 1) parts of the circle in [-0.5, 0.5]; value and HSV saturation stay exactly.

    The same function as RGB -> HSV, shift, back, without its case distinctions.  With low, high and chroma the smallest
    channel, the largest and their difference, the hue's distance from red, in sixths of the circle, is
    1 + (green + blue - red - low) / chroma, and its side the sign of green - blue; and each channel is the trapezoid
    low + chroma * clamp(2 - distance from that channel's own hue, 0, 1).
    """
    red, green, blue = images.unbind(1)
    high = torch.maximum(red, green)
    torch.maximum(high, blue, out=high)
    low = torch.minimum(red, green)
    torch.minimum(low, blue, out=low)
    chroma = high - low
    six = chroma * 6
    hue = (green + blue).sub_(red).sub_(low)
    hue.div_(six.clamp_min(1e-20)).add_(1 / 6)
    hue.copysign_(green - blue).add_(turn + 1).frac_()
    base = torch.sub(low, chroma)
    torch.clamp(torch.addcmul(base, (hue - 0.5).abs_(), six), low, high, out=red)
    base.add_(chroma, alpha=3)
    for centre, channel in ((1 / 3, green), (2 / 3, blue)):
        torch.clamp(torch.addcmul(base, (hue - centre).abs_(), six, value=-1), low, high, out=channel)


def grayscale_(images: Tensor, chosen: Tensor) -> None:
    """Replace the channels of some images by their gray: (B, 3, P) and (k,) numbers of images."""
    images[chosen] = luma(images.index_select(0, chosen))[:, None].expand(-1, 3, -1)
