"""Metrics of two classes against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from alc.errors import InputError
from alc.metrics.two_classes import TWO_CLASS_METRICS, two_class_metrics, two_class_table


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 40))
def test_as_scikit_learn(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 3 == 0).astype(np.int64)
    positive = rng.integers(0, 21, count) / 20  # with ties
    probs = np.stack([1 - positive, positive], axis=1)
    said = probs.argmax(axis=1)
    expected = {
        "auroc": metrics.roc_auc_score(labels, positive),
        "average_precision": metrics.average_precision_score(labels, positive),
        "f1": metrics.f1_score(labels, said, zero_division=0.0),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, said),
        "sensitivity": metrics.recall_score(labels, said),
        "specificity": metrics.recall_score(labels, said, pos_label=0),
    }
    assert two_class_metrics(labels, probs) == pytest.approx(expected)


def test_one_class_alone_leaves_metrics_undefined() -> None:
    scores = two_class_metrics(np.zeros(3, dtype=np.int64), np.array([[0.9, 0.1]] * 3))
    assert scores["f1"] == 0
    assert scores["specificity"] == 1
    assert np.isnan([scores["auroc"], scores["average_precision"], scores["sensitivity"]]).all()


def test_table() -> None:
    probs = np.array([[0.9, 0.1], [0.2, 0.8]])
    table = two_class_table(np.array([0, 1]), {"before": probs[::-1], "after": probs}, ["Normal", "Opacity"])
    assert table["metric"].tolist() == list(TWO_CLASS_METRICS)
    assert table["after"].tolist() == [1.0] * 6
    assert table["before"].tolist() == [0, 0.5, 0, 0, 0, 0]
    assert set(table["positive"]) == {"Opacity"}


def test_three_classes_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(n, 2\)"):
        two_class_metrics(np.array([0, 1]), np.full((2, 3), 1 / 3))
