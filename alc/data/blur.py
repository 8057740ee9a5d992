"""Gaussian blur with a width of its own for every image."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn.functional import pad

from alc.data.ranges import require_interval, require_probability
from alc.errors import InputError

__all__ = ["GaussianBlur", "blur_", "blurred", "gaussian"]


@dataclass(frozen=True, slots=True)
class GaussianBlur:
    """Blur by a square Gaussian kernel, mirrored at the borders: torchvision's ``GaussianBlur`` under ``RandomApply``.

    Attributes:
        kernel: Side of the kernel in pixels, odd; it cuts off wide Gaussians.
        sigma: Smallest and largest standard deviation in pixels, drawn uniformly.
        p: Probability that an image is blurred.
    """

    kernel: int
    sigma: Sequence[float]
    p: float

    def __post_init__(self) -> None:
        if self.kernel < 1 or self.kernel % 2 == 0:
            raise InputError(f"augmentation.blur.kernel is {self.kernel}", allowed="an odd number of pixels")
        require_interval("augmentation.blur.sigma", self.sigma)
        require_probability("augmentation.blur.p", self.p)

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Which images are blurred, (B,), and their kernels along one axis, (B, kernel)."""
        chosen = torch.rand(size, generator=generator) < self.p
        sigma = self.sigma[0] + torch.rand(size, 1, generator=generator) * (self.sigma[1] - self.sigma[0])
        return chosen, gaussian(self.kernel, sigma)


def gaussian(kernel: int, sigma: Tensor) -> Tensor:
    """Weights that sum to 1: sigma (B, 1) -> (B, kernel)."""
    distance = torch.arange(kernel) - kernel // 2
    return ((distance / sigma).square_() / -2).softmax(dim=1)


def blur_(images: Tensor, chosen: Tensor, weights: Tensor) -> None:
    """Blur some of (B, 3, H, W), given (B,) which and (B, kernel) how, both on the host; fastest where they adjoin."""
    edges = chosen.int().diff(prepend=torch.zeros(1), append=torch.zeros(1)).nonzero().flatten().tolist()
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        some = images[start:stop]
        some.copy_(blurred(some, weights[start:stop].to(images.device, non_blocking=True)))


def blurred(images: Tensor, weights: Tensor) -> Tensor:
    """Blur (B, 3, H, W) along both axes with the weights (B, kernel) of each image."""
    radius = weights.shape[1] // 2
    if radius >= min(images.shape[2:]):
        raise InputError(
            f"augmentation.blur.kernel is {weights.shape[1]}",
            allowed=f"less than twice the image size, {images.shape[2]} x {images.shape[3]}",
        )
    if not radius:
        return images
    taps = weights[:, :, None, None, None].unbind(1)
    for axis, padding in ((2, (0, 0, radius, radius)), (3, (radius, radius, 0, 0))):
        padded = pad(images, padding, mode="reflect")
        parts = [padded.narrow(axis, k, images.shape[axis]) for k in range(len(taps))]
        images = parts[0] * taps[0]
        for part, tap in zip(parts[1:], taps[1:], strict=True):
            images.addcmul_(part, tap)
    return images
