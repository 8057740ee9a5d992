"""RecordDynamics: per-sample records against numpy, filed by row."""

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset

from alc.callbacks.training_dynamics import RecordDynamics, per_sample_records
from alc.protocols.quiet import quiet_lightning


def test_records_worked_by_hand() -> None:
    logits = torch.tensor([[[2.0, 0.0, 0.0], [0.0, 1.0, 3.0]]])
    loss, p_given, margin, correct = per_sample_records(logits, torch.tensor([0, 1]))
    first, second = np.exp(2) / (np.exp(2) + 2), np.exp(1) / (1 + np.exp(1) + np.exp(3))
    np.testing.assert_allclose(p_given, [first, second], rtol=1e-6)
    np.testing.assert_allclose(loss, [-np.log(first), -np.log(second)], rtol=1e-6)
    assert margin.tolist() == [2.0, -2.0]
    assert correct.tolist() == [1.0, 0.0]


def test_two_networks_are_averaged() -> None:
    logits = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(0))
    label = torch.tensor([0, 1, 2, 1])
    both = per_sample_records(logits, label)
    each = torch.stack([per_sample_records(logits[i : i + 1], label) for i in range(2)])
    torch.testing.assert_close(both[:3], each.mean(dim=0)[:3])


class Scripted(pl.LightningModule):
    """Epoch e says logit e + 1 for the given label and 0 for the other class."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))

    def training_step(self, batch: list[torch.Tensor], batch_idx: int) -> dict[str, torch.Tensor]:
        index = batch[0]
        logits = torch.zeros(1, len(index), 2)
        logits[..., 1] = self.current_epoch + 1
        return {"loss": self.weight * 1, "index": index, "logits": logits, "label": torch.ones_like(index)}

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.filterwarnings("ignore")
def test_epochs_are_filed_by_row_and_unseen_rows_are_missing() -> None:
    quiet_lightning()
    recorder = RecordDynamics(np.array([7, 2, 5]))
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=2,
        callbacks=[recorder],
        logger=False,
        enable_progress_bar=False,
        enable_checkpointing=False,
        enable_model_summary=False,
    )
    trainer.fit(Scripted(), train_dataloaders=DataLoader(TensorDataset(torch.tensor([5, 7]))))
    dynamics = recorder.dynamics()
    assert dynamics.sample_id.tolist() == [7, 2, 5]
    np.testing.assert_allclose(dynamics.margin, [[1, np.nan, 1], [2, np.nan, 2]])
    assert dynamics.correct.tolist() == [[True, False, True], [True, False, True]]


def test_state_is_plain_tensors_and_comes_back() -> None:
    recorder, other = RecordDynamics(np.arange(3)), RecordDynamics(np.arange(3))
    recorder._records = [torch.rand(4, 3).half(), torch.rand(4, 3).half()]
    state = recorder.state_dict()
    assert {name: type(value) for name, value in state.items()} == {"records": torch.Tensor}
    other.load_state_dict(state)
    np.testing.assert_array_equal(recorder.dynamics().loss, other.dynamics().loss)
    assert RecordDynamics(np.arange(3)).dynamics().num_epochs == 0
