"""Small files in the published formats of the RSNA challenge and of NIH ChestX-ray14."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.sources.dicom_files import write_dicom

LEVEL = {1: "Lung Opacity (Low Prob)", 2: "Lung Opacity (Med Prob)", 3: "Lung Opacity (High Prob)"}


@dataclass(frozen=True)
class Case:
    """One image: adjudicated label, NIH labels, levels of the readers' boxes."""

    opacity: bool
    nih: str
    boxes: tuple[int, ...] = ()
    patient: int | None = None


def image_id(number: int) -> str:
    return f"{number:04d}aaaa-cfab-14fd-4e49-80ba63a80b6b"


def write_labels(root: Path, cases: list[Case]) -> None:
    """The label files list a positive once per box, so some images come twice; the order is not the mapping's."""
    root.mkdir(parents=True, exist_ok=True)
    labels, classes = ["patientId,x,y,width,height,Target"], ["patientId,class"]
    for number, case in reversed(list(enumerate(cases))):
        name = image_id(number)
        finding = "Normal" if number % 2 else "No Lung Opacity / Not Normal"
        if case.opacity:
            labels += [f"{name},264.0,152.0,213.0,379.0,1", f"{name},562.0,152.0,256.0,453.0,1"]
            classes += [f"{name},Lung Opacity"] * 2
        else:
            labels.append(f"{name},,,,,0")
            classes.append(f"{name},{finding}")
    (root / "stage_2_train_labels.csv").write_text("\n".join(labels) + "\n")
    (root / "stage_2_detailed_class_info.csv").write_text("\n".join(classes) + "\n")


def write_mapping(root: Path, cases: list[Case]) -> None:
    """In between, images of the challenge's test set, which have no label."""
    entries = []
    for number, case in enumerate(cases):
        patient = number if case.patient is None else case.patient
        entry = {
            "subset_img_id": image_id(number),
            "img_id": f"{patient:08d}_{number:03d}.png",
            "StudyInstanceUID": f"1.2.{number}",
            "SeriesInstanceUID": f"1.2.{number}.1",
            "orig_labels": case.nih.split("|"),
        }
        unlabelled = {**entry, "subset_img_id": f"test{number}", "StudyInstanceUID": f"9.{number}"}
        entries += [entry, unlabelled] if number % 3 == 0 else [entry]
    (root / "pneumonia-challenge-dataset-mappings_2018.json").write_text(json.dumps(entries))


def write_readers(root: Path, cases: list[Case]) -> None:
    lines = ["StudyInstanceUID,SOPInstanceUID,labelName,annotatorId"]
    lines += [
        f"1.2.{number},x,{LEVEL[level]}{' ' * (level == 2)},R{level}"
        for number, case in enumerate(cases)
        for level in case.boxes
    ]
    (root / "RSNA_pneumonia_all_probs.csv").write_text("\n".join(lines) + "\n")


def write_images(root: Path, count: int, size: int = 12) -> None:
    for number in range(count):
        pixels = np.full((size, size), number, dtype=np.uint8)
        write_dicom(root / "stage_2_train_images" / f"{image_id(number)}.dcm", pixels)


def write_challenge(root: Path, cases: list[Case]) -> Path:
    write_labels(root, cases)
    write_mapping(root, cases)
    write_readers(root, cases)
    write_images(root, len(cases))
    return root
