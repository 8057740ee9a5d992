import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.noise.corrupt import corrupt, draw_observed
from alc.noise.transition import pair_flip, symmetric


@st.composite
def problems(draw: st.DrawFn) -> tuple[IntArray, FloatArray, int]:
    """Labels, a row-stochastic matrix with some zeros, and a seed; classes may be empty or tiny."""
    num_classes = draw(st.integers(2, 7))
    num_samples = draw(st.integers(1, 300))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    matrix = rng.random((num_classes, num_classes)) ** 3 * (rng.random((num_classes, num_classes)) < 0.7)
    matrix += np.diag(rng.random(num_classes) + 1e-3)
    labels = rng.choice(num_classes, size=num_samples, p=rng.dirichlet(np.ones(num_classes)))
    return labels, matrix / matrix.sum(axis=1, keepdims=True), seed


def test_corrupt_meets_the_asked_count() -> None:
    labels = np.repeat(np.arange(10), 50)
    observed, report = corrupt(labels, symmetric(10, 0.36), np.random.default_rng(0))
    assert report.requested == 0.36
    assert report.realised == 0.36
    assert (report.confusion == np.where(np.eye(10, dtype=bool), 32, 2)).all()
    assert (observed != labels).sum() == 180


def test_corrupt_rounds_the_total_once() -> None:
    labels = np.repeat(np.arange(10), 4)  # 0.8 flips per class: rounding class by class would make 10 of 40
    _, report = corrupt(labels, symmetric(10, 0.2), np.random.default_rng(0))
    assert report.num_wrong == 8
    assert report.summary() == "noise: requested 20.0 %, realised 20.00 % (8 of 40 labels)"


def test_corrupt_reports_the_rate_over_all_labels() -> None:
    labels = np.array([0] * 30 + [1] * 10)
    _, report = corrupt(labels, np.array([[0.9, 0.1], [0.5, 0.5]]), np.random.default_rng(0))
    assert report.requested == 0.2
    assert report.confusion.tolist() == [[27, 3], [5, 5]]


@settings(max_examples=50)
@given(problems())
def test_corrupt_property_exact_within_one_flip_per_class(problem: tuple[IntArray, FloatArray, int]) -> None:
    labels, transition, seed = problem
    before = labels.copy()
    observed, report = corrupt(labels, transition, np.random.default_rng(seed))
    members = np.bincount(labels, minlength=len(transition))
    asked = members * (1 - transition.diagonal())
    flips = members - report.confusion.diagonal()
    assert (np.abs(flips - asked) < 1 + 1e-9).all()
    assert abs(flips.sum() - asked.sum()) <= 0.5 + 1e-9
    share = transition * (1 - np.eye(len(transition))) / np.maximum(1 - transition.diagonal(), 1e-12)[:, None]
    off = report.confusion * (1 - np.eye(len(transition), dtype=int))
    assert (np.abs(off - flips[:, None] * share) < 1 + 1e-9).all()
    assert (report.confusion[(transition == 0)] == 0).all()
    assert report.confusion.sum(axis=1).tolist() == members.tolist()
    assert report.requested == pytest.approx(asked.sum() / len(labels))
    assert report.realised == (observed != labels).mean()
    assert observed.dtype == np.int64
    assert (labels == before).all()


@settings(max_examples=25)
@given(problems())
def test_corrupt_property_counts_do_not_depend_on_sample_order(problem: tuple[IntArray, FloatArray, int]) -> None:
    labels, transition, seed = problem
    shuffled = np.random.default_rng(seed + 1).permutation(labels)
    _, one = corrupt(labels, transition, np.random.default_rng(seed))
    _, other = corrupt(shuffled, transition, np.random.default_rng(seed))
    assert one.confusion.tolist() == other.confusion.tolist()


@pytest.mark.parametrize("exact", [True, False])
def test_every_position_flips_equally_often(exact: bool) -> None:
    labels = np.array([0] * 12 + [1] * 12 + [0, 1] * 6)
    rng = np.random.default_rng(0)
    flips = np.mean([corrupt(labels, symmetric(2, 0.25), rng, exact=exact)[0] != labels for _ in range(1000)], axis=0)
    # Standard deviation 0.0137 at each of 36 positions: 4.5 of them.
    assert np.abs(flips - 0.25).max() < 0.062


def test_equal_remainders_win_equally_often() -> None:
    rng = np.random.default_rng(0)
    wins = sum(corrupt(np.zeros(10, dtype=int), symmetric(6, 0.2), rng)[1].confusion[0] for _ in range(1000))
    assert (wins[0], wins.sum()) == (8000, 10000)
    assert np.abs(wins[1:] - 400).max() < 100  # standard deviation 15.5


@pytest.mark.parametrize("exact", [True, False])
def test_seed_zero_is_honoured(exact: bool) -> None:
    labels = np.arange(1000) % 10
    first, again, other = (
        corrupt(labels, symmetric(10, 0.4), np.random.default_rng(seed), exact=exact)[0] for seed in (0, 0, 1)
    )
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("exact", [True, False])
def test_rates_zero_and_one(exact: bool) -> None:
    labels = np.arange(90) % 3
    rng = np.random.default_rng(0)
    assert (corrupt(labels, np.eye(3), rng, exact=exact)[0] == labels).all()
    assert (corrupt(labels, pair_flip(3, 1.0), rng, exact=exact)[0] == (labels + 1) % 3).all()


def test_corrupt_in_expectation() -> None:
    labels = np.arange(20000) % 4
    transition = np.array([[0.7, 0.3, 0, 0], [0, 1, 0, 0], [0.1, 0.1, 0.6, 0.2], [0.25, 0.25, 0.25, 0.25]])
    observed, report = corrupt(labels, transition, np.random.default_rng(0), exact=False)
    np.testing.assert_allclose(report.confusion / 5000, transition, atol=0.03)
    assert (report.confusion[transition == 0] == 0).all()
    # The same draws, given as one row per sample.
    per_sample, again = corrupt(labels, transition[labels], np.random.default_rng(0), exact=False)
    assert (per_sample == observed).all()
    assert again.requested == pytest.approx(report.requested)


def test_draw_observed_matches_a_loop() -> None:
    rng = np.random.default_rng(0)
    rows, uniform = rng.dirichlet(np.ones(4), size=200), rng.random(200)
    observed, report = draw_observed(rows.argmax(axis=1), rows, uniform)
    assert observed.tolist() == [int(np.searchsorted(np.cumsum(row), u)) for row, u in zip(rows, uniform, strict=True)]
    assert report.requested == pytest.approx(1 - rows.max(axis=1).mean())


def test_corrupt_refuses() -> None:
    rng = np.random.default_rng(0)
    labels = np.array([0, 1, 1])
    with pytest.raises(InputError, match="exact=false"):
        corrupt(labels, np.full((3, 2), 0.5), rng)
    with pytest.raises(InputError, match="4 rows for 3 labels"):
        corrupt(labels, np.full((4, 2), 0.5), rng, exact=False)
    with pytest.raises(InputError, match=r"label distribution: row 1 is .*1\.5"):
        corrupt(labels, np.array([[0.5, 0.5], [1.5, 0.5], [1, 0]]), rng, exact=False)
    with pytest.raises(InputError, match="row 2 holds 2"):
        corrupt(np.array([0, 1, 2]), np.eye(2), rng)
    with pytest.raises(InputError, match=r"shape \(2, 2, 2\)"):
        corrupt(labels, np.ones((2, 2, 2)), rng)
