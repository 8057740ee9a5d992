"""The ceiling: the order by true gain per true expected cost, which nobody who does not know the truth can beat.

Gain and cost depend on how answers become labels and when a question is closed, so each consensus, start label and
stopping rule has a ceiling of its own.  No sample is asked about twice.
"""

from collections.abc import Callable

import numpy as np

from alc.adjudication import Adaptive, Adjudication, UntilMajority
from alc.annotators.annotator import Annotator, NamedAnnotators
from alc.arrays import BoolArray, FloatArray, IntArray
from alc.consensus.fused_state import FusedState
from alc.labels import LabelCounts
from alc.selection.selector import best_first
from alc.simulation.expected import closing_law
from alc.simulation.questions import ask_until_closed

__all__ = ["ceiling_order", "fused_gain_and_cost", "majority_gain_and_cost"]

FIRST_PANEL = 1_000_000
"""Seed of the first panel that gains and costs are estimated with, far from those that are simulated."""


def ceiling_order(gain: FloatArray, cost: FloatArray, *, rng: np.random.Generator) -> IntArray:
    """Rows by falling gain per annotation (N,)."""
    return best_first(gain / cost, rng=rng)


def majority_gain_and_cost(
    label: IntArray,
    truth: IntArray,
    distribution: FloatArray,
    annotator: Annotator,
    adjudication: Adjudication,
    panels: int,
) -> tuple[FloatArray, FloatArray]:
    """Chance that asking makes a label right less whether it is (N,), and expected answers (N,), for counted votes.

    Exact until a majority where the people are not used up; else the mean over panels.
    """
    right_now = (label == truth).astype(np.float64)
    if isinstance(adjudication, UntilMajority) and not isinstance(annotator, NamedAnnotators):
        chance, right = closing_law(label, truth, distribution)
        return right.sum(axis=1) - right_now, chance @ np.arange(1, chance.shape[1] + 1)
    rows, counts = np.arange(len(label)), LabelCounts.from_labels(label, distribution.shape[1]).counts
    gain, cost = np.zeros(len(label)), np.zeros(len(label))
    for panel in range(panels):
        answers = ask_until_closed(rows, counts, label, annotator.reseeded(FIRST_PANEL + panel), adjudication)
        after = label.copy()
        after[np.repeat(rows, answers.cost)] = answers.label_after  # of repeated rows NumPy keeps the last
        gain += (after == truth) - right_now
        cost += answers.cost
    return gain / panels, np.maximum(cost / panels, 1)


def fused_gain_and_cost(
    state: FusedState,
    label: IntArray,
    truth: IntArray,
    annotator: Annotator,
    adjudication: Adjudication,
    panels: int,
) -> tuple[FloatArray, FloatArray]:
    """The same for a fused consensus, under the law of votes as it stands: mean over panels of annotators.

    Args:
        state: Fused state before the first answer.
        label: (N,) labels before the first answer.
        truth: (N,) labels taken as true.
        annotator: Who answers; other panels of it than ``FIRST_PANEL`` onwards are what is simulated.
        adjudication: When a question is closed.
        panels: How many panels.
    """
    right_now = (label == truth).astype(np.float64)
    gain, cost = np.zeros(len(label)), np.zeros(len(label))
    for panel in range(panels):
        final, asked = _asked_to_the_end(state, label, annotator.reseeded(FIRST_PANEL + panel), adjudication)
        gain += (final == truth) - right_now
        cost += asked
    return gain / panels, np.maximum(cost / panels, 1)


def _asked_to_the_end(
    state: FusedState, label: IntArray, annotator: Annotator, adjudication: Adjudication
) -> tuple[IntArray, IntArray]:
    """Labels (N,) once every question is closed, and answers it took (N,)."""
    num_samples, num_classes = state.belief.shape
    final, asked = np.empty(num_samples, dtype=np.int64), np.zeros(num_samples, dtype=np.int64)
    rows, left = np.arange(num_samples), state.copy_of(np.arange(num_samples))
    votes = np.zeros((num_samples, num_classes), dtype=np.int64)
    votes[rows, label] = 1
    is_closed = _closing(adjudication)
    answers = 0
    while len(rows) > 0:
        vote = annotator.ask(rows, answers, 1)[:, 0]
        silent = vote < 0
        if silent.any():
            final[rows[silent]] = left.label[silent]
            kept = np.flatnonzero(~silent)
            rows, left, votes, vote = rows[kept], left.copy_of(kept), votes[kept], vote[kept]
        answers += 1
        left.answer(np.arange(len(rows)), vote)
        votes[np.arange(len(rows)), vote] += 1
        asked[rows] = answers
        top = votes.max(axis=1)
        strict = (votes == top[:, None]).sum(axis=1) == 1
        closed = is_closed(answers, strict, left.confidence)
        final[rows[closed]] = left.label[closed]
        kept = np.flatnonzero(~closed)
        rows, left, votes = rows[kept], left.copy_of(kept), votes[kept]
    return final, asked


def _closing(adjudication: Adjudication) -> Callable[[int, BoolArray, FloatArray], BoolArray]:
    if isinstance(adjudication, Adaptive):
        return lambda answers, strict, confidence: adjudication.is_settled(
            confidence, np.full(len(confidence), answers, dtype=np.int64)
        )
    return lambda answers, strict, confidence: adjudication.is_closed(answers, strict)
