"""Early-learning regularisation: do not move away from what was predicted before labels were memorised."""

from torch import Tensor
from torch.nn import functional

__all__ = ["elr"]

MARGIN = 1e-4


def elr(
    logits: Tensor, labels: Tensor, targets: Tensor, beta: float, weight: float, class_weight: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The ELR loss of a batch, a scalar in nats, and the batch's new targets (Liu et al. 2020, eq. 6 and 9).

    ``p = clip(softmax(logits), 1e-4, 1 - 1e-4)``, ``t <- beta * t + (1 - beta) * p / sum(p)``, and the mean of
    ``cross-entropy + weight * log(1 - <t, p>)``; no gradient flows through t.  The second term is negative, without
    bound but for the clipping, and pulls p towards t, whatever the label says.

    A class weight multiplies both terms of a sample: weighting the cross-entropy alone would weaken the regulariser
    just where the weight is large, so that a rare class would be memorised first.  The released code ignores weights.

    Computed in float32: in bfloat16 ``1 - 1e-4`` is 1 and the logarithm of 0 would follow.

    Args:
        logits: (B, C).
        labels: (B,).
        targets: (B, C) running means of earlier predictions, 0 before the first.
        beta: Share of the old target that stays, in [0, 1).
        weight: Lambda, 0 or more.
        class_weight: (C,), by the label, or None for equal weights; the mean is over B all the same.

    Returns:
        The loss, and targets (B, C) to be filed under the same samples.
    """
    logits = logits.float()
    probs = logits.softmax(dim=1).clamp(MARGIN, 1 - MARGIN)
    said = probs.detach()
    targets = beta * targets + (1 - beta) * said / said.sum(dim=1, keepdim=True)
    pull = (1 - (targets * probs).sum(dim=1)).log()
    if class_weight is None:
        return functional.cross_entropy(logits, labels) + weight * pull.mean(), targets
    each = functional.cross_entropy(logits, labels, reduction="none") + weight * pull
    return (each * class_weight[labels]).mean(), targets
