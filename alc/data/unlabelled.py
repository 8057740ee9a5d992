"""Images without labels beside the labelled ones of a batch: which come next, and the views that are made of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Sampler

from alc.arrays import IntArray
from alc.data.augmentation import Augmentation
from alc.data.sampling import EpochSeededSampler
from alc.errors import InputError
from alc.seeding import stream

__all__ = ["UnlabelledViews", "WithUnlabelled"]


@dataclass(frozen=True, slots=True)
class UnlabelledViews:
    """What a method wants of images without labels.

    Attributes:
        strong: The strong views; the weak ones are the training's own augmentation.
        ratio: Images without labels per labelled one, 0 or more.
        held_out: Whether samples that are not trained on count among them: in cross-fitting those of the fold left
            out, whose labels are never seen.
        labelled_strong: Whether strong views are made of the labelled images too.
        warm_up: Epochs without any of them, and without strong views unless of labelled images.
    """

    strong: Augmentation
    ratio: float
    held_out: bool
    labelled_strong: bool
    warm_up: int

    def __post_init__(self) -> None:
        if not 0 <= self.ratio < float("inf"):
            raise InputError(f"method.unlabelled_ratio is {self.ratio}", allowed="a number of 0 or more")

    def rows(self, train_rows: IntArray, num_samples: int, num_images: int) -> IntArray:
        """Rows to learn from without labels: those beyond the samples, and held-out samples where they are to count."""
        if not self.ratio:
            return np.empty(0, dtype=np.int64)
        first = 0 if self.held_out else num_samples
        return np.setdiff1d(np.arange(first, num_images), train_rows)


class WithUnlabelled(Sampler[Tensor]):
    """The batches of a sampler, each followed by rows without labels.

    These come in an order without end: one permutation of all of them after another, of which every epoch takes the
    next piece.  So all are seen equally often however the numbers divide, and the order is a function of (seed, epoch).

    Args:
        labelled: Yields the labelled rows; its seed is the seed here, its share of the processes the share here.
        rows: (K,) rows without labels.
        views: How many of them, and from which epoch on.
    """

    def __init__(self, labelled: EpochSeededSampler, rows: IntArray, views: UnlabelledViews) -> None:
        self.labelled, self.rows, self.views = labelled, np.asarray(rows, dtype=np.int64), views

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next; Lightning calls this."""
        self.labelled.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.labelled)

    def __iter__(self) -> Iterator[Tensor]:
        epoch = self.labelled.epoch - self.views.warm_up
        if epoch < 0 or not len(self.rows):
            yield from self.labelled
            return
        count = round(self.views.ratio * self.labelled.num_rows / max(len(self.labelled), 1))
        first = epoch * count * len(self.labelled)
        order = self._order(first, first + count * len(self.labelled))
        rank, world_size = self.labelled.rank, self.labelled.world_size
        for number, batch in enumerate(self.labelled):
            mine = order[number * count : (number + 1) * count][rank::world_size]
            yield torch.cat([batch, torch.from_numpy(np.ascontiguousarray(mine))])

    def _order(self, start: int, stop: int) -> IntArray:
        """Places ``start`` to ``stop`` of the order without end."""
        size, seed = len(self.rows), self.labelled.seed or 0
        rounds = range(start // size, -(-stop // size))
        endless = [stream(seed, "unlabelled order", number).permutation(self.rows) for number in rounds]
        return np.concatenate([*endless, self.rows[:0]])[start - rounds.start * size :][: stop - start]
