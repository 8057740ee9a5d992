"""TrainedModule: what every training has, with labels or without: one optimiser, and an end to nonsense."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from alc.errors import InputError
from alc.methods.step_schedule import StepSchedule

__all__ = ["OptimizerFactory", "SchedulerFactory", "TrainedModule"]

OptimizerFactory = Callable[[Iterable[Parameter] | list[dict[str, Any]]], Optimizer]
SchedulerFactory = Callable[[Optimizer], LRScheduler]

NEVER = torch.iinfo(torch.int64).max


class TrainedModule(pl.LightningModule):
    """A module with one optimiser whose training stops when its loss or its weights are no numbers.

    Args:
        optimizer: Builds the optimiser from the parameters.
        scheduler: Builds a schedule from the optimiser, or None; it steps once per epoch, or per step if it is a
            :class:`~alc.methods.step_schedule.StepSchedule`.
    """

    optimizer_key: ClassVar[str] = "optimizer"
    """Where a config describes the optimiser."""

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
            fix=f"Lower {self.optimizer_key}.lr, or set trainer.gradient_clip_val=1; nothing is made of this training",
        )

    def rated(self) -> tuple[list[Parameter], float]:
        """Parameters with a learning rate of their own, as a multiple of the optimiser's; none unless overridden."""
        return [], 1.0

    def compile_networks(self) -> None:
        """Have training steps run as code of ``torch.compile``, in place: names in the state must stay as they are.

        ``nn.Module.compile`` does so for what is called as ``network(image)``, and a copy of the network, such as an
        average of its weights, is not compiled.  Predictions use the networks' parts and stay uncompiled, too.

        Raises:
            InputError: Unless a subclass says what to compile; the switch must not be off silently.
        """
        raise InputError(f"compute.compile is true, which {type(self).__name__} can not do", fix="Set compute=default")

    def configure_optimizers(self) -> Any:
        """The optimiser over all parameters that are trained, and its schedule per epoch."""
        trained = [each for each in self.parameters() if each.requires_grad]
        apart, rate = self.rated()
        marked = {id(each) for each in apart}
        if marked and rate != 1:
            rest = [each for each in trained if id(each) not in marked]
            optimizer = self._optimizer([{"params": rest}, {"params": [e for e in trained if id(e) in marked]}])
            for group in optimizer.param_groups:  # before the schedule, which goes on from here
                group["lr"] *= rate if id(group["params"][0]) in marked else 1.0
        else:
            optimizer = self._optimizer(trained)
        if self._scheduler is None:
            return optimizer
        schedule, interval = self._scheduler(optimizer), "epoch"
        if isinstance(schedule, StepSchedule):
            schedule, interval = schedule.over(int(self.trainer.estimated_stepping_batches)), "step"
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": interval}}
