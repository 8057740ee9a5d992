"""Checkpoints that are whole or absent, hold no code, and belong to one fit."""

import io
import time
import warnings
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.plugins.io import CheckpointIO

from alc.atomic import atomic_path

__all__ = ["AtomicCheckpointIO", "LastCheckpoint", "usable_checkpoint"]

CHECKPOINT_NAME = "last.ckpt"


class AtomicCheckpointIO(CheckpointIO):
    """Writes beside the target and renames, so ``kill -9`` leaves the previous checkpoint; reads tensors only."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        """Write one checkpoint; by way of memory, because torch's own writer hides that the disk is full."""
        content = io.BytesIO()
        torch.save(checkpoint, content)
        with atomic_path(Path(path)) as temporary:
            temporary.write_bytes(content.getbuffer())

    def load_checkpoint(
        self, path: str | Path, map_location: Any | None = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read one checkpoint, always without unpickling code."""
        checkpoint: dict[str, Any] = torch.load(path, map_location=map_location or "cpu", weights_only=True)
        return checkpoint

    def remove_checkpoint(self, path: str | Path) -> None:
        """Delete one checkpoint."""
        Path(path).unlink(missing_ok=True)


class LastCheckpoint(Checkpoint):
    """Keeps ``last.ckpt`` of one fit, written at the end of an epoch: of the last one, and of one per ``seconds``.

    Args:
        directory: Where it lies.
        fingerprint: What the fit depends on; a checkpoint with another one is not resumed.
        seconds: Least time between two writes; 0 writes after every epoch.

    Attributes:
        last_good: The file once it holds a state of this training, None before.
    """

    def __init__(self, directory: Path, fingerprint: str, seconds: float) -> None:
        self.path, self.fingerprint, self.seconds = Path(directory) / CHECKPOINT_NAME, fingerprint, seconds
        self.last_good: Path | None = None
        self._written = time.monotonic()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Remove what a killed process was writing."""
        self.last_good = self.path if trainer.ckpt_path else None
        if trainer.is_global_zero:
            for unfinished in self.path.parent.glob(f".{self.path.stem}.*.tmp{self.path.suffix}"):
                unfinished.unlink(missing_ok=True)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write if it is time; the first process decides for all, since writing is a joint act."""
        is_last = trainer.max_epochs is not None and trainer.current_epoch + 1 >= trainer.max_epochs
        due = is_last or time.monotonic() - self._written >= self.seconds
        if trainer.strategy.broadcast(due):
            trainer.save_checkpoint(self.path)
            self._written, self.last_good = time.monotonic(), self.path

    def state_dict(self) -> dict[str, Any]:
        """The fingerprint, to be compared by :func:`usable_checkpoint`."""
        return {"fingerprint": self.fingerprint}


def usable_checkpoint(directory: Path, fingerprint: str) -> Path | None:
    """The checkpoint to resume from, or None; one that is damaged or belongs to another fit is told in a warning."""
    path = Path(directory) / CHECKPOINT_NAME
    if not path.is_file():
        return None
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        found = checkpoint["callbacks"][LastCheckpoint.__qualname__]["fingerprint"]
    except Exception as error:  # whatever a damaged file makes the reader raise, the answer is the same
        lines = str(error).splitlines() or [type(error).__name__]
        warnings.warn(f"{path} cannot be read ({lines[0]}); training starts from the beginning.", stacklevel=2)
        return None
    if found != fingerprint:
        warnings.warn(f"{path} is of another training; this one starts from the beginning.", stacklevel=2)
        return None
    return path
