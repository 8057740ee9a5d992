"""Questions asked one after another, for annotators whose answers depend on the order (the released code's stream)."""

import numpy as np

from alc.adjudication import Adjudication
from alc.annotators.annotator import OrderedAnnotator
from alc.arrays import IntArray
from alc.simulation.questions import Answers

__all__ = ["ask_in_order"]


def ask_in_order(
    rows: IntArray,
    counts: IntArray,
    labels: IntArray,
    annotator: OrderedAnnotator,
    adjudication: Adjudication,
    budget: int,
) -> Answers:
    """Like :func:`alc.simulation.questions.ask_until_closed`, sample by sample, until more than ``budget`` is spent."""
    cost: list[int] = []
    events: list[tuple[int, int, int, int, bool]] = []
    for row in rows.tolist():
        if len(events) > budget:
            break
        votes = counts[row].tolist() if adjudication.keeps_initial_votes else [0] * counts.shape[1]
        label, number, is_closed = int(labels[row]), 0, False
        while not is_closed:
            answer = annotator.ask_next(row)
            votes[answer] += 1
            top = max(votes)
            is_strict = votes.count(top) == 1
            number += 1
            is_closed = bool(adjudication.is_closed(number, np.array([is_strict]))[0])
            before, label = label, (votes.index(top) if is_closed and is_strict else label)
            events.append((number - 1, answer, before, label, is_closed))
        cost.append(number)
    columns = np.array(events, dtype=np.int64).reshape(-1, 5)
    draw, answers, label_before, label_after = columns[:, :4].T
    return Answers(np.array(cost, dtype=np.int64), draw, answers, label_before, label_after, columns[:, 4].astype(bool))
