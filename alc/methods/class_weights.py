"""How much each class counts in a loss, for every method alike."""

from typing import Literal, get_args

from torch import Tensor

from alc.errors import InputError
from alc.losses.cross_entropy import inverse_frequency

__all__ = ["ClassWeights", "check_class_weights", "class_weight"]

ClassWeights = Literal["none", "inverse_frequency"]
"""All samples count alike, or all classes do, as the noisy training labels count them."""


def check_class_weights(chosen: str) -> None:
    """Refuse what is no choice."""
    if chosen not in get_args(ClassWeights):
        raise InputError(f"method.class_weights is {chosen!r}", allowed=", ".join(get_args(ClassWeights)))


def class_weight(chosen: ClassWeights, labels: Tensor, num_classes: int) -> Tensor | None:
    """Weights (C,) from the noisy labels that are trained on (n,), or None where all samples count alike."""
    return inverse_frequency(labels, num_classes) if chosen == "inverse_frequency" else None
