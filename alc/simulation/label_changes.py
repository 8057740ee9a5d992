"""Label changes: what a simulation did to labels, answer by answer, and the accuracy that makes against any truth."""

from dataclasses import dataclass

import numpy as np

from alc.arrays import FloatArray, IntArray

__all__ = ["LabelChanges"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelChanges:
    """The log of one fused simulation; unlike in a trajectory, one answer may change many labels.

    Attributes:
        row: (K,) row asked about, per answer.
        answer: (K,) the class answered.
        start: (N,) labels before the first answer.
        change_spent: (J,) annotations spent when a label changed, ascending, 1 or more.
        change_row: (J,) whose.
        change_label: (J,) and to what.
        final_confidence: (N,) believed chance that the final label is right; NaN where nothing is believed.
        budget: Annotations that could have been bought.
    """

    row: IntArray
    answer: IntArray
    start: IntArray
    change_spent: IntArray
    change_row: IntArray
    change_label: IntArray
    final_confidence: FloatArray
    budget: int

    @property
    def spent(self) -> int:
        """Annotations bought."""
        return len(self.row)

    def final_labels(self) -> IntArray:
        """Labels (N,) after the last answer."""
        labels = self.start.copy()
        labels[self.change_row] = self.change_label  # of repeated rows NumPy keeps the last assignment
        return labels

    def label_accuracy(self, truth: IntArray) -> FloatArray:
        """Share of labels that equal ``truth`` (N,) after 0, 1, ..., ``budget`` annotations, (budget + 1,).

        The last value holds to the end where nothing was left to ask.
        """
        order = np.argsort(self.change_row, kind="stable")  # per row in order of time
        row, label = self.change_row[order], self.change_label[order]
        first = np.ones(len(row), dtype=np.bool_)
        first[1:] = row[1:] != row[:-1]
        before = np.concatenate([label[:1], label[:-1]])
        before = np.where(first, self.start[row], before)
        change = (label == truth[row]).astype(np.int64) - (before == truth[row])
        total = np.bincount(self.change_spent[order], weights=change, minlength=self.budget + 1)[: self.budget + 1]
        return np.asarray((int((self.start == truth).sum()) + np.cumsum(total)) / len(truth))
