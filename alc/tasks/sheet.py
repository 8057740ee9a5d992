"""The contact sheet of a ranking: the images whose labels look worst."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alc.tasks.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["draw_contact_sheet"]


def draw_contact_sheet(problem: Problem, ranking: "pd.DataFrame", stem: Path, *, top: int) -> list[Path]:
    """Draw the first ``top`` images of a ranking; returns the files written."""
    from alc.figures import contact_sheet, save_figure

    samples, first = problem.samples, ranking.head(top)
    order = np.argsort(samples.sample_id)
    rows = order[np.searchsorted(samples.sample_id, first["sample_id"].to_numpy(), sorter=order)]
    figure = contact_sheet(
        problem.dataset.images.read(rows),
        first["given_class"].to_numpy(),
        first["suggested_class"].to_numpy(),
        first["p_given"].to_numpy(),
        first["score"].to_numpy() if "score" in first else None,
        samples.class_names,
        reference=None if samples.reference is None else samples.reference[rows],
    )
    return save_figure(figure, stem)
