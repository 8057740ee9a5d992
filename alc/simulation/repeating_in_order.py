"""A selector that may repeat, with annotators whose answers depend on the order: one question at a time."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush

import numpy as np

from alc.annotators.annotator import OrderedAnnotator
from alc.arrays import FloatArray, IntArray
from alc.labels import LabelCounts
from alc.simulation.budget import Budget
from alc.simulation.trajectory import Trajectory

__all__ = ["simulate_repeating_in_order"]


def simulate_repeating_in_order(
    score: Callable[[IntArray], FloatArray],
    first_score: FloatArray,
    initial: LabelCounts,
    annotator: OrderedAnnotator,
    *,
    budget: int,
    rule: Budget,
    rng: np.random.Generator,
) -> Trajectory:
    """Like :func:`alc.simulation.repeating.simulate_repeating`, until a strict majority, question after question."""
    labels, tie = initial.majority, rng.permutation(len(initial))
    heap = list(zip((-first_score).tolist(), tie.tolist(), range(len(initial)), strict=True))
    heapify(heap)
    votes: dict[int, list[int]] = {}
    current: dict[int, int] = {}
    drawn: dict[int, int] = {}
    events: list[tuple[int, int, int, int, int, bool]] = []
    while len(events) < budget + (rule.rule == "released"):
        _, place, row = heappop(heap)
        counts = votes.setdefault(row, initial.counts[row].tolist())
        label, is_closed = current.get(row, int(labels[row])), False
        while not is_closed:
            answer = annotator.ask_next(row)
            counts[answer] += 1
            top = max(counts)
            is_closed = counts.count(top) == 1
            after = counts.index(top) if is_closed else label
            events.append((row, drawn.get(row, 0), answer, label, after, is_closed))
            drawn[row] = drawn.get(row, 0) + 1
            label = after
        current[row] = label
        heappush(heap, (-float(score(np.array([row]))[0, label]), place, row))
    bought = events if rule.rule == "released" else events[:budget]
    row_, draw, answer_, before, after_, closed = np.array(bought, dtype=np.int64).reshape(-1, 6).T
    return Trajectory(
        row=row_,
        draw=draw,
        answer=answer_,
        label_before=before,
        label_after=after_,
        resolved=closed.astype(np.bool_),
        initial_label=labels,
        keeps_initial_votes=True,
        budget=budget,
        is_exhausted=False,
    )
