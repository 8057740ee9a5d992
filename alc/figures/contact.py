"""A contact sheet: the images a selector would have relabelled first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from alc.arrays import FloatArray, IntArray, UInt8Array
from alc.errors import InputError
from alc.figures.canvas import DPI, INK, heading, house_style, new_figure, shorten
from alc.figures.palette import RIGHT, WRONG
from alc.labels import check_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["contact_sheet"]

LETTERS = 7.0
SIDE, GAP, LINE_INCHES = 1.1, 0.12, 1.25 * LETTERS / 72
FRAME = {None: ("#BBBBBB", 0.6), True: (WRONG, 2.2), False: (RIGHT, 1.2)}  # is the label wrong? unknown, yes, no


@house_style()
def contact_sheet(
    images: UInt8Array,
    given: IntArray,
    suggested: IntArray,
    p_given: FloatArray,
    score: FloatArray | None,
    class_names: Sequence[str],
    *,
    reference: IntArray | None = None,
    columns: int = 6,
    title: str | None = None,
) -> "Figure":
    """The top-ranked images, best first along the rows, each with its given label, the model's label and its score.

    Small images are enlarged without smoothing, so a pixel stays a pixel.  Where the reference labels are known, a
    frame and a sign tell the truly wrong labels (vermilion, ✗) from the right ones (blue, ✓).

    Args:
        images: Pixels (K, H, W, 3), uint8.
        given: Current labels (K,).
        suggested: The model's labels (K,).
        p_given: The model's probability of the given label (K,), 0 to 1.
        score: Relabelling scores (K,), higher = relabel sooner; None for a random order.
        class_names: C names.
        reference: True labels (K,), if known.
        columns: Images per row.
        title: Heading.

    Raises:
        InputError: No images, an array of another length, a label without a name, or a number out of its range.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
        raise InputError(f"the images have shape {images.shape} and type {images.dtype}", allowed="uint8 (K, H, W, 3)")
    if 0 in images.shape:
        raise InputError(f"there are no images to show (shape {images.shape})", allowed="at least one image")
    if columns < 1:
        raise InputError(f"columns = {columns}", allowed="1 or more")
    K, height, width = images.shape[:3]
    arrays = {"given": given, "suggested": suggested, "p_given": p_given, "score": score, "reference": reference}
    for name, values in arrays.items():
        if values is not None and np.shape(values) != (K,):
            raise InputError(f"{name} has shape {np.shape(values)} for {K} images", allowed=f"({K},)")
        if values is not None and name not in {"p_given", "score"}:
            check_labels(np.asarray(values), len(class_names), name)
    _check_numbers(
        np.asarray(p_given, dtype=np.float64), np.zeros(K) if score is None else np.asarray(score, dtype=np.float64)
    )

    columns = min(columns, K)
    image_height = SIDE * min(height / width, 2.0)
    step = image_height + (3 if reference is None else 4) * LINE_INCHES + 0.1 + GAP
    figure = new_figure(max(columns, 4) * (SIDE + GAP) + GAP, 1.0)
    figure.set_layout_engine("none")  # a grid of equal cells is placed by hand
    text = heading(figure, title, _facts(given, reference))
    top = 0.2 + 0.16 * (text.get_text().count("\n") + 1)
    figure.set_figheight(top + -(-K // columns) * step)
    text.set_y(1 - 0.07 / figure.get_figheight())
    for place in range(K):
        row, column = divmod(place, columns)
        bottom = figure.get_figheight() - top - row * step - image_height
        axes = figure.add_axes(_fraction(figure, GAP + column * (SIDE + GAP), bottom, SIDE, image_height))
        axes.set(xticks=[], yticks=[])
        small = max(height, width) < SIDE * DPI
        axes.imshow(images[place], interpolation="nearest" if small else "auto")
        truth = None if reference is None else int(reference[place])
        wrong = None if truth is None else truth != int(given[place])
        axes.spines[:].set(edgecolor=FRAME[wrong][0], linewidth=FRAME[wrong][1])
        sign = {None: "", True: "✗ ", False: "✓ "}[wrong]
        lines = [(f"{sign}given ", class_names[int(given[place])]), ("model ", class_names[int(suggested[place])])]
        if truth is not None:
            lines.append(("true ", class_names[truth]))
        told = "" if score is None else f"score {score[place]:.3g}, "
        lines.append(("", f"{told}p {p_given[place]:.2f}"))
        for number, (word, name) in enumerate(lines):
            _caption(axes, number, word, name, INK if number or wrong is None else FRAME[wrong][0])
    return figure


def _fraction(
    figure: "Figure", left: float, bottom: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """A rectangle in inches as fractions of the figure."""
    total_width, total_height = figure.get_size_inches()
    return left / total_width, bottom / total_height, width / total_width, height / total_height


def _check_numbers(p_given: FloatArray, score: FloatArray) -> None:
    bad = np.flatnonzero(~((p_given >= 0) & (p_given <= 1)))
    if bad.size:
        raise InputError(f"p_given: row {bad[0]} holds {p_given[bad[0]]}", allowed="probabilities from 0 to 1")
    bad = np.flatnonzero(~np.isfinite(score))
    if bad.size:
        raise InputError(f"score: row {bad[0]} holds {score[bad[0]]}", allowed="finite scores")


def _caption(axes: "Axes", number: int, word: str, name: str, colour: str) -> None:
    """One line under an image, the name shortened until the line is no wider than the image."""
    line = axes.annotate(
        word + name,
        (0, 0),
        xycoords="axes fraction",
        xytext=(0, -3 - 72 * LINE_INCHES * number),
        textcoords="offset points",
        va="top",
        fontsize=LETTERS,
        color=colour,
    )
    for limit in range(len(name) - 1, 2, -1):
        if line.get_window_extent().width <= SIDE * DPI + 2:
            break
        line.set_text(word + shorten(name, limit))


def _facts(given: IntArray, reference: IntArray | None) -> str:
    facts = "p: the model's probability of the given label"
    if reference is None:
        return facts
    wrong = int((np.asarray(given) != np.asarray(reference)).sum())
    return f"Truly wrong (✗): {wrong} of {len(given)} labels; {facts}"
