"""A schedule per step: its shape, and what it refuses."""

import numpy as np
import pytest
import torch

from alc.errors import InputError
from alc.methods.step_schedule import StepSchedule, step_factor


def test_shape() -> None:
    factors = [step_factor(step, 100, 0.2, "cosine", 0.1) for step in range(101)]
    assert factors[:20] == pytest.approx([(step + 1) / 20 for step in range(20)])
    assert max(factors) == factors[19] == 1.0
    assert all(np.diff(factors[19:]) < 0)
    assert factors[100] == pytest.approx(0.1)
    assert step_factor(0, 10, 0.0, "linear", 0.0) == pytest.approx(10 / 11)


def test_refused() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    with pytest.raises(InputError, match="warm_up is 1"):
        StepSchedule(optimizer, 1.0)
    with pytest.raises(InputError, match="floor is 2"):
        StepSchedule(optimizer, 0.1, floor=2)
    with pytest.raises(InputError, match="cosine, linear"):
        StepSchedule(optimizer, 0.1, decay="square")  # type: ignore[arg-type]  # a wrong word is what is tested
