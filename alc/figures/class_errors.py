"""Wrong labels left, class by class, against annotations bought."""

from typing import TYPE_CHECKING

import numpy as np

from alc.figures.canvas import PAGE_INCHES, count_axis, freeze, heading, house_style, new_figure, shorten
from alc.figures.curve import Curve, require_columns
from alc.figures.palette import display_name, line_looks
from alc.figures.steps import draw_steps, legend_below, legend_inches

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["class_errors"]

COLUMNS = ("selector", "annotations", "class", "by", "wrong", "seeds")
MOST_CLASSES, ACROSS, NAME_LENGTH = 6, 3, 24


@house_style()
def class_errors(table: "pd.DataFrame", *, title: str | None = None) -> "Figure":
    """One panel per true class: the share of its samples whose label is wrong; lower is better.

    Above six classes those with most wrong labels at the start are shown.

    Args:
        table: As of :func:`alc.simulation.class_curves.class_curve_table`.
        title: First line of the heading.

    Raises:
        InputError: The table lacks a column or rows.
    """
    from matplotlib.ticker import PercentFormatter

    require_columns(table, COLUMNS, "class curves")
    rows = table[table["by"] == "true"]
    start = rows[rows["annotations"] == 0].groupby("class", sort=False)["wrong"].mean()
    classes = list(start.index) if len(start) <= MOST_CLASSES else list(start.nlargest(MOST_CLASSES).index)
    order = list(dict.fromkeys(map(str, rows["selector"])))
    looks, labels = line_looks(order), [display_name(name) for name in order]
    across = min(ACROSS, len(classes))
    down = -(-len(classes) // across)
    figure = new_figure(PAGE_INCHES, 0.7 + 2.2 * down + legend_inches(labels, PAGE_INCHES))
    panels = np.atleast_1d(figure.subplots(down, across, sharex=True)).ravel()
    handles = {}
    for axes, name in zip(panels, classes, strict=False):
        curves = [
            _curve(selector, rows[(rows["class"] == name) & (rows["selector"] == selector)]) for selector in order
        ]
        axes.set_title(shorten(str(name), NAME_LENGTH), loc="left")
        count_axis(axes, int(rows["annotations"].max()))
        axes.yaxis.set_major_formatter(PercentFormatter(decimals=0))
        axes.set_ylim(0, max(1.04 * 100 * max(curve.highest for curve in curves), 1.0))
        handles.update({str(line.get_label()): line for line in draw_steps(axes, curves, looks, scale=100)})
    for axes in panels[len(classes) :]:
        axes.set_visible(False)
    panels[0].set_ylabel("Wrong labels of the class")
    for axes in panels[max(0, len(classes) - across) : len(classes)]:
        axes.set_xlabel("Annotations bought")
    seeds = int(rows["seeds"].max())
    heading(figure, title, f"Mean of {seeds} seeds" if seeds > 1 else "1 seed")
    legend_below(figure, [handles[name] for name in order], labels, "Selector")
    return freeze(figure)


def _curve(selector: str, rows: "pd.DataFrame") -> Curve:
    wrong = rows["wrong"].to_numpy(dtype=np.float64)
    return Curve(selector, rows["annotations"].to_numpy(dtype=np.int64), wrong, wrong, wrong, int(rows["seeds"].max()))
