"""Several views of an image at prediction, without chance: what a network says of all of them is steadier."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import pad

from alc.data.ranges import require_probability
from alc.errors import InputError

__all__ = ["PredictedViews"]


@dataclass(frozen=True, slots=True)
class PredictedViews:
    """Which views of an image are predicted, besides the image itself.

    Attributes:
        mirrored: Whether each also counts mirrored; not for digits, text or sides of a body.  A number, as it may stand
            for the probability of mirroring in training, counts as true above 0.
        shift: Whole pixels: the image also counts moved up and left by so many, and down and right; 0 for neither.
    """

    mirrored: bool | float = False
    shift: int = 0

    def __post_init__(self) -> None:
        require_probability("method.predicted.mirrored", self.mirrored)
        if isinstance(self.shift, bool) or not isinstance(self.shift, int) or self.shift < 0:
            raise InputError(f"method.predicted.shift is {self.shift!r}", allowed="a whole number of 0 or more pixels")

    def __call__(self, image: Tensor) -> Iterator[Tensor]:
        """The views of images (B, 3, H, W), each of that shape; at the borders of a shift the image is mirrored."""
        height, width = image.shape[2:]
        views = [image]
        if self.shift:
            if self.shift >= min(height, width):
                raise InputError(
                    f"method.predicted.shift is {self.shift}", allowed=f"less than the image size, {height} x {width}"
                )
            wide = pad(image, (self.shift,) * 4, mode="reflect")
            views += [wide[:, :, at : at + height, at : at + width] for at in (0, 2 * self.shift)]
        for view in views:
            yield view
            if self.mirrored:
                yield view.flip(3)
