"""RecordDynamics: what the network said about every training sample, epoch by epoch."""

from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn import functional

from alc.arrays import IntArray
from alc.dynamics import TrainingDynamics

__all__ = ["RecordDynamics", "per_sample_records"]

FIELDS = ("loss", "p_given", "margin", "correct")


def per_sample_records(logits: Tensor, label: Tensor) -> Tensor:
    """Loss, probability and margin of the given label, and whether it is the arg max: (M, B, C), (B,) -> (4, B).

    Loss, probability and margin are means over the M networks; the arg max is of their mean probability.
    """
    logits = logits.float()
    given = label.expand(len(logits), -1)[..., None]
    log_probs = functional.log_softmax(logits, dim=2)
    log_given = log_probs.gather(2, given)[..., 0]
    others = logits.scatter(2, given, -torch.inf).amax(dim=2)
    margin = logits.gather(2, given)[..., 0] - others
    probs = log_probs.exp().mean(dim=0)
    correct = (probs.argmax(dim=1) == label).float()
    return torch.stack([-log_given.mean(dim=0), log_given.exp().mean(dim=0), margin.mean(dim=0), correct])


class RecordDynamics(pl.Callback):
    """Collects training-step outputs, so it costs no forward pass: the samples are augmented and in-sample.

    The records are kept as float16 and travel in the checkpoint as plain tensors, so a resumed run has all its epochs.
    In training on several processes each epoch's records are brought together before the checkpoint is written.

    Args:
        rows: (n,) rows that are trained on; the records have one column for each, in this order.
    """

    def __init__(self, rows: IntArray) -> None:
        self.rows = np.asarray(rows, dtype=np.int64)
        self._position = torch.full((int(self.rows.max()) + 1,), -1)
        self._position[torch.from_numpy(self.rows)] = torch.arange(len(self.rows))
        self._epoch = torch.empty(0)
        self._records: list[Tensor] = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Move the row lookup to the device."""
        self._position = self._position.to(pl_module.device)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start an empty epoch (4, n)."""
        self._epoch = torch.full((len(FIELDS), len(self.rows)), torch.nan, device=pl_module.device)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """File the batch under its rows."""
        records = per_sample_records(outputs["logits"], outputs["label"])
        self._epoch[:, self._position[outputs["index"]]] = records

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Close the epoch, with the samples of all processes."""
        epoch = self._epoch
        if trainer.world_size > 1:
            seen = (~epoch.isnan()).float()
            both = torch.stack([epoch.nan_to_num(0.0), seen])
            torch.distributed.all_reduce(both)  # every row is trained by exactly one process
            epoch = torch.where(both[1] > 0, both[0] / both[1], torch.nan)
        limit = torch.finfo(torch.float16).max
        self._records.append(epoch.clamp(-limit, limit).half().cpu())

    def state_dict(self) -> dict[str, Any]:
        """All closed epochs (E, 4, n)."""
        return {"records": self._stacked()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the epochs of an earlier start."""
        self._records = list(state_dict["records"].cpu())

    def dynamics(self) -> TrainingDynamics:
        """The records so far, with rows as sample ids."""
        loss, p_given, margin, correct = self._stacked().float().numpy().transpose(1, 0, 2)
        return TrainingDynamics(loss, p_given, margin, correct == 1, self.rows)

    def _stacked(self) -> Tensor:
        return torch.stack(self._records) if self._records else torch.empty(0, len(FIELDS), len(self.rows)).half()
