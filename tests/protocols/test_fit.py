"""Fit: reproducible, resumable to the last bit, and honest about damaged files."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from alc.arrays import IntArray, UInt8Array
from alc.errors import InputError
from alc.protocols.fit import Fit
from alc.protocols.result import FitResult
from alc.sources.images import ArrayImages
from tests.protocols.interruption import StopAfter, parameters

MakeFit = Callable[..., Fit]
Labelled = tuple[UInt8Array, IntArray]
TRAIN, PREDICT = np.arange(48), np.arange(40, 60)


def run(fit: Fit, labels: IntArray, directory: Path, seed: int = 0) -> FitResult:
    return fit(labels, TRAIN, PREDICT, seed=seed, directory=directory)


def same(a: FitResult, b: FitResult) -> bool:
    assert a.dynamics is not None
    assert b.dynamics is not None
    return np.array_equal(a.probs, b.probs) and all(
        np.array_equal(getattr(a.dynamics, name), getattr(b.dynamics, name)) for name in ("loss", "margin", "correct")
    )


def test_learns_and_predicts_what_was_asked(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    test = ArrayImages(labelled[0][:7])
    result = run(make_fit(epochs=4, test_images=test), labelled[1], tmp_path)
    assert result.probs.shape == (1, 20, 2)
    assert (result.probs[0].argmax(axis=1) == labelled[1][PREDICT]).mean() > 0.9
    assert result.test_probs is not None
    np.testing.assert_allclose(result.test_probs.sum(axis=1), 1, rtol=1e-5)
    assert result.test_probs.shape == (7, 2)
    assert result.dynamics is not None
    assert result.dynamics.loss.shape == (4, 48)
    assert np.isfinite(result.dynamics.loss).all()
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]


def test_same_seed_same_numbers_and_the_callers_torch_is_left_alone(
    make_fit: MakeFit, labelled: Labelled, tmp_path: Path
) -> None:
    state = torch.get_rng_state()
    first = run(make_fit(), labelled[1], tmp_path / "1")
    assert torch.equal(state, torch.get_rng_state())
    torch.rand(3)  # what was drawn before does not matter
    assert same(first, run(make_fit(), labelled[1], tmp_path / "2"))
    assert not np.array_equal(first.probs, run(make_fit(), labelled[1], tmp_path / "3", seed=1).probs)


@pytest.mark.parametrize("interrupted_in", [1, 3])
def test_resume_equals_uninterrupted(
    make_fit: MakeFit, labelled: Labelled, tmp_path: Path, interrupted_in: int
) -> None:
    whole = run(make_fit(epochs=4), labelled[1], tmp_path / "whole")
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        run(make_fit(epochs=4, extra_callbacks=lambda: [StopAfter(interrupted_in)]), labelled[1], tmp_path / "cut")
    assert torch.load(tmp_path / "cut" / "last.ckpt", weights_only=True)["epoch"] == interrupted_in - 1
    resumed = run(make_fit(epochs=4), labelled[1], tmp_path / "cut")
    ours, theirs = parameters(tmp_path / "whole"), parameters(tmp_path / "cut")
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert same(whole, resumed)


def test_a_training_that_was_complete_is_not_continued(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    first = run(make_fit(), labelled[1], tmp_path)
    again = run(make_fit(extra_callbacks=lambda: [StopAfter(0)]), labelled[1], tmp_path)  # would raise if it trained
    assert same(first, again)


def test_a_damaged_checkpoint_starts_clean(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    first = run(make_fit(), labelled[1], tmp_path)
    path = tmp_path / "last.ckpt"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.warns(UserWarning, match="last.ckpt cannot be read"):
        assert same(first, run(make_fit(), labelled[1], tmp_path))


def test_checkpoints_can_be_switched_off(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    run(make_fit(trainer={"enable_checkpointing": False}, record_dynamics=False), labelled[1], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_streamed_images_give_the_same_numbers(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    resident = run(make_fit(), labelled[1], tmp_path / "resident")
    assert same(resident, run(make_fit(resident=False), labelled[1], tmp_path / "streamed"))


def test_labels_out_of_range_are_refused(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    wrong = labelled[1].copy()
    wrong[5] = 2
    with pytest.raises(InputError, match="training labels: row 5 holds 2"):
        run(make_fit(), wrong, tmp_path)


def test_impossible_number_of_epochs_is_refused(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"trainer\.max_epochs is 0"):
        run(make_fit(epochs=0), labelled[1], tmp_path)


def test_result_file_round_trip_and_damage(tmp_path: Path, make_fit: MakeFit, labelled: Labelled) -> None:
    result, path = run(make_fit(), labelled[1], tmp_path / "fit"), tmp_path / "fit.npz"
    result.save(path, "mark")
    loaded = FitResult.load(path, "mark")
    assert loaded is not None
    assert same(result, loaded)
    assert loaded.test_probs is None
    with pytest.warns(UserWarning, match="another training"):
        assert FitResult.load(path, "other") is None
    path.write_bytes(json.dumps({}).encode())
    with pytest.warns(UserWarning, match="cannot be read"):
        assert FitResult.load(path, "mark") is None


@pytest.mark.gpu
def test_gpu_agrees_with_cpu(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    on_cpu = run(make_fit(dropout=0.0), labelled[1], tmp_path / "cpu")
    on_gpu = run(make_fit(dropout=0.0, trainer={"accelerator": "gpu"}), labelled[1], tmp_path / "gpu")
    np.testing.assert_allclose(on_gpu.probs, on_cpu.probs, atol=0.02)
