"""Label counts: how many votes each class of each sample holds."""

from typing import Self

import numpy as np

from alc.arrays import BoolArray, FloatArray, IntArray
from alc.errors import InputError

__all__ = ["LabelCounts", "check_label_distribution", "check_labels", "normalised_entropy"]


def check_labels(labels: IntArray, num_classes: int, name: str = "labels") -> IntArray:
    """Labels (N,) as int64 in 0..C-1, or an :class:`InputError` that names the first bad row."""
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise InputError(f"{name} have shape {labels.shape}", allowed="one label per sample, shape (N,)")
    if labels.size == 0:
        raise InputError(f"{name} are empty", allowed="at least one sample")
    if not np.issubdtype(labels.dtype, np.integer):
        if not np.issubdtype(labels.dtype, np.floating):
            values = labels.tolist()
            row = next((row for row, value in enumerate(values) if not isinstance(value, int)), 0)
            raise InputError(
                f"{name} have dtype {labels.dtype}, row {row} holds {values[row]!r}",
                allowed=f"class indices 0 to {num_classes - 1}",
            )
        broken = np.flatnonzero(labels != np.floor(labels))  # also NaN, a missing label
        if broken.size:
            raise InputError(
                f"{name}: row {broken[0]} holds {labels[broken[0]]} ({broken.size} such rows)",
                allowed=f"class indices 0 to {num_classes - 1}",
            )
    bad = np.flatnonzero((labels < 0) | (labels >= num_classes))
    if bad.size:
        raise InputError(
            f"{name}: row {bad[0]} holds {labels[bad[0]]} ({bad.size} such rows)",
            allowed=f"class indices 0 to {num_classes - 1}",
        )
    return labels.astype(np.int64)


def check_label_distribution(distribution: FloatArray, name: str = "label distribution") -> FloatArray:
    """Rows (N, C) as float64 that are finite, non-negative and sum to 1 within 1e-4 (then normalised exactly)."""
    distribution = np.asarray(distribution, dtype=np.float64)
    if distribution.ndim != 2 or 0 in distribution.shape:
        raise InputError(f"{name} has shape {distribution.shape}", allowed="(N, C), neither of them 0")
    totals = distribution.sum(axis=1)
    bad = np.flatnonzero(~np.isfinite(totals) | (distribution < 0).any(axis=1) | (np.abs(totals - 1) > 1e-4))
    if bad.size:
        raise InputError(
            f"{name}: row {bad[0]} is {np.array2string(distribution[bad[0]], precision=4)} ({bad.size} such rows)",
            allowed="finite, non-negative rows that sum to 1",
        )
    return np.asarray(distribution / totals[:, None])


def normalised_entropy(distribution: FloatArray) -> FloatArray:
    """Entropy of each row in units of log C, so a uniform row has 1 and a certain one 0; (N, C) -> (N,).

    >>> normalised_entropy(np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])).round(4)
    array([0.    , 0.6309])
    """
    num_classes = distribution.shape[1]
    if num_classes == 1:
        return np.zeros(len(distribution))
    logs = np.log(distribution, out=np.zeros_like(distribution), where=distribution > 0)
    entropy = -np.einsum("nc,nc->n", distribution, logs) / np.log(num_classes)
    return np.asarray(np.maximum(entropy, 0.0))


class LabelCounts:
    """Votes per class, (N, C); every sample holds at least one vote.  It does not change.

    Counts of one vote each, as :meth:`from_labels` makes them, are held as the labels alone: a million labels of a
    thousand classes take 8 MB and not 8 GB.  Their table is made when :attr:`counts` is first asked for.

    Args:
        counts: (N, C) whole numbers of votes.

    Attributes:
        only_vote: (N,) the vote of every sample where :meth:`from_labels` made the counts, else None.  What looks at
            it first needs no table; a test for None costs nothing.
        num_classes: C.
    """

    __slots__ = ("_table", "num_classes", "only_vote")

    only_vote: IntArray | None
    num_classes: int
    _table: IntArray | None

    def __init__(self, counts: IntArray) -> None:
        counts = np.asarray(counts)
        if counts.ndim != 2 or 0 in counts.shape:
            raise InputError(f"label counts have shape {counts.shape}", allowed="(N, C), neither of them 0")
        if not np.issubdtype(counts.dtype, np.integer):
            if not np.issubdtype(counts.dtype, np.floating) and counts.dtype != np.bool_:
                raise InputError(f"label counts have dtype {counts.dtype}", allowed="whole numbers of votes")
            broken = np.argwhere(~np.isfinite(counts) | (counts != np.floor(counts)))
            if len(broken):
                row, column = broken[0]
                raise InputError(
                    f"label counts: row {row}, class {column} holds {counts[row, column]} ({len(broken)} such votes)",
                    allowed="whole numbers of votes",
                )
            counts = counts.astype(np.int64)
        if (counts < 0).any():
            row, column = np.argwhere(counts < 0)[0]
            raise InputError(
                f"label counts: row {row}, class {column} holds {counts[row, column]}", allowed="0 or more votes"
            )
        empty = np.flatnonzero(counts.sum(axis=1) == 0)
        if empty.size:
            raise InputError(
                f"label counts: row {empty[0]} has no vote ({empty.size} such rows)",
                allowed="at least one vote per sample",
                fix="Drop those samples, or give them an initial label",
            )
        self._hold(counts, None, counts.shape[1])

    @classmethod
    def from_labels(cls, labels: IntArray, num_classes: int) -> Self:
        """One vote per sample: (N,) -> (N, C) one-hot."""
        labels = check_labels(labels, num_classes)
        labels.flags.writeable = False  # a change would leave the table behind
        made = cls.__new__(cls)
        made._hold(None, labels, num_classes)
        return made

    def _hold(self, table: IntArray | None, only_vote: IntArray | None, num_classes: int) -> None:
        for name, value in (("_table", table), ("only_vote", only_vote), ("num_classes", num_classes)):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"label counts do not change: {name} can not be set")

    def __reduce__(self) -> tuple[object, ...]:
        if self.only_vote is not None:
            return type(self).from_labels, (self.only_vote, self.num_classes)
        return type(self), (self.counts,)

    def __repr__(self) -> str:
        return f"LabelCounts({self.counts!r})"

    def __len__(self) -> int:
        return len(self.counts if self.only_vote is None else self.only_vote)

    @property
    def counts(self) -> IntArray:
        """(N, C) whole numbers of votes; where every sample has one vote, made at the first look and kept."""
        table = self._table
        if table is None:
            assert self.only_vote is not None
            table = np.zeros(self.shape, dtype=np.int64)
            table[np.arange(len(self)), self.only_vote] = 1
            table.flags.writeable = False
            object.__setattr__(self, "_table", table)
        return table

    @property
    def shape(self) -> tuple[int, int]:
        """(N, C), without making the table."""
        return len(self), self.num_classes

    def with_answers(self, sample: IntArray, answer: IntArray) -> "LabelCounts":
        """New counts with one vote more per (sample, answer) pair; a pair may occur several times."""
        counts = self.counts.copy()
        np.add.at(counts, (sample, answer), 1)
        return LabelCounts(counts)

    @property
    def distribution(self) -> FloatArray:
        """Votes as fractions (N, C); rows sum to 1."""
        return np.asarray(self.counts / self.counts.sum(axis=1, keepdims=True))

    @property
    def majority(self) -> IntArray:
        """Class with the most votes (N,); of tied classes the lowest.  A simulation keeps the current label instead."""
        return np.asarray(self.counts.argmax(axis=1)) if self.only_vote is None else self.only_vote.copy()

    @property
    def is_tied(self) -> BoolArray:
        """Whether two classes or more share the most votes (N,)."""
        return np.asarray((self.counts == self.counts.max(axis=1, keepdims=True)).sum(axis=1) > 1)

    def entropy(self) -> FloatArray:
        """Entropy of the vote distribution in units of log C (N,); the paper's ambiguity, see ``is_ambiguous``."""
        return normalised_entropy(self.distribution)

    def is_ambiguous(self, threshold: float = 0.30) -> BoolArray:
        """Whether the normalised entropy is strictly above ``threshold`` (the paper's "difficult" samples, §4)."""
        return np.asarray(self.entropy() > threshold)
