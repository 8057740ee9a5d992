"""Ensemble: several trainings that differ in nothing but their seed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from alc.arrays import IntArray
from alc.posteriors import Posteriors
from alc.protocols.cross_fit import merge_dynamics
from alc.protocols.finished import finished_training
from alc.protocols.fit import FitPredict
from alc.protocols.obtained import Obtained, with_features, with_ids
from alc.protocols.passes import check_number
from alc.seeding import derive_seed

__all__ = ["Ensemble"]


@dataclass(frozen=True, slots=True)
class Ensemble:
    """K trainings on all labels, each with its own initial weights, order and views (Lakshminarayanan et al. 2017).

    M is K times the number of networks.  Each training's outcome is kept as ``member_<k>.npz``, so a run that is
    stopped continues with the training it was in.  Test probabilities and records of training are means over the K.

    Attributes:
        num_members: K.
    """

    one_model: ClassVar[bool] = False

    num_members: int = 5

    def __post_init__(self) -> None:
        check_number(self.num_members, "posteriors.num_members", least=2)

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
        """Train K times on everything; see :class:`~alc.protocols.obtained.PosteriorSource`."""
        rows = np.arange(len(labels))
        results = [
            finished_training(
                fit,
                labels,
                rows,
                rows,
                seed=derive_seed(seed, "member", k),
                directory=directory / f"member_{k}",
                name=f"Member {k + 1} of {self.num_members}",
            )
            for k in range(self.num_members)
        ]
        probs = np.concatenate([result.probs for result in results])
        posteriors = Posteriors(probs, np.asarray(sample_id), "ensemble", source, {"num_members": self.num_members})
        tests = [result.test_probs for result in results if result.test_probs is not None]
        dynamics = merge_dynamics([result.dynamics for result in results], len(labels))
        kept = [result.features for result in results if result.features is not None]
        features = with_features(np.concatenate(kept, axis=1) if kept else None, sample_id, source)
        return Obtained(posteriors, np.mean(tests, axis=0) if tests else None, with_ids(dynamics, sample_id), features)
