"""Leave-one-out ridge regression against leaving one out, and what its probabilities are."""

import numpy as np
import pytest

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.kernel_ridge import cosine_kernel, held_out_scores, scores_to_probs


@pytest.fixture
def problem() -> tuple[FloatArray, IntArray]:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 5))
    labels = rng.integers(3, size=40)
    return cosine_kernel(centres[labels] + rng.normal(size=(40, 5)), 2.0), labels


def fitted(kernel: FloatArray, labels: IntArray, seen: IntArray, asked: IntArray) -> FloatArray:
    target = np.full((40, 3), -0.5)
    target[np.arange(40), labels] = 1
    weight = np.linalg.solve(kernel[np.ix_(seen, seen)] + 0.3 * np.eye(len(seen)), target[seen])
    return np.asarray(kernel[np.ix_(asked, seen)] @ weight)


def test_each_sample_is_left_out_exactly(problem: tuple[FloatArray, IntArray]) -> None:
    kernel, labels = problem
    everybody = np.arange(40)
    expected = np.concatenate(
        [fitted(kernel, labels, np.delete(everybody, i), everybody[i : i + 1]) for i in range(40)]
    )
    assert held_out_scores(kernel, labels, 3, 0.3) == pytest.approx(expected)


def test_groups_are_left_out_together(problem: tuple[FloatArray, IntArray]) -> None:
    kernel, labels = problem
    group = np.random.default_rng(1).integers(8, size=40).astype(str)
    found = held_out_scores(kernel, labels, 3, 0.3, group)
    for one in np.unique(group):
        inside = np.flatnonzero(group == one)
        expected = fitted(kernel, labels, np.flatnonzero(group != one), inside)
        assert found[inside] == pytest.approx(expected)
    alone = held_out_scores(kernel, labels, 3, 0.3, np.arange(40))
    assert alone == pytest.approx(held_out_scores(kernel, labels, 3, 0.3))


def test_a_samples_own_label_changes_nothing(problem: tuple[FloatArray, IntArray]) -> None:
    kernel, labels = problem
    other = labels.copy()
    other[7] = (other[7] + 1) % 3
    first, second = (held_out_scores(kernel, each, 3, 0.3) for each in (labels, other))
    assert first[7] == pytest.approx(second[7])
    assert np.abs(first[8] - second[8]).max() > 1e-6


def test_kernel(problem: tuple[FloatArray, IntArray]) -> None:
    kernel, _ = problem
    assert kernel == pytest.approx(kernel.T)
    assert kernel.diagonal() == pytest.approx(np.ones(40))
    assert np.linalg.eigvalsh(kernel).min() > -1e-9


def test_probabilities_are_scaled_to_the_labels(problem: tuple[FloatArray, IntArray]) -> None:
    kernel, labels = problem
    scores = held_out_scores(kernel, labels, 3, 0.3)
    probs = scores_to_probs(scores, labels)
    assert probs.sum(axis=1) == pytest.approx(np.ones(40))
    assert probs.argmax(axis=1).tolist() == scores.argmax(axis=1).tolist()
    noise = np.random.default_rng(2).permutation(labels)
    assert scores_to_probs(scores, noise).max(axis=1).mean() < probs.max(axis=1).mean()


def test_refusals(problem: tuple[FloatArray, IntArray]) -> None:
    kernel, labels = problem
    for arguments in ((kernel, labels, 3, 0.0), (kernel[:5], labels, 3, 0.3), (kernel, labels * 0, 1, 0.3)):
        with pytest.raises(InputError):
            held_out_scores(*arguments)
