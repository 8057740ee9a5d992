"""What a training or prediction step receives."""

from typing import NotRequired, TypedDict

from torch import Tensor

__all__ = ["Batch"]


class Batch(TypedDict):
    """B samples on the device, augmented (in training only) and normalised.

    Attributes:
        image: (B, 3, H, W) float; in self-supervised training (V * B, 3, H, W), V views one after another.
        label: (B,) the noisy label; reference labels never enter the learning half.
        index: (B,) row of each sample in its table, 0 to N-1.  Everything a network says is filed under this row.
        strong: (S + U, 3, H, W) strong views, where a method asks for them: of the labelled images (S is B) or of none
            (S is 0), then of U images without labels.  ``image`` then holds weak views of B + U images.
    """

    image: Tensor
    label: Tensor
    index: Tensor
    strong: NotRequired[Tensor]
