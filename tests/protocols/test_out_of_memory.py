"""Each phase of a training names its own setting when memory runs out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alc.arrays import IntArray, UInt8Array
from alc.errors import InputError
from alc.methods.cross_entropy import CrossEntropy
from alc.methods.simclr import SimCLR
from alc.protocols.fit import Fit
from alc.sources.images import ArrayImages
from tests.protocols.test_pretrain import pretrain

ROWS = np.arange(60)
SHORT = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("training_step", r"out of memory in training \(CUDA out of memory.*Lower loader\.batch_size, now 16\."),
        ("predict_step", r"out of memory in prediction .*Lower loader\.predict_batch_size, now 25\."),
    ],
)
def test_step(
    make_fit: Callable[..., Fit],
    labelled: tuple[UInt8Array, IntArray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    told: str,
) -> None:
    def fail(*_: Any) -> None:
        raise SHORT

    monkeypatch.setattr(CrossEntropy, step, fail)
    with pytest.raises(InputError, match=told):
        make_fit()(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path)


def test_a_step_of_a_pretraining(
    labelled: tuple[UInt8Array, IntArray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise SHORT

    monkeypatch.setattr(SimCLR, "training_step", fail)
    with pytest.raises(
        InputError, match=r"out of memory in pre-training \(CUDA out of memory.*Lower ssl\.batch_size, now 16\."
    ):
        pretrain(labelled[0], "simclr")(seed=0, directory=tmp_path)


def test_resident_images(
    make_fit: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: ArrayImages) -> None:
        raise MemoryError("Unable to allocate 1. TiB")

    monkeypatch.setattr(ArrayImages, "as_array", fail)
    with pytest.raises(
        InputError, match=r"reading all 60 images \(Unable to allocate 1\. TiB\)\. Set loader=streaming"
    ):
        make_fit()(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path)
    make_fit(resident=False)(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path)


def test_another_runtime_error_passes(
    make_fit: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(CrossEntropy, "training_step", fail)
    with pytest.raises(RuntimeError, match="mat1 and mat2") as caught:
        make_fit()(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path)
    assert not isinstance(caught.value, InputError)
