"""Cutout: a square of every image is hidden (DeVries and Taylor 2017)."""

import torch
from torch import Generator, Tensor

from alc.errors import InputError

__all__ = ["GREY", "check_cutout", "cut_"]

GREY = 127
"""What stands in the place of hidden pixels, near the mean of most images."""


def check_cutout(side: int) -> None:
    """Refuse what is no side of a square in pixels."""
    if isinstance(side, bool) or not isinstance(side, int) or side < 0:
        raise InputError(f"augmentation.cutout is {side!r}", allowed="a whole number of 0 or more pixels")


def cut_(images: Tensor, side: int, generator: Generator) -> None:
    """Hide a square in each of (B, H, W, 3), in place; its centre is uniform over the image, so it may stand out of it.

    Args:
        images: uint8, or float in 0..255, in any memory layout.
        side: Of the square, in pixels.
        generator: On the CPU, so that views do not depend on the device.
    """
    size, height, width, _ = images.shape
    first = [
        torch.randint(-(side // 2), length - side // 2, (size, 1), generator=generator).to(images.device)
        for length in (height, width)
    ]
    rows, columns = (
        (torch.arange(length, device=images.device) - start).unsqueeze(2)
        for length, start in zip((height, width), first, strict=True)
    )
    hidden = ((rows >= 0) & (rows < side)) & ((columns >= 0) & (columns < side)).transpose(1, 2)
    images.masked_fill_(hidden[..., None], GREY)
