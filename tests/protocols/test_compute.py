"""The switches of speed: each really switches, and none gets in the way of resuming, cross-fitting or predicting."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from alc.arrays import IntArray, UInt8Array
from alc.errors import InputError
from alc.methods.base import ClassifierModule
from alc.methods.co_teaching import CoTeaching
from alc.methods.compute import Compute
from alc.methods.cross_entropy import CrossEntropy
from alc.methods.elr import EarlyLearning
from alc.methods.trained import TrainedModule
from alc.models.small_resnet import SmallResNet
from alc.protocols.cross_fit import CrossFit
from alc.protocols.fit import Fit

MakeFit = Callable[..., Fit]
Labelled = tuple[UInt8Array, IntArray]
ROWS = np.arange(60)
SMALL = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,), dropout=0.2)
SGD = partial(torch.optim.SGD, lr=0.05, momentum=0.9)
METHODS: dict[str, Callable[[], ClassifierModule]] = {
    "cross_entropy": lambda: CrossEntropy(SMALL, 2, SGD, class_weights="inverse_frequency"),
    "cross_entropy_squashed": lambda: CrossEntropy(SMALL, 2, SGD, label_smoothing=0.1, tanh_alpha=3.0),
    "co_teaching": lambda: CoTeaching(SMALL, 2, SGD, warm_up=1, gradual=1),
    "elr": lambda: EarlyLearning(SMALL, 2, SGD),
}


class Spy(pl.Callback):
    """Sees batches and weights as they lie in memory, and the precision of logits."""

    def __init__(self) -> None:
        self.channels_last: set[bool] = set()
        self.logits: set[torch.dtype] = set()

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, out: Any, batch: Any, i: int) -> None:
        big = [each for each in module.parameters() if each.dim() == 4 and each.shape[1] > 1 and each.shape[2] > 1]
        self.channels_last |= {
            each.is_contiguous(memory_format=torch.channels_last) and not each.is_contiguous()
            for each in [batch["image"], *big]
        }
        self.logits.add(out["logits"].dtype)


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("resident", [True, False])
def test_layout_of_weights_and_images(
    make_fit: MakeFit, labelled: Labelled, tmp_path: Path, channels_last: bool, resident: bool
) -> None:
    spy = Spy()
    fit = make_fit(compute=Compute(channels_last), extra_callbacks=lambda: [spy], resident=resident)
    fit(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path)
    assert spy.channels_last == {channels_last}


def test_layout_changes_nothing_but_rounding(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    last, first = (
        make_fit(compute=Compute(each))(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / str(each)).probs
        for each in (True, False)
    )
    np.testing.assert_allclose(last, first, atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_bfloat16_gives_finite_posteriors_in_float32(
    make_fit: MakeFit, labelled: Labelled, tmp_path: Path, method: str
) -> None:
    spy = Spy()
    fit = make_fit(
        epochs=4,
        build_module=METHODS[method],
        trainer={"precision": "bf16-mixed"},
        extra_callbacks=lambda: [spy],
    )
    labels = labelled[1].copy()
    labels[:12] ^= 1
    result = fit(labels, ROWS, ROWS, seed=0, directory=tmp_path)
    assert spy.logits == {torch.float32}
    assert result.probs.dtype == np.float32
    assert np.isfinite(result.probs).all()
    np.testing.assert_allclose(result.probs.sum(axis=2), 1, atol=1e-6)
    for member in result.probs:
        assert len(np.unique(member[:, 0])) >= 0.9 * len(ROWS)  # bfloat16 knows but 128 numbers from 1/2 to 1
    assert result.dynamics is not None
    assert np.isfinite(result.dynamics.loss).all()
    state = torch.load(tmp_path / "last.ckpt", weights_only=True)["state_dict"]
    assert {each.dtype for each in state.values()} <= {torch.float32, torch.int64}


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Torch.compile without a C++ compiler: what would be made code of is counted, and run as it is."""
    made: list[int] = []

    def backend(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> Callable[..., Any]:
        made.append(len(list(graph.graph.nodes)))
        return graph.forward

    compiled = nn.Module.compile
    monkeypatch.setattr(nn.Module, "compile", lambda self: compiled(self, backend=backend))
    torch.compiler.reset()
    yield made
    torch.compiler.reset()


@pytest.mark.parametrize("method", ["cross_entropy", "co_teaching"])
def test_compiled_training_resumes_and_equals_the_plain_one(
    make_fit: MakeFit, labelled: Labelled, tmp_path: Path, graphs: list[int], method: str
) -> None:
    class Stop(pl.Callback):
        def on_train_epoch_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
            if trainer.current_epoch == 2:
                raise KeyboardInterrupt

    make = partial(make_fit, epochs=3, build_module=METHODS[method])
    plain = make()(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "plain")
    assert not graphs
    make = partial(make, compute=Compute(compile=True))
    whole = make()(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "whole")
    assert 1 <= len(graphs) <= 4
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        make(extra_callbacks=lambda: [Stop()])(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "cut")
    resumed = make()(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "cut")
    np.testing.assert_array_equal(whole.probs, resumed.probs)
    np.testing.assert_allclose(whole.probs, plain.probs, atol=1e-3)
    names = [
        list(torch.load(tmp_path / each / "last.ckpt", weights_only=True)["state_dict"]) for each in ("plain", "whole")
    ]
    assert names[0] == names[1]


def test_folds_share_compiled_code(make_fit: MakeFit, labelled: Labelled, tmp_path: Path, graphs: list[int]) -> None:
    """Or ten folds would run into torch's limit, beyond which nothing is compiled."""
    fit = make_fit(epochs=1, compute=Compute(compile=True), batch_size=10)
    args: dict[str, Any] = {"sample_id": ROWS, "group": None, "seed": 0, "directory": tmp_path}
    got = CrossFit(5).obtain(fit, labelled[1], **args)
    assert np.isfinite(got.posteriors.probs).all()
    assert 1 <= len(graphs) <= 3


def test_a_compiler_that_is_not_there(
    make_fit: MakeFit, labelled: Labelled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def backend(*_: Any) -> Any:
        raise RuntimeError("No working C++ compiler found")

    compiled = nn.Module.compile
    monkeypatch.setattr(nn.Module, "compile", lambda self: compiled(self, backend=backend))
    torch.compiler.reset()
    with pytest.raises(InputError, match=r"compute\.compile.*No working C\+\+ compiler.*set compute=default"):
        make_fit(compute=Compute(compile=True))(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path)
    torch.compiler.reset()


def test_what_can_not_be_compiled_says_so() -> None:
    with pytest.raises(InputError, match="TrainedModule can not do"):
        Compute(compile=True).apply(TrainedModule(SGD))
    with pytest.raises(InputError, match=r"compute\.channels_last is 1"):
        Compute(channels_last=1)  # type: ignore[arg-type]  # what a config could hold


@pytest.mark.slow
def test_real_code_is_made_and_trains_the_same(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    from torch._dynamo.utils import counters

    torch.compiler.reset()
    counters.clear()
    plain, compiled = (
        make_fit(epochs=3, dropout=0.0, compute=Compute(compile=each))(
            labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / str(each)
        )
        for each in (False, True)
    )
    assert counters["stats"]["unique_graphs"] >= 1
    assert counters["inductor"]
    np.testing.assert_allclose(compiled.probs, plain.probs, atol=1e-3)
