"""alc-rank writes a page; probabilities and features from files take the place of a training."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alc.samples import SampleTable
from tests.integration.commands import TRAIN, Loop, alc, without_figures


@pytest.fixture(autouse=True)
def plain(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)


def test_the_page_of_probabilities_in_a_file(loop: Loop) -> None:
    samples = SampleTable.load(loop.training / "samples.parquet")
    assert samples.reference is not None
    sure = 0.9 * np.eye(3)[samples.reference] + 0.1 / 3
    np.save("sure.npy", sure)
    pd.DataFrame(sure, columns=list(samples.class_names)).to_csv("sure.csv", index=False)
    rankings = []
    for number, file in enumerate(("sure.npy", "sure.csv")):
        done = alc("rank", *TRAIN, f"posteriors_from={file}", f"name=by_file_{number}", "report.budget=30")
        assert done.code == 0, done.err
        assert "report.html" in done.out
        rankings.append(pd.read_csv(f"runs/by_file_{number}/ranking.csv"))
    pd.testing.assert_frame_equal(rankings[0], rankings[1])
    wrong = (samples.given != samples.reference).sum()
    assert (rankings[0]["given"] != rankings[0]["reference"]).head(wrong).all()
    text = Path("runs/by_file_1/report.html").read_text(encoding="utf-8")
    assert "sure.csv" in text
    assert "Budget of 30" in text
    assert '"pictures"' in text
    manifest = json.loads(Path("runs/by_file_1/manifest.json").read_text(encoding="utf-8"))
    assert "report.html" in json.dumps(manifest)


def test_neighbours_in_place_of_a_training(loop: Loop) -> None:
    samples = SampleTable.load(loop.training / "samples.parquet")
    assert samples.reference is not None
    before = len(list((loop.folder / "runs" / "train").iterdir()))
    rng = np.random.default_rng(0)
    np.save("features.npy", np.eye(4)[samples.reference] + 0.05 * rng.normal(size=(60, 4)))
    for selector in ("cross_entropy", "knn"):
        given = [
            *TRAIN,
            "features_from=features.npy",
            f"selector={selector}",
            "neighbours.k=5",
            f"name=near_{selector}",
        ]
        done = alc("rank", *given)
        assert done.code == 0, done.err
        ranking = pd.read_csv(f"runs/near_{selector}/ranking.csv")
        wrong = (samples.given != samples.reference).sum()
        assert (ranking["given"] != ranking["reference"]).head(wrong).mean() > 0.8
        assert "nearest neighbours" in Path(f"runs/near_{selector}/report.html").read_text(encoding="utf-8")
    assert len(list((loop.folder / "runs" / "train").iterdir())) == before


def test_what_is_refused(loop: Loop) -> None:
    alc("rank", *TRAIN, "features_from=none.npy").refused("features_from=none.npy", "there is no file")
    np.save("few.npy", np.zeros((7, 2), dtype=np.float32))
    alc("rank", *TRAIN, "features_from=few.npy").refused("few.npy", "shape (7, 2)", "(60, D)")
    np.save("few.npy", np.full((7, 3), 1 / 3))
    alc("rank", *TRAIN, "posteriors_from=few.npy").refused("few.npy", "7 rows of probabilities for 60 samples")
    alc("rank", *TRAIN, "report.rows=-1").refused("report.rows=-1")
