"""Label accuracy against annotations bought: the paper's Fig. 3."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from alc.errors import InputError
from alc.figures.canvas import COLUMN_INCHES, count_axis, freeze, heading, house_style, new_figure
from alc.figures.curve import Curve, curves_of, finite_numbers, require_columns
from alc.figures.palette import display_name, line_looks
from alc.figures.steps import draw_steps, label_ends, legend_below, legend_inches, seeds_phrase

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["label_accuracy"]

HEIGHT_INCHES = 3.3
PUBLISHED_COLUMNS = ("selector", "relabels", "correct_labels_percent")


@house_style()
def label_accuracy(
    curves: "pd.DataFrame",
    areas: Mapping[str, float],
    num_samples: int,
    initial: float,
    *,
    num_mislabelled: int | None = None,
    title: str | None = None,
    published: "pd.DataFrame | None" = None,
) -> "Figure":
    """Percentage of correct labels after each annotation, one line per selector (Bernhardt et al. 2022, Fig. 3).

    The dashed minimal sampler is the released code's reference line: it meets only wrong labels and needs two
    annotations for each.  A square marks where, on average, no clear error is left (drawn if the table says).

    Args:
        curves: The curves table; see :func:`alc.figures.curve.curves_of`.
        areas: Area under the curve of every selector, as a fraction; the legend is sorted by it, best first.
        num_samples: N.
        initial: Fraction of correct labels before the first annotation.
        num_mislabelled: Wrong labels at the start; by default what ``initial`` and N say.
        title: First line of the heading; the next states the noise, N and the seeds.
        published: Curves to compare with, columns selector, relabels, correct_labels_percent; drawn thin, behind.

    Raises:
        InputError: A table lacks a column or rows, a selector has no area, or a number is out of its range.
    """
    drawn = _by_area(curves_of(curves, "label_accuracy"), areas)
    if num_samples < 1 or not 0 <= initial <= 1:
        raise InputError(
            f"num_samples = {num_samples}, initial = {initial}", allowed="1 or more samples; a fraction from 0 to 1"
        )
    wrong = round((1 - initial) * num_samples) if num_mislabelled is None else num_mislabelled
    if not 0 <= wrong <= num_samples:
        raise InputError(f"num_mislabelled = {wrong}", allowed=f"0 to num_samples = {num_samples}")
    if published is not None:
        require_columns(published, PUBLISHED_COLUMNS, "published curves")
        for column in PUBLISHED_COLUMNS[1:]:
            finite_numbers(published, column, "the published curves table")
    last = max(int(curve.annotations[-1]) for curve in drawn)
    looks = line_looks(curve.selector for curve in drawn)

    clear = _clear_of_errors(curves) if (curves["metric"] == "remaining_clear").any() else {}
    figure = new_figure(COLUMN_INCHES, HEIGHT_INCHES)
    axes = figure.add_subplot()
    count_axis(axes, last)
    handles = draw_steps(axes, drawn, looks, scale=100)
    labels = [f"{display_name(curve.selector)}  {areas[curve.selector]:.4f}" for curve in drawn]
    extra = _minimal_sampler(axes, initial, wrong, last) + _squares(axes, drawn, clear) + _published(axes, published)
    labels += [str(line.get_label()) for line in extra]
    _limit(axes, drawn, extra, initial, last)
    axes.set_xlabel("Annotations bought")
    axes.set_ylabel("Correct labels (%)")
    rate = 100 * wrong / num_samples
    heading(figure, title, f"{rate:.1f} % of {num_samples:,} labels wrong; {seeds_phrase(drawn)}")
    figure.set_figheight(HEIGHT_INCHES + legend_inches(labels, COLUMN_INCHES))
    legend_below(figure, handles + extra, labels, "Selector and area under its curve")
    label_ends(figure, axes, drawn, looks, "{:.1f} %", scale=100)
    return freeze(figure)


def _by_area(curves: list[Curve], areas: Mapping[str, float]) -> list[Curve]:
    for curve in curves:
        if not np.isfinite(areas.get(curve.selector, np.nan)):
            raise InputError(
                f"selector {curve.selector!r} has area {areas.get(curve.selector)}",
                allowed="a finite area for every selector of the curves table",
            )
    return sorted(curves, key=lambda curve: -areas[curve.selector])


def _clear_of_errors(table: "pd.DataFrame") -> dict[str, int]:
    """Annotations after which, on average, no clear error is left; only selectors that get there from above zero."""
    found = {}
    for curve in curves_of(table, "remaining_clear"):
        none_left = np.flatnonzero(curve.mean <= 0)
        if none_left.size and none_left[0] > 0:
            found[curve.selector] = int(curve.annotations[none_left[0]])
    return found


def _squares(axes: "Axes", curves: list[Curve], clear: Mapping[str, int]) -> "list[Line2D]":
    points = [(curve, clear[curve.selector]) for curve in curves if curve.selector in clear]
    if not points:
        return []
    steps = [int(np.searchsorted(curve.annotations, spent, side="right")) - 1 for curve, spent in points]
    return axes.plot(
        [spent for _, spent in points],
        [100 * curve.mean[max(step, 0)] for (curve, _), step in zip(points, steps, strict=True)],
        linestyle="none",
        marker="s",
        markersize=4.5,
        markerfacecolor="white",
        markeredgecolor="black",
        markeredgewidth=0.9,
        zorder=5,
        label="no clear error left",
    )


def _minimal_sampler(axes: "Axes", initial: float, wrong: int, last: int) -> "list[Line2D]":
    """From the initial accuracy to 100 % at two annotations per wrong label, as far as the budget goes."""
    if wrong == 0:
        return []
    end = min(2 * wrong, max(last, 1))
    start = 100 * initial
    return axes.plot(
        [0, end],
        [start, start + (100 - start) * end / (2 * wrong)],
        color="black",
        linestyle=(0, (3, 2)),
        linewidth=0.8,
        zorder=2.5,
        label="minimal sampler",
    )


def _published(axes: "Axes", published: "pd.DataFrame | None") -> "list[Line2D]":
    lines: list[Line2D] = []
    if published is None:
        return lines
    looks = line_looks(map(str, published["selector"].unique()))
    best_first = published.groupby("selector")["correct_labels_percent"].mean().sort_values(ascending=False).index
    for name in best_first:
        rows = published[published["selector"] == name].sort_values("relabels", kind="stable")
        lines += axes.plot(
            rows["relabels"].to_numpy(),
            rows["correct_labels_percent"].to_numpy(),
            color=looks[str(name)].colour,
            linestyle=(0, (1, 1)),
            linewidth=0.9,
            zorder=1.5,
            scalex=False,
            label=f"published: {display_name(str(name))}",
        )
    return lines


def _limit(axes: "Axes", curves: list[Curve], extra: "list[Line2D]", initial: float, last: int) -> None:
    """A y range that holds all that is drawn up to the end of the x axis, within the percentages that exist."""
    values = [100 * initial]
    for curve in curves:
        values += [100 * curve.lowest, 100 * curve.highest]
    for line in extra:
        x, y = np.asarray(line.get_xdata(), dtype=np.float64), np.asarray(line.get_ydata(), dtype=np.float64)
        values += list(y[x <= last])
    low, high = max(min(values), 0.0), min(max(values), 100.0)
    air = 0.03 * (high - low) or 1.0
    axes.set_ylim(low - air, high + air)
