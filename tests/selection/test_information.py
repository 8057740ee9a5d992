import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.arrays import FloatArray
from alc.labels import normalised_entropy
from alc.selection.information import BLOCK_ELEMENTS, row_blocks, row_cross_entropy, row_entropy, runner_up, surprisal


def table(num_samples: int, num_classes: int, seed: int = 0) -> FloatArray:
    return np.asarray(np.random.default_rng(seed).dirichlet(np.full(num_classes, 0.4), num_samples))


def test_row_entropy() -> None:
    probs = np.array([[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]])
    np.testing.assert_allclose(row_entropy(probs), [0, 0.5, 1], atol=1e-11)


def test_row_cross_entropy_of_several_votes_is_the_mean_over_votes() -> None:
    probs = np.array([[0.5, 0.25, 0.125, 0.125]])  # 1, 2, 3, 3 bits; log C is 2 bits
    np.testing.assert_allclose(row_cross_entropy(np.array([[2, 1, 1, 0]]), probs), [(1 + 1 + 2 + 3) / 4 / 2])
    np.testing.assert_allclose(row_cross_entropy(np.array([[0.5, 0.25, 0.25, 0]]), probs), [(1 + 1 + 2 + 3) / 4 / 2])


def test_zero_probability_costs_the_guard() -> None:
    np.testing.assert_allclose(surprisal(np.array([1]), np.array([[1.0, 0.0]])), [12 * np.log(10) / np.log(2)])


def test_runner_up() -> None:
    probs = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]])
    np.testing.assert_array_equal(runner_up(np.array([0, 1, 0]), probs), [0.3, 0.5, 0.4])


@pytest.mark.parametrize("num_classes", [2, 32, 33, 200])
def test_runner_up_matches_a_sort_without_the_label(num_classes: int) -> None:
    probs = table(300, num_classes)
    label = np.arange(300) % num_classes
    expected = [np.delete(row, own).max() for row, own in zip(probs, label, strict=True)]
    np.testing.assert_array_equal(runner_up(label, probs), expected)


@pytest.mark.parametrize("num_classes", [2, 10, BLOCK_ELEMENTS // 3, BLOCK_ELEMENTS + 1])
def test_blocks_cover_every_row_once(num_classes: int) -> None:
    covered = np.zeros(50_000, dtype=int)
    for rows in row_blocks(len(covered), num_classes):
        covered[rows] += 1
    assert (covered == 1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_measures_match_whole_array_expressions(dtype: type[np.floating]) -> None:
    probs = table(40_000, 7).astype(dtype)  # several blocks and a rest
    votes = np.random.default_rng(1).multinomial(4, np.full(7, 1 / 7), len(probs))
    label = votes.argmax(axis=1)
    logs = np.log(probs + 1e-12)
    others = np.where(np.arange(7) == label[:, None], -1, probs)
    expected = {
        "entropy": -(probs * logs).sum(axis=1) / np.log(7),
        "cross_entropy": -(votes / 4 * logs).sum(axis=1) / np.log(7),
        "surprisal": -logs[np.arange(len(probs)), label] / np.log(7),
        "runner_up": others.max(axis=1),
    }
    measured = {
        "entropy": row_entropy(probs),
        "cross_entropy": row_cross_entropy(votes, probs),
        "surprisal": surprisal(label, probs),
        "runner_up": runner_up(label, probs),
    }
    for name, values in measured.items():
        assert values.dtype == dtype, name
        np.testing.assert_allclose(values, expected[name], rtol=1e-5, atol=1e-6, err_msg=name)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(2, 12), st.integers(0, 10_000))
def test_measures_property(num_samples: int, num_classes: int, seed: int) -> None:
    probs = table(num_samples, num_classes, seed)
    np.testing.assert_allclose(row_entropy(probs), normalised_entropy(probs), atol=1e-10)
    # Gibbs: no distribution explains the votes better than the votes' own
    votes = np.random.default_rng(seed).integers(1, 5, probs.shape)
    own = votes / votes.sum(axis=1, keepdims=True)
    assert (row_cross_entropy(votes, probs) >= row_entropy(own) - 1e-9).all()
    np.testing.assert_allclose(row_cross_entropy(probs, probs), row_entropy(probs), atol=1e-9)


def test_inputs_stay_unchanged_and_views_work() -> None:
    probs = np.asfortranarray(table(100, 5))
    before, label = probs.copy(), np.arange(100) % 5
    surprisal(label, probs)
    runner_up(label, probs)
    row_cross_entropy(probs, probs)
    np.testing.assert_array_equal(probs, before)
    np.testing.assert_allclose(row_entropy(probs[::2]), row_entropy(before)[::2])
