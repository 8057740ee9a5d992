"""Step curves with bands, their legend, and the values at their ends."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from alc.arrays import FloatArray
from alc.figures.canvas import INK, SMALL
from alc.figures.curve import Curve
from alc.figures.palette import LineLook

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["draw_steps", "label_ends", "legend_below", "legend_inches", "seeds_phrase", "spread"]

LEGEND_ROW_INCHES, LEGEND_HANDLE_INCHES, LEGEND_LETTER_INCHES = 0.165, 0.55, 0.0625


def draw_steps(
    axes: "Axes", curves: Sequence[Curve], looks: Mapping[str, LineLook], scale: float = 1.0
) -> "list[Line2D]":
    """Draw each curve, the first on top, and return the lines in the order given.

    Args:
        axes: Where to draw.
        curves: What to draw; the line's label is the selector's name.
        looks: Colour and dash per selector.
        scale: Factor on the values, 100 for percent.
    """
    lines = []
    for rank, full in enumerate(curves):
        curve, look = full.thinned(), looks[full.selector]
        if curve.has_band:
            axes.fill_between(
                curve.annotations,
                scale * curve.low,
                scale * curve.high,
                step="post",
                color=look.colour,
                alpha=0.18,
                linewidth=0,
                zorder=2,
            )
        lines += axes.plot(
            curve.annotations,
            scale * curve.mean,
            drawstyle="steps-post",
            color=look.colour,
            linestyle=look.linestyle,
            linewidth=1.4,
            zorder=4 - rank / (len(curves) + 1),
            label=full.selector,
        )
    return lines


def label_ends(
    figure: "Figure",
    axes: "Axes",
    curves: Sequence[Curve],
    looks: Mapping[str, LineLook],
    form: str,
    scale: float = 1.0,
) -> None:
    """Write each curve's last value right of the axes, moved apart where they would touch, with a thin leader.

    Curves that end on the same printed value share one label in neutral ink.  Call it last: the gap between two labels
    depends on the final limits and size of the axes.
    """
    figure.draw_without_rendering()  # the layout decides how high the axes are
    low, high = axes.get_ylim()
    left, right = axes.get_xlim()
    line_height = SMALL * 1.15 / 72 * figure.dpi * (high - low) / axes.get_window_extent().height
    same: dict[str, list[Curve]] = {}
    for curve in curves:
        same.setdefault(form.format(scale * curve.mean[-1]), []).append(curve)
    ends = np.array([scale * group[0].mean[-1] for group in same.values()])
    near, far = (right + part * (right - left) for part in (0.01, 0.04))
    for (text, group), end, height in zip(same.items(), ends, spread(ends, line_height, low, high), strict=True):
        colour = looks[group[0].selector].colour if len(group) == 1 else INK
        start = min(int(curve.annotations[-1]) for curve in group)
        axes.plot([start, near, far], [end, end, height], color=colour, linewidth=0.6, clip_on=False, zorder=1)
        axes.text(far, height, f" {text}", color=colour, fontsize=SMALL, va="center", ha="left")
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)


def spread(values: FloatArray, gap: float, low: float, high: float) -> FloatArray:
    """Positions (K,) as near as can be to ``values`` (least squares), ``gap`` apart, same order, within [low, high].

    Too many for the room stand closer than ``gap``, evenly.

    >>> spread(np.array([1.0, 1.0, 5.0]), 1.0, 0.0, 10.0)
    array([0.5, 1.5, 5. ])
    """
    count = len(values)
    gap = min(gap, (high - low) / max(count - 1, 1))
    order = np.argsort(values, kind="stable")
    offsets = gap * np.arange(count)
    blocks: list[
        tuple[float, int]
    ] = []  # mean and size: isotonic regression by pooling neighbours that are out of order
    for value in values[order] - offsets:
        mean, size = float(value), 1
        while blocks and blocks[-1][0] >= mean:
            before, number = blocks.pop()
            mean, size = (before * number + mean * size) / (number + size), number + size
        blocks.append((mean, size))
    level = np.repeat([mean for mean, _ in blocks], [size for _, size in blocks])
    positions = np.empty(count)
    positions[order] = np.clip(level, low, high - offsets[-1]) + offsets
    return positions


def legend_columns(labels: Sequence[str], width: float) -> int:
    """How many columns of a legend, three at most, fit into so many inches."""
    column = LEGEND_HANDLE_INCHES + LEGEND_LETTER_INCHES * max(map(len, labels))
    return max(1, min(3, len(labels), int(width / column)))


def legend_inches(labels: Sequence[str], width: float) -> float:
    """Height to add to a figure for the legend under it, so that a long legend does not squeeze the axes."""
    return LEGEND_ROW_INCHES * (1 - (-len(labels) // legend_columns(labels, width)))


def legend_below(figure: "Figure", handles: "Sequence[Line2D]", labels: Sequence[str], title: str) -> None:
    """A legend under the axes, read down the columns, so that it never covers a curve."""
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=legend_columns(labels, figure.get_figwidth()),
        title=title,
        title_fontsize=SMALL,
        frameon=False,
        handlelength=2.6,
        columnspacing=1.6,
        labelspacing=0.3,
        borderpad=0.1,
    )


def seeds_phrase(curves: Sequence[Curve]) -> str:
    """How many seeds stand behind the lines, for the heading."""
    seeds = sorted({curve.seeds for curve in curves})
    if seeds == [1]:
        return "1 seed"
    number = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    band = " and confidence band" if any(curve.has_band for curve in curves) else ""
    return f"mean{band} of {number} seeds"
