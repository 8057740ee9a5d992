"""Whether a network can read images of a size, asked before anything is trained."""

import torch

from alc.errors import InputError
from alc.models.base import Backbone

__all__ = ["require_size"]


def require_size(network: Backbone, height: int, width: int) -> None:
    """Show a network one black image of that many pixels; nothing of it changes.

    Raises:
        InputError: The network is made for another size, or the image is too small for it.
    """
    training = network.training
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, height, width))
    except (AssertionError, RuntimeError, ValueError) as error:
        raise InputError(
            f"backbone {network.kind} cannot read images of {height}x{width} pixels ({str(error).splitlines()[0]})",
            fix=f"Set backbone.options.img_size={height} where the network has it, or choose another backbone",
        ) from error
    finally:
        network.train(training)
