"""Cross-fitted neighbours: scikit-learn's without the prior, and never a vote for oneself."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from alc.errors import InputError
from alc.features import Features
from alc.folds import assign_folds
from alc.knn_posteriors import knn_posteriors

RNG = np.random.default_rng(0)
LABELS = np.arange(120) % 3
VALUES = RNG.normal(size=(120, 6)) + 2 * np.eye(6)[LABELS]
FEATURES = Features(VALUES, np.arange(120) + 5, "net")


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("k", [1, 7, 96])
def test_it_is_scikit_learns(k: int) -> None:
    made = knn_posteriors(FEATURES, LABELS, k, 5, rng(), num_classes=3, prior=0.0)
    fold = assign_folds(LABELS, 5, rng())
    expected = np.empty((120, 3))
    for held_out in range(5):
        model = KNeighborsClassifier(k, metric="cosine", algorithm="brute")
        model.fit(FEATURES.values[fold != held_out], LABELS[fold != held_out])
        expected[fold == held_out] = model.predict_proba(FEATURES.values[fold == held_out])
    np.testing.assert_allclose(made.probs[0], expected, atol=1e-6)
    assert made.protocol == "cross_fit"
    np.testing.assert_array_equal(made.sample_id, FEATURES.sample_id)


def test_the_prior_is_votes_of_the_class_frequencies() -> None:
    bare = knn_posteriors(FEATURES, LABELS, 8, 4, rng(), num_classes=3, prior=0.0).mean
    mixed = knn_posteriors(FEATURES, LABELS, 8, 4, rng(), num_classes=3, prior=2.0).mean
    np.testing.assert_allclose(mixed, (8 * bare + 2 / 3) / 10, atol=1e-6)


def test_no_label_counts_for_itself() -> None:
    before = knn_posteriors(FEATURES, LABELS, 5, 120, rng(), num_classes=3, prior=0.0).mean
    twins = Features(np.repeat(VALUES[:60], 2, axis=0), np.arange(120))
    grouped = knn_posteriors(
        twins, np.arange(120) % 2, 1, 4, rng(), num_classes=2, prior=0.0, group=np.arange(120) // 2
    )
    assert before.argmax(axis=1).tolist() != LABELS.tolist()
    assert grouped.details["grouped"]
    ungrouped = knn_posteriors(twins, np.arange(120) % 2, 1, 120, rng(), num_classes=2, prior=0.0)
    assert (ungrouped.mean.argmax(axis=1) != np.arange(120) % 2).all()  # the twin has the other label
    assert (grouped.mean.argmax(axis=1) == np.arange(120) % 2).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 0}, "k is 0"),
        ({"k": 97}, "97 nearest neighbours .* Allowed: 1 to 96"),
        ({"folds": 1}, "1 folds"),
        ({"prior": -1.0}, "prior is -1.0"),
        ({"labels": LABELS[:5]}, "5 labels and 120 features"),
    ],
)
def test_what_is_refused(change: dict[str, object], message: str) -> None:
    values: dict[str, object] = {"labels": LABELS, "k": 5, "folds": 5, "prior": 1.0, **change}
    with pytest.raises(InputError, match=message):
        knn_posteriors(FEATURES, rng=rng(), num_classes=3, **values)  # type: ignore[arg-type]  # wrong on purpose
