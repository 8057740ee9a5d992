"""The RSNA Pneumonia Detection Challenge with its adjudicated labels as truth."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError
from alc.samples import SampleTable
from alc.seeding import stream
from alc.sources.dataset import ImageDataset, one_hot
from alc.sources.decode import Resize, check_image_size
from alc.sources.dicom import Window, check_window
from alc.sources.digest_memo import images_digest
from alc.sources.findings import Finding, describe_findings
from alc.sources.image_files import image_files
from alc.sources.images import Images
from alc.sources.inputs import file_digests, input_root
from alc.sources.noisy_cxr import CLASS_NAMES
from alc.sources.noisy_cxr_labels import check_choice
from alc.sources.published import find_published, locate_images
from alc.sources.rsna_files import (
    CLASS_FILE,
    ENDINGS,
    FOLDERS,
    IMAGES,
    LABEL_FILE,
    MAPPING_FILE,
    RsnaLabels,
    read_mapping,
    read_rsna_labels,
)
from alc.sources.split import group_holdout, random_subset, stratified_holdout

__all__ = ["Grouping", "RsnaCxrSource"]

Grouping = Literal["image", "patient"]


@dataclass(frozen=True)
class RsnaCxrSource:
    """The 26,684 chest X-rays of the challenge's training set, Normal or Opacity (Shih et al. 2019).

    Given and reference labels are the adjudicated ones, so noise is to be simulated; annotators always answer them.

    Attributes:
        root: Folder with the two published label files and the images, PNG, JPEG or DICOM.
        image_size: Side in pixels.
        test_fraction: Part of the images that becomes the clean test set, by the split seed.
        grouping: ``image`` (the challenge's ids name one image each), or ``patient``: the NIH patient of the published
            mapping, who then stands in one fold, and in the test set or out of it.
        subset: Random subset of the images to clean, by the split seed; None for all of them.
        test_subset: The same for the test set.
        resize: ``centre_crop`` (short side to ``image_size``, then the middle) or ``stretch``.
        window: Of DICOM files: ``dicom`` (the window they ask for) or ``full`` (all values they could store).
        cache: Folder for images decoded and made square once; None decodes at every read.
        skip_unreadable: Leave out images that can not be read, instead of refusing them; they are listed and counted.
    """

    root: str
    image_size: int
    test_fraction: float = 0.2
    grouping: Grouping = "image"
    subset: int | None = None
    test_subset: int | None = None
    resize: Resize = "centre_crop"
    window: Window = "dicom"
    cache: str | None = None
    skip_unreadable: bool = False

    def __post_init__(self) -> None:
        check_image_size(self.image_size, self.resize)
        check_window(self.window)
        check_choice("data.grouping", self.grouping, Grouping)

    def load(self, split_seed: int) -> ImageDataset:
        """``sample_id`` is the image's place in the label file, each counted once."""
        root = self._root()
        labels = read_rsna_labels(root)
        truth = labels.opacity.astype(np.int64)
        groups = self._groups(root, labels)
        rng = stream(split_seed, "split")
        if groups is None:
            kept, held = stratified_holdout(truth, self.test_fraction, rng)
        else:
            kept, held = group_holdout(groups, self.test_fraction, rng)
        kept = kept[random_subset(len(kept), self.subset, stream(split_seed, "subset"), "data.subset")]
        drawn = random_subset(len(held), self.test_subset, stream(split_seed, "test_subset"), "data.test_subset")
        held = held[drawn]
        paths = np.asarray(locate_images(root, labels.image, FOLDERS, ENDINGS, IMAGES), dtype=np.str_)
        images, rows, findings = self._images(root, paths[kept].tolist())
        test_images, test_rows, more = self._images(root, paths[held].tolist())
        kept, held = kept[rows], held[test_rows]
        return ImageDataset(
            name="rsna_cxr",
            images=images,
            samples=SampleTable(
                kept,
                CLASS_NAMES,
                given=truth[kept],
                reference=truth[kept],
                path=paths[kept],
                group=None if groups is None else groups[kept],
            ),
            distribution=one_hot(truth[kept], len(CLASS_NAMES)),
            test_images=test_images,
            test_labels=truth[held],
            description=f"RSNA Pneumonia Detection Challenge, {len(kept)} chest X-rays, {int(truth[kept].sum())} with "
            f"Opacity, and {len(held)} clean test images, {int(truth[held].sum())} with Opacity."
            + describe_findings(findings + more),
            findings=findings + more,
        )

    def digests(self) -> dict[str, str]:
        """The label files, the mapping where it is used, and the listing of the images."""
        root = self._root()
        files = [LABEL_FILE, CLASS_FILE, *([MAPPING_FILE] if self.grouping == "patient" else [])]
        found = file_digests(find_published(root, *files))
        paths = locate_images(root, read_rsna_labels(root).image, FOLDERS, ENDINGS, IMAGES)
        return {**found, "images": images_digest(root, paths, self.cache)}

    def image_digests(self) -> dict[str, str]:
        """The same: labels decide which images are held out."""
        return self.digests()

    def _root(self) -> Path:
        return input_root(self.root, "Type data.root=<folder that holds the published files and the images>")

    def _groups(self, root: Path, labels: RsnaLabels) -> IntArray | None:
        if self.grouping == "image":
            return None
        patient = {entry.image: entry.patient for entry in read_mapping(root)}
        lacking = [image for image in labels.image if image not in patient]
        if lacking:
            raise InputError(
                f"{MAPPING_FILE.name} lacks {len(lacking)} images of {LABEL_FILE.name}, the first is {lacking[0]}",
                fix="Type data.grouping=image, or take all files from the same challenge",
            )
        return np.unique([patient[image] for image in labels.image], return_inverse=True)[1]

    def _images(self, root: Path, paths: list[str]) -> tuple[Images, IntArray, tuple[Finding, ...]]:
        return image_files(
            root,
            paths,
            size=self.image_size,
            resize=self.resize,
            window=self.window,
            cache=self.cache,
            skip=self.skip_unreadable,
        )
