"""NIH ChestX-ray14 as it is published, with labels from the reports: to pre-train on, or to rank."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from alc.errors import InputError
from alc.samples import SampleTable
from alc.seeding import stream
from alc.sources.csv_table import CsvTable, read_csv_table
from alc.sources.dataset import ImageDataset
from alc.sources.decode import Resize, check_image_size
from alc.sources.dicom import Window, check_window
from alc.sources.digest_memo import images_digest
from alc.sources.findings import describe_findings
from alc.sources.image_files import image_files
from alc.sources.inputs import file_digests, input_root
from alc.sources.noisy_cxr import CLASS_NAMES
from alc.sources.noisy_cxr_labels import check_choice, says_pneumonia
from alc.sources.published import PublishedFile, find_published, locate_images
from alc.sources.split import random_subset

__all__ = ["NihCxrSource", "NihPart"]

NihPart = Literal["all", "train_val", "test"]
NIH = "the NIH Clinical Center's download of ChestX-ray14 (nihcc.app.box.com/v/ChestXray-NIHCC), also on Kaggle"
ENTRY_FILE = PublishedFile("Data_Entry_2017.csv", "labels and patients of all images", NIH)
LIST_FILES = {
    part: PublishedFile(f"{part}_list.txt", f"the file names of the {part} part", NIH) for part in ("train_val", "test")
}
FOLDERS = ("", "images", "images_*/images", "nih", "nih/images", "nih/images_*/images")
COLUMNS = ("Image Index", "Finding Labels", "Patient ID")


@dataclass(frozen=True)
class NihCxrSource:
    """The 112,120 chest X-rays of 30,805 patients (Wang et al. 2017), Normal or Opacity by the text of their labels.

    The given label is Opacity where the labels name pneumonia, an infiltration or a consolidation.  They were mined
    from reports, and nothing trusted stands beside them: there is no reference and no test set.

    Attributes:
        root: Folder with ``Data_Entry_2017.csv`` and the images, in ``images`` or ``images_001/images`` and so on.
        image_size: Side in pixels.
        part: ``all``, or the published lists ``train_val`` (86,524) and ``test`` (25,596).
        subset: Random subset, by the split seed; None for all of them.
        resize: ``centre_crop`` (short side to ``image_size``, then the middle) or ``stretch``.
        window: Of DICOM files: ``dicom`` (the window they ask for) or ``full`` (all values they could store).
        cache: Folder for images decoded and made square once; None decodes at every read.
        skip_unreadable: Leave out images that can not be read, instead of refusing them; they are listed and counted.
    """

    root: str
    image_size: int
    part: NihPart = "all"
    subset: int | None = None
    resize: Resize = "centre_crop"
    window: Window = "dicom"
    cache: str | None = None
    skip_unreadable: bool = False

    def __post_init__(self) -> None:
        check_image_size(self.image_size, self.resize)
        check_window(self.window)
        check_choice("data.part", self.part, NihPart)

    def load(self, split_seed: int) -> ImageDataset:
        """``sample_id`` is the row in the label file, from 0; the group is the patient."""
        root = self._root()
        table = self._table(root)
        rows = self._rows(root, table)
        rows = rows[random_subset(len(rows), self.subset, stream(split_seed, "subset"), "data.subset")]
        names = [table.columns["Image Index"][row] for row in rows]
        paths = locate_images(root, names, FOLDERS, ("",), NIH)
        images, readable, findings = image_files(
            root,
            paths,
            size=self.image_size,
            resize=self.resize,
            window=self.window,
            cache=self.cache,
            skip=self.skip_unreadable,
        )
        rows = rows[readable]
        given = np.array([int(says_pneumonia(table.columns["Finding Labels"][row])) for row in rows])
        patients = [table.columns["Patient ID"][row] for row in rows]
        return ImageDataset(
            name="nih_cxr",
            images=images,
            samples=SampleTable(
                rows,
                CLASS_NAMES,
                given=given,
                path=np.asarray(paths, dtype=np.str_)[readable],
                group=np.unique(patients, return_inverse=True)[1],
            ),
            description=f"NIH ChestX-ray14 ({self.part}), {len(rows)} of {len(table.line)} images (published: 112120) "
            f"of {len(set(patients))} patients, {int(given.sum())} labelled Opacity; labels were mined from reports, "
            f"none is known to be true.{describe_findings(findings)}",
            findings=findings,
        )

    def digests(self) -> dict[str, str]:
        """The label file, the list of the part, and the listing of its images."""
        root = self._root()
        files = [ENTRY_FILE, *([] if self.part == "all" else [LIST_FILES[self.part]])]
        return {**file_digests(find_published(root, *files)), **self._listing(root)}

    def image_digests(self) -> dict[str, str]:
        """The listing of the images; their order is that of the label file, whose labels nobody corrects."""
        return self.digests()

    def _root(self) -> Path:
        return input_root(self.root, f"Type data.root=<folder that holds {ENTRY_FILE.name} and the images>")

    def _table(self, root: Path) -> CsvTable:
        return read_csv_table(find_published(root, ENTRY_FILE)[0], COLUMNS, [])

    def _listing(self, root: Path) -> dict[str, str]:
        table = self._table(root)
        names = [table.columns["Image Index"][row] for row in self._rows(root, table)]
        return {"images": images_digest(root, locate_images(root, names, FOLDERS, ("",), NIH), self.cache)}

    def _rows(self, root: Path, table: CsvTable) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        names = table.columns["Image Index"]
        if len(set(names)) < len(names):
            raise InputError(f"{table.file} names {len(names) - len(set(names))} images twice", allowed="each once")
        if self.part == "all":
            return np.arange(len(names))
        (path,) = find_published(root, LIST_FILES[self.part])
        listed = set(path.read_text(encoding="utf-8").split())
        unknown = sorted(listed - set(names))
        if unknown or not listed:
            raise InputError(f"{path} lists {len(listed)} images, of which {table.file.name} lacks {len(unknown)}")
        return np.flatnonzero([name in listed for name in names])
