"""What a simulation makes of the labels: one row per sample, to be handed on like any other list of labels."""

from typing import TYPE_CHECKING

import numpy as np

from alc.arrays import IntArray
from alc.samples import SampleTable
from alc.simulation.trajectory import Trajectory

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cleaned_labels"]


def cleaned_labels(samples: SampleTable, trajectory: Trajectory, initial_counts: IntArray) -> "pd.DataFrame":
    """One row per sample, in data-set order.

    The columns: sample_id, path where there is one, label and given (names), label_class and given_class, changed,
    resolved (whether a question about it was asked and the last one is closed), annotations (bought for it), votes (it
    holds, the first label's included where it counts).  Reference labels are not among them.

    Args:
        samples: Who is who; ``given`` are the labels at the start.
        trajectory: What was bought.
        initial_counts: (N, C) votes at the start.
    """
    import pandas as pd

    num_samples, names = len(samples), np.asarray(samples.class_names, dtype=object)
    label, votes = trajectory.final_labels(), trajectory.final_counts(initial_counts)
    resolved = np.zeros(num_samples, dtype=np.bool_)
    resolved[trajectory.row] = trajectory.resolved  # of repeated rows NumPy keeps the last assignment
    columns: dict[str, object] = {"sample_id": samples.sample_id}
    if len(samples.path):
        columns["path"] = samples.path.astype(object)
    columns |= {
        "label": names[label],
        "given": names[samples.given],
        "label_class": label,
        "given_class": samples.given,
        "changed": label != samples.given,
        "resolved": resolved,
        "annotations": np.bincount(trajectory.row, minlength=num_samples),
        "votes": votes.sum(axis=1),
    }
    return pd.DataFrame(columns)
