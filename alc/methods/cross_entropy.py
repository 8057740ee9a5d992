"""Plain training: cross-entropy with the noisy labels."""

from torch import Tensor
from torch.nn import functional

from alc.data.batch import Batch
from alc.errors import InputError
from alc.methods.base import ClassifierModule, OptimizerFactory, SchedulerFactory
from alc.models.base import BackboneFactory

__all__ = ["CrossEntropy"]


class CrossEntropy(ClassifierModule):
    """One network that minimises the mean cross-entropy of the given labels, in nats.

    Args:
        backbone: Builds the network, given ``num_classes``.
        num_classes: C.
        optimizer: Builds the optimiser from the parameters.
        scheduler: Builds the schedule from the optimiser, or None.
        keep_features: Whether predictions carry features.
        label_smoothing: Share of the target spread evenly over all C classes, in [0, 1) (Szegedy et al. 2016, §7).
    """

    def __init__(
        self,
        backbone: BackboneFactory,
        num_classes: int,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        keep_features: bool = False,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(backbone, num_classes, optimizer, scheduler, keep_features)
        if not 0 <= label_smoothing < 1:
            raise InputError(f"method.label_smoothing is {label_smoothing}", allowed="0 or more, less than 1")
        self.label_smoothing = label_smoothing

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy of logits (1, B, C)."""
        return functional.cross_entropy(logits[0], batch["label"], label_smoothing=self.label_smoothing)
