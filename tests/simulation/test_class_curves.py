"""Wrong labels by class along a trajectory, against relabelling one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.figures.class_errors import class_errors
from alc.metrics.class_quality import class_quality
from alc.simulation.class_curves import class_curve_table, class_curves
from alc.simulation.trajectory import Trajectory


def random_trajectory(seed: int, samples: int, classes: int, spent: int) -> tuple[Trajectory, np.ndarray]:
    rng = np.random.default_rng(seed)
    initial, row = rng.integers(0, classes, samples), rng.integers(0, samples, spent)
    labels, before, after = initial.copy(), np.empty(spent, dtype=np.int64), np.empty(spent, dtype=np.int64)
    for event in range(spent):
        before[event] = labels[row[event]]
        if rng.random() < 0.7:
            labels[row[event]] = rng.integers(0, classes)
        after[event] = labels[row[event]]
    zeros = np.zeros(spent, dtype=np.int64)
    trajectory = Trajectory(row, zeros, after, before, after, zeros == 0, initial, True, spent, False)
    return trajectory, rng.integers(0, classes, samples)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.integers(1, 12), st.integers(2, 4), st.integers(0, 25))
def test_as_counted_after_every_annotation(seed: int, samples: int, classes: int, spent: int) -> None:
    trajectory, reference = random_trajectory(seed, samples, classes, spent)
    every = np.arange(spent + 1)
    by_true, by_given = class_curves(trajectory, reference, classes, every)
    labels = trajectory.initial_label.copy()
    for event in every:
        if event:
            labels[trajectory.row[event - 1]] = trajectory.label_after[event - 1]
        quality = class_quality(labels, reference, classes)
        np.testing.assert_allclose(by_true[:, event], quality.wrong_by_true)
        np.testing.assert_allclose(by_given[:, event], quality.wrong_by_given)
    some = np.unique([0, spent // 3, spent // 2, spent + 5])
    for whole, part in zip((by_true, by_given), class_curves(trajectory, reference, classes, some), strict=True):
        np.testing.assert_allclose(part, whole[:, np.minimum(some, spent)])


def test_events_behind_the_grid_are_left_out() -> None:
    trajectory, reference = random_trajectory(0, 9, 3, 20)
    early, whole = (class_curves(trajectory, reference, 3, np.arange(stop))[0] for stop in (5, 21))
    np.testing.assert_allclose(early, whole[:, :5])


def test_the_table_and_its_figure() -> None:
    runs = [random_trajectory(seed, 40, 2, 30 + seed) for seed in (0, 1)]
    trajectories = {"random": [run for run, _ in runs], "joint": [runs[0][0]]}
    reference = runs[0][1]
    table = class_curve_table(trajectories, reference, ["Normal", "Opacity"])
    start = table[(table["annotations"] == 0) & (table["selector"] == "joint") & (table["by"] == "true")]
    expected = class_quality(runs[0][0].initial_label, reference, 2).wrong_by_true
    assert start["wrong"].tolist() == pytest.approx(expected.tolist())
    assert set(table["seeds"]) == {1, 2}
    assert table["annotations"].max() == 31
    figure = class_errors(table, title="t")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Normal", "Opacity"]


def test_many_classes_are_reported_at_fewer_points() -> None:
    trajectory, reference = random_trajectory(3, 400, 100, 300)
    table = class_curve_table({"random": [trajectory]}, reference, [f"class {number}" for number in range(100)])
    assert table["annotations"].nunique() == 40
    assert sum(axes.get_visible() for axes in class_errors(table).axes) == 6
