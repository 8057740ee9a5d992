"""Selectors that may choose a sample again, as the released oracle does, still without a loop over questions.

The label of a sample fixes its score, and its answers fix its labels, so the scores a sample would have at its first,
second, third question are known in advance.  Always asking the best-scored sample visits these questions in the order
of each sample's *running minimum* of scores: once a sample has been chosen at some score, whatever it scores above that
is chosen before anything that scores less.  So the whole simulation is one sort, of as many answers as can be reached.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from alc.adjudication import Adjudication, UntilMajority
from alc.annotators.annotator import Annotator, NamedAnnotators, OrderedAnnotator
from alc.arrays import BoolArray, FloatArray, IntArray, num_true
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.simulation.budget import Budget
from alc.simulation.questions import ask_until_closed
from alc.simulation.repeating_in_order import simulate_repeating_in_order
from alc.simulation.trajectory import Trajectory

__all__ = ["simulate_repeating"]

CHUNK_ROWS = 1 << 15  # answers handled at once, to stay in the cache
TURN_BITS = 32


def simulate_repeating(
    score: Callable[[IntArray], FloatArray],
    first_score: FloatArray,
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
        score: Rows (K,) -> (K, C), the score of these samples for every label they could have; higher = sooner.
        first_score: (N,) score of every sample for the label it has.
        initial: Votes at the start.
        annotator: Who answers; where the answers depend on the order, the questions are asked one by one.
        budget: Annotations to buy.
        rule: Whether the budget is exact or as released.
        adjudication: Must be until_majority.
        rng: Breaks ties between samples, once for the whole simulation.
    """
    if not isinstance(adjudication, UntilMajority):
        raise InputError(
            f"a repeating selector such as oracle with adjudication {type(adjudication).__name__}",
            allowed="adjudication=until_majority, by which the released oracle repeats",
            fix="Put oracle_once in the list in its place, e.g. 'selector=[cross_entropy,oracle_once]'",
        )
    if isinstance(annotator, NamedAnnotators):
        raise InputError(
            "a repeating selector such as oracle asks about a sample again and again, and named annotators answer once",
            allowed="annotator=label_distribution or sequential",
            fix="Put oracle_once in the list in its place, e.g. 'selector=[cross_entropy,oracle_once]'",
        )
    if isinstance(annotator, OrderedAnnotator):
        return simulate_repeating_in_order(score, first_score, initial, annotator, budget=budget, rule=rule, rng=rng)
    labels = initial.majority
    tie = rng.permutation(len(initial)).astype(np.int64) << TURN_BITS
    rows: IntArray = np.flatnonzero(_is_within(first_score, tie, _limit(first_score, tie, budget)))
    events, rows = _first_questions(rows, score, first_score, tie, initial, annotator, budget)
    start = initial.counts[rows].astype(np.int32)
    front = _Front(rows, start, labels[rows], first_score[rows], score(rows), np.zeros(len(rows), dtype=np.bool_))
    reached, scores, turns = [events], events.score, events.turn
    drawn, block, limit = 0, 4, _limit(scores, turns, budget)
    while len(front.row):
        size = CHUNK_ROWS // block + 1
        parts = [front.part(slice(at, at + size)) for at in range(0, len(front.row), size)]
        newest = [_answer(part, tie, annotator, drawn, block) for part in parts]
        reached += [events for events, _ in newest]
        scores = np.concatenate([scores, *(events.score for events, _ in newest)])
        turns = np.concatenate([turns, *(events.turn for events, _ in newest)])
        limit = _limit(scores, turns, budget)
        is_reached = _is_within(scores, turns, limit)
        scores, turns = scores[is_reached], turns[is_reached]
        front = _Front.joined([after for _, after in newest])
        front = front.part(front.goes_on(tie[front.row] + drawn + block, limit))
        drawn, block = drawn + block, 2 * block
    events = _Events.joined([part.part(_is_within(part.score, part.turn, limit)) for part in reached])
    return _bought(events, labels, budget, rule)


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """Arrays of equal length that are cut and joined together."""

    def part(self, which: slice | BoolArray | IntArray) -> Self:
        return type(self)(**{field.name: getattr(self, field.name)[which] for field in fields(self)})

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        return cls(
            **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)}
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Events(_Columns):
    """Answers that may be bought, (K,) each."""

    row: IntArray
    draw: IntArray
    answer: IntArray
    label_before: IntArray
    label_after: IntArray
    resolved: BoolArray
    score: FloatArray  # the lowest of the scores its sample had until then
    turn: IntArray  # who goes first at equal scores: the sample's tie-break, then the draw


@dataclass(frozen=True, slots=True, eq=False)
class _Front(_Columns):
    """Samples whose next answers may be bought: row, votes, label, score of the next question and of any label."""

    row: IntArray
    counts: IntArray
    label: IntArray
    score: FloatArray
    by_label: FloatArray
    is_open: BoolArray  # whether the last answer left its question open

    def goes_on(self, turn: IntArray, limit: tuple[float, int]) -> BoolArray:
        """Whether the next answer may be bought, given its turn: it is within the limit or ends the question there."""
        goes_on: BoolArray = _is_within(self.score, turn, limit) & (self.is_open | ~_is_behind(self.score, turn, limit))
        return goes_on


def _first_questions(
    rows: IntArray,
    score: Callable[[IntArray], FloatArray],
    first_score: FloatArray,
    tie: IntArray,
    initial: LabelCounts,
    annotator: Annotator,
    budget: int,
) -> tuple[_Events, IntArray]:
    """The first question of every sample within reach, and the rows of those that may be asked a second one.

    Most samples are asked once, which costs much less to work out than any number of questions; the events of the
    others are left out here.
    """
    answers = ask_until_closed(rows, initial.counts, initial.majority, annotator, UntilMajority())
    row = np.repeat(rows, answers.cost)
    events = _Events(
        row=row.astype(np.int32),
        draw=answers.draw,
        answer=answers.answer,
        label_before=answers.label_before,
        label_after=answers.label_after,
        resolved=answers.resolved,
        score=first_score[row],
        turn=tie[row] + answers.draw,
    )
    limit = _limit(events.score, events.turn, budget)
    last = np.flatnonzero(events.resolved)
    kept = np.flatnonzero(_is_within(events.score[last], events.turn[last], limit))
    second, label = first_score[rows[kept]], answers.label_after[last[kept]]
    changed = np.flatnonzero(label != initial.majority[rows[kept]])  # the others score as they did
    by_label = score(rows[kept[changed]])
    second[changed] = np.minimum(second[changed], by_label[np.arange(len(changed)), label[changed]])
    is_asked_again = np.zeros(len(rows), dtype=np.bool_)
    is_asked_again[kept] = _is_within(second, events.turn[last[kept]] + 1, limit)
    is_kept = ~np.repeat(is_asked_again, answers.cost) & _is_within(events.score, events.turn, limit)
    return events.part(is_kept), rows[is_asked_again]


def _answer(front: _Front, tie: IntArray, annotator: Annotator, drawn: int, block: int) -> tuple[_Events, _Front]:
    """The next ``block`` answers to some samples, and where that leaves them."""
    answer = annotator.ask(front.row, drawn, block)
    votes = np.zeros((*answer.shape, front.counts.shape[1]), dtype=np.int32)
    votes.reshape(-1)[np.arange(answer.size) * votes.shape[2] + answer.reshape(-1)] = 1
    votes[:, 0] += front.counts
    votes = np.cumsum(votes, axis=1, dtype=np.int32)
    leader = votes.argmax(axis=2)
    top = np.take_along_axis(votes, leader[:, :, None], axis=2)
    resolved = num_true(votes == top) == 1
    # The label is the leader at the last strict majority, and before the first one what it was.
    last = np.maximum.accumulate(np.where(resolved, np.arange(block), -1), axis=1)
    label_after = np.where(last >= 0, np.take_along_axis(leader, last.clip(min=0), axis=1), front.label[:, None])
    label_before = np.concatenate([front.label[:, None], label_after[:, :-1]], axis=1)
    score = np.minimum(np.take_along_axis(front.by_label, label_before, axis=1), front.score[:, None])
    score = np.minimum.accumulate(score, axis=1)
    draw = np.broadcast_to(np.arange(drawn, drawn + block), answer.shape)
    row = np.broadcast_to(front.row[:, None], answer.shape)
    turn = tie[front.row][:, None] + draw
    events = _Events(
        row=row.astype(np.int32).reshape(-1),
        draw=draw.astype(np.int32).reshape(-1),
        answer=answer.astype(np.int32).reshape(-1),
        label_before=label_before.astype(np.int32).reshape(-1),
        label_after=label_after.astype(np.int32).reshape(-1),
        resolved=resolved.reshape(-1),
        score=score.reshape(-1),
        turn=turn.reshape(-1),
    )
    following = front.by_label[np.arange(len(front.row)), label_after[:, -1]]
    following = np.where(resolved[:, -1], np.minimum(score[:, -1], following), score[:, -1])
    after = _Front(front.row, votes[:, -1], label_after[:, -1], following, front.by_label, ~resolved[:, -1])
    return events, after


def _limit(score: FloatArray, turn: IntArray, budget: int) -> tuple[float, int]:
    """Score and turn of the answer just behind the budget; more answers can only push it further back."""
    if len(score) <= budget:
        return -np.inf, 0
    worst = -np.partition(-score, budget)[budget]
    level = turn[score == worst]
    position = budget - int((score > worst).sum())
    return float(worst), int(np.partition(level, position)[position])


def _is_behind(score: FloatArray, turn: IntArray, limit: tuple[float, int]) -> BoolArray:
    worst, last = limit
    behind: BoolArray = (score < worst) | ((score == worst) & (turn > last))
    return behind


def _is_within(score: FloatArray, turn: IntArray, limit: tuple[float, int]) -> BoolArray:
    """Whether answers may be bought: up to the limit, and behind it those that could end the question there."""
    worst, last = limit
    is_question_there: BoolArray = (score == worst) & (turn >> TURN_BITS == last >> TURN_BITS)
    return is_question_there | ~_is_behind(score, turn, limit)


def _bought(events: _Events, labels: IntArray, budget: int, rule: Budget) -> Trajectory:
    """Sort the answers by falling score, then turn, and keep those the budget buys."""
    by_score = np.argsort(-events.score)
    level = np.empty(len(by_score), dtype=np.int64)
    level[by_score] = np.cumsum(np.diff(events.score[by_score], prepend=np.inf) != 0)
    # Blocks were appended by draw, so a stable sort leaves the answers of one sample in the order given.
    events = events.part(np.argsort(level * len(labels) + (events.turn >> TURN_BITS), kind="stable"))
    # As released, the question that is open, or asked next, when the budget is reached is finished.
    size = budget if rule.rule == "exact" else budget + 1 + int(np.argmax(events.resolved[budget:]))
    kept = events.part(slice(0, size))
    return Trajectory(
        row=kept.row,
        draw=kept.draw,
        answer=kept.answer,
        label_before=kept.label_before,
        label_after=kept.label_after,
        resolved=kept.resolved,
        initial_label=labels,
        keeps_initial_votes=True,
        budget=budget,
        is_exhausted=False,
    )
