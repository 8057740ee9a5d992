"""Nearest neighbours by brute force, a block of rows at a time: exact, and no N x N matrix in memory."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError

__all__ = ["Metric", "largest", "nearest_neighbours", "unit_rows"]

Metric = Literal["cosine", "euclidean"]

BLOCK_ELEMENTS = 1 << 24
"""Distances in memory at once: 64 MiB of float32."""

GROUP = 32


def unit_rows(values: FloatArray) -> FloatArray:
    """Rows (N, D) scaled to length 1; a row of zeros stays one, so its cosine with everything is 0.

    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    scale = np.abs(values).max(axis=1, keepdims=True)  # first, so that no square overflows or vanishes
    scaled = values / np.where(scale > 0, scale, 1)
    length = np.sqrt(np.einsum("nd,nd->n", scaled, scaled))
    return np.asarray(scaled / np.where(length > 0, length, 1)[:, None])


def nearest_neighbours(values: FloatArray, k: int, metric: Metric = "cosine") -> tuple[IntArray, FloatArray]:
    """Rows (N, k) of the k nearest other samples, in no particular order, and their distances (N, k) as float64.

    A sample is never its own neighbour; an exact copy of it is one like any other.  Which of equally distant samples
    are taken is not defined.  Distances are ``1 - cosine`` (0 to 2) or Euclidean.

    Raises:
        InputError: There are not more than k samples.
    """
    num_samples = len(values)
    if not 1 <= k < num_samples:
        raise InputError(
            f"{k} nearest neighbours are asked for {num_samples} samples",
            allowed=f"1 to {num_samples - 1}" if num_samples > 1 else "two samples or more",
        )
    points = unit_rows(values) if metric == "cosine" else values - values.mean(axis=0)
    # The nearest have the largest x.y - |y|^2 / 2; for unit vectors that is the cosine.
    offset = np.zeros(1, points.dtype) if metric == "cosine" else np.einsum("nd,nd->n", points, points) / 2
    index = np.empty((num_samples, k), dtype=np.int64)
    distance = np.empty((num_samples, k))
    for rows in _blocks(num_samples, num_samples):
        near = points[rows] @ points.T
        near -= offset
        near[np.arange(len(near)), np.arange(num_samples)[rows]] = -np.inf
        index[rows] = largest(near, k)
    for rows in _blocks(num_samples, k * points.shape[1]):  # afresh, in double precision: the search rounds
        distance[rows] = _distances(points[rows].astype(np.float64), points[index[rows]], metric)
    return index, distance


def largest(near: FloatArray, k: int) -> IntArray:
    """Columns (B, k) of the k largest of every row of (B, N).

    The columns are cut into groups, column j into group j mod G: each of the k largest lies in one of the k groups with
    the largest maximum, so only those are searched.  At 50,000 columns that takes a
    twentieth of the time of a partition of whole rows.
    """
    num_groups = near.shape[1] // GROUP
    if num_groups <= k:
        return np.asarray(np.argpartition(near, near.shape[1] - k, axis=1)[:, near.shape[1] - k :])
    whole = num_groups * GROUP
    best = near[:, :whole].reshape(len(near), GROUP, num_groups).max(axis=1)
    groups = np.argpartition(best, num_groups - k, axis=1)[:, num_groups - k :]
    inside = (groups[:, None] + num_groups * np.arange(GROUP)[:, None]).reshape(len(near), -1)
    rest = np.broadcast_to(np.arange(whole, near.shape[1]), (len(near), near.shape[1] - whole))
    candidates = np.concatenate([inside, rest], axis=1)
    values = np.take_along_axis(near, candidates, axis=1)
    chosen = np.argpartition(values, values.shape[1] - k, axis=1)[:, values.shape[1] - k :]
    return np.asarray(np.take_along_axis(candidates, chosen, axis=1))


def _distances(points: FloatArray, others: FloatArray, metric: Metric) -> FloatArray:
    """Distances of B points (B, D) to k others each (B, k, D): (B, k)."""
    if metric == "cosine":
        return np.asarray(np.clip(1 - np.einsum("bd,bkd->bk", points, others), 0, 2))
    difference = others - points[:, None]
    return np.asarray(np.sqrt(np.einsum("bkd,bkd->bk", difference, difference)))


def _blocks(num_rows: int, width: int) -> Iterator[slice]:
    """Slices of rows that hold about :data:`BLOCK_ELEMENTS` numbers at ``width`` numbers a row."""
    rows = max(1, BLOCK_ELEMENTS // width)
    return (slice(start, start + rows) for start in range(0, num_rows, rows))
