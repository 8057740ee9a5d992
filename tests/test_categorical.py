"""Categorical draws: inverted cumulative sums, as numpy's own choice does it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc import categorical
from alc.categorical import cumulative, draw


def test_cumulative() -> None:
    sums = cumulative(np.array([[1.0, 1.0, 2.0], [0.0, 3.0, 0.0]]))
    np.testing.assert_array_equal(sums, np.array([[0.25, 0.5, 1], [0, 1, 1]]))


def test_cumulative_ends_at_one_exactly() -> None:
    rows = np.random.default_rng(0).dirichlet(np.ones(7), 500).astype(np.float32)
    sums = cumulative(rows)
    assert sums.dtype == np.float64
    assert (sums[:, -1] == 1).all()


def test_draw_takes_the_interval_that_holds_the_uniform() -> None:
    sums = np.array([[0.25, 0.5, 1.0]])
    uniform = np.array([0.0, 0.249, 0.25, 0.499, 0.5, np.nextafter(1, 0)])
    np.testing.assert_array_equal(draw(sums, np.zeros(6, dtype=int), uniform), [0, 0, 1, 1, 2, 2])


def test_draw_never_gives_a_class_without_probability() -> None:
    sums = cumulative(np.array([[0.0, 0.5, 0.0, 0.5, 0.0]]))
    uniform = np.concatenate([[0.0, 0.5, np.nextafter(0.5, 0), np.nextafter(1, 0)], np.linspace(0, 0.999, 50)])
    assert set(draw(sums, np.zeros(len(uniform), dtype=int), uniform).tolist()) == {1, 3}


def test_draw_in_chunks_equals_draw_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    sums, rows, uniform = cumulative(rng.dirichlet(np.ones(4), 9)), rng.integers(0, 9, 100), rng.random(100)
    whole = draw(sums, rows, uniform)
    monkeypatch.setattr(categorical, "CHUNK_ROWS", 7)
    np.testing.assert_array_equal(draw(sums, rows, uniform), whole)


@given(seed=st.integers(0, 2**32 - 1), num_classes=st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_draw_matches_numpy_choice(seed: int, num_classes: int) -> None:
    q = np.random.default_rng(seed).dirichlet(np.full(num_classes, 0.5))
    legacy, uniform = np.random.RandomState(seed), np.random.RandomState(seed).random_sample(20)
    theirs = [legacy.choice(num_classes, p=q) for _ in range(20)]
    np.testing.assert_array_equal(draw(cumulative(q[None]), np.zeros(20, dtype=int), uniform), theirs)
