"""make_trainer: quiet, and clear about what it cannot build."""

import logging
from pathlib import Path

import pytest
import torch

from alc.callbacks.checkpoint import LastCheckpoint
from alc.errors import InputError
from alc.protocols.trainer import make_trainer


def test_it_says_nothing(capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder) -> None:
    trainer = make_trainer(max_epochs=1, accelerator="cpu", logger=False, enable_model_summary=False)
    assert trainer.progress_bar_callback is None  # not attached to a terminal
    assert not trainer.checkpoint_callbacks
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list
    assert not logging.getLogger("pytorch_lightning").isEnabledFor(logging.INFO)


def test_checkpoints_follow_the_switch(tmp_path: Path) -> None:
    for enabled in (True, False):
        last = LastCheckpoint(tmp_path, "a", 0)
        trainer = make_trainer(
            max_epochs=1, accelerator="cpu", logger=False, callbacks=[last], enable_checkpointing=enabled
        )
        assert trainer.checkpoint_callbacks == ([last] if enabled else [])


@pytest.mark.parametrize("arguments", [{"precision": "17-true"}, {"accelerator": "abacus"}, {"max_epoch": 3}])
def test_what_lightning_refuses_is_an_input_error(arguments: dict[str, object]) -> None:
    with pytest.raises(InputError, match="trainer cannot be built"):
        make_trainer(max_epochs=1, logger=False, **arguments)  # type: ignore[arg-type]  # what a config could hold


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r"'accelerator': 'gpu'.*trainer=cpu"):
        make_trainer(max_epochs=1, logger=False, accelerator="gpu")
