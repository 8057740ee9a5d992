import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alc.errors import InputError
from alc.noise.corrupt import corrupt
from alc.noise.transition import asymmetric_cifar10, check_transition, from_confusion, pair_flip, symmetric

CIFAR10 = ["plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def test_symmetric() -> None:
    expected = [[0.7, 0.1, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1], [0.1, 0.1, 0.7, 0.1], [0.1, 0.1, 0.1, 0.7]]
    np.testing.assert_allclose(symmetric(4, 0.3), expected)


def test_symmetric_states_how_the_other_convention_maps() -> None:
    share, num_classes = 0.5, 5
    drawn_from_all_classes = (1 - share) * np.eye(num_classes) + share / num_classes
    np.testing.assert_allclose(symmetric(num_classes, share * (num_classes - 1) / num_classes), drawn_from_all_classes)


def test_pair_flip() -> None:
    np.testing.assert_allclose(pair_flip(3, 0.45), [[0.55, 0.45, 0], [0, 0.55, 0.45], [0.45, 0, 0.55]])


def test_asymmetric_cifar10() -> None:
    matrix = asymmetric_cifar10(0.4)
    pairs = {
        (CIFAR10[true], CIFAR10[observed]): matrix[true, observed]
        for true, observed in np.argwhere(matrix * (1 - np.eye(10)))
    }
    assert pairs == {
        ("bird", "plane"): 0.4,
        ("truck", "car"): 0.4,
        ("dog", "cat"): 0.4,
        ("cat", "dog"): 0.4,
        ("deer", "horse"): 0.4,
    }
    assert matrix.diagonal().tolist() == [1, 1, 0.6, 0.6, 0.6, 0.6, 1, 1, 1, 0.6]


@given(num_classes=st.integers(2, 30), rate=st.floats(0, 1))
def test_transition_property_rows_sum_to_one_and_flip_at_the_rate(num_classes: int, rate: float) -> None:
    for matrix in (symmetric(num_classes, rate), pair_flip(num_classes, rate)):
        assert matrix.shape == (num_classes, num_classes)
        assert (matrix >= 0).all()
        np.testing.assert_allclose(matrix.sum(axis=1), 1)
        np.testing.assert_allclose(1 - matrix.diagonal(), rate, atol=1e-12)
        np.testing.assert_allclose(check_transition(matrix, num_classes), matrix, atol=1e-15)
    np.testing.assert_allclose(asymmetric_cifar10(rate).sum(axis=1), 1)


def test_transition_matches_cleanlab_transposed() -> None:
    from cleanlab.benchmarking.noise_generation import generate_noisy_labels, noise_matrix_is_valid

    # Expected counts are whole numbers here, so cleanlab's random rounding has nothing to decide.
    labels = np.repeat(np.arange(4), 40)
    transition = np.array([[0.7, 0.2, 0.05, 0.05], [0.1, 0.8, 0.1, 0], [0, 0.25, 0.7, 0.05], [0.1, 0.1, 0.1, 0.7]])
    assert noise_matrix_is_valid(transition.T, np.full(4, 0.25))
    theirs = generate_noisy_labels(labels, transition.T)
    _, report = corrupt(labels, transition, np.random.default_rng(0))
    counts = np.zeros((4, 4), dtype=int)
    np.add.at(counts, (labels, theirs), 1)
    assert report.confusion.tolist() == counts.tolist()


def test_from_confusion_matches_scikit_learn() -> None:
    from sklearn.metrics import confusion_matrix

    rng = np.random.default_rng(1)
    true, observed = rng.integers(5, size=300), rng.integers(5, size=300)
    np.testing.assert_allclose(
        from_confusion(confusion_matrix(true, observed)), confusion_matrix(true, observed, normalize="true")
    )


def test_check_transition_divides_hand_typed_rows_by_their_sum() -> None:
    matrix = check_transition(np.array([[0.333, 0.333, 0.333], [0, 1, 0], [0, 0, 1]]), 3)
    np.testing.assert_allclose(matrix[0], 1 / 3)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.array([[0.9, 0.2], [0.5, 0.5]]), "row 0 sums to 1.1"),
        (np.array([[0.5, 0.5], [1.2, -0.2]]), "row 1, column 0 holds 1.2"),
        (np.array([[0.5, 0.5], [1.0, np.nan]]), "row 1, column 1 holds nan"),
        (np.array([[0.5, np.inf], [1.0, 0.0]]), "row 0, column 1 holds inf"),
        (np.eye(3), r"shape \(3, 3\)"),
        (np.array([[0.9, 0.5], [0.1, 0.5]]), "give the transpose"),
    ],
)
def test_check_transition_names_row_and_value(matrix: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_transition(matrix, 2)


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan"), float("inf"), "high", True, None])
def test_rate_out_of_range(rate: float) -> None:
    with pytest.raises(InputError, match=re.escape(f"noise rate is {rate!r}")):
        symmetric(3, rate)


def test_one_class_cannot_be_noisy() -> None:
    for make in (symmetric, pair_flip):
        with pytest.raises(InputError, match="1 classes"):
            make(1, 0.2)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (np.array([[1, 2], [0, 0]]), "row 1 is empty"),
        (np.array([[1, -2], [0, 1]]), "row 0, column 1 holds -2"),
        (np.ones((2, 3)), r"shape \(2, 3\)"),
    ],
)
def test_from_confusion_refuses(counts: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_confusion(counts)
