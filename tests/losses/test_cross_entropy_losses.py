"""Class weights, tanh options and weighted cross-entropy against numbers by hand and scikit-learn."""

import math

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from alc.losses.cross_entropy import inverse_frequency, tanh_penalty, tanh_squash, weighted_cross_entropy


def test_weighted_cross_entropy_by_hand() -> None:
    logits = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])  # probabilities (3/4, 1/4) and (1/2, 1/2)
    labels = torch.tensor([0, 1])
    plain = (math.log(4 / 3) + math.log(2)) / 2
    assert float(weighted_cross_entropy(logits, labels)) == pytest.approx(plain)
    weighted = (2 * math.log(4 / 3) + 0.5 * math.log(2)) / 2  # divided by B, not by the weights' sum
    assert float(weighted_cross_entropy(logits, labels, torch.tensor([2.0, 0.5]))) == pytest.approx(weighted)
    smoothed = 0.9 * math.log(4 / 3) + 0.1 * (math.log(4 / 3) + math.log(4)) / 2
    assert float(weighted_cross_entropy(logits[:1], labels[:1], label_smoothing=0.1)) == pytest.approx(smoothed)


def test_weighted_cross_entropy_matches_torch_up_to_its_denominator() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(9, 4, generator=generator), torch.arange(9) % 4
    weight = torch.tensor([0.5, 1.0, 2.0, 3.0])
    ours = weighted_cross_entropy(logits, labels, weight) * 9 / weight[labels].sum()
    torch.testing.assert_close(ours, torch.nn.functional.cross_entropy(logits, labels, weight))


def test_inverse_frequency_matches_scikit_learn() -> None:
    labels = np.random.default_rng(0).choice(5, 60, p=[0.5, 0.2, 0.15, 0.1, 0.05])
    expected = compute_class_weight("balanced", classes=np.arange(5), y=labels)
    weight = inverse_frequency(torch.from_numpy(labels), 5)
    np.testing.assert_allclose(weight, expected, rtol=1e-6)
    assert float(weight[torch.from_numpy(labels)].mean()) == pytest.approx(1)


def test_tanh_squash_is_the_identity_near_zero_and_bounded_far_from_it() -> None:
    x = torch.tensor([-50.0, -0.01, 0.0, 0.01, 1.0, 50.0])
    squashed = tanh_squash(x, 2.0)
    assert squashed.tolist() == pytest.approx([2 * math.tanh(each / 2) for each in x.tolist()])
    assert float(squashed.abs().max()) <= 2


def test_tanh_penalty_by_hand() -> None:
    assert float(tanh_penalty(torch.tensor([[1.0, -3.0]]))) == pytest.approx(
        ((10 * math.tanh(0.1)) ** 2 + (10 * math.tanh(0.3)) ** 2) / 2
    )
