"""The labels that simulations end with, one column per selector and annotator panel."""

from typing import TYPE_CHECKING

import numpy as np

from alc.samples import SampleTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cleaned_labels"]


def cleaned_labels(samples: SampleTable, trajectory: "pd.DataFrame") -> "pd.DataFrame":
    """One row per sample: sample_id, given, reference where known, and ``<selector>.<seed>`` as class indices.

    Args:
        samples: Who is who.
        trajectory: Every annotation of every simulation, in the order bought.
    """
    import pandas as pd

    columns: dict[str, object] = {"sample_id": samples.sample_id, "given": samples.given.astype(np.int32)}
    if samples.reference is not None:
        columns["reference"] = samples.reference.astype(np.int32)
    order = np.argsort(samples.sample_id)
    rows = order[np.searchsorted(samples.sample_id, trajectory["sample_id"].to_numpy(), sorter=order)]
    for (selector, seed), events in trajectory.assign(row=rows).groupby(["selector", "seed"], sort=False):
        last = events.groupby("row")["label_after"].last()
        labels = samples.given.astype(np.int32)
        labels[last.index.to_numpy()] = last.to_numpy()
        columns[f"{selector}.{seed}"] = labels
    return pd.DataFrame(columns)
