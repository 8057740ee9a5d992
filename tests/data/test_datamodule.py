"""LabelledImages: resident and streamed images give the same batches."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from alc.arrays import IntArray, UInt8Array
from alc.data.augmentation import Augmentation
from alc.data.batch import Batch
from alc.data.datamodule import LabelledImages
from alc.data.normalisation import Normalisation
from alc.data.resident import ResidentImages
from alc.errors import InputError
from alc.protocols.trainer import make_trainer
from alc.sources.images import ArrayImages, Images

PIXELS = np.random.default_rng(0).integers(0, 256, (30, 6, 6), dtype=np.uint8)
LABELS = np.arange(30) % 4


class Collect(pl.LightningModule):
    """Keeps every batch of training and prediction."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.trained: list[list[Batch]] = []
        self.predicted: list[Batch] = []

    def on_train_epoch_start(self) -> None:
        self.trained.append([])

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        self.trained[-1].append(batch)
        return self.weight * 0

    def predict_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        self.predicted.append(batch)
        return batch["index"]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def batches(images: Images, num_workers: int = 0, epochs: int = 2, seed: int = 0) -> Collect:
    data = LabelledImages(
        images,
        LABELS,
        np.arange(0, 30, 2),
        np.array([7, 3, 11]),
        normalisation=Normalisation((0.5,) * 3, (0.2,) * 3),
        augmentation=Augmentation(shift=2, flip=True),
        batch_size=4,
        predict_batch_size=2,
        seed=seed,
        num_workers=num_workers,
    )
    module = Collect()
    arguments: dict[str, Any] = {"accelerator": "cpu", "logger": False, "enable_model_summary": False}
    make_trainer(max_epochs=epochs, enable_checkpointing=False, **arguments).fit(module, datamodule=data)
    make_trainer(max_epochs=1, **arguments).predict(module, datamodule=data, return_predictions=False)
    return module


def equal(ours: list[Batch], theirs: list[Batch]) -> bool:
    def same(a: Batch, b: Batch) -> bool:
        return all(torch.equal(a[key], b[key]) for key in ("image", "label", "index"))

    return len(ours) == len(theirs) and all(same(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.filterwarnings("ignore")
def test_streamed_equals_resident_whatever_the_workers() -> None:
    resident = batches(ResidentImages(ArrayImages(PIXELS)))
    for num_workers in (0, 2):
        streamed = batches(ArrayImages(PIXELS), num_workers)
        assert all(equal(a, b) for a, b in zip(resident.trained, streamed.trained, strict=True))
        assert equal(resident.predicted, streamed.predicted)


def test_training_visits_its_rows_once_in_another_order_and_view_each_epoch() -> None:
    first, second = batches(ResidentImages(ArrayImages(PIXELS))).trained
    order = [torch.cat([batch["index"] for batch in epoch]) for epoch in (first, second)]
    assert all(sorted(each.tolist()) == list(range(0, 30, 2)) for each in order)
    assert not torch.equal(*order)
    views = [
        {int(i): image for batch in epoch for i, image in zip(batch["index"], batch["image"], strict=True)}
        for epoch in (first, second)
    ]
    assert any(not torch.equal(views[0][row], views[1][row]) for row in views[0])


def test_labels_and_prediction_are_those_of_the_rows() -> None:
    module = batches(ResidentImages(ArrayImages(PIXELS)), epochs=1)
    for batch in [*module.trained[0], *module.predicted]:
        assert batch["label"].tolist() == LABELS[batch["index"].numpy()].tolist()
    assert torch.cat([batch["index"] for batch in module.predicted]).tolist() == [7, 3, 11]
    plain = (torch.from_numpy(PIXELS[[7, 3]]) / 255 - 0.5) / 0.2
    torch.testing.assert_close(module.predicted[0]["image"][:, 0], plain)


class Broken(ArrayImages):
    """Cannot read row 4."""

    def read(self, rows: IntArray) -> UInt8Array:
        if 4 in rows:
            raise InputError("photos/4.png is truncated", fix="Replace or remove it")
        return super().read(rows)


@pytest.mark.filterwarnings("ignore")
def test_an_unreadable_image_is_named_without_a_workers_traceback() -> None:
    with pytest.raises(InputError) as caught:
        batches(Broken(PIXELS), num_workers=1)
    assert str(caught.value) == "photos/4.png is truncated. Replace or remove it."


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda common: LabelledImages(ArrayImages(PIXELS), LABELS[:9], **common), "9 labels for 30 images"),
        (lambda common: LabelledImages(ArrayImages(PIXELS), LABELS, **common), "batch size 64 is larger than the 30"),
    ],
)
def test_bad_input_is_refused(build: Callable[[dict[str, Any]], LabelledImages], message: str) -> None:
    common: dict[str, Any] = {
        "train_rows": np.arange(30),
        "predict_rows": np.arange(30),
        "normalisation": Normalisation((0.5,) * 3, (0.2,) * 3),
        "augmentation": Augmentation(),
        "batch_size": 64,
        "predict_batch_size": 64,
        "seed": 0,
    }
    with pytest.raises(InputError, match=message):
        build(common)
