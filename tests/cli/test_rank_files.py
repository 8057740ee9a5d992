"""alc-rank LABELS PROBS: nothing is trained, torch and Hydra are not there, and every refusal is one message."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import alc
from alc.cli.rank_files import names_files, rank_files

PROGRAM = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "hydra", "omegaconf", "pytorch_lightning", "wandb"}:
            raise ImportError(name + " is blocked")
sys.meta_path.insert(0, Blocked())
from alc.cli.rank import main
sys.argv = ["alc-rank", "labels.csv", "probs.npy"]
main()
"""
RNG = np.random.default_rng(0)
TRUTH = np.arange(30) % 3
GIVEN = np.where(np.arange(30) % 10 == 0, (TRUTH + 1) % 3, TRUTH)
PROBS = 0.7 * np.eye(3)[TRUTH] + 0.1
NAMES = np.array(["cat", "dog", "owl"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"id": [f"P{row}" for row in range(30)], "path": [f"{row}.png" for row in range(30)]})
    frame.assign(label=NAMES[GIVEN]).to_csv("labels.csv", index=False)
    np.save("probs.npy", PROBS)
    np.save("features.npy", RNG.normal(size=(30, 4)) * 0.1 + 3 * np.eye(4)[TRUTH])
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as end:
        rank_files(arguments)
    assert end.value.code == 2
    return capsys.readouterr().err


def test_it_runs_where_there_is_no_torch(folder: Path) -> None:
    environment = {"PYTHONPATH": str(Path(alc.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    frame = pd.read_csv("ranking/ranking.csv")
    assert set(frame.head(3)["sample_id"]) == {0, 10, 20}
    assert frame.columns.tolist()[:10] == [
        *("rank", "sample_id", "id", "path", "given", "suggested", "p_given", "p_suggested", "score", "expected_cost")
    ]
    assert (frame["id"] == "P" + frame["sample_id"].astype(str)).all()
    assert (folder / "ranking" / "report.html").stat().st_size < 60_000
    assert sorted(path.name for path in (folder / "ranking").iterdir()) == ["ranking.csv", "report.html"]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("selector", ["joint", "prune_by_class", "rank_ensemble"])
def test_a_file_that_stays_on_disk_ranks_as_one_that_is_read(folder: Path, selector: str, dtype: type) -> None:
    """A .npy file is mapped and looked at in blocks, an .npz file is read."""
    probs: np.ndarray = RNG.dirichlet(np.ones(3), 30).astype(dtype)
    np.save("probs.npy", probs)
    np.savez("probs.npz", probs)
    before = Path("probs.npy").read_bytes()
    for ending in ("npy", "npz"):
        rank_files(["labels.csv", f"probs.{ending}", "--out", ending, "--selector", selector])
    assert Path("npy/ranking.csv").read_text() == Path("npz/ranking.csv").read_text()
    assert Path("probs.npy").read_bytes() == before


def test_a_ranking_makes_no_table_of_its_own(folder: Path) -> None:
    """Probabilities of 64 MB on disk, and less than half of that in memory; ImageNet's are 5 GB."""
    rows, classes = 40_000, 400
    label = RNG.integers(0, classes, rows)
    np.savetxt("many.csv", label, fmt="%d", header="label", comments="")
    np.save("many.npy", RNG.dirichlet(np.ones(classes), rows).astype(np.float32))
    rank_files(["labels.csv", "probs.npy"])  # imports
    tracemalloc.start()
    rank_files(["many.csv", "many.npy", "--out", "many", "--rows", "100"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32_000_000
    assert len(pd.read_csv("many/ranking.csv")) == rows


def test_features_and_neighbours(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rank_files(["labels.csv", "--features", "features.npy", "--k", "5", "--folds", "5", "--out", "near"])
    assert set(pd.read_csv("near/ranking.csv").head(3)["sample_id"]) == {0, 10, 20}
    assert "nearest neighbours" in (folder / "near" / "report.html").read_text()
    rank_files(["labels.csv", "probs.npy", "--features", "features.npy", "--selector", "knn", "--rows", "0"])
    assert set(pd.read_csv("ranking/ranking.csv").head(3)["sample_id"]) == {0, 10, 20}
    assert not (folder / "ranking" / "report.html").exists()
    assert "report" not in capsys.readouterr().out.splitlines()[-1]


def test_images_where_they_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "photos").mkdir()
    for row in range(28):
        Image.fromarray(np.full((50, 60), row, dtype=np.uint8)).save(folder / "photos" / f"{row}.png")
    (folder / "photos" / "28.png").write_bytes(b"")
    rank_files(["labels.csv", "probs.npy", "--images", "photos"])
    out = capsys.readouterr().out
    assert "2 images can not be shown; the first: image photos/2" in out
    assert '"pictures"' in (folder / "ranking" / "report.html").read_text()


def test_what_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*arguments: str) -> str:
        text = refused(capsys, *arguments)
        assert "Traceback" not in text
        assert not (folder / "ranking").exists()
        return text

    assert "there is no file" in told("labels.csv", "prob.npy")
    assert "cannot be read" in told("label.csv", "probs.npy")
    assert "nothing to rank by" in told("labels.csv")
    assert "Did you mean 'joint'" in told("labels.csv", "probs.npy", "--selector", "jont")
    assert "--features FILE" in told("labels.csv", "probs.npy", "--selector", "knn")
    assert "cross_entropy" in told("labels.csv", "probs.npy", "--selector", "oracle")
    assert "unknown label 'dog'" in told("labels.csv", "probs.npy", "--classes", "a,b,c")
    assert "--classes a,a" in told("labels.csv", "probs.npy", "--classes", "a,a")
    assert "no whole number" in told("labels.csv", "probs.npy", "--budget", "0")
    assert "does not exist" in told("labels.csv", "probs.npy", "--images", "nowhere")
    np.save("few.npy", PROBS[:9])
    assert "9 rows of probabilities for 30 samples" in told("labels.csv", "few.npy")


def test_the_two_forms_are_told_apart(folder: Path) -> None:
    assert names_files(["--selector", "joint", "labels.csv", "probs.npy"])
    assert names_files(["lables.csv"])  # mistyped, but meant
    for arguments in (["data=csv", "data.file=labels.csv"], ["-cn", "rank"], ["--help"], [], ["-m", "seed=1,2"]):
        assert not names_files(arguments)
    (folder / "day=1").mkdir()
    (folder / "day=1" / "labels.csv").write_text("label\na\nb\n")
    assert names_files(["day=1/labels.csv", "probs.npy"])
