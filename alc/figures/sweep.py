"""Label accuracy against annotations bought, a panel for each setting of a sweep."""

from typing import TYPE_CHECKING

from alc.errors import InputError
from alc.figures.canvas import COLUMN_INCHES, PAGE_INCHES, SMALL, count_axis, freeze, heading, house_style, new_figure
from alc.figures.curve import curves_of
from alc.figures.palette import display_name, line_looks
from alc.figures.steps import draw_steps, legend_below, legend_inches

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["MOST_PANELS", "sweep_accuracy"]

MOST_PANELS, COLUMNS = 12, 3
PANEL_INCHES = 1.9


@house_style()
def sweep_accuracy(panels: "Mapping[str, pd.DataFrame]", facts: str, *, title: str | None = None) -> "Figure":
    """Percentage of correct labels after each annotation, one panel per setting and one line per selector.

    All panels share the y axis; the legend is sorted by the area under the curve, mean over the panels, best first.

    Args:
        panels: Name of a setting -> its curves table, see :func:`alc.figures.curve.curves_of`; 12 at most.
        facts: Second line of the heading: what the lines and bands are.
        title: First line.

    Raises:
        InputError: No panels or too many, or a table lacks what it should have.
    """
    if not 1 <= len(panels) <= MOST_PANELS:
        raise InputError(f"{len(panels)} panels of curves", allowed=f"1 to {MOST_PANELS}")
    drawn = {name: curves_of(table, "label_accuracy") for name, table in panels.items()}
    areas: dict[str, list[float]] = {}
    for curves in drawn.values():
        for curve in curves:
            areas.setdefault(curve.selector, []).append(curve.area)
    order = sorted(areas, key=lambda name: -sum(areas[name]) / len(areas[name]))
    looks, labels = line_looks(order), [display_name(name) for name in order]

    columns = 2 if len(panels) == 4 else min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    width = COLUMN_INCHES if columns == 1 else PAGE_INCHES
    figure = new_figure(width, 1.0 + PANEL_INCHES * rows + legend_inches(labels, width))
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    handles: dict[str, Line2D] = {}
    for axes, (name, curves) in zip(grid.flat, drawn.items(), strict=False):
        axes.set_title(name, loc="left", fontsize=SMALL)
        count_axis(axes, max(int(curve.annotations[-1]) for curve in curves))
        best_first = sorted(curves, key=lambda curve: order.index(curve.selector))
        handles |= {str(line.get_label()): line for line in draw_steps(axes, best_first, looks, 100.0)}
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_axis_off()
    for axes in grid[:, 0]:
        axes.set_ylabel("Correct labels (%)", fontsize=SMALL)
    for axes in list(grid.flat)[max(0, len(panels) - columns) : len(panels)]:  # the lowest of each column
        axes.set_xlabel("Annotations bought", fontsize=SMALL)
    heading(figure, title, facts)
    legend_below(figure, [handles[name] for name in order], labels, "Selector, largest area first")
    return freeze(figure)
