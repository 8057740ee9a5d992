"""Corrupt labels by a transition matrix, to the asked count or in expectation."""

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.categorical import cumulative, draw
from alc.errors import InputError
from alc.labels import check_label_distribution, check_labels
from alc.noise.report import NoiseReport, measure
from alc.noise.transition import check_transition

__all__ = ["corrupt", "draw_observed"]


def corrupt(
    labels: IntArray, transition: FloatArray, rng: np.random.Generator, *, exact: bool = True
) -> tuple[IntArray, NoiseReport]:
    """Observed labels (N,) for true labels (N,), and the report of the rate that was realised.

    With ``exact`` the number of flips is decided first, by largest remainder: over all labels it is the asked rate
    times N, rounded; each class gets within one flip of its own share; the flips of a class are divided among the
    other classes in the same way.  Only *which* samples flip, and which of equal remainders is rounded up, is random.
    Without ``exact`` every label is an independent draw, so the realised rate scatters around the asked one with
    standard deviation sqrt(rate (1 - rate) / N).

    Args:
        labels: (N,) true classes.
        transition: (C, C) row-stochastic, or (N, C) with a row of its own for each sample (needs ``exact=False``).  A
            square matrix is always read as (C, C).
        rng: Source of all randomness.
        exact: Whether counts are met exactly.

    Raises:
        InputError: For labels outside the classes, rows that are no distribution, or (N, C) with ``exact``.
    """
    transition = np.asarray(transition, dtype=np.float64)
    if transition.ndim != 2:
        raise InputError(f"transition matrix has shape {transition.shape}", allowed="(C, C) or (N, C)")
    num_rows, num_classes = transition.shape
    labels = check_labels(labels, num_classes)
    if num_rows != num_classes:
        if exact:
            raise InputError(
                f"exact counts are asked for a transition matrix of shape {transition.shape}",
                allowed=f"({num_classes}, {num_classes}) with exact=true",
                fix="Rows that differ from sample to sample can only be drawn: set exact=false",
            )
        return draw_observed(labels, transition, rng.random(len(labels)))
    transition = check_transition(transition, num_classes)
    off_diagonal = transition * (1 - np.eye(num_classes))
    flip_rate = off_diagonal.sum(axis=1)
    members = np.bincount(labels, minlength=num_classes)
    requested = round(float(members @ flip_rate) / len(labels), 12)
    if exact:
        counts = _exact_counts(members, off_diagonal, flip_rate, rng)
        # Shuffled samples, sorted by class, meet each class's quota of observed labels: the quota picks at random.
        order = rng.permutation(len(labels))
        order = order[np.argsort(labels[order], kind="stable")]
        observed = np.empty_like(labels)
        observed[order] = np.repeat(np.tile(np.arange(num_classes), num_classes), counts.ravel())
    else:
        observed = draw(cumulative(transition), labels, rng.random(len(labels)))
    return observed, measure(labels, observed, num_classes, requested)


def draw_observed(labels: IntArray, rows: FloatArray, uniform: FloatArray) -> tuple[IntArray, NoiseReport]:
    """Observed labels by inverting each sample's own distribution (N, C) at its uniform number (N,) in [0, 1).

    The requested rate is the expected one, the mean of ``1 - rows[n, labels[n]]``.
    """
    rows = check_label_distribution(rows)
    labels = check_labels(labels, rows.shape[1])
    if len(rows) != len(labels):
        raise InputError(
            f"label distribution has {len(rows)} rows for {len(labels)} labels", allowed="one row per sample"
        )
    index = np.arange(len(labels))
    requested = round(float(1 - rows[index, labels].mean()), 12)
    return (observed := draw(cumulative(rows), index, uniform)), measure(labels, observed, rows.shape[1], requested)


def _exact_counts(
    members: IntArray, off_diagonal: FloatArray, flip_rate: FloatArray, rng: np.random.Generator
) -> IntArray:
    """How many samples of each true class get each observed class, (C, C) with rows that sum to ``members``."""
    expected = members * flip_rate
    flips = _largest_remainder(expected[None], np.array([round(float(expected.sum()))]), rng)[0]
    share = np.divide(off_diagonal, flip_rate[:, None], out=np.zeros_like(off_diagonal), where=flip_rate[:, None] > 0)
    counts = _largest_remainder(flips[:, None] * share, flips, rng)
    np.fill_diagonal(counts, members - flips)
    return counts


def _largest_remainder(expected: FloatArray, totals: IntArray, rng: np.random.Generator) -> IntArray:
    """Whole numbers near ``expected`` (R, K) with row sums ``totals`` (R,); equal remainders win at random."""
    floor = np.floor(expected + 1e-9)  # 2.9999999999 is a 3 that met rounding errors
    remainder = np.round(expected - floor, 9)  # and remainders that differ by such errors are equal
    order = np.lexsort((rng.random(expected.shape), -remainder), axis=1)
    rank = np.argsort(order, axis=1)
    missing = totals - floor.sum(axis=1).astype(np.int64)
    return np.asarray(floor.astype(np.int64) + (rank < missing[:, None]))
