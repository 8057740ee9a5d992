"""In-sample posteriors: one model, trained on all labels, judges those same labels (what the paper's code does)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from alc.arrays import IntArray
from alc.posteriors import Posteriors
from alc.protocols.fit import FitPredict
from alc.protocols.obtained import Obtained, with_ids
from alc.protocols.result import FitResult, fingerprint

__all__ = ["InSample"]


@dataclass(frozen=True, slots=True)
class InSample:
    """One training; M is the number of networks of the method.

    A network that has memorised a wrong label no longer doubts it, so this ranks best with few epochs or with a method
    that resists memorising.  Cross-fitting has no such limit and costs K trainings.
    """

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
        rows, path = np.arange(len(labels)), directory / "fit.npz"
        mark = fingerprint(labels, rows, rows, seed)
        result = FitResult.load(path, mark)
        if result is None:
            result = fit(labels, rows, rows, seed=seed, directory=directory / "fit")
            result.save(path, mark)
        posteriors = Posteriors(result.probs, np.asarray(sample_id), "in_sample", source)
        return Obtained(posteriors, result.test_probs, with_ids(result.dynamics, sample_id))
