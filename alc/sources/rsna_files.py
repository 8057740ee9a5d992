"""Published files of the RSNA Pneumonia Detection Challenge (2018): labels, classes, mapping to NIH, readers."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alc.arrays import BoolArray
from alc.errors import InputError
from alc.sources.csv_table import read_csv_table
from alc.sources.published import PublishedFile, find_published

__all__ = [
    "CLASS_FILE",
    "ENDINGS",
    "FOLDERS",
    "IMAGES",
    "LABEL_FILE",
    "MAPPING_FILE",
    "READER_FILE",
    "MappedImage",
    "RsnaLabels",
    "read_mapping",
    "read_readers",
    "read_rsna_labels",
]

KAGGLE = "Kaggle, RSNA Pneumonia Detection Challenge, Data (kaggle.com/c/rsna-pneumonia-detection-challenge/data)"
RSNA = "RSNA's page of its Pneumonia Detection Challenge (2018)"
LABEL_FILE = PublishedFile("stage_2_train_labels.csv", "adjudicated labels and boxes", KAGGLE)
CLASS_FILE = PublishedFile("stage_2_detailed_class_info.csv", "the three adjudicated classes", KAGGLE)
MAPPING_FILE = PublishedFile(
    "pneumonia-challenge-dataset-mappings_2018.json", "which NIH image and NIH labels each image has", RSNA
)
READER_FILE = PublishedFile(
    "RSNA_pneumonia_all_probs.csv",
    "the boxes of the single readers with their probabilities",
    f"the forum of the challenge on Kaggle (RSNA_pneumonia_all_probs.csv.zip); see also {RSNA}",
)
IMAGES = KAGGLE.replace("Data (", "stage_2_train_images (")
FOLDERS = ("", "stage_2_train_images", "images", "rsna/stage_2_train_images")
ENDINGS = (".png", ".jpg", ".jpeg", ".dcm")
OPACITY = "Lung Opacity"
CLASSES = ("Normal", "No Lung Opacity / Not Normal", OPACITY)
PROBABILITIES = {
    "lung opacity (low prob)": 1,
    "lung opacity (med prob)": 2,
    "lung opacity (medium prob)": 2,
    "lung opacity (high prob)": 3,
}


@dataclass(frozen=True, eq=False)
class RsnaLabels:
    """The N images of the training set, in the order of the label file.

    Attributes:
        image: Published ids (``patientId``; each names one image).
        opacity: (N,) whether the adjudicated label is pneumonia-like opacity (``Target``).
        finding: The adjudicated class of each, one of the three.
    """

    image: tuple[str, ...]
    opacity: BoolArray
    finding: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.image)


@dataclass(frozen=True)
class MappedImage:
    """One row of the mapping: an image of the challenge, and what NIH says of it.

    Attributes:
        image: Id in the challenge.
        study: ``StudyInstanceUID``, by which readers' boxes are filed.
        nih_image: File name in ChestX-ray14, whose first part is the patient.
        labels: The NIH labels, joined by ``|``.
    """

    image: str
    study: str
    nih_image: str
    labels: str

    @property
    def patient(self) -> str:
        """The NIH patient."""
        return self.nih_image.partition("_")[0]


def read_rsna_labels(root: Path) -> RsnaLabels:
    """Labels and classes, which have to agree."""
    path, class_path = find_published(root, LABEL_FILE, CLASS_FILE)
    table = read_csv_table(path, ["patientId", "Target"], [])
    target: dict[str, str] = {}
    for row, (image, value) in enumerate(zip(table.columns["patientId"], table.columns["Target"], strict=True)):
        if value not in {"0", "1"}:
            raise InputError(f"{table.at(row, 'Target')} is {value!r}", allowed="0, 1")
        if target.setdefault(image, value) != value:
            raise InputError(f"{table.at(row, 'Target')}: {image} is {value} here and {target[image]} above")
    classes = read_csv_table(class_path, ["patientId", "class"], [])
    finding: dict[str, str] = {}
    for row, (image, value) in enumerate(zip(classes.columns["patientId"], classes.columns["class"], strict=True)):
        if value not in CLASSES:
            raise InputError(f"{classes.at(row, 'class')} is {value!r}", allowed=", ".join(CLASSES))
        expected = None if image not in target else target[image] == "1"
        if finding.setdefault(image, value) != value or (value == OPACITY) != expected:
            raise InputError(
                f"{classes.at(row, 'class')}: {image} is {value!r}, and Target in {path.name} is {target.get(image)}",
                allowed=f"one class per image, {OPACITY} where Target is 1 and only there",
                fix="Take both files from the same stage of the challenge",
            )
    lacking = [image for image in target if image not in finding]
    if lacking:
        raise InputError(f"{CLASS_FILE.name} lacks {len(lacking)} images of {path.name}, the first is {lacking[0]}")
    opacity = np.array([value == "1" for value in target.values()])
    return RsnaLabels(tuple(target), opacity, tuple(finding[image] for image in target))


def read_mapping(root: Path) -> tuple[MappedImage, ...]:
    """The mapping in its published order."""
    (path,) = find_published(root, MAPPING_FILE)
    allowed = "a list of objects with subset_img_id, img_id, StudyInstanceUID and orig_labels"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON ({error})", allowed=allowed) from error
    if not isinstance(content, list) or not content:
        raise InputError(f"{path} holds no list", allowed=allowed)
    rows = []
    for number, entry in enumerate(content):
        try:
            labels = entry["orig_labels"]
            text = labels if isinstance(labels, str) else "|".join(map(str, labels))
            image, study, nih_image = (str(entry[key]) for key in ("subset_img_id", "StudyInstanceUID", "img_id"))
            rows.append(MappedImage(image, study, nih_image, text))
        except (TypeError, KeyError) as error:
            raise InputError(f"{path}, entry {number} lacks {error}", allowed=allowed) from error
    twice = len(rows) - len({row.image for row in rows})
    if twice:
        raise InputError(f"{path} names {twice} images twice", allowed="every subset_img_id once")
    return tuple(rows)


def read_readers(root: Path) -> dict[str, tuple[int, int]]:
    """Lowest and highest probability of the boxes that readers drew, by study: 1 low, 2 medium, 3 high."""
    (path,) = find_published(root, READER_FILE)
    table = read_csv_table(path, ["StudyInstanceUID", "labelName"], [])
    found: dict[str, tuple[int, int]] = {}
    for row, (study, name) in enumerate(
        zip(table.columns["StudyInstanceUID"], table.columns["labelName"], strict=True)
    ):
        level = PROBABILITIES.get(" ".join(name.lower().split()))
        if level is None:
            raise InputError(
                f"{table.at(row, 'labelName')} is {name!r}",
                allowed="Lung Opacity (Low Prob), Lung Opacity (Med Prob), Lung Opacity (High Prob)",
            )
        low, high = found.get(study, (level, level))
        found[study] = (min(low, level), max(high, level))
    return found
