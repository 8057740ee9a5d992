"""OwnBatchStatistics: several processes whose batch normalisation is not synchronised."""

import pytorch_lightning as pl
from torch.nn.modules.batchnorm import _BatchNorm

from alc.callbacks.warned import warn_once

__all__ = ["OwnBatchStatistics"]


class OwnBatchStatistics(pl.Callback):
    """Says once what differs from one process where each normalises with its own share of a batch.

    Running statistics are those of the first process: it sends them to the others before every step and before every
    prediction.
    """

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Warn in the first process, if there is batch normalisation at all."""
        if trainer.is_global_zero and any(isinstance(each, _BatchNorm) for each in pl_module.modules()):
            warn_once(
                f"Each of the {trainer.world_size} processes normalises with the mean and variance of its own share of "
                "a batch, and running statistics are those of the first: the training differs from that of one process "
                "by more than rounding."
            )
