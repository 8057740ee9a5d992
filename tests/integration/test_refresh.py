"""Active cleaning on the command line: rounds are runs, shared, resumed, and never done twice."""

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hydra import compose, initialize_config_dir

from alc.cli.app import config_directory
from alc.errors import InputError
from alc.models.weights_file import read_weights
from alc.posteriors import Posteriors
from alc.runs.manifest import Manifest
from alc.samples import SampleTable
from alc.tasks.parent import Parent
from alc.tasks.recorded import recorded
from alc.tasks.refresh import require_refresh
from alc.tasks.refresh_plan import RefreshPlan
from tests.integration.commands import (
    ONE_MODEL,
    SIMULATE,
    TRAIN,
    Done,
    alc,
    ended,
    only,
    start,
    state,
    wait_for,
    without_figures,
)

ACTIVE = [
    *(*ONE_MODEL, "simulation.seeds=2", "simulation.top=4", "budget.annotations=30", "selector=[joint,oracle]"),
    *("refresh=fine_tune", "refresh.every=10", "refresh.epochs=1"),
]


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)


def simulated(*arguments: str) -> Done:
    done = alc("simulate", *arguments)
    assert done.code == 0, done.err
    return done


def rounds() -> set[Path]:
    return set(Path("runs/refresh").glob("*"))


def manifest_of(run: Path) -> Manifest:
    manifest = Manifest.read(run)
    assert manifest is not None
    return manifest


def config_of(run: Path) -> dict[str, Any]:
    content = yaml.safe_load((run / "config.yaml").read_text())
    assert isinstance(content, dict)
    return content


def test_rounds_are_runs_on_the_labels_of_the_moment(folder: Path) -> None:
    done = simulated(*ACTIVE)
    simulation, training = only(folder, "runs/simulate/*"), only(folder, "runs/train/*")
    table, events = pd.read_csv(simulation / "rounds.csv"), pd.read_parquet(simulation / "trajectory.parquet")
    assert set(table["selector"]) == {"joint"}
    assert sorted(table["seed"].unique()) == [0, 1]
    assert set(table["run"]) == {run.name for run in rounds()}
    assert manifest_of(simulation).parents == (training.name, *dict.fromkeys(table["run"]))
    assert len([line for line in done.out.splitlines() if line.startswith("Refresh ")]) == len(table)
    given = SampleTable.load(training / "samples.parquet").given
    for seed, mine in table.groupby("seed"):
        bought = events[(events["selector"] == "joint") & (events["seed"] == seed)]
        assert mine["round"].tolist() == [1, 2]
        assert [int(spent) // 10 for spent in mine["annotations"]] == [1, 2]
        before = training.name
        for spent, changed, name in zip(mine["annotations"], mine["labels_changed"], mine["run"], strict=True):
            run, labels = Path("runs/refresh") / str(name), given.copy()
            for event in bought.head(int(spent)).itertuples():
                labels[int(str(event.sample_id))] = int(str(event.label_after))
            learned = SampleTable.load(run / "samples.parquet").given
            np.testing.assert_array_equal(learned, labels)
            assert int((labels != given).sum()) == changed
            assert manifest_of(run).parents == (before,)
            assert not (run / "checkpoints").exists()
            assert {"posteriors.npz", "weights.safetensors", "metrics.csv"} <= set(manifest_of(run).artefacts)
            before = str(name)
    made = config_of(run)
    assert (made["trainer"]["max_epochs"], made["optimizer"]["lr"]) == (1, pytest.approx(0.01 * 0.025))
    assert made["scheduler"]["_target_"].endswith("ConstantLR")


def test_nothing_is_done_twice_and_rounds_are_shared(folder: Path) -> None:
    simulated(*ACTIVE)
    before, made = state(folder / "runs"), rounds()
    again = simulated(*ACTIVE)
    assert state(folder / "runs") == before
    assert again.trainings == []
    training = only(folder, "runs/train/*")
    for change in ("selector=[entropy,joint]", f"posteriors_from={training.name}"):
        finished = {run.name: (run / "manifest.json").stat().st_mtime_ns for run in made}
        done = simulated(*ACTIVE, change)
        assert done.trainings == []
        assert {run.name: (run / "manifest.json").stat().st_mtime_ns for run in made} == finished
        if change != "selector=[entropy,joint]":
            assert rounds() == made, change
        made = rounds()
    simulated(*ACTIVE, "refresh.learning_rate=0.5")
    assert not {run for run in rounds() - made if config_of(run)["optimizer"]["lr"] != 0.5}
    assert len(rounds()) > len(made)


def test_a_named_training_of_other_settings_is_refreshed_with_its_own(folder: Path) -> None:
    assert alc("train", *ONE_MODEL, "method=co_teaching", "optimizer.lr=0.02", "name=pair").code == 0
    simulated(*ACTIVE, "posteriors_from=pair")
    for run in rounds():
        made = config_of(run)
        assert made["method"]["_target_"].endswith("CoTeaching")
        assert made["optimizer"]["lr"] == pytest.approx(0.02 * 0.025)
        assert read_weights(run / "weights.safetensors").num_networks == 2


@pytest.mark.parametrize(("forget_rate", "is_estimate"), [("0.3", False), ("estimate", True)])
def test_the_forget_rate_falls_by_the_share_of_labels_changed(
    folder: Path, forget_rate: str, is_estimate: bool
) -> None:
    method = ["method=co_teaching", f"method.forget_rate={forget_rate}", "method.warm_up=1", "trainer.max_epochs=2"]
    simulated(*ACTIVE, *method, "simulation.seeds=1")
    weights = only(folder, "runs/train/*/weights.safetensors")
    trained = float(read_weights(weights).about["forget_rate"])
    assert is_estimate or trained == 0.3
    table = pd.read_csv(only(folder, "runs/simulate/*/rounds.csv"))
    for changed, name in zip(table["labels_changed"], table["run"], strict=True):
        made = config_of(Path("runs/refresh") / str(name))["method"]
        assert made["forget_rate"] == pytest.approx(max(0.0, trained - changed / 60))
        assert (made["warm_up"], made["gradual"]) == (0, 0)
    simulated(*ACTIVE, *method, "simulation.seeds=1", "refresh=from_scratch", "refresh.epochs=3")
    scratch = [config_of(run) for run in rounds() if config_of(run)["trainer"]["max_epochs"] == 3]
    assert scratch
    for made in scratch:
        assert (made["method"]["forget_rate"] == "estimate") == is_estimate
        assert made["method"]["warm_up"] == 1
        assert made["scheduler"]["T_max"] == 3


def test_a_killed_round_goes_on_and_ends_as_if_nothing_had_happened(folder: Path, one_thread: None) -> None:
    long = [*ACTIVE, "refresh.epochs=12", "callbacks.checkpoint_seconds=0", "simulation.seeds=1"]
    process = start("simulate", *long, cwd=folder)
    wait_for(folder, "runs/refresh/*/checkpoints/fit/last.ckpt", process)
    process.send_signal(signal.SIGKILL)
    assert ended(process).code == -signal.SIGKILL
    assert not list(folder.glob("runs/simulate/*/manifest.json"))
    done = simulated(*long)
    assert done.trainings == []
    assert "Continuing from" in done.err
    simulated(*long, "paths.runs=whole")
    for name in ("curves.csv", "rounds.csv"):
        resumed, straight = (only(folder, f"{runs}/simulate/*/{name}").read_bytes() for runs in ("runs", "whole"))
        assert resumed == straight
    for run in rounds():
        with (
            np.load(run / "posteriors.npz") as ours,
            np.load(folder / "whole/refresh" / run.name / "posteriors.npz") as its,
        ):
            np.testing.assert_array_equal(ours["probs"], its["probs"])


def test_rounds_from_scratch_go_with_several_models(folder: Path) -> None:
    small = ["budget.annotations=20", "simulation.seeds=1", "selector=[joint]"]
    simulated(*SIMULATE, *small, "refresh=from_scratch", "refresh.every=10")
    (run,) = rounds()
    posteriors = Posteriors.load(run / "posteriors.npz")
    assert posteriors.protocol == "cross_fit"
    assert manifest_of(run).parents == ()
    assert config_of(run)["trainer"]["max_epochs"] == 1


def test_a_round_of_a_probe_keeps_its_encoder_and_its_classifier(folder: Path) -> None:
    assert alc("train", *ONE_MODEL, "name=first").code == 0
    simulated(*ACTIVE, "backbone.weights=first", "tuning=linear_probe", "refresh.learning_rate=1e-12")
    base = read_weights(Path("runs/first/weights.safetensors")).tensors
    (probe,) = (run for run in Path("runs/train").glob("*") if "LinearProbe" in (run / "config.yaml").read_text())
    trained = read_weights(probe / "weights.safetensors").tensors
    for run in rounds():
        tensors = read_weights(run / "weights.safetensors").tensors
        for name, tensor in tensors.items():
            kept = trained if name.startswith("classifier.") else base
            np.testing.assert_allclose(tensor.numpy(), kept[name].numpy(), atol=1e-6, err_msg=name)


def test_a_refresh_that_never_comes_is_said_once(folder: Path) -> None:
    done = simulated(*ACTIVE, "refresh.every=30")
    assert done.out.count("no model is ever refreshed") == 1
    assert not rounds()
    simulation = only(folder, "runs/simulate/*")
    assert (simulation / "rounds.csv").read_text() == "selector,seed,round,annotations,labels_changed,run\n"
    done = simulated(*ACTIVE, "selector=[oracle]")
    assert not rounds()


def test_what_can_not_be_refreshed_is_refused_before_anything_is_trained(folder: Path) -> None:
    Posteriors.single(np.full((60, 3), 1 / 3)).save(folder / "mine.npz")
    for change, words in (
        ("posteriors=cross_fit", ["CrossFit leaves none", "posteriors=in_sample", "refresh=from_scratch"]),
        ("posteriors_from=mine.npz", ["a file is no model", "posteriors_from=auto"]),
        ("refresh.every=0", ["refresh.every=0", "1 or more"]),
    ):
        alc("simulate", *ACTIVE, change).refused(*words)
    assert not list(folder.glob("runs/train/*/manifest.json"))
    assert alc("train", *TRAIN, "name=folds").code == 0
    alc("simulate", *ACTIVE, "posteriors_from=folds").refused("leaves none", "refresh=from_scratch")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("refresh.epochs=0.5", "refresh.epochs=0.5. Allowed: a whole number of 1 or more"),
        ("refresh.start=middle", "refresh.start='middle'. Allowed: current, scratch"),
        ("refresh.learning_rate=-1", "refresh.learning_rate=-1. Allowed: a number above 0"),
        ("refresh.learning_rate_factor=null", "both null"),
        ("refresh.forget_rate=1", "refresh.forget_rate=1. Allowed: reduced, as_trained"),
        ("refresh.forget_rate=most", "refresh.forget_rate='most'"),
        ("refresh.warm_up=-1", "refresh.warm_up=-1"),
    ],
)
def test_values_of_a_round_are_checked(change: str, words: str) -> None:
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        config = compose("simulate", [*ACTIVE, change])
    with pytest.raises(InputError) as caught:
        RefreshPlan.of(config)
    assert words in str(caught.value)


def test_several_processes_can_not_refresh(folder: Path) -> None:
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        config = compose("simulate", [*ACTIVE, "trainer.devices=2", "trainer.accelerator=cpu"])
    parent = Parent("training x", "x", ("x",), lambda problem: Posteriors.load(folder), folder)
    with pytest.raises(InputError, match=r"trainer\.devices=1"):
        require_refresh(config, parent)


def test_a_recorded_schedule_follows_the_epochs_again(folder: Path) -> None:
    assert alc("train", *ONE_MODEL, "trainer.max_epochs=3", "name=three").code == 0
    config = recorded(Path("runs/three"))
    config.trainer.max_epochs = 7
    assert config.scheduler.T_max == 7
    assert alc("train", *ONE_MODEL, "trainer.max_epochs=3", "scheduler.T_max=9", "name=nine").code == 0
    assert recorded(Path("runs/nine")).scheduler.T_max == 9
