"""The model's own opinion takes the place of the labels; nobody is asked."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from alc.treatments.treatment import Case, label_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Argmax"]


@dataclass(frozen=True)
class Argmax:
    """Relabel by the most probable class of the mean posteriors, at zero annotations.

    Attributes:
        everywhere: All samples; otherwise those that the simulation asked about, so that the samples are the same and
            only who labels them differs.
    """

    everywhere: bool = False
    needs_posteriors: ClassVar[bool] = True
    needs_pool: ClassVar[bool] = False

    def __call__(self, case: Case) -> "pd.DataFrame":
        """All samples, none of them with an answer."""
        assert case.posteriors is not None
        samples, none = case.samples, np.zeros(len(case.samples), dtype=np.int64)
        rows = np.arange(len(samples)) if self.everywhere else case.asked
        label = samples.given.copy()
        label[rows] = case.posteriors.aligned_to(samples.sample_id).mean.argmax(axis=1)[rows]
        votes = case.initial.counts.sum(axis=1)
        return label_table(samples, label, given=samples.given, resolved=none, annotations=none, votes=votes)
