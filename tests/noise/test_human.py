import os
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.noise import HumanTemperature, ReleasedHumanTemperature
from alc.noise.human import temperature_scaled


@st.composite
def distributions(draw: st.DrawFn) -> FloatArray:
    """Rows (N, C) from votes, zeros included."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    counts = rng.integers(0, 20, size=(draw(st.integers(1, 20)), draw(st.integers(2, 8))))
    counts[:, 0] += 1
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def test_temperature_scaled() -> None:
    rows = np.array([[0.64, 0.36, 0.0], [0.0, 0.0, 1.0], [1 / 3, 1 / 3, 1 / 3]])
    expected = [[8 / 14, 6 / 14, 0.0], [0.0, 0.0, 1.0], [1 / 3, 1 / 3, 1 / 3]]
    np.testing.assert_allclose(temperature_scaled(rows, 2), expected)
    np.testing.assert_allclose(temperature_scaled(rows, 0.5)[0], np.array([0.64**2, 0.36**2, 0]) / (0.64**2 + 0.36**2))


@pytest.mark.parametrize("temperature", [1e-300, 1e-3, 1e300])
def test_extreme_temperatures_stay_finite(temperature: float) -> None:
    scaled = temperature_scaled(np.array([[0.1, 0.6, 0.3, 0.0]]), temperature)
    limit = [0, 1, 0, 0] if temperature < 1 else [1 / 3, 1 / 3, 1 / 3, 0]
    np.testing.assert_allclose(scaled[0], limit, atol=1e-9)


@given(distributions(), st.floats(0.05, 50), st.floats(0.05, 50))
def test_temperature_scaled_property(rows: FloatArray, one: float, other: float) -> None:
    cold, hot = (temperature_scaled(rows, temperature) for temperature in sorted((one, other)))
    np.testing.assert_allclose(cold.sum(axis=1), 1)
    assert (cold[rows == 0] == 0).all()
    np.testing.assert_allclose(temperature_scaled(rows, 1), rows, atol=1e-15)
    top = rows.argmax(axis=1)
    index = np.arange(len(rows))
    assert (1 - cold[index, top] <= 1 - hot[index, top] + 1e-12).all()  # noise grows with the temperature
    np.testing.assert_allclose(temperature_scaled(temperature_scaled(rows, 2), 3), temperature_scaled(rows, 6))


@settings(max_examples=25)
@given(distributions(), st.floats(0.2, 10), st.integers(0, 100))
def test_human_temperature_property(rows: FloatArray, temperature: float, seed: int) -> None:
    reference = rows.argmax(axis=1)
    model = HumanTemperature(temperature)
    observed, report = model.apply(reference, rows.shape[1], rows, seed)
    again, _ = model.apply(reference, rows.shape[1], rows, seed)
    assert (observed == again).all()
    assert (rows[np.arange(len(rows)), observed] > 0).all()
    expected = 1 - temperature_scaled(rows, temperature)[np.arange(len(rows)), reference].mean()
    assert report.requested == pytest.approx(expected)


def test_human_temperature_frequencies() -> None:
    rows = np.tile([0.5, 0.3, 0.2], (20000, 1))
    observed, report = HumanTemperature(2.0).apply(np.zeros(20000, dtype=int), 3, rows, 0)
    np.testing.assert_allclose(np.bincount(observed) / 20000, temperature_scaled(rows[:1], 2.0)[0], atol=0.015)
    assert report.requested is not None
    assert report.realised == pytest.approx(report.requested, abs=0.015)


@pytest.mark.parametrize("temperature", [0.5, 1, 2, 10])
def test_released_human_temperature_matches_numpy_legacy_choice(temperature: float) -> None:
    rng = np.random.default_rng(0)
    counts = rng.multinomial(50, rng.dirichlet(np.full(10, 0.2), size=400).mean(axis=0), size=400)
    rows = LabelCounts(counts).distribution
    observed, _ = ReleasedHumanTemperature(temperature).apply(rows.argmax(axis=1), 10, rows, 1234)
    legacy = np.random.RandomState(1234)
    powers = rows ** (1 / temperature)
    powers /= powers.sum(axis=1, keepdims=True)
    assert observed.tolist() == [int(legacy.choice(10, p=row)) for row in powers]


def test_released_human_temperature_refuses_other_seeds() -> None:
    with pytest.raises(InputError, match=r"seeds\.noise=0.*data=cifar10h_paper.*Type seeds\.noise=1234"):
        ReleasedHumanTemperature(2.0).apply(np.array([0]), 2, np.array([[0.5, 0.5]]), 0)


@pytest.mark.parametrize("model", [HumanTemperature(2.0), ReleasedHumanTemperature(2.0)])
def test_human_noise_needs_human_counts(model: HumanTemperature | ReleasedHumanTemperature) -> None:
    with pytest.raises(InputError, match="data=cifar10h, data=cifar10h_paper"):
        model.apply(np.array([0, 1]), 2, None, 1234)
    with pytest.raises(InputError, match="3 rows for 2 labels"):
        model.apply(np.array([0, 1]), 2, np.full((3, 2), 0.5), 1234)
    assert model.digests() == {}


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan"), float("inf"), "hot", True])
def test_temperature_out_of_range(temperature: float) -> None:
    for make in (HumanTemperature, ReleasedHumanTemperature):
        with pytest.raises(InputError, match="temperature is"):
            make(temperature)
    with pytest.raises(InputError, match="temperature is"):
        temperature_scaled(np.array([[0.5, 0.5]]), temperature)


def released_subset(counts: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """Ids and counts of the released subset: all ambiguous images, filled up at random, shuffled; one legacy stream."""
    rng = np.random.RandomState(1234)
    ambiguous = np.flatnonzero(LabelCounts(counts).is_ambiguous())
    rest = np.setdiff1d(np.arange(len(counts)), ambiguous)
    ids = np.concatenate([ambiguous, rng.choice(rest, size - len(ambiguous), replace=False)])
    rng.shuffle(ids)
    return ids, counts[ids]


@pytest.mark.reproduction
@pytest.mark.parametrize(("temperature", "wrong"), [(1, 294), (2, 769), (10, 1485)])
def test_released_labels_of_cifar10h(temperature: float, wrong: int) -> None:
    counts = np.load(Path(os.environ["ALC_DATA_ROOT"]) / "cifar10h-counts.npy")
    ids, subset = released_subset(counts, 5000)
    assert ids[:5].tolist() == [8117, 7512, 6351, 6584, 4065]
    labels = LabelCounts(subset)
    observed, report = ReleasedHumanTemperature(temperature).apply(labels.majority, 10, labels.distribution, 1234)
    assert report.num_wrong == wrong
    if temperature == 2:
        assert report.summary().endswith("realised 15.38 % (769 of 5000 labels)")
        assert observed[:10].tolist() == [8, 9, 0, 5, 5, 1, 9, 1, 7, 7]
        assert sha256(observed.astype(np.int64).tobytes()).hexdigest().startswith("af6387cbcde0d4a6")
