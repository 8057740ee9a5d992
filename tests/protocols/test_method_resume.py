"""Every method: resumed equals uninterrupted, parameter by parameter, its own state included."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EMAWeightAveraging

from alc.arrays import IntArray, UInt8Array
from alc.errors import InputError
from alc.methods.base import ClassifierModule
from alc.methods.co_teaching import CoTeaching
from alc.methods.cross_entropy import CrossEntropy
from alc.methods.elr import EarlyLearning
from alc.models.cifar_resnet import CifarResNet
from alc.models.small_resnet import SmallResNet
from alc.protocols.fit import Fit
from tests.protocols.interruption import StopAfter, parameters

SMALL = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,), dropout=0.2)
SGD = partial(torch.optim.SGD, lr=0.05, momentum=0.9)
METHODS: dict[str, Callable[[], ClassifierModule]] = {
    "cross_entropy": lambda: CrossEntropy(SMALL, 2, SGD, tanh_alpha=3.0, class_weights="inverse_frequency"),
    "co_teaching": lambda: CoTeaching(SMALL, 2, SGD, warm_up=2, gradual=2, class_weights="inverse_frequency"),
    "co_teaching_released": lambda: CoTeaching(
        SMALL, 2, SGD, forget_rate=0.2, warm_up=1, gradual=3, schedule="released"
    ),
    "elr": lambda: EarlyLearning(SMALL, 2, SGD, class_weights="inverse_frequency"),
    "elr_cifar_resnet": lambda: EarlyLearning(partial(CifarResNet, depth=8, dropout=0.2), 2, SGD),
}


@pytest.mark.parametrize(
    ("method", "interrupted_in"),
    [(method, epoch) for method in METHODS for epoch in (1, 2, 3) if method != "elr_cifar_resnet" or epoch == 2],
)
def test_resumed_equals_uninterrupted(
    make_fit: Callable[..., Fit],
    labelled: tuple[UInt8Array, IntArray],
    tmp_path: Path,
    method: str,
    interrupted_in: int,
) -> None:
    labels, rows = labelled[1].copy(), np.arange(60)
    labels[:12] ^= 1
    make = partial(make_fit, epochs=4, build_module=METHODS[method])
    whole = make()(labels, rows, rows, seed=0, directory=tmp_path / "whole")
    cut = make(extra_callbacks=lambda: [StopAfter(interrupted_in)])
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        cut(labels, rows, rows, seed=0, directory=tmp_path / "cut")
    resumed = make()(labels, rows, rows, seed=0, directory=tmp_path / "cut")
    ours, theirs = parameters(tmp_path / "whole"), parameters(tmp_path / "cut")
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    np.testing.assert_array_equal(whole.probs, resumed.probs)
    if method == "elr":
        assert (ours["targets"].sum(dim=1) > 0).all()
    if method == "co_teaching":
        assert 0 <= float(ours["estimated_rate"]) <= 0.5


@pytest.mark.parametrize("method", ["cross_entropy", "co_teaching", "elr"])
def test_averaged_weights_resume_too(
    make_fit: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path, method: str
) -> None:
    """The callback copies the module before training; what depends on the labels has to be there by then."""
    rows = np.arange(60)
    make = partial(make_fit, epochs=4, build_module=METHODS[method])
    average: Callable[[], pl.Callback] = partial(EMAWeightAveraging, decay=0.9)
    whole = make(extra_callbacks=lambda: [average()])(labelled[1], rows, rows, seed=0, directory=tmp_path / "whole")
    cut = make(extra_callbacks=lambda: [average(), StopAfter(3)])
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        cut(labelled[1], rows, rows, seed=0, directory=tmp_path / "cut")
    resumed = make(extra_callbacks=lambda: [average()])(labelled[1], rows, rows, seed=0, directory=tmp_path / "cut")
    np.testing.assert_array_equal(whole.probs, resumed.probs)


def test_an_explosion_names_the_last_good_checkpoint_and_predicts_nothing(
    make_fit: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path
) -> None:
    class Explodes(CrossEntropy):
        def loss(self, logits: torch.Tensor, batch: Any) -> torch.Tensor:
            return super().loss(logits, batch) * (torch.inf if self.global_step >= 6 else 1.0)

    fit = make_fit(epochs=4, build_module=lambda: Explodes(SMALL, 2, SGD))
    with pytest.raises(
        InputError, match=r"not finite since step 6 \(epoch 1, step 8 .* rate 0.05\).*last.ckpt"
    ) as caught:
        fit(labelled[1], np.arange(60), np.arange(60), seed=0, directory=tmp_path)
    assert str(tmp_path / "last.ckpt") in str(caught.value)
    state = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert state["epoch"] == 0
    assert all(bool(torch.isfinite(value).all()) for value in state["state_dict"].values())
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]
