"""Confident learning's set of wrong labels: who is flagged, by four rules, as cleanlab has them."""

from typing import Literal, get_args

import numpy as np

from alc.arrays import BoolArray, FloatArray, IntArray
from alc.errors import InputError, did_you_mean
from alc.selection.information import row_blocks

__all__ = ["Rule", "check_rule", "class_thresholds", "confident_class", "flagged"]

Rule = Literal["prune_by_noise_rate", "prune_by_class", "both", "confident_learning"]

CLOSE = 1e-6
"""How much a probability may lack and still reach its threshold or equal another, as in cleanlab."""

NOBODY = 2.0
"""Threshold of a class that nobody was given: no probability reaches it."""


def check_rule(rule: str) -> None:
    """Refuse a rule that is none."""
    if rule not in get_args(Rule):
        hint = did_you_mean(str(rule), get_args(Rule))
        raise InputError(f"flag is {rule!r}", allowed=", ".join(get_args(Rule)), fix=hint)


def class_thresholds(probs: FloatArray, label: IntArray) -> FloatArray:
    """Mean probability of each class among the samples labelled so, (C,); 2 for a class that nobody was given.

    Northcutt et al. (2021), Eq. 2.
    """
    num_classes = probs.shape[1]
    size = np.bincount(label, minlength=num_classes)
    own = np.bincount(label, weights=probs[np.arange(len(label)), label], minlength=num_classes)
    return np.asarray(np.where(size > 0, np.maximum(own / np.maximum(size, 1), 2 * CLOSE), NOBODY))


def confident_class(probs: FloatArray, thresholds: FloatArray) -> IntArray:
    """The class each sample is confidently of (N,), -1 where no probability reaches the threshold of its class.

    Where several do, the likeliest of *all* classes, as in cleanlab.  Northcutt et al. (2021), Eq. 1, take the
    likeliest of those that do: see :func:`alc.metrics.confident_joint.confident_joint`.
    """
    found = np.empty(len(probs), dtype=np.int64)
    for rows in row_blocks(*probs.shape):
        reaches = probs[rows] >= thresholds - CLOSE
        number = reaches.sum(axis=1)
        likeliest = np.where(number > 1, probs[rows].argmax(axis=1), reaches.argmax(axis=1))
        found[rows] = np.where(number > 0, likeliest, -1)
    return found


def flagged(probs: FloatArray, label: IntArray, rule: Rule) -> BoolArray:
    """Which labels (N,) confident learning takes to be wrong; ``cleanlab.filter.find_label_issues(filter_by=rule)``.

    With J[i, j] how many samples labelled i are confidently of class j, rows scaled to the number of labels:

    - ``confident_learning``: those counted off the diagonal of J.
    - ``prune_by_class``: of every class i the n_i - J[i, i] with the smallest probability of i.
    - ``prune_by_noise_rate``: of every class i and for every other class j the J[i, j] with the largest p_j - p_i.
    - ``both``: those that both of these take.

    Whatever the rule, no sample is flagged whose label is the likeliest class (within 1e-6).  Northcutt, Jiang and
    Chuang (2021, JAIR 70), section 3.2.  Of equal probabilities at the edge of a set the first rows are taken; cleanlab
    takes any.

    Args:
        probs: (N, C), out-of-sample.
        label: (N,) given labels.
        rule: One of the four.
    """
    check_rule(rule)
    num_classes = probs.shape[1]
    guess = confident_class(probs, class_thresholds(probs, label))
    if rule == "confident_learning":
        chosen = (guess >= 0) & (guess != label)
    else:
        keep = _to_prune(guess, label, num_classes)
        order = np.argsort(label, kind="stable")
        ends = np.searchsorted(label[order], np.arange(1, num_classes))
        chosen = np.zeros(len(label), dtype=np.bool_)
        for k, rows in enumerate(np.split(order, ends)):
            if len(rows) > 1:
                chosen[rows] = _of_class(probs[rows], k, keep[k], rule)
    return np.asarray(chosen & ~_is_likeliest(probs, label))


def _to_prune(guess: IntArray, label: IntArray, num_classes: int) -> IntArray:
    """How many samples labelled i to take for class j, (C, C) whole numbers, at least one of each class left."""
    from cleanlab.count import calibrate_confident_joint

    counted = guess >= 0
    pairs = np.bincount(label[counted] * num_classes + guess[counted], minlength=num_classes**2)
    joint = np.asfortranarray(pairs.reshape(num_classes, num_classes))  # cleanlab's sums then round the same way
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), 1))
    calibrated = np.asarray(calibrate_confident_joint(joint, label))
    right = np.maximum(calibrated.diagonal(), 1)
    others = np.maximum(np.count_nonzero(calibrated, axis=1) - 1, 1)
    left = np.maximum(calibrated - ((right - calibrated.diagonal()) / others)[:, None], 0)
    np.fill_diagonal(left, right)
    return np.asarray(np.trunc(left), dtype=np.int64)


def _of_class(probs: FloatArray, k: int, number: IntArray, rule: Rule) -> BoolArray:
    """Who is taken of the samples labelled k, whose probabilities are (n, C)."""
    by_class = _smallest(probs[:, k], len(probs) - int(number[k]))
    if rule == "prune_by_class":
        return by_class
    by_pair = np.zeros(len(probs), dtype=np.bool_)
    for j in np.flatnonzero(number):
        if j != k:
            by_pair |= _smallest(probs[:, k] - probs[:, j], int(number[j]))
    return by_pair if rule == "prune_by_noise_rate" else by_pair & by_class


def _smallest(values: FloatArray, number: int) -> BoolArray:
    """Mask of the ``number`` smallest of (n,); of those that are equal to the last the first rows."""
    if number <= 0:
        return np.zeros(len(values), dtype=np.bool_)
    if number >= len(values):
        return np.ones(len(values), dtype=np.bool_)
    edge = np.partition(values, number - 1)[number - 1]
    mask = values < edge
    mask[np.flatnonzero(values == edge)[: number - int(mask.sum())]] = True
    return np.asarray(mask)


def _is_likeliest(probs: FloatArray, label: IntArray) -> BoolArray:
    """Whether no class is more than 1e-6 likelier than the label, (N,)."""
    own = probs[np.arange(len(label)), label] + CLOSE
    likeliest = np.empty(len(label), dtype=np.bool_)
    for rows in row_blocks(*probs.shape):
        block = probs[rows].copy()
        block[np.arange(len(block)), label[rows]] = own[rows]
        likeliest[rows] = block.argmax(axis=1) == label[rows]
    return likeliest
