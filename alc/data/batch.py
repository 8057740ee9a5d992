"""What a training or prediction step receives."""

from typing import TypedDict

from torch import Tensor

__all__ = ["Batch"]


class Batch(TypedDict):
    """B samples on the device, augmented (in training only) and normalised.

    Attributes:
        image: (B, 3, H, W) float; in self-supervised training (V * B, 3, H, W), V views one after another.
        label: (B,) the noisy label; reference labels never enter the learning half.
        index: (B,) row of each sample in its table, 0 to N-1.  Everything a network says is filed under this row.
    """

    image: Tensor
    label: Tensor
    index: Tensor
