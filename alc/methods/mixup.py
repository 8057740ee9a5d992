"""Mixup: images and their targets, each mixed with another of the batch."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from alc.errors import InputError

__all__ = ["Mixup"]


@dataclass(frozen=True, slots=True)
class Mixup:
    """``l * x + (1 - l) * x'`` of images and of targets alike, x' another row of the batch (Zhang et al. 2018).

    One l per batch, the larger of l and 1 - l of a draw from Beta(alpha, alpha), so that a row stays nearer to itself
    (Berthelot et al. 2019, eq. 8-10).

    Attributes:
        alpha: 0 or more; 0 mixes nothing.
    """

    alpha: float

    def __post_init__(self) -> None:
        if not 0 <= self.alpha < float("inf"):
            raise InputError(f"method.mixup is {self.alpha}", allowed="0 for none, or a number above 0")

    def __call__(self, image: Tensor, targets: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Mixed images (B, 3, H, W) and targets (B, C), whose rows may sum to anything."""
        if not self.alpha:
            return image, targets
        share = float(rng.beta(self.alpha, self.alpha))
        share = max(share, 1 - share)
        other = torch.from_numpy(rng.permutation(len(image))).to(image.device)
        return image.lerp(image[other], 1 - share), targets.lerp(targets[other], 1 - share)
