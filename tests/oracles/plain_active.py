"""Active cleaning as the paper writes it: one question at a time, and a new score whenever so much is spent."""

from collections.abc import Callable

import numpy as np

from alc.arrays import FloatArray, IntArray
from tests.oracles.plain_simulator import FixedAnswersAnnotator

Rescore = Callable[[IntArray, IntArray, int], FloatArray]
Event = tuple[int, int, int, int, int, bool]


def plain_active(
    score: FloatArray,
    rescore: Rescore,
    tie: IntArray,
    counts: IntArray,
    annotator: FixedAnswersAnnotator,
    *,
    every: int,
    budget: int,
    released: bool,
    answers: int | None,
    keeps: bool,
) -> tuple[list[Event], list[int], bool]:
    """Events (row, draw, answer, before, after, resolved), where it was rescored, and whether nothing was left."""
    votes, labels = counts.copy(), counts.argmax(axis=1)
    events: list[Event] = []
    rescored: list[int] = []
    asked: set[int] = set()
    next_update = every
    while len(events) <= budget if released else len(events) < budget:
        open_rows = [row for row in range(len(counts)) if row not in asked]
        if not open_rows:
            return events, rescored, True
        if len(events) >= next_update:
            score = rescore(votes.copy(), labels.copy(), len(events))
            rescored.append(len(events))
            while next_update <= len(events):
                next_update += every
        row = max(open_rows, key=lambda i: (score[i], -tie[i]))
        asked.add(row)
        if not keeps:
            votes[row] = 0
        number, closed = 0, False
        while not closed:
            if not released and len(events) == budget:
                return events, rescored, False
            answer = int(annotator.ask(np.array([row]), number, 1)[0, 0])
            votes[row, answer] += 1
            leaders = np.flatnonzero(votes[row] == votes[row].max())
            closed = len(leaders) == 1 if answers is None else number + 1 == answers
            before = int(labels[row])
            if closed and len(leaders) == 1:
                labels[row] = leaders[0]
            events.append((row, number, answer, before, int(labels[row]), closed))
            number += 1
    return events, rescored, False
