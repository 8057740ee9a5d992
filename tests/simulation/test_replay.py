"""Curves of a trajectory: three samples by hand, and many against the metrics of label quality."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.adjudication import UntilMajority
from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.metrics.label_quality import label_accuracy, remaining_mislabelled, total_variation
from alc.simulation import replay as module
from alc.simulation.budget import Budget
from alc.simulation.replay import Curves, Reference, replay
from alc.simulation.simulator import simulate_order
from alc.simulation.trajectory import Trajectory

DISTRIBUTION = np.array([[1.0, 0.0], [0.4, 0.6], [0.0, 1.0]])
INITIAL = np.array([[0, 1], [1, 0], [0, 1]])
"""Sample 0 is clear and wrong, sample 1 ambiguous and wrong, sample 2 right."""

BOTH_CORRECTED = Trajectory(
    row=np.array([0, 0, 1, 1]),
    draw=np.array([0, 1, 0, 1]),
    answer=np.array([0, 0, 1, 1]),
    label_before=np.array([1, 1, 0, 0]),
    label_after=np.array([1, 0, 0, 1]),
    resolved=np.array([False, True, False, True]),
    initial_label=np.array([1, 0, 1]),
    keeps_initial_votes=True,
    budget=4,
    is_exhausted=False,
)


def accuracy(*values: float) -> Curves:
    curve = np.array(values)
    return Curves(curve, curve, curve, curve)


def test_curves_by_hand() -> None:
    curves = replay(BOTH_CORRECTED, INITIAL, Reference.of(DISTRIBUTION))
    np.testing.assert_allclose(curves.label_accuracy, [1 / 3, 1 / 3, 2 / 3, 2 / 3, 1])
    np.testing.assert_array_equal(curves.remaining_clear, [1, 1, 0, 0, 0])
    np.testing.assert_array_equal(curves.remaining_ambiguous, [1, 1, 1, 1, 0])
    # Votes of sample 0: 0+1, 1+1, 2+1; of sample 1: 1+0, 1+1, 1+2; sample 2 is perfect throughout.
    distances = np.array([1 + 0.6, 0.5 + 0.6, 1 / 3 + 0.6, 1 / 3 + 0.1, 1 / 3 + 1 / 15])
    np.testing.assert_allclose(curves.total_variation, distances / 3)
    assert curves.area(4) == pytest.approx(0.5)


def test_curves_where_the_first_votes_do_not_count() -> None:
    replaced = replace(BOTH_CORRECTED, keeps_initial_votes=False, label_after=np.array([0, 0, 1, 1]))
    replaced = replace(replaced, label_before=np.array([1, 0, 0, 1]))
    curves = replay(replaced, INITIAL, Reference.of(DISTRIBUTION))
    np.testing.assert_allclose(curves.label_accuracy, [1 / 3, 2 / 3, 2 / 3, 1, 1])
    np.testing.assert_allclose(curves.total_variation, np.array([1.6, 0.6, 0.6, 0.4, 0.4]) / 3, atol=1e-15)


def test_a_correction_may_be_undone() -> None:
    """A right label that the annotators settle on a wrong class counts against the curve."""
    spoilt = replace(BOTH_CORRECTED, row=np.array([2, 2, 1, 1]), label_after=np.array([1, 0, 0, 1]))
    curves = replay(spoilt, INITIAL, Reference.of(DISTRIBUTION))
    np.testing.assert_allclose(curves.label_accuracy, [1 / 3, 1 / 3, 0, 0, 1 / 3])
    np.testing.assert_array_equal(curves.remaining_clear, [1, 1, 2, 2, 2])


def test_nothing_bought() -> None:
    names = ("row", "draw", "answer", "label_before", "label_after", "resolved")
    empty = replace(BOTH_CORRECTED, **{name: getattr(BOTH_CORRECTED, name)[:0] for name in names})
    curves = replay(empty, INITIAL, Reference.of(DISTRIBUTION))
    np.testing.assert_allclose(curves.label_accuracy, [1 / 3])
    np.testing.assert_allclose(curves.total_variation, [1.6 / 3])
    assert curves.area(4) == pytest.approx(1 / 3)


def test_area_is_the_mean_height_of_the_steps() -> None:
    curves = accuracy(0.0, 0.5, 0.5, 1.0)
    assert curves.area(3) == pytest.approx((0 + 0.5 + 0.5) / 3)
    assert curves.area(5) == pytest.approx((0 + 0.5 + 0.5 + 1 + 1) / 5)
    assert curves.area(2) == pytest.approx(0.25)
    trapezoid = np.trapezoid(curves.label_accuracy) / 3
    assert trapezoid - curves.area(3) == pytest.approx((1.0 - 0.0) / (2 * 3))


def test_annotations_to_a_level() -> None:
    curves = accuracy(0.2, 0.5, 0.4, 0.9)
    assert [curves.annotations_to(level) for level in (0.1, 0.2, 0.45, 0.5, 0.9)] == [0, 0, 1, 1, 3]
    assert curves.annotations_to(0.95) is None


@pytest.mark.parametrize("num_samples", [10, 30, 100, 1000])
def test_a_level_that_is_hit_exactly_is_reached(num_samples: int) -> None:
    """With 93 of 100 labels right, 0.93 is reached: no rounding may hide it."""
    labels = np.zeros(num_samples, dtype=int)
    reference = Reference.of(np.tile([1.0, 0.0], (num_samples, 1)))
    for wrong in range(0, num_samples + 1, max(1, num_samples // 100)):
        noisy = labels.copy()
        noisy[:wrong] = 1
        nothing = np.array([], dtype=int)
        columns = (nothing, nothing, nothing, nothing, nothing, nothing.astype(bool))
        counts = LabelCounts.from_labels(noisy, 2).counts
        curves = replay(Trajectory(*columns, noisy, True, 1, True), counts, reference)
        assert curves.annotations_to((num_samples - wrong) / num_samples) == 0


@given(seed=st.integers(0, 2**32 - 1), chunk=st.sampled_from([1, 3, 1 << 15]))
@settings(max_examples=30, deadline=None)
def test_replay_matches_metrics_after_every_annotation(seed: int, chunk: int) -> None:
    rng = np.random.default_rng(seed)
    q = rng.dirichlet(np.full(3, 0.4), 8)
    labels, truth = rng.integers(0, 3, 8), rng.integers(0, 3, 8)
    initial, reference = LabelCounts.from_labels(labels, 3), Reference.of(q, truth)
    trajectory = simulate_order(
        rng.permutation(8),
        initial,
        LabelDistributionAnnotator(q, np.arange(8), seed),
        budget=12,
        rule=Budget("exact"),
        adjudication=UntilMajority(),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK_EVENTS", chunk)
        curves = replay(trajectory, initial.counts, reference)
    current, votes = labels.copy(), initial.counts.copy()
    for step in range(trajectory.spent + 1):
        if step:
            row = trajectory.row[step - 1]
            current[row] = trajectory.label_after[step - 1]
            votes[row, trajectory.answer[step - 1]] += 1
        assert curves.label_accuracy[step] == label_accuracy(current, truth)
        assert curves.total_variation[step] == pytest.approx(total_variation(q, votes), abs=1e-12)
        left = remaining_mislabelled(current, truth, q)
        assert (curves.remaining_clear[step], curves.remaining_ambiguous[step]) == left
    np.testing.assert_array_equal(trajectory.final_labels(), current)
    np.testing.assert_array_equal(trajectory.final_counts(initial.counts), votes)


def test_reference_is_the_likeliest_class_unless_given() -> None:
    reference = Reference.of(DISTRIBUTION)
    np.testing.assert_array_equal(reference.labels, [0, 1, 1])
    np.testing.assert_array_equal(reference.is_ambiguous, [False, True, False])
    np.testing.assert_array_equal(Reference.of(DISTRIBUTION, np.array([1, 0, 1])).labels, [1, 0, 1])


@pytest.mark.parametrize(
    ("distribution", "labels", "message"),
    [
        (DISTRIBUTION * 2, None, "the reference label distribution: row 0 is"),
        (DISTRIBUTION, [0, 2, 1], r"reference labels: row 1 holds 2 .*0 to 1"),
        (DISTRIBUTION, [0, 1], "2 reference labels and 3 distributions"),
    ],
)
def test_bad_references_are_named(distribution: Any, labels: list[int] | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Reference.of(distribution, None if labels is None else np.array(labels))
