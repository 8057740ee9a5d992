"""In-sample posteriors: one model, trained on all labels, judges those same labels (what the paper's code does)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from alc.arrays import IntArray
from alc.posteriors import Posteriors
from alc.protocols.finished import finished_training
from alc.protocols.fit import FitPredict
from alc.protocols.obtained import Obtained, with_features, with_ids
from alc.protocols.passes import Passes

__all__ = ["InSample"]


@dataclass(frozen=True, slots=True)
class InSample:
    """One training; M is the number of networks of the method, times ``passes``.

    A network that has memorised a wrong label no longer doubts it, so this ranks best with few epochs or with a method
    that resists memorising.  Cross-fitting has no such limit and costs K trainings.

    Attributes:
        passes: Times every sample is predicted; more than one only with ``augmented``.
        augmented: Whether samples are predicted from random views instead of as they are.  The code released with
            Bernhardt et al. 2022 does so, unseeded: 10 passes where it uses self-supervision or dropout, else 1.
    """

    one_model: ClassVar[bool] = True

    passes: int = 1
    augmented: bool = False

    def __post_init__(self) -> None:
        Passes(self.passes, self.augmented)

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
        """Train once on everything; see :class:`~alc.protocols.obtained.PosteriorSource`.  Groups do not matter."""
        rows, passes = np.arange(len(labels)), Passes(self.passes, self.augmented)
        result = finished_training(fit, labels, rows, rows, seed=seed, directory=directory / "fit", passes=passes)
        details = {"passes": self.passes, "augmented": self.augmented}
        posteriors = Posteriors(result.probs, np.asarray(sample_id), "in_sample", source, details)
        features = with_features(result.features, sample_id, source)
        return Obtained(posteriors, result.test_probs, with_ids(result.dynamics, sample_id), features)
