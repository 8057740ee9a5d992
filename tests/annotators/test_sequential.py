"""The released stream, draw by draw against numpy's legacy choice."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.annotators.annotator import Annotator, OrderedAnnotator
from alc.annotators.sequential import SequentialAnnotator
from alc.errors import InputError

Q = np.array([[0.6, 0.3, 0.1], [0.0, 1.0, 0.0], [0.2, 0.2, 0.6]])


def test_it_is_an_annotator_of_one_order() -> None:
    annotator = SequentialAnnotator(Q, np.arange(3), 0)
    assert [isinstance(annotator, kind) for kind in (OrderedAnnotator, Annotator)] == [True, False]
    assert annotator.num_classes == 3


@given(seed=st.integers(0, 2**32 - 1), num_classes=st.integers(1, 10))
@settings(max_examples=30, deadline=None)
def test_answers_match_numpy_choice(seed: int, num_classes: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 6, (8, num_classes)) + np.eye(8, num_classes, dtype=int)
    counts[:, 0] += counts.sum(axis=1) == 0
    q = counts / counts.sum(axis=1, keepdims=True)
    ours, theirs = SequentialAnnotator(q, np.arange(8), seed), np.random.RandomState(seed)
    for row in rng.integers(0, 8, 40).tolist():
        assert ours.ask_next(row) == theirs.choice(num_classes, p=q[row])


def test_reseeded_starts_the_stream_of_that_seed() -> None:
    used = SequentialAnnotator(Q, np.arange(3), 0)
    first = [used.ask_next(0) for _ in range(30)]
    again, other = used.reseeded(0), used.reseeded(1)
    assert [again.ask_next(0) for _ in range(30)] == first
    assert [other.ask_next(0) for _ in range(30)] != first
    assert other.num_classes == 3


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "3"])
def test_seeds_that_the_legacy_generator_has_not_are_named(seed: Any) -> None:
    with pytest.raises(InputError, match=r"annotator seed .*Allowed: a whole number from 0 to 4294967295"):
        SequentialAnnotator(Q, np.arange(3), seed)
    with pytest.raises(InputError, match="annotator seed"):
        SequentialAnnotator(Q, np.arange(3), 0).reseeded(seed)


def test_bad_distribution_is_named() -> None:
    with pytest.raises(InputError, match="the annotators' label distribution: row 0"):
        SequentialAnnotator(Q * 2, np.arange(3), 0)
