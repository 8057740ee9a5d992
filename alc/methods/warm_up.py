"""A schedule that begins slowly: large batches and self-supervision diverge at the full rate."""

import math
from functools import partial

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from alc.errors import InputError

__all__ = ["warm_up_cosine", "warm_up_factor"]


def warm_up_cosine(optimizer: Optimizer, warm_up: float, epochs: int, floor: float = 0.0) -> LambdaLR:
    """The learning rate times :func:`warm_up_factor`, one step per epoch.

    Args:
        optimizer: Whose rate it is.
        warm_up: Share of the epochs in which the rate rises, 0 to less than 1, rounded to whole epochs.
        epochs: All epochs.
        floor: Share of the rate that the cosine falls towards, 0 to 1.
    """
    if not 0 <= warm_up < 1:
        raise InputError(f"scheduler: warm_up is {warm_up}", allowed="a share of the epochs, 0 or more, less than 1")
    if not 0 <= floor <= 1:
        raise InputError(f"scheduler.floor is {floor}", allowed="a share from 0 to 1")
    return LambdaLR(optimizer, partial(warm_up_factor, warm_up=round(warm_up * epochs), epochs=epochs, floor=floor))


def warm_up_factor(epoch: int, warm_up: int, epochs: int, floor: float = 0.0) -> float:
    """Factor of the learning rate in an epoch: equal steps up to 1, then half a cosine towards ``floor``.

    >>> [round(warm_up_factor(epoch, warm_up=2, epochs=6), 2) for epoch in range(7)]
    [0.33, 0.67, 1.0, 0.85, 0.5, 0.15, 0.0]
    """
    if epoch < warm_up:
        return (epoch + 1) / (warm_up + 1)
    share = (1 + math.cos(math.pi * (epoch - warm_up) / (epochs - warm_up))) / 2
    return floor + (1 - floor) * share
