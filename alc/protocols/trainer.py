"""make_trainer: a Lightning trainer with this project's checkpoints, and quiet."""

import sys
from collections.abc import Sequence
from typing import Any, Literal, Protocol

import pytorch_lightning as pl
import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import Checkpoint

from alc.callbacks.averaging import AverageInUse, averages
from alc.callbacks.batch_statistics import OwnBatchStatistics
from alc.callbacks.checkpoint import AtomicCheckpointIO
from alc.errors import InputError
from alc.protocols.quiet import quiet_lightning

__all__ = ["TrainerFactory", "make_trainer"]


class TrainerFactory(Protocol):
    """Builds a trainer; the call adds what belongs to one fit or prediction, and may override what is configured."""

    def __call__(self, *, callbacks: Sequence[pl.Callback], **arguments: Any) -> pl.Trainer:
        """The trainer."""
        ...


def make_trainer(
    *,
    callbacks: Sequence[pl.Callback] = (),
    enable_progress_bar: bool | Literal["auto"] = "auto",
    enable_checkpointing: bool = True,
    accelerator: str = "auto",
    devices: int = 1,
    num_nodes: int = 1,
    sync_batchnorm: bool | Literal["auto"] = "auto",
    **arguments: Any,
) -> pl.Trainer:
    """A trainer with atomic checkpoints; without the sampler of Lightning, whose padding would repeat samples.

    Args:
        callbacks: Callbacks of this fit; those that checkpoint are left out where checkpoints are switched off.  One
            that averages the weights gets the help of :class:`~alc.callbacks.averaging.AverageInUse`.
        enable_progress_bar: ``auto`` shows it when the output goes to a terminal.
        enable_checkpointing: Whether ``last.ckpt`` is kept, from which an interrupted run continues.
        accelerator: As for ``pytorch_lightning.Trainer``.
        devices: Processes on each node, a number: how many take part decides what a training computes.
        num_nodes: Nodes.
        sync_batchnorm: Whether all processes share the statistics of batch normalisation; ``auto`` does where there
            are several and they have GPUs.  Torch can not on CPUs.
        **arguments: Further arguments of ``pytorch_lightning.Trainer``.

    Raises:
        InputError: A value is refused, by this function or by Lightning.
    """
    quiet_lightning()
    max_epochs = arguments.get("max_epochs")
    if not isinstance(max_epochs, int) or max_epochs < 1:
        raise InputError(f"trainer.max_epochs is {max_epochs!r}", allowed="a whole number of 1 or more")
    several = _processes(devices, num_nodes) > 1
    shared = _shares_statistics(sync_batchnorm, several, accelerator)
    kept = [each for each in callbacks if enable_checkpointing or not isinstance(each, Checkpoint)]
    kept = [*map(AverageInUse, averages(kept)), *([OwnBatchStatistics()] if several and not shared else []), *kept]
    arguments |= {"accelerator": accelerator, "devices": devices, "num_nodes": num_nodes, "sync_batchnorm": shared}
    try:
        return pl.Trainer(
            callbacks=kept,
            plugins=[AtomicCheckpointIO()],
            enable_progress_bar=sys.stderr.isatty() if enable_progress_bar == "auto" else enable_progress_bar,
            enable_checkpointing=any(isinstance(each, Checkpoint) for each in kept),
            use_distributed_sampler=False,
            **arguments,
        )
    except (MisconfigurationException, TypeError, ValueError) as error:
        asked = {
            name: arguments[name] for name in ("accelerator", "devices", "strategy", "precision") if name in arguments
        }
        raise InputError(f"the trainer cannot be built with {asked} ({error})", fix="Try trainer=cpu") from error


def _processes(devices: object, num_nodes: object) -> int:
    """How many processes there will be, if that can be said beforehand."""
    for name, value in (("devices", devices), ("num_nodes", num_nodes)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(
                f"trainer.{name} is {value!r}",
                allowed="a whole number of 1 or more, since it decides what a training computes",
                fix="Give the number; CUDA_VISIBLE_DEVICES chooses among the GPUs",
            )
    assert isinstance(devices, int)
    assert isinstance(num_nodes, int)
    return devices * num_nodes


def _shares_statistics(wanted: object, several: bool, accelerator: str) -> bool:
    """Whether layers of batch normalisation are to speak with those of other processes."""
    gpus = accelerator in {"gpu", "cuda"} or (accelerator == "auto" and torch.cuda.is_available())
    if wanted == "auto":
        return several and gpus
    if not isinstance(wanted, bool):
        raise InputError(f"trainer.sync_batchnorm is {wanted!r}", allowed="auto, true, false")
    if wanted and several and not gpus:
        raise InputError(
            "trainer.sync_batchnorm is true, but torch can synchronise batch statistics on GPUs only",
            fix="Set trainer.sync_batchnorm=auto",
        )
    return wanted and several
