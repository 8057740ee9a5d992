"""The small-loss mixture: scikit-learn's mixture is the oracle, and what ranks is the loss."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture

from alc.arrays import FloatArray
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.dynamics import DynamicsSelector
from alc.selection.scores import cross_entropy
from alc.selection.small_loss import (
    Mixture,
    fit_mixture,
    small_loss,
    small_loss_by_class,
    small_loss_dynamics,
)


def two_groups(num_samples: int = 4000, seed: int = 0) -> FloatArray:
    """Losses between 0 and 1, three in ten of them high."""
    rng = np.random.default_rng(seed)
    noisy = rng.random(num_samples) < 0.3
    return np.clip(np.where(noisy, rng.normal(0.7, 0.1, num_samples), rng.normal(0.2, 0.05, num_samples)), 0, 1)


@pytest.mark.parametrize("seed", range(3))
def test_the_mixture_is_scikit_learns(seed: int) -> None:
    loss = two_groups(seed=seed)
    theirs = GaussianMixture(2, tol=1e-8, max_iter=2000, reg_covar=5e-4, random_state=0).fit(loss[:, None])
    order = np.argsort(theirs.means_.ravel())
    ours = fit_mixture(loss)
    np.testing.assert_allclose(ours.mean, theirs.means_.ravel()[order], atol=1e-4)
    np.testing.assert_allclose(ours.variance, theirs.covariances_.ravel()[order], rtol=2e-3)
    np.testing.assert_allclose(ours.weight, theirs.weights_[order], atol=1e-3)
    np.testing.assert_allclose(ours.noisy(loss), theirs.predict_proba(loss[:, None])[:, order[1]], atol=2e-3)
    np.testing.assert_allclose(ours.mean, [0.2, 0.7], atol=0.02)


def mixture() -> Mixture:
    return Mixture(np.array([0.7, 0.3]), np.array([0.1, 0.6]), np.array([0.01, 0.04]))


def test_log_odds_are_those_of_two_normal_densities() -> None:
    loss = np.array([0.2, 0.35, 0.6, 0.9])
    densities = 0.3 * norm.pdf(loss, 0.6, 0.2), 0.7 * norm.pdf(loss, 0.1, 0.1)
    np.testing.assert_allclose(mixture().log_odds(loss), np.log(densities[0] / densities[1]), rtol=1e-10)
    np.testing.assert_allclose(mixture().noisy(loss), densities[0] / sum(densities), rtol=1e-10)


@pytest.mark.parametrize("variance", [(0.01, 0.04), (0.04, 0.01), (0.02, 0.02)])
def test_a_larger_loss_is_never_less_noisy(variance: tuple[float, float]) -> None:
    """The posterior of two normal distributions of different width is: it turns at the vertex of a parabola."""
    loss = np.linspace(-3, 4, 5000)
    both = Mixture(np.array([0.5, 0.5]), np.array([0.1, 0.6]), np.array(variance))
    assert (np.diff(both.log_odds(loss)) > 0).all()
    turns = (np.diff(both.noisy(loss)) < -1e-15).any()
    assert turns == (variance[0] != variance[1])


def test_where_the_posterior_rounds_to_1_the_loss_still_ranks() -> None:
    loss = np.array([3.0, 5.0, 4.0])
    np.testing.assert_array_equal(mixture().noisy(loss), 1)
    np.testing.assert_array_equal(np.argsort(mixture().log_odds(loss)), [0, 2, 1])


def problem(num_samples: int = 3000, num_classes: int = 4, seed: int = 0) -> tuple[Posteriors, LabelCounts, FloatArray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, num_classes, num_samples)
    label = np.where(rng.random(num_samples) < 0.25, (truth + 1) % num_classes, truth)
    logits = rng.normal(size=(num_samples, num_classes))
    logits[np.arange(num_samples), truth] += np.where(truth == 0, 1, 4)  # class 0 is hard
    powers = np.exp(logits)
    probs = powers / powers.sum(axis=1, keepdims=True)
    return Posteriors.single(probs), LabelCounts.from_labels(label, num_classes), label != truth


def test_one_mixture_orders_as_the_loss() -> None:
    posteriors, counts, wrong = problem()
    score = small_loss(posteriors, counts)
    np.testing.assert_array_equal(np.argsort(score), np.argsort(cross_entropy(posteriors, counts)))
    found = score > 0
    assert wrong[found].mean() > 0.5 > wrong[~found].mean()


def test_a_mixture_for_each_class_orders_within_classes_as_the_loss() -> None:
    posteriors, counts, _ = problem()
    score, loss = small_loss_by_class(posteriors, counts), cross_entropy(posteriors, counts)
    for c in range(4):
        rows = counts.majority == c
        np.testing.assert_array_equal(np.argsort(score[rows]), np.argsort(loss[rows]))
    assert (np.argsort(score) != np.argsort(loss)).any()


def test_a_class_that_is_hard_as_a_whole_is_not_noisy_for_that() -> None:
    """Probabilities of right labels of class 0 are low, so one mixture for all takes them for noise."""
    rng = np.random.default_rng(0)
    label = np.arange(4000) % 2
    wrong = rng.random(4000) < 0.2
    typical = np.array([[0.35, 0.95], [0.02, 0.6]])[wrong.astype(int), label]
    own = typical + rng.uniform(0, 0.02, 4000)
    probs = np.stack([1 - own, 1 - own], axis=1)
    probs[np.arange(4000), label] = own
    posteriors, counts = Posteriors.single(probs), LabelCounts.from_labels(label, 2)
    assert roc_auc_score(wrong, small_loss(posteriors, counts)) < 0.9
    assert roc_auc_score(wrong, small_loss_by_class(posteriors, counts)) > 0.99


def test_a_class_of_few_labels_keeps_the_mixture_of_all() -> None:
    posteriors, counts, _ = problem(300)
    label = np.where(np.arange(300) < 30, 0, 1 + counts.majority % 3)
    few = LabelCounts.from_labels(label, 4)
    own = posteriors.mean[np.arange(300), label]
    both = small_loss(posteriors, few), small_loss_by_class(posteriors, few)
    np.testing.assert_array_equal(both[0][:30], both[1][:30])
    assert (both[0][30:] != both[1][30:]).all()
    assert len(np.unique(own)) > 290


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 300), st.integers(0, 10_000))
def test_any_losses_rank_by_loss(num_samples: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    posteriors = Posteriors.single(rng.dirichlet(np.full(3, rng.uniform(0.05, 2)), num_samples))
    counts = LabelCounts.from_labels(rng.integers(0, 3, num_samples), 3)
    score = small_loss(posteriors, counts)
    loss = -np.log(posteriors.mean[np.arange(num_samples), counts.majority] + 1e-12)
    assert (np.diff(score[np.argsort(loss, kind="stable")]) >= 0).all()


def test_one_hot_posteriors_part_what_they_contradict() -> None:
    label = np.arange(40) % 4
    predicted = np.where(np.arange(40) < 10, (label + 1) % 4, label)
    score = small_loss(Posteriors.single(np.eye(4)[predicted]), LabelCounts.from_labels(label, 4))
    assert (score[:10] > 0).all()
    assert (score[10:] < 0).all()


@pytest.mark.parametrize("score", [small_loss, small_loss_by_class])
def test_losses_that_are_all_equal_have_no_two_groups(score: object) -> None:
    flat = Posteriors.single(np.full((5, 4), 0.25))
    with pytest.raises(InputError, match=r"all 5 losses are 1\.386.*Allowed: losses that differ"):
        score(flat, LabelCounts.from_labels(np.arange(5) % 4, 4))  # type: ignore[operator]


def test_one_class_is_refused() -> None:
    with pytest.raises(InputError, match="one class"):
        small_loss(Posteriors.single(np.ones((3, 1))), LabelCounts(np.ones((3, 1), dtype=int)))


def dynamics(loss: FloatArray) -> TrainingDynamics:
    return TrainingDynamics(loss, np.exp(-loss), -loss, loss < 1, np.arange(loss.shape[1]))


def test_of_training_it_is_the_mixture_of_mean_losses() -> None:
    high = np.arange(200) % 4 == 0
    loss = np.where(high, 2.0, 0.1) + np.random.default_rng(0).uniform(0, 0.1, (3, 200))
    loss[0, 5] = np.nan
    score = small_loss_dynamics(dynamics(loss))
    np.testing.assert_array_equal(score > 0, high)
    np.testing.assert_array_equal(np.argsort(score), np.argsort(np.nanmean(loss, axis=0)))


def test_who_was_never_trained_on_is_told() -> None:
    loss = np.random.default_rng(0).random((3, 20))
    loss[:, 7] = np.nan
    assert np.isnan(small_loss_dynamics(dynamics(loss))).sum() == 1
    with pytest.raises(InputError, match="never trained on: sample id 7"):
        DynamicsSelector(small_loss_dynamics, dynamics(loss)).scores(
            None, LabelCounts.from_labels(np.zeros(20, dtype=int), 2)
        )
