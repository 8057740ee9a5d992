"""Averaged weights: what is predicted with, what is kept, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from omegaconf import OmegaConf
from pytorch_lightning.callbacks import EMAWeightAveraging

from alc.arrays import IntArray, UInt8Array
from alc.build import build
from alc.callbacks.warned import warn_once
from alc.cli.app import config_directory
from alc.errors import InputError
from alc.protocols.fit import Fit

MakeFit = Callable[..., Fit]
Labelled = tuple[UInt8Array, IntArray]
ROWS = np.arange(60)


def average(**options: Any) -> Callable[[], list[pl.Callback]]:
    """What the group adds, with other options than its own."""
    group = OmegaConf.load(config_directory() / "averaging" / "ema.yaml")
    config = OmegaConf.create({"averaging": OmegaConf.merge(group, {"decay": 0.5} | options)})
    return lambda: [build(config, "averaging")]


class Steps(pl.Callback):
    """Keeps the weights of the classifier after every step."""

    def __init__(self) -> None:
        self.seen: list[torch.Tensor] = []

    def on_train_batch_end(self, trainer: pl.Trainer, module: Any, *_: Any) -> None:
        self.seen.append(module.networks[0].classifier.weight.detach().clone())


def test_what_is_kept_and_predicted_with_is_the_average(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    """By hand: the first step is copied, each later one enters with weight 1/4; posteriors follow from it."""
    steps = Steps()
    fit = make_fit(dropout=0.0, extra_callbacks=lambda: [*average(decay=0.75)(), steps])
    averaged = fit(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "averaged")
    expected = steps.seen[0]
    for weight in steps.seen[1:]:
        expected = 0.75 * expected + 0.25 * weight
    kept = torch.load(tmp_path / "averaged" / "last.ckpt", weights_only=True)
    torch.testing.assert_close(kept["state_dict"]["networks.0.classifier.weight"], expected)
    torch.testing.assert_close(kept["current_model_state"]["networks.0.classifier.weight"], steps.seen[-1])
    plain = make_fit(dropout=0.0)(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "plain")
    assert np.abs(averaged.probs - plain.probs).max() > 1e-3
    # The average learns nothing on its own: a network with the kept weights says what was predicted.
    again = make_fit(
        dropout=0.0, build_module=lambda: loaded(fit, kept["state_dict"]), trainer={"limit_train_batches": 0}
    )
    np.testing.assert_array_equal(
        again(labelled[1], ROWS, ROWS, seed=1, directory=tmp_path / "again").probs, averaged.probs
    )


def loaded(fit: Fit, state: dict[str, torch.Tensor]) -> Any:
    module = fit.build_module()
    module.load_state_dict(state)
    return module


def test_a_training_that_was_complete_predicts_with_the_average_again(
    make_fit: MakeFit, labelled: Labelled, tmp_path: Path
) -> None:
    first = make_fit(extra_callbacks=average())(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path)
    again = make_fit(extra_callbacks=average())(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path)
    np.testing.assert_array_equal(first.probs, again.probs)


def test_an_average_that_never_begins_is_refused(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    late = average(update_starting_at_step=8)  # there are steps 0 to 7
    with pytest.raises(InputError, match="none of the 8 steps and 2 epochs"):
        make_fit(extra_callbacks=late)(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path)
    for options in ({"update_starting_at_step": 7}, {"update_every_n_steps": 0, "update_starting_at_epoch": 1}):
        make_fit(extra_callbacks=average(**options))(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path)


def test_an_average_that_is_too_slow_is_told(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    warn_once.cache_clear()
    slow = make_fit(extra_callbacks=average(decay=0.9))
    with pytest.warns(UserWarning, match="After the 8 updates .* still 48% what it began with"):  # 0.9 ** 7
        slow(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path / "1")


def test_two_averages_are_refused(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    fit = make_fit(extra_callbacks=lambda: [*average()(), EMAWeightAveraging(decay=0.9)])
    with pytest.raises(InputError, match=r"averaged 2 times.*Set averaging=none"):
        fit(labelled[1], ROWS, ROWS, seed=0, directory=tmp_path)
