"""Active cleaning: equal to the plain loop, equal to the static simulation where nothing is learned, and exact."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.adjudication import Adjudication, FixedAnswers, SingleAnswer, UntilMajority
from alc.annotators.sequential import SequentialAnnotator
from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.simulation.active import simulate_active
from alc.simulation.budget import Budget
from alc.simulation.simulator import simulate_order
from alc.simulation.trajectory import Trajectory
from tests.oracles.plain_active import plain_active
from tests.oracles.plain_simulator import FixedAnswersAnnotator

COLUMNS = ("row", "draw", "answer", "label_before", "label_after", "resolved")
ADJUDICATIONS: list[tuple[Adjudication, int | None]] = [
    (UntilMajority(), None),
    (SingleAnswer(), 1),
    (FixedAnswers(3), 3),
    (FixedAnswers(2, keeps_initial_votes=False), 2),
]


def _problem(seed: int) -> tuple[np.random.Generator, IntArray, FixedAnswersAnnotator]:
    rng = np.random.default_rng(seed)
    num_samples, num_classes = int(rng.integers(1, 12)), int(rng.integers(2, 5))
    counts = np.zeros((num_samples, num_classes), dtype=int)
    counts[np.arange(num_samples), rng.integers(0, num_classes, num_samples)] = 1
    return rng, counts, FixedAnswersAnnotator(rng.integers(0, num_classes, (num_samples, 40)), num_classes)


def _assert_same(one: Trajectory, other: Trajectory) -> None:
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert (one.budget, one.is_exhausted) == (other.budget, other.is_exhausted)
    np.testing.assert_array_equal(one.initial_label, other.initial_label)


@pytest.mark.parametrize("rule", ["exact", "released"])
@pytest.mark.parametrize(("adjudication", "answers"), ADJUDICATIONS)
@given(seed=st.integers(0, 2**32 - 1), budget=st.integers(1, 30), every=st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_simulate_active_matches_plain(
    rule: str, adjudication: Adjudication, answers: int | None, seed: int, budget: int, every: int
) -> None:
    """The new scores depend on votes, labels and what is spent, so all three must be right at every update."""
    rng, counts, annotator = _problem(seed)
    weights, tie = rng.integers(0, 5, (*counts.shape, 7)), rng.permutation(len(counts))
    score = rng.integers(0, 3, len(counts)) / 2
    updates: list[int] = []

    def rescore(votes: IntArray, labels: IntArray, spent: int) -> FloatArray:
        pull = weights[:, :, spent % 7]
        return np.asarray((pull * votes).sum() % 5 * pull[:, 0] + pull[np.arange(len(labels)), labels] * labels.sum())

    def reorder(votes: LabelCounts, labels: IntArray, spent: int) -> IntArray:
        updates.append(spent)
        return np.lexsort((tie, -rescore(votes.counts, labels, spent)))

    limit = Budget("released" if rule == "released" else "exact", budget)
    ours = simulate_active(
        np.lexsort((tie, -score)),
        reorder,
        LabelCounts(counts),
        annotator,
        every=every,
        budget=budget,
        rule=limit,
        adjudication=adjudication,
    )
    events, rescored, exhausted = plain_active(
        score,
        rescore,
        tie,
        counts,
        annotator,
        every=every,
        budget=budget,
        released=rule == "released",
        answers=answers,
        keeps=adjudication.keeps_initial_votes,
    )
    columns = np.array(events, dtype=int).reshape(-1, 6)
    for column, name in enumerate(COLUMNS):
        np.testing.assert_array_equal(getattr(ours, name), columns[:, column], err_msg=name)
    assert updates == rescored
    assert ours.is_exhausted == exhausted


@pytest.mark.parametrize("rule", ["exact", "released"])
@pytest.mark.parametrize("ordered", [False, True])
@given(seed=st.integers(0, 2**32 - 1), budget=st.integers(1, 30), every=st.integers(1, 40), part=st.booleans())
@settings(max_examples=40, deadline=None)
def test_an_update_that_changes_nothing_equals_the_static_simulation(
    rule: str, ordered: bool, seed: int, budget: int, every: int, part: bool
) -> None:
    rng, counts, annotator = _problem(seed)
    order = rng.permutation(len(counts))[: 1 + len(counts) // 2 if part else None]
    distribution = rng.dirichlet(np.ones(counts.shape[1]), len(counts))
    panels = [SequentialAnnotator(distribution, np.arange(len(counts)), 3) if ordered else annotator for _ in range(2)]
    limit, initial = Budget("released" if rule == "released" else "exact", budget), LabelCounts(counts)
    static = simulate_order(order, initial, panels[0], budget=budget, rule=limit, adjudication=UntilMajority())
    active = simulate_active(
        order,
        lambda counts, labels, spent: order,
        initial,
        panels[1],
        every=every,
        budget=budget,
        rule=limit,
        adjudication=UntilMajority(),
    )
    _assert_same(active, static)


@given(seed=st.integers(0, 2**32 - 1), budget=st.integers(1, 40), every=st.integers(1, 10))
@settings(max_examples=40, deadline=None)
def test_the_budget_is_exact_and_no_sample_is_asked_twice(seed: int, budget: int, every: int) -> None:
    rng, counts, annotator = _problem(seed)
    seen: list[tuple[int, IntArray, IntArray]] = []

    def reorder(votes: LabelCounts, labels: IntArray, spent: int) -> IntArray:
        seen.append((spent, votes.counts.copy(), labels.copy()))
        return rng.permutation(len(labels))

    limits = {"budget": budget, "every": every}
    made = simulate_active(
        rng.permutation(len(counts)),
        reorder,
        LabelCounts(counts),
        annotator,
        rule=Budget("exact", budget),
        adjudication=UntilMajority(),
        **limits,
    )
    assert made.spent == budget or (made.is_exhausted and made.spent < budget)
    first = made.row[made.draw == 0]
    assert max(Counter(first.tolist()).values()) == 1
    spent = [each[0] for each in seen]
    assert len({each // every for each in spent}) == len(spent)
    assert all(each < made.spent for each in spent)
    for at, votes, labels in seen:
        assert made.resolved[at - 1]
        assert votes.sum() == len(counts) + at
        np.testing.assert_array_equal(labels, votes.argmax(axis=1))


def test_updates_come_at_the_end_of_the_question_that_reaches_them() -> None:
    """Samples cost 2, 1, 2, 2, 1: with an update every 2 annotations at 2, 5 and 7, and none for nothing left."""
    counts = np.eye(2, dtype=int)[[0, 0, 0, 0, 0]]
    answers = np.array([[1, 1], [0, 0], [1, 1], [1, 1], [0, 0]])
    spent: list[int] = []

    def reorder(votes: LabelCounts, labels: IntArray, at: int) -> IntArray:
        spent.append(at)
        return np.arange(5)

    simulate_active(
        np.arange(5),
        reorder,
        LabelCounts(counts),
        FixedAnswersAnnotator(answers, 2),
        every=2,
        budget=20,
        rule=Budget(annotations=20),
        adjudication=UntilMajority(),
    )
    assert spent == [2, 5, 7]


def test_no_update_without_annotations_between() -> None:
    with pytest.raises(InputError, match=r"refresh\.every=0"):
        simulate_active(
            np.arange(1),
            lambda counts, labels, spent: np.arange(1),
            LabelCounts(np.array([[1, 0]])),
            FixedAnswersAnnotator(np.array([[0]]), 2),
            every=0,
            budget=1,
            rule=Budget(annotations=1),
            adjudication=UntilMajority(),
        )
