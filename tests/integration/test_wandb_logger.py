"""``logger=wandb``: what offline runs hold, read back from their files, and that nothing else changes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from alc.runs.manifest import Manifest
from alc.tracking.names import GALLERY, METRICS, Metric
from tests.integration.commands import SIMULATE, TRAIN, Done, alc, only, without_figures
from tests.tracking.stranger import as_a_stranger
from tests.tracking.wandb_files import OfflineRun, offline_runs

SSL = ["ssl.epochs=2", "ssl.batch_size=16", "ssl.method.hidden=8", "ssl.method.output=4", "ssl.views.blur=null"]
EVERYTHING = [*SIMULATE, *SSL, "ssl=simclr", "method=co_teaching", "trainer.max_epochs=2", "tuning=fine_tune"]
WANDB = ["logger=wandb", "logger.top=7", "logger.tags=[paper,cpu]", "logger.points=20"]


@dataclass(frozen=True)
class Shown:
    """One command that pre-trains, trains and simulates, and what W&B has of it."""

    folder: Path
    done: Done
    pretraining: OfflineRun
    training: OfflineRun
    simulation: OfflineRun

    def directory(self, task: str) -> Path:
        return only(self.folder, f"runs/{task}/*")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("wandb")
    with pytest.MonkeyPatch.context() as patch:
        as_a_stranger(folder, patch)
        patch.chdir(folder)
        without_figures(patch)
        done = alc("simulate", *EVERYTHING, *WANDB)
        assert done.code == 0, done.err
    found = offline_runs(folder / "runs")
    assert len(found) == 3
    by_task = {name.partition("-")[0]: run for name, run in found.items()}
    return Shown(folder, done, by_task["pretrain"], by_task["train"], by_task["simulate"])


@pytest.fixture
def lonely(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    as_a_stranger(folder, monkeypatch)
    without_figures(monkeypatch)
    return folder


def test_runs_are_filed_under_our_ids_groups_and_tasks(shown: Shown) -> None:
    for task, run in (("pretrain", shown.pretraining), ("train", shown.training), ("simulate", shown.simulation)):
        assert run.run.run_id == f"{task}-{shown.directory(task).name}"
        assert (run.run.project, run.run.run_group, run.run.job_type) == ("alc", "synthetic", task)
        assert list(run.run.tags) == ["paper", "cpu"]
        assert run.run.resume
        assert run.exit_codes == [0]
    assert shown.training.run.display_name == "train synthetic symmetric 0.2 co_teaching cross_fit seed 0"
    config = shown.simulation.config
    assert config["noise"]["rate"] == 0.2
    assert config["choices"]["method"] == "co_teaching"
    assert "logger" not in config


def test_the_end_says_once_that_runs_are_offline_and_how_to_sync_them(shown: Shown) -> None:
    assert shown.done.err.count("no API key") == 1
    told = [line.split()[1] for line in shown.done.out.splitlines() if line.startswith("offline ")]
    folders = [run.folder for run in (shown.pretraining, shown.training, shown.simulation)]
    assert sorted(shown.folder / each for each in told) == sorted(folders)
    (sync,) = [line for line in shown.done.out.splitlines() if line.startswith("sync ")]
    assert "wandb sync runs/wandb/offline-run-*" in sync


OTHER_TRAININGS = {"train/clean_share"}
"""Of methods that the loop shown here does not have."""


def test_a_semi_supervised_training_tells_its_clean_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = ["method=semi_supervised", "method.division=mixture", "method.warm_up=1", "trainer.max_epochs=3"]
    done = alc("train", *TRAIN, "data.unlabelled=16", *settings)
    assert done.code == 0, done.err
    shares = pd.read_csv(only(tmp_path, "runs/train/*") / "metrics.csv")["train/clean_share"].dropna()
    assert len(shares) > 0
    assert shares.between(0, 1).all()


@pytest.mark.parametrize(
    "metric", [metric for metric in METRICS if metric.name not in OTHER_TRAININGS], ids=lambda metric: metric.name
)
def test_every_name_is_in_the_files_and_at_wandb(shown: Shown, metric: Metric) -> None:
    selector, percent = "joint", "90"
    name = metric.name.replace("<selector>", selector).replace("<percent>", percent)
    task = {"train": "train", "posteriors": "train", "noise": "train"}.get(name.partition("/")[0], "simulate")
    task = "pretrain" if name == "train/spread" else task
    run = {"pretrain": shown.pretraining, "train": shown.training, "simulate": shown.simulation}[task]
    directory = shown.directory(task)
    assert (directory / metric.file).is_file()
    if metric.axis == "epoch":
        table = pd.read_csv(directory / "metrics.csv")
        wanted = table.groupby("epoch")[name].mean()
        rows = run.curve(name)
        assert [row["epoch"] for row in rows] == wanted.index.tolist()
        np.testing.assert_allclose([row[name] for row in rows], wanted)
    elif metric.axis == "annotations":
        curves = pd.read_csv(directory / "curves.csv")
        mine = curves[(curves["selector"] == selector) & (curves["metric"] == name.split("/")[1])]
        wanted = mine.set_index("annotations")["mean"]
        rows = run.curve(name)
        assert len(rows) == 20 < len(wanted)
        assert (rows[0]["annotations"], rows[-1]["annotations"]) == (0, wanted.index.max())
        np.testing.assert_allclose([row[name] for row in rows], wanted[[row["annotations"] for row in rows]])
    else:
        content = json.loads((directory / metric.file).read_text())
        assert run.summary[name] == pytest.approx(_number(content, name, selector))


def _number(content: dict[str, Any], name: str, selector: str) -> float:
    """The same number in the file."""
    numbers: dict[str, tuple[str, ...]] = {
        "noise/realised_rate": ("realised",),
        "posteriors/agreement_with_given_labels": ("headline", "agreement_with_given_labels"),
    }
    of_selector: dict[str, tuple[str, ...]] = {
        "cleaning/area": ("area", "mean"),
        "cleaning/final_accuracy": ("final_accuracy", "mean"),
        "cleaning/annotations_to_90": ("relabels_to", "0.9", "median"),
        "cleaning/saving_to_90": ("saving_vs_random", "0.9", "median"),
    }
    found: Any = content
    for key in numbers.get(name) or ("selectors", selector, *of_selector[name.removesuffix(f"/{selector}")]):
        found = found[key]
    return float(found)


def test_curves_have_axes_of_their_own(shown: Shown) -> None:
    assert shown.training.axes["train/*"] == "epoch"
    assert shown.simulation.axes["cleaning/*"] == "annotations"


def test_the_trainings_of_one_run_do_not_overwrite_each_other(shown: Shown) -> None:
    table = pd.read_csv(shown.directory("train") / "metrics.csv")
    assert sorted(set(table["training"])) == ["fold_0", "fold_1"]
    for fold, mine in table.groupby("training"):
        rows = shown.training.curve(f"train/loss/{fold}")
        assert [row["epoch"] for row in rows] == [0, 1]
        np.testing.assert_allclose([row[f"train/loss/{fold}"] for row in rows], mine["train/loss"])


def test_suspicious_images_are_a_table_with_thumbnails(shown: Shown) -> None:
    run = shown.simulation
    (row,) = run.curve(GALLERY)
    assert row[GALLERY]["_type"] == "table-file"
    table = json.loads((run.folder / "files" / row[GALLERY]["path"]).read_text())
    ranking = pd.read_csv(shown.directory("simulate") / "ranking.csv").head(7)
    assert table["columns"][0] == "image"
    for column in ("given", "suggested", "score", "sample_id"):
        place = table["columns"].index(column)
        told = pd.Series([each[place] for each in table["data"]], name=column)
        pd.testing.assert_series_equal(told, ranking[column], rtol=1e-5)
    (artifact,) = [each for name, each in run.artifacts.items() if "most_suspicious" in name]
    stored = {entry.path: Path(entry.local_path) for entry in artifact.manifest.contents}
    pictures = [path for name, path in stored.items() if name.endswith(".png")]
    assert 0 < len(pictures) <= 7
    for picture in pictures:
        with Image.open(picture) as image:
            assert image.size == (8, 8)


def test_files_are_one_artifact_that_names_its_parents(shown: Shown) -> None:
    training, simulation = (f"{task}-{shown.directory(task).name}" for task in ("train", "simulate"))
    artifact = shown.simulation.artifacts[simulation]
    assert artifact.type == "simulate"
    assert json.loads(artifact.metadata) == {"parents": [training]}
    stored = {entry.path: Path(entry.local_path) for entry in artifact.manifest.contents}
    assert {"posteriors.npz", "trajectory.parquet", "labels.parquet", "curves.csv", "summary.json"} <= set(stored)
    posteriors = shown.directory("train") / "posteriors.npz"
    assert stored["posteriors.npz"].read_bytes() == posteriors.read_bytes()
    labels = pd.read_parquet(stored["labels.parquet"])
    summary = json.loads((shown.directory("simulate") / "summary.json").read_text())
    right = (labels["joint.1"] == labels["reference"]).mean()
    assert right == pytest.approx(summary["selectors"]["joint"]["final_accuracy"]["values"][1])
    parents = json.loads(shown.training.artifacts[training].metadata)["parents"]
    assert parents == [f"pretrain-{shown.directory('pretrain').name}"]
    left_out = {"weights.safetensors", "dynamics.npz"}
    assert not left_out & {entry.path for entry in shown.training.artifacts[training].manifest.contents}


def test_the_logger_changes_no_run(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shown.folder)
    again = alc("simulate", *EVERYTHING)
    assert "SKIP simulate/" in again.err
    assert again.trainings == []
    assert "offline" not in again.out
    for task in ("pretrain", "train", "simulate"):
        manifest = Manifest.read(shown.directory(task))
        assert manifest is not None
        assert not any("wandb" in file for file in manifest.artefacts)


def test_each_job_of_a_sweep_is_a_run_of_its_own(lonely: Path) -> None:
    done = alc("train", *TRAIN, "logger=wandb", "-m", "noise.rate=0.1,0.3")
    assert done.code == 0, done.err
    found = offline_runs(lonely / "runs")
    assert sorted(found) == sorted(f"train-{run.name}" for run in (lonely / "runs" / "train").iterdir())
    assert sorted(run.config["noise"]["rate"] for run in found.values()) == [0.1, 0.3]
    assert {run.run.run_group for run in found.values()} == {"synthetic: noise.rate"}
    assert [run.exit_codes for run in found.values()] == [[0], [0]]
    assert done.out.count("offline  ") == 2
    assert done.out.count("sync  ") == 1


def test_a_failed_run_is_closed_as_failed_and_listed(lonely: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alc.tasks.training.join_metrics", lambda *_: 1 / 0)
    done = alc("train", *TRAIN, "logger=wandb")
    assert done.code == 1
    (run,) = offline_runs(lonely / "runs").values()
    assert run.exit_codes == [1]
    assert len(run.curve("train/loss/fold_1")) == 1
    assert "offline  " in done.out


def test_a_later_start_shows_what_an_earlier_one_has_logged(lonely: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("alc.tasks.training.join_metrics", lambda *_: 1 / 0)
        assert alc("train", *TRAIN, "trainer.max_epochs=3").code == 1
    done = alc("train", *TRAIN, "trainer.max_epochs=3", "logger=wandb")
    assert done.code == 0, done.err
    (run,) = offline_runs(lonely / "runs").values()
    for name in ("train/loss/fold_0", "train/loss/fold_1", "train/loss"):
        assert [row["epoch"] for row in run.curve(name)] == [0, 1, 2]


def test_errors_of_wandb_leave_the_study_whole(lonely: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import wandb

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(wandb, "init", fail)
    done = alc("simulate", *SIMULATE, "logger=wandb")
    assert done.code == 0, done.err
    assert done.err.count("W&B fails") == 2  # of the training, of the simulation
    assert "Traceback" not in done.err
    assert only(lonely, "runs/simulate/*/summary.json").is_file()
    assert only(lonely, "runs/train/*/metrics.csv").is_file()


def test_a_ranking_shows_its_worst_samples(lonely: Path) -> None:
    done = alc("rank", *TRAIN, "logger=wandb", "logger.top=3", "logger.group=photos")
    assert done.code == 0, done.err
    found = offline_runs(lonely / "runs")
    assert {run.run.run_group for run in found.values()} == {"photos"}
    (name,) = [name for name in found if name.startswith("rank-")]
    assert found[name].curve(GALLERY)[0][GALLERY]["nrows"] == 3
    assert {"ranking.csv", "posteriors.npz"} == {each.path for each in found[name].artifacts[name].manifest.contents}


def test_an_experiment_is_a_group(lonely: Path) -> None:
    folder = lonely / "experiments" / "fig9"
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text("defaults: [train, _self_]\n")
    done = alc("train", "-cd", str(folder), "-cn", "recipe", *TRAIN, "logger=wandb", "name=ours")
    assert done.code == 0, done.err
    (run,) = offline_runs(lonely / "runs").values()
    assert (run.run.run_group, run.run.display_name) == ("fig9", "train ours")


def test_bad_values_are_refused_before_anything_runs(lonely: Path) -> None:
    alc("simulate", *SIMULATE, "logger=wandb", "logger.top=1000").refused("logger.top=1000", "from 0 to 500")
    assert not (lonely / "runs").exists()
