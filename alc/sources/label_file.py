"""A table of labels whose images need not be there: what a ranking of given probabilities needs to know."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from alc.arrays import IntArray
from alc.errors import InputError
from alc.samples import SampleTable
from alc.sources.classes import class_index, class_order, unknown_class
from alc.sources.csv_columns import TextColumns, read_text

__all__ = ["LabelColumns", "LabelFile", "read_label_file"]


@dataclass(frozen=True)
class LabelColumns:
    """Headers of the columns of a label file; all but the labels may be missing.

    Attributes:
        label: The labels.
        path: The images.
        id: What the samples are called elsewhere, e.g. at the hospital.
        reference: Labels taken as true.
        group: E.g. the patient.
    """

    label: str = "label"
    path: str = "path"
    id: str = "id"
    reference: str = "reference_label"
    group: str = "group"


@dataclass(frozen=True, eq=False)
class LabelFile:
    """What a label file says.

    Attributes:
        file: The file.
        samples: Its rows; ``sample_id`` is the row number, from 0.
        ids: (N,) its own ids as text, unique; None where it has none.
    """

    file: Path
    samples: SampleTable
    ids: npt.NDArray[np.str_] | None

    def inside(self, root: Path) -> list[str]:
        """The paths relative to ``root``.

        Raises:
            InputError: There are none, or one leads outside.
        """
        base = os.path.normpath(root.absolute())
        if not len(self.samples.path):
            raise InputError(f"{self.file} has no column with the paths of images", fix="Type --path-column NAME")
        paths = []
        for row, path in enumerate(self.samples.path.tolist()):
            full = os.path.normpath(root.absolute() / path)
            if os.path.commonpath([base, full]) != base:
                raise InputError(
                    f"{self.file}, row {row + 1}: {path!r} lies outside {str(root)!r}", allowed="images below it"
                )
            paths.append(os.path.relpath(full, base))
        return paths


def read_label_file(
    file: Path,
    *,
    columns: LabelColumns,
    classes: Sequence[str] | None,
    num_classes: int | None,
    separator: str = ",",
) -> LabelFile:
    """Read and check a label file.

    Args:
        file: UTF-8 CSV with a header.
        columns: Its headers.
        classes: Names in the order of the columns of probabilities; None to take the distinct labels in their order.
        num_classes: How many there have to be; None where nothing says it.
        separator: One character, or ``tab``.

    Raises:
        InputError: The file is none, a label is unknown, an id or a path occurs twice, or the classes are too few or
            too many.
    """
    optional = [columns.path, columns.id, columns.reference, columns.group]
    table = read_text(file, [columns.label], optional, separator)
    label_columns = [name for name in (columns.label, columns.reference) if name in table]
    coded = {name: table.coded(name) for name in label_columns}
    distinct = [value for values, _ in coded.values() for value in values]
    names = tuple(classes) if classes is not None else _classes(file, distinct, num_classes)
    if num_classes is not None and len(names) != num_classes:
        raise InputError(
            f"{file} has {len(names)} classes ({_listed(names)}), there are probabilities of {num_classes}",
            allowed="one column of probabilities per class",
            fix="Name the columns of probabilities in their order: --classes normal,pneumonia",
        )
    given, *reference = [_indices(table, name, *coded[name], names) for name in label_columns]
    samples = SampleTable(
        np.arange(len(table)),
        names,
        given,
        path=_text(table.unique(columns.path)) if columns.path in table else np.empty(0, dtype=np.str_),
        reference=reference[0] if reference else None,
        group=table.coded(columns.group)[1] if columns.group in table else None,
    )
    return LabelFile(file, samples, _text(table.unique(columns.id)) if columns.id in table else None)


def _classes(file: Path, distinct: list[str], num_classes: int | None) -> tuple[str, ...]:
    """The distinct labels in their order; labels that are numbers below C count through all C classes."""
    names = class_order(distinct)
    if (
        num_classes is not None
        and len(names) < num_classes
        and all(name.isascii() and name.isdigit() for name in names)
    ):
        every = tuple(str(number) for number in range(num_classes))
        if set(names) <= set(every):
            return every
    if len(names) < 2:
        raise InputError(
            f"all labels in {file} are {names[0]!r}", allowed="two classes or more", fix="Type e.g. --classes no,yes"
        )
    return names


def _indices(table: TextColumns, column: str, values: list[str], codes: IntArray, names: tuple[str, ...]) -> IntArray:
    found = [class_index(value, names) for value in values]
    for code, (value, index) in enumerate(zip(values, found, strict=True)):
        if index is None:
            allowed, hint = unknown_class(value, names)
            row = int((codes == code).argmax())
            raise InputError(f"{table.at(row, column)}: unknown label {value!r}", allowed=allowed, fix=hint)
    return np.asarray(found, dtype=np.int64)[codes]


def _text(values: Any) -> npt.NDArray[np.str_]:
    return np.asarray(values.to_pylist(), dtype=np.str_)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
