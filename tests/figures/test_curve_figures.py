from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from alc.arrays import FloatArray
from alc.errors import InputError
from alc.figures import label_accuracy, remaining_errors, total_variation

AREAS = {"random": 0.775, "joint": 0.81}
PUBLISHED = pd.DataFrame(
    {
        "selector": ["vanilla", "ssl"] * 2,
        "relabels": [10, 10, 0, 0],
        "correct_labels_percent": [78.0, 90.0, 75.0, 75.0],
    }
)


def line(figure: Figure, label: str, panel: int = 0) -> Line2D:
    (found,) = [line for line in figure.axes[panel].lines if line.get_label() == label]
    return found


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def texts(figure: Figure, panel: int = 0) -> list[str]:
    return [text.get_text().strip() for text in figure.axes[panel].texts]


def heading(figure: Figure) -> str:
    return figure.get_suptitle()


def draw(curves: pd.DataFrame, **changes: Any) -> Figure:
    arguments: dict[str, Any] = {"areas": AREAS, "num_samples": 20, "initial": 0.75} | changes
    return label_accuracy(curves, **arguments)


def points(line: Line2D) -> FloatArray:
    return np.asarray(line.get_xydata(), dtype=np.float64)


def test_label_accuracy_draws_the_table_in_percent(curves: pd.DataFrame) -> None:
    figure = draw(curves)
    for name in AREAS:
        rows = curves[(curves["selector"] == name) & (curves["metric"] == "label_accuracy")]
        drawn = line(figure, name)
        assert drawn.get_drawstyle() == "steps-post"
        np.testing.assert_array_equal(drawn.get_xdata(), rows["annotations"])
        np.testing.assert_array_equal(drawn.get_ydata(), 100 * rows["mean"])
    bands = [part for part in figure.axes[0].collections if isinstance(part, FillBetweenPolyCollection)]
    assert len(bands) == 2
    rows = curves[(curves["selector"] == "joint") & (curves["metric"] == "label_accuracy")]
    corners = bands[0].get_paths()[0].get_extents()
    assert (corners.ymin, corners.ymax) == pytest.approx((100 * rows["low"].min(), 100 * rows["high"].max()))


def test_label_accuracy_legend_is_sorted_by_area(curves: pd.DataFrame) -> None:
    figure = draw(curves)
    assert legend(figure) == ["joint  0.8100", "random  0.7750", "minimal sampler"]
    assert texts(figure) == ["88.0 %", "80.0 %"]
    assert figure.axes[0].get_xlabel() == "Annotations bought"
    assert figure.axes[0].get_ylabel() == "Correct labels (%)"
    assert heading(figure) == "25.0 % of 20 labels wrong; mean and confidence band of 3 seeds"


def test_minimal_sampler_needs_two_annotations_per_wrong_label(curves: pd.DataFrame) -> None:
    whole = line(draw(curves), "minimal sampler")
    np.testing.assert_allclose(points(whole), [[0, 75], [10, 100]])
    cut = line(draw(curves, num_mislabelled=10, initial=0.5), "minimal sampler")  # 20 needed, 10 bought: half-way
    np.testing.assert_allclose(points(cut), [[0, 50], [10, 75]])
    assert "minimal sampler" not in legend(draw(curves, num_mislabelled=0, initial=1.0))


def test_published_curves_lie_thin_behind(curves: pd.DataFrame) -> None:
    figure = draw(curves, published=PUBLISHED)
    assert legend(figure)[-2:] == ["published: ssl", "published: vanilla"]  # best first
    published, own = line(figure, "published: vanilla"), line(figure, "joint")
    np.testing.assert_array_equal(published.get_xydata(), [[0, 75], [10, 78]])
    assert published.get_linewidth() < own.get_linewidth()
    assert published.get_zorder() < own.get_zorder()


def test_square_marks_where_no_clear_error_is_left(curves: pd.DataFrame) -> None:
    rows = (curves["selector"] == "joint") & (curves["metric"] == "remaining_clear")
    for column in ("mean", "low", "high"):
        curves.loc[rows, column] = np.maximum(6.0 - np.arange(11), 0.0)
    square = line(draw(curves), "no clear error left")
    accuracy = curves[(curves["selector"] == "joint") & (curves["metric"] == "label_accuracy")]["mean"]
    np.testing.assert_allclose(points(square), [[6, 100 * accuracy.iloc[6]]])
    assert "no clear error left" not in legend(draw(curves[curves["metric"] == "label_accuracy"]))


def test_equal_ends_share_a_label(make_curves: Callable[..., pd.DataFrame]) -> None:
    assert texts(draw(make_curves({"random": 0.88, "joint": 0.88}))) == ["88.0 %"]


def test_one_seed_has_no_band(make_curves: Callable[..., pd.DataFrame]) -> None:
    figure = draw(make_curves(AREAS, seeds=1), title="tiny")
    assert not figure.axes[0].collections
    assert heading(figure) == "tiny\n25.0 % of 20 labels wrong; 1 seed"


def test_a_single_point_is_a_figure(make_curves: Callable[..., pd.DataFrame]) -> None:
    assert texts(draw(make_curves(AREAS, budget=0))) == ["75.0 %"]


def test_end_labels_and_legend_do_not_overlap(make_curves: Callable[..., pd.DataFrame]) -> None:
    names = {f"selector_{number}": 0.85 + 0.001 * number for number in range(10)}
    figure = draw(make_curves(names), areas=names)
    boxes = sorted((text.get_window_extent() for text in figure.axes[0].texts), key=lambda box: box.y0)
    assert len(boxes) == 10
    overlap = [below.y1 - above.y0 for below, above in pairwise(boxes)]
    assert max(overlap) <= 2  # pixels of empty ascender
    legend_box, axes_box = figure.legends[0].get_window_extent(), figure.axes[0].get_tightbbox()
    assert axes_box is not None
    assert legend_box.y1 <= axes_box.y0
    assert max(box.x1 for box in boxes) <= figure.bbox.x1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"areas": {"random": 0.7}}, "'joint' has area None"),
        ({"areas": AREAS | {"joint": float("nan")}}, "'joint' has area nan"),
        ({"initial": 75.0}, "a fraction from 0 to 1"),
        ({"num_samples": 0}, "num_samples = 0"),
        ({"num_mislabelled": 21}, "0 to num_samples = 20"),
        ({"published": PUBLISHED.drop(columns="relabels")}, "no column relabels"),
        ({"published": PUBLISHED.iloc[:0]}, "no rows"),
        ({"published": PUBLISHED.replace(78.0, np.nan)}, "correct_labels_percent = "),
    ],
)
def test_label_accuracy_refuses(curves: pd.DataFrame, changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw(curves, **changes)


def test_total_variation(curves: pd.DataFrame) -> None:
    figure = total_variation(curves)
    rows = curves[(curves["selector"] == "random") & (curves["metric"] == "total_variation")]
    np.testing.assert_array_equal(line(figure, "random").get_ydata(), rows["mean"])
    labels = legend(figure)
    assert [label.split()[0] for label in labels] == ["joint", "random"]
    assert labels[1] == f"random  {rows['mean'].iloc[:-1].mean():.4f}"
    assert figure.axes[0].get_ylim()[0] == 0
    assert texts(figure) == ["0.120", "0.200"]


def test_total_variation_of_zero(curves: pd.DataFrame) -> None:
    curves[["mean", "low", "high"]] = 0.0
    assert total_variation(curves).axes[0].get_ylim() == (0, 1)


def test_remaining_errors_has_two_panels(curves: pd.DataFrame) -> None:
    figure = remaining_errors(curves, title="A title")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Clear errors", "Ambiguous errors"]
    assert legend(figure) == ["joint", "random"]
    for panel, kind in enumerate(("clear", "ambiguous")):
        rows = curves[(curves["selector"] == "joint") & (curves["metric"] == f"remaining_{kind}")]
        np.testing.assert_array_equal(line(figure, "joint", panel).get_ydata(), rows["mean"])
    assert heading(figure) == "A title\nMean and confidence band of 3 seeds"


def test_remaining_errors_says_when_there_are_none(curves: pd.DataFrame) -> None:
    curves.loc[curves["metric"] == "remaining_ambiguous", ["mean", "low", "high"]] = 0.0
    assert texts(remaining_errors(curves), panel=1) == ["There are no ambiguous errors\nin these labels."]


def test_remaining_errors_needs_both_metrics(curves: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="'remaining_ambiguous'"):
        remaining_errors(curves[curves["metric"] != "remaining_ambiguous"])
