"""What else can be done about suspicious samples, by hand."""

import numpy as np
import pytest

from alc.adjudication import UntilMajority
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.samples import SampleTable
from alc.simulation.budget import Budget
from alc.simulation.simulator import simulate_order
from alc.treatments import Argmax, Case, Dropped, NewSamples, Pool
from tests.oracles.plain_simulator import FixedAnswersAnnotator

SAMPLES = SampleTable(np.array([70, 30, 50, 10, 20]), ("cat", "dog", "eel"), np.array([0, 0, 1, 2, 1]))
INITIAL = LabelCounts.from_labels(SAMPLES.given, 3)
ANSWERS = np.array([[1, 1, 1], [0, 0, 0], [2, 0, 1], [1, 1, 1], [1, 1, 1]])
POOL = Pool(
    SampleTable(np.array([5, 4, 3, 2]), ("cat", "dog", "eel"), np.zeros(4, dtype=np.int64)),
    FixedAnswersAnnotator(np.array([[2, 0, 0], [1, 0, 0], [0, 1, 1], [1, 2, 2]]), 3),
)
TOP = np.array([1, 2, 0, 0, 1])
POSTERIORS = Posteriors.single(np.eye(3)[TOP[::-1]] * 0.8 + 0.2 / 3, sample_id=SAMPLES.sample_id[::-1].copy())


def case(budget: int, order: tuple[int, ...] = (2, 0, 1)) -> Case:
    """Of rows 2, 0 and 1 in that order, the first closes after three annotations, then two for row 0, one for row 1."""
    trajectory = simulate_order(
        np.array(order),
        INITIAL,
        FixedAnswersAnnotator(ANSWERS, 3),
        budget=budget,
        rule=Budget(annotations=budget),
        adjudication=UntilMajority(),
    )
    return Case(SAMPLES, INITIAL, trajectory, POSTERIORS, POOL)


def test_the_samples_asked_about_come_in_the_order_of_the_selector() -> None:
    assert case(4).asked.tolist() == [2, 0]
    assert case(6).asked.tolist() == [2, 0, 1]


def test_the_model_relabels_those_asked_about_or_all() -> None:
    table = Argmax()(case(4))
    assert table["label_class"].tolist() == [1, 0, 0, 2, 1]  # rows 0 and 2 as the model says
    assert table["changed"].tolist() == [True, False, True, False, False]
    assert table["label"].tolist() == ["dog", "cat", "cat", "eel", "dog"]
    everywhere = Argmax(everywhere=True)(case(4))
    assert everywhere["label_class"].tolist() == TOP.tolist()
    for each in (table, everywhere):
        assert each["annotations"].sum() == 0
        assert not each["resolved"].any()
        assert each["given_class"].tolist() == SAMPLES.given.tolist()
        assert each["votes"].tolist() == [1] * 5


def test_those_asked_about_are_left_out() -> None:
    table = Dropped()(case(4))
    assert table["sample_id"].tolist() == [30, 10, 20]
    assert table["label_class"].tolist() == table["given_class"].tolist() == [0, 2, 1]
    assert table["annotations"].sum() == 0
    with pytest.raises(InputError, match="no sample of class eel"):
        Dropped()(case(1, order=(3,)))


def test_every_annotation_labels_a_new_sample_once() -> None:
    table = NewSamples()(case(3))
    assert table["sample_id"].tolist() == [*SAMPLES.sample_id, 5, 4, 3]
    assert table["label_class"].tolist() == [*SAMPLES.given, 2, 1, 0]
    assert table["given_class"].tolist() == [*SAMPLES.given, -1, -1, -1]
    assert table["given"].tolist()[-4:] == ["dog", "", "", ""]
    assert table["annotations"].tolist() == [0] * 5 + [1] * 3
    with pytest.raises(InputError, match="the data hold 4 more"):
        NewSamples()(case(6))
