import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, top_k_accuracy_score

from alc.metrics.predictions import METRICS, accuracy, log_likelihood, top_2_accuracy


def test_by_hand() -> None:
    probs = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.4, 0.2, 0.4]])
    labels = np.array([0, 1, 2, 2])
    assert accuracy(probs, labels).tolist() == [1, 0, 0, 0]  # of equally likely classes the lowest is predicted
    assert top_2_accuracy(probs, labels).tolist() == [1, 1, 0, 1]
    np.testing.assert_allclose(log_likelihood(probs, labels), np.log([0.5, 0.3, 0.2, 0.4]) / np.log(3))
    assert np.isfinite(log_likelihood(np.array([[0.0, 1.0]]), np.array([0]))).all()


def test_metrics_match_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    probs, labels = rng.dirichlet(np.ones(5), 200), rng.integers(0, 5, 200)
    assert set(METRICS) == {"accuracy", "top_2_accuracy", "log_likelihood"}
    assert accuracy(probs, labels).mean() == pytest.approx(accuracy_score(labels, probs.argmax(axis=1)))
    top = top_k_accuracy_score(labels, probs, k=2, labels=np.arange(5))
    assert top_2_accuracy(probs, labels).mean() == pytest.approx(top)
    loss = log_loss(labels, probs, labels=np.arange(5))
    assert log_likelihood(probs, labels).mean() == pytest.approx(-loss / np.log(5))
