"""Plain training: cross-entropy with the noisy labels."""

from torch import Tensor

from alc.data.batch import Batch
from alc.errors import InputError
from alc.losses.cross_entropy import tanh_penalty, tanh_squash, weighted_cross_entropy
from alc.methods.base import ClassifierModule, OptimizerFactory, SchedulerFactory
from alc.methods.class_weights import ClassWeights, check_class_weights, class_weight
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
        tanh_alpha: Bound of the squashed logits, see :func:`~alc.losses.cross_entropy.tanh_squash`; None leaves
            logits as they are.  Posteriors are of the squashed logits too: behind a saturated tanh the raw ones drift.
        tanh_penalty: Weight of the regulariser that the released code uses instead, see
            :func:`~alc.losses.cross_entropy.tanh_penalty`; 0.3 in its recipes on self-supervised features.
        class_weights: How much each class counts, see :func:`~alc.losses.cross_entropy.inverse_frequency`.
    """

    class_weight: Tensor | None

    def __init__(
        self,
        backbone: BackboneFactory,
        num_classes: int,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        keep_features: bool = False,
        label_smoothing: float = 0.0,
        tanh_alpha: float | None = None,
        tanh_penalty: float = 0.0,
        class_weights: ClassWeights = "none",
    ) -> None:
        super().__init__(backbone, num_classes, optimizer, scheduler, keep_features)
        if not 0 <= label_smoothing < 1:
            raise InputError(f"method.label_smoothing is {label_smoothing}", allowed="0 or more, less than 1")
        if tanh_alpha is not None and not tanh_alpha > 0:
            raise InputError(f"method.tanh_alpha is {tanh_alpha}", allowed="a positive number, or null for none")
        if not tanh_penalty >= 0:
            raise InputError(f"method.tanh_penalty is {tanh_penalty}", allowed="0 or more")
        check_class_weights(class_weights)
        self.label_smoothing, self.tanh_alpha, self.tanh_penalty = label_smoothing, tanh_alpha, tanh_penalty
        self.class_weights = class_weights
        self.register_buffer("class_weight", None, persistent=False)  # a function of the labels, not a state

    def prepare(self, labels: Tensor, train_rows: Tensor) -> None:
        """Count the classes."""
        self.class_weight = class_weight(self.class_weights, labels[train_rows], self.num_classes)

    def readout(self, logits: Tensor) -> Tensor:
        """Logits (1, B, C), squashed where asked."""
        return logits if self.tanh_alpha is None else tanh_squash(logits, self.tanh_alpha)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy of logits (1, B, C), and the penalty where asked."""
        loss = weighted_cross_entropy(logits[0], batch["label"], self.class_weight, self.label_smoothing)
        return loss + self.tanh_penalty * tanh_penalty(logits[0]) if self.tanh_penalty else loss
