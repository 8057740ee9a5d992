"""Row-wise information measures, in units of log C and with the released code's guard inside the logarithm.

They work on blocks of rows that fit in the cache and keep the dtype of the probabilities;
``experiments/benchmarks/scores.py`` measures them beside the same expressions written over whole arrays.
"""

from math import log

import numpy as np

from alc.arrays import FloatArray, IntArray

__all__ = ["LOG_GUARD", "row_blocks", "row_cross_entropy", "row_entropy", "runner_up", "surprisal"]

LOG_GUARD = 1e-12
"""Added to every probability inside a logarithm, as in the released code; a zero then costs 27.6 nats, not infinity."""

BLOCK_ELEMENTS = 1 << 17


def row_blocks(num_rows: int, num_classes: int) -> list[slice]:
    """Slices that cut (N, C) into pieces of about a hundred thousand elements."""
    rows = max(1, BLOCK_ELEMENTS // num_classes)
    return [slice(start, start + rows) for start in range(0, num_rows, rows)]


def row_entropy(probs: FloatArray) -> FloatArray:
    """Entropy of each row, (N, C) -> (N,), from 0 (certain) to 1 (uniform).

    Unlike :func:`alc.labels.normalised_entropy` it carries the guard, so a certain row has -1e-12 rather than 0.

    >>> row_entropy(np.array([[0.5, 0.5, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]])).round(6)
    array([0.5, 1. ])
    """
    num_samples, num_classes = probs.shape
    entropy = np.empty(num_samples, probs.dtype)
    for rows in row_blocks(num_samples, num_classes):
        logs = probs[rows] + LOG_GUARD
        np.log(logs, out=logs)
        np.einsum("nc,nc->n", probs[rows], logs, out=entropy[rows])
    entropy /= -log(num_classes)
    return entropy


def row_cross_entropy(votes: IntArray | FloatArray, probs: FloatArray) -> FloatArray:
    """Cross-entropy from the normalised votes (N, C) to the probabilities (N, C) -> (N,), 0 or more.

    >>> row_cross_entropy(np.array([[3, 1]]), np.array([[0.5, 0.5]])).round(6)
    array([1.])
    """
    num_samples, num_classes = probs.shape
    cross_entropy = np.empty(num_samples, probs.dtype)
    for rows in row_blocks(num_samples, num_classes):
        logs = probs[rows] + LOG_GUARD
        np.log(logs, out=logs)
        weight = votes[rows].astype(probs.dtype)
        np.einsum("nc,nc->n", weight, logs, out=cross_entropy[rows])
        cross_entropy[rows] /= np.einsum("nc->n", weight)
    cross_entropy /= -log(num_classes)
    return cross_entropy


def surprisal(label: IntArray, probs: FloatArray) -> FloatArray:
    """Minus the log probability of one label per row, (N,) and (N, C) -> (N,): the cross-entropy of a single vote.

    >>> surprisal(np.array([1]), np.array([[0.75, 0.25]])).round(6)
    array([2.])
    """
    given = probs[np.arange(len(probs)), label]
    given += LOG_GUARD
    np.log(given, out=given)
    given /= -log(probs.shape[1])
    return given


def runner_up(label: IntArray, probs: FloatArray) -> FloatArray:
    """Largest probability among the classes other than ``label``, (N,) and (N, C) -> (N,).

    >>> runner_up(np.array([0, 2]), np.array([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]]))
    array([0.2, 0.7])
    """
    num_samples, num_classes = probs.shape
    largest = np.empty(num_samples, probs.dtype)
    for rows in row_blocks(num_samples, num_classes):
        # Of few classes the maximum runs faster over whole columns, of many along the rows.
        block = probs[rows].T.copy().T if num_classes <= 32 else probs[rows].copy()
        block[np.arange(len(block)), label[rows]] = -1.0
        block.max(axis=1, out=largest[rows])
    return largest
