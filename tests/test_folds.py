import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.arrays import IntArray
from alc.errors import InputError
from alc.folds import assign_folds


def table(fold: IntArray, labels: IntArray, num_folds: int) -> IntArray:
    """Samples per fold and class (K, C)."""
    counts = np.zeros((num_folds, int(labels.max()) + 1), dtype=np.int64)
    np.add.at(counts, (fold, labels), 1)
    return counts


def test_assign_folds() -> None:
    labels = np.array([0] * 10 + [1] * 5 + [2] * 2)
    fold = assign_folds(labels, 5, np.random.default_rng(0))
    counts = table(fold, labels, 5)
    assert fold.dtype == np.int64
    assert (counts[:, :2] == [2, 1]).all()
    assert sorted(counts[:, 2].tolist()) == [0, 0, 0, 1, 1]


def test_assign_folds_keeps_groups_whole() -> None:
    group = np.array(["a", "a", "b", "b", "c", "d", "d", "c"])
    fold = assign_folds(np.array([0, 1, 0, 1, 0, 0, 1, 1]), 2, np.random.default_rng(0), group)
    assert all(len(np.unique(fold[group == name])) == 1 for name in "abcd")
    assert table(fold, np.array([0, 1, 0, 1, 0, 0, 1, 1]), 2).tolist() == [[2, 2], [2, 2]]


@settings(max_examples=40)
@given(st.data())
def test_assign_folds_property(data: st.DataObject) -> None:
    num_samples = data.draw(st.integers(2, 120))
    num_folds = data.draw(st.integers(2, min(8, num_samples)))
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    labels = rng.integers(data.draw(st.integers(1, 130)), size=num_samples)  # most classes smaller than K included
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fold = assign_folds(labels, num_folds, np.random.default_rng(seed))
    counts = table(fold, labels, num_folds)
    assert np.ptp(counts, axis=0).max() <= 1
    assert np.ptp(counts.sum(axis=1)) <= 1
    assert (fold == assign_folds(labels, num_folds, np.random.default_rng(seed))).all()
    shuffled = rng.permutation(num_samples)
    other = assign_folds(labels[shuffled], num_folds, np.random.default_rng(seed))
    assert table(other, labels[shuffled], num_folds).tolist() == counts.tolist()


@settings(max_examples=40)
@given(st.data())
def test_assign_folds_property_groups(data: st.DataObject) -> None:
    num_samples = data.draw(st.integers(4, 120))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    group = rng.integers(data.draw(st.integers(2, 60)), size=num_samples)
    group[:2] = 0, 1
    num_folds = data.draw(st.integers(2, min(6, len(np.unique(group)))))
    labels = rng.integers(5, size=num_samples)
    fold = assign_folds(labels, num_folds, rng, group)
    assert len({(int(g), int(f)) for g, f in zip(group, fold, strict=True)}) == len(np.unique(group))
    assert len(np.unique(fold)) == num_folds


def test_assign_folds_matches_scikit_learn_stratified() -> None:
    from sklearn.model_selection import StratifiedKFold

    labels = np.random.default_rng(0).choice(4, size=403, p=[0.6, 0.25, 0.1, 0.05])
    theirs = np.empty_like(labels)
    for index, (_, test) in enumerate(StratifiedKFold(5, shuffle=True, random_state=0).split(labels, labels)):
        theirs[test] = index
    ours = table(assign_folds(labels, 5, np.random.default_rng(0)), labels, 5)
    for column, other in zip(ours.T, table(theirs, labels, 5).T, strict=True):
        assert sorted(column) == sorted(other)


def test_assign_folds_balances_groups_like_scikit_learn() -> None:
    from sklearn.model_selection import StratifiedGroupKFold

    worst = {"ours": 0.0, "theirs": 0.0}
    for seed in range(5):
        rng = np.random.default_rng(seed)
        group = rng.zipf(1.8, size=600) % 80
        labels = (rng.random(600) < 0.15 + 0.5 * (group % 3 == 0)).astype(np.int64)
        theirs = np.empty_like(labels)
        split = StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(labels, labels, group)
        for index, (_, test) in enumerate(split):
            theirs[test] = index
        ours = assign_folds(labels, 5, np.random.default_rng(seed), group)
        for name, fold in (("ours", ours), ("theirs", theirs)):
            counts = table(fold, labels, 5)
            worst[name] += float((counts / counts.sum(axis=0)).std(axis=0).mean())
    assert worst["ours"] <= worst["theirs"] * 1.05


def test_one_group_per_sample_is_no_group() -> None:
    labels = np.arange(60) % 3
    alone = assign_folds(labels, 4, np.random.default_rng(0), np.array([f"p{i}" for i in range(60)], dtype=object))
    assert (alone == assign_folds(labels, 4, np.random.default_rng(0))).all()


def test_every_position_reaches_every_fold() -> None:
    rng = np.random.default_rng(0)
    labels = np.array([0, 0, 0, 1, 1, 1, 1])
    hits = sum(np.eye(3)[assign_folds(labels, 3, rng)] for _ in range(1200))
    assert np.abs(np.asarray(hits) - 400).max() < 75  # standard deviation 16


@pytest.mark.parametrize("num_folds", [1, 0, -2, 2.5, True])
def test_too_few_folds(num_folds: int) -> None:
    with pytest.raises(InputError, match=f"{num_folds!r} folds"):
        assign_folds(np.arange(10), num_folds, np.random.default_rng(0))


def test_assign_folds_refuses() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="6 folds are asked for 5 samples"):
        assign_folds(np.zeros(5, dtype=int), 6, rng)
    with pytest.raises(InputError, match="3 folds are asked for 2 groups"):
        assign_folds(np.zeros(5, dtype=int), 3, rng, np.array([0, 0, 1, 1, 1]))
    with pytest.raises(InputError, match=r"groups have shape \(4,\)"):
        assign_folds(np.zeros(5, dtype=int), 2, rng, np.arange(4))
    with pytest.raises(InputError, match="labels have shape"):
        assign_folds(np.zeros((5, 2), dtype=int), 2, rng)
    for absent in (None, float("nan"), ""):
        with pytest.raises(InputError, match="group of row 1 is missing"):
            assign_folds(np.zeros(3, dtype=int), 2, rng, np.array(["a", absent, "b"], dtype=object))
