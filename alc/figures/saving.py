"""Figures as files."""

from pathlib import Path
from typing import TYPE_CHECKING

from alc.atomic import atomic_path
from alc.figures.canvas import DPI, house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_figure"]

# no dates and no versions of the software: the same figure gives the same bytes
METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@house_style()
def save_figure(figure: "Figure", stem: Path) -> list[Path]:
    """Write ``stem``.png (150 dots per inch) and ``stem``.pdf, each whole or not at all, and return their paths.

    Args:
        figure: What to write.
        stem: Path without suffix; a dot in its name is part of the name.
    """
    paths = []
    for kind, metadata in METADATA.items():
        path = stem.with_name(f"{stem.name}.{kind}")
        with atomic_path(path) as temporary:
            figure.savefig(temporary, format=kind, dpi=DPI, metadata=metadata)
        paths.append(path)
    return paths
