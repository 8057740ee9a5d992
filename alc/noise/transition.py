"""Transition matrices of class-conditional label noise: ``T[i, j] = P(observed = j | true = i)``, rows sum to 1.

The rate of a matrix is always P(observed != true).  cleanlab's ``noise_matrix`` is the transpose (its *columns* sum
to 1).
"""

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError

__all__ = ["asymmetric_cifar10", "check_rate", "check_transition", "from_confusion", "pair_flip", "symmetric"]

ROW_SUM_TOLERANCE = 1e-3
"""Matrices are typed by hand with three decimals; a row this close to 1 is divided by its sum."""

CIFAR10_CONFUSIONS = ((2, 0), (9, 1), (5, 3), (3, 5), (4, 7))
"""bird->plane, truck->car, dog->cat, cat->dog, deer->horse, in the class order plane car bird cat deer dog frog horse
ship truck."""


def check_rate(rate: float, name: str = "noise rate") -> float:
    """The rate as a float in [0, 1], or an :class:`InputError`."""
    if isinstance(rate, bool) or not isinstance(rate, int | float | np.number) or not 0 <= rate <= 1:
        raise InputError(f"{name} is {rate!r}", allowed="a number from 0 to 1", fix="Type e.g. noise.rate=0.2")
    return float(rate)


def _check_num_classes(num_classes: int) -> None:
    if num_classes < 2:
        raise InputError(f"label noise over {num_classes} classes", allowed="2 classes or more")


def symmetric(num_classes: int, rate: float) -> FloatArray:
    """Noise that spares no class: ``1 - rate`` on the diagonal, ``rate / (C - 1)`` elsewhere; (C, C).

    Here the observed label differs from the true one with probability ``rate``, as in the active-label-cleaning and
    co-teaching papers.  The other convention, common in benchmarks, replaces a share ``r`` of the labels by a draw from
    all C classes, the true one included; that is ``symmetric(C, r * (C - 1) / C)``.

    >>> symmetric(3, 0.2)
    array([[0.8, 0.1, 0.1],
           [0.1, 0.8, 0.1],
           [0.1, 0.1, 0.8]])
    """
    _check_num_classes(num_classes)
    rate = check_rate(rate)
    matrix = np.full((num_classes, num_classes), rate / (num_classes - 1))
    np.fill_diagonal(matrix, 1 - rate)
    return matrix


def pair_flip(num_classes: int, rate: float) -> FloatArray:
    """Noise towards the next class: i is observed as ``i + 1 mod C`` with probability ``rate``; (C, C).

    The "pair" noise of Han et al., Co-teaching (NeurIPS 2018).

    >>> pair_flip(3, 0.4)
    array([[0.6, 0.4, 0. ],
           [0. , 0.6, 0.4],
           [0.4, 0. , 0.6]])
    """
    _check_num_classes(num_classes)
    rate = check_rate(rate)
    identity = np.eye(num_classes)
    return np.asarray((1 - rate) * identity + rate * np.roll(identity, 1, axis=1))


def asymmetric_cifar10(rate: float) -> FloatArray:
    """Noise between look-alike CIFAR-10 classes, each flipped with probability ``rate``; (10, 10).

    bird->plane, truck->car, deer->horse and cat<->dog, after Patrini et al., *Making deep neural networks robust to
    label noise* (CVPR 2017).  The other five classes stay clean, so over balanced classes only ``rate / 2`` of all
    labels change, which is the rate a report states.
    """
    rate = check_rate(rate)
    matrix = np.eye(10)
    for true, observed in CIFAR10_CONFUSIONS:
        matrix[true, true], matrix[true, observed] = 1 - rate, rate
    return matrix


def check_transition(transition: FloatArray, num_classes: int, name: str = "transition matrix") -> FloatArray:
    """The matrix as float64 (C, C) with rows that sum to exactly 1, or an :class:`InputError` naming row and value."""
    matrix = np.asarray(transition, dtype=np.float64)
    if matrix.shape != (num_classes, num_classes):
        raise InputError(
            f"{name} has shape {matrix.shape}", allowed=f"({num_classes}, {num_classes}), one row per true class"
        )
    bad = np.argwhere(~np.isfinite(matrix) | (matrix < 0) | (matrix > 1 + ROW_SUM_TOLERANCE))
    if bad.size:
        row, column = bad[0]
        raise InputError(
            f"{name}: row {row}, column {column} holds {matrix[row, column]:g}", allowed="probabilities from 0 to 1"
        )
    totals = matrix.sum(axis=1)
    off = np.flatnonzero(np.abs(totals - 1) > ROW_SUM_TOLERANCE)
    if off.size:
        transposed = bool((np.abs(matrix.sum(axis=0) - 1) <= ROW_SUM_TOLERANCE).all())
        raise InputError(
            f"{name}: row {off[0]} sums to {totals[off[0]]:.6g} ({off.size} such rows)",
            allowed="rows that sum to 1, T[i, j] = P(observed j | true i)",
            fix="Its columns sum to 1: give the transpose" if transposed else None,
        )
    return np.asarray(matrix / totals[:, None])


def from_confusion(counts: IntArray) -> FloatArray:
    """Transition matrix estimated from counts of (true, observed) pairs, each row divided by its sum; (C, C) -> (C, C).

    A class without any count says nothing about its noise and is an error.

    >>> from_confusion(np.array([[3, 1], [0, 2]]))
    array([[0.75, 0.25],
           [0.  , 1.  ]])
    """
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or table.shape[0] < 2:
        raise InputError(f"confusion counts have shape {table.shape}", allowed="(C, C), true x observed")
    bad = np.argwhere(~np.isfinite(table) | (table < 0))
    if bad.size:
        row, column = bad[0]
        raise InputError(
            f"confusion counts: row {row}, column {column} holds {table[row, column]:g}", allowed="0 or more"
        )
    totals = table.sum(axis=1)
    empty = np.flatnonzero(totals == 0)
    if empty.size:
        raise InputError(
            f"confusion counts: row {empty[0]} is empty ({empty.size} such rows)",
            allowed="at least one count per true class",
            fix="For a class that is always observed as itself, put a count on the diagonal",
        )
    return np.asarray(table / totals[:, None])
