"""Co-teaching: two networks that choose each other's samples (Han et al. 2018)."""

import warnings
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from alc.data.batch import Batch
from alc.errors import InputError
from alc.losses.co_teaching import ForgetSchedule, co_teaching_loss, forget_rate
from alc.losses.noise_rate import estimated_noise_rate
from alc.methods.base import ClassifierModule, OptimizerFactory, SchedulerFactory
from alc.methods.class_weights import ClassWeights, check_class_weights, class_weight
from alc.methods.joined_rows import joined_rows
from alc.models.base import BackboneFactory

__all__ = ["CoTeaching"]


class CoTeaching(ClassifierModule):
    """Two networks on the same batches; each learns from the samples of small loss in the other's eyes.

    Their initial weights differ, everything else is shared, batches and views included.  One optimiser steps both: the
    loss is a sum of which each network sees its own term only, so this equals two optimisers bit by bit.  Gradient
    norms are clipped network by network for the same reason.  Posteriors have two members, whose mean is the
    prediction.  In training on several processes each ranks the samples of its own share of the batch.

    The forget rate should be the share of wrong labels.  The paper's recipes fix it (0.15 and 0.28 for CIFAR-10H at
    temperatures 2 and 10); by default it is estimated without any reference label, by
    :func:`~alc.losses.noise_rate.estimated_noise_rate` of what both networks together say about the training samples
    in the last epoch of the warm-up.  A warm-up that goes on until labels are memorised makes the estimate fall short.

    Args:
        backbone: Builds one network, given ``num_classes``.
        num_classes: C.
        optimizer: Builds the optimiser from the parameters of both.
        scheduler: Builds the schedule from the optimiser, or None.
        keep_features: Whether predictions carry features, of both networks side by side.
        forget_rate: Share of each batch that is left out in the end, in [0, 1), or ``estimate``.
        warm_up: Epochs in which nothing is left out.
        gradual: Epochs in which the rate rises, see :func:`~alc.losses.co_teaching.forget_rate`.
        schedule: ``ramp``, or ``released`` as in the released code.
        class_weights: How much each class counts, see :func:`~alc.losses.co_teaching.co_teaching_loss`.
    """

    num_networks: ClassVar[int] = 2

    estimated_rate: Tensor
    class_weight: Tensor | None

    def __init__(
        self,
        backbone: BackboneFactory,
        num_classes: int,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        keep_features: bool = False,
        forget_rate: float | Literal["estimate"] = "estimate",
        warm_up: int = 3,
        gradual: int = 5,
        schedule: ForgetSchedule = "ramp",
        class_weights: ClassWeights = "none",
    ) -> None:
        super().__init__(backbone, num_classes, optimizer, scheduler, keep_features)
        if forget_rate != "estimate" and (isinstance(forget_rate, str | bool) or not 0 <= forget_rate < 1):
            allowed = "estimate, or a number from 0 to less than 1"
            raise InputError(f"method.forget_rate is {forget_rate!r}", allowed=allowed)
        if warm_up < 0 or gradual < 0:
            raise InputError(f"method: warm_up is {warm_up}, gradual is {gradual}", allowed="0 or more epochs")
        if forget_rate == "estimate" and warm_up == 0:
            raise InputError(
                "method.forget_rate=estimate with method.warm_up=0",
                allowed="at least one epoch of warm-up, whose predictions the estimate is made of",
                fix="Set method.warm_up=1 or more, or give the rate as a number",
            )
        if schedule not in get_args(ForgetSchedule):
            raise InputError(f"method.schedule is {schedule!r}", allowed=", ".join(get_args(ForgetSchedule)))
        check_class_weights(class_weights)
        self.forget_rate, self.warm_up, self.gradual, self.schedule = forget_rate, warm_up, gradual, schedule
        self.class_weights = class_weights
        self.register_buffer("class_weight", None, persistent=False)  # a function of the labels, not a state
        self.register_buffer("estimated_rate", torch.tensor(0.0))  # until the warm-up is over
        self.rate_now = 0.0
        self._labels = torch.empty(0, dtype=torch.int64)
        self._said: Tensor | None = None

    def prepare(self, labels: Tensor, train_rows: Tensor) -> None:
        """Keep the noisy labels for the estimate, and count the classes."""
        self._labels = labels
        self.class_weight = class_weight(self.class_weights, labels[train_rows], self.num_classes)

    def on_train_start(self) -> None:
        """Notice a warm-up that never ends."""
        epochs = self.trainer.max_epochs
        if epochs is not None and epochs <= self.warm_up:
            warnings.warn(
                f"method.warm_up is {self.warm_up} and trainer.max_epochs {epochs}: no sample is ever left out.",
                stacklevel=2,
            )

    def on_train_epoch_start(self) -> None:
        """Look up this epoch's rate; it follows from the epoch and, where estimated, from a number in the state."""
        super().on_train_epoch_start()
        epoch = self.current_epoch
        rate = float(self.estimated_rate) if isinstance(self.forget_rate, str) else self.forget_rate
        self.rate_now = forget_rate(epoch, rate, self.warm_up, self.gradual, self.schedule)
        listens = self.forget_rate == "estimate" and epoch == self.warm_up - 1
        shape = (len(self._labels), self.num_classes)
        self._said = torch.full(shape, torch.nan, device=self.device) if listens else None
        self.log("train/forget_rate", self.rate_now, on_step=False, on_epoch=True)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Sum of both networks' losses on the samples the other one keeps, from logits (2, B, C)."""
        if self._said is not None:
            self._said[batch["index"]] = logits.detach().float().softmax(dim=2).mean(dim=0)
        return co_teaching_loss(logits, batch["label"], self.rate_now, self.class_weight)

    def on_train_epoch_end(self) -> None:
        """At the end of the warm-up, estimate the rate; it is part of the state, so a resumed run has it."""
        super().on_train_epoch_end()
        if self._said is None:
            return
        seen = ~self._said.isnan().any(dim=1)
        said = joined_rows(self._said, seen).cpu()
        heard = ~said.isnan().any(dim=1)
        self.estimated_rate.fill_(estimated_noise_rate(said[heard], self._labels[heard]))
        self._said = None

    def learned(self) -> dict[str, str]:
        """The forget rate, given or estimated, that the selection rose to or would have."""
        rate = float(self.estimated_rate) if isinstance(self.forget_rate, str) else self.forget_rate
        return {"forget_rate": repr(float(rate))}

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: int | float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip each network's norm by itself: a norm over both would let one network's gradient shrink the other's."""
        if gradient_clip_val and gradient_clip_algorithm != "value":  # the norm is Lightning's default
            for network in self.networks:
                clip_grad_norm_(network.parameters(), gradient_clip_val)
        else:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
