"""Two views per image for self-supervision: each process draws its own, and a resumed epoch the same ones again."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor

from alc.data.augmentation import Augmentation
from alc.data.datamodule import LabelledImages
from alc.data.normalisation import Normalisation
from alc.data.resident import ResidentImages
from alc.sources.images import ArrayImages

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 8, 8), dtype=np.uint8)
ROWS = torch.arange(6)


class Process:
    """One process of a pre-training, at the start of an epoch."""

    def __init__(self, rank: int, epoch: int, seed: int = 0) -> None:
        self.data = LabelledImages(
            ResidentImages(ArrayImages(PIXELS)),
            np.zeros(12, dtype=np.int64),
            np.arange(12),
            np.arange(0),
            normalisation=Normalisation((0.5,) * 3, (0.5,) * 3),
            augmentation=Augmentation(shift=3, flip=True),
            batch_size=6,
            predict_batch_size=6,
            seed=seed,
            views=2,
        )
        self.trainer = SimpleNamespace(training=True, current_epoch=epoch, global_rank=rank, world_size=2)
        self.data.trainer = cast("pl.Trainer", self.trainer)

    def views(self) -> Tensor:
        """Two views (2, B, 3, H, W) of the same rows, whatever the process."""
        images = self.data.on_after_batch_transfer({"index": ROWS}, 0)["image"]
        return torch.stack([images[: len(ROWS)], images[len(ROWS) :]])


def test_processes_draw_views_of_their_own() -> None:
    first, second = Process(0, 0).views(), Process(1, 0).views()
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(second[0], second[1])


@pytest.mark.parametrize("rank", [0, 1])
def test_an_epoch_begun_again_has_the_same_views(rank: int) -> None:
    process = Process(rank, 0)
    before = [process.views(), process.views()]
    process.trainer.current_epoch = 1
    later = [process.views(), process.views()]
    resumed = Process(rank, 1)
    assert all(torch.equal(resumed.views(), views) for views in later)
    assert not any(torch.equal(one, other) for one in before for other in later)
    assert not torch.equal(*later)
    assert not torch.equal(Process(rank, 1, seed=1).views(), later[0])
