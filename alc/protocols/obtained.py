"""What every protocol gives back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from alc.arrays import FloatArray, IntArray
from alc.dynamics import TrainingDynamics
from alc.features import Features
from alc.posteriors import Posteriors
from alc.protocols.fit import FitPredict

__all__ = ["Obtained", "PosteriorSource"]


@dataclass(frozen=True, slots=True, eq=False)
class Obtained:
    """Posteriors of all samples and what the trainings gave beside them.

    Attributes:
        posteriors: (M, N, C), with the sample ids and the protocol.
        test_probs: (n_test, C) mean probabilities of the clean test images, or None without them.
        dynamics: (E, N) records of training, or None where they were not recorded.
        features: (N, D) features of all samples, or None unless ``method.keep_features`` asks for them.  Several
            networks, or members of an ensemble, stand side by side, since their spaces have nothing in common.  After
            cross-fitting each row is of the model that has not seen the sample, so only samples of one fold share a
            space and can be compared.
    """

    posteriors: Posteriors
    test_probs: FloatArray | None
    dynamics: TrainingDynamics | None
    features: Features | None = None


class PosteriorSource(Protocol):
    """A way of obtaining posteriors, one file of ``conf/posteriors`` each."""

    one_model: ClassVar[bool]
    """Whether there is one training, in the folder ``fit``, whose networks are worth keeping."""

    def obtain(
        self,
        fit: FitPredict,
        labels: IntArray,
        *,
        sample_id: IntArray,
        group: npt.NDArray[Any] | None,
        seed: int,
        directory: Path,
        source: str = "",
    ) -> Obtained:
        """Train as often as the protocol asks and predict every sample.

        Args:
            fit: One training and its predictions.
            labels: (N,) noisy labels.
            sample_id: (N,) ids to file the posteriors under.
            group: (N,) group of each sample (e.g. the patient), or None.
            seed: Seed of everything the trainings draw.
            directory: Where trainings keep what a later start needs; finished ones are not repeated.
            source: Run id to write into the posteriors.
        """
        ...


def with_features(values: FloatArray | None, sample_id: IntArray, source: str) -> Features | None:
    """Features (N, D) of the rows, filed under sample ids."""
    return None if values is None else Features(values, np.asarray(sample_id), source)


def with_ids(dynamics: TrainingDynamics | None, sample_id: IntArray) -> TrainingDynamics | None:
    """Dynamics filed under rows, filed under sample ids."""
    if dynamics is None:
        return None
    ids = np.asarray(sample_id)[dynamics.sample_id]
    return TrainingDynamics(dynamics.loss, dynamics.p_given, dynamics.margin, dynamics.correct, ids)
