"""The sheet every figure is drawn on: sizes, fonts, axes without clutter.

Figures are :class:`matplotlib.figure.Figure` objects without a window: nothing here needs a display or touches the
state of ``pyplot``, and a notebook shows them where a cell ends with one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import fill
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

__all__ = [
    "COLUMN_INCHES",
    "DPI",
    "INK",
    "PAGE_INCHES",
    "SMALL",
    "count_axis",
    "freeze",
    "heading",
    "house_style",
    "new_figure",
    "shorten",
]

DPI = 150
COLUMN_INCHES, PAGE_INCHES = 4.8, 7.2  # set at 3.4 and 7 inches in a two-column page the smallest letters stay legible
FONT, SMALL = 9.0, 8.0
HEADING_LETTER_INCHES = 0.068
INK = "#333333"


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib settings of the project for the time of a block (or, as a decorator, of a call)."""
    import matplotlib

    with matplotlib.rc_context(
        {
            "font.family": "DejaVu Sans",  # ships with matplotlib, so a figure looks the same on every machine
            "font.size": FONT,
            "axes.titlesize": FONT,
            "axes.labelsize": FONT,
            "figure.titlesize": FONT,
            "axes.linewidth": 0.7,
            "legend.fontsize": SMALL,
            "text.usetex": False,
            "text.parse_math": False,  # a "$" in a class or file name is a dollar
            "pdf.fonttype": 42,  # letters stay letters in a vector editor
        }
    ):
        yield


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of that many inches whose parts are kept from overlapping until :func:`freeze`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from alc.figures.shown import shown_figure

    figure = shown_figure()(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)  # keeps one renderer; without it every measured text makes one of the size of the figure
    return figure


def freeze(figure: "Figure") -> "Figure":
    """Lay out and keep that layout, so that every later save draws the same picture."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def count_axis(axes: "Axes", last: int) -> None:
    """Bare left and bottom spines, a light grid along y, and an x axis of counts from 0 to ``last``."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axes.set_xlim(0, max(last, 1))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6 if last < 10_000 else 4, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=SMALL, width=0.7, length=3, color=INK)
    axes.grid(axis="y", color="#E6E6E6", linewidth=0.6)
    axes.set_axisbelow(True)


def heading(figure: "Figure", title: str | None, facts: str) -> "Text":
    """The title, if there is one, and under it the facts, left-aligned and wrapped to the width of the figure."""
    letters = int(figure.get_figwidth() / HEADING_LETTER_INCHES)
    lines = [fill(part, letters) for part in (title, facts) if part]
    return figure.suptitle("\n".join(lines), x=0.01, ha="left")


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters, the middle replaced by an ellipsis: both ends of a long name carry meaning.

    >>> shorten("pleural thickening, left", 13)
    'pleura…, left'
    """
    text = " ".join(str(text).split())
    if len(text) <= limit:
        return text
    head = limit // 2
    return f"{text[:head]}…{text[len(text) - (limit - head - 1) :]}"
