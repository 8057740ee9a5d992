"""Two Gaussians fitted to losses: which labels are right, since networks learn those first."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["LossMixture", "clean_probability", "fit_loss_mixture"]

SMALLEST_VARIANCE = 5e-4  # nats squared; a component may not shrink to a few equal losses


@dataclass(frozen=True, slots=True, eq=False)
class LossMixture:
    """A mixture of two Gaussians of losses.

    Attributes:
        weight: (2,) share of each component, the one of smaller losses first.
        mean: (2,) in nats.
        variance: (2,) in nats squared.
    """

    weight: Tensor
    mean: Tensor
    variance: Tensor

    def upper(self, losses: Tensor) -> Tensor:
        """Probability (n,) that each loss (n,) is of the second component, double."""
        losses = losses.double()
        squared = (losses - self.mean[:, None]).square() / self.variance[:, None]
        log_density = self.weight.log()[:, None] - 0.5 * (self.variance.log()[:, None] + squared)
        return log_density.softmax(dim=0)[1]


def fit_loss_mixture(losses: Tensor, steps: int = 200) -> LossMixture | None:
    """The mixture that expectation-maximisation finds for losses (n,), in nats; None where they do not part in two.

    Networks learn right labels before wrong ones, so their losses part in two (Arazo et al. 2019, who fit two beta
    distributions; Li et al. 2020 fit two Gaussians, as is done here).  It begins with the losses above and below their
    mean, so nothing is drawn.  Li et al. scale losses to 0..1 first, which changes nothing but how small a variance may
    be.
    """
    losses = losses.double()
    upper, found = (losses > losses.mean()).double(), None
    for _ in range(steps):
        share = torch.stack([1 - upper, upper])  # (2, n)
        size = share.sum(dim=1)
        if float(size.min()) < 1e-6:
            break
        mean = (share * losses).sum(dim=1) / size
        variance = (share * (losses - mean[:, None]).square()).sum(dim=1) / size + SMALLEST_VARIANCE
        found = LossMixture(size / len(losses), mean, variance)
        moved = found.upper(losses)
        settled = float((moved - upper).abs().max()) < 1e-6
        upper = moved
        if settled:
            break
    return found


def clean_probability(losses: Tensor) -> Tensor:
    """Probability (n,) that each label is right: that its loss (n,) is of the lower component (Li et al. 2020, §3.1).

    A Gaussian has two tails, so a loss far below both means can be likelier under the wider, upper component.  Small
    losses are no sign of a wrong label: below the lower mean the probability is that at the lower mean, which is where
    this differs from the paper.  1 everywhere where the losses do not part in two.

    >>> clean_probability(torch.tensor([0.0, 0.1, 0.2, 4.0])).round(decimals=3)
    tensor([1., 1., 1., 0.])
    """
    mixture = fit_loss_mixture(losses) if len(losses) else None
    if mixture is None or not math.isfinite(float(mixture.mean.sum())):
        return torch.ones(len(losses))
    return 1 - mixture.upper(losses.double().clamp(min=float(mixture.mean.min()))).float()
