"""The RSNA challenge's published label files."""

import os
from pathlib import Path

import pytest

from alc.sources.noisy_cxr_counts import main
from alc.sources.rsna_files import read_rsna_labels

pytestmark = pytest.mark.reproduction


@pytest.fixture
def root() -> Path:
    found = Path(os.environ.get("ALC_DATA_ROOT", "data"))
    if not (found / "rsna").is_dir():
        pytest.skip("ALC_DATA_ROOT holds no folder rsna")
    return found


def test_labels_and_classes_agree(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The challenge has 26,684 images, 6,012 of them with Opacity; a copy may lack some."""
    labels = read_rsna_labels(root)
    assert 26_000 < len(labels) <= 26_684
    assert 0.22 < labels.opacity.mean() < 0.23
    assert set(labels.finding) == {"Normal", "No Lung Opacity / Not Normal", "Lung Opacity"}
    main([str(root)])
    assert f"{len(labels):,} images (paper 26,684)" in capsys.readouterr().out
