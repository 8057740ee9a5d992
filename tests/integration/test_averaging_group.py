"""The group averaging, typed as a command: interrupted between training and prediction it ends the same."""

from pathlib import Path

import numpy as np
import pytest
import torch

from alc.posteriors import Posteriors
from alc.protocols.fit import Fit
from tests.integration.commands import TRAIN, alc, only

COMMAND = [*TRAIN, "posteriors=in_sample", "~posteriors.num_folds", "averaging=ema", "averaging.decay=0.5"]
COMMAND = [each for each in COMMAND if "num_folds" not in each and not each.startswith("trainer=")]
COMMAND += ["trainer.max_epochs=3", "callbacks.checkpoint_seconds=0"]


def test_posteriors_are_those_of_the_average_also_after_an_interruption(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert alc("train", *COMMAND, "paths.runs=whole").code == 0
    plain = [each for each in COMMAND if not each.startswith("averaging")]
    assert alc("train", *plain, "paths.runs=plain").code == 0
    with monkeypatch.context() as patch:

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(Fit, "_predict", interrupted)
        assert alc("train", *COMMAND, "paths.runs=cut").code == 130
    done = alc("train", *COMMAND, "paths.runs=cut")
    assert done.code == 0, done.err
    whole, cut, without = (
        Posteriors.load(only(folder, f"{runs}/train/*/posteriors.npz")).probs for runs in ("whole", "cut", "plain")
    )
    np.testing.assert_array_equal(whole, cut)
    assert np.abs(whole - without).max() > 1e-3
    kept = torch.load(only(folder, "whole/train/*/checkpoints/fit/last.ckpt"), weights_only=True)
    assert {"state_dict", "current_model_state", "averaging_state"} <= set(kept)


def test_the_average_is_part_of_the_identity(folder: Path) -> None:
    assert alc("train", *COMMAND, "trainer=fast_dev_run").code == 0
    done = alc("train", *COMMAND, "trainer=fast_dev_run", "averaging.decay=0.4")
    assert len(done.trainings) == 1
    assert len(list(folder.glob("runs/train/*"))) == 2


def test_a_second_average_is_refused(folder: Path) -> None:
    extra = "+callbacks.extra.mine._target_=pytorch_lightning.callbacks.EMAWeightAveraging"
    alc("train", *COMMAND, extra).refused("averaged 2 times", "averaging=none")
