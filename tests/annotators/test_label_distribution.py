"""Annotators that answer from label distributions, the same whoever asks and whenever."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from alc.annotators.annotator import Annotator, OrderedAnnotator
from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.annotators.philox import uniforms
from alc.errors import InputError
from alc.seeding import derive_seed

Q = np.array([[0.6, 0.3, 0.1], [0.0, 1.0, 0.0], [0.2, 0.2, 0.6]])


def test_it_is_an_annotator_that_knows_no_order() -> None:
    annotator = LabelDistributionAnnotator(Q, np.arange(3), 0)
    assert [isinstance(annotator, kind) for kind in (Annotator, OrderedAnnotator)] == [True, False]
    assert annotator.num_classes == 3


def test_answers_invert_the_cumulative_distribution_of_their_sample() -> None:
    ids = np.array([40, 7, 19])
    answers = LabelDistributionAnnotator(Q, ids, 5).ask(np.array([2, 0]), 3, 4)
    uniform = uniforms(derive_seed(5, "annotator"), ids[[2, 0]], 3, 4)
    expected = [
        [np.searchsorted(np.cumsum(q), u, side="right") for u in us] for q, us in zip(Q[[2, 0]], uniform, strict=True)
    ]
    np.testing.assert_array_equal(answers, expected)


def test_frequencies_converge_to_the_distribution() -> None:
    answers = LabelDistributionAnnotator(Q, np.arange(3), 0).ask(np.arange(3), 0, 6000)
    assert (answers[1] == 1).all()
    for row in (0, 2):
        assert chisquare(np.bincount(answers[row], minlength=3), 6000 * Q[row]).pvalue > 1e-3


def test_answers_of_different_samples_are_independent() -> None:
    q = np.full((2, 2), 0.5)
    answers = LabelDistributionAnnotator(q, np.arange(2), 0).ask(np.arange(2), 0, 4000)
    assert abs(np.asarray(np.corrcoef(answers))[0, 1]) < 4 / np.sqrt(4000)


@given(seed=st.integers(0, 2**32 - 1), first=st.integers(0, 5), size=st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_a_subset_of_the_data_gets_the_same_answers(seed: int, first: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    q, ids = rng.dirichlet(np.ones(4), 12), rng.permutation(1000)[:12]
    whole = LabelDistributionAnnotator(q, ids, seed).ask(np.arange(12), first, size)
    part = rng.permutation(12)[:5]
    again = LabelDistributionAnnotator(q[part], ids[part], seed).ask(np.arange(5), first, size)
    np.testing.assert_array_equal(again, whole[part])
    one_by_one = LabelDistributionAnnotator(q, ids, seed)
    for row in part:
        for draw in reversed(range(size)):
            assert one_by_one.ask(np.array([row]), first + draw, 1)[0, 0] == whole[row, draw]


def test_reseeded_is_the_panel_of_that_seed() -> None:
    rows = np.arange(3)
    first, second = (LabelDistributionAnnotator(Q, rows, seed) for seed in (0, 1))
    np.testing.assert_array_equal(first.reseeded(1).ask(rows, 0, 50), second.ask(rows, 0, 50))
    assert (first.ask(rows, 0, 50) != second.ask(rows, 0, 50)).any()
    assert first.reseeded(1).num_classes == 3


@pytest.mark.parametrize(
    ("distribution", "sample_id", "seed", "message"),
    [
        (Q * 2, np.arange(3), 0, "the annotators' label distribution: row 0 is"),
        (Q, np.array([0, 0, 1]), 0, "sample ids: id 0 occurs 2 times"),
        (Q, np.arange(4), 0, r"shape \(4,\)"),
        (Q, np.arange(3), -1, "seed -1 is not usable"),
    ],
)
def test_bad_arguments_are_named(distribution: Any, sample_id: Any, seed: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LabelDistributionAnnotator(distribution, sample_id, seed)
