"""Chest X-rays from published files through the commands: DICOM, a cache, images left out, two classes."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from tests.integration.commands import NETWORK, alc, only
from tests.sources.cxr_files import Case, image_id, write_challenge

CASES = [
    Case(
        number % 3 == 0,
        ("Infiltration", "Pneumonia", "No Finding", "Mass")[number % 4],
        (1,) if number % 7 == 0 else (),
    )
    for number in range(60)
]
QUICK = ["data.image_size=8", "trainer=fast_dev_run", "loader.batch_size=8", "loader.num_workers=0", *NETWORK]
CXR = ["data=noisy_cxr", "loader.sampling=balanced", *QUICK]


@pytest.fixture
def challenge(folder: Path) -> Path:
    return write_challenge(folder / "data", CASES)


def test_from_published_files_to_two_classes(challenge: Path, folder: Path) -> None:
    for number in (3, 4, 5):
        (challenge / "stage_2_train_images" / f"{image_id(number)}.dcm").write_bytes(b"")
    alc("train", *CXR).refused("images cannot be read", "is empty (0 bytes)", "data.skip_unreadable=true")
    done = alc(
        "simulate", *CXR, "data.skip_unreadable=true", "simulation.seeds=2", "simulation.figures=none", "name=first"
    )
    assert done.code == 0, done.err
    assert "left out" in done.out
    with next((folder / "runs" / "train").glob("*/images.csv")).open() as file:
        rows = list(csv.DictReader(file))
    assert {row["used"] for row in rows} == {"no"}
    assert len(rows) == 3
    curves = pd.read_csv(folder / "runs" / "first" / "class_curves.csv")
    assert set(curves["class"]) == {"Normal", "Opacity"}
    assert alc("clean", "labels.simulation=first", "name=cleaned").code == 0
    done = alc("evaluate", "clean=cleaned")
    assert done.code == 0, done.err
    for word in ("positive: Opacity", "auroc", "balanced_accuracy", "labels before: sensitivity"):
        assert word in done.out
    scores = pd.read_csv(only(folder, "runs/evaluate/*") / "two_classes.csv")
    assert scores["metric"].tolist()[:2] == ["auroc", "average_precision"]


def test_pretraining_on_nih_chest_xrays(folder: Path) -> None:
    header = "Image Index,Finding Labels,Follow-up #,Patient ID\n"
    lines = [f"{image_id(number)}.dcm,No Finding,0,{number // 2}\n" for number in range(60)]
    root = write_challenge(folder / "nih", CASES)
    (root / "stage_2_train_images").rename(root / "images")
    (root / "Data_Entry_2017.csv").write_text(header + "".join(lines))
    done = alc("pretrain", "data=nih_cxr", "data.root=nih", "ssl.epochs=1", "ssl.batch_size=16", *QUICK)
    assert done.code == 0, done.err
    assert "60 images" in done.out


def test_missing_files_are_named(challenge: Path) -> None:
    (challenge / "RSNA_pneumonia_all_probs.csv").unlink()
    alc("train", *CXR).refused("RSNA_pneumonia_all_probs.csv", "Kaggle", "data.ambiguous=none")
