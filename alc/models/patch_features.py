"""Features of small images from a dictionary of whitened patches: no label and no gradient is needed to learn them."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["PatchDictionary"]

PATCHES, ROUNDS, WHITENING = 100_000, 5, 1e-2


@dataclass(frozen=True, eq=False)
class PatchDictionary:
    """Whitening and atoms of P x P patches (Coates, Ng and Lee 2011), learned by spherical k-means.

    A patch is whitened, brought to length 1 and compared with every atom; what exceeds a threshold in either direction
    is averaged over a grid of regions.  The features of an image and of its mirror image are added, so that mirroring
    changes nothing.

    Attributes:
        whitening: (P * P * 3, 3, P, P) as the kernels of a convolution.
        offset: (P * P * 3,) its bias.
        atoms: (K, P * P * 3) of length 1.
        threshold: Of the comparison, a cosine.
        regions: The image is averaged over a grid of so many regions each way.
    """

    whitening: Tensor
    offset: Tensor
    atoms: Tensor
    threshold: float
    regions: int

    @classmethod
    def learned(
        cls, image: Tensor, *, atoms: int, patch: int, threshold: float, regions: int, generator: torch.Generator
    ) -> Self:
        """A dictionary of images (N, 3, H, W), normalised."""
        number, _, height, width = image.shape
        which = torch.randint(0, number, (PATCHES,), generator=generator)
        top = torch.randint(0, height - patch + 1, (PATCHES,), generator=generator)
        left = torch.randint(0, width - patch + 1, (PATCHES,), generator=generator)
        steps = torch.arange(patch)
        rows, columns = top[:, None, None] + steps[None, :, None], left[:, None, None] + steps[None, None, :]
        points = image[which[:, None, None], :, rows, columns].permute(0, 3, 1, 2).flatten(1)
        mean = points.mean(dim=0)
        values, vectors = torch.linalg.eigh(torch.cov((points - mean).T))
        white = vectors @ torch.diag((values + WHITENING).rsqrt()) @ vectors.T
        points = functional.normalize((points - mean) @ white, dim=1)
        chosen = points[torch.randperm(PATCHES, generator=generator)[:atoms]]
        for _ in range(ROUNDS):
            nearest = (points @ chosen.T).argmax(dim=1)
            total = torch.zeros_like(chosen).index_add_(0, nearest, points)
            empty = total.norm(dim=1, keepdim=True) < 1e-6
            chosen = functional.normalize(torch.where(empty, chosen, total), dim=1)
        return cls(white.reshape(-1, 3, patch, patch), -(mean @ white), chosen, threshold, regions)

    def features(self, image: Tensor) -> Tensor:
        """Normalised images (B, 3, H, W) -> features (B, 2 * K * regions^2)."""
        return self._one_way(image) + self._one_way(image.flip(3))

    def _one_way(self, image: Tensor) -> Tensor:
        white = functional.conv2d(image, self.whitening, self.offset, stride=2)
        white = functional.normalize(white, dim=1, eps=1e-3).permute(0, 2, 3, 1)
        dtype = torch.bfloat16 if image.device.type == "cpu" else white.dtype
        likeness = white.to(dtype) @ self.atoms.to(dtype).T
        both = [functional.relu(sign * likeness - self.threshold).permute(0, 3, 1, 2) for sign in (1, -1)]
        pooled = [functional.adaptive_avg_pool2d(each, self.regions).float().flatten(1) for each in both]
        return torch.cat(pooled, dim=1)
