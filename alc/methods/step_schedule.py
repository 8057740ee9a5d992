"""A schedule that moves at every step: short trainings have too few epochs for one value each."""

import math
from typing import Literal, get_args

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from alc.errors import InputError

__all__ = ["Decay", "StepSchedule", "step_factor"]

Decay = Literal["cosine", "linear"]


class StepSchedule(LambdaLR):
    """The learning rate times :func:`step_factor`, moved after every step rather than every epoch.

    How many steps there will be is known when the training starts, see :meth:`over`; until then the schedule is one
    step long.  Its state is the number of steps done, so a resumed training goes on where it was.

    Args:
        optimizer: Whose rate it is.
        warm_up: Share of the steps in which the rate rises in equal steps, 0 to less than 1.
        decay: How it falls afterwards.
        floor: Share of the rate that it falls to, 0 to 1.
    """

    def __init__(self, optimizer: Optimizer, warm_up: float, decay: Decay = "cosine", floor: float = 0.0) -> None:
        if not 0 <= warm_up < 1:
            raise InputError(f"scheduler: warm_up is {warm_up}", allowed="a share of the steps, 0 or more, less than 1")
        if not 0 <= floor <= 1:
            raise InputError(f"scheduler.floor is {floor}", allowed="a share from 0 to 1")
        if decay not in get_args(Decay):
            raise InputError(f"scheduler.decay is {decay!r}", allowed=", ".join(get_args(Decay)))
        self.warm_up, self.decay, self.floor, self.num_steps = warm_up, decay, floor, 1
        super().__init__(optimizer, self._factor)

    def over(self, num_steps: int) -> "StepSchedule":
        """The schedule for a training of so many steps; to be called before the first."""
        self.num_steps = max(num_steps, 1)
        for group, rate in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = rate * self._factor(0)
        return self

    def _factor(self, step: int) -> float:
        return step_factor(step, self.num_steps, self.warm_up, self.decay, self.floor)


def step_factor(step: int, num_steps: int, warm_up: float, decay: Decay, floor: float) -> float:
    """Factor of the learning rate at step 0 to ``num_steps`` - 1: up in equal steps to 1, then down to ``floor``.

    >>> [round(step_factor(step, 6, 1 / 3, "linear", 0.0), 2) for step in range(7)]
    [0.5, 1.0, 0.8, 0.6, 0.4, 0.2, 0.0]
    """
    rising = round(warm_up * num_steps)
    if step < rising:
        return (step + 1) / rising
    done = min((step + 1 - rising) / (num_steps + 1 - rising), 1.0)
    left = 1 - done if decay == "linear" else (1 + math.cos(math.pi * done)) / 2
    return floor + (1 - floor) * left
