"""ELR against hand-worked numbers, a NumPy version, and its own gradient."""

import math

import numpy as np
import pytest
import torch

from alc.losses.elr import elr


def test_elr_by_hand() -> None:
    logits = torch.tensor([[math.log(3), 0.0]])  # (3/4, 1/4)
    loss, targets = elr(logits, torch.tensor([1]), torch.tensor([[0.5, 0.5]]), beta=0.6, weight=2.0)
    assert targets.tolist() == [pytest.approx([0.6 * 0.5 + 0.4 * 0.75, 0.6 * 0.5 + 0.4 * 0.25])]
    pull = math.log(1 - (0.6 * 0.75 + 0.4 * 0.25))
    assert float(loss) == pytest.approx(math.log(4) + 2 * pull, rel=1e-5)


def numpy_elr(
    logits: np.ndarray, labels: np.ndarray, targets: np.ndarray, beta: float, weight: float
) -> tuple[float, np.ndarray]:
    total, new = 0.0, np.empty_like(targets)
    for i, row in enumerate(logits):
        softmax = np.exp(row - row.max()) / np.exp(row - row.max()).sum()
        p = np.minimum(np.maximum(softmax, 1e-4), 1 - 1e-4)
        new[i] = beta * targets[i] + (1 - beta) * p / p.sum()
        total += -np.log(softmax[labels[i]]) + weight * np.log(1 - new[i] @ p)
    return total / len(logits), new


def test_elr_matches_numpy_over_several_visits() -> None:
    rng = np.random.default_rng(0)
    labels, ours, theirs = rng.integers(0, 5, 7), torch.zeros(7, 5, dtype=torch.float64), np.zeros((7, 5))
    for _ in range(4):
        logits = rng.normal(size=(7, 5)) * 5
        loss, ours = elr(torch.from_numpy(logits), torch.from_numpy(labels), ours, 0.9, 3.0)
        expected, theirs = numpy_elr(logits, labels, theirs, 0.9, 3.0)
        assert float(loss) == pytest.approx(expected, rel=1e-4)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_class_weights_count_a_sample_as_often_as_they_say() -> None:
    """Weights 1 and 2 are one and two copies of a sample, with the sum divided by the number of samples."""
    generator = torch.Generator().manual_seed(3)
    logits, targets = torch.randn(3, 2, generator=generator), torch.rand(3, 2, generator=generator) / 2
    labels, weight = torch.tensor([0, 1, 0]), torch.tensor([1.0, 2.0])
    loss, new = elr(logits, labels, targets, 0.9, 3.0, weight)
    rows = torch.tensor([0, 1, 1, 2])
    copied, _ = elr(logits[rows], labels[rows], targets[rows], 0.9, 3.0)
    torch.testing.assert_close(loss, copied * 4 / 3)
    plain, same = elr(logits, labels, targets, 0.9, 3.0)
    torch.testing.assert_close(new, same)
    torch.testing.assert_close(elr(logits, labels, targets, 0.9, 3.0, torch.ones(2))[0], plain)


def test_the_gradient_is_that_of_equation_9() -> None:
    """d/dz of log(1 - <t, p>) is p_k / (1 - <t, p>) * (<t, p> - t_k), with t held fixed."""
    logits, targets = torch.randn(4, 3, generator=torch.Generator().manual_seed(1)), torch.full((4, 3), 0.2)
    logits.requires_grad_()
    loss, new = elr(logits, torch.tensor([0, 1, 2, 0]), targets, 0.7, 3.0)
    (gradient,) = torch.autograd.grad(loss, logits)
    p = logits.detach().softmax(dim=1)
    inner = (new * p).sum(dim=1, keepdim=True)
    expected = p - torch.eye(3)[[0, 1, 2, 0]] + 3.0 * p / (1 - inner) * (inner - new)
    torch.testing.assert_close(gradient, expected / 4, rtol=1e-4, atol=1e-6)
    assert not new.requires_grad


def test_certainty_and_bf16_leave_loss_and_gradient_finite() -> None:
    logits = torch.tensor([[200.0, 0.0], [-200.0, 0.0]]).bfloat16().requires_grad_()
    targets = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    loss, new = elr(logits, torch.tensor([1, 1]), targets, 0.9, 3.0)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert torch.isfinite(loss)
    assert torch.isfinite(gradient).all()
    torch.testing.assert_close(new.sum(dim=1), torch.ones(2))
