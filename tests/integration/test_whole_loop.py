"""From nothing to the table and the figures with one command; what is done is not done again."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import alc as package
from alc.notebook import summary_table
from alc.posteriors import Posteriors
from alc.samples import SampleTable
from tests.integration.commands import SIMULATE, TRAIN, Done, Loop, alc, ended, only, start, state, without_figures

SELECTORS = ["random", "cross_entropy", "joint", "oracle"]
FIGURES = ["label_accuracy", "remaining_errors", "total_variation", "noise_confusion", "contact_sheet"]


def test_one_command_writes_all_that_was_promised(loop: Loop) -> None:
    simulation, training = loop.simulation, loop.training
    for run, files in (
        (simulation, ["config.yaml", "ranking.csv", "trajectory.parquet", "curves.csv", "summary.json"]),
        (training, ["config.yaml", "posteriors.npz", "samples.parquet", "metrics.csv", "dynamics.npz", "noise.json"]),
    ):
        manifest = json.loads((run / "manifest.json").read_text())
        assert manifest["status"] == "complete"
        assert set(files) <= set(manifest["artefacts"])
        for file, entry in manifest["artefacts"].items():
            assert sha256((run / file).read_bytes()).hexdigest() == entry["sha256"], file
    assert json.loads((simulation / "manifest.json").read_text())["parents"] == [training.name]
    for stem in FIGURES:
        with Image.open(simulation / "figures" / f"{stem}.png") as picture:
            assert min(picture.size) > 200
        assert (simulation / "figures" / f"{stem}.pdf").read_bytes().startswith(b"%PDF")


def test_the_summary_holds_each_number_with_its_spread(loop: Loop) -> None:
    summary = json.loads((loop.simulation / "summary.json").read_text())
    assert summary["seeds"] == [0, 1]
    assert sorted(summary["selectors"]) == sorted(SELECTORS)  # random, though nobody listed it
    for entry in summary["selectors"].values():
        for number in ("area", "final_accuracy"):
            values = entry[number]["values"]
            assert len(values) == 2
            assert entry[number]["mean"] == pytest.approx(np.mean(values))
            assert entry[number]["sd"] == pytest.approx(np.std(values, ddof=1))
        for level in ("0.9", "0.95"):
            assert entry["relabels_to"][level]["seeds"] == 2
            assert {"median", "min", "max", "reached"} <= set(entry["relabels_to"][level])
            assert {"median", "min", "max", "pairs"} <= set(entry["saving_vs_random"][level])
    assert summary["selectors"]["random"]["saving_vs_random"]["0.9"]["median"] in {None, 1.0}


def test_the_trajectories_replay_to_the_curves(loop: Loop) -> None:
    run = loop.simulation
    samples = SampleTable.load(loop.training / "samples.parquet")
    assert samples.reference is not None
    events, curves = pd.read_parquet(run / "trajectory.parquet"), pd.read_csv(run / "curves.csv")
    budget = json.loads((run / "summary.json").read_text())["budget"]
    row_of = {int(sample): row for row, sample in enumerate(samples.sample_id)}
    for selector in SELECTORS:
        accuracy = np.empty((2, budget + 1))
        for seed in (0, 1):
            labels = samples.given.copy()
            accuracy[seed] = (labels == samples.reference).mean()
            mine = events[(events["selector"] == selector) & (events["seed"] == seed)]
            assert len(mine) <= budget
            for event in mine.itertuples():
                row = row_of[int(str(event.sample_id))]
                assert labels[row] == event.label_before
                labels[row] = int(str(event.label_after))
                accuracy[seed, int(str(event.spent)) :] = (labels == samples.reference).mean()
        stored = curves[(curves["selector"] == selector) & (curves["metric"] == "label_accuracy")]
        assert stored["annotations"].tolist() == list(range(budget + 1))
        np.testing.assert_allclose(stored["mean"], accuracy.mean(axis=0), atol=1e-7)


def test_it_ends_with_a_table_paths_and_the_next_command(loop: Loop) -> None:
    done = loop.done
    summary = json.loads((loop.simulation / "summary.json").read_text())
    for name, entry in summary["selectors"].items():
        (line,) = [line for line in done.out.splitlines() if line.startswith(f"{name} ")]
        assert f"{entry['area']['mean']:.4f}" in line
        assert f"{entry['relabels_to']['0.9']['reached']}/2" in line
    for word in ("figure", "numbers", "curves", "ranking"):
        (path,) = [line.split()[1] for line in done.out.splitlines() if line.startswith(f"{word} ")]
        assert (loop.folder / path).is_file()
    assert done.err.splitlines() == ["Fold 1 of 2: training on 30 samples.", "Fold 2 of 2: training on 30 samples."]


def test_the_same_command_skips_everything_and_shows_the_table(loop: Loop) -> None:
    before = state(loop.folder)
    again = ended(start("simulate", *SIMULATE, cwd=loop.folder))
    assert again.code == 0
    assert "SKIP simulate/" in again.err
    assert state(loop.folder) == before
    first = loop.done.out
    assert again.out == first[first.index("\nsynthetic: ") :]


def test_other_questions_reuse_the_training(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)
    before = state(loop.training)
    others = [
        alc("simulate", *SIMULATE, "selector=[self_confidence,entropy]"),
        alc("rank", *TRAIN),
        alc("train", *TRAIN),
        alc("simulate", *SIMULATE, "seeds.annotator=5", "budget.annotations=7"),
    ]
    assert [done.code for done in others] == [0, 0, 0, 0]
    assert [done.trainings for done in others] == [[], [], [], []]
    assert [path.name for path in (loop.folder / "runs" / "train").iterdir()] == [loop.training.name]
    assert state(loop.training) == before


def test_the_next_command_runs_as_it_stands(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    import shlex

    without_figures(monkeypatch)

    def next_of(done: Done) -> list[str]:
        assert done.code == 0, done.err
        (line,) = [line for line in done.out.splitlines() if line.startswith("next ")]
        return shlex.split(line.removeprefix("next").partition("  (")[0])

    program, *arguments = next_of(alc("train", *TRAIN, "name=mine"))
    assert program == "alc-rank"
    assert "name=mine" not in arguments
    ranked = alc("rank", *arguments)
    assert ranked.trainings == []
    program, *arguments = next_of(ranked)
    assert program == "alc-simulate"
    simulated = alc("simulate", *arguments)
    assert simulated.trainings == []
    program, *arguments = next_of(simulated)
    assert program == "alc-simulate"
    assert arguments[0] == "-m"
    assert "noise.rate=0.1,0.2,0.4" in arguments
    one = [argument.replace("0.1,0.2,0.4", "0.2") for argument in arguments[1:]]
    assert alc("simulate", *one).trainings == []


def test_a_sweep_runs_the_missing_points_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)
    assert len(alc("simulate", *SIMULATE, "-m", "noise.rate=0.1,0.3").trainings) == 2
    second = alc("simulate", *SIMULATE, "-m", "noise.rate=0.1,0.2,0.3")
    assert second.code == 0
    assert len(second.trainings) == 1
    assert second.err.count("SKIP simulate/") == 2
    assert second.out.count("label_accuracy.png") == 1


def test_failed_jobs_are_listed_and_the_others_are_done(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)
    done = alc("simulate", *SIMULATE, "selector=[oracle]", "-m", "noise.rate=0.2,0")
    assert done.code == 1
    assert "1 of the jobs failed" in done.err
    assert "0 labels are wrong" in done.err
    assert "Traceback" not in done.err
    listed = alc("runs", "--failed")
    assert listed.code == 1
    assert len(listed.out.splitlines()) == 2
    assert "0 labels are wrong" in listed.out
    assert "complete" in alc("runs").out


def test_without_a_selector_that_needs_posteriors_nothing_is_trained(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_figures(monkeypatch)
    done = alc("simulate", *SIMULATE, "selector=[oracle]")
    assert done.code == 0
    assert not (folder / "runs" / "train").exists()
    summary = json.loads(only(folder, "runs/simulate/*/summary.json").read_text())
    assert list(summary["selectors"]) == ["random", "oracle"]
    assert summary["posteriors"] is None
    assert "posteriors:" not in done.out


def test_a_notebook_gets_the_numbers_of_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)
    certain = "data.ambiguous=0"  # label counts can say it exactly
    done = alc("simulate", *SIMULATE, certain, "selector=[joint,cross_entropy,oracle]")
    training = only(folder, "runs/train/*")
    samples = SampleTable.load(training / "samples.parquet")
    assert samples.reference is not None
    tables = package.simulate(
        samples.given,
        Posteriors.load(training / "posteriors.npz"),
        np.eye(3, dtype=np.int64)[samples.reference],
        selectors=["joint", "cross_entropy", "oracle"],
        seeds=2,
    )
    stored = json.loads(only(folder, "runs/simulate/*/summary.json").read_text())
    pd.testing.assert_frame_equal(tables.summary, summary_table(stored))
    (line,) = [line for line in done.out.splitlines() if line.startswith("joint ")]
    assert f"{stored['selectors']['joint']['area']['mean']:.4f}" in line


def test_a_budget_that_can_not_be_spent_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)
    done = alc("simulate", *SIMULATE, "selector=oracle_once", "budget.annotations=3000")
    assert done.code == 0
    assert "Nothing was left to ask before the budget was spent: random, oracle_once." in done.out
