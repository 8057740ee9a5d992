"""Class probabilities of any model in a CSV, NumPy or npz file."""

import csv
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from alc.arrays import FloatArray
from alc.errors import InputError, reader_says
from alc.posteriors import BROKEN_FILE, Posteriors
from alc.samples import SampleTable
from alc.sources.csv_columns import read_header, read_numbers, read_text

__all__ = ["PROBABILITY_ENDINGS", "ProbabilityFile", "read_array", "read_probability_file"]

PROBABILITY_ENDINGS = (".csv", ".npy", ".npz")
KEYS = ("id", "path", "sample_id")
"""Columns of a CSV file that say whose probabilities a row holds, the first that both files have is used."""

GIVE = "Give a posteriors.npz written by alc-train, or save one array with numpy.save"
NAMES = ("probs", "pred_probs", "probabilities", "posteriors", "features", "embeddings", "values", "arr_0")
"""Arrays of an npz file that are taken where it holds several."""


@dataclass(frozen=True, eq=False)
class ProbabilityFile:
    """What such a file holds, not yet joined with samples.

    Attributes:
        file: The file.
        probs: (M, N, C).
        class_names: C names where the file has them.
        keys: (N,) who each row is, by the name of the column.
        posteriors: What the file is if the project wrote it; ``probs`` are then its own.
    """

    file: Path
    probs: FloatArray
    class_names: tuple[str, ...] | None = None
    keys: dict[str, Any] = field(default_factory=dict)
    posteriors: Posteriors | None = None

    @property
    def num_classes(self) -> int:
        """C."""
        return int(self.probs.shape[2])

    def of(self, samples: SampleTable, ids: npt.NDArray[np.str_] | None = None) -> Posteriors:
        """The probabilities of these samples, their classes in order, joined by id or path, else row by row.

        Raises:
            InputError: Other classes, other samples, or numbers that are no probabilities; the file is named.
        """
        if self.posteriors is not None:
            return self.posteriors
        if self.num_classes != samples.num_classes:
            raise InputError(
                f"{self.file} has probabilities of {self.num_classes} classes, the data have {samples.num_classes}",
                allowed="the same classes in the same order",
                fix=self._turned(len(samples)),
            )
        columns = self._columns(samples.class_names)
        rows = self._rows(samples, ids)
        probs = self.probs if columns is None else self.probs[:, :, columns]
        probs = probs if rows is None else probs[:, rows]
        try:
            return Posteriors(probs, samples.sample_id, "external", self.file.name)
        except InputError as error:
            raise InputError(f"{self.file}: {error.problem}", allowed=error.allowed, fix=error.fix) from error

    def _columns(self, classes: tuple[str, ...]) -> list[int] | None:
        """Where each class is; None where they are in order."""
        names = self.class_names
        if names is None or names == classes:
            return None
        if set(names) == set(classes):
            return [names.index(name) for name in classes]
        numbered = [re.fullmatch(r"\D*(\d+)", name) for name in names]
        if [int(found[1]) for found in numbered if found] == list(range(len(names))):
            return None
        raise InputError(
            f"{self.file}, line 1: the columns are {list(names)[:10]}",
            allowed=f"the classes {', '.join(classes[:10])}, or numbers from 0, beside any of {', '.join(KEYS)}",
            fix="Rename the columns, or name them in their order: --classes (data.classes)",
        )

    def _rows(self, samples: SampleTable, ids: npt.NDArray[np.str_] | None) -> npt.NDArray[np.int64] | None:
        """Where each sample is; None where they are in order."""
        import pyarrow as pa
        import pyarrow.compute as pc

        known: dict[str, Any] = {"id": ids, "path": samples.path if len(samples.path) else None}
        known["sample_id"] = samples.sample_id.astype(np.str_)
        key = next((key for key in KEYS if key in self.keys and known[key] is not None), None)
        if key is None:
            if self.probs.shape[1] != len(samples):
                raise InputError(
                    f"{self.file} has {self.probs.shape[1]} rows of probabilities for {len(samples)} samples",
                    allowed="one row per sample, in the same order",
                    fix=self._turned(len(samples)),
                )
            return None
        wanted = pa.array(known[key].tolist(), pa.string())
        found = pc.index_in(wanted, value_set=self.keys[key])
        if found.null_count:
            first = wanted[pc.index(found.is_null(), True).as_py()].as_py()
            raise InputError(
                f"{self.file} lacks {found.null_count} of {len(samples)} samples by {key}, the first is {first!r}",
                allowed="a row for every sample",
            )
        return np.asarray(found.to_numpy(), dtype=np.int64)

    def _turned(self, num_samples: int) -> str | None:
        if self.probs.shape[1:] == (1, num_samples):
            return "For a binary problem give both columns, [1 - p, p]"
        return "It looks transposed: save probs.T" if self.probs.shape[2] == num_samples else None


def read_probability_file(file: Path, classes: Sequence[str] | None = None, separator: str = ",") -> ProbabilityFile:
    """Read ``.csv`` (with or without a header), ``.npy`` or ``.npz``, (N, C) or (M, N, C), never unpickling.

    Args:
        file: The file.
        classes: What the columns are called where the file's own header is not to count.
        separator: Of a CSV file.

    Raises:
        InputError: The file is missing, damaged or something else.
    """
    if not file.is_file():
        raise InputError(
            f"there is no file {file.absolute()}", allowed=f"probabilities in {', '.join(PROBABILITY_ENDINGS)}"
        )
    if file.suffix == ".csv":
        return _from_csv(file, classes, separator)
    if file.suffix == ".npz" and _is_ours(file):
        made = Posteriors.load(file)
        return ProbabilityFile(file, made.probs, posteriors=made)
    probs = read_array(file, "probabilities (N, C), or (M, N, C) of several models")
    if probs.ndim not in {2, 3} or 0 in probs.shape or not np.issubdtype(probs.dtype, np.floating):
        binary = "For a binary problem give both columns, [1 - p, p]"
        raise InputError(
            f"{file} holds an array of shape {probs.shape} and type {probs.dtype}",
            allowed="floating-point probabilities (N, C), or (M, N, C) of several models",
            fix=binary if probs.ndim == 1 and len(probs) > 3 else GIVE,
        )
    return ProbabilityFile(file, probs if probs.ndim == 3 else probs[None])


def read_array(file: Path, what: str) -> npt.NDArray[Any]:
    """The one array of a ``.npy`` or ``.npz`` file.

    Raises:
        InputError: There is none, or several and none of a usual name; ``what`` is what was looked for.
    """
    if not file.is_file():
        raise InputError(f"there is no file {file.absolute()}", allowed=what)
    try:
        # Of a .npy file a view of what is on disk, which nothing writes to; of one called read-only NumPy's arg max
        # would make a copy.
        loaded = np.load(file, mmap_mode="c", allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded as arrays:
            names = list(arrays)
            name = names[0] if len(names) == 1 else next((name for name in NAMES if name in names), None)
            if name is not None:
                return np.asarray(arrays[name])
    except BROKEN_FILE as error:
        raise InputError(f"{file} can not be read: {reader_says(error)}", allowed=what, fix=GIVE) from error
    raise InputError(f"{file} holds the arrays {', '.join(names)}", allowed=f"one array: {what}", fix=GIVE)


def _is_ours(file: Path) -> bool:
    """Whether the project wrote an npz file, or nobody did: then it is for the project to say so."""
    if not zipfile.is_zipfile(file):
        return True
    with zipfile.ZipFile(file) as archive:
        return "metadata.npy" in archive.namelist()


def _from_csv(file: Path, classes: Sequence[str] | None, separator: str) -> ProbabilityFile:
    try:
        header = read_header(file, separator)
    except (ValueError, OSError, csv.Error):
        header = []  # the careful reader says why
    if not header or len(header) == 1:
        read_text(file, ["one column per class"], [], separator)
    if _is_bare(header):
        return _from_bare_csv(file, classes, separator)
    keys = [name for name in KEYS if name in header]
    names = [name for name in header if name not in keys]
    if len(set(names)) < len(names) or "" in names:
        raise InputError(f"{file}, line 1: the columns are {names}", allowed="different names")
    if classes is not None and not set(names) & set(classes):
        if len(classes) != len(names):
            raise InputError(f"{file}, line 1: {len(names)} columns for {len(classes)} classes", allowed="as many")
        called = tuple(classes)
    else:
        called = tuple(names)
    table = read_text(file, [*keys, names[0]], [], separator)
    return ProbabilityFile(
        file, read_numbers(file, names, separator)[None], called, {key: table.unique(key) for key in keys}
    )


def _from_bare_csv(file: Path, classes: Sequence[str] | None, separator: str) -> ProbabilityFile:
    """A CSV file of numbers alone, as ``numpy.savetxt(..., delimiter=",")`` writes it."""
    try:
        probs = np.loadtxt(file, delimiter="\t" if separator == "tab" else separator, ndmin=2, encoding="utf-8-sig")
    except ValueError as error:
        raise InputError(f"{file} is no table of numbers ({error})", allowed="CSV, header or none") from None
    return ProbabilityFile(file, probs[None], None if classes is None else tuple(classes))


def _is_bare(header: list[str]) -> bool:
    """Whether a first line is numbers already; whole numbers are names of classes."""
    try:
        [float(name) for name in header]
    except ValueError:
        return False
    return any("." in name or "e" in name.lower() for name in header)
