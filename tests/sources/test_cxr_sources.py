"""RSNA's and NIH's own labels as sources: labels, patients, parts."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from alc.errors import InputError
from alc.sources.nih_cxr import NihCxrSource
from alc.sources.rsna_cxr import RsnaCxrSource
from tests.sources.cxr_files import Case, image_id, write_challenge

CASES = [Case(opacity=number % 3 == 0, nih="Hernia", patient=number // 3) for number in range(30)]
ENTRY = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n"
)
LABELS = ["Cardiomegaly", "No Finding", "Effusion|Infiltration", "Pneumonia", "Consolidation|Mass", "Hernia"]


@pytest.fixture
def challenge(tmp_path: Path) -> Path:
    return write_challenge(tmp_path / "rsna_data", CASES)


@pytest.fixture
def nih(tmp_path: Path) -> Path:
    root = tmp_path / "nih_data"
    lines = []
    for number, labels in enumerate(LABELS):
        name = f"{number // 2 + 1:08d}_{number % 2:03d}.png"
        lines.append(f"{name},{labels},0,{number // 2 + 1},058Y,M,PA,2682,2749,0.143,0.143,\n")
        folder = root / f"images_00{number % 2 + 1}" / "images"
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("L", (10, 10), 10 * number).save(folder / name)
    (root / "Data_Entry_2017.csv").write_text(ENTRY + "".join(lines))
    return root


def rsna(root: Path, **options: Any) -> RsnaCxrSource:
    return RsnaCxrSource(str(root), 8, **options)


def test_rsna(challenge: Path) -> None:
    data = rsna(challenge).load(0)
    assert data.samples.class_names == ("Normal", "Opacity")
    assert data.test_labels is not None
    assert np.bincount(data.samples.given).tolist() == [16, 8]
    assert np.bincount(data.test_labels).tolist() == [4, 2]
    np.testing.assert_array_equal(data.samples.reference, data.samples.given)
    assert data.samples.group is None
    for path, label, pixels in zip(data.samples.path, data.samples.given, data.images.as_array(), strict=True):
        number = int(str(path).rpartition("/")[2][:4])
        assert (int(CASES[number].opacity), number) == (label, pixels[0, 0, 0])


def test_rsna_by_patient(challenge: Path) -> None:
    data = rsna(challenge, grouping="patient", test_fraction=0.3).load(1)
    numbers = [int(str(path).rpartition("/")[2][:4]) for path in data.samples.path]
    patients = {number // 3 for number in numbers}
    assert len(numbers) == 21
    assert len(patients) == 7  # whole patients only
    assert data.samples.group is not None
    assert len(np.unique(data.samples.group)) == 7
    assert set(rsna(challenge, grouping="patient").digests()) - set(rsna(challenge).digests()) == {
        "pneumonia-challenge-dataset-mappings_2018.json"
    }


def test_png_stands_in_for_dicom(challenge: Path) -> None:
    name = image_id(4)
    Image.new("L", (9, 9), 77).save(challenge / f"{name}.png")
    data = rsna(challenge).load(0)
    assert data.test_images is not None
    assert 77 in np.concatenate([data.images.as_array(), data.test_images.as_array()])


def test_nih(nih: Path) -> None:
    data = NihCxrSource(str(nih), 8).load(0)
    assert data.samples.given.tolist() == [0, 0, 1, 1, 1, 0]
    assert data.samples.group is not None
    assert data.samples.group.tolist() == [0, 0, 1, 1, 2, 2]
    assert data.images.as_array()[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40, 50]
    assert data.samples.reference is None
    assert data.test_images is None
    assert "6 of 6 images (published: 112120) of 3 patients" in data.description
    assert set(NihCxrSource(str(nih), 8).digests()) == {"Data_Entry_2017.csv", "images"}


def test_nih_parts(nih: Path) -> None:
    with pytest.raises(InputError, match=r"train_val_list.txt .* NIH Clinical Center"):
        NihCxrSource(str(nih), 8, part="train_val").load(0)
    (nih / "train_val_list.txt").write_text("00000001_000.png\n00000003_001.png\n")
    part = NihCxrSource(str(nih), 8, part="train_val")
    assert part.load(0).samples.sample_id.tolist() == [0, 5]
    assert part.digests()["images"] != NihCxrSource(str(nih), 8).digests()["images"]
    assert len(NihCxrSource(str(nih), 8, subset=3).load(0)) == 3
    (nih / "train_val_list.txt").write_text("nothing.png\n")
    with pytest.raises(InputError, match="lacks 1"):
        part.load(0)


def test_missing_nih_images(nih: Path) -> None:
    (nih / "images_001" / "images" / "00000002_000.png").unlink()
    with pytest.raises(InputError, match=r"1 of 6 images are not there, the first: 00000002_000.png.*ChestX-ray14"):
        NihCxrSource(str(nih), 8).load(0)
