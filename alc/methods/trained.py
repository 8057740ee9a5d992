"""TrainedModule: what every training has, with labels or without: one optimiser, and an end to nonsense."""

from collections.abc import Callable, Iterable
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from alc.errors import InputError

__all__ = ["OptimizerFactory", "SchedulerFactory", "TrainedModule"]

OptimizerFactory = Callable[[Iterable[Parameter]], Optimizer]
SchedulerFactory = Callable[[Optimizer], LRScheduler]

NEVER = torch.iinfo(torch.int64).max


class TrainedModule(pl.LightningModule):
    """A module with one optimiser whose training stops when its loss or its weights are no numbers.

    Args:
        optimizer: Builds the optimiser from the parameters.
        scheduler: Builds a schedule that steps once per epoch from the optimiser, or None.
    """

    def __init__(self, optimizer: OptimizerFactory, scheduler: SchedulerFactory | None = None) -> None:
        super().__init__()
        self._optimizer, self._scheduler = optimizer, scheduler
        self._first_bad, self._epoch_rate = torch.full((), NEVER), 0.0

    def watched(self, loss: Tensor) -> Tensor:
        """The loss as it is, remembering the first step at which it was no number.

        The memory is on the device: looking at it would wait for the step.
        """
        bad = torch.where(torch.isfinite(loss.detach()), NEVER, self.global_step)
        self._first_bad = torch.minimum(self._first_bad, bad)
        return loss

    def on_train_epoch_start(self) -> None:
        """Forget the steps of the epoch before."""
        self._first_bad = torch.full((), NEVER, device=self.device)
        self._epoch_rate = next((float(each.param_groups[0]["lr"]) for each in self.trainer.optimizers), 0.0)

    def on_train_epoch_end(self) -> None:
        """Stop before a checkpoint or a prediction is made of weights that are no numbers; once per epoch is free."""
        step = int(self._first_bad)
        if step == NEVER and all(bool(torch.isfinite(each).all()) for each in self.parameters()):
            return
        what = "weights are not finite" if step == NEVER else f"training loss is not finite since step {step}"
        kept = [getattr(callback, "last_good", None) for callback in self.trainer.checkpoint_callbacks]
        state = next((f"the last finite state is in {path}" for path in kept if path), "there is no checkpoint yet")
        raise InputError(
            f"the {what} (epoch {self.current_epoch}, step {self.global_step} at its end, "
            f"learning rate {self._epoch_rate:g}); {state}",
            fix="Lower optimizer.lr, or set trainer.gradient_clip_val=1; nothing is predicted from this training",
        )

    def configure_optimizers(self) -> Any:
        """The optimiser over all parameters that are trained, and its schedule per epoch."""
        optimizer = self._optimizer(each for each in self.parameters() if each.requires_grad)
        if self._scheduler is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": self._scheduler(optimizer), "interval": "epoch"}}
