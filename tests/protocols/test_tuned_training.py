"""Training from given weights: what moves, what stays, what is left behind, and that it can be interrupted."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EMAWeightAveraging

from alc.arrays import IntArray, UInt8Array
from alc.methods.base import ClassifierModule
from alc.methods.co_teaching import CoTeaching
from alc.methods.cross_entropy import CrossEntropy
from alc.methods.elr import EarlyLearning
from alc.models.small_resnet import SmallResNet
from alc.models.tuning import FineTune, LinearProbe, Tuning
from alc.models.weights import Start
from alc.models.weights_file import TrainedOn, read_weights, save_weights
from alc.protocols.fit import Fit
from alc.protocols.passes import Passes
from tests.protocols.interruption import StopAfter, parameters

SMALL = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,))
SGD = partial(torch.optim.SGD, lr=0.05, momentum=0.9, weight_decay=1e-3)
COSINE = partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=4)
METHODS: dict[str, type[ClassifierModule] | partial[CoTeaching]] = {
    "cross_entropy": CrossEntropy,
    "co_teaching": partial(CoTeaching, warm_up=1, gradual=2),
    "elr": EarlyLearning,
}
TUNINGS: dict[str, Tuning] = {"linear_probe": LinearProbe(), "fine_tune": FineTune(0.1)}
ROWS = np.arange(60)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Of a network whose batch normalisation has seen something."""
    torch.manual_seed(1)
    network = SMALL(2)
    network(torch.rand(16, 3, 8, 8))
    save_weights(tmp_path / "start.safetensors", network)
    return tmp_path / "start.safetensors"


def builder(tuning: str, method: str, weights: Path) -> Callable[[], ClassifierModule]:
    start = Start(weights)

    def build() -> ClassifierModule:
        module = METHODS[method](TUNINGS[tuning](SMALL), 2, SGD, COSINE)
        start(module.backbones)
        return module

    return build


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tuning", TUNINGS)
def test_resumed_equals_uninterrupted(
    make_fit: Callable[..., Fit],
    labelled: tuple[UInt8Array, IntArray],
    tmp_path: Path,
    weights: Path,
    tuning: str,
    method: str,
) -> None:
    make = partial(make_fit, epochs=4, build_module=builder(tuning, method, weights), keep_weights=True)
    whole = make()(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "whole")
    cut = make(extra_callbacks=lambda: [StopAfter(2)])
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        cut(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "cut")
    resumed = make()(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "cut")
    ours, theirs = parameters(tmp_path / "whole"), parameters(tmp_path / "cut")
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    np.testing.assert_array_equal(whole.probs, resumed.probs)
    kept = [(tmp_path / each / "weights.safetensors").read_bytes() for each in ("whole", "cut")]
    assert kept[0] == kept[1]


@pytest.mark.parametrize("averaged", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_a_probe_leaves_the_encoder_as_it_was_and_fine_tuning_moves_it(
    make_fit: Callable[..., Fit],
    labelled: tuple[UInt8Array, IntArray],
    tmp_path: Path,
    weights: Path,
    method: str,
    averaged: bool,
) -> None:
    before = read_weights(weights).tensors
    for tuning in TUNINGS:
        average: list[pl.Callback] = [EMAWeightAveraging(decay=0.5)] if averaged else []
        fit = make_fit(
            build_module=builder(tuning, method, weights),
            keep_weights=True,
            normalisation="none",
            extra_callbacks=lambda callbacks=average: callbacks,
        )
        fit(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / tuning)
        stored = read_weights(tmp_path / tuning / "weights.safetensors")
        count = 2 if method == "co_teaching" else 1
        assert stored.num_networks == count
        assert stored.trained_on == TrainedOn(8, 8, "none")
        for index in range(count):
            after = stored.of_network(index, count)
            assert after.keys() == before.keys()
            moved = {name for name in after if not torch.equal(after[name], before[name])}
            assert {name for name in moved if name.startswith("classifier.")}
            if tuning == "linear_probe":
                assert {name.partition(".")[0] for name in moved} == {"classifier"}
            else:
                assert moved == after.keys()


def test_what_is_kept_predicts_what_was_predicted(
    make_fit: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path
) -> None:
    """The averaged networks where they are averaged: a training of nothing from them says the same."""
    fit = make_fit(keep_weights=True, extra_callbacks=lambda: [EMAWeightAveraging(decay=0.9)])
    made = fit(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "a")
    start = Start(tmp_path / "a" / "weights.safetensors")

    def build() -> ClassifierModule:
        module = CrossEntropy(SMALL, 2, partial(torch.optim.SGD, lr=0.0))
        for network in module.backbones:
            start([network])
            for layer in network.modules():
                if isinstance(layer, torch.nn.BatchNorm2d):
                    layer.momentum = 0.0
        return module

    again = make_fit(epochs=1, build_module=build)(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "b")
    np.testing.assert_allclose(again.probs, made.probs, atol=1e-6)


def test_dropout_of_a_probe_draws(
    make_fit: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path, weights: Path
) -> None:
    fit = make_fit(build_module=builder("linear_probe", "co_teaching", weights))
    probs = fit(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "fit", passes=Passes(3, dropout=True)).probs
    assert probs.shape == (6, 60, 2)
    assert len({each.tobytes() for each in probs}) == 6


def test_nothing_is_kept_unless_asked_for(
    make_fit: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path
) -> None:
    make_fit()(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]
