"""A CSV file that names images and their labels."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError
from alc.samples import SampleTable
from alc.sources.classes import class_index, class_order, given_classes, unknown_class
from alc.sources.csv_table import CsvTable, read_csv_table
from alc.sources.dataset import ImageDataset, one_hot
from alc.sources.decode import Resize, check_image_size
from alc.sources.dicom import Window, check_window
from alc.sources.digest_memo import images_digest
from alc.sources.findings import Finding, describe_findings
from alc.sources.image_files import image_files
from alc.sources.images import Images
from alc.sources.inputs import file_digest, input_root

__all__ = ["CsvSource"]


@dataclass(frozen=True)
class CsvSource:
    """Images of one's own, listed in a CSV file: ``path,label[,reference_label][,group]`` in any order.

    Labels are names or whole numbers.  Without ``classes`` the classes are the distinct labels, numbers by value and
    names by code point; with ``classes`` a label is one of them, or a number that counts from 0 through them.  With a
    reference column every metric works, and simulated annotators answer the reference; without it only people can be
    asked.  ``sample_id`` is the row number, from 0, in the file, also where images are left out.

    Attributes:
        file: The CSV file, UTF-8 with a header.
        image_size: Side in pixels; every image is made square.
        root: Folder the paths are relative to; None for the CSV file's own.  No path may lead outside it.
        test_file: CSV file of the same columns with trusted labels of other images below ``root``; None for none.
        classes: Order of the classes; None for the order of the labels themselves.
        path_column: Header of the column with the paths.
        label_column: Header of the column with the labels.
        reference_column: Header of the labels taken as true; may be missing; None to ignore it.
        group_column: Header of e.g. the patient, kept together in cross-fitting; may be missing; None to ignore it.
        separator: One character, or ``tab``.
        resize: ``centre_crop`` (short side to ``image_size``, then the middle) or ``stretch``.
        window: Of DICOM files: ``dicom`` (the window they ask for) or ``full`` (all values they could store).
        cache: Folder for images decoded and made square once; None decodes at every read.
        skip_unreadable: Leave out images that can not be read, instead of refusing them; they are listed and counted.
    """

    file: str
    image_size: int
    root: str | None = None
    test_file: str | None = None
    classes: Sequence[str] | None = None
    path_column: str = "path"
    label_column: str = "label"
    reference_column: str | None = "reference_label"
    group_column: str | None = "group"
    separator: str = ","
    resize: Resize = "centre_crop"
    window: Window = "dicom"
    cache: str | None = None
    skip_unreadable: bool = False

    def __post_init__(self) -> None:
        check_image_size(self.image_size, self.resize)
        check_window(self.window)

    def load(self, split_seed: int) -> ImageDataset:
        """Every row is checked, every file opened and verified; the seed changes nothing."""
        table, root = self._table(self.file), self._root()
        paths = _paths(table, self.path_column, root)
        label_columns = [self.label_column]
        if self.reference_column in table.columns:
            label_columns.append(str(self.reference_column))
        values = [value for column in label_columns for value in table.require_values(column)]
        classes = given_classes(self.classes) or class_order(values)
        given, *reference = [_labels(table, column, classes) for column in label_columns]
        group = None
        if self.group_column in table.columns:
            group = np.unique(table.require_values(str(self.group_column)), return_inverse=True)[1]
        samples = SampleTable(
            np.arange(len(paths)),
            classes,
            given=given,
            path=np.asarray(paths, dtype=np.str_),
            reference=reference[0] if reference else None,
            group=group,
        )
        images, rows, findings = self._images(root, paths)
        samples = samples if len(rows) == len(paths) else samples.rows(rows)
        test_images, test_labels = None, None
        if self.test_file is not None:
            test_images, test_labels, more = self._test(self._table(self.test_file), root, set(paths), classes)
            findings += more
        sizes = np.bincount(samples.given, minlength=len(classes))
        counts = ", ".join(f"{name} {count}" for name, count in zip(classes, sizes, strict=True))
        return ImageDataset(
            name=Path(self.file).stem,
            images=images,
            samples=samples,
            distribution=None if samples.reference is None else one_hot(samples.reference, len(classes)),
            test_images=test_images,
            test_labels=test_labels,
            description=f"{len(samples)} images from {Path(self.file).name} ({counts}), made {self.image_size}x"
            f"{self.image_size} ({self.resize}).{describe_findings(findings)}",
            findings=findings,
        )

    def digests(self) -> dict[str, str]:
        """The CSV files' digests, and the listing digest of the images each names."""
        root, found = self._root(), {}
        for role, key, file in (("file", "images", self.file), ("test_file", "test_images", self.test_file)):
            if file is not None:
                table = self._table(file)
                found[role] = file_digest(table.file)
                found[key] = images_digest(root, _paths(table, self.path_column, root), self.cache)
        return found

    def image_digests(self) -> dict[str, str]:
        """Listing digest of the images, and as ``data.file`` the digest of their order: the file less its labels."""
        root = self._root()
        paths = _paths(self._table(self.file), self.path_column, root)
        order = hashlib.sha256("\n".join(paths).encode()).hexdigest()
        return {"images": images_digest(root, paths, self.cache), "data.file": order}

    def _images(self, root: Path, paths: list[str]) -> tuple[Images, IntArray, tuple[Finding, ...]]:
        """The images that can be read, their rows, and what there is to say of files."""
        return image_files(
            root,
            paths,
            size=self.image_size,
            resize=self.resize,
            window=self.window,
            cache=self.cache,
            skip=self.skip_unreadable,
        )

    def _root(self) -> Path:
        folder = Path(self.file).expanduser().parent if self.root is None else self.root
        return input_root(folder, "Type data.root=<folder the paths in the CSV file are relative to>")

    def _table(self, file: str) -> CsvTable:
        optional = [column for column in (self.reference_column, self.group_column) if column is not None]
        required = [self.path_column, self.label_column]
        return read_csv_table(Path(file).expanduser(), required, optional, self.separator)

    def _test(
        self, table: CsvTable, root: Path, used: set[str], classes: tuple[str, ...]
    ) -> tuple[Images, IntArray, tuple[Finding, ...]]:
        paths = _paths(table, self.path_column, root)
        for row, path in enumerate(paths):
            if path in used:
                raise InputError(
                    f"{table.at(row, self.path_column)}: {path} is also in {self.file}",
                    allowed="test images that are not cleaned",
                )
        table.require_values(self.label_column)
        labels = _labels(table, self.label_column, classes)
        images, rows, findings = self._images(root, paths)
        return images, labels[rows], findings


def _paths(table: CsvTable, column: str, root: Path) -> list[str]:
    """The paths relative to ``root``, each inside it, there, and named once."""
    paths: list[str] = []
    first: dict[str, int] = {}
    missing: list[str] = []
    base = os.path.normpath(root.absolute())
    for row, value in enumerate(table.require_values(column)):
        relative = os.path.relpath(os.path.normpath(root.absolute() / value), base)
        name = Path(relative).as_posix()
        if name == ".." or name.startswith("../") or Path(name).is_absolute():
            raise InputError(
                f"{table.at(row, column)}: {value!r} lies outside data.root {str(root)!r}",
                allowed="paths below it",
                fix="Type data.root=<folder that holds all images>",
            )
        if name in first:
            raise InputError(
                f"{table.at(row, column)}: {value!r} was named before, in line {table.line[first[name]]}",
                allowed="every image once",
            )
        first[name] = row
        if not (root / name).is_file():
            missing.append(f"line {table.line[row]}: {value!r}")
        paths.append(name)
    if missing:
        more = f" ... and {len(missing) - 5} more" if len(missing) > 5 else ""
        backslash = " (backslashes do not separate folders here)" if any("\\" in name for name in missing) else ""
        raise InputError(
            f"{table.file}, column {column}: {len(missing)} of {len(paths)} files are not there: "
            f"{'; '.join(missing[:5])}{more}{backslash}",
            allowed=f"files below {root.absolute()}",
            fix="Type data.root=<folder the paths are relative to>",
        )
    return paths


def _labels(table: CsvTable, column: str, classes: tuple[str, ...]) -> IntArray:
    known = {value: class_index(value, classes) for value in set(table.columns[column])}
    labels = []
    for row, value in enumerate(table.columns[column]):
        label = known[value]
        if label is None:
            allowed, hint = unknown_class(value, classes)
            raise InputError(f"{table.at(row, column)}: unknown label {value!r}", allowed=allowed, fix=hint)
        labels.append(label)
    return np.asarray(labels, dtype=np.int64)
