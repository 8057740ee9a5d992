"""What a training sees, for the weights it leaves behind."""

from typing import TYPE_CHECKING

import numpy as np

from alc.data.normalisation import NormalisationName
from alc.models.weights_file import TrainedOn

if TYPE_CHECKING:
    from alc.sources.images import Images

__all__ = ["trained_on"]


def trained_on(images: "Images", normalisation: NormalisationName) -> TrainedOn:
    """Size of the images, which is that of the first, and name of the normalisation."""
    height, width = images.read(np.arange(1)).shape[1:3]
    return TrainedOn(int(height), int(width), normalisation)
