"""What the answers make of the labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alc.adjudication import Adjudication
from alc.answers.votes import Votes
from alc.arrays import BoolArray, IntArray
from alc.labels import LabelCounts
from alc.treatments.treatment import label_table

if TYPE_CHECKING:
    import pandas as pd

    from alc.samples import SampleTable

__all__ = ["Outcome", "outcome"]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The labels after the answers, in the order of the sample ids.

    Attributes:
        sample_id: (N,).
        given: (N,) classes at the start.
        label: (N,) classes now: the majority where the question is settled, else what was given.
        people: (N, C) votes of people, the one given with the data not among them.
        votes: (N, C) votes that count, the given one included where the adjudication keeps it.
        abstained: (N,) how many said they can not tell.
        settled: (N,) whether people have answered and the adjudication ends with one class.
    """

    sample_id: IntArray
    given: IntArray
    label: IntArray
    people: IntArray
    votes: IntArray
    abstained: IntArray
    settled: BoolArray

    @property
    def answered(self) -> BoolArray:
        """Whether anybody said anything about the sample, also that they can not tell (N,)."""
        return np.asarray((self.people.sum(axis=1) + self.abstained) > 0)

    @property
    def changed(self) -> BoolArray:
        """Whether the label is another than the given one (N,)."""
        return np.asarray(self.label != self.given)

    @property
    def verdict(self) -> IntArray:
        """What most people say, the given label aside (N,); -1 where there is a tie or nobody names a class."""
        most = self.people.max(axis=1)
        clear = (most > 0) & ((self.people == most[:, None]).sum(axis=1) == 1)
        return np.where(clear, self.people.argmax(axis=1), -1)

    @property
    def disagreed(self) -> BoolArray:
        """Whether two people name different classes (N,)."""
        return np.asarray((self.people > 0).sum(axis=1) > 1)

    def counts(self) -> LabelCounts:
        """Votes (N, C) to rank by: the given ones and those of people."""
        return LabelCounts(self.votes)

    def table(self, samples: "SampleTable") -> "pd.DataFrame":
        """One row per sample as every cleaning writes it, and how many could not tell."""
        frame = label_table(
            samples,
            self.label,
            given=self.given,
            resolved=self.settled.astype(np.int64),
            annotations=self.people.sum(axis=1),
            votes=self.votes.sum(axis=1),
        )
        return frame.assign(abstained=self.abstained)


def outcome(
    sample_id: IntArray, given: IntArray, class_names: Sequence[str], votes: Votes, adjudication: Adjudication
) -> Outcome:
    """Apply a rule of adjudication to the votes of people.

    The rule is asked about all the votes there are, since people answer in no order: a question is settled if it closes
    with them and one class has most of them.  Ties and abstentions leave the label as it was and the question open.

    Args:
        sample_id: (N,) unique ids.
        given: (N,) classes at the start.
        class_names: C names.
        votes: Of these samples and classes.
        adjudication: When a question is settled, and whether the given label keeps its vote.
    """
    row = {int(each): position for position, each in enumerate(sample_id.tolist())}
    number = {name: position for position, name in enumerate(class_names)}
    people = np.zeros((len(sample_id), len(class_names)), dtype=np.int64)
    abstained = np.zeros(len(sample_id), dtype=np.int64)
    for answer in votes.current:
        if answer.label is None:
            abstained[row[answer.sample_id]] += 1
        else:
            people[row[answer.sample_id], number[answer.label]] += 1
    initial = np.eye(len(class_names), dtype=np.int64)[given]
    answers = people.sum(axis=1)
    kept = initial if adjudication.keeps_initial_votes else np.where(answers[:, None] > 0, 0, initial)
    counts = kept + people
    strict = (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) == 1
    closed = np.zeros(len(sample_id), dtype=np.bool_)
    for number_of_answers in np.unique(answers[answers > 0]).tolist():
        those = answers == number_of_answers
        closed[those] = adjudication.is_closed(number_of_answers, strict[those])
    settled = closed & strict
    label = np.where(settled, counts.argmax(axis=1), given)
    return Outcome(sample_id, given, label, people, counts, abstained, settled)
