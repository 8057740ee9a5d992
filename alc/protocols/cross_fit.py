"""Cross-fitted posteriors: every sample is judged by a model that has not seen its label."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from alc.arrays import FloatArray, IntArray
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.folds import assign_folds
from alc.posteriors import Posteriors
from alc.protocols.finished import finished_training
from alc.protocols.fit import FitPredict
from alc.protocols.obtained import Obtained, with_features, with_ids
from alc.seeding import derive_seed, stream

__all__ = ["CrossFit", "merge_dynamics"]


@dataclass(frozen=True, slots=True)
class CrossFit:
    """K trainings, each on all folds but one, which it then predicts (Northcutt et al. 2021, §3.1).

    Each fold's outcome is kept as ``fold_<k>.npz``, so a run that is stopped continues with the fold it was in.  Test
    probabilities are the mean over the K models.  M is the number of networks of the method: each sample has the
    members of the one training that left it out.

    Attributes:
        num_folds: K; more folds mean more training data per model and more time.
    """

    one_model: ClassVar[bool] = False

    num_folds: int = 4

    def __post_init__(self) -> None:
        if isinstance(self.num_folds, bool) or not isinstance(self.num_folds, int) or self.num_folds < 2:
            raise InputError(f"posteriors.num_folds={self.num_folds!r}", allowed="a whole number of 2 or more")

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
        """Train K times; see :class:`~alc.protocols.obtained.PosteriorSource`.  A group stays in one fold."""
        fold = assign_folds(labels, self.num_folds, stream(seed, "folds"), group)
        for k in range(self.num_folds):
            fit.check(np.flatnonzero(fold != k))
        results = [
            finished_training(
                fit,
                labels,
                np.flatnonzero(fold != k),
                np.flatnonzero(fold == k),
                seed=derive_seed(seed, "fold", k),
                directory=directory / f"fold_{k}",
                name=f"Fold {k + 1} of {self.num_folds}",
            )
            for k in range(self.num_folds)
        ]
        probs = _scatter([result.probs for result in results], fold)
        details = {"num_folds": self.num_folds, "grouped": group is not None}
        posteriors = Posteriors(probs, np.asarray(sample_id), "cross_fit", source, details)
        tests = [result.test_probs for result in results if result.test_probs is not None]
        dynamics = merge_dynamics([result.dynamics for result in results], len(labels))
        kept = [result.features[None] for result in results if result.features is not None]
        features = with_features(_scatter(kept, fold)[0] if kept else None, sample_id, source)
        return Obtained(posteriors, np.mean(tests, axis=0) if tests else None, with_ids(dynamics, sample_id), features)


def _scatter(probs: Sequence[FloatArray], fold: IntArray) -> FloatArray:
    """Per-fold values (M, n_k, C) at the rows of their folds: (M, N, C)."""
    members, _, num_classes = probs[0].shape
    everything = np.empty((members, len(fold), num_classes), dtype=probs[0].dtype)
    for k, part in enumerate(probs):
        everything[:, fold == k] = part
    return everything


def merge_dynamics(dynamics: Sequence[TrainingDynamics | None], num_samples: int) -> TrainingDynamics | None:
    """One record per epoch and sample from several trainings, filed under rows 0..N-1; None if any has none.

    Loss, probability and margin are means over the trainings that saw the sample in that epoch (K-1 of K in
    cross-fitting); ``correct`` holds where more than half of those were correct.
    """
    known = [each for each in dynamics if each is not None]
    if not known or len(known) != len(dynamics):
        return None
    shape = (min(each.num_epochs for each in known), num_samples)
    totals = {name: np.zeros(shape) for name in ("loss", "p_given", "margin", "correct")}
    seen = np.zeros(shape)
    for each in known:
        present = np.isfinite(each.loss[: shape[0]])
        seen[:, each.sample_id] += present
        for name, total in totals.items():
            total[:, each.sample_id] += np.where(present, getattr(each, name)[: shape[0]], 0)
    with np.errstate(invalid="ignore", divide="ignore"):  # never seen stays NaN
        mean = {name: total / seen for name, total in totals.items()}
    return TrainingDynamics(
        mean["loss"].astype(np.float32),
        mean["p_given"].astype(np.float32),
        mean["margin"].astype(np.float32),
        mean["correct"] > 0.5,
        np.arange(num_samples),
    )
