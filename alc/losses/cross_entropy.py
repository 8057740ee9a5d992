"""Cross-entropy with class weights, and two ways of keeping logits small."""

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["inverse_frequency", "tanh_penalty", "tanh_squash", "weighted_cross_entropy"]

RELEASED_SCALE = 10.0


def tanh_squash(logits: Tensor, alpha: float) -> Tensor:
    """``alpha * tanh(logits / alpha)``: logits of any shape, kept inside (-alpha, alpha).

    Bernhardt et al. 2022 squash the logits of the linear head on self-supervised features like this, so that no single
    sample is fitted with full confidence.  The code they released does not: it adds :func:`tanh_penalty`.

    >>> tanh_squash(torch.tensor([0.0, 100.0]), 2.0)
    tensor([0., 2.])
    """
    return alpha * torch.tanh(logits / alpha)


def tanh_penalty(logits: Tensor) -> Tensor:
    """``mean((10 * tanh(logits / 10))^2)`` over all logits (..., C), in [0, 100): the regulariser of the released code.

    >>> tanh_penalty(torch.tensor([[0.0, 1e6]]))
    tensor(50.)
    """
    return (RELEASED_SCALE * torch.tanh(logits / RELEASED_SCALE)).square().mean()


def inverse_frequency(labels: Tensor, num_classes: int) -> Tensor:
    """Class weights (C,) inversely proportional to the number of labels, with mean 1 over the labels (n,).

    ``w_c = n / (K * n_c)``, where K classes occur; a class that does not occur gets 0.  That is scikit-learn's
    ``balanced``; normalising over the classes instead would change the effective learning rate with the imbalance.

    >>> inverse_frequency(torch.tensor([0, 0, 0, 2]), 3)
    tensor([0.6667, 0.0000, 2.0000])
    """
    count = torch.bincount(labels, minlength=num_classes)
    present = count > 0
    weight = len(labels) / (int(present.sum()) * count.clamp(min=1))
    return torch.where(present, weight, torch.zeros_like(weight))


def weighted_cross_entropy(
    logits: Tensor, labels: Tensor, class_weight: Tensor | None = None, label_smoothing: float = 0.0
) -> Tensor:
    """Mean over the batch of ``w[label] * cross-entropy``, in nats, from logits (B, C) and labels (B,).

    The weight is that of the sample's label, smoothed or not, and the sum is divided by B, as in the released code.
    ``torch.nn.functional.cross_entropy(weight=...)`` divides by the sum of the weights in the batch, so a sample's
    share there depends on the company it is in, and gives smoothed-in classes weights of their own.

    Args:
        logits: (B, C).
        labels: (B,).
        class_weight: (C,), or None for equal weights.
        label_smoothing: Share of the target spread evenly over all C classes, in [0, 1).
    """
    each = functional.cross_entropy(logits.float(), labels, reduction="none", label_smoothing=label_smoothing)
    return (each if class_weight is None else each * class_weight[labels]).mean()
