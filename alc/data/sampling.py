"""Which rows form which batch: a function of (seed, epoch), so a resumed run sees the order it would have seen."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Sampler

from alc.arrays import IntArray
from alc.errors import InputError
from alc.seeding import stream

__all__ = ["EpochSeededSampler"]


class EpochSeededSampler(Sampler[Tensor]):
    """Batches of rows, each row exactly once per epoch over all processes.

    The rows are cut into ceil(n / batch_size) batches whose sizes differ by at most one: no sample is dropped, and no
    last batch is so small that batch statistics suffer.  With several processes the *global* batches are the same;
    each process takes its share of every one of them.  Nothing is padded or repeated.

    With ``full`` every batch has exactly ``batch_size`` rows, the same number for each process, as losses that compare
    the samples of a batch need it; the rows left over sit out the epoch, others in every epoch.

    Args:
        rows: (n,) rows to visit.
        batch_size: Largest number of rows in a batch over all processes together.
        seed: Seed of the order; None keeps the order of ``rows``.
        rank: Which process this is.
        world_size: How many processes there are.
        full: Whether all batches have the full size.

    Raises:
        InputError: The batch size is no size, or cannot be shared out evenly where it has to be.
    """

    def __init__(
        self,
        rows: IntArray,
        batch_size: int,
        seed: int | None = None,
        rank: int = 0,
        world_size: int = 1,
        full: bool = False,
    ) -> None:
        if batch_size < 1:
            raise InputError(f"batch size is {batch_size}", allowed="1 or more", fix="Set loader.batch_size")
        if full and batch_size % world_size:
            raise InputError(
                f"batches of {batch_size} cannot be shared out evenly among {world_size} processes",
                allowed=f"a multiple of {world_size}",
                fix="Set ssl.batch_size",
            )
        self.rows = np.asarray(rows, dtype=np.int64)
        self.num_batches = len(self.rows) // batch_size if full else math.ceil(len(self.rows) / batch_size)
        self.num_rows = self.num_batches * batch_size if full else len(self.rows)
        self.seed, self.rank, self.world_size = seed, rank, world_size
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next; Lightning calls this."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.num_batches

    def __iter__(self) -> Iterator[Tensor]:
        order = self.rows if self.seed is None else stream(self.seed, "order", self.epoch).permutation(self.rows)
        for batch in np.array_split(order[: self.num_rows], self.num_batches):
            yield torch.from_numpy(np.ascontiguousarray(batch[self.rank :: self.world_size]))
