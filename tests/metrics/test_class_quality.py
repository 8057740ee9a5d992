"""Label quality by class against scikit-learn's recall and precision, and the paper's Table 3."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_score, recall_score

from alc.errors import InputError
from alc.metrics.class_quality import class_quality, class_quality_table, sensitivity_and_specificity


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(2, 4))
def test_recall_and_precision_of_labels(seed: int, count: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    labels, reference = rng.integers(0, classes, (2, count))
    quality = class_quality(labels, reference, classes)
    options = {"labels": range(classes), "average": None, "zero_division": np.nan}
    np.testing.assert_allclose(1 - quality.wrong_by_true, recall_score(reference, labels, **options))
    np.testing.assert_allclose(1 - quality.wrong_by_given, precision_score(reference, labels, **options))


def test_of_noisy_cxr() -> None:
    reference = np.repeat([1, 0, 1, 0], [3956, 1296, 2056, 19376])
    labels = np.repeat([1, 1, 0, 0], [3956, 1296, 2056, 19376])
    assert sensitivity_and_specificity(labels, reference) == pytest.approx((3956 / 6012, 19376 / 20672))
    table = class_quality_table(labels, reference, ["Normal", "Opacity"])
    assert table["true"].tolist() == [20672, 6012]
    assert table["wrong_by_true"].round(3).tolist() == [0.063, 0.342]
    assert table["wrong_by_given"].round(3).tolist() == [0.096, 0.247]


def test_as_many_references() -> None:
    with pytest.raises(InputError, match="3 labels and 2 reference"):
        class_quality(np.zeros(3, dtype=np.int64), np.zeros(2, dtype=np.int64), 2)
