"""Co-teaching: two networks, each of which learns from the samples the other finds easy."""

import math
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

from alc.errors import InputError

__all__ = ["ForgetSchedule", "co_teaching_loss", "forget_rate", "num_kept", "small_loss"]

ForgetSchedule = Literal["ramp", "released"]
"""After the warm-up a linear ramp, or the table of the released code, whose warm-up overwrites the ramp."""

TOLERANCE = 1e-9  # (1 - 0.9) * 10 is 1, whatever the last bit of the product says


def num_kept(size: int, rate: float) -> int:
    """How many of ``size`` samples are kept: ``floor((1 - rate) * size)``, and never none.

    >>> [num_kept(10, rate) for rate in (0.0, 0.25, 0.9, 0.99)]
    [10, 7, 1, 1]
    """
    return max(1, math.floor((1 - rate) * size + TOLERANCE))


def small_loss(losses: Tensor, rate: float) -> Tensor:
    """Positions of the smallest losses (B,) -> (kept,), smallest first; equal losses in their order.

    >>> small_loss(torch.tensor([0.3, 2.0, 0.1, 0.2]), 0.5)
    tensor([2, 3])
    """
    return losses.argsort(stable=True)[: num_kept(len(losses), rate)]


def co_teaching_loss(logits: Tensor, labels: Tensor, rate: float, class_weight: Tensor | None = None) -> Tensor:
    """Sum over the two networks of the mean cross-entropy on the samples the *other* one would keep, in nats.

    Algorithm 1 of Han et al. 2018: both networks judge the same mini-batch by their own losses.  The two terms share no
    parameter, so the gradient of the sum is, network by network, that of two separate trainings.

    With class weights the kept samples count ``w[label]`` each, and the sum is still divided by their number; samples
    are judged by their losses without weights, or a rare class would be left out for being rare.

    Args:
        logits: (2, B, C).
        labels: (B,).
        rate: Share of the batch that is left out, in [0, 1).
        class_weight: (C,), or None for equal weights.
    """
    losses = torch.stack([functional.cross_entropy(each, labels, reduction="none") for each in logits.float()])
    judged = losses.detach()
    first, second = small_loss(judged[0], rate), small_loss(judged[1], rate)
    losses = losses if class_weight is None else losses * class_weight[labels]
    return losses[0][second].mean() + losses[1][first].mean()


def forget_rate(epoch: int, rate: float, warm_up: int, gradual: int, schedule: ForgetSchedule = "ramp") -> float:
    """The share left out in an epoch (counted from 0), a function of the epoch alone.

    ``ramp``: 0 for ``warm_up`` epochs, then linearly up: ``rate * k / gradual`` in the k-th epoch after the warm-up
    (counted from 1), the full rate from k = ``gradual`` on.  Han et al. 2018 have no warm-up; their ramp begins with an
    epoch at 0, which is the last warm-up epoch here.

    ``released``: the table of the code released with Bernhardt et al. 2022.  Its ramp, ``linspace(0, rate, gradual)``,
    begins in epoch 0, and the warm-up then sets its first entries to 0: with 10 gradual and 25 warm-up epochs nothing
    of the ramp is left and the rate jumps from 0 to its full value.

    >>> [forget_rate(epoch, 0.2, warm_up=1, gradual=2) for epoch in range(4)]
    [0.0, 0.1, 0.2, 0.2]
    >>> [forget_rate(epoch, 0.2, warm_up=1, gradual=3, schedule="released") for epoch in range(4)]
    [0.0, 0.1, 0.2, 0.2]
    >>> [forget_rate(epoch, 0.2, warm_up=3, gradual=2, schedule="released") for epoch in range(4)]
    [0.0, 0.0, 0.0, 0.2]
    """
    if schedule not in get_args(ForgetSchedule):
        raise InputError(f"method.schedule is {schedule!r}", allowed=", ".join(get_args(ForgetSchedule)))
    if epoch < warm_up:
        return 0.0
    if schedule == "released":
        return rate * epoch / max(1, gradual - 1) if epoch < gradual else rate
    return rate * min(1.0, (epoch - warm_up + 1) / gradual) if gradual else rate
