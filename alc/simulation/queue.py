"""The queue: one question at a time, each answer changes what is believed and so what is asked next.

Where the order is fixed and votes are only counted, :mod:`alc.simulation.simulator` does the same as array work.
"""

from collections.abc import Callable

import numpy as np

from alc.adjudication import Adaptive, Adjudication
from alc.annotations import INITIAL_ANNOTATOR
from alc.annotators.annotator import Annotator, NamedAnnotators
from alc.arrays import BoolArray, FloatArray, IntArray
from alc.consensus.fused_state import FusedState
from alc.errors import InputError
from alc.simulation.label_changes import LabelChanges
from alc.simulation.opinion import Opinion

__all__ = ["Rescore", "simulate_queue"]

Rescore = Callable[[FusedState, IntArray], FloatArray]
"""Fused state of K samples and their labels (K,) -> score (K,), higher = ask sooner."""

DRAWS_AT_ONCE = 4
NEVER = -np.inf


def simulate_queue(
    order: IntArray | None,
    rescore: Rescore | None,
    opinion: Opinion,
    annotator: Annotator,
    *,
    budget: int,
    adjudication: Adjudication,
    tie: FloatArray,
) -> LabelChanges:
    """Ask until ``budget`` annotations are spent or everything is settled.

    With a fixed ``order`` a question is asked until it is closed, then comes the next; with an adaptive rule the
    samples go back to the queue after that, least confident first, until all keep the promise.  With ``rescore`` the
    highest score is asked next: under an adaptive rule every answer puts its sample back, under a rule that counts
    votes a question once begun is asked to its end.

    Args:
        order: (K,) rows, first to ask first, each at most once; None with ``rescore``.
        rescore: Score of the fused state; needs an opinion that has one.  None with ``order``.
        opinion: Holds labels and votes; it is changed.
        annotator: Who answers; an answer below 0 (nothing to say) costs nothing and closes the sample for good.
        budget: Annotations to buy, 1 or more.
        adjudication: When a sample is closed.
        tie: (N,) random numbers that decide between equal scores.
    """
    if (order is None) == (rescore is None):
        raise InputError("a queue takes an order or a score", allowed="one of the two")
    adaptive = adjudication if isinstance(adjudication, Adaptive) else None
    if opinion.state is None and (rescore is not None or adaptive is not None):
        raise InputError(
            "votes that are only counted have no confidence to go by",
            allowed="consensus=posterior_fusion for such selectors and for adjudication=adaptive",
        )
    asker = _Asker(annotator, len(opinion.label))
    log = _Log(opinion.label)
    num_answers = np.zeros(len(opinion.label), dtype=np.int64)
    dead: BoolArray = np.zeros(len(opinion.label), dtype=np.bool_)
    plan = _Plan(order, rescore, opinion, adaptive, num_answers, dead, tie)
    spent = 0
    row = plan.next(None)
    while spent < budget and row is not None:
        vote = asker.ask(row, int(num_answers[row]))
        if vote < 0:
            dead[row] = True
            plan.touch(row)
            row = plan.next(None)
            continue
        before = opinion.label[row]
        opinion.answer(row, vote, asker.who(row, int(num_answers[row])))
        num_answers[row] += 1
        spent += 1
        if adaptive is not None:
            assert opinion.state is not None
            confidence = opinion.state.belief[row, opinion.label[row]]
            closed = bool(adaptive.is_settled(np.array([confidence]), num_answers[row : row + 1])[0])
        else:
            closed = bool(adjudication.is_closed(int(num_answers[row]), np.array([opinion.is_strict(row)]))[0])
        if closed:
            opinion.close(row)
        log.event(row, vote, before, opinion.label[row], spent)
        if opinion.renew(spent):
            log.renewed(opinion.label, spent)
            plan.renew()
        else:
            plan.touch(row)
        row = plan.next(None if closed or (adaptive is not None and rescore is not None) else row)
    state, rows = opinion.state, np.arange(len(opinion.label))
    confidence = np.full(len(rows), np.nan) if state is None else state.belief[rows, opinion.label]
    return log.finished(confidence, budget)


def _doubt(state: FusedState, label: IntArray) -> FloatArray:
    return np.asarray(1 - state.belief[np.arange(len(label)), label])


class _Plan:
    """What is asked next."""

    def __init__(
        self,
        order: IntArray | None,
        rescore: Rescore | None,
        opinion: Opinion,
        adaptive: Adaptive | None,
        num_answers: IntArray,
        dead: BoolArray,
        tie: FloatArray,
    ) -> None:
        self._order = [] if order is None else order[::-1].tolist()
        self._rescore, self._opinion, self._adaptive = rescore, opinion, adaptive
        self._num_answers, self._dead, self._tie = num_answers, dead, tie * 1e-9
        self._score: FloatArray | None = None
        if rescore is not None:
            self.renew()

    def renew(self) -> None:
        """Score everything again."""
        if self._score is not None or self._rescore is not None:
            assert self._opinion.state is not None
            self._score = self._scored(self._opinion.state, np.arange(len(self._dead)))

    def touch(self, row: int) -> None:
        """Score one sample again."""
        if self._score is not None:
            assert self._opinion.state is not None
            rows = np.array([row])
            self._score[row] = self._scored(self._opinion.state.copy_of(rows), rows)[0]

    def next(self, current: int | None) -> int | None:
        """The row to ask about: the current one while its question is open, else the next."""
        if current is not None:
            return current
        if self._score is None:
            while self._order:
                row = int(self._order.pop())
                if not self._dead[row]:
                    return row
            if self._adaptive is None:
                return None
            self._rescore = _doubt  # the first round is over
            self.renew()
            assert self._score is not None
        row = int(self._score.argmax())
        return None if self._score[row] == NEVER else row

    def _scored(self, state: FusedState, rows: IntArray) -> FloatArray:
        assert self._rescore is not None
        label = self._opinion.label[rows]
        score = self._rescore(state, label) + self._tie[rows]
        if self._adaptive is not None:
            confidence = state.belief[np.arange(len(rows)), label]
            over = self._adaptive.is_settled(confidence, self._num_answers[rows])
        else:
            over = self._num_answers[rows] > 0
        return np.where(over | self._dead[rows], NEVER, score)


class _Asker:
    """Answers in blocks: an annotator is asked for several draws of a sample, or of all samples, at once."""

    def __init__(self, annotator: Annotator, num_samples: int) -> None:
        self._annotator = annotator
        self._first = annotator.ask(np.arange(num_samples), 0, DRAWS_AT_ONCE)
        self._later: dict[tuple[int, int], int] = {}

    def who(self, row: int, draw: int) -> int:
        if isinstance(self._annotator, NamedAnnotators):
            return int(self._annotator.who(np.array([row]), np.array([draw]))[0])
        return INITIAL_ANNOTATOR + 1 + draw  # people without names: never the same one twice about a sample

    def ask(self, row: int, draw: int) -> int:
        if draw < DRAWS_AT_ONCE:
            return int(self._first[row, draw])
        if (row, draw) not in self._later:
            block = self._annotator.ask(np.array([row]), draw, DRAWS_AT_ONCE)[0]
            self._later.update({(row, draw + step): int(vote) for step, vote in enumerate(block)})
        return self._later[row, draw]


class _Log:
    """Collects the label changes."""

    def __init__(self, label: IntArray) -> None:
        self._start, self._label = label.copy(), label.copy()
        self._events: list[tuple[int, int]] = []
        self._changes: list[tuple[int, int, int]] = []

    def event(self, row: int, vote: int, before: int, after: int, spent: int) -> None:
        self._events.append((row, vote))
        if before != after:
            self._changes.append((spent, row, int(after)))
            self._label[row] = after

    def renewed(self, label: IntArray, spent: int) -> None:
        for row in np.flatnonzero(label != self._label).tolist():
            self._changes.append((spent, row, int(label[row])))
        self._label = label.copy()

    def finished(self, confidence: FloatArray, budget: int) -> LabelChanges:
        events = np.array(self._events, dtype=np.int64).reshape(-1, 2)
        changes = np.array(self._changes, dtype=np.int64).reshape(-1, 3)
        return LabelChanges(
            events[:, 0], events[:, 1], self._start, changes[:, 0], changes[:, 1], changes[:, 2], confidence, budget
        )
