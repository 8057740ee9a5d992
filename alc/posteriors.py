"""Posteriors: what a model believes about every sample, and how that belief was obtained."""

import json
import mmap
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.atomic import atomic_path
from alc.errors import InputError

__all__ = ["PosteriorProtocol", "Posteriors", "check_sample_ids", "rows_by_id"]

PosteriorProtocol = Literal["in_sample", "cross_fit", "mc_dropout", "ensemble", "external"]
"""How posteriors came to be: by the model that was trained on the same labels (``in_sample``), by models that had not
seen the sample's label (``cross_fit``), by dropout draws, by several trainings, or brought by the user."""

FILE_FORMAT = "alc-posteriors-1"
BLOCK_ELEMENTS = 1 << 24

BROKEN_FILE = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    AttributeError,
    TypeError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What readers raise when a file is missing, cut short, damaged or something else altogether."""


def _in_single_precision(probs: FloatArray) -> FloatArray:
    """A copy as float32, made in blocks of rows; what a memory map has shown is let go again behind each."""
    mapping: object = probs
    while isinstance(mapping, np.ndarray):
        mapping = mapping.base
    single = np.empty(probs.shape, dtype=np.float32)
    step = max(1, BLOCK_ELEMENTS // (probs.shape[0] * probs.shape[2]))
    for start in range(0, probs.shape[1], step):
        rows = slice(start, start + step)
        single[:, rows] = probs[:, rows]
        if isinstance(mapping, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            mapping.madvise(mmap.MADV_DONTNEED)
    return single


def check_sample_ids(sample_id: IntArray, num_samples: int, name: str = "sample ids") -> IntArray:
    """Ids (N,) as int64, whole, non-negative and without duplicates."""
    sample_id = np.asarray(sample_id)
    if sample_id.shape != (num_samples,) or not np.issubdtype(sample_id.dtype, np.integer):
        raise InputError(
            f"{name} have shape {sample_id.shape} and dtype {sample_id.dtype}", allowed=f"{num_samples} whole numbers"
        )
    if num_samples and sample_id.min() < 0:
        raise InputError(f"{name}: row {int(sample_id.argmin())} holds {sample_id.min()}", allowed="0 or more")
    values, first, count = np.unique(sample_id, return_index=True, return_counts=True)
    if len(values) != num_samples:
        worst = int(np.flatnonzero(count > 1)[0])
        raise InputError(
            f"{name}: id {values[worst]} occurs {count[worst]} times, first in row {first[worst]} "
            f"({num_samples - len(values)} rows too many)",
            allowed="every id once",
        )
    return sample_id.astype(np.int64)


def rows_by_id(sample_id: IntArray, wanted: IntArray, name: str) -> IntArray:
    """Row of every wanted id (K,) among the unique ids (N,): how everything is joined; missing ids are an error.

    >>> rows_by_id(np.array([7, 3, 5]), np.array([5, 7]), "posteriors")
    array([2, 0])
    """
    wanted = np.asarray(wanted)
    order = np.argsort(sample_id)
    position = np.searchsorted(sample_id, wanted, sorter=order).clip(max=len(order) - 1)
    found = sample_id[order[position]] == wanted if len(order) else np.zeros(len(wanted), dtype=np.bool_)
    if not found.all():
        raise InputError(
            f"{name} lack {int((~found).sum())} of {len(wanted)} samples, the first is id {wanted[~found][0]}",
            fix=f"Use {name.partition(' of ')[0]} of the same data set, made for all its samples",
        )
    return np.asarray(order[position])


@dataclass(frozen=True, slots=True, eq=False)
class Posteriors:
    """Class probabilities of M members for N samples, with the protocol that made them.

    Attributes:
        probs: (M, N, C), float32 or float64, rows sum to 1.  M counts networks, Monte-Carlo draws or folds.  float16
            becomes float32.  One member may be a memory map, ``np.load(file, mmap_mode="c")[None]``: it stays on disk.
        sample_id: (N,) unique ids in data-set order.  Everything is joined by id, never by position.
        protocol: How the probabilities were obtained; a report must be able to say it.
        source: Run id, file or call that made them.
    """

    probs: FloatArray
    sample_id: IntArray
    protocol: PosteriorProtocol = "external"
    source: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        probs = np.asarray(self.probs)  # of a memory map a view, which is read where it is looked at
        if probs.ndim != 3 or 0 in probs.shape:
            raise InputError(
                f"posteriors have shape {probs.shape}",
                allowed="(M, N, C), members first and classes last, none of them 0",
                fix="For one model's (N, C) table use Posteriors.single(probs)",
            )
        if not np.issubdtype(probs.dtype, np.floating):
            raise InputError(f"posteriors have dtype {probs.dtype}", allowed="floating-point probabilities")
        half = probs.dtype == np.float16
        if half:
            probs = _in_single_precision(probs)
        if self.protocol not in get_args(PosteriorProtocol):
            raise InputError(
                f"posterior protocol {self.protocol!r} is unknown", allowed=", ".join(get_args(PosteriorProtocol))
            )
        sample_id = check_sample_ids(self.sample_id, probs.shape[1], "posteriors: sample ids")
        totals = probs.sum(axis=2)
        bad = ~np.isfinite(totals) | (probs.min(axis=2) < 0) | (np.abs(totals - 1) > (1e-2 if half else 1e-3))
        if bad.any():
            member, row = np.argwhere(bad)[0]
            raise InputError(
                f"posteriors: member {member}, row {row} (sample id {sample_id[row]}) is "
                f"{np.array2string(probs[member, row], precision=4, threshold=12)} and sums to "
                f"{totals[member, row]:.6g} ({int(bad.sum())} such rows)",
                allowed="finite probabilities of 0 or more that sum to 1",
                fix="Apply a softmax to logits first",
            )
        if half:
            probs /= totals[..., None]
        object.__setattr__(self, "probs", probs)
        object.__setattr__(self, "sample_id", sample_id)

    @classmethod
    def single(
        cls,
        probs: FloatArray,
        sample_id: IntArray | None = None,
        protocol: PosteriorProtocol = "external",
        source: str = "",
    ) -> Self:
        """One member from a table (N, C); ids default to 0..N-1."""
        probs = np.asarray(probs)
        if probs.ndim != 2:
            raise InputError(f"probabilities have shape {probs.shape}", allowed="(N, C)")
        return cls(probs[None], np.arange(len(probs)) if sample_id is None else sample_id, protocol, source)

    def __len__(self) -> int:
        return int(self.probs.shape[1])

    @property
    def num_members(self) -> int:
        """M."""
        return int(self.probs.shape[0])

    @property
    def num_classes(self) -> int:
        """C."""
        return int(self.probs.shape[2])

    @property
    def mean(self) -> FloatArray:
        """Mean over members (N, C): probabilities are averaged, never logits."""
        return self.probs[0] if self.num_members == 1 else np.asarray(self.probs.mean(axis=0))

    def aligned_to(self, sample_id: IntArray) -> "Posteriors":
        """The same posteriors in the order of ``sample_id``; missing ids are an error that names them."""
        if np.array_equal(sample_id, self.sample_id):
            return self
        rows = rows_by_id(self.sample_id, sample_id, f"posteriors{f' of {self.source}' if self.source else ''}")
        return Posteriors(self.probs[:, rows], self.sample_id[rows], self.protocol, self.source, self.details)

    def save(self, path: Path, dtype: type[np.floating[Any]] = np.float32) -> None:
        """Write ``.npz`` without pickle; the metadata are JSON bytes.  float16 halves the file at 1e-3 of precision."""
        metadata = {
            "format": FILE_FORMAT,
            "protocol": self.protocol,
            "members": self.num_members,
            "source": self.source,
            "details": self.details,
        }
        # NumPy appends .npz to a file name that lacks it; an open file it takes as it is.
        with atomic_path(Path(path)) as temporary, temporary.open("wb") as file:
            np.savez_compressed(
                file,
                probs=self.probs.astype(dtype),
                sample_id=self.sample_id,
                metadata=np.frombuffer(json.dumps(metadata).encode(), dtype=np.uint8),
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote; anything else is an error that names the file."""
        fix = "Give a posteriors.npz written by alc-train, or build one with alc.posteriors.Posteriors(...).save(path)"
        path = Path(path)
        if not path.is_file():
            raise InputError(f"{path} does not exist", fix=fix)
        if not zipfile.is_zipfile(path):
            with path.open("rb") as file:
                start = file.read(12)
            raise InputError(
                f"{path} is not a posteriors file (no npz archive, or cut short; it begins with {start!r})", fix=fix
            )
        try:
            with np.load(path, allow_pickle=False) as file:
                metadata = json.loads(bytes(file["metadata"]))
                probs, sample_id = file["probs"], file["sample_id"]
                file_format = metadata["format"]
                made = metadata.get("protocol", ""), metadata.get("source", ""), metadata.get("details", {})
        except BROKEN_FILE as error:
            raise InputError(f"{path} is not a posteriors file ({error})", fix=fix) from error
        if file_format != FILE_FORMAT:
            raise InputError(f"{path} has format {file_format!r}", allowed=FILE_FORMAT, fix=fix)
        try:
            return cls(probs, sample_id, *made)
        except InputError as error:
            raise InputError(f"{path}: {error.problem}", allowed=error.allowed, fix=error.fix) from error
