"""MedMNIST's single-label sets in their npz layout."""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from alc.arrays import IntArray, UInt8Array
from alc.errors import InputError, did_you_mean, reader_says
from alc.labels import check_labels
from alc.samples import SampleTable
from alc.seeding import stream
from alc.sources.dataset import ImageDataset, one_hot
from alc.sources.images import ArrayImages
from alc.sources.inputs import file_digests, find_input, input_root
from alc.sources.split import random_subset

__all__ = ["CLASS_NAMES", "MedMnistSource", "NoisyPart"]

NoisyPart = Literal["train", "train+val", "val"]
ORGANS = (
    "bladder",
    "femur-left",
    "femur-right",
    "heart",
    "kidney-left",
    "kidney-right",
    "liver",
    "lung-left",
    "lung-right",
    "pancreas",
    "spleen",
)
CLASS_NAMES: dict[str, tuple[str, ...]] = {
    "bloodmnist": (
        "basophil",
        "eosinophil",
        "erythroblast",
        "immature granulocyte",
        "lymphocyte",
        "monocyte",
        "neutrophil",
        "platelet",
    ),
    "breastmnist": ("malignant", "normal or benign"),
    "dermamnist": (
        "actinic keratosis or intraepithelial carcinoma",
        "basal cell carcinoma",
        "benign keratosis-like lesion",
        "dermatofibroma",
        "melanoma",
        "melanocytic nevus",
        "vascular lesion",
    ),
    "octmnist": ("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
    "organamnist": ORGANS,
    "organcmnist": ORGANS,
    "organsmnist": ORGANS,
    "pathmnist": (
        "adipose",
        "background",
        "debris",
        "lymphocytes",
        "mucus",
        "smooth muscle",
        "normal colon mucosa",
        "cancer-associated stroma",
        "colorectal adenocarcinoma epithelium",
    ),
    "pneumoniamnist": ("normal", "pneumonia"),
    "retinamnist": ("grade 0", "grade 1", "grade 2", "grade 3", "grade 4"),
    "tissuemnist": (
        "collecting duct or connecting tubule",
        "distal convoluted tubule",
        "glomerular endothelial cells",
        "interstitial endothelial cells",
        "leukocytes",
        "podocytes",
        "proximal tubule segments",
        "thick ascending limb",
    ),
}
"""Class names of the two-dimensional single-label sets; any other file's classes are class_0, class_1, ..."""


@dataclass(frozen=True)
class MedMnistSource:
    """Any single-label, two-dimensional MedMNIST set (Yang et al. 2023): one npz file with train, val and test arrays.

    Reference and given labels are the published ones; annotators always answer them.

    Attributes:
        root: Folder with the file, or with a folder ``medmnist`` that holds it.
        name: Name of the set; its file is ``<name>.npz``, e.g. ``pneumoniamnist`` or ``bloodmnist_64``.
        file: The file itself, absolute or below ``root``, instead of ``<name>.npz``.
        noisy: The part whose labels are noised and cleaned: ``train``, ``train+val`` or ``val``.  The test set is
            the published one.
        subset: Random subset of the noisy part, by the split seed; None for all of it.
        test_subset: The same for the test set.
    """

    root: str
    name: str = "pneumoniamnist"
    file: str | None = None
    noisy: NoisyPart = "train"
    subset: int | None = None
    test_subset: int | None = None

    def __post_init__(self) -> None:
        parts = ("train", "train+val", "val")
        if self.noisy not in parts:
            hint = did_you_mean(str(self.noisy), parts) or "Type data.noisy=train"
            raise InputError(f"data.noisy is {self.noisy!r}", allowed=", ".join(parts), fix=hint)

    def load(self, split_seed: int) -> ImageDataset:
        """``sample_id`` counts through the noisy parts in the order train, val."""
        path = self._path()
        parts = _read_parts(path, (*self.noisy.split("+"), "test"))
        test_pixels, test_labels = parts.pop("test")
        pixels = np.concatenate([pixels for pixels, _ in parts.values()])
        labels = np.concatenate([labels for _, labels in parts.values()])
        rows = random_subset(len(labels), self.subset, stream(split_seed, "subset"), "data.subset")
        test_rows = random_subset(
            len(test_labels), self.test_subset, stream(split_seed, "test_subset"), "data.test_subset"
        )
        names = _class_names(path, int(max(labels.max(), test_labels.max())) + 1)
        given = labels[rows]
        return ImageDataset(
            name=path.stem,
            images=ArrayImages(pixels[rows]),
            samples=SampleTable(rows, names, given=given, reference=given),
            distribution=one_hot(given, len(names)),
            test_images=ArrayImages(test_pixels[test_rows]),
            test_labels=test_labels[test_rows],
            description=f"{path.stem} (MedMNIST): {len(rows)} images of its {self.noisy} part, {len(test_rows)} clean "
            "test images.",
        )

    def digests(self) -> dict[str, str]:
        """The npz file's digest."""
        return file_digests([self._path()])

    def image_digests(self) -> dict[str, str]:
        """The same: the file holds images and labels."""
        return self.digests()

    def _path(self) -> Path:
        name = self.file or f"{self.name}.npz"
        fix = f"Type data.root=<folder that holds {name}>, or data.file=<path of the npz file>"
        candidates = (name, f"medmnist/{name}")
        return find_input(input_root(self.root, fix), candidates, f"MedMNIST file {name}", fix)


def _read_parts(path: Path, parts: tuple[str, ...]) -> dict[str, tuple[UInt8Array, IntArray]]:
    keys = [f"{part}_{kind}" for part in parts for kind in ("images", "labels")]
    allowed = "MedMNIST's npz layout, with train_images, train_labels, val_images, ... test_labels"
    try:
        with np.load(path, allow_pickle=False) as content:
            arrays = {key: content[key] for key in keys if key in content.files}
            present = ", ".join(content.files)
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        problem = f"{path} is not an npz file that can be read ({reader_says(error)})"
        raise InputError(problem, allowed=allowed) from error
    missing = [key for key in keys if key not in arrays]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}; it holds {present}", allowed=allowed)
    return {part: _checked(path, part, arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in parts}


def _checked(path: Path, part: str, images: UInt8Array, labels: IntArray) -> tuple[UInt8Array, IntArray]:
    if images.dtype != np.uint8 or not (images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)):
        raise InputError(
            f"{path}: {part}_images have shape {images.shape} and dtype {images.dtype}",
            allowed="uint8 of shape (N, H, W) or (N, H, W, 3); the three-dimensional sets are not supported",
        )
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise InputError(
            f"{path}: {part}_labels have {labels.shape[1]} columns, so an image may have several labels at once",
            allowed="one label per image, shape (N, 1)",
            fix="Choose a single-label set, e.g. data.name=pneumoniamnist",
        )
    labels = check_labels(labels.reshape(-1), 256, f"{path}: {part}_labels")
    if len(labels) != len(images):
        raise InputError(f"{path}: {len(images)} {part}_images and {len(labels)} {part}_labels", allowed="as many")
    return images, labels


def _class_names(path: Path, num_classes: int) -> tuple[str, ...]:
    known = CLASS_NAMES.get(path.stem.split("_")[0], ())
    if num_classes <= len(known):
        return known
    return tuple(f"class_{label}" for label in range(max(num_classes, 2)))
