"""CIFAR-10's batch files: Python pickles, read only when their checksum is the published one and then with blinkers."""

import hashlib
import io
import pickle
from pathlib import Path

import numpy as np

from alc.arrays import IntArray, UInt8Array
from alc.errors import InputError
from alc.sources.plain_pickle import PlainUnpickler

__all__ = ["BATCH_FOLDER", "BATCH_MD5", "download_batches", "read_batches"]

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
ARCHIVE_MD5 = "c58f30108f718f92721af3b95e74349a"
BATCH_FOLDER = "cifar-10-batches-py"
BATCH_MD5: dict[str, dict[str, str]] = {
    "train": {
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    },
    "test": {"test_batch": "40351d587109b95175f43aff81a1287e"},
}
"""Checksums published with the data set; a file that does not match is never unpickled."""


def download_batches(root: Path) -> Path:
    """Fetch and unpack torchvision's archive below ``root``; returns the folder of the batch files."""
    from torchvision.datasets.utils import download_and_extract_archive

    try:  # torchvision checks the archive's checksum and fetches a broken one again
        download_and_extract_archive(URL, str(root), filename=Path(URL).name, md5=ARCHIVE_MD5)
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"CIFAR-10 could not be downloaded to {root} ({error})",
            fix=f"Fetch {URL} yourself and unpack it there, or try again",
        ) from error
    return root / BATCH_FOLDER


def read_batches(folder: Path, part: str) -> tuple[UInt8Array, IntArray]:
    """Pixels (N, 32, 32, 3) and labels (N,) of one part, in the published order."""
    batches = [_read_batch(folder / name, md5) for name, md5 in BATCH_MD5[part].items()]
    pixels = np.concatenate([pixels for pixels, _ in batches])
    return np.ascontiguousarray(pixels.transpose(0, 2, 3, 1)), np.concatenate([labels for _, labels in batches])


def _read_batch(path: Path, md5: str) -> tuple[UInt8Array, IntArray]:
    content = path.read_bytes()
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != md5:
        raise InputError(
            f"{path} is not the published CIFAR-10 file (md5 {found})",
            allowed=f"md5 {md5}",
            fix="Remove the folder and type data.download=true",
        )
    try:
        batch = PlainUnpickler(io.BytesIO(content), encoding="latin1").load()
        pixels = np.asarray(batch["data"], dtype=np.uint8).reshape(-1, 3, 32, 32)
        labels = np.asarray(batch["labels"], dtype=np.int64)
    except (pickle.UnpicklingError, KeyError, TypeError, ValueError, EOFError) as error:
        raise InputError(f"{path} is not a CIFAR-10 batch file ({error})") from error
    return pixels, labels
