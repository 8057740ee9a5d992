"""The list of cleaned labels, by hand; and trajectories read back from their tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.adjudication import Adjudication, FixedAnswers, SingleAnswer, UntilMajority
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.samples import SampleTable
from alc.simulation.budget import Budget
from alc.simulation.simulator import simulate_order
from alc.simulation.trajectory import Trajectory
from alc.treatments import Bought, Case
from tests.oracles.plain_simulator import FixedAnswersAnnotator

IDS = np.array([70, 30, 50, 10])
SAMPLES = SampleTable(IDS, ("cat", "dog", "eel"), np.array([0, 0, 1, 2]), reference=np.array([2, 2, 2, 2]))
ANSWERS = np.array([[1, 1, 1], [0, 0, 0], [2, 0, 1], [1, 1, 1]])


def made(budget: int, adjudication: Adjudication) -> Trajectory:
    return simulate_order(
        np.array([0, 1, 2]),
        LabelCounts.from_labels(SAMPLES.given, 3),
        FixedAnswersAnnotator(ANSWERS, 3),
        budget=budget,
        rule=Budget(annotations=budget),
        adjudication=adjudication,
    )


def test_labels_by_hand() -> None:
    """Sample 70 is corrected by two answers, 30 confirmed by one, 50 left in a tie, 10 never asked about."""
    initial = LabelCounts.from_labels(SAMPLES.given, 3)
    table = Bought()(Case(SAMPLES, initial, made(4, UntilMajority())))
    assert table["sample_id"].tolist() == IDS.tolist()
    assert table["label"].tolist() == ["dog", "cat", "dog", "eel"]
    assert table["given"].tolist() == ["cat", "cat", "dog", "eel"]
    assert table["label_class"].tolist() == [1, 0, 1, 2]
    assert table["changed"].tolist() == [True, False, False, False]
    assert table["resolved"].tolist() == [True, True, False, False]
    assert table["annotations"].tolist() == [2, 1, 1, 0]
    assert table["votes"].tolist() == [3, 2, 2, 1]
    assert not {"reference", "path"} & set(table)
    replaced = Bought()(Case(SAMPLES, initial, made(2, SingleAnswer())))
    assert replaced["votes"].tolist() == [1, 1, 1, 1]
    assert replaced["label"].tolist() == ["dog", "cat", "dog", "eel"]


@pytest.mark.parametrize("adjudication", [UntilMajority(), SingleAnswer(), FixedAnswers(3)])
@given(seed=st.integers(0, 2**32 - 1), budget=st.integers(1, 25), part=st.integers(0, 25))
@settings(max_examples=25, deadline=None)
def test_a_trajectory_is_read_back_whole_or_in_part(
    adjudication: Adjudication, seed: int, budget: int, part: int
) -> None:
    rng = np.random.default_rng(seed)
    labels, ids = rng.integers(0, 3, 7), rng.permutation(100)[:7]
    initial = LabelCounts.from_labels(labels, 3)
    whole = simulate_order(
        rng.permutation(7),
        initial,
        FixedAnswersAnnotator(rng.integers(0, 3, (7, 40)), 3),
        budget=budget,
        rule=Budget(annotations=budget),
        adjudication=adjudication,
    )
    frame = whole.to_frame(ids).sample(frac=1, random_state=seed % 1000)
    keeps, kept = adjudication.keeps_initial_votes, min(part, whole.spent)
    read = Trajectory.from_frame(frame, ids, initial.majority, keeps_initial_votes=keeps, annotations=part)
    for name in ("row", "draw", "answer", "label_before", "label_after", "resolved"):
        np.testing.assert_array_equal(getattr(read, name), getattr(whole, name)[:kept])
    if part >= whole.spent:
        np.testing.assert_array_equal(read.final_labels(), whole.final_labels())
        np.testing.assert_array_equal(read.final_counts(initial.counts), whole.final_counts(initial.counts))
    if part == 0:
        np.testing.assert_array_equal(read.final_labels(), initial.majority)


def test_other_samples_and_other_labels_are_refused() -> None:
    frame: pd.DataFrame = made(4, UntilMajority()).to_frame(IDS)
    with pytest.raises(InputError, match="lack"):
        Trajectory.from_frame(frame, IDS + 1, SAMPLES.given, keeps_initial_votes=True)
    with pytest.raises(InputError, match="1 samples had other labels when the trajectory was made, the first is id 30"):
        Trajectory.from_frame(frame, IDS, np.array([0, 1, 1, 2]), keeps_initial_votes=True)
