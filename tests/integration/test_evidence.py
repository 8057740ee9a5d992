"""Selectors that rank by what a training keeps beside its posteriors, and noise made of such features."""

import json
from pathlib import Path

import numpy as np
import pytest

from alc.dynamics import TrainingDynamics
from alc.features import Features
from alc.posteriors import Posteriors
from alc.selection.dynamics import aum
from tests.integration.commands import TRAIN, alc, only, without_figures


def in_sample() -> list[str]:
    """The same training of a second, of all samples at once and in whole epochs."""
    kept = [each for each in TRAIN if not each.startswith(("posteriors.", "trainer="))]
    return [*kept, "posteriors=in_sample", "trainer=cpu", "trainer.max_epochs=2"]


def test_dynamics_and_features_reach_the_selectors(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)
    command = [*in_sample(), "method.keep_features=true", "simulation.seeds=2", "selector=[aum,forgetting,knn,graph]"]
    done = alc("simulate", *command)
    assert done.code == 0, done.err
    training, simulation = only(folder, "runs/train/*"), only(folder, "runs/simulate/*")
    files = json.loads((training / "manifest.json").read_text())["artefacts"]
    assert {"dynamics.npz", "features.npz"} <= set(files)
    summary = json.loads((simulation / "summary.json").read_text())
    assert set(summary["selectors"]) == {"random", "aum", "forgetting", "knn", "graph"}
    ranked = alc("rank", *in_sample(), "method.keep_features=true", "selector=aum")
    assert ranked.code == 0, ranked.err
    assert ranked.trainings == []
    scores = aum(TrainingDynamics.load(training / "dynamics.npz"))
    table = np.genfromtxt(only(folder, "runs/rank/*") / "ranking.csv", delimiter=",", names=True, dtype=None)
    np.testing.assert_allclose(table["score"], np.sort(scores)[::-1], rtol=1e-5)

    by_name = alc("rank", *in_sample(), f"posteriors_from={training.name}", "selector=knn")
    assert by_name.code == 0, by_name.err
    assert by_name.trainings == []

    file = training / "features.npz"
    noisy = alc("train", *in_sample(), "noise=instance", f"noise.features={file}")
    assert noisy.code == 0, noisy.err
    assert len(Features.load(file)) == 60
    (folder / "runs" / "clean").symlink_to(training.relative_to(folder / "runs"))
    for wanted in (training.name, "clean"):  # the same run, whatever names the features
        same = alc("train", *in_sample(), "noise=instance", f"noise.features={wanted}")
        assert same.code == 0, same.err
        assert same.trainings == []
    alc("train", *in_sample(), "noise=instance", "noise.features=claen").refused(
        "claen cannot be read", "the name of a training"
    )


def test_what_a_training_does_not_keep_is_told_before_it_starts(folder: Path) -> None:
    alone = in_sample()
    alc("rank", *alone, "selector=knn").refused("method.keep_features=false", "Type method.keep_features=true")
    alc("rank", *alone, "selector=aum", "callbacks=none").refused("Type callbacks.dynamics=true")
    crossed = [*TRAIN, "method.keep_features=true"]
    alc("simulate", *crossed, "selector=[graph]").refused("cross_fit", "Type posteriors=in_sample")
    alc("train", *alone, "noise=instance").refused("noise.features is null", "method.keep_features=true")
    assert not (folder / "runs").exists() or not list(folder.glob("runs/train/*/posteriors.npz"))


@pytest.mark.parametrize("posteriors", ["in_sample", "mc_dropout"])
def test_in_sample_posteriors_are_told_before_training_where_they_will_not_do(posteriors: str, folder: Path) -> None:
    command = [*in_sample(), f"posteriors={posteriors}", "selector=[prune_by_class]"]
    alc("simulate", *command).refused("trains on all of them", "Type posteriors=cross_fit")
    assert not list(folder.glob("runs/train/*"))
    without = ["simulation.figures=none", "budget.annotations=3", "simulation.seeds=1"]
    done = alc("simulate", *TRAIN, *without, "selector=[prune_by_class]")
    assert done.code == 0, done.err


@pytest.mark.parametrize("task", ["rank", "simulate"])
def test_one_member_is_too_few_to_be_compared_and_told_before_training(task: str, folder: Path) -> None:
    words = ("several predictions of each sample", "posteriors=ensemble", "selector=entropy")
    alc(task, *TRAIN, "selector=bald").refused(*words)
    alc(task, *in_sample(), "selector=bald").refused(*words)
    alc(task, *in_sample(), "posteriors=mc_dropout", "posteriors.num_passes=1", "selector=bald").refused(*words)
    assert not list(folder.glob("runs/train/*"))


@pytest.mark.parametrize(
    "several",
    [["method=co_teaching"], ["posteriors=ensemble", "posteriors.num_members=2"]],
)
def test_members_are_networks_or_trainings(several: list[str], folder: Path) -> None:
    done = alc("rank", *in_sample(), *several, "selector=bald")
    assert done.code == 0, done.err
    assert Posteriors.load(only(folder, "runs/train/*") / "posteriors.npz").num_members == 2


def test_a_file_or_a_run_without_them_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)
    assert alc("train", *in_sample()).code == 0
    training = only(folder, "runs/train/*")
    named = f"posteriors_from={training.name}"
    alc("rank", *in_sample(), named, "selector=graph").refused("has no features.npz", "method.keep_features=true")
    brought = f"posteriors_from={training / 'posteriors.npz'}"
    alc("rank", *in_sample(), brought, "selector=aum").refused("has no dynamics.npz")
    noisy = alc("train", *in_sample(), "noise=instance", f"noise.features={training.name}")
    noisy.refused("has kept no features", "method.keep_features=true")
