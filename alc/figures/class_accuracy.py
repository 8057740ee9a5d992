"""Test accuracy by class, before and after cleaning."""

from typing import TYPE_CHECKING

import numpy as np

from alc.errors import InputError
from alc.figures.canvas import COLUMN_INCHES, SMALL, freeze, heading, house_style, new_figure, shorten
from alc.figures.palette import BLACK, BLUE, GREY

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["class_accuracy"]

MODELS = {
    "before": ("before", GREY, "o"),
    "after": ("after", BLUE, "o"),
    "upper_bound": ("trained on reference labels", BLACK, "|"),
}
MOST_CLASSES, NAME_LENGTH = 40, 22


@house_style()
def class_accuracy(table: "pd.DataFrame", *, title: str | None = None) -> "Figure":
    """One line per class from the accuracy before to that after, all classes together on top.

    Above 40 classes those are shown that changed most.

    Args:
        table: As of :func:`alc.metrics.before_after.accuracy_by_class`, with ``before`` and ``after``.
        title: First line of the heading.

    Raises:
        InputError: The table lacks a column.
    """
    if missing := {"class", "images", "before", "after"} - set(table):
        raise InputError(
            f"the accuracy table lacks {', '.join(sorted(missing))}", allowed="class, images, before, after"
        )
    rows, classes = table.iloc[:1], table.iloc[1:].dropna(subset=["before", "after"])
    if len(classes) > MOST_CLASSES:
        largest = (classes["after"] - classes["before"]).abs().nlargest(MOST_CLASSES).index
        classes = classes.loc[sorted(largest)]
    shown = [rows, classes]
    values = {name: np.concatenate([100 * part[name].to_numpy() for part in shown]) for name in MODELS if name in table}
    names = [
        f"{shorten(str(name), NAME_LENGTH)} ({images:,})"
        for part in shown
        for name, images in zip(part["class"], part["images"], strict=True)
    ]
    place = -np.arange(len(names), dtype=float)
    place[1:] -= 0.5  # a gap below the row of all classes

    figure = new_figure(COLUMN_INCHES, 0.22 * len(names) + 1.5)
    axes = figure.add_subplot()
    axes.hlines(place, values["before"], values["after"], color=GREY, linewidth=1.2)
    for name, (label, colour, marker) in MODELS.items():
        if name in values:
            axes.plot(values[name], place, marker, color=colour, markersize=5 if marker == "o" else 9, label=label)
    axes.set_yticks(place, names, fontsize=SMALL)
    axes.set_xlabel("Test accuracy (%)")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(labelsize=SMALL, width=0.7, length=3)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#E6E6E6", linewidth=0.6)
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=len(values), frameon=False)
    first = table.iloc[0]
    heading(
        figure,
        title,
        f"{100 * first['before']:.1f} % before, {100 * first['after']:.1f} % after, {first['images']:,} images",
    )
    return freeze(figure)
