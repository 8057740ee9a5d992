"""CIFAR-10N on disk: the published label file, the table of workers, and the array of image numbers beside it."""

import csv
import pickle
import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError
from alc.labels import check_labels
from alc.posteriors import BROKEN_FILE
from alc.sources.inputs import find_input, input_root
from alc.sources.plain_pickle import PlainUnpickler

__all__ = ["FIELDS", "BatchOrder", "find_labels", "find_workers", "read_labels", "read_workers"]

BatchOrder = Literal["file", "image_order"]
URL = "https://github.com/UCSC-REAL/cifar-10-100n"
FIELDS = ("clean_label", "aggre_label", "worse_label", "random_label1", "random_label2", "random_label3")
FOLDERS = ("", "cifar-10-100n/", "cifar-10-100n/data/", "cifar10n/", "data/")
LABEL_FILES = tuple(f"{folder}CIFAR-10_human.pt" for folder in FOLDERS)
WORKER_FILES = tuple(f"{folder}side_info_cifar10N.csv" for folder in FOLDERS)
ORDER_FILES = tuple(
    f"{folder}{name}" for folder in FOLDERS for name in ("image_order_c10.npy", "cifar10n_image_order.npy")
)
SLOTS = 3
FIX = f"Put the files of {URL} there, or type data.root=<folder that holds them beside CIFAR-10>"
WORKERS_FIX = "Type data.batch_order=null to do without worker ids"


def find_labels(root: str) -> Path:
    """The label file below ``root``."""
    return find_input(input_root(root, FIX), LABEL_FILES, "CIFAR-10N labels", FIX)


def find_workers(root: str, order: BatchOrder | None) -> list[Path]:
    """The files that worker ids are read from: none, the table, or the table and the image numbers."""
    if order is None:
        return []
    folder = input_root(root, FIX)
    table = find_input(folder, WORKER_FILES, "CIFAR-10N workers", f"{FIX}. {WORKERS_FIX}")
    if order == "file":
        return [table]
    return [table, find_input(folder, ORDER_FILES, "CIFAR-10N image order", f"{FIX}. {WORKERS_FIX}")]


def read_labels(path: Path) -> dict[str, IntArray]:
    """The six label vectors (N,) of a file written by ``torch.save``, without torch and without running any of it."""
    allowed = f"a zip file whose data.pkl holds a dictionary of NumPy arrays: {', '.join(FIELDS)}"
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl")
            with archive.open(name) as file:
                content: Any = PlainUnpickler(file).load()
        labels = {field: check_labels(np.asarray(content[field]), 10, f"{path}, {field}") for field in FIELDS}
    except InputError:
        raise
    except (*BROKEN_FILE, pickle.UnpicklingError, StopIteration, IndexError) as error:
        reason = str(error) or type(error).__name__
        raise InputError(f"{path} is not CIFAR-10N's label file ({reason})", allowed=allowed, fix=FIX) from error
    sizes = {field: len(values) for field, values in labels.items()}
    if len(set(sizes.values())) > 1:
        raise InputError(f"{path} has label vectors of different lengths, {sizes}", allowed=allowed, fix=FIX)
    return labels


def read_workers(files: list[Path], num_images: int) -> IntArray:
    """Worker of each image's three labels, (N, 3), whole numbers from 0; a batch of ten images shares its workers.

    Args:
        files: What :func:`find_workers` found; with the image numbers, row b of the table speaks of the images
            ``order[10 b : 10 b + 10]``, without them of the images 10 b to 10 b + 9.
        num_images: N.
    """
    table = files[0]
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True))
        ids = np.array([[int(row[f"Worker{slot}-id"]) for slot in range(1, SLOTS + 1)] for row in rows])
        batches = [row["Image-batch"] for row in rows]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise InputError(
            f"{table} is not CIFAR-10N's table of workers ({error})",
            allowed="the columns Image-batch and Worker1-id to Worker3-id",
            fix=WORKERS_FIX,
        ) from error
    wanted = [f"{start}--{start + 9}" for start in range(0, num_images, 10)]
    if batches != wanted or ids.min() < 0:
        wrong = next((i for i, pair in enumerate(zip(batches, wanted, strict=False)) if pair[0] != pair[1]), None)
        found = f"row {wrong} is batch {batches[wrong]!r}" if wrong is not None else f"it has {len(rows)} rows"
        raise InputError(
            f"{table}: {found}",
            allowed=f"{len(wanted)} batches of ten images in order, worker ids of 0 or more",
            fix=WORKERS_FIX,
        )
    return np.repeat(ids, 10, axis=0)[_positions(files[1:], num_images)]


def _positions(files: list[Path], num_images: int) -> IntArray:
    """Place of every image in the batches, (N,)."""
    if not files:
        return np.arange(num_images)
    try:
        order = np.asarray(np.load(files[0], allow_pickle=False))
    except BROKEN_FILE as error:
        raise InputError(f"{files[0]} is not a .npy file of numbers ({error})", fix=WORKERS_FIX) from error
    if order.shape != (num_images,) or not np.array_equal(np.sort(order), np.arange(num_images)):
        raise InputError(
            f"{files[0]} has shape {order.shape}",
            allowed=f"every number from 0 to {num_images - 1} once",
            fix=WORKERS_FIX,
        )
    return np.argsort(order)
