"""Rows without labels: which, in what order, and what a batch then holds."""

from typing import Any

import numpy as np
import pytest
import torch

from alc.data.augmentation import Augmentation
from alc.data.batch import Batch
from alc.data.datamodule import LabelledImages
from alc.data.normalisation import Normalisation
from alc.data.resident import ResidentImages
from alc.data.sampling import EpochSeededSampler
from alc.data.unlabelled import UnlabelledViews, WithUnlabelled
from alc.errors import InputError
from alc.protocols.trainer import make_trainer
from alc.sources.images import ArrayImages, Images
from tests.data.test_datamodule import Collect

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 6, 6), dtype=np.uint8)
TRAIN = np.arange(0, 20, 2)
STRONG = Augmentation(flip=True, cutout=3)


def views(ratio: float = 2.0, held_out: bool = True, labelled_strong: bool = True, warm_up: int = 1) -> UnlabelledViews:
    return UnlabelledViews(STRONG, ratio, held_out, labelled_strong, warm_up)


def test_which_rows() -> None:
    """30 samples, of which 10 are trained on, and 10 images beyond them."""
    assert views().rows(TRAIN, 30, 40).tolist() == [*range(1, 20, 2), *range(20, 40)]
    assert views(held_out=False).rows(TRAIN, 30, 40).tolist() == list(range(30, 40))
    assert views(ratio=0).rows(TRAIN, 30, 40).tolist() == []
    with pytest.raises(InputError, match="unlabelled_ratio is -1"):
        views(ratio=-1)


def epochs(count: int, world: int = 1, rank: int = 0, **options: Any) -> list[list[torch.Tensor]]:
    sampler = WithUnlabelled(EpochSeededSampler(TRAIN, 4, 7, rank, world), np.arange(20, 40), views(**options))
    found = []
    for epoch in range(count):
        sampler.set_epoch(epoch)
        found.append(list(sampler))
    return found


def test_warm_up_has_none_and_then_all_are_seen_equally_often() -> None:
    first, *others = epochs(6)
    assert sorted(torch.cat(first).tolist()) == TRAIN.tolist()
    rows = torch.cat([batch for epoch in others for batch in epoch])
    without = rows[rows >= 20]
    assert len(without) == 5 * 3 * 7  # 10 rows in 3 batches: 3.33 labelled each, twice that rounded
    times = torch.bincount(without, minlength=40)[20:]
    assert set(times.tolist()) == {5, 6}
    for batch in others[0]:
        assert (batch < 20).tolist() == [True] * (len(batch) - 7) + [False] * 7


def test_a_resumed_training_sees_what_it_would_have_seen() -> None:
    whole = epochs(4)[3]
    sampler = WithUnlabelled(EpochSeededSampler(TRAIN, 4, 7), np.arange(20, 40), views())
    sampler.set_epoch(3)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(whole, sampler, strict=True))


def test_processes_share_the_same_batches() -> None:
    whole, parts = epochs(3)[2], [epochs(3, world=2, rank=rank)[2] for rank in (0, 1)]
    for batch, first, second in zip(whole, *parts, strict=True):
        assert sorted(batch.tolist()) == sorted([*first.tolist(), *second.tolist()])


def collected(images: Images, **options: Any) -> list[Batch]:
    data = LabelledImages(
        images,
        np.where(np.isin(np.arange(40), TRAIN), np.arange(40) % 4, -1),
        TRAIN,
        np.arange(3),
        normalisation=Normalisation((0.0,) * 3, (1.0,) * 3),
        augmentation=Augmentation(shift=1),
        batch_size=5,
        predict_batch_size=2,
        seed=0,
        unlabelled=(np.arange(20, 40), views(warm_up=0, **options)),
    )
    module = Collect()
    arguments: dict[str, Any] = {"accelerator": "cpu", "logger": False, "enable_model_summary": False}
    make_trainer(max_epochs=1, enable_checkpointing=False, **arguments).fit(module, datamodule=data)
    return module.trained[0]


def test_a_batch_holds_weak_and_strong_views() -> None:
    for batch in collected(ResidentImages(ArrayImages(PIXELS))):
        assert batch["label"].tolist() == (batch["index"] % 4).tolist()
        assert batch["image"].shape == batch["strong"].shape == (15, 3, 6, 6)
    for batch in collected(ResidentImages(ArrayImages(PIXELS)), labelled_strong=False):
        assert (len(batch["image"]), len(batch["strong"])) == (15, 10)
    for batch in collected(ResidentImages(ArrayImages(PIXELS)), labelled_strong=False, ratio=0):
        assert len(batch["image"]) == 5
        assert "strong" not in batch


@pytest.mark.filterwarnings("ignore")
def test_streamed_equals_resident() -> None:
    for ours, theirs in zip(
        collected(ResidentImages(ArrayImages(PIXELS))), collected(ArrayImages(PIXELS)), strict=True
    ):
        assert all(torch.equal(ours[key], theirs[key]) for key in ("image", "label", "index", "strong"))


def test_a_trained_row_is_never_without_a_label() -> None:
    with pytest.raises(InputError, match="among those that are trained on"):
        LabelledImages(
            ArrayImages(PIXELS),
            np.zeros(40, dtype=np.int64),
            TRAIN,
            TRAIN,
            normalisation=Normalisation((0.0,) * 3, (1.0,) * 3),
            augmentation=Augmentation(),
            batch_size=5,
            predict_batch_size=2,
            seed=0,
            unlabelled=(np.array([2]), views()),
        )
