"""The exact expected curve: by hand, by enumeration of all answers, and against the Monte-Carlo mean."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.adjudication import Adjudication, FixedAnswers, SingleAnswer, UntilMajority
from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.arrays import FloatArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.simulation import expected
from alc.simulation.budget import Budget
from alc.simulation.expected import closing_law, expected_annotations, expected_label_accuracy
from alc.simulation.replay import Reference, replay
from alc.simulation.simulator import simulate_order
from tests.oracles.plain_simulator import FixedAnswersAnnotator


@given(seed=st.integers(0, 2**32 - 1), num_classes=st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_closing_law_matches_enumeration(seed: int, num_classes: int) -> None:
    rng = np.random.default_rng(seed)
    q = rng.dirichlet(np.ones(num_classes))
    label, reference = int(rng.integers(num_classes)), int(rng.integers(num_classes))
    cost, right = np.zeros(num_classes), np.zeros(num_classes)
    for answers in itertools.product(range(num_classes), repeat=num_classes):
        votes = np.eye(num_classes, dtype=int)[label]
        for number, answer in enumerate(answers):
            votes[answer] += 1
            if (votes == votes.max()).sum() == 1:
                chance = float(np.prod(q[list(answers)]))
                cost[number] += chance
                right[number] += chance * (votes.argmax() == reference)
                break
    ours_cost, ours_right = closing_law(np.array([label]), np.array([reference]), q[None])
    np.testing.assert_allclose(ours_cost[0], cost, atol=1e-12)
    np.testing.assert_allclose(ours_right[0], right, atol=1e-12)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_closing_law_property(seed: int) -> None:
    rng = np.random.default_rng(seed)
    num_samples, num_classes = 20, int(rng.integers(2, 12))
    q = rng.dirichlet(np.full(num_classes, 0.3), num_samples)
    cost, right = closing_law(rng.integers(0, num_classes, num_samples), rng.integers(0, num_classes, num_samples), q)
    np.testing.assert_allclose(cost.sum(axis=1), 1, atol=1e-9)
    assert (cost > -1e-12).all()
    assert (right <= cost + 1e-12).all()
    assert (right > -1e-12).all()


@given(seed=st.integers(0, 2**32 - 1), num_classes=st.integers(2, 30))
@settings(max_examples=50, deadline=None)
def test_expected_annotations_are_the_mean_of_the_law(seed: int, num_classes: int) -> None:
    rng = np.random.default_rng(seed)
    q = rng.dirichlet(np.full(num_classes, rng.uniform(0.05, 3)), 15)
    label = rng.integers(0, num_classes, 15)
    cost, _ = closing_law(label, label, q)
    mean = cost @ np.arange(1, num_classes + 1)
    np.testing.assert_allclose(expected_annotations(label, q), mean, rtol=1e-9)


@pytest.mark.parametrize(("num_classes", "precision"), [(64, 1e-12), (65, 1e-12), (200, 1e-6), (1000, 1e-3)])
def test_expected_annotations_of_many_classes_that_nobody_knows(num_classes: int, precision: float) -> None:
    """A tie after k answers has the chance (1 - 1/C)(1 - 2/C) ... (1 - k/C)."""
    tied = np.cumprod(np.concatenate([[1.0], 1 - np.arange(1, num_classes) / num_classes]))
    uniform = np.full((1, num_classes), 1 / num_classes)
    np.testing.assert_allclose(expected_annotations(np.array([0]), uniform), tied.sum(), rtol=precision)


def test_expected_annotations_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    q = np.random.default_rng(0).dirichlet(np.ones(4), 50)
    label = np.arange(50) % 4
    at_once = expected_annotations(label, q)
    monkeypatch.setattr(expected, "BLOCK_ELEMENTS", 12)
    np.testing.assert_allclose(expected_annotations(label, q), at_once, rtol=1e-14)


@pytest.mark.parametrize("adjudication", [UntilMajority(), SingleAnswer()])
def test_expected_curve_matches_all_outcomes_of_a_small_problem(adjudication: Adjudication) -> None:
    rng = np.random.default_rng(3)
    q = rng.dirichlet(np.ones(2), 3)
    initial, reference = LabelCounts.from_labels(np.array([0, 1, 1]), 2), Reference.of(q)
    expected = np.zeros(6)
    for answers in itertools.product(range(2), repeat=6):  # three samples, at most two answers each
        table = np.array(answers).reshape(3, 2)
        chance = float(np.prod(np.take_along_axis(q, table, axis=1)))
        expected += chance * _padded(table, initial, reference, adjudication)
    ours = expected_label_accuracy(np.array([2, 0, 1]), initial, reference, budget=5, adjudication=adjudication)
    np.testing.assert_allclose(ours, expected, atol=1e-12)


def _padded(
    table: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    initial: LabelCounts,
    reference: Reference,
    adjudication: Adjudication,
) -> FloatArray:
    trajectory = simulate_order(
        np.array([2, 0, 1]),
        initial,
        FixedAnswersAnnotator(table, 2),
        budget=5,
        rule=Budget("exact", 5),
        adjudication=adjudication,
    )
    accuracy = replay(trajectory, initial.counts, reference).label_accuracy
    return np.concatenate([accuracy, np.full(6 - len(accuracy), accuracy[-1])])


def test_expected_curve_agrees_with_the_monte_carlo_mean() -> None:
    rng = np.random.default_rng(0)
    num_samples, budget, seeds = 150, 160, 400
    q = rng.dirichlet(np.full(6, 0.15), num_samples)
    labels = np.where(rng.random(num_samples) < 0.4, rng.integers(0, 6, num_samples), q.argmax(axis=1))
    initial, reference, order = LabelCounts.from_labels(labels, 6), Reference.of(q), rng.permutation(num_samples)
    expected = expected_label_accuracy(order, initial, reference, budget=budget, adjudication=UntilMajority())
    sampled = np.stack(
        [
            replay(
                simulate_order(
                    order,
                    initial,
                    LabelDistributionAnnotator(q, np.arange(num_samples), seed),
                    budget=budget,
                    rule=Budget("exact", budget),
                    adjudication=UntilMajority(),
                ),
                initial.counts,
                reference,
            ).label_accuracy
            for seed in range(seeds)
        ]
    )
    assert sampled.shape == (seeds, budget + 1)
    deviation = np.abs(sampled.mean(axis=0) - expected)
    error = sampled.std(axis=0, ddof=1) / np.sqrt(seeds)
    assert expected[0] == pytest.approx(sampled[0, 0])
    assert (deviation[1:] < 4.5 * error[1:] + 1e-12).all()
    assert deviation.mean() < 1.5 * error.mean()


def test_no_closed_law_is_said() -> None:
    initial = LabelCounts(np.array([[1, 1], [2, 0]]))
    reference = Reference.of(np.array([[0.5, 0.5], [1.0, 0.0]]))
    with pytest.raises(InputError, match="one vote per sample"):
        expected_label_accuracy(np.array([0, 1]), initial, reference, budget=3, adjudication=UntilMajority())
    with pytest.raises(InputError, match="FixedAnswers"):
        expected_label_accuracy(np.array([0, 1]), initial, reference, budget=3, adjudication=FixedAnswers(3))
