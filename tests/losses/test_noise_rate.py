"""Estimates of the noise rate: synthetic predictions of known noise, cleanlab, scikit-learn."""

import numpy as np
import pytest
import torch
from cleanlab.count import estimate_joint
from sklearn.mixture import GaussianMixture

from alc.losses.noise_rate import confident_noise_rate, estimated_noise_rate, mixture_noise_rate


def predictions(
    rate: float, seed: int = 0, sure: float = 4.0, errors: float = 0.05
) -> tuple[torch.Tensor, torch.Tensor]:
    """A model that is right but for a few samples, and labels of which a share ``rate`` is wrong."""
    rng = np.random.default_rng(seed)
    true = np.arange(4000) % 5
    wrong = rng.permutation(4000)[: int(rate * 4000)]
    labels = true.copy()
    labels[wrong] = (true[wrong] + rng.integers(1, 5, len(wrong))) % 5
    believed = np.where(rng.random(4000) < errors, rng.integers(0, 5, 4000), true)
    logits = rng.normal(size=(4000, 5))
    logits[np.arange(4000), believed] += sure
    return torch.from_numpy(logits).softmax(dim=1), torch.from_numpy(labels)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.2, 0.4, 0.6])
def test_known_noise_is_found(rate: float) -> None:
    assert estimated_noise_rate(*predictions(rate)) == pytest.approx(rate, abs=0.05)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_weak_models_errors_are_not_taken_for_noise_alone(seed: int) -> None:
    """Right for 55 %, without conviction otherwise; disagreement alone would say 0.5 and more."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 5, 4000)
    easy = rng.random(4000) < 0.45
    logits = rng.normal(size=(4000, 5)) * 0.5
    logits[np.arange(4000), true] += np.where(easy, 5.0, 0.3)
    wrong = rng.random(4000) < 0.1
    labels = np.where(wrong, (true + 1) % 5, true)
    probs = torch.from_numpy(logits).softmax(dim=1)
    disagreement = float((probs.argmax(dim=1).numpy() != labels).mean())
    estimate = estimated_noise_rate(probs, torch.from_numpy(labels))
    assert disagreement > 0.4
    assert estimate < disagreement - 0.1


def test_confident_rate_by_hand() -> None:
    probs = torch.tensor([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9], [0.3, 0.7], [0.2, 0.8]])
    labels = torch.tensor([0, 0, 0, 1, 1])
    # thresholds: mean(0.8, 0.6, 0.1) = 0.5 and mean(0.7, 0.8) = 0.75
    # counts: (0,0) twice, (0,1) once; (1,1) once, the fourth sample reaches nothing; scaled: a third of 3, none of 2
    assert confident_noise_rate(probs, labels) == pytest.approx(1 / 5)


@pytest.mark.parametrize("rate", [0.1, 0.4])
def test_confident_rate_matches_cleanlab(rate: float) -> None:
    probs, labels = predictions(rate, seed=3)
    joint = estimate_joint(labels.numpy(), probs.numpy())
    assert confident_noise_rate(probs, labels) == pytest.approx(1 - np.trace(joint), abs=2e-3)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_mixture_matches_scikit_learn(share: float) -> None:
    rng = np.random.default_rng(0)
    losses = np.where(rng.random(3000) < share, rng.normal(4, 1, 3000), rng.normal(0.5, 0.3, 3000))
    theirs = GaussianMixture(2, random_state=0, reg_covar=5e-4, tol=1e-6, max_iter=500).fit(losses[:, None])
    expected = theirs.weights_[theirs.means_.argmax()]
    assert mixture_noise_rate(torch.from_numpy(losses)) == pytest.approx(expected, abs=2e-3)
    assert expected == pytest.approx(share, abs=0.03)


def test_edges() -> None:
    assert mixture_noise_rate(torch.ones(5)) == 0
    assert estimated_noise_rate(torch.empty(0, 3), torch.empty(0, dtype=torch.int64)) == 0
    certain = torch.eye(3)[[0, 1, 2, 0]]
    assert estimated_noise_rate(certain, torch.tensor([0, 1, 2, 0])) == 0
    assert estimated_noise_rate(certain, torch.tensor([1, 2, 0, 1])) <= 2 / 3
    absent = torch.tensor([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1]])
    assert confident_noise_rate(absent, torch.tensor([0, 0, 1])) == 0  # nobody has label 2
