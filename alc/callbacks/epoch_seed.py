"""EpochSeed: torch's own random numbers become a function of (seed, epoch, process)."""

import pytorch_lightning as pl
import torch

from alc.seeding import derive_seed

__all__ = ["EpochSeed"]


class EpochSeed(pl.Callback):
    """Reseeds torch at the start of every training epoch.

    Dropout draws from torch's global generators, whose state after a resume is not what it would have been.  Seeded per
    epoch, a run resumed at an epoch's end equals one that never stopped, parameter by parameter.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Seed the generators of the CPU and of all devices."""
        torch.manual_seed(derive_seed(self.seed, "epoch", trainer.current_epoch, trainer.global_rank))
