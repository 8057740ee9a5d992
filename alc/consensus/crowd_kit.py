"""To and from crowd-kit (Toloka, JOSS 2024), whose aggregators take a long table and give one probability per cell."""

import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from alc.annotations import Annotations
from alc.arrays import FloatArray
from alc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["aggregators", "fitted_probabilities", "vote_frame"]


def aggregators(consensus: str) -> ModuleType:
    """``crowdkit.aggregation``, or what to install: it brings a library of language models, so it is an extra."""
    try:
        from crowdkit import aggregation
    except ImportError as error:
        raise InputError(
            f"consensus={consensus} is computed by crowd-kit, which is not installed ({error})",
            allowed="crowd-kit 1.4 or later",
            fix="Type pip install 'alc[crowd]'",
        ) from error
    module: ModuleType = aggregation
    return module


def vote_frame(annotations: Annotations) -> "pd.DataFrame":
    """The votes as crowd-kit wants them, one row each: task, worker, label."""
    import pandas as pd

    return pd.DataFrame({"task": annotations.sample, "worker": annotations.annotator, "label": annotations.label})


def fitted_probabilities(
    aggregator: Any, annotations: Annotations, num_samples: int, num_classes: int
) -> FloatArray:  # an aggregator's class depends on an optional library
    """Class probabilities (N, C) that an aggregator fits to the votes; 0 for classes it does not speak of.

    Rows are divided by their sum, since Dawid-Skene's are clipped from below at 1e-10 by crowd-kit.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas, about how crowd-kit calls it
        fitted = aggregator.fit_predict_proba(vote_frame(annotations))
    table = np.zeros((num_samples, num_classes))
    table[np.ix_(fitted.index.to_numpy(), fitted.columns.to_numpy().astype(np.int64))] = fitted.to_numpy()
    return np.asarray(table / table.sum(axis=1, keepdims=True))
