"""Folds for cross-fitting: who is predicted by the model that did not train on whom."""

import numpy as np
import numpy.typing as npt

from alc.arrays import IntArray
from alc.errors import InputError

__all__ = ["assign_folds"]

MISSING = frozenset({"", "None", "nan", "NaT", "<NA>"})
"""How an absent group of any table library reads as text."""


def assign_folds(
    labels: IntArray, num_folds: int, rng: np.random.Generator, group: npt.NDArray[np.generic] | None = None
) -> IntArray:
    """Fold 0..K-1 of each sample, (N,) -> (N,), every class spread evenly over the folds.

    Without groups any two folds differ by at most one in size and in the number of samples of each class; a class with
    fewer members than folds is simply missing from some.  With groups (e.g. patients) no group is ever split, and the
    groups, largest first, go to the fold that holds the fewest samples of their classes; balance is then as good as the
    groups allow and no fold is empty.

    Args:
        labels: (N,) classes to spread.
        num_folds: K, at least 2 and at most the number of samples or groups.
        rng: Who goes where among equals.
        group: (N,) whatever names the group of each sample, or None.

    Raises:
        InputError: For K out of range, or a group that is missing.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.size == 0:
        raise InputError(f"labels have shape {labels.shape}", allowed="one label per sample, shape (N,)")
    if isinstance(num_folds, bool) or not isinstance(num_folds, int | np.integer) or num_folds < 2:
        raise InputError(f"{num_folds!r} folds are asked for", allowed="a whole number of 2 or more")
    num_folds = int(num_folds)
    unit: IntArray = np.arange(len(labels)) if group is None else _group_index(np.asarray(group), len(labels))
    num_units = int(unit.max()) + 1
    if num_folds > num_units:
        what = "samples" if group is None else "groups"
        raise InputError(
            f"{num_folds} folds are asked for {num_units} {what}", allowed=f"2 to {num_units}, the number of {what}"
        )
    classes = np.unique(labels, return_inverse=True)[1]
    name_of_fold = rng.permutation(num_folds).astype(np.int64)  # else fold 0 would always be the fullest
    if num_units == len(labels):
        shuffled = rng.permutation(len(labels))
        # Class after class, each shuffled, dealt like cards.
        order = shuffled[np.argsort(classes[shuffled], kind="stable")]
        fold: IntArray = np.empty(len(labels), dtype=np.int64)
        fold[order] = np.arange(len(labels)) % num_folds
    else:
        fold = _fold_of_groups(classes, unit, num_folds, rng)[unit]
    return name_of_fold[fold]


def _group_index(group: npt.NDArray[np.generic], num_samples: int) -> IntArray:
    """Groups as 0..G-1; a missing one would silently tie strangers together."""
    if group.shape != (num_samples,):
        raise InputError(f"groups have shape {group.shape}", allowed=f"one group per sample, ({num_samples},)")
    absent = np.array([str(value) in MISSING for value in group.tolist()])
    if absent.any():
        raise InputError(
            f"the group of row {int(absent.argmax())} is missing ({int(absent.sum())} such rows)",
            allowed="a group for every sample",
            fix="Give samples without a group a group name of their own",
        )
    names = group.astype(np.str_) if group.dtype == np.object_ else group
    return np.asarray(np.unique(names, return_inverse=True)[1])


def _fold_of_groups(classes: IntArray, unit: IntArray, num_folds: int, rng: np.random.Generator) -> IntArray:
    """Fold of each group (G,), greedily, largest group first and equals in random order.

    A group adds ``sum_c w_c (n_fc + g_c)^2 - w_c n_fc^2`` to the imbalance of fold f, where w_c = 1 / (size of
    class)^2; only the mixed term differs between folds.  Fold size counts as one more class, so an empty fold always
    goes first.
    """
    num_classes = int(classes.max()) + 1
    class_weight = 1 / np.bincount(classes).astype(np.float64) ** 2
    size_weight = 1 / float(len(classes)) ** 2
    pair, count = np.unique(unit * num_classes + classes, return_counts=True)
    start = np.searchsorted(pair // num_classes, np.arange(int(unit.max()) + 2))
    size = np.bincount(unit)
    shuffled = rng.permutation(len(size))
    order = shuffled[np.argsort(-size[shuffled], kind="stable")]
    held = np.zeros((num_folds, num_classes))
    fold_size = np.zeros(num_folds)
    fold = np.empty(len(size), dtype=np.int64)
    for one in order:
        part = slice(start[one], start[one + 1])
        mine, votes = pair[part] % num_classes, count[part]
        crowding = held[:, mine] @ (votes * class_weight[mine]) + size_weight * fold_size * size[one]
        best = int(crowding.argmin())
        held[best, mine] += votes
        fold_size[best] += size[one]
        fold[one] = best
    return fold
