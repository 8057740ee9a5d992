"""Wrong labels that are left, the clear and the ambiguous ones apart, against annotations bought."""

from typing import TYPE_CHECKING

from alc.figures.canvas import PAGE_INCHES, SMALL, count_axis, freeze, heading, house_style, new_figure
from alc.figures.curve import Curve, curves_of
from alc.figures.palette import display_name, line_looks
from alc.figures.steps import draw_steps, label_ends, legend_below, legend_inches, seeds_phrase

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["remaining_errors"]


@house_style()
def remaining_errors(curves: "pd.DataFrame", *, title: str | None = None) -> "Figure":
    """Number of wrong labels left after each annotation: clear errors left, ambiguous ones right; lower is better.

    Ambiguous samples are those on which annotators disagree (normalised entropy above 0.30 in the paper).  The legend
    is sorted by the mean number of errors of both kinds over the budget, lowest first.

    Args:
        curves: The curves table; see :func:`alc.figures.curve.curves_of`.
        title: First line of the heading.

    Raises:
        InputError: The table lacks a column, rows, or one of the metrics ``remaining_clear``, ``remaining_ambiguous``.
    """
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    panels = {kind: curves_of(curves, f"remaining_{kind}") for kind in ("clear", "ambiguous")}
    mean_left: dict[str, float] = {}
    for curve in panels["clear"] + panels["ambiguous"]:
        mean_left[curve.selector] = mean_left.get(curve.selector, 0.0) + curve.area
    order = sorted(mean_left, key=lambda name: mean_left[name])
    looks = line_looks(order)
    last = max(int(curve.annotations[-1]) for drawn in panels.values() for curve in drawn)

    labels = [display_name(name) for name in order]
    figure = new_figure(PAGE_INCHES, 3.1 + legend_inches(labels, PAGE_INCHES))
    both = figure.subplots(1, 2)
    handles = {}
    for axes, (kind, unsorted) in zip(both, panels.items(), strict=True):
        drawn = sorted(unsorted, key=lambda curve: order.index(curve.selector))
        axes.set_title(f"{kind.capitalize()} errors", loc="left")
        axes.set_xlabel("Annotations bought")
        count_axis(axes, last)
        if _nothing_to_show(drawn):
            _say_none(axes, kind)
        else:
            axes.yaxis.set_major_locator(MaxNLocator(integer=True))
            axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            axes.set_ylim(0, 1.04 * max(curve.highest for curve in drawn))
        lines = draw_steps(axes, drawn, looks)
        handles.update({str(line.get_label()): line for line in lines})
    both[0].set_ylabel("Wrong labels left")
    heading(figure, title, seeds_phrase([curve for drawn in panels.values() for curve in drawn]).capitalize())
    legend_below(figure, [handles[name] for name in order], labels, "Selector, fewest errors first")
    for axes, drawn in zip(both, panels.values(), strict=True):
        if not _nothing_to_show(drawn):
            label_ends(figure, axes, drawn, looks, "{:,.0f}")
    return freeze(figure)


def _nothing_to_show(curves: list[Curve]) -> bool:
    return all(curve.highest <= 0 for curve in curves)


def _say_none(axes: "Axes", kind: str) -> None:
    axes.set_ylim(0, 1)
    axes.set_yticks([0])
    axes.text(
        0.5,
        0.5,
        f"There are no {kind} errors\nin these labels.",
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=SMALL,
        color="#555555",
    )
