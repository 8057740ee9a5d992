"""Which rows form which batch: a function of (seed, epoch), so a resumed run sees the order it would have seen."""

import math
from collections.abc import Iterator
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Sampler

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.seeding import stream

__all__ = ["EpochSeededSampler", "Sampling", "balanced_weights", "check_sampling"]

Sampling = Literal["uniform", "balanced"]
"""Every row once an epoch, or rows drawn with replacement so that all classes come up equally often."""


def check_sampling(sampling: str) -> None:
    """Refuse a way of sampling that is none."""
    if sampling not in get_args(Sampling):
        raise InputError(
            f"loader.sampling is {sampling!r}",
            allowed=", ".join(get_args(Sampling)),
            fix="Type loader.sampling=uniform",
        )


def balanced_weights(labels: IntArray) -> FloatArray:
    """Weight of each row (n,) in the draw: n over the number of rows with the same label (n,).

    A class is drawn as often as any other, however rare; its rows then come up several times an epoch.

    >>> balanced_weights(np.array([0, 0, 0, 1]))
    array([1.33333333, 1.33333333, 1.33333333, 4.        ])
    """
    return np.asarray(len(labels) / np.bincount(labels)[labels])


class EpochSeededSampler(Sampler[Tensor]):
    """Batches of rows, each row exactly once per epoch over all processes, unless ``weights`` are given.

    The rows are cut into ceil(n / batch_size) batches whose sizes differ by at most one: no sample is dropped, and no
    last batch is so small that batch statistics suffer.  With several processes the *global* batches are the same;
    each process takes its share of every one of them.  Nothing is padded or repeated.

    With ``full`` every batch has exactly ``batch_size`` rows, the same number for each process, as losses that compare
    the samples of a batch need it; the rows left over sit out the epoch, others in every epoch.

    With ``weights`` an epoch is n draws with replacement, so a row may come up several times or not at all.  They too
    are a function of (seed, epoch), the same whatever the number of processes.

    Args:
        rows: (n,) rows to visit.
        batch_size: Largest number of rows in a batch over all processes together.
        seed: Seed of the order; None keeps the order of ``rows``.
        rank: Which process this is.
        world_size: How many processes there are.
        full: Whether all batches have the full size.
        weights: (n,) relative probability of each row in every draw, e.g. :func:`balanced_weights`; None for no draw.
            Without a seed there is none either.

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
        weights: FloatArray | None = None,
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
        self.shares = None if weights is None else np.asarray(weights, dtype=np.float64) / np.sum(weights)
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next; Lightning calls this."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.num_batches

    def __iter__(self) -> Iterator[Tensor]:
        order = self.rows if self.seed is None else self._drawn(stream(self.seed, "order", self.epoch))
        for batch in np.array_split(order[: self.num_rows], self.num_batches):
            yield torch.from_numpy(np.ascontiguousarray(batch[self.rank :: self.world_size]))

    def _drawn(self, rng: np.random.Generator) -> IntArray:
        if self.shares is None:
            return rng.permutation(self.rows)
        return np.asarray(rng.choice(self.rows, size=len(self.rows), p=self.shares))
