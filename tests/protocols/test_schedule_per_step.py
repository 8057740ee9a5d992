"""Lightning moves a schedule per step at every step of a training."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl

from alc.methods.bias_rate import sgd_with_bias_rate
from alc.methods.cross_entropy import CrossEntropy
from alc.methods.step_schedule import StepSchedule, step_factor
from alc.models.small_resnet import SmallResNet
from tests.protocols.conftest import MakeFit

SMALL = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,))


class Rates(pl.Callback):
    """The learning rates of every step."""

    def __init__(self) -> None:
        self.seen: list[list[float]] = []

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        self.seen.append([group["lr"] for group in trainer.optimizers[0].param_groups])


def test_every_step_of_a_training_has_its_rate(make_fit: MakeFit, labelled: Any, tmp_path: Path) -> None:
    rates, rows = Rates(), np.arange(60)
    optimizer = partial(sgd_with_bias_rate, lr=0.1, momentum=0.9, weight_decay=1e-3, nesterov=True, bias_rate=16.0)
    fit = make_fit(
        epochs=3,
        build_module=lambda: CrossEntropy(SMALL, 2, optimizer, partial(StepSchedule, warm_up=0.25)),
        extra_callbacks=lambda: [rates],
    )
    fit(labelled[1], rows, rows, seed=0, directory=tmp_path)
    expected = [step_factor(step, 12, 0.25, "cosine", 0.0) for step in range(12)]  # 60 images in batches of 15
    np.testing.assert_allclose(rates.seen, [[0.1 * factor, 1.6 * factor] for factor in expected])
