"""PosteriorWriter: from the batches of a prediction to one file of posteriors, and one of features where there are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import BasePredictionWriter

from alc.arrays import FloatArray, IntArray
from alc.atomic import atomic_path
from alc.errors import InputError
from alc.posteriors import PosteriorProtocol, Posteriors

__all__ = ["PosteriorWriter"]


class PosteriorWriter(BasePredictionWriter):
    """Files the softmax of every network under the data set's own index and writes a posteriors file at the end.

    Each process writes the part it predicted; the first one joins them.  What is written covers every expected row
    exactly once, or nothing is written.  Where predictions carry features, these go to ``features_path``, an ``.npy``
    of float32 (n, D) in the same order.

    Args:
        path: The ``.npz`` to write.
        rows: (n,) rows that are to be predicted, in the order of the file.
        protocol: How the posteriors came to be.
        sample_id: (n,) ids to file the rows under; None takes the rows themselves.
        average: Write the mean probability of the networks as one member, instead of one member per network.
        source: Run or call that made them.
    """

    def __init__(
        self,
        path: Path,
        rows: IntArray,
        protocol: PosteriorProtocol,
        *,
        sample_id: IntArray | None = None,
        average: bool = False,
        source: str = "",
    ) -> None:
        super().__init__(write_interval="batch")
        self.path, self.rows, self.protocol = Path(path), np.asarray(rows, dtype=np.int64), protocol
        self.sample_id = self.rows if sample_id is None else np.asarray(sample_id)
        self.average, self.source = average, source
        self._index: list[torch.Tensor] = []
        self._probs: list[torch.Tensor] = []
        self._features: list[torch.Tensor] = []

    @property
    def features_path(self) -> Path:
        """Where features go."""
        return self.path.with_name(f"{self.path.stem}_features.npy")

    def on_predict_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forget an earlier prediction."""
        self._index, self._probs, self._features = [], [], []

    def write_on_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        prediction: Any,
        batch_indices: Sequence[int] | None,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int,
    ) -> None:
        """Softmax per network in float32; probabilities are averaged where asked, logits never."""
        probs = prediction["logits"].float().softmax(dim=2)
        self._probs.append((probs.mean(dim=0, keepdim=True) if self.average else probs).cpu())
        self._index.append(prediction["index"].cpu())
        if prediction.get("features") is not None:
            self._features.append(prediction["features"].float().cpu())

    def on_predict_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write this process's part, wait for the others, and let the first process join and check them."""
        if not self._index:
            raise InputError(
                f"process {trainer.global_rank} has predicted nothing", fix="Use fewer processes than there are batches"
            )
        with atomic_path(self._part(trainer.global_rank)) as temporary:
            arrays = {"index": torch.cat(self._index), "probs": torch.cat(self._probs, dim=1)}
            if self._features:
                arrays["features"] = torch.cat(self._features)
            np.savez(temporary, allow_pickle=False, **{name: tensor.numpy() for name, tensor in arrays.items()})
        self._index, self._probs, self._features = [], [], []
        trainer.strategy.barrier("posteriors")
        if trainer.is_global_zero:
            parts = [self._part(rank) for rank in range(trainer.world_size)]
            try:
                loaded = [_read_part(part) for part in parts]
                index = np.concatenate([part["index"] for part in loaded])
                probs = np.concatenate([part["probs"] for part in loaded], axis=1)
                order = self._order(index, probs)
                Posteriors(probs[:, order], self.sample_id, self.protocol, self.source).save(self.path)
                if "features" in loaded[0]:
                    with atomic_path(self.features_path) as temporary:
                        np.save(temporary, np.concatenate([part["features"] for part in loaded])[order])
            finally:
                for part in parts:
                    part.unlink(missing_ok=True)
        trainer.strategy.barrier("posteriors joined")

    def _part(self, rank: int) -> Path:
        return self.path.with_name(f"{self.path.stem}.rank{rank}.npz")

    def _order(self, index: IntArray, probs: FloatArray) -> IntArray:
        """Positions that bring predictions (M, n, C) of the rows ``index`` (n,) into the order of ``rows``."""
        times = np.bincount(index, minlength=int(self.rows.max()) + 1)
        missing = self.rows[times[self.rows] == 0]
        if missing.size:
            raise InputError(
                f"the prediction lacks {missing.size} of {len(self.rows)} rows, the first is row {missing[0]}",
                fix="Predict the whole data set (trainer.limit_predict_batches=1.0)",
            )
        if len(index) != len(self.rows):
            extra = np.flatnonzero(times > np.bincount(self.rows, minlength=len(times)))
            raise InputError(
                f"the prediction holds row {extra[0]} {times[extra[0]]} times ({len(index) - len(self.rows)} too many)",
                fix="Predict with the project's own loader (trainer.use_distributed_sampler=false)",
            )
        bad = ~np.isfinite(probs).all(axis=(0, 2))
        if bad.any():
            raise InputError(
                f"the network's output for row {index[bad.argmax()]} is not finite ({int(bad.sum())} such rows)",
                fix="Lower optimizer.lr and train again with force=true",
            )
        order = np.empty(len(times), dtype=np.int64)
        order[index] = np.arange(len(index))
        return np.asarray(order[self.rows])


def _read_part(path: Path) -> dict[str, npt.NDArray[Any]]:
    with np.load(path, allow_pickle=False) as part:
        return dict(part)
