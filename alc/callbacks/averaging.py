"""AverageInUse: what Lightning's averages of weights leave to be done."""

from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import WeightAveraging

from alc.callbacks.warned import warn_once
from alc.errors import InputError

__all__ = ["AverageInUse", "averages"]

MOST_OF_THE_START = 0.1


def averages(callbacks: list[pl.Callback]) -> list[WeightAveraging]:
    """Those of the callbacks that average the weights.

    Raises:
        InputError: There are several; one would undo the other.
    """
    found = [each for each in callbacks if isinstance(each, WeightAveraging)]
    if len(found) > 1:
        names = " and ".join(type(each).__name__ for each in found)
        raise InputError(
            f"the weights are averaged {len(found)} times, by {names}",
            allowed="the group averaging or one entry of callbacks.extra",
            fix="Set averaging=none, or take the other out of callbacks.extra",
        )
    return found


class AverageInUse(pl.Callback):
    """Sees to it that what is predicted after a training is predicted by the average of its weights.

    Lightning puts the average in place when training ends, but not where a training resumes after its last epoch and
    has nothing left to do.  It also keeps the average where the module was before it moved to the device.

    Args:
        average: The callback that averages.

    Raises:
        InputError: When training starts, if no step of it would be averaged: the prediction would be that of the
            weights before training.
    """

    def __init__(self, average: WeightAveraging) -> None:
        self.average = average

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Bring the average to the device of the network, unless another was asked for."""
        if self.average._average_model is not None and self.average._device is None:
            self.average._average_model.to(pl_module.device)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Refuse an average of nothing, and warn of one that is mostly what it began with."""
        steps, epochs = int(trainer.estimated_stepping_batches), trainer.max_epochs or 0
        taken = sum(self.average.should_update(step_idx=step) for step in range(steps))
        taken += sum(self.average.should_update(epoch_idx=epoch) for epoch in range(epochs))
        if not taken:
            raise InputError(
                f"averaging: none of the {steps} steps and {epochs} epochs of this training enters the average",
                fix="Set averaging.update_starting_at_step=null, or train longer",
            )
        share = _share_of_the_first(self.average._kwargs.get("avg_fn"), taken)
        if share > MOST_OF_THE_START and trainer.is_global_zero:
            warn_once(
                f"After the {taken} updates of this training the average of the weights is still {share:.0%} what it "
                "began with; lower averaging.decay, start later, or train longer."
            )

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Put the average in place; where Lightning has done so it is the same once more."""
        if self.average._average_model is not None:
            self.average.on_train_end(trainer, pl_module)


def _share_of_the_first(average: Callable[..., Any] | None, updates: int) -> float:
    """Share of the first weights in an average after so many updates, of which the first copies; 0 if unknown."""
    if average is None:
        return 0.0
    share = 1.0
    for update in range(1, updates):
        share = float(average(share, 0.0, update))
        if share < MOST_OF_THE_START:
            break
    return share
