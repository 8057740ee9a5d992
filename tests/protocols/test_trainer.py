"""make_trainer: quiet, and clear about what it cannot build."""

import logging
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from alc.callbacks.batch_statistics import OwnBatchStatistics
from alc.callbacks.checkpoint import LastCheckpoint
from alc.errors import InputError
from alc.protocols.quiet import KNOWN_AND_MEANT
from alc.protocols.trainer import make_trainer


def test_it_says_nothing(capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder) -> None:
    trainer = make_trainer(max_epochs=1, accelerator="cpu", logger=False, enable_model_summary=False)
    assert trainer.progress_bar_callback is None  # not attached to a terminal
    assert not trainer.checkpoint_callbacks
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list
    assert not logging.getLogger("pytorch_lightning").isEnabledFor(logging.INFO)


def test_no_warning_is_filtered_twice() -> None:
    assert len(set(KNOWN_AND_MEANT)) == len(KNOWN_AND_MEANT)


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


@pytest.mark.parametrize(
    "arguments", [{"devices": "auto"}, {"devices": -1}, {"devices": [0, 1]}, {"devices": True}, {"num_nodes": 0}]
)
def test_the_number_of_processes_is_a_number(arguments: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"trainer\.\w+ is .*Give the number"):
        make_trainer(max_epochs=1, logger=False, **arguments)  # type: ignore[arg-type]  # what a config could hold


def test_several_processes_share_batch_statistics_on_gpus_only(monkeypatch: pytest.MonkeyPatch) -> None:
    make = partial(make_trainer, max_epochs=1, logger=False, strategy="ddp")
    with pytest.raises(InputError, match=r"sync_batchnorm is true.*GPUs only.*=auto"):
        make(accelerator="cpu", devices=2, sync_batchnorm=True)
    with pytest.raises(InputError, match=r"sync_batchnorm is 'on'"):
        make(accelerator="cpu", devices=2, sync_batchnorm="on")  # type: ignore[arg-type]  # what a config could hold
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("alc.protocols.trainer.pl.Trainer", lambda **arguments: asked.append(arguments))
    make(accelerator="gpu", devices=2)
    make(accelerator="gpu", num_nodes=2)
    make(accelerator="gpu")
    make(accelerator="gpu", devices=2, sync_batchnorm=False)
    make(accelerator="cpu", devices=2)
    assert [each["sync_batchnorm"] for each in asked] == [True, True, False, False, False]
    own = [any(isinstance(one, OwnBatchStatistics) for one in each["callbacks"]) for each in asked]
    assert own == [False, False, False, True, True]
