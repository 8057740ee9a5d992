"""A small sweep, killed at random moments, and what it must leave behind."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

from tests.integration.commands import ONE_MODEL

POINTS = [*ONE_MODEL, "simulation.seeds=2", "simulation.top=4", "simulation.figures=none"]
SWEEP = ["-m", *POINTS, "callbacks.checkpoint_seconds=0", "selector=joint,entropy"]
HEAVY = ["alc.cli.overrides", "alc.tasks.points", "alc.tasks.simulate", "alc.protocols.fit", "alc.methods"]
"""What takes the seconds of a start."""


def results(runs: Path) -> dict[str, bytes]:
    """The curves and the ranking of every finished simulation of a folder of runs."""
    finished = [run for run in runs.glob("simulate/*") if (run / "manifest.json").is_file()]
    return {
        f"{run.name}/{file}": (run / file).read_bytes() for run in finished for file in ("curves.csv", "ranking.csv")
    }


class Process(Protocol):
    """What the tests ask of a process, however it was started."""

    @property
    def pid(self) -> int | None: ...
    @property
    def exitcode(self) -> int | None: ...
    def is_alive(self) -> bool: ...
    def join(self, timeout: float | None = None) -> None: ...


class Command:
    """``alc-simulate`` as a user types it, leading a process group of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "alc.cli.simulate", *arguments]
        with (folder / "said.txt").open("ab") as said:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                stdout=said,
                stderr=said,
                start_new_session=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
        self.pid = self._process.pid

    @property
    def exitcode(self) -> int | None:
        return self._process.poll()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def join(self, timeout: float | None = None) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)


def started(folder: Path, *arguments: str) -> Process:
    """Start a sweep; joblib's workers need a process that was not forked from one with libraries in memory."""
    return Command(folder, *arguments) if "launcher=joblib" in arguments else forked(folder, *arguments)


def forked(folder: Path, *arguments: str) -> BaseProcess:
    """Start ``alc-simulate`` by a fork of a process that has the libraries in memory: seconds less, else the same.

    The process leads a group of its own, to which belong the processes that it starts.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(HEAVY)
    process = context.Process(target=_simulate, args=(folder, arguments))
    process.start()
    return process


def _simulate(folder: Path, arguments: tuple[str, ...]) -> None:
    import torch

    os.setsid()
    os.chdir(folder)
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)  # in the order of one thread, sums are the same to the last bit
    said = os.open("said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    sys.argv = ["alc-simulate", *arguments]
    from alc.cli.app import launch

    launch("simulate")


def sweep(folder: Path, runs: str, *arguments: str) -> tuple[str, float]:
    """The sweep without disturbance: what it said, and the seconds its points took together."""
    process = started(folder, *SWEEP, *arguments, f"paths.runs={runs}")
    _wait_for_work(folder / runs, process, before=0)
    begin = time.monotonic()
    process.join(timeout=300)
    said = (folder / "said.txt").read_text()
    assert process.exitcode == 0, said
    return said, time.monotonic() - begin


def kill(folder: Path, runs: str, *arguments: str, times: int, seconds: float, seed: int) -> list[int]:
    """Start the sweep and kill it, and all processes it has started, at a random moment of its work, several times.

    Args:
        folder: The current folder of the sweep.
        runs: Name of the folder of runs.
        arguments: Further ones.
        times: How often.
        seconds: What the points take undisturbed; the moments are spread so that the work lasts for all of the kills.
        seed: Of the moments.

    Returns:
        How many simulations were finished when each kill came.
    """
    rng = random.Random(seed)
    finished: list[int] = []
    for _ in range(times):
        before = len(list((folder / runs).glob("multirun/2*")))
        process = started(folder, *SWEEP, *arguments, f"paths.runs={runs}")
        _wait_for_work(folder / runs, process, before=before)
        time.sleep(rng.uniform(0.0, 2.0) * seconds / (times + 1))
        assert process.pid is not None
        with suppress(ProcessLookupError):  # of the later starts, one may end before its moment comes
            os.killpg(process.pid, signal.SIGKILL)
        process.join(timeout=60)
        assert process.exitcode in ({-signal.SIGKILL} if not finished else {-signal.SIGKILL, 0})
        finished.append(len(results(folder / runs)) // 2)
    return finished


def _wait_for_work(runs: Path, process: Process, *, before: int) -> None:
    """Until the sweep has begun its first point."""
    deadline = time.monotonic() + 120
    while len(list(runs.glob("multirun/2*/jobs/0.jsonl"))) <= before and process.is_alive():
        assert time.monotonic() < deadline
        time.sleep(0.005)
