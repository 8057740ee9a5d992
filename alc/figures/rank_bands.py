"""Images from parts of a ranking, row by row: what a selector puts first, in the middle and last."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alc.arrays import FloatArray, IntArray, UInt8Array
from alc.errors import InputError
from alc.figures.canvas import INK, SMALL, heading, house_style, new_figure, shorten
from alc.figures.palette import RIGHT, WRONG

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Band", "rank_bands"]

SIDE, CAPTION, LEFT, LETTERS = 0.82, 0.42, 0.95, 6.0


@dataclass(frozen=True, eq=False)
class Band:
    """Some images of a part of a ranking.

    Attributes:
        name: Which part, e.g. ``top 10``.
        images: (K, H, W, 3) pixels.
        given: (K,) labels as they came.
        noisiness: (K,) cross-entropy of the given labels, in units of log C.
        ambiguity: (K,) entropies of the posteriors, in the same units.
        reference: (K,) true labels, if known.
    """

    name: str
    images: UInt8Array
    given: IntArray
    noisiness: FloatArray
    ambiguity: FloatArray
    reference: IntArray | None = None


@house_style()
def rank_bands(bands: Sequence[Band], class_names: Sequence[str], *, title: str | None = None) -> "Figure":
    """One row of images per part of a ranking, as in Fig. 4 of Bernhardt et al. 2022.

    Under each image stand its given label, its cross-entropy (CE: how noisy) and entropy (AMB: how ambiguous); where
    the truth is known, a wrong label has a frame and a sign.

    Args:
        bands: The parts, best ranked first, each of the same number of images.
        class_names: C names.
        title: Heading.

    Raises:
        InputError: No parts, parts of different lengths, or arrays of different lengths.
    """
    if not bands or any(len(band.images) != len(bands[0].images) or not len(band.images) for band in bands):
        raise InputError(
            f"the parts hold {[len(band.images) for band in bands]} images", allowed="as many each, one or more"
        )
    for band in bands:
        arrays = {"given": band.given, "noisiness": band.noisiness, "ambiguity": band.ambiguity}
        for name, values in arrays.items():
            if len(values) != len(band.images):
                raise InputError(f"{band.name}: {len(values)} values of {name}", allowed=f"{len(band.images)}")
    columns = len(bands[0].images)
    width, row_height = LEFT + columns * (SIDE + 0.08), SIDE + CAPTION
    figure = new_figure(width, row_height * len(bands) + 0.6)
    figure.set_layout_engine("none")
    height = figure.get_figheight()
    heading(figure, title, "CE: cross-entropy of the label, AMB: entropy, both in units of log C").set_y(
        1 - 0.07 / height
    )
    for row, band in enumerate(bands):
        bottom = height - 0.5 - row * row_height - SIDE
        figure.text(0.08 / width, (bottom + SIDE / 2) / height, band.name, va="center", fontsize=SMALL, color=INK)
        for column in range(columns):
            left = LEFT + column * (SIDE + 0.08)
            axes = figure.add_axes((left / width, bottom / height, SIDE / width, SIDE / height))
            _image(axes, band, column, class_names)
    return figure


def _image(axes: "Axes", band: Band, place: int, class_names: Sequence[str]) -> None:
    axes.set(xticks=[], yticks=[])
    axes.imshow(band.images[place], interpolation="nearest")
    given = int(band.given[place])
    truth = None if band.reference is None else int(band.reference[place])
    wrong = truth is not None and truth != given
    axes.spines[:].set(edgecolor=WRONG if wrong else "#BBBBBB", linewidth=2.0 if wrong else 0.6)
    lines = [
        f"{'✗ ' if wrong else ''}{shorten(class_names[given], 12)}",
        f"CE {np.round(band.noisiness[place], 2):.2f}, AMB {np.round(band.ambiguity[place], 2):.2f}",
        *([f"true {shorten(class_names[truth], 11)}"] if wrong and truth is not None else []),
    ]
    for number, line in enumerate(lines):
        axes.annotate(
            line,
            (0, 0),
            xycoords="axes fraction",
            xytext=(0, -3 - 1.25 * LETTERS * number),
            textcoords="offset points",
            va="top",
            fontsize=LETTERS,
            color=(WRONG if number == 0 else RIGHT if number == 2 else INK) if wrong else INK,
        )
