"""Affine maps and resized crops with parameters per image, composed with mirroring into one bilinear resampling.

Coordinates count from the image's centre, pixels have unit size and their values sit at their middles (half-pixel
convention, ``align_corners=False``).  A crop is never larger than the image, so resampling only enlarges and
antialiasing has nothing to do.  Where torchvision resamples twice (affine, by default to the nearest pixel, then the
crop), here the two maps are composed and the source is read once: each alone equals torchvision's bilinear one,
together they blur less.  Reading stays inside the crop, as if it had been cut out first; what an affine map brings in
from outside the image is black.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn.functional import grid_sample

from alc.data.ranges import require_interval
from alc.errors import InputError

__all__ = ["Affine", "ResizedCrop", "draw_maps", "resampled"]

ATTEMPTS = 10  # of finding a crop that fits, as torchvision


@dataclass(frozen=True, slots=True)
class Affine:
    """Random rotation, shift and shear around the centre: torchvision's ``RandomAffine``, bilinear, black outside.

    Attributes:
        degrees: Largest rotation either way.
        translate: Largest shift either way as a fraction of height and width; drawn, then rounded to whole pixels.
        shear: Largest horizontal shear either way, in degrees.
    """

    degrees: float
    translate: float
    shear: float

    def __post_init__(self) -> None:
        for name, value, limit in (("degrees", self.degrees, 180), ("translate", self.translate, 1)):
            if not 0 <= value <= limit:
                raise InputError(f"augmentation.affine.{name} is {value}", allowed=f"0 to {limit}")
        if not 0 <= self.shear < 90:
            raise InputError(f"augmentation.affine.shear is {self.shear}", allowed="0 or more, and less than 90")

    def draw(self, size: int, height: int, width: int, generator: Generator) -> Tensor:
        """Maps from view to image, both from their centres: float64 (B, 6), a x + b y + c and d x + e y + f."""
        unit = 2 * torch.rand(4, size, generator=generator, dtype=torch.float64) - 1
        angle, shear = unit[0] * math.radians(self.degrees), unit[1] * math.radians(self.shear)
        right, down = (unit[2] * (self.translate * width)).round_(), (unit[3] * (self.translate * height)).round_()
        return inverse_affine(angle, shear, right, down)


def inverse_affine(angle: Tensor, shear: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """Inverse of shear, then rotation (clockwise on screen, radians), then shift: (B,) each -> (B, 6)."""
    cos, sin, slope = angle.cos(), angle.sin(), shear.tan()
    a, b, d, e = cos - sin * slope, sin + cos * slope, -sin, cos
    return torch.stack((a, b, -a * right - b * down, d, e, -d * right - e * down), dim=1)


@dataclass(frozen=True, slots=True)
class ResizedCrop:
    """A random part of the image, enlarged to the image's size: torchvision's ``RandomResizedCrop``.

    Attributes:
        scale: Smallest and largest area as a fraction of the image's, drawn uniformly.
        ratio: Smallest and largest width / height, drawn uniformly in its logarithm.
    """

    scale: Sequence[float]
    ratio: Sequence[float]

    def __post_init__(self) -> None:
        require_interval("augmentation.crop.scale", self.scale, upto=1)
        require_interval("augmentation.crop.ratio", self.ratio)

    def draw(self, size: int, height: int, width: int, generator: Generator) -> Tensor:
        """Boxes in whole pixels: float64 (B, 4), top, left, height and width.

        The first of ten attempts that fits in the image; where none does, the largest centred crop whose width / height
        is allowed.
        """
        low, high = (math.log(value) for value in self.ratio)
        unit = torch.rand(2, size, ATTEMPTS, generator=generator, dtype=torch.float64)
        area = unit[0].mul_(self.scale[1] - self.scale[0]).add_(self.scale[0]).mul_(height * width)
        ratio = unit[1].mul_(high - low).add_(low).exp_()
        tall, wide = (area / ratio).sqrt_().round_(), (area * ratio).sqrt_().round_()
        fits = (wide > 0) & (wide <= width) & (tall > 0) & (tall <= height)
        first = fits.to(torch.int8).argmax(dim=1, keepdim=True)  # the first of equals
        tall, wide, fits = (each.gather(1, first).squeeze(1) for each in (tall, wide, fits))
        best_tall = min(height, round(width / self.ratio[0]))
        best_wide = min(width, round(height * self.ratio[1]))
        tall, wide = torch.where(fits, tall, best_tall), torch.where(fits, wide, best_wide)
        free = torch.stack((height - tall, width - wide))
        corner = (torch.rand(2, size, generator=generator, dtype=torch.float64) * (free + 1)).floor_().minimum(free)
        corner = torch.where(fits, corner, (free / 2).floor_())
        return torch.stack((*corner, tall, wide), dim=1)


def draw_maps(
    size: int,
    shape: tuple[int, int],
    affine: Affine | None,
    crop: ResizedCrop | None,
    flip: float,
    generator: Generator,
) -> Tensor:
    """Everything :func:`resampled` needs to know: affine map, then crop, then mirroring -> float32 (B, 14)."""
    height, width = shape
    still, whole = torch.tensor([1.0, 0, 0, 0, 1, 0]).double(), torch.tensor([0.0, 0, height, width]).double()
    matrix = affine.draw(size, height, width, generator) if affine else still.expand(size, 6)
    box = crop.draw(size, height, width, generator) if crop else whole.expand(size, 4)
    mirrored = torch.rand(size, generator=generator) < flip
    return compose(matrix, box, mirrored, shape)


def compose(matrix: Tensor, box: Tensor, mirrored: Tensor, shape: tuple[int, int]) -> Tensor:
    """Maps (B, 6), boxes (B, 4) and flags (B,) as (B, 14): slope, start, lowest and highest of x and y, then the map.

    Column j of a view reads from x = clamp(start + slope * j, lowest, highest) of the affine image; rows likewise.
    """
    columns: list[Tensor] = []
    for axis, length in ((1, shape[1]), (0, shape[0])):
        slope = box[:, 2 + axis] / length
        lowest = box[:, axis] - (length - 1) / 2
        highest = lowest + box[:, 2 + axis] - 1
        start = lowest + (slope - 1) / 2
        if axis == 1:
            start = torch.where(mirrored, start + slope * (length - 1), start)
            slope = torch.where(mirrored, -slope, slope)
        columns += [slope, start, lowest, highest]
    return torch.cat((torch.stack(columns, dim=1), matrix), dim=1).float()


def resampled(images: Tensor, maps: Tensor) -> Tensor:
    """Bilinear views: float (B, 3, H, W) and the (B, 14) of :func:`draw_maps` -> float (B, 3, H, W)."""
    size, _, height, width = images.shape
    maps = maps[..., None]
    x = (torch.arange(width, device=images.device) * maps[:, 0]).add_(maps[:, 1]).clamp_(maps[:, 2], maps[:, 3])
    y = (torch.arange(height, device=images.device) * maps[:, 4]).add_(maps[:, 5]).clamp_(maps[:, 6], maps[:, 7])
    grid = torch.empty(2, size, height, width, device=images.device)
    for k, length in enumerate((width, height)):
        a, b, c = maps[:, 8 + 3 * k], maps[:, 9 + 3 * k], maps[:, 10 + 3 * k]
        along, across = (x * a).mul_(2 / length), (y * b).add_(c).mul_(2 / length)
        torch.add(along[:, None, :], across[:, :, None], out=grid[k])
    return grid_sample(images, grid.permute(1, 2, 3, 0), align_corners=False)
