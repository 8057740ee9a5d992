"""Replay: what a trajectory did to label quality, annotation by annotation, measured against reference labels."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.labels import check_label_distribution, check_labels, normalised_entropy
from alc.simulation.trajectory import Trajectory

__all__ = ["AMBIGUITY_THRESHOLD", "Curves", "Reference", "replay"]

AMBIGUITY_THRESHOLD = 0.30  # of the normalised entropy; the paper's "difficult" samples lie strictly above it
CHUNK_EVENTS = 1 << 15


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What labels are measured against; neither training, ranking nor simulator sees it.

    Attributes:
        labels: (N,) taken as true.
        distribution: (N, C) what people answer; total variation and ambiguity come from it.
        is_ambiguous: (N,) normalised entropy of the distribution strictly above 0.30.
    """

    labels: IntArray
    distribution: FloatArray
    is_ambiguous: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    @classmethod
    def of(cls, distribution: FloatArray, labels: IntArray | None = None) -> "Reference":
        """From a label distribution; the reference is its arg max (the paper's choice) unless labels are given."""
        distribution = check_label_distribution(distribution, "the reference label distribution")
        if labels is None:
            labels = distribution.argmax(axis=1)
        labels = check_labels(labels, distribution.shape[1], "reference labels")
        if len(labels) != len(distribution):
            raise InputError(
                f"{len(labels)} reference labels and {len(distribution)} distributions", allowed="one of each"
            )
        return cls(labels, distribution, normalised_entropy(distribution) > AMBIGUITY_THRESHOLD)


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Label quality after 0, 1, ... annotations, each (spent + 1,); a value holds until the next annotation.

    Attributes:
        label_accuracy: Fraction of samples whose label equals the reference.
        total_variation: Mean over samples of half the L1 distance between votes and label distribution, 0 to 1.
        remaining_clear: Number of wrong labels left on clear samples.
        remaining_ambiguous: And on ambiguous ones.
    """

    label_accuracy: FloatArray
    total_variation: FloatArray
    remaining_clear: FloatArray
    remaining_ambiguous: FloatArray

    def area(self, budget: int) -> float:
        """Mean label accuracy over the annotations 0 .. budget: the area under the curve as a share of the whole.

        The curve is a step function and its last value holds to the end of the budget.  (The released code takes the
        trapezoid of a linear interpolation; the two differ by (last - first) / (2 budget).)
        """
        spent = self.label_accuracy[:budget]
        return float((spent.sum() + (budget - len(spent)) * self.label_accuracy[-1]) / budget)

    def annotations_to(self, level: float) -> int | None:
        """Annotations after which the label accuracy first reaches ``level``, or None when it never does."""
        reached = self.label_accuracy >= level
        return int(np.argmax(reached)) if reached.any() else None


def replay(trajectory: Trajectory, initial_counts: IntArray, reference: Reference) -> Curves:
    """Curves of one trajectory.

    Args:
        trajectory: What was bought.
        initial_counts: (N, C) votes before the first annotation.
        reference: What to measure against.
    """
    rows, truth = trajectory.row, reference.labels[trajectory.row]
    was_wrong, is_wrong = trajectory.label_before != truth, trajectory.label_after != truth
    change = is_wrong.astype(np.int64) - was_wrong
    ambiguous = reference.is_ambiguous[rows]
    wrong = trajectory.initial_label != reference.labels
    clear = _steps(int((wrong & ~reference.is_ambiguous).sum()), np.where(ambiguous, 0, change))
    unclear = _steps(int((wrong & reference.is_ambiguous).sum()), np.where(ambiguous, change, 0))
    distance = _distance(initial_counts, reference.distribution)
    moved = _distance_changes(trajectory, initial_counts, reference.distribution, distance)
    return Curves(
        # Not 1 - wrong / N: with 93 of 100 right that is 0.92999..., which would miss a level of 0.93.
        label_accuracy=(len(wrong) - clear - unclear) / len(wrong),
        total_variation=_steps(distance.sum(), moved) / len(wrong),
        remaining_clear=clear,
        remaining_ambiguous=unclear,
    )


def _steps(start: float, change: IntArray | FloatArray) -> FloatArray:
    return np.asarray(start + np.concatenate([[0], np.cumsum(change)]))


def _distance(votes: IntArray, distribution: FloatArray) -> FloatArray:
    """Total variation between votes and label distribution, (K, C) -> (K,)."""
    difference = votes / votes.sum(axis=1, keepdims=True, dtype=np.float64)
    difference -= distribution
    return np.asarray(0.5 * np.abs(difference, out=difference).sum(axis=1))


def _distance_changes(
    trajectory: Trajectory, initial_counts: IntArray, distribution: FloatArray, distance: FloatArray
) -> FloatArray:
    """By how much each answer (K,) moved the votes of its sample towards its distribution (negative) or away."""
    num_classes = distribution.shape[1]
    order = np.argsort(trajectory.row, kind="stable")
    row, answer = trajectory.row[order], trajectory.answer[order]
    is_first = np.concatenate([[True], row[1:] != row[:-1]])[: len(row)]
    change = np.empty(len(row))
    starts = np.flatnonzero(is_first)
    # Chunks begin with a sample, however many answers it has.
    first_of_chunk = np.searchsorted(starts, np.arange(0, len(row), CHUNK_EVENTS))
    bounds = np.unique(np.append(starts[first_of_chunk[first_of_chunk < len(starts)]], len(row)))
    for begin, end in pairwise(bounds.tolist()):
        part = slice(begin, end)
        votes = np.zeros((end - begin, num_classes), dtype=np.int32)
        votes[np.arange(end - begin), answer[part]] = 1
        running = np.cumsum(votes, axis=0, dtype=np.int32)
        group = np.cumsum(is_first[part]) - 1
        offset = running[is_first[part]] - votes[is_first[part]]
        running -= offset[group]
        if trajectory.keeps_initial_votes:
            running += initial_counts[row[part]].astype(np.int32)
        after = _distance(running, distribution[row[part]])
        before = np.concatenate([[0.0], after[:-1]])
        before[is_first[part]] = distance[row[part]][is_first[part]]
        change[order[part]] = after - before
    return change
