"""Soft targets by hand: Bayes' rule, sharpening, and a loss whose rows carry weights."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from alc.losses.soft_targets import label_posterior, sharpened, smoothed, weighted_soft_cross_entropy


def test_bayes_rule_by_brute_force() -> None:
    rng = np.random.default_rng(0)
    probs, labels, rate = rng.dirichlet(np.ones(4), 6), rng.integers(0, 4, 6), 0.3
    transition = np.full((4, 4), rate / 3)
    np.fill_diagonal(transition, 1 - rate)
    joint = probs * transition[:, labels].T
    expected = joint / joint.sum(axis=1, keepdims=True)
    given = functional.one_hot(torch.from_numpy(labels), 4).double()
    np.testing.assert_allclose(label_posterior(torch.from_numpy(probs).log(), given, rate), expected, rtol=1e-6)


def test_a_label_right_as_often_as_by_chance_says_nothing() -> None:
    probs = torch.tensor([[0.6, 0.3, 0.1]])
    torch.testing.assert_close(label_posterior(probs.log(), torch.tensor([[0.0, 0.0, 1.0]]), 2 / 3), probs)


def test_sharpening() -> None:
    probs = torch.tensor([[0.6, 0.3, 0.1]])
    torch.testing.assert_close(sharpened(probs.log(), 1.0), probs)
    torch.testing.assert_close(sharpened(probs.log(), 0.5), probs**2 / (probs**2).sum())


def test_one_hot_targets_give_torchs_cross_entropy() -> None:
    logits, labels = torch.randn(7, 5), torch.arange(7) % 5
    one_hot = functional.one_hot(labels, 5).float()
    ours = weighted_soft_cross_entropy(logits, smoothed(one_hot, 0.2))
    torch.testing.assert_close(ours, functional.cross_entropy(logits, labels, label_smoothing=0.2))


def test_a_row_of_sum_w_counts_w_times() -> None:
    logits, targets = torch.randn(2, 3), torch.eye(3)[:2]
    weighted = weighted_soft_cross_entropy(logits, targets * torch.tensor([[0.0], [3.0]]))
    assert float(weighted) == pytest.approx(1.5 * float(weighted_soft_cross_entropy(logits[1:], targets[1:])))
