"""Cross-fitted posteriors: every sample is judged by a model that has not seen its label."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from alc.arrays import FloatArray, IntArray
from alc.dynamics import TrainingDynamics
from alc.folds import assign_folds
from alc.posteriors import Posteriors
from alc.protocols.fit import FitPredict
from alc.protocols.obtained import Obtained, with_ids
from alc.protocols.result import FitResult, fingerprint
from alc.seeding import derive_seed, stream

__all__ = ["CrossFit", "merge_dynamics"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CrossFit:
    """K trainings, each on all folds but one, which it then predicts (Northcutt et al. 2021, §3.1).

    Each fold's outcome is kept as ``fold_<k>.npz``, so a run that is stopped continues with the fold it was in.  Test
    probabilities are the mean over the K models.  M is the number of networks of the method: each sample has the
    members of the one training that left it out.

    Attributes:
        num_folds: K; more folds mean more training data per model and more time.
    """

    num_folds: int = 4

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
        results: list[FitResult] = []
        for k in range(self.num_folds):
            train_rows, predict_rows = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
            fold_seed, path = derive_seed(seed, "fold", k), directory / f"fold_{k}.npz"
            mark = fingerprint(labels, train_rows, predict_rows, fold_seed)
            result = FitResult.load(path, mark)
            kept = "kept from an earlier start" if result else f"training on {len(train_rows)} samples"
            log.info("Fold %d of %d: %s.", k + 1, self.num_folds, kept)
            if result is None:
                result = fit(labels, train_rows, predict_rows, seed=fold_seed, directory=directory / f"fold_{k}")
                result.save(path, mark)
            results.append(result)
        probs = _scatter([result.probs for result in results], fold)
        details = {"num_folds": self.num_folds, "grouped": group is not None}
        posteriors = Posteriors(probs, np.asarray(sample_id), "cross_fit", source, details)
        tests = [result.test_probs for result in results if result.test_probs is not None]
        dynamics = merge_dynamics([result.dynamics for result in results], len(labels))
        return Obtained(posteriors, np.mean(tests, axis=0) if tests else None, with_ids(dynamics, sample_id))


def _scatter(probs: Sequence[FloatArray], fold: IntArray) -> FloatArray:
    """Per-fold probabilities (M, n_k, C) at the rows of their folds: (M, N, C)."""
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
