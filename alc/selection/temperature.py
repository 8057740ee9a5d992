"""The temperature at which posteriors fit the votes best, searched on cleanlab's grid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.selection.information import row_blocks

__all__ = ["best_temperature", "tempered"]

COARSE = (0.1, 0.2, 0.5, 0.8, 1.0, 2.0, 3.0, 5.0, 8.0)
BETWEEN = 4
"""Grid points from one coarse temperature to the next."""

SMALLEST = 1e-30  # cleanlab's lower bound of a probability inside a logarithm
FLOOR = log(SMALLEST)


def best_temperature(probs: FloatArray, counts: IntArray) -> float:
    """The temperature with the least mean cross-entropy from the shares of votes (N, C) to the posteriors (N, C).

    On the coarse grid first, then between the neighbours of the best, as cleanlab's ``find_best_temp_scaler`` for
    CROWDLAB and ActiveLab.  0.1 to 8; below 1 sharpens.  The loss is convex in 1 / temperature, so the grids are not
    searched whole but downhill from 1; where it is flat (one-hot posteriors) that stays 1.

    cleanlab 2.9 tells its labels apart only as integers, and here hands them over as floats: every vote then counts
    for the first classes, and its temperature comes out as 7.25 on most data.  This is what it means to compute.
    """
    tables = list(_blocks(probs, counts))
    coarse = _downhill(tables, COARSE, COARSE.index(1.0))
    at = COARSE.index(coarse)
    ends = COARSE[max(at - 1, 0) : at + 2]
    fine = [float(t) for a, b in pairwise(ends) for t in np.linspace(a, b, BETWEEN, endpoint=False)]
    if at < len(COARSE) - 1:  # as in cleanlab, whose finer grid leaves out the highest temperature
        fine.append(ends[-1])
    return _downhill(tables, fine, fine.index(coarse) if coarse in fine else len(fine) - 1)


def tempered(probs: FloatArray, temperature: float) -> FloatArray:
    """Posteriors (N, C) to the power of 1 / temperature, rows scaled to sum to 1; double precision.

    >>> tempered(np.array([[0.8, 0.2]]), 0.5).round(4)
    array([[0.9412, 0.0588]])
    """
    powers = np.maximum(probs, SMALLEST, dtype=np.float64)
    np.log(powers, out=powers)
    powers /= temperature
    powers -= powers.max(axis=1, keepdims=True)
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=1, keepdims=True)
    return np.asarray(powers)


@dataclass(frozen=True)
class _Block:
    """Some rows: log p less its largest, classes first (C, B); and of the votes row, log p and share (K,)."""

    logs: FloatArray
    row: IntArray
    voted: FloatArray
    share: FloatArray

    def loss(self, temperature: float) -> float:
        """Sum of cross-entropies in nats: log p_T = log p / T - log sum(p^(1/T)); only the sums need all classes."""
        powers = self.logs / temperature
        np.exp(powers, out=powers)
        total = np.log(powers.sum(axis=0))
        logs = self.voted / temperature - total[self.row]
        return -float(self.share @ np.maximum(logs, FLOOR, out=logs))


def _blocks(probs: FloatArray, counts: IntArray) -> Iterator[_Block]:
    for rows in row_blocks(*probs.shape):
        row, label = np.nonzero(counts[rows])
        share = counts[rows][row, label] / counts[rows].sum(axis=1)[row]
        with np.errstate(divide="ignore"):
            logs = np.log(np.ascontiguousarray(probs[rows].T))
        logs -= logs.max(axis=0)
        yield _Block(logs, row, logs[label, row], share.astype(logs.dtype))


def _downhill(tables: list[_Block], grid: Sequence[float], start: int) -> float:
    """The temperature of a grid with the least loss, reached from the ``start``-th by steps that lower it."""
    known: dict[int, float] = {}

    def loss(at: int) -> float:
        if at not in known:
            known[at] = sum(table.loss(grid[at]) for table in tables)
        return known[at]

    best = start
    for step in (-1, 1):
        while 0 <= best + step < len(grid) and loss(best + step) < loss(best):
            best += step
    return grid[best]
