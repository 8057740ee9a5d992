"""The votes of many samples at once: ask each until its question is closed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alc.adjudication import Adjudication
from alc.annotators.annotator import Annotator
from alc.arrays import BoolArray, IntArray, num_true

__all__ = ["Answers", "ask_until_closed", "joined", "majority_state"]

DRAWS_AT_ONCE = 2  # one Philox block, and most questions are closed by then


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What K samples were answered, each until closed, as ragged rows laid end to end in the order of the samples.

    Attributes:
        cost: (K,) answers per sample.
        draw, answer, label_before, label_after, resolved: (sum of cost,) one entry per answer.
    """

    cost: IntArray
    draw: IntArray
    answer: IntArray
    label_before: IntArray
    label_after: IntArray
    resolved: BoolArray

    def first(self, samples: int, answers: int) -> "Answers":
        """Those of the first so many samples, which are so many answers."""
        part = slice(0, answers)
        return Answers(
            self.cost[:samples],
            self.draw[part],
            self.answer[part],
            self.label_before[part],
            self.label_after[part],
            self.resolved[part],
        )


def joined(parts: Sequence[Answers]) -> Answers:
    """One after the other; one or more."""
    return Answers(
        np.concatenate([part.cost for part in parts]),
        np.concatenate([part.draw for part in parts]),
        np.concatenate([part.answer for part in parts]),
        np.concatenate([part.label_before for part in parts]),
        np.concatenate([part.label_after for part in parts]),
        np.concatenate([part.resolved for part in parts]),
    )


def majority_state(counts: IntArray) -> tuple[IntArray, IntArray]:
    """Votes of the leading class (K,) and how many classes share them (K,)."""
    top = counts.max(axis=1)
    return top, num_true(counts == top[:, None])


def ask_until_closed(
    rows: IntArray, counts: IntArray, labels: IntArray, annotator: Annotator, adjudication: Adjudication
) -> Answers:
    """Ask about every row of ``rows`` (K,), each starting from its own votes, until ``adjudication`` closes it.

    All samples advance together, one answer a round, and drop out as they close; answers do not depend on the order of
    the questions, so nothing is lost by it.

    Args:
        rows: Rows of the data set, each at most once.
        counts: (N, C) votes at the start.
        labels: (N,) current labels; a tie keeps them.
        annotator: Who answers.
        adjudication: When a sample is closed, and whether its initial votes count.

    A sample nobody is left to ask about keeps its label, and its last answer is not ``resolved``.
    """
    num_rows = len(rows)
    cost = np.zeros(num_rows, dtype=np.int64)
    start: IntArray = counts[rows]
    if not adjudication.keeps_initial_votes:
        start = np.zeros_like(start)
    top, num_top = majority_state(start)
    active: IntArray = np.arange(num_rows)
    label: IntArray = labels[rows]
    leader: IntArray = label  # the class that last had more votes than every other
    rounds: list[tuple[IntArray, IntArray, IntArray, IntArray, BoolArray]] = []
    history: list[IntArray] = []  # earlier answers of the active samples
    block: IntArray = np.empty((num_rows, 0), dtype=np.int64)
    while active.size:
        if not block.shape[1]:
            block = annotator.ask(rows[active], len(history), DRAWS_AT_ONCE)
        there: IntArray = np.flatnonzero(block[:, 0] >= 0)
        if len(there) < active.size:  # nobody is left to ask: closed as it stands, unresolved
            active, label, leader, top, num_top = (each[there] for each in (active, label, leader, top, num_top))
            history, block = [earlier[there] for earlier in history], block[there]
        answer, block = block[:, 0], block[:, 1:]
        votes: IntArray = 1 + sum((earlier == answer for earlier in history), np.zeros(active.size, dtype=np.int64))
        votes += start[active, answer]
        leads, ties = votes > top, votes == top
        leader = np.where(leads, answer, leader)
        num_top = np.where(leads, 1, num_top + ties)
        top = np.where(leads, votes, top)
        closed = adjudication.is_closed(len(history) + 1, num_top == 1)
        rounds.append((active, answer, label, np.where(closed & (num_top == 1), leader, label), closed))
        cost[active] += 1
        keep = np.flatnonzero(~closed)
        history = [earlier[keep] for earlier in [*history, answer]]
        active, label, leader, block = active[keep], label[keep], leader[keep], block[keep]
        top, num_top = top[keep], num_top[keep]
    return _laid_end_to_end(cost, rounds)


def _laid_end_to_end(cost: IntArray, rounds: list[tuple[IntArray, IntArray, IntArray, IntArray, BoolArray]]) -> Answers:
    """Rounds (answer k of many samples) to rows (all answers of one sample)."""
    start = np.cumsum(cost) - cost
    size = int(cost.sum())
    draw, answer, before, after = (np.empty(size, dtype=np.int32) for _ in range(4))
    resolved = np.empty(size, dtype=np.bool_)
    for number, (active, answers, label_before, label_after, closed) in enumerate(rounds):
        at = start[active] + number
        draw[at], answer[at], before[at], after[at], resolved[at] = number, answers, label_before, label_after, closed
    return Answers(cost, draw, answer, before, after, resolved)
