"""Questions asked of many samples at once, and one after another: by hand, and against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.adjudication import Adjudication, FixedAnswers, SingleAnswer, UntilMajority
from alc.annotators.sequential import SequentialAnnotator
from alc.arrays import IntArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.simulation.budget import Budget
from alc.simulation.one_at_a_time import ask_in_order
from alc.simulation.questions import Answers, ask_until_closed, majority_state
from alc.simulation.simulator import simulate_order
from tests.oracles.plain_simulator import FixedAnswersAnnotator

COUNTS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
LABELS = np.array([0, 1, 2])
TABLE = np.array([[0, 0, 0, 0], [2, 0, 2, 2], [1, 0, 2, 1]])
"""Sample 0 is confirmed at once, 1 moves to 2 by its third answer, 2 is named by all and confirmed by its third."""


class TableInOrder:
    """The same answers for an asker that goes sample by sample."""

    def __init__(self, table: IntArray, num_classes: int) -> None:
        self.table, self.num_classes = table, num_classes
        self.asked = [0] * len(table)

    def reseeded(self, seed: int) -> "TableInOrder":
        return TableInOrder(self.table, self.num_classes)

    def ask_next(self, row: int) -> int:
        self.asked[row] += 1
        return int(self.table[row, (self.asked[row] - 1) % self.table.shape[1]])


def assert_same(ours: Answers, theirs: Answers) -> None:
    for name in ("cost", "draw", "answer", "label_before", "label_after", "resolved"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)


def test_majority_state() -> None:
    top, shared = majority_state(np.array([[3, 1, 0], [2, 2, 0], [1, 1, 1], [0, 0, 0]]))
    np.testing.assert_array_equal(top, [3, 2, 1, 0])
    np.testing.assert_array_equal(shared, [1, 2, 3, 3])


def test_until_majority_by_hand() -> None:
    answers = ask_until_closed(np.array([1, 0, 2]), COUNTS, LABELS, FixedAnswersAnnotator(TABLE, 3), UntilMajority())
    np.testing.assert_array_equal(answers.cost, [3, 1, 3])
    np.testing.assert_array_equal(answers.draw, [0, 1, 2, 0, 0, 1, 2])
    np.testing.assert_array_equal(answers.answer, [2, 0, 2, 0, 1, 0, 2])
    np.testing.assert_array_equal(answers.label_before, [1, 1, 1, 0, 2, 2, 2])
    np.testing.assert_array_equal(answers.label_after, [1, 1, 2, 0, 2, 2, 2])
    np.testing.assert_array_equal(answers.resolved, [False, False, True, True, False, False, True])


def test_single_answer_by_hand() -> None:
    answers = ask_until_closed(np.array([1, 2]), COUNTS, LABELS, FixedAnswersAnnotator(TABLE, 3), SingleAnswer())
    np.testing.assert_array_equal(answers.cost, [1, 1])
    np.testing.assert_array_equal(answers.label_after, [2, 1])
    assert answers.resolved.all()


def test_fixed_answers_keep_the_label_in_a_tie() -> None:
    answers = ask_until_closed(np.array([2]), COUNTS, LABELS, FixedAnswersAnnotator(TABLE, 3), FixedAnswers(2))
    np.testing.assert_array_equal(answers.cost, [2])
    np.testing.assert_array_equal(answers.label_after, [2, 2])


def test_nothing_to_ask() -> None:
    nobody: IntArray = np.array([], dtype=np.int64)
    at_once = ask_until_closed(nobody, COUNTS, LABELS, FixedAnswersAnnotator(TABLE, 3), UntilMajority())
    in_order = ask_in_order(nobody, COUNTS, LABELS, TableInOrder(TABLE, 3), UntilMajority(), 5)
    assert_same(at_once, in_order)
    assert len(at_once.answer) == 0


def test_asking_in_order_stops_behind_the_budget() -> None:
    rows = np.array([1, 0, 2])
    asker = TableInOrder(TABLE, 3)
    answers = ask_in_order(rows, COUNTS, LABELS, asker, UntilMajority(), 3)
    np.testing.assert_array_equal(answers.cost, [3, 1])
    assert asker.asked == [1, 3, 0]


@pytest.mark.parametrize(
    "adjudication", [UntilMajority(), SingleAnswer(), FixedAnswers(3), FixedAnswers(2, keeps_initial_votes=False)]
)
@given(seed=st.integers(0, 2**32 - 1), several_votes=st.booleans())
@settings(max_examples=25, deadline=None)
def test_asking_at_once_matches_asking_in_order(adjudication: Adjudication, seed: int, several_votes: bool) -> None:
    rng = np.random.default_rng(seed)
    num_samples, num_classes = int(rng.integers(1, 8)), int(rng.integers(2, 5))
    counts = np.eye(num_classes, dtype=int)[rng.integers(0, num_classes, num_samples)]
    if several_votes:
        counts = counts + rng.integers(0, 3, counts.shape)
    labels, rows = counts.argmax(axis=1), rng.permutation(num_samples)[: int(rng.integers(1, num_samples + 1))]
    table = rng.integers(0, num_classes, (num_samples, 64))
    at_once = ask_until_closed(rows, counts, labels, FixedAnswersAnnotator(table, num_classes), adjudication)
    in_order = ask_in_order(rows, counts, labels, TableInOrder(table, num_classes), adjudication, 10**6)
    assert_same(at_once, in_order)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_until_majority_costs_at_most_the_number_of_classes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    num_classes = int(rng.integers(2, 7))
    labels = rng.integers(0, num_classes, 30)
    counts = LabelCounts.from_labels(labels, num_classes).counts
    table = rng.integers(0, num_classes, (30, num_classes))
    answers = ask_until_closed(
        np.arange(30), counts, labels, FixedAnswersAnnotator(table, num_classes), UntilMajority()
    )
    assert answers.cost.max() <= num_classes
    last = np.cumsum(answers.cost) - 1
    changed = answers.label_after[last] != labels
    assert (answers.cost[changed] >= 2).all()
    np.testing.assert_array_equal(answers.cost == 1, table[:, 0] == labels)


@pytest.mark.parametrize(("limit", "spent"), [(Budget("exact"), 4), (Budget("released"), 6)])
def test_simulation_of_the_released_stream(limit: Budget, spent: int) -> None:
    """Certain answers that all disagree: every sample costs two."""
    q = np.eye(2)[[1, 1, 1, 1]]
    initial = LabelCounts.from_labels(np.zeros(4, dtype=int), 2)
    trajectory = simulate_order(
        np.array([3, 1, 0, 2]),
        initial,
        SequentialAnnotator(q, np.arange(4), 1),
        budget=4,
        rule=limit,
        adjudication=UntilMajority(),
    )
    assert trajectory.spent == spent
    np.testing.assert_array_equal(trajectory.row[:4], [3, 3, 1, 1])
    np.testing.assert_array_equal(trajectory.resolved[:4], [False, True, False, True])
    assert not trajectory.is_exhausted
    assert len(trajectory.unresolved) == 0


def test_a_budget_beyond_all_questions_ends_early_and_says_so() -> None:
    initial = LabelCounts.from_labels(LABELS, 3)
    for limit in (Budget("exact"), Budget("released")):
        trajectory = simulate_order(
            np.array([2, 0, 1]),
            initial,
            FixedAnswersAnnotator(TABLE, 3),
            budget=10**12,
            rule=limit,
            adjudication=UntilMajority(),
        )
        assert (trajectory.spent, trajectory.is_exhausted) == (7, True)


def test_a_budget_that_ends_inside_a_question_leaves_it_open() -> None:
    initial = LabelCounts.from_labels(LABELS, 3)
    trajectory = simulate_order(
        np.array([1, 2, 0]),
        initial,
        FixedAnswersAnnotator(TABLE, 3),
        budget=5,
        rule=Budget("exact"),
        adjudication=UntilMajority(),
    )
    assert (trajectory.spent, trajectory.is_exhausted) == (5, False)
    np.testing.assert_array_equal(trajectory.unresolved, [2])
    np.testing.assert_array_equal(trajectory.final_labels(), [0, 2, 2])


def test_annotators_of_other_classes_are_refused() -> None:
    initial = LabelCounts.from_labels(LABELS, 4)
    with pytest.raises(InputError, match="the annotators answer with 3 classes, the labels have 4"):
        simulate_order(
            np.arange(3),
            initial,
            FixedAnswersAnnotator(TABLE, 3),
            budget=5,
            rule=Budget("exact"),
            adjudication=UntilMajority(),
        )


@pytest.mark.parametrize("answers", [[1, 1, 0], [1, 0, 1], [0, 1, 1]])
def test_fixed_answers_decide_by_votes_and_not_by_their_order(answers: list[int]) -> None:
    """Two votes against two is a tie, which keeps the label there was before the question."""
    annotator = FixedAnswersAnnotator(np.array([answers]), 2)
    result = ask_until_closed(np.array([0]), np.array([[1, 0]]), np.array([0]), annotator, FixedAnswers(3))
    assert result.label_after.tolist() == [0, 0, 0]
    assert result.resolved.tolist() == [False, False, True]
