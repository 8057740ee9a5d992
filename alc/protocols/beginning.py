"""What a network may set from the images before it is trained on them."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from alc.data.normalisation import Normalisation
from alc.models.base import Backbone

if TYPE_CHECKING:
    from alc.sources.images import Images

__all__ = ["begin"]

MOST = 2000


def begin(module: nn.Module, images: "Images", normalisation: Normalisation) -> None:
    """Show every backbone in a module at most 2,000 images as it will see them; see ``Backbone.begin``."""
    networks = [each for each in module.modules() if isinstance(each, Backbone)]
    if all(type(each).begin is Backbone.begin for each in networks):
        return
    rows = np.unique(np.linspace(0, len(images) - 1, min(len(images), MOST)).astype(np.int64))
    image = normalisation(torch.from_numpy(np.ascontiguousarray(images.read(rows))))
    for network in networks:
        network.begin(image)
