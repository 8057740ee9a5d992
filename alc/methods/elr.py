"""ELR: cross-entropy with early-learning regularisation (Liu et al. 2020)."""

import torch
from torch import Tensor

from alc.data.batch import Batch
from alc.errors import InputError
from alc.losses.elr import elr
from alc.methods.base import ClassifierModule, OptimizerFactory, SchedulerFactory
from alc.methods.class_weights import ClassWeights, check_class_weights, class_weight
from alc.methods.joined_rows import joined_rows
from alc.models.base import BackboneFactory

__all__ = ["EarlyLearning"]


class EarlyLearning(ClassifierModule):
    """One network, and for every sample a running mean of what it has said about it; see :func:`alc.losses.elr.elr`.

    The running means are part of the state, so a resumed training goes on with them.  The code released with Bernhardt
    et al. 2022 fixes beta 0.9 and lambda 3; the authors' own recipes for CIFAR-10 have beta 0.7 and lambda 3 for
    symmetric noise, 0.9 and 1 for asymmetric noise.

    Args:
        backbone: Builds the network, given ``num_classes``.
        num_classes: C.
        optimizer: Builds the optimiser from the parameters.
        scheduler: Builds the schedule from the optimiser, or None.
        keep_features: Whether predictions carry features.
        beta: Share of the running mean that stays at each visit, in [0, 1).
        regularisation: Lambda, 0 or more; 0 is plain cross-entropy.
        class_weights: How much each class counts, see :func:`alc.losses.elr.elr`.
    """

    targets: Tensor
    class_weight: Tensor | None

    def __init__(
        self,
        backbone: BackboneFactory,
        num_classes: int,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        keep_features: bool = False,
        beta: float = 0.9,
        regularisation: float = 3.0,
        class_weights: ClassWeights = "none",
    ) -> None:
        super().__init__(backbone, num_classes, optimizer, scheduler, keep_features)
        if not 0 <= beta < 1:
            raise InputError(f"method.beta is {beta}", allowed="0 or more, less than 1")
        if not regularisation >= 0:
            raise InputError(f"method.regularisation is {regularisation}", allowed="0 or more")
        check_class_weights(class_weights)
        self.beta, self.regularisation, self.class_weights = beta, regularisation, class_weights
        self.register_buffer("class_weight", None, persistent=False)  # a function of the labels, not a state
        self.register_buffer("targets", torch.zeros(0, num_classes))
        self._seen = torch.zeros(0, dtype=torch.bool)
        # Each process writes its own rows; DDP would overwrite them with the first one's at every step.
        self._ddp_params_and_buffers_to_ignore = ["targets"]

    def prepare(self, labels: Tensor, train_rows: Tensor) -> None:
        """Start the running means (N, C) at zero; a checkpoint, read after this, replaces them.  Count the classes."""
        self.targets = torch.zeros(len(labels), self.num_classes)
        self.class_weight = class_weight(self.class_weights, labels[train_rows], self.num_classes)

    def on_train_epoch_start(self) -> None:
        """Nothing has been seen in this epoch."""
        super().on_train_epoch_start()
        self._seen = torch.zeros(len(self.targets), dtype=torch.bool, device=self.device)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """The regularised cross-entropy of logits (1, B, C); the batch's running means move on."""
        index, weight = batch["index"], self.class_weight
        loss, self.targets[index] = elr(
            logits[0], batch["label"], self.targets[index], self.beta, self.regularisation, weight
        )
        self._seen[index] = True
        return loss

    def on_train_epoch_end(self) -> None:
        """Bring together what several processes have seen, before the state is saved."""
        super().on_train_epoch_end()
        self.targets.copy_(joined_rows(self.targets, self._seen))
