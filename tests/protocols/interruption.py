"""A training that is stopped in the middle, and the state it left."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

__all__ = ["StopAfter", "parameters"]


class StopAfter(pl.Callback):
    """Raises, as a kill would, when the epoch after ``epochs`` begins."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        if trainer.current_epoch == self.epochs:
            raise KeyboardInterrupt


def parameters(directory: Path) -> dict[str, torch.Tensor]:
    """Parameters and buffers of the last checkpoint."""
    state: dict[str, torch.Tensor] = torch.load(directory / "last.ckpt", weights_only=True)["state_dict"]
    return state
