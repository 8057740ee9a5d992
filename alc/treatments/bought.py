"""The answers that a simulation bought take the place of the labels."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from alc.treatments.treatment import Case, label_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Bought"]


@dataclass(frozen=True)
class Bought:
    """Label cleaning: the labels that the simulation ends with (Bernhardt et al. 2022, Algorithm 1)."""

    needs_posteriors: ClassVar[bool] = False
    needs_pool: ClassVar[bool] = False

    def __call__(self, case: Case) -> "pd.DataFrame":
        """All samples, those asked about with what the answers made of them."""
        samples, trajectory = case.samples, case.trajectory
        resolved = np.zeros(len(samples), dtype=np.int64)
        resolved[trajectory.row] = trajectory.resolved  # of repeated rows NumPy keeps the last assignment
        return label_table(
            samples,
            trajectory.final_labels(),
            given=samples.given,
            resolved=resolved,
            annotations=np.bincount(trajectory.row, minlength=len(samples)),
            votes=trajectory.final_counts(case.initial.counts).sum(axis=1),
        )
