"""Copies of images under names that tell nothing: for data that are no files, and for paths that tell a class."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alc.atomic import atomic_path
from alc.posteriors import rows_by_id
from alc.tasks.problem import load_problem
from alc.tasks.recorded import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["copy_name", "telling", "write_copies"]

AT_ONCE = 256


def copy_name(sample_id: int) -> str:
    """The file of a copy.

    >>> copy_name(17)
    '17.png'
    """
    return f"{sample_id}.png"


def write_copies(run: Path, rows: "pd.DataFrame", folder: Path) -> int:
    """Write the images of some rows as PNG files, where they are not there yet; how many were written.

    Args:
        run: Of the ranking, whose data these are.
        rows: Of the queue.
        folder: Where to.
    """
    from PIL import Image

    ids = [each for each in rows["sample_id"].tolist() if not (folder / copy_name(each)).is_file()]
    if not ids:
        return 0
    problem = load_problem(recorded(run))
    positions = rows_by_id(problem.samples.sample_id, np.asarray(ids), "the data of the ranking")
    for start in range(0, len(ids), AT_ONCE):
        pictures = problem.dataset.images.read(positions[start : start + AT_ONCE])
        for sample, pixels in zip(ids[start : start + AT_ONCE], pictures, strict=True):
            with atomic_path(folder / copy_name(sample)) as temporary:
                Image.fromarray(np.asarray(pixels)).save(temporary)
    return len(ids)


def telling(rows: "pd.DataFrame", class_names: tuple[str, ...]) -> str | None:
    """The first path that has the name of a class among its folders; None where no path tells one."""
    if "path" not in rows:
        return None
    names = set(class_names)
    return next((str(path) for path in rows["path"] if names & set(str(path).split("/")[:-1])), None)
