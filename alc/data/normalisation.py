"""From uint8 pixels to network input."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self, get_args

import numpy as np
import torch
from torch import Tensor

from alc.errors import InputError

if TYPE_CHECKING:
    from alc.sources.images import Images

__all__ = ["Normalisation", "NormalisationName"]

NormalisationName = Literal["data", "imagenet", "none"]
"""Mean and standard deviation per channel: of the images themselves, of ImageNet (for its weights), or none."""

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
MAX_IMAGES = 4096


@dataclass(frozen=True, slots=True)
class Normalisation:
    """``(pixel / 255 - mean) / std``, per channel.

    Attributes:
        mean: Three means of pixels in [0, 1].
        std: Three standard deviations of pixels in [0, 1], positive.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def named(cls, name: NormalisationName, images: "Images") -> Self:
        """The normalisation of that name; ``data`` measures at most 4,096 images spread evenly over the set."""
        if name not in get_args(NormalisationName):
            raise InputError(f"normalisation is {name!r}", allowed=", ".join(get_args(NormalisationName)))
        if name == "imagenet":
            return cls(*IMAGENET)
        if name == "none":
            return cls((0.0,) * 3, (1.0,) * 3)
        rows = np.unique(np.linspace(0, len(images) - 1, min(len(images), MAX_IMAGES)).astype(np.int64))
        histogram = np.zeros((3, 256))
        for part in np.array_split(rows, -(-len(rows) // 64)):
            pixels = images.read(part).reshape(-1, 3)
            histogram += [np.bincount(channel, minlength=256) for channel in pixels.T]
        weight = histogram / histogram.sum(axis=1, keepdims=True)
        level = np.arange(256) / 255
        mean = weight @ level
        std = np.sqrt(np.maximum(weight @ level**2 - mean**2, 0)).clip(min=1 / 255)  # constant channels stay finite
        return cls(tuple(mean.tolist()), tuple(std.tolist()))

    def __call__(self, pixels: Tensor) -> Tensor:
        """(B, H, W, 3) -> float (B, 3, H, W), laid out channels-last as convolutions like it.

        Args:
            pixels: uint8, or float in 0..255; in memory pixel by pixel, or channel by channel behind a permuted view.
        """
        scale = torch.tensor([1 / (255 * std) for std in self.std])
        offset = torch.tensor([-mean / std for mean, std in zip(self.mean, self.std, strict=True)])
        scale, offset = (each.to(pixels.device, non_blocking=True) for each in (scale, offset))
        size, height, width, _ = pixels.shape
        if not pixels.is_contiguous():
            image = pixels.permute(0, 3, 1, 2) * scale[:, None, None]
            return image.add_(offset[:, None, None]).contiguous(memory_format=torch.channels_last)
        # whole rows at a time: over three channels at a time the same sums take several times as long on a CPU
        rows = pixels.view(size, height, -1).to(torch.float32, copy=True)
        rows.mul_(scale.repeat(width)).add_(offset.repeat(width))
        return rows.view(pixels.shape).permute(0, 3, 1, 2)
