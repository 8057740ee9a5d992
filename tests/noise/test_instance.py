"""Instance-dependent noise: rates, rows and labels against a loop that follows the description step by step."""

import math
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import truncnorm

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.features import Features
from alc.noise import InstanceDependent, NoiseModel
from alc.noise.instance import Normalise, flip_rates, instance_rows
from alc.seeding import stream


def problem(num_samples: int = 300, dim: int = 6, num_classes: int = 5) -> tuple[FloatArray, IntArray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(num_samples, dim)).astype(np.float32), rng.integers(num_classes, size=num_samples)


def saved(path: Path, values: FloatArray, ids: IntArray | None = None) -> str:
    Features(values, np.arange(len(values)) if ids is None else ids).save(path)
    return str(path)


def loop(values: FloatArray, labels: IntArray, num_classes: int, rate: float, std: float, seed: int) -> IntArray:
    """Sample by sample, with the same random numbers."""
    rng = stream(seed, "noise")
    first = rng.random(len(labels))
    projection = rng.standard_normal((num_classes, values.shape[1], num_classes), dtype=np.float32)
    last = rng.random(len(labels))
    observed = []
    for i, y in enumerate(labels):
        flip = truncnorm.ppf(first[i], -rate / std, (1 - rate) / std, loc=rate, scale=std)
        a = [
            math.exp(float(values[i].astype(float) @ projection[y][:, c])) if c != y else 0.0
            for c in range(num_classes)
        ]
        row = [flip * each / sum(a) for each in a]
        row[y] = 1 - flip
        observed.append(int(np.searchsorted(np.cumsum(row), last[i], side="right")))
    return np.array(observed)


def test_instance_rows() -> None:
    """One feature of 0: every wrong class is as likely; a huge one: the softmax picks one."""
    rates = np.array([0.3, 0.6, 0.5])
    labels = np.array([0, 2, 1])
    rows = instance_rows(np.array([[0.0], [0.0], [1e6]]), labels, 3, rates, np.random.default_rng(0))
    np.testing.assert_allclose(rows[:2], [[0.7, 0.15, 0.15], [0.3, 0.3, 0.4]])
    assert rows[2, 1] == 0.5
    assert sorted(rows[2, [0, 2]]) == [0.0, 0.5]


@pytest.mark.parametrize(("rate", "std", "seed"), [(0.4, 0.01, 0), (0.2, 0.1, 1), (0.05, 0.3, 2)])
def test_labels_match_a_loop(tmp_path: Path, rate: float, std: float, seed: int) -> None:
    values, labels = problem()
    file = saved(tmp_path / "features.npz", values)
    observed, report = InstanceDependent(rate, std, file).apply(labels, 5, None, seed)
    np.testing.assert_array_equal(observed, loop(values, labels, 5, rate, std, seed))
    assert report.num_wrong == (observed != labels).sum()


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1), st.one_of(st.just(0.0), st.floats(1e-3, 1.0)), st.integers(0, 1000))
def test_flip_rates_property(rate: float, std: float, seed: int) -> None:
    rates = flip_rates(500, rate, std, np.random.default_rng(seed))
    assert rates.shape == (500,)
    assert ((rates >= 0) & (rates <= 1)).all()
    mean = rate if std == 0 else truncnorm.mean(-rate / std, (1 - rate) / std, loc=rate, scale=std)
    assert abs(rates.mean() - mean) <= 6 * std / math.sqrt(500) + 1e-12


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.integers(1, 5), st.integers(0, 1000))
def test_instance_rows_property(num_classes: int, dim: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, labels, rates = 30 * rng.normal(size=(40, dim)), rng.integers(num_classes, size=40), rng.random(40)
    rows = instance_rows(values, labels, num_classes, rates, rng)
    np.testing.assert_allclose(rows.sum(axis=1), 1)
    np.testing.assert_allclose(rows[np.arange(40), labels], 1 - rates)
    assert rows.min() >= 0


def test_the_realised_rate_is_close_to_the_asked_one(tmp_path: Path) -> None:
    values, labels = problem(5000)
    model: NoiseModel = InstanceDependent(0.4, 0.01, saved(tmp_path / "features.npz", values))
    _, report = model.apply(labels, 5, None, 0)
    assert report.requested == pytest.approx(0.4, abs=0.001)
    assert report.realised == pytest.approx(0.4, abs=4 * math.sqrt(0.24 / 5000))


def test_alike_images_err_alike(tmp_path: Path) -> None:
    """Of copies of one image all errors are to one class when features are large; with length 1 they spread."""
    values = np.tile(100 * problem(1, 40)[0], (2000, 1))
    labels = np.zeros(2000, dtype=int)
    file = saved(tmp_path / "features.npz", values)
    spread = {}
    for normalise in ("none", "l2"):
        observed, report = InstanceDependent(0.4, 0.01, file, normalise).apply(labels, 5, None, 0)
        assert report.realised == pytest.approx(0.4, abs=0.05)
        spread[normalise] = len(np.unique(observed[observed != 0]))
    assert spread["none"] == 1
    assert spread["l2"] == 4


@pytest.mark.parametrize("normalise", ["l2", "standard"])
def test_normalise(tmp_path: Path, normalise: Normalise) -> None:
    """Scaling all features changes nothing then; empty rows and constant columns do no harm."""
    values, labels = problem()
    values[3], values[:, 2] = 0, 0
    observed = [
        InstanceDependent(0.4, 0.01, saved(tmp_path / f"{scale}.npz", values * scale), normalise).apply(
            labels, 5, None, 0
        )[0]
        for scale in (1.0, 64.0)
    ]
    np.testing.assert_array_equal(observed[0], observed[1])
    by_hand = values.astype(float)
    if normalise == "l2":
        by_hand /= np.maximum(np.linalg.norm(by_hand, axis=1, keepdims=True), 1e-30)
    else:
        by_hand = (by_hand - by_hand.mean(axis=0)) / np.maximum(by_hand.std(axis=0), 1e-30)
    np.testing.assert_array_equal(observed[0], loop(by_hand, labels, 5, 0.4, 0.01, 0))


def test_features_are_joined_by_id(tmp_path: Path) -> None:
    values, labels = problem()
    ids = np.random.default_rng(1).permutation(1000)[:300]
    model = InstanceDependent(0.4, 0.01, saved(tmp_path / "features.npz", values, ids))
    in_order = InstanceDependent(0.4, 0.01, saved(tmp_path / "in_order.npz", values))
    np.testing.assert_array_equal(
        model.apply(labels, 5, None, 0, sample_id=ids)[0], in_order.apply(labels, 5, None, 0)[0]
    )
    with pytest.raises(InputError, match="features lack"):
        model.apply(labels, 5, None, 0)


def test_seeds_differ_and_repeat(tmp_path: Path) -> None:
    values, labels = problem()
    model = InstanceDependent(0.4, 0.1, saved(tmp_path / "features.npz", values))
    first = model.apply(labels, 5, None, 0)[0]
    np.testing.assert_array_equal(first, model.apply(labels, 5, None, 0)[0])
    assert (first != model.apply(labels, 5, None, 1)[0]).any()


def test_digests(tmp_path: Path) -> None:
    file = saved(tmp_path / "features.npz", problem()[0])
    assert InstanceDependent(features=file).digests() == {"features.npz": sha256(Path(file).read_bytes()).hexdigest()}
    with pytest.raises(InputError, match=r"none\.npz cannot be read"):
        InstanceDependent(features=str(tmp_path / "none.npz")).digests()


def test_without_features_it_says_how_to_make_them() -> None:
    for attempt in (InstanceDependent().digests, lambda: InstanceDependent().apply(np.array([0, 1]), 2, None, 0)):
        with pytest.raises(InputError, match=r"noise\.features is null.*method\.keep_features=true.*noise\.features="):
            attempt()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 1.2}, r"noise\.rate is 1\.2"),
        ({"std": -0.1}, r"noise\.std is -0\.1"),
        ({"std": "a"}, r"noise\.std is 'a'"),
        ({"std": math.inf}, r"noise\.std is inf"),
        ({"normalise": "l1"}, r"noise\.normalise is 'l1'\. Allowed: none, l2, standard"),
    ],
)
def test_bad_options_are_refused_when_built(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        InstanceDependent(**options)


def test_sets_of_other_sizes_can_share_the_mechanism(tmp_path: Path) -> None:
    """With features this large an image errs towards one class, so wrong labels tell the mechanism."""
    values, labels = problem()
    whole, half = (saved(tmp_path / f"{n}.npz", 1e4 * values[:n]) for n in (300, 150))
    wrong = []
    for file, seed in ((whole, 0), (whole, 1), (half, 2)):
        noise = InstanceDependent(0.5, 0, file, projection_seed=7)
        truth = labels[: len(Features.load(Path(file)))]
        observed, _ = noise.apply(truth, 5, None, seed)
        wrong.append({int(row): int(observed[row]) for row in np.flatnonzero(observed != truth)})
    for other in wrong[1:]:
        both = wrong[0].keys() & other.keys()
        assert len(both) > 20
        assert all(wrong[0][row] == other[row] for row in both)
    elsewhere, _ = InstanceDependent(0.5, 0, whole, projection_seed=8).apply(labels, 5, None, 0)
    both = wrong[0].keys() & set(np.flatnonzero(elsewhere != labels).tolist())
    assert any(wrong[0][row] != elsewhere[row] for row in both)
    with pytest.raises(InputError, match=r"noise\.projection_seed is -1"):
        InstanceDependent(projection_seed=-1)
