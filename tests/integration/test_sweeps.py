"""Sweeps: what is done is not done again, trainings are shared, and the whole is summed up once."""

import json
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from tests.integration.commands import ONE_MODEL, Done, alc, only, state

POINTS = [*ONE_MODEL, "simulation.seeds=2", "simulation.top=4"]


def sweep(*arguments: str) -> tuple[Done, Path]:
    """A sweep of simulations: how it ended, and its folder."""
    done = alc("simulate", "-m", *POINTS, *arguments)
    return done, Path("runs/multirun/latest").resolve().relative_to(Path.cwd())


@pytest.mark.usefixtures("folder")
def test_a_sweep_shares_trainings_draws_once_and_a_wider_one_does_the_rest() -> None:
    done, first = sweep("noise.rate=0.2", "selector=joint,entropy")
    assert done.code == 0, done.err
    assert len(done.trainings) == 1
    assert "sweep    2 points, 2 computed now; 1 training, 1 of them ran now" in done.out
    assert not list(Path("runs/simulate").glob("*/figures"))
    assert "next " not in done.out
    before = state(Path("runs/simulate")), state(Path("runs/train"))

    done, second = sweep("noise.rate=0.2,0.4", "selector=joint,entropy")
    assert done.code == 0, done.err
    assert len(done.trainings) == 1
    assert "sweep    4 points, 2 computed now; 2 trainings, 1 of them ran now" in done.out
    for was, folder in zip(before, ("runs/simulate", "runs/train"), strict=True):
        assert was.items() <= state(Path(folder)).items()

    with Image.open(second / "label_accuracy.png") as wide, Image.open(first / "label_accuracy.png") as one:
        assert wide.width > one.width  # two panels
    points = pd.read_csv(second / "points.csv")
    assert list(points["status"]) == ["done"] * 4
    assert list(points["noise.rate"]) == [0.2, 0.2, 0.4, 0.4]
    assert points["computed"].tolist() == [False, False, True, True]
    summary = pd.read_csv(second / "summary.csv")
    assert len(summary) == 8  # random beside each
    assert set(summary["selector"]) == {"joint", "entropy", "random"}
    assert list(summary["run"]) == list(points["run"].repeat(2))
    for row in summary.to_dict("records"):
        stored = json.loads(Path("runs", row["run"], "summary.json").read_text())["selectors"][row["selector"]]
        assert row["area"] == pytest.approx(stored["area"]["mean"])


@pytest.mark.usefixtures("folder")
def test_figures_of_a_point_are_drawn_when_it_is_asked_for_alone() -> None:
    done, _ = sweep("seeds.annotator=0", "simulation.figures=none")
    assert "figure " not in done.out
    before = state(Path("runs"))
    alone = alc("simulate", *POINTS)
    assert alone.code == 0
    assert "SKIP simulate/" in alone.err
    drawn = only(Path("runs"), "simulate/*/figures")
    assert str(drawn / "label_accuracy.png") in alone.out
    assert {path.suffix for path in drawn.iterdir()} == {".png", ".pdf"}
    assert before.items() <= state(Path("runs")).items()
    content = {path.name: path.read_bytes() for path in drawn.iterdir()}
    (drawn / "label_accuracy.pdf").unlink()
    again, _ = sweep("seeds.annotator=0", "simulation.figures=each")
    assert {path.name: path.read_bytes() for path in drawn.iterdir()} == content
    assert again.trainings == []


@pytest.mark.usefixtures("folder")
def test_points_of_several_versions_of_the_code_are_not_drawn_together_unless_told() -> None:
    sweep("seeds.annotator=0,10", "simulation.figures=none")
    manifest = min(Path("runs").glob("simulate/*/manifest.json"))
    content = json.loads(manifest.read_text())
    content["environment"]["sources"] = "0" * 64
    manifest.write_text(json.dumps(content))
    done, folder = sweep("seeds.annotator=0,10")
    assert "figure   none: 2 versions of the code made these points; force=true computes them again" in done.out
    assert not (folder / "label_accuracy.png").exists()
    done, folder = sweep("seeds.annotator=0,10", "simulation.mixed_code=true")
    assert f"figure   {folder / 'label_accuracy.png'}" in done.out


@pytest.mark.usefixtures("folder")
def test_failed_jobs_do_not_stop_the_others_and_are_listed_with_what_they_were_given() -> None:
    done, folder = sweep("noise.rate=0.2,0.4", "trainer.max_epochs=0,1", "simulation.figures=none")
    assert done.code == 1
    assert "2 of the jobs failed, the others are done:" in done.err
    assert list(pd.read_csv(folder / "points.csv")["status"]) == ["failed", "done"] * 2
    listed = alc("runs", "--failed")
    assert listed.code == 1
    for rate in (0.2, 0.4):
        lines = [line for line in listed.out.splitlines() if f"noise.rate={rate} trainer.max_epochs=0" in line]
        assert [line.split()[1] for line in lines] == ["simulate", "train"]
        assert all("trainer.max_epochs is 0" in line for line in lines)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["noise=symmetric,none", "noise.rate=0.1,0.2"], "point noise=none noise.rate=0.1: config key 'noise.rate'"),
        (["noise=symmetric,pairflp"], "noise=pairflp: there is no noise of that name"),
        (["noise.rate=0.2,1.5"], "point noise.rate=1.5: noise.rate is 1.5"),
        (["budget.annotations=10,-3"], "budget.annotations=-3"),
        (["seeds.train=0,-1"], "seeds.train=-1"),
        (["selector=joint,knn", "selector.knn.k=3"], "config key 'selector.knn"),
        (
            ["adjudication=until_majority,single", "selector=[oracle],[joint]"],
            "selector=oracle asks about a sample again",
        ),
        (["simulation.figures=auto,yes"], "simulation.figures='yes'"),
    ],
)
def test_a_sweep_with_a_bad_point_is_refused_before_anything_runs(arguments: list[str], said: str) -> None:
    done = alc("simulate", "-m", *POINTS, *arguments)
    done.refused(said)
    assert not list(Path().rglob("train/*"))
