"""What a trajectory did to each class's labels, annotation by annotation."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.simulation.trajectory import Trajectory

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["class_curve_table", "class_curves"]

POINTS, FEW_CLASSES = 200, 20


def class_curves(
    trajectory: Trajectory, reference: IntArray, num_classes: int, at: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Share of wrong labels by true class and by the label held then, after some numbers of annotations, (C, K) twice.

    NaN where a class has no sample, or no sample holds its label.

    Args:
        trajectory: What was bought.
        reference: (N,) labels taken as true.
        num_classes: C.
        at: (K,) numbers of annotations, ascending from 0; beyond what was spent the last value holds.
    """
    truth, before, after = reference[trajectory.row], trajectory.label_before, trajectory.label_after
    start = trajectory.initial_label
    place = np.searchsorted(at, np.arange(1, trajectory.spent + 1))  # the first of ``at`` that has seen the event
    left, entered = (before != truth).astype(np.int64), (after != truth).astype(np.int64)
    ones, wrong = np.ones(len(place), dtype=np.int64), start != reference

    def running(initial: IntArray, *changes: tuple[IntArray, IntArray]) -> IntArray:
        """Counts (C, K): classes counted at the start, and how each event changes the count of a class."""
        counts = np.zeros((num_classes, len(at) + 1), dtype=np.int64)  # a last column for events behind ``at``
        counts[:, 0] = np.bincount(initial, minlength=num_classes)
        for classes, amount in changes:
            np.add.at(counts, (classes, place), amount)
        return np.cumsum(counts, axis=1)[:, :-1]

    size = np.bincount(reference, minlength=num_classes)[:, None]
    return (
        _share(running(reference[wrong], (truth, entered - left)), size),
        _share(
            running(start[wrong], (before, -left), (after, entered)), running(start, (before, -ones), (after, ones))
        ),
    )


def class_curve_table(
    trajectories: Mapping[str, Sequence[Trajectory]], reference: IntArray, class_names: Sequence[str]
) -> "pd.DataFrame":
    """Long table: selector, annotations, class, by (``true`` or ``given``), wrong (mean over seeds), seeds.

    At 200 numbers of annotations, evenly spread from none to all, fewer where there are more than 20 classes.  Rows
    whose share is undefined are left out.

    Args:
        trajectories: Selector -> one trajectory per seed; one that ended early keeps its last value.
        reference: (N,) labels taken as true.
        class_names: C names.
    """
    import pandas as pd

    longest = max(trajectory.spent for each in trajectories.values() for trajectory in each)
    points = max(2, min(POINTS, POINTS * FEW_CLASSES // len(class_names), longest + 1))
    at = np.unique(np.linspace(0, longest, points).round().astype(np.int64))
    parts = []
    for name, runs in trajectories.items():
        curves = [class_curves(trajectory, reference, len(class_names), at) for trajectory in runs]
        for by, values in zip(("true", "given"), zip(*curves, strict=True), strict=True):
            mean = np.mean(values, axis=0)
            for label, class_name in enumerate(class_names):
                columns = {"selector": name, "annotations": at, "class": class_name, "by": by, "wrong": mean[label]}
                parts.append(pd.DataFrame({**columns, "seeds": len(runs)}))
    return pd.concat(parts, ignore_index=True).dropna(subset=["wrong"]).reset_index(drop=True)


def _share(wrong: IntArray, size: IntArray) -> FloatArray:
    return np.asarray(np.divide(wrong, size, out=np.full(wrong.shape, np.nan), where=size > 0))
