"""The label noise as a class confusion matrix."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from alc.arrays import BoolArray, FloatArray, IntArray
from alc.errors import InputError
from alc.figures.canvas import SMALL, freeze, heading, house_style, new_figure, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["noise_confusion"]

MOST_NUMBERED, MOST_NAMED, NAME_LENGTH = 16, 40, 20
LETTER_INCHES = 0.064
DIAGONAL = "#EDEDED"


@house_style()
def noise_confusion(
    confusion: IntArray, class_names: Sequence[str] | None = None, *, title: str | None = None
) -> "Figure":
    """What each class is called instead: the confusion matrix in percent of its rows, and every noise rate.

    Rows are true classes, columns observed ones: the project's ``T[i, j] = P(observed = j | true = i)``.  Colour is
    kept for the wrong cells, which a shared scale with the diagonal would wash out; the diagonal is grey.  Above 16
    classes a colour bar replaces the numbers.

    Args:
        confusion: Counts (C, C), true x observed.
        class_names: C names; by default the class numbers.
        title: First line of the heading; the second states the overall noise rate.

    Raises:
        InputError: Not a square matrix of counts with at least one sample, or a wrong number of names.
    """
    confusion = _checked(confusion)
    C = len(confusion)
    names = [str(index) for index in range(C)] if class_names is None else [str(name) for name in class_names]
    if len(names) != C:
        raise InputError(f"{len(names)} class names for {C} classes", allowed=f"{C} names")
    totals = confusion.sum(axis=1, keepdims=True)
    percent = 100 * confusion / np.maximum(totals, 1)
    rates = 100 - np.diag(percent)
    off_diagonal = ~np.eye(C, dtype=np.bool_)
    wrong, size = int(confusion[off_diagonal].sum()), int(totals.sum())

    numbered = C <= MOST_NUMBERED
    side = max(C * 0.42, 1.4) if numbered else 6.7
    longest = LETTER_INCHES * min(max(map(len, names)), NAME_LENGTH)
    figure = new_figure(max(side + longest + (1.2 if numbered else 1.8), 3.4), side + 0.7 * longest + 1.1)
    axes = figure.add_subplot()
    highest = float(percent[off_diagonal].max(initial=0.0))
    shown = np.ma.masked_array(percent, mask=~off_diagonal)
    image = axes.imshow(shown, cmap="Blues", vmin=0, vmax=highest or 1.0, interpolation="nearest")
    axes.set_facecolor(DIAGONAL)
    if numbered:
        _numbers(axes, percent, confusion, off_diagonal, highest)
        _rates(axes, rates, totals[:, 0])
    else:
        bar = figure.colorbar(image, ax=axes, shrink=0.7, pad=0.02, label="Share of the true class, wrong cells (%)")
        bar.ax.tick_params(labelsize=SMALL)
    _name_axes(axes, names)
    known = rates[totals[:, 0] > 0]
    by_class = f"; by class {known.min():.1f} to {known.max():.1f} %" if not numbered else ""
    facts = (
        f"{100 * wrong / size:.1f} % of {size:,} labels wrong{by_class}" if wrong else f"None of {size:,} labels wrong"
    )
    heading(figure, title, facts)
    return freeze(figure)


def _checked(confusion: IntArray) -> IntArray:
    confusion = np.asarray(confusion)
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1] or confusion.size == 0:
        raise InputError(f"the confusion matrix has shape {confusion.shape}", allowed="(C, C), true x observed")
    bad = np.argwhere(~np.isfinite(confusion) | (confusion < 0) | (confusion != np.floor(confusion)))
    if bad.size:
        row, column = bad[0]
        raise InputError(
            f"the confusion matrix holds {confusion[row, column]} at true {row}, observed {column}",
            allowed="counts of 0 or more, not rates",
        )
    if not confusion.any():
        raise InputError("the confusion matrix counts no sample", allowed="at least one count above 0")
    return confusion.astype(np.int64)


def _numbers(axes: "Axes", percent: FloatArray, confusion: IntArray, off_diagonal: BoolArray, highest: float) -> None:
    for row, column in np.ndindex(*percent.shape):
        if confusion[row, column] == 0:
            continue
        value = percent[row, column]
        dark = bool(off_diagonal[row, column]) and value > 0.6 * highest
        text = f"{value:.0f}" if value >= 99.95 else f"{value:.1f}"
        axes.text(column, row, text, ha="center", va="center", fontsize=7.5, color="white" if dark else "#222222")


def _name_axes(axes: "Axes", names: list[str]) -> None:
    step = -(-len(names) // MOST_NAMED)
    ticks = range(0, len(names), step)
    short = [shorten(names[index], NAME_LENGTH) for index in ticks]
    axes.set_xticks(ticks, short)
    axes.set_yticks(ticks, short)
    if max(map(len, short)) > 3:
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0, labelsize=SMALL if len(names) <= MOST_NUMBERED else 6.5)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("Observed label (% of the row)")
    axes.set_ylabel("True class")


def _rates(axes: "Axes", rates: FloatArray, totals: IntArray) -> None:
    """The noise rate of each class right of its row; a class without samples says so."""
    for row, (rate, total) in enumerate(zip(rates, totals, strict=True)):
        _beside(axes, f"{rate:.1f} %" if total else "empty", (1, row), ("axes fraction", "data"), 0, "center")
    _beside(axes, "wrong", (1, 0), ("axes fraction", "axes fraction"), -4, "top")


def _beside(axes: "Axes", text: str, point: tuple[float, float], coords: tuple[str, str], down: float, va: str) -> None:
    axes.annotate(
        text, point, (42, down), xycoords=coords, textcoords="offset points", ha="right", va=va, fontsize=SMALL
    )
