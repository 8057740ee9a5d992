"""Training dynamics: what the network thought of every sample's given label, epoch by epoch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from alc.arrays import BoolArray, FloatArray, IntArray
from alc.atomic import atomic_path
from alc.errors import InputError
from alc.posteriors import BROKEN_FILE, check_sample_ids, rows_by_id

__all__ = ["TrainingDynamics"]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingDynamics:
    """Per-epoch, per-sample records of training, each (E, N); NaN where a sample was not trained on in that epoch.

    Attributes:
        loss: Cross-entropy of the given label in nats, before any weighting.
        p_given: Softmax probability of the given label.
        margin: Logit of the given label minus the largest other logit (what AUM averages; Pleiss et al. 2020).
        correct: Whether the arg max equals the given label (what forgetting events count; Toneva et al. 2019).
        sample_id: (N,) unique ids.
    """

    loss: FloatArray
    p_given: FloatArray
    margin: FloatArray
    correct: BoolArray
    sample_id: IntArray

    def __post_init__(self) -> None:
        shape = np.shape(self.loss)
        for name in ("loss", "p_given", "margin", "correct"):
            values = np.asarray(getattr(self, name))
            if values.ndim != 2 or values.shape != shape:
                raise InputError(f"training dynamics: {name} has shape {values.shape}", allowed=f"(E, N), here {shape}")
        ids = check_sample_ids(self.sample_id, shape[1], "training dynamics: sample ids")
        object.__setattr__(self, "sample_id", ids)

    @property
    def num_epochs(self) -> int:
        """E."""
        return int(self.loss.shape[0])

    def aligned_to(self, sample_id: IntArray) -> "TrainingDynamics":
        """The same records in the order of ``sample_id``; missing ids are an error that names them."""
        if np.array_equal(sample_id, self.sample_id):
            return self
        rows = rows_by_id(self.sample_id, sample_id, "training dynamics")
        return TrainingDynamics(
            self.loss[:, rows], self.p_given[:, rows], self.margin[:, rows], self.correct[:, rows], self.sample_id[rows]
        )

    def save(self, path: Path) -> None:
        """Write ``.npz`` without pickle, floats as float16: enough for rankings, a quarter of float64."""
        # NumPy appends .npz to a file name that lacks it; an open file it takes as it is.
        with atomic_path(Path(path)) as temporary, temporary.open("wb") as file:
            np.savez_compressed(
                file,
                loss=np.minimum(self.loss, np.finfo(np.float16).max).astype(np.float16),
                p_given=self.p_given.astype(np.float16),
                margin=np.clip(self.margin, np.finfo(np.float16).min, np.finfo(np.float16).max).astype(np.float16),
                correct=self.correct.astype(np.bool_),
                sample_id=self.sample_id,
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote; anything else is an error that names the file."""
        try:
            with np.load(path, allow_pickle=False) as file:
                names = ("loss", "p_given", "margin")
                loss, p_given, margin = (file[name].astype(np.float32) for name in names)
                return cls(loss, p_given, margin, file["correct"], file["sample_id"])
        except BROKEN_FILE as error:
            raise InputError(
                f"{path} is not a training-dynamics file ({error})", fix="Give a dynamics.npz of alc-train"
            ) from error
