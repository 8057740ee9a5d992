"""Real votes replayed: each once, in the order of a seed, until nobody is left."""

from typing import Any

import numpy as np
import pytest

from alc.adjudication import FixedAnswers, UntilMajority
from alc.annotations import Annotations
from alc.annotators.annotator import NO_ANSWER, Annotator, NamedAnnotators, OrderedAnnotator, can_answer
from alc.annotators.recorded import RecordedAnnotator
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.simulation.budget import Budget
from alc.simulation.repeating import simulate_repeating
from alc.simulation.simulator import simulate_order

# Sample 0 is put right by two, 1 is confirmed at once, on 2 all three differ, nobody else was asked about 3.
VOTES = Annotations(
    np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 3]),
    np.array([7, 8, 9, 7, 8, 9, 8, 9, 7, 7]),
    np.array([0, 1, 1, 2, 2, 2, 0, 1, 2, 1]),
)
INITIAL = np.array([0, 2, 0, 1])
BUDGET = Budget(annotations=100)


def recorded(seed: int = 0, **changes: Any) -> RecordedAnnotator:
    facts: dict[str, Any] = {"annotations": VOTES, "initial": INITIAL} | changes
    return RecordedAnnotator(np.full((4, 3), 1 / 3), np.arange(4), seed, **facts)


def test_it_is_a_panel_of_named_annotators() -> None:
    annotator = recorded()
    assert [isinstance(annotator, kind) for kind in (Annotator, NamedAnnotators, OrderedAnnotator)] == [
        True,
        True,
        False,
    ]
    assert annotator.num_available(np.arange(4)).tolist() == [2, 2, 2, 0]
    assert can_answer(annotator, np.arange(4)).tolist() == [True, True, True, False]


@pytest.mark.parametrize("seed", range(5))
def test_every_vote_but_the_first_is_given_once_by_whoever_gave_it(seed: int) -> None:
    annotator, rows = recorded(seed), np.arange(4)
    answers = annotator.ask(rows, 0, 4)
    assert (answers[:, 2:] == NO_ANSWER).all()
    for row in rows:
        who = annotator.who(np.full(4, row), np.arange(4))
        given = set(zip(who.tolist(), answers[row].tolist(), strict=True)) - {(NO_ANSWER, NO_ANSWER)}
        mine = np.flatnonzero(VOTES.sample == row)[1:]
        assert given == set(zip(VOTES.annotator[mine].tolist(), VOTES.label[mine].tolist(), strict=True))


def test_answers_do_not_depend_on_the_questions_before_and_a_seed_is_an_order() -> None:
    annotator = recorded(3)
    whole = annotator.ask(np.arange(4), 0, 3)
    for row in (2, 0, 3, 1):
        for draw in (2, 0, 1):
            assert annotator.ask(np.array([row]), draw, 1)[0, 0] == whole[row, draw]
    np.testing.assert_array_equal(annotator.reseeded(4).ask(np.arange(4), 0, 3), recorded(4).ask(np.arange(4), 0, 3))
    orders = {tuple(recorded(seed).ask(np.array([2]), 0, 2)[0]) for seed in range(20)}
    assert orders == {(1, 2), (2, 1)}


def test_a_question_nobody_is_left_to_answer_ends_unresolved() -> None:
    """By hand: 0 takes two answers, 1 one, 2 two in vain, 3 none."""
    trajectory = simulate_order(
        np.array([3, 2, 0, 1]),
        LabelCounts.from_labels(INITIAL, 3),
        recorded(),
        budget=100,
        rule=BUDGET,
        adjudication=UntilMajority(),
    )
    assert trajectory.row.tolist() == [2, 2, 0, 0, 1]
    assert trajectory.resolved.tolist() == [False, False, False, True, True]
    assert trajectory.final_labels().tolist() == [1, 2, 0, 1]
    assert trajectory.unresolved.tolist() == [2]
    assert (trajectory.num_requests, trajectory.spent, trajectory.is_exhausted) == (3, 5, True)


def test_of_a_budget_that_ends_in_a_question_both_are_open() -> None:
    trajectory = simulate_order(
        np.array([2, 0]),
        LabelCounts.from_labels(INITIAL, 3),
        recorded(),
        budget=3,
        rule=BUDGET,
        adjudication=UntilMajority(),
    )
    assert trajectory.unresolved.tolist() == [2, 0]
    assert trajectory.num_requests == 2


def test_more_answers_than_there_are_leave_a_question_open() -> None:
    trajectory = simulate_order(
        np.arange(4),
        LabelCounts.from_labels(INITIAL, 3),
        recorded(),
        budget=100,
        rule=BUDGET,
        adjudication=FixedAnswers(3),
    )
    assert trajectory.row.tolist() == [0, 0, 1, 1, 2, 2]
    assert not trajectory.resolved.any()
    assert trajectory.final_labels().tolist() == INITIAL.tolist()


def test_where_nobody_else_was_asked_nothing_is_bought() -> None:
    alone = recorded(annotations=Annotations.initial(INITIAL))
    trajectory = simulate_order(
        np.arange(4),
        LabelCounts.from_labels(INITIAL, 3),
        alone,
        budget=9,
        rule=BUDGET,
        adjudication=UntilMajority(),
    )
    assert (trajectory.spent, trajectory.num_requests, trajectory.is_exhausted) == (0, 0, True)


def test_a_repeating_selector_is_refused() -> None:
    with pytest.raises(InputError, match=r"named annotators answer once.*oracle_once"):
        simulate_repeating(
            lambda rows: np.zeros((len(rows), 3)),
            np.zeros(4),
            LabelCounts.from_labels(INITIAL, 3),
            recorded(),
            budget=5,
            rule=BUDGET,
            adjudication=UntilMajority(),
            rng=np.random.default_rng(0),
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"annotations": None}, "these data have none.*data=cifar10n"),
        ({"initial": np.array([1, 2, 0, 1])}, "row 0 starts with label 1, its first recorded vote is 0 .*random1"),
        ({"annotations": Annotations.initial(INITIAL[:3])}, "row 3 has 0 recorded votes"),
        ({"annotations": Annotations.initial(np.array([0, 2, 0, 1, 1]))}, "row 4 has 1 recorded votes"),
        ({"annotations": Annotations.initial(np.array([0, 2, 0, 3]))}, "recorded votes: row 3 holds 3"),
    ],
)
def test_votes_that_do_not_fit_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        recorded(**changes)
