"""make_trainer: a Lightning trainer with this project's checkpoints, and quiet."""

import sys
from collections.abc import Sequence
from typing import Any, Literal, Protocol

import pytorch_lightning as pl
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import Checkpoint

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
    **arguments: Any,
) -> pl.Trainer:
    """A trainer with atomic checkpoints; without the sampler of Lightning, whose padding would repeat samples.

    Args:
        callbacks: Callbacks of this fit; those that checkpoint are left out where checkpoints are switched off.
        enable_progress_bar: ``auto`` shows it when the output goes to a terminal.
        enable_checkpointing: Whether ``last.ckpt`` is kept, from which an interrupted run continues.
        **arguments: Further arguments of ``pytorch_lightning.Trainer``.
    """
    quiet_lightning()
    max_epochs = arguments.get("max_epochs")
    if not isinstance(max_epochs, int) or max_epochs < 1:
        raise InputError(f"trainer.max_epochs is {max_epochs!r}", allowed="a whole number of 1 or more")
    kept = [each for each in callbacks if enable_checkpointing or not isinstance(each, Checkpoint)]
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
