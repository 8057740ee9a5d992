"""Targets that are distributions: sharpened predictions, labels refined by them, and the loss on them."""

import torch
from torch import Tensor

__all__ = ["label_posterior", "sharpened", "smoothed", "weighted_soft_cross_entropy"]


def sharpened(log_probs: Tensor, temperature: float) -> Tensor:
    """``p^(1/T) / sum(p^(1/T))`` of log-probabilities (n, C) -> probabilities (n, C) (Berthelot et al. 2019, eq. 7).

    >>> sharpened(torch.tensor([[0.8, 0.2]]).log(), 0.5).round(decimals=3)
    tensor([[0.9410, 0.0590]])
    """
    return (log_probs / temperature).softmax(dim=1)


def label_posterior(log_probs: Tensor, given: Tensor, noise_rate: float) -> Tensor:
    """Probability of each class once the label is seen, from log-probabilities and target distributions (n, C) each.

    Bayes' rule with labels that are wrong at one rate whatever the class, and then equally often of every other class:
    ``p(c) * T[c, y]``, normalised, with ``T[c, y] = 1 - r`` for c = y and ``r / (C - 1)`` otherwise.  A given
    distribution counts by the mean of ``log T[c, y]`` over it.

    >>> label_posterior(torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[1.0, 0.0]]), 0.2)
    tensor([[0.8000, 0.2000]])
    """
    right = torch.tensor(1 - noise_rate).log()
    wrong = torch.tensor(noise_rate / (given.shape[1] - 1)).log()
    return (log_probs + wrong + (right - wrong) * given).softmax(dim=1)


def smoothed(targets: Tensor, share: float) -> Tensor:
    """Targets (n, C) of which ``share`` is spread evenly over all classes (Szegedy et al. 2016, §7)."""
    return targets if share == 0 else targets * (1 - share) + share / targets.shape[1]


def weighted_soft_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """``-mean_i sum_c t_ic * log p_ic`` in nats, from logits (n, C) and targets (n, C) that need not sum to 1.

    A row that sums to w counts w times; so the rows of mixed images (mixup) take their weights along.
    """
    return -(targets * logits.float().log_softmax(dim=1)).sum(dim=1).mean()
