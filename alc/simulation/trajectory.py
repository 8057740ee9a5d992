"""Trajectory: every annotation a simulation bought, in order, and the labels it ended with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alc.arrays import BoolArray, IntArray
from alc.errors import InputError
from alc.posteriors import rows_by_id

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Trajectory"]


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """The event log of one simulation; row k is the (k+1)-th annotation bought.

    Attributes:
        row: (K,) row of the sample asked about.
        draw: (K,) how many answers that sample had been given before.
        answer: (K,) the class answered.
        label_before: (K,) the sample's label before the answer.
        label_after: (K,) and after it; it changes only when the question is closed, and a tie keeps it.
        resolved: (K,) whether the answer closed the question.  A question nobody is left to answer ends without.
        initial_label: (N,) labels at the start.
        keeps_initial_votes: Whether the votes a sample started with stayed valid once it was asked about.
        budget: Annotations that could have been bought.
        is_exhausted: Whether nothing was left to ask before the budget was spent.
    """

    row: IntArray
    draw: IntArray
    answer: IntArray
    label_before: IntArray
    label_after: IntArray
    resolved: BoolArray
    initial_label: IntArray
    keeps_initial_votes: bool
    budget: int
    is_exhausted: bool

    @property
    def spent(self) -> int:
        """Annotations bought; each costs 1."""
        return len(self.row)

    @property
    def num_requests(self) -> int:
        """Samples asked about, one asked twice counted twice, an unfinished one included."""
        return int(self._is_last().sum())

    @property
    def unresolved(self) -> IntArray:
        """Rows of samples left open: where nobody was left to ask, and the last one if the budget ran out on it."""
        return self.row[self._is_last() & ~self.resolved]

    def _is_last(self) -> BoolArray:
        """Whether an answer (K,) is the last to its question, which has ended or was broken off."""
        last = self.resolved.copy()
        last[:-1] |= self.row[1:] != self.row[:-1]
        last[-1:] = True
        return last

    def final_labels(self) -> IntArray:
        """Labels (N,) after the last annotation."""
        labels = self.initial_label.copy()
        labels[self.row] = self.label_after  # of repeated rows NumPy keeps the last assignment
        return labels

    def final_counts(self, initial_counts: IntArray) -> IntArray:
        """Votes (N, C) after the last annotation, given those at the start."""
        counts = initial_counts.copy()
        if not self.keeps_initial_votes:
            counts[self.row] = 0
        np.add.at(counts, (self.row, self.answer), 1)
        return counts

    @classmethod
    def from_frame(
        cls,
        events: "pd.DataFrame",
        sample_id: IntArray,
        initial_label: IntArray,
        *,
        keeps_initial_votes: bool,
        annotations: int | None = None,
    ) -> "Trajectory":
        """What :meth:`to_frame` made of one simulation, or the first so many annotations of it, as their own budget.

        Raises:
            InputError: A sample is not among ``sample_id`` (N,), or had another label at the start.
        """
        events = events.sort_values("step").head(len(events) if annotations is None else annotations)
        row = rows_by_id(sample_id, events["sample_id"].to_numpy(), "samples")
        columns = {name: events[name].to_numpy().astype(np.int64) for name in ("draw", "answer")}
        before, after = (events[f"label_{when}"].to_numpy().astype(np.int64) for when in ("before", "after"))
        first = columns["draw"] == 0
        other = np.flatnonzero(before[first] != initial_label[row[first]])
        if other.size:
            one = row[first][other[0]]
            raise InputError(
                f"{other.size} samples had other labels when the trajectory was made, the first is id {sample_id[one]}",
                allowed="the samples and labels it was made from",
            )
        return cls(
            row,
            columns["draw"],
            columns["answer"],
            before,
            after,
            events["resolved"].to_numpy().astype(np.bool_),
            initial_label,
            keeps_initial_votes,
            budget=len(events),
            is_exhausted=False,
        )

    def to_frame(self, sample_id: IntArray) -> "pd.DataFrame":
        """One row per annotation: step, sample_id, draw, answer, spent, label_before, label_after, resolved."""
        import pandas as pd

        small = np.int32
        return pd.DataFrame(
            {
                "step": np.arange(self.spent, dtype=small),
                "sample_id": sample_id[self.row],
                "draw": self.draw.astype(small),
                "answer": self.answer.astype(small),
                "spent": np.arange(1, self.spent + 1, dtype=small),
                "label_before": self.label_before.astype(small),
                "label_after": self.label_after.astype(small),
                "resolved": self.resolved,
            }
        )
