import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alc.errors import InputError
from alc.noise.report import measure


def test_measure() -> None:
    report = measure(np.array([0, 0, 0, 2]), np.array([0, 1, 2, 2]), 3)
    assert report.requested is None
    assert report.realised == 0.5
    assert report.confusion.tolist() == [[1, 1, 1], [0, 0, 0], [0, 0, 1]]
    np.testing.assert_allclose(report.per_class, [2 / 3, np.nan, 0])
    assert (report.num_labels, report.num_wrong) == (4, 2)


def test_report_as_json_and_text() -> None:
    report = measure(np.array([0, 0, 2]), np.array([0, 1, 2]), 3, requested=0.1538)
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False)) == {
        "requested": 0.1538,
        "realised": 1 / 3,
        "wrong": 1,
        "labels": 3,
        "per_class": [0.5, None, 0.0],
        "confusion": [[1, 1, 0], [0, 0, 0], [0, 0, 1]],
    }
    assert report.summary() == "noise: requested 15.38 %, realised 33.33 % (1 of 3 labels)"
    without = measure(np.array([0, 1]), np.array([0, 1]), 2)
    assert without.summary() == "noise: realised 0.00 % (0 of 2 labels)"


def test_measure_matches_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, confusion_matrix, recall_score

    rng = np.random.default_rng(0)
    reference, observed = rng.integers(6, size=500), rng.integers(6, size=500)
    report = measure(reference, observed, 6)
    assert report.confusion.tolist() == confusion_matrix(reference, observed).tolist()
    assert report.realised == pytest.approx(1 - accuracy_score(reference, observed))
    np.testing.assert_allclose(report.per_class, 1 - recall_score(reference, observed, average=None))


@given(st.data())
def test_measure_property_sums(data: st.DataObject) -> None:
    num_classes = data.draw(st.integers(2, 6))
    num_samples = data.draw(st.integers(1, 40))
    labels = arrays(np.int64, num_samples, elements=st.integers(0, num_classes - 1))
    reference, observed = data.draw(labels), data.draw(labels)
    report = measure(reference, observed, num_classes)
    assert report.confusion.sum(axis=1).tolist() == np.bincount(reference, minlength=num_classes).tolist()
    assert report.confusion.sum(axis=0).tolist() == np.bincount(observed, minlength=num_classes).tolist()
    assert report.num_wrong == (reference != observed).sum()
    assert report.realised == report.num_wrong / num_samples


def test_measure_refuses() -> None:
    with pytest.raises(InputError, match="2 observed labels stand beside 3 reference"):
        measure(np.array([0, 1, 1]), np.array([0, 1]), 2)
    with pytest.raises(InputError, match="observed labels: row 1 holds 2"):
        measure(np.array([0, 1]), np.array([0, 2]), 2)
