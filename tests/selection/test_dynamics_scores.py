"""Scores of training dynamics and the selector closed over them."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.arrays import BoolArray, FloatArray
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.selection.dynamics import (
    DynamicsScore,
    DynamicsSelector,
    aum,
    forgetting,
    low_confidence,
    mean_loss,
    variability,
)

NAN = math.nan
EVERY: dict[str, DynamicsScore] = {
    score.__name__: score for score in (aum, mean_loss, forgetting, low_confidence, variability)
}


def recorded(correct: list[list[int]], margin: FloatArray | None = None) -> TrainingDynamics:
    """Dynamics from one list of 1 (right), 0 (wrong), -1 (not trained on) per epoch."""
    given = np.array(correct)
    seen = np.where(given >= 0, 1.0, NAN)
    p_given = np.where(given == 1, 0.75, 0.25) * seen
    margin = np.where(given == 1, 2.0, -1.0) * seen if margin is None else margin
    return TrainingDynamics(-np.log(p_given), p_given, margin, given == 1, np.arange(given.shape[1]) + 50)


def at_random(num_epochs: int, num_samples: int, seed: int, *, share_seen: float = 0.8) -> TrainingDynamics:
    rng = np.random.default_rng(seed)
    shape = (num_epochs, num_samples)
    p_given = rng.random(shape)
    hidden = rng.random(shape) > share_seen
    hidden[rng.integers(num_epochs, size=num_samples), np.arange(num_samples)] = False
    right = (rng.random(shape) < 0.6) & ~hidden
    p_given[hidden] = NAN
    margin = np.where(hidden, NAN, rng.normal(size=shape))
    return TrainingDynamics(-np.log(p_given), p_given, margin, right, rng.permutation(1000)[:num_samples])


def test_aum() -> None:
    margin = np.array([[1.0, -2.0, NAN], [3.0, -4.0, 5.0]])
    made = recorded([[1, 0, -1], [1, 0, 1]], margin)
    np.testing.assert_array_equal(aum(made), [-2.0, 3.0, -5.0])


def test_mean_loss_and_low_confidence() -> None:
    made = recorded([[1, 0, -1], [1, 1, 0]])
    low, high = -math.log(0.75), -math.log(0.25)
    np.testing.assert_allclose(mean_loss(made), [low, (low + high) / 2, high])
    np.testing.assert_allclose(low_confidence(made), [0.25, 0.5, 0.75])
    np.testing.assert_allclose(variability(made), [0.0, 0.25, 0.0], atol=1e-15)


@pytest.mark.parametrize(
    ("history", "events"),
    [
        ([1, 1, 1, 1], 0),
        ([0, 0, 1, 1], 0),
        ([1, 0, 1, 0], 2),
        ([0, 1, 0, 0], 1),
        ([1, -1, 0, 1], 1),  # not seen in between: its next presentation counts
        ([1, -1, 1, -1], 0),
        ([0, 0, 0, 0], 4),  # never right: as many as presentations
        ([0, -1, 0, -1], 2),
    ],
)
def test_forgetting(history: list[int], events: int) -> None:
    np.testing.assert_array_equal(forgetting(recorded([[each] for each in history])), [events])


def test_order_of_a_learned_a_forgotten_and_a_wrong_label() -> None:
    made = recorded([[1, 1, 0], [1, 0, 0], [1, 1, 0], [1, 0, 1]])
    for name in ("aum", "mean_loss", "low_confidence", "forgetting"):
        expected = [2, 1, 0] if name != "forgetting" else [1, 0, 2]
        order = np.argsort(-EVERY[name](made), kind="stable")
        np.testing.assert_array_equal(order, expected, name)


def plain(name: str, dynamics: TrainingDynamics) -> list[float]:
    """Sample by sample, epoch by epoch."""
    values = []
    for i in range(len(dynamics.sample_id)):
        epochs = [e for e in range(dynamics.num_epochs) if not math.isnan(dynamics.loss[e, i])]
        p = [float(dynamics.p_given[e, i]) for e in epochs]
        right = [bool(dynamics.correct[e, i]) for e in epochs]
        events = sum(a and not b for a, b in pairwise(right))
        mean = sum(p) / len(p)
        values.append(
            {
                "aum": -sum(float(dynamics.margin[e, i]) for e in epochs) / len(p),
                "mean_loss": sum(-math.log(each) for each in p) / len(p),
                "low_confidence": 1 - mean,
                "variability": math.sqrt(sum((each - mean) ** 2 for each in p) / len(p)),
                "forgetting": float(events if any(right) else len(right)),
            }[name]
        )
    return values


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(EVERY)), st.integers(1, 8), st.integers(1, 20), st.integers(0, 10_000))
def test_scores_match_a_plain_loop(name: str, num_epochs: int, num_samples: int, seed: int) -> None:
    made = at_random(num_epochs, num_samples, seed)
    np.testing.assert_allclose(EVERY[name](made), plain(name, made), rtol=1e-9, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(EVERY)), st.integers(0, 10_000))
def test_score_property(name: str, seed: int) -> None:
    made = at_random(6, 15, seed)
    values = EVERY[name](made)
    ranges = {"aum": (-99, 99), "variability": (0, 0.5), "low_confidence": (0, 1), "forgetting": (0, 6)}
    lowest, highest = ranges.get(name, (0, 99))
    assert values.shape == (15,)
    assert values.min() >= lowest - 1e-12
    assert values.max() <= highest
    order = np.random.default_rng(seed).permutation(15)
    np.testing.assert_array_equal(EVERY[name](made.aligned_to(made.sample_id[order])), values[order])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_a_larger_loss_never_lowers_mean_loss(seed: int) -> None:
    made = at_random(5, 4, seed)
    harder = TrainingDynamics(made.loss + 0.5, made.p_given, made.margin, made.correct, made.sample_id)
    assert (mean_loss(harder) > mean_loss(made)).all()


@pytest.mark.parametrize("name", sorted(EVERY))
def test_what_was_stored_as_half_precision_ranks_without_overflow(name: str) -> None:
    made = at_random(4, 10, 0)
    half = TrainingDynamics(
        made.loss.astype(np.float16), made.p_given.astype(np.float16), np.full((4, 10), 65504, np.float16),
        made.correct, made.sample_id,
    )  # fmt: skip
    assert np.isfinite(EVERY[name](half)).all()


# ---- the selector


def counted(num_samples: int) -> LabelCounts:
    return LabelCounts.from_labels(np.zeros(num_samples, dtype=int), 2)


@pytest.mark.parametrize("name", sorted(EVERY))
def test_the_selector_joins_by_id_and_ranks(name: str) -> None:
    made = at_random(5, 12, 3)
    selector = DynamicsSelector(EVERY[name])
    ids = np.sort(made.sample_id)[::-1]
    bound = selector.bound(ids, dynamics=made)
    assert selector.dynamics is None
    scores = bound.scores(None, counted(12))
    at = {int(each): row for row, each in enumerate(made.sample_id)}
    np.testing.assert_allclose(scores, EVERY[name](made)[[at[int(each)] for each in ids]])
    rows = bound.rank(None, counted(12), rng=np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(rows), np.arange(12))
    assert (np.diff(scores[rows]) <= 0).all()
    few = bound.bound(ids[3:7])  # the dynamics it has
    np.testing.assert_array_equal(few.scores(None, counted(4)), scores[3:7])


def test_the_flags() -> None:
    selector = DynamicsSelector(aum)
    assert selector.needs_dynamics
    flags = (selector.needs_posteriors, selector.needs_distribution, selector.needs_features, selector.repeats)
    assert not any(flags)


def never_seen() -> TrainingDynamics:
    return recorded([[1, -1], [0, -1]])


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (
            lambda: DynamicsSelector(aum).scores(None, counted(3)),
            r"none\. Train with callbacks\.dynamics=true",
        ),
        (lambda: DynamicsSelector(aum).bound(np.arange(3)), "there are none"),
        (lambda: DynamicsSelector(aum, recorded([[1]])).scores(None, counted(3)), "dynamics are of 1 samples"),
        (lambda: DynamicsSelector(aum).bound(np.array([51, 9]), dynamics=recorded([[1, 1]])), "first is id 9"),
    ],
)
def test_what_does_not_fit_is_named(attempt: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        attempt()


@pytest.mark.parametrize("name", sorted(EVERY))
def test_samples_that_were_never_trained_on_are_named(name: str) -> None:
    with pytest.raises(InputError, match=r"1 of 2 samples were never trained on: sample id 51\. Allowed"):
        DynamicsSelector(EVERY[name], never_seen()).scores(None, counted(2))


def test_no_epoch_is_an_error() -> None:
    none: FloatArray = np.empty((0, 2))
    right: BoolArray = np.empty((0, 2), dtype=np.bool_)
    with pytest.raises(InputError, match="have no epoch"):
        DynamicsSelector(aum, TrainingDynamics(none, none, none, right, np.arange(2))).scores(None, counted(2))
