"""The confident joint: by hand, against the definition in a loop, and against cleanlab."""

import numpy as np
import pytest
from cleanlab.count import estimate_joint
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.metrics import confident_joint as joint_module
from alc.metrics.confident_joint import confident_joint, confident_noise_rate


def problem(seed: int, num_samples: int, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, num_classes, num_samples)
    labels = np.where(rng.random(num_samples) < 0.25, rng.integers(0, num_classes, num_samples), truth)
    labels[:num_classes] = np.arange(num_classes)
    logits = rng.normal(size=(num_samples, num_classes)) + 3 * np.eye(num_classes)[truth]
    probs = np.exp(logits)
    return probs / probs.sum(axis=1, keepdims=True), labels


@given(st.integers(0, 1000), st.integers(10, 60), st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_it_is_the_definition(seed: int, num_samples: int, num_classes: int) -> None:
    probs, labels = problem(seed, num_samples, num_classes)
    threshold = [probs[labels == c, c].mean() for c in range(num_classes)]
    counts = np.zeros((num_classes, num_classes))
    for row, label in zip(probs, labels, strict=True):
        confident = [c for c in range(num_classes) if row[c] >= threshold[c] - 1e-6]
        if confident:
            counts[label, max(confident, key=lambda c: row[c])] += 1
    for c in range(num_classes):
        counts[c, c] = max(counts[c, c], 1)
        counts[c] *= (labels == c).sum() / counts[c].sum()
    joint = confident_joint(probs, labels)
    np.testing.assert_allclose(joint, counts / counts.sum(), atol=1e-12)
    assert joint.sum() == pytest.approx(1)
    assert confident_noise_rate(probs, labels) == pytest.approx(1 - np.trace(joint))


def test_it_is_nearly_cleanlabs() -> None:
    probs, labels = problem(0, 2000, 4)
    np.testing.assert_allclose(confident_joint(probs, labels), estimate_joint(labels, probs), atol=0.01)
    assert confident_noise_rate(probs, labels) == pytest.approx(0.25 * 3 / 4, abs=0.04)


def test_a_class_that_nobody_was_given() -> None:
    probs = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.7, 0.2, 0.1]])
    joint = confident_joint(probs, np.array([0, 1, 1]))
    assert np.isfinite(joint).all()
    assert not joint[2].any()
    assert not joint[:, 2].any()


def test_blocks_of_rows_count_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    probs, labels = problem(0, 200, 4)
    at_once = confident_joint(probs, labels)
    monkeypatch.setattr(joint_module, "BLOCK_ELEMENTS", 28)
    np.testing.assert_array_equal(confident_joint(probs, labels), at_once)
