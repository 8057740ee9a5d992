"""The samples that look wrong are left out; nobody is asked."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from alc.errors import InputError
from alc.treatments.treatment import Case, label_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Dropped"]


@dataclass(frozen=True)
class Dropped:
    """Train without the samples that the simulation asked about, at zero annotations.

    The pruning of confident learning (Northcutt et al. 2021, JAIR 70, §3.2), with the selector's ranking in the place
    of its thresholds, so that it is compared on the samples that cleaning would have spent its annotations on.
    """

    needs_posteriors: ClassVar[bool] = False
    needs_pool: ClassVar[bool] = False

    def __call__(self, case: Case) -> "pd.DataFrame":
        """The samples that were not asked about, as they were."""
        samples, none = case.samples, np.zeros(len(case.samples), dtype=np.int64)
        kept = np.ones(len(samples), dtype=np.bool_)
        kept[case.asked] = False
        lost = np.setdiff1d(samples.given, samples.given[kept])
        if lost.size:
            raise InputError(
                f"treatment=dropped leaves no sample of class {', '.join(samples.class_names[c] for c in lost)}",
                allowed="fewer samples dropped",
                fix="Type a smaller labels.samples or labels.annotations",
            )
        votes = case.initial.counts.sum(axis=1)
        table = label_table(samples, samples.given, given=samples.given, resolved=none, annotations=none, votes=votes)
        return table[kept].reset_index(drop=True)
