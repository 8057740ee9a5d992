"""People with confusion matrices."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from alc.adjudication import UntilMajority
from alc.annotators.annotator import NO_ANSWER, Annotator, NamedAnnotators, OrderedAnnotator
from alc.annotators.confusion import ConfusionAnnotator
from alc.arrays import IntArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.simulation.budget import Budget
from alc.simulation.simulator import simulate_order

SHIFTS = np.stack([np.roll(np.eye(4), shift, axis=1) for shift in range(4)])
"""Annotator a always answers the true class plus a - 1: the answer tells who gave it."""


def people(truth: IntArray, seed: int = 0, **options: Any) -> ConfusionAnnotator:
    ids = np.arange(len(truth)) * 7 + 3
    return ConfusionAnnotator(np.full((len(truth), 4), 0.25), ids, seed, reference=truth, **options)


def test_it_is_a_panel_of_named_annotators() -> None:
    annotator = people(np.arange(4), accuracy=[0.5, 0.9])
    kinds = (Annotator, NamedAnnotators, OrderedAnnotator)
    assert [isinstance(annotator, kind) for kind in kinds] == [True, True, False]
    assert annotator.num_annotators == 2


def test_everybody_answers_once_and_who_tells_who() -> None:
    truth = np.arange(400) % 4
    annotator = people(truth, confusion=SHIFTS)
    answers = annotator.ask(np.arange(400), 0, 6)
    assert (answers[:, 4:] == NO_ANSWER).all()
    assert (np.sort(answers[:, :4], axis=1) == np.arange(4)).all()
    for draw in range(6):
        who = annotator.who(np.arange(400), np.full(400, draw))
        expected = np.where(who > 0, (truth + who - 1) % 4, NO_ANSWER)
        np.testing.assert_array_equal(answers[:, draw], expected)
    first = annotator.who(np.arange(400), np.zeros(400, dtype=np.int64))
    assert chisquare(np.bincount(first, minlength=5)[1:]).pvalue > 1e-3


def test_answers_follow_the_matrices_and_are_independent_given_the_class() -> None:
    matrices = np.random.default_rng(1).dirichlet(np.ones(4), (3, 4))
    truth = np.arange(60_000) % 4
    annotator = people(truth, confusion=matrices)
    answers = annotator.ask(np.arange(len(truth)), 0, 3)
    who = np.stack([annotator.who(np.arange(len(truth)), np.full(len(truth), draw)) for draw in range(3)], axis=1)
    for a in range(3):
        for true in range(4):
            given = answers[(who == a + 1) & (truth[:, None] == true)]
            assert chisquare(np.bincount(given, minlength=4), len(given) * matrices[a, true]).pvalue > 1e-4
    pair = answers[(truth == 0) & (who[:, 0] == 1) & (who[:, 1] == 2)]
    table = np.zeros((4, 4))
    np.add.at(table, (pair[:, 0], pair[:, 1]), 1)
    expected = len(pair) * np.outer(matrices[0, 0], matrices[1, 0])
    assert chisquare(table.ravel(), expected.ravel()).pvalue > 1e-4


def test_accuracies_are_matrices_with_equal_errors() -> None:
    truth = np.arange(2000) % 4
    matrices = np.array(
        [np.full((4, 4), (1 - right) / 3) + (right - (1 - right) / 3) * np.eye(4) for right in (0.4, 1)]
    )
    rows = np.arange(2000)
    np.testing.assert_array_equal(
        people(truth, accuracy=[0.4, 1.0]).ask(rows, 0, 2), people(truth, confusion=matrices).ask(rows, 0, 2)
    )


def test_a_subset_and_any_order_of_questions_get_the_same_answers() -> None:
    truth = np.arange(50) % 4
    options: dict[str, Any] = {"accuracy": [0.5, 0.6, 0.7, 0.8, 0.9], "abstention": 0.3}
    whole = people(truth, 5, **options).ask(np.arange(50), 0, 5)
    part = np.array([40, 3, 17])
    ids = np.arange(50) * 7 + 3
    again = ConfusionAnnotator(np.full((3, 4), 0.25), ids[part], 5, reference=truth[part], **options)
    np.testing.assert_array_equal(again.ask(np.arange(3), 0, 5), whole[part])
    for draw in (4, 1, 0):
        np.testing.assert_array_equal(again.ask(np.array([2]), draw, 1)[0, 0], whole[17, draw])
    np.testing.assert_array_equal(people(truth, 5, **options).reseeded(6).ask(part, 0, 5),
                                  people(truth, 6, **options).ask(part, 0, 5))  # fmt: skip
    assert (people(truth, 6, **options).ask(np.arange(50), 0, 5) != whole).any()


def test_whoever_abstains_is_passed_over_and_not_paid() -> None:
    truth = np.zeros(4000, dtype=np.int64)
    rows = np.arange(4000)
    annotator = people(truth, confusion=SHIFTS, abstention=[0.0, 0.5, 0.0, 0.9], cost=[1.0, 2.0, 3.0, 4.0])
    answers, number = annotator.ask(rows, 0, 4), annotator.num_available(rows)
    np.testing.assert_array_equal((answers >= 0).sum(axis=1), number)
    assert (np.diff((answers >= 0).astype(int), axis=1) <= 0).all()  # once nobody is left, nobody comes back
    share = [(answers == a).any(axis=1).mean() for a in range(4)]
    np.testing.assert_allclose(share, [1, 0.5, 1, 0.1], atol=0.04)
    for draw in range(4):
        price = annotator.price(rows, np.full(4000, draw))
        np.testing.assert_array_equal(price, np.where(answers[:, draw] >= 0, answers[:, draw] + 1, 0))


def test_a_simulation_with_abstentions_ends_and_says_what_is_open() -> None:
    truth = np.arange(300) % 4
    initial = LabelCounts.from_labels((truth + (np.arange(300) < 100)) % 4, 4)
    annotator = people(truth, accuracy=[0.9, 0.9, 0.9], abstention=0.6)
    trajectory = simulate_order(
        np.arange(300),
        initial,
        annotator,
        budget=2000,
        rule=Budget(annotations=2000),
        adjudication=UntilMajority(),
    )
    number = annotator.num_available(np.arange(300))
    asked = np.unique(trajectory.row)
    np.testing.assert_array_equal(asked, np.flatnonzero(number > 0))
    assert trajectory.num_requests == len(asked)
    assert trajectory.is_exhausted
    assert 0 < len(trajectory.unresolved) < len(asked)
    counts = trajectory.final_counts(initial.counts)[trajectory.unresolved]
    assert ((counts == counts.max(axis=1, keepdims=True)).sum(axis=1) > 1).all()
    assert (np.bincount(trajectory.row, minlength=300)[trajectory.unresolved] == number[trajectory.unresolved]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of the two"),
        ({"accuracy": [0.5], "confusion": SHIFTS}, "one of the two"),
        ({"accuracy": [0.5, 1.1]}, r"annotator.accuracy=\[0.5, 1.1\]"),
        ({"accuracy": []}, r"annotator.accuracy=\[\]"),
        ({"accuracy": [float("nan")]}, "annotator.accuracy"),
        ({"confusion": SHIFTS[:, :3]}, r"annotator.confusion has shape \(4, 3, 4\)"),
        ({"confusion": 2 * SHIFTS}, "annotator.confusion: row 0"),
        ({"accuracy": [0.5, 0.6], "abstention": 1.0}, "annotator.abstention=1.0 for 2 annotators"),
        ({"accuracy": [0.5, 0.6], "abstention": [0.1] * 3}, "annotator.abstention"),
        ({"accuracy": [0.5, 0.6], "cost": [1.0, 0.0]}, r"annotator.cost=\[1.0, 0.0\]"),
        ({"accuracy": [0.5, 0.6], "cost": [1.0, 2.0, 3.0]}, "for 2 annotators"),
        ({"accuracy": [0.5], "cost": float("inf")}, "annotator.cost=inf"),
    ],
)
def test_bad_settings_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        people(np.arange(4), **options)


def test_one_class_leaves_one_answer() -> None:
    annotator = ConfusionAnnotator(np.ones((3, 1)), np.arange(3), 0, reference=np.zeros(3, dtype=int), accuracy=[0.2])
    assert annotator.ask(np.arange(3), 0, 2).tolist() == [[0, NO_ANSWER]] * 3
