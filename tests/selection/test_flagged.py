"""Confident learning's set of wrong labels: cleanlab is the oracle, and three rows worked by hand."""

from typing import get_args

import numpy as np
import pytest
from cleanlab.count import get_confident_thresholds
from cleanlab.filter import find_label_issues
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.selection.flagged import Rule, class_thresholds, confident_class, flagged

RULES: tuple[Rule, ...] = get_args(Rule)


def noisy(num_samples: int, num_classes: int, seed: int, noise: float = 0.3) -> tuple[FloatArray, IntArray]:
    """Softmax posteriors of some truth, and labels of which some are drawn anew."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, num_classes, num_samples)
    label = np.where(rng.random(num_samples) < noise, rng.integers(0, num_classes, num_samples), truth)
    logits = rng.normal(size=(num_samples, num_classes))
    logits[np.arange(num_samples), truth] += rng.uniform(0.5, 4)
    powers = np.exp(logits * rng.uniform(0.5, 3))
    return powers / powers.sum(axis=1, keepdims=True), label


@pytest.mark.filterwarnings("ignore:May not flag all label issues")
@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=40, deadline=None)
@given(st.integers(30, 600), st.integers(2, 20), st.integers(0, 10_000))
def test_the_flagged_set_is_cleanlabs(rule: Rule, num_samples: int, num_classes: int, seed: int) -> None:
    probs, label = noisy(num_samples, num_classes, seed)
    theirs = find_label_issues(label, probs, filter_by=rule, n_jobs=1)
    np.testing.assert_array_equal(flagged(probs, label, rule), theirs)


@pytest.mark.parametrize("rule", RULES)
def test_the_flagged_set_is_cleanlabs_where_a_class_has_no_labels(rule: Rule) -> None:
    probs, label = noisy(500, 5, 0)
    label = np.where(label == 3, 1, label)
    theirs = find_label_issues(label, probs, filter_by=rule, n_jobs=1)
    assert theirs.any()
    np.testing.assert_array_equal(flagged(probs, label, rule), theirs)


def test_thresholds_are_cleanlabs() -> None:
    probs, label = noisy(300, 4, 1)
    np.testing.assert_allclose(class_thresholds(probs, label), get_confident_thresholds(label, probs), rtol=1e-12)


def test_by_hand() -> None:
    """Thresholds are .6 (mean of .9, .8, .1) and .8; the third row is confidently of class 1, the last of none."""
    probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.1, 0.9], [0.3, 0.7]])
    label = np.array([0, 0, 0, 1, 1])
    np.testing.assert_allclose(class_thresholds(probs, label), [0.6, 0.8])
    np.testing.assert_array_equal(confident_class(probs, class_thresholds(probs, label)), [0, 0, 1, 1, -1])
    for rule in RULES:
        np.testing.assert_array_equal(flagged(probs, label, rule), [False, False, True, False, False])


def test_one_hot_posteriors_flag_what_they_contradict() -> None:
    _, label = noisy(400, 4, 2)
    predicted = np.where(np.arange(400) % 5 == 0, (label + 1) % 4, label)
    np.testing.assert_array_equal(flagged(np.eye(4)[predicted], label, "confident_learning"), predicted != label)


def test_equal_probabilities_at_the_edge_go_by_row() -> None:
    """Twice the same rows: what is taken of each pair is the first, wherever the sort of the machine puts them."""
    probs, label = noisy(300, 3, 3)
    once = flagged(np.concatenate([probs, probs]), np.concatenate([label, label]), "prune_by_noise_rate")
    first, second = once[:300], once[300:]
    assert (second <= first).all()


def test_every_label_in_one_class() -> None:
    probs, _ = noisy(50, 3, 4)
    for rule in RULES:
        assert not flagged(probs, np.zeros(50, dtype=np.int64), rule).any()


def test_an_unknown_rule_is_told_what_there_is() -> None:
    with pytest.raises(InputError, match=r"flag is 'prune_by_clas'.*Did you mean 'prune_by_class'\?"):
        flagged(*noisy(30, 3, 0), "prune_by_clas")  # type: ignore[arg-type]
