"""Features: the embedding of every sample, for what looks at neighbours instead of posteriors."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.atomic import atomic_path
from alc.errors import InputError
from alc.posteriors import BROKEN_FILE, check_sample_ids, rows_by_id

__all__ = ["Features"]

FILE_FORMAT = "alc-features-1"
FIX = "Give a features.npz of a training, or make one with alc.features.Features(values, sample_id).save(path)"


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """One vector per sample, from any layer of any network.

    Attributes:
        values: (N, D) finite numbers, float32 whatever came in.
        sample_id: (N,) unique ids.  Everything is joined by id, never by position.
        source: Run id, file or network that made them.
    """

    values: FloatArray
    sample_id: IntArray
    source: str = ""

    def __post_init__(self) -> None:
        values = np.asarray(self.values)
        if values.ndim != 2 or 0 in values.shape or not np.issubdtype(values.dtype, np.floating):
            raise InputError(
                f"features have shape {values.shape} and dtype {values.dtype}",
                allowed="floating-point numbers (N, D), samples first, neither of them 0",
            )
        sample_id = check_sample_ids(self.sample_id, len(values), "features: sample ids")
        with np.errstate(over="ignore"):  # what float32 can not hold becomes infinite and is told below
            values = np.ascontiguousarray(values, dtype=np.float32)
        finite = np.isfinite(values).all(axis=1)
        if not finite.all():
            row = int(np.flatnonzero(~finite)[0])
            raise InputError(
                f"features: row {row} (sample id {sample_id[row]}) holds {values[row][~np.isfinite(values[row])][0]} "
                f"({int((~finite).sum())} such rows)",
                allowed="finite float32 numbers",
            )
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "sample_id", sample_id)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def dim(self) -> int:
        """D."""
        return int(self.values.shape[1])

    def aligned_to(self, sample_id: IntArray) -> "Features":
        """The same features in the order of ``sample_id``; missing ids are an error that names them."""
        if np.array_equal(sample_id, self.sample_id):
            return self
        rows = rows_by_id(self.sample_id, sample_id, f"features{f' of {self.source}' if self.source else ''}")
        return Features(self.values[rows], self.sample_id[rows], self.source)

    def save(self, path: Path) -> None:
        """Write ``.npz`` without pickle, not compressed: features hardly shrink and take seconds to try."""
        metadata = {"format": FILE_FORMAT, "source": self.source}
        # NumPy appends .npz to a file name that lacks it; an open file it takes as it is.
        with atomic_path(Path(path)) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                values=self.values,
                sample_id=self.sample_id,
                metadata=np.frombuffer(json.dumps(metadata).encode(), dtype=np.uint8),
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote; anything else is an error that names the file."""
        path = Path(path)
        if not path.is_file():
            raise InputError(f"{path} does not exist", fix=FIX)
        if not zipfile.is_zipfile(path):
            with path.open("rb") as file:
                start = file.read(12)
            raise InputError(f"{path} is no npz file or is cut short: it begins with {start!r}", fix=FIX)
        try:
            with np.load(path, allow_pickle=False) as file:
                metadata = json.loads(bytes(file["metadata"]))
                values, sample_id = file["values"], file["sample_id"]
                file_format, source = metadata["format"], metadata["source"]
        except BROKEN_FILE as error:
            raise InputError(f"{path} is not a features file ({error})", fix=FIX) from error
        if file_format != FILE_FORMAT:
            raise InputError(f"{path} has format {file_format!r}", allowed=FILE_FORMAT, fix=FIX)
        try:
            return cls(values, sample_id, source)
        except InputError as error:
            raise InputError(f"{path}: {error.problem}", allowed=error.allowed, fix=error.fix or FIX) from error
