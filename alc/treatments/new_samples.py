"""The same annotations buy labels of new samples, one each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from alc.annotators.annotator import Annotator
from alc.errors import InputError
from alc.treatments.treatment import Case, label_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NewSamples"]


@dataclass(frozen=True)
class NewSamples:
    """What the budget of the simulation is worth without cleaning: as many new samples as it bought annotations.

    Each is labelled once, by the panel that answered in the simulation; the old labels stay as they are.
    """

    needs_posteriors: ClassVar[bool] = False
    needs_pool: ClassVar[bool] = True

    def __call__(self, case: Case) -> "pd.DataFrame":
        """The old samples and then the new ones, which have no given label."""
        import pandas as pd

        assert case.pool is not None
        samples, pool, number = case.samples, case.pool.samples, case.trajectory.spent
        if number > len(pool):
            raise InputError(
                f"treatment=new_samples: {number} annotations for a sample each, and the data hold {len(pool)} more",
                allowed=f"up to {len(pool)} annotations",
                fix=f"Type labels.annotations={len(pool)}",
            )
        rows, panel = np.arange(number), case.pool.panel
        if isinstance(panel, Annotator):
            answers = panel.ask(rows, 0, 1)[:, 0]
        else:
            answers = np.array([panel.ask_next(int(row)) for row in rows], dtype=np.int64)
        none = np.zeros(len(samples), dtype=np.int64)
        votes = case.initial.counts.sum(axis=1)
        old = label_table(samples, samples.given, given=samples.given, resolved=none, annotations=none, votes=votes)
        one, first = np.ones(number, dtype=np.int64), pool.rows(rows)
        new = label_table(first, answers, given=-one, resolved=one, annotations=one, votes=one)
        return pd.concat([old, new], ignore_index=True)
