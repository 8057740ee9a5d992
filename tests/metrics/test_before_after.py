import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from alc.errors import InputError
from alc.metrics.before_after import accuracy_by_class, changes


def test_accuracy_by_class_matches_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels, guesses = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    table = accuracy_by_class(labels, {"after": guesses}, ["a", "b", "c", "d", "empty"])
    assert table["class"].tolist() == ["all", "a", "b", "c", "d", "empty"]
    assert table["after"].iloc[0] == pytest.approx(accuracy_score(labels, guesses))
    confusion = confusion_matrix(labels, guesses)
    assert table["after_correct"].tolist() == [confusion.trace(), *confusion.diagonal(), 0]
    assert table["images"].tolist() == [200, *confusion.sum(axis=1), 0]
    np.testing.assert_allclose(table["after"].iloc[1:5], confusion.diagonal() / confusion.sum(axis=1))
    assert np.isnan(table["after"].iloc[5])


def test_changes_add_up_to_the_difference() -> None:
    rng = np.random.default_rng(1)
    labels, before, after = (rng.integers(0, 3, 100) for _ in range(3))
    made = changes(labels, before, after)
    assert made["became_right"] - made["became_wrong"] == (after == labels).sum() - (before == labels).sum()


def test_predictions_of_other_images_are_refused() -> None:
    with pytest.raises(InputError, match="before: predictions of 2 test images, labels of 3"):
        accuracy_by_class(np.zeros(3, dtype=int), {"before": np.zeros(2, dtype=int)}, ["a", "b"])
