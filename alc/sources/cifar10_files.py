"""CIFAR-10 on disk: torchvision's batch files or the Hub's parquet layout, whichever ``data.root`` holds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from alc.arrays import IntArray, UInt8Array
from alc.errors import InputError
from alc.labels import check_labels
from alc.sources.cifar10_batches import BATCH_FOLDER, BATCH_MD5, download_batches, read_batches
from alc.sources.images import ArrayImages, EncodedImages, Images
from alc.sources.inputs import input_root

__all__ = ["CLASS_NAMES", "Cifar10Files", "Cifar10Part", "Part", "find_cifar10"]

Part = Literal["train", "test"]
CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FOLDERS = ("", "cifar10/")
PARQUET_NAMES = ("{part}.parquet", "plain_text/{part}-00000-of-00001.parquet")
FIX = (
    f"Type data.root=<folder that holds {BATCH_FOLDER}/ or train.parquet and test.parquet>, "
    "or data.download=true to fetch it there (170 MB)"
)


@dataclass(frozen=True, eq=False)
class Cifar10Part:
    """The published labels (N,) of one part in the original order, and its images as pixels or as encoded bytes."""

    labels: IntArray
    pixels: UInt8Array | None
    encoded: list[bytes]
    source: str

    def images(self, rows: IntArray) -> Images:
        """The images of some rows, in the order asked."""
        if self.pixels is not None:
            return ArrayImages(self.pixels[rows])
        return EncodedImages([self.encoded[row] for row in rows], self.source, rows)


@dataclass(frozen=True)
class Cifar10Files:
    """Where one copy of CIFAR-10 lies; exactly one of the two layouts is set.

    Attributes:
        batches: The folder ``cifar-10-batches-py``.
        parquet: File of each part.
    """

    batches: Path | None
    parquet: dict[str, Path]

    def paths(self) -> list[Path]:
        """Every file that is read."""
        if self.batches is None:
            return [self.parquet[part] for part in ("train", "test")]
        return [self.batches / name for part in ("train", "test") for name in BATCH_MD5[part]]

    def read(self, part: Part) -> Cifar10Part:
        """One part; batch files must have the published checksum, parquet images are decoded when looked at."""
        if self.batches is None:
            return _read_parquet(self.parquet[part])
        pixels, labels = read_batches(self.batches, part)
        source = f"{self.batches}, {part} part"
        return Cifar10Part(check_labels(labels, len(CLASS_NAMES), source), pixels, [], source)


def find_cifar10(root: str | Path, *, download: bool) -> Cifar10Files:
    """The copy below ``root``; torchvision's files win over parquet (they are lossless), then a download if allowed."""
    if download:
        Path(root).expanduser().mkdir(parents=True, exist_ok=True)
    folder = input_root(root, FIX)
    for prefix in FOLDERS:
        batches = folder / prefix / BATCH_FOLDER
        if all((batches / name).is_file() for names in BATCH_MD5.values() for name in names):
            return Cifar10Files(batches, {})
    names = [f"{prefix}{name}" for prefix in FOLDERS for name in PARQUET_NAMES]
    for name in names:
        files = {part: folder / name.format(part=part) for part in ("train", "test")}
        if all(file.is_file() for file in files.values()):
            return Cifar10Files(None, files)
    if download:
        return Cifar10Files(download_batches(folder), {})
    looked = [f"{prefix}{BATCH_FOLDER}/" for prefix in FOLDERS] + [name.format(part="{train,test}") for name in names]
    raise InputError(
        f"data.root {str(folder)!r} holds no complete CIFAR-10; looked for {', '.join(looked)} in {folder.absolute()}",
        fix=FIX,
    )


def _read_parquet(path: Path) -> Cifar10Part:
    import pyarrow.parquet as pq

    allowed = "the columns img (struct of bytes and path) and label (int64), without gaps"
    try:
        table: Any = pq.read_table(path, columns=["img", "label"])
    except (OSError, ValueError) as error:  # pyarrow's own errors derive from these
        raise InputError(f"{path} is not a parquet file that can be read ({error})", allowed=allowed) from error
    try:
        labels = np.asarray(table["label"].to_numpy())
        encoded = table["img"].combine_chunks().field("bytes").to_pylist()
    except (KeyError, AttributeError) as error:
        raise InputError(f"{path} has the columns {table.schema.names} ({error})", allowed=allowed) from error
    missing = next((row for row, content in enumerate(encoded) if not isinstance(content, bytes)), None)
    if missing is not None:
        raise InputError(f"{path} row {missing} holds no image bytes", allowed=allowed)
    return Cifar10Part(check_labels(labels, len(CLASS_NAMES), f"{path}, column label"), None, encoded, str(path))
