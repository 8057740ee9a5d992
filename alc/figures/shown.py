"""Figures that a notebook shows by itself."""

from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["shown_figure"]


@cache
def shown_figure() -> type["Figure"]:
    """The class of :class:`matplotlib.figure.Figure` that a notebook shows where a cell ends with one.

    Matplotlib's own is shown only after ``%matplotlib inline`` or an import of pyplot; where these were given, they
    decide how it looks.
    """
    from matplotlib.figure import Figure

    class ShownFigure(Figure):
        """A figure with a picture of itself."""

        def _repr_png_(self) -> bytes:
            from alc.figures.canvas import house_style

            buffer = BytesIO()
            with house_style():
                self.savefig(buffer, format="png", dpi=self.dpi)
            return buffer.getvalue()

    return ShownFigure
