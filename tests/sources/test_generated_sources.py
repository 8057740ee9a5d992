import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.errors import InputError
from alc.labels import normalised_entropy
from alc.sources.dataset import ImageDataset
from alc.sources.digits import DigitsSource, knn_confusion
from alc.sources.split import random_subset, stratified_holdout
from alc.sources.synthetic import SyntheticSource


def distribution(data: ImageDataset) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    assert data.distribution is not None
    return np.asarray(data.distribution, dtype=np.float64).reshape(len(data), data.num_classes)


def test_digits() -> None:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    data = DigitsSource().load(0)
    assert data.test_images is not None
    assert data.test_labels is not None
    assert (len(data), len(data.test_images), data.num_classes) == (1438, 359, 10)
    ids = data.samples.sample_id
    np.testing.assert_array_equal(data.samples.reference, bunch.target[ids])
    np.testing.assert_array_equal(data.samples.given, bunch.target[ids])
    np.testing.assert_allclose(data.images.as_array()[..., 0] / 255 * 16, bunch.images[ids], atol=0.04)
    held = np.bincount(data.test_labels, minlength=10) / np.bincount(bunch.target, minlength=10)
    np.testing.assert_allclose(held, 0.2, atol=0.003)
    assert len(set(ids.tolist())) == len(ids)
    assert DigitsSource().digests() == {}


def test_digits_follow_the_split_seed_alone() -> None:
    first, again, other = (DigitsSource().load(seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.samples.sample_id, again.samples.sample_id)
    np.testing.assert_array_equal(distribution(first), distribution(again))
    assert not np.array_equal(first.samples.sample_id, other.samples.sample_id)


def test_digit_annotators_are_right_as_often_as_said() -> None:
    for accuracy in (0.95, 0.9):
        data = DigitsSource(annotator_accuracy=accuracy).load(0)
        q, true = distribution(data), data.samples.given
        assert q[np.arange(len(q)), true].mean() == pytest.approx(accuracy)
        assert (q.argmax(axis=1) == true).all()
        assert (q[true == 8][0] == q[true == 8]).all()
        eight_as_one, zero_as_one = q[true == 8][0, 1], q[true == 0][0, 1]
        assert eight_as_one > 0.02 > zero_as_one


def test_knn_confusion_matches_brute_force() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(40, 3))
    labels = rng.permutation(np.arange(40) % 4)
    features[:, 0] += 2 * labels
    votes = np.zeros((4, 4))
    for row in range(40):
        distance = ((features - features[row]) ** 2).sum(axis=1)
        distance[row] = np.inf
        for near in np.argsort(distance)[:5]:
            votes[labels[row], labels[near]] += 1 / 5 / 10
    np.fill_diagonal(votes, 0)
    confusion = knn_confusion(features, labels, 5, 0.9)
    off = confusion - np.diag(np.diag(confusion))
    np.testing.assert_allclose(off, votes * 0.1 / votes.sum(axis=1).mean())
    np.testing.assert_allclose(confusion.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("options", "key"),
    [({"annotator_accuracy": 1.5}, "annotator_accuracy"), ({"annotator_accuracy": 0.3}, "annotator_accuracy"),
     ({"neighbours": 0}, "neighbours"), ({"test_fraction": 1.0}, "test_fraction")],
)  # fmt: skip
def test_digits_refuse(options: dict[str, float], key: str) -> None:
    with pytest.raises(InputError, match=f"data.{key}"):
        DigitsSource(**options).load(0)  # type: ignore[arg-type]  # int or float by field


def test_annotators_who_never_err() -> None:
    q = distribution(DigitsSource(annotator_accuracy=1.0).load(0))
    assert (q.max(axis=1) == 1).all()


@settings(max_examples=30)
@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=6), fraction=st.floats(0.01, 0.99), seed=st.integers(0, 9)
)
def test_stratified_holdout_property(counts: list[int], fraction: float, seed: int) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    kept, held = stratified_holdout(labels, fraction, np.random.default_rng(seed))
    np.testing.assert_array_equal(np.sort(np.concatenate([kept, held])), np.arange(len(labels)))
    for label, count in enumerate(counts):
        assert (labels[held] == label).sum() == min(round(fraction * count), count - 1)


def test_random_subset() -> None:
    rows = random_subset(10, 4, np.random.default_rng(0), "data.subset")
    assert len(set(rows.tolist())) == 4
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(random_subset(3, None, np.random.default_rng(0), "data.subset"), [0, 1, 2])
    for size in (0, 11, True):
        with pytest.raises(InputError, match=r"data.subset is"):
            random_subset(10, size, np.random.default_rng(0), "data.subset")


def test_synthetic() -> None:
    source = SyntheticSource(samples=100, classes=4, size=12, test_samples=20, ambiguous=0.2)
    data, again, other = source.load(3), source.load(3), source.load(4)
    assert data.images.as_array().shape == (100, 12, 12, 3)
    np.testing.assert_array_equal(data.images.as_array(), again.images.as_array())
    assert not np.array_equal(data.images.as_array(), other.images.as_array())
    q = distribution(data)
    np.testing.assert_array_equal(q.argmax(axis=1), data.samples.reference)
    assert (normalised_entropy(q) > 0.30).sum() == 20
    assert np.bincount(data.samples.given).tolist() == [25] * 4
    assert source.digests() == {}


def test_synthetic_classes_are_separable() -> None:
    from sklearn.neighbors import KNeighborsClassifier

    data = SyntheticSource(ambiguous=0.0).load(0)
    assert data.test_images is not None
    model = KNeighborsClassifier(5).fit(data.images.as_array().reshape(len(data), -1), data.samples.given)
    assert model.score(data.test_images.as_array().reshape(len(data.test_images), -1), data.test_labels) > 0.95


@pytest.mark.parametrize("options", [{"classes": 1}, {"samples": 2}, {"size": 2}, {"ambiguous": 1.2}])
def test_synthetic_refuses(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"data."):
        SyntheticSource(**options)  # type: ignore[arg-type]  # int or float by field
