"""Mean total variation between label counts and the label distribution, against annotations bought."""

from typing import TYPE_CHECKING

from alc.figures.canvas import COLUMN_INCHES, count_axis, freeze, heading, house_style, new_figure
from alc.figures.curve import curves_of
from alc.figures.palette import display_name, line_looks
from alc.figures.steps import draw_steps, label_ends, legend_below, legend_inches, seeds_phrase

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["total_variation"]


@house_style()
def total_variation(curves: "pd.DataFrame", *, title: str | None = None) -> "Figure":
    """How far the collected label counts are from what annotators say on average; lower is better.

    Drawn is the mean over samples of half the absolute difference of the two distributions, 0 to 1 (the released code's
    ``avg_total_variation``).  The legend gives each selector's mean over the budget, lowest first.

    Args:
        curves: The curves table; see :func:`alc.figures.curve.curves_of`.
        title: First line of the heading.

    Raises:
        InputError: The table lacks a column, rows, or the metric ``total_variation``.
    """
    drawn = sorted(curves_of(curves, "total_variation"), key=lambda curve: curve.area)
    looks = line_looks(curve.selector for curve in drawn)
    labels = [f"{display_name(curve.selector)}  {curve.area:.4f}" for curve in drawn]
    figure = new_figure(COLUMN_INCHES, 3.1 + legend_inches(labels, COLUMN_INCHES))
    axes = figure.add_subplot()
    count_axis(axes, max(int(curve.annotations[-1]) for curve in drawn))
    handles = draw_steps(axes, drawn, looks)
    axes.set_ylim(0, 1.05 * max(curve.highest for curve in drawn) or 1.0)
    axes.set_xlabel("Annotations bought")
    axes.set_ylabel("Mean total variation (0 to 1)")
    heading(figure, title, seeds_phrase(drawn).capitalize())
    legend_below(figure, handles, labels, "Selector and its mean over the budget")
    label_ends(figure, axes, drawn, looks, "{:.3f}")
    return freeze(figure)
