import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from alc.arrays import BoolArray, FloatArray
from alc.errors import InputError
from alc.metrics.ranking import auroc, average_precision, precision_at_k

ERRORS = np.array([True, False, True, False])
SCORE = np.array([0.9, 0.8, 0.7, 0.1])


def test_average_precision() -> None:
    assert average_precision(ERRORS, SCORE) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(ERRORS, np.zeros(4)) == 0.5


def test_auroc() -> None:
    assert auroc(ERRORS, SCORE) == 0.75
    assert auroc(ERRORS, -SCORE) == 0.25
    assert auroc(ERRORS, np.zeros(4)) == 0.5


def test_precision_at_k() -> None:
    assert [precision_at_k(ERRORS, SCORE, k) for k in (1, 2, 3, 4)] == pytest.approx([1, 1 / 2, 2 / 3, 1 / 2])


def test_nothing_to_find_is_nan() -> None:
    none = np.zeros(4, dtype=bool)
    assert math.isnan(average_precision(none, SCORE))
    assert math.isnan(auroc(none, SCORE))
    assert math.isnan(auroc(~none, SCORE))
    assert average_precision(~none, SCORE) == 1
    assert precision_at_k(none, SCORE, 2) == 0


@st.composite
def ranked(draw: st.DrawFn) -> tuple[BoolArray, FloatArray]:
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    num_samples = draw(st.integers(2, 40))
    is_error = rng.random(num_samples) < 0.4
    is_error[:2] = [True, False]
    return is_error, rng.integers(0, draw(st.integers(1, 40)), num_samples) / 7  # from all tied to hardly any


@settings(max_examples=50, deadline=None)
@given(ranked())
def test_metrics_match_scikit_learn(problem: tuple[BoolArray, FloatArray]) -> None:
    assert average_precision(*problem) == pytest.approx(average_precision_score(*problem))
    assert auroc(*problem) == pytest.approx(roc_auc_score(*problem))


@settings(max_examples=25, deadline=None)
@given(ranked(), st.integers(0, 1000))
def test_metrics_property(problem: tuple[BoolArray, FloatArray], seed: int) -> None:
    is_error, score = problem
    rows = np.random.default_rng(seed).permutation(len(score))
    for metric in (average_precision, auroc):
        assert 0 <= metric(is_error, score) <= 1
        assert metric(is_error[rows], score[rows]) == pytest.approx(metric(is_error, score))
        assert metric(is_error, np.exp(score)) == pytest.approx(metric(is_error, score))
    assert auroc(is_error, -score) == pytest.approx(1 - auroc(is_error, score))
    assert precision_at_k(is_error, score, len(score)) == pytest.approx(is_error.mean())


def test_precision_at_k_matches_random_tie_breaks() -> None:
    rng = np.random.default_rng(0)
    is_error, score = rng.random(12) < 0.5, rng.integers(0, 3, 12) / 2
    for k in (1, 4, 7, 11):
        drawn = []
        for _ in range(4000):
            rows = rng.permutation(12)
            drawn.append(is_error[rows[np.argsort(-score[rows], kind="stable")[:k]]].mean())
        assert precision_at_k(is_error, score, k) == pytest.approx(np.mean(drawn), abs=0.03)


@pytest.mark.parametrize("k", [0, 5])
def test_precision_at_k_refuses_other_k(k: int) -> None:
    with pytest.raises(InputError, match="1 to 4"):
        precision_at_k(ERRORS, SCORE, k)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match=r"shape \(N,\)"):
        auroc(ERRORS, SCORE[:3])
    with pytest.raises(InputError, match="dtype int64"):
        auroc(ERRORS.astype(np.int64), SCORE)  # class indices are easily mistaken for truth values
    with pytest.raises(InputError, match="row 2 is NaN"):
        auroc(ERRORS, np.array([1, 2, np.nan, 3]))
