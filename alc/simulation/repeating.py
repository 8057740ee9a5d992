"""Selectors that may choose a sample again, as the released oracle does, still without a loop over questions.

The label of a sample fixes its score, and its answers fix its labels, so the scores a sample would have at its first,
second, third question are known in advance.  Always asking the best-scored sample visits these questions in the order
of each sample's *running minimum* of scores: once a sample has been chosen at some score, whatever it scores above that
is chosen before anything that scores less.  So the whole simulation is one sort, of as many answers as can be reached.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from alc.adjudication import Adjudication, UntilMajority
from alc.annotators.annotator import Annotator, OrderedAnnotator
from alc.arrays import BoolArray, FloatArray, IntArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.simulation.budget import Budget
from alc.simulation.trajectory import Trajectory

__all__ = ["simulate_repeating"]

CHUNK_ROWS = 1 << 15  # answers handled at once, to stay in the cache
TURN_BITS = 32


def simulate_repeating(
    score_table: FloatArray,
    initial: LabelCounts,
    annotator: Annotator | OrderedAnnotator,
    *,
    budget: int,
    rule: Budget,
    adjudication: Adjudication,
    rng: np.random.Generator,
) -> Trajectory:
    """Always ask about the sample with the highest current score, the same one again if need be.

    Args:
        score_table: (N, C) score of every sample for every label it could have; higher = sooner.
        initial: Votes at the start.
        annotator: Who answers; must not depend on the order of questions.
        budget: Annotations to buy.
        rule: Whether the budget is exact or as released.
        adjudication: Must be until_majority.
        rng: Breaks ties between samples, once for the whole simulation.
    """
    if not isinstance(adjudication, UntilMajority) or not isinstance(annotator, Annotator):
        raise InputError(
            f"a repeating selector with {type(adjudication).__name__} and {type(annotator).__name__}",
            allowed="adjudication=until_majority and an annotator whose answers do not depend on the order",
            fix="Type selector=oracle_once, or adjudication=until_majority annotator=label_distribution",
        )
    labels = initial.majority
    tie = rng.permutation(len(initial)).astype(np.int32)
    first = score_table[np.arange(len(initial)), labels]
    worst, last = _limit(first, tie, budget)
    rows = np.flatnonzero((first > worst) | ((first == worst) & (tie <= last)))
    front = _Front(rows, initial.counts[rows].astype(np.int32), labels[rows], first[rows])
    log: list[_Block] = []
    drawn, block = 0, 2
    while len(front.row):
        rows_at_once = CHUNK_ROWS // block + 1
        parts = [front.part(slice(at, at + rows_at_once)) for at in range(0, len(front.row), rows_at_once)]
        newest = [_answer(part, score_table, tie, annotator, drawn, block) for part in parts]
        log += newest
        limit = _limit(_joined(log, "score"), _joined(log, "turn"), budget)
        front = _Front.joined([part.after.part(part.goes_on(*limit)) for part in newest])
        drawn, block = drawn + block, 2 * block
    return _cut(log, labels, budget, rule)


@dataclass(frozen=True, slots=True, eq=False)
class _Front:
    """Samples whose next answers may still be bought: row, votes so far, label, lowest score so far."""

    row: IntArray
    counts: IntArray
    label: IntArray
    lowest: FloatArray

    def part(self, which: slice | BoolArray) -> "_Front":
        return _Front(self.row[which], self.counts[which], self.label[which], self.lowest[which])

    @classmethod
    def joined(cls, fronts: "list[_Front]") -> "_Front":
        return cls(*(np.concatenate([getattr(front, name) for front in fronts]) for name in cls.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """The same number of further answers to some samples, (K, L) each, and where that leaves them."""

    row: IntArray
    draw: IntArray
    answer: IntArray
    label_before: IntArray
    label_after: IntArray
    resolved: BoolArray
    score: FloatArray
    turn: IntArray  # who goes first at equal scores: the sample's tie-break, then the draw
    after: _Front

    def goes_on(self, worst: float, last_turn: int) -> BoolArray:
        """Whether the next answers of each sample may be bought, when the budget ends at the given answer."""
        score, turn = self.score[:, -1], self.turn[:, -1]
        is_before = (score > worst) | ((score == worst) & (turn <= last_turn))
        is_open = (score == worst) & (turn >> TURN_BITS == last_turn >> TURN_BITS) & ~self.resolved[:, -1]
        goes_on: BoolArray = is_before | is_open
        return goes_on


def _answer(front: _Front, table: FloatArray, tie: IntArray, annotator: Annotator, drawn: int, block: int) -> _Block:
    answer = annotator.ask(front.row, drawn, block)
    votes = np.zeros((*answer.shape, front.counts.shape[1]), dtype=np.int32)
    np.put_along_axis(votes, answer[:, :, None], 1, axis=2)
    votes[:, 0] += front.counts
    votes = np.cumsum(votes, axis=1, dtype=np.int32)
    resolved = (votes == votes.max(axis=2, keepdims=True)).sum(axis=2) == 1
    # The label is the leader at the last strict majority, and before the first one what it was.
    last = np.maximum.accumulate(np.where(resolved, np.arange(block), -1), axis=1)
    label_after = np.where(
        last >= 0, np.take_along_axis(votes.argmax(axis=2), last.clip(min=0), axis=1), front.label[:, None]
    )
    label_before = np.concatenate([front.label[:, None], label_after[:, :-1]], axis=1)
    score = np.minimum(table[front.row[:, None], label_before], front.lowest[:, None])
    score = np.minimum.accumulate(score, axis=1)
    row = np.broadcast_to(front.row[:, None].astype(np.int32), answer.shape)
    draw = np.broadcast_to(np.arange(drawn, drawn + block, dtype=np.int32), answer.shape)
    after = _Front(front.row, votes[:, -1], label_after[:, -1], score[:, -1])
    answer, label_before, label_after = (part.astype(np.int32) for part in (answer, label_before, label_after))
    turn = (tie[row].astype(np.int64) << TURN_BITS) + draw
    return _Block(row, draw, answer, label_before, label_after, resolved, score, turn, after)


def _limit(score: FloatArray, turn: IntArray, budget: int) -> tuple[float, int]:
    """Score and turn of the answer just behind the budget; no answer behind it can be bought."""
    if len(score) <= budget:
        return -np.inf, 0
    worst = -np.partition(-score, budget)[budget]
    level = turn[score == worst]
    position = budget - int((score > worst).sum())
    return float(worst), int(np.partition(level, position)[position])


def _cut(log: list[_Block], labels: IntArray, budget: int, rule: Budget) -> Trajectory:
    """Sort the answers by falling score, then tie-break, then draw, and keep those the budget buys."""
    score, turn = _joined(log, "score"), _joined(log, "turn")
    reached = np.flatnonzero(score >= _limit(score, turn, budget)[0])
    by_score = np.argsort(-score[reached])
    level = np.empty(len(reached), dtype=np.int64)
    level[by_score] = np.concatenate([[0], np.cumsum(np.diff(score[reached][by_score]) != 0)])
    # Blocks were appended by draw, so a stable sort leaves the answers of one sample in the order given.
    order = reached[np.argsort(level * len(labels) + (turn[reached] >> TURN_BITS), kind="stable")]
    resolved = _joined(log, "resolved")[order]
    # As released, the question that is open, or asked next, when the budget is reached is finished.
    size = budget if rule.rule == "exact" else budget + 1 + int(np.argmax(resolved[budget:]))
    order = order[:size]
    return Trajectory(
        row=_joined(log, "row")[order],
        draw=_joined(log, "draw")[order],
        answer=_joined(log, "answer")[order],
        label_before=_joined(log, "label_before")[order],
        label_after=_joined(log, "label_after")[order],
        resolved=resolved[:size],
        initial_label=labels,
        keeps_initial_votes=True,
        budget=budget,
        is_exhausted=False,
    )


def _joined(log: list[_Block], name: str) -> npt.NDArray[Any]:
    """One column of all blocks, end to end."""
    return np.concatenate([getattr(block, name).reshape(-1) for block in log])
