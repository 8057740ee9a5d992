"""The event log of one simulation, by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd

from alc.simulation.trajectory import Trajectory


def trajectory(size: int = 5) -> Trajectory:
    """Sample 2 is asked twice, sample 0 once, sample 2 once again; sample 1 is left open."""
    return Trajectory(
        row=np.array([2, 2, 0, 2, 1])[:size],
        draw=np.array([0, 1, 0, 2, 0])[:size],
        answer=np.array([1, 1, 0, 0, 2])[:size],
        label_before=np.array([0, 0, 0, 1, 1])[:size],
        label_after=np.array([0, 1, 0, 1, 1])[:size],
        resolved=np.array([False, True, True, True, False])[:size],
        initial_label=np.array([0, 1, 0]),
        keeps_initial_votes=True,
        budget=5,
        is_exhausted=False,
    )


def test_what_was_spent_and_left_open() -> None:
    assert (trajectory().spent, trajectory().num_requests) == (5, 4)
    np.testing.assert_array_equal(trajectory().unresolved, [1])
    assert (trajectory(4).spent, trajectory(4).num_requests) == (4, 3)
    assert len(trajectory(4).unresolved) == 0


def test_nothing_bought() -> None:
    empty = trajectory(0)
    assert (empty.spent, empty.num_requests, len(empty.unresolved)) == (0, 0, 0)
    np.testing.assert_array_equal(empty.final_labels(), [0, 1, 0])
    np.testing.assert_array_equal(empty.final_counts(np.eye(3, dtype=int)), np.eye(3))
    assert empty.to_frame(np.arange(3)).shape == (0, 8)


def test_final_labels_take_the_last_answer_of_each_sample() -> None:
    made = trajectory()
    np.testing.assert_array_equal(made.final_labels(), [0, 1, 1])
    np.testing.assert_array_equal(made.initial_label, [0, 1, 0])


def test_final_counts_with_and_without_the_first_votes() -> None:
    initial = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(trajectory().final_counts(initial), [[2, 0, 0], [0, 1, 1], [2, 2, 0]])
    replaced = replace(trajectory(3), keeps_initial_votes=False)
    np.testing.assert_array_equal(replaced.final_counts(initial), [[1, 0, 0], [0, 1, 0], [0, 2, 0]])
    np.testing.assert_array_equal(initial.sum(axis=1), [1, 1, 1])


def test_frame_speaks_of_ids() -> None:
    frame = trajectory().to_frame(np.array([100, 101, 102]))
    assert list(frame) == [
        "step", "sample_id", "draw", "answer", "spent", "label_before", "label_after", "resolved",
    ]  # fmt: skip
    assert frame["sample_id"].tolist() == [102, 102, 100, 102, 101]
    assert frame["step"].tolist() == [0, 1, 2, 3, 4]
    assert frame["spent"].tolist() == [1, 2, 3, 4, 5]
    pd.testing.assert_series_equal(frame["resolved"], pd.Series([False, True, True, True, False], name="resolved"))
