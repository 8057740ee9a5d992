"""From a simulation to cleaned labels, a training on them, and what that is worth on clean test images."""

import copy
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.cli.app import config_directory
from alc.errors import InputError
from alc.posteriors import Posteriors
from alc.runs.manifest import Manifest
from alc.samples import SampleTable
from alc.sources.synthetic import SyntheticSource
from alc.tasks import clean
from alc.tasks.problem import load_problem
from alc.tasks.recorded import recorded
from alc.tasks.treated import case_of
from alc.treatments import Argmax, Bought, NewSamples
from tests.integration.commands import ONE_MODEL, Done, alc, only, state, without_figures

SIMULATION = [
    *(
        *ONE_MODEL,
        "data.test_samples=30",
        "data.pool=24",
        "data.ambiguous=0.5",
        "simulation.seeds=2",
        "simulation.top=4",
        "budget.annotations=40",
    ),
    *("trainer.max_epochs=3", "selector=[joint,entropy,oracle]", "name=first"),
]
FIRST = "labels.simulation=first"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finished simulation."""
    folder = tmp_path_factory.mktemp("simulated")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        without_figures(patch)
        done = alc("simulate", *SIMULATION)
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def folder(simulated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder as the current one; each test adds runs of its own."""
    monkeypatch.chdir(simulated)
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    return simulated


def cleaned(*arguments: str) -> tuple[Path, Done]:
    done = alc("clean", FIRST, *arguments)
    assert done.code == 0, done.err
    (line,) = [line for line in done.out.splitlines() if line.startswith("labels ")]
    return Path(line.split()[1]).parent, done


def evaluated(*arguments: str) -> tuple[Path, dict[str, Any], Done]:
    done = alc("evaluate", *arguments)
    assert done.code == 0, done.err
    (line,) = [line for line in done.out.splitlines() if line.startswith("table ")]
    run = Path(line.split()[1]).parent
    return run, json.loads((run / "accuracy.json").read_text()), done


def test_the_labels_are_those_the_simulation_ends_with_and_are_trained_on(folder: Path) -> None:
    run, done = cleaned("labels.selector=entropy", "labels.seed=1", "labels.annotations=25")
    training, simulation = only(folder, "runs/train/*"), Path("runs/first").resolve()
    events = pd.read_parquet(simulation / "trajectory.parquet")
    mine = events[(events["selector"] == "entropy") & (events["seed"] == 1)].sort_values("step").head(25)
    before = SampleTable.load(training / "samples.parquet")
    labels = before.given.copy()
    for event in mine.itertuples():
        labels[int(str(event.sample_id))] = int(str(event.label_after))
    table = pd.read_csv(run / "labels.csv")
    pd.testing.assert_frame_equal(table, pd.read_parquet(run / "labels.parquet"), check_dtype=False)
    np.testing.assert_array_equal(table["label_class"], labels)
    np.testing.assert_array_equal(table["given_class"], before.given)
    assert table["annotations"].sum() == 25
    assert "reference" not in " ".join(map(str, table))
    np.testing.assert_array_equal(SampleTable.load(run / "samples.parquet").given, labels)
    manifest = Manifest.read(run)
    assert manifest is not None
    assert manifest.parents == (simulation.name,)
    assert manifest.headline["labels"] == "entropy, panel 1, 25 annotations"
    ours, theirs = (yaml.safe_load((each / "config.yaml").read_text()) for each in (run, training))
    assert ours == theirs
    assert f"next        alc-evaluate clean={run.name}" in done.out


def test_a_training_on_labels_nobody_changed_is_the_training_before(folder: Path) -> None:
    run, _ = cleaned("labels.annotations=0")
    training = only(folder, "runs/train/*")
    for name in ("posteriors.npz", "test_posteriors.npz"):
        ours, theirs = (Posteriors.load(each / name).probs for each in (run, training))
        np.testing.assert_array_equal(ours, theirs)


def test_the_same_labels_are_trained_on_once(folder: Path) -> None:
    run, _ = cleaned("labels.annotations=30")
    before = state(folder / "runs")
    again, done = cleaned("labels.annotations=30", "labels.selector=joint", "labels.seed=0")  # what null stands for
    assert again == run
    assert done.trainings == []
    assert state(folder / "runs") == before


def test_samples_are_counted_instead_of_annotations(folder: Path) -> None:
    run, _ = cleaned("labels.samples=9")
    table = pd.read_parquet(run / "labels.parquet")
    assert (table["annotations"] > 0).sum() == table["resolved"].sum() == 9
    events = pd.read_parquet(Path("runs/first") / "trajectory.parquet")
    mine = events[(events["selector"] == "joint") & (events["seed"] == 0)].sort_values("step")
    first = list(dict.fromkeys(mine["sample_id"]))[:9]
    assert set(table.loc[table["annotations"] > 0, "sample_id"]) == set(first)


@pytest.mark.parametrize(
    ("treatment", "samples", "annotations"), [("argmax", 60, 0), ("dropped", 50, 0), ("new_samples", 80, 20)]
)
def test_other_treatments_are_trained_on_and_evaluated(
    folder: Path, treatment: str, samples: int, annotations: int
) -> None:
    limit = "labels.annotations=20" if annotations else "labels.samples=10"
    run, done = cleaned(f"treatment={treatment}", limit)
    trained_on = SampleTable.load(run / "samples.parquet")
    before = SampleTable.load(only(folder, "runs/train/*") / "samples.parquet")
    assert len(trained_on) == Posteriors.load(run / "posteriors.npz").probs.shape[1] == samples
    assert f"{samples} samples trained on" in done.out
    assert trained_on.reference is not None
    noise = json.loads((run / "noise.json").read_text())
    assert noise["realised"] == pytest.approx((trained_on.given != trained_on.reference).mean())
    kept = np.isin(before.sample_id, trained_on.sample_id)
    assert kept.sum() == min(samples, 60)
    if treatment == "dropped":
        np.testing.assert_array_equal(trained_on.given, before.given[kept])
    if treatment == "new_samples":
        data = yaml.safe_load((run / "config.yaml").read_text())["data"]
        pool = SyntheticSource(**{key: value for key, value in data.items() if key != "_target_"}).load(0).pool
        assert pool is not None
        assert pool.distribution is not None
        panel = LabelDistributionAnnotator(pool.distribution, pool.samples.sample_id, seed=0)
        answers = panel.ask(np.arange(20), 0, 1)[:, 0]
        np.testing.assert_array_equal(trained_on.given[60:], answers)
        assert (answers != pool.samples.given[:20]).any()  # some samples are ambiguous
    _, numbers, _ = evaluated(f"clean={run.name}")
    assert numbers["labels"]["annotations"] == annotations
    assert numbers["labels"]["samples_after"] == samples
    assert numbers["labels"]["wrong_after"] == (trained_on.given != trained_on.reference).sum()


def test_what_a_treatment_lacks_is_said(folder: Path) -> None:
    simulation = (folder / "runs/first").resolve()
    problem = load_problem(recorded(simulation))
    events = pd.read_parquet(simulation / "trajectory.parquet").query("selector == 'joint' and seed == 0").head(5)
    without = replace(problem, dataset=replace(problem.dataset, pool=None))
    with pytest.raises(InputError, match=r"'synthetic' holds no further images\. Allowed: cifar10h_paper"):
        case_of(NewSamples(), without, events, simulation, None)
    with pytest.raises(InputError, match="ranked by posteriors that no training here has written"):
        case_of(Argmax(), problem, events, simulation, None)
    others = replace(problem, samples=problem.samples.rows(np.arange(3)))
    with pytest.raises(InputError, match="is not of these data"):
        case_of(Bought(), others, events, simulation, None)


def test_what_is_typed_stands_against_the_simulation(folder: Path) -> None:
    plainly, _ = cleaned()
    run, _ = cleaned("trainer.max_epochs=2", "method=co_teaching", "seed=5", "method.warm_up=1")
    ours, theirs = (yaml.safe_load((each / "config.yaml").read_text()) for each in (run, plainly))
    assert ours["method"]["_target_"].endswith("CoTeaching")
    assert (ours["trainer"]["max_epochs"], ours["scheduler"]["T_max"]) == (2, 2)
    assert ours["seeds"] == {**theirs["seeds"], "train": 5}
    for section in ("data", "noise", "optimizer", "backbone", "loader"):
        assert ours[section] == theirs[section]


def test_accuracy_before_and_after_is_that_of_the_predictions(folder: Path) -> None:
    run, _ = cleaned("name=cleaned")
    trained = len(list(folder.glob("runs/train/*")))
    path, numbers, done = evaluated("clean=cleaned")
    assert len(list(folder.glob("runs/train/*"))) == trained  # before is the simulation's own training
    assert done.trainings == []
    data = yaml.safe_load((run / "config.yaml").read_text())["data"]
    source = SyntheticSource(**{key: value for key, value in data.items() if key != "_target_"})
    labels = source.load(0).test_labels
    assert labels is not None
    table = pd.read_csv(path / "accuracy.csv").set_index("class")
    for name, where in (("before", only(folder, "runs/first").resolve()), ("after", run)):
        parent = Manifest.read(where)
        assert parent is not None
        model = Path("runs/train") / parent.parents[0] if name == "before" else where
        right = Posteriors.load(model / "test_posteriors.npz").mean.argmax(axis=1) == labels
        assert numbers["accuracy"][name] == pytest.approx(right.mean())
        for index in range(3):
            assert table[f"{name}_correct"][f"class_{index}"] == right[labels == index].sum()
            assert table["images"][f"class_{index}"] == (labels == index).sum()
    assert numbers["labels"]["annotations"] == 40
    assert numbers["labels"]["wrong_before"] == 12
    assert numbers["labels"]["wrong_after"] < 12
    assert {"figures/class_accuracy.png", "accuracy.csv", "accuracy.json"} <= {
        *(Manifest.read(path) or Manifest("", "", None, "", "", "", 0, "")).artefacts
    }
    before = state(folder / "runs")
    evaluated("clean=cleaned")
    assert state(folder / "runs") == before


def test_reference_labels_are_trained_on_only_for_the_upper_bound(folder: Path) -> None:
    run, _ = cleaned()
    _, numbers, done = evaluated(f"clean={run.name}", "upper_bound=true")
    bound = only(folder, "runs/reference/*")
    table = SampleTable.load(bound / "samples.parquet")
    assert table.reference is not None
    np.testing.assert_array_equal(table.given, table.reference)
    assert numbers["runs"]["upper_bound"] == f"reference/{bound.name}"
    assert "upper_bound" in done.out
    for training in [*folder.glob("runs/train/*"), *folder.glob("runs/clean/*")]:
        other = SampleTable.load(training / "samples.parquet")
        assert other.reference is not None
        assert (other.given != other.reference).any()


def test_what_a_simulation_does_not_have_is_refused(folder: Path) -> None:
    before = sorted(folder.glob("runs/clean/*"))
    alc("clean").refused("labels.simulation has no value", "Type labels.simulation=VALUE")
    alc("clean", FIRST, "noise.rate=0.1").refused("noise.rate is decided by the simulation")
    training = only(folder, "runs/train/*").name
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        config = compose("clean", [FIRST])
    for key, value, words in (
        ("simulation", "frist", "no simulate run of that id or name in runs/simulate."),
        ("simulation", "frist", "Did you mean 'first'?"),
        ("simulation", "0123456789", "alc-simulate to make one"),
        ("simulation", training, "alc-runs --task simulate"),
        ("selector", "jont", "Allowed: random, joint, entropy, oracle. Did you mean 'joint'?"),
        ("seed", 7, "labels.seed=7 is not in simulation"),
        ("annotations", 41, "and joint bought 40 in simulation"),
        ("annotations", -1, "labels.annotations=-1"),
        ("samples", 41, "and joint asked about"),
    ):
        changed = copy.deepcopy(config)
        OmegaConf.update(changed, f"labels.{key}", value)
        with pytest.raises(InputError) as caught:
            clean.run(changed)
        assert words in str(caught.value)
    assert sorted(folder.glob("runs/clean/*")) == before


def test_unfinished_runs_and_runs_of_other_tasks_are_refused(folder: Path) -> None:
    run, _ = cleaned("name=whole")
    alc("evaluate", "clean=first").refused("clean=first is a simulate run", "alc-runs --task clean")
    alc("evaluate", "clean=whloe").refused("no clean run", "Did you mean 'whole'?")
    broken = run.with_name("0123456abc")
    shutil.copytree(run, broken)
    (broken / "labels.csv").write_text("cut")
    alc("evaluate", f"clean={broken.name}").refused("is damaged, labels.csv has 3 bytes", "again: alc-clean")
    (broken / "manifest.json").unlink()
    alc("evaluate", f"clean={broken.name}").refused("is not finished", "alc-clean command that began it")
    shutil.rmtree(broken)


def test_data_without_test_images_can_not_be_evaluated(folder: Path) -> None:
    run, _ = cleaned()
    without = run.with_name("0123456abd")
    shutil.copytree(run, without)
    manifest = without / "manifest.json"
    content = json.loads(manifest.read_text())
    content["artefacts"].pop("test_posteriors.npz")
    manifest.write_text(json.dumps(content))
    alc("evaluate", f"clean={without.name}").refused("no test images", "data.test_file", "alc-simulate")
    shutil.rmtree(without)


def test_labels_of_data_that_changed_since_are_refused(folder: Path) -> None:
    table = Path("runs/first/trajectory.parquet")
    events, kept = pd.read_parquet(table), table.read_bytes()
    events["label_before"] = (events["label_before"] + 1) % 3
    changed = Path("changed")
    shutil.copytree("runs", changed, symlinks=True)
    events.to_parquet(changed / "first" / "trajectory.parquet", index=False)
    manifest = changed / "first" / "manifest.json"
    content = json.loads(manifest.read_text())
    content["artefacts"].pop("trajectory.parquet")
    manifest.write_text(json.dumps(content))
    done = alc("clean", FIRST, "paths.runs=changed")
    done.refused("is not of these data", "had other labels", "simulate again")
    assert table.read_bytes() == kept
