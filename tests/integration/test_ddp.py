"""One training by two processes, from the command line: one directory, trained once, said once."""

from pathlib import Path

import numpy as np
import pytest

from alc.posteriors import Posteriors
from tests.integration.commands import ONE_MODEL, ended, only, start

TWO = [*ONE_MODEL, "trainer.devices=2", "trainer.strategy=ddp", "trainer.accelerator=cpu"]


def said_once(said: str) -> None:
    assert said.count("Training ") == 1, said
    assert said.count("posteriors  ") == 1
    assert said.count("processes normalises with") == 1


@pytest.mark.slow
def test_two_processes_train_one_run_and_a_sweep_of_such_runs_is_the_same(folder: Path) -> None:
    done = ended(start("train", *TWO, cwd=folder))
    assert done.code == 0, done.err
    said_once(done.out + done.err)
    alone = only(folder, "runs/train/*")
    assert (alone / "manifest.json").is_file()
    again = ended(start("train", *TWO, cwd=folder))
    assert again.trainings == []
    assert again.err.count("SKIP train/") == 1

    done = ended(start("train", "-m", *TWO, "noise.rate=0.4,0.2", "paths.runs=swept", cwd=folder))
    assert done.code == 0, done.err
    for number in range(2):
        said_once((folder / "swept" / "multirun" / "latest" / "jobs" / f"{number}.log").read_text())
    assert "sweep    2 points, 2 computed now; 2 trainings, 2 of them ran now" in done.out
    assert len(list(folder.glob("swept/train/*/manifest.json"))) == 2
    swept = Posteriors.load(folder / "swept" / "train" / alone.name / "posteriors.npz")
    np.testing.assert_array_equal(swept.probs, Posteriors.load(alone / "posteriors.npz").probs)


@pytest.mark.slow
def test_a_failing_point_of_two_processes_lets_the_rest_finish(folder: Path) -> None:
    done = ended(start("train", "-m", *TWO, "trainer.precision=of_old,32-true", cwd=folder))
    assert done.code == 1
    assert "1 of the jobs failed, the others are done:" in done.err
    assert "of_old" in done.err[done.err.index("1 of the jobs failed") :]
    assert len(list(folder.glob("runs/train/*/manifest.json"))) == 1
