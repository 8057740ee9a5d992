"""alc-leaderboard from start to end, its tables, and what it refuses before anything is trained."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alc.leaderboard.row import COLUMNS
from alc.posteriors import Posteriors
from tests.integration.commands import ONE_MODEL, TRAIN, Done, alc, only

PLAY = [*TRAIN, "panels=2", "ceiling_panels=3", "budget.annotations=20", "selector=[cross_entropy,expected_gain]"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    return tmp_path


def played(*arguments: str) -> tuple[Path, Done]:
    done = alc("leaderboard", *PLAY, *arguments)
    assert done.code == 0, done.err
    (line,) = [line for line in done.out.splitlines() if line.startswith("numbers ")]
    return Path(line.split()[1]).parent, done


def test_tables_of_all_settings_and_a_second_start_that_does_nothing(folder: Path) -> None:
    run, done = played("setting=[paper,fused,majority_fused_start]", "recipe=tiny")
    assert len(done.trainings) == 1
    results, panels = pd.read_csv(run / "results.csv"), pd.read_csv(run / "panels.csv")
    assert tuple(results) == COLUMNS
    assert len(results) == 3 * 4  # two selectors, random order, the ceiling
    assert set(results["recipe"]) == {"tiny"}
    assert set(zip(results["start"], results["consensus"], results["stopping"], strict=True)) == {
        ("given", "majority", "until_majority"),
        ("fused", "majority", "until_majority"),
        ("fused", "posterior_fusion", "adaptive_0.01"),
    }
    shares = results[["area", "area_random", "area_ceiling", "start_accuracy", "end_accuracy"]].to_numpy()
    assert ((shares >= 0) & (shares <= 1)).all()
    assert (results["budget"] == 20).all()
    assert results["accuracy_500"].isna().all()
    assert len(panels) == 2 * len(results)
    means = panels.groupby(["start", "consensus", "selector"])["area"].mean()
    for _, row in results.iterrows():
        assert row["area"] == pytest.approx(means[row["start"], row["consensus"], row["selector"]], abs=1e-5)
    assert "area - " in done.out
    again = alc("leaderboard", *PLAY, "setting=[paper,fused,majority_fused_start]", "recipe=tiny")
    assert "SKIP" in again.out + again.err
    assert not again.trainings
    wider, more = played("setting=paper", "selector=[joint]", "recipe=tiny")
    assert not more.trainings, "the training is shared"
    assert wider != run


def test_a_setting_of_ones_own(folder: Path) -> None:
    run, _ = played("setting=own", "consensus=posterior_fusion", "adjudication=adaptive", "setting.own.start=fused",
                    "adjudication.promised_error=0.05", "fusion.estimate=fixed")  # fmt: skip
    results = pd.read_csv(run / "results.csv")
    assert set(results["stopping"]) == {"adaptive_0.05"}


def test_posteriors_somebody_brings(folder: Path) -> None:
    done = alc("train", *TRAIN)
    assert done.code == 0, done.err
    made = only(folder, "runs/train/*")
    posteriors = Posteriors.load(made / "posteriors.npz")
    seen = Posteriors(posteriors.probs, posteriors.sample_id, "in_sample")
    seen.save(folder / "seen.npz")
    alc("leaderboard", *PLAY, "posteriors_from=seen.npz", "setting=fused").refused("in_sample", "posteriors=cross_fit")
    _, done = played("posteriors_from=seen.npz", "setting=paper", "selector=cross_entropy")
    assert "in_sample posteriors" in done.out
    one_hot = np.eye(posteriors.num_classes, dtype=np.float32)[posteriors.mean.argmax(axis=1)]
    Posteriors(one_hot[None], posteriors.sample_id, "cross_fit").save(folder / "sure.npz")
    run, _ = played("posteriors_from=sure.npz", "setting=fused")
    promised = pd.read_csv(run / "panels.csv")["promised"]
    assert (promised > 0).all()


def test_refused_before_a_training(folder: Path) -> None:
    play = [*ONE_MODEL, "panels=2", "selector=cross_entropy"]
    alc("leaderboard", *play, "setting=fused").refused("setting=fused", "InSample", "posteriors=cross_fit")
    alc("leaderboard", *play, "setting=crowdlab").refused("setting=crowdlab", "posteriors=cross_fit")
    alc("leaderboard", *play, "setting=paper", "selector=expected_gain").refused("posteriors=cross_fit")
    alc("leaderboard", *PLAY, "selector=oracle").refused("selector=oracle", "ceiling")
    alc("leaderboard", *PLAY, "budget=released").refused("budget.rule=released", "exact")
    alc("leaderboard", *PLAY, "panels=0").refused("panels=0")
    alc("leaderboard", *PLAY, "setting=own", "adjudication=adaptive").refused("adaptive", "posterior_fusion")
    alc("leaderboard", *PLAY, "setting=own", "adjudication=single").refused("until_majority")
    alc("leaderboard", *PLAY, "fusion.floor=0").refused("floor", "0")
    alc("leaderboard", *PLAY, "setting=fussed").refused("fussed", "fused")
    alc("simulate", *TRAIN, "adjudication=adaptive").refused("adaptive", "alc-leaderboard")
    assert not (folder / "runs" / "train").exists()
    alc("leaderboard", *PLAY, "annotator=sequential").refused("annotator=label_distribution")
    alc("leaderboard", *PLAY, "setting=dawid_skene").refused("setting=dawid_skene", "ids")
