"""PosteriorWriter: every row exactly once, filed by its own index, probabilities averaged."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from alc.callbacks.posterior_writer import PosteriorWriter
from alc.errors import InputError
from alc.methods.base import Prediction
from alc.posteriors import Posteriors
from alc.protocols.quiet import quiet_lightning

LOGITS = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0)) * 3
"""Of two networks, six rows, three classes."""


class Table(pl.LightningModule):
    """Predicts by looking up ``LOGITS``."""

    def __init__(self, logits: torch.Tensor = LOGITS) -> None:
        super().__init__()
        self.table = logits

    def predict_step(self, batch: torch.Tensor, batch_idx: int) -> Prediction:
        return {"index": batch, "logits": self.table[:, batch], "features": None}


class Batches(Dataset[torch.Tensor]):
    """Batches of rows."""

    def __init__(self, order: Sequence[Sequence[int]]) -> None:
        self.order = order

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, position: int) -> torch.Tensor:
        return torch.tensor(self.order[position])


def write(path: Path, order: Sequence[Sequence[int]], logits: torch.Tensor = LOGITS, **arguments: Any) -> Posteriors:
    quiet_lightning()
    writer = PosteriorWriter(path, arguments.pop("rows", np.arange(6)), "in_sample", **arguments)
    trainer = pl.Trainer(
        accelerator="cpu", callbacks=[writer], logger=False, enable_progress_bar=False, enable_checkpointing=False
    )
    batches: DataLoader[torch.Tensor] = DataLoader(Batches(order), batch_size=None)
    trainer.predict(Table(logits), dataloaders=batches, return_predictions=False)
    return Posteriors.load(path)


def softmax(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def test_members_are_filed_by_index_whatever_the_order(tmp_path: Path) -> None:
    posteriors = write(tmp_path / "p.npz", [[5, 0, 3], [2, 1], [4]])
    assert posteriors.protocol == "in_sample"
    assert posteriors.sample_id.tolist() == list(range(6))
    np.testing.assert_allclose(posteriors.probs, softmax(LOGITS.numpy()), rtol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["p.npz"]


def test_probabilities_are_averaged_not_logits(tmp_path: Path) -> None:
    averaged = write(tmp_path / "p.npz", [[0, 1, 2, 3, 4, 5]], average=True)
    assert averaged.num_members == 1
    np.testing.assert_allclose(averaged.mean, softmax(LOGITS.numpy()).mean(axis=0), rtol=1e-5)
    of_mean_logits = softmax(LOGITS.mean(dim=0).numpy())
    assert np.abs(averaged.mean - of_mean_logits).max() > 0.05


def test_rows_in_another_order_with_ids_of_their_own(tmp_path: Path) -> None:
    posteriors = write(tmp_path / "p.npz", [[1, 4]], rows=np.array([4, 1]), sample_id=np.array([40, 10]), source="run")
    assert posteriors.sample_id.tolist() == [40, 10]
    assert posteriors.source == "run"
    np.testing.assert_allclose(posteriors.probs, softmax(LOGITS[:, [4, 1]].numpy()), rtol=1e-5)


def test_bfloat16_logits_become_float32_probabilities(tmp_path: Path) -> None:
    probs = write(tmp_path / "p.npz", [[0, 1, 2, 3, 4, 5]], LOGITS.bfloat16()).probs
    assert probs.dtype == np.float32
    np.testing.assert_allclose(probs.sum(axis=2), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([[0, 1, 2, 3]], "lacks 2 of 6 rows, the first is row 4.*limit_predict_batches"),
        ([[0, 1, 2, 3], [4, 5, 2]], r"holds row 2 2 times \(1 too many\).*use_distributed_sampler"),
    ],
)
def test_gaps_and_duplicates_are_refused_and_nothing_is_written(
    tmp_path: Path, order: list[list[int]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write(tmp_path / "p.npz", order)
    assert list(tmp_path.iterdir()) == []


def test_rows_that_were_not_asked_for_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds row 5 1 times"):
        write(tmp_path / "p.npz", [[0, 1, 5]], rows=np.arange(2))


def test_logits_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    broken = LOGITS.clone()
    broken[1, 3, 0] = torch.nan
    with pytest.raises(InputError, match="output for row 3 is not finite"):
        write(tmp_path / "p.npz", [[0, 1, 2, 3, 4, 5]], broken)
    assert not (tmp_path / "p.npz").exists()
