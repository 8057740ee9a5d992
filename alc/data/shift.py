"""Shifts by whole pixels and mirroring: one gather of pixels, which stay the bytes they were."""

from typing import Literal

import torch
from torch import Tensor

__all__ = ["Padding", "shifted"]

Padding = Literal["zero", "edge", "reflect"]
"""What enters at the borders: black, the nearest pixel, or the mirrored image."""


def shifted(pixels: Tensor, rows: Tensor, offset: Tensor, mirrored: Tensor | None, padding: Padding) -> Tensor:
    """Rows of uint8 (N, H, W, 3), each moved by its own offset and perhaps mirrored -> uint8 (B, H, W, 3).

    Args:
        pixels: All images.
        rows: (B,) which of them.
        offset: (2, B, 1) whole pixels down and right, smaller than the image.
        mirrored: (B, 1) whether left and right are swapped; None for nowhere.
        padding: What enters at the borders.
    """
    size, (_, height, width, channels), device = len(rows), pixels.shape, pixels.device
    x = torch.arange(width, device=device).expand(size, width)
    if mirrored is not None:
        x = torch.where(mirrored, width - 1 - x, x)
    y, x = torch.arange(height, device=device) + offset[0], x + offset[1]
    source_y, source_x = _inside(y, height, padding), _inside(x, width, padding)
    flat = ((rows[:, None] * height + source_y) * width)[:, :, None] + source_x[:, None, :]
    views = pixels.view(-1, channels).index_select(0, flat.view(-1)).view(size, height, width, channels)
    if padding == "zero":
        beyond = (y != source_y)[:, :, None] | (x != source_x)[:, None, :]
        views.masked_fill_(beyond[..., None], 0)
    return views


def _inside(position: Tensor, length: int, padding: Padding) -> Tensor:
    """Positions -length+1..2*length-2 as positions of the image."""
    if padding == "reflect":
        return (length - 1) - ((length - 1) - position.abs()).abs()
    return position.clamp(0, length - 1)
