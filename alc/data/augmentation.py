"""Random views of uint8 images, a whole batch at once with its own parameters for every image, on any device."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Generator, Tensor

from alc.errors import InputError

__all__ = ["Augmentation", "Padding"]

Padding = Literal["zero", "edge", "reflect"]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Random shift (crop with padding) and horizontal flip: the usual training views of small images.

    Each image draws a vertical and a horizontal offset, uniform over the whole pixels -shift..shift, and a fair coin
    for the flip: the distribution of torchvision's ``RandomCrop(size, padding=shift)`` and
    ``RandomHorizontalFlip()``.  All of it is one gather of pixels.

    Attributes:
        shift: Largest offset in pixels; 0 turns it off.
        flip: Whether images may be mirrored.  Not for digits, text or sides of a body.
        padding: What enters at the borders: black, the nearest pixel, or the mirrored image.
    """

    shift: int = 0
    flip: bool = False
    padding: Padding = "zero"

    def __post_init__(self) -> None:
        if self.shift < 0:
            raise InputError(f"augmentation.shift is {self.shift}", allowed="0 or more pixels")
        if self.padding not in get_args(Padding):
            raise InputError(f"augmentation.padding is {self.padding!r}", allowed=", ".join(get_args(Padding)))

    @property
    def is_identity(self) -> bool:
        """Whether every view is the image itself."""
        return not self.shift and not self.flip

    def __call__(self, pixels: Tensor, rows: Tensor, generator: Generator) -> Tensor:
        """Random views of some rows: uint8 (N, H, W, 3) and rows (B,) on one device -> uint8 (B, H, W, 3).

        The parameters are drawn by the CPU's ``generator`` wherever the pixels are: views do not depend on the device.
        """
        if self.is_identity:
            return pixels[rows]
        size, (_, height, width, channels), device = len(rows), pixels.shape, pixels.device
        if self.shift >= min(height, width):
            raise InputError(
                f"augmentation.shift is {self.shift}", allowed=f"less than the image size, {height} x {width}"
            )
        offset = torch.randint(-self.shift, self.shift + 1, (2, size, 1), generator=generator).to(device)
        x = torch.arange(width, device=device).expand(size, width)
        if self.flip:
            mirrored = (torch.rand(size, 1, generator=generator) < 0.5).to(device)
            x = torch.where(mirrored, width - 1 - x, x)
        y, x = torch.arange(height, device=device) + offset[0], x + offset[1]
        source_y, source_x = self._inside(y, height), self._inside(x, width)
        flat = ((rows[:, None] * height + source_y) * width)[:, :, None] + source_x[:, None, :]
        views = pixels.view(-1, channels).index_select(0, flat.view(-1)).view(size, height, width, channels)
        if self.shift and self.padding == "zero":
            beyond = (y != source_y)[:, :, None] | (x != source_x)[:, None, :]
            views.masked_fill_(beyond[..., None], 0)
        return views

    def _inside(self, position: Tensor, length: int) -> Tensor:
        """Positions -shift..length-1+shift as positions of the image."""
        if self.padding == "reflect":
            return (length - 1) - ((length - 1) - position.abs()).abs()
        return position.clamp(0, length - 1)
