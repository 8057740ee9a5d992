"""What can be done about the samples that a selector puts first."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from alc.annotators.annotator import Annotator, OrderedAnnotator
from alc.arrays import IntArray
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.samples import SampleTable
from alc.simulation.trajectory import Trajectory

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Case", "Pool", "Treatment", "label_table"]


@dataclass(frozen=True, eq=False)
class Pool:
    """Samples that nobody has labelled yet, and who would label them.

    Attributes:
        samples: Who is who, in the order in which they would be taken; their labels are not looked at.
        panel: Annotators of their rows.
    """

    samples: SampleTable
    panel: Annotator | OrderedAnnotator


@dataclass(frozen=True, eq=False)
class Case:
    """The labels in doubt, and what a simulation did about them.

    Attributes:
        samples: Who is who; ``given`` are the labels at the start.
        initial: Votes at the start.
        trajectory: The annotations bought, in the order of a selector.
        posteriors: What the model said that ranked the samples, if a treatment asks for it.
        pool: Samples without labels, if a treatment asks for them.
    """

    samples: SampleTable
    initial: LabelCounts
    trajectory: Trajectory
    posteriors: Posteriors | None = None
    pool: Pool | None = None

    @property
    def asked(self) -> IntArray:
        """Rows that the selector asked about, each once, in that order."""
        rows, first = np.unique(self.trajectory.row, return_index=True)
        return np.asarray(rows[np.argsort(first)], dtype=np.int64)


class Treatment(Protocol):
    """Makes of a case the labels to train on; the files of ``conf/treatment`` each fill one in."""

    @property
    def needs_posteriors(self) -> bool:
        """Whether it looks at what the model said."""
        ...

    @property
    def needs_pool(self) -> bool:
        """Whether it takes samples that have no label yet."""
        ...

    def __call__(self, case: Case) -> "pd.DataFrame":
        """One row per sample to train on, as :func:`label_table` makes it."""
        ...


def label_table(
    samples: SampleTable,
    label: IntArray,
    *,
    given: IntArray,
    resolved: IntArray,
    annotations: IntArray,
    votes: IntArray,
) -> "pd.DataFrame":
    """One row per sample, to be handed on like any other list of labels.

    The columns: sample_id, path where there is one, label and given (names), label_class and given_class, changed,
    resolved (whether a question about it was asked and the last one is closed), annotations (bought for it), votes (it
    holds, the first label's included where it counts).  Reference labels are not among them.

    Args:
        samples: N samples.
        label: (N,) classes to train on.
        given: (N,) classes at the start, -1 where there was none.
        resolved: (N,) booleans.
        annotations: (N,) numbers of answers bought.
        votes: (N,) numbers of votes held.
    """
    import pandas as pd

    names = np.asarray([*samples.class_names, ""], dtype=object)  # the last is that of class -1
    columns: dict[str, object] = {"sample_id": samples.sample_id}
    if len(samples.path):
        columns["path"] = samples.path.astype(object)
    columns |= {
        "label": names[label],
        "given": names[given],
        "label_class": label,
        "given_class": given,
        "changed": label != given,
        "resolved": resolved.astype(np.bool_),
        "annotations": annotations,
        "votes": votes,
    }
    return pd.DataFrame(columns)
