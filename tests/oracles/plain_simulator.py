"""The simulation as the paper writes it: one question at a time, every score looked up again before each."""

from dataclasses import dataclass

import numpy as np

from alc.arrays import FloatArray, IntArray


class FixedAnswersAnnotator:
    """Answers read from a table (N, K): the answer depends on sample and draw alone."""

    def __init__(self, table: IntArray, num_classes: int) -> None:
        self.table, self.num_classes = table, num_classes

    def ask(self, row: IntArray, first_draw: int, num_draws: int) -> IntArray:
        draws = np.arange(first_draw, first_draw + num_draws) % self.table.shape[1]
        return np.asarray(self.table[row][:, draws])

    def reseeded(self, seed: int) -> "FixedAnswersAnnotator":
        return self


@dataclass
class PlainResult:
    events: list[tuple[int, int, int, int, int, bool]]  # row, draw, answer, label before, label after, resolved
    counts: IntArray
    labels: list[int]
    accuracy: list[float]
    total_variation: list[float]
    exhausted: bool


def plain_simulation(
    score: FloatArray,
    tie: IntArray,
    counts: IntArray,
    annotator: FixedAnswersAnnotator,
    *,
    budget: int,
    released: bool,
    answers: int | None,
    keeps: bool,
    repeats: bool,
    distribution: FloatArray,
) -> PlainResult:
    """``score`` is (N, C): the score of a sample for the label it has; without ``answers`` until a majority."""
    num_samples = len(counts)
    start = counts.argmax(axis=1)
    labels = [int(label) for label in start]
    votes = counts.copy()
    truth = distribution.argmax(axis=1)
    draws = [0] * num_samples
    asked: set[int] = set()
    result = PlainResult([], votes, labels, [], [], exhausted=False)

    def measure() -> None:
        result.accuracy.append(float(np.mean(np.array(labels) == truth)))
        result.total_variation.append(
            float(np.mean(0.5 * np.abs(votes / votes.sum(1, keepdims=True) - distribution).sum(1)))
        )

    measure()
    while len(result.events) <= budget if released else len(result.events) < budget:
        open_rows = [row for row in range(num_samples) if repeats or row not in asked]
        if not open_rows:
            result.exhausted = True
            break
        row = max(open_rows, key=lambda i: (score[i, labels[i]], -tie[i]))
        asked.add(row)
        number = 0
        while True:
            if not released and len(result.events) == budget:
                return result
            answer = int(annotator.ask(np.array([row]), draws[row], 1)[0, 0])
            if not keeps and number == 0:
                votes[row] = 0
            votes[row, answer] += 1
            number += 1
            before = labels[row]
            leaders = np.flatnonzero(votes[row] == votes[row].max())
            closed = len(leaders) == 1 if answers is None else number == answers
            if closed and len(leaders) == 1:
                labels[row] = int(leaders[0])
            result.events.append((row, draws[row], answer, before, labels[row], closed))
            draws[row] += 1
            measure()
            if closed:
                break
    return result
