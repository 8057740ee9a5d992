"""Parts of a data set drawn by seed: a stratified held-out part, a random subset."""

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError

__all__ = ["group_holdout", "random_subset", "stratified_holdout"]


def stratified_holdout(labels: IntArray, fraction: float, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Rows (kept, held out), each ascending; every class gives ``fraction`` of its samples, rounded, and keeps one.

    >>> kept, held = stratified_holdout(np.repeat([0, 1], 10), 0.2, np.random.default_rng(0))
    >>> len(kept), np.bincount(np.repeat([0, 1], 10)[held]).tolist()
    (16, [2, 2])
    """
    if not 0 < fraction < 1:
        raise InputError(f"data.test_fraction is {fraction}", allowed="between 0 and 1", fix="Type e.g. 0.2")
    held = np.zeros(len(labels), dtype=np.bool_)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        count = min(round(fraction * len(rows)), len(rows) - 1)
        held[rng.permutation(rows)[:count]] = True
    return np.flatnonzero(~held), np.flatnonzero(held)


def group_holdout(groups: IntArray, fraction: float, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Rows (kept, held out), each ascending; groups are drawn whole until ``fraction`` of the rows is held out.

    >>> kept, held = group_holdout(np.array([0, 0, 1, 1, 2, 2]), 0.3, np.random.default_rng(0))
    >>> len(held), len(np.unique(np.array([0, 0, 1, 1, 2, 2])[held]))
    (2, 1)
    """
    if not 0 < fraction < 1:
        raise InputError(f"data.test_fraction is {fraction}", allowed="between 0 and 1", fix="Type e.g. 0.2")
    index = np.unique(groups, return_inverse=True)[1]
    order = rng.permutation(int(index.max()) + 1)
    before = np.concatenate([[0], np.cumsum(np.bincount(index)[order])[:-1]])  # rows held out before each group
    held = np.isin(index, order[before < round(fraction * len(groups))])
    return np.flatnonzero(~held), np.flatnonzero(held)


def random_subset(num_samples: int, size: int | None, rng: np.random.Generator, key: str) -> IntArray:
    """``size`` of the rows 0..N-1 without replacement, ascending; all of them for None.  ``key`` names the setting."""
    if size is None:
        return np.arange(num_samples)
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= num_samples:
        raise InputError(
            f"{key} is {size!r}", allowed=f"1 to {num_samples}, or null for all", fix=f"Type e.g. {key}={num_samples}"
        )
    return np.sort(rng.permutation(num_samples)[:size])
