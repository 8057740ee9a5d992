"""FitResult: what one training leaves behind, in one file that later starts can trust."""

import warnings
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from alc.arrays import FloatArray, IntArray
from alc.atomic import atomic_path
from alc.dynamics import TrainingDynamics
from alc.errors import InputError

__all__ = ["FitResult", "fingerprint"]


def fingerprint(
    labels: IntArray,
    train_rows: IntArray,
    predict_rows: IntArray,
    seed: int,
    predicted: str = "",
    targets: FloatArray | None = None,
) -> str:
    """Digest of what a training depends on beside the configuration, which the run directory stands for.

    ``predicted`` says how the rows are predicted, where that is to count; of ``targets`` (N, C), distributions in the
    place of labels, those of the trained rows count, and no label does.
    """
    digest = sha256(f"{int(seed)}{predicted}".encode())
    known = labels[train_rows] if targets is None else labels[:0]
    for array in (known, train_rows, predict_rows):
        values = np.ascontiguousarray(array, dtype=np.int64)
        digest.update(f"{values.shape}".encode() + values.tobytes())
    if targets is not None:
        digest.update(np.ascontiguousarray(targets[train_rows], dtype=np.float64).tobytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class FitResult:
    """Outcome of one training.

    Attributes:
        probs: (M, n, C) probabilities of the rows that were to be predicted, in their order; one member per network.
        test_probs: (n_test, C) probabilities of the clean test images, mean over the networks; None without them.
        dynamics: Records of the trained rows with rows as sample ids, or None.
        features: (n, D) features of the predicted rows, float32, mean over passes; None unless asked for.
    """

    probs: FloatArray
    test_probs: FloatArray | None
    dynamics: TrainingDynamics | None
    features: FloatArray | None = None

    def save(self, path: Path, mark: str) -> None:
        """Write ``.npz``, marked with the :func:`fingerprint` of its fit."""
        arrays: dict[str, npt.NDArray[Any]] = {"probs": self.probs, "mark": np.frombuffer(mark.encode(), np.uint8)}
        if self.test_probs is not None:
            arrays["test_probs"] = self.test_probs
        if self.features is not None:
            arrays["features"] = self.features
        if self.dynamics is not None:
            for name in ("loss", "p_given", "margin", "correct"):
                values = getattr(self.dynamics, name)
                arrays[f"dynamics_{name}"] = values if name == "correct" else values.astype(np.float16)
            arrays["dynamics_rows"] = self.dynamics.sample_id
        with atomic_path(path) as temporary:
            np.savez(temporary, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path, mark: str) -> "FitResult | None":
        """Read what :meth:`save` wrote for the same fit; otherwise None, with a warning unless the file is absent."""
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as file:
                if bytes(file["mark"]).decode() != mark:
                    warnings.warn(f"{path} is of another training; this one is done again.", stacklevel=2)
                    return None
                dynamics = None
                if "dynamics_rows" in file:
                    loss, p_given, margin = (
                        file[f"dynamics_{name}"].astype(np.float32) for name in ("loss", "p_given", "margin")
                    )
                    dynamics = TrainingDynamics(loss, p_given, margin, file["dynamics_correct"], file["dynamics_rows"])
                return cls(file["probs"], file.get("test_probs"), dynamics, file.get("features"))
        except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile, InputError) as error:
            warnings.warn(f"{path} cannot be read ({error}); its training is done again.", stacklevel=2)
            return None
