"""Monte-Carlo dropout: one training, and as many opinions as one draws networks from it."""

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

__all__ = ["McDropout"]


@dataclass(frozen=True, slots=True)
class McDropout:
    """One training on all labels; every sample is predicted T times with dropout left on (Gal & Ghahramani 2016).

    M is T times the number of networks; what the members disagree about is what BALD ranks by.  The draws are seeded,
    see :class:`~alc.callbacks.dropout_draws.DropoutDraws`.  The code released with Bernhardt et al. 2022 makes 10
    passes, over randomly augmented images; here the images are as they are, so members differ by dropout alone.

    Attributes:
        num_passes: T.
    """

    one_model: ClassVar[bool] = True

    num_passes: int = 10

    def __post_init__(self) -> None:
        Passes(self.num_passes, dropout=True)

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
        rows, passes = np.arange(len(labels)), Passes(self.num_passes, dropout=True)
        result = finished_training(fit, labels, rows, rows, seed=seed, directory=directory / "fit", passes=passes)
        details = {"num_passes": self.num_passes}
        posteriors = Posteriors(result.probs, np.asarray(sample_id), "mc_dropout", source, details)
        features = with_features(result.features, sample_id, source)
        return Obtained(posteriors, result.test_probs, with_ids(result.dynamics, sample_id), features)
