"""NoisyCXR: chest X-rays with labels from NIH's reports, and the adjudicated labels of the RSNA challenge as truth."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError
from alc.samples import SampleTable
from alc.seeding import stream
from alc.sources.dataset import ImageDataset
from alc.sources.decode import Resize, check_image_size
from alc.sources.dicom import Window, check_window
from alc.sources.digest_memo import images_digest
from alc.sources.findings import Finding, describe_findings
from alc.sources.image_files import image_files
from alc.sources.images import Images
from alc.sources.inputs import file_digests, input_root
from alc.sources.noisy_cxr_counts import counts_of
from alc.sources.noisy_cxr_labels import Ambiguous, FlipRule, answer_distribution, check_choice
from alc.sources.noisy_cxr_table import NoisyCxrTable, noisy_cxr_table, published_files
from alc.sources.published import locate_images
from alc.sources.rsna_files import ENDINGS, FOLDERS, IMAGES, read_rsna_labels
from alc.sources.split import random_subset

__all__ = ["CLASS_NAMES", "NoisyCxrSource", "Part"]

Part = Literal["train", "val", "train+val"]
CLASS_NAMES = ("Normal", "Opacity")
ROOT_FIX = "Type data.root=<folder that holds the published files and the images>"


@dataclass(frozen=True)
class NoisyCxrSource:
    """NoisyCXR (Bernhardt et al. 2022, Methods and Table 3), built from the files as they are published.

    Given labels come from the text of the NIH labels: Opacity where they name pneumonia; the adjudicated label where
    they name a consolidation or an infiltration, flipped for 10 % of them; Normal for all others.  Reference labels
    are the adjudicated ones of the RSNA challenge.  Flips, then halves, are drawn by one seed; the half that is not
    cleaned is the clean test set.  Images of one patient stand in both halves, as in the paper; cross-fitting keeps
    them in one fold.

    Attributes:
        root: Folder with the four published files and the images, PNG, JPEG or DICOM.
        image_size: Side in pixels.
        part: The half that is cleaned, ``train`` or ``val``; ``train+val`` cleans all and leaves no test set.
        flips: ``per_class`` (10 % of each class: the paper's Table 3) or ``released`` (10 % of all, at random).
        flip_rate: Share of consolidations and infiltrations that are flipped.
        ambiguous: How sure annotators are of the reference on ambiguous images: ``paper`` (0.67 on Normal, 0.66 on
            Opacity), ``released`` (0.75); ``none`` does without the readers' file, and nobody is ever in doubt.
        seed: Of flips and halves; 1234 in the released code, for every training.
        subset: Random subset of the part, by the split seed; None for all of it.
        test_subset: The same for the test set.
        resize: ``centre_crop`` (short side to ``image_size``, then the middle) or ``stretch``.
        window: Of DICOM files: ``dicom`` (the window they ask for) or ``full`` (all values they could store).
        cache: Folder for images decoded and made square once; None decodes at every read.
        skip_unreadable: Leave out images that can not be read, instead of refusing them; they are listed and counted.
    """

    root: str
    image_size: int
    part: Part = "train"
    flips: FlipRule = "per_class"
    flip_rate: float = 0.1
    ambiguous: Ambiguous = "paper"
    seed: int = 1234
    subset: int | None = None
    test_subset: int | None = None
    resize: Resize = "centre_crop"
    window: Window = "dicom"
    cache: str | None = None
    skip_unreadable: bool = False

    def __post_init__(self) -> None:
        check_image_size(self.image_size, self.resize)
        check_window(self.window)
        check_choice("data.part", self.part, Part)
        check_choice("data.flips", self.flips, FlipRule)
        check_choice("data.ambiguous", self.ambiguous, Ambiguous)

    def load(self, split_seed: int) -> ImageDataset:
        """``sample_id`` is the image's row in the mapping file; samples stand in the order of the released halves."""
        root = self._root()
        table = noisy_cxr_table(root, self.flips, self.flip_rate, self.ambiguous, self.seed)
        cleaned, test = self._parts(table, split_seed)
        images, kept, findings = self._images(root, table, cleaned)
        cleaned = cleaned[kept]
        test_images, test_labels = None, None
        if test is not None:
            test_images, test_kept, more = self._images(root, table, test)
            test_labels, findings = table.truth[test[test_kept]], findings + more
        return ImageDataset(
            name="noisy_cxr",
            images=images,
            samples=SampleTable(
                table.row[cleaned],
                CLASS_NAMES,
                given=table.noisy[cleaned],
                reference=table.truth[cleaned],
                path=np.asarray(self._paths(root, table, cleaned), dtype=np.str_),
                group=np.unique(np.asarray(table.patient)[cleaned], return_inverse=True)[1],
            ),
            distribution=answer_distribution(table.truth, table.ambiguous, self.ambiguous)[cleaned],
            test_images=test_images,
            test_labels=test_labels,
            description=self._description(table, cleaned, test_labels) + describe_findings(findings),
            findings=findings,
        )

    def digests(self) -> dict[str, str]:
        """The label files that are used, and the listing of all images."""
        root = self._root()
        found = file_digests(published_files(root, self.ambiguous))
        names = read_rsna_labels(root).image
        return {
            **found,
            "images": images_digest(root, locate_images(root, names, FOLDERS, ENDINGS, IMAGES), self.cache),
        }

    def image_digests(self) -> dict[str, str]:
        """The same: labels decide which images are in which half."""
        return self.digests()

    def _root(self) -> Path:
        return input_root(self.root, ROOT_FIX)

    def _parts(self, table: NoisyCxrTable, split_seed: int) -> tuple[IntArray, IntArray | None]:
        """Rows to clean, and rows of the test set."""
        halves = dict(zip(("train", "val"), table.halves, strict=True))
        rows = np.concatenate([halves[part] for part in self.part.split("+")])
        chosen = rows[random_subset(len(rows), self.subset, stream(split_seed, "subset"), "data.subset")]
        others = [halves[part] for part in halves if part not in self.part.split("+")]
        if not others:
            if self.test_subset is not None:
                raise InputError("data.test_subset with data.part=train+val, which leaves no test set", fix="Type null")
            return chosen, None
        test = others[0]
        drawn = random_subset(len(test), self.test_subset, stream(split_seed, "test_subset"), "data.test_subset")
        return chosen, test[drawn]

    def _paths(self, root: Path, table: NoisyCxrTable, rows: IntArray) -> list[str]:
        return locate_images(root, [table.image[row] for row in rows], FOLDERS, ENDINGS, IMAGES)

    def _images(self, root: Path, table: NoisyCxrTable, rows: IntArray) -> tuple[Images, IntArray, tuple[Finding, ...]]:
        return image_files(
            root,
            self._paths(root, table, rows),
            size=self.image_size,
            resize=self.resize,
            window=self.window,
            cache=self.cache,
            skip=self.skip_unreadable,
        )

    def _description(self, table: NoisyCxrTable, cleaned: IntArray, test_labels: IntArray | None) -> str:
        counts = counts_of(table.category, table.truth, table.noisy)
        wrong = int((table.noisy[cleaned] != table.truth[cleaned]).sum())
        doubt = {
            "none": "annotators are never in doubt, since the readers' file is not used",
            "paper": f"{int(table.ambiguous[cleaned].sum())} of them ambiguous (0.66 to 0.34)",
            "released": f"{int(table.ambiguous[cleaned].sum())} of them ambiguous (0.75 to 0.25)",
        }[self.ambiguous]
        return (
            f"NoisyCXR, {len(cleaned)} chest X-rays ({self.part}), {wrong} labels wrong, {doubt}; "
            f"{0 if test_labels is None else len(test_labels)} clean test images. All {len(table)} images (paper "
            f"26684): labelled Opacity {counts[4, 0]} rightly (3956) and {counts[4, 1]} wrongly (1296), Normal "
            f"{counts[5, 1]} rightly (19376) and {counts[5, 0]} wrongly (2056). Flips: {self.flips}."
        )
