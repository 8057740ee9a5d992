"""Sweeps whose jobs run in processes that a launcher starts: the same results, trained once, failures collected."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from alc.runs.sweep import read_jobs
from tests.integration.commands import Done, alc, ended, only, start
from tests.integration.sweeps import POINTS, results

SELECTORS = ["joint", "entropy"]
"""Of two simulations on one training, so that the second has to wait where both start together."""


@pytest.fixture
def serial(folder: Path) -> dict[str, bytes]:
    """What the sweep leaves without a launcher."""
    done = alc(
        "simulate", "-m", *POINTS, "trainer.max_epochs=1", f"selector={','.join(SELECTORS)}", "paths.runs=serial"
    )
    assert done.code == 0, done.err
    return results(folder / "serial")


def swept(folder: Path, selectors: list[str], *arguments: str) -> Done:
    """The sweep, and as many points that fail, in processes of a launcher."""
    points = ["trainer.max_epochs=1,0", f"selector={','.join(selectors)}"]
    done = ended(start("simulate", "-m", *POINTS, *points, *arguments, cwd=folder))
    assert done.code == 1, done.err
    assert f"{len(selectors)} of the jobs failed, the others are done:" in done.err
    assert done.err.count("trainer.max_epochs is 0") >= len(selectors)
    assert "1 training, 1 of them ran now" in done.out
    return done


@pytest.mark.usefixtures("one_thread")
def test_joblib(folder: Path, serial: dict[str, bytes]) -> None:
    done = swept(folder, SELECTORS, "launcher=joblib")
    assert "Waiting for run train/" in done.err
    assert results(folder / "runs") == serial
    jobs = read_jobs(folder / "runs" / "multirun" / "latest" / "jobs")
    assert [job.status for job in jobs] == ["done", "done", "failed", "failed"]
    assert len(list(folder.glob("runs/train/*/manifest.json"))) == 1
    failed = alc("runs", "--failed")
    assert failed.code == 1
    assert "trainer.max_epochs=0" in failed.out
    assert len(list(folder.glob("runs/multirun/*/jobs/.worker_*"))) == 0  # no devices were asked for on CPUs


@pytest.mark.usefixtures("one_thread")
def test_submitit(folder: Path, serial: dict[str, bytes]) -> None:
    swept(folder, SELECTORS[:1], "hydra/launcher=submitit_local")
    assert set(results(folder / "runs").items()) < set(serial.items())
    assert len(list(folder.glob("runs/train/*/manifest.json"))) == 1
    manifest = json.loads(only(folder, "runs/train/*/manifest.json").read_text())
    assert manifest["command"].endswith("hydra/launcher=submitit_local")


THREADS = """
import os
from joblib import Parallel, delayed
print(Parallel(n_jobs=2, backend="loky")(delayed(os.getenv)("OMP_NUM_THREADS") for _ in range(2)))
"""


def test_joblib_shares_the_cores_among_its_workers(folder: Path) -> None:
    (folder / "threads.py").write_text(THREADS)
    cores = len(os.sched_getaffinity(0))
    for given, expected in ((None, max(1, cores // 2)), ("3", 3)):
        surroundings = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
        surroundings |= {"OMP_NUM_THREADS": given} if given else {}
        out = subprocess.run(
            [sys.executable, "threads.py"], env=surroundings, capture_output=True, text=True, check=True
        )
        assert out.stdout.strip() == str([str(expected)] * 2)
