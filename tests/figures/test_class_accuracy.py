import numpy as np
import pandas as pd
import pytest

from alc.errors import InputError
from alc.figures import class_accuracy
from alc.metrics.before_after import accuracy_by_class


def table(num_classes: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(num_classes), 4)
    guesses = {name: rng.integers(0, num_classes, len(labels)) for name in ("before", "after", "upper_bound")}
    return accuracy_by_class(labels, guesses, [f"class {index}" for index in range(num_classes)])


def test_each_class_has_its_points() -> None:
    frame = table()
    figure = class_accuracy(frame, title="Pets")
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        *("all (12)", "class 0 (4)", "class 1 (4)", "class 2 (4)")
    ]
    for line, name in zip(axes.lines, ("before", "after", "upper_bound"), strict=True):
        np.testing.assert_allclose(np.asarray(line.get_xdata()), 100 * frame[name])
    first = frame.iloc[0]
    assert figure.get_suptitle() == (
        f"Pets\n{100 * first['before']:.1f} % before, {100 * first['after']:.1f} % after, 12 images"
    )


def test_empty_classes_are_left_out_and_many_are_cut() -> None:
    frame = table()
    frame.loc[2, ["before", "after"]] = np.nan
    assert len(class_accuracy(frame.drop(columns="upper_bound")).axes[0].get_yticklabels()) == 3
    assert len(class_accuracy(table(60)).axes[0].get_yticklabels()) == 41


def test_a_table_without_after_is_refused() -> None:
    with pytest.raises(InputError, match="lacks after"):
        class_accuracy(table().drop(columns="after"))
