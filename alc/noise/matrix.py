"""Noise by any transition matrix, typed in the config or read from a CSV file."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.noise.class_noise import check_exact
from alc.noise.corrupt import corrupt
from alc.noise.report import NoiseReport
from alc.noise.transition import check_transition
from alc.seeding import stream

__all__ = ["Transition", "read_matrix"]

FIX = "Give C rows of C numbers that sum to 1 each, T[i, j] = P(observed j | true i), comma-separated, without a header"


@dataclass(frozen=True, eq=False)
class Transition:
    """Class-conditional noise by a row-stochastic matrix (C, C).

    Attributes:
        matrix: Rows of numbers, or the path of a CSV file with C lines of C numbers and no header.  The file is read
            when the option is made, so a bad one is told before any image is loaded.
        exact: As in :func:`alc.noise.corrupt.corrupt`.
    """

    matrix: Sequence[Sequence[float]] | str | Path
    exact: bool = True
    _table: FloatArray = field(init=False, repr=False)
    _digests: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_exact(self.exact)
        if isinstance(self.matrix, str | Path):
            path = Path(self.matrix)
            table, digest = read_matrix(path)
            name, digests = str(path), {path.name: digest}
        else:
            name, digests = "noise.matrix", {}
            table = _numbers(enumerate(self.matrix), name, "row")
        object.__setattr__(self, "_table", check_transition(table, len(table), name))
        object.__setattr__(self, "_digests", digests)

    def apply(
        self, labels: IntArray, num_classes: int, distribution: FloatArray | None, seed: int
    ) -> tuple[IntArray, NoiseReport]:
        """Corrupt the labels with the stream ``noise`` of the seed; the human distribution is not used."""
        del distribution
        if len(self._table) != num_classes:
            raise InputError(
                f"noise.matrix has {len(self._table)} rows for data with {num_classes} classes",
                allowed=f"{num_classes} rows of {num_classes} numbers",
            )
        return corrupt(labels, self._table, stream(seed, "noise"), exact=self.exact)

    def digests(self) -> dict[str, str]:
        """Name and SHA-256 of the CSV file; nothing for a matrix that stands in the config itself."""
        return dict(self._digests)


def read_matrix(path: Path) -> tuple[FloatArray, str]:
    """The numbers of a CSV file without header, and the SHA-256 of its bytes; empty lines are skipped."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not text" if isinstance(error, UnicodeDecodeError) else f"cannot be read ({error.strerror})"
        raise InputError(f"noise.matrix: {path} {reason}", fix=FIX) from error
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(lines.line_num, row) for row in lines if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(f"{path}: line {lines.line_num} is not comma-separated text ({error})", fix=FIX) from error
    return _numbers(rows, str(path), "line"), sha256(content).hexdigest()


def _numbers(rows: Iterable[tuple[int, Sequence[object]]], name: str, unit: str) -> FloatArray:
    """Numbered rows of cells as a table; a cell that is no number or a row of another length is named."""
    table: list[list[float]] = []
    for number, row in rows:
        if isinstance(row, str) or not isinstance(row, Iterable):
            raise InputError(f"{name}: {unit} {number} is {row!r}", allowed="a row of numbers", fix=FIX)
        values: list[float] = []
        for cell in row:
            try:
                values.append(float(str(cell)))
            except ValueError:
                raise InputError(f"{name}: {unit} {number} holds {cell!r}", allowed="numbers", fix=FIX) from None
        if table and len(values) != len(table[0]):
            raise InputError(
                f"{name}: {unit} {number} has {len(values)} numbers, the first has {len(table[0])}", fix=FIX
            )
        table.append(values)
    if len(table) < 2 or len(table[0]) != len(table):
        shape = f"{len(table)} rows" + (f" of {len(table[0])} numbers" if table else "")
        raise InputError(f"{name} has {shape}", allowed="as many rows as columns, at least 2", fix=FIX)
    return np.asarray(table)
