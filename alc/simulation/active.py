"""Active cleaning: the model is brought up to date while labels are corrected, and what is left is ranked again.

Between two updates the simulator works as ever: one order, all answers at once.  What an update is, a training or
anything else that knows the labels of the moment, is not known here.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from alc.adjudication import Adjudication
from alc.annotators.annotator import Annotator, OrderedAnnotator, can_answer
from alc.arrays import IntArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.simulation.budget import Budget
from alc.simulation.one_at_a_time import ask_in_order
from alc.simulation.questions import Answers, ask_until_closed, joined
from alc.simulation.simulator import bought, require_same_classes
from alc.simulation.trajectory import Trajectory

__all__ = ["Refresh", "Reorder", "Session", "simulate_active"]

Reorder = Callable[[LabelCounts, IntArray, int], IntArray]
"""Votes, current labels (N,) and annotations spent -> rows, best first; those already asked about are skipped."""


class Session(Protocol):
    """The updates of one simulation; one may go on from the one before."""

    def __call__(self, counts: LabelCounts, labels: IntArray, spent: int) -> Posteriors:
        """Posteriors of a model that has learned from the labels of the moment.

        Args:
            counts: Votes now.
            labels: (N,) labels now.  They are the majority of the votes, but for a tie, which keeps the label there
                was, and that the votes do not tell.
            spent: Annotations bought so far.
        """
        ...


class Refresh(Protocol):
    """How models are brought up to date in the course of a comparison."""

    @property
    def every(self) -> int:
        """After how many annotations; 1 or more."""

    def session(self, selector: str, seed: int) -> Session:
        """The updates of one selector's simulation with one panel of annotators, from the first."""
        ...


def simulate_active(
    order: IntArray,
    reorder: Reorder,
    initial: LabelCounts,
    annotator: Annotator | OrderedAnnotator,
    *,
    every: int,
    budget: int,
    rule: Budget,
    adjudication: Adjudication,
) -> Trajectory:
    """Ask in ``order``, and after every so many annotations in a new one (Bernhardt et al. 2022, Algorithm 1 line 13).

    The order is renewed when the annotations spent reach a multiple of ``every``, or at the end of the question in
    which they do; once, if a question crosses several.  It is not when there is nothing left to buy or to ask.  The
    paper updates "if count divisible by b", which a question of two answers can step over; the released code updates
    after the question that reaches 1000, 2000, ..., as here, but on labels that miss the question just closed, and it
    stops doing so at 19000.

    Args:
        order: (K,) rows of the data set, best first, each at most once.
        reorder: Gives the next order.
        initial: Votes at the start.
        annotator: Who answers.
        every: Annotations between two updates, 1 or more.
        budget: Annotations to buy, 1 or more.
        rule: Whether the budget is exact or as released.
        adjudication: When a sample is closed.

    Returns:
        The annotations in the order bought, as of :func:`~alc.simulation.simulator.simulate_order`, which it equals
        where ``reorder`` always gives the same order.
    """
    require_same_classes(annotator, initial)
    if every < 1:
        raise InputError(f"refresh.every={every!r}", allowed="a whole number of 1 annotation or more")
    most = budget + (rule.rule == "released")  # with so many bought, no further question is begun
    counts, labels = initial, initial.majority
    rows, parts = [order[:0]], list[Answers]()
    asked, spent = ~can_answer(annotator, np.arange(len(initial))), 0
    while True:
        order = order[~asked[order]]
        answers = _ask(order, min(every - spent % every, most - spent), counts, labels, annotator, adjudication)
        part = order[: len(answers.cost)]
        rows.append(part)
        parts.append(answers)
        asked[part], spent = True, spent + int(answers.cost.sum())
        if spent >= most or len(part) == len(order):
            break
        counts, labels = _after(part, answers, counts, labels, keeps_initial_votes=adjudication.keeps_initial_votes)
        order = reorder(counts, labels, spent)
    return bought(
        np.concatenate(rows),
        joined(parts),
        initial.majority,
        budget,
        rule,
        keeps_initial_votes=adjudication.keeps_initial_votes,
    )


def _ask(
    order: IntArray,
    wanted: int,
    counts: LabelCounts,
    labels: IntArray,
    annotator: Annotator | OrderedAnnotator,
    adjudication: Adjudication,
) -> Answers:
    """Questions in order, up to the one with which ``wanted`` annotations are reached."""
    order = order[:wanted]  # each costs one annotation or more
    if not isinstance(annotator, Annotator):
        return ask_in_order(order, counts.counts, labels, annotator, adjudication, wanted - 1)
    answers = ask_until_closed(order, counts.counts, labels, annotator, adjudication)
    total = np.cumsum(answers.cost)
    questions = int(np.searchsorted(total, wanted)) + 1
    return answers if questions >= len(order) else answers.first(questions, int(total[questions - 1]))


def _after(
    rows: IntArray, answers: Answers, counts: LabelCounts, labels: IntArray, *, keeps_initial_votes: bool
) -> tuple[LabelCounts, IntArray]:
    """Votes and labels (N,) once these questions are answered."""
    events = np.repeat(rows, answers.cost)
    votes = counts.counts.copy()
    if not keeps_initial_votes:
        votes[rows] = 0
    np.add.at(votes, (events, answers.answer), 1)
    labels = labels.copy()
    labels[events] = answers.label_after  # of repeated rows NumPy keeps the last assignment
    return LabelCounts(votes), labels
