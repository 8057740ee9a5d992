"""The array simulator against the plain loop, exactly, on random small problems."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.adjudication import Adjudication, FixedAnswers, SingleAnswer, UntilMajority
from alc.arrays import IntArray
from alc.labels import LabelCounts
from alc.simulation.budget import Budget
from alc.simulation.repeating import simulate_repeating
from alc.simulation.replay import Reference, replay
from alc.simulation.simulator import simulate_order
from alc.simulation.trajectory import Trajectory
from tests.oracles.plain_simulator import FixedAnswersAnnotator, PlainResult, plain_simulation


class _FixedTie(np.random.Generator):
    """A generator whose next permutation is known, so that ties are broken alike on both sides."""

    def __init__(self, tie: IntArray) -> None:
        super().__init__(np.random.PCG64(0))
        self._tie = tie

    def permutation(self, x: object, axis: int = 0) -> IntArray:  # type: ignore[override]
        return self._tie


def _problem(seed: int, several_votes: bool) -> tuple[np.random.Generator, IntArray, FixedAnswersAnnotator, Reference]:
    rng = np.random.default_rng(seed)
    num_samples, num_classes = int(rng.integers(1, 9)), int(rng.integers(2, 5))
    counts = (
        rng.integers(0, 3, (num_samples, num_classes)) if several_votes else np.zeros((num_samples, num_classes), int)
    )
    counts[np.arange(num_samples), rng.integers(0, num_classes, num_samples)] += 1
    table = rng.integers(0, num_classes, (num_samples, 40))
    return (
        rng,
        counts,
        FixedAnswersAnnotator(table, num_classes),
        Reference.of(rng.dirichlet(np.ones(num_classes), num_samples)),
    )


def _assert_equal(ours: Trajectory, plain: PlainResult, counts: IntArray, reference: Reference) -> None:
    events = np.array(plain.events, dtype=int).reshape(-1, 6)
    for column, name in enumerate(("row", "draw", "answer", "label_before", "label_after", "resolved")):
        np.testing.assert_array_equal(getattr(ours, name), events[:, column], err_msg=name)
    np.testing.assert_array_equal(ours.final_counts(counts), plain.counts)
    np.testing.assert_array_equal(ours.final_labels(), plain.labels)
    curves = replay(ours, counts, reference)
    np.testing.assert_allclose(curves.label_accuracy, plain.accuracy, atol=1e-12)
    np.testing.assert_allclose(curves.total_variation, plain.total_variation, atol=1e-12)


ADJUDICATIONS: list[tuple[Adjudication, int | None]] = [
    (UntilMajority(), None),
    (SingleAnswer(), 1),
    (FixedAnswers(3), 3),
    (FixedAnswers(2, keeps_initial_votes=False), 2),
]


@pytest.mark.parametrize("rule", ["exact", "released"])
@pytest.mark.parametrize(("adjudication", "answers"), ADJUDICATIONS)
@given(seed=st.integers(0, 2**32 - 1), budget=st.integers(1, 30), several_votes=st.booleans())
@settings(max_examples=30, deadline=None)
def test_simulate_order_matches_plain(
    rule: str, adjudication: Adjudication, answers: int | None, seed: int, budget: int, several_votes: bool
) -> None:
    rng, counts, annotator, reference = _problem(seed, several_votes)
    score, tie = rng.integers(0, 3, len(counts)) / 2, rng.permutation(len(counts))
    order = np.lexsort((tie, -score))
    limit = Budget("released" if rule == "released" else "exact", budget)
    ours = simulate_order(order, LabelCounts(counts), annotator, budget=budget, rule=limit, adjudication=adjudication)
    plain = plain_simulation(
        np.repeat(score[:, None], counts.shape[1], axis=1),
        tie,
        counts,
        annotator,
        budget=budget,
        released=rule == "released",
        answers=answers,
        keeps=adjudication.keeps_initial_votes,
        repeats=False,
        distribution=reference.distribution,
    )
    _assert_equal(ours, plain, counts, reference)
    assert ours.is_exhausted == plain.exhausted


@pytest.mark.parametrize("rule", ["exact", "released"])
@given(seed=st.integers(0, 2**32 - 1), budget=st.integers(1, 60), several_votes=st.booleans(), levels=st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_simulate_repeating_matches_plain(rule: str, seed: int, budget: int, several_votes: bool, levels: int) -> None:
    rng, counts, annotator, reference = _problem(seed, several_votes)
    table = rng.integers(0, levels, counts.shape) / levels  # few levels, so that scores tie often
    tie = rng.permutation(len(counts))
    limit = Budget("released" if rule == "released" else "exact", budget)
    ours = simulate_repeating(
        lambda rows: table[rows],
        table[np.arange(len(counts)), counts.argmax(axis=1)],
        LabelCounts(counts),
        annotator,
        budget=budget,
        rule=limit,
        adjudication=UntilMajority(),
        rng=_FixedTie(tie),
    )
    plain = plain_simulation(
        table,
        tie,
        counts,
        annotator,
        budget=budget,
        released=rule == "released",
        answers=None,
        keeps=True,
        repeats=True,
        distribution=reference.distribution,
    )
    _assert_equal(ours, plain, counts, reference)


class _InOrder:
    """The same answers, asked for one by one."""

    def __init__(self, annotator: FixedAnswersAnnotator) -> None:
        self.num_classes, self._annotator, self._asked = annotator.num_classes, annotator, Counter[int]()

    def ask_next(self, row: int) -> int:
        self._asked[row] += 1
        return int(self._annotator.ask(np.array([row]), self._asked[row] - 1, 1)[0, 0])

    def reseeded(self, seed: int) -> "_InOrder":
        return self


@pytest.mark.parametrize("rule", ["exact", "released"])
@given(seed=st.integers(0, 2**32 - 1), budget=st.integers(1, 60), several_votes=st.booleans())
@settings(max_examples=30, deadline=None)
def test_one_at_a_time_equals_arrays(rule: str, seed: int, budget: int, several_votes: bool) -> None:
    rng, counts, annotator, _ = _problem(seed, several_votes)
    table, tie = rng.integers(0, 4, counts.shape) / 4, rng.permutation(len(counts))
    limit = Budget("released" if rule == "released" else "exact", budget)
    arrays, one_by_one = (
        simulate_repeating(
            lambda rows: table[rows],
            table[np.arange(len(counts)), counts.argmax(axis=1)],
            LabelCounts(counts),
            who,
            budget=budget,
            rule=limit,
            adjudication=UntilMajority(),
            rng=_FixedTie(tie),
        )
        for who in (annotator, _InOrder(annotator))
    )
    for name in ("row", "draw", "answer", "label_before", "label_after", "resolved"):
        np.testing.assert_array_equal(getattr(arrays, name), getattr(one_by_one, name), err_msg=name)
