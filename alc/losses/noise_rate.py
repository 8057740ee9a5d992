"""The share of wrong labels, estimated from predictions and the noisy labels alone."""

import torch
from torch import Tensor
from torch.nn import functional

from alc.losses.loss_mixture import fit_loss_mixture

__all__ = ["confident_noise_rate", "estimated_noise_rate", "mixture_noise_rate"]

SMALLEST_PROBABILITY = 1e-8


def estimated_noise_rate(probs: Tensor, labels: Tensor) -> float:
    """Estimated share of wrong labels, in [0, 1 - 1/C]: the smaller of two estimates that err on the same side.

    :func:`confident_noise_rate` counts the errors of a weak model as noise, :func:`mixture_noise_rate` finds a second
    component in clean labels too; where the one exaggerates, the other mostly does not.  Both need predictions that do
    not merely repeat the labels: out of sample, or from before the labels are memorised.  Later they fall short.

    Args:
        probs: (n, C) predicted probabilities.
        labels: (n,) noisy labels, 0 to C-1.
    """
    if not len(labels):
        return 0.0
    given = probs.gather(1, labels[:, None])[:, 0].double()
    mixture = mixture_noise_rate(-given.clamp(min=SMALLEST_PROBABILITY).log())
    return min(confident_noise_rate(probs, labels), mixture, 1 - 1 / probs.shape[1])


def confident_noise_rate(probs: Tensor, labels: Tensor) -> float:
    """Share of labels off the diagonal of the confident joint, from probabilities (n, C) and noisy labels (n,).

    Confident learning (Northcutt et al. 2021, eq. 1-3): class l's threshold is the mean probability of l among the
    samples labelled l.  A sample labelled k counts as (k, l) if its probability of l reaches that threshold, l being
    the likeliest such class; a sample that reaches none does not count.  The counts of each k are scaled to its number
    of labels, since uncertain samples are not evenly spread.

    cleanlab's ``estimate_joint`` takes the likeliest of *all* classes where several thresholds are reached; here, as in
    the paper, it is the likeliest of those that are.

    >>> sure = torch.tensor([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
    >>> round(confident_noise_rate(sure, torch.tensor([0, 0, 0, 1, 1, 1])), 3)
    0.167
    """
    num_classes = probs.shape[1]
    probs = probs.double()
    given = functional.one_hot(labels, num_classes).double()
    size = given.sum(dim=0)
    threshold = torch.where(size > 0, (given * probs).sum(dim=0) / size.clamp(min=1), torch.inf)
    reached = torch.where(probs >= threshold - 1e-9, probs, -1.0)  # a mean of equals may differ in the last bit
    counts = reached.max(dim=1).values >= 0
    pairs = labels[counts] * num_classes + reached.argmax(dim=1)[counts]
    joint = torch.bincount(pairs, minlength=num_classes**2).view(num_classes, num_classes).double()
    joint.diagonal().clamp_(min=1)  # a class of which nothing counts is taken as right
    wrong = 1 - joint.diagonal() / joint.sum(dim=1)
    return float((wrong * size).sum() / len(labels))


def mixture_noise_rate(losses: Tensor) -> float:
    """Weight of the upper of two Gaussians fitted to the losses (n,), in nats, by expectation-maximisation.

    See :func:`~alc.losses.loss_mixture.fit_loss_mixture`.

    >>> round(mixture_noise_rate(torch.tensor([0.0, 0.1, 0.2, 4.0])), 3)
    0.25
    """
    mixture = fit_loss_mixture(losses)
    share = (losses > losses.mean()).double() if mixture is None else mixture.upper(losses)
    return float(share.mean())
